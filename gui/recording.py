"""Recorder: writes every run that is trained into the history, between two slices of training.

It lives in the training thread beside the worker, which tells it what happens to the runs, and the races, which hand their
lanes over.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.differences import differences
from engine.errors import NeuroloomError
from engine.race import Lane
from engine.spec import ExperimentSpec, to_dict
from engine.trainer import Trainer
from gui.graphics.thumbnail import thumbnail_of
from gui.history import record, weights
from gui.history.record import RunRecord
from gui.history.store import RunStore

EVERY_MS = 60_000
REST_MS = 300  # after a pause: whoever steps on quickly is not held up by each step
FIRST_RUN = "First run of this page"
SAME = "Same settings as the run before"

log = logging.getLogger(__name__)


@dataclass
class _Run:
    """What is known of a run: where it began, from which run, and the row in which it is kept."""

    trainer: Trainer
    page: str
    start: int = 0
    parent_run: int = 0
    parent: int = 0
    before: ExperimentSpec | None = None
    origin: str = ""
    began: float = 0.0
    seconds: float = 0.0
    id: int = 0
    written: object = None


class Recorder(QObject):
    """A run is written when it rests, when it is left, once a minute while it trains, and at the end.

    Only what trained a whole epoch of its own is kept. ``recorded(run, id)``: it is in the history as ``id``.
    ``lanesRecorded()``: those of a race are. ``failed(sentence)`` tells once why nothing is recorded.
    """

    recorded = Signal(object, object)
    lanesRecorded = Signal()
    failed = Signal(str)

    def __init__(self, store: RunStore) -> None:
        super().__init__()
        self._store = store
        self._runs: dict[int, _Run] = {}
        self._due: set[int] = set()
        self._last: dict[str, ExperimentSpec | None] = {}  # the run before, for each page
        self._told = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.write)

    # --- what the worker tells -------------------------------------------------------------------------------------

    def begin(self, run: int, page: str, trainer: Trainer, parent: int = 0, resumed: bool = False) -> None:
        """``run`` is there: from its first weights, from where the run ``parent`` stands, or ``resumed`` from a file.

        The first of a page that is resumed is the run that was open at the last end: it goes on in its own row.
        """
        first = all(known.page != page for known in self._runs.values())
        known = _Run(trainer, page, trainer.epoch, parent)
        self._runs[run] = known
        if resumed and trainer.epoch:
            try:
                found = self._store.find(weights.mark_of(trainer.network.params, trainer.epoch))
                kept = self._store.rows([found]).get(found) if first else None
            except NeuroloomError as error:
                self._tell(error)
                return
            known.parent = found
            if kept is not None and kept.page == page:
                known.id, known.parent, known.began, known.seconds = found, kept.parent, kept.started, kept.seconds
                self.recorded.emit(run, found)

    def trained(self, run: int, seconds: float) -> None:
        """``run`` trained so long just now."""
        known = self._runs.get(run)
        if known is None:
            return
        known.began = known.began or time.time() - seconds
        known.seconds += seconds
        self._due.add(run)
        if not self._timer.isActive():
            self._timer.start(EVERY_MS)

    def rest(self) -> None:
        """Training paused, or another run takes its place: what is due is written soon."""
        if self._due and not 0 <= self._timer.remainingTime() <= REST_MS:
            self._timer.start(REST_MS)

    def forget(self, run: int) -> None:
        """The worker lets ``run`` go: it is written if it has to be, and can't come back."""
        if run in self._due:
            self._write(run)
        self._due.discard(run)
        self._runs.pop(run, None)

    @Slot()
    def write(self) -> None:
        """Write whatever is due, now."""
        self._timer.stop()
        due, self._due = sorted(self._due), set()
        for run in due:
            self._write(run)

    def keep_lanes(self, lanes: Sequence[Lane], began: float) -> None:
        """Write the lanes of a race that is over or given up, each as a run of its own; ``began`` is when it was started.

        What a lane differs in is told from the first one, not from the run before.
        """
        moved = [lane for lane in lanes if lane.trainer.epoch > 0]
        try:
            for lane in moved:
                page, text = record.page_of(lane.trainer.spec), f"Race of {len(lanes)}"
                self._before(page)  # what runs are compared with is not a lane
                words = ", ".join(differences(lanes[0].trainer.spec, lane.trainer.spec))
                differs = f"{text}: {words or ('the first' if lane is lanes[0] else 'as the first')}"
                known = _Run(lane.trainer, page, began=began, seconds=lane.seconds)
                name = f"{lane.trainer.spec.data.dataset.title}, {lane.name}"
                self._store.put(self._row(known, name, differs), weights.pack(lane.trainer))
        except NeuroloomError as error:
            self._tell(error)
        except Exception:
            log.exception("the lanes of a race were not recorded")
        if moved:
            self.lanesRecorded.emit()

    # --- writing ---------------------------------------------------------------------------------------------------

    def _write(self, run: int) -> None:
        known = self._runs[run]
        trainer = known.trainer
        stand = (trainer.epoch, trainer.batch, trainer.sample, trainer.descent.step, trainer.spec)
        if trainer.epoch <= known.start or stand == known.written:
            return
        try:
            kept = self._record_of(known)
            known.id = self._store.put(kept, weights.pack(trainer))
        except NeuroloomError as error:
            self._tell(error)
        except Exception:
            log.exception("run %d was not recorded", run)
        else:
            known.written = stand
            self._last[known.page] = trainer.spec
            self.recorded.emit(run, known.id)

    def _record_of(self, known: _Run) -> RunRecord:
        spec = known.trainer.spec
        if not known.id:
            self._find_before(known)
        return self._row(known, record.name_of(spec), self._differs(known, spec))

    def _row(self, known: _Run, name: str, differs: str) -> RunRecord:
        trainer, spec = known.trainer, known.trainer.spec
        # Measured anew in the middle of an epoch, figures of a large data set would hold training up.
        metrics, history = trainer.metrics() if trainer.stopped else trainer.history.last(), trainer.history.view()
        picture, classes = thumbnail_of(trainer)
        return RunRecord(
            known.page, name, known.began, time.time(), trainer.epoch, known.seconds, spec.training.seed,
            json.dumps(to_dict(spec)), record.settings_of(spec), differs, metrics.train_loss,
            metrics.test_loss, metrics.train_accuracy, metrics.test_accuracy, spec.data.dataset.regression,
            record.spark_of(history), picture, classes, known.parent,
            weights.mark_of(trainer.network.params, trainer.epoch), known.id,
        )  # fmt: skip

    def _find_before(self, known: _Run) -> None:
        """What the run is compared with: the run that it began from, else the one before."""
        if known.parent_run in self._runs:
            known.parent = self._runs[known.parent_run].id
        parent = self._store.rows([known.parent]).get(known.parent) if known.parent else None
        known.before = self._before(known.page)
        if parent is not None:
            known.origin = f"From epoch {known.start:,} of {parent.name}"
            with contextlib.suppress(NeuroloomError):
                known.before = parent.experiment()

    def _before(self, page: str) -> ExperimentSpec | None:
        if page not in self._last:
            newest = self._store.newest(page)
            try:
                self._last[page] = newest.experiment() if newest else None
            except NeuroloomError:  # settings that this version knows no more
                self._last[page] = None
        return self._last[page]

    def _differs(self, known: _Run, spec: ExperimentSpec) -> str:
        if known.before is None:
            if known.id and (kept := self._store.rows([known.id]).get(known.id)):
                return kept.differs  # it goes on from the session before
            return FIRST_RUN
        words = ", ".join(differences(known.before, spec))
        return ": ".join(filter(None, (known.origin, words))) or SAME

    def _tell(self, error: NeuroloomError) -> None:
        if str(error) != self._told:
            self._told = str(error)
            self.failed.emit(self._told)
