"""Functions and their slopes on one axis, with the weighted sums of a layer under them, and a cross-hair that reads.

What training does not change is kept in one pixmap; a live frame is that pixmap, some bars and some ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme, mix

ZOOMS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)  # half the width of the view
USUAL_ZOOM = 5.0
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 8, 26
POINTS = 601
BINS = 60
HISTOGRAM_SHARE = 0.2  # of the height, for the tallest bar
MOST_TICKS = 240  # of the rug
KEY_STEP = 0.1
ROW, NAME, FIGURE = 16, 88, 60  # of the table of values


@dataclass(frozen=True)
class Curve:
    """One function: ``f`` and ``slope`` at the plot's :attr:`FunctionPlot.z`, both (POINTS,)."""

    key: str
    title: str
    color: QColor
    f: NDArray
    slope: NDArray


@dataclass(frozen=True)
class Sums:
    """What lies under the curve: ``values`` (n,) weighted sums, the function they go into, and which places are flat.

    ``flat`` (BINS,) is True for the bins whose middle lies in the flat part of the function.
    """

    values: NDArray
    key: str
    flat: NDArray


class FunctionPlot(QWidget):
    """f solid and f′ dashed. ``moved(object)``: the z of the cross-hair, None when there is none; ``zoomed()``."""

    moved = Signal(object)
    zoomed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.half = USUAL_ZOOM
        self._curves: tuple[Curve, ...] = ()
        self._selected = ""
        self._sums: Sums | None = None
        self._bars = np.zeros(BINS)
        self._rug = np.empty(0)
        self._beyond = (0.0, 0.0)
        self._at: float | None = None
        self._heights = (-1.2, 1.2)
        self._static: QPixmap | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty("keeps_keys", True)  # the arrows move the cross-hair
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Functions and their slopes")
        self.setToolTip(
            "Solid is f, dashed its slope f′. Point at it, or use the arrow keys, to read values; the wheel zooms."
        )

    def sizeHint(self) -> QSize:
        return QSize(560, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 180)

    # --- what it shows --------------------------------------------------------------------------------------------

    @property
    def z(self) -> NDArray:
        """The places at which curves are drawn, (POINTS,)."""
        return np.linspace(-self.half, self.half, POINTS)

    @property
    def middles(self) -> NDArray:
        """The middle of every bin of the histogram, (BINS,)."""
        return (np.arange(BINS) + 0.5) * (2 * self.half / BINS) - self.half

    @property
    def bars(self) -> NDArray:
        """The share of all sums in each bin, (BINS,)."""
        return self._bars

    @property
    def at(self) -> float | None:
        """Where the cross-hair stands."""
        return self._at

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours; the owner gives the curves anew."""
        self.theme, self._static = theme, None
        self.update()

    def set_curves(self, curves: Sequence[Curve], selected: str) -> None:
        """Draw these; the ``selected`` one strongest and on top."""
        self._curves, self._selected, self._static = tuple(curves), selected, None
        self._heights = self._fitting_heights()
        self.update()

    def set_sums(self, sums: Sums | None) -> None:
        """The weighted sums of a layer, for the histogram and the rug; None for none."""
        self._sums = sums
        if sums is not None and len(sums.values):
            values = np.nan_to_num(sums.values, nan=0.0)
            counts, _ = np.histogram(values, BINS, (-self.half, self.half))
            self._bars = counts / len(values)
            self._beyond = float((values < -self.half).mean()), float((values > self.half).mean())
            self._rug = values[:: -(-len(values) // MOST_TICKS)]
        else:
            self._bars, self._rug, self._beyond = np.zeros(BINS), np.empty(0), (0.0, 0.0)
        self.update()

    def set_at(self, z: float | None) -> None:
        """Move the cross-hair, or take it away."""
        z = None if z is None else min(max(z, -self.half), self.half)
        if z != self._at:
            self._at = z
            self.moved.emit(z)
            self.update()

    def set_half(self, half: float) -> None:
        """Show −half to half; the owner gives curves and sums anew."""
        if half != self.half:
            self.half, self._static = half, None
            self.zoomed.emit()
            self.update()

    def _fitting_heights(self) -> tuple[float, float]:
        """All of what is bounded; what grows without end may leave the picture, else nothing else would be seen."""
        seen = [y[np.isfinite(y)] for curve in self._curves for y in (curve.f, curve.slope)]
        most = max(2.2, 0.6 * self.half)
        low = min([-0.1, *(float(y.min()) for y in seen if len(y))])
        high = max([1.0, *(float(y.max()) for y in seen if len(y))])
        low, high = max(low, -most), min(high, most)
        margin = 0.06 * (high - low)
        # The strip at the foot is the histogram's, so that no curve runs through its bars.
        return low - margin - HISTOGRAM_SHARE / (1 - HISTOGRAM_SHARE) * (high - low + 2 * margin), high + margin

    # --- geometry -------------------------------------------------------------------------------------------------

    @property
    def area(self) -> QRectF:
        """Where the curves are."""
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def x_of(self, z: float) -> float:
        """Where ``z`` is, in the widget's coordinates."""
        area = self.area
        return area.left() + (z + self.half) / (2 * self.half) * area.width()

    def y_of(self, value: float) -> float:
        low, high = self._heights
        return self.area.bottom() - (value - low) / (high - low) * self.area.height()

    def z_of(self, x: float) -> float:
        area = self.area
        return -self.half + (x - area.left()) / area.width() * 2 * self.half

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._static is None or self._static.devicePixelRatio() != self.devicePixelRatioF():
            self._static = self._paint_static()
        painter = QPainter(self)
        painter.drawPixmap(QPointF(0, 0), self._static)
        if self._sums is not None:
            self._paint_sums(painter, self._sums)
            self._paint_rug(painter, self._sums)
        if self._at is not None:
            self._paint_crosshair(painter, self._at)
            self._paint_table(painter, self._at)
        if self.hasFocus():
            painter.setPen(QPen(self.theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_static(self) -> QPixmap:
        """Axes and curves; the strip of the histogram is left free."""
        ratio = self.devicePixelRatioF()
        result = QPixmap(max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1))
        result.setDevicePixelRatio(ratio)
        result.fill(self.theme.panel)
        painter = QPainter(result)
        self._paint_axes(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.area.adjusted(0, 0, 0, -HISTOGRAM_SHARE * self.area.height()))
        for curve in sorted(self._curves, key=lambda curve: curve.key == self._selected):
            strong = curve.key == self._selected
            color = curve.color if strong else mix(self.theme.panel, curve.color, 0.72)
            self._paint_line(painter, curve.slope, color, 1.6 if strong else 1.0, dashed=True)
            self._paint_line(painter, curve.f, color, 2.6 if strong else 1.4)
        painter.end()
        return result

    def _paint_axes(self, painter: QPainter) -> None:
        area, (low, high) = self.area, self._heights
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        step = ticks.nice_step(high - low, max(int(area.height() / 44), 2))
        for value in ticks.nice_ticks(low, high, max(int(area.height() / 44), 2)):
            if value < low + HISTOGRAM_SHARE * (high - low):
                continue
            y = round(self.y_of(value)) + 0.5
            painter.setPen(QPen(mix(self.theme.line, self.theme.quiet, 0.5) if value == 0 else self.theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self.theme.quiet)
            text = ticks.tick_label(value, step)
            painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
        step = ticks.nice_step(2 * self.half, 10)
        for value in ticks.nice_ticks(-self.half, self.half, 10):
            x = round(self.x_of(value)) + 0.5
            if value == 0:
                painter.setPen(QPen(mix(self.theme.line, self.theme.quiet, 0.5), 1))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(self.theme.quiet)
            text = ticks.tick_label(value, step)
            width = metrics.horizontalAdvance(text)
            left = min(x - width / 2, self.width() - width - 1)
            painter.drawText(QPointF(left, area.bottom() + 16), text)
        painter.drawText(QPointF(4, area.bottom() + 16), "z")

    def _paint_line(self, painter: QPainter, y: NDArray, color: QColor, width: float, dashed: bool = False) -> None:
        pen = QPen(color, width)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        if dashed:
            pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        area, (low, high) = self.area, self._heights
        xs = area.left() + np.arange(POINTS) / (POINTS - 1) * area.width()
        with np.errstate(all="ignore"):
            ys = (
                area.bottom()
                - (np.clip(y, low - 9 * (high - low), high + 9 * (high - low)) - low) / (high - low) * area.height()
            )
            # A jump, as the step's, is no slope: the line is interrupted there.
            broken = ~np.isfinite(ys) | (np.abs(np.diff(ys, prepend=ys[0])) > 0.2 * area.height())
        path, start = QPainterPath(), True
        for x, place, gap in zip(xs.tolist(), ys.tolist(), broken.tolist(), strict=True):
            if place != place:
                start = True
                continue
            if start or gap:
                path.moveTo(x, place)
            else:
                path.lineTo(x, place)
            start = False
        painter.drawPath(path)

    def _paint_sums(self, painter: QPainter, sums: Sums) -> None:
        """Bars from the foot: full where a gradient passes, hollow in the flat part."""
        area = self.area
        peak = max(float(self._bars.max(initial=0.0)), 1e-9)
        width = area.width() / BINS
        fill, edge = mix(self.theme.panel, self.theme.quiet, 0.35), mix(self.theme.panel, self.theme.quiet, 0.6)
        for i in np.flatnonzero(self._bars).tolist():
            height = self._bars[i] / peak * HISTOGRAM_SHARE * area.height()
            bar = QRectF(area.left() + i * width + 0.5, area.bottom() - height, width - 1, height)
            if sums.flat[i]:
                painter.setPen(QPen(edge, 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5))
            else:
                painter.fillRect(bar, fill)
        painter.setFont(fonts.figures(CAPTION_PX))
        painter.setPen(self.theme.quiet)
        for share, right in zip(self._beyond, (False, True), strict=True):
            if share >= 0.0005:
                text = f"{ticks.percent(share)} ▸" if right else f"◂ {ticks.percent(share)}"
                width = painter.fontMetrics().horizontalAdvance(text)
                x = area.right() - width - 2 if right else area.left() + 2
                painter.drawText(QPointF(x, area.bottom() - HISTOGRAM_SHARE * area.height() + 4), text)

    def _paint_rug(self, painter: QPainter, sums: Sums) -> None:
        """Single sums: ticks at the foot, and dots where they lie on their function."""
        inside = self._rug[np.abs(self._rug) <= self.half]
        if not len(inside):
            return
        foot = self.area.bottom()
        painter.setPen(QPen(mix(self.theme.panel, self.theme.text, 0.6), 1))
        painter.drawLines([QLineF(x, foot, x, foot + 5) for x in map(self.x_of, inside.tolist())])
        curve = next((curve for curve in self._curves if curve.key == sums.key), None)
        if curve is None:
            return
        # The same small picture at every place: several times as fast as drawing so many circles.
        dot = self._dot(curve.color)
        half = dot.deviceIndependentSize().width() / 2
        some = inside[: MOST_TICKS // 3]
        painter.setClipRect(self.area)
        for z, f in zip(some.tolist(), np.interp(some, self.z, curve.f).tolist(), strict=True):
            if f == f:
                painter.drawPixmap(QPointF(self.x_of(z) - half, self.y_of(f) - half), dot)
        painter.setClipping(False)

    def _dot(self, color: QColor) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(7 * ratio), round(7 * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.panel, 0.8))
        painter.setBrush(color)
        middle = pixmap.deviceIndependentSize().width() / 2
        painter.drawEllipse(QPointF(middle, middle), 2.4, 2.4)
        painter.end()
        return pixmap

    def _paint_crosshair(self, painter: QPainter, z: float) -> None:
        area, x = self.area, self.x_of(z)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(self.theme.quiet, 1))
        painter.drawLine(QPointF(round(x) + 0.5, area.top()), QPointF(round(x) + 0.5, area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area)
        for curve in self._curves:
            strong = curve.key == self._selected
            for y, hollow in ((curve.f, False), (curve.slope, True)):
                value = float(np.interp(z, self.z, y))
                if value == value:
                    painter.setPen(QPen(curve.color, 1.6))
                    painter.setBrush(self.theme.panel if hollow else curve.color)
                    painter.drawEllipse(QPointF(x, self.y_of(value)), *((4.0, 4.0) if strong else (2.4, 2.4)))
        painter.setClipping(False)

    def _paint_table(self, painter: QPainter, z: float) -> None:
        """f and f′ of everything drawn, in the upper corner that the cross-hair is not in."""
        rows = [(c, *(float(np.interp(z, self.z, y)) for y in (c.f, c.slope))) for c in self._curves]
        width, height = 20 + NAME + 2 * FIGURE + 8, (len(rows) + 1) * ROW + 6
        left = self.area.right() - width if z < 0 else self.area.left()
        box = QRectF(left, self.area.top() + 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.line, 1))
        painter.setBrush(self.theme.panel)
        painter.drawRoundedRect(box, 4, 4)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        figures, names = fonts.figures(CAPTION_PX), fonts.caption()
        painter.setFont(names)
        painter.setPen(self.theme.quiet)
        for place, word in enumerate(("f", "f′")):
            head = QRectF(left + 24 + NAME + place * FIGURE, box.top() + 2, FIGURE, ROW)
            painter.drawText(head, right, word)
        for row, (curve, f, slope) in enumerate(rows, 1):
            strong = curve.key == self._selected
            top = box.top() + 2 + row * ROW
            painter.setPen(QPen(curve.color, 2.4 if strong else 1.4))
            painter.drawLine(QPointF(left + 6, top + ROW / 2), QPointF(left + 20, top + ROW / 2))
            painter.setFont(fonts.caption(fonts.SEMIBOLD) if strong else names)
            painter.setPen(self.theme.text)
            title = painter.fontMetrics().elidedText(curve.title, Qt.TextElideMode.ElideRight, NAME)
            painter.drawText(QRectF(left + 24, top, NAME, ROW), Qt.AlignmentFlag.AlignVCenter, title)
            painter.setFont(figures)
            for place, value in enumerate((f, slope)):
                painter.drawText(QRectF(left + 24 + NAME + place * FIGURE, top, FIGURE, ROW), right, ticks.short(value))

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        inside = self.area.adjusted(-1, -1, 1, 1).contains(event.position())
        self.set_at(self.z_of(event.position().x()) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self.set_at(None)
        super().leaveEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.set_half(USUAL_ZOOM)

    def wheelEvent(self, event: QWheelEvent) -> None:
        direction = event.angleDelta().y()
        place = ZOOMS.index(self.half)
        if direction:
            self.set_half(ZOOMS[min(max(place + (-1 if direction > 0 else 1), 0), len(ZOOMS) - 1)])
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, zoom = Qt.Key(event.key()), ZOOMS.index(self.half)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            unit = KEY_STEP * self.half / USUAL_ZOOM
            steps = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            place = round((self._at or 0.0) / unit) + (steps if key == Qt.Key.Key_Right else -steps)
            self.set_at(place * unit)
        elif key == Qt.Key.Key_Home:
            self.set_at(0.0)
        elif key == Qt.Key.Key_Plus and zoom > 0:
            self.set_half(ZOOMS[zoom - 1])
        elif key == Qt.Key.Key_Minus and zoom + 1 < len(ZOOMS):
            self.set_half(ZOOMS[zoom + 1])
        elif key == Qt.Key.Key_Escape and self._at is not None:
            self.set_at(None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self._at is None and event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.set_at(0.0)
        super().focusInEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._static = None
