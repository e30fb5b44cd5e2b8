"""The neurons of one column as one image: small maps or filled levels, biases, rounded frames; NumPy fills the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from gui.graphics.layout import Column
from gui.theme import Theme, mix

FADED = 0.25
_NAN = 256  # the place after the 256 signed colours
_PER_LUT = 257


@dataclass(frozen=True)
class NeuronColors:
    """Look-up tables (2 * 257,) uint32: faded colours first, then full ones; each -1..+1 and what is not a number.

    ``maps`` has the panel's colour at zero, ``levels`` the sunken one, so that a cell at rest is still seen.
    """

    maps: NDArray
    levels: NDArray
    plain: NDArray

    @classmethod
    def of(cls, theme: Theme) -> NeuronColors:
        full = np.append(theme.signed_lut, np.uint32(mix(theme.panel, theme.danger, 0.6).rgb()))
        signed = [i / 127.5 - 1.0 for i in range(256)]
        colors = [mix(theme.sunken, theme.positive if v >= 0 else theme.negative, abs(v)).rgb() for v in signed]
        levels = np.array([*colors, full[_NAN]], np.uint32)
        panel = theme.panel.rgb()
        return cls(
            np.concatenate([_toward(full, panel), full]),
            np.concatenate([_toward(levels, panel), levels]),
            np.array([mix(theme.panel, theme.sunken, 0.5).rgb(), theme.sunken.rgb()], np.uint32),
        )


def _toward(colors: NDArray, panel: int) -> NDArray:
    """Opaque colours at FADED of their strength over the panel."""
    shifts = np.array([16, 8, 0])
    rgb = (colors[:, None] >> shifts) & 255
    back = (panel >> shifts) & 255
    mixed = np.round(back + (rgb - back.astype(np.float64)) * FADED).astype(np.uint32)
    return np.uint32(0xFF000000) | (mixed << shifts.astype(np.uint32)).sum(axis=1).astype(np.uint32)


def signed_map(values: NDArray, *, output: bool = False, bounds: tuple[float, float] | None = None) -> NDArray:
    """Maps (n, side, side) of a layer as -1..1.

    Outputs are probabilities: 2p - 1. Others are divided by the largest magnitude of ``bounds`` when those are finite,
    else by the layer's own largest finite magnitude.
    """
    values = values.astype(np.float32, copy=False)
    if output:
        return values * 2 - 1
    if bounds is not None and np.isfinite(bounds).all():
        peak = max(abs(bounds[0]), abs(bounds[1]))
    else:
        peak = float(np.abs(values).max(initial=0.0))
        if not np.isfinite(peak):
            peak = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    return values * np.float32(1.0 / peak) if peak > 0 else values


def resampling(side: int, pixels: int) -> NDArray:
    """(pixels, side) float32 weights that stretch (bilinear) or shrink (triangle filter) one axis."""
    support = max(side / pixels, 1.0)
    at = (np.arange(pixels) + 0.5) * side / pixels - 0.5
    weights = np.maximum(1 - np.abs(np.clip(at, 0, side - 1)[:, None] - np.arange(side)) / support, 0)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


class ColumnImage:
    """The cells of a column in device pixels, in an array that a QImage looks at."""

    def __init__(self, column: Column, dpr: float, theme: Theme, colors: NeuronColors) -> None:
        self._colors = colors
        self._n = len(column.shown)
        w, h = max(round(column.cell[0] * dpr), 1), max(round(column.cell[1] * dpr), 1)
        xs = np.round((column.centers[:, 0] - column.cell[0] / 2) * dpr).astype(np.int64)
        ys = np.round((column.centers[:, 1] - column.cell[1] / 2) * dpr).astype(np.int64)
        self._bias = bias_side(column) and max(round(bias_side(column) * dpr), 2)
        margin = self._bias + 1 if self._bias else 0
        x0, y0 = int(xs.min()) - margin, int(ys.min())
        width, height = int(xs.max()) + w - x0, int(ys.max()) + h - y0 + 1
        self._array = np.zeros((height, width), np.uint32)
        self._image = QImage(self._array.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
        self._image.setDevicePixelRatio(dpr)
        self._origin = QPointF(x0 / dpr, y0 / dpr)
        self._size = w, h
        rows = (ys - y0)[:, None] + np.arange(h)
        cols = (xs - x0)[:, None] + np.arange(w)
        if column.grid:
            self._cells: tuple = (rows[:, :, None], cols[:, None, :])
        else:
            left = int(cols[0, 0])
            self._cells = (rows, slice(left, left + w))
            b = self._bias
            self._bias_cells = (rows[:, -1:] - b + 1 + np.arange(b), slice(left - b, left)) if b else None
        self._resampling: tuple[NDArray, NDArray] | None = None
        self._frame_array = np.zeros((height, width), np.uint32)
        self._frame_array[self._cells] = _frame(w, h, dpr, theme)
        self._frames = QImage(
            self._frame_array.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        self._frames.setDevicePixelRatio(dpr)

    def show_maps(self, values: NDArray, lit: NDArray | None = None) -> None:
        """Fill the cells with maps (n, side, side) of -1..1; ``lit`` (n,) bool fades the others."""
        skip = values.shape[-1] // max(self._size)
        if skip > 1:  # finer than can be seen: every second or third point is as good and far cheaper
            values = values[:, skip // 2 :: skip, skip // 2 :: skip]
        side = values.shape[-1]
        if self._resampling is None or self._resampling[0].shape[1] != side:
            self._resampling = resampling(side, self._size[1]), resampling(side, self._size[0]).T.copy()
        down, across = self._resampling
        # a sum is not finite when a term is not: cheaper than asking each
        broken = not np.isfinite(values.sum())
        clean = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0) if broken else values
        large = np.matmul(down, (clean.reshape(-1, side) @ across).reshape(self._n, side, -1))
        large *= 127.5
        large += 128.0
        index = np.clip(large, 0, 255, out=large).astype(np.intp)
        if broken:
            bad = (~np.isfinite(values)).astype(np.float32)
            index[np.matmul(down, np.matmul(bad, across)) > 0.5] = _NAN
        table = self._colors.maps[_PER_LUT:] if lit is None else self._colors.maps
        self._array[self._cells] = table.take(index if lit is None else self._shift(index, lit, 3))

    def show_levels(self, values: NDArray, lit: NDArray | None = None) -> None:
        """Fill each cell with the colour of its value (n,), -1..1."""
        finite = np.isfinite(values)
        index = np.clip(np.where(finite, values, 0.0) * 127.5 + 128.0, 0, 255).astype(np.int32)
        index[~finite] = _NAN
        self._array[self._cells] = self._colors.levels[self._shift(index, lit, 1)][:, None, None]

    def show_plain(self, lit: NDArray | None = None) -> None:
        """Empty cells: nothing is known yet."""
        which = np.ones(self._n, np.int32) if lit is None else lit.astype(np.int32)
        self._array[self._cells] = self._colors.plain[which][:, None, None]

    def show_biases(self, values: NDArray, lit: NDArray | None = None) -> None:
        """Fill the bias squares with values (n,), -1..1; columns of small cells have none."""
        if not self._bias or self._bias_cells is None:
            return
        finite = np.isfinite(values)
        clean = np.where(finite, values, 0.0)
        share = np.sign(clean) * np.minimum(np.abs(clean), 1.0) ** 0.65
        index = np.clip(share * 127.5 + 128.0, 0, 255).astype(np.int32)
        index[~finite] = _NAN
        self._array[self._bias_cells] = self._colors.levels[self._shift(index, lit, 1)][:, None, None]

    def paint(self, painter: QPainter) -> None:
        painter.drawImage(self._origin, self._image)
        painter.drawImage(self._origin, self._frames)

    def _shift(self, index: NDArray, lit: NDArray | None, ndim: int) -> NDArray:
        offset = _PER_LUT if lit is None else np.where(lit, _PER_LUT, 0).reshape(-1, *[1] * (ndim - 1))
        return index + offset


def bias_side(column: Column) -> float:
    """The side of a column's bias squares in logical pixels; 0 where there are none."""
    if not column.biased:
        return 0.0
    return min(max(column.cell[0] * 0.17, 5.0), 7.0)


def _frame(w: int, h: int, dpr: float, theme: Theme) -> NDArray:
    """(h, w) premultiplied pixels that lie over one cell: corners of the panel's colour and a thin line."""
    array = np.zeros((h, w), np.uint32)
    image = QImage(array.data, w, h, 4 * w, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(theme.panel)
    radius = 0.15 * min(w, h)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.panel)  # any opaque color: only its alpha counts
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
    painter.drawRoundedRect(QRectF(0, 0, w, h), radius, radius)
    if min(w, h) >= 14 * dpr:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.line, dpr))
        inset = dpr / 2
        painter.drawRoundedRect(QRectF(inset, inset, w - dpr, h - dpr), radius - inset, radius - inset)
    painter.end()
    del image
    return array
