"""The row under the canvas: say which digit the drawing is, and see what the network has made of it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from gui import fonts
from gui.controls.buttons import IconButton, TextButton, keeps_space
from gui.controls.labels import caption
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, PANEL_PADDING, Theme

HEIGHT = 20 + 4 + CONTROL_HEIGHT
_ALMOST = 0.995  # from here a share would read as 100 %


@dataclass(frozen=True, slots=True)
class Reading:
    """What a network says of a drawing: the digit, and how likely it is, 0..1."""

    digit: int
    share: float

    def __str__(self) -> str:
        share = f"{self.share * 100:.0f} %" if self.share < _ALMOST else "> 99 %"
        return f"{self.digit} ({share})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a lesson has changed, each as (before, after): the reading of the drawing, the test accuracy 0..1, and how many
    of the ``n`` own drawings that took part are read as what they are said to be.
    """

    reading: tuple[Reading, Reading]
    accuracy: tuple[float, float]
    right: tuple[int, int]
    n: int

    def lines(self) -> tuple[str, str, str]:
        """Three short sentences."""
        before, after = (f"{share * 100:.1f} %" for share in self.accuracy)
        third = f"Your {self.n:,} drawings: {self.right[0]:,} → {self.right[1]:,} right"
        return (
            f"This drawing: {self.reading[0]} → {self.reading[1]}",
            f"Test accuracy: {before} → {after}",
            third if self.n > 1 else "Your first drawing; it is kept",
        )


class Teach(Panel):
    """Ten digits to say what was drawn. While it learns and after it, what changed stands in the same place.

    Signals: ``digitNamed(int)``, ``listRequested()`` for all own drawings, ``undoRequested()``.
    """

    title = "Teach it"
    digitNamed = Signal(int)
    listRequested = Signal()
    undoRequested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName(self.title)
        self.digits = [_Digit(digit) for digit in range(10)]
        for button in self.digits:
            button.clicked.connect(self._on_digit)
        self._words = caption("Teach it: this is a")
        self.list_button = _Quiet()
        self.list_button.clicked.connect(self.listRequested)
        self.lines = [caption(weight=fonts.SEMIBOLD), caption(), caption()]
        self.lines[0].setProperty("role", "")
        self.undo_button = TextButton(
            "Undo", "Goes back to the weights before this lesson. The drawing stays in your list, without taking part."
        )
        self.undo_button.clicked.connect(self.undoRequested)
        self.close_button = IconButton(
            theme, "close", "Back to the digits", "Hides what changed; the network keeps what it has learned."
        )
        self.close_button.clicked.connect(self.ask)
        self._stack = QStackedWidget()
        for page in (self._asking(), self._telling()):
            self._stack.addWidget(page)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, 0, PANEL_PADDING, PANEL_PADDING)
        box.addWidget(self._stack)
        self.setFixedHeight(HEIGHT + PANEL_PADDING)
        self.setWhatsThis(
            "Say which digit you have drawn: the drawing is kept in a file of your own and joins the training data, and the "
            "network trains a little more, from the weights of now. Then you see what that has changed, and can take it back. "
            "Test images are never trained on. The keys 0 to 9 do it too while the canvas has the keyboard."
        )
        self.show_count(0)
        self.set_ready(False)

    def _asking(self) -> QWidget:
        page = QWidget()
        head, row = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self._words, 1)
        head.addWidget(self.list_button)
        row.setSpacing(4)
        for button in self.digits:
            row.addWidget(button)
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(head)
        box.addLayout(row)
        return page

    def _telling(self) -> QWidget:
        page = QWidget()
        text = QVBoxLayout()
        text.setSpacing(0)
        for line in self.lines:
            text.addWidget(line)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addLayout(text, 1)
        row.addWidget(self.undo_button)
        row.addWidget(self.close_button)
        return page

    # --- what it shows ----------------------------------------------------------------------------------------------

    def set_ready(self, ready: bool) -> None:
        """Whether there is a drawing to be named."""
        for button in self.digits:
            button.setEnabled(ready)

    def show_count(self, n: int) -> None:
        """How many drawings there are in the list."""
        self.list_button.show_text(f"Your drawings ({n:,})…" if n else "Your drawings…")

    @property
    def tells(self) -> bool:
        """What a lesson does or did is shown in the place of the digits."""
        return self._stack.currentIndex() == 1

    def ask(self) -> None:
        """Show the digits again."""
        self._stack.setCurrentIndex(0)

    def show_progress(self, label: int, epoch: int, epochs: int) -> None:
        """A lesson is under way."""
        self._tell(f"Learning that this is a {label}", f"Epoch {epoch:,} of {epochs:,}", "Space stops it")
        self.close_button.setVisible(False)
        self.undo_button.setVisible(False)

    def show_outcome(self, outcome: Outcome, undoable: bool) -> None:
        """A lesson has ended."""
        self._tell(*outcome.lines())
        self.close_button.setVisible(True)
        self.undo_button.setVisible(undoable)

    def _tell(self, *texts: str) -> None:
        for line, text in zip(self.lines, texts, strict=True):
            if line.text() != text:
                line.setText(text)
                line.setToolTip(text)
        self.setAccessibleDescription(". ".join(texts))
        self._stack.setCurrentIndex(1)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.close_button.apply_theme(theme)

    def _on_digit(self) -> None:
        self.digitNamed.emit(self.digits.index(self.sender()))


class _Digit(QToolButton):
    """Says what the drawing is. Like every button, it takes the keyboard through Tab alone, so that Space plays."""

    def __init__(self, digit: int) -> None:
        super().__init__(text=str(digit))
        self.setProperty("look", "outlined")
        self.setFont(fonts.figures())
        self.setFixedHeight(CONTROL_HEIGHT)
        self.setMinimumWidth(CONTROL_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"This is a {digit}")
        self.setToolTip(
            f"Says that you have drawn a {digit} ({digit}, while the canvas has the keyboard). The drawing is kept, and the "
            "network trains a little with it."
        )

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)


class _Quiet(QToolButton):
    """A text to click."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "disclosure")
        self.setFont(fonts.tabular(fonts.caption()))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip(
            "Opens or closes the list of everything that you have taught it: other labels, what takes part, to a file and back."
        )

    def show_text(self, text: str) -> None:
        self.setText(text)
        self.setAccessibleName(text.removesuffix("…"))
        self.setFixedSize(self.fontMetrics().horizontalAdvance(text) + GRID, 20)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)
