"""Text fields that hold one number, or a few: what is not valid is refused where it was typed, and says why."""

from __future__ import annotations

import random
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QRegularExpression, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QRegularExpressionValidator,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolTip, QWidget

from engine.registry import Range, Text
from gui import fonts
from gui.controls.buttons import IconButton
from gui.controls.numbers import bounds_sentence, format_value, parse_layers, parse_value
from gui.style import set_property
from gui.theme import BODY_PX, CAPTION_PX, Theme

# A sentence shown while the mouse button goes up again would be gone with it.
_AFTER_CLICK_MS = 350
_SEED_MARGINS = 15  # border, padding, Qt's own margins and the cursor, left and right
_BY_TAB = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
_PASSING = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class CheckedField(QLineEdit):
    """A line edit over a value. ``committed(value)`` after Enter or leaving with another valid text.

    Subclasses say how a value is written (:meth:`text_of`) and read (:meth:`value_of`, ``ValueError`` refuses).
    The ring is red while the text is not valid. Enter then says why and leaves the text to be put right (``refused``);
    Escape and leaving bring the value back. Enter on a valid text (``entered``) hands the keyboard to the window, so
    that its keys work again; whoever came with Tab stays.
    """

    committed = Signal(object)
    entered = Signal()
    invalidChanged = Signal(bool)
    refused = Signal(str)

    def __init__(self, value: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = value
        self.setText(self.text_of(value))
        self._by_tab = False
        self._reason = ""
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.setInterval(_AFTER_CLICK_MS)
        self._telling.timeout.connect(self._tell)
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self._on_return)

    def text_of(self, value: Any) -> str:
        raise NotImplementedError

    def value_of(self, text: str) -> Any:
        raise NotImplementedError

    def value(self) -> Any:
        """The last valid value, not what is being typed."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show ``value``; emits nothing. What a person is typing at this moment is left alone."""
        editing = self.hasFocus() and self.isModified() and value == self._value
        self._value = value
        if not editing:
            self._show_value()

    def commit(self) -> bool:
        """Take what is typed, or bring the value back and say why. True when it was taken, or nothing was typed."""
        sentence = self._take()
        if sentence:
            self._show_value()
            self._refuse(sentence)
            self._telling.start()
        return not sentence

    def hand_back(self) -> None:
        """Give the keyboard to the window: its keys work again. Whoever walks with Tab keeps the place, though."""
        if self._by_tab:
            self.selectAll()
        else:
            self.deselect()
            self.window().setFocus(Qt.FocusReason.OtherFocusReason)

    def is_marked(self) -> bool:
        """True while the red ring is shown."""
        return bool(self.property("invalid"))

    def _take(self) -> str:
        """Take what is typed; what is wrong with it, or "" when nothing is."""
        if self.text() == self.text_of(self._value):
            return ""
        try:
            value = self.value_of(self.text())
        except ValueError as problem:
            return str(problem)
        changed, self._value = value != self._value, value
        self._show_value()
        if changed:
            self.committed.emit(value)
        return ""

    def _show_value(self) -> None:
        self.setText(self.text_of(self._value))
        if not self.hasFocus():
            self.setCursorPosition(0)  # of a long text the beginning is seen: the end of a number tells nothing
        self._mark(False)

    def _refuse(self, sentence: str) -> None:
        self._reason = sentence
        self.refused.emit(sentence)

    def _tell(self) -> None:
        if self.isVisible():
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), self._reason, self)

    def _mark(self, invalid: bool) -> None:
        if invalid != self.is_marked():
            set_property(self, "invalid", invalid)
            self.invalidChanged.emit(invalid)

    def _on_edited(self, text: str) -> None:
        self._telling.stop()
        try:
            self.value_of(text)
        except ValueError:
            self._mark(True)
        else:
            self._mark(False)

    def _on_return(self) -> None:
        sentence = self._take()
        if sentence:
            self._mark(True)
            self._refuse(sentence)
            self._tell()
            self.selectAll()
            return
        self.hand_back()
        self.entered.emit()

    def event(self, event: QEvent) -> bool:
        # Once a value is taken over there is no typing to take back: undo is the experiment's again.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo, redo = event.matches(QKeySequence.StandardKey.Undo), event.matches(QKeySequence.StandardKey.Redo)
            if (undo and not self.isUndoAvailable()) or (redo and not self.isRedoAvailable()):
                event.ignore()
                return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in _PASSING:
            self._by_tab = event.reason() in _BY_TAB
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self.text_of(self._value):
            self._show_value()
            event.accept()
            return
        super().keyPressEvent(event)


class NumberField(CheckedField):
    """One number within a :class:`Range`. Up and Down move by its step."""

    def __init__(self, limits: Range, value: float, parent: QWidget | None = None) -> None:
        self.limits, self.whole = limits, isinstance(value, int)
        super().__init__(value, parent)
        self.setFont(fonts.figures())
        self.setAccessibleName(limits.label)
        self.setToolTip(" ".join(filter(None, (limits.help, bounds_sentence(limits, self.whole)))))
        # Letters can't even be typed; whether the number makes sense is judged when it is complete.
        allowed = QRegularExpression(r"[-−+0-9.,%\s]{0,16}" if self.whole else r"[-−+0-9.,eE%\s]{0,24}")
        self.setValidator(QRegularExpressionValidator(allowed, self))

    def text_of(self, value: Any) -> str:
        return format_value(value, self.limits)

    def value_of(self, text: str) -> Any:
        return parse_value(text, self.limits, self.whole)

    def event(self, event: QEvent) -> bool:
        # Space plays and pauses, here too: a number needs no spaces. What was typed so far counts.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space:  # type: ignore[attr-defined]
            self.commit()
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            event.ignore()  # where no shortcut takes it, in a popup, it does nothing
            return
        direction = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()), 0)
        if direction and self.limits.step:
            self.commit()
            stepped = round(self._value + direction * self.limits.step, 10)
            value = min(max(stepped, self.limits.low), self.limits.high)
            self.setText(self.text_of(int(value) if self.whole else float(value)))
            self.commit()
            event.accept()
            return
        super().keyPressEvent(event)


class _SeedNumber(NumberField):
    """A name rather than a quantity: no separators. A long one is written smaller, so that all of it is seen."""

    def __init__(self, limits: Range, value: int) -> None:
        super().__init__(limits, value)
        self.setProperty("look", "seed")
        self.textChanged.connect(self._fit)

    def text_of(self, value: Any) -> str:
        return str(value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = self.width() - _SEED_MARGINS
        for pixels in range(BODY_PX, CAPTION_PX - 1, -1):
            font = fonts.figures(pixels)
            if QFontMetricsF(font).horizontalAdvance(self.text()) <= room:
                break
        if font.pixelSize() != self.font().pixelSize():
            self.setFont(font)


class SeedField(QWidget):
    """A seed and a dice that draws another one. ``committed(int)``."""

    committed = Signal(object)

    def __init__(self, theme: Theme, limits: Range, value: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = _SeedNumber(limits, value)
        self.dice = IconButton(
            theme,
            "dice",
            f"{limits.label}: draw another",
            "Draws another seed. Everything that hangs on it is drawn anew.",
        )
        self._random = random.Random()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self.dice)
        self.setFocusProxy(self.field)
        self.field.committed.connect(self.committed)
        self.dice.clicked.connect(self._on_dice)

    def value(self) -> int:
        return int(self.field.value())

    def set_value(self, value: int) -> None:
        """Show ``value``; emits nothing."""
        self.field.set_value(value)

    def apply_theme(self, theme: Theme) -> None:
        self.dice.apply_theme(theme)

    def _on_dice(self) -> None:
        # Four digits: a person should be able to write the seed down or say it across a room.
        value = self._random.randrange(0, 10_000)
        while value == self.field.value():
            value = self._random.randrange(0, 10_000)
        self.field.setText(self.field.text_of(value))
        self.field.commit()


class LayersField(CheckedField):
    """Neurons of every hidden layer, ``100, 50``."""

    def __init__(self, value: tuple[int, ...], most: int, widest: int, parent: QWidget | None = None) -> None:
        self._most, self._widest = most, widest
        super().__init__(value, parent)
        self.setFont(fonts.figures())
        self.setMaxLength(200)
        self.setPlaceholderText("none")

    def text_of(self, value: Any) -> str:
        return ", ".join(map(str, value))

    def value_of(self, text: str) -> Any:
        return parse_layers(text, self._most, self._widest)


class TextField(CheckedField):
    """A text within a :class:`Text`, as a typed function."""

    def __init__(self, limits: Text, value: str, parent: QWidget | None = None) -> None:
        self.limits = limits
        super().__init__(value, parent)
        self.setMaxLength(limits.most)
        self.setAccessibleName(limits.label)
        self.setToolTip(limits.help)

    def text_of(self, value: Any) -> str:
        return str(value)

    def value_of(self, text: str) -> Any:
        if problem := self.limits.problem(text.strip()):
            raise ValueError(problem[:1].upper() + problem[1:] + ".")
        return text.strip()
