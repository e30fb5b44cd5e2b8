"""Ten drawn digits of our own, and a hand that draws them on the real canvas: for the tour and for tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib import resources

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

Point = tuple[float, float]
Drawing = tuple[tuple[Point, ...], ...]
"""Strokes of points; x to the right and y downwards, the longer side of the whole is 1."""


def load_drawings() -> dict[int, Drawing]:
    """Digit -> drawing, for all ten digits."""
    raw = json.loads(resources.files("resources").joinpath("drawings.json").read_text("utf-8"))
    return {int(digit): as_drawing(strokes) for digit, strokes in raw.items()}


def as_drawing(strokes: Iterable[Iterable[Sequence[float]]]) -> Drawing:
    """Nested lists, as JSON has them, as a drawing."""
    return tuple(tuple((float(x), float(y)) for x, y in stroke) for stroke in strokes)


def placed(drawing: Drawing, scale: float = 0.65, middle: Point = (0.5, 0.5)) -> Drawing:
    """The drawing ``scale`` times as large, in the middle of a canvas of side 1 (or wherever ``middle`` says)."""
    xs, ys = zip(*(point for stroke in drawing for point in stroke), strict=True)
    left = middle[0] - scale * (min(xs) + max(xs)) / 2
    top = middle[1] - scale * (min(ys) + max(ys)) / 2
    return tuple(tuple((left + scale * x, top + scale * y) for x, y in stroke) for stroke in drawing)


def press(surface: QWidget, x: float, y: float) -> None:
    """Put the mouse's left button down at (x, y), in shares of the square ``surface``."""
    _send(surface, QEvent.Type.MouseButtonPress, x, y, Qt.MouseButton.LeftButton)


def move(surface: QWidget, x: float, y: float) -> None:
    """Move the mouse with the button down."""
    _send(surface, QEvent.Type.MouseMove, x, y, Qt.MouseButton.NoButton)


def hover(surface: QWidget, x: float, y: float) -> None:
    """Move the mouse without a button."""
    _send(surface, QEvent.Type.MouseMove, x, y, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton)


def release(surface: QWidget, x: float, y: float) -> None:
    """Lift the button."""
    _send(surface, QEvent.Type.MouseButtonRelease, x, y, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton)


def draw(surface: QWidget, drawing: Drawing) -> None:
    """Draw on ``surface`` with mouse events, in shares of its square: the way a hand would, without its pauses."""
    for stroke in drawing:
        press(surface, *stroke[0])
        for point in stroke[1:]:
            move(surface, *point)
        release(surface, *stroke[-1])


def _send(
    surface: QWidget,
    kind: QEvent.Type,
    x: float,
    y: float,
    button: Qt.MouseButton,
    down: Qt.MouseButton = Qt.MouseButton.LeftButton,
) -> None:
    side = min(surface.width(), surface.height())
    position = QPointF((surface.width() - side) / 2 + x * side, y * side)
    event = QMouseEvent(kind, position, surface.mapToGlobal(position), button, down, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(surface, event)
