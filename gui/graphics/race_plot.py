"""The losses of all lanes of a race on one axis, over epochs or over seconds of training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme

LEFT, TOP, RIGHT, BOTTOM = 46, 8, 12, 34
FLOOR = 1e-9
SMOOTH_TRAVEL = 6.0  # a line that goes up and down more than this many plot heights is noise
DASHES = ([], [6.0, 3.0], [2.0, 2.0], [8.0, 2.0, 2.0, 2.0], [12.0, 3.0], [1.0, 3.0])


@dataclass(frozen=True)
class Line:
    """One lane: ``x`` and ``y`` (m,), y a loss; ``which`` its place in the race, which gives its dashes.

    ``bold`` has it stand out; ``low`` and ``high`` (m,) are the edges of a band around it.
    """

    title: str
    color: QColor
    which: int
    x: NDArray
    y: NDArray
    bold: bool = False
    low: NDArray | None = None
    high: NDArray | None = None


class RacePlot(QWidget):
    """``pointed(object)``: the place on the horizontal axis under the pointer, or None."""

    pointed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._lines: tuple[Line, ...] = ()
        self._axis = "epoch"
        self._end = 1.0
        self._log = True
        self._at: float | None = None
        self.hint = ""
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Losses of the race")
        self.setToolTip("The loss of every lane. Point at it to read all of them at one place.")

    def sizeHint(self) -> QSize:
        return QSize(320, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def set_hint(self, hint: str) -> None:
        """What stands there while nothing races."""
        self.hint = hint
        self.update()

    def show_lines(self, lines: Sequence[Line], axis: str, end: float, log: bool = True) -> None:
        """Draw these over 0 to ``end`` of ``axis`` (its name), losses on a logarithmic axis or a linear one."""
        self._lines, self._axis, self._end, self._log = tuple(lines), axis, max(end, 1e-9), log
        self.update()

    @property
    def area(self) -> QRectF:
        return QRectF(LEFT, TOP, max(self.width() - LEFT - RIGHT, 1), max(self.height() - TOP - BOTTOM, 1))

    def _heights(self) -> tuple[float, float]:
        """What to show, in powers of ten where it is logarithmic: from the least (or 0) to the first losses, which explosions
        may not push away."""
        drawn = [line.y for line in self._lines] + [line.low for line in self._lines if line.low is not None]
        finite = [y[np.isfinite(y)] for y in drawn]
        lows = [float(y.min()) for y in finite if len(y)]
        firsts = [float(y[0]) for y in finite if len(y)]
        if not self._log:
            return 0.0, max(max(firsts, default=1.0) * 1.08, FLOOR)
        low = math.log10(max(min(lows, default=0.1), FLOOR))
        high = math.log10(max(max(firsts, default=1.0) * 1.4, FLOOR))
        return low - 0.08, max(high, low + 0.3)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.area
        painter.fillRect(self.rect(), self.theme.panel)
        if not self._lines:
            painter.setPen(self.theme.quiet)
            wrap = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(24, 0, -24, 0), wrap, self.hint)
            painter.end()
            return
        low, high = self._heights()
        self._paint_axes(painter, area, low, high)
        painter.setClipRect(area)
        for line in self._lines:
            self._paint_band(painter, area, low, high, line)
        for line in self._lines:
            self._paint_line(painter, area, low, high, line)
        if self._at is not None:
            x = round(area.left() + self._at / self._end * area.width()) + 0.5
            painter.setPen(QPen(self.theme.quiet, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.end()

    def _places(self, area: QRectF, low: float, high: float, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        """Where the points of a line are, without those that are no numbers."""
        with np.errstate(all="ignore"):
            xs = area.left() + x / self._end * area.width()
            heights = np.log10(np.clip(y, FLOOR, 1e12)) if self._log else np.minimum(y, 1e12)
            ys = area.bottom() - (np.minimum(heights, high + (high - low)) - low) / (high - low) * area.height()
        sound = np.isfinite(ys)
        return xs[sound], ys[sound]

    def _paint_band(self, painter: QPainter, area: QRectF, low: float, high: float, line: Line) -> None:
        if line.low is None or line.high is None:
            return
        below = zip(*self._places(area, low, high, line.x, line.low), strict=True)
        above = zip(*self._places(area, low, high, line.x, line.high), strict=True)
        color = QColor(line.color)
        color.setAlphaF(0.18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([QPointF(*p) for p in below] + [QPointF(*p) for p in above][::-1]))
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_line(self, painter: QPainter, area: QRectF, low: float, high: float, line: Line) -> None:
        xs, ys = self._places(area, low, high, line.x, line.y)
        # Smooth and thick where it is a line, thin and plain where noise makes it an area, at a tenth of the cost.
        smooth = np.abs(np.diff(ys)).sum() < SMOOTH_TRAVEL * area.height()
        pen = QPen(line.color, (3.6 if line.bold else 1.8) if smooth else (1.8 if line.bold else 1.0))
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
        dashes = DASHES[line.which % len(DASHES)]
        if dashes and smooth:
            pen.setDashPattern([dash / 2 for dash in dashes] if line.bold else dashes)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, bool(smooth))
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(list(map(QPointF, xs.tolist(), ys.tolist()))))

    def _paint_axes(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        painter.setFont(fonts.figures(CAPTION_PX))
        metrics = painter.fontMetrics()
        rows = max(int(area.height() / 30), 2)
        for height in ticks.log_ticks(low, high, rows) if self._log else ticks.nice_ticks(low, high, rows):
            y = round(area.bottom() - (height - low) / (high - low) * area.height()) + 0.5
            painter.setPen(QPen(self.theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self.theme.quiet)
            text = ticks.log_label(height) if self._log else ticks.tick_label(height, ticks.nice_step(high - low, rows))
            painter.drawText(QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + 4), text)
        room = max(int(area.width() / 56), 2)
        step = ticks.nice_step(self._end, room)
        for value in ticks.nice_ticks(0, self._end, room):
            text = ticks.tick_label(value, step)
            width = metrics.horizontalAdvance(text)
            x = area.left() + value / self._end * area.width() - width / 2
            painter.drawText(QPointF(min(x, self.width() - width - 1), area.bottom() + 15), text)
        width = metrics.horizontalAdvance(self._axis)
        painter.drawText(QPointF(area.center().x() - width / 2, self.height() - 3), self._axis)

    # --- pointer --------------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        area, x = self.area, event.position().x()
        self._point((x - area.left()) / area.width() * self._end if area.left() <= x <= area.right() else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._point(None)
        super().leaveEvent(event)

    def _point(self, at: float | None) -> None:
        if at != self._at:
            self._at = at
            self.pointed.emit(at)
            self.update()


def paint_swatch(painter: QPainter, at: QPointF, color: QColor, which: int, bold: bool = False) -> None:
    """A piece of the line of the lane at place ``which``, 22 pixels long, from ``at`` to the right."""
    width = 4 if bold else 2
    pen = QPen(color, width)
    if dashes := DASHES[which % len(DASHES)]:
        pen.setDashPattern([dash * 1.5 / width for dash in dashes])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawLine(at, at + QPointF(22, 0))
