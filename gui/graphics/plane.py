"""The plane as a picture of it: where a point lies in pixels, which half a line cuts off, arrows. No widget, no colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from gui.theme import mix

LOW, HIGH = -0.6, 1.6  # a gate's corners with room around them
MARGIN = 1.12
_HEAD = 9.0  # of an arrow, in pixels


@dataclass(frozen=True, slots=True)
class Frame:
    """``rect`` in pixels shows the plane around ``center``, ``scale`` pixels a unit on either axis."""

    rect: QRectF
    center: tuple[float, float] = (0.5, 0.5)
    scale: float = 200.0

    def to_pixels(self, x: float, y: float) -> QPointF:
        """Where a point of the plane is painted."""
        middle = self.rect.center()
        return QPointF(middle.x() + (x - self.center[0]) * self.scale, middle.y() - (y - self.center[1]) * self.scale)

    def all_to_pixels(self, points: NDArray) -> list[list[float]]:
        """The same for ``points`` (k, 2), at once: k times [x, y]."""
        middle = self.rect.center()
        at = np.array((middle.x(), middle.y())) + (points - self.center) * (self.scale, -self.scale)
        pixels: list[list[float]] = at.tolist()
        return pixels

    def to_plane(self, at: QPointF) -> tuple[float, float]:
        """The point of the plane under a pixel."""
        middle = self.rect.center()
        return self.center[0] + (at.x() - middle.x()) / self.scale, self.center[1] - (at.y() - middle.y()) / self.scale

    @property
    def half(self) -> tuple[float, float]:
        """How far it reaches from its center, to the sides and up."""
        return self.rect.width() / 2 / self.scale, self.rect.height() / 2 / self.scale

    @property
    def corners(self) -> NDArray:
        """(4, 2), in turn."""
        (x, y), (a, b) = self.center, self.half
        return np.array([(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)])


def fit(rect: QRectF, points: NDArray) -> Frame:
    """The frame of a gate, as long as all ``points`` (n, 2) lie in it; else one that holds them too.

    A click or a drag inside it never moves it.
    """
    middle, span = (LOW + HIGH) / 2, HIGH - LOW
    shorter = max(min(rect.width(), rect.height()), 1.0)
    usual = Frame(rect, (middle, middle), shorter / span)
    if not len(points) or (np.abs(points - middle) <= usual.half).all():
        return usual
    low = np.minimum(points.min(axis=0), LOW)
    high = np.maximum(points.max(axis=0), HIGH)
    scale = min(rect.width() / ((high[0] - low[0]) * MARGIN), rect.height() / ((high[1] - low[1]) * MARGIN))
    return Frame(rect, tuple(((low + high) / 2).tolist()), max(scale, 1e-12))


def half_plane(corners: NDArray, w: NDArray, b: float) -> tuple[NDArray, NDArray]:
    """What w·x + b > 0 cuts off a convex polygon (k, 2): (m, 2), and the ends of the line in it, (2, 2) or (0, 2).

    Sutherland & Hodgman 1974.
    """
    values = corners @ w + b
    kept: list[NDArray] = []
    ends: list[NDArray] = []
    for i, here in enumerate(corners):
        there, a, c = corners[(i + 1) % len(corners)], values[i], values[(i + 1) % len(corners)]
        if a > 0:
            kept.append(here)
        if (a > 0) != (c > 0):
            crossing = here + (there - here) * (a / (a - c))
            kept.append(crossing)
            ends.append(crossing)
    return np.array(kept).reshape(-1, 2), np.array(ends).reshape(-1, 2)


def arrow_scale(weights: list[NDArray], longest_move: float, low: NDArray, high: NDArray) -> float:
    """How many times as long as they are arrows are drawn: 1, 2 or 5 times a power of ten.

    The largest at which ``weights``, from the origin, end inside the rectangle from ``low`` to ``high``, and the longest
    move a mistake can make is no longer than a third of it.
    """
    most = math.inf
    for w in weights:
        for value, limit in zip(w.tolist(), np.where(w > 0, high, low).tolist(), strict=True):
            if value and limit / value > 0:  # where the rectangle holds the origin
                most = min(most, 0.92 * limit / value)
    if longest_move:
        most = min(most, float((high - low).min()) / 3 / longest_move)
    if not math.isfinite(most) or most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(float(f"{m * power:.0e}") for m in (5, 2, 1) if m * power <= most * (1 + 1e-9) or m == 1)


def polygon(frame: Frame, points: NDArray) -> QPolygonF:
    """``points`` (k, 2) of the plane in pixels."""
    return QPolygonF([QPointF(x, y) for x, y in frame.all_to_pixels(points)])


def arrow(painter: QPainter, start: QPointF, end: QPointF, color: QColor, width: float, halo: QColor) -> bool:
    """Paint an arrow; one too short for its head is left out. ``halo`` sets it off from what lies under it."""
    dx, dy = end.x() - start.x(), end.y() - start.y()
    length = math.hypot(dx, dy)
    if length < 3:
        return False
    ux, uy, head = dx / length, dy / length, min(_HEAD, length)
    base = QPointF(end.x() - ux * head, end.y() - uy * head)
    tip = QPolygonF(
        [end, QPointF(base.x() - uy * head * 0.45, base.y() + ux * head * 0.45),
         QPointF(base.x() + uy * head * 0.45, base.y() - ux * head * 0.45)]
    )  # fmt: skip
    for ink, more in ((mix(halo, color, 0.1), 2.5), (color, 0.0)):
        painter.setPen(QPen(ink, width + more))
        painter.setBrush(ink)
        painter.drawLine(start, base)
        painter.setPen(QPen(ink, more or 0.5))
        painter.drawPolygon(tip)
    return True
