"""The Tuner page in the real window, over a core that only pretends."""

from __future__ import annotations

import itertools
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMainWindow, QMessageBox
from pytestqt.qtbot import QtBot

from engine.errors import NeuroloomError
from engine.spec import ExperimentSpec
from gui import app
from gui.analyses import Question
from gui.document import Document
from gui.pages.tuner import TunerPage
from gui.panels.tuner_view import TunerView
from gui.settings import Places, Settings
from gui.theme import DARK, LIGHT
from gui.tuning.study import PRUNED
from gui.tuning_desk import Core
from tests.gui.opened import LEFT, Key, Person
from tests.gui.studies import FakeCore, settings_of, study

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def core(monkeypatch) -> FakeCore:
    one = FakeCore()
    monkeypatch.setattr(TunerPage, "core", lambda self: one)
    return one


class Inline(QObject):
    """In place of the threads that answer questions: it answers at once."""

    answered = Signal(str, object)
    progressed = Signal(str, float, str)
    failed = Signal(str, str)
    idle = True

    def ask(self, question: Question) -> None:
        try:
            answer = question.work(lambda *_: None, lambda: False)
        except NeuroloomError as error:
            self.failed.emit(question.key, str(error))
        else:
            self.answered.emit(question.key, answer)

    def waits(self, key: str) -> bool:
        return False

    def forget(self, key: str) -> None: ...

    @property
    def analyses(self) -> Inline:
        return self


class Alone(Person):
    """Someone at the page without the window around it, whose threads take longer to come up than most tests here run."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.only = Document("playground", ExperimentSpec(), itertools.count(1))
        page = TunerPage(LIGHT, self.only, lambda: None)
        window = QMainWindow()
        window.setCentralWidget(page)
        window.page = page
        qtbot.addWidget(window)
        page.attach_places(Places(folder / "settings.json", folder))
        page.attach_analyses(Inline(page))
        page.apply_reduced_motion(True)
        window.resize(1312, 712)
        self.window = window

    @property
    def document(self) -> Document:
        return self.only


@pytest.fixture
def person(qtbot: QtBot, qapp, tmp_path, core) -> Iterator[Person]:
    app.application()
    one = Person(qtbot, tmp_path / "data", Settings(page="playground", reduce_motion=True))
    one.window.resize(1400, 800)
    yield one
    one.close()


@pytest.fixture
def alone(qtbot: QtBot, qapp, tmp_path, core) -> Alone:
    app.application()
    return Alone(qtbot, tmp_path)


def answered(person: Person) -> bool:
    """Whether no answer is still to come."""
    return isinstance(person, Alone) or person.window.lab.runner.analyses.idle


def tuner(person: Person) -> TunerView:
    """The page, once it has asked what there is to search."""
    if isinstance(person, Alone):
        person.window.page.show_spec()
        person.window.show()
    else:
        person.click(person.window.rail.buttons["tuner"])
    person.window.activateWindow()
    person.wait(person.window.isActiveWindow)
    view = person.window.page.tuner
    person.wait(lambda: view.form.searched._rows and view.form.name.text().startswith("Spiral"))
    person.wait(lambda: view.form.searched.row("dropout").tick.isVisible() and answered(person))
    return view


def shown(person: Person, core: FakeCore, n: int, **more) -> TunerView:
    """The page with a study of ``n`` trials, chosen from the list."""
    core.kept["Spiral"] = study(n, settings_of(person.document.spec, **more))
    view = tuner(person)
    choose(person, view, "Spiral")
    person.wait(lambda: view.view is not None and len(view.view.trials) == n)
    return view


def choose(person: Person, view: TunerView, name: str) -> None:
    view.form.studies.setFocus(Qt.FocusReason.TabFocusReason)
    places = [view.form.studies.itemData(i) for i in range(view.form.studies.count())]
    step = places.index(name) - places.index(view.form.studies.key())
    person.press(Key.Key_Down if step > 0 else Key.Key_Up, times=abs(step))


def test_the_empty_page_says_how_to_begin_and_on_what_it_is_based(alone, core):
    view = tuner(alone)
    assert "press Start" in view.wall.lacks()
    assert view.form.based_on.text() == "Varies Spiral: 2-8-8-1, Adam"
    assert view.form.name.text() == "Spiral"
    assert not view.open.isEnabled()
    assert not view.export.isEnabled()
    assert [row.tick.isChecked() for row in view.form.searched._rows.values()] == [True] * 9


def test_a_study_is_begun_held_and_ended(person, core):
    view = tuner(person)
    rows = view.form.searched
    person.click(rows.row("l2").tick, QPoint(8, rows.row("l2").tick.height() // 2))
    low = rows.row("learning_rate").fields[0]
    low.setFocus(Qt.FocusReason.TabFocusReason)
    low.selectAll()
    person.type("0.01")
    person.press(Key.Key_Return)
    activation = rows.row("activation").fields[0]
    activation.setFocus(Qt.FocusReason.TabFocusReason)
    activation.selectAll()
    person.type("tanh, sigmoid")
    person.press(Key.Key_Return)
    person.click(view.run.start)
    person.wait(lambda: view.run.pause.isEnabled())
    settings = core.kept["Spiral"].settings
    space = {choice.name: choice for choice in settings.space}
    assert "l2" not in space
    assert (space["learning_rate"].low, space["learning_rate"].high) == (0.01, 0.3)
    assert space["activation"].options == ("tanh", "sigmoid")
    assert settings.base == person.document.spec
    assert (settings.trials, settings.epochs, settings.sampler) == (60, 30, "tpe")
    assert f"start Spiral {view.form.workers.value()}" in core.calls
    assert not view.form.sampler.isEnabled()
    person.click(view.run.pause)
    person.wait(lambda: view.run.start.text() == "Go on" and view.run.start.isEnabled())
    person.click(view.run.start)
    person.wait(lambda: view.run.stop.isEnabled() and view.run.pause.isEnabled())
    person.click(view.run.stop)
    person.wait(lambda: view.run.start.isEnabled())
    assert [call for call in core.calls if call.split()[0] in ("start", "pause", "close")][1:] == [
        "pause", f"start Spiral {view.form.workers.value()}", "close",
    ]  # fmt: skip


def test_workers_that_are_through_leave_the_page_ready(alone, core):
    view = tuner(alone)
    alone.click(view.run.start)
    alone.wait(lambda: view.run.pause.isEnabled())
    core.kept["Spiral"] = study(60, core.kept["Spiral"].settings)
    core.spent = True
    alone.window.page.desk.read()
    alone.wait(lambda: view.run.left.text() == "Finished" and not view.run.stop.isEnabled())
    assert not view.run.start.isEnabled()
    assert "New begins another" in view.run.note.text()


def test_what_cannot_be_begun_is_said_and_nothing_is_made(alone, core):
    core.kept["Other"] = study(3, settings_of(alone.document.spec, name="Other"))
    view = tuner(alone)
    alone.wait(lambda: view.form.studies.findData("Other") >= 0)
    for row in view.form.searched._rows.values():
        row.tick.click()
    alone.click(view.run.start)
    assert view.run.failure.text() == "Nothing is searched. Tick at least one setting."
    view.form.searched.row("dropout").tick.click()
    high = view.form.searched.row("dropout").fields[1]
    high.setText("0")
    high.commit()
    alone.click(view.run.start)
    assert "the first bound must be below" in view.run.failure.text()
    view.form.searched.row("dropout").tick.click()
    view.form.searched.row("width").tick.click()
    view.form.name.setText("Other")
    view.form.name.commit()
    alone.click(view.run.start)
    assert view.run.failure.text().startswith("There is a study called Other already.")
    view.form.trials._take(0)
    alone.click(view.run.start)
    assert view.run.failure.text().startswith("The study would never end.")
    assert "create" not in core.calls


def test_a_failing_core_is_told_in_place_and_can_be_tried_again(person, core):
    view = tuner(person)
    core.failing = "create"
    person.click(view.run.start)
    person.wait(lambda: view.run.failure.text().startswith("The server at db.example does not answer."))
    assert view.run.start.isEnabled()
    assert view.form.draft
    core.failing = ""
    person.click(view.run.start)
    person.wait(lambda: view.run.pause.isEnabled())
    assert not view.run.failure.isVisible()
    core.failing = "read"
    person.window.page.desk.read()
    person.wait(lambda: view.run.failure.isVisible())
    assert view.view is not None  # what was seen stays


def test_one_choice_is_shared_by_all_views(alone, core):
    view = shown(alone, core, 60)
    assert view.form.studies.key() == "Spiral"
    assert not view.form.name.isVisible()
    alone.click(view.wall, view.wall.box(8).center().toPoint())
    assert view.chosen.text().startswith("Trial 8 · Validation loss: 0.")
    for key in view.pages:
        alone.click(view.segments.button(key))
        assert view.stack.currentWidget() is view.pages[key]
    assert {plot.selected for plot in view.plots} == {8}
    table = view.table
    assert table.number(table.currentIndex().row()) == 8
    table.setFocus()
    alone.press(Key.Key_Down)
    assert view.wall.selected == view.parallel.selected == 9
    assert view.chosen.text().startswith("Trial 9 · Pruned at epoch")


def test_the_table_sorts_by_a_click_on_its_header_and_keeps_the_choice(alone, core):
    view = shown(alone, core, 60)
    view.select(8)
    alone.click(view.segments.button("table"))
    header = view.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(2) + 20, header.height() // 2)
    for turned in (False, True):
        alone.click(header.viewport(), place)
        values = [view.trials.values[row, 0] for row in view.table.rows.order]
        done = [value for value in values if value == value]
        assert done == sorted(done, reverse=turned)
        assert values[: len(done)] == done  # what has no value stands last
    assert view.table.number(view.table.currentIndex().row()) == 8
    assert view.table.rows.headerData(2, Qt.Orientation.Horizontal) == "Validation loss ↓"


def test_a_trial_opens_with_its_weights_and_undo_brings_the_experiment_back(person, core):
    before = person.document.spec
    view = shown(person, core, 30)
    at = view.wall.box(8).center().toPoint()
    person.click(view.wall, at)
    person.qtbot.mouseDClick(view.wall, LEFT, pos=at)
    person.wait(lambda: person.window.rail.page() == "playground")
    assert person.document.spec.training.seed == 108
    assert person.document.undo_stack.undoText() == "Trial 8 of Spiral"
    person.window.setFocus()
    person.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert person.document.spec == before


def test_a_pruned_trial_says_why_it_does_not_open(alone, core):
    view = shown(alone, core, 30)
    number = next(trial.number for trial in view.view.trials if trial.state == PRUNED)
    view.select(number)
    assert not view.open.isEnabled()
    view.wall.setFocus()
    alone.press(Key.Key_Return)
    assert view.run.failure.text() == f"Trial {number} is pruned and has kept no weights. Open one that is finished."
    assert not any(call.startswith("trial") for call in core.calls)


def test_pointing_at_a_tile_shows_all_its_settings(alone, core):
    view = shown(alone, core, 30)
    alone.qtbot.mouseMove(view.wall, view.wall.box(3).center().toPoint())
    assert view.card.isVisible()
    assert view.card.words[0] == "Trial 3"
    assert len([word for word in view.card.words if ":" in word]) == 10  # nine settings and the loss
    alone.click(view.segments.button("slice"))
    assert not view.card.isVisible()


def test_brushes_are_counted_and_cleared(alone, core):
    view = shown(alone, core, 60)
    alone.click(view.segments.button("parallel"))
    assert not view.clear.isVisible()
    view.parallel.setFocus()
    alone.press(Key.Key_Up, SHIFT, times=6)
    assert view.kept.text() == f"{int(view.parallel.kept().sum()):,} kept"
    alone.click(view.clear)
    assert not view.parallel.brushes
    assert not view.kept.isVisible()


def test_two_settings_are_chosen_for_the_map(alone, core):
    view = shown(alone, core, 60)
    alone.click(view.segments.button("contour"))
    assert (view.across.key(), view.up.key()) == ("learning_rate", "width")
    view.up.setFocus(Qt.FocusReason.TabFocusReason)
    alone.press(Key.Key_Down)
    names = [axis.name for axis in view.trials.axes]
    assert view.contour.pair == (names.index("learning_rate"), names.index("activation"))


def test_importance_over_all_trials_is_worked_out_when_it_is_wanted(alone, core):
    view = shown(alone, core, 60)
    alone.click(view.segments.button("importance"))
    assert "fanova" not in core.calls
    view.measured.setFocus(Qt.FocusReason.TabFocusReason)
    alone.press(Key.Key_Down)
    alone.wait(lambda: view.importance.shares.get("l2") == 0.03)
    assert core.calls.count("fanova") == 1


def test_the_study_is_written_as_csv_and_deleted_only_when_confirmed(alone, core, tmp_path, monkeypatch):
    view = shown(alone, core, 5)
    file = tmp_path / "spiral.csv"
    monkeypatch.setattr(TunerPage, "choose_file", lambda self, name: str(file))
    alone.click(view.export)
    alone.wait(file.exists)
    assert file.read_text().split() == ["trial", "0", "1", "2", "3", "4"]
    buttons = QMessageBox.StandardButton
    monkeypatch.setattr(QMessageBox, "question", lambda *_: buttons.Cancel)
    alone.click(view.form.delete)
    assert "Spiral" in core.kept
    monkeypatch.setattr(QMessageBox, "question", lambda *_: buttons.Yes)
    alone.click(view.form.delete)
    alone.wait(lambda: "Spiral" not in core.kept and view.form.studies.findData("Spiral") < 0)
    assert view.form.draft
    assert view.view is None


def test_another_study_of_the_same_experiment_gets_a_name_of_its_own(alone, core):
    view = shown(alone, core, 5)
    alone.click(view.form.new)
    assert view.form.draft
    assert view.form.name.text() == "Spiral 2"
    assert view.view is None
    assert view.form.sampler.isEnabled()


def test_studies_on_a_server_are_asked_for_by_its_address(alone, core):
    view = tuner(alone)
    view.form.storage.setText("ftp://somewhere")
    view.form.storage._on_edited(view.form.storage.text())
    assert view.form.storage.is_marked()
    view.form.storage.setText("postgresql://anna:secret@lab/studies")
    view.form.storage.commit()
    alone.wait(lambda: core.calls[-1] == "studies postgresql://anna:secret@lab/studies")
    assert alone.window.page.desk.address.startswith("postgresql://")


def test_both_themes_and_a_large_study_in_the_window(alone, core):
    view = shown(alone, core, 300, objective="accuracy_and_parameters")
    for dress in (DARK, LIGHT):
        alone.window.page.apply_theme(dress)
        for key in view.pages:
            view.open_view(key)
            assert not view.grab().isNull()
    view.show_study(replace(view.view, trials=view.view.trials[:1], best=()))
    assert view.run.counts.text() == "1 of 300 done"


def test_the_window_takes_its_workers_with_it(person, core):
    view = tuner(person)
    person.click(view.run.start)
    person.wait(lambda: view.run.pause.isEnabled())
    person.window.close()
    assert core.pools[-1].alive == 0
    assert core.calls[-1] == "closed"


def test_the_window_closes_while_the_tuner_is_still_being_imported(monkeypatch):
    """Optuna takes a second or two to come, in a thread of its own; the module is there by then, and half empty."""
    module = types.ModuleType("gui.tuning.storage")
    monkeypatch.setitem(sys.modules, "gui.tuning.storage", module)
    Core().close()
    closed = []
    module.close = lambda: closed.append(True)
    Core().close()
    assert closed == [True]
