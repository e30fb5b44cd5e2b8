"""The Playground: points in the plane, the network alive in the middle, boundary and curves beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gui.document import Document
from gui.pages.base import LATEST, Page
from gui.pages.inspecting import Inspecting
from gui.pages.observing import Observing
from gui.panels.code import Code
from gui.panels.decision_boundary import DecisionBoundary
from gui.panels.inspector import Inspector
from gui.panels.loss_curves import LossCurves
from gui.panels.network_graph import NetworkGraph
from gui.panels.settings_column import SettingsColumn
from gui.panels.time_slider import TimeSlider
from gui.theme import Theme

TOOLS = ("Inspector", "Code", "Weights", "Watch", "DoctorPanel")


class PlaygroundPage(Page):
    """Hovering a neuron of the graph shows its map in large; what is selected there, the inspector takes apart."""

    id = "playground"
    title = "Playground"
    icon = "playground"

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(theme, document, latest, parent)
        self.graph = NetworkGraph(theme)
        self.settings = SettingsColumn(theme)
        self.boundary = DecisionBoundary(theme)
        self.curves = LossCurves(theme)
        self.inspector = Inspector(theme)
        self.time = TimeSlider(theme)
        self.code = Code(theme)
        self.set_center(self.graph, self.time)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.add_dock(self.settings, left, heading=False)
        self.add_dock(self.boundary, right, 344)
        self.add_dock(self.curves, right, 344)
        dock = self.add_dock(self.inspector, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.inspecting = Inspecting(self.graph, dock, self.inspector, self.boundary)
        self.add_tool(self.code, beside=dock)
        self.observing = Observing(self, self.graph, beside=dock)
        self.add_doctor(beside=dock)
        self.graph.neuronHovered.connect(self.boundary.show_neuron)
        self.graph.parameterEdited.connect(self.edit_weight)
        self.show_spec()

    def arrange(self) -> None:
        boundary, curves = self.docks["DecisionBoundary"], self.docks["LossCurves"]
        self.resizeDocks([boundary], [self.side_width], Qt.Orientation.Horizontal)
        # The boundary is square: as high as the column is wide, with its heading and its legend.
        square = self.side_width + 68
        self.resizeDocks([boundary, curves], [square, max(self.height() - square - 8, 240)], Qt.Orientation.Vertical)
        self.share_with_tools(TOOLS)

    def pin(self, gradient: bool = False) -> None:
        self.observing.pin(gradient)
