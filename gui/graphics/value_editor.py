"""The small editor that opens on the network picture for one weight or bias."""

from __future__ import annotations

import math
import re

from PySide6.QtCore import QEvent, QLocale, QObject, Qt, Signal
from PySide6.QtGui import QDoubleValidator, QFocusEvent, QKeyEvent, QValidator
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QVBoxLayout, QWidget

LIMIT = 1e6
_PARTIAL = re.compile(r"[+-]?\d{0,12}(\.\d{0,20})?(e[+-]?\d{0,3})?")


def parse(text: str) -> float | None:
    """The finite number within ±1e6 that ``text`` means, with point or comma; None when it is none."""
    try:
        value = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) <= LIMIT else None


def step_for(value: float) -> float:
    """What an arrow key adds: about a tenth of the value, a power of ten between 0.001 and 1000."""
    return 10.0 ** min(max(math.floor(math.log10(max(abs(value), 0.1))) - 1, -3), 3) if value else 0.01


class WeightValidator(QDoubleValidator):
    """Lets only numbers within ±1e6 be typed; a comma is a point."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(-LIMIT, LIMIT, 20, parent)
        self.setLocale(QLocale(QLocale.Language.C))

    def validate(self, text: str, position: int) -> object:
        plain = text.strip().replace("−", "-").replace(",", ".").lower()
        if parse(plain) is not None:
            return QValidator.State.Acceptable, text, position
        partial = _PARTIAL.fullmatch(plain) and not any(c.isdigit() for c in plain.rpartition("e")[2] or "")
        return (QValidator.State.Intermediate if partial else QValidator.State.Invalid), text, position


class ValueEditor(QFrame):
    """A line for one number. Enter or leaving it accepts, Esc brings the old value back, Up and Down change it live.

    Signals: ``valueChosen(float)`` each time the number is to be taken over; ``closed()`` afterwards.
    """

    valueChosen = Signal(float)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAutoFillBackground(True)
        self._title = QLabel(self)
        self._line = QLineEdit(self)
        self._line.setValidator(WeightValidator(self._line))
        self._line.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._line.setMinimumSize(150, 28)
        self._line.setToolTip(
            "The value of this parameter. Enter or a click elsewhere takes it over, Esc leaves it as it was; "
            "Up and Down change it in steps (Shift: ten times as far)."
        )
        self._line.installEventFilter(self)
        hint = QLabel("Enter accepts, Esc cancels, ↑↓ step", self)
        hint.setProperty("role", "caption")
        self._hint = hint
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(4)
        for widget in (self._title, self._line, hint):
            layout.addWidget(widget)
        self._open = False
        self._before = self._taken = 0.0
        self._text = ""
        self.hide()

    @property
    def line(self) -> QLineEdit:
        """The field itself."""
        return self._line

    def open(self, title: str, value: float, text: str) -> None:
        """Show ``value`` as ``text``, selected, with the focus in the field. The caller has moved it to its place."""
        self._before = self._taken = value
        self._text = text
        self._title.setText(title)
        self._line.setAccessibleName(title)
        self._line.setText(text)
        self._open = True
        self.show()
        self.raise_()
        self._line.selectAll()
        self._line.setFocus(Qt.FocusReason.PopupFocusReason)

    def set_caption_font(self, title_font: object, caption_font: object) -> None:
        """Fonts of the title and of the hint."""
        self._title.setFont(title_font)
        self._hint.setFont(caption_font)

    def prepare(self, title: str) -> None:
        """Take the title in, so that ``sizeHint`` is that of the editor about to open."""
        self._title.setText(title)
        self.adjustSize()

    def accept(self) -> None:
        """Take over what is typed, or the old value when nothing sensible is."""
        if not self._open:
            return
        value = self._taken if self._line.text() == self._text else parse(self._line.text())
        self._finish(self._before if value is None else value)

    def cancel(self) -> None:
        """Leave everything as it was before the editor opened."""
        if self._open:
            self._finish(self._before)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                event.accept()
            return False
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if isinstance(event, QFocusEvent) and event.lostFocus():
            # the field's own context menu, or another window, is not a click elsewhere
            passing = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
            if event.reason() not in passing:
                self.accept()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.cancel()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if parse(self._line.text()) is not None:
                self.accept()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            far = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._step(far if key == Qt.Key.Key_Up else -far)
        else:
            return False
        return True

    def _step(self, steps: int) -> None:
        now = parse(self._line.text())
        if now is None or self._line.text() == self._text:
            now = self._taken if math.isfinite(self._taken) else 0.0
        value = round(min(max(now + steps * step_for(now), -LIMIT), LIMIT), 9)
        self._text = f"{value:.9g}"
        self._line.setText(self._text)
        self._take(value)

    def _take(self, value: float) -> None:
        # NaN is never equal to itself: an untouched one must not be "edited" to NaN
        if value != self._taken and not math.isnan(value):
            self._taken = value
            self.valueChosen.emit(value)

    def _finish(self, value: float) -> None:
        self._open = False
        self._take(value)
        # First the focus, then hide: hiding what has it moves it on as Tab would, which here is to the next weight.
        if self._line.hasFocus() and self.parentWidget() is not None:
            self.parentWidget().setFocus(Qt.FocusReason.PopupFocusReason)
        self.hide()
        self.closed.emit()
