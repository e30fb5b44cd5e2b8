"""The Tuner page: a study of many trials of the experiment that was last on screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from gui.document import Document
from gui.pages.base import LATEST, Page
from gui.panels.tuner_view import TunerView
from gui.runner import Runner
from gui.settings import Places
from gui.theme import Theme
from gui.tuning_desk import Core, TuningDesk


class TunerPage(Page):
    """It shows the experiment that was last on screen, and studies of it or of others."""

    id = "tuner"
    title = "Tuner"
    icon = "tuner"
    core: type[Core] = Core

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(theme, document, latest, parent)
        self.desk: TuningDesk | None = None
        self.tuner = TunerView(theme)
        self.set_center(self.tuner)
        self._looked = False

    def attach_places(self, places: Places) -> None:
        self.desk = desk = TuningDesk(self.core(), places.sessions, self)
        view = self.tuner
        desk.workers = view.form.workers.value()
        desk.shown.connect(view.show_study)
        desk.failed.connect(view.show_failure)
        desk.listed.connect(self._on_listed)
        desk.offered.connect(view.show_space)
        desk.measured.connect(view.show_importance)
        desk.unmeasured.connect(view.importance.show_failure)
        desk.opened.connect(self.savedOpened)
        desk.noted.connect(self.noted)
        desk.stateChanged.connect(view.show_state)
        view.startRequested.connect(self._on_start)
        view.pauseRequested.connect(desk.pause)
        view.stopRequested.connect(desk.stop)
        view.studyChosen.connect(desk.open_study)
        view.newRequested.connect(self._on_new)
        view.deleteRequested.connect(self._on_delete)
        view.storageChosen.connect(self._on_storage)
        view.workersChosen.connect(desk.set_workers)
        view.trialRequested.connect(desk.open_trial)
        view.exportRequested.connect(self._on_export)
        view.importanceRequested.connect(desk.measure)
        view.spaceRequested.connect(desk.offer)

    def attach_analyses(self, runner: Runner) -> None:
        super().attach_analyses(runner)
        if self.desk is not None:
            self.desk.attach(runner.analyses, runner.ask)

    def close_down(self) -> None:
        if self.desk is not None:
            self.desk.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.desk is None:
            return
        if not self._looked:
            self._looked = True
            self.tuner.begin_draft()
            self.desk.look()
        self.desk.watch(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.desk is not None:
            self.desk.watch(False)

    # --- what the view asks for -----------------------------------------------------------------------------------

    @Slot(object)
    def _on_listed(self, names: tuple[str, ...]) -> None:
        """The name of a new study must be one that no other has."""
        view, fresh = self.tuner, self.tuner.form.draft and not self.tuner.form.name.isModified()
        view.show_studies(names)
        if fresh and view.form.name.value() in names:
            view.begin_draft()

    @Slot(object)
    def _on_start(self, settings: object) -> None:
        assert self.desk is not None
        if settings is None:
            self.desk.start()
        else:
            self.desk.new_study(settings)

    @Slot()
    def _on_new(self) -> None:
        assert self.desk is not None
        self.desk.leave()
        self.tuner.begin_draft()

    @Slot(str)
    def _on_storage(self, address: str) -> None:
        assert self.desk is not None
        self.tuner.begin_draft()
        self.desk.set_address(address)

    @Slot()
    def _on_delete(self) -> None:
        assert self.desk is not None
        name = self.desk.name
        n = len(self.desk.view.trials) if self.desk.view is not None else 0
        if name and self.confirm(
            f"Delete the study {name} with its {n:,} trials and their weights? This can't be undone."
        ):
            self.desk.delete()
            self.tuner.begin_draft()

    def confirm(self, question: str) -> bool:
        """Ask before something is gone for good."""
        buttons = QMessageBox.StandardButton
        return QMessageBox.question(self, "Neuroloom", question, buttons.Yes | buttons.Cancel) == buttons.Yes

    def choose_file(self, name: str) -> str:
        """Where to save; "" for nowhere."""
        return QFileDialog.getSaveFileName(self, "Export CSV", name, "CSV (*.csv)")[0]

    @Slot()
    def _on_export(self) -> None:
        assert self.desk is not None
        if path := self.choose_file(f"{self.desk.name}.csv"):
            self.desk.export_csv(Path(path))
