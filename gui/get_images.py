"""The dialog that brings images: found on this computer, from a file, or downloaded; and what is kept of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.shelf import Kept
from gui import fonts
from gui.controls.images_combo import size_of
from gui.style import set_property
from gui.theme import GRID, PANEL_PADDING

FILES = "Images of digits (*.gz *ubyte* *.npz *.csv *.txt *.arff);;All files (*)"
LOOKING = "Looking where Keras, torchvision and scikit-learn keep them, and in Downloads…"
NOTHING = "None where Keras, torchvision and scikit-learn keep them, nor in Downloads. Open a file, or download MNIST."
FROM_FILE = (
    "The four idx files of MNIST together (.gz or not), an .npz as Keras has it, CSV or ARFF. What a file holds is told by its "
    "content, not by its name. Or drop the files anywhere on the window."
)
DOWNLOAD = (
    "MNIST: 70,000 digits of 28×28 pixels, 11.6 MB, from the mirror of the PyTorch team, or else from those of CVDF or Keras. "
    "Nothing is asked for before you press the button. A download that was stopped goes on where it was."
)
EMPTY_SHELF = "Nothing yet. Whatever you bring is kept here, so that experiments find it again."
CANCELLED = "Cancelled. Nothing has changed."
_SURE_AFTER = 1.0  # seconds before the time left is worth saying


class GetImages(QDialog):
    """It shows and asks, and does nothing itself.

    ``lookRequested()``, ``readRequested(list of Path)``, ``downloadRequested()``, ``cancelRequested()``; ``useRequested(key)``
    and ``removeRequested(key)`` of a set that is kept. Closing it cancels what is under way.
    """

    lookRequested = Signal()
    readRequested = Signal(object)
    downloadRequested = Signal()
    cancelRequested = Signal()
    useRequested = Signal(str)
    removeRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Get images")
        self.setAcceptDrops(True)
        self.setMinimumSize(440, 400)
        self.resize(600, 560)
        self._began: tuple[float, float] | None = None
        self._sets: tuple[Kept, ...] = ()
        self._at_hand = ""
        self._asking = ""  # the set that may be removed
        self.look = _button(
            "Look again", "Searches the usual places once more. Nothing is read.", self.lookRequested.emit
        )
        self.found = QVBoxLayout()
        self.files = _button("Open files…", "Asks for one or several files of one image set.", self._ask_for_files)
        self.folder = _button("Open folder…", "Asks for a folder that holds an image set.", self._ask_for_folder)
        self.download = _button("Download MNIST", "Fetches 11.6 MB once, then keeps them.", self.downloadRequested.emit)
        self.kept = QVBoxLayout()
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(36)
        self.words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far it is")
        self.cancel = _button("Cancel", "Stops at once. Nothing that is open changes.", self._on_cancel)
        self.close_button = _button("Close", "Closes this window (Esc) and cancels what is under way.", self.close)
        self._lay_out()
        self.show_found(())
        self.begin()

    def _lay_out(self) -> None:
        self._content = content = QWidget()
        content.setProperty("surface", "none")
        box = QVBoxLayout(content)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, 0)
        box.setSpacing(GRID)
        for card in (
            _card("On this computer", self.found, beside=self.look),
            _card("From a file", _row(_text(FROM_FILE)), _row(self.files, self.folder, None)),
            _card("Download", _row(_text(DOWNLOAD)), _row(self.download, None)),
            _card("Kept by Neuroloom", self.kept),
        ):
            box.addWidget(card)
        box.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        foot = QVBoxLayout()
        foot.setContentsMargins(2 * PANEL_PADDING, 0, PANEL_PADDING, PANEL_PADDING)
        foot.setSpacing(4)
        foot.addWidget(self.bar)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.words, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.close_button)
        foot.addLayout(row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(GRID)
        outer.addWidget(scroll, 1)
        outer.addLayout(foot)
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing jumps when it comes and goes
        self.bar.setSizePolicy(policy)

    # --- what it is shown -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """As at first: nothing is under way, and nothing went wrong."""
        self._asking = ""
        self._rest("")
        self.files.setFocus()

    def show_looking(self) -> None:
        """The usual places are being searched."""
        self.look.setEnabled(False)
        _fill(self.found, [_text(LOOKING)])

    def show_found(self, found: Sequence[Any]) -> None:
        """Offer these sets, each with ``title``, ``paths``, ``where`` and ``n_bytes``."""
        self.look.setEnabled(True)
        rows: list[QWidget] = []
        for one in found:
            use = _button("Use", "Reads these images, keeps them, and has the Digits page train on them.")
            use.setAccessibleName(f"Use {one.title} from {one.where}")
            use.clicked.connect(lambda _=False, paths=tuple(one.paths): self.readRequested.emit(paths))
            rows.append(_entry(one.title, f"{megabytes(one.n_bytes)} · {one.where}", use))
        _fill(self.found, rows or [_text(NOTHING)])

    def show_kept(self, sets: Sequence[Kept], at_hand: str) -> None:
        """List what is on the shelf; ``at_hand`` is the key of the set that the Digits page uses, or ""."""
        self._sets, self._at_hand = tuple(sets), at_hand
        self._list_kept()

    def _list_kept(self, focus: str = "") -> None:
        rows = [self._asked(kept) if kept.key == self._asking else self._kept_row(kept) for kept in self._sets]
        _fill(self.kept, rows or [_text(EMPTY_SHELF)])
        for button in self.findChildren(QPushButton, focus) if focus else ():
            button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _kept_row(self, kept: Kept) -> QWidget:
        use = _button("Use", "Has the Digits page train on these images. The network stays; Undo goes back.")
        use.setAccessibleName(f"Use {kept.title}")
        use.clicked.connect(lambda: self.useRequested.emit(kept.key))
        use.setEnabled(kept.key != self._at_hand)
        if kept.key == self._at_hand:
            use.setText("In use")
        remove = _button("Remove…", "Takes these images off this computer, after asking once more.")
        remove.setObjectName(f"remove {kept.key}")
        remove.setAccessibleName(f"Remove {kept.title}")
        remove.clicked.connect(lambda: self._ask_to_remove(kept.key))
        return _entry(kept.title, " · ".join(filter(None, (size_of(kept), kept.source))), use, remove)

    def _asked(self, kept: Kept) -> QWidget:
        """The row of a set that may be removed."""
        used = "The open experiment can't be opened again without them." if kept.key == self._at_hand else ""
        remove = _button("Remove", "Takes the images off this computer. Files that you imported them from stay.")
        remove.setAccessibleName(f"Remove {kept.title} for good")
        remove.clicked.connect(lambda: self._remove(kept.key))
        keep = _button("Keep", "Leaves everything as it is.")
        keep.setObjectName(f"keep {kept.key}")
        keep.setAccessibleName(f"Keep {kept.title}")
        keep.clicked.connect(lambda: self._ask_to_remove("", back_to=kept.key))
        return _entry(f"Remove {kept.title}?", used or "Experiments that use these images then say that they are missing.",
                      remove, keep)  # fmt: skip

    def _ask_to_remove(self, key: str, back_to: str = "") -> None:
        self._asking = key
        self._list_kept(focus=f"keep {key}" if key else f"remove {back_to}")

    def _remove(self, key: str) -> None:
        self._asking = ""
        self.files.setFocus()
        self.removeRequested.emit(key)

    # --- what is under way ----------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """A set is being read or downloaded."""
        return not self.cancel.isHidden()

    def show_busy(self, words: str) -> None:
        """Something is begun that takes a while."""
        self._began = None
        self._say(f"{words}…")
        self.bar.setValue(0)
        self.bar.show()
        self.cancel.show()
        self._content.setEnabled(False)
        self.cancel.setFocus()

    def show_progress(self, share: float, words: str) -> None:
        """``share`` of it is done."""
        if self.busy:
            now = time.monotonic()
            self._began = began = self._began or (now, share)
            left = time_left(now - began[0], began[1], share)
            self.bar.setValue(round(1000 * share))
            self._say(" · ".join(filter(None, (words, left))) or self.words.text())

    def show_failure(self, sentence: str) -> None:
        """It can't be had, and why."""
        self._rest(sentence, failed=True)

    def _rest(self, words: str, failed: bool = False) -> None:
        cancelled = self.cancel.hasFocus()
        self.bar.hide()
        self.cancel.hide()
        self._content.setEnabled(True)
        if cancelled:
            self.files.setFocus()
        self._say(words, failed)

    def _say(self, words: str, failed: bool = False) -> None:
        set_property(self.words, "role", "error" if failed else "")
        self.words.setText(words)
        self.words.setToolTip(words)
        self.words.setAccessibleName(words or "Nothing is under way")

    def _on_cancel(self) -> None:
        self.cancelRequested.emit()
        self._rest(CANCELLED)

    # --- Qt -------------------------------------------------------------------------------------------------------

    def _ask_for_files(self) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Open images", "", FILES)
        if paths:
            self.readRequested.emit([Path(path) for path in paths])

    def _ask_for_folder(self) -> None:
        if path := QFileDialog.getExistingDirectory(self, "Open a folder of images"):
            self.readRequested.emit([Path(path)])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]:
            event.acceptProposedAction()
            self.readRequested.emit(paths)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focus = self.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QPushButton):
            focus.click()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.busy and not event.spontaneous():  # a minimized window is still waited for
            self._on_cancel()


def megabytes(n: int) -> str:
    """``11.6 MB``, and ``340 KB`` of less than one."""
    return f"{n / 1e6:,.1f} MB" if n >= 1e6 else f"{max(round(n / 1e3), 1):,} KB"


def time_left(seconds: float, first: float, share: float) -> str:
    """How long the rest takes if it goes on like the stretch from ``first`` to ``share``, which took ``seconds``.

    >>> time_left(10.0, 0.5, 0.75), time_left(120.0, 0.0, 0.5), time_left(0.5, 0.0, 0.5)
    ('about 10 s left', 'about 2 min left', '')
    """
    if seconds < _SURE_AFTER or share - first < 0.01 or share >= 1:
        return ""
    left = seconds * (1 - share) / (share - first)
    return f"about {left / 60:.0f} min left" if left >= 90 else f"about {max(round(left), 1)} s left"


class _Line(QLabel):
    """One line that gives way in its middle when there is no room; the tooltip has all of it."""

    def __init__(self, text: str, role: str = "") -> None:
        super().__init__()
        self._whole = text
        if role:
            self.setProperty("role", role)
            self.setFont(fonts.tabular(fonts.caption()))
        self.setToolTip(text)
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, self.fontMetrics().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, self.width()))


def _button(text: str, tip: str, pressed: Callable[[], object] | None = None) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAccessibleName(text)
    button.setAutoDefault(False)
    if pressed is not None:
        button.clicked.connect(lambda: pressed())
    return button


def _text(words: str) -> QLabel:
    label = QLabel(words)
    label.setProperty("role", "caption")
    label.setFont(fonts.caption())
    label.setWordWrap(True)
    return label


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Side by side; None is what gives way."""
    row = QHBoxLayout()
    row.setSpacing(GRID)
    for widget in widgets:
        row.addWidget(widget) if widget is not None else row.addStretch(1)
    return row


def _entry(title: str, about: str, *buttons: QPushButton) -> QWidget:
    """A set: its name, a line about it, and what can be done with it."""
    entry = QWidget()
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(_Line(title))
    words.addWidget(_Line(about, "caption"))
    row = QHBoxLayout(entry)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    row.addLayout(words, 1)
    for button in buttons:
        row.addWidget(button)
    return entry


def _card(title: str, *rows: QHBoxLayout | QVBoxLayout, beside: QWidget | None = None) -> QFrame:
    card = QFrame()
    card.setProperty("surface", "panel")
    box = QVBoxLayout(card)
    box.setContentsMargins(PANEL_PADDING, GRID, PANEL_PADDING, PANEL_PADDING)
    box.setSpacing(GRID)
    heading = QLabel(title)
    heading.setProperty("role", "heading")
    heading.setFont(fonts.caption(fonts.SEMIBOLD))
    box.addLayout(_row(heading, None, beside) if beside is not None else _row(heading))
    for row in rows:
        row.setSpacing(GRID)
        box.addLayout(row)
    return card


def _fill(box: QVBoxLayout, widgets: Sequence[QWidget]) -> None:
    """These in the place of those that were there."""
    while (item := box.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
    for widget in widgets:
        box.addWidget(widget)
        widget.show()  # now, so that it can take the keyboard
