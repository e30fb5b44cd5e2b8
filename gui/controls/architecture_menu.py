"""The shapes of networks to begin with, in a quiet menu beside the heading of the network."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from engine.architectures import ARCHITECTURES
from gui import fonts
from gui.controls.buttons import MenuButton
from gui.theme import CONTROL_HEIGHT, Theme


class ArchitectureMenu(MenuButton):
    """``chosen(hidden_layer_sizes, label)`` when a person takes a shape. The one at hand is ticked, if it is one of them."""

    chosen = Signal(object, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Shape", parent=parent)
        self.setProperty("menu", False)  # without an outline there is no padding either
        self.setProperty("look", "disclosure")
        self.setFont(fonts.caption())
        self.setFixedSize(self.fontMetrics().horizontalAdvance("Shape") + 20, CONTROL_HEIGHT)
        self.setAccessibleName("Shape of the network")
        self.setToolTip(
            "Hidden layers to begin with: shallow, deep, wide, deep and narrow. Nothing else changes, so that you see what "
            "depth and width do."
        )
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # not the button's, whose chevron stands right
        self.choices: dict[str, QAction] = {}
        for name, shape in ARCHITECTURES.items():
            action = menu.addAction(f"{shape.label}: {', '.join(map(str, shape.hidden_layer_sizes))}")
            action.setCheckable(True)
            action.setToolTip(shape.summary)
            action.setData(name)
            self.choices[name] = action
        menu.triggered.connect(self._on_triggered)
        self.setMenu(menu)
        self._sizes: tuple[int, ...] = ()

    def set_sizes(self, sizes: tuple[int, ...]) -> None:
        """Tick the shape with these hidden layers; emits nothing."""
        self._sizes = sizes
        for name, action in self.choices.items():
            action.setChecked(ARCHITECTURES[name].hidden_layer_sizes == sizes)

    def _on_triggered(self, action: QAction) -> None:
        shape = ARCHITECTURES[action.data()]
        changed = shape.hidden_layer_sizes != self._sizes
        self.set_sizes(self._sizes)  # the tick waits for the experiment
        if changed:
            self.chosen.emit(shape.hidden_layer_sizes, shape.label)
