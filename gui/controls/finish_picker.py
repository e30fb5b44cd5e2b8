"""Where a race ends: after epochs, after seconds of each lane, or where a figure is reached."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from engine.race import Finish
from engine.registry import Range
from engine.stopping import Until
from gui.controls.combos import ChoiceCombo, LadderCombo
from gui.controls.run_popup import METRICS, choices

EPOCHS = Range(
    1, 1_000_000, "Epochs", ladder=(10, 30, 100, 300, 1_000, 3_000, 10_000), help="How long each lane is trained."
)
SECONDS = Range(
    0.1, 3_600, "Seconds", ladder=(1, 2, 5, 10, 20, 60), help="How much time of its own each lane has for training."
)
_OWN = [
    ("epochs", "Epochs", "Each lane is trained for so many epochs: who learns most from the same samples."),
    ("seconds", "Seconds", "Each lane has as much training time of its own: who learns most in the same time."),
]


class FinishPicker(QWidget):
    """``changed()`` when a person chooses another end."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._regression = False
        self.kind = ChoiceCombo(self._choices(), "Until", "When a lane has arrived.")
        self.kind.setFixedWidth(120)
        self.epochs, self.seconds = LadderCombo(EPOCHS, 300), LadderCombo(SECONDS, 5.0)
        self.goals = {key: LadderCombo(limits, start) for key, _, limits, start in METRICS if key != "epoch"}
        self.sign, self.at_most, self.unit = QLabel(), QLabel("at most"), QLabel("epochs")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        until = QLabel("Until")
        until.setBuddy(self.kind)
        for widget in (
            until,
            self.kind,
            self.sign,
            *self.goals.values(),
            self.at_most,
            self.epochs,
            self.seconds,
            self.unit,
        ):
            row.addWidget(widget)
        for value in (self.epochs, self.seconds, *self.goals.values()):
            value.setFixedWidth(88)
            value.committed.connect(self.changed)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.kind.chosen.connect(self._on_kind)
        self._show()

    def _choices(self) -> list[tuple[str, str, str]]:
        tip = "A lane has arrived at the end of the epoch that reaches it, or gives up."
        return _OWN + [(key, label, tip) for key, label, _ in choices(self._regression) if key != "epoch"]

    def set_regression(self, regression: bool) -> None:
        """Offer R² in the place of accuracy, or accuracy again."""
        if regression != self._regression:
            self._regression = regression
            old, new = ("accuracy", "r2") if regression else ("r2", "accuracy")
            key = self.kind.key().replace(old, new)
            self.kind.set_choices(self._choices())
            self.kind.set_key(key)
            self._show()

    def finish(self) -> Finish:
        """The end as it stands."""
        key = self.kind.key()
        if key == "seconds":
            return Finish(seconds=float(self.seconds.value()))
        if key == "epochs":
            return Finish(epochs=int(self.epochs.value()))
        # The engine calls either score accuracy.
        goal = Until(key.replace("r2", "accuracy"), float(self.goals[key].value()))
        return Finish(epochs=int(self.epochs.value()), goal=goal)

    def _show(self) -> None:
        kind = self.kind.key()
        for key, value in self.goals.items():
            value.setVisible(key == kind)
        goal = kind in self.goals
        self.sign.setText("≤" if kind.endswith("loss") else "≥")
        for widget in (self.sign, self.at_most, self.unit):
            widget.setVisible(goal)
        self.seconds.setVisible(kind == "seconds")
        self.epochs.setVisible(kind != "seconds")

    def _on_kind(self) -> None:
        self._show()
        self.changed.emit()
