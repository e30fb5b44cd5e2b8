"""What a lane of a race is made of: the settings that are usually raced, in one column."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.activations import ACTIVATIONS
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.spec import MAX_HIDDEN_LAYERS, MAX_WIDTH, ExperimentSpec
from gui import fonts
from gui.controls.combos import EntryCombo, LadderCombo
from gui.controls.fields import LayersField
from gui.edits import limits_of
from gui.forms import ROW_GAP, Row
from gui.lanes import SETTINGS
from gui.theme import Theme


class LaneEditor(QWidget):
    """``changed(key, value)``: a key of :data:`gui.lanes.SETTINGS` and its new value."""

    changed = Signal(str, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        spec = ExperimentSpec()
        self.layers = LayersField((8, 8), MAX_HIDDEN_LAYERS, MAX_WIDTH)
        self.layers.setAccessibleName("Hidden layers")
        self.layers.setToolTip("Neurons of each hidden layer, like 8, 8; empty means none.")
        self.editors: dict[str, QWidget] = {
            "layers": self.layers,
            "activation": EntryCombo(ACTIVATIONS, "Activation", "What every hidden neuron of this lane computes."),
            "optimizer": EntryCombo(OPTIMIZERS, "Optimizer", "How this lane moves its weights."),
            "learning_rate": LadderCombo(limits_of(spec.optimizer, "learning_rate"), spec.optimizer.learning_rate),
            "batch_size": LadderCombo(limits_of(spec.training, "batch_size"), spec.training.batch_size),
            "l2": LadderCombo(limits_of(spec.training, "l2"), spec.training.l2),
            "dropout": LadderCombo(limits_of(spec.training, "dropout"), spec.training.dropout),
            "initializer": EntryCombo(INITIALIZERS, "Initializer", "How the first weights of this lane are drawn."),
        }
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setFont(fonts.caption())
        self.problem.setWordWrap(True)
        self.problem.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(ROW_GAP)
        for key, editor in self.editors.items():
            box.addWidget(Row(editor.accessibleName(), editor, editor.toolTip()))
            # Everything here lives in the window's thread, so partials are safe.
            signal = editor.chosen if isinstance(editor, EntryCombo) else editor.committed  # type: ignore[attr-defined]
            signal.connect(partial(self._on_value, key))
        box.addWidget(self.problem)
        self.layers.refused.connect(self.show_problem)

    def show_lane(self, spec: ExperimentSpec) -> None:
        """Show the settings of a lane; emits nothing."""
        self.problem.hide()
        for key, editor in self.editors.items():
            value = SETTINGS[key].read(spec)
            editor.set_key(value) if isinstance(editor, EntryCombo) else editor.set_value(value)  # type: ignore[attr-defined]

    def show_problem(self, sentence: str) -> None:
        """Say why a value can't be."""
        self.problem.setText(sentence[:1].upper() + sentence[1:])
        self.problem.show()

    def _on_value(self, key: str, value: Any) -> None:
        self.problem.hide()
        self.changed.emit(key, value)
