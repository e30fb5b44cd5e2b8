"""Paints the front of a phase over the network picture: where it stands, and numbers beside neurons and on lines."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from gui import fonts
from gui.graphics.edges import EdgeSet
from gui.graphics.layout import BOTTOM, Column, GraphLayout
from gui.graphics.phase_front import Front, figure
from gui.graphics.targets import ROW_3, Target
from gui.theme import THEMES, Theme, mix

FEW_EDGES = 40  # of a gap with so many lines every number is shown, where it finds room
STRONGEST = 6
FEW_ZEROS = 12  # of so few lines those are told too along which nothing comes
FEW_NEURONS = 16
NARROW = 64.0  # columns so near each other that numbers would run together: only the front's own are shown
BELOW, ABOVE = 13.0, 30.0  # the least room between two neurons for a number below, and for another one above
_HEIGHT = 13.0
_PLACES = (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75)  # along an edge
_CENTER = Qt.AlignmentFlag.AlignCenter


def paint_line(painter: QPainter, theme: Theme, picture: GraphLayout, front: Front) -> None:
    """The front itself, under the neurons: a line through the column that it stands on; around a block of cells a frame."""
    if front.column < 0:
        return
    column = picture.columns[front.column]
    painter.setPen(QPen(theme.accent, 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if column.grid:
        top = float(column.centers[:, 1].min()) - column.cell[1] / 2
        box = QRectF(column.left - 5, top - 5, column.right - column.left + 10, column.bottom - top + 10)
        painter.drawRoundedRect(box, 6, 6)
    else:
        bottom = column.bottom + 2 if column.can_open else picture.height - BOTTOM
        painter.drawLine(QPointF(column.x, ROW_3 + 9), QPointF(column.x, bottom))


def paint_front(
    painter: QPainter, theme: Theme, picture: GraphLayout, edges: EdgeSet | None, front: Front, focus: Target | None
) -> None:
    """Everything over the neurons: the name of the phase, hollow cells, numbers."""
    taken: list[QRectF] = []
    _name(painter, theme, picture, front)
    painter.setFont(fonts.figures(11, QFont.Weight.Medium))
    metrics = QFontMetricsF(painter.font())
    for column in picture.columns:
        _hollow(painter, theme, column, front.dropped(column.layer))
        if not column.grid and (picture.pitch >= NARROW or column.layer == front.column):
            _numbers(painter, theme, metrics, picture, column, front, focus, taken)
    if edges is not None:
        for gap in range(front.depth):
            _edge_numbers(painter, theme, metrics, picture, edges, gap, front, focus, taken)


def _name(painter: QPainter, theme: Theme, picture: GraphLayout, front: Front) -> None:
    painter.setFont(fonts.caption(QFont.Weight.DemiBold))
    width = QFontMetricsF(painter.font()).horizontalAdvance(front.title) + 14
    x = picture.columns[front.column].x if front.column >= 0 else picture.width / 2
    left = min(max(x - width / 2, 4.0), picture.width - width - 4)
    box = QRectF(left, ROW_3 - 9, width, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.accent)
    painter.drawRoundedRect(box, 9, 9)
    painter.setPen(theme.on_accent)
    painter.drawText(box, _CENTER, front.title)


def _hollow(painter: QPainter, theme: Theme, column: Column, dropped: NDArray | None) -> None:
    """Neurons that dropout has switched off for this sample."""
    if dropped is None:
        return
    painter.setPen(QPen(theme.quiet, 1.2, Qt.PenStyle.DashLine))
    painter.setBrush(theme.panel)
    for slot in np.flatnonzero(dropped[column.shown]).tolist():
        x, y, w, h = column.rect(slot)
        painter.drawRoundedRect(QRectF(x + 0.5, y + 0.5, w - 1, h - 1), 0.15 * w, 0.15 * w)


def _chosen(values: NDArray, column: Column, focus: Target | None) -> list[int]:
    """Slots whose numbers are shown: all of a few neurons, of many the strongest and the one pointed at."""
    shown = np.abs(np.nan_to_num(values[column.shown].astype(np.float64), nan=np.inf))
    if len(shown) <= FEW_NEURONS:
        return list(range(len(shown)))
    slots = set(np.argsort(-shown, kind="stable")[:STRONGEST].tolist())
    if focus is not None and focus.kind == "neuron" and focus.layer == column.layer:
        slots |= {column.slot_of(focus.index)} - {-1}
    return sorted(slots)


def _numbers(
    painter: QPainter, theme: Theme, metrics: QFontMetricsF, picture: GraphLayout, column: Column, front: Front,
    focus: Target | None, taken: list[QRectF],
) -> None:  # fmt: skip
    """Activations below the neurons, δ and targets above or beside them, or instead of them where there is no room."""
    activations = front.activations(column.layer)
    if activations is None:
        return
    ys = column.centers[:, 1]
    room = float(np.diff(ys).min()) - column.cell[1] if len(ys) > 1 else ABOVE
    second, letter = front.deltas(column.layer), "δ"
    if second is None:
        second, letter = front.targets(column.layer), "y"
    dropped = front.dropped(column.layer)
    for slot in _chosen(activations if second is None else second, column, focus):
        neuron = int(column.shown[slot])
        if dropped is not None and dropped[neuron]:
            continue
        x, y, w, h = column.rect(slot)
        if second is None or room >= BELOW:
            text = figure(float(activations[neuron]))
            if room >= BELOW:
                box = _around(x + w / 2, y + h + 7.5, metrics, text)
            else:
                box = _beside(picture, column, slot, metrics, text)
            _chip(painter, theme, box, text, float(activations[neuron]), taken, framed=False)
        if second is not None:
            value = float(second[neuron])
            text = f"y {value:.3g}" if letter == "y" else f"δ {figure(value, signed=True)}"
            if letter == "y" and room < BELOW:
                text = f"{figure(float(activations[neuron]))}, {text}"
            above = room >= ABOVE
            box = _around(x + w / 2, y - 9.5, metrics, text) if above else _beside(picture, column, slot, metrics, text)
            _chip(painter, theme, box, text, value if letter == "δ" else 0.0, taken, framed=True)


def _around(x: float, y: float, metrics: QFontMetricsF, text: str) -> QRectF:
    width = metrics.horizontalAdvance(text) + 6
    return QRectF(x - width / 2, y - _HEIGHT / 2, width, _HEIGHT)


def _beside(picture: GraphLayout, column: Column, slot: int, metrics: QFontMetricsF, text: str) -> QRectF:
    """Right of a neuron; left of outputs that have their class there."""
    x, y, w, h = column.rect(slot)
    width = metrics.horizontalAdvance(text) + 6
    labelled = column.layer == len(picture.columns) - 1 and column.size > 1
    left = x - width - 3 if labelled else x + w + 3
    return QRectF(left, y + h / 2 - _HEIGHT / 2, width, _HEIGHT)


def _chip(
    painter: QPainter, theme: Theme, box: QRectF, text: str, value: float, taken: list[QRectF], framed: bool
) -> None:
    """A number on a piece of the panel; framed, it is told from the other number of the same neuron."""
    color, frame = _inks(theme.name)[(value > 0) - (value < 0)]
    painter.setPen(frame if framed else Qt.PenStyle.NoPen)
    painter.setBrush(theme.panel)
    painter.drawRoundedRect(box, 3.5, 3.5)
    painter.setPen(color)
    painter.drawText(box, _CENTER, text)
    taken.append(box)


@cache
def _inks(name: str) -> dict[int, tuple[QColor, QPen]]:
    """By sign, the color of a number in a theme, and the pen around it."""
    theme = THEMES[name]
    colors = {-1: theme.ink(theme.negative), 0: theme.text, 1: theme.ink(theme.positive)}
    return {sign: (color, QPen(mix(theme.panel, color, 0.6), 1)) for sign, color in colors.items()}


def _edge_numbers(
    painter: QPainter, theme: Theme, metrics: QFontMetricsF, picture: GraphLayout, edges: EdgeSet, gap: int,
    front: Front, focus: Target | None, taken: list[QRectF],
) -> None:  # fmt: skip
    """On the lines of ``gap``, the strongest first, each where it covers no other; what finds no place is left out."""
    left, right = picture.columns[gap].right, picture.columns[gap + 1].left
    values = front.on_edges(gap)
    if (values is None and front.change is None) or right - left < 60:
        return
    rows = np.flatnonzero(edges.layer == gap)
    if front.change is not None:
        numbers = front.change[edges.flat[rows]]
    else:
        assert values is not None
        numbers = values[edges.source[rows], edges.target[rows]]
    lit = _lit(edges, rows, focus)
    if lit is not None:
        rows, numbers = rows[lit], numbers[lit]
    kept = np.argsort(-np.abs(np.nan_to_num(numbers, nan=np.inf)), kind="stable")
    kept = kept[: FEW_EDGES if lit is not None or len(rows) <= FEW_EDGES else STRONGEST]
    for row, number in zip(rows[kept].tolist(), numbers[kept].tolist(), strict=True):
        if number == 0 and (front.change is not None or len(rows) > FEW_ZEROS):
            continue
        line, text = edges.line(row), figure(number, signed=True)
        for share in _PLACES:
            x = left + share * (right - left)
            box = _around(x, float(np.interp(x, line[:, 0], line[:, 1])), metrics, text)
            if not any(box.intersects(other) for other in taken):
                _chip(painter, theme, box, text, number, taken, framed=False)
                break


def _lit(edges: EdgeSet, rows: NDArray, focus: Target | None) -> NDArray | None:
    """(n,) bool: the lines of a gap that belong to what the pointer is on; None where it is on nothing."""
    if focus is None or focus.kind not in ("neuron", "edge"):
        return None
    if focus.kind == "edge":
        whole = (edges.layer == focus.layer) & (edges.source == focus.source) & (edges.target == focus.index)
    else:
        whole = edges.of_neuron(focus.layer, focus.index)
    return whole[rows]
