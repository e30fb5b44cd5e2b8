"""How accuracy answers to one quantity: a small line plot with its axes named, a cross-hair and a mark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme, mix

LEFT, TOP, RIGHT, BOTTOM = 56, 24, 12, 34
_AXIS = 11.0  # where the name of the vertical axis stands


@dataclass(frozen=True)
class Axes:
    """What a plot is about: its ``title``, the name of its horizontal axis, and how an amount is written (``percent``)."""

    title: str
    unit: str
    vertical: str = "Test accuracy"
    sign: str = ""
    percent: bool = False

    def amount(self, x: float) -> str:
        """``−15°``, ``0.25 px``, ``90 %``."""
        text = ticks.number(100 * x if self.percent else x, 2)
        return f"{text.rstrip('0').rstrip('.')}{' %' if self.percent else self.sign}"


class ResponsePlot(QWidget):
    """``pointed(object)``: the place among the amounts that the cross-hair stands at, None for none."""

    pointed = Signal(object)

    def __init__(self, theme: Theme, axes: Axes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self.axes = theme, axes
        self._x, self._y = np.zeros(0), np.zeros(0)
        self._kept: tuple[NDArray, NDArray] | None = None
        self._range = (0.0, 1.0)
        self._low = 0.0
        self._unchanged: float | None = None
        self._chance: float | None = None
        self._mark: tuple[float, float] | None = None
        self._at: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)  # the arrows move the cross-hair
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(axes.title)

    def sizeHint(self) -> QSize:
        return QSize(300, 170)

    def minimumSizeHint(self) -> QSize:
        return QSize(170, 96)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    # --- what it shows --------------------------------------------------------------------------------------------

    @property
    def at(self) -> int | None:
        """Where the cross-hair stands."""
        return self._at

    @property
    def curve(self) -> tuple[NDArray, NDArray]:
        """The amounts and accuracies that are drawn."""
        return self._x, self._y

    def set_range(self, low: float, high: float, unchanged: float | None = None, chance: float | None = None) -> None:
        """The amounts of the horizontal axis, the one that changes nothing, and what guessing would reach."""
        self._range, self._unchanged, self._chance = (low, high), unchanged, chance
        self.update()

    def set_curve(self, x: NDArray, y: NDArray, low: float = 0.0) -> None:
        """``y`` (m,) 0..1 at the rising ``x`` (m,), none for empty; the vertical axis begins at ``low``."""
        self._x, self._y, self._low = x, y, low
        if self._at is not None and self._at >= len(x):
            self.set_at(None)
        self._describe()
        self.update()

    def set_kept(self, kept: tuple[NDArray, NDArray] | None) -> None:
        """A curve to compare with, dashed."""
        self._kept = kept
        self.update()

    def set_mark(self, mark: tuple[float, float] | None) -> None:
        """A diamond at (x, y): where things stand now."""
        if mark != self._mark:
            self._mark = mark
            self.update()

    def set_at(self, at: int | None) -> None:
        """Move the cross-hair."""
        if at is not None:
            at = min(max(at, 0), len(self._x) - 1) if len(self._x) else None
        if at != self._at:
            self._at = at
            self._describe()
            self.pointed.emit(at)
            self.update()

    def reading(self) -> str:
        """What stands beside the title: the point under the cross-hair, else the value without a change."""
        if not len(self._x):
            return ""
        if self._at is not None:
            text = f"{self.axes.amount(float(self._x[self._at]))}: {ticks.percent(float(self._y[self._at]))}"
            if self._kept is not None:
                text += f", kept {ticks.percent(float(np.interp(self._x[self._at], *self._kept)))}"
            return text
        if self._unchanged is not None:
            return f"unchanged {ticks.percent(float(np.interp(self._unchanged, self._x, self._y)))}"
        return ""

    def _describe(self) -> None:
        self.setAccessibleDescription(self.reading())

    # --- painting -------------------------------------------------------------------------------------------------

    @property
    def area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def _place(self, x: float, y: float) -> QPointF:
        area, (low, high) = self.area, self._range
        return QPointF(
            area.left() + (x - low) / (high - low) * area.width(),
            area.bottom() - (min(max(y, self._low), 1.0) - self._low) / (1 - self._low) * area.height(),
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint_axes(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._kept is not None:
            pen = QPen(self.theme.text, 1.4)
            pen.setDashPattern([5.0, 3.0])
            self._paint_line(painter, *self._kept, pen)
        self._paint_line(painter, self._x, self._y, QPen(self.theme.accent, 2))
        self._paint_points(painter)
        if self.hasFocus():
            painter.setPen(QPen(self.theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_line(self, painter: QPainter, x: NDArray, y: NDArray, pen: QPen) -> None:
        sound = np.isfinite(y)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(
            QPolygonF([self._place(*p) for p in zip(x[sound].tolist(), y[sound].tolist(), strict=True)])
        )

    def _paint_points(self, painter: QPainter) -> None:
        theme = self.theme
        painter.setPen(QPen(theme.panel, 1.5))
        if self._unchanged is not None and len(self._x):
            painter.setBrush(theme.accent)
            y = float(np.interp(self._unchanged, self._x, self._y))
            painter.drawEllipse(self._place(self._unchanged, y), 4.5, 4.5)
        if self._mark is not None and np.isfinite(self._mark).all():
            at = self._place(*self._mark)
            painter.setBrush(theme.text)
            painter.drawPolygon([at + QPointF(*d) for d in ((0, -6), (6, 0), (0, 6), (-6, 0))])
        if self._at is not None and np.isfinite(self._y[self._at]):
            at = self._place(float(self._x[self._at]), float(self._y[self._at]))
            painter.setPen(QPen(theme.accent, 2))
            painter.setBrush(theme.panel)
            painter.drawEllipse(at, 5, 5)

    def _paint_axes(self, painter: QPainter) -> None:
        theme, area, (low, high) = self.theme, self.area, self._range
        painter.setFont(fonts.body(fonts.SEMIBOLD))
        painter.setPen(theme.text)
        painter.drawText(QPointF(LEFT, 15), self.axes.title)
        room = self.width() - RIGHT - LEFT - painter.fontMetrics().horizontalAdvance(self.axes.title) - 8
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        painter.setPen(theme.text if self._at is not None else theme.quiet)
        reading = metrics.elidedText(self.reading(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(self.width() - RIGHT - metrics.horizontalAdvance(reading), 15), reading)
        most = max(min(int(area.height() / 24), 5), 1)
        step = ticks.nice_step(1 - self._low, most)
        for value in ticks.nice_ticks(self._low, 1.0, most):
            y = round(self._place(low, value).y()) + 0.5
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            text = f"{ticks.tick_label(100 * value, 100 * step)} %"
            painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
        most = max(int(area.width() / (48 if self.axes.percent else 36)), 2)
        step = ticks.nice_step(high - low, most)
        for value in ticks.nice_ticks(low, high, most):
            text = f"{value:.0%}".replace("%", " %") if self.axes.percent else ticks.tick_label(value, step)
            width = metrics.horizontalAdvance(text)
            left = min(max(self._place(value, 0).x() - width / 2, area.left()), self.width() - width - 1)
            painter.drawText(QPointF(left, area.bottom() + 16), text)
        unit = metrics.elidedText(self.axes.unit, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(QPointF(area.center().x() - metrics.horizontalAdvance(unit) / 2, area.bottom() + 29), unit)
        self._paint_vertical(painter, metrics.horizontalAdvance(self.axes.vertical))
        pen = QPen(mix(theme.line, theme.quiet, 0.6), 1)
        pen.setDashPattern([2.0, 3.0])
        if self._unchanged is not None and low < self._unchanged < high:
            painter.setPen(pen)
            x = round(self._place(self._unchanged, 0).x()) + 0.5
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if self._chance is not None and self._chance > self._low:
            painter.setPen(pen)
            y = round(self._place(low, self._chance).y()) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            text = f"chance {100 * self._chance:.0f} %"
            # Beside what changes nothing, where the curve is far above.
            x = self._place(low if self._unchanged is None else self._unchanged, 0).x() + 4
            painter.drawText(QPointF(x, y + (11 if area.bottom() - y >= 12 else -3)), text)

    def _paint_vertical(self, painter: QPainter, width: int) -> None:
        """The name of the vertical axis, along it, where there is room."""
        if width <= self.area.height() + TOP:
            painter.save()
            painter.translate(_AXIS, min(self.area.center().y() + width / 2, self.area.bottom()))
            painter.rotate(-90)
            painter.drawText(QPointF(0, 0), self.axes.vertical)
            painter.restore()

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, x = self.area, event.position().x()
        if not len(self._x) or not area.left() - 8 <= x <= area.right() + 8:
            self.set_at(None)
            return
        low, high = self._range
        value = low + (x - area.left()) / area.width() * (high - low)
        self.set_at(int(np.abs(self._x - value).argmin()))

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self.set_at(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        if step is not None and len(self._x):
            self.set_at(self._start() if self._at is None else self._at + step)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and len(self._x):
            self.set_at(0 if key == Qt.Key.Key_Home else len(self._x) - 1)
        elif key == Qt.Key.Key_Escape and self._at is not None:
            self.set_at(None)
        else:
            super().keyPressEvent(event)

    def _start(self) -> int:
        """Where the keyboard begins: at what changes nothing."""
        return 0 if self._unchanged is None else int(np.abs(self._x - self._unchanged).argmin())

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._at is None and event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.set_at(self._start())
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if not self.underMouse():
            self.set_at(None)
        super().focusOutEvent(event)
