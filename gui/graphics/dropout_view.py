"""Dropout on the network picture: who sits out the next mini-batch is hollow, and the edges there are dashed and faint.

The lines are kept in a pixmap that changes with each pattern, ten times a second at most, so that a frame in between costs
one copy, however many weights there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from engine.minibatch import MiniBatch
from engine.spec import ExperimentSpec
from gui.graphics.edges import EdgeSet, draw_lines
from gui.graphics.graph_lines import CROWD, GraphLines
from gui.graphics.layout import GraphLayout
from gui.graphics.targets import Target
from gui.theme import Theme, mix

DASH, PERIOD = 4.0, 9.0
FAINT = 0.38
ROUND = 14.0  # cells smaller than this are drawn as plain squares, in one call
HELP = (
    " In Train the hollow neurons are left out of the next mini-batch for one of its samples; their weights, dashed, neither "
    "count nor move. The maps and numbers stay those of the whole network, as it answers once it is trained."
)

DROPPED = tuple[NDArray | None, ...]


def dropped_of(batch: MiniBatch, sample_index: int | None) -> DROPPED:
    """For every hidden layer (width,) bool, who is left out for one sample of ``batch``; None where none can be.

    The sample is row ``sample_index`` of the training samples, or the first one where that is not in the mini-batch.
    """
    found = np.flatnonzero(batch.rows == sample_index) if sample_index is not None else ()
    place = int(found[0]) if len(found) else 0
    return tuple(None if mask is None else mask[place] == 0 for mask in batch.masks)


def shares_text(spec: ExperimentSpec) -> str:
    """``30 %``, or of layers that differ ``10 to 50 %``; empty without dropout."""
    low, high = min(spec.dropout, default=0.0), max(spec.dropout, default=0.0)
    if not high:
        return ""
    return f"{high:.0%}".replace("%", " %") if low == high else f"{100 * low:.0f} to {100 * high:.0f} %"


def dashes(edges: EdgeSet) -> NDArray:
    """(k, 4) short pieces x1, y1, x2, y2 along the curves of ``edges``: ``DASH`` pixels of each ``PERIOD``."""
    part, owner = edges.segments, edges.owner
    if not len(part):
        return np.empty((0, 4))
    step = part[:, 2:] - part[:, :2]
    length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)
    end = np.cumsum(length)
    start = end - length
    first_of_edge = np.searchsorted(owner, owner)  # the pieces of one edge lie together
    begin = start - start[first_of_edge]  # along its own edge
    number = (np.floor((begin + length) / PERIOD) - np.floor(begin / PERIOD) + 1).astype(np.int64)
    row = np.repeat(np.arange(len(part)), number)
    count = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    dash = (np.floor(begin / PERIOD)[row] + count) * PERIOD
    a = np.clip(dash - begin[row], 0, length[row])
    b = np.clip(dash + DASH - begin[row], 0, length[row])
    seen = b > a
    row, along = row[seen], np.stack([a, b], axis=1)[seen] / length[row[seen], None]
    return np.ascontiguousarray((part[row, None, :2] + along[:, :, None] * step[row, None, :]).reshape(-1, 4))


class DropoutView:
    """The dropout of one network picture. ``active`` while it is to be seen; ``reserved`` is the room of its switch."""

    def __init__(self) -> None:
        self.reserved = 0.0
        self._train = False
        self._spec: ExperimentSpec | None = None
        self._dropped: DROPPED = ()
        self._key: tuple | None = None
        self._edges: EdgeSet | None = None
        self._pixmap: QPixmap | None = None

    # --- what is to be shown --------------------------------------------------------------------------------------

    def set_spec(self, spec: ExperimentSpec | None) -> None:
        """Another experiment; a pattern of another network is forgotten."""
        if self._spec is None or spec is None or self._spec.layer_sizes != spec.layer_sizes:
            self._dropped = ()
        self._spec, self._key = spec, None

    def set_train(self, train: bool) -> None:
        """Show the network as it is trained, or as it answers."""
        self._train, self._key = train, None

    def take(self, batch: MiniBatch, sample_index: int | None) -> None:
        """The mini-batch that is trained next."""
        self._dropped, self._key = dropped_of(batch, sample_index), None

    # --- answers --------------------------------------------------------------------------------------------------

    @property
    def possible(self) -> bool:
        """Whether the experiment has any dropout."""
        return self._spec is not None and max(self._spec.dropout, default=0.0) > 0

    @property
    def active(self) -> bool:
        return self._train and self.possible

    @property
    def dropped(self) -> DROPPED:
        """For every hidden layer (width,) bool, who is left out; empty before the first mini-batch is known."""
        return self._dropped if self.active else ()

    def is_dropped(self, target: Target) -> bool:
        """Whether a neuron is left out, or an edge because one of its ends is."""
        if target.kind == "edge":
            return self._out(target.layer, target.source) or self._out(target.layer + 1, target.index)
        return target.kind == "neuron" and self._out(target.layer, target.index)

    def _out(self, layer: int, neuron: int) -> bool:
        rows = self._of_layer(layer)
        return rows is not None and bool(rows[neuron])

    def _of_layer(self, layer: int) -> NDArray | None:
        """(width,) bool of a layer counted from the inputs, 0; None where nobody is left out."""
        dropped = self.dropped
        return dropped[layer - 1] if 0 < layer <= len(dropped) else None

    def words(self) -> tuple[str, ...]:
        """What the legend says, of which the first that fits is taken."""
        if not self.active or self._spec is None:
            return ()
        share = shares_text(self._spec)
        return f"hollow: dropped for this sample, {share}", f"hollow: dropped, {share}", "hollow: dropped", ""

    # --- painting -------------------------------------------------------------------------------------------------

    def paint_lines(
        self, painter: QPainter, lines: GraphLines, theme: Theme, backdrop: QPixmap, focus: Target | None
    ) -> None:
        """The backdrop, the dashes of who is left out, and the lines of the others."""
        lines.settle(focus)
        if lines.edges is None:
            painter.drawPixmap(0, 0, backdrop)
            return
        key = (backdrop.cacheKey(), focus, theme.name, lines.contributions)
        if self._pixmap is None or self._key != key or self._edges is not lines.edges:
            self._key, self._edges = key, lines.edges
            self._pixmap = self._drawn(lines, lines.edges, theme, backdrop, focus)
        painter.drawPixmap(0, 0, self._pixmap)

    def _drawn(
        self, lines: GraphLines, edges: EdgeSet, theme: Theme, backdrop: QPixmap, focus: Target | None
    ) -> QPixmap:
        pixmap = backdrop.copy()
        painter = QPainter(pixmap)
        out = self._rows(edges)
        faint = edges.part(np.flatnonzero(out))
        values = lines.values(faint)
        # So many dashes are a haze that costs more than the lines of the others: of a crowd only those are drawn.
        if len(edges) <= CROWD:
            for rows, color in ((values < 0, theme.negative), (values >= 0, theme.positive)):
                painter.setPen(QPen(mix(theme.panel, color, FAINT), 1.0))
                draw_lines(painter, dashes(faint.part(np.flatnonzero(rows))))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lines.paint_edges(painter, theme, edges.part(np.flatnonzero(~out)), focus)
        painter.end()
        return pixmap

    def _rows(self, edges: EdgeSet) -> NDArray:
        """(n,) bool: the edges with an end that is left out."""
        out = np.zeros(len(edges), bool)
        for layer in range(1, len(self.dropped) + 1):
            rows = self._of_layer(layer)
            if rows is not None:
                here, before = edges.layer == layer, edges.layer == layer - 1
                out[here] |= rows[edges.source[here]]
                out[before] |= rows[edges.target[before]]
        return out

    def paint_cells(self, painter: QPainter, layout: GraphLayout, theme: Theme) -> None:
        """Make the neurons that are left out hollow."""
        painter.setBrush(theme.panel)
        painter.setPen(QPen(theme.quiet, 1.25))
        for column in layout.columns:
            rows = self._of_layer(column.layer)
            if rows is None or len(rows) != column.size:
                continue
            boxes = [QRectF(*column.rect(slot)) for slot in np.flatnonzero(rows[column.shown]).tolist()]
            if min(column.cell) < ROUND:
                painter.setPen(QPen(theme.quiet, 1, Qt.PenStyle.SolidLine))
                painter.drawRects([box.adjusted(0.5, 0.5, -0.5, -0.5) for box in boxes])
                continue
            for box in boxes:
                inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
                painter.drawRoundedRect(inner, 0.15 * box.width(), 0.15 * box.width())
