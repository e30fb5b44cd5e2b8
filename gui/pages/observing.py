"""The docks that observe a network, on every page that has one: the weights as a crowd, and the watch list."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QDockWidget

from gui.graphics.targets import Target
from gui.pages.base import Page
from gui.panels.network_graph import NetworkGraph
from gui.panels.watch import Watch
from gui.panels.weights import Weights


class Observing(QObject):
    """Adds the two docks to ``page``, hidden, and joins them to its ``graph``."""

    def __init__(self, page: Page, graph: NetworkGraph, beside: QDockWidget) -> None:
        """They share the place of the dock ``beside``."""
        super().__init__(page)
        self._page, self._graph = page, graph
        self.weights, self.watch = Weights(page.theme), Watch(page.theme)
        for panel in (self.weights, self.watch):
            page.add_tool(panel, beside)
        self.watch.pinsChanged.connect(graph.show_pins)
        self.watch.targetChosen.connect(self._on_chosen)
        self.watch.pinAsked.connect(self._on_asked)
        graph.selectionChanged.connect(self.watch.show_selection)
        graph.watchRequested.connect(self.toggle)

    def pin(self, gradient: bool) -> None:
        """Watch what is under the pointer or selected, and show that it is watched."""
        self.toggle(self._graph.at_hand, gradient)

    @Slot(object, bool)
    def toggle(self, target: Target | None, gradient: bool) -> None:
        """Pin or unpin ``target``; the list opens so that one sees it."""
        dock = self._page.docks["Watch"]
        if not dock.is_seen:
            dock.show()
            dock.raise_()
        self.watch.toggle(target, gradient)

    @Slot(bool)
    def _on_asked(self, gradient: bool) -> None:
        self.watch.toggle(self._graph.selected, gradient)

    @Slot(object)
    def _on_chosen(self, target: Target) -> None:
        self._graph.select(target)
