"""What of a neuron, a weight or a bias can be watched, as a menu on the network picture."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from engine.spec import ExperimentSpec
from gui.graphics.graph_words import target_name
from gui.graphics.targets import Target
from gui.pins import pin_of


class PinMenu(QMenu):
    """Opens for one thing and closes after a choice. ``chosen(bool)``: its value, or with True its gradient."""

    chosen = Signal(bool)

    def __init__(self, spec: ExperimentSpec, target: Target, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setToolTipsVisible(True)
        name = target_name(spec, target)
        self.setAccessibleName(f"{name}: watch")
        self.addAction(name).setEnabled(False)
        for gradient, keys in ((False, "P"), (True, "Shift+P")):
            pin = pin_of(target, gradient)
            if pin is not None:
                what = pin.kind if not gradient else f"gradient {pin.label}"
                # The key is the window's action; here it is only told.
                action = self.addAction(f"Watch its {what}\t{keys}")
                action.setToolTip(
                    f"Puts the {what} on the watch list, or takes it off. Its recent past is drawn there."
                )
                # The menu lives and speaks in the window's thread only, so a partial is safe.
                action.triggered.connect(partial(self._on_chosen, gradient))

    def _on_chosen(self, gradient: bool, _checked: bool = False) -> None:
        self.chosen.emit(gradient)
