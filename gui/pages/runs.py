"""The Runs page: what was trained before, races, learning rates, other libraries beside ours, and the network as code."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from engine.files import SavedExperiment
from engine.snapshot import Snapshot
from gui.document import Document
from gui.pages.base import LATEST
from gui.pages.race_driver import RaceDriver
from gui.pages.views import ViewEntry, ViewsPage
from gui.panels.base import Panel
from gui.racing import Races
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
        self._race_driver: RaceDriver | None = None
        self._racing: tuple[Races, Callable[[], None]] | None = None
        self.open_view("history")

    def join(self, panel: Panel) -> None:
        if hasattr(panel, "raceRequested"):
            self._join_race(panel)
        if hasattr(panel, "weightsChosen"):
            panel.weightsChosen.connect(self.weightsChosen)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if self._race_driver is not None:
            self._race_driver.see(snapshot)

    # --- the race -------------------------------------------------------------------------------------------------

    def attach_races(self, races: Races, pause: Callable[[], None]) -> None:
        self._racing = races, pause
        if "race" in self.views:
            self._join_race(self.views["race"])

    def _join_race(self, panel: Panel) -> None:
        if self._racing is not None:
            driver = self._race_driver = RaceDriver(panel, *self._racing, self.latest)
            driver.refused.connect(self.refused)
            driver.taken.connect(self._open_lane)
            panel.raceRequested.connect(driver.start)  # type: ignore[attr-defined]
            panel.seedsRequested.connect(driver.repeat)  # type: ignore[attr-defined]
            panel.openRequested.connect(driver.take)  # type: ignore[attr-defined]

    @Slot(object)
    def _open_lane(self, saved: SavedExperiment) -> None:
        self.savedOpened.emit(saved, f"Open {saved.title}")
