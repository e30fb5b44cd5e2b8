"""The Runs page: what was trained before, races, learning rates, other libraries beside ours, and the network as code."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.document import Document
from gui.pages.base import LATEST
from gui.pages.views import ViewEntry, ViewsPage
from gui.panels.base import Panel
from gui.theme import Theme

VIEWS = (
    ViewEntry("history", "History", "Every run that was trained, kept by itself: reopen, overlay, compare.",
              "gui.panels.history_view", "HistoryView"),
    ViewEntry("race", "Race", "Two to six settings side by side, from the same data and seed.",
              "gui.panels.race_view", "RaceView"),
    ViewEntry("rates", "Learning rate", "What one step does to the loss at seven rates, and a range test.",
              "gui.panels.rates_view", "RatesView"),
    ViewEntry("compare", "Compare", "The same network, data and batches through scikit-learn and PyTorch, and other models.",
              "gui.panels.compare_view", "CompareView"),
    ViewEntry("code", "Code", "This network as a script for NumPy, scikit-learn or PyTorch, or as ONNX.",
              "gui.panels.export_view", "ExportView"),
)  # fmt: skip


class RunsPage(ViewsPage):
    """It shows the experiment that was last on screen."""

    id = "runs"
    title = "Runs"
    icon = "runs"

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(theme, document, latest, VIEWS, parent)
        self.open_view("history")

    def join(self, panel: Panel) -> None:
        if hasattr(panel, "weightsChosen"):
            panel.weightsChosen.connect(self.weightsChosen)
