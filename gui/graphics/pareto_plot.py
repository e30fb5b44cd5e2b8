"""The Pareto front of two objectives: trials that no other one beats in both."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics.slice_plot import ScatterPlot
from gui.graphics.trial_axes import higher_is_better
from gui.theme import Theme, mix

EMPTY = "Every finished trial will be a dot between its two objectives, and those that no other one beats the front."
ONE = "This study looks for one thing only. A new study with the objective Accuracy against parameters has a front."


class ParetoPlot(ScatterPlot):
    """The second objective across, the first one up."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Pareto front", EMPTY, parent)

    def lacks(self) -> str:
        if self.trials is not None and len(self.trials.goals) < 2:
            return ONE
        return super().lacks()

    def columns(self, panel: int) -> tuple[int, int]:
        assert self.trials is not None
        first = len(self.trials.axes)
        return first + 1, first

    def boxes(self) -> list[QRectF]:
        return [QRectF(84, 32, max(self.width() - 84 - 24, 20), max(self.height() - 32 - 44, 20))]

    def front(self) -> list[int]:
        """Rows on the front, by the second objective."""
        assert self.trials is not None
        rows = [self.trials.rows[n] for n in self.trials.view.best if n in self.trials.rows]
        rows = [row for row in rows if math.isfinite(self.trials.values[row].sum())]
        return sorted(rows, key=lambda row: float(self.trials.values[row, 1]))  # type: ignore[union-attr]

    def paint_still(self, painter: QPainter) -> None:
        trials, box = self.trials, self.boxes()[0]
        assert trials is not None
        up, across = trials.goal_axes
        self.paint_frame(painter, box, across, up, 6)
        front = self.front()
        points = [point for row in front if (point := self.at(row, 0, box)) is not None]
        steps = []
        for i, point in enumerate(points):
            if i:
                steps.append(QPointF(point.x(), points[i - 1].y()))
            steps.append(point)
        painter.setPen(QPen(self.theme.ink(self.theme.accent, ratio=3.0), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(steps))
        on_front = set(front)
        for row in trials.best_first:
            point = self.at(row, 0, box)
            if point is not None and row not in on_front:
                painter.setPen(QPen(self.theme.panel, 1))
                painter.setBrush(mix(self.theme.panel, self.theme.quiet, 0.6))
                painter.drawEllipse(point, 3.5, 3.5)
        for point in points:
            painter.setPen(QPen(self.theme.panel, 1))
            painter.setBrush(self.theme.accent)
            painter.drawPolygon(_diamond(point, 6.5))
        self._paint_key(painter, box)
        more = "more" if higher_is_better(up.goal) else "less"
        self.setAccessibleDescription(
            f"{len(points)} trials on the front: {more} {up.label.lower()} needs more parameters."
        )

    def _paint_key(self, painter: QPainter, box: QRectF) -> None:
        """What the two marks mean."""
        painter.setFont(fonts.caption())
        y, x = 12.0, box.right() - 190
        for word, at in (("on the front", x), ("beaten", x + 120)):
            painter.setPen(Qt.PenStyle.NoPen)
            if word == "on the front":
                painter.setBrush(self.theme.accent)
                painter.drawPolygon(_diamond(QPointF(at, y), 6))
            else:
                painter.setBrush(mix(self.theme.panel, self.theme.quiet, 0.6))
                painter.drawEllipse(QPointF(at, y), 3.5, 3.5)
            painter.setPen(self.theme.quiet)
            painter.drawText(QRectF(at + 12, y - 8, 108, 16), Qt.AlignmentFlag.AlignVCenter, word)


def _diamond(at: QPointF, r: float) -> QPolygonF:
    return QPolygonF([at + QPointF(0, -r), at + QPointF(r, 0), at + QPointF(0, r), at + QPointF(-r, 0)])
