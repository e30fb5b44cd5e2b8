"""A histogram of weights around zero: those of now as bars, those of the start as an outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from gui import fonts
from gui.graphics import ticks
from gui.theme import CAPTION_PX, Theme

TOP, BOTTOM, LEFT, RIGHT = 24, 22, 44, 8
_NOTHING = np.empty(0, np.int64)


class Histogram(QWidget):
    """Bars from −``reach`` to ``reach``: blue above zero, orange below, grey around it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.now = self.start = _NOTHING
        self.reach, self.clipped = 1.0, False
        self.setFont(fonts.figures(CAPTION_PX))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Histogram of the weights")

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def set_counts(self, reach: float, now: NDArray, start: NDArray | None, clipped: bool = False) -> None:
        """Show these counts (n,), n odd; without ``start`` no outline. ``clipped``: some lie beyond ``reach``."""
        start = _NOTHING if start is None else start
        same = (
            (reach, clipped) == (self.reach, self.clipped)
            and np.array_equal(now, self.now)
            and np.array_equal(start, self.start)
        )
        if not same:
            self.reach, self.clipped, self.now, self.start = reach, clipped, now, start
            self.update()

    def minimumSizeHint(self) -> QSize:
        return QSize(148, 96)

    def sizeHint(self) -> QSize:
        return QSize(320, 150)

    def text_at(self, x: float) -> str:
        """What the bar at ``x`` counts; empty beside the bars."""
        n, width = len(self.now), self.width() - LEFT - RIGHT
        place = int((x - LEFT) * n // width) if width > 0 and x >= LEFT else -1
        if not 0 <= place < n:
            return ""
        edges = [ticks.short(self.reach * (2 * (place + side) / n - 1)) for side in (0, 1)]
        start = f", {self.start[place]:,} at the start" if len(self.start) else ""
        return f"{edges[0]} to {edges[1]}: {self.now[place]:,} weights{start}"

    # --- Qt -------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.text_at(event.pos().x()) or self.toolTip(), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)
        highest = int(max(self.now.max(initial=1), self.start.max(initial=1)))
        self._axes(painter, area, highest)
        if len(self.now):
            self._bars(painter, area, highest)
        if len(self.start):
            self._outline(painter, area, highest)
        self._legend(painter)
        painter.end()

    def _axes(self, painter: QPainter, area: QRectF, highest: int) -> None:
        theme, metrics = self.theme, self.fontMetrics()
        for count in ticks.nice_ticks(0, highest, max(int(area.height() / 30), 1)):
            if count != int(count):
                continue
            y = round(area.bottom() - area.height() * count / highest) + 0.5
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme.quiet)
            text = f"{int(count):,}"
            painter.drawText(
                QPointF(area.left() - 6 - metrics.horizontalAdvance(text), y + metrics.ascent() / 2 - 1), text
            )
        painter.setPen(theme.quiet)
        below, above = ("≤ ", "≥ ") if self.clipped else ("", "")
        for share, text in ((0.0, f"{below}{ticks.MINUS}{self.reach:g}"), (0.5, "0"), (1.0, f"{above}{self.reach:g}")):
            width = metrics.horizontalAdvance(text)
            x = area.left() + share * area.width() - width * share
            painter.drawText(QPointF(x, area.bottom() + metrics.ascent() + 5), text)

    def _bars(self, painter: QPainter, area: QRectF, highest: int) -> None:
        theme, n = self.theme, len(self.now)
        middle, step = n // 2, area.width() / n
        for place in np.flatnonzero(self.now).tolist():
            color = theme.quiet if place == middle else theme.positive if place > middle else theme.negative
            height = max(area.height() * self.now[place] / highest, 1.0)
            left, right = round(area.left() + place * step), round(area.left() + (place + 1) * step)
            painter.fillRect(QRectF(left, area.bottom() - height, max(right - left - 1, 1), height), color)

    def _outline(self, painter: QPainter, area: QRectF, highest: int) -> None:
        n = len(self.start)
        x = np.repeat(area.left() + np.arange(n + 1) * area.width() / n, 2)
        tops = area.bottom() - area.height() * np.repeat(self.start, 2) / highest
        y = np.concatenate([[area.bottom()], tops, [area.bottom()]])
        painter.setPen(QPen(self.theme.text, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(list(map(QPointF, x.tolist(), y.tolist()))))

    def _legend(self, painter: QPainter) -> None:
        theme, metrics = self.theme, self.fontMetrics()
        baseline, x = 14.0, float(LEFT)
        for color in (theme.negative, theme.quiet, theme.positive):
            painter.fillRect(QRectF(x, baseline - 8, 5, 8), color)
            x += 6
        entries = (("now", False), ("start", True)) if len(self.start) else (("now", False),)
        for text, outlined in entries:
            if outlined:
                painter.setPen(QPen(theme.text, 1.2))
                painter.drawRect(QRectF(x + 0.5, baseline - 8.5, 14, 8))
                x += 15
            painter.setPen(theme.quiet)
            painter.drawText(QPointF(x + 5, baseline), text)
            x += 5 + metrics.horizontalAdvance(text) + 14
