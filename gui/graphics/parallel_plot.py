"""Parallel coordinates: an axis for each hyperparameter and objective, and a line through them for every trial."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics.trial_axes import Axis, Trials
from gui.graphics.trial_plot import NEAR, TrialPlot, rank_color
from gui.theme import Theme, mix

EMPTY = "Every finished trial will be a line through its settings, the best ones strongest."
_AXIS = 10  # so near to an axis a drag begins a brush
_SHORT = 4  # a drag shorter than this is a click
_STEP = 0.05
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 96, 64, 32


class ParallelPlot(TrialPlot):
    """Dragging along an axis brushes it: only trials through every brush stay lit. ``brushed(int)``: so many they are.

    By key: Page Up and Page Down choose an axis, Shift+Up and Shift+Down brush it from below and from above, Escape clears.
    """

    brushed = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Parallel coordinates", EMPTY, parent)
        self.brushes: dict[int, tuple[float, float]] = {}
        self.axis = 0
        self._drag: tuple[int, float] | None = None
        self._names: tuple[str, ...] = ()

    # --- what it shows --------------------------------------------------------------------------------------------

    def show_trials(self, trials: Trials | None) -> None:
        names = () if trials is None else tuple(axis.name for axis in (*trials.axes, *trials.goal_axes))
        if names != self._names:
            self._names, self.brushes, self.axis = names, {}, 0
        super().show_trials(trials)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The hyperparameters, then the objectives."""
        return () if self.trials is None else (*self.trials.axes, *self.trials.goal_axes)

    def kept(self) -> NDArray:
        """(n,) which trials have a value and go through every brush."""
        assert self.trials is not None
        result = np.isfinite(self.trials.values[:, 0])
        for column, (low, high) in self.brushes.items():
            with np.errstate(invalid="ignore"):
                places = self.trials.places[:, column]
                result &= (places >= low) & (places <= high)
        return result

    def clear(self) -> None:
        """Take every brush away."""
        if self.brushes:
            self.brushes = {}
            self._changed()

    def brush(self, column: int, low: float, high: float) -> None:
        """Keep what lies between two places 0..1 of an axis."""
        self.brushes[column] = (max(min(low, high), 0.0), min(max(low, high), 1.0))
        self._changed()

    def _changed(self) -> None:
        self._still = None
        self.update()
        self.brushed.emit(int(self.kept().sum()) if self.trials is not None else 0)

    # --- geometry -------------------------------------------------------------------------------------------------

    def _x(self, column: int) -> float:
        n = len(self.axes)
        return _LEFT + (self.width() - _LEFT - _RIGHT) * (column / (n - 1) if n > 1 else 0.5)

    def _y(self, place: float) -> float:
        return self.height() - _BOTTOM - place * (self.height() - _TOP - _BOTTOM)

    def _place(self, y: float) -> float:
        return (self.height() - _BOTTOM - y) / max(self.height() - _TOP - _BOTTOM, 1)

    def points(self, row: int) -> list[QPointF]:
        """Where the line of a trial bends; axes for which it has no value are skipped."""
        assert self.trials is not None
        places = self.trials.places[row]
        return [QPointF(self._x(c), self._y(p)) for c, p in enumerate(places) if not math.isnan(p)]

    def hit(self, at: QPointF) -> int:
        if self.trials is None or len(self.axes) < 2:
            return -1
        rows = np.flatnonzero(self.kept())
        xs = np.array([self._x(c) for c in range(len(self.axes))])
        left = int(np.clip(np.searchsorted(xs, at.x()) - 1, 0, len(xs) - 2))
        share = (at.x() - xs[left]) / (xs[left + 1] - xs[left])
        if not len(rows) or not -0.05 <= share <= 1.05:
            return -1
        a, b = self.trials.places[rows, left], self.trials.places[rows, left + 1]
        height = self.height() - _TOP - _BOTTOM
        slope = (b - a) * height / (xs[left + 1] - xs[left])
        distance = np.abs((a + (b - a) * share - self._place(at.y())) * height) / np.sqrt(1 + slope**2)
        if np.isnan(distance).all():
            return -1
        nearest = int(np.nanargmin(distance))
        return self.trials.view.trials[rows[nearest]].number if distance[nearest] <= NEAR else -1

    def spot(self, number: int) -> QRectF:
        """A little box on the line, where the card may stand beside it."""
        if self.trials is None or number not in self.trials.rows:
            return QRectF()
        points = self.points(self.trials.rows[number])
        if not points:
            return QRectF()
        at = self.mapFromGlobal(self.cursor().pos())
        near = min(points, key=lambda p: abs(p.x() - at.x()))
        return QRectF(near.x() - 6, near.y() - 6, 12, 12)

    def _column_at(self, at: QPointF) -> int:
        for column in range(len(self.axes)):
            if abs(at.x() - self._x(column)) <= _AXIS and _TOP - 12 <= at.y() <= self.height() - _BOTTOM + 12:
                return column
        return -1

    # --- painting -------------------------------------------------------------------------------------------------

    def paint_still(self, painter: QPainter) -> None:
        trials = self.trials
        assert trials is not None
        kept = self.kept()
        rows = trials.best_first[::-1]  # the best on top
        for row in rows:
            if not kept[row]:
                self._paint_line(painter, row, mix(self.theme.panel, self.theme.line, 0.8), 1.0)
        for row in rows:
            if kept[row]:
                rank = float(trials.rank[row])
                self._paint_line(painter, row, rank_color(self.theme, rank), 1.2 + 0.8 * rank)
        for column, axis in enumerate(self.axes):
            self._paint_axis(painter, column, axis)
        self.paint_ramp(painter, QPointF(self.width() - 12, 4))

    def _paint_line(self, painter: QPainter, row: int, color: QColor, width: float) -> None:
        painter.setPen(QPen(color, width))
        painter.drawPolyline(QPolygonF(self.points(row)))

    def _paint_axis(self, painter: QPainter, column: int, axis: Axis) -> None:
        theme, x = self.theme, self._x(column)
        goal = column >= len(self.axes) - len(self.trials.goal_axes) if self.trials else False
        painter.setPen(QPen(theme.text if goal else theme.quiet, 2 if goal else 1))
        painter.drawLine(QPointF(x, self._y(0)), QPointF(x, self._y(1)))
        room = (self.width() - _LEFT - _RIGHT) / max(len(self.axes) - 1, 1) - 12
        # Neighbours' names stand on two lines in turn where there is no room for them on one.
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        metrics = painter.fontMetrics()
        crowded = any(metrics.horizontalAdvance(one.label) > room for one in self.axes)
        top = _TOP - 24 - (18 if crowded and column % 2 else 0)
        painter.setPen(theme.text)
        width = min(2 * room if crowded else room, 2 * (self.width() - x) - 4)
        words = metrics.elidedText(axis.label, Qt.TextElideMode.ElideRight, round(max(width, 40)))
        painter.drawText(QRectF(x - 120, top, 240, 16), Qt.AlignmentFlag.AlignCenter, words)
        self._paint_marks(painter, column, axis)

    def _paint_marks(self, painter: QPainter, column: int, axis: Axis, cover: float = 0.75) -> None:
        """``cover`` is how much the words hide of the lines beneath them."""
        theme, x = self.theme, self._x(column)
        room = (self.width() - _LEFT - _RIGHT) / max(len(self.axes) - 1, 1) - 12
        painter.setFont(fonts.tabular(fonts.caption()))
        metrics = painter.fontMetrics()
        for place, text in axis.marks(6):
            y = self._y(place)
            painter.setPen(QPen(theme.quiet, 1))
            painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))
            words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(max(room, 40)))
            box = QRectF(x + 5, y - 7, metrics.horizontalAdvance(words) + 4, 14)
            painter.setPen(Qt.PenStyle.NoPen)
            ground = QColor(theme.panel)
            ground.setAlphaF(cover)  # lines go on under it, the words stay readable
            painter.setBrush(ground)
            painter.drawRect(box)
            painter.setPen(theme.quiet)
            painter.drawText(box.adjusted(2, 0, 2, 0), Qt.AlignmentFlag.AlignVCenter, words)

    def paint_lit(self, painter: QPainter) -> None:
        theme, trials = self.theme, self.trials
        assert trials is not None
        for column, (low, high) in self.brushes.items():
            box = QRectF(self._x(column) - 7, self._y(high), 14, self._y(low) - self._y(high))
            painter.setPen(QPen(theme.accent, 1.5))
            fill = QColor(theme.accent)
            fill.setAlphaF(0.18)
            painter.setBrush(fill)
            painter.drawRoundedRect(box, 3, 3)
        if self.hasFocus() and self.axes:
            painter.setPen(QPen(theme.accent, 2))
            x = self._x(self.axis)
            painter.drawLine(QPointF(x - 10, self._y(0) + 6), QPointF(x + 10, self._y(0) + 6))
        for number, width in ((self.hovered, 2.5), (self.selected, 4.0)):
            row = trials.rows.get(number)
            if row is not None and math.isfinite(trials.rank[row]):
                points = QPolygonF(self.points(row))
                painter.setPen(QPen(theme.panel, width + 3))
                painter.drawPolyline(points)
                painter.setPen(QPen(theme.text if number == self.selected else theme.accent, width))
                painter.drawPolyline(points)
                for column, axis in enumerate(self.axes):
                    self._paint_marks(painter, column, axis, cover=0.92)

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        column = -1 if self.lacks() else self._column_at(event.position())
        if column >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._drag = (column, event.position().y())
            self.axis = column
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            column, start = self._drag
            if abs(event.position().y() - start) >= _SHORT:
                self.brush(column, self._place(start), self._place(event.position().y()))
            return
        near = self._column_at(event.position()) >= 0 and not self.lacks()
        self.setCursor(Qt.CursorShape.SizeVerCursor if near else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            super().mouseReleaseEvent(event)
            return
        column, start = self._drag
        self._drag = None
        if abs(event.position().y() - start) < _SHORT:
            number = self.hit(event.position())
            if column in self.brushes:  # a click takes the brush away again
                del self.brushes[column]
                self._changed()
            elif number >= 0:
                self._pick(number)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape and self.brushes:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, n = event.key(), len(self.axes)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_Escape and self.brushes:
            self.clear()
        elif n and key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.axis = (self.axis + (1 if key == Qt.Key.Key_PageDown else -1)) % n
            self.update()
        elif n and shift and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            low, high = self.brushes.get(self.axis, (0.0, 1.0))
            low, high = (low + _STEP, high) if key == Qt.Key.Key_Up else (low, high - _STEP)
            if high - low >= _STEP / 2:
                self.brush(self.axis, low, high)
        else:
            super().keyPressEvent(event)
