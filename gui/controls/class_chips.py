"""A row of classes with their counts, of which one is chosen, or all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from gui import fonts
from gui.controls.buttons import keeps_space

ALL = -1
_WIDEST = 88


class ClassChips(QWidget):
    """``chosen(class)`` when a person picks another; −1 is all of them. Arrow keys move along the row."""

    chosen = Signal(int)

    def __init__(self, n_classes: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Classes")
        self._group = QButtonGroup(self)
        self._buttons: dict[int, _Chip] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for label in (ALL, *range(n_classes)):
            chip = self._buttons[label] = _Chip(self)
            self._group.addButton(chip)
            row.addWidget(chip)
        row.addStretch(1)
        self._buttons[ALL].setChecked(True)
        self._group.buttonClicked.connect(self._on_clicked)
        self.set_counts([0] * n_classes)

    def label(self) -> int:
        """The class that is chosen, −1 for all."""
        return next(label for label, chip in self._buttons.items() if chip.isChecked())

    def set_label(self, label: int) -> None:
        """Choose a class; emits nothing."""
        self._buttons[label].setChecked(True)

    def button(self, label: int) -> QToolButton:
        """The button of one class."""
        return self._buttons[label]

    def set_counts(self, counts: Sequence[int]) -> None:
        """Show how many images each class has."""
        self._show(ALL, "all", sum(counts), "images of every class, in their order")
        for label, count in enumerate(counts):
            self._show(label, str(label), count, f"images of the {label} alone")

    def _show(self, label: int, name: str, count: int, what: str) -> None:
        chip = self._buttons[label]
        chip.setText(f"{name}\n{count:,}")
        chip.setAccessibleName(f"{name}, {count:,} images")
        chip.setToolTip(f"Shows the {count:,} {what}.")

    def _on_clicked(self) -> None:
        self.chosen.emit(self.label())

    def move_by(self, step: int) -> None:
        """Choose the neighbour of the one that is chosen."""
        label = self.label() + step
        if label in self._buttons:
            self._buttons[label].setChecked(True)
            self._buttons[label].setFocus()
            self.chosen.emit(label)


class _Chip(QToolButton):
    def __init__(self, row: ClassChips) -> None:
        super().__init__(checkable=True)
        self._row = row
        self.setFont(fonts.figures(11))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(40)
        self.setMaximumWidth(_WIDEST)

    def sizeHint(self) -> QSize:
        return QSize(_WIDEST, 40)

    def minimumSizeHint(self) -> QSize:
        return QSize(44, 40)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(event.key(), 0)
        if step:
            self._row.move_by(step)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)
