"""Segments: a few words in a row of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from gui import fonts
from gui.controls.buttons import keeps_space
from gui.theme import CONTROL_HEIGHT


class Segments(QWidget):
    """``chosen(key)`` when a person picks another; each entry is (key, text, tooltip). Arrow keys move along the row."""

    chosen = Signal(str)

    def __init__(self, name: str, entries: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._buttons: dict[str, _Segment] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for key, text, tip in entries:
            button = _Segment(text, tip, self)
            self._buttons[key] = button
            self._group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._group.buttonClicked.connect(self._on_clicked)
        first = next(iter(self._buttons))
        self._buttons[first].setChecked(True)

    def key(self) -> str:
        """Which one is chosen."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def set_key(self, key: str) -> None:
        """Choose one; emits nothing."""
        self._buttons[key].setChecked(True)

    def button(self, key: str) -> QToolButton:
        """The button of one entry."""
        return self._buttons[key]

    def set_entry(self, key: str, text: str, shown: bool = True) -> None:
        """Write another text on one of them, or take it out of the row; emits nothing."""
        self._buttons[key].write(text)
        self._buttons[key].setVisible(shown)

    def _on_clicked(self) -> None:
        self.chosen.emit(self.key())

    def move_by(self, step: int) -> None:
        """Choose the neighbour of the one that is chosen."""
        keys = [key for key, button in self._buttons.items() if not button.isHidden()]
        key = keys[min(max(keys.index(self.key()) + step, 0), len(keys) - 1)]
        if key != self.key():
            self._buttons[key].setChecked(True)
            self._buttons[key].setFocus()
            self.chosen.emit(key)


class _Segment(QToolButton):
    def __init__(self, text: str, tip: str, row: Segments) -> None:
        super().__init__(checkable=True, toolTip=tip)
        self._row = row
        self.setWhatsThis(tip)
        self.setFont(fonts.body())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)
        self.write(text)

    def write(self, text: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)
        self.setFixedSize(self.fontMetrics().horizontalAdvance(text) + 24, CONTROL_HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key(), 0)
        if step:
            self._row.move_by(step)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)
