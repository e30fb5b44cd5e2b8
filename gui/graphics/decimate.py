"""Curves of any length as about two points a pixel: the lowest and the highest value that each column of pixels hides.

A :class:`Pyramid` keeps the extremes of blocks of 16, 256 and 4096 rows of an append-only table. A new frame reads
only the rows that are new and a few thousand blocks, however long the run is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FACTOR = 16
BLOCKS = (FACTOR, FACTOR**2, FACTOR**3)
BLOCKS_PER_COLUMN = 4  # a column's edges are rounded to blocks: a quarter of a pixel at most
_PROBES = 64
_CHUNK = 8192  # rows read at a time while building: they stay in the cache


def _lows_and_highs(values: NDArray) -> tuple[NDArray, NDArray]:
    """Two arrays in which what is not finite can win neither a minimum nor a maximum."""
    finite = np.isfinite(values)
    if finite.all():
        return values, values
    return np.where(finite, values, np.inf), np.where(finite, values, -np.inf)


def _reduce(lows: NDArray, highs: NDArray) -> tuple[NDArray, NDArray]:
    """(k, n * 16) -> (k, n). Halving four times is thrice as fast as ``min(axis=-1)`` over so short an axis."""
    for _ in range(FACTOR.bit_length() - 1):
        lows, highs = np.minimum(lows[:, ::2], lows[:, 1::2]), np.maximum(highs[:, ::2], highs[:, 1::2])
    return lows, highs


class _Level:
    """Minima and maxima (k, n) of the full blocks of ``size`` rows; room is doubled when it runs out."""

    def __init__(self, size: int, columns: int) -> None:
        self.size = size
        self.n = 0
        self.lows = np.empty((columns, 64))
        self.highs = np.empty((columns, 64))

    def append(self, lows: NDArray, highs: NDArray) -> None:
        """Add the blocks that rows (k, m * 16) of the level below make."""
        lows, highs = _reduce(lows, highs)
        need = self.n + lows.shape[1]
        if need > self.lows.shape[1]:
            more = np.empty((len(lows), max(need, 2 * self.lows.shape[1]) - self.n))
            self.lows = np.concatenate([self.lows[:, : self.n], more], axis=1)
            self.highs = np.concatenate([self.highs[:, : self.n], more], axis=1)
        self.lows[:, self.n : need] = lows
        self.highs[:, self.n : need] = highs
        self.n = need


class Pyramid:
    """Extremes of an append-only table whose column 0 is the abscissa, in ascending order.

    Call :meth:`extend` with the whole table whenever it may have changed, then :meth:`curve` for what to draw. Another
    table, or one whose rows were rewritten (reset, step back), is noticed and read anew.
    """

    def __init__(self) -> None:
        self._table = np.empty((0, 1))
        self._levels: list[_Level] = []
        self._probes = np.empty(0, np.intp)
        self._probe_values = np.empty((0, 1))
        self._edges_key: tuple[float, ...] = ()
        self._kept_edges = np.empty(0, np.intp)
        self.rebuilds = 0

    def __len__(self) -> int:
        return len(self._table)

    def clear(self) -> None:
        """Forget everything, as for a new run."""
        self._table = self._table[:0]
        self._levels = []

    def extend(self, table: NDArray) -> None:
        """Take ``table`` (n, k): what was seen before stays, rows after it are added."""
        kept = self._unchanged(table)
        if not self._levels or not kept:
            self._levels = [_Level(size, table.shape[1]) for size in BLOCKS]
            self.rebuilds += 1
        for level in self._levels:
            level.n = min(level.n, kept // level.size)
        self._table, self._edges_key = table, ()
        raw, *higher = self._levels
        stop = len(table) // raw.size * raw.size
        for row in range(raw.n * raw.size, stop, _CHUNK):
            raw.append(*_lows_and_highs(np.ascontiguousarray(table[row : min(row + _CHUNK, stop)].T)))
        below = raw
        for level in higher:
            rows = slice(level.n * FACTOR, below.n // FACTOR * FACTOR)
            level.append(below.lows[:, rows], below.highs[:, rows])
            below = level
        n = len(table)
        self._probes = np.concatenate([np.arange(_PROBES) * n // _PROBES, np.arange(max(n - _PROBES, 0), n)]) if n else (
            np.empty(0, np.intp))  # fmt: skip
        self._probe_values = table[self._probes]

    def _unchanged(self, table: NDArray) -> int:
        """Rows that are certainly those seen before. Some are compared: all would cost what this class saves."""
        seen = min(len(self._table), len(table))
        if not seen or table.shape[1] != self._table.shape[1]:
            return 0
        inside = self._probes < seen
        same = np.array_equal(table[self._probes[inside]], self._probe_values[inside], equal_nan=True)
        return seen if same else 0

    def curve(self, column: int, low: float, high: float, columns: int) -> tuple[NDArray, NDArray]:
        """Abscissae and values of a line that looks like ``column`` from ``low`` to ``high``, ``columns`` pixels wide.

        Both (m,) float64 and finite, m about 2 * columns at most; one row either side of the view is included, so
        that the line leaves it.
        """
        if not len(self._table):
            return np.empty(0), np.empty(0)
        x = self._table[:, 0]
        start = max(int(np.searchsorted(x, low, "left")) - 1, 0)
        stop = min(int(np.searchsorted(x, high, "right")) + 1, len(x))
        if stop - start <= 2 * columns:
            return _finite(x[start:stop], self._table[start:stop, column])
        edges = self._edges(low, high, columns, start, stop)
        firsts, lasts, lows, highs = self._extremes(edges, column)
        # within a column the order of the two is that of its ends: a falling curve does not zigzag
        falling = self._table[firsts, column] > self._table[lasts, column]
        xs, ys = np.empty(2 * len(firsts)), np.empty(2 * len(firsts))
        xs[::2], xs[1::2] = x[firsts], x[lasts]
        ys[::2], ys[1::2] = np.where(falling, highs, lows), np.where(falling, lows, highs)
        return _finite(xs, ys)

    def _edges(self, low: float, high: float, columns: int, start: int, stop: int) -> NDArray:
        """The first row of each column of pixels, and ``stop``. Kept: train and test are asked for in turn."""
        key = (low, high, columns, start, stop)
        if self._edges_key != key:
            pixels = np.linspace(low, high, columns + 1)[1:-1]
            inner = np.searchsorted(self._table[start:stop, 0], pixels) + start
            edges = np.concatenate([[start], inner, [stop]])
            self._edges_key, self._kept_edges = key, edges[np.append(np.diff(edges) > 0, True)]
        return self._kept_edges

    def _extremes(self, edges: NDArray, column: int) -> tuple[NDArray, NDArray, NDArray, NDArray]:
        """First row, last row, minimum and maximum of each bin; +-inf where a bin holds nothing finite."""
        wanted = (edges[-1] - edges[0]) / max(len(edges) - 1, 1) / BLOCKS_PER_COLUMN
        level = next((level for level in reversed(self._levels) if level.size <= wanted), None)
        if level is None:
            lows, highs = _lows_and_highs(self._table[edges[0] : edges[-1], column])
            bins = edges[:-1] - edges[0]
            return edges[:-1], edges[1:] - 1, np.minimum.reduceat(lows, bins), np.maximum.reduceat(highs, bins)
        blocks = np.minimum(edges // level.size, level.n)
        blocks = blocks[np.append(np.diff(blocks) > 0, True)]
        bins, base = blocks[:-1] - blocks[0], slice(blocks[0], blocks[-1])
        lows = np.minimum.reduceat(level.lows[column, base], bins)
        highs = np.maximum.reduceat(level.highs[column, base], bins)
        rows = blocks * level.size
        firsts, lasts = rows[:-1], rows[1:] - 1
        if edges[-1] > rows[-1]:  # the newest rows do not fill a block yet
            tail_lows, tail_highs = _lows_and_highs(self._table[rows[-1] : edges[-1], column])
            firsts, lasts = np.append(firsts, rows[-1]), np.append(lasts, edges[-1] - 1)
            lows, highs = np.append(lows, tail_lows.min()), np.append(highs, tail_highs.max())
        return firsts, lasts, lows, highs


def _finite(x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
    keep = np.isfinite(y)
    return (np.array(x), np.array(y)) if keep.all() else (x[keep], y[keep])
