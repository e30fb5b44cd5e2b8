"""The stress test in the real window: curves measured, kept and cancelled; neurons and weights taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine import robustness as measuring
from engine.datasets import DATASETS
from engine.robustness import STRESSES
from engine.shelf import SHELF
from engine.snapshot import RunState
from gui import theme
from gui.controls.neuron_toggles import NeuronToggles
from gui.graphics.class_changes import ClassChanges
from gui.graphics.example_grid import ExampleGrid
from gui.graphics.response_plot import Axes, ResponsePlot
from gui.panels.stress_view import StressView
from gui.reasons import NO_IMAGES, NOT_FINITE
from gui.settings import Settings
from tests.engine.images import experiment_on
from tests.gui.opened import LEFT, Key, Person


def dimmed(x: NDArray, side: int, **change: object) -> NDArray:
    """Stands in for the warp: whatever is asked for, the image loses a part of its ink."""
    amount = sum(abs(float(v)) for value in change.values() for v in np.atleast_1d(value))  # type: ignore[arg-type]
    return x * np.float32(1 / (1 + 0.05 * amount))


@pytest.fixture
def person(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Before a network on blobs, two epochs old, with the stress test open."""
    monkeypatch.setattr(measuring, "warped", dimmed)
    monkeypatch.setattr(SHELF, "folder", None)  # given back at the end: the window sets its own
    person = Person(qtbot, tmp_path / "data", Settings(page="insight", reduce_motion=True))
    open_blobs(person, tmp_path, monkeypatch)
    try:
        yield person
    finally:
        person.close()


def open_blobs(person: Person, folder: Path, monkeypatch: pytest.MonkeyPatch, **how: object) -> None:
    spec = experiment_on(folder / "shelf", monkeypatch, **how)  # type: ignore[arg-type]
    person.window.lab.start_over(spec, "Blobs")
    person.wait(lambda: person.latest is not None and person.latest.spec == spec)
    train(person, 6)
    person.window.show_page("insight")
    person.click(person.window.page._frame.segments.button("stress"))
    person.wait(lambda: view_of(person).isVisible())


def train(person: Person, epochs: int) -> None:
    until = person.now.epoch + epochs
    person.window.lab.run_epochs(epochs)
    person.wait(lambda: person.now.epoch >= until and person.now.state is RunState.PAUSED)


def view_of(person: Person) -> StressView:
    view = person.window.page.view
    assert isinstance(view, StressView)
    return view


def measured(person: Person) -> StressView:
    view = view_of(person)
    person.click(view.robustness.measure_button)
    person.wait(lambda: view.robustness.result is not None and view.robustness.measure_button.text() == "Measure")
    return view


def examined(person: Person) -> StressView:
    view = view_of(person)
    person.wait(lambda: view.ablation.effect is not None and not view.ablation._waiting)
    return view


# --- robustness -------------------------------------------------------------------------------------------------------


def test_curves_are_measured_named_and_kept_while_it_learns_on(person: Person) -> None:
    view = view_of(person)
    board = view.robustness
    assert "Press Measure" in board.examples.summary() or "Press Measure" in board.examples.hint
    assert not board.keep_button.isEnabled()
    assert board.progress.isHidden()
    measured(person)
    assert board.now_key.text == "epoch 6, without augmentation, 100 test images"
    for stress in STRESSES:
        x, y = board.plots[stress.key].curve
        assert x.tolist() == stress.amounts(8).tolist()
        assert len(y) == len(x)
        assert board.plots[stress.key].reading().startswith("unchanged ")
    at_six = board.result
    train(person, 2)
    assert board.result is at_six, "the last result stays"
    assert board.words.text() == "now at epoch 8"
    person.click(board.keep_button)
    assert not board.keep_button.isEnabled()
    person.wait(lambda: not board.forget_button.isHidden())
    measured(person)
    person.wait(lambda: board.result is not at_six)
    assert (board.now_key.text[:7], board.kept_key.text[:13]) == ("epoch 8", "kept: epoch 6")
    assert board.plots["noise"]._kept is not None
    person.click(board.forget_button)
    assert board.kept is None
    assert board.plots["noise"]._kept is None


def test_a_comparison_outlives_a_new_run_but_not_other_images(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = measured(person).robustness
    person.click(board.keep_button)
    run = person.now.run
    person.window.lab.reset()
    person.wait(lambda: person.now.run != run)
    person.wait(lambda: "of another run" in board.kept_key.text)
    assert board.kept is not None
    open_blobs(person, tmp_path, monkeypatch, side=28, n=80, n_test=20)
    person.wait(lambda: board.kept is None and board.result is None)
    measured(person)
    assert board.result is not None
    assert board.result.side == 28
    assert board.plots["shift"].curve[0][-1] == 6.0


def test_measuring_can_be_cancelled(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    board = view_of(person).robustness
    asked: list[object] = []
    stopped: list[bool] = []

    def endless(*args: object, tell: object, stop: object, **more: object) -> None:
        asked.append(args)
        tell(0.25, "Rotation")  # type: ignore[operator]
        while not stop():  # type: ignore[operator]
            pass
        stopped.append(True)

    monkeypatch.setattr("gui.controls.robustness_board.robustness", endless)
    person.click(board.measure_button)
    assert board.measure_button.text() == "Cancel"
    person.wait(lambda: board.words.text() == "Rotation, 25 %")
    assert board.progress.value() == 250
    assert not board.progress.isHidden()
    person.click(board.measure_button)
    assert board.measure_button.text() == "Measure"
    assert board.progress.isHidden()
    person.wait(lambda: stopped)
    assert board.result is None


def test_pointing_at_a_curve_shows_images_changed_that_much(person: Person) -> None:
    board = measured(person).robustness
    plot = board.plots["rotation"]
    area = plot.area
    person.qtbot.mouseMove(plot, QPoint(2, 2))
    person.qtbot.mouseMove(plot, QPoint(round(area.right()), round(area.center().y())))
    assert plot.at == 18
    assert plot.reading().startswith("45°: ")
    assert board.examples.heading == "Rotation 45°"
    assert len(board.examples._images) == 10
    assert ("it reads" in board.examples.summary()) or ("all are read right" in board.examples.summary())
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Home)
    assert board.examples.heading == "Rotation −45°"
    person.press(Key.Key_Right, times=2)
    assert board.examples.heading == "Rotation −35°"
    person.press(Key.Key_Escape)
    assert plot.at is None
    assert board.examples.heading == "Rotation −35°", "what was seen last stays"


# --- ablation ---------------------------------------------------------------------------------------------------------


def test_sliders_show_their_effect_at_once_and_nothing_of_the_run_changes(person: Person) -> None:
    view = examined(person)
    board = view.ablation
    weights = person.now.params.copy()
    whole = board.effect.whole
    assert board.difference.text() == "the whole network"
    assert not board.reset_button.isEnabled()
    slider = board.ways["pruned"].slider
    slider.slider.setFocus()
    person.press(Key.Key_End)
    person.wait(lambda: board.effect.now == 0.1)
    assert board.number.text() == "10.0 %"
    assert f"whole {100 * whole:.1f} %" in board.difference.text()
    assert board.changes.accessibleDescription().count("−") >= 5
    assert np.array_equal(person.now.params, weights)
    person.click(board.reset_button)
    person.wait(lambda: board.effect.now == whole and not board._waiting)
    assert slider.value() == 0


def test_curves_of_the_sliders_come_by_themselves_when_it_rests(person: Person) -> None:
    board = examined(person).ablation
    person.wait(lambda: len(board.curves) == 3)
    first = board.ways["noise"].plot.curve[1]
    assert board.ways["off"].plot.curve[1][0] == board.effect.whole
    person.click(board.dice)
    person.wait(lambda: board.ways["noise"].plot.curve[1].tolist() != first.tolist())
    pruned = board.ways["pruned"].plot.curve[1]
    person.click(board.layer_box)
    assert board.damage.per_layer
    person.wait(lambda: board.ways["pruned"].plot.curve[1].tolist() != pruned.tolist())


def test_the_weakest_neurons_go_first(person: Person) -> None:
    board = examined(person).ablation
    board.ways["off"].slider.slider.setFocus()
    person.press(Key.Key_Right, times=30)
    assert board.ways["off"].slider.value() == 0.3
    assert board.toggles.n_off == 5, "30 % of 18, rounded"
    assert board.count.text() == "5 of 18 off"
    off = np.concatenate(board.toggles.off)
    relative = np.concatenate([one / one.mean() for one in board.effect.importance])
    assert relative[off].max() <= relative[~off].min()
    person.press(Key.Key_End)
    person.wait(lambda: board.effect.now == 0.1)


def test_neurons_are_switched_by_click_drag_and_key(person: Person) -> None:
    board = examined(person).ablation
    toggles = board.toggles
    whole = board.effect

    def middle(layer: int, neuron: int) -> QPoint:
        return toggles.cell_rect(layer, neuron).center().toPoint()

    person.click(toggles, middle(0, 3))
    assert np.flatnonzero(toggles.off[0]).tolist() == [3]
    person.wait(lambda: board.effect is not whole)
    person.click(toggles, middle(0, 3))
    assert toggles.n_off == 0
    person.qtbot.mousePress(toggles, LEFT, pos=middle(0, 1))
    person.qtbot.mouseMove(toggles, middle(0, 6))  # one leap of a fast hand
    person.qtbot.mouseRelease(toggles, LEFT, pos=middle(0, 6))
    assert np.flatnonzero(toggles.off[0]).tolist() == [1, 2, 3, 4, 5, 6]
    person.qtbot.mouseMove(toggles, middle(0, 9))
    assert toggles.n_off == 6, "no button is pressed any more"
    person.click(toggles, toggles.cell_rect(1, -1).center().toPoint())
    assert toggles.off[1].all()
    person.click(toggles, toggles.cell_rect(1, -1).center().toPoint())
    assert not toggles.off[1].any()

    toggles.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Home)
    person.press(Key.Key_Space)
    assert toggles.off[0][0]
    assert person.now.state is RunState.PAUSED, "Space does not play here"
    person.press(Key.Key_Down)
    person.press(Key.Key_A)
    assert toggles.off[1].all()
    assert "Hidden 2, neuron 1: off" in toggles.accessibleDescription()
    person.press(Key.Key_Up)
    person.press(Key.Key_End)
    person.press(Key.Key_Return)
    assert not toggles.off[1][5]


def test_what_is_off_stays_off_while_it_learns_and_goes_with_other_layers(person: Person) -> None:
    board = examined(person).ablation
    board.toggles.set_off([np.arange(12) < 3, np.zeros(6, bool)])
    before = board.effect
    train(person, 3)
    person.wait(lambda: board.effect is not before and not board._waiting)
    assert board.toggles.n_off == 3
    spec = replace(person.document.spec, network=replace(person.document.spec.network, hidden_layer_sizes=()))
    person.document.apply("No hidden layer", spec)
    person.wait(lambda: person.now.spec == spec)
    person.wait(lambda: board.count.text() == "no hidden neurons" and not board._waiting)
    assert not board.ways["off"].slider.isEnabled()
    assert board.effect.importance == ()
    assert not view_of(person).grab().isNull()


def test_live_while_it_trains(person: Person) -> None:
    board = examined(person).ablation
    before = board.effect
    person.press(Key.Key_Space)
    person.wait(lambda: board.effect is not before)
    again = board.effect
    person.wait(lambda: board.effect is not again)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    person.wait(lambda: not board._waiting)
    person.wait(lambda: board._curves_epoch == person.now.epoch)


def test_a_network_without_numbers_says_so(person: Person) -> None:
    view = examined(person)
    view.show_snapshot(replace(person.now, params=np.full_like(person.now.params, np.nan), state=RunState.DIVERGED))
    assert not view.robustness.measure_button.isEnabled()
    assert view.robustness.words.text() == view.ablation.words.text() == NOT_FINITE
    assert not view.ablation.isEnabled()
    view.show_snapshot(person.now)
    person.wait(lambda: view.ablation.effect is not None)
    assert view.ablation.isEnabled()
    assert view.robustness.measure_button.isEnabled()


def test_data_that_are_no_images_say_so(person: Person) -> None:
    view = examined(person)
    moons = replace(person.document.spec, data=replace(person.document.spec.data, dataset=DATASETS["moons"]()))
    view.show_snapshot(replace(person.now, spec=moons))
    assert view.robustness.examples.hint == view.ablation.words.text() == NO_IMAGES


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=lambda look: look.name)
def test_the_theme_can_change(person: Person, look: theme.Theme) -> None:
    view = examined(person)
    person.window.apply_theme(look)
    corner = view.mapTo(person.window, QPoint(0, 0))
    shown = person.window.grab().toImage()
    assert shown.pixelColor(corner.x() + view.width() // 2, corner.y() + 2) == look.panel
    assert view.robustness.plots["noise"].theme is look
    assert view.ablation.toggles.theme is look


def test_it_fits_the_smallest_window(person: Person) -> None:
    view = measured(person)
    person.window.resize(person.window.minimumSize())
    person.wait(lambda: person.window.size() == person.window.minimumSize())
    QApplication.processEvents()
    for widget in (view.robustness.examples, view.ablation.dice, view.ablation.scroll, *view.robustness.plots.values()):
        corner = widget.mapTo(view, widget.rect().bottomRight())
        assert view.rect().contains(corner), widget.accessibleName()


# --- its pieces -------------------------------------------------------------------------------------------------------


def test_amounts_are_written_as_short_as_they_are() -> None:
    assert [Axes("", "", sign=" px").amount(x) for x in (0.25, -1.5, 3.0, 0.0)] == [
        "0.25 px",
        "−1.5 px",
        "3 px",
        "0 px",
    ]
    assert Axes("", "", percent=True).amount(0.925) == "92.5 %"
    assert Axes("", "", sign="°").amount(-40.0) == "−40°"


def test_a_plot_without_a_curve_reads_nothing(qtbot: QtBot) -> None:
    plot = ResponsePlot(theme.LIGHT, Axes("Rotation", "degrees"))
    qtbot.addWidget(plot)
    qtbot.keyClick(plot, Key.Key_Right)
    qtbot.mouseMove(plot, QPoint(100, 50))
    assert plot.at is None
    assert plot.reading() == ""
    assert not plot.grab().isNull()


def test_bars_reach_as_far_as_they_must(qtbot: QtBot) -> None:
    bars = ClassChanges(theme.LIGHT)
    qtbot.addWidget(bars)
    bars.show_changes(np.array([-0.036, np.nan, 0.012]))
    assert bars.scale == 5.0
    assert bars.accessibleDescription() == "0: −3.6, 2: +1.2"
    bars.show_changes(np.array([-0.6, 1.0]))
    assert bars.scale == 100.0
    bars.resize(360, 120)
    image = bars.grab().toImage()
    colors = {image.pixelColor(x, y).name() for x in range(60, 360, 4) for y in range(30, 100, 4)}
    assert {theme.LIGHT.positive.name(), theme.LIGHT.negative.name()} <= colors


def test_examples_say_what_is_misread(qtbot: QtBot) -> None:
    grid = ExampleGrid(theme.LIGHT, "nothing yet")
    qtbot.addWidget(grid)
    assert grid.summary() == "nothing yet"
    grid.show_examples("Shift 2 px", np.zeros((3, 64), np.uint8), np.array([4, 5, 7]), np.array([9, 5, 1]))
    assert grid.summary() == "Shift 2 px: it reads 4 as 9, 7 as 1"
    grid.show_examples("Shift 0 px", np.zeros((1, 784), np.uint8), np.array([4]), np.array([4]))
    assert grid.summary() == "Shift 0 px: all are read right"
    assert not grid.grab().isNull()
    grid.clear()
    assert grid.accessibleDescription() == "nothing yet"


def test_every_neuron_of_wide_layers_has_its_square(qtbot: QtBot) -> None:
    toggles = NeuronToggles(theme.DARK)
    qtbot.addWidget(toggles)
    toggles.resize(400, 120)
    toggles.set_layers((900, 3))
    toggles.show_importance((np.arange(900.0), np.array([0.0, np.nan, 2.0])))
    for layer, neuron in ((0, 0), (0, 457), (0, 899), (1, 2), (1, -1)):
        rect = toggles.cell_rect(layer, neuron)
        assert toggles.at(rect.center()) == (layer, neuron)
        assert toggles.minimumHeight() >= rect.bottom()
    assert toggles.at(QPointF(399, toggles.cell_rect(1, 2).center().y())) is None
    assert not toggles.grab().isNull()
    assert toggles.words(1, 1) == "Hidden 2, neuron 2: on"
