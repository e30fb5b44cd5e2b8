"""The dots that mark pinned weights, biases and neurons on the network picture; each has its row's colour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from gui.graphics.network_picture import NetworkPicture
from gui.graphics.targets import Target
from gui.theme import Theme

RADIUS = 4.0


def pin_color(theme: Theme, number: int) -> QColor:
    """The colour of pin ``number``: none of those that mean a sign."""
    return theme.more_classes[number % len(theme.more_classes)]


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
    """A dot for each (target, number of its colour)."""
    painter.setPen(QPen(theme.panel, 1.5))
    for target, number in pins:
        at = dot_at(picture, target)
        if at is not None:
            painter.setBrush(pin_color(theme, number))
            painter.drawEllipse(QPointF(*at), RADIUS, RADIUS)
