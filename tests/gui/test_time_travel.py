"""Winding back in the real window: dragged, by keys, played on from there, branched, compared and deleted."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from engine.snapshot import RunState
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.timeline import MAX_BYTES
from engine.trainer import Trainer
from gui import tour_time
from gui.edits import with_learning_rate
from gui.settings import Settings
from tests.gui.opened import LEFT, Key, Person

END = 40


@pytest.fixture
def person(qtbot, qapp, tmp_path) -> Iterator[Person]:
    """The first experiment of the Playground, trained for some epochs and paused."""
    from gui import app

    app.application()
    person = Person(qtbot, tmp_path / "data", Settings(theme="light", reduce_motion=True))
    person.window.lab.play(Until("epoch", END))
    person.wait(lambda: person.now.epoch == END and not person.window.lab.playing)
    yield person
    person.close()


def strip(person: Person):
    return person.window.page.time


def trained(spec: ExperimentSpec, epoch: int) -> Trainer:
    trainer = Trainer(spec)
    trainer.advance(lambda: False, Until("epoch", epoch))
    return trainer


def at(person: Person, epoch: int) -> QPoint:
    slider = strip(person).slider
    return QPoint(round(slider.x_of(epoch)), slider.height() // 2)


def drag(person: Person, *epochs: int) -> None:
    """With the mouse, from where the handle stands."""
    slider = strip(person).slider
    person.qtbot.mousePress(slider, LEFT, pos=at(person, slider.value()))
    for epoch in epochs:
        person.qtbot.mouseMove(slider, at(person, epoch))
    person.qtbot.mouseRelease(slider, LEFT, pos=at(person, epochs[-1]))


def look(person: Person, epoch: int) -> None:
    person.window.lab.time.look(epoch)
    person.wait(lambda: person.now.viewed and person.now.epoch == epoch)


def branch_at(person: Person, epoch: int) -> int:
    look(person, epoch)
    person.press(Key.Key_B)
    person.wait(lambda: person.latest is not None and person.latest.run == person.document.run)
    return person.document.run


def test_a_drag_shows_that_moment_everywhere_and_loses_nothing(person) -> None:
    window, page = person.window, person.window.page
    end = person.now.params.tobytes()
    drag(person, 38, 33, 20)
    person.wait(lambda: person.now.viewed and person.now.epoch == 20)
    then = trained(person.document.spec, 20)
    assert person.now.params.tobytes() == then.network.params.tobytes()
    assert page.graph._snapshot is person.now
    assert page.boundary._snapshot is person.now
    assert page.curves.plot.cursor == 20
    assert len(page.curves._history) == END + 1
    assert window.transport.epoch.text().endswith("20")
    assert window.transport.epoch.accessibleName() == "Epoch in the past"
    assert strip(person).label.text() == f"Epoch 20 of {END}, in the past"
    assert strip(person).slider.value() == 20
    person.press(Key.Key_End)
    person.wait(lambda: not person.now.viewed)
    assert person.now.params.tobytes() == end
    assert page.curves.plot.cursor is None
    assert strip(person).slider.value() == END
    assert window.transport.epoch.accessibleName() == "Epoch"


def test_grabbing_the_slider_pauses_what_trains(person) -> None:
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)
    drag(person, 10)
    person.wait(lambda: person.now.viewed and person.now.epoch == 10)
    assert person.now.state is RunState.PAUSED
    assert not person.window.transport.play.playing


def test_by_keys_every_epoch_is_reached(person) -> None:
    slider = strip(person).slider
    slider.setFocus()
    person.press(Key.Key_Home)
    person.wait(lambda: person.now.viewed and person.now.epoch == 0)
    person.press(Key.Key_Right, times=3)
    person.wait(lambda: person.now.epoch == 3)
    person.press(Key.Key_PageUp)
    person.wait(lambda: person.now.epoch == 3 + END // 10)
    person.press(Key.Key_Left)
    person.wait(lambda: person.now.epoch == 2 + END // 10)
    person.press(Key.Key_End)
    person.wait(lambda: not person.now.viewed and person.now.epoch == END)


def test_the_windows_own_keys_agree_with_the_slider(person) -> None:
    person.press(Key.Key_Home)
    person.wait(lambda: person.now.viewed and person.now.epoch == 0)
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == 1)
    assert strip(person).slider.value() == 1
    look(person, 30)
    person.press(Key.Key_Left)
    person.wait(lambda: person.now.epoch == 29)
    assert strip(person).slider.value() == 29
    look(person, END - 1)
    person.press(Key.Key_Right)
    person.wait(lambda: not person.now.viewed)
    assert person.now.epoch == END


def test_playing_on_from_the_past_comes_to_the_same_bits(person) -> None:
    run = person.document.run
    look(person, 15)
    person.window.lab.play(Until("epoch", END + 20))
    person.wait(lambda: person.now.epoch == END + 20 and not person.window.lab.playing)
    assert person.document.run == run
    reference = trained(person.document.spec, END + 20)
    assert person.now.params.tobytes() == reference.network.params.tobytes()
    assert np.array_equal(person.now.history, reference.history.view())


def test_home_and_space_at_once_play_from_the_start(person) -> None:
    person.press(Key.Key_Home)
    person.press(Key.Key_Space)
    person.wait(lambda: not person.now.viewed and person.now.state is RunState.RUNNING)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    assert person.document.branches == ()


def test_a_branch_begins_there_and_its_curves_are_drawn_beside_the_others(person) -> None:
    parent, rows = person.document.run, person.now.history.copy()
    look(person, 25)
    person.click(strip(person).here)
    person.wait(lambda: person.latest is not None and person.latest.run != parent)
    assert person.now.epoch == 25
    assert person.now.params.tobytes() == trained(person.document.spec, 25).network.params.tobytes()
    curves = person.window.page.curves
    person.wait(lambda: curves.plot._others and len(curves.plot._others[0][0].xData))
    line = curves.plot._others[0][0].xData
    assert (line[0], line[-1]) == (0, END)
    assert curves.plot.train.xData[-1] == 25
    assert [name for name, _, _ in curves.branch_legend._names] == ["Branch 1", "Original"]
    assert strip(person).list.text() == "2 branches"
    person.window.lab.play(Until("epoch", 32))
    person.wait(lambda: person.now.epoch == 32 and not person.window.lab.playing)
    person.window.lab.time.switch_branch(parent)
    person.wait(lambda: person.latest is not None and person.latest.run == parent)
    assert np.array_equal(person.now.history, rows)


def test_a_setting_changed_in_the_past_makes_a_branch_and_says_so(person) -> None:
    parent, spec = person.document.run, person.document.spec
    look(person, 25)
    person.window.page.propose("Learning rate", with_learning_rate(spec, 0.1), "")
    person.wait(lambda: person.latest is not None and person.latest.run != parent)
    assert (person.now.epoch, person.now.spec.optimizer.learning_rate) == (25, 0.1)
    assert "Branch 1 from epoch 25 begins" in person.window.status.currentMessage()
    person.window.actions_by_id["undo"].trigger()
    person.wait(lambda: person.latest is not None and person.latest.run == parent)
    assert (person.now.epoch, person.document.spec, person.document.branches) == (END, spec, ())


def test_training_on_from_before_a_change_makes_a_branch(person) -> None:
    parent, spec = person.document.run, person.document.spec
    person.window.page.propose("Learning rate", with_learning_rate(spec, 0.1), "")
    person.window.lab.play(Until("epoch", END + 10))
    person.wait(lambda: person.now.epoch == END + 10 and not person.window.lab.playing)
    look(person, END + 5)
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    assert person.document.run == parent, "since the change it comes to the same"
    look(person, 30)
    person.press(Key.Key_Space)
    person.wait(lambda: person.latest is not None and person.latest.run != parent and person.latest.epoch > 30)
    person.press(Key.Key_Space)
    assert [branch.epoch for branch in person.document.branches] == [0, 30]


def test_an_edited_weight_in_the_past_is_edited_in_a_branch(person) -> None:
    parent = person.document.run
    look(person, 25)
    person.window.page.edit_weight(0, 3.5, "Weight")
    person.wait(lambda: person.latest is not None and person.latest.run != parent and person.latest.params[0] == 3.5)
    assert person.now.epoch == 25
    person.window.lab.time.switch_branch(parent)
    person.wait(lambda: person.latest is not None and person.latest.run == parent)
    assert person.now.params[0] != 3.5


def test_branches_are_compared_named_and_deleted_in_their_list(person) -> None:
    parent = person.document.run
    branch = branch_at(person, 10)
    person.window.page.propose("Learning rate", with_learning_rate(person.document.spec, 0.1), "")
    person.wait(lambda: person.latest is not None and person.latest.spec.optimizer.learning_rate == 0.1)
    person.click(strip(person).list)
    popup = strip(person).popup
    person.wait(popup.isVisible)
    row = popup.rows[branch]
    assert popup.rows[parent].figures[0].text() == str(END)
    assert row.figures[0].text() == "10"
    assert row.difference.text() == "Learning rate 0.01 → 0.1"
    row.name.setFocus()
    row.name.selectAll()
    person.qtbot.keyClicks(row.name, "faster")
    person.qtbot.keyClick(row.name, Key.Key_Return)
    assert person.document.branches[1].name == "faster"
    person.qtbot.mouseClick(popup.rows[parent].shown, LEFT, pos=QPoint(8, popup.rows[parent].shown.height() // 2))
    curves = person.window.page.curves
    person.wait(lambda: [name for name, _, _ in curves.branch_legend._names] == ["faster"])
    person.click(popup.rows[branch].delete)
    person.wait(lambda: person.latest is not None and person.latest.run == parent)
    assert person.document.branches == ()
    assert not popup.isVisible()
    person.window.actions_by_id["undo"].trigger()
    person.wait(lambda: person.latest is not None and person.latest.run == branch)
    assert person.now.epoch == 10


def test_branches_are_kept_and_share_the_room_of_one_past(person) -> None:
    worker = person.window.lab.runner._worker
    runs = [person.document.run, branch_at(person, 30), branch_at(person, 20)]
    person.wait_shown()
    assert {*runs} <= worker._trainers.keys()
    assert sum(worker._trainers[run].timeline._max_bytes for run in runs) <= MAX_BYTES


def test_a_new_run_has_no_past_and_says_what_will_be_there(person) -> None:
    person.press(Key.Key_R)
    person.wait(lambda: person.latest is not None and person.latest.run == person.document.run)
    assert not strip(person).slider.isEnabled()
    assert not strip(person).here.isEnabled()
    assert "drag here" in strip(person).label.text()
    person.press(Key.Key_B)
    assert "Wind back first" in person.window.status.currentMessage()
    assert person.document.branches == ()


def test_the_digits_page_winds_back_too(person) -> None:
    person.window.open_page("digits")
    person.wait(lambda: person.latest is not None and person.latest.run == person.document.run)
    person.window.lab.play(Until("epoch", 3))
    person.wait(lambda: person.now.epoch == 3 and not person.window.lab.playing)
    drag(person, 1)
    person.wait(lambda: person.now.viewed and person.now.epoch == 1)
    assert person.window.page.graph._snapshot is person.now


def test_other_settings_of_then_are_told(person) -> None:
    spec = person.document.spec
    person.window.page.propose("Learning rate", with_learning_rate(spec, 0.1), "")
    person.window.lab.play(Until("epoch", END + 3))
    person.wait(lambda: person.now.epoch == END + 3 and not person.window.lab.playing)
    look(person, 30)
    assert strip(person).label.text() == f"Epoch 30 of {END + 3}, in the past, with other settings"
    assert strip(person).label.toolTip() == "Changed since then: Learning rate 0.01 → 0.1."
    look(person, END + 1)
    assert strip(person).label.toolTip() == ""


def test_the_tour_winds_back_and_branches(person) -> None:
    def wait(condition, _seconds) -> bool:
        person.wait(condition)
        return True

    facts = tour_time.wind_back(person.window, wait)
    assert facts["learned"]
    assert (facts["looked_at"], facts["epochs"]) == (END // 5, END)
    assert facts["branches"] == ["Original", f"Branch 1 from epoch {END // 5}"]
    assert person.now.viewed


def test_whatever_is_done_in_whatever_order_the_window_and_the_runs_agree(person) -> None:
    window, lab, dice = person.window, person.window.lab, random.Random(4)
    window.open_ready("3-xor")
    person.wait(lambda: person.latest is not None and person.latest.run == person.document.run)

    def any_branch() -> int:
        return dice.choice([branch.run for branch in person.document.branches] or [0])

    actions = [
        lambda: lab.time.look(dice.randrange(30)), lambda: lab.time.look(dice.randrange(30), 3.0), lab.time.branch,
        lambda: lab.step(dice.choice(["epoch", "batch", "sample"])), lab.step_back, lambda: lab.run_epochs(9), lab.toggle,
        window.actions_by_id["undo"].trigger, window.actions_by_id["redo"].trigger, lab.time.look_at_end,
        lambda: lab.time.delete_branch(any_branch()), lambda: lab.time.switch_branch(any_branch()),
        lambda: window.page.edit_weight(0, dice.random(), "Weight"),
        lambda: window.page.propose("Rate", with_learning_rate(person.document.spec, dice.choice([0.01, 0.1])), ""),
    ]  # fmt: skip
    for _ in range(25):
        for _ in range(4):
            dice.choice(actions)()
            if dice.random() < 0.5:
                QApplication.processEvents()
        lab.pause()
        person.wait_shown()
        person.wait(
            lambda: person.latest is not None and person.now.run == person.document.run and not lab.runner.looking
        )
        now, document, trainers = person.wait_shown(), person.document, lab.runner._worker._trainers
        assert trainers[now.run].spec == document.spec
        assert document.viewing == (now.epoch if now.viewed else None)
        assert now.viewed or now.epoch == trainers[now.run].epoch
        assert strip(person).slider.value() == (now.epoch if now.viewed else now.last_epoch)
        assert {branch.run for branch in document.branches} <= trainers.keys()
        assert not document.branches or document.current_branch.spec == document.spec
