"""The whole window with its thread, its files and real events: what the program promises, as a person would try it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from engine import files
from engine.activations import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.snapshot import RunState
from engine.stopping import Until
from engine.trainer import Trainer
from gui import experiments, help
from gui.edits import with_learning_rate
from gui.settings import Settings
from tests.gui.opened import CONTROL, LEFT, NONE, ONE, SEVEN, SHIFT, Key, Person

Start = Callable[..., Person]


@pytest.fixture
def start(qtbot, qapp, tmp_path) -> Iterator[Start]:
    """``start(page="digits")`` opens a window with these settings; ``start(None)`` with those of the settings file."""
    from gui import app

    app.application()
    people: list[Person] = []

    def begin(*remembered: None, folder: Path = tmp_path / "data", **settings: object) -> Person:
        usual = Settings(theme="light", reduce_motion=True)
        person = Person(qtbot, folder, None if remembered else replace(usual, **settings))
        people.append(person)
        return person

    yield begin
    for person in people:
        if person.window is not None:
            person.close()


@pytest.fixture
def person(start) -> Person:
    return start()


def bits(person: Person) -> bytes:
    return person.now.params.tobytes()


def everything(person: Person) -> tuple:
    """What must not change when something is refused."""
    return person.document.spec, person.document.run, bits(person), person.now.epoch, person.document.undo_stack.index()


# --- play, pause, step --------------------------------------------------------------------------------------------


def test_space_plays_and_pauses(person):
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)
    person.wait(lambda: person.now.epoch > 5)
    assert person.window.transport.play.playing
    person.press(Key.Key_Space)
    paused = person.wait_for(RunState.PAUSED)
    assert not person.window.transport.play.playing
    assert person.wait_shown().epoch == paused.epoch


def test_space_twice_at_once_leaves_it_paused(person):
    for _ in range(10):
        person.press(Key.Key_Space, times=2)
    assert person.wait_shown().state is RunState.PAUSED


@pytest.mark.parametrize("name", ["dice", "step", "play"])
def test_space_plays_right_after_a_button_was_clicked(person, name):
    person.click(getattr(person.window.transport, name))
    if name == "play":
        person.wait_for(RunState.RUNNING)
    else:
        person.wait_shown()
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED if name == "play" else RunState.RUNNING)


def test_space_plays_while_a_number_field_has_the_keyboard_and_takes_what_was_typed(person):
    field = person.window.transport.rate.field
    person.click(field)
    assert field.hasFocus()
    field.selectAll()
    person.type("0.02")
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)
    assert person.document.spec.optimizer.learning_rate == 0.02


def test_letters_and_arrows_are_not_stolen_from_a_field(person):
    field = person.window.transport.rate.field
    person.click(field)
    person.press(Key.Key_End)
    person.press(Key.Key_Left)
    person.press(Key.Key_R)
    person.press(Key.Key_S)
    assert field.cursorPosition() == len(field.text()) - 1
    after = person.wait_shown()
    assert (after.epoch, after.run) == (0, 1)


def test_a_focused_button_is_pressed_by_space_and_by_enter(person):
    dice = person.window.transport.dice
    dice.setFocus(Qt.FocusReason.TabFocusReason)
    seeds = [person.document.spec.training.seed]
    for key in (Key.Key_Space, Key.Key_Return, Key.Key_Enter):
        person.press(key)
        seeds.append(person.document.spec.training.seed)
    assert len(set(seeds)) == 4
    assert person.wait_shown().state is RunState.PAUSED


def test_the_play_button_plays(person):
    person.click(person.window.transport.play)
    person.wait_for(RunState.RUNNING)
    person.click(person.window.transport.play)
    person.wait_for(RunState.PAUSED)


@pytest.mark.parametrize("grain", ["epoch", "batch", "sample"])
def test_arrows_step_and_step_back_to_the_same_bits(person, grain):
    person.window.transport.grain_actions[grain].trigger()
    assert person.window.lab.grain == grain
    seen = [person.wait_shown()]
    for _ in range(4):
        person.press(Key.Key_Right)
        seen.append(person.wait_shown())
    positions = [(s.epoch, s.batch, s.sample) for s in seen]
    assert positions == sorted(set(positions)), "every press is one step"
    person.press(Key.Key_Left)
    back = person.wait_shown()
    assert (back.batch, back.sample) == (0, 0)
    assert back.epoch == (3 if grain == "epoch" else 0)
    for expected in seen[back.epoch + 1 if grain == "epoch" else 1 :]:
        person.press(Key.Key_Right)
        again = person.wait_shown()
        assert again.params.tobytes() == expected.params.tobytes()
        assert again.metrics == expected.metrics


def test_playing_then_back_and_forward_gives_the_same_bits(person):
    end = person.play_to(30)
    whole = end.batch == 0
    person.press(Key.Key_Left, times=3)
    back = person.wait_shown()
    assert back.epoch < end.epoch or not whole
    while (now := person.wait_shown()).epoch < end.epoch:
        person.press(Key.Key_Right)
    if whole:
        assert now.params.tobytes() == end.params.tobytes()
    trainer = Trainer(end.spec)
    for _ in range(now.epoch):
        trainer.step_epoch()
    assert now.params.tobytes() == trainer.network.params.tobytes(), "playing is nothing but stepping"


def test_back_at_the_start_there_is_nothing_before(person):
    assert not person.window.transport.step_back.isEnabled()
    person.press(Key.Key_Left, times=3)
    assert person.wait_shown().epoch == 0
    person.press(Key.Key_Right)
    person.wait_shown()
    assert person.window.transport.step_back.isEnabled()


def test_run_a_number_of_epochs(person):
    person.press(Key.Key_Right, SHIFT)
    person.wait(lambda: person.now.epoch == 100)
    assert person.wait_for(RunState.PAUSED).epoch == 100
    person.click(person.window.transport.run)
    popup = person.window.transport.popup
    popup.epochs.field.selectAll()
    person.qtbot.keyClicks(popup.epochs.field, "25")
    person.qtbot.keyClick(popup.epochs.field, Key.Key_Return)
    assert not popup.isVisible()
    person.wait(lambda: person.now.epoch == 125)
    assert person.wait_for(RunState.PAUSED).epoch == 125


def test_play_until_an_accuracy(person):
    person.window.open_ready("4-circles")
    person.wait_shown()
    person.click(person.window.transport.run)
    popup = person.window.transport.popup
    popup.figure.set_key("train_accuracy")
    popup.figure.activated.emit(popup.figure.currentIndex())
    popup.close()
    person.window.transport.runUntilRequested.emit(Until("train_accuracy", 0.9))
    person.wait(lambda: person.now.state is RunState.PAUSED and person.now.epoch > 0)
    history = person.now.history
    assert person.now.metrics.train_accuracy >= 0.9
    assert (history[:-1, 3] < 0.9).all(), "it went past the goal"


# --- reset, dice, undo --------------------------------------------------------------------------------------------


def test_reset_gives_the_same_first_weights_and_undo_the_trained_ones(person):
    first = bits(person)
    trained = person.play_to(10)
    person.press(Key.Key_R)
    assert person.wait_shown().epoch == 0
    assert bits(person) == first
    person.press(Key.Key_Z, CONTROL)
    back = person.wait_shown()
    assert back.epoch == trained.epoch
    assert back.params.tobytes() == trained.params.tobytes()
    assert back.history.tobytes() == trained.history.tobytes()
    person.press(Key.Key_Z, CONTROL | SHIFT)
    person.wait_shown()
    assert bits(person) == first


def test_the_dice_changes_the_weights_and_undo_brings_them_back(person):
    first = bits(person)
    person.press(Key.Key_R, SHIFT)
    person.wait_shown()
    assert bits(person) != first
    person.press(Key.Key_Z, CONTROL)
    person.wait_shown()
    assert bits(person) == first


def test_a_weight_is_edited_on_the_graph_undone_and_done_again(person):
    person.play_to(3)
    before = person.now
    index = person.open_editor_of_an_edge()
    person.type("-2.5")
    person.press(Key.Key_Return)
    edited = person.wait_shown()
    assert edited.params[index] == -2.5
    assert edited.edited
    assert np.flatnonzero(edited.params != before.params).tolist() == [index]
    person.press(Key.Key_Z, CONTROL)
    assert person.wait_shown().params.tobytes() == before.params.tobytes()
    person.press(Key.Key_Z, CONTROL | SHIFT)
    assert person.wait_shown().params[index] == -2.5
    person.press(Key.Key_Right)
    assert person.wait_shown().epoch == before.epoch + 1


def test_dragging_a_weight_is_one_undo(person):
    before = bits(person)
    index = person.open_editor_of_an_edge()
    person.press(Key.Key_Escape)
    at = person.graph._pointer.at.toPoint()
    person.qtbot.mousePress(person.graph, LEFT, pos=at)
    for rise in range(5, 60, 5):
        person.qtbot.mouseMove(person.graph, at - QPoint(0, rise))
    person.qtbot.mouseRelease(person.graph, LEFT, pos=at - QPoint(0, 55))
    after = person.wait_shown()
    assert after.params[index] > np.frombuffer(before, np.float32)[index]
    person.press(Key.Key_Z, CONTROL)
    person.wait_shown()
    assert bits(person) == before
    assert not person.document.undo_stack.canUndo()


def test_undo_right_after_typing_a_number_undoes_the_experiment(person):
    field = person.window.transport.rate.field
    before = person.document.spec
    person.click(field)
    field.selectAll()
    person.type("0.5")
    person.press(Key.Key_Return)
    assert person.document.spec.optimizer.learning_rate == 0.5
    assert person.window.hasFocus()
    person.press(Key.Key_Z, CONTROL)
    assert person.document.spec == before


def test_undo_while_typing_takes_the_typing_back(person):
    field = person.window.transport.rate.field
    person.click(field)
    text = field.text()
    person.press(Key.Key_End)
    person.type("5")
    person.press(Key.Key_Z, CONTROL)
    assert field.text() == text
    assert person.document.undo_stack.count() == 0


def test_the_undo_action_says_what_it_will_undo(person):
    undo = person.window.actions_by_id["undo"]
    assert not undo.isEnabled()
    person.press(Key.Key_R)
    assert undo.isEnabled()
    assert undo.text() == "Undo Reset"


# --- the structure, on the graph ----------------------------------------------------------------------------------


def test_inputs_layers_and_neurons_are_changed_by_clicks_and_undone(person):
    steps = [
        (lambda: person.click_input(2), lambda s: s.data.features == ("x1", "x2", "x1_squared")),
        (lambda: person.click_button("plus", 1), lambda s: s.network.hidden_layer_sizes == (9, 8)),
        (lambda: person.click_button("minus", 2), lambda s: s.network.hidden_layer_sizes == (9, 7)),
        (lambda: person.click_button("add", 3), lambda s: len(s.network.hidden_layer_sizes) == 3),
        (lambda: person.click_button("remove", 1), lambda s: s.network.hidden_layer_sizes[0] == 7),
    ]
    specs = [person.document.spec]
    assert specs[0].network.hidden_layer_sizes == (8, 8)
    for act, holds in steps:
        act()
        assert holds(person.document.spec)
        snapshot = person.wait_shown()
        assert snapshot.layout.sizes == person.document.spec.layer_sizes
        assert person.graph._picture.layout.sizes == person.document.spec.layer_sizes
        specs.append(person.document.spec)
    for spec in reversed(specs[:-1]):
        person.press(Key.Key_Z, CONTROL)
        assert person.document.spec == spec
    assert person.wait_shown().spec == specs[0]


def test_changing_the_structure_while_training_starts_anew_and_works(person):
    person.press(Key.Key_Space)
    person.wait(lambda: person.now.epoch > 3)
    person.click_button("plus", 1)
    fresh = person.wait_shown()
    assert fresh.epoch == 0
    assert fresh.layout.sizes[1] == 9
    assert person.play_to(3).layout.sizes[1] == 9


# --- settings ---------------------------------------------------------------------------------------------------


def test_hot_settings_go_on_and_the_others_start_anew(person):
    window = person.window
    page, bar = window.page, window.transport
    person.play_to(5)
    epoch = person.now.epoch

    def change(text: str, spec) -> tuple[int, int]:
        page.propose(text, spec, "")
        after = person.wait_shown()
        return after.epoch, after.run

    spec = person.document.spec
    run = person.document.run
    bar.rate.setFocus()
    person.press(Key.Key_Up)
    assert person.document.spec.optimizer.learning_rate > spec.optimizer.learning_rate
    assert person.wait_shown().epoch == epoch
    bar.optimizer.setCurrentIndex(0)
    bar.optimizer.activated.emit(0)
    assert person.document.spec.optimizer.name == "sgd"
    assert person.wait_shown().epoch == epoch
    spec = person.document.spec
    for training in (
        replace(spec.training, l2=0.01),
        replace(spec.training, l1=0.01),
        replace(spec.training, batch_size=7),
    ):
        assert change("Hot", replace(person.document.spec, training=training)) == (epoch, run)
    seed = replace(person.document.spec, training=replace(spec.training, seed=99))
    assert change("Seed", seed) == (0, person.document.run)
    assert person.document.run != run
    noise = replace(spec.data.dataset, noise=0.4)
    assert change("Noise", replace(seed, data=replace(seed.data, dataset=noise)))[0] == 0


def test_a_value_that_can_not_be_is_refused_in_a_sentence(person):
    before = everything(person)
    person.window.page.propose("Learning rate", with_learning_rate(person.document.spec, 1e9), "")
    assert "Learning rate was not changed" in person.banner
    person.wait_shown()
    assert everything(person) == before


@pytest.mark.parametrize("rate", [10.0, 300.0])
def test_a_loss_that_explodes_stops_and_the_banner_helps(person, rate):
    spec = experiments.all_ready()["4-circles"].spec
    explosive = replace(
        spec,
        network=replace(spec.network, activation=ACTIVATIONS["relu"]()),
        optimizer=replace(OPTIMIZERS["sgd"](), learning_rate=rate),
    )
    person.window.page.propose("Explode", explosive, "")
    person.wait_shown()
    person.press(Key.Key_Space)
    person.wait_for(RunState.DIVERGED)
    assert person.banner.startswith("Training stopped in epoch ")
    assert "learning rate" in person.banner
    assert np.isfinite(person.now.params).all()
    assert not person.window.lab.playing
    person.click(person.window.banner._close)
    person.press(Key.Key_Space)
    assert person.banner.startswith("Training stopped"), "Space says why nothing happens"
    person.press(Key.Key_Right)
    assert person.wait_shown().state is RunState.DIVERGED
    person.click(person.window.banner._button)
    third = person.document.spec.optimizer.learning_rate
    assert 0.3 * rate <= third <= 0.34 * rate
    person.wait(lambda: person.now.state in (RunState.RUNNING, RunState.DIVERGED))
    person.press(Key.Key_Z, CONTROL)
    assert person.document.spec == explosive


# --- files ------------------------------------------------------------------------------------------------------


def save_as(person: Person, path: Path, monkeypatch) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    person.press(Key.Key_S, CONTROL)
    person.wait(lambda: person.document.path is not None)


def open_file(person: Person, path: Path, monkeypatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    person.press(Key.Key_O, CONTROL)


def test_save_and_open_goes_on_with_the_same_bits(start, tmp_path, monkeypatch):
    person = start(folder=tmp_path / "one")
    person.play_to(5)
    saved = person.now
    path = tmp_path / "mine.json"
    save_as(person, path, monkeypatch)
    assert person.window.statusBar().currentMessage() == f"Saved as {path}"
    assert person.banner == ""
    assert person.window.windowTitle() == "mine – Neuroloom"
    person.press(Key.Key_Right, times=2)
    on = person.wait_shown()
    person.close()
    other = start(folder=tmp_path / "two")
    open_file(other, path, monkeypatch)
    other.wait(lambda: other.document.path == path and other.now.epoch == saved.epoch)
    assert bits(other) == saved.params.tobytes()
    assert other.now.history.tobytes() == saved.history.tobytes()
    assert other.window.windowTitle() == "mine – Neuroloom"
    other.press(Key.Key_Right, times=2)
    other.wait(lambda: other.now.epoch == on.epoch)
    assert bits(other) == on.params.tobytes()
    other.press(Key.Key_Z, CONTROL)
    assert other.wait_shown().epoch == 0
    assert other.document.path is None


def test_save_never_writes_another_experiment_into_the_file(person, tmp_path, monkeypatch):
    path = tmp_path / "mine.json"
    save_as(person, path, monkeypatch)
    content = path.read_bytes()
    person.press(Key.Key_N, CONTROL)
    person.wait_shown()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    person.press(Key.Key_S, CONTROL)
    person.wait_shown()
    assert path.read_bytes() == content
    assert person.document.path is None


def test_a_new_experiment_starts_from_its_first_weights(person):
    first = bits(person)
    person.window.page.propose("Learning rate", with_learning_rate(person.document.spec, 0.5), "")
    person.play_to(3)
    person.press(Key.Key_N, CONTROL)
    fresh = person.wait_shown()
    assert (fresh.epoch, fresh.params.tobytes()) == (0, first)
    assert fresh.spec == experiments.first_of("playground")


BAD = {
    "not-json": ("{", "is not JSON"),
    "empty": ("", "is not JSON"),
    "wrong-type": ({"spec": {"training": {"seed": "one"}}}, "must be a number"),
    "unknown-name": ({"spec": {"optimizer": {"name": "magic"}}}, "unknown optimizer"),
    "unknown-key": ({"spec": {"colour": 1}}, "unknown setting"),
    "absurd-size": ({"spec": {"network": {"hidden_layer_sizes": [10**9]}}}, "neurons"),
    "absurd-number": ({"spec": {"training": {"seed": 10**400}}}, "about 10^400"),
    "nan": ('{"format": "neuroloom-experiment", "version": 1, "spec": {"training": {"l2": NaN}}}', "NaN"),
    "newer": ({"version": 99, "spec": {}}, "newer"),
    "other-program": ('{"nodes": []}', "not a Neuroloom experiment"),
    "bytes": (b"\xff\xfe\x00\x01", "not a text file"),
    "broken-run": ({"spec": {}, "run": {"params": 3}}, "run."),
}


def test_every_bad_file_is_named_with_its_reason_and_changes_nothing(person, tmp_path, monkeypatch):
    person.press(Key.Key_Right)
    person.wait_shown()
    before = everything(person)
    for name, (content, reason) in BAD.items():
        path = tmp_path / f"{name}.json"
        if isinstance(content, dict):
            content = json.dumps({"format": "neuroloom-experiment", "version": 1} | content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        open_file(person, path, monkeypatch)
        person.wait(lambda name=name: person.banner.startswith(f"{name}.json: "))
        assert reason in person.banner
        assert "unchanged" in person.banner
        assert everything(person) == before, name
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == before[3] + 1)


def drop(person: Person, *urls: str) -> tuple[bool, bool]:
    """Drag over the window and drop; whether each was accepted."""
    mime = QMimeData()
    mime.setUrls([QUrl(url) for url in urls])
    action, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(300, 300), action, mime, button, NONE)
    enter.setAccepted(False)
    QApplication.sendEvent(person.window, enter)
    event = QDropEvent(QPointF(300, 300), action, mime, button, NONE)
    event.setAccepted(False)
    if enter.isAccepted():
        QApplication.sendEvent(person.window, event)
    return enter.isAccepted(), event.isAccepted()


def test_a_file_can_be_dropped(person, tmp_path):
    trainer = Trainer(experiments.all_ready()["3-xor"].spec)
    trainer.step_epoch()
    path = tmp_path / "dropped.json"
    files.save(path, trainer)
    assert drop(person, QUrl.fromLocalFile(str(path)).toString()) == (True, True)
    person.wait(lambda: person.document.path == path and person.now.epoch == 1)
    assert bits(person) == trainer.network.params.tobytes()


def test_what_is_no_file_of_this_machine_is_not_taken(person):
    assert drop(person, "https://example.org/a.json") == (False, False)
    assert person.banner == ""


def test_a_folder_named_like_an_experiment_is_refused(person, tmp_path):
    folder = tmp_path / "folder.json"
    folder.mkdir()
    drop(person, QUrl.fromLocalFile(str(folder)).toString())
    person.wait(lambda: person.banner)
    assert "can't be read" in person.banner


def test_opening_a_digits_file_goes_to_its_page(person, tmp_path, monkeypatch):
    path = tmp_path / "read.json"
    files.save(path, Trainer(experiments.all_ready()["7-digits"].spec))
    open_file(person, path, monkeypatch)
    person.wait(lambda: person.window.rail.page() == "digits" and person.document.path == path)


# --- pages ------------------------------------------------------------------------------------------------------


def test_changing_the_page_pauses_and_coming_back_finds_everything(person):
    person.press(Key.Key_Space)
    person.wait(lambda: person.now.epoch > 3)
    person.press(Key.Key_2, CONTROL)
    person.wait(lambda: person.latest is not None and person.now.spec == experiments.first_of("digits"))
    assert person.window.rail.page() == "digits"
    assert person.wait_shown().state is RunState.PAUSED
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == 1)
    digits = bits(person)
    person.press(Key.Key_1, CONTROL)
    person.wait(lambda: person.latest is not None and person.now.spec == experiments.first_of("playground"))
    back = person.wait_shown()
    assert back.epoch > 3
    assert back.state is RunState.PAUSED
    person.click(person.window.rail.buttons["digits"])
    person.wait(lambda: person.latest is not None and person.now.epoch == 1)
    assert bits(person) == digits


def test_drawing_is_read_and_clearing_is_not(start):
    person = start(page="digits")
    page = person.window.page
    person.play_to(15)
    assert page.readout.best() is None
    person.draw(*SEVEN)
    person.wait(lambda: page.readout.best() is not None)
    assert page.readout.summary() != ""
    assert np.isclose(sum(page.readout._shares), 1.0, atol=1e-4)
    first = page.readout._shares
    person.draw((0.3, 0.5), (0.7, 0.5))
    person.wait(lambda: page.readout._shares != first)
    person.click(page.canvas.clear_button)
    person.wait(lambda: page.readout.best() is None)
    assert not page.canvas.ink().any()


def test_the_reading_changes_while_it_learns(start):
    person = start(page="digits")
    page = person.window.page
    person.draw(*ONE)
    person.wait(lambda: page.readout._shares is not None)
    before = page.readout._shares
    person.press(Key.Key_Space)
    person.wait(lambda: person.now.epoch > 3 and page.readout._shares != before)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)


def test_a_drawing_survives_a_reset_and_a_change_of_page(start):
    person = start(page="digits")
    page = person.window.page
    person.draw(*ONE)
    person.wait(lambda: page.readout._shares is not None)
    untrained = page.readout._shares
    person.play_to(3)
    person.press(Key.Key_R)
    person.wait_shown()
    person.wait(lambda: page.readout._shares == untrained)
    person.press(Key.Key_1, CONTROL)
    person.wait_shown()
    person.press(Key.Key_2, CONTROL)
    person.wait_shown()
    person.wait(lambda: page.readout._shares == untrained)


def test_undo_on_the_canvas_is_a_stroke_and_elsewhere_the_experiment(start):
    person = start(page="digits")
    canvas = person.window.page.canvas
    person.draw(*ONE)
    person.draw((0.3, 0.5), (0.7, 0.5))
    assert len(canvas.strokes) == 2
    assert canvas.surface.hasFocus()
    person.window.page.propose("Learning rate", with_learning_rate(person.document.spec, 0.2), "")
    person.press(Key.Key_Z, CONTROL)
    assert len(canvas.strokes) == 1
    assert person.document.spec.optimizer.learning_rate == 0.2
    person.press(Key.Key_Z, CONTROL | SHIFT)
    assert len(canvas.strokes) == 2
    person.window.setFocus()
    person.press(Key.Key_Z, CONTROL)
    assert len(canvas.strokes) == 2
    assert person.document.spec.optimizer.learning_rate != 0.2


def test_undo_takes_the_first_stroke_back_when_nothing_else_was_done(start):
    person = start(page="digits")
    canvas = person.window.page.canvas
    assert not person.window.actions_by_id["undo"].isEnabled()
    person.draw(*ONE)
    assert person.window.actions_by_id["undo"].isEnabled()
    assert person.window.actions_by_id["undo"].text() == "Undo Stroke"
    person.press(Key.Key_Z, CONTROL)
    assert canvas.strokes == ()
    person.press(Key.Key_Z, CONTROL | SHIFT)
    assert len(canvas.strokes) == 1


def test_space_plays_while_the_canvas_has_the_keyboard(start):
    person = start(page="digits")
    person.draw(*ONE)
    person.press(Key.Key_Space)
    person.wait_for(RunState.RUNNING)


# --- looks ------------------------------------------------------------------------------------------------------


def test_the_theme_goes_over_everything_and_is_remembered(start):
    person = start()
    light = person.window.grab().toImage()
    person.press(Key.Key_T, CONTROL)
    assert person.window.theme.is_dark
    dark = person.window.grab().toImage()
    for x, y in ((300, 30), (200, 400), (700, 600), (1200, 780), (1100, 90)):
        assert light.pixelColor(x, y).lightness() > dark.pixelColor(x, y).lightness(), (x, y)
    person.close()
    again = start(None)
    assert again.window.theme.is_dark
    again.click(again.window.rail.theme_button)
    assert not again.window.theme.is_dark


def test_a_speed_slows_training_down_and_is_remembered(start):
    person = start()
    speed = person.window.transport.speed
    speed.setFocus()
    for _ in range(7):  # from full down to one epoch a second
        person.qtbot.keyClick(speed, Key.Key_Down)
    assert speed.currentText() == "1 / s"
    trainer = person.window.lab.runner._worker._trainer
    person.click(person.window.transport.play)
    person.wait(lambda: person.latest.batch >= 2)
    person.click(person.window.transport.play)
    person.wait_for(RunState.PAUSED)
    assert trainer.epoch == 0, "in a moment no small network has gone on by a whole epoch"
    person.close()
    again = start(None)
    assert again.window.transport.speed.currentText() == "1 / s"
    assert again.window.lab.runner._worker._pace.per_second == 1.0


def test_docks_close_come_back_and_are_remembered(start):
    person = start()
    page = person.window.page
    boundary = page.docks["DecisionBoundary"]
    person.click(boundary.heading._close)
    assert not boundary.isVisible()
    person.press(Key.Key_Right)
    stepped = person.wait_shown()
    person.window.menu.fill_panels()
    [show] = [a for a in person.window.menu.panels.actions() if a.text() == boundary.windowTitle()]
    show.trigger()
    assert boundary.isVisible()
    person.wait(lambda: person.window.clock._shown_at.get(page.boundary) is not None)
    assert stepped.epoch == 1
    person.click(page.docks["LossCurves"].heading._close)
    person.close()
    again = start(None)
    assert not again.window.page.docks["LossCurves"].isVisible()
    assert again.window.page.docks["DecisionBoundary"].isVisible()
    again.window.actions_by_id["reset_docks"].trigger()
    assert again.window.page.docks["LossCurves"].isVisible()


def test_full_screen_and_escape(person):
    person.press(Key.Key_F11)
    person.wait(lambda: person.window.isFullScreen())
    person.press(Key.Key_Escape)
    person.wait(lambda: not person.window.isFullScreen())


def test_the_window_comes_back_where_and_how_it_was(start):
    person = start()
    person.window.setGeometry(20, 30, 1020, 690)
    there = person.window.geometry()
    person.window.transport.grain_actions["batch"].trigger()
    person.press(Key.Key_2, CONTROL)
    person.wait_shown()
    person.close()
    again = start(None)
    # The test platform's screen is narrower than the window, so Qt may move it left.
    assert again.window.size() == there.size()
    assert again.window.geometry().top() == there.top()
    assert again.window.rail.page() == "digits"
    assert again.window.transport.grain() == "batch"
    assert again.window.lab.grain == "batch"


# --- the next start ---------------------------------------------------------------------------------------------


def test_the_last_experiment_comes_back_with_its_weights(start):
    person = start()
    person.click_button("plus", 1)
    person.wait_shown()
    last = person.play_to(7)
    person.press(Key.Key_2, CONTROL)
    person.wait_shown()
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == 1)
    digits = bits(person)
    person.close()
    again = start(None)
    again.wait(lambda: again.now.epoch == 1)
    assert bits(again) == digits
    again.press(Key.Key_1, CONTROL)
    again.wait(lambda: again.latest is not None and again.now.epoch == last.epoch)
    assert bits(again) == last.params.tobytes()
    assert again.now.spec == last.spec
    assert again.now.history.tobytes() == last.history.tobytes()
    assert again.banner == ""


def test_reset_after_a_restart_gives_first_weights_and_undo_the_trained_ones(start):
    person = start()
    first = bits(person)
    trained = person.play_to(5)
    person.close()
    again = start(None)
    again.wait(lambda: again.now.epoch == trained.epoch)
    again.press(Key.Key_R)
    assert again.wait_shown().epoch == 0
    assert bits(again) == first
    again.press(Key.Key_Z, CONTROL)
    assert again.wait_shown().params.tobytes() == trained.params.tobytes()


def test_a_page_that_was_not_visited_keeps_its_last_experiment(start, tmp_path):
    trainer = Trainer(experiments.first_of("digits"))
    trainer.step_epoch()
    person = start()
    path = person.places.session("digits")
    files.save(path, trainer)
    person.close()
    assert files.load(path).moment.epoch == 1


def test_a_file_opened_first_thing_does_not_cost_the_last_experiment(start, tmp_path, monkeypatch):
    person = start()
    trainer = Trainer(experiments.first_of("digits"))
    trainer.step_epoch()
    files.save(person.places.session("digits"), trainer)
    path = tmp_path / "other.json"
    files.save(path, Trainer(replace(trainer.spec, training=replace(trainer.spec.training, seed=5))))
    open_file(person, path, monkeypatch)
    person.wait(
        lambda: person.document.path == path and person.latest is not None and person.now.spec.training.seed == 5
    )
    person.press(Key.Key_Z, CONTROL)
    person.wait(lambda: person.latest is not None and person.now.epoch == 1)
    assert bits(person) == trainer.network.params.tobytes()


@pytest.mark.parametrize("damage", ["cut", "nul", "other-page", "absurd", "misfit"])
def test_a_damaged_session_is_set_aside_and_said(start, tmp_path, damage):
    folder = tmp_path / "data"
    path = folder / "last-playground.json"
    folder.mkdir()
    trainer = Trainer(experiments.first_of("digits" if damage == "other-page" else "playground"))
    trainer.step_batch()
    good = files.dump(trainer)
    if damage == "absurd":
        good["spec"]["training"]["seed"] = 10**400
    if damage == "misfit":
        good["run"]["batch"] = 10**6
    text = json.dumps(good)
    content = {"cut": text[: len(text) // 2].encode(), "nul": b"\0" * 5000}.get(damage, text.encode())
    path.write_bytes(content)
    person = start()
    person.wait(lambda: person.banner)
    assert "The last experiment could not be read" in person.banner
    assert "last-playground.json.bad" in person.banner
    assert (folder / "last-playground.json.bad").read_bytes() == content
    assert person.wait_shown().epoch == 0
    assert person.play_to(2).epoch >= 2
    person.close()
    assert files.load(path).moment.epoch >= 2


def test_damaged_settings_are_set_aside_and_said(start, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "settings.json").write_bytes(b"\0\0\0")
    person = start(None)
    assert "settings.json.bad" in person.banner
    assert (folder / "settings.json.bad").exists()


@pytest.mark.parametrize("junk", ["AAAA", "////AAAAAAAAAAAAAAAA", "x"])
def test_junk_for_geometry_and_docks_does_not_stop_the_start(start, junk):
    person = start(geometry=junk, docks={"playground": junk, "nowhere": junk}, page="nowhere")
    assert person.window.rail.page() == "playground"
    shown = {name for name, dock in person.window.page.docks.items() if dock.isVisible()}
    assert shown == {"SettingsColumn", "DecisionBoundary", "LossCurves", "Inspector"}, "what a first start shows"


class Appearing(QObject):
    """Notes every window that appears."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.windows.append(repr(watched))
        return False


def test_no_other_window_flashes_up_and_takes_the_keyboard(start, qapp):
    appearing = Appearing()
    qapp.installEventFilter(appearing)
    try:
        person = start()
        for key in (Key.Key_2, Key.Key_1, Key.Key_2):
            person.press(key, CONTROL)
            person.wait_shown()
            assert person.window.isActiveWindow()
        person.press(Key.Key_T, CONTROL)
        person.press(Key.Key_Z, CONTROL)
    finally:
        qapp.removeEventFilter(appearing)
    assert appearing.windows == [repr(person.window)]


# --- the keyboard -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["playground", "digits"])
def test_tab_reaches_everything_and_comes_round(start, page):
    person = start(page=page)
    seen = []
    for _ in range(120):
        person.press(Key.Key_Tab)
        widget = QApplication.focusWidget()
        assert widget is not None
        assert widget.isVisible()
        assert widget.isEnabled()
        if widget in seen:
            break
        seen.append(widget)
    bar = person.window.transport
    for control in (bar.play, bar.reset, bar.dice, bar.step, bar.run, bar.rate, bar.activation, person.graph):
        assert control in seen, control.accessibleName()
    assert person.window.menu_button in seen
    assert person.window.rail.theme_button in seen
    for widget in seen:
        name = widget.accessibleName() or getattr(widget, "text", str)()
        assert name, f"{widget} has no name"
    if page == "digits":
        assert person.window.page.canvas.surface in seen


def test_the_keys_and_about_boxes_open_and_close(person):
    for name in ("keys", "about"):
        person.window.actions_by_id[name].trigger()
        person.wait(lambda: QApplication.activeModalWidget() is not None)
        box = QApplication.activeModalWidget()
        assert box.text()
        person.qtbot.keyClick(box, Key.Key_Escape)
        person.wait(lambda: QApplication.activeModalWidget() is None)


def test_f1_explains_without_a_complaint(person):
    person.press(Key.Key_F1)
    assert person.banner == ""


def test_tab_walks_from_the_bar_through_settings_and_network_to_the_panels(start):
    person = start()
    window = person.window
    window.order_tabs()
    page, seen, widget = window.page, [], window.transport.play
    for _ in range(120):
        widget = widget.nextInFocusChain()
        while not (
            widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.focusProxy() is None
        ):
            widget = widget.nextInFocusChain()
        if widget is window.transport.play:
            break
        seen.append(widget)
    column = page.settings
    wanted = [
        window.rail.buttons["playground"], column.noise_form.editors["noise"].field, page.graph, page.boundary.discretize_box,
        page.curves.log_button,
    ]  # fmt: skip
    places = [seen.index(widget) for widget in wanted]
    assert places == sorted(places)


def test_f1_and_the_keys_box_have_something_to_say(start):
    person = start()
    window = person.window
    for widget in (window.page.boundary.picture, window.page.curves.plot, window.transport.play, window.page.graph):
        assert help.about_widget(widget, widget.rect().center()) != help.NOTHING
    for key in ("Space", "Ctrl+2", "Insert", "Eraser"):
        assert key in help.all_keys()


def test_what_is_open_is_kept_without_closing(start, tmp_path):
    person = start(folder=tmp_path / "kept")
    person.play_to(5)
    person.window.lab.keep()
    place = person.window.lab.places.session("playground")
    person.wait(place.exists)
    assert files.load(place).moment.epoch == person.now.epoch


def test_step_back_works_again_after_an_undo(start):
    person = start()
    person.play_to(5)
    before = person.now
    person.window.lab.reset()
    person.wait(lambda: person.now.epoch == 0)
    person.window.actions_by_id["undo"].trigger()
    person.wait(lambda: person.now.epoch == before.epoch)
    assert person.now.can_step_back
    for _ in range(2):
        person.window.lab.step_back()
        person.wait_shown()
    assert person.now.epoch in (before.epoch - 1, before.epoch - 2)
    assert person.now.batch == 0
