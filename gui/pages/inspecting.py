"""Joins the inspector of a page to its network and to what offers samples."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QDockWidget

from gui.graphics.sample_choice import Choice
from gui.panels.base import Panel
from gui.panels.inspector import Inspector
from gui.panels.network_graph import NetworkGraph


class Inspecting(QObject):
    """What is selected in ``graph`` is taken apart in ``dock``; a sample chosen in one of ``sources`` too, which opens it.

    A source has ``sampleChosen(Choice | None)`` and ``show_sample(choice)``, which marks it.
    """

    def __init__(self, graph: NetworkGraph, dock: QDockWidget, inspector: Inspector, *sources: Panel) -> None:
        super().__init__(dock)
        self._dock, self._inspector = dock, inspector
        graph.selectionChanged.connect(inspector.show_target)
        inspector.factorHovered.connect(graph.light)
        inspector.factorChosen.connect(graph.select)
        for source in sources:
            source.sampleChosen.connect(self._on_chosen)
            inspector.sampleShown.connect(source.show_sample)

    @Slot(object)
    def _on_chosen(self, choice: Choice | None) -> None:
        if choice is not None:
            self._dock.show()
            self._dock.raise_()
        self._inspector.show_sample(choice)
