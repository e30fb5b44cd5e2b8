"""The learning-rate view in the real window: seven rates live and at a pause, the range test, and what a press does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.optimizers import OPTIMIZERS
from engine.range_test import range_test
from engine.snapshot import RunState
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from engine.what_if import what_if
from gui import theme
from gui.controls import range_board
from gui.controls.range_board import RangeBoard
from gui.controls.step_board import StepBoard
from gui.graphics import ticks
from gui.graphics.rate_plot import Curve, Mark, RatePlot
from gui.panels.rates_view import RatesView
from gui.reasons import NOT_FINITE
from gui.settings import Settings
from tests.engine.helpers import experiment
from tests.gui.opened import Key, Person


@pytest.fixture(scope="module")
def window(
    request: pytest.FixtureRequest, qapp: QApplication, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Person]:
    """One window for all of these tests, on circles, with the view open."""
    person = Person(QtBot(request), tmp_path_factory.mktemp("data"), Settings(page="playground", reduce_motion=True))
    person.window.open_page("runs")
    person.click(person.window.page._frame.segments.button("rates"))
    asked(person)  # the threads that answer have begun: they are the window's, not those of the first test
    try:
        yield person
    finally:
        person.close()


@pytest.fixture
def person(window: Person) -> Person:
    """Before a new run with learning rate 0.03."""
    # Not by start_over, which goes to the page of the experiment.
    window.document.apply("Experiment", experiment("circles", hidden=(8,), samples=200), "")
    window.window.lab.reset()
    window.wait(lambda: window.latest is not None and window.now.run == window.document.run)
    asked(window)
    return window


def view_of(person: Person) -> RatesView:
    view = person.window.page.view
    assert isinstance(view, RatesView)
    return view


def asked(person: Person) -> StepBoard:
    """The left half, once it shows the moment at hand."""
    board = view_of(person).step
    person.wait(lambda: board.result is not None and (board.result.run, board.result.epoch) == moment(person))
    person.wait(lambda: board.result.rates[board.result.present] == person.document.spec.optimizer.learning_rate)
    return board


def moment(person: Person) -> tuple[int, int]:
    return person.now.run, person.now.epoch


def run_test(person: Person) -> RangeBoard:
    board = view_of(person).range
    person.click(board.test_button)
    person.wait(lambda: board.result is not None and board.test_button.text() == "Test")
    return board


def train(person: Person, epochs: int) -> None:
    until = person.now.epoch + epochs
    person.window.lab.run_epochs(epochs)
    person.wait(lambda: person.now.epoch >= until and person.now.state is RunState.PAUSED)


# --- one step ---------------------------------------------------------------------------------------------------------


def test_seven_rates_are_tried_at_a_pause_and_the_best_is_marked(person: Person) -> None:
    board = asked(person)
    result, twin = board.result, Trainer(person.document.spec)
    alone = what_if(twin.spec, twin.data, twin.network.params, twin.minibatch(), 0.03)
    assert alone is not None
    assert result.sample.tolist() == alone.sample.tolist()
    assert result.batch.tolist() == alone.batch.tolist()
    assert [button.text() for button in board.buttons.buttons] == ["0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1"]
    assert [button.isEnabled() for button in board.buttons.buttons] == [True] * 3 + [False] + [True] * 3
    assert board.buttons.buttons[4].accessibleName() == "Use learning rate 0.1"
    assert result.best is not None
    best = float(result.rates[result.best])
    assert {(mark.text, mark.rate) for mark in board.plot.marks} == {("now", 0.03), ("best", best)}
    assert board.plot.reading().startswith(f"Lowest after one step: {ticks.rate(best)}, ")
    assert f"now {ticks.loss(result.sample_now)}" in board.sample_key.text
    assert board.batch_key.text.startswith("next mini-batch of 10, now ")
    assert board.words.text() == "from epoch 0"
    for button, rate in zip(board.buttons.buttons, result.rates.tolist(), strict=True):
        assert abs(button.geometry().center().x() - board.plot.x_of(rate)) <= 2, "each under its point"


def test_it_follows_training_and_changes_not_a_bit_of_it(person: Person) -> None:
    board = asked(person)
    seen = set()
    person.press(Key.Key_Space)
    person.wait(lambda: seen.add(board.result.epoch if board.result else -1) or len(seen) >= 3)
    person.press(Key.Key_Space)
    now = person.wait_for(RunState.PAUSED)
    now = person.wait_shown()
    asked(person)
    twin = Trainer(person.document.spec)
    for _ in range(now.epoch):
        twin.step_epoch()
    for _ in range(now.batch):
        twin.step_batch()
    assert now.params.tobytes() == twin.network.params.tobytes()


def test_a_press_uses_a_rate_and_undo_takes_it_back(person: Person) -> None:
    board, run = asked(person), person.now.run
    person.click(board.buttons.buttons[4])
    person.wait(lambda: person.document.spec.optimizer.learning_rate == 0.1)
    person.wait(lambda: person.now.spec.optimizer.learning_rate == 0.1)
    assert person.now.run == run, "the same run goes on"
    asked(person)
    assert [button.text() for button in board.buttons.buttons][3:5] == ["0.1", "0.3"]
    person.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    person.wait(lambda: person.document.spec.optimizer.learning_rate == 0.03)
    asked(person)


def test_pointer_and_keys_read_every_rate(person: Person) -> None:
    board = asked(person)
    plot, result = board.plot, board.result
    person.qtbot.mouseMove(plot, QPoint(round(plot.x_of(0.1)) + 3, plot.height() // 2))
    assert plot.at == 4
    assert plot.reading().startswith(f"0.1: {ticks.loss(result.sample[4])} (")
    assert "mini-batch" in plot.reading()
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    for key, at in (
        (Key.Key_Right, 5),
        (Key.Key_End, 6),
        (Key.Key_Right, 6),
        (Key.Key_Home, 0),
        (Key.Key_Escape, None),
    ):
        person.press(key)
        assert plot.at == at
    person.press(Key.Key_Left)
    assert plot.at == 3
    assert plot.accessibleDescription() == plot.reading()
    board.buttons.buttons[1].setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Space)
    person.wait(lambda: person.document.spec.optimizer.learning_rate == 0.003)


def test_lbfgs_says_why_there_is_nothing_to_try(person: Person) -> None:
    view = view_of(person)
    lbfgs = OPTIMIZERS["lbfgs"]()
    person.document.apply("Optimizer", replace(person.document.spec, optimizer=lbfgs), "")
    person.wait(lambda: view.step.plot.hint.startswith("L-BFGS finds its own step"))
    assert not view.range.test_button.isEnabled()
    assert all(button.isHidden() for button in view.step.buttons.buttons)
    person.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    asked(person)
    assert view.range.test_button.isEnabled()


def test_a_run_that_diverged_shows_its_last_sound_weights(person: Person) -> None:
    spec = experiment("plane", hidden=(), loss="squared_error", optimizer="sgd", rate=100.0)
    person.document.apply("Experiment", spec, "")
    person.wait(lambda: person.now.run == person.document.run)
    person.window.lab.step("epoch")
    person.wait_for(RunState.DIVERGED)
    board = view_of(person).step
    person.wait(lambda: "diverged" in board.words.text())
    assert board.result is not None


# --- the range test ---------------------------------------------------------------------------------------------------


def test_a_range_test_suggests_rates_and_leaves_the_run_alone(person: Person) -> None:
    view = view_of(person)
    view.range.result = None
    before = person.now.params.tobytes()
    board = run_test(person)
    twin = Trainer(person.document.spec)
    alone = range_test(twin.spec, twin.data, twin.network.params, twin.minibatch())
    assert alone is not None
    assert board.result.losses.tobytes() == alone.losses.tobytes()
    assert person.now.params.tobytes() == before
    assert board.key.text.endswith("Adam from epoch 0")
    assert board.steepest.label.text() == f"Steepest fall: {ticks.rate(alone.steepest, 2)}"
    assert board.tenth.label.text().startswith("A tenth of the lowest: ")
    assert board.plot.reading().startswith("Lowest ")
    board.plot.set_at(100)
    assert "this mini-batch" in board.plot.reading()
    train(person, 2)
    assert board.words.text() == "now at epoch 2"
    person.click(board.tenth.button)
    person.wait(lambda: person.document.spec.optimizer.learning_rate == board.tenth.rate)
    assert not board.tenth.button.isEnabled(), "it is the rate of now"
    person.window.lab.reset()
    person.wait(lambda: "of another run" in board.key.text)


def test_a_range_test_can_be_cancelled(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_of(person)
    stopped: list[bool] = []

    def endless(*arguments: object, tell, stop, **more: object) -> None:
        tell(0.25, "learning rate 0.001")
        while not stop():
            pass
        stopped.append(True)

    monkeypatch.setattr(range_board, "range_test", endless)
    result = view.range.result
    person.click(view.range.test_button)
    person.wait(lambda: view.range.words.text() == "learning rate 0.001, 25 %")
    assert (view.range.test_button.text(), view.range.progress.value()) == ("Cancel", 250)
    person.click(view.range.test_button)
    person.wait(lambda: stopped)
    assert (view.range.test_button.text(), view.range.progress.isHidden()) == ("Test", True)
    assert view.range.result is result, "the last curve stays"


# --- without a window -------------------------------------------------------------------------------------------------


@pytest.fixture
def alone(qtbot: QtBot) -> RatesView:
    view = RatesView(theme.LIGHT)
    qtbot.addWidget(view)
    view.resize(1200, 600)
    view.show_spec(ExperimentSpec())
    view.show()
    return view


def test_an_empty_view_says_what_will_be_there(alone: RatesView) -> None:
    assert alone.step.plot.hint.startswith("Here will be the loss after one more step")
    assert "Press Test" in alone.range.plot.hint
    assert not alone.range.test_button.isEnabled()
    assert alone.grab().toImage() != alone.step.grab().toImage()
    alone.apply_theme(theme.DARK)
    assert alone.step.plot.theme is alone.range.plot.theme is theme.DARK


def test_weights_that_are_no_numbers_and_answers_that_fail(alone: RatesView) -> None:
    snapshot = Trainer(experiment()).snapshot(1, minibatch=True)
    params = snapshot.params.copy()
    params[0] = np.nan
    alone.show_snapshot(replace(snapshot, params=params))
    assert alone.step.plot.hint == NOT_FINITE
    assert not alone.range.test_button.isEnabled()
    questions: list[object] = []
    alone.asked.connect(questions.append)
    alone.show_snapshot(snapshot)
    assert [question.key for question in questions] == ["what if"]
    alone.take_failure("what if", "This could not be worked out.")
    assert alone.step.plot.hint == "This could not be worked out."
    alone.range.test_button.click()
    assert questions[-1].long
    alone.take_failure("range test", "This could not be worked out.")
    assert alone.range.words.text() == "This could not be worked out."


def test_an_answer_of_another_run_is_not_shown(alone: RatesView) -> None:
    first = Trainer(experiment()).snapshot(1, minibatch=True)
    questions: list = []
    alone.asked.connect(questions.append)
    alone.show_snapshot(first)
    alone.show_snapshot(replace(first, run=2))
    assert len(questions) == 2
    answers = [question.work(lambda share, words: None, lambda: False) for question in questions]
    alone.take_answer("what if", answers[0])
    assert alone.step.result is None
    alone.take_answer("what if", answers[1])
    assert alone.step.result is answers[1]


def test_a_schedule_is_told_of(alone: RatesView) -> None:
    snapshot = Trainer(experiment()).snapshot(1, minibatch=True)
    questions: list = []
    alone.asked.connect(questions.append)
    alone.show_snapshot(replace(snapshot, learning_rate=snapshot.learning_rate / 4))
    alone.take_answer("what if", questions[0].work(lambda share, words: None, lambda: False))
    assert alone.step.words.text() == "from epoch 0, the schedule lets 25 % of each rate through"


def test_what_is_above_the_plot_stands_at_its_top(qtbot: QtBot) -> None:
    plot = RatePlot(theme.DARK, "Loss", zero="loss now")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    rates = np.array([0.01, 0.1, 1.0])
    lost = np.array([0.0, -0.5, np.inf])
    plot.show_curves(rates, [Curve(lost), Curve(lost, "dashed"), Curve(lost, "dust")], [Mark(0.1, "best", ring=True)],
                     -0.5, 0.5, ["a", "b", "c"], "rest")  # fmt: skip
    assert plot._y_of(np.inf) == plot._y_of(99.0) == plot.area.top()
    assert plot._y_of(-99.0) == plot.area.bottom()
    assert plot.reading() == "rest"
    plot.set_at(9)
    assert (plot.at, plot.reading()) == (2, "c")
    plot.grab()
    plot.show_hint("Nothing here yet.")
    assert (plot.at, plot.accessibleDescription()) == (None, "Nothing here yet.")
