"""The weights of the network picture: which are drawn, on which scale, and painting them within a frame's time."""

from __future__ import annotations

import math
import time
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF

from engine.network import Layout
from gui.graphics.edges import EdgePainter, EdgeSet, choose, nearest
from gui.graphics.layout import GraphLayout
from gui.graphics.mesh import Mesh
from gui.graphics.phase_front import Front
from gui.graphics.scale import LEAST, LEVELS, Ramp, levels_of, look_of, reference, steady_power, steady_scale
from gui.graphics.targets import Target
from gui.theme import Theme, mix

LIMIT = 840  # edges drawn: what a frame can afford, and already more than an eye can follow
CROWD = 300  # from so many lines on, only the strong ones may stand out
MANY = 80  # of more lines than this the faint ones follow only each CHOICE_SECONDS while training runs
CHOICE_SECONDS = 0.15
LEAST_CHANGE = 1e-9  # however small the changes of an update are, the largest of them is seen


class GraphLines:
    """Edges, their values and their scale. Set what is known, then :meth:`refresh` and :meth:`paint` every frame."""

    def __init__(self) -> None:
        self.layout: GraphLayout | None = None
        self.parameters: Layout | None = None
        self.params: NDArray | None = None
        self.activations: tuple[NDArray, ...] | None = None
        self.front: Front | None = None
        self.edges: EdgeSet | None = None
        self.scale: float | None = None
        self.ramp = Ramp()
        self.broken = False
        self.clipped = False
        self._scale_of_other: float | None = None  # of the weights, while lines show what an update did to them
        self._painter = EdgePainter()
        self._pens_for: object = None
        self._mesh = Mesh()
        self._next: EdgeSet | None = None
        # While somebody draws, frames must be quick: what takes long is done in steps between them, not in paint().
        self.in_steps = False
        self._changed = False
        self._chosen_at = -math.inf

    # --- what is known --------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """No values are known."""
        self.parameters = self.params = self.activations = self.scale = self._scale_of_other = self.front = None
        self.choose_anew()

    def choose_anew(self) -> None:
        """The next frame must not use what was chosen before."""
        self.edges = self._next = None
        self._mesh.forget()

    def set_layout(self, layout: GraphLayout) -> None:
        """Another layout: every line lies elsewhere."""
        self.layout = layout
        self.choose_anew()

    def show_others(self, layout: GraphLayout) -> None:
        """The same places, other neurons in them: their lines come with the next choice, at once but in portions."""
        self.layout, self._changed, self._chosen_at = layout, True, -math.inf

    def set_params(self, parameters: Layout, params: NDArray, settled: bool) -> None:
        """New weights. ``settled``: no others follow soon, so the next frame is exact everywhere; a crowd takes a few."""
        self.parameters, self.params, self._changed = parameters, params, True
        if settled and self.edges is not None and len(self.edges) > CROWD:
            self._chosen_at = -math.inf
        elif settled:
            self.choose_anew()

    def set_activations(self, activations: tuple[NDArray, ...] | None) -> None:
        """A sample's activations; lines of images then show weight × activation."""
        planar = self.layout is not None and self.layout.planar
        if (activations is None) != (self.activations is None) and not planar:
            self.scale = None  # of another quantity
            if self.in_steps and self.edges is not None and len(self.edges) > CROWD:
                self._chosen_at = -math.inf  # a crowd is chosen anew in a moment, and may stay till then
            else:
                self.choose_anew()
        self.activations, self._changed = activations, True

    def set_front(self, front: Front | None) -> None:
        """The phase that is stepped through, or none: lines it has not come through fade, after the update lines show Δw."""
        if (front is None or front.change is None) != (self.change is None):
            self.scale, self._scale_of_other = self._scale_of_other, self.scale
        if front is not None or self.front is not None:
            self.front, self._changed = front, True
            self._mesh.forget()

    # --- answers --------------------------------------------------------------------------------------------------

    @property
    def change(self) -> NDArray | None:
        """(n_parameters,) what the update that is looked at did; lines show that instead of the weights."""
        return self.front.change if self.front is not None else None

    @property
    def shown(self) -> NDArray | None:
        """(n_parameters,) what lines show: the parameters, or their change."""
        return self.params if self.change is None else self.change

    @property
    def contributions(self) -> bool:
        """Whether lines show weight × activation: images with a sample at hand. In the plane they are weights."""
        sample = self.activations is not None and self.change is None
        return sample and self.layout is not None and not self.layout.planar

    @property
    def left_out(self) -> bool:
        """Whether some weights are not drawn."""
        return self.edges is not None and len(self.edges) < self.edges.total

    @property
    def lags(self) -> bool:
        """Whether the choice, or the faint lines, come from values that have changed since."""
        return self._changed and self.edges is not None and len(self.edges) > MANY

    @property
    def busy(self) -> bool:
        """Whether newer faint lines are being drawn, a portion a frame."""
        return self._mesh.busy or self._next is not None

    def values(self, edges: EdgeSet) -> NDArray:
        """(n,) what the lines of ``edges`` show now."""
        assert self.shown is not None
        values = self.shown[edges.flat]
        if self.contributions:
            assert self.activations is not None
            starts = np.cumsum([0, *(len(a) for a in self.activations)])
            values = values * np.concatenate(self.activations)[starts[edges.layer] + edges.source]
        return values

    def at(self, x: float, y: float) -> Target | None:
        """The edge under a point."""
        e = self.edges
        row = nearest(e, x, y, self.values(e)) if e is not None and self.params is not None else -1
        if e is None or row < 0:
            return None
        return Target("edge", int(e.layer[row]), int(e.target[row]), int(e.source[row]))

    def outline(self, target: Target) -> NDArray | None:
        """(k, 2) corners of a drawn edge."""
        row = self.edges.find(target.layer, target.source, target.index) if self.edges is not None else -1
        return self.edges.line(row) if self.edges is not None and row >= 0 else None

    # --- every frame ----------------------------------------------------------------------------------------------

    def refresh(self, focus: Target | None) -> None:
        """Choose edges when it is time, and settle the scale."""
        if self.params is None or self.parameters is None or self.layout is None:
            self.edges = None
            return
        if self.edges is None:
            self.edges = self._choose(focus)
        elif self._due and not self.in_steps:
            self._next = self._choose(focus)  # shown when its faint lines are drawn
        values = self.values(self.edges)
        self.scale = steady_scale(self.scale, reference(values), LEAST if self.change is None else LEAST_CHANGE)
        peak = float(np.abs(values).max(initial=0.0))
        self.broken = not math.isfinite(peak)
        self.clipped = peak > self.scale * (1.02 if self.clipped else 1.1)
        power = steady_power(self.ramp.power, values, self.scale) if len(self.edges) > CROWD else 1.0
        self.ramp = Ramp(self._widest(), power)

    @property
    def _due(self) -> bool:
        return self.lags and not self.busy and time.monotonic() - self._chosen_at > CHOICE_SECONDS

    def _choose(self, focus: Target | None) -> EdgeSet:
        self._chosen_at, self._changed = time.monotonic(), False
        if self.edges is not None and not self.left_out:
            return self.edges
        assert self.layout is not None
        assert self.parameters is not None
        assert self.shown is not None
        whole = (focus.layer, focus.index) if focus is not None and focus.kind in ("neuron", "bias") else None
        sample = self.activations if self.contributions else None
        return choose(self.layout, self.parameters, self.shown, sample, LIMIT, whole)

    def paint(self, painter: QPainter, theme: Theme, backdrop: QPixmap, focus: Target | None) -> None:
        """The backdrop and all lines; with ``focus`` all but its own fade."""
        if self.edges is None:
            painter.drawPixmap(0, 0, backdrop)
            return
        if self._pens_for != (theme.name, self.ramp):
            self._painter.set_theme(theme, self.ramp)
            self._pens_for = (theme.name, self.ramp)
        scale = self.scale or 1.0
        if len(self.edges) <= MANY:
            painter.drawPixmap(0, 0, backdrop)
            self._painter.paint(painter, self.edges, self.values(self.edges), scale, self._lit(self.edges, focus))
            return
        if not self._mesh.fits(self.edges, backdrop, focus):
            self.edges, self._next = self._next or self.edges, None
            self._mesh.begin(self.edges, backdrop, focus, self.values(self.edges))
            self._draw_faint(focus, whole=True)
        elif not self.in_steps:
            self._work(backdrop, focus)
        self._mesh.paint(painter, self._painter, self.values, scale, lambda edges: self._lit(edges, focus))

    def step(self, backdrop: QPixmap, focus: Target | None) -> bool:
        """Do a little (a few ms) of what is to be done between frames. True when the next frame has something new."""
        if self.edges is None or self.params is None or not self._mesh.fits(self.edges, backdrop, focus):
            return False
        if self._due:
            self._next = self._choose(focus)
            return False
        return self._work(backdrop, focus)

    def _work(self, backdrop: QPixmap, focus: Target | None) -> bool:
        """Draw a portion of the newer faint lines; with the last one the newer edges are shown."""
        if self._next is None:
            return False
        if not self._mesh.busy:
            self._mesh.begin(self._next, backdrop, focus, self.values(self._next))
        self._draw_faint(focus, whole=False)
        if self._mesh.busy:
            return False
        self.edges, self._next = self._next, None
        return True

    def _draw_faint(self, focus: Target | None, whole: bool) -> None:
        scale = self.scale or 1.0
        self._mesh.advance(self._painter, self.values, scale, lambda edges: self._lit(edges, focus), whole)

    def paint_ring(self, painter: QPainter, theme: Theme, target: Target) -> None:
        """The selected edge, with a line of the accent colour along both sides."""
        corners = self.outline(target)
        if corners is None or self.edges is None:
            return
        row = self.edges.find(target.layer, target.source, target.index)
        value = float(self.values(self.edges)[row])
        level = int(levels_of(np.nan_to_num(np.array([value])), self.scale or 1.0)[0])
        width = look_of(level, self.ramp)[0]
        own = mix(theme.panel, theme.positive if value >= 0 else theme.negative, 0.35 + 0.65 * level / LEVELS)
        line = QPolygonF([QPointF(*corner) for corner in corners.tolist()])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, more in ((theme.accent, 6), (theme.panel, 2.5), (own, 0)):
            painter.setPen(QPen(color, width + more))
            painter.drawPolyline(line)

    def _lit(self, edges: EdgeSet, focus: Target | None) -> NDArray | None:
        """(n,) bool: the lines that do not fade; None when none does."""
        lit, front = lit_edges(edges, focus), self.front
        if lit is not None or front is None:
            return lit
        if front.change is not None:
            return front.change[edges.flat] != 0
        return np.array([front.lit_gap(gap) for gap in range(front.depth)])[edges.layer]

    def _widest(self) -> float:
        """Thick lines need room: between the columns and at the neurons."""
        if self.layout is None:
            return 6.0
        gap = min((b.left - a.right for a, b in pairwise(self.layout.columns)), default=100.0)
        cells = (column.cell[0] for column in self.layout.columns if column.layer or not column.grid)
        return min(max(min(min(cells) * 0.16, gap * 0.07), 3.0), 6.0)


def lit_edges(edges: EdgeSet, focus: Target | None) -> NDArray | None:
    """(n,) bool: the edges that belong to what the pointer is on; None when nothing fades."""
    if focus is None or focus.kind == "feature":
        return None
    if focus.kind == "edge":
        return (edges.layer == focus.layer) & (edges.source == focus.source) & (edges.target == focus.index)
    lit = edges.of_neuron(focus.layer, focus.index)
    return lit & (edges.layer == focus.layer - 1) if focus.kind == "bias" else lit
