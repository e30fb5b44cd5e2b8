"""The dots that mark pinned weights, biases and neurons on the network picture; each has its row's colour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from gui.graphics.network_picture import NetworkPicture
from gui.graphics.targets import Target
from gui.theme import Theme

RADIUS = 4.0
_COLORS = (0, 1, 2, 5, 6, 7)  # of the theme's classes those that are neither blue nor orange: these mean a sign


def pin_color(theme: Theme, number: int) -> QColor:
    """The colour of pin ``number``."""
    return theme.more_classes[_COLORS[number % len(_COLORS)]]


def dot_at(picture: NetworkPicture, target: Target) -> tuple[float, float] | None:
    """Where the dot of a thing lies: a neuron's upper right corner, a bias's middle, half-way along an edge; None unseen."""
    if target.kind == "edge" and picture.lines.outline(target) is None:
        return None
    points = picture.outline(target)
    if not len(points):
        return None
    if target.kind == "edge":
        x, y = points[len(points) // 2].tolist()
        return x, y
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return (right, top) if target.kind == "neuron" else ((left + right) / 2, (top + bottom) / 2)


def paint_dots(painter: QPainter, picture: NetworkPicture, theme: Theme, pins: Sequence[tuple[Target, int]]) -> None:
    """A dot for each (target, number of its colour); two of one thing lie side by side."""
    painter.setPen(QPen(theme.panel, 1.5))
    there: dict[Target, int] = {}
    for target, number in pins:
        at = dot_at(picture, target)
        if at is not None:
            before = there.get(target, 0)
            there[target] = before + 1
            painter.setBrush(pin_color(theme, number))
            painter.drawEllipse(QPointF(at[0] + 2 * RADIUS * before, at[1]), RADIUS, RADIUS)
