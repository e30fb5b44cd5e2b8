"""Slices: the objective against each hyperparameter, in small multiples over one scale."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics.trial_plot import DOT, NEAR, TrialPlot
from gui.theme import Theme

EMPTY = "The objective against each setting will stand here, once a trial is finished."
_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 12, 16, 40


class ScatterPlot(TrialPlot):
    """Trials as dots in one or more boxes. A subclass gives the boxes, and the columns of the two axes of each."""

    def boxes(self) -> list[QRectF]:
        """Where the dots may lie."""
        raise NotImplementedError

    def columns(self, panel: int) -> tuple[int, int]:
        """The columns of ``Trials.places`` on the axes of a box: across and up."""
        raise NotImplementedError

    def at(self, row: int, panel: int, box: QRectF) -> QPointF | None:
        """Where a trial lies in a box, None where it has no value there."""
        assert self.trials is not None
        across, up = self.columns(panel)
        x, y = self.trials.places[row, across], self.trials.places[row, up]
        if math.isnan(x) or math.isnan(y):
            return None
        return QPointF(box.left() + x * box.width(), box.bottom() - y * box.height())

    def paint_dots(self, painter: QPainter, panel: int, box: QRectF) -> None:
        """All of them, the best on top."""
        assert self.trials is not None
        for row in reversed(self.trials.best_first):
            point = self.at(row, panel, box)
            if point is not None:
                self.paint_dot(painter, point, float(self.trials.rank[row]))

    def paint_lit(self, painter: QPainter) -> None:
        assert self.trials is not None
        for panel, box in enumerate(self.boxes()):
            for number in (self.hovered, self.selected):
                row = self.trials.rows.get(number)
                point = self.at(row, panel, box) if row is not None and math.isfinite(self.trials.rank[row]) else None
                if point is not None and row is not None:
                    self.paint_dot(painter, point, float(self.trials.rank[row]), DOT + 1)
                    self.paint_ring(painter, point, number == self.selected)

    def hit(self, at: QPointF) -> int:
        best, least = -1, NEAR
        if self.trials is None:
            return -1
        for panel, box in enumerate(self.boxes()):
            if not box.adjusted(-NEAR, -NEAR, NEAR, NEAR).contains(at):
                continue
            for row in self.trials.best_first:
                point = self.at(row, panel, box)
                if point is not None:
                    distance = math.hypot(point.x() - at.x(), point.y() - at.y())
                    if distance < least:
                        best, least = self.trials.view.trials[row].number, distance
        return best

    def spot(self, number: int) -> QRectF:
        """Its dot in the box that the pointer is in, or in the first."""
        if self.trials is None or number not in self.trials.rows:
            return QRectF()
        pointer = QPointF(self.mapFromGlobal(self.cursor().pos()))
        boxes = list(enumerate(self.boxes()))
        panel, box = next(((i, b) for i, b in boxes if b.adjusted(-9, -9, 9, 9).contains(pointer)), boxes[0])
        point = self.at(self.trials.rows[number], panel, box)
        return QRectF() if point is None else QRectF(point.x() - 7, point.y() - 7, 14, 14)


class SlicePlot(ScatterPlot):
    """One box for each hyperparameter."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Slices", EMPTY, parent)

    def columns(self, panel: int) -> tuple[int, int]:
        assert self.trials is not None
        return panel, len(self.trials.axes)

    def boxes(self) -> list[QRectF]:
        n = len(self.trials.axes) if self.trials is not None else 0
        if not n:
            return []
        # As near to 4:3 as the room lets them be, and few places left empty.
        top = 24
        width, height = self.width(), self.height() - top

        def cost(columns: int) -> float:
            rows = -(-n // columns)
            return abs(math.log(width / columns / (height / rows) / 1.33)) + 2 * (rows * columns - n) / n

        columns = min(range(1, n + 1), key=cost)
        w, h = width / columns, height / -(-n // columns)
        return [
            QRectF(
                (i % columns) * w + _LEFT,
                top + (i // columns) * h + _TOP,
                max(w - _LEFT - _RIGHT, 8),
                max(h - _TOP - _BOTTOM, 8),
            )
            for i in range(n)
        ]

    def paint_still(self, painter: QPainter) -> None:
        assert self.trials is not None
        for panel, box in enumerate(self.boxes()):
            self.paint_frame(painter, box, self.trials.axes[panel], self.trials.goal_axes[0], 4, name_y=False)
            self.paint_dots(painter, panel, box)
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        painter.setPen(self.theme.text)
        painter.drawText(
            QRectF(0, 0, 400, 20), Qt.AlignmentFlag.AlignVCenter, f"{self.trials.goals[0]}, upwards in each"
        )
        self.paint_ramp(painter, QPointF(self.width() - 12, 0))
