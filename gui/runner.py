"""Runner: the window's side of the training thread, and the only file that names QThread."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from engine import compiled
from engine.snapshot import Snapshot
from engine.stopping import Until
from gui.ahead import Ahead
from gui.analyses import Analyses, Question
from gui.examiner import Examiner
from gui.garbage import GarbageKeeper
from gui.history.store import RunStore
from gui.mailbox import FrameGate, Mailbox
from gui.pace import EPOCHS
from gui.racing import Races
from gui.recording import Recorder
from gui.worker import RunRequest, Worker

MOST_STEPS_WAITING = 2


class _Loader(QThread):
    """Loads the compiled step beside training: half a second of imports, in which a command must not have to wait."""

    def run(self) -> None:
        compiled.load()


class Runner(QObject):
    """The window's side: commands go out as queued signals, snapshots come in through the mailbox.

    ``refused(document, run, sentence)``: this run can't be built, or not from its file. ``failed(sentence)``: the rest.
    ``lacking(saved, sentence)``: the file names own drawings that are not here; ``saved`` goes on without them.
    ``rested(snapshots)``: where the branches stand that are not trained. ``looksDone()``: no look is under way any more.
    ``recorded(run, id)``: a run is in the history as ``id``; ``lanesRecorded()``: the lanes of a race are;
    ``notRecorded(sentence)``: why none is.
    """

    published = Signal()
    failed = Signal(str)
    refused = Signal(str, object, str)
    loaded = Signal(object, str)
    lacking = Signal(object, str)
    saved = Signal(str, str)
    rested = Signal(object)
    looksDone = Signal()
    examined = Signal(object, object)
    recorded = Signal(object, object)
    lanesRecorded = Signal()
    notRecorded = Signal(str)

    _show_run = Signal(object)
    _play = Signal(object)
    _pause = Signal()
    _toggle = Signal()
    _step = Signal(str)
    _step_back = Signal()
    _edit = Signal(object, object, object)
    _look = Signal(object, object, float)
    _go_to = Signal(object, int)
    _keep_runs = Signal(str, object)
    _want_maps = Signal(bool)
    _want_minibatch = Signal(bool)
    _set_speed = Signal(float, str)
    _save = Signal(str, str)
    _load = Signal(str)
    _save_session = Signal(object)
    _choose_steps = Signal()
    _record = Signal()
    _stop = Signal()
    _examine = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.mailbox: Mailbox[Snapshot] = Mailbox()
        self.gate = FrameGate()
        self._thread = QThread()
        self._thread.setObjectName("training")
        self._worker = Worker(self.mailbox, self.gate)
        self._worker.moveToThread(self._thread)
        worker, queued = self._worker, Qt.ConnectionType.QueuedConnection
        self._thread.started.connect(worker.start)
        self.races = Races(self.gate, worker.ending, self)
        self.races.worker.moveToThread(self._thread)
        self._thread.started.connect(self.races.worker.prepare)
        for signal, slot in (
            (self._show_run, worker.show_run), (self._play, worker.play), (self._pause, worker.pause),
            (self._toggle, worker.toggle), (worker.refused, self.refused), (worker.stepped, self._on_stepped),
            (self._step, worker.step), (self._step_back, worker.step_back), (self._edit, worker.edit),
            (self._want_maps, worker.want_maps), (self._want_minibatch, worker.want_minibatch),
            (self._set_speed, worker.set_speed),
            (self._save, worker.save), (self._load, worker.load),
            (self._save_session, worker.save_session), (self._stop, worker.stop),
            (self._choose_steps, worker.choose_steps), (self._record, worker.record),
            (self._look, worker.look), (worker.looked, self._on_looked),
            (self._go_to, worker.go_to), (self._keep_runs, worker.keep_runs), (worker.rested, self.rested),
            (worker.published, self.published), (worker.failed, self.failed), (worker.loaded, self.loaded),
            (worker.saved, self.saved), (worker.lacking, self.lacking),
        ):  # fmt: skip
            signal.connect(slot, queued)
        self._loader = _Loader()
        self._loader.finished.connect(self._choose_steps, queued)
        self._steps_waiting = 0
        self.looking = False
        self._next_look: tuple[int, int | None, float] | None = None
        self._minibatch_wanted = False
        self._doctor_thread = QThread()
        self._doctor_thread.setObjectName("doctor")
        self._examiner = Examiner()
        self._examiner.moveToThread(self._doctor_thread)
        self._examine.connect(self._examiner.examine, queued)
        self._examiner.examined.connect(self.examined, queued)
        self.analyses = Analyses(self._worker.ending, self)
        self._analysis_threads = []
        for answering, name in (
            (self.analyses.quick_worker, "analysis"),
            (self.analyses.long_worker, "long analysis"),
        ):
            thread = QThread()
            thread.setObjectName(name)
            answering.moveToThread(thread)
            self._analysis_threads.append(thread)
        self._ahead = Ahead()
        self._garbage = GarbageKeeper(self)
        self._thread.start()

    def show_run(self, request: RunRequest) -> None:
        """Train and publish this run from now on."""
        self._next_look = None
        self._show_run.emit(request)

    # --- the past -------------------------------------------------------------------------------------------------

    def look(self, run: int, epoch: int | None, tolerance: float = 0.0) -> None:
        """Have ``run`` shown as it stood at ``epoch``; None for as it stands. Of looks that wait, the newest wins."""
        self._next_look = (run, epoch, tolerance)
        if not self.looking:
            self._send_look()

    def _send_look(self) -> None:
        assert self._next_look is not None
        look, self._next_look, self.looking = self._next_look, None, True
        self._look.emit(*look)

    @Slot()
    def _on_looked(self) -> None:
        # What it published has been painted by now: the next look does not fight with that.
        self.looking = False
        if self._next_look is not None:
            self._send_look()
        else:
            self.looksDone.emit()

    @property
    def look_waits(self) -> bool:
        """A newer look waits than the one under way."""
        return self._next_look is not None

    def go_to(self, run: int, epoch: int) -> None:
        """Have ``run`` go back to ``epoch``; what came after is trained again."""
        self._next_look = None
        self._go_to.emit(run, epoch)

    def keep_runs(self, document: str, runs: tuple[int, ...]) -> None:
        """Let none of these runs go while ``document`` has them as branches."""
        self._keep_runs.emit(document, runs)

    # --- training -------------------------------------------------------------------------------------------------

    def play(self, until: Until | None = None) -> None:
        self._next_look = None
        self._play.emit(until)

    def pause(self) -> None:
        self._pause.emit()

    def toggle(self) -> None:
        """Pause what is training, else play."""
        self._next_look = None
        self._toggle.emit()

    def step(self, grain: str) -> None:
        """One step. A key held down asks faster than a large network answers: what can't be kept up with is dropped."""
        if self._may_step():
            self._step.emit(grain)

    def step_back(self) -> None:
        if self._may_step():
            self._step_back.emit()

    def _may_step(self) -> bool:
        self._next_look = None
        free = self._steps_waiting < MOST_STEPS_WAITING
        self._steps_waiting += free
        return free

    @Slot()
    def _on_stepped(self) -> None:
        self._steps_waiting -= 1

    def edit(self, run: int, index: int, value: float) -> None:
        self._edit.emit(run, index, value)

    def want_maps(self, wanted: bool) -> None:
        self._want_maps.emit(wanted)

    def want_minibatch(self, wanted: bool) -> None:
        """Have snapshots bring the mini-batch that is trained next, or not; asked every frame, told when it changes."""
        if wanted != self._minibatch_wanted:
            self._minibatch_wanted = wanted
            self._want_minibatch.emit(wanted)

    def set_speed(self, per_second: float, unit: str = EPOCHS) -> None:
        """Train no more epochs a second than this, or phases; 0 sets no limit."""
        self._set_speed.emit(per_second, unit)

    def examine(self, snapshot: Snapshot, since: int) -> None:
        """Have the doctor's thread look at ``snapshot``; answers with ``examined(snapshot, findings)``."""
        if not self._doctor_thread.isRunning():
            self._doctor_thread.start()
        self._examine.emit(snapshot, since)

    def ask(self, question: Question) -> None:
        """Have a question about a run answered beside training; see :class:`gui.analyses.Analyses`."""
        for thread in self._analysis_threads:
            if not thread.isRunning():
                thread.start(QThread.Priority.LowPriority)
        self.analyses.ask(question)

    def save(self, document: str, path: str) -> None:
        """Answers with ``saved(document, path)`` or ``failed(sentence)``."""
        self._save.emit(document, path)

    def load(self, path: str) -> None:
        """Answers with ``loaded(SavedExperiment, path)`` or ``failed(sentence)``."""
        self._load.emit(path)

    def save_session(self, targets: dict[str, Path]) -> None:
        """Write documents' runs to these files; training goes on afterwards."""
        self._save_session.emit(targets)

    def record_into(self, store: RunStore) -> None:
        """Have every run written into the history; asked before the first run is shown."""
        self._recorder = recorder = Recorder(store)
        recorder.moveToThread(self._thread)
        recorder.recorded.connect(self.recorded, Qt.ConnectionType.QueuedConnection)
        recorder.lanesRecorded.connect(self.lanesRecorded, Qt.ConnectionType.QueuedConnection)
        recorder.failed.connect(self.notRecorded, Qt.ConnectionType.QueuedConnection)
        self._worker.recorder = self.races.worker.recorder = recorder

    def record(self) -> None:
        """Have what was trained written into the history now; answers with ``recorded``."""
        self._record.emit()

    def load_compiled_step(self) -> None:
        """Have the compiled step from its cache; runs that gain by it go on with it as soon as it is there."""
        self._loader.start()

    def shut_down(self, session: dict[str, Path] | None = None, wait_ms: int = 5000) -> bool:
        """Save the session, end the thread and wait for it; False when it did not end in time. Never terminates it."""
        if not self._thread.isRunning():
            return True
        self._worker.ending.set()
        self.analyses.forget_all()
        # First those that only look, so that nothing arrives from there while all else ends.
        looking = (self._doctor_thread, *self._analysis_threads)
        for thread in looking:
            thread.quit()
        waited = [bool(thread.wait(wait_ms)) for thread in looking]
        self.gate.open()
        self.races.clear()
        if session:
            self.save_session(session)
        self._stop.emit()
        ended = bool(self._thread.wait(wait_ms)) and bool(self._loader.wait(wait_ms))
        self._ahead.stop()
        if ended:
            self._garbage.stop()
        return ended and all(waited)
