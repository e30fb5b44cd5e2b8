"""The Race view: lanes are made, raced, compared, run over seeds and opened, on its own and in the real window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from engine.race import Finish
from engine.rounds import Rounds
from engine.snapshot import RunState
from engine.stopping import Until
from engine.trainer import Trainer
from gui.controls.lane_column import OWN
from gui.panels.race_view import RaceView
from gui.settings import Settings
from gui.theme import DARK, LIGHT
from tests.engine.helpers import experiment
from tests.gui.opened import CONTROL, LEFT, Key, Person


@pytest.fixture
def panel(qtbot: QtBot) -> RaceView:
    panel = RaceView(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(1280, 640)
    panel.show_spec(experiment(hidden=(4, 4)))
    panel.show()
    return panel


def raced(panel: RaceView, seeds: int = 1, finish: Finish = Finish(epochs=6)) -> Rounds:  # noqa: B008
    rounds = Rounds(panel.lanes.entries(), finish)
    rounds.repeat(seeds)
    while not rounds.advance(lambda: False):
        pass
    panel.show_race(rounds.view())
    return rounds


def cards(panel: RaceView) -> list[tuple[str, str]]:
    return [(card.name, card.words) for card in panel.lanes.list.cards if not card.isHidden()]


# --- the panel on its own -----------------------------------------------------------------------------------------


def test_it_begins_with_the_four_architectures(panel: RaceView) -> None:
    assert cards(panel) == [
        ("Shallow", "the first"), ("Deep", "Layers 8 → 8-8-8-8"), ("Wide", "Layers 8 → 64"),
        ("Deep and narrow", "Layers 8 → 3-3-3-3-3-3"),
    ]  # fmt: skip
    assert "Press Race" in panel.plot.hint
    assert panel.results.isHidden()


def test_lanes_are_added_changed_and_removed(panel: RaceView, qtbot: QtBot) -> None:
    qtbot.keyClick(panel.lanes.ready, Qt.Key.Key_Up)
    assert panel.lanes.ready.key() == OWN
    assert cards(panel) == [("As it is", "the first"), ("As it is (2)", "the same")]
    assert panel.lanes.at == 1
    rate = panel.lanes.editor.editors["learning_rate"]
    rate.field.setText("0.3")
    qtbot.keyClick(rate.field, Qt.Key.Key_Return)
    assert cards(panel)[1] == ("Rate 0.3", "Learning rate 0.03 → 0.3")
    for _ in range(5):
        qtbot.mouseClick(panel.lanes.add, LEFT)
    assert len(panel.lanes.plans) == 6
    assert not panel.lanes.add.isEnabled()
    layers = panel.lanes.editor.layers
    layers.setText("4, 9999")
    qtbot.keyClick(layers, Qt.Key.Key_Return)
    assert "neurons" in panel.lanes.editor.problem.text()
    layers.setText("7")
    qtbot.keyClick(layers, Qt.Key.Key_Return)
    assert panel.lanes.entries()[5][0] == "7 neurons, rate 0.3"
    qtbot.mouseClick(panel.lanes.list.cards[0], LEFT, pos=QPoint(30, 10))
    assert panel.lanes.at == 0
    qtbot.keyClick(panel.lanes.list.cards[0], Qt.Key.Key_Down)
    assert panel.lanes.at == 1
    for place in (4, 3, 2):
        qtbot.mouseClick(panel.lanes.list.cards[place].remove, LEFT)
    qtbot.keyClick(panel.lanes.list.cards[2], Qt.Key.Key_Delete)
    assert [name for name, _ in cards(panel)] == ["As it is", "Rate 0.3"]
    qtbot.keyClick(panel.lanes.list.cards[1], Qt.Key.Key_Delete)
    assert len(panel.lanes.plans) == 2, "a race has two lanes at least"
    assert panel.lanes.list.cards[0].remove.isHidden()


def test_lanes_follow_the_experiment(panel: RaceView) -> None:
    panel.show_spec(experiment("digits", (16,), batch_size=200))
    assert {spec.data.dataset.name for _, spec in panel.lanes.entries()} == {"digits"}
    panel.show_spec(experiment("bumps", loss="squared_error"))
    assert panel.finish.kind.findText("Test R²") >= 0


def test_the_race_asked_for_is_what_is_seen(panel: RaceView, qtbot: QtBot) -> None:
    panel.finish.kind.set_key("test_loss")
    panel.finish._on_kind()
    assert panel.finish.finish() == Finish(epochs=300, goal=Until("test_loss", 0.1))
    panel.finish.kind.set_key("seconds")
    panel.finish._on_kind()
    with qtbot.waitSignal(panel.raceRequested) as asked:
        qtbot.mouseClick(panel.buttons.race, LEFT)
    assert asked.args == [panel.lanes.entries(), Finish(seconds=5.0)]


def test_a_baseline_is_thick_and_the_others_say_how_far_they_are(panel: RaceView, qtbot: QtBot) -> None:
    raced(panel)
    assert panel.status.text() == "Finished, 6 epochs"
    assert [line.bold for line in panel._lines] == [True, False, False, False]
    rows = panel.results.rows
    qtbot.mouseClick(rows[2].pin, LEFT)
    assert [line.bold for line in panel._lines] == [False, False, True, False]
    assert panel.plot._lines[-1].title == "Wide", "it lies on top"
    assert [row._row.cells[0].difference != "" for row in rows[:4]] == [True, True, False, True]
    assert "best" in " ".join(row.accessibleName() for row in rows)
    qtbot.mouseClick(rows[2].pin, LEFT)
    assert rows[2].pin.isChecked(), "one is always compared with"


def test_epochs_seconds_train_and_linear(panel: RaceView, qtbot: QtBot) -> None:
    raced(panel)
    curve = panel.view.lanes[1].curve
    assert np.array_equal(panel._lines[1].y, curve[:, 3])
    qtbot.mouseClick(panel.axis.button("second"), LEFT)
    qtbot.mouseClick(panel.part.button("train"), LEFT)
    qtbot.mouseClick(panel.log, LEFT, pos=QPoint(8, 14))
    assert (panel.plot._axis, panel.plot._log) == ("seconds of training", False)
    assert np.array_equal(panel._lines[1].x, curve[:, 1])
    assert np.array_equal(panel._lines[1].y, curve[:, 2])
    assert panel.results.head._heads[0][0] == "Train loss"
    qtbot.mouseMove(panel.plot, QPoint(1, 1))
    qtbot.mouseMove(panel.plot, panel.plot.area.center().toPoint())
    assert panel.pictures[0].words[1].startswith("at ")
    assert not panel.grab().isNull()


def test_seeds_give_a_band_and_say_which(panel: RaceView, qtbot: QtBot) -> None:
    raced(panel, seeds=3)
    band = panel.view.spreads[0].by_epoch
    assert np.array_equal(panel._lines[0].low, band[:, 5])
    assert "mean of 3 seeds" in panel.band.text()
    assert "lowest to highest" in panel.band.text()
    assert panel.results.rows[0]._row.cells[0].spread.startswith("±")
    panel.show_race(replace(panel.view, done=False, seeds=5, running=True, progress=0.6))
    assert panel.status.text() == "Racing, 60 %, seed 4 of 5"
    with qtbot.waitSignal(panel.seedsRequested) as asked:
        qtbot.mouseClick(panel.spread, LEFT)
    assert asked.args == [1], "a second press cancels"
    panel.apply_theme(DARK)
    assert panel.plot.grab().toImage().pixelColor(2, 2).lightness() < 128


def test_what_changed_since_is_told(panel: RaceView) -> None:
    raced(panel)
    panel.lanes._on_lane(1)
    panel.lanes._on_setting("learning_rate", 0.5)
    assert "race again" in panel.status.text()
    panel.show_race(None)
    assert (panel.status.text(), panel.buttons.race.text()) == ("", "Race")


def test_everything_has_a_name_and_a_tooltip(panel: RaceView) -> None:
    raced(panel)
    for button in panel.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.accessibleName() or button.text()
            assert button.toolTip(), button.text()


# --- in the real window -------------------------------------------------------------------------------------------


@pytest.fixture
def person(qtbot: QtBot, qapp: object, tmp_path: Path) -> Iterator[Person]:
    from gui import app

    app.application()
    person = Person(qtbot, tmp_path / "data", Settings(theme="light", reduce_motion=True))
    yield person
    if person.window is not None:
        person.close()


def view_of(person: Person) -> RaceView:
    if person.window.rail.page() != "runs":
        person.window.open_page("runs")
    page = person.window.page
    if page._frame.segments.key() != "race":
        person.click(page._frame.segments.button("race"))
    return page.view


def test_a_race_seeds_and_a_lane_that_is_opened_and_undone(person: Person) -> None:
    person.press(Key.Key_Space)
    person.wait(lambda: person.latest and person.latest.epoch > 2)
    before, run = person.document.spec, person.document.run
    view = view_of(person)
    view.finish.epochs.set_value(8)
    person.click(view.buttons.race)
    person.wait(lambda: view.view is not None and view.view.done, 20_000)
    assert person.wait_shown().state is RunState.PAUSED, "the run on screen waits meanwhile"
    lanes = view.view.lanes
    for lane, (name, spec) in zip(lanes, view.lanes.entries(), strict=True):
        alone = Trainer(spec)
        alone.advance(lambda: False, Until("epoch", 8))
        assert (lane.name, lane.metrics) == (name, alone.history.last())
    view.seeds.set_key("3")
    person.click(view.spread)
    person.wait(lambda: view.view.seeds_done == 3 and view.view.done, 20_000)
    assert len(view.view.spreads[0].finals) == 3
    assert view.view.lanes[1].metrics == lanes[1].metrics
    # Those of the first seed are runs of the history too, and no others.
    store = person.window.history.store
    person.wait(lambda: store.count() == 5)
    kept = store.newest("playground")
    assert (kept.name, kept.epochs, kept.experiment()) == ("Spiral, Deep and narrow", 8, lanes[3].spec)
    # The deep one goes to its page, with its weights.
    person.click(view.results.rows[1].open)
    person.wait(lambda: person.window.rail.page() == "playground")
    person.wait(lambda: person.latest is not None and person.now.epoch == 8)
    assert person.document.spec == lanes[1].spec
    assert person.now.metrics == lanes[1].metrics
    assert person.document.undo_stack.undoText() == "Open Deep"
    person.press(Key.Key_Z, CONTROL)
    person.wait(lambda: person.latest is not None and person.now.run == run)
    assert person.document.spec == before


def test_the_race_waits_where_nobody_looks_and_another_takes_its_place(person: Person) -> None:
    view = view_of(person)
    view.finish.epochs.set_value(1_000_000)
    person.click(view.buttons.race)
    person.wait(lambda: view.view is not None and view.view.running)
    person.press(Key.Key_Space)
    person.wait(lambda: not view.view.running)
    person.wait_for(RunState.RUNNING)
    person.click(view.buttons.pause)
    person.wait(lambda: view.view.running)
    person.click(person.window.page._frame.segments.button("history"))
    person.wait(lambda: not view.view.running)
    person.click(person.window.page._frame.segments.button("race"))
    person.click(view.buttons.pause)
    person.wait(lambda: view.view.running)
    # A race on the other page: this one is gone, and that one is only there.
    person.window.open_page("activations")
    other = person.window.page.race
    person.click(other.race_button)
    person.wait(lambda: other.view is not None)
    assert view.view is None
    store = person.window.history.store
    person.wait(lambda: store.count() >= 4)
    assert [lane.name for lane in other.view.lanes] == ["tanh", "ReLU", "sigmoid", "SiLU"]
    person.click(other.clear_button)
    assert other.view is None
    person.close()


def test_images_are_raced_too(person: Person) -> None:
    person.press(Key.Key_2, CONTROL)
    person.wait(
        lambda: person.window.rail.page() == "digits" and person.latest and person.now.spec == person.document.spec
    )
    view = view_of(person)
    view.lanes._on_ready("dropout")
    view.finish.epochs.set_value(2)
    person.click(view.buttons.race)
    person.wait(lambda: view.view is not None and view.view.done, 20_000)
    assert [lane.name for lane in view.view.lanes] == ["Dropout 0 %", "Dropout 10 %", "Dropout 30 %", "Dropout 50 %"]
    assert all(lane.confusion is not None for lane in view.view.lanes)
    person.qtbot.mouseDClick(view.pictures[2], LEFT)
    person.wait(lambda: person.window.rail.page() == "digits")
    assert person.document.spec == view.view.lanes[2].spec
