"""The edges of the network picture: which are drawn, their curves, hit-testing, and drawing them in a few batches."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, Qt
from PySide6.QtGui import QPainter, QPen
from shiboken6 import wrapInstance

from engine.network import Layout
from gui.graphics.layout import GraphLayout
from gui.graphics.scale import LEVELS, Ramp, levels_of, look_of
from gui.theme import Theme, mix

FADED = 0.25
_BUCKETS = 2 * LEVELS + 1  # (level, sign) and one for what is not a number


@dataclass(frozen=True)
class EdgeSet:
    """The edges that are drawn.

    ``layer`` (of the source), ``source`` and ``target`` (neurons) and ``flat`` (place in the parameters) are (n,)
    int64. ``segments`` (m, 4) float64 are straight pieces x1, y1, x2, y2, those of one edge together, and ``owner``
    (m,) says of which. ``total`` counts the network's weights.
    """

    layer: NDArray
    source: NDArray
    target: NDArray
    flat: NDArray
    segments: NDArray
    owner: NDArray
    total: int

    def __len__(self) -> int:
        return len(self.flat)

    def of_neuron(self, layer: int, neuron: int) -> NDArray:
        """(n,) bool: the edges that begin or end at a neuron."""
        return ((self.layer == layer) & (self.source == neuron)) | ((self.layer == layer - 1) & (self.target == neuron))

    def part(self, rows: NDArray) -> EdgeSet:
        """Only the edges at ``rows`` (ascending)."""
        new_place = np.full(len(self), -1)
        new_place[rows] = np.arange(len(rows))
        owner = new_place[self.owner]
        kept = owner >= 0
        columns = (self.layer[rows], self.source[rows], self.target[rows], self.flat[rows])
        return EdgeSet(*columns, self.segments[kept], owner[kept], self.total)

    def line(self, row: int) -> NDArray:
        """(k, 2) corners of one edge's curve."""
        first, last = np.searchsorted(self.owner, [row, row + 1])
        return np.concatenate([self.segments[first:last, :2], self.segments[last - 1 : last, 2:]])

    def find(self, layer: int, source: int, target: int) -> int:
        """The place of one edge, or -1 when it is not drawn."""
        found = np.flatnonzero((self.layer == layer) & (self.source == source) & (self.target == target))
        return int(found[0]) if len(found) else -1


_FINE = 240  # divisible by every number of pieces below
_PIECES = np.array((2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 40))
_RATIOS = np.geomspace(0.02, 50, 40)  # of an edge's height to its width


def _along(t: NDArray) -> NDArray:
    """0..1 of the width. With :func:`_across` a Bézier curve whose handles reach half-way: it leaves and arrives level."""
    return 1.5 * t - 1.5 * t**2 + t**3


def _across(t: NDArray) -> NDArray:
    """0..1 of the height."""
    return 3 * t**2 - 2 * t**3


def _best_corners() -> tuple[NDArray, NDArray]:
    """Where a polyline's corners err least on curves of width 1 and heights ``_RATIOS``.

    A chord of length s misses a curve of curvature κ by κs²/8, so equal misses want a density of √κ. Returns
    (ratios, _FINE + 1) parameters t in steps of equal ∫√κ ds, and (ratios,) that whole integral.
    """
    t = np.linspace(0, 1, 2001)
    height = _RATIOS[:, None]
    dx, dy = 1.5 - 3 * t + 3 * t**2, height * (6 * t - 6 * t**2)
    ddx, ddy = 6 * t - 3, height * (6 - 12 * t)
    speed = np.hypot(dx, dy)
    density = np.sqrt(np.abs(dx * ddy - dy * ddx) / speed**3) * speed
    measure = np.concatenate([np.zeros((len(_RATIOS), 1)), np.cumsum(density[:, :-1], axis=1)], axis=1) / (len(t) - 1)
    even = np.linspace(0, 1, _FINE + 1)
    return np.array([np.interp(even * row[-1], row, t) for row in measure]), measure[:, -1]


_CORNERS, _BEND = _best_corners()


def curves(start: NDArray, end: NDArray, tolerance: float = 0.3) -> tuple[NDArray, NDArray]:
    """Straight pieces of smooth curves from ``start`` to ``end``, each (n, 2).

    Returns (m, 4) pieces x1, y1, x2, y2, those of one curve together, and (m,) which curve each belongs to: as many as
    stay within about ``tolerance`` pixels of the curve. A level edge needs two, a long steep one fifteen.
    """
    width, rise = end[:, 0] - start[:, 0], end[:, 1] - start[:, 1]
    size = np.maximum(np.abs(width), 1.0)
    shape = np.minimum(np.searchsorted(_RATIOS, np.abs(rise) / size), len(_RATIOS) - 1)
    needed = np.sqrt(size * _BEND[shape] ** 2 / (8 * tolerance))
    number = _PIECES[np.minimum(np.searchsorted(_PIECES, needed), len(_PIECES) - 1)]
    owner = np.repeat(np.arange(len(start)), number)
    pieces = np.empty((len(owner), 4))
    of_piece = number[owner]
    for n in np.unique(number):
        rows = np.flatnonzero(number == n)
        t = _CORNERS[shape[rows], :: _FINE // n]
        xs = start[rows, :1] + width[rows, None] * _along(t)
        ys = start[rows, 1:] + rise[rows, None] * _across(t)
        pieces[of_piece == n] = np.stack([xs[:, :-1], ys[:, :-1], xs[:, 1:], ys[:, 1:]], axis=2).reshape(-1, 4)
    return pieces, owner


def budgets(candidates: list[int], limit: int) -> list[int]:
    """How many edges each gap between two layers may draw so that together they stay near ``limit``."""
    if sum(candidates) <= limit:
        return list(candidates)
    roots = [n**0.5 for n in candidates]
    first = [min(n, int(limit * root / sum(roots))) for n, root in zip(candidates, roots, strict=True)]
    spare = limit - sum(first)
    wanting = sum(n - b for n, b in zip(candidates, first, strict=True)) or 1
    return [b + min(n - b, spare * (n - b) // wanting) for n, b in zip(candidates, first, strict=True)]


def choose(
    picture: GraphLayout,
    layout: Layout,
    params: NDArray,
    activations: tuple[NDArray, ...] | None,
    limit: int,
    focus: tuple[int, int] | None = None,
) -> EdgeSet:
    """The strongest edges between the neurons shown, at most about ``limit``, each layer its share.

    Strength is |w|, or |w·a| when ``activations`` (one (n,) array a layer) are given. ``focus`` (layer, neuron) has
    all of its edges drawn, whatever their strength. What is not a number counts as strong: it must be seen.
    """
    columns = picture.columns
    counts = [len(a.shown) * len(b.shown) for a, b in pairwise(columns)]
    parts: list[tuple[NDArray, NDArray, NDArray, NDArray]] = []
    for gap, (count, budget) in enumerate(zip(counts, budgets(counts, limit), strict=True)):
        sources, targets = columns[gap].shown, columns[gap + 1].shown
        if budget >= count:
            chosen = np.arange(count)
        else:
            weights = layout.weights(params, gap)
            if len(sources) < columns[gap].size or len(targets) < columns[gap + 1].size:
                weights = weights[np.ix_(sources, targets)]
            strength = np.abs(weights)
            if activations is not None:
                strength = strength * np.abs(activations[gap][sources])[:, None]
            strength = np.nan_to_num(strength, copy=False, nan=np.inf).ravel()
            keep = np.argpartition(strength, count - budget)[count - budget :]
            if focus is not None and focus[0] in (gap, gap + 1):
                mine = np.arange(count).reshape(len(sources), len(targets))
                slot = columns[focus[0]].slot_of(focus[1])
                if slot >= 0:
                    keep = np.concatenate([keep, mine[slot] if focus[0] == gap else mine[:, slot]])
            chosen = np.unique(keep)
        s, t = chosen // len(targets), chosen % len(targets)
        flat = layout.offsets[gap][0] + sources[s] * layout.sizes[gap + 1] + targets[t]
        parts.append((np.full(len(chosen), gap), s, t, flat))
    layer, s, t, flat = (np.concatenate(column) for column in zip(*parts, strict=True))
    source, target = np.empty_like(s), np.empty_like(t)
    start, end = np.empty((len(s), 2)), np.empty((len(s), 2))
    for gap in range(len(counts)):
        here = layer == gap
        source[here], target[here] = columns[gap].shown[s[here]], columns[gap + 1].shown[t[here]]
        start[here], end[here] = columns[gap].ports_out[s[here]], columns[gap + 1].ports_in[t[here]]
    total = sum(a * b for a, b in pairwise(layout.sizes))
    tolerance = min(max(len(s) / 700, 0.1), 0.24 if len(s) <= 300 else 0.5)  # in a crowd lines are thin
    return EdgeSet(layer, source, target, flat, *curves(start, end, tolerance), total)


def nearest(edges: EdgeSet, x: float, y: float, strength: NDArray, tolerance: float = 5.0) -> int:
    """The edge under a point, or -1. Of several within ``tolerance`` pixels the strongest wins: it lies on top."""
    if not len(edges):
        return -1
    part = edges.segments
    lower, upper = np.minimum(part[:, 1], part[:, 3]) - tolerance, np.maximum(part[:, 1], part[:, 3]) + tolerance
    rows = (part[:, 0] - tolerance <= x) & (x <= part[:, 2] + tolerance) & (lower <= y) & (y <= upper)
    part, owner = part[rows], edges.owner[rows]
    delta = part[:, 2:] - part[:, :2]
    to = np.array([x, y]) - part[:, :2]
    along = np.clip((delta * to).sum(1) / np.maximum((delta**2).sum(1), 1e-12), 0.0, 1.0)
    distance = np.sqrt(((to - along[:, None] * delta) ** 2).sum(1))
    hit = owner[distance <= tolerance]
    if not len(hit):
        return -1
    return int(hit[np.argmax(np.nan_to_num(np.abs(strength[hit]), nan=np.inf))])


def draw_lines(painter: QPainter, lines: NDArray, start: int = 0, end: int | None = None) -> None:
    """Draw rows ``start`` to ``end`` of ``lines`` (m, 4) contiguous float64 with the pen at hand, in one call."""
    n = (len(lines) if end is None else end) - start
    if n > 0:
        # PySide takes a pointer to the first of many lines: no Python object for each of them
        painter.drawLines(wrapInstance(lines.ctypes.data + start * 32, QLineF), n)


class EdgePainter:
    """Draws an EdgeSet: a few opaque pens, one batched drawLines for each, the weakest first."""

    def __init__(self) -> None:
        self._pens: list[QPen] = []
        self._lines = np.empty((0, 4))

    def set_theme(self, theme: Theme, ramp: Ramp) -> None:
        """Make the pens: faded ones first, then those at full strength."""
        self._pens = []
        for strength in (FADED, 1.0):
            for level in range(LEVELS):
                width, share = look_of(level, ramp)
                for color in (theme.negative, theme.positive):
                    self._pens.append(QPen(mix(theme.panel, color, share * strength), width, Qt.PenStyle.SolidLine,
                                           Qt.PenCapStyle.SquareCap))  # fmt: skip
            self._pens.append(QPen(mix(theme.panel, theme.danger, 0.7 * strength), 1.5, Qt.PenStyle.SolidLine,
                                   Qt.PenCapStyle.SquareCap))  # fmt: skip

    def paint(self, painter: QPainter, edges: EdgeSet, values: NDArray, scale: float, lit: NDArray | None) -> None:
        """Draw with the signed ``values`` (n,); ``lit`` (n,) bool fades all the others."""
        if not len(edges):
            return
        finite = np.isfinite(values)
        clean = values if finite.all() else np.where(finite, values, 0.0)
        bucket = 2 * levels_of(clean, scale) + (clean >= 0)
        if clean is not values:
            bucket[~finite] = 2 * LEVELS
        bucket += _BUCKETS if lit is None else np.where(lit, _BUCKETS, 0)
        of_piece = bucket.astype(np.uint8)[edges.owner]  # bytes are sorted by counting
        order = np.argsort(of_piece, kind="stable")
        if len(self._lines) < len(order):
            self._lines = np.empty_like(edges.segments)
        np.take(edges.segments, order, axis=0, out=self._lines[: len(order)])
        ends = np.cumsum(np.bincount(of_piece, minlength=2 * _BUCKETS))
        start = 0
        for number, end in enumerate(ends.tolist()):
            if end > start:
                painter.setPen(self._pens[number])
                draw_lines(painter, self._lines, start, end)
            start = end
