"""The Code view of the Runs page in the real window: to read, copy, save and try; and weights that come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from engine.activations import ACTIVATIONS
from gui import app, theme
from gui.exporting.model import ONNX, TITLES
from gui.panels import export_view
from gui.panels.export_view import TRY_KEY, ExportView
from gui.settings import Settings
from tests.gui.opened import Key, Person
from tests.gui.test_incoming import state_dict


@pytest.fixture
def person(qtbot: QtBot, qapp, tmp_path) -> Iterator[Person]:
    app.application()
    one = Person(qtbot, tmp_path / "data", Settings(page="runs", reduce_motion=True))
    one.window.resize(1400, 800)
    one.window.page.open_view("code")
    one.wait_shown()
    yield one
    one.close()


def view_of(person: Person) -> ExportView:
    view = person.window.pages["runs"].views["code"]
    assert isinstance(view, ExportView)
    return view


def shown(view: ExportView) -> str:
    return view.code.toPlainText()


def test_the_script_is_read_copied_saved_and_tried(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_of(person)
    assert "A 2-8-8-1 network for Spiral, in NumPy: it answers." in shown(view)
    assert "beside it network.npz" in view.about.text()

    # Another network, another script; another theme, the same one.
    spec = person.document.spec
    person.document.apply("Layers", replace(spec, network=replace(spec.network, hidden_layer_sizes=(3,))))
    person.wait(lambda: "A 2-3-1 network" in shown(view))
    person.window.apply_theme(theme.DARK)
    assert "A 2-3-1 network" in shown(view)

    # It follows training when that pauses.
    person.play_to(2)
    epoch = person.wait_shown().epoch
    person.wait(lambda: f"after {epoch} epochs" in shown(view))

    # By keys alone: along the libraries, into the options.
    view.kinds.button("numpy").setFocus()
    person.press(Key.Key_Right)
    person.press(Key.Key_Right)
    assert "nn.Sequential" in shown(view)
    view.training.setFocus()
    person.press(Key.Key_Space)
    assert "optimizer.step()" in shown(view)
    assert "PyTorch shuffles" in view.notes.text()
    person.press(Key.Key_Space)
    view.inline.setFocus()
    person.press(Key.Key_Space)
    person.click(view.copy)
    assert QGuiApplication.clipboard().text() == view.script.text
    assert "W1 = np.array([" in view.script.text
    assert view.result.text() == "Copied."

    person.click(view.kinds.button(ONNX))
    assert not view.training.isEnabled()
    assert TITLES[ONNX] in shown(view)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    person.click(view.save)
    person.wait(lambda: view.result.text().startswith("Saved mine.py and mine.onnx in"))
    assert (tmp_path / "mine.onnx").stat().st_size > 100

    person.click(view.kinds.button("numpy"))
    person.click(view.try_)
    assert view.try_.text() == "Cancel"
    person.wait(lambda: "as the window does" in view.result.text())
    assert "of the test samples are right" in view.output.toPlainText()
    assert view.try_.text() == "Try it"


def test_refusals_failures_and_giving_up(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    view, spec = view_of(person), person.document.spec
    person.document.apply("ELU", replace(spec, network=replace(spec.network, activation=ACTIVATIONS["elu"]())))
    person.wait(lambda: "def elu" in shown(view))
    person.click(view.kinds.button("sklearn"))
    assert "scikit-learn has no ELU" in view.code.placeholderText()
    assert not shown(view)
    assert not view.save.isEnabled()

    person.click(view.kinds.button("numpy"))
    given_up = []

    def endless(model, options, tell, stop):
        tell(0.0, "epoch 1")
        while not stop():
            pass
        given_up.append(True)

    monkeypatch.setattr(export_view, "try_script", endless)
    person.click(view.try_)
    person.wait(lambda: view.output.toPlainText() == "epoch 1")
    person.click(view.try_)
    person.wait(lambda: given_up)
    assert view.result.text() == "Given up."
    assert TRY_KEY not in view._waits

    person.click(view.try_)
    person.document.undo_stack.undo()  # another network: the trial is about none any more
    person.wait(lambda: len(given_up) == 2 and "np.tanh" in shown(view))

    view.take_failure(TRY_KEY, "It is broken.")
    assert view.result.property("role") == "error"


def drop(person: Person, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    person.window.dropEvent(QDropEvent(QPointF(10, 10), copy, data, left, none))


def test_weights_come_in_by_a_drop_by_the_button_and_by_the_menu(
    person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = person.document.spec
    file = tmp_path / "net.safetensors"
    tensors = state_dict(2, 6, 1)
    save_file(tensors, file)

    view = view_of(person)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    view.importing.activation.set_key("relu")
    person.click(view.importing.button)
    person.wait(lambda: person.document.spec.layer_sizes == (2, 6, 1))
    assert [one.name for one in person.document.spec.activations] == ["relu"]
    person.wait(lambda: person.latest is not None and person.latest.run == person.document.run)
    assert np.array_equal(person.now.weights(0), tensors["0.weight"].T)
    assert person.window.rail.page() == "playground"
    assert person.document.path is None
    person.document.undo_stack.undo()
    assert person.document.spec == before

    person.window.files.open()
    person.wait(lambda: person.document.spec.layer_sizes == (2, 6, 1))
    assert [one.name for one in person.document.spec.activations] == ["tanh"]  # of the experiment that was open

    save_file(state_dict(64, 5, 10), file)
    drop(person, file)
    person.wait(lambda: person.window.rail.page() == "digits")
    assert person.document.spec.layer_sizes == (64, 5, 10)

    (tmp_path / "old.pkl").write_bytes(b"\x80\x04.")
    drop(person, tmp_path / "old.pkl")
    assert "runs whatever code is in it" in person.banner
    save_file(state_dict(64, 5, 3), file)
    drop(person, file)
    person.wait(lambda: "net.safetensors: takes images and gives 3 numbers" in person.banner)
    assert person.document.spec.layer_sizes == (64, 5, 10)
