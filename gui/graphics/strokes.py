"""Pen strokes as vectors, and the pictures they are painted on: smooth, resizable, painted piece by piece while drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

# Points closer than this to the last kept one only move the tip: many tiny pieces would harden the smooth edge.
MIN_STEP = 2.5 / 280
# A varying width is painted in pieces of this many pixels, each with its own pen.
_PIECE_PX = 3.0


class PenPoint(NamedTuple):
    """Where the pen was, and how wide, in shares of the canvas's side; y downwards."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Stroke:
    """One pull of the pen, or of the eraser. At least one point."""

    points: tuple[PenPoint, ...]
    erase: bool = False


class Curve(NamedTuple):
    """A piece of a stroke between two points: a cubic Bézier, in shares of the canvas's side."""

    start: PenPoint
    control1: tuple[float, float]
    control2: tuple[float, float]
    end: PenPoint


def curves_of(points: tuple[PenPoint, ...] | list[PenPoint], first: int = 0) -> list[Curve]:
    """The curves through ``points`` from point ``first`` on; a single point is a curve without length.

    Each curve passes through its points with the direction from the previous to the next one. A turn of more than 90
    degrees stays a corner.
    """
    if len(points) == 1:
        dot = points[0]
        return [Curve(dot, dot[:2], dot[:2], dot)]
    return [_curve(points, i) for i in range(max(first, 0), len(points) - 1)]


def _curve(points: tuple[PenPoint, ...] | list[PenPoint], i: int) -> Curve:
    start, end = points[i], points[i + 1]
    third = math.hypot(end.x - start.x, end.y - start.y) / 3
    out_x, out_y = _direction(points[i - 1] if i else None, start, end)
    in_x, in_y = _direction(points[i + 2] if i + 2 < len(points) else None, end, start)
    return Curve(
        start, (start.x + out_x * third, start.y + out_y * third), (end.x + in_x * third, end.y + in_y * third), end
    )


def _direction(outer: PenPoint | None, at: PenPoint, towards: PenPoint) -> tuple[float, float]:
    """Unit vector in which the curve leaves ``at`` towards the next point, ``outer`` being the point on the other side."""
    x, y = towards.x - at.x, towards.y - at.y
    if outer is not None:
        before_x, before_y = at.x - outer.x, at.y - outer.y
        if before_x * x + before_y * y > 0:
            x, y = x + before_x, y + before_y
    length = math.hypot(x, y)
    return (x / length, y / length) if length else (0.0, 0.0)


class InkLayer:
    """A square picture of strokes. ``shown`` is what to look at; its last pieces may still change while drawing."""

    def __init__(self, side: int, ink: QColor, paper: QColor) -> None:
        self.side, self._ink, self._paper = side, ink, paper
        # Four bytes a pixel even for grey: Qt paints into Format_Grayscale8 four times as slowly.
        self._base = QImage(side, side, QImage.Format.Format_RGB32)
        self._base.fill(paper)
        self.shown = self._base.copy()
        self._tip = QRect()

    def render(self, strokes: Iterable[Stroke]) -> None:
        """Paint everything anew."""
        self._base.fill(self._paper)
        painter = QPainter(self._base)
        for stroke in strokes:
            self._paint(painter, curves_of(stroke.points), stroke.erase)
        painter.end()
        self.shown = self._base.copy()
        self._tip = QRect()

    def extend(self, settled: list[Curve], tip: list[Curve], erase: bool) -> QRect:
        """Add curves that stay and the pen's tip that the next call takes away again. Returns the changed rectangle."""
        changed = self._tip
        if settled:
            painter = QPainter(self._base)
            self._paint(painter, settled, erase)
            painter.end()
            changed = changed.united(self._bounds(settled))
        painter = QPainter(self.shown)
        if not changed.isEmpty():
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
            painter.drawImage(changed.topLeft(), self._base, changed)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        self._tip = QRect()
        if tip:
            self._paint(painter, tip, erase)
            self._tip = self._bounds(tip)
        painter.end()
        return changed.united(self._tip)

    def _bounds(self, curves: list[Curve]) -> QRect:
        xs = [x for c in curves for x in (c.start.x, c.control1[0], c.control2[0], c.end.x)]
        ys = [y for c in curves for y in (c.start.y, c.control1[1], c.control2[1], c.end.y)]
        half = max(max(c.start.width, c.end.width) for c in curves) / 2 * self.side + 2
        top_left = QPoint(math.floor(min(xs) * self.side - half), math.floor(min(ys) * self.side - half))
        bottom_right = QPoint(math.ceil(max(xs) * self.side + half), math.ceil(max(ys) * self.side + half))
        return QRect(top_left, bottom_right).intersected(self._base.rect())

    def _paint(self, painter: QPainter, curves: list[Curve], erase: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._paper if erase else self._ink, 1.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                   Qt.PenJoinStyle.RoundJoin)  # fmt: skip
        for curve in curves:
            start, end = curve.start, curve.end
            if start[:2] == end[:2]:
                pen.setWidthF(max(start.width, end.width) * self.side)
                painter.setPen(pen)
                painter.drawPoint(self._at(*end[:2]))
            elif start.width == end.width:
                path = QPainterPath(self._at(*start[:2]))
                path.cubicTo(self._at(*curve.control1), self._at(*curve.control2), self._at(*end[:2]))
                pen.setWidthF(start.width * self.side)
                painter.strokePath(path, pen)
            else:
                self._paint_tapered(painter, pen, curve)

    def _paint_tapered(self, painter: QPainter, pen: QPen, curve: Curve) -> None:
        path = QPainterPath(self._at(*curve.start[:2]))
        path.cubicTo(self._at(*curve.control1), self._at(*curve.control2), self._at(*curve.end[:2]))
        n = max(1, math.ceil(path.length() / _PIECE_PX))
        previous = path.pointAtPercent(0.0)
        for i in range(1, n + 1):
            point = path.pointAtPercent(i / n)
            width = curve.start.width + (curve.end.width - curve.start.width) * (i - 0.5) / n
            pen.setWidthF(width * self.side)
            painter.setPen(pen)
            painter.drawLine(previous, point)
            previous = point

    def _at(self, x: float, y: float) -> QPointF:
        return QPointF(x * self.side, y * self.side)
