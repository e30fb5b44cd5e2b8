"""Losses against the learning rate, which grows by powers of ten: lines, marked rates, a cross-hair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme, mix

LEFT, TOP, RIGHT, BOTTOM = 68, 24, 16, 36
_AXIS = 11.0  # where the name of the vertical axis stands
_DASHES = [5.0, 3.0]
_FEW = 20  # points up to which each has its dot


@dataclass(frozen=True)
class Curve:
    """``y`` (m,) at the rising rates of the plot, infinite where there is none; drawn "solid", "dashed" or as "dust"."""

    y: NDArray
    look: str = "solid"


@dataclass(frozen=True)
class Mark:
    """A rate with a word for it: a ring on the solid curve with ``ring``, else a line from top to bottom."""

    rate: float
    text: str
    ring: bool = False


class RatePlot(QWidget):
    """``pointed(object)``: the place among the rates that the cross-hair stands at, None for none.

    ``vertical`` names the other axis; ``named`` False leaves the rates to what stands below the plot, at :meth:`x_of`, with
    half a step of room at both ends. ``zero`` is written at the line of no change, where there is one.
    """

    pointed = Signal(object)

    def __init__(
        self, theme: Theme, title: str, vertical: str = "Loss", named: bool = True, zero: str = "",
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.theme = theme
        self.rates: NDArray = np.zeros(0)
        self.hint = ""
        self.curves: tuple[Curve, ...] = ()
        self.marks: tuple[Mark, ...] = ()
        self.vertical, self._named, self._zero = vertical, named, zero
        self._range, self._heights = (1e-6, 10.0), (0.0, 1.0)
        self._readings: tuple[str, ...] = ()
        self._resting = ""
        self._at: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)  # the arrows move the cross-hair
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    def sizeHint(self) -> QSize:
        return QSize(460, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 160)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    # --- what it shows --------------------------------------------------------------------------------------------

    def show_hint(self, hint: str) -> None:
        """Show no curves, but what will be there and how to get it."""
        self.hint, self.rates, self.curves, self.marks, self._readings = hint, np.zeros(0), (), (), ()
        self._resting = ""
        self.set_at(None)
        self.setAccessibleDescription(hint)
        self.update()

    def show_curves(
        self, rates: NDArray, curves: Sequence[Curve], marks: Sequence[Mark], low: float, high: float,
        readings: Sequence[str], resting: str,
    ) -> None:  # fmt: skip
        """``rates`` (m,) rising; losses from ``low`` to ``high`` are seen, those above stand at the top with an arrow.

        ``readings`` (m,) are what is read at each rate, ``resting`` where nobody points.
        """
        if len(rates) != len(self.rates):
            self._at = None
        self.rates, self.curves, self.marks = rates, tuple(curves), tuple(marks)
        pad = 1.15 if self._named else 1.8
        self._range = (float(rates[0]) / pad, float(rates[-1]) * pad)
        step = ticks.nice_step(max(high - low, 1e-12), 5)
        # Whole steps, so that the axis stands still while training moves the curves a little.
        self._heights = (math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step)
        self._readings, self._resting = tuple(readings), resting
        self.setAccessibleDescription(self.reading())
        self.update()

    @property
    def at(self) -> int | None:
        """Where the cross-hair stands."""
        return self._at

    def set_at(self, at: int | None) -> None:
        """Move the cross-hair."""
        if at is not None:
            at = min(max(at, 0), len(self.rates) - 1) if len(self.rates) else None
        if at != self._at:
            self._at = at
            self.setAccessibleDescription(self.reading())
            self.pointed.emit(at)
            self.update()

    def reading(self) -> str:
        """What stands above the plot."""
        return self._resting if self._at is None else self._readings[self._at]

    # --- where things are -----------------------------------------------------------------------------------------

    @property
    def area(self) -> QRectF:
        bottom = BOTTOM if self._named else 8
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - bottom, 1))

    def x_of(self, rate: float) -> float:
        """Where ``rate`` stands, in pixels from the left."""
        area, (low, high) = self.area, self._range
        return area.left() + math.log(rate / low) / math.log(high / low) * area.width()

    def _y_of(self, loss: float) -> float:
        area, (low, high) = self.area, self._heights
        share = min(max((loss - low) / (high - low), 0.0), 1.0) if math.isfinite(loss) else 1.0
        return area.bottom() - share * area.height()

    def _is_above(self, loss: float) -> bool:
        return not loss <= self._heights[1]

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if len(self.rates):
            self._paint_axes(painter)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for curve in self.curves:
                self._paint_curve(painter, curve)
            self._paint_marks(painter)
            self._paint_cross_hair(painter)
        else:
            painter.setPen(self.theme.quiet)
            wrap = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            width = min(self.width() - 48, 460)
            painter.drawText(QRectF((self.width() - width) / 2, 0, width, self.height()), wrap, self.hint)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_curve(self, painter: QPainter, curve: Curve) -> None:
        theme, values = self.theme, curve.y.tolist()
        points = [QPointF(self.x_of(x), self._y_of(y)) for x, y in zip(self.rates.tolist(), values, strict=True)]
        if curve.look == "dust":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(theme.panel, theme.quiet, 0.6))
            for point, y in zip(points, values, strict=True):
                if not self._is_above(y) and y >= self._heights[0]:
                    painter.drawEllipse(point, 1.6, 1.6)
            return
        color = theme.text if curve.look == "dashed" else theme.accent
        pen = QPen(color, 1.4 if curve.look == "dashed" else 2)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if curve.look == "dashed":
            pen.setDashPattern(_DASHES)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        many = len(points) > _FEW
        # A line of many points leaves through the top; of few, each point that is above has its arrow.
        first_above = next((i for i, y in enumerate(values) if many and self._is_above(y)), len(values))
        painter.drawPolyline(QPolygonF(points[: first_above + 1]))
        if many:
            return
        painter.setPen(QPen(color, 1.4))
        painter.setBrush(theme.panel if curve.look == "dashed" else color)
        for point, y in zip(points, values, strict=True):
            if self._is_above(y):
                painter.drawPolygon([point + QPointF(*d) for d in ((0, -4), (5, 4), (-5, 4))])
            else:
                painter.drawEllipse(point, 3.5, 3.5)

    def _solid_at(self, rate: float) -> float:
        solid = next(curve for curve in self.curves if curve.look == "solid")
        return float(solid.y[int(np.abs(np.log(self.rates / rate)).argmin())])

    def _paint_marks(self, painter: QPainter) -> None:
        theme, area = self.theme, self.area
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        low, high = self._range
        rows = 0
        for mark in (mark for mark in self.marks if low <= mark.rate <= high):
            x, width = self.x_of(mark.rate), metrics.horizontalAdvance(mark.text)
            if mark.ring:
                at = QPointF(x, self._y_of(self._solid_at(mark.rate)))
                painter.setPen(QPen(theme.text, 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, 7, 7)
                # Above a dip, beside a slope: the curve itself is elsewhere.
                slopes = self._solid_at(mark.rate * 1.2) < self._solid_at(mark.rate)
                top = at.y() - (4 if slopes else 13)
                left = x + 12 if slopes else min(max(x - width / 2, area.left() + 2), area.right() - width)
            else:
                pen = QPen(mix(theme.line, theme.quiet, 0.8), 1)
                pen.setDashPattern([2.0, 3.0])
                painter.setPen(pen)
                painter.drawLine(QPointF(round(x) + 0.5, area.top()), QPointF(round(x) + 0.5, area.bottom()))
                left, top = x + 4 if x + 6 + width < area.right() else x - 4 - width, area.top() + 12 + 14 * rows
                rows += 1
            self._paint_word(painter, QPointF(left, top), mark.text, width, theme.text if mark.ring else theme.quiet)

    def _paint_word(self, painter: QPainter, at: QPointF, text: str, width: int, color: QColor) -> None:
        painter.fillRect(QRectF(at.x() - 2, at.y() - 10, width + 4, 13), self.theme.panel)
        painter.setPen(color)
        painter.drawText(at, text)

    def _paint_cross_hair(self, painter: QPainter) -> None:
        if self._at is None:
            return
        area, x = self.area, self.x_of(float(self.rates[self._at]))
        painter.setPen(QPen(self.theme.quiet, 1))
        painter.drawLine(QPointF(round(x) + 0.5, area.top()), QPointF(round(x) + 0.5, area.bottom()))
        painter.setPen(QPen(self.theme.accent, 2))
        painter.setBrush(self.theme.panel)
        painter.drawEllipse(QPointF(x, self._y_of(self._solid_at(float(self.rates[self._at])))), 5, 5)

    def _paint_axes(self, painter: QPainter) -> None:
        theme, area, (low, high) = self.theme, self.area, self._heights
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        painter.setPen(theme.text if self._at is not None else theme.quiet)
        reading = metrics.elidedText(self.reading(), Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(QPointF(area.left(), 14), reading)
        most = max(min(int(area.height() / 32), 6), 1)
        step = ticks.nice_step(high - low, most)
        for value in ticks.nice_ticks(low, high, most):
            y = round(self._y_of(value)) + 0.5
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            text = ticks.tick_label(value, step)
            painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
        if self._zero and low < 0 < high:
            y = round(self._y_of(0.0)) + 0.5
            painter.setPen(QPen(theme.quiet, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            # At the end where the loss explodes: there the line of no change is free.
            at = area.right() - 4 - metrics.horizontalAdvance(self._zero)
            painter.drawText(QPointF(at, y - 6), self._zero)
        width = metrics.horizontalAdvance(self.vertical)
        painter.save()
        painter.translate(_AXIS, area.center().y() + width / 2)
        painter.rotate(-90)
        painter.drawText(QPointF(0, 0), self.vertical)
        painter.restore()
        if self._named:
            self._paint_rates(painter)

    def _paint_rates(self, painter: QPainter) -> None:
        area, metrics = self.area, painter.fontMetrics()
        low, high = (math.log10(value) for value in self._range)
        painter.setPen(self.theme.quiet)
        for exponent in ticks.log_ticks(low, high, max(int(area.width() / 56), 2)):
            text = ticks.log_label(exponent)
            width = metrics.horizontalAdvance(text)
            left = min(self.x_of(10**exponent) - width / 2, self.width() - width - 1)
            painter.drawText(QPointF(left, area.bottom() + 16), text)
        text = "Learning rate"
        painter.drawText(QPointF(area.center().x() - metrics.horizontalAdvance(text) / 2, area.bottom() + 32), text)

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, x = self.area, event.position().x()
        if not len(self.rates) or not area.left() - 8 <= x <= area.right() + 8:
            self.set_at(None)
            return
        places = np.array([self.x_of(rate) for rate in self.rates.tolist()])
        self.set_at(int(np.abs(places - x).argmin()))

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self.set_at(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, n = Qt.Key(event.key()), len(self.rates)
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key)
        if step is not None and n:
            self.set_at(n // 2 if self._at is None else self._at + step)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and n:
            self.set_at(0 if key == Qt.Key.Key_Home else n - 1)
        elif key == Qt.Key.Key_Escape and self._at is not None:
            self.set_at(None)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if not self.underMouse():
            self.set_at(None)
        super().focusOutEvent(event)
