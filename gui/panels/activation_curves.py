"""The curves of activations on one axis, and the weighted sums of a layer of the network under them, live."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.activations import Activation
from engine.slopes import is_flat, slopes, values
from gui import fonts
from gui.functions import Function, color_of
from gui.graphics import ticks
from gui.graphics.function_paint import Curve, count, middles
from gui.graphics.function_plot import FunctionPlot
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

MOST_SUMS = 20_000
_LEGEND = "solid f(z), dashed f′(z)"


class ActivationCurves(Panel):
    """f solid and f′ dashed of every function that is drawn; one is selected and emphasised."""

    title = "Functions and slopes"
    frames_per_second = 10.0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._functions: tuple[Function, ...] = ()
        self._selected = ""
        self._layer: tuple[int, Activation, NDArray] | None = None
        self.plot = FunctionPlot(theme, self)
        self.plot.setWhatsThis(
            "Every function drawn on one axis: the solid line is what it makes of a weighted sum z, the dashed one its slope, "
            "by which backpropagation multiplies a gradient on its way back. The bars at the foot count the weighted sums of "
            "one layer of your network over the training samples, live: full where a gradient passes, hollow in the flat part."
        )
        self.reading = QLabel(self)
        self.reading.setFont(fonts.figures())
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.reading.setAccessibleName("Values at the cross-hair")
        self.reading.setToolTip(
            "The selected function and its slope at the cross-hair. Point at the curves to move it."
        )
        self.legend = QLabel(_LEGEND, self)
        self.legend.setProperty("role", "caption")
        self.legend.setFont(fonts.tabular(fonts.caption()))
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.legend.setToolTip("What is drawn, and which layer the bars at the foot belong to. Choose it on the right.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PANEL_PADDING, GRID, PANEL_PADDING, GRID)
        layout.setSpacing(4)
        layout.addWidget(self.reading)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        self.plot.moved.connect(self._on_moved)
        self.plot.zoomed.connect(self._draw)
        self._read()

    def sizeHint(self) -> QSize:
        return QSize(600, 400)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.plot.apply_theme(theme)
        self._draw()

    def show_functions(self, functions: Sequence[Function], selected: str) -> None:
        """Draw those that are drawn, the selected one, and the one of the layer whose sums are shown."""
        self._functions, self._selected = tuple(functions), selected
        self._draw()

    def show_sums(self, layer: int, activation: Activation | None, z: NDArray | None) -> None:
        """The weighted sums ``z`` (any shape) of hidden layer ``layer`` (1 is the first); None for none."""
        before = self._layer
        self._layer = None if activation is None or z is None else (layer, activation, z)
        if (before and before[:2]) != (self._layer and self._layer[:2]):
            self._draw()
        else:
            self._draw_sums()

    # --- drawing --------------------------------------------------------------------------------------------------

    def shown(self) -> list[Function]:
        """What is drawn, in the order of the menus."""
        key = self._layer[1].name if self._layer else ""
        return [f for f in self._functions if f.drawn or f.key in (self._selected, key)]

    @Slot()
    def _draw(self) -> None:
        z = self.plot.z
        curves = [
            Curve(f.key, f.title, color_of(self.theme, f.key), values(f.activation, z), slopes(f.activation, z))
            for f in self.shown()
        ]
        self.plot.set_curves(curves, self._selected)
        self._draw_sums()
        self._read()

    def _draw_sums(self) -> None:
        if self._layer is None:
            self.plot.set_sums(None)
            self.legend.setText(f"{_LEGEND}, both over the weighted sum z")
            return
        layer, activation, z = self._layer
        z = z[:: -(-z.size // MOST_SUMS)]  # whole samples, so that every unit counts
        # With another setting than the network's the curve is not what these sums go through.
        own = any(f.activation == activation for f in self._functions)
        flat = is_flat(activation, middles(self.plot.half))
        self.plot.set_sums(count(z, self.plot.half, flat, activation.name if own else ""))
        n = f"{z.size:,} weighted sums z of hidden {layer}"
        self.legend.setText(f"{_LEGEND}; bars: {n}, hollow in the flat part of {activation.title}")

    # --- reading --------------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_moved(self, _z: float | None) -> None:
        self._read()

    def _read(self) -> None:
        chosen = next((f for f in self._functions if f.key == self._selected), None)
        z = self.plot.at
        if chosen is None:
            self.reading.setText("Check a function on the left to draw it")
        elif z is None:
            self.reading.setText(f"{chosen.title}: point at the curves to read z → f(z), f′(z)")
        else:
            at = np.array([z])
            f, slope = float(values(chosen.activation, at)[0]), float(slopes(chosen.activation, at)[0])
            self.reading.setText(
                f"{chosen.title}: z {ticks.number(z, 2)} → f {ticks.short(f)}, f′ {ticks.short(slope)}"
            )
