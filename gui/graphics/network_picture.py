"""The network picture as a whole: backdrop, lines and cells. Keeps what changes rarely, paints a frame in few calls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from engine.network import Layout
from engine.snapshot import Maps
from engine.spec import ExperimentSpec
from gui.graphics.backdrop import LEGEND_HEIGHT, Legend, backdrop, feature_map, legend_band, output_label
from gui.graphics.edges import EdgeSet
from gui.graphics.front_painting import paint_front, paint_line
from gui.graphics.graph_lines import GraphLines
from gui.graphics.layout import GraphLayout
from gui.graphics.neuron_maps import ColumnImage, NeuronColors, signed_map
from gui.graphics.phase_front import Front
from gui.graphics.targets import Button, Target, bias_box, buttons
from gui.theme import Theme


class NetworkPicture:
    """Paints one network. Give it a layout and values, then call :meth:`paint` as often as wanted."""

    def __init__(self, theme: Theme, max_layers: int, max_width: int) -> None:
        self._limits = max_layers, max_width
        self.layout: GraphLayout | None = None
        self.spec: ExperimentSpec | None = None
        self.buttons: list[Button] = []
        self.lines = GraphLines()
        self._maps: Maps | None = None
        self._columns: list[ColumnImage] = []
        self._columns_for: tuple[GraphLayout | None, float] = (
            None,
            0.0,
        )  # made for which layout and device pixel ratio
        self._cells_stale = True
        self._inputs_for: object = None
        self._pixmap = QPixmap()
        self._pixmap_for: tuple | None = None
        self._legend = QPixmap()
        self._legend_for: tuple | None = None
        self._focus: Target | None = None
        self.set_theme(theme)

    # --- what is to be shown --------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Other colours, for everything."""
        self.theme = theme
        self._colors = NeuronColors.of(theme)
        self._columns_for, self._pixmap_for, self._legend_for = (None, 0.0), None, None

    def clear(self) -> None:
        """Show nothing."""
        self.layout = self.spec = self._maps = self._focus = None
        self._columns, self.buttons = [], []
        self.lines.forget()

    def set_layout(self, layout: GraphLayout, spec: ExperimentSpec) -> None:
        """Another layout or spec. Values that no longer fit it are forgotten."""
        if self.spec is not None and self.spec.layer_sizes != spec.layer_sizes:
            self._maps = None
            self.lines.forget()
        elif self.spec is not None and self.spec.data.features != spec.data.features:
            self._maps = None
        self.layout, self.spec = layout, spec
        self.buttons = buttons(layout, *self._limits)
        self.lines.set_layout(layout)
        self._columns_for = (None, 0.0)

    def set_spec(self, spec: ExperimentSpec) -> None:
        """Another experiment with the same network: nothing moves."""
        self.spec = spec
        self._cells_stale, self._inputs_for = True, None

    def show_others(self, layout: GraphLayout) -> None:
        """The same places with other neurons of wide layers in them: cheap enough for a frame while somebody draws."""
        self.layout = layout
        self.lines.show_others(layout)
        if self._pixmap_for is not None:
            self._pixmap_for = (layout, *self._pixmap_for[1:])
        self._columns_for = (layout, *self._columns_for[1:])
        self._cells_stale = True

    def set_params(self, parameters: Layout, params: NDArray, settled: bool = False) -> None:
        """New weights and biases, of the layout's sizes; ``settled`` when no others follow soon."""
        self.lines.set_params(parameters, params, settled)
        # In the plane cells change with the maps, a few times a second; a bias square need not be quicker than its map.
        if settled or self._maps is None:
            self._cells_stale = True

    def set_maps(self, maps: Maps) -> None:
        """What the neurons compute over the plane; ignored when it is another network's."""
        if self.layout is not None and tuple(len(m) for m in maps.layers) == self.layout.sizes:
            self._maps = maps
            self._cells_stale = True

    def set_activations(self, activations: tuple[NDArray, ...] | None) -> None:
        """One (n,) array a layer, inputs first; ``None``, or what does not fit the layout, shows none."""
        fits = activations is not None and self.layout is not None
        if fits and tuple(len(a) for a in activations) != self.layout.sizes:
            fits = False
        self.lines.set_activations(activations if fits else None)
        if self.layout is None or not self.layout.planar:
            self._cells_stale = True

    def set_focus(self, focus: Target | None) -> None:
        """What the pointer is on; everything else fades."""
        if focus != self._focus:
            self._focus = focus
            self._cells_stale = True
            if self.lines.left_out:
                self.lines.choose_anew()  # a neuron pointed at shows all of its edges

    def set_front(self, front: Front | None) -> None:
        """The phase that is stepped through, or none. Neurons and lines where its front has not been are faint."""
        if front is not None or self.front is not None:
            fits = front is None or (self.layout is not None and front.depth == len(self.layout.sizes) - 1)
            self.lines.set_front(front if fits else None)
            self._cells_stale, self._inputs_for = True, None

    # --- answers --------------------------------------------------------------------------------------------------

    @property
    def front(self) -> Front | None:
        """The phase that is shown."""
        return self.lines.front

    @property
    def edges(self) -> EdgeSet | None:
        """What is drawn of the weights."""
        return self.lines.edges

    @property
    def activations(self) -> tuple[NDArray, ...] | None:
        """The sample that is shown."""
        return self.lines.activations

    @property
    def predicted(self) -> int:
        """The output that wins, or -1 without activations or with only one output."""
        if self.activations is None or len(self.activations[-1]) < 2:
            return -1
        if self.front is not None and not self.front.lit_column(self.front.depth):
            return -1
        last = self.activations[-1]
        return int(last.argmax()) if np.isfinite(last).all() and last.max() > 0 else -1

    def flat_index(self, target: Target) -> int:
        """Place of an edge or bias in the parameters, or -1."""
        parameters = self.lines.parameters
        if parameters is None:
            return -1
        if target.kind == "edge":
            return parameters.weight_index(target.layer, target.source, target.index)
        if target.kind == "bias" and target.layer > 0:
            return parameters.bias_index(target.layer - 1, target.index)
        return -1

    def value(self, target: Target) -> np.floating | None:
        """The present value of an edge or bias, in the parameters' own precision."""
        flat = self.flat_index(target)
        return None if self.lines.params is None or flat < 0 else self.lines.params[flat]

    def outline(self, target: Target) -> NDArray:
        """(n, 2) points that a card must not cover: the neuron's or bias's box, the edge's line."""
        if self.layout is None:
            return np.empty((0, 2))
        if target.kind == "edge":
            corners = self.lines.outline(target)
            if corners is not None:
                return corners
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
        x, y = points[len(points) // 2].tolist() if len(points) else (0.0, 0.0)
        return x, y

    # --- painting -------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, dpr: float, button: Target | None, header: int, ring: Target | None) -> None:
        """One frame. ``button`` is the painted button under the pointer, ``ring`` the selected thing."""
        if self.layout is None or self.spec is None:
            painter.fillRect(painter.window(), self.theme.panel)
            return
        self.lines.refresh(self._focus)
        self._refresh_cells(dpr)
        self._refresh_backdrop(self.layout, self.spec, dpr, button, header)
        self._refresh_legend(self.layout, dpr)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.lines.paint(painter, self.theme, self._pixmap, self._focus)
        painter.drawPixmap(QPointF(0, self.layout.height - LEGEND_HEIGHT), self._legend)
        if ring is not None and ring.kind == "edge":
            self.lines.paint_ring(painter, self.theme, ring)
        if self.front is not None:
            paint_line(painter, self.theme, self.layout, self.front)
        for column in self._columns:
            column.paint(painter)
        if self.front is not None:
            paint_front(painter, self.theme, self.layout, self.lines.edges, self.front, self._focus)
        if (winner := self.predicted) >= 0 and not self.layout.columns[-1].grid:
            output_label(painter, self.layout, self.layout.columns[-1].slot_of(winner), self.theme.accent)
        for target in {ring, self._focus}:
            if target is not None:
                self._ring(painter, target, self.theme.accent if target == ring else self.theme.quiet)

    def step(self) -> bool:
        """Do some of what lines that change ``in_steps`` leave for the time between frames. True: paint again."""
        return self._pixmap_for is not None and self.lines.step(self._pixmap, self._focus)

    def _refresh_backdrop(
        self, layout: GraphLayout, spec: ExperimentSpec, dpr: float, button: Target | None, header: int
    ) -> None:
        before = self._pixmap_for
        hovered = self._focus if self._focus is not None and self._focus.kind == "feature" else button
        wanted = (layout, spec.data, spec.activations, spec.dropout, hovered, header, dpr)
        if before is None or before[0] is not layout or before[1:] != wanted[1:]:
            self._pixmap = backdrop(layout, spec, self.theme, self._colors, self.buttons, hovered, header, dpr)
            self._pixmap_for = wanted

    def _refresh_legend(self, layout: GraphLayout, dpr: float) -> None:
        lines, before = self.lines, self._legend_for
        left_out: tuple[str, ...] = ()
        if lines.edges is not None and lines.left_out:
            count = f"the strongest {len(lines.edges):,} of {lines.edges.total:,} weights"
            short = f"{len(lines.edges):,} of {lines.edges.total:,}"
            if lines.contributions:
                left_out = (f"{count} for this input (weight × activation)", f"{count} × activations", count, short)
            else:
                left_out = (f"{count}, the best of each layer", count, short)
            if self._focus is not None and before is not None:
                left_out = before[0].left_out or left_out  # a count that changes with the pointer is noise
        if lines.front is not None:
            left_out = lines.front.words
        quantity = "|Δw|" if lines.change is not None else "|w·a|" if lines.contributions else "|w|"
        legend = Legend(lines.scale or 1.0, lines.ramp, lines.clipped, quantity, left_out, lines.broken)
        wanted = (legend, layout.width, dpr)
        if before != wanted:
            self._legend = legend_band(layout, self.theme, legend, dpr)
            self._legend_for = wanted

    def _refresh_cells(self, dpr: float) -> None:
        assert self.layout is not None
        if self._columns_for[0] is not self.layout or self._columns_for[1] != dpr:
            self._columns = [ColumnImage(column, dpr, self.theme, self._colors) for column in self.layout.columns]
            self._columns_for = (self.layout, dpr)
            self._cells_stale = True
        if self._cells_stale:
            for layer in range(len(self._columns)):
                self._fill_column(layer)
            self._cells_stale = False

    def _fill_column(self, layer: int) -> None:
        assert self.layout is not None
        assert self.spec is not None
        column, image, lines = self.layout.columns[layer], self._columns[layer], self.lines
        shown, lit = column.shown, self._lit_cells(layer)
        output = layer == len(self._columns) - 1
        if self.layout.planar and layer == 0:
            if self._inputs_for == (image, self._focus):
                return  # inputs do not learn
            self._inputs_for = (image, self._focus)
            domain, side = self.spec.data.dataset.domain, max(round(column.cell[0]), 8)
            image.show_maps(np.stack([feature_map(f, domain, side) for f in self.spec.data.features]), lit)
        elif self.layout.planar and self._maps is not None:
            maps = self._maps.layers[layer]
            maps = maps if len(shown) == column.size else maps[shown]
            bounds = (0.0, 1.0) if output else self.spec.activations[layer - 1].range
            image.show_maps(signed_map(maps, output=output, bounds=bounds), lit)
        elif not self.layout.planar and lines.activations is not None:
            values = lines.activations[layer]
            peak = 1.0 if output else float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) or 1.0
            image.show_levels(values[shown] / peak, lit)
        else:
            image.show_plain(lit)
        if layer > 0 and lines.shown is not None and lines.parameters is not None:
            biases = lines.parameters.biases(lines.shown, layer - 1)[shown]
            image.show_biases(biases / (lines.scale or 1.0), lit)

    def _lit_cells(self, layer: int) -> NDArray | None:
        focus = self._focus
        if self.layout is None:
            return None
        shown = self.layout.columns[layer].shown
        if focus is None or focus.kind == "feature":
            faint = self.front is not None and not self.front.lit_column(layer)
            return np.zeros(len(shown), bool) if faint else None
        if focus.kind == "edge":
            lit = focus.source if layer == focus.layer else focus.index if layer == focus.layer + 1 else -1
        else:
            lit = focus.index if layer == focus.layer else -1
        return shown == lit

    def _ring(self, painter: QPainter, target: Target, color: QColor) -> None:
        points = self.outline(target)
        if target.kind not in ("neuron", "bias", "feature") or not len(points):
            return
        (x, y), (right, bottom) = points.min(axis=0), points.max(axis=0)
        small = target.kind == "bias"
        grow = 2.5 if small else 0.5
        radius = 2.5 if small else 0.15 * (right - x) + grow
        painter.setPen(QPen(color, 1.5 if small else 2.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(x - grow, y - grow, right - x + 2 * grow, bottom - y + 2 * grow), radius, radius)
