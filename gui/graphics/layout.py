"""Where everything of the network picture lies: columns, neurons, the ports of the edges. Pure maths, no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

BUTTON = 28.0  # the least that a finger or a shaky hand can hit
TOP = 70.0  # the headers' band
BOTTOM = 40.0  # the legend's band
MORE = 24.0  # below a column that does not show all its neurons
SMALLEST_PITCH = 12.0
GAP_PITCH = 20.0  # once some must be left out anyway, the others need not be tiny
GRID_PITCH = 16.0


@dataclass(frozen=True)
class Column:
    """One layer on the picture.

    ``shown`` (n,) are the neurons drawn, ascending; ``centers`` (n, 2) where, ``cell`` their width and height.
    ``ports_in`` and ``ports_out`` (n, 2) are where edges arrive and leave. ``idle`` are inputs that are switched off:
    (place in FEATURES, x, y). ``grid`` is true for a dense block of cells: the pixels of an image, an opened layer.
    ``can_open`` says that a click on the line below opens or closes the layer, ``biased`` that neurons have a bias square.
    """

    layer: int
    size: int
    x: float
    cell: tuple[float, float]
    shown: NDArray
    centers: NDArray
    ports_in: NDArray
    ports_out: NDArray
    grid: int = 0
    can_open: bool = False
    biased: bool = False
    idle: tuple[tuple[int, float, float], ...] = ()

    @property
    def left_out(self) -> int:
        """Neurons that are not drawn."""
        return self.size - len(self.shown)

    @property
    def left(self) -> float:
        return float(self.centers[:, 0].min()) - self.cell[0] / 2

    @property
    def right(self) -> float:
        return float(self.centers[:, 0].max()) + self.cell[0] / 2

    @property
    def bottom(self) -> float:
        return float(self.centers[:, 1].max()) + self.cell[1] / 2

    def rect(self, slot: int) -> tuple[float, float, float, float]:
        """x, y, width, height of the cell that shows ``shown[slot]``."""
        x, y = self.centers[slot]
        return float(x) - self.cell[0] / 2, float(y) - self.cell[1] / 2, *self.cell

    def slot_of(self, neuron: int) -> int:
        """The place of a neuron among those shown, or -1."""
        found = np.flatnonzero(self.shown == neuron)
        return int(found[0]) if len(found) else -1

    def moved(self, delta: NDArray) -> Column:
        """The same column with each neuron ``delta`` (n, 2) away."""
        return replace(
            self,
            x=self.x + float(delta[:, 0].mean()),
            centers=self.centers + delta,
            ports_in=self.ports_in + delta,
            ports_out=self.ports_out + delta,
        )


@dataclass(frozen=True)
class GraphLayout:
    """The whole picture in logical pixels. ``pitch`` is the distance between two columns."""

    width: float
    height: float
    columns: tuple[Column, ...]
    pitch: float
    planar: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(column.size for column in self.columns)

    @property
    def compact(self) -> bool:
        """Too little room beside a header for − size + in a row."""
        return self.pitch < 88

    @property
    def tight(self) -> bool:
        """Not even a size fits beside a header's name: − and + come in its place when the pointer is near."""
        longest = max((len(f"H{c.layer} · {c.size:,}") for c in self.columns[1:-1]), default=0)
        return self.pitch < max(2 * BUTTON, 6.9 * longest + 2)

    @property
    def packed(self) -> bool:
        """Headers are bare numbers."""
        return self.pitch < 36

    @property
    def roomy(self) -> bool:
        """Room for words between two headers."""
        return self.pitch >= 140


def arrange(
    width: float,
    height: float,
    sizes: Sequence[int],
    *,
    feature_slots: Sequence[int] | None = None,
    n_features: int = 7,
    opened: frozenset[int] = frozenset(),
    favored: Mapping[int, NDArray] | None = None,
) -> GraphLayout:
    """Lay out a network of ``sizes`` (inputs first) in ``width`` x ``height`` pixels.

    ``feature_slots`` (planar data only) are the places of the active inputs among ``n_features`` switches.
    ``opened`` are layers whose neurons are all shown; ``favored`` gives (n,) scores by layer, and where not all
    neurons fit the best of them are shown, always with the first and the last.
    """
    planar = feature_slots is not None
    top, bottom = TOP, max(height - BOTTOM, TOP + 120)
    left, right = (62.0 if planar else 32.0), 58.0
    span = max(width - left - right, 60.0)
    n = len(sizes)
    largest = min(40.0 if height < 640 else 44.0, 0.52 * span / max(n - 0.5, 1.0))
    if not planar:
        largest = min(largest, 24.0)

    # first what each column looks like around x = 0, then how the columns share the width
    drafts: list[Column] = []
    for layer, size in enumerate(sizes):
        score = favored.get(layer) if favored else None
        if layer == 0 and feature_slots is not None:
            drafts.append(_features(size, feature_slots, n_features, top, bottom, largest))
        elif layer == 0 and (side := _square(size)):
            # Many pixels need more room to be told apart, and each of them as much as the others.
            room = min(max(14.0 * 8, 6.0 * side), 0.3 * span, bottom - top)
            pitch = room / side if side <= 8 else float(int(room / side))
            drafts.append(_grid(layer, size, side, max(pitch, 1.0), (top + bottom) / 2))
        elif layer in opened:
            drafts.append(_opened(layer, size, top, bottom - MORE, 0.7 * span / n))
        else:
            line = _line(layer, size, top, bottom, largest, score)
            drafts.append(replace(line, biased=planar and layer > 0 and line.cell[0] >= 18))
    widths = [column.right - column.left for column in drafts]
    gap = (span - sum(widths)) / max(n - 1, 1)
    columns, x = [], left
    for column, own in zip(drafts, widths, strict=True):
        columns.append(_shift(column, x + own / 2))
        x += own + gap
    pitch = (columns[-1].x - columns[0].x) / max(n - 1, 1)
    return GraphLayout(width, height, tuple(columns), pitch, planar)


def most_favored(size: int, room: int, score: NDArray | None) -> NDArray:
    """(room,) ascending indices: the first, the last, and the best by ``score`` (n,); evenly spread without one."""
    if room >= size:
        return np.arange(size)
    if score is None or len(score) != size:
        return np.unique(np.round(np.linspace(0, size - 1, room)).astype(np.int64))
    score = np.nan_to_num(score.astype(np.float64), nan=np.inf)
    score[[0, -1]] = np.inf
    return np.sort(np.argsort(-score, kind="stable")[:room])


def match_layers(old: Sequence[int], new: Sequence[int]) -> list[int | None]:
    """For each layer of ``new`` its layer of ``old``: inputs and outputs match, hidden ones from both ends."""
    a, b = list(old[1:-1]), list(new[1:-1])
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    hidden: list[int | None] = []
    for i in range(len(b)):
        if i < head:
            hidden.append(i + 1)
        elif i >= len(b) - tail:
            hidden.append(len(a) - len(b) + i + 1)
        else:
            hidden.append(i + 1 if len(a) == len(b) else None)
    return [0, *hidden, len(old) - 1]


def blend(old: GraphLayout, new: GraphLayout, share: float) -> GraphLayout:
    """The picture ``share`` (0..1) of the way from ``old`` to ``new``: what was there glides, what is new comes with
    its neighbour."""
    if share >= 1:
        return new
    columns = []
    for column, source in zip(new.columns, match_layers(old.sizes, new.sizes), strict=True):
        before = old.columns[source if source is not None else min(column.layer, len(old.columns) - 2)]
        start = column.centers.copy()
        if source is None or column.grid or before.grid:
            start[:, 0] += before.x - column.x
        else:
            nearest = np.abs(before.shown[None, :] - column.shown[:, None]).argmin(axis=1)
            start = before.centers[nearest]
        columns.append(column.moved((start - column.centers) * (1 - share)))
    return replace(new, columns=tuple(columns))


def _square(size: int) -> int:
    side = round(size**0.5)
    return side if side >= 4 and side * side == size else 0


def _line(layer: int, size: int, top: float, bottom: float, largest: float, score: NDArray | None) -> Column:
    room = int((bottom - top) / SMALLEST_PITCH)
    cut = size > room
    if cut:
        bottom -= MORE
        room = int((bottom - top) / GAP_PITCH)
    shown = most_favored(size, room, score)
    pitch = (bottom - top) / len(shown)
    cell = float(min(largest, max(pitch - max(2.0, 0.2 * pitch), 4.0)))
    centers = np.stack([np.zeros(len(shown)), top + (np.arange(len(shown)) + 0.5) * pitch], axis=1)
    return _column(layer, size, cell, cell, shown, centers, can_open=cut)


def _features(size: int, slots: Sequence[int], n: int, top: float, bottom: float, largest: float) -> Column:
    pitch = (bottom - top) / n
    cell = min(largest, pitch - 8)
    ys = top + (np.arange(n) + 0.5) * pitch
    centers = np.stack([np.zeros(size), ys[list(slots)]], axis=1)
    idle = tuple((i, 0.0, float(ys[i])) for i in range(n) if i not in slots)
    return replace(_column(0, size, cell, cell, np.arange(size), centers), idle=idle)


def _opened(layer: int, size: int, top: float, bottom: float, room: float) -> Column:
    pitch = GRID_PITCH
    while pitch > 3:
        rows = max(int((bottom - top) / pitch), 1)
        if -(-size // rows) * pitch <= room:
            break
        pitch -= 0.5
    rows = max(int((bottom - top) / pitch), 1)
    return replace(_grid(layer, size, -(-size // rows), pitch, (top + bottom) / 2), can_open=True)


def _grid(layer: int, size: int, across: int, pitch: float, y: float) -> Column:
    index = np.arange(size)
    row, col = index // across, index % across
    rows = -(-size // across)
    centers = np.stack([(col + 0.5 - across / 2) * pitch, y + (row + 0.5 - rows / 2) * pitch], axis=1)
    cell = max(pitch - max(1.0, 0.14 * pitch), 1.0)
    column = _column(layer, size, cell, cell, index, centers)
    # the ports of one row fan out over its height, so that edges to different cells can be told apart
    ports = centers[:, 1] + ((col + 0.5) / across - 0.5) * pitch * 0.8
    edge = across * pitch / 2
    return replace(
        column,
        grid=across,
        ports_in=np.stack([np.full(size, -edge), ports], axis=1),
        ports_out=np.stack([np.full(size, edge), ports], axis=1),
    )


def _column(
    layer: int, size: int, w: float, h: float, shown: NDArray, centers: NDArray, can_open: bool = False
) -> Column:
    half = np.array([w / 2, 0.0])
    return Column(layer, size, 0.0, (w, h), shown, centers, centers - half, centers + half, can_open=can_open)


def _shift(column: Column, x: float) -> Column:
    moved = column.moved(np.broadcast_to(np.array([x, 0.0]), column.centers.shape))
    return replace(moved, x=x, idle=tuple((i, x + dx, y) for i, dx, y in column.idle))
