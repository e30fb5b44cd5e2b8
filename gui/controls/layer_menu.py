"""What one hidden layer can have of its own, as a menu: its activation and its dropout."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from engine.activations import ACTIVATIONS, Activation
from engine.spec import ExperimentSpec, TrainingSpec
from gui.edits import limits_of, with_layer_activation, with_layer_dropout


class LayerMenu(QMenu):
    """Opens for hidden layer ``hidden`` (0 is the first) and closes after a choice. ``proposed(text, spec)``."""

    proposed = Signal(str, object)

    def __init__(self, spec: ExperimentSpec, hidden: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setToolTipsVisible(True)
        self._spec, self._hidden = spec, hidden
        name = f"Hidden {hidden + 1}"
        self.setAccessibleName(f"{name}: activation and dropout")
        self.addAction(f"{name}: activation").setEnabled(False)
        usual, own = spec.network.activation, spec.activations[hidden]
        self._activation(f"As the network: {usual.label}", usual.summary, None, own == usual)
        for cls in ACTIVATIONS:
            if cls() != usual:
                self._activation(cls.label, cls.summary, cls(), own != usual and type(own) is cls)
        self.addSeparator()
        self.dropout = self.addMenu("Dropout")
        self.dropout.setToolTipsVisible(True)
        limits, share = limits_of(TrainingSpec, "dropout"), spec.dropout[hidden]
        same = share == spec.training.dropout
        self._dropout(f"As the network: {spec.training.dropout:.0%}".replace("%", " %"), limits.help, None, same)
        for value in limits.ladder:
            if value == spec.training.dropout:
                continue
            tip = f"Each update leaves out {value:.0%} of this layer's neurons.".replace("%", " %")
            self._dropout(f"{value:.0%}".replace("%", " %"), tip, value, not same and value == share)

    def _activation(self, text: str, tip: str, activation: Activation | None, checked: bool) -> None:
        action = self.addAction(text)
        action.setToolTip(tip)
        action.setCheckable(True)
        action.setChecked(checked)
        # The menu lives and speaks in the window's thread only, so a partial is safe.
        action.triggered.connect(partial(self._on_activation, activation))

    def _dropout(self, text: str, tip: str, share: float | None, checked: bool) -> None:
        action = self.dropout.addAction(text)
        action.setToolTip(tip)
        action.setCheckable(True)
        action.setChecked(checked)
        action.triggered.connect(partial(self._on_dropout, share))

    def _on_activation(self, activation: Activation | None, _checked: bool = False) -> None:
        new = with_layer_activation(self._spec, self._hidden, activation)
        self.proposed.emit(f"Activation of hidden {self._hidden + 1}", new)

    def _on_dropout(self, share: float | None, _checked: bool = False) -> None:
        new = with_layer_dropout(self._spec, self._hidden, share)
        self.proposed.emit(f"Dropout of hidden {self._hidden + 1}", new)
