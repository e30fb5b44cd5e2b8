"""Getting at images in the real window: choosing among them, finding, reading, downloading and removing them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QWidget

from engine.datasets import DATASETS
from engine.datasets.images import Images
from engine.errors import UnreadableFile
from engine.shelf import SHELF, Kept
from engine.snapshot import RunState
from gui import app, theme
from gui.controls.images_combo import GET, ImagesCombo
from gui.get_images import CANCELLED, EMPTY_SHELF, NOTHING, GetImages, megabytes, time_left
from gui.image_sets import LOOK, READ
from gui.settings import Settings
from tests.gui.image_sources import Found, Sources
from tests.gui.opened import NONE, Key, Person
from tests.images import bars


@pytest.fixture
def sources(monkeypatch) -> Sources:
    return Sources().install(monkeypatch)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(qtbot, qapp, folder, sources) -> Iterator:
    app.application()
    people: list[Person] = []

    def begin(page: str = "digits") -> Person:
        people.append(Person(qtbot, folder, Settings(theme="light", page=page, reduce_motion=True)))
        return people[-1]

    yield begin
    sources.slow.clear()
    for person in people:
        if person.window is not None:
            person.close()


@pytest.fixture
def kept(folder, monkeypatch) -> Kept:
    """A set that is on the shelf before the window opens."""
    monkeypatch.setattr(SHELF, "folder", folder / "images")
    return SHELF.put(bars())


@pytest.fixture
def person(start) -> Person:
    return start()


def dialog_of(person: Person) -> GetImages:
    """The dialog as the drop-down opens it, once it has looked around."""
    choose(person, GET)
    dialog = person.window.images.dialog
    assert dialog is not None
    assert dialog.isVisible()
    person.wait(lambda: not person.window.lab.runner.analyses.waits(LOOK))
    return dialog


def combo_of(person: Person) -> ImagesCombo:
    return person.window.page.samples.combo


def choose(person: Person, key: str) -> None:
    """Take an entry of the drop-down with the keyboard."""
    combo = combo_of(person)
    combo.setFocus(Qt.FocusReason.TabFocusReason)
    combo.showPopup()
    view, wanted = combo.view(), combo.findData(key)
    while view.currentIndex().row() != wanted:
        down = view.currentIndex().row() < wanted
        person.qtbot.keyClick(view, Key.Key_Down if down else Key.Key_Up)
    person.qtbot.keyClick(view, Key.Key_Return)


def undo(person: Person) -> None:
    person.window.activateWindow()  # where there is no window manager, a popup that closed leaves none active
    person.wait(person.window.isActiveWindow)
    person.press(Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def button(parent: QWidget, name: str) -> QPushButton:
    found = [b for b in parent.findChildren(QPushButton) if b.accessibleName() == name and b.isVisibleTo(parent)]
    assert len(found) == 1, [b.accessibleName() for b in parent.findChildren(QPushButton)]
    return found[0]


def texts(parent: QWidget) -> list[str]:
    return [
        label.accessibleName() or label.text() for label in parent.findChildren(QLabel) if label.isVisibleTo(parent)
    ]


def shown(person: Person, kept_key: str) -> None:
    """Wait until the run on screen is one of these images."""
    person.wait(lambda: person.latest is not None and getattr(person.now.spec.data.dataset, "key", "") == kept_key)


def mime_of(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def drop(widget: QWidget, *paths: Path) -> None:
    action, left, mime = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, mime_of(*paths)
    enter = QDragEnterEvent(QPoint(30, 30), action, mime, left, NONE)
    enter.setAccepted(False)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(30, 30), action, mime, left, NONE))


# --- choosing -----------------------------------------------------------------------------------------------------


def test_other_images_keep_the_network_and_undo_brings_the_old_ones_back(kept, start):
    person = start()
    combo = combo_of(person)
    labels = [combo.itemText(i) for i in range(combo.count())]
    assert labels == ["Digits 8×8 · 1,797", "Bars · 28×28 · 120", "Get images…"]
    assert "95.7 to 96.0 %" in combo.toolTip()
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == 1)
    before, trained = person.document.spec, person.now.params.tobytes()
    choose(person, kept.key)
    shown(person, kept.key)
    spec = person.document.spec
    assert spec == replace(before, data=replace(before.data, dataset=Images.of(kept)))
    assert spec.layer_sizes[0] == 784
    samples = person.window.page.samples
    person.wait(lambda: samples.chosen())
    assert samples.accessibleDescription() == "100 train · 20 test"
    assert {label for _, label in samples.chosen()} == set(range(10))
    assert "13 people" not in samples.whatsThis()
    undo(person)
    person.wait(lambda: person.latest is not None and person.now.spec == before)
    assert person.now.params.tobytes() == trained
    assert combo.currentText().startswith("Digits 8×8")
    assert "13 people" in samples.whatsThis()


def test_images_that_name_their_test_images_have_no_share_to_choose(kept, start):
    person = start()
    column = person.window.page.settings
    person.click(column.more_training)  # where the seed of the split is
    rows = (column.data_form.editors["train_share"], column.validation_form.editors["seed"].parentWidget())
    assert all(row.isVisible() for row in rows)
    choose(person, kept.key)
    shown(person, kept.key)
    assert not any(row.isVisible() for row in rows)
    page, spec = person.window.page, person.document.spec
    page.propose("Validation", replace(spec, data=replace(spec.data, validation_share=0.2)), "")
    assert [row.isVisible() for row in rows] == [False, True], "the seed draws the validation images"
    person.wait(lambda: person.latest is not None and person.now.data.validation is not None)
    person.wait(lambda: page.samples.accessibleDescription().endswith("80 train · 20 validate · 20 test"))
    choose(person, "")
    person.wait(lambda: person.latest is not None and person.now.spec.image_side == 8)
    assert all(row.isVisible() for row in rows)


def test_a_file_with_images_that_are_not_here_says_so(kept, start, tmp_path, monkeypatch):
    from engine import files
    from engine.trainer import Trainer

    person = start()
    spec = person.document.spec
    path = tmp_path / "mine.json"
    files.save(path, Trainer(replace(spec, data=replace(spec.data, dataset=Images.of(kept)))))
    SHELF.remove(kept.key)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args: (str(path), ""))
    person.window.actions_by_id["open"].trigger()
    person.wait(lambda: person.banner)
    assert "Bars: these images are not on this computer. Import it again: Data, Get images." in person.banner
    assert person.document.spec == spec


def test_an_experiment_whose_images_are_gone_waits_for_them(kept, start, folder):
    person = start()
    choose(person, kept.key)
    shown(person, kept.key)
    person.close()
    SHELF.remove(kept.key)
    again = start()
    waiting = folder / "last-digits-waiting-1.json"
    assert again.banner.startswith("The last experiment's images, Bars, are not on this computer any more")
    assert str(waiting) in again.banner
    assert again.now.spec.image_side == 8
    SHELF.put(bars())
    again.window.lab.open(waiting)
    shown(again, kept.key)


def test_a_set_that_is_missing_is_named_in_its_place(qtbot, kept):
    from gui import experiments
    from gui.panels.digit_samples import DigitSamples

    panel = DigitSamples(theme.LIGHT)
    qtbot.addWidget(panel)
    spec = experiments.first_of("digits")
    panel.show_spec(replace(spec, data=replace(spec.data, dataset=Images.of(kept))))
    panel.resize(222, panel.height_for(222))
    assert panel.is_missing
    assert (
        panel.missing_text() == "Bars is not on this computer any more. Choose Get images… above and import it again."
    )
    assert panel.combo.currentText() == "Bars · not here"
    assert not panel.grab().isNull()
    panel.show_sets([kept])
    assert not panel.is_missing


# --- finding ------------------------------------------------------------------------------------------------------


def test_what_is_found_is_offered_and_read_only_when_asked_for(start, sources):
    paths = (Path("/home/ada/data/a.gz"), Path("/home/ada/data/b.gz"))
    sources.found = [Found("MNIST", paths, "~/data", 11_594_722)]
    person = start()
    dialog = dialog_of(person)
    assert sources.calls == [("find", None)], "nothing is read unasked"
    assert {"MNIST", "11.6 MB · ~/data"} <= set(texts(dialog))
    person.click(button(dialog, "Use MNIST from ~/data"))
    person.wait(lambda: not dialog.isVisible())
    assert sources.calls[-1] == ("read", paths)
    key = sources.images.fingerprint()
    shown(person, key)
    assert [kept.key for kept in SHELF.kept()] == [key]
    assert person.document.undo_stack.undoText() == "Images: Bars"
    assert person.window.status.currentMessage() == "Bars: 120 images of 28×28 pixels. Undo goes back."
    undo(person)
    person.wait(lambda: person.latest is not None and person.now.spec.data.dataset == DATASETS["digits"]())


def test_nothing_found_says_what_to_do_and_one_can_look_again(person, sources):
    dialog = dialog_of(person)
    assert NOTHING in texts(dialog)
    sources.found = [Found("Late", (Path("/late.npz"),), "/", 340_000)]
    person.click(dialog.look)
    person.wait(lambda: "Late" in texts(dialog))
    assert "340 KB · /" in texts(dialog)
    assert sources.calls == [("find", None)] * 2


def test_files_or_a_folder_are_asked_for(person, sources, monkeypatch, tmp_path):
    dialog = dialog_of(person)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *args: ([], ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: "")
    person.click(dialog.files)
    person.click(dialog.folder)
    assert not dialog.busy, "who chooses nothing asks for nothing"
    assert sources.calls == [("find", None)]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *args: str(tmp_path))
    person.click(dialog.folder)
    shown(person, sources.images.fingerprint())
    assert sources.calls[-1] == ("read", (tmp_path,))
    undo(person)
    person.wait(lambda: person.latest is not None and person.now.spec.image_side == 8)
    drop(dialog_of(person), Path("/x/mnist.npz"))
    shown(person, sources.images.fingerprint())
    assert sources.calls[-1] == ("read", (Path("/x/mnist.npz"),))


# --- reading ------------------------------------------------------------------------------------------------------


def test_a_file_that_is_refused_changes_nothing_and_says_why(person, sources, monkeypatch):
    sources.refuse = UnreadableFile("page.gz", "is a page of the web.", "Download it again.")
    dialog = dialog_of(person)
    before = person.document.spec, person.document.run, person.now.params.tobytes()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *args: (["/x/page.gz"], ""))
    person.click(dialog.files)
    person.wait(lambda: not dialog.busy)
    assert dialog.words.text() == "page.gz: is a page of the web. Download it again."
    assert dialog.words.property("role") == "error"
    assert (person.document.spec, person.document.run, person.now.params.tobytes()) == before
    assert SHELF.kept() == []
    sources.refuse = None
    person.click(dialog.files)
    shown(person, sources.images.fingerprint())


def test_reading_can_be_cancelled_and_the_window_stays_alive(person, sources, monkeypatch):
    sources.slow.set()
    dialog = dialog_of(person)
    before = person.document.spec
    person.window.images.read([Path("/a.npz")])
    person.wait(lambda: dialog.bar.value() == 500)
    assert dialog.busy
    assert dialog.words.text() == "Reading"
    person.window.activateWindow()
    person.window.lab.play()
    person.wait(lambda: person.now.epoch > 1)
    person.window.lab.pause()
    person.wait_for(RunState.PAUSED)
    dialog.activateWindow()
    dialog.cancel.setFocus()
    person.qtbot.keyClick(dialog.cancel, Key.Key_Return)
    assert not dialog.busy
    assert dialog.words.text() == CANCELLED
    person.wait(sources.stopped.is_set)
    sources.slow.clear()
    person.wait_shown()
    assert person.document.spec == before
    assert SHELF.kept() == []


def test_escape_closes_and_gives_up_what_is_under_way(person, sources):
    sources.slow.set()
    dialog = dialog_of(person)
    person.window.images.download()
    person.wait(lambda: dialog.bar.value() > 0)
    person.qtbot.keyClick(dialog, Key.Key_Escape)
    assert not dialog.isVisible()
    assert not person.window.lab.runner.analyses.waits(READ)
    person.wait(sources.stopped.is_set)
    assert not dialog_of(person).busy


def test_files_dropped_on_the_window_are_read_together(start, sources):
    person = start("playground")
    paths = (Path("/x/images.gz"), Path("/x/labels.gz"))
    drop(person.window, *paths)
    shown(person, sources.images.fingerprint())
    assert ("read", paths) in sources.calls
    assert person.window.rail.page() == "digits"


@pytest.mark.parametrize("page", ["activations", "insight"])
def test_from_any_page_the_menu_opens_it(start, sources, page):
    person = start("digits")
    person.window.open_page(page)
    person.window.actions_by_id["images"].trigger()
    dialog = person.window.images.dialog
    assert dialog is not None
    assert dialog.isVisible()
    person.window.images.read([Path("/x/mnist.npz")])
    shown(person, sources.images.fingerprint())
    assert person.window.rail.page() == ("insight" if page == "insight" else "digits")


# --- downloading --------------------------------------------------------------------------------------------------


def test_a_download_that_failed_is_tried_again_kept_and_used_and_leaves_no_copy(person, sources, folder):
    dialog = dialog_of(person)
    assert not any(call[0] == "download" for call in sources.calls), "nothing is fetched unasked"
    sources.refuse = UnreadableFile(
        "MNIST", "no mirror can be reached.", "Open files that you have, under From a file."
    )
    person.click(dialog.download)
    person.wait(lambda: not dialog.busy)
    assert dialog.words.text().endswith("Open files that you have, under From a file.")
    sources.refuse = None
    sources.slow.set()
    person.click(dialog.download)
    person.wait(lambda: dialog.words.text() == "5.8 of 11.6 MB")
    assert 0 < dialog.bar.value() < 500, "reading it comes after"
    sources.slow.clear()
    shown(person, sources.images.fingerprint())
    assert ("download", folder / "downloads") in sources.calls
    assert not (folder / "downloads").exists()


def test_the_time_left_is_said_once_it_is_known():
    assert time_left(10.0, 0.5, 0.75) == "about 10 s left"
    assert time_left(120.0, 0.0, 0.5) == "about 2 min left"
    assert time_left(0.5, 0.0, 0.5) == "", "too soon to say"
    assert time_left(5.0, 0.5, 0.5) == "", "nothing has come yet"
    assert time_left(5.0, 0.0, 1.0) == ""
    assert [megabytes(n) for n in (11_594_722, 1_000_000, 4_542, 10)] == ["11.6 MB", "1.0 MB", "5 KB", "1 KB"]


# --- removing -----------------------------------------------------------------------------------------------------


def test_what_is_kept_can_be_used_again_and_removing_asks_first(kept, start):
    person = start()
    dialog = dialog_of(person)
    assert {"Bars", "28×28 · 120 · a test"} <= set(texts(dialog))
    person.click(button(dialog, "Remove Bars"))
    assert "Remove Bars?" in texts(dialog)
    assert SHELF.find(kept.key) == kept
    assert dialog.focusWidget() is button(dialog, "Keep Bars")
    person.click(button(dialog, "Keep Bars"))
    assert "Remove Bars?" not in texts(dialog)
    person.click(button(dialog, "Use Bars"))
    shown(person, kept.key)
    undo(person)
    dialog_of(person)
    person.click(button(dialog, "Remove Bars"))
    person.click(button(dialog, "Remove Bars for good"))
    assert SHELF.kept() == []
    assert EMPTY_SHELF in texts(dialog)
    assert combo_of(person).findData(kept.key) < 0


def test_the_set_in_use_warns_and_what_trains_goes_on(kept, start):
    person = start()
    choose(person, kept.key)
    shown(person, kept.key)
    dialog = dialog_of(person)
    assert not button(dialog, "Use Bars").isEnabled()
    person.click(button(dialog, "Remove Bars"))
    assert "The open experiment can't be opened again without them." in texts(dialog)
    person.click(button(dialog, "Remove Bars for good"))
    dialog.close()
    assert combo_of(person).currentText() == "Bars · not here"
    assert not person.window.page.samples.is_missing, "they are still in memory"
    person.window.lab.step("epoch")
    person.wait(lambda: person.now.epoch == 1)


# --- the dialog itself, and the end -------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["light", "dark"])
def test_everything_in_it_has_a_name_and_a_key_and_long_names_give_way(qtbot, qapp, look):
    theme.apply(qapp, theme.THEMES[look])
    dialog = GetImages()
    qtbot.addWidget(dialog)
    long = "A set with a very long name " * 6
    dialog.show_found([Found(long, (Path("/a"),), "/very/long/folder" * 12, 10**9)])
    dialog.show_kept([Kept("a", long, 28, 70_000, 10_000, 255, "a source that is long " * 8)], "")
    dialog.resize(dialog.minimumSize())
    dialog.show()
    qtbot.waitExposed(dialog)
    QApplication.processEvents()
    assert dialog.width() == dialog.minimumWidth()
    for each in dialog.findChildren(QPushButton):
        assert each.accessibleName()
        assert each.toolTip()
        assert each.focusPolicy() & Qt.FocusPolicy.TabFocus
        if each.isVisible():
            assert each.height() >= 28
            assert each.mapTo(dialog, each.rect().bottomRight()).x() < dialog.width()


@pytest.mark.parametrize("what", ["read", "download"])
def test_a_window_closed_meanwhile_leaves_nothing(start, sources, folder, what):
    sources.slow.set()
    person = start()
    dialog = dialog_of(person)
    person.window.images.read([Path("/a.npz")]) if what == "read" else person.window.images.download()
    person.wait(lambda: dialog.bar.value() > 0)
    person.close()
    assert sources.stopped.is_set()
    assert SHELF.kept() == []
