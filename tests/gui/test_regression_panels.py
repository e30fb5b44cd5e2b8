"""Numbers instead of classes: every panel speaks of values and R², and a change of the task is one step."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from engine.datasets import DATASETS
from engine.losses import LOSSES
from engine.snapshot import Maps, Metrics, RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui import experiments
from gui.controls.dataset_gallery import draw_thumbnail
from gui.edits import with_dataset
from gui.graphics import ticks
from gui.graphics.boundary_picture import VALUE_STRENGTH
from gui.graphics.boundary_words import STEP
from gui.graphics.graph_help import explain
from gui.graphics.graph_words import card_text
from gui.graphics.targets import Target
from gui.panels.decision_boundary import DecisionBoundary
from gui.panels.loss_curves import LossCurves
from gui.panels.network_graph import NetworkGraph
from gui.panels.settings_column import SettingsColumn
from gui.panels.transport import TransportBar
from gui.theme import DARK, LIGHT, Theme
from tests.gui.opened import CONTROL, Key, Person

LEFT = Qt.MouseButton.LeftButton
BUMPS = with_dataset(ExperimentSpec(), "bumps")


@pytest.fixture(scope="module")
def moment() -> Snapshot:
    return Trainer(BUMPS).snapshot(run=1, side=40)


def shown(qtbot, panel, spec: ExperimentSpec, snapshot: Snapshot | None, size: tuple[int, int]):
    widget = panel(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(*size)
    widget.show_spec(spec)
    if snapshot is not None:
        widget.show_snapshot(snapshot)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def close(a: QColor, b: QColor, tolerance: int = 6) -> bool:
    return all(abs(p - q) <= tolerance for p, q in zip(a.getRgb(), b.getRgb(), strict=True))


def words_of(widget) -> str:
    """Everything that a widget and those in it tell a person."""
    texts = []
    for part in [widget, *widget.findChildren(QWidget)]:
        texts += [part.toolTip(), part.whatsThis(), part.accessibleName(), part.accessibleDescription()]
        texts.append(part.text() if hasattr(part, "text") and callable(part.text) else "")
    return " ".join(texts).lower()


# --- the task ---------------------------------------------------------------------------------------------------------


def test_a_loss_gives_way_where_the_task_changes_and_only_then() -> None:
    assert BUMPS.validate() == []
    assert BUMPS.network.loss.name == "squared_error"
    assert with_dataset(BUMPS, "moons").network.loss.name == "cross_entropy"
    assert with_dataset(BUMPS, "plane").network.loss.name == "squared_error"
    huber = replace(BUMPS, network=replace(BUMPS.network, loss=LOSSES["huber"](threshold=0.7)))
    assert with_dataset(huber, "plane").network.loss == with_dataset(huber, "moons").network.loss == huber.network.loss
    hinge = replace(ExperimentSpec(), network=replace(BUMPS.network, loss=LOSSES["hinge"]()))
    assert with_dataset(hinge, "circles").network.loss.name == "hinge"
    squared = replace(ExperimentSpec(), network=replace(BUMPS.network, loss=LOSSES["squared_error"]()))
    assert with_dataset(squared, "circles").network.loss.name == "squared_error", "classes may well have it"


def test_the_window_changes_the_task_in_one_step_and_back(qtbot, tmp_path) -> None:
    person = Person(qtbot, tmp_path)
    before = person.document.spec
    bar, curves = person.window.transport, person.window.page.curves
    for _ in range(2):
        person.click(person.window.page.settings.gallery.thumbnails["bumps"])
        person.wait(lambda: person.latest is not None and person.now.spec == person.document.spec)
        assert person.document.spec.network.loss.name == "squared_error"
        assert (bar.accuracy.accessibleName(), curves.accuracy_button.text()) == ("Test R²", "R²")
        person.press(Key.Key_Z, CONTROL)
        person.wait_shown()
        assert person.document.spec == before
        assert (bar.accuracy.accessibleName(), curves.accuracy_button.text()) == ("Test accuracy", "Accuracy")
    assert person.banner == ""
    person.close()


def test_the_ready_experiment_learns() -> None:
    saved = experiments.all_ready()["9-bumps"]
    assert saved.spec.data.dataset.regression
    trainer = Trainer(saved.spec)
    trainer.advance(lambda: trainer.epoch >= 150)
    assert trainer.metrics().test_accuracy >= 0.95


# --- settings ---------------------------------------------------------------------------------------------------------


def test_only_losses_that_fit_are_offered(qtbot) -> None:
    column = shown(qtbot, SettingsColumn, BUMPS, None, (260, 700))
    combo = column.loss.combo

    def offered() -> list[str]:
        return [combo.itemData(i) for i in range(combo.count())]

    assert offered() == ["squared_error", "absolute_error", "huber"]
    assert combo.key() == "squared_error"
    with qtbot.waitSignal(column.specProposed) as said:
        combo.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert said.args[1].network.loss.name == "absolute_error"
    with qtbot.assertNotEmitted(column.specProposed):
        column.show_spec(ExperimentSpec())
    assert offered() == [cls.name for cls in LOSSES]
    assert combo.key() == "cross_entropy"


def test_smooth_labels_are_for_classes(qtbot) -> None:
    column = shown(qtbot, SettingsColumn, ExperimentSpec(), None, (260, 700))
    qtbot.mouseClick(column.more_penalties, LEFT)
    editor = column.rare_penalty_form.editors["label_smoothing"]
    assert editor.isVisible()
    column.show_spec(BUMPS)
    assert not editor.isVisible()
    assert "Smooth labels" not in column.more_penalties.toolTip()
    column.show_spec(ExperimentSpec())
    assert editor.isVisible()


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_thumbnails_of_numbers_go_from_orange_to_blue(qapp, theme: Theme) -> None:
    image = draw_thumbnail(theme, DATASETS["plane"], 4.0).toImage()
    side = image.width()

    def seen(x0: float, y0: float) -> set[int]:
        area = range(round(0.25 * side))
        return {image.pixel(round(x0 * side) + x, round(y0 * side) + y) for x in area for y in area}

    assert theme.signed(0.75).rgb() in seen(0.7, 0.05)
    assert theme.signed(-0.75).rgb() in seen(0.05, 0.7)
    assert theme.signed(-0.75).rgb() not in seen(0.7, 0.05)


# --- the surface ------------------------------------------------------------------------------------------------------


@pytest.fixture
def boundary(qtbot, moment: Snapshot) -> DecisionBoundary:
    """A surface that rises from −1 at the left to 1 at the right."""
    rising = np.tile(((np.arange(40) + 0.5) / 40).astype(np.float32), (1, 40, 1))
    maps = Maps(moment.maps.domain, (*moment.maps.layers[:-1], rising))
    return shown(qtbot, DecisionBoundary, BUMPS, replace(moment, maps=maps), (344, 420))


def color_at(panel: DecisionBoundary, x1: float, x2: float) -> QColor:
    return panel.picture.grab().toImage().pixelColor(panel.picture.position((x1, x2)).toPoint())


def test_points_and_surface_have_one_scale(boundary: DecisionBoundary, moment: Snapshot) -> None:
    part = moment.data.train
    boundary.test_switch.setChecked(False)
    middle = (np.abs(part.raw) < 4).all(axis=1)
    alone = [
        i for i in np.flatnonzero(middle) if np.sort(np.abs(part.raw - part.raw[i]).max(axis=1))[1] > 0.25
    ]  # fmt: skip
    strong = [i for i in alone if abs(part.targets[i, 0]) > 0.5]
    assert len(strong) > 3
    for i in strong:
        seen = color_at(boundary, *part.raw[i].tolist())
        assert close(seen, LIGHT.signed(VALUE_STRENGTH * float(part.targets[i, 0])), 16)
    boundary.train_switch.setChecked(False)
    for value in (-0.7, -0.4, 0.0, 0.4, 0.8):
        assert close(color_at(boundary, 6 * value, 3.0), LIGHT.signed(VALUE_STRENGTH * value), 8)


def test_the_key_names_numbers_and_steps_round_the_surface(qtbot, boundary: DecisionBoundary) -> None:
    boundary.train_switch.setChecked(False)
    boundary.test_switch.setChecked(False)
    assert (boundary.key.ends, boundary.key.middle) == (("−1", "1"), "0")
    before = boundary.key.grab().toImage()

    def colors() -> set[int]:
        image = boundary.picture.grab().toImage()
        y = boundary.picture.position((0, 1)).toPoint().y()
        return {image.pixel(x, y) for x in range(1, image.width() - 1)}

    assert len(colors()) > 100
    assert boundary.discretize_box.text() == "Steps"
    boundary.discretize_box.click()
    assert len(colors()) == 2 / STEP + 1
    assert boundary.key.grab().toImage() != before
    assert close(color_at(boundary, 3.2, 1.0), LIGHT.signed(VALUE_STRENGTH * 0.5), 2)


def test_the_readout_gives_the_number_and_how_far_it_is_off(
    qtbot, boundary: DecisionBoundary, moment: Snapshot
) -> None:
    train, test = moment.data.train, moment.data.test
    for text, part in (("train", train), ("test", test)):
        off = np.abs(np.clip(part.raw[:, 0] / 6, -0.975, 0.975) - part.targets[:, 0]).mean()
        assert f"{off:.3f} {text}" in boundary.readout.text()
    at = boundary.picture.position((3.0, 1.0)).toPoint()
    qtbot.mouseMove(boundary.picture, at + QPoint(9, 0))
    qtbot.mouseMove(boundary.picture, at)
    qtbot.waitUntil(lambda: boundary.readout.text().startswith("x₁"))
    assert float(boundary.readout.text().split()[-1]) == pytest.approx(0.5, abs=0.01)


def test_nothing_speaks_of_classes_and_of_numbers_afterwards(qtbot, boundary: DecisionBoundary) -> None:
    assert "class" not in words_of(boundary)
    assert "wrong" not in words_of(boundary)
    assert "discret" not in words_of(boundary)
    assert boundary.picture.wrong is None
    trainer = Trainer(ExperimentSpec())
    boundary.show_spec(trainer.spec)
    boundary.show_snapshot(trainer.snapshot(run=2, side=40))
    assert boundary.discretize_box.text() == "Discretize"
    assert "class 1" in boundary.picture.whatsThis()
    assert boundary.key.ends == ("class 0", "1")
    assert "wrong" in boundary.readout.text()


# --- R² ---------------------------------------------------------------------------------------------------------------


def history_of(first: float, last: float, n: int = 100) -> np.ndarray:
    epochs = np.arange(n, dtype=float)
    score = last + (first - last) * np.exp(-epochs / n * 12)
    return np.stack([epochs, 1 - score, 1.1 - score, score, score - 0.02], axis=1)


def show_history(panel: LossCurves, moment: Snapshot, history: np.ndarray, **more) -> None:
    panel.show_snapshot(replace(moment, history=history, metrics=Metrics(*history[-1].tolist()), **more))


def test_the_second_chart_is_r2(qtbot, moment: Snapshot) -> None:
    panel = shown(qtbot, LossCurves, BUMPS, None, (344, 300))
    history = history_of(-8.0, 0.97)
    show_history(panel, moment, history)
    with qtbot.waitSignal(panel.titleChanged) as title:
        qtbot.mouseClick(panel.accuracy_button, LEFT)
    assert title.args == ["R²"]
    np.testing.assert_allclose(panel.plot.train.yData, history[:, 3])
    low, high = panel.plot.box.viewRange()[1]
    assert -0.7 < low < -0.5, "the first epochs are left below, so that the way to 1 is seen"
    assert 1.0 < high < 1.1
    assert panel.plot.left.tickStrings([-0.5, 1.0], 1.0, 0.5) == ["−0.5", "1.0"]
    assert panel.plot.left.labelText == "R²"
    assert panel.legend.texts == ("train 0.970", "test 0.950")
    assert "accuracy" not in words_of(panel)
    show_history(panel, moment, history_of(0.1, 0.97), run=2)
    assert -0.1 < panel.plot.box.viewRange()[1][0] <= 0
    show_history(panel, moment, history_of(-8.0, -3.0), run=3)
    assert panel.plot.box.viewRange()[1][0] < -3, "where the run is now is seen in any case"


def test_the_bar_on_top_says_r2(qtbot, moment: Snapshot) -> None:
    bar = shown(qtbot, TransportBar, BUMPS, None, (1400, 56))
    accuracy = bar.accuracy.grab().toImage()
    for score, text in ((0.9416, "0.942"), (0.99996, "0.999"), (-0.25, "−0.250")):
        bar.show_snapshot(replace(moment, metrics=Metrics(3, 0.1, 0.1, 0.9, score)))
        assert bar.accuracy.text() == ticks.score(score) == text
    assert bar.accuracy.accessibleName() == "Test R²"
    assert "accuracy" not in words_of(bar)
    bar.show_spec(ExperimentSpec())
    assert bar.accuracy.accessibleName() == "Test accuracy"
    assert bar.accuracy.grab().toImage() != accuracy


def test_training_until_an_r2(qtbot) -> None:
    bar = shown(qtbot, TransportBar, ExperimentSpec(), None, (1400, 56))
    qtbot.mouseClick(bar.run, LEFT)
    popup = bar.popup
    popup.figure.set_key("test_accuracy")
    popup.close()
    bar.show_spec(BUMPS)
    qtbot.mouseClick(bar.run, LEFT)
    qtbot.waitUntil(popup.isVisible)
    assert popup.figure.currentText() == "Test R²"
    assert "test R² is 0.95 or more" in popup.sentence.text()
    assert not [i for i in range(popup.figure.count()) if "accuracy" in popup.figure.itemText(i)]
    value = popup.values["test_r2"]
    value.field.selectAll()
    qtbot.keyClicks(value.field, "-0.5")
    value.field.commit()
    with qtbot.waitSignal(bar.runUntilRequested) as said:
        qtbot.mouseClick(popup.go_until, LEFT)
    assert said.args == [Until("test_accuracy", -0.5)]
    bar.show_spec(ExperimentSpec())
    assert popup.figure.key() == "test_accuracy"


# --- the network ------------------------------------------------------------------------------------------------------


def test_the_output_neuron_gives_its_value() -> None:
    layers = len(BUMPS.layer_sizes)
    activations = tuple(np.full(n, 0.25, np.float32) for n in BUMPS.layer_sizes)
    output, hidden = Target("neuron", layers - 1, 0), Target("neuron", 1, 0)
    rows = {target: card_text(BUMPS, target, lambda _: np.float32(1), activations).rows for target in (output, hidden)}
    assert ("value", "+0.25", 1) in rows[output]
    assert ("activation a", "+0.25", 1) in rows[hidden]
    assert "a number" in explain(BUMPS, output)
    assert "a number" not in explain(ExperimentSpec(), output)


@pytest.mark.parametrize("panel", [DecisionBoundary, LossCurves, NetworkGraph, SettingsColumn, TransportBar])
@pytest.mark.parametrize("name", [cls.name for cls in DATASETS if cls.regression and cls.planar and cls.in_menus])
def test_panels_show_it_while_it_trains(qtbot, panel, name: str) -> None:
    trainer = Trainer(with_dataset(ExperimentSpec(), name))
    widget = panel(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(900 if panel is TransportBar else 400, 500)
    widget.show()
    empty = widget.grab().toImage()
    widget.show_spec(trainer.spec)
    for state in (RunState.RUNNING, RunState.RUNNING, RunState.PAUSED):
        trainer.step_epoch()
        widget.show_snapshot(replace(trainer.snapshot(side=35), state=state))
    assert widget.grab().toImage() != empty
