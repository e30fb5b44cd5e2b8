"""A slider with its number: drag the one or type the other."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QVBoxLayout,
    QWidget,
)

from engine.registry import Range
from gui.controls.fields import NumberField
from gui.controls.numbers import LogScale, SliderScale

_KEYS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})


class Slider(QSlider):
    """Horizontal; a click on the track goes there; the wheel scrolls past it unless it has the keyboard."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(22)

    def event(self, event: QEvent) -> bool:
        # The arrows step the training as the window's shortcuts; a slider that has the keyboard moves with them.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            handle = self.style().subControlRect(
                QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
            )
            if not handle.contains(event.position().toPoint()):
                room = self.width() - handle.width()
                at = round(event.position().x() - handle.width() / 2)
                self.setSliderDown(True)
                self.setSliderPosition(QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, room))
        super().mousePressEvent(event)


class NumberSlider(QWidget):
    """Label left, editable number right, slider below. ``changed(value, still_dragging)``.

    ``scale`` says which values lie where on the slider, else the range does.
    """

    changed = Signal(object, bool)

    def __init__(
        self,
        limits: Range,
        value: float,
        label: str = "",
        parent: QWidget | None = None,
        scale: SliderScale | LogScale | None = None,
    ) -> None:
        super().__init__(parent)
        self.limits = limits
        self.scale = scale or SliderScale(limits, isinstance(value, int))
        self.field = NumberField(limits, value)
        self.field.setProperty("look", "plain")
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.field.setFixedSize(84, 26)
        self.field.setTextMargins(0, 0, -2, 0)
        name = label or limits.label
        self.label = QLabel(name)
        self.label.setBuddy(self.field)
        self.slider = Slider()
        self.slider.setRange(0, self.scale.positions)
        self.slider.setPageStep(max(self.scale.positions // 10, 1))
        self.slider.setAccessibleName(name)
        self.slider.setToolTip(self.field.toolTip())
        self.label.setToolTip(self.field.toolTip())
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.addWidget(self.label, 1)
        top.addWidget(self.field)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(top)
        box.addWidget(self.slider)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._dragged = False
        self.slider.valueChanged.connect(self._on_moved)
        self.slider.sliderReleased.connect(self._on_released)
        self.field.committed.connect(self._on_typed)
        self.set_value(value)

    def value(self) -> Any:
        """The value shown."""
        return self.field.value()

    def set_value(self, value: float) -> None:
        """Show ``value``; emits nothing. A drag in progress keeps its handle."""
        self.field.set_value(value)
        if not self.slider.isSliderDown():
            self._place(value)

    def _place(self, value: float) -> None:
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(self.scale.position(value))
        self.slider.blockSignals(blocked)

    def _on_moved(self, position: int) -> None:
        value = self.scale.value(position)
        if value != self.field.value():
            self.field.set_value(value)
            # Held arrow keys count as a drag too: the undo list should not fill with every step.
            self._dragged = self._dragged or self.slider.isSliderDown()
            self.changed.emit(value, True)

    def _on_released(self) -> None:
        if self._dragged:
            self._dragged = False
            self.changed.emit(self.field.value(), False)

    def _on_typed(self, value: Any) -> None:
        self._place(value)
        self.changed.emit(value, False)
