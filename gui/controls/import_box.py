"""The way back: a button that opens weights of another library, and what their hidden layers compute."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.activations import ACTIVATIONS
from gui import fonts
from gui.controls.buttons import TextButton
from gui.controls.combos import ChoiceCombo
from gui.theme import GRID

FILES = "Weights (*.skops *.safetensors);;All files (*)"
_AS_IS = "as it says"
_ACTIVATION_HELP = "What hidden layers compute. A .skops file says it; a state_dict of PyTorch holds numbers only."


class ImportBox(QWidget):
    """``chosen(Path, activation)``: the name of an activation, or "" for what the file or the open experiment says."""

    chosen = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel("Import weights")
        heading.setFont(fonts.body(fonts.QFont.Weight.DemiBold))
        words = QLabel(
            "From scikit-learn (.skops) or PyTorch (.safetensors). 2 inputs open in the Playground, 64 or 784 with digits."
        )
        words.setProperty("role", "caption")
        words.setFont(fonts.caption())
        words.setWordWrap(True)
        choices = [("", _AS_IS, "From the file; where it is silent, as in the experiment that is open.")]
        choices += [(one.name, one.label, one.summary) for one in ACTIVATIONS if one.name != "typed"]
        self.activation = ChoiceCombo(choices, "Activation of imported weights", _ACTIVATION_HELP)
        self.button = TextButton("Open…", "Opens a file of weights as an experiment. Undo brings back what was open.")
        label = QLabel("Activation")
        label.setBuddy(self.activation)
        label.setToolTip(_ACTIVATION_HELP)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self.activation, 1)
        row.addWidget(self.button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addWidget(heading)
        box.addWidget(words)
        box.addLayout(row)
        self.button.clicked.connect(self._ask)
        self.setWhatsThis(
            "Opens weights that were trained elsewhere as an experiment: skops.io.dump(model, ...) writes an MLPClassifier or "
            "MLPRegressor, safetensors.torch.save_file(model.state_dict(), ...) an nn.Sequential. Nothing in a file is run."
        )

    def _ask(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open weights", "", FILES)
        if path:
            self.chosen.emit(Path(path), self.activation.key())
