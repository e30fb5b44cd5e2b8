"""Teaching in the real window: drawn, named, learned, taken back, kept over a restart, listed, exported and imported."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from engine import pen
from engine.own import OwnDrawings, read_drawings
from engine.snapshot import RunState
from engine.stopping import Until
from gui.pages import lesson as module
from gui.panels.teach import Outcome, Reading
from gui.settings import Settings
from tests.gui.opened import CONTROL, ONE, SEVEN, Key, Person

Start = Callable[[], Person]
BAR = ((0.3, 0.5), (0.7, 0.5))


@pytest.fixture
def start(qtbot, qapp, tmp_path, monkeypatch) -> Iterator[Start]:
    """Opens the window on the Digits page, over and over, in one folder. Lessons are shorter than a person's."""
    from gui import app

    monkeypatch.setattr(module, "MOST_EPOCHS", 2)
    app.application()
    people: list[Person] = []

    def begin() -> Person:
        people.append(Person(qtbot, tmp_path / "data", Settings(theme="light", page="digits", reduce_motion=True)))
        return people[-1]

    yield begin
    for person in people:
        if person.window is not None:
            person.close()


@pytest.fixture
def person(start: Start) -> Person:
    person = start()
    person.window.lab.play(Until("epoch", 2))
    person.wait(lambda: person.now.epoch == 2 and not person.window.lab.playing)
    return person


def file_of(person: Person) -> Path:
    return person.places.drawings


def kept(person: Person) -> list[int]:
    """The labels in the file, as anybody would read them there."""
    path = file_of(person)
    return [one.label for one in read_drawings(path).drawings.values()] if path.exists() else []


def taught(person: Person) -> tuple[str, ...]:
    return person.document.spec.data.taught


def bits(person: Person) -> tuple[int, bytes]:
    return person.now.epoch, person.now.params.tobytes()


def learned(person: Person) -> bool:
    return person.window.page.teaching.lesson is None


def draw(person: Person, *points: tuple[float, float]) -> None:
    """On an empty canvas, and read."""
    page = person.window.page
    page.canvas.clear()
    person.wait(lambda: not page.teach.digits[0].isEnabled())
    person.draw(*points)
    person.wait(page.teach.digits[0].isEnabled)


def teach(person: Person, label: int) -> None:
    """With a click on a digit, and wait for what it learns."""
    person.click(person.window.page.teach.digits[label])
    person.wait(lambda: learned(person))
    person.wait_shown()


def lines(person: Person) -> list[str]:
    return [line.text() for line in person.window.page.teach.lines]


def open_list(person: Person):
    person.click(person.window.page.teach.list_button)
    panel = person.window.page.drawings
    person.wait(panel.isVisible)
    return panel


# --- a lesson -----------------------------------------------------------------------------------------------------------


def test_the_drawing_is_kept_joins_the_training_data_and_a_short_training_follows(person):
    page, run, test = person.window.page, person.document.run, person.now.data.test
    assert not page.teach.digits[7].isEnabled()
    draw(person, *SEVEN)
    given = pen.prepare(page.canvas.ink()).input
    before = bits(person)
    teach(person, 7)
    assert kept(person) == [7]
    (name,) = taught(person)
    assert list(read_drawings(file_of(person)).drawings) == [name]
    assert person.document.run != run
    assert person.now.epoch == before[0] + module.MOST_EPOCHS
    assert person.now.state is RunState.PAUSED
    assert person.now.data.test is test, "what is measured on is untouched, and shared"
    assert person.now.data.train is not None
    assert np.array_equal(OwnDrawings(file_of(person)).load((name,), 8)[0][0], given), "as it was read, to the bit"
    assert person.now.data.taught.x.tolist() == [given.astype(np.float32).tolist()]
    reading, accuracy, third = lines(person)
    assert reading.startswith("This drawing: ")
    assert reading.count("%") == 2
    figures = [row[4] for row in person.now.history if row[0] in (before[0], person.now.epoch)]
    assert accuracy == "Test accuracy: {:.1f} % → {:.1f} %".format(*(100 * share for share in figures))
    assert third == "Your first drawing; it is kept"
    assert page.teach.list_button.text() == "Your drawings (1)…"


def test_undo_brings_the_weights_of_before_back_and_keeps_the_drawing(person):
    draw(person, *SEVEN)
    before, run, spec = bits(person), person.document.run, person.document.spec
    teach(person, 7)
    after, second = bits(person), person.document.run
    person.click(person.window.page.teach.undo_button)
    person.wait_shown()
    assert (bits(person), person.document.run, person.document.spec) == (before, run, spec)
    assert not person.window.page.teach.tells, "there is nothing left to take back"
    assert kept(person) == [7]
    assert open_list(person).list.ticked() == ()
    person.window.setFocus()
    person.press(Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    person.wait_shown()
    assert (bits(person), person.document.run) == (after, second)
    assert len(taught(person)) == 1


def test_a_digit_key_names_what_is_drawn_and_ctrl_z_takes_the_lesson_back_first(person):
    person.press(Key.Key_3)
    draw(person, *SEVEN)
    run, strokes = person.document.run, person.window.page.canvas.strokes
    person.press(Key.Key_7)
    person.wait(lambda: learned(person) and person.window.page.teach.tells)
    assert kept(person) == [7]
    person.press(Key.Key_Z, CONTROL)
    assert person.document.run == run
    assert person.window.page.canvas.strokes == strokes
    person.press(Key.Key_Z, CONTROL)
    assert person.window.page.canvas.strokes == ()


def test_several_drawings_are_counted_and_another_label_for_one_replaces_the_first(person):
    for points, label in ((SEVEN, 7), (ONE, 1)):
        draw(person, *points)
        teach(person, label)
    first = taught(person)
    assert lines(person)[2].startswith("Your 2 drawings: ")
    person.click(person.window.page.teach.close_button)
    teach(person, 4)  # the same drawing, said to be something else
    assert kept(person) == [7, 4]
    assert taught(person) == (first[0], first[1][:-1] + "4")
    person.document.undo_stack.undo()
    person.wait_shown()
    assert kept(person) == [7, 1]
    assert taught(person) == first
    person.document.undo_stack.redo()
    person.wait_shown()
    assert kept(person) == [7, 4]


def test_an_untrained_network_can_be_taught(start):
    person = start()
    draw(person, *SEVEN)
    teach(person, 7)
    assert person.now.epoch == module.MOST_EPOCHS
    assert kept(person) == [7]


def test_what_was_training_trains_on_and_space_stops_it(person):
    draw(person, *SEVEN)
    person.window.setFocus()
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)
    person.click(person.window.page.teach.digits[7])
    run = person.document.run
    person.wait(lambda: learned(person))
    assert lines(person)[0].startswith("This drawing")
    end = person.now.epoch
    person.wait(lambda: person.now.epoch > end + 2)
    assert person.now.run == run
    assert person.now.state is RunState.RUNNING
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)


def test_space_ends_a_lesson_early_and_it_tells_what_it_came_to(person, monkeypatch):
    monkeypatch.setattr(module, "MOST_EPOCHS", 100_000)
    monkeypatch.setattr(module, "SAMPLES_IN_A_LESSON", 10**9)
    draw(person, *SEVEN)
    person.click(person.window.page.teach.digits[7])
    person.wait_for(RunState.RUNNING)
    assert lines(person)[0] == "Learning that this is a 7"
    person.window.setFocus()
    person.press(Key.Key_Space)
    person.wait(lambda: learned(person))
    assert person.now.state is RunState.PAUSED
    assert lines(person)[0].startswith("This drawing")


def test_another_run_ends_what_is_told_of_a_lesson(person):
    draw(person, *SEVEN)
    person.click(person.window.page.teach.digits[7])
    person.window.lab.reset()
    assert learned(person)
    assert not person.window.page.teach.tells
    person.wait_shown()
    assert person.now.epoch == 0
    assert len(taught(person)) == 1, "reset keeps the experiment"


def test_a_file_that_can_not_be_written_is_told_in_one_sentence_and_nothing_is_lost(person):
    file_of(person).mkdir(parents=True)
    draw(person, *SEVEN)
    state = person.document.run, person.document.spec
    person.click(person.window.page.teach.digits[7])
    assert person.banner.startswith("The drawing was not taught. drawings.jsonl: can't be written (Is a directory)")
    assert (person.document.run, person.document.spec) == state
    assert person.window.page.canvas.strokes
    file_of(person).rmdir()
    teach(person, 7)
    assert kept(person) == [7]


def test_in_the_past_it_begins_a_branch(person):
    draw(person, *SEVEN)
    first = person.document.run
    person.window.lab.time.look(1)
    person.wait(lambda: person.now.viewed and not person.window.lab.runner.looking)
    teach(person, 7)
    assert [branch.epoch for branch in person.document.branches] == [0, 1]
    assert person.document.run != first
    assert person.now.epoch == 1 + module.MOST_EPOCHS


# --- a restart, and files -----------------------------------------------------------------------------------------------


def test_the_next_start_goes_on_with_what_was_taught(start):
    person = start()
    draw(person, *SEVEN)
    teach(person, 7)
    before, names = bits(person), taught(person)
    person.close()
    again = start()
    again.wait(lambda: again.now.epoch == before[0])
    assert (bits(again), taught(again)) == (before, names)
    assert again.now.data.taught.labels.tolist() == [7]
    again.wait(lambda: again.window.page.teach.list_button.text() == "Your drawings (1)…")
    assert again.banner == ""


def test_a_session_whose_drawings_are_gone_opens_without_them(start):
    person = start()
    draw(person, *SEVEN)
    teach(person, 7)
    before = bits(person)
    person.close()
    file_of(person).unlink()
    again = start()
    again.wait(lambda: again.now.epoch == before[0])
    assert bits(again) == before, "the weights are those it had"
    assert taught(again) == ()
    assert again.banner.startswith("The drawing that this experiment was taught is not on this computer.")


def test_an_experiment_that_names_drawings_from_elsewhere_says_so_and_can_be_opened_without(
    person, tmp_path, monkeypatch
):
    draw(person, *SEVEN)
    teach(person, 7)
    path = tmp_path / "lesson.json"
    person.window.lab.save(path)
    person.wait(path.exists)
    content = json.loads(path.read_text())
    content["spec"]["data"]["taught"] = ["0123456789abcde1"]
    path.write_text(json.dumps(content))
    state, trained = (person.document.run, person.document.spec), bits(person)
    person.window.lab.reset()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    state = person.document.run, person.document.spec
    person.press(Key.Key_O, CONTROL)
    person.wait(lambda: "not on this computer" in person.banner)
    assert (person.document.run, person.document.spec) == state
    person.window.banner.click()
    person.wait(lambda: person.latest is not None and person.now.epoch == trained[0])
    assert bits(person) == trained
    assert taught(person) == ()
    assert person.document.path is None, "saving must not take the names out of that file"


def test_export_and_import_by_the_menu_bring_drawings_to_another_person(start, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (f"{out}.jsonl", ""))
    person = start()
    for points, label in ((SEVEN, 7), (ONE, 1)):
        draw(person, *points)
        teach(person, label)
    person.window.open_page("playground")
    person.window.actions_by_id["export_drawings"].trigger()
    assert person.window.rail.page() == "digits"
    assert len(read_drawings(Path(f"{out}.jsonl")).drawings) == 2
    with Path(f"{out}.jsonl").open("ab") as file:
        file.write(b"{ half a li")
    open_list(person)
    person.window.page.drawings.list.choose(taught(person)[:1])
    person.window.page.drawings.remove.click()
    assert kept(person) == [1]
    person.window.actions_by_id["import_drawings"].trigger()
    person.wait(lambda: kept(person) == [1, 7])
    said = person.window.status.currentMessage()
    assert said == "1 drawing imported, 1 was there already, 1 damaged line left out"
    assert len(taught(person)) == 1, "who takes part is for the person to say"
    person.document.undo_stack.undo()
    assert kept(person) == [1]


def test_what_is_no_file_of_drawings_is_refused_and_adds_nothing(person, tmp_path):
    (tmp_path / "bad.jsonl").write_text("not\na\ndrawing\n")
    person.window.open_files([tmp_path / "bad.jsonl"])
    person.wait(lambda: person.banner)
    assert person.banner == "The file holds no drawings that can be read. Choose one that Export wrote."
    person.window.banner.hide()
    person.window.open_files([tmp_path / "missing.jsonl"])
    person.wait(lambda: person.banner)
    assert "missing.jsonl: can't be read" in person.banner
    assert kept(person) == []


# --- the list -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(person: Person) -> Person:
    """Somebody with three drawings who looks at the list of them."""
    for points, label in ((SEVEN, 7), (ONE, 1), (BAR, 4)):
        draw(person, *points)
        teach(person, label)
    open_list(person)
    return person


def test_an_empty_list_says_how_to_begin(person):
    panel = open_list(person)
    assert "Draw a digit" in panel.hint.text()
    assert panel.hint.isVisible()
    assert not panel.export_button.isEnabled()
    person.click(person.window.page.teach.list_button)
    assert not panel.isVisible()


def test_a_tick_says_what_takes_part_without_a_new_run(three):
    panel, run, names = three.window.page.drawings, three.document.run, taught(three)
    assert panel.note.text() == "3 drawings, 3 take part"
    item = panel.list.item(1)
    rect = panel.list.visualItemRect(item)
    from gui.controls.drawing_list import _mark

    three.click(panel.list.viewport(), _mark(rect.toRectF()).center().toPoint())
    three.wait_shown()
    assert taught(three) == (names[0], names[2])
    assert three.document.run == run
    assert three.now.data.taught.labels.tolist() == [7, 4]
    assert panel.list.item(1).checkState() is Qt.CheckState.Unchecked
    panel.list.setFocus()
    panel.list.choose(names)
    three.press(Key.Key_Space)
    assert taught(three) == names
    three.press(Key.Key_Space)
    assert taught(three) == ()
    assert panel.note.text() == "3 drawings, 0 take part"
    three.document.undo_stack.undo()
    assert taught(three) == names


def test_labels_are_put_right_with_a_key_and_undone(three):
    panel, names = three.window.page.drawings, taught(three)
    panel.list.setFocus()
    panel.list.choose(names[1:])
    three.press(Key.Key_9)
    assert kept(three) == [7, 9, 9]
    assert [name[-1] for name in taught(three)] == ["7", "9", "9"]
    assert [name[-1] for name in panel.list.chosen()] == ["9", "9"]
    three.wait_shown()
    assert three.now.data.taught.labels.tolist() == [7, 9, 9]
    three.document.undo_stack.undo()
    three.wait_shown()
    assert kept(three) == [7, 1, 4]
    assert taught(three) == names
    assert three.now.data.taught.labels.tolist() == [7, 1, 4]


def test_what_is_removed_leaves_the_file_and_the_experiment_and_undo_brings_it_back(three):
    panel, names, run = three.window.page.drawings, taught(three), three.document.run
    epoch = three.now.epoch
    panel.list.setFocus()
    panel.list.choose(names[:1])
    three.press(Key.Key_Delete)
    three.wait_shown()
    assert kept(three) == [1, 4]
    assert taught(three) == names[1:]
    assert three.window.page.teach.list_button.text() == "Your drawings (2)…"
    three.window.lab.time.look(epoch - 1)  # when it still was taught what is gone now
    three.wait(lambda: three.now.viewed)
    three.window.lab.time.look(None)
    three.wait(lambda: not three.now.viewed)
    assert (three.document.run, three.banner) == (run, "")
    three.document.undo_stack.undo()
    three.wait_shown()
    assert sorted(kept(three)) == [1, 4, 7]
    assert taught(three) == names


def test_how_often_they_count_is_set_there(three):
    panel = three.window.page.drawings
    panel.times.field.setFocus()
    panel.times.field.selectAll()
    three.type("50")
    three.press(Key.Key_Return)
    assert three.document.spec.data.taught_times == 50
    assert three.document.undo_stack.undoText() == "Drawings count"


def test_the_list_shows_which_are_read_as_something_else(three):
    panel = three.window.page.drawings
    snapshot = three.now
    names = taught(three)
    panel.list.show_readings(dict(zip(names, (7, 8, 4), strict=True)))
    assert "read as 8" in panel.list.item(1).toolTip()
    assert "read right" in panel.list.item(0).toolTip()
    panel.show_snapshot(replace(snapshot, params=np.zeros_like(snapshot.params)))
    assert "read as 0" in panel.list.item(0).toolTip(), "a network of zeros takes everything for the first class"


def test_damaged_lines_of_the_file_are_counted_and_left_alone(start):
    person = start()
    draw(person, *SEVEN)
    teach(person, 7)
    person.close()
    path = file_of(person)
    path.write_bytes(path.read_bytes() + b"{\n" + b"half of the last li")
    again = start()
    panel = open_list(again)
    again.wait(lambda: panel.note.text() == "1 drawing, 1 takes part; 2 lines of the file are damaged and left out")
    draw(again, *ONE)
    teach(again, 1)
    assert kept(again) == [7, 1]


# --- words --------------------------------------------------------------------------------------------------------------


def test_what_a_lesson_changed_is_said_in_three_short_lines():
    outcome = Outcome((Reading(4, 0.314), Reading(7, 0.9961)), (0.978, 0.9791), (1, 3), 1_203)
    assert outcome.lines() == (
        "This drawing: 4 (31 %) → 7 (> 99 %)",
        "Test accuracy: 97.8 % → 97.9 %",
        "Your 1,203 drawings: 1 → 3 right",
    )


def test_a_lesson_is_a_few_seconds_of_training():
    assert [module.epochs_of(n) for n in (100, 1_437, 5_000, 60_000)] == [10, 10, 3, 1]
