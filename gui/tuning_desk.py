"""The tuning desk joins the Tuner page to the core of the tuner: whatever may take long is asked as a question.

The page never sees Optuna, a process or a database: it is given StudyViews and sentences.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.files import SavedExperiment
from engine.spec import ExperimentSpec
from gui.analyses import STOP, TELL, Analyses, Question
from gui.tuning.study import Choice, StudySettings, StudyView

READ, LIST, SPACE, NEW, WORK, OPEN, CSV, MATTERS, DELETE = (
    f"tuner {what}" for what in ("study", "studies", "space", "new", "workers", "trial", "csv", "importance", "delete")
)
READ_MS = 1_000
IDLE, RUN, PAUSED, BUSY = "idle", "run", "paused", "busy"


class Pool(Protocol):
    """Worker processes of one study on this computer."""

    problem: str

    def start(self, url: str, study: str, workers: int) -> None: ...
    def pause(self) -> None: ...
    def tend(self) -> None: ...
    def close(self) -> None: ...

    @property
    def alive(self) -> int: ...


class Core:
    """The calls that the desk makes, each of which may block. Nothing of the tuner is imported before the first one."""

    def default_url(self, folder: Path) -> str:
        from gui.tuning import database

        return database.default_url(folder)

    def default_space(self, spec: ExperimentSpec) -> tuple[Choice, ...]:
        from gui.tuning import space

        return space.default_space(spec)

    def studies(self, url: str) -> tuple[str, ...]:
        from gui.tuning import storage

        return storage.studies(url)

    def create_study(self, url: str, settings: StudySettings) -> None:
        from gui.tuning import storage

        storage.create_study(url, settings)

    def read_study(self, url: str, name: str) -> StudyView:
        from gui.tuning import storage

        return storage.read_study(url, name)

    def delete_study(self, url: str, name: str) -> None:
        from gui.tuning import storage

        storage.delete_study(url, name)

    def trial_experiment(self, url: str, name: str, number: int) -> SavedExperiment:
        from gui.tuning import storage

        return storage.trial_experiment(url, name, number)

    def export_csv(self, view: StudyView, path: Path) -> None:
        from gui.tuning import storage

        storage.export_csv(view, path)

    def fanova(self, url: str, name: str, stop: STOP) -> dict[str, float] | None:
        from gui.tuning import importance

        return importance.fanova(url, name, stop)

    def pool(self) -> Pool:
        from gui.tuning.pool import WorkerPool

        return WorkerPool()

    def close(self) -> None:
        # It may be half imported by the thread that answers, which then has opened nothing yet.
        close = getattr(sys.modules.get("gui.tuning.storage"), "close", None)
        if close is not None:
            close()


class _Workers:
    """The pool that there is. It is touched by one thread at a time: that of the questions, and the window's at the end."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.pool: Pool | None = None
        self.closed = False

    def bring_to(self, state: str, url: str, name: str, n: int) -> None:
        """Start, hold or end; a pool lets another study go first."""
        if state == RUN:
            self.pool = self.pool or self._core.pool()
            self.pool.start(url, name, n)
            if self.closed:  # the window closed meanwhile
                self.end()
        elif self.pool is not None:
            (self.pool.pause if state == PAUSED else self.pool.close)()

    def look(self) -> tuple[int, str]:
        """How many processes live, and why none could; a worker that was killed is replaced."""
        if self.pool is None:
            return 0, ""
        self.pool.tend()
        return self.pool.alive, self.pool.problem

    def end(self) -> None:
        """No process is left behind."""
        self.closed = True
        if self.pool is not None:
            self.pool.close()


class TuningDesk(QObject):
    """``shown(StudyView | None)`` the study as it is now; ``failed(sentence)``; ``listed(names)``; ``offered(space)`` what
    could be searched; ``measured(shares)`` what mattered; ``opened(SavedExperiment, text)``; ``noted(sentence)``;
    ``stateChanged(str)`` of our own workers: idle, run, paused, or busy while they are being started or ended.
    """

    shown = Signal(object)
    failed = Signal(str)
    listed = Signal(object)
    offered = Signal(object)
    measured = Signal(object)
    unmeasured = Signal(str)
    opened = Signal(object, str)
    noted = Signal(str)
    stateChanged = Signal(str)

    def __init__(self, core: Core, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.core, self._folder = core, folder
        self.address, self.name, self.workers = "", "", 1
        self.state = IDLE
        self.view: StudyView | None = None
        self._ours = _Workers(core)
        self._analyses: Analyses | None = None
        self._ask: Callable[[Question], None] = lambda question: None
        self._reading = QTimer(self)
        self._reading.setInterval(READ_MS)
        self._reading.timeout.connect(self.read)

    def attach(self, analyses: Analyses, ask: Callable[[Question], None]) -> None:
        """Have questions answered from now on."""
        self._analyses, self._ask = analyses, ask
        analyses.answered.connect(self._on_answered)
        analyses.failed.connect(self._on_failed)

    # --- what a person asks for -----------------------------------------------------------------------------------

    def look(self) -> None:
        """Which studies there are; the answer is ``listed``."""
        self._question(LIST, self.core.studies)

    def offer(self, spec: ExperimentSpec) -> None:
        """What of ``spec`` could be searched; the answer is ``offered``."""
        core = self.core
        self._ask(Question(SPACE, lambda tell, stop: core.default_space(spec)))

    def new_study(self, settings: StudySettings) -> None:
        """Keep a new study, show it, and start it."""
        core = self.core

        def work(url: str) -> StudyView:
            core.create_study(url, settings)
            return core.read_study(url, settings.name)

        self._set_state(BUSY)
        self._question(NEW, work)

    def open_study(self, name: str) -> None:
        """Show a study that was kept. Workers of another one end first."""
        if name != self.name:
            self._leave()
            self.name, self.view = name, None
        self.read()
        self._reading.start()

    def leave(self) -> None:
        """Show none: a new one is being prepared. Its workers end."""
        self._leave()
        self.name, self.view = "", None
        self._reading.stop()

    def start(self) -> None:
        """Have the workers train, or go on after a pause."""
        if self.name:
            self._bring_to(RUN)

    def pause(self) -> None:
        """Hold the workers where they are."""
        if self.state == RUN:
            self._bring_to(PAUSED)

    def stop(self) -> None:
        """End the workers; what is finished is kept."""
        if self.state != IDLE:
            self._bring_to(IDLE)

    def set_workers(self, n: int) -> None:
        """So many processes from the next start on."""
        self.workers = n

    def set_address(self, address: str) -> None:
        """Where studies lie: a PostgreSQL address, or "" for this computer."""
        if address != self.address:
            self.leave()
            self.address = address
            self.look()

    def open_trial(self, number: int) -> None:
        """Have the experiment of a trial, with its weights; the answer is ``opened``."""
        core, name = self.core, self.name
        self._question(OPEN, lambda url: (core.trial_experiment(url, name, number), f"Trial {number} of {name}"))

    def export_csv(self, path: Path) -> None:
        """Write all trials to a file."""
        core, view = self.core, self.view
        if view is None:
            return

        def work(tell: TELL, stop: STOP) -> str:
            core.export_csv(view, path)
            return f"Saved {path}"

        self._ask(Question(CSV, work))

    def measure(self) -> None:
        """What mattered how much over all trials; the answer is ``measured``."""
        core, name, address, folder = self.core, self.name, self.address, self._folder

        def work(tell: TELL, stop: STOP) -> dict[str, float] | None:
            return core.fanova(address or core.default_url(folder), name, stop)

        if name:
            self._ask(Question(MATTERS, work, long=True))

    def delete(self) -> None:
        """Delete the study on screen, for good. Its workers end first."""
        core, name, ours = self.core, self.name, self._ours
        if not name:
            return

        def work(url: str) -> tuple[str, ...]:
            ours.bring_to(IDLE, url, name, 0)
            core.delete_study(url, name)
            return core.studies(url)

        self._set_state(BUSY)
        self._question(DELETE, work)

    @Slot()
    def read(self) -> None:
        """Have the study read anew, unless that is under way."""
        if not self.name or self._analyses is None or self._analyses.waits(READ):
            return
        core, name, ours = self.core, self.name, self._ours

        def work(url: str) -> tuple[str, StudyView, int, str]:
            # First the processes, then the study: what the last of them finished is in it.
            alive, problem = ours.look()
            return name, core.read_study(url, name), alive, problem

        self._question(READ, work)

    def watch(self, watched: bool) -> None:
        """Read the study again and again only while somebody looks, or our workers have to be seen to end."""
        if (watched or self.state != IDLE) and self.name:
            self._reading.start()
        else:
            self._reading.stop()

    def close(self) -> None:
        """The window closes: no process is left behind. A trial that was being trained is begun anew another time."""
        self._reading.stop()
        self._ours.end()
        self.core.close()

    # --- workers --------------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        if self.state != IDLE:
            self._bring_to(IDLE)

    def _bring_to(self, state: str) -> None:
        """Have the workers started, held or ended; of several wishes the last one counts."""
        ours, name, n = self._ours, self.name, self.workers
        self._set_state(BUSY)

        def work(url: str) -> str:
            ours.bring_to(state, url, name, n)
            return state

        self._question(WORK, work)

    def _set_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.stateChanged.emit(state)

    # --- questions and answers ------------------------------------------------------------------------------------

    def _question(self, key: str, work: Callable[[str], Any], long: bool = False) -> None:
        core, address, folder = self.core, self.address, self._folder
        self._ask(Question(key, lambda tell, stop: work(address or core.default_url(folder)), long=long))

    @Slot(str, object)
    def _on_answered(self, key: str, answer: Any) -> None:
        if key == READ:
            self._take_study(*answer)
        elif key == NEW:
            self.name = answer.settings.name
            self._show(answer)
            self.look()
            self.start()
            self._reading.start()
        elif key == WORK:
            self._set_state(answer)
            self.read()
        elif key == LIST:
            self.listed.emit(answer)
        elif key == SPACE:
            self.offered.emit(answer)
        elif key == MATTERS:
            self.measured.emit(answer or {})
        elif key == OPEN:
            self.opened.emit(*answer)
        elif key == CSV:
            self.noted.emit(answer)
        elif key == DELETE:
            self.name, self.view = "", None
            self._set_state(IDLE)
            self.listed.emit(answer)
            self.shown.emit(None)

    def _take_study(self, name: str, view: StudyView, alive: int, problem: str) -> None:
        if name != self.name:
            return
        if self.state == RUN and not alive:  # the budget is used up, or none of them could work
            self._bring_to(IDLE)
        self._show(view)
        if problem:
            self.failed.emit(problem)

    def _show(self, view: StudyView) -> None:
        self.view = view
        self.shown.emit(view)

    @Slot(str, str)
    def _on_failed(self, key: str, sentence: str) -> None:
        if key == MATTERS:
            self.unmeasured.emit(sentence)
        elif key in (READ, LIST, SPACE, NEW, WORK, OPEN, CSV, DELETE):
            if key in (NEW, WORK):
                self._set_state(IDLE)
            if key == READ:
                self._reading.stop()  # once is enough; another start or choice reads again
            self.failed.emit(sentence)
