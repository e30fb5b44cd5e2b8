"""Functions and their slopes on one axis, with the weighted sums of a layer under them, and a cross-hair that reads.

What training does not change is kept in one pixmap; a live frame is that pixmap, some bars and some ticks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.graphics import function_paint as paint
from gui.graphics.function_paint import HISTOGRAM_SHARE, RIGHT, Axes, Curve, Sums
from gui.theme import Theme, mix

ZOOMS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)  # half the width of the view
USUAL_ZOOM = 5.0
LEFT, TOP, BOTTOM = 40, 8, 26
KEY_STEP = 0.1


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
        return self.axes.z

    @property
    def sums(self) -> Sums | None:
        """What lies under the curves."""
        return self._sums

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
        return low - margin - HISTOGRAM_SHARE / (1 - HISTOGRAM_SHARE) * (high - low + 2 * margin), high + margin

    @property
    def axes(self) -> Axes:
        """What the plot shows now, and where."""
        area = QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))
        return Axes(area, self.half, *self._heights, self.theme)

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._static is None or self._static.devicePixelRatio() != self.devicePixelRatioF():
            self._static = self._paint_static()
        painter = QPainter(self)
        painter.drawPixmap(QPointF(0, 0), self._static)
        axes = self.axes
        if self._sums is not None:
            paint.paint_sums(painter, axes, self._sums)
            paint.paint_rug(painter, axes, self._sums, self._curves, self.devicePixelRatioF())
        if self._at is not None:
            paint.paint_crosshair(painter, axes, self._at, self._curves, self._selected)
            paint.paint_table(painter, axes, self._at, self._curves, self._selected)
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
        axes = self.axes
        paint.paint_axes(painter, axes)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(axes.area.adjusted(0, 0, 0, -axes.strip.height()))
        for curve in sorted(self._curves, key=lambda curve: curve.key == self._selected):
            strong = curve.key == self._selected
            color = curve.color if strong else mix(self.theme.panel, curve.color, 0.72)
            paint.paint_line(painter, axes, curve.slope, color, 1.6 if strong else 1.0, dashed=True)
            paint.paint_line(painter, axes, curve.f, color, 2.6 if strong else 1.4)
        painter.end()
        return result

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        axes = self.axes
        inside = axes.area.adjusted(-1, -1, 1, 1).contains(event.position())
        self.set_at(axes.z_of(event.position().x()) if inside else None)

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
