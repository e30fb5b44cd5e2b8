"""The gap between the curves, the flag, and the line of early stopping: by hand, and on the panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.graphics.curve_plot import gap_color
from gui.graphics.overfit import NOTHING, Lowest, area, begins
from gui.graphics.stop_line import StopLine, patience_text, validation_text
from gui.graphics.ticks import counted
from gui.panels.loss_curves import LossCurves
from gui.panels.transport import impatience, progress_lines
from gui.theme import DARK, LIGHT
from tests.gui.opened import LEFT, Key, Person


def table(*test: float) -> np.ndarray:
    n = len(test)
    return np.stack([np.arange(n), np.linspace(1, 0, n), test, np.ones(n), np.ones(n)], axis=1)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_the_lowest_row_is_found_in_pieces_and_anew_after_a_step_back():
    whole, lowest = table(3, 2, np.nan, 1, 1, 5, 0.5), Lowest()
    assert [lowest.of(whole[:n], 2) for n in (0, 1, 3, 4, 5, 7)] == [-1, 0, 1, 3, 3, 6]
    assert lowest.of(whole[:5], 2) == 3, "rows were taken back"
    assert lowest.of(table(1, 2, 3, 4, 5), 2, rewritten=True) == 0
    assert lowest.of(whole, 1) == 6, "another column"
    assert Lowest().of(table(np.nan, np.inf), 2) == -1


def test_overfitting_begins_at_the_lowest_point_once_it_is_past():
    rising = table(3, 2, 1, 2, 3, 4, 5, 6, 7)
    assert begins(rising, 2) == 2
    assert begins(rising[:7], 2) is None, "four epochs are no trend"
    assert begins(rising, -1) is None
    long = table(*np.linspace(2, 1, 191), *np.linspace(1, 1.1, 9))
    assert begins(long, 190) is None, "in the newest twentieth of a run"


def test_the_area_between_two_curves_by_hand():
    x = np.arange(4.0)
    train, test = np.array([4.0, 2, 1, 0]), np.array([4.0, 1, 3, 5])
    # from epoch 1: x, the lower side is train, the upper the higher of the two
    assert area((x, train), (x, test), 1.0).tolist() == [[1, 2, 3], [2, 1, 0], [2, 3, 5]]
    assert area((x, train), (x, test), 3.0) is NOTHING
    assert area((x[:0], train[:0]), (x, test), 0.0) is NOTHING


def test_words_by_hand():
    assert patience_text(12, 20) == "12 of 20 epochs without progress"
    assert validation_text(28, 252) == "validation: 28 of 280 training points (10 %)"
    assert [counted(*pair) for pair in ((9, 99), (3, 7129), (0, 0))] == ["9.1 %", "0.04 %", "0 %"]


# --- the engine counts ------------------------------------------------------------------------------------------------


def stopping(patience: int = 3, tolerance: float = 0.5, share: float = 0.1) -> ExperimentSpec:
    spec = ExperimentSpec()
    return replace(
        spec, data=replace(spec.data, validation_share=share),
        training=replace(spec.training, patience=patience, tolerance=tolerance),
    )  # fmt: skip


def test_a_snapshot_counts_the_epochs_without_progress():
    trainer = Trainer(stopping())
    waited = []
    for _ in range(4):
        trainer.step_epoch()
        waited.append(trainer.snapshot().waited)
    # progress is half a loss at a time, which no later epoch makes: the first counts, then 1, 2, 3
    assert waited == [0, 1, 2, 3]
    trainer.step_epoch()
    moment = trainer.snapshot()
    assert moment.waited == 0
    assert "are back" in moment.message
    assert Trainer(ExperimentSpec()).snapshot().waited == 0


def test_the_transport_counts_too():
    moment = replace(Trainer(stopping(20)).snapshot(), waited=5)
    assert progress_lines(moment) == ("5 of 20 epochs", "without progress")
    assert impatience(moment) == 0.25
    assert progress_lines(replace(moment, batch=3))[0] == "mini-batch 3/26"
    assert impatience(replace(moment, batch=3)) is None
    assert impatience(replace(moment, batch=3, state=RunState.RUNNING)) == 0.25
    assert impatience(Trainer(ExperimentSpec()).snapshot()) is None
    stopped = replace(moment, epoch=62, waited=0, best_epoch=41, message="Stopped early: …")
    assert progress_lines(stopped) == ("stopped early", "epoch 41 restored")
    assert impatience(stopped) == 1.0


# --- the line of early stopping ---------------------------------------------------------------------------------------


@pytest.fixture
def line(qtbot) -> StopLine:
    line = StopLine(LIGHT)
    qtbot.addWidget(line)
    return line


def test_it_takes_no_room_without_early_stopping_and_validation(line):
    line.show_snapshot(Trainer(ExperimentSpec()).snapshot())
    assert line.isHidden()
    line.show_snapshot(Trainer(stopping(patience=0)).snapshot())
    assert line.texts == ("validation: 28 of 280 training points (10 %)",)
    assert line.share is None
    line.show_snapshot(Trainer(stopping(patience=9, share=0.0)).snapshot())
    assert line.texts == ("0 of 9 epochs without progress",)
    assert line.share == 0.0


def test_what_was_restored_stays_written(line):
    moment = replace(Trainer(stopping(20)).snapshot(run=1), epoch=61, best_epoch=41, waited=20)
    line.show_snapshot(moment)
    assert line.texts[0] == "20 of 20 epochs without progress"
    assert line.share == 1.0
    stopped = replace(moment, epoch=62, waited=0, message="Stopped early: …")
    line.show_snapshot(stopped)
    assert line.texts[0] == "stopped at 62: weights of epoch 41 restored"
    assert line._fitting(line.texts[0], 400) == line.texts[0]
    assert line._fitting(line.texts[0], 190) == "weights of epoch 41 restored"
    line.show_snapshot(replace(moment, epoch=70, waited=5))
    assert line.texts[0] == "5 of 20 epochs, weights of epoch 41 restored at 62"
    assert line.share == 0.25
    line.show_snapshot(replace(moment, epoch=60, waited=19))
    assert line.texts[0] == "19 of 20 epochs without progress", "taken back to before it"
    line.show_snapshot(stopped)
    line.show_snapshot(replace(moment, run=2, epoch=0, waited=0))
    assert line.texts[0] == "0 of 20 epochs without progress", "another run"


def test_a_run_that_diverged_has_restored_nothing(line):
    moment = Trainer(stopping(20)).snapshot(run=1)
    line.show_snapshot(replace(moment, state=RunState.DIVERGED, message="the loss grew"))
    assert "restored" not in line.texts[0]


def test_the_bar_fills(line):
    line.resize(300, 32)
    moment = Trainer(stopping(20)).snapshot(run=1)
    for waited, filled in ((0, False), (10, True)):
        line.show_snapshot(replace(moment, waited=waited))
        assert (line.grab().toImage().pixelColor(20, 8) == LIGHT.accent) == filled
    line.apply_theme(DARK)
    assert line.grab().toImage().pixelColor(20, 8) == DARK.accent


# --- the panel --------------------------------------------------------------------------------------------------------


@pytest.fixture
def panel(qtbot) -> LossCurves:
    panel = LossCurves(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(344, 300)
    panel.show()
    return panel


@pytest.fixture(scope="module")
def moment() -> Snapshot:
    return Trainer(ExperimentSpec()).snapshot(run=1)


def overfitted(n: int = 100) -> np.ndarray:
    epochs = np.arange(float(n))
    train, test = np.exp(-epochs / 30), 0.5 + np.abs(epochs - 30) / n
    return np.stack([epochs, train, test, 1 - train / 2, np.full(n, 0.7)], axis=1)


def at(panel: LossCurves, epoch: float, value: float) -> tuple[int, int]:
    point = panel.plot.mapFromScene(panel.plot.box.mapViewToScene(QPointF(epoch, value)))
    return point.x(), point.y()


def test_the_gap_is_shaded_from_the_best_epoch_on_and_named(panel, moment, qtbot):
    panel.show_snapshot(replace(moment, history=overfitted()))
    image = panel.plot.grab().toImage()
    assert image.pixelColor(*at(panel, 80, 0.61)) == gap_color(LIGHT)
    assert image.pixelColor(*at(panel, 15, 0.63)) == LIGHT.panel, "before it"
    assert image.pixelColor(*at(panel, 80, 1.07)) == LIGHT.panel, "above both"
    assert panel.legend.gap
    assert panel.plot.gap[[0, 2], 0].tolist() == [30.0, pytest.approx(0.5)]
    qtbot.mouseClick(panel.gap_button, LEFT)
    assert panel.plot.grab().toImage().pixelColor(*at(panel, 80, 0.61)) == LIGHT.panel
    assert not panel.legend.gap
    qtbot.mouseClick(panel.gap_button, LEFT)
    panel.apply_theme(DARK)
    assert panel.plot.grab().toImage().pixelColor(*at(panel, 80, 0.61)) == gap_color(DARK)


def test_no_gap_while_the_test_loss_falls_nor_for_accuracy(panel, moment, qtbot):
    falling = overfitted()
    falling[:, 2] = falling[:, 1] + 0.05
    panel.show_snapshot(replace(moment, history=falling))
    assert not panel.plot.gap.size
    panel.show_snapshot(replace(moment, run=2, history=overfitted()))
    assert panel.plot.gap.size
    qtbot.mouseClick(panel.accuracy_button, LEFT)
    assert not panel.plot.gap.size
    assert not panel.gap_button.isEnabled()


def test_with_validation_samples_those_decide(panel, moment):
    history = np.concatenate([overfitted(), np.ones((100, 2))], axis=1)
    history[:, 5] = 0.4 + np.abs(np.arange(100) - 60) / 100
    panel.show_snapshot(replace(moment, history=history))
    assert panel.plot.gap[[0, 2], 0].tolist() == [60.0, pytest.approx(0.4)]


def test_a_step_back_takes_the_gap_along(panel, moment):
    panel.show_snapshot(replace(moment, history=overfitted()))
    assert panel.plot.gap.size
    panel.show_snapshot(replace(moment, history=overfitted()[:32]))
    assert not panel.plot.gap.size


def test_on_a_logarithmic_axis_too(panel, moment, qtbot):
    qtbot.mouseClick(panel.log_button, LEFT)
    panel.show_snapshot(replace(moment, history=overfitted()))
    assert panel.plot.gap[[0, 2], 0].tolist() == [30.0, pytest.approx(np.log10(0.5))]


def test_early_stopping_in_the_window_stays_written_at_the_curves(qtbot, tmp_path):
    person = Person(qtbot, tmp_path)
    person.window.page.propose("Stop after", stopping(), "")
    person.press(Key.Key_Space)
    person.wait(lambda: "Stopped early" in person.banner)
    curves, moment = person.window.page.curves, person.now
    stop_line = curves.stop_line
    assert stop_line.texts[0] == f"stopped at {moment.epoch}: weights of epoch {moment.best_epoch} restored"
    assert stop_line.texts[1] == "validation: 28 of 280 training points (10 %)"
    assert curves.plot.best == moment.best_epoch
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch > moment.epoch)
    assert f"weights of epoch {moment.best_epoch} restored at {moment.epoch}" in stop_line.texts[0]
    person.close()
