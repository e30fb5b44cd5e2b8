"""The drop-down of speeds: epochs a second that one can watch, and slow motion in phases a second."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from gui.controls.combos import ChoiceCombo
from gui.pace import EPOCHS, PHASES

# Epochs a second at most; 0 sets no limit. Small networks learn faster than anyone can watch.
SPEEDS: dict[float, tuple[str, str]] = {
    0.0: ("full", "As fast as this machine can."),
    1000.0: ("1,000 / s", "A small network learns its task in a few seconds."),
    300.0: ("300 / s", "Slow enough to see the boundary bend."),
    100.0: ("100 / s", "Every third of a second another look."),
    30.0: ("30 / s", "About one epoch a frame."),
    10.0: ("10 / s", "Each epoch can be seen."),
    3.0: ("3 / s", "Each mini-batch moves the weights before your eyes."),
    1.0: ("1 / s", "One epoch a second, mini-batch by mini-batch."),
}
_SLOW = (60.0, 30.0, 15.0, 8.0, 4.0, 2.0, 1.0, 0.5, 0.25)
_SLOW_HELP = "Slow motion: forward, loss, backward and update of each mini-batch, one after the other."
_UNITS = {EPOCHS: {speed: label for speed, (label, _) in SPEEDS.items()}, PHASES: {s: f"slow {s:g}" for s in _SLOW}}


class SpeedCombo(ChoiceCombo):
    """``speedChosen(per second, unit)`` when a person takes another one; the unit is "epoch" or "phase"."""

    speedChosen = Signal(float, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        choices = [(_key(speed, EPOCHS), label, tip) for speed, (label, tip) in SPEEDS.items()]
        # The closed box shows what stands before the bracket.
        slow = [
            (_key(speed, PHASES), f"{label} ({_phases(speed)})", _SLOW_HELP) for speed, label in _UNITS[PHASES].items()
        ]
        help = "How many epochs a second training may take, so that you can watch; or slow motion, phase by phase."
        super().__init__(choices + slow, "Speed", help, parent)
        self.insertSeparator(len(choices))
        self.setMaxVisibleItems(self.count())
        self.chosen.connect(self._on_chosen)

    def set_speed(self, per_second: float, unit: str = EPOCHS) -> None:
        """Show how fast training may go; an unknown speed is not shown. Emits nothing."""
        self.set_key(_key(per_second, unit))

    def _on_chosen(self, key: str) -> None:
        speed, unit = key.split()
        self.speedChosen.emit(float(speed), unit)


def known(per_second: float, unit: str) -> tuple[float, str]:
    """A speed as it was remembered, or the full one where there is no such."""
    return (per_second, unit) if per_second in _UNITS.get(unit, ()) else (0.0, EPOCHS)


def _key(per_second: float, unit: str) -> str:
    return f"{per_second} {unit}"


def _phases(per_second: float) -> str:
    if per_second < 1:
        return f"a phase every {1 / per_second:g} s"
    return f"{per_second:g} phases a second" if per_second > 1 else "1 phase a second"
