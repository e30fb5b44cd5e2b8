"""The slider over the epochs of a run, with marks where something began or was best."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QStyle, QStyleOptionSlider, QWidget

from gui.controls.sliders import Slider


@dataclass(frozen=True, slots=True)
class TimeMark:
    """A small sign under the groove at ``epoch``: a bar, or a flag for the best one."""

    epoch: int
    color: QColor
    flag: bool = False


class TimeLine(Slider):
    """Its values are epochs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: tuple[TimeMark, ...] = ()

    @property
    def marks(self) -> tuple[TimeMark, ...]:
        """What is marked now."""
        return self._marks

    def set_marks(self, marks: tuple[TimeMark, ...]) -> None:
        """Show these."""
        if marks != self._marks:
            self._marks = marks
            self.update()

    def place(self, first: int, last: int, epoch: int) -> None:
        """Run from ``first`` to ``last`` and stand at ``epoch``; emits nothing."""
        if (self.minimum(), self.maximum(), self.value()) == (first, last, epoch):
            return
        blocked = self.blockSignals(True)
        self.setRange(first, last)
        self.setPageStep(max((last - first) // 10, 1))
        self.setValue(epoch)
        self.blockSignals(blocked)

    def _handle_width(self) -> int:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl.SC_SliderHandle
        return self.style().subControlRect(control, option, part, self).width()

    @property
    def epochs_a_pixel(self) -> float:
        """How far the epoch moves when the handle moves by a pixel."""
        return (self.maximum() - self.minimum()) / max(self.width() - self._handle_width(), 1)

    def x_of(self, epoch: int) -> float:
        """Where the middle of the handle stands at ``epoch``."""
        handle = self._handle_width()
        room = self.width() - handle
        return handle / 2 + QStyle.sliderPositionFromValue(self.minimum(), self.maximum(), epoch, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        seen = [mark for mark in self._marks if self.minimum() <= mark.epoch <= self.maximum()]
        if not seen:
            return
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        foot = self.height()
        for mark in seen:
            x = self.x_of(mark.epoch)
            painter.setBrush(mark.color)
            if mark.flag:
                painter.drawPolygon([QPointF(x, foot - 6), QPointF(x - 4, foot), QPointF(x + 4, foot)])
            else:
                painter.drawRoundedRect(QRectF(x - 1.5, foot - 6, 3, 6), 1, 1)
        painter.end()
