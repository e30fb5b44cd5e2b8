"""The Perceptron page in the whole window, with real clicks and keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from engine.datasets import DATASETS
from engine.datasets.points import MAX_POINTS, Points
from engine.line import Line
from engine.perceptron import Perceptron
from engine.snapshot import RunState
from gui import experiments, help
from gui.graphics.perceptron_picture import SHADE
from gui.perceptron_run import EMPTY, ENDED
from gui.perceptron_view import PerceptronView, Problem
from gui.settings import Settings
from gui.theme import mix
from tests.gui.opened import CONTROL, LEFT, NONE, SHIFT, Key, Person

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
RIGHT = Qt.MouseButton.RightButton


class Learner(Person):
    """Someone at the Perceptron page."""

    @property
    def page(self):
        return self.window.pages["perceptron"]

    @property
    def view(self) -> PerceptronView:
        return self.page.run.view()

    @property
    def surface(self):
        return self.page.plane.surface

    @property
    def bar(self) -> tuple[str, ...]:
        return self.window.transport.own.texts()

    def at(self, x: float, y: float) -> QPoint:
        return self.surface.frame.to_pixels(x, y).toPoint()

    def place(self, x: float, y: float, button=LEFT, modifiers=NONE) -> None:
        self.qtbot.mouseClick(self.surface, button, modifiers, self.at(x, y))

    def drag(self, a: tuple[float, float], b: tuple[float, float]) -> None:
        self.qtbot.mousePress(self.surface, LEFT, pos=self.at(*a))
        for share in (0.3, 0.7, 1.0):
            x, y = (u + (v - u) * share for u, v in zip(a, b, strict=True))
            self.qtbot.mouseMove(self.surface, self.at(x, y))
        self.qtbot.mouseRelease(self.surface, LEFT, pos=self.at(*b))

    def choose(self, data: str) -> None:
        self.click(self.page.column.gallery.thumbnails[data])

    def run_100(self) -> None:
        self.press(Key.Key_Right, SHIFT)
        self.wait(lambda: not self.view.playing)


@pytest.fixture
def start(qtbot, qapp, tmp_path) -> Iterator[Callable[..., Learner]]:
    from gui import app

    app.application()
    people: list[Learner] = []

    def begin(folder: Path = tmp_path / "data", **settings: object) -> Learner:
        usual = Settings(theme="light", reduce_motion=True, page="perceptron")
        people.append(Learner(qtbot, folder, replace(usual, **settings)))
        return people[-1]

    yield begin
    for person in people:
        if person.window is not None:
            person.close()


@pytest.fixture
def person(start) -> Learner:
    return start()


def trained(labels: list[int], problem: Problem | None = None) -> Perceptron:
    perceptron = Perceptron(CORNERS, np.array(labels), (problem or Problem()).settings)
    perceptron.run()
    return perceptron


def moment(view: PerceptronView) -> tuple:
    return view.epoch, view.position, view.errors, view.line, view.errors_per_epoch


# --- AND, step by step ----------------------------------------------------------------------------------------------


def test_and_converges_at_the_epoch_that_the_engine_says(person):
    assert person.window.rail.page() == "perceptron"
    person.run_100()
    wanted = trained([0, 0, 0, 1])
    assert person.view.converged_epoch == wanted.converged_epoch
    assert person.view.line == wanted.line
    assert person.page.verdict.headline.text() == f"Converged at epoch {wanted.converged_epoch}"
    assert person.bar == ("0 in 0/4", "0 errors", "4/4", f"converged at epoch {wanted.converged_epoch}")
    assert person.page.plane.correct.text() == "Correct: 4/4"
    assert f"{wanted.margin:.4f}" in person.page.verdict.sentence.text()
    person.press(Key.Key_Right)
    assert person.window.status.currentMessage() == ENDED
    person.press(Key.Key_Space)
    assert not person.window.transport.play.playing


def test_a_step_is_a_sample_and_can_be_gone_back_to(person):
    moments = [moment(person.view)]
    assert not person.window.transport.step_back.isEnabled()
    for _ in range(11):
        person.press(Key.Key_Right)
        moments.append(moment(person.view))
    assert [m[:2] for m in moments[:6]] == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]
    for wanted in reversed(moments[:-1]):
        person.press(Key.Key_Left)
        assert moment(person.view) == wanted
    person.press(Key.Key_Left)
    assert moment(person.view) == moments[0]
    person.press(Key.Key_S, times=11)
    assert moment(person.view) == moments[-1]


def test_the_grain_of_this_page_is_its_own_and_the_other_page_keeps_its(person):
    bar, lab = person.window.transport, person.window.lab
    assert bar.grain() == "sample"
    assert lab.grain == "epoch"
    enabled = {grain for grain, action in bar.grain_actions.items() if action.isEnabled()}
    assert enabled == {"sample", "epoch"}
    assert "no mini-batch here" in bar.grain_actions["batch"].toolTip()
    bar.grain_actions["epoch"].trigger()
    person.press(Key.Key_Right, times=2)
    assert moment(person.view)[:2] == (2, 0)
    bar.grain_actions["sample"].trigger()
    person.press(Key.Key_Right)
    bar.grain_actions["epoch"].trigger()
    person.press(Key.Key_Left)
    assert moment(person.view)[:2] == (2, 0)
    person.press(Key.Key_Left)
    assert moment(person.view)[:2] == (1, 0)
    person.press(Key.Key_1, CONTROL)
    assert bar.grain() == "epoch"
    assert all(action.isEnabled() for action in bar.grain_actions.values())
    bar.grain_actions["batch"].trigger()
    person.press(Key.Key_3, CONTROL)
    assert (bar.grain(), lab.grain) == ("epoch", "batch")


def test_space_plays_at_the_speed_chosen_and_pauses(person):
    speed = person.page.column.speed
    speed.setFocus()
    person.press(Key.Key_End)
    assert speed.key() == "1000"
    person.window.setFocus()
    person.press(Key.Key_Space)
    assert person.window.transport.play.playing
    assert person.view.can_step_back or person.view.playing
    person.wait(lambda: not person.window.transport.play.playing)
    assert person.view.converged_epoch is not None
    person.press(Key.Key_R)
    assert moment(person.view)[:2] == (0, 0)
    speed.setFocus()
    person.press(Key.Key_Home)
    person.window.setFocus()
    person.press(Key.Key_Space)
    person.wait(lambda: person.view.position == 1)
    person.press(Key.Key_Space)
    assert not person.view.playing
    assert person.view.position == 1, "one sample a second: no more than the first"


def test_reset_keeps_the_first_weights_the_dice_draw_others_and_undo_brings_back(person):
    first = person.view.line
    person.run_100()
    end = moment(person.view)
    person.press(Key.Key_R)
    assert person.view.line == first
    assert moment(person.view)[:2] == (0, 0)
    person.press(Key.Key_R, SHIFT)
    assert person.view.line != first
    person.press(Key.Key_Z, CONTROL, times=2)
    assert moment(person.view) == end, "with the trained line"
    assert not person.window.actions_by_id["undo"].isEnabled()
    person.press(Key.Key_Y, CONTROL)
    assert moment(person.view)[:2] == (0, 0)


def test_the_numbers_are_those_of_the_rule(person):
    person.click(person.page.column.gallery.thumbnails["and"])
    person.page.column.first.setFocus()
    person.press(Key.Key_Down)  # zeros
    person.window.setFocus()
    assert person.view.problem.settings.weight_scale == 0
    person.press(Key.Key_Right, times=6)
    assert person.page.numbers.plain() == [
        "Epoch 2, sample 2 of 4", "x = (0, 1)   y = 0", "z = w₁x₁ + w₂x₂ + b", "= 0.1·0 + 0.1·1 + 0", "= 0.1",
        "z > 0, so the answer is 1", "error = y − answer = 0 − 1 = −1", "w ← w + η·error·x",
        "= (0.1, 0.1) + 0.1·(−1)·(0, 1)", "= (0.1, 0)", "b ← b + η·error", "= 0 + 0.1·(−1) = −0.1",
    ]  # fmt: skip
    person.press(Key.Key_Right)
    assert person.page.numbers.plain()[-1] == "Right: the weights stay as they are."
    assert person.view.mistake is not None
    assert person.view.mistake is not person.view.update
    person.press(Key.Key_Left, times=7)
    assert person.page.numbers.plain()[:2] == ["w = (0, 0)", "b = 0"]


# --- XOR ------------------------------------------------------------------------------------------------------------


def test_xor_goes_round_and_says_why(person):
    person.choose("xor")
    person.run_100()
    view, verdict = person.view, person.page.verdict
    cycle = trained([0, 1, 1, 0]).cycle
    assert view.cycle == cycle
    assert view.epoch == cycle.first_epoch + cycle.epochs, "it stops where the cycle is found"
    assert verdict.headline.text() == "A cycle of 1 epoch: no line exists"
    assert f"after epoch {cycle.first_epoch} came back after epoch {view.epoch}" in verdict.sentence.text()
    assert verdict.inequalities() == ["b ≤ 0", "w₂ + b > 0", "w₁ + b > 0", "w₁ + w₂ + b ≤ 0"]
    assert verdict.sum.text().splitlines() == [
        "(2) + (3):  w₁ + w₂ + 2 b > 0", "(1) + (4):  w₁ + w₂ + 2 b ≤ 0", "Both cannot be.",
    ]  # fmt: skip
    assert view.turn is not None
    assert np.array_equal(view.turn[0], view.turn[-1])
    assert len(view.turn) == cycle.updates + 1
    person.press(Key.Key_Space)
    person.wait(lambda: person.view.update.epoch > view.epoch)
    assert person.view.playing, "and goes on to be watched"
    person.press(Key.Key_Space)
    person.press(Key.Key_R)
    assert person.view.cycle is None
    assert verdict.inequalities() == []


def test_the_hidden_layer_takes_xor_to_the_playground_where_it_works(person):
    person.choose("xor")
    person.run_100()
    before = person.document.spec
    person.click(person.page.verdict.button)
    assert person.window.rail.page() == "playground"
    spec = person.document.spec
    assert spec.data.dataset == DATASETS["xor"]()
    assert len(spec.network.hidden_layer_sizes) == 1
    assert person.window.transport.train_loss.isVisible()
    assert not person.window.transport.own.isVisible()
    assert not person.view.playing
    person.wait_shown()
    person.press(Key.Key_Right, SHIFT)
    person.wait(lambda: person.now.epoch >= 100 and person.now.state is RunState.PAUSED)
    assert person.now.metrics.train_accuracy == 1.0
    person.press(Key.Key_Z, CONTROL)
    assert person.document.spec == before


# --- points of one's own ------------------------------------------------------------------------------------------------


def test_points_are_placed_changed_moved_and_removed(person):
    person.choose("points")
    assert person.view.line is None
    assert person.bar == ("0 in 0/0", "–", "0/0", "no points")
    person.press(Key.Key_Right)
    assert person.window.status.currentMessage() == EMPTY
    assert not person.page.verdict.button.isEnabled()

    person.place(0.2, 0.8)
    person.place(0.8, 0.2, modifiers=SHIFT)
    person.place(0.9, 0.9, RIGHT)
    points = person.view.problem.points()
    assert np.allclose(points, [(0.2, 0.8, 1), (0.8, 0.2, 0), (0.9, 0.9, 0)], atol=0.01)
    assert points == tuple((round(x, 2), round(y, 2), label) for x, y, label in points)

    person.place(0.9, 0.9)
    assert person.view.labels.tolist() == [1, 0, 1], "a click on a point changes its class"
    person.drag((0.2, 0.8), (0.5, 1.2))
    assert np.allclose(person.view.points[0], (0.5, 1.2), atol=0.01)
    person.place(0.8, 0.2, modifiers=CONTROL)
    assert len(person.view.labels) == 2
    stack = person.page.run.undo_stack
    assert [stack.text(i) for i in range(stack.count())] == [
        "Data set", "Add a point", "Add a point", "Add a point", "Change a class", "Move a point", "Remove a point",
    ]  # fmt: skip
    person.press(Key.Key_Z, CONTROL, times=6)
    assert len(person.view.labels) == 0
    person.press(Key.Key_Z, CONTROL, times=1)
    assert person.view.problem.dataset == DATASETS["and"]()


def test_a_point_beside_a_gate_keeps_its_corners_and_the_picture(person):
    frame = person.surface.frame
    person.place(1.4, 0.3)
    assert isinstance(person.view.problem.dataset, Points)
    assert len(person.view.labels) == 5
    assert person.surface.frame == frame
    assert person.page.column.gallery.name() == "points"
    person.choose("or")
    person.choose("points")
    assert len(person.view.labels) == 5, "own points are still there"


def test_points_by_keyboard_while_space_still_plays(person):
    person.choose("points")
    person.surface.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Left, times=4)
    person.press(Key.Key_Up, SHIFT)
    person.press(Key.Key_Return)
    assert person.view.problem.points() == ((0.3, 0.75, 1),)
    person.press(Key.Key_Right, SHIFT, times=2)
    person.press(Key.Key_0)
    assert person.page.plane.picker.label() == 0
    person.press(Key.Key_Return)
    assert person.view.problem.points()[1] == (0.8, 0.75, 0)
    person.press(Key.Key_1)
    assert person.view.labels.tolist() == [1, 1]
    person.press(Key.Key_Return)
    person.press(Key.Key_Down, times=3)
    person.press(Key.Key_Return)
    assert person.view.problem.points()[1] == (0.8, 0.6, 1)
    person.press(Key.Key_Return)
    person.press(Key.Key_Down)
    person.press(Key.Key_Escape)
    assert person.view.problem.points()[1] == (0.8, 0.6, 1)
    person.press(Key.Key_Up)
    person.press(Key.Key_Delete)
    assert person.view.problem.points() == ((0.3, 0.75, 1),)
    person.press(Key.Key_Space)
    person.wait(lambda: person.view.epoch > 0)


def test_more_points_than_fit_are_refused_in_a_sentence(person):
    points = tuple((i / 200, 0.5, i % 2) for i in range(MAX_POINTS))
    person.page.plane.pointsProposed.emit("Add points", points)
    person.place(0.3, -0.3)
    assert len(person.view.labels) == MAX_POINTS
    assert "200 points are the most" in person.banner


def test_two_hundred_points_do_not_hold_the_window_up(person):
    rng = np.random.default_rng(0)
    places = np.round(rng.uniform(-0.5, 1.5, (MAX_POINTS, 2)), 2).tolist()
    person.page.plane.pointsProposed.emit("Add points", tuple((x, y, int(rng.integers(2))) for x, y in places))
    run, slices = person.page.run, []
    run.run_epochs(100)
    while run.playing:
        begun = time.perf_counter()
        run._tick()
        slices.append(time.perf_counter() - begun)
    assert np.median(slices) < 0.05
    assert not run.playing
    assert person.view.epoch > 0


def test_own_points_that_no_line_separates_are_learned_in_the_playground(person):
    person.choose("points")
    for x, y, button in ((0, 0, LEFT), (1, 1, LEFT), (0.1, 1, RIGHT), (1, 0.1, RIGHT), (0.5, 0.5, LEFT)):
        person.place(x, y, button)
    person.click(person.page.verdict.button)
    assert person.document.spec.data.dataset == person.view.problem.dataset
    person.wait_shown()
    person.press(Key.Key_Right, SHIFT, times=1)
    person.wait(lambda: person.now.epoch >= 100 and person.now.state is RunState.PAUSED)
    assert person.now.metrics.train_accuracy == 1.0


# --- settings -----------------------------------------------------------------------------------------------------------


def test_settings_can_be_undone_and_begin_again(person):
    person.run_100()
    end = moment(person.view)
    rate = person.page.column.rate.editors["learning_rate"]
    person.qtbot.keyClick(rate, Key.Key_Up)
    assert person.view.problem.settings.learning_rate == 0.3
    assert moment(person.view)[:2] == (0, 0)
    person.click(person.page.column.rest.editors["shuffle"], QPoint(8, 14))
    assert person.view.problem.settings.shuffle
    person.press(Key.Key_Z, CONTROL, times=2)
    assert moment(person.view) == end
    assert rate.value() == 0.1


def test_another_line_can_be_laid_over(person):
    column, surface = person.page.column, person.surface
    person.press(Key.Key_Right, times=9)
    assert surface._overlay is None
    for key in ("pocket", "averaged"):
        column.line.setFocus()
        person.press(Key.Key_Down)
        overlay = surface._overlay
        assert isinstance(overlay, Line)
        assert overlay == getattr(person.view, key)
        assert ("overlay", f"{key} line") in person.page.plane.legend.entries


# --- the window around it -------------------------------------------------------------------------------------------


def test_the_playground_keeps_its_run_and_its_bar(start):
    person = start(page="playground")
    played = person.play_to(5)
    shown = person.window.transport.train_loss.text()
    person.press(Key.Key_3, CONTROL)
    person.press(Key.Key_Right, times=3)
    person.press(Key.Key_Z, CONTROL)
    assert person.window.transport.epoch.text().endswith("0")
    assert not person.window.transport.train_loss.isVisible()
    assert not any(holder.isVisible() for holder in person.window.transport.quick)
    assert not person.window.actions_by_id["save"].isEnabled()
    person.press(Key.Key_1, CONTROL)
    assert person.window.actions_by_id["save"].isEnabled()
    after = person.wait_shown()
    assert (after.run, after.epoch, after.params.tobytes()) == (played.run, played.epoch, played.params.tobytes())
    assert person.window.transport.train_loss.text() == shown
    assert any(holder.isVisible() for holder in person.window.transport.quick)
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == played.epoch + 1 or person.now.epoch == played.epoch)


def test_a_playing_playground_pauses_and_a_playing_perceptron_too(start):
    person = start(page="playground")
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)
    person.press(Key.Key_3, CONTROL)
    person.wait(lambda: not person.window.lab.playing)
    person.press(Key.Key_Space)
    assert person.view.playing
    person.press(Key.Key_2, CONTROL)
    assert not person.view.playing
    assert not person.window.transport.play.playing


def test_a_new_or_ready_experiment_from_here(person):
    person.choose("xor")
    person.window.actions_by_id["new"].trigger()
    assert person.window.rail.page() == "perceptron"
    assert person.view.problem == Problem()
    person.press(Key.Key_Z, CONTROL)
    assert person.view.problem.dataset == DATASETS["xor"]()
    name, saved = next(iter(experiments.all_ready().items()))
    person.window.open_ready(name)
    assert person.window.rail.page() == "playground"
    assert person.document.spec == saved.spec


def test_it_opens_where_it_was_with_its_panels_and_theirs_can_be_hidden(start, tmp_path):
    folder = tmp_path / "again"
    person = start(folder=folder)
    person.page.docks["PerceptronErrors"].close()
    remembered = person.window.remember()
    person.close()
    again = start(folder=folder, docks=remembered.docks)
    assert again.window.rail.page() == remembered.page == "perceptron"
    errors = again.page.docks["PerceptronErrors"]
    assert not errors.isVisible()
    again.run_100()
    assert again.page.errors._errors.tolist() == [], "hidden, it is shown nothing"
    again.window.actions_by_id["reset_docks"].trigger()
    again.wait(errors.isVisible)
    assert again.page.errors._errors.tolist() == list(again.view.errors_per_epoch)


def test_run_until_is_not_offered_here(person):
    bar = person.window.transport
    popup = bar.popup
    popup.open_below(bar.run)
    assert not popup.go_until.isVisible()
    popup.epochs.field.selectAll()
    person.qtbot.keyClicks(popup.epochs.field, "2")
    person.qtbot.keyClick(popup.epochs.field, Key.Key_Return)
    person.wait(lambda: person.view.epoch == 2 and not person.view.playing)
    person.click(person.window.rail.buttons["playground"])
    popup.open_below(bar.run)
    assert popup.go_until.isVisible()
    popup.close()


def test_tab_reaches_everything_and_all_of_it_has_a_name(person):
    seen = []
    for _ in range(80):
        person.press(Key.Key_Tab)
        widget = QApplication.focusWidget()
        assert widget.isVisible()
        if widget in seen:
            break
        seen.append(widget)
        assert widget.accessibleName() or getattr(widget, "text", str)()
        assert help.about_widget(widget, widget.rect().center()) != help.NOTHING
    page = person.page
    for control in (
        page.column.speed,
        page.column.clear,
        person.surface,
        page.verdict.button,
        person.window.transport.play,
    ):
        assert control in seen


def test_f1_tells_of_the_point_under_the_pointer(person):
    assert "is 1" in help.about_widget(person.surface, person.at(1, 1))
    assert "Click to place" in help.about_widget(person.surface, person.at(0.5, 0.5))
    person.run_100()
    place = person.page.errors._plot().bottomLeft() + QPointF(4, -4)
    assert person.page.errors.explain_at(place).startswith("Epoch 1:")


@pytest.mark.parametrize(("theme", "size"), [("light", (1400, 800)), ("dark", (1920, 1080))])
def test_the_plane_has_the_middle_and_more_than_half(start, theme, size):
    person = start(theme=theme)
    person.window.resize(*size)
    room = person.window.width() - person.window.rail.width()
    person.wait(lambda: person.page.plane.width() > 0.5 * room)
    person.wait(lambda: person.page.docks["PerceptronNumbers"].width() == min(person.page.side_width, 440))
    QApplication.processEvents()
    picture, colors = person.surface.grab().toImage(), person.window.theme
    aside = QPoint(0, -6)  # of the figure
    assert picture.pixelColor(person.at(1, 1) + aside) == colors.positive, "filled"
    assert picture.pixelColor(person.at(1, 0) + aside) == colors.panel, "hollow"
    ground = picture.pixelColor(picture.width() // 2, picture.height() - 40)
    assert ground in [mix(colors.panel, color, SHADE) for color in (colors.positive, colors.negative)]


def test_a_click_on_the_rail_of_a_fresh_window_opens_it(qtbot, tmp_path, monkeypatch):
    raised = []
    monkeypatch.setattr("sys.excepthook", lambda *error: raised.append(error))
    person = Person(qtbot, tmp_path, Settings(theme="light"))
    try:
        qtbot.mouseClick(person.window.rail.buttons["perceptron"], Qt.MouseButton.LeftButton)
        person.wait(lambda: "perceptron" in person.window.pages)
        QApplication.processEvents()
        assert raised == []
        assert person.window.transport.own.texts() == person.window.page.bar_state().texts
    finally:
        person.close()
