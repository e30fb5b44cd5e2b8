"""Which class the next point gets: two buttons that look like the points they place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QWidget

from gui import fonts
from gui.controls.buttons import keeps_space
from gui.graphics.perceptron_picture import paint_point
from gui.style import selected
from gui.theme import CONTROL_HEIGHT, Theme

_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right)


class ClassPicker(QWidget):
    """``chosen(label)`` on a click, Space or an arrow key."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        caption = QLabel("Place class")
        caption.setProperty("role", "caption")
        caption.setFont(fonts.caption())
        row.addWidget(caption)
        self.buttons = [_ClassButton(theme, label, self) for label in (0, 1)]
        for button in reversed(self.buttons):
            button.clicked.connect(self._on_clicked)
            row.addWidget(button)
        self.setAccessibleName("Class of the next point")
        self.set_label(1)

    def label(self) -> int:
        """The class chosen."""
        return self._label

    def set_label(self, label: int) -> None:
        """Choose a class; emits nothing."""
        self._label = label
        for button in self.buttons:
            button.setChecked(button.label == label)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if button.label == label else Qt.FocusPolicy.NoFocus)

    def apply_theme(self, theme: Theme) -> None:
        for button in self.buttons:
            button.theme = theme
            button.update()

    def _on_clicked(self) -> None:
        label = self.sender().label  # type: ignore[attr-defined]
        changed = label != self._label
        self.set_label(label)  # a click on a checkable button unchecks it: put it right either way
        if changed:
            self.chosen.emit(label)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ARROWS:
            button = self.buttons[1 - self._label]
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setFocus(Qt.FocusReason.TabFocusReason)
            button.click()
        else:
            super().keyPressEvent(event)


class _ClassButton(QAbstractButton):
    """A point of its class, with its figure."""

    def __init__(self, theme: Theme, label: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme, self.label = theme, label
        self.setCheckable(True)
        self.setFixedSize(36, CONTROL_HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(f"Class {label}")
        fill = "filled and blue" if label else "hollow and orange"
        self.setToolTip(
            f"A click into the plane places a point of class {label}, {fill}. Shift or the right button places the other."
        )

    def event(self, event: QEvent) -> bool:
        # The arrows are the window's shortcut for a training step; here they choose.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _ARROWS:  # type: ignore[attr-defined]
            event.accept()
            return True
        return keeps_space(self, event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ARROWS:
            event.ignore()  # to the picker
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(QPen(self.theme.accent, 1.5) if self.isChecked() else Qt.PenStyle.NoPen)
            painter.setBrush(selected(self.theme) if self.isChecked() else self.theme.sunken)
            painter.drawRoundedRect(box, 6, 6)
        paint_point(painter, self.theme, QPointF(self.width() / 2, self.height() / 2), self.label, 1)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.accent, 2))
            painter.drawRoundedRect(box, 6, 6)
        painter.end()
