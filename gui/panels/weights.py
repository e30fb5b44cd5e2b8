"""The weights as a crowd: their histogram against the start, how many are zero, and how hard L1 and L2 pull."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QVBoxLayout, QWidget

from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from engine.weighing import ZERO_SHARE, Weighing, first_params, histogram, pulls, weigh, weights_of
from gui import fonts
from gui.controls.combos import ChoiceCombo
from gui.graphics import ticks
from gui.graphics.histogram import Histogram
from gui.graphics.scale import reference, steady_scale
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme

ALL = "all"
MOST = 200_000  # weights counted in a frame; of more every second, third … one: the picture is the same
DRAWABLE = 1_000_000  # first weights drawn anew within 20 ms
BARS = 41  # odd: zero is in the middle of one
BESIDE, TALL = 520, 340  # a narrow panel that is tall enough has the numbers above the histogram
NUMBERS = (208, 272)  # width of the numbers: in a narrow panel, in a wide one
_ROWS = (
    ("zeros", "Zeros", "How many weights are next to nothing, of either sign: smaller than a hundredth of the largest. "
     "L1 gathers them there, but seldom leaves one at exactly zero."),
    ("exact", "Exactly zero", "How many weights are zero to the last bit."),
    ("mean", "Mean |w|", "The mean size of a weight. L1 and L2 make it smaller."),
    ("norm", "L2 norm", "The root of the sum of all squared weights. L2 keeps it small."),
)  # fmt: skip
_ABOUT = (
    "How large the weights are. The bars are the weights of now, the outline those that this run started from. Without a pull "
    "they spread while the network learns; L1 gathers them at zero, L2 holds all of them near it. Biases are not counted."
)


class Weights(Panel):
    """Shows the weights of all layers or of one; it asks for nothing."""

    title = "Weights"
    frames_per_second = 10.0

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self._snapshot: Snapshot | None = None
        self._reach: float | None = None
        self.layer = ChoiceCombo([(ALL, "All layers", "")], "Layer", "Whose weights are counted.")
        self.layer.chosen.connect(self._on_layer)
        self.histogram = Histogram(theme)
        self.histogram.setToolTip("How many weights have which size. Point at a bar to read it.")
        self.pull = QLabel()
        self.pull.setProperty("role", "caption")
        self.pull.setFont(fonts.tabular(fonts.caption()))
        self.pull.setWordWrap(True)
        self.pull.setToolTip(
            "What L1 and L2 add to the gradient of a weight in each step. Plain SGD moves the weight by this times the "
            "learning rate; the other optimizers rescale it together with the rest of the gradient."
        )
        self.figures: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        self._lay_out()
        self.setAccessibleName("Weights")
        self.setWhatsThis(_ABOUT)

    def _lay_out(self) -> None:
        table = QGridLayout()
        table.setHorizontalSpacing(2 * GRID)
        table.setVerticalSpacing(4)
        table.setColumnStretch(0, 1)
        for column, text in ((1, "now"), (2, "start")):
            table.addWidget(self._label(text, quiet=True), 0, column, Qt.AlignmentFlag.AlignRight)
        for row, (key, text, tip) in enumerate(_ROWS, 1):
            labels = (self._label(text, quiet=True), self._label(), self._label())
            self.figures[key] = labels
            for column, label in enumerate(labels):
                label.setToolTip(tip)
                table.addWidget(
                    label, row, column, Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                )
        self._numbers = numbers = QWidget()
        numbers.setFixedWidth(NUMBERS[1])
        column = QVBoxLayout(numbers)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.layer)
        column.addLayout(table)
        column.addWidget(self.pull)
        column.addStretch(1)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        self._box.setSpacing(2 * GRID)
        self._box.addWidget(numbers)
        self._box.addWidget(self.histogram, 1)
        self.setMinimumSize(396, 196)

    @staticmethod
    def _label(text: str = "", quiet: bool = False) -> QLabel:
        label = QLabel(text)
        label.setFont(fonts.figures(11))
        if quiet:
            label.setProperty("role", "caption")
        return label

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.histogram.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Offer the layers there are."""
        if self._spec is None or self._spec.layer_sizes != spec.layer_sizes:
            self._reach = self._snapshot = None
            self.layer.set_choices([(ALL, "All layers", ""), *_layers(spec)])
        self._spec = spec

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Count the weights of this moment."""
        if self._spec is None or snapshot.layout.sizes != self._spec.layer_sizes:
            return
        self._snapshot = snapshot
        layer = None if self.layer.key() == ALL else int(self.layer.key())
        now = _some(weights_of(snapshot.layout, snapshot.params, layer))
        start = self._start(snapshot, layer)
        weighed, before = weigh(now), weigh(start) if start is not None else None
        # A runaway weight must not make one bar of all the others; the outermost bar counts what lies further out.
        self._reach = reach = steady_scale(
            self._reach, max(reference(each) for each in (now, start) if each is not None)
        )
        self.histogram.set_counts(
            reach,
            histogram(now, reach, BARS),
            None if start is None else histogram(start, reach, BARS),
            clipped=max(weighed.largest, before.largest if before is not None else 0.0) > reach,
        )
        self._write(weighed, before)
        broken = f"{weighed.broken:,} weights are not finite numbers. " if weighed.broken else ""
        zero = f"A zero is smaller than {100 * ZERO_SHARE:g} % of the largest. "
        self._set(self.pull, broken + zero + pull_text(snapshot, weighed.mean))

    @staticmethod
    def _start(snapshot: Snapshot, layer: int | None) -> NDArray | None:
        if snapshot.layout.n_parameters > DRAWABLE:
            return None
        return _some(weights_of(snapshot.layout, first_params(snapshot.spec), layer))

    def _write(self, now: Weighing, start: Weighing | None) -> None:
        self._set(self.figures["zeros"][0], f"Zeros, < {ticks.short(now.below)}")
        for place, figures in ((1, now), (2, start)):
            texts = ("–",) * len(_ROWS)
            if figures is not None:
                texts = (
                    ticks.percent(figures.zero_share), f"{figures.exact:,}", ticks.short(figures.mean),
                    ticks.short(figures.norm),
                )  # fmt: skip
            for (key, *_), text in zip(_ROWS, texts, strict=True):
                self._set(self.figures[key][place], text)

    @staticmethod
    def _set(label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)

    def _on_layer(self, _key: str) -> None:
        self._reach = None
        if self._snapshot is not None:
            self.show_snapshot(self._snapshot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= BESIDE
        stacked = not wide and event.size().height() >= TALL
        self._numbers.setFixedWidth(NUMBERS[wide or stacked])
        self._box.setDirection(QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight)


def _layers(spec: ExperimentSpec) -> list[tuple[str, str, str]]:
    """A choice for each layer of weights: ``input → hidden 1``."""
    last = len(spec.layer_sizes) - 1
    names = ["input", *(f"hidden {layer}" for layer in range(1, last)), "output"]
    return [(str(i), f"{names[i]} → {names[i + 1]}", "") for i in range(last)]


def _some(weights: NDArray) -> NDArray:
    """Of very many weights evenly spaced ones."""
    return weights if len(weights) <= MOST else np.ascontiguousarray(weights[:: len(weights) // MOST + 1])


def pull_text(snapshot: Snapshot, mean: float) -> str:
    """How hard L1 and L2 pull a weight towards zero in one step, in a sentence each."""
    spec, rate = snapshot.spec, snapshot.learning_rate
    l1, l2 = pulls(spec, mean, spec.batch_size(snapshot.data.n_trained))
    parts = []
    if spec.training.l1:
        parts.append(f"L1 {spec.training.l1:g} pulls each weight by {_figure(l1)}")
    if spec.training.l2:
        parts.append(f"L2 {spec.training.l2:g} pulls one of the mean size by {_figure(l2)}")
    if not parts:
        return "Neither L1 nor L2 is on."
    if spec.optimizer.full_batch:
        return f"{', '.join(parts)}, in every gradient."
    after = "" if spec.optimizer.name == "sgd" else f" ({spec.optimizer.label} rescales it)"
    return f"{', '.join(parts)}, times the rate {rate:g} a step: {_figure(rate * (l1 + l2))}{after}."


def _figure(value: float) -> str:
    """Three figures: ``0.001``, ``2.5·10⁻⁵``."""
    return ticks.power(value) if 0 < value < 1e-4 else f"{value:.3g}"
