"""The menu of the window, from the table of actions, the ready experiments and the panels of the page on screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMenu, QWidget

from gui import experiments
from gui.actions import ACTIONS, MENUS, Actions


class MainMenu(QMenu):
    """``experimentChosen(name)`` asks for a ready experiment; ``docks()`` answers what can be shown and hidden now."""

    experimentChosen = Signal(str)

    def __init__(self, actions: Actions, docks: Callable[[], Iterable[QDockWidget]], parent: QWidget) -> None:
        super().__init__(parent)
        self._docks = docks
        for title in MENUS:
            sub = self.addMenu(title)
            for spec in ACTIONS:
                if spec.menu == title:
                    sub.addAction(actions[spec.id])
            if title == "File":
                self._add_experiments()
            if title == "View":
                self.panels = sub.addMenu("Panels")
                self.panels.aboutToShow.connect(self.fill_panels)

    def _add_experiments(self) -> None:
        sub = self.addMenu("Experiments")
        for name, saved in experiments.all_ready().items():
            sub.addAction(saved.title or name).setData(name)
        sub.triggered.connect(self._on_experiment)

    @Slot(QAction)
    def _on_experiment(self, action: QAction) -> None:
        self.experimentChosen.emit(action.data())

    @Slot()
    def fill_panels(self) -> None:
        """The panels that there are just now, each with a tick when it is shown."""
        self.panels.clear()
        for dock in self._docks():
            self.panels.addAction(dock.toggleViewAction())
