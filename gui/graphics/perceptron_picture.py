"""Paints a perceptron in the plane: points, line, half planes, the weights as an arrow and what a mistake adds to it."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from engine.line import Line
from gui import fonts
from gui.graphics import ticks
from gui.graphics.perceptron_words import value
from gui.graphics.plane import Frame, arrow, arrow_scale, half_plane, polygon
from gui.perceptron_view import PerceptronView
from gui.theme import Theme, mix

FEW = 24  # so many points are large and carry their class as a figure
SHADE = 0.16
LEFT, BOTTOM = 34, 36  # room for the axes


def radius(n: int) -> float:
    """Of a point, in pixels, where there are ``n``."""
    return 9.5 if n <= FEW else 5.5


def scale_of(frame: Frame, view: PerceptronView) -> float:
    """How many times their length the arrows are drawn."""
    lines = [line for line in (view.line, view.mistake.before if view.mistake else None) if line is not None]
    far = float(np.hypot(*view.points.T).max()) if len(view.points) else 0.0
    longest_move = view.problem.settings.learning_rate * far
    return arrow_scale([line.w for line in lines], longest_move, frame.corners[0], frame.corners[2])


def paint(painter: QPainter, theme: Theme, frame: Frame, view: PerceptronView, overlay: Line | None = None) -> None:
    """Everything but the cursor and the axes, inside ``frame.rect``."""
    painter.save()
    painter.setClipRect(frame.rect)
    _halves(painter, theme, frame, view.line)
    _grid(painter, theme, frame)
    mistake = view.mistake if view.converged_epoch is None else None
    if mistake is not None:
        _line(painter, frame, mistake.before, QPen(mix(theme.panel, theme.quiet, 0.75), 1.5, Qt.PenStyle.DashLine))
    if view.line is not None:
        _line(painter, frame, view.line, QPen(theme.text, 2.25))
    if overlay is not None:  # on top: it is often the same line
        _line(painter, frame, overlay, QPen(theme.accent, 2.25, Qt.PenStyle.DotLine))
    _points(painter, theme, frame, view)
    _arrows(painter, theme, frame, view)
    painter.restore()


def _halves(painter: QPainter, theme: Theme, frame: Frame, line: Line | None) -> None:
    """Blue where it answers 1, orange where 0."""
    if line is None:
        painter.fillRect(frame.rect, mix(theme.panel, theme.sunken, 0.4))
        return
    painter.fillRect(frame.rect, mix(theme.panel, theme.negative, SHADE))
    kept, _ = half_plane(frame.corners, line.w, line.b)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(mix(theme.panel, theme.positive, SHADE))
    painter.drawPolygon(polygon(frame, kept))


def _grid(painter: QPainter, theme: Theme, frame: Frame) -> None:
    """The two axes themselves: they meet where the arrows begin."""
    painter.setPen(QPen(mix(theme.panel, theme.quiet, 0.35), 1))
    origin, rect = frame.to_pixels(0, 0), frame.rect
    painter.drawLine(QPointF(rect.left(), origin.y()), QPointF(rect.right(), origin.y()))
    painter.drawLine(QPointF(origin.x(), rect.top()), QPointF(origin.x(), rect.bottom()))


def _line(painter: QPainter, frame: Frame, line: Line, pen: QPen) -> None:
    _, ends = half_plane(frame.corners, line.w, line.b)
    if len(ends) == 2:
        painter.setPen(pen)
        painter.drawLine(frame.to_pixels(*ends[0].tolist()), frame.to_pixels(*ends[1].tolist()))


def _points(painter: QPainter, theme: Theme, frame: Frame, view: PerceptronView) -> None:
    n = len(view.labels)
    places = [QPointF(x, y) for x, y in frame.all_to_pixels(view.points)]
    for at, label in zip(places, view.labels.tolist(), strict=True):
        paint_point(painter, theme, at, label, n)
    if view.answers is not None:
        for i in np.flatnonzero(view.answers != view.labels).tolist():
            _wrong(painter, theme, places[i], radius(n))
    if view.update is not None:
        r, at = radius(n), frame.to_pixels(*view.update.x[:2])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.accent, 2.25))
        painter.drawEllipse(at, r + 5, r + 5)


def paint_point(painter: QPainter, theme: Theme, at: QPointF, label: int, n: int) -> None:
    """Class 1 is filled and blue, class 0 hollow and orange; where there is room its figure says so too."""
    r, color = radius(n), theme.class_color(label)
    painter.setPen(QPen(theme.panel if label else color, 1.5 if label else 2.5))
    painter.setBrush(color if label else theme.panel)
    painter.drawEllipse(at, r, r) if label else painter.drawEllipse(at, r - 1, r - 1)
    if n <= FEW:
        painter.setFont(fonts.figures(11, fonts.SEMIBOLD))
        painter.setPen(theme.panel if label else theme.ink(color))
        painter.drawText(QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r), Qt.AlignmentFlag.AlignCenter, str(label))


def _wrong(painter: QPainter, theme: Theme, at: QPointF, r: float) -> None:
    """A small cross beside the point: the line of now answers it wrong."""
    x, y, size = at.x() + 1.15 * r + 2, at.y() - 1.15 * r - 2, 4.0
    painter.setPen(QPen(theme.danger, 2.25, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(x - size, y - size), QPointF(x + size, y + size))
    painter.drawLine(QPointF(x - size, y + size), QPointF(x + size, y - size))


def _arrows(painter: QPainter, theme: Theme, frame: Frame, view: PerceptronView) -> None:
    """w from the origin; where a mistake was made, w before it and η·error·x put to its end."""
    if view.line is None:
        return
    k, origin = scale_of(frame, view), frame.to_pixels(0, 0)
    tip = frame.to_pixels(*(k * view.line.w).tolist())
    mistake = view.mistake if view.converged_epoch is None else None
    fresh = mistake is not None and mistake is view.update
    if mistake is not None:
        joint = frame.to_pixels(*(k * mistake.before.w).tolist())
        color = move_color(theme, mistake.error) if fresh else mix(theme.panel, move_color(theme, mistake.error), 0.55)
        arrow(painter, origin, joint, mix(theme.panel, theme.quiet, 0.85 if fresh else 0.6), 1.75, theme.panel)
        if arrow(painter, joint, tip, color, 3 if fresh else 2, theme.panel) and fresh:
            middle, along = (joint + tip) / 2, tip - joint
            aside = QPointF(along.y(), -along.x())
            away = middle - (origin + tip) / 2  # from w's own arrow, which would lie under the word
            side = 1 if QPointF.dotProduct(aside, away) >= 0 else -1
            _word(painter, theme, middle, side * aside, move_words(view), theme.ink(color))
    if arrow(painter, origin, tip, theme.accent, 3, theme.panel):
        _word(painter, theme, tip, tip - origin, "w", theme.ink(theme.accent))


def _word(painter: QPainter, theme: Theme, at: QPointF, aside: QPointF, text: str, color: QColor) -> None:
    """A word on its own ground, a little ``aside`` of a place."""
    painter.setFont(fonts.figures(12, fonts.SEMIBOLD))
    metrics = painter.fontMetrics()
    width, height = metrics.horizontalAdvance(text) + 8, metrics.height() + 2
    toward = aside / max((aside.x() ** 2 + aside.y() ** 2) ** 0.5, 1.0)
    middle = at + toward * (6 + abs(toward.x()) * width / 2 + abs(toward.y()) * height / 2)
    box = QRectF(middle.x() - width / 2, middle.y() - height / 2, width, height)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.panel)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(color)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def move_color(theme: Theme, error: int) -> QColor:
    """Blue for what is added, orange for what is taken away."""
    return theme.positive if error > 0 else theme.negative


def move_words(view: PerceptronView) -> str:
    """``+ 0.1·x`` or ``− 0.1·x``."""
    sign = "+" if view.mistake is not None and view.mistake.error > 0 else ticks.MINUS
    return f"{sign} {value(view.problem.settings.learning_rate)}·x"


def paint_axes(painter: QPainter, theme: Theme, frame: Frame, names: tuple[str, str] = ("x₁", "x₂")) -> None:
    """Round numbers under and left of ``frame.rect``, and the names of the axes at their ends."""
    rect, (cx, cy), (a, b) = frame.rect, frame.center, frame.half
    painter.setFont(fonts.tabular(fonts.caption()))
    step = ticks.nice_step(2 * a, max(int(rect.width() // 52), 2))
    painter.setPen(theme.quiet)
    for x in _within(cx, a, step):
        at = frame.to_pixels(x, cy).x()
        if rect.left() + 14 < at < rect.right() - 26:
            painter.drawText(
                QRectF(at - 40, rect.bottom() + 3, 80, 14), Qt.AlignmentFlag.AlignCenter, ticks.tick_label(x, step)
            )
    for y in _within(cy, b, step):
        at = frame.to_pixels(cx, y).y()
        if rect.top() + 20 < at < rect.bottom() - 6:
            painter.drawText(
                QRectF(rect.left() - 60, at - 8, 54, 16),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                ticks.tick_label(y, step),
            )
    painter.setFont(fonts.body(fonts.SEMIBOLD))
    painter.setPen(theme.text)
    painter.drawText(
        QRectF(rect.right() - 30, rect.bottom() + 2, 30, 18),
        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
        names[0],
    )
    painter.drawText(
        QRectF(rect.left() - 34, rect.top() - 2, 28, 18),
        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
        names[1],
    )


def _within(middle: float, half: float, step: float) -> list[float]:
    """The multiples of ``step`` up to ``half`` from ``middle``."""
    first, last = math.ceil((middle - half) / step), math.floor((middle + half) / step)
    return [i * step for i in range(first, last + 1)]
