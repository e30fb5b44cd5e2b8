"""The network picture as a whole: keeps what changes rarely, and paints a frame in a few dozen calls."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from engine.network import Layout
from engine.snapshot import Maps
from engine.spec import ExperimentSpec
from gui.graphics.backdrop import Legend, backdrop, feature_map
from gui.graphics.edges import EdgePainter, EdgeSet, choose, nearest
from gui.graphics.layout import GraphLayout
from gui.graphics.neuron_maps import ColumnImage, NeuronColors, signed_map
from gui.graphics.scale import LEVELS, Ramp, levels_of, look_of, reference, steady_power, steady_scale
from gui.graphics.targets import Button, Target, bias_box, buttons
from gui.theme import Theme, mix

LIMIT = 840  # edges drawn: what a frame can afford, and already more than an eye can follow
CHOICE_SECONDS = 0.15
MANY = 100  # of more lines than this the fainter two thirds follow each CHOICE_SECONDS while training runs
STRONG = 160  # and no more than so many move with every frame
CROWD = 300  # from so many lines on, only the strong ones may stand out
_RING = 2.0


class NetworkPicture:
    """Paints one network. Give it a layout and values, then call :meth:`paint` as often as wanted."""

    def __init__(self, theme: Theme, max_layers: int, max_width: int) -> None:
        self._limits = max_layers, max_width
        self.layout: GraphLayout | None = None
        self.spec: ExperimentSpec | None = None
        self.edges: EdgeSet | None = None
        self.scale: float | None = None
        self.buttons: list[Button] = []
        self._params: NDArray | None = None
        self._parameters: Layout | None = None
        self._activations: tuple[NDArray, ...] | None = None
        self._maps: Maps | None = None
        self._painter = EdgePainter()
        self._columns: list[ColumnImage] = []
        self._columns_for: object = None
        self._cells_stale = True
        self._pixmap: QPixmap | None = None
        self._pixmap_for: object = None
        self._chosen_at = -1e9
        self._focus: Target | None = None
        self._changed = False
        self._mesh: QPixmap | None = None
        self._mesh_for: tuple | None = None
        self._strong: tuple[NDArray, EdgeSet] | None = None
        self._pens_for: object = None
        self._inputs_for: object = None
        self._broken = self._clipped = False
        self._ramp = Ramp()
        self.set_theme(theme)

    # --- what is to be shown --------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._colors = NeuronColors.of(theme)
        self._columns_for = self._pixmap_for = self._pens_for = None

    def clear(self) -> None:
        """Show nothing."""
        self.layout = self.spec = self.edges = self._params = self._activations = self._maps = self.scale = None
        self._focus, self._columns, self.buttons = None, [], []

    def set_layout(self, layout: GraphLayout, spec: ExperimentSpec) -> None:
        """Another layout or spec. Values that no longer fit it are forgotten."""
        if self.spec is not None and self.spec.layer_sizes != spec.layer_sizes:
            self._params = self._activations = self._maps = self.scale = None
        elif self.spec is not None and self.spec.data.features != spec.data.features:
            self._maps = None
        self.layout, self.spec = layout, spec
        self.buttons = buttons(layout, *self._limits)
        self.edges = self._columns_for = None

    def set_params(self, parameters: Layout, params: NDArray, settled: bool = False) -> None:
        """New values. ``settled``: no others will follow soon, so the next frame must be exact everywhere."""
        self._parameters, self._params = parameters, params
        if settled:
            self._chosen_at = -math.inf
        self._cells_stale = self._changed = True

    def set_maps(self, maps: Maps) -> None:
        if self.layout is not None and tuple(len(m) for m in maps.layers) == self.layout.sizes:
            self._maps = maps
            self._cells_stale = True

    def set_activations(self, activations: tuple[NDArray, ...] | None) -> None:
        """One (n,) array a layer, inputs first; ``None``, or what does not fit the layout, shows none."""
        if activations is not None and (self.layout is None or tuple(len(a) for a in activations) != self.layout.sizes):
            activations = None
        if (activations is None) != (self._activations is None):
            self.edges, self.scale = None, None  # another quantity is drawn
        self._activations = activations
        self._cells_stale = self._changed = True

    def set_focus(self, focus: Target | None) -> None:
        """What the pointer is on; everything else fades."""
        if focus != self._focus:
            self._focus = focus
            self._cells_stale = True
            if self.edges is not None and len(self.edges) < self.edges.total:
                self.edges = None

    # --- answers --------------------------------------------------------------------------------------------------

    @property
    def parameters(self) -> Layout | None:
        return self._parameters if self._params is not None else None

    @property
    def contributions(self) -> bool:
        """Whether lines show weight × activation: images with a sample at hand. In the plane they are weights."""
        return self._activations is not None and self.layout is not None and not self.layout.planar

    @property
    def activations(self) -> tuple[NDArray, ...] | None:
        return self._activations

    def flat_index(self, target: Target) -> int:
        """Place of an edge or bias in the parameters, or -1."""
        if self._parameters is None:
            return -1
        if target.kind == "edge":
            return self._parameters.weight_index(target.layer, target.source, target.index)
        if target.kind == "bias" and target.layer > 0:
            return self._parameters.bias_index(target.layer - 1, target.index)
        return -1

    def value(self, target: Target) -> np.floating | None:
        """The present value of an edge or bias, in the parameters' own precision."""
        flat = self.flat_index(target)
        return None if self._params is None or flat < 0 else self._params[flat]

    def edge_at(self, x: float, y: float) -> Target | None:
        if self.edges is None or self._params is None:
            return None
        found = nearest(self.edges, x, y, self._edge_values(self.edges))
        return self._edge_target(found) if found >= 0 else None

    def outline(self, target: Target) -> NDArray:
        """(n, 2) points that a card must not cover: the neuron's or bias's box, the edge's line."""
        if self.layout is None:
            return np.empty((0, 2))
        if target.kind == "edge":
            row = self.edges.find(target.layer, target.source, target.index) if self.edges is not None else -1
            if row >= 0:
                return self.edges.line(row)  # type: ignore[union-attr]
            target = Target("neuron", target.layer + 1, target.index)
        column = self.layout.columns[target.layer]
        if target.kind == "feature":
            x, y = next(((x, y) for i, x, y in column.idle if i == target.index), (column.x, 0.0))
            box = (x - column.cell[0] / 2, y - column.cell[1] / 2, *column.cell)
        else:
            slot = column.slot_of(target.index)
            if slot < 0:
                return np.empty((0, 2))
            box = bias_box(self.layout, target.layer, slot) if target.kind == "bias" else None
            box = box or column.rect(slot)
        xs, ys = np.meshgrid(np.linspace(box[0], box[0] + box[2], 6), np.linspace(box[1], box[1] + box[3], 6))
        return np.stack([xs.ravel(), ys.ravel()], axis=1)

    def anchor(self, target: Target) -> tuple[float, float]:
        """Where a card about a target is placed when no pointer says so."""
        points = self.outline(target)
        return (0.0, 0.0) if not len(points) else tuple(points[len(points) // 2].tolist())

    # --- painting -------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, dpr: float, button: Target | None, header: int, ring: Target | None) -> None:
        """One frame. ``button`` is the painted button under the pointer, ``ring`` the selected thing."""
        if self.layout is None or self.spec is None:
            painter.fillRect(painter.window(), self.theme.panel)
            return
        self._refresh_edges()
        self._refresh_cells(dpr)
        values = self._edge_values(self.edges) if self.edges is not None else np.empty(0)
        self._rescale(values)
        self._refresh_backdrop(dpr, button, header)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.edges is None:
            painter.drawPixmap(QPointF(0, 0), self._pixmap)
        else:
            self._refresh_pens()
            lit, scale = self._lit_edges(), self.scale or 1.0
            if len(self.edges) <= MANY:
                painter.drawPixmap(QPointF(0, 0), self._pixmap)
                self._painter.paint(painter, self.edges, values, scale, lit)
            else:
                self._refresh_mesh(values, scale, lit)
                painter.drawPixmap(QPointF(0, 0), self._mesh)
                rows, strong = self._strong
                self._painter.paint(painter, strong, values[rows], scale, None if lit is None else lit[rows])
            if ring is not None and ring.kind == "edge":
                self._edge_ring(painter, ring, values)
        for column in self._columns:
            column.paint(painter)
        for target in {ring, self._focus} - {None}:
            self._ring(painter, target, self.theme.accent if target == ring else self.theme.quiet)

    @property
    def lags(self) -> bool:
        """True when the lines were chosen, and the faint ones drawn, from values that have changed since."""
        return self._changed and self.edges is not None and len(self.edges) > MANY

    def _widest(self) -> float:
        """Thick lines need room: between the columns and at the neurons."""
        if self.layout is None:
            return 6.0
        gap = min((b.left - a.right for a, b in pairwise(self.layout.columns)), default=100.0)
        cells = (column.cell[0] for column in self.layout.columns if column.layer or not column.grid)
        return min(max(min(min(cells) * 0.16, gap * 0.07), 3.0), 6.0)

    def _refresh_edges(self) -> None:
        if self._params is None or self._parameters is None or self.layout is None:
            self.edges = None
            return
        due = self.lags and time.monotonic() - self._chosen_at > CHOICE_SECONDS
        if self.edges is not None and not due:
            return
        if self.edges is None or len(self.edges) < self.edges.total:
            focus = self._focus
            whole = (focus.layer, focus.index) if focus is not None and focus.kind in ("neuron", "bias") else None
            sample = self._activations if self.contributions else None
            self.edges = choose(self.layout, self._parameters, self._params, sample, LIMIT, whole)
        self._mesh_for = None
        self._chosen_at = time.monotonic()
        self._changed = False

    def _refresh_mesh(self, values: NDArray, scale: float, lit: NDArray | None) -> None:
        """Many lines: the faint ones are part of the background, drawn anew when the choice, legend or pointer changes."""
        wanted = (self.edges, self._pixmap, self._focus)
        if self._mesh_for is not None and all(a is b for a, b in zip(self._mesh_for, wanted, strict=True)):
            return
        assert self.edges is not None
        assert self._pixmap is not None
        n = len(self.edges)
        cut = n - min(STRONG, n // 3)
        order = np.argpartition(np.nan_to_num(np.abs(values), nan=np.inf), cut)
        faint, rows = np.sort(order[:cut]), np.sort(order[cut:])
        self._strong = rows, self.edges.part(rows)
        self._mesh = self._pixmap.copy()
        painter = QPainter(self._mesh)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.paint(painter, self.edges.part(faint), values[faint], scale, None if lit is None else lit[faint])
        painter.end()
        self._mesh_for = wanted

    def _edge_values(self, edges: EdgeSet) -> NDArray:
        assert self._params is not None
        values = self._params[edges.flat]
        if self.contributions:
            assert self._activations is not None
            starts = np.cumsum([0, *(len(a) for a in self._activations)])
            values = values * np.concatenate(self._activations)[starts[edges.layer] + edges.source]
        return values

    def _rescale(self, values: NDArray) -> None:
        self.scale = steady_scale(self.scale, reference(values))
        peak = float(np.abs(values).max(initial=0.0))
        self._broken = not np.isfinite(peak)
        self._clipped = self._clipped_by(peak)
        crowd = self.edges is not None and len(self.edges) > CROWD
        power = steady_power(self._ramp.power, values, self.scale) if crowd else 1.0
        self._ramp = Ramp(self._widest(), power)

    def _clipped_by(self, peak: float) -> bool:
        scale = self.scale or 1.0
        return peak > scale * (1.02 if self._clipped else 1.1)

    def _refresh_pens(self) -> None:
        wanted = (self.theme.name, self._ramp)
        if self._pens_for != wanted:
            self._painter.set_theme(self.theme, self._ramp)
            self._pens_for = wanted

    def _refresh_backdrop(self, dpr: float, button: Target | None, header: int) -> None:
        layout, spec = self.layout, self.spec
        assert layout is not None
        assert spec is not None
        left_out: tuple[str, ...] = ()
        if self.edges is not None and len(self.edges) < self.edges.total:
            count = f"the strongest {len(self.edges):,} of {self.edges.total:,} weights"
            if self.contributions:
                left_out = (f"{count} for this input (weight × activation)", f"{count} × activations", count)
            else:
                left_out = (f"{count}, the best of each layer", count)
            if self._focus is not None and self._pixmap_for is not None:
                left_out = self._pixmap_for[1].left_out or left_out  # a count that changes with the pointer is noise
        quantity = "|w·a|" if self.contributions else "|w|"
        legend = Legend(self.scale or 1.0, self._ramp, self._clipped, quantity, left_out, self._broken)
        hovered = self._focus if self._focus is not None and self._focus.kind == "feature" else button
        wanted = (layout, legend, spec.data, hovered, header, self.predicted, dpr)
        same = self._pixmap_for is not None and self._pixmap_for[0] is layout and self._pixmap_for[1:] == wanted[1:]
        if not same:
            self._pixmap = backdrop(layout, spec, self.theme, self._colors, legend, self.buttons, hovered, header,
                                    self.predicted, dpr)  # fmt: skip
            self._pixmap_for = wanted

    @property
    def predicted(self) -> int:
        """The output that wins, or -1 without activations or with only one output."""
        if self._activations is None or len(self._activations[-1]) < 2:
            return -1
        last = self._activations[-1]
        return int(last.argmax()) if np.isfinite(last).all() and last.max() > 0 else -1

    # --- cells ----------------------------------------------------------------------------------------------------

    def _refresh_cells(self, dpr: float) -> None:
        assert self.layout is not None
        if self._columns_for != (id(self.layout), dpr):
            self._columns = [ColumnImage(column, dpr, self.theme, self._colors) for column in self.layout.columns]
            self._columns_for = (id(self.layout), dpr)
            self._cells_stale = True
        if self._cells_stale:
            for layer in range(len(self._columns)):
                self._fill_column(layer)
            self._cells_stale = False

    def _fill_column(self, layer: int) -> None:
        assert self.layout is not None
        assert self.spec is not None
        column, image = self.layout.columns[layer], self._columns[layer]
        shown, lit = column.shown, self._lit_cells(layer)
        everything = len(shown) == column.size
        output = layer == len(self._columns) - 1
        if self.layout.planar and layer == 0:
            wanted = (image, self._focus)
            if self._inputs_for == wanted:
                return  # they do not learn
            self._inputs_for = wanted
            domain = self.spec.data.dataset.domain
            side = max(round(column.cell[0]), 8)
            image.show_maps(np.stack([feature_map(f, domain, side) for f in self.spec.data.features]), lit)
        elif self.layout.planar and self._maps is not None:
            maps = self._maps.layers[layer]
            bounds = self.spec.network.activation.range
            image.show_maps(signed_map(maps if everything else maps[shown], output=output, bounds=bounds), lit)
        elif not self.layout.planar and self._activations is not None:
            values = self._activations[layer]
            peak = 1.0 if output else float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
            image.show_levels(values[shown] / peak, lit)
        else:
            image.show_plain(lit)
        if layer > 0 and self._params is not None and self._parameters is not None:
            biases = self._parameters.biases(self._params, layer - 1)[shown]
            lit_bias = lit
            if self._focus is not None and self._focus.kind == "bias" and lit is not None:
                lit_bias = shown == self._focus.index if self._focus.layer == layer else lit
            image.show_biases(biases / (self.scale or 1.0), lit_bias)

    def _lit_cells(self, layer: int) -> NDArray | None:
        focus = self._focus
        if focus is None or focus.kind == "feature" or self.layout is None:
            return None
        shown = self.layout.columns[layer].shown
        if focus.kind == "edge":
            lit = focus.source if layer == focus.layer else focus.index if layer == focus.layer + 1 else -1
        else:
            lit = focus.index if layer == focus.layer else -1
        return shown == lit

    def _lit_edges(self) -> NDArray | None:
        focus, edges = self._focus, self.edges
        if focus is None or edges is None or focus.kind == "feature":
            return None
        if focus.kind == "edge":
            return (edges.layer == focus.layer) & (edges.source == focus.source) & (edges.target == focus.index)
        lit = edges.of_neuron(focus.layer, focus.index)
        return lit & (edges.layer == focus.layer - 1) if focus.kind == "bias" else lit

    def _edge_target(self, row: int) -> Target:
        assert self.edges is not None
        e = self.edges
        return Target("edge", int(e.layer[row]), int(e.target[row]), int(e.source[row]))

    # --- rings ----------------------------------------------------------------------------------------------------

    def _ring(self, painter: QPainter, target: Target, color: object) -> None:
        assert self.layout is not None
        if target.kind not in ("neuron", "bias", "feature"):
            return
        points = self.outline(target)
        if not len(points):
            return
        (x, y), (right, bottom) = points.min(axis=0), points.max(axis=0)
        small = target.kind == "bias"
        grow = 2.5 if small else 0.5
        radius = 2.5 if small else 0.15 * (right - x) + grow
        painter.setPen(QPen(color, 1.5 if small else _RING))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawRoundedRect(QRectF(x - grow, y - grow, right - x + 2 * grow, bottom - y + 2 * grow), radius, radius)

    def _edge_ring(self, painter: QPainter, target: Target, values: NDArray) -> None:
        assert self.edges is not None
        row = self.edges.find(target.layer, target.source, target.index)
        if row < 0:
            return
        level = int(levels_of(np.nan_to_num(values[row : row + 1]), self.scale or 1.0)[0])
        width = look_of(level, self._ramp)[0]
        line = QPolygonF([QPointF(*p) for p in self.edges.line(row).tolist()])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        sign = self.theme.positive if values[row] >= 0 else self.theme.negative
        own = mix(self.theme.panel, sign, 0.35 + 0.65 * level / LEVELS)
        for color, more in ((self.theme.accent, 6), (self.theme.panel, 2.5), (own, 0)):
            painter.setPen(QPen(color, width + more))
            painter.drawPolyline(line)
