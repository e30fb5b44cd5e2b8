"""What the activations of the network on screen let through: the flat share, and the product of the slopes."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.slopes import FLAT_SHARE, Passage, steepest
from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.combos import ChoiceCombo
from gui.graphics import ticks
from gui.graphics.passage_chart import PassageChart
from gui.panels.base import Panel
from gui.theme import EPOCH_PX, GRID, PANEL_PADDING, Theme

NO_LAYERS = "This network has no hidden layer, so no activation. Add one in the Playground."


class SignalPassage(Panel):
    """``layerChosen(int)``: 0 is the first hidden layer."""

    title = "In your network"
    layerChosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self.layer_combo = ChoiceCombo(
            [("0", "Hidden 1", "")], "Layer", "Which hidden layer's weighted sums lie under the curves, live."
        )
        self.layer_combo.setFixedWidth(200)
        label = QLabel("Layer")
        label.setBuddy(self.layer_combo)
        self.share = QLabel("–")
        self.share.setFont(fonts.figures(EPOCH_PX, fonts.SEMIBOLD))
        self.share.setAccessibleName("Share in the flat part")
        self.share.setToolTip(
            f"The share of units × training samples where the slope is below {FLAT_SHARE:.0%} of the steepest. ".replace(
                "%", " %"
            )
            + "Hardly any gradient passes there, so these units learn next to nothing from those samples."
        )
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "caption")
        self.words.setFont(fonts.tabular(fonts.caption()))
        self.words.setMinimumHeight(48)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.heading = QLabel("What the slopes leave of a gradient")
        self.heading.setFont(fonts.caption(fonts.SEMIBOLD))
        self.heading.setProperty("role", "heading")
        self.chart = PassageChart(theme, self)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setFont(fonts.tabular(fonts.caption()))
        self.verdict.setMinimumHeight(32)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self.layer_combo)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(4)
        box.addLayout(row)
        box.addSpacing(4)
        box.addWidget(self.share)
        box.addWidget(self.words)
        box.addSpacing(GRID)
        box.addWidget(self.heading)
        box.addWidget(self.chart, 1)
        box.addWidget(self.verdict)
        self.layer_combo.chosen.connect(self._on_layer)

    def sizeHint(self) -> QSize:
        return QSize(320, 380)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.chart.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        self._spec = spec
        choices = [
            (str(i), f"Hidden {i + 1}: {activation.title}", activation.summary)
            for i, activation in enumerate(spec.activations)
        ]
        self.layer_combo.setEnabled(bool(choices))
        self.layer_combo.set_choices(choices or [("0", "none", "")])

    def show_passage(self, passage: Passage | None, layer: int) -> None:
        """What passes; ``layer`` (0 is the first) is the chosen one. None before there is anything to show."""
        if passage is None or self._spec is None or not passage.slope:
            self.share.setText("–")
            none = self._spec is not None and not self._spec.network.hidden_layer_sizes
            self.words.setText(NO_LAYERS if none else "")
            self.chart.show_passage((), (), 0)
            self.verdict.setText("")
            return
        self.layer_combo.set_key(str(layer))
        activation, z = self._spec.activations[layer], passage.sums[layer]
        share = passage.flat[layer]
        self.share.setText(f"{ticks.percent(share)} flat")
        what = (
            "has no slope anywhere"
            if not steepest(activation)
            else f"is below {ticks.short(FLAT_SHARE * steepest(activation))}"
        )
        self.words.setText(
            f"of {z.shape[1]:,} units × {z.shape[0]:,} samples of hidden {layer + 1} lie where the slope of "
            f"{activation.title} {what}; {_units(passage.always_flat[layer])} there for every sample."
        )
        self.chart.show_passage(passage.slope, passage.product, layer)
        self.verdict.setText(verdict(passage))

    @Slot(str)
    def _on_layer(self, key: str) -> None:
        self.layerChosen.emit(int(key))


def _units(n: int) -> str:
    return "no unit lies" if not n else "1 unit lies" if n == 1 else f"{n:,} units lie"


def verdict(passage: Passage) -> str:
    """What the product of the slopes means for the first layer, in one sentence."""
    left, depth = passage.product[0], len(passage.product)
    factors = " · ".join(ticks.short(slope) for slope in passage.slope[:5]) + (" · …" if depth > 5 else "")
    if depth > 1:
        factors += f" = {ticks.short(left)}"
    if not left:
        return f"{factors}: no gradient gets to the first layer, so it can't learn."
    if left < 0.01:
        return f"{factors}: the gradient has faded by the time it gets to the first layer, which learns slowly."
    if left > 10:
        return f"{factors}: the gradient grows on its way to the first layer; its steps may be too large."
    return f"{factors} of a gradient is left by the activations when it gets to the first layer."
