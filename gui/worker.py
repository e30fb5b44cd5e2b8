"""Worker: owns the trainers, and lives in the training thread.

It trains in slices driven by its own timer, so that every command is an ordinary queued slot between slices.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine import files
from engine.data import Data
from engine.errors import InvalidSpec, NeuroloomError, UnreadableFile
from engine.own import OWN, absence
from engine.probes import map_side
from engine.rewind import Rewind, continued
from engine.snapshot import Snapshot
from engine.spec import Change, ExperimentSpec, plan
from engine.stopping import Until
from engine.timeline import MAX_BYTES
from engine.trainer import Trainer
from gui.mailbox import FrameGate, Mailbox
from gui.measures import Rate, bytes_of, bytes_of_samples
from gui.pace import EPOCHS, Pace, position
from gui.recording import Recorder

SLICE_SECONDS = 0.008
MAPS_EVERY_SECONDS = 0.1
MAPS_BUDGET_MS = 4.0
PAUSED_MAPS_BUDGET_MS = 60.0
RETIRED_PAST_BYTES = 2_000_000
RETIRED_RUNS = 200
RETIRED_BYTES = 256_000_000

WITHOUT = "Import them under Your drawings and open it again, or open it without them: the weights are the same."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Which run a document shows: known runs are gone back to, unknown ones start from ``spec`` or from ``saved``.

    ``start`` is the run that an unknown one begins from, and the epoch of its past, or None for as it stands.
    """

    document: str
    run: int
    spec: ExperimentSpec
    saved: files.SavedExperiment | None = None
    start: tuple[int, int | None] | None = None


class Worker(QObject):
    """Owns the trainers. Everything here runs in the worker's thread, except the mailbox and the gate."""

    published = Signal()
    failed = Signal(str)
    refused = Signal(str, object, str)
    loaded = Signal(object, str)
    lacking = Signal(object, str)
    saved = Signal(str, str)
    stepped = Signal()
    looked = Signal()
    rested = Signal(object)

    def __init__(self, mailbox: Mailbox[Snapshot], gate: FrameGate) -> None:
        super().__init__()
        self._mailbox, self._gate = mailbox, gate
        self._trainers: OrderedDict[int, Trainer] = OrderedDict()
        self._current: dict[str, int] = {}
        self._branches: dict[str, tuple[int, ...]] = {}
        self._rewind: Rewind | None = None
        self._look: tuple[int, float] | None = None
        self._active: int | None = None
        self._playing = False
        self._until: Until | None = None
        self._pace = Pace()
        self._wants_maps = True
        self._wants_minibatch = False
        self._maps_at = 0.0
        self._rate = Rate()
        self._timer: QTimer | None = None
        self.recorder: Recorder | None = None  # given before the first run
        # Set by the window's thread: whatever is under way ends soon, and what waits in the queue is not begun.
        self.ending = threading.Event()

    @Slot()
    def start(self) -> None:
        """Called once, in the thread: a timer belongs to the thread that makes it."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._slice)

    # --- runs -----------------------------------------------------------------------------------------------------

    @Slot(object)
    def show_run(self, request: RunRequest) -> None:
        """Make ``request.run`` the one that is trained and published; build it where it is new."""
        keep_playing = self._playing and self._current.get(request.document) == self._active == request.run
        try:
            self._open(request)
        except NeuroloomError as error:
            self._set_playing(False)
            self.refused.emit(request.document, request.run, f"This experiment can't run: {error}.")
            return
        self._current[request.document] = self._active = request.run
        self._retire()
        if not keep_playing:
            self._set_playing(False)
        self._publish()
        self._tell_rested(request.document)

    def _open(self, request: RunRequest) -> None:
        trainer, begun, parent_run = self._trainers.get(request.run), True, 0
        if trainer is not None and plan(trainer.spec, request.spec) <= Change.HOT:
            trainer.reconfigure(request.spec)
            begun = False
        elif request.saved is not None:
            trainer = self._resume(request, request.saved)
        elif request.start is not None and (parent := self._trainers.get(request.start[0])) is not None:
            parent_run, epoch = request.start
            if epoch is None:
                trainer = continued(parent, request.spec)
            else:
                trainer = self._past_of(parent).branch(epoch, request.spec, self.ending.is_set)
            if trainer is None:
                return
        else:
            trainer = Trainer(request.spec, self._data_of(request.spec))
        self._trainers[request.run] = trainer
        self._trainers.move_to_end(request.run)
        if begun and self.recorder is not None:
            self.recorder.begin(request.run, request.document, trainer, parent_run, request.saved is not None)

    def _resume(self, request: RunRequest, saved: files.SavedExperiment) -> Trainer:
        try:
            return saved.trainer()
        except InvalidSpec as error:
            self.refused.emit(request.document, request.run, f"The saved run can't go on, so it starts anew: {error}.")
            return Trainer(saved.spec)

    def _data_of(self, spec: ExperimentSpec) -> Data | None:
        return next((t.data for t in self._trainers.values() if t.spec.data.untaught == spec.data.untaught), None)

    def _retire(self) -> None:
        """Keep the last runs that nothing shows, so that an undo finds their weights, and let older ones go."""
        shown = set(self._current.values())
        for document, current in self._current.items():
            # The runs of a document share the room of one.
            runs = {current, *self._branches.get(document, ())} & self._trainers.keys()
            for run in runs:
                self._trainers[run].timeline.shrink(MAX_BYTES // len(runs))
            shown |= runs
        idle = [run for run in self._trainers if run not in shown]
        room = RETIRED_BYTES
        held = {id(self._trainers[run].data.train) for run in shown if run in self._trainers}
        for kept, run in enumerate(reversed(idle)):
            trainer = self._trainers[run]
            trainer.timeline.shrink(RETIRED_PAST_BYTES)
            room -= bytes_of(trainer)
            if id(trainer.data.train) not in held:  # samples that another run has too cost nothing more
                held.add(id(trainer.data.train))
                room -= bytes_of_samples(trainer.data)
            if kept and (room < 0 or kept >= RETIRED_RUNS):
                del self._trainers[run]
                if self.recorder is not None:
                    self.recorder.forget(run)

    @Slot(str, object)
    def keep_runs(self, document: str, runs: tuple[int, ...]) -> None:
        """Let none of ``runs`` go, the branches of ``document``, and tell where those stand that are not trained."""
        self._branches[document] = runs
        self._tell_rested(document)

    def _tell_rested(self, document: str) -> None:
        runs = self._branches.get(document, ())
        resting = [run for run in runs if run in self._trainers and run != self._current.get(document)]
        self.rested.emit(tuple(self._trainers[run].snapshot(run) for run in resting))

    # --- the past -------------------------------------------------------------------------------------------------

    def _past_of(self, trainer: Trainer) -> Rewind:
        if self._rewind is None or not self._rewind.is_of(trainer):
            self._rewind = Rewind(trainer)
        return self._rewind

    @Slot(object, object, float)
    def look(self, run: int, epoch: int | None, tolerance: float) -> None:
        """Pause, and publish how ``run`` stood at ``epoch``, about so exactly; None goes back to where it stands now."""
        try:
            trainer = self._trainer
            if trainer is not None and run == self._active and not self.ending.is_set():
                self._set_playing(False)
                self._look = None if epoch is None or epoch >= trainer.epoch else (epoch, tolerance)
                self._publish()
        finally:
            self.looked.emit()

    @Slot(object, int)
    def go_to(self, run: int, epoch: int) -> None:
        """Stand at ``epoch`` of the past of ``run``; training goes on from there."""
        self._set_playing(False)
        trainer = self._trainer
        if trainer is not None and run == self._active and not self.ending.is_set():
            trainer.go_to(epoch)
            self._publish()

    @property
    def _trainer(self) -> Trainer | None:
        return None if self._active is None else self._trainers.get(self._active)

    # --- commands -------------------------------------------------------------------------------------------------

    @Slot(object)
    def play(self, until: Until | None) -> None:
        trainer = self._trainer
        if trainer is None or self.ending.is_set():
            return
        if trainer.diverged:
            self._publish()
            return
        if until is not None and until.reached(trainer.metrics()):
            self._publish()
            return
        self._until = until
        self._set_playing(True)

    @Slot()
    def pause(self) -> None:
        if self._playing:
            self._set_playing(False)
            self._publish()

    @Slot()
    def toggle(self) -> None:
        """Play or pause, by what is really going on: what the window last saw may be a frame old."""
        if self._playing:
            self.pause()
        else:
            self.play(None)

    @Slot(float, str)
    def set_speed(self, per_second: float, unit: str = EPOCHS) -> None:
        """Train no more epochs a second than this, or phases, so that one can watch; 0 sets no limit."""
        self._pace.per_second, self._pace.unit = per_second, unit
        self._set_pace()

    @Slot(str)
    def step(self, grain: str) -> None:
        """One ``epoch``, ``batch``, ``sample`` or ``phase``; pauses first."""
        self._set_playing(False)
        trainer, began = self._trainer, time.perf_counter()
        try:
            if trainer is None or self.ending.is_set():
                return
            if grain == "epoch":
                # An epoch of a large network takes seconds; closing the window need not wait for it.
                trainer.advance(self.ending.is_set, Until("epoch", trainer.epoch + 1))
            else:
                {"batch": trainer.step_batch, "sample": trainer.step_sample, "phase": trainer.step_phase}[grain]()
            self._note_trained(began)
            self._rest()
            self._publish()
        finally:
            self.stepped.emit()

    @Slot()
    def step_back(self) -> None:
        self._set_playing(False)
        try:
            if self._trainer is not None and not self.ending.is_set():
                self._trainer.step_back()
                self._publish()
        finally:
            self.stepped.emit()

    @Slot(object, object, object)
    def edit(self, run: int, index: int, value: float) -> None:
        """Set one parameter of ``run``; training goes on if it was going on."""
        trainer = self._trainers.get(run)
        if trainer is not None and index < len(trainer.network.params):
            trainer.edit(index, value)
            if run == self._active:
                self._look = None
                self._publish()

    @Slot(bool)
    def want_maps(self, wanted: bool) -> None:
        self._wants_maps = wanted

    @Slot(bool)
    def want_minibatch(self, wanted: bool) -> None:
        """Whether snapshots bring the mini-batch that is trained next; a paused run brings it at once."""
        self._wants_minibatch, before = wanted, self._wants_minibatch
        if wanted and not before and not self._playing:
            self._publish()

    @Slot(str, str)
    def save(self, document: str, path: str) -> None:
        """Write the document's run to ``path``."""
        try:
            files.save(Path(path), self._trainers[self._current[document]])
        except UnreadableFile as error:
            self.failed.emit(str(error))
        else:
            self.saved.emit(document, path)

    @Slot(str)
    def load(self, path: str) -> None:
        """Read and check ``path``, its data included, before anything that is open is touched."""
        try:
            saved = read(Path(path))
            sentence = ""
            if missing := OWN.missing(saved.spec.data.taught):
                sentence = f"{Path(path).name}: {absence(len(missing), len(saved.spec.data.taught))} {WITHOUT}"
                saved = saved.without(missing)
            saved.trainer()
        except UnreadableFile as error:
            self.failed.emit(str(error))
        except (NeuroloomError, ArithmeticError, MemoryError) as error:
            self.failed.emit(f"{Path(path).name}: {error}. {files.ADVICE}")
        else:
            if sentence:
                self.lacking.emit(saved, sentence)
            else:
                self.loaded.emit(saved, path)

    @Slot(object)
    def save_session(self, targets: dict[str, Path]) -> None:
        """Write documents' runs to their places, between two slices; what can't be written is logged."""
        for document, path in targets.items():
            if (run := self._current.get(document)) is not None:
                try:
                    files.save(path, self._trainers[run])
                except UnreadableFile:
                    log.warning("the session was not saved", exc_info=True)

    @Slot()
    def record(self) -> None:
        """Have what was trained written into the history now."""
        if self.recorder is not None:
            self.recorder.write()

    def _note_trained(self, began: float) -> None:
        if self.recorder is not None and self._active is not None:
            self.recorder.trained(self._active, time.perf_counter() - began)

    def _rest(self) -> None:
        if self.recorder is not None and not self._playing:
            self.recorder.rest()

    @Slot()
    def choose_steps(self) -> None:
        """The compiled step has been loaded: from here on the runs that gain by it use it."""
        for trainer in self._trainers.values():
            trainer.choose_step()

    @Slot()
    def stop(self) -> None:
        """The last command: no slice follows it."""
        self._set_playing(False)
        self.record()
        self.thread().quit()

    # --- training -------------------------------------------------------------------------------------------------

    def _set_playing(self, playing: bool) -> None:
        self._playing, self._look = playing, None
        if not playing and self._trainer is not None:
            self._trainer.settle()  # a pause stands at a moment that has its figures
        self._rate.restart()
        if not playing:
            self._until = None
        self._set_pace()
        if self._timer is not None:
            self._timer.start() if playing else self._timer.stop()
        self._rest()

    def _set_pace(self) -> None:
        """What is due counts from here and now."""
        self._pace.restart(self._trainer)
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.setInterval(self._pace.interval_ms)

    @Slot()
    def _slice(self) -> None:
        try:
            self._train()
        except Exception:
            # Otherwise the timer would raise the same bug thousands of times a second.
            self._set_playing(False)
            self._publish()
            raise

    def _train(self) -> None:
        trainer, gate = self._trainer, self._gate
        # The compiled step needs no gate: it does not hold the lock that a frame needs. Nor does a phase, which is short.
        gated = trainer is None or not (trainer.descent.compiled or self._pace.in_phases)
        held_long = gated and gate.closed and not gate.wait()
        if trainer is None or self.ending.is_set():
            self._set_playing(False)
            return
        clock, end = time.perf_counter, time.perf_counter() + SLICE_SECONDS
        moved = True
        if self._pace.limited:
            done, moved = self._pace.train(trainer, self._until, end)
        else:
            done = trainer.advance(lambda: (gated and gate.closed) or clock() >= end, self._until)
        self._rate.count(position(trainer))
        self._note_trained(end - SLICE_SECONDS)
        if done or trainer.diverged:
            self._set_playing(False)
            self._publish()
        elif self._pace.in_phases:
            if moved:  # whatever waits in the mailbox is a phase ago
                self._publish()
            self._set_timer()
        elif self._mailbox.wants() and (held_long or not (gated and gate.closed)):
            # Not while a frame is painted: that would fight it for the GIL, and show what is a frame old already.
            # A gate that stays closed must get something to show, though, since showing is what opens it.
            self._publish()

    def _publish(self) -> None:
        trainer = self._trainer
        if trainer is None or self._active is None:
            return
        now, side = time.perf_counter(), 0
        whole = not self._playing or now - self._maps_at >= MAPS_EVERY_SECONDS
        if whole:
            self._maps_at = now
        if whole and self._wants_maps:
            moves = self._playing or (self._look is not None and self._look[1] > 0)
            side = map_side(trainer.network.layout, MAPS_BUDGET_MS if moves else PAUSED_MAPS_BUDGET_MS)
        if self._look is not None:
            snapshot = self._past_of(trainer).snapshot(
                *self._look, run=self._active, side=side, minibatch=self._wants_minibatch, stop=self.ending.is_set
            )
        else:
            snapshot = trainer.snapshot(
                self._active, self._playing, side, minibatch=whole and self._wants_minibatch,
                epochs_per_second=self._rate.value if self._playing else 0.0,
            )  # fmt: skip
        if snapshot is None:
            return
        self._mailbox.put(snapshot)
        if not self._playing:
            self.published.emit()


def read(path: Path) -> files.SavedExperiment:
    """:func:`engine.files.load`, with every number too large for a float told as such. Raises :class:`UnreadableFile`."""
    try:
        return files.load(path)
    except ArithmeticError as error:
        raise UnreadableFile(path.name, f"holds a number that is too large ({error}).", files.ADVICE) from error
