"""The history of runs for the window: has runs recorded, keeps what shows them up to date, does what is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from engine import files
from engine.errors import InvalidSpec
from engine.own import OWN, absence
from gui.analyses import STOP, TELL, Question
from gui.history.store import RunStore
from gui.laboratory import Laboratory

if TYPE_CHECKING:
    from gui.pages.base import Page

CHANGE, REOPEN = "runs changed", "run reopened"
GOES_ON = "The run goes on without them: the weights are the same."


@dataclass(frozen=True, slots=True)
class _Reopened:
    run: int
    saved: files.SavedExperiment
    lacks: str = ""


class RunHistory(QObject):
    """Every run that was trained, in front of ``window``; panels with ``use_store`` show them."""

    def __init__(self, lab: Laboratory, window: QWidget) -> None:
        super().__init__(window)
        self._lab = lab
        self.store = RunStore(lab.places.sessions)
        self._ids: dict[int, int] = {}  # run -> its row, for those of this session
        self._panels: list[QWidget] = []
        self._changes: list[Callable[[], None]] = []
        lab.runner.record_into(self.store)
        lab.runner.recorded.connect(self._on_recorded)
        lab.runner.lanesRecorded.connect(self._on_lanes_recorded)
        lab.runner.notRecorded.connect(self._tell)
        lab.runChanged.connect(self._show_live)
        analyses = lab.runner.analyses
        analyses.answered.connect(self._on_answered)
        analyses.failed.connect(self._on_failed)

    def attach(self, page: Page) -> None:
        """Give the page's panels the history, and hear what they want done with it."""
        for panel in page.panels():
            if hasattr(panel, "use_store"):
                self._panels.append(panel)
                panel.opened.connect(self._lab.runner.record)  # type: ignore[attr-defined]
                panel.renameRequested.connect(self.rename)  # type: ignore[attr-defined]
                panel.deleteRequested.connect(self.delete)  # type: ignore[attr-defined]
                panel.restoreRequested.connect(self.restore)  # type: ignore[attr-defined]
                panel.reopenRequested.connect(self.reopen)  # type: ignore[attr-defined]
                panel.use_store(self.store)
                self._show_live()

    def close(self) -> None:
        """The window is closed and its threads have ended."""
        self.store.close()

    # --- what a person asks for -----------------------------------------------------------------------------------

    @Slot(int, str)
    def rename(self, run: int, name: str) -> None:
        """Call a run ``name``."""
        self._change(lambda: self.store.rename(run, name))

    @Slot(object)
    def delete(self, runs: tuple[int, ...]) -> None:
        """Take runs off the list."""
        self._change(lambda: self.store.delete(runs))

    @Slot(object)
    def restore(self, runs: tuple[int, ...]) -> None:
        """Put deleted runs back."""
        self._change(lambda: self.store.restore(runs))

    def _change(self, change: Callable[[], None]) -> None:
        """One after another: a question takes the place of the one before, and must do what that one was to do."""
        self._changes.append(change)

        def work(_tell: TELL, _stop: STOP) -> bool:
            while self._changes:
                self._changes.pop(0)()
            return True

        self._lab.runner.ask(Question(CHANGE, work))

    @Slot(int)
    def reopen(self, run: int) -> None:
        """Show a run on its page as it was left, undoably; trained on, it is a run of its own."""
        store = self.store

        def work(_tell: TELL, _stop: STOP) -> _Reopened:
            saved, lacks = store.saved(run), ""
            if missing := OWN.missing(saved.spec.data.taught):
                lacks = f"{absence(len(missing), len(saved.spec.data.taught))} {GOES_ON}"
                saved = saved.without(missing)
            try:
                saved.trainer()  # or it is refused here, before anything that is open is touched
            except (InvalidSpec, ArithmeticError, MemoryError) as error:
                raise InvalidSpec(
                    f"{saved.title} can't be opened again: {error}. The open experiment is unchanged."
                ) from error
            return _Reopened(run, saved, lacks)

        self._lab.runner.ask(Question(REOPEN, work))

    # --- answers --------------------------------------------------------------------------------------------------

    @Slot(str, object)
    def _on_answered(self, key: str, answer: object) -> None:
        self._complain()
        if key == CHANGE:
            self._refresh()
        elif key == REOPEN and isinstance(answer, _Reopened):
            self._lab.show_saved(answer.saved, f"Reopen {answer.saved.title}")
            if answer.lacks:
                self._tell(answer.lacks)
            else:
                self._lab.noted.emit(f"{answer.saved.title} is open as it was left. Undo goes back.")

    @Slot(str, str)
    def _on_failed(self, key: str, sentence: str) -> None:
        if key in (CHANGE, REOPEN):
            self._tell(sentence)
            self._refresh()

    def _complain(self) -> None:
        complaint, self.store.complaint = self.store.complaint, ""
        if complaint:
            self._tell(complaint)

    @Slot(str)
    def _tell(self, sentence: str) -> None:
        self._lab.told.emit(sentence, "", None, "failed")

    @Slot(object, object)
    def _on_recorded(self, run: int, row: int) -> None:
        self._complain()
        self._ids[run] = row
        self._show_live()
        self._refresh()

    @Slot()
    def _on_lanes_recorded(self) -> None:
        self._complain()
        self._refresh()

    @Slot()
    def _show_live(self) -> None:
        """Which row is the run on screen."""
        if self._lab.has_document:
            run = self._lab.document.run
            for panel in self._panels:
                panel.set_live(run, self._ids.get(run, 0))  # type: ignore[attr-defined]

    def _refresh(self) -> None:
        for panel in self._panels:
            panel.refresh()  # type: ignore[attr-defined]
