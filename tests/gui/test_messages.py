"""The banner, and the hook that turns a bug into one: once for each bug, and the program lives on."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from gui.messages import Banner, ErrorHook


@pytest.fixture
def banner(qtbot) -> Banner:
    banner = Banner()
    qtbot.addWidget(banner)
    return banner


@pytest.fixture
def told(banner, monkeypatch) -> list[str]:
    told: list[str] = []
    original = banner.tell

    def tell(text, *rest, **more):
        told.append(text)
        original(text, *rest, **more)

    monkeypatch.setattr(banner, "tell", tell)
    return told


@pytest.fixture
def hook(banner, told) -> Iterator[ErrorHook]:
    hook = ErrorHook(banner)
    hook.install()
    yield hook
    hook.remove()


# --- the banner -----------------------------------------------------------------------------------------------------


def test_it_is_hidden_until_there_is_something_to_say(banner):
    assert banner.text == ""
    assert banner.isHidden()
    banner.tell("Something happened.")
    assert banner.text == "Something happened."
    assert not banner.isHidden()
    assert banner.accessibleName() == "Something happened."


def test_its_button_does_what_it_says_once(qtbot, banner):
    done: list[int] = []
    banner.tell("Something happened.", "Repair", lambda: done.append(1))
    banner.show()
    qtbot.mouseClick(banner._button, Qt.MouseButton.LeftButton)
    assert done == [1]
    assert banner.isHidden()


def test_without_a_button_there_is_none_and_dismiss_hides_it(qtbot, banner):
    banner.tell("Something happened.", "Repair", lambda: None)
    banner.tell("Something else happened.")
    assert banner._button.isHidden()
    qtbot.mouseClick(banner._close, Qt.MouseButton.LeftButton)
    assert banner.isHidden()


def test_only_the_message_that_is_shown_can_be_settled(banner):
    banner.tell("Diverged.", key="diverged")
    banner.settle("saved")
    assert banner.text == "Diverged."
    banner.tell("Saved.", key="saved")
    banner.settle("diverged")
    assert banner.text == "Saved."
    banner.settle("saved")
    assert banner.isHidden()


# --- bugs -----------------------------------------------------------------------------------------------------------


class Buggy(QWidget):
    """A widget with three bugs."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawLine(0, 0, 9, 9)
        raise ZeroDivisionError("in paint")  # and the painter stays open, as in any real bug

    @Slot()
    def slot(self) -> None:
        raise KeyError("in a slot")

    @Slot()
    def other(self) -> None:
        raise KeyError("in another slot")


class BuggyWorker(QObject):
    """Fails in its own thread."""

    @Slot()
    def work(self) -> None:
        raise ValueError("in the worker")


def test_a_bug_in_a_slot_is_told_once_and_another_one_too(qtbot, banner, told, hook):
    widget = Buggy()
    qtbot.addWidget(widget)
    ticks: list[int] = []
    for _ in range(20):
        QTimer.singleShot(0, widget.slot)
    QTimer.singleShot(0, widget.other)
    QTimer.singleShot(0, lambda: ticks.append(1))
    qtbot.waitUntil(lambda: bool(ticks) and len(told) == 2)
    assert "KeyError: 'in a slot'" in told[0]
    assert "KeyError: 'in another slot'" in told[1]
    assert "save it" in told[0]


def test_a_bug_in_painting_sixty_times_a_second_is_told_once(qtbot, told, hook):
    widget = Buggy()
    qtbot.addWidget(widget)
    timer = QTimer(widget)
    frames: list[int] = []
    timer.timeout.connect(lambda: (frames.append(1), widget.update()))
    timer.start(16)
    widget.show()
    qtbot.waitUntil(lambda: len(frames) >= 30)
    timer.stop()
    assert len(told) == 1
    assert "ZeroDivisionError" in told[0]


def test_a_bug_in_a_worker_thread_is_told_in_the_windows_thread(qtbot, banner, told, hook):
    thread, worker = QThread(), BuggyWorker()
    worker.moveToThread(thread)
    thread.started.connect(worker.work, Qt.ConnectionType.QueuedConnection)
    thread.start()
    qtbot.waitUntil(lambda: bool(told))
    thread.quit()
    assert thread.wait(2000)
    assert len(told) == 1
    assert "in the worker" in told[0]


def test_a_bug_in_a_python_thread_is_told(qtbot, told, hook):
    def fail() -> None:
        raise LookupError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(told) == 1)
    assert "in a thread" in told[0]


def test_the_details_can_be_copied(qtbot, banner, told, hook):
    widget = Buggy()
    qtbot.addWidget(widget)
    QTimer.singleShot(0, widget.slot)
    qtbot.waitUntil(lambda: len(told) == 1)
    banner.click()
    assert "Traceback" in QGuiApplication.clipboard().text()
    assert "in a slot" in QGuiApplication.clipboard().text()


def test_countless_bugs_do_not_fill_the_memory(qtbot, told, hook):
    for i in range(300):
        try:
            exec(compile(f"raise ValueError({i})", f"bug{i}.py", "exec"), {})
        except ValueError:
            sys.excepthook(*sys.exc_info())
    qtbot.waitUntil(lambda: len(told) == 100)
    assert len(hook._seen) <= 300


def test_the_hooks_that_were_there_come_back(banner):
    before = sys.excepthook, threading.excepthook
    hook = ErrorHook(banner)
    hook.install()
    assert (sys.excepthook, threading.excepthook) != before
    hook.remove()
    assert (sys.excepthook, threading.excepthook) == before


def test_ctrl_c_is_no_bug(qtbot, told, hook, capsys):
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    QTimer.singleShot(0, lambda: told.append("later"))
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["later"]
