"""One line to the person: a banner under the transport bar, and the hook that turns a bug into one."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

log = logging.getLogger(__name__)


class Banner(QFrame):
    """A sentence and at most one button that does what it advises. It takes its own row: it covers nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("surface", "banner")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.setProperty("look", "primary")
        self._close = QPushButton("Dismiss")
        self._close.setToolTip("Hides this message. Nothing else changes.")
        for button in (self._button, self._close):
            # A click must not take the keyboard along: Space plays, also right after a message.
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        row.addWidget(self._close)
        self._action: Callable[[], None] | None = None
        self._key = ""
        self._button.clicked.connect(self._act)
        self._close.clicked.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown, or "" while hidden."""
        return self._text.text() if not self.isHidden() else ""

    def tell(self, text: str, button: str = "", action: Callable[[], None] | None = None, key: str = "") -> None:
        """Show a sentence. ``key`` names what it is about, so that :meth:`settle` can take it away."""
        self._text.setText(text)
        self._action, self._key = action, key
        self._button.setText(button)
        self._button.setToolTip(button)
        self._button.setVisible(bool(button))
        self.setAccessibleName(text)
        self.show()

    def settle(self, key: str) -> None:
        """Hide the message about ``key``, if it is the one shown."""
        if self._key == key and not self.isHidden():
            self.hide()

    def click(self) -> None:
        """Press the banner's button."""
        self._button.click()

    @Slot()
    def _act(self) -> None:
        action = self._action
        self.hide()
        if action is not None:
            action()


class ErrorHook(QObject):
    """``sys.excepthook`` for the whole program: logs, and tells each distinct bug once, in the window's thread."""

    _caught = Signal(str, str)

    def __init__(self, banner: Banner) -> None:
        super().__init__()
        self._banner = banner
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._caught.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take the place of the hooks that are there."""
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook, threading.excepthook = self._hook, self._thread_hook

    def remove(self) -> None:
        """Put back the hooks that were there."""
        sys.excepthook, threading.excepthook = self._before

    def _thread_hook(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._hook(args.exc_type, args.exc_value, args.exc_traceback)

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        # A painter left open in a dead paintEvent would live on in the traceback, and Qt crashes at the next frame.
        traceback.clear_frames(trace)
        place = "".join(traceback.format_tb(trace)[-1:]) + kind.__name__
        with self._lock:
            first = place not in self._seen and len(self._seen) < 100
            self._seen.add(place)
        if first:
            log.error("%s", details)
            self._caught.emit(f"{kind.__name__}: {error}", details)

    @Slot(str, str)
    def _tell(self, summary: str, details: str) -> None:
        self._banner.tell(
            f"Something inside Neuroloom went wrong ({summary[:160]}). Your experiment is still open; save it to be safe.",
            "Copy details",
            lambda: QGuiApplication.clipboard().setText(details),
        )
