"""Laboratory: what the window can do with its experiments. It joins documents to the runner and knows no widget."""

from __future__ import annotations

import itertools
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QUndoGroup

from engine import files
from engine.datasets.images import Images
from engine.errors import UnreadableFile
from engine.optimizers import LEARNING_RATES, Optimizer
from engine.own import OWN, absence
from engine.shelf import SHELF
from engine.snapshot import RunState, Snapshot
from engine.spec import MAX_SEED, ExperimentSpec
from engine.stopping import Until
from gui.document import Document
from gui.edits import limits_of
from gui.history.record import page_of
from gui.pace import EPOCHS
from gui.progress import Progress
from gui.runner import Runner
from gui.settings import Places, set_aside
from gui.time_travel import TimeTravel
from gui.worker import RunRequest, read

log = logging.getLogger(__name__)

DIVERGED = "diverged"
AUTOSAVE_MS = 20_000
STOPPED = "stopped early"
READY = "ready to train"


def a_third(rate: float) -> float:
    """A third of a learning rate, on the 1-3-10 ladder where that is near.

    >>> [a_third(rate) for rate in (10.0, 3.0, 0.03, 0.05)]
    [3.0, 1.0, 0.01, 0.0167]
    """
    third = max(rate / 3, limits_of(Optimizer, "learning_rate").low)
    rung = min(LEARNING_RATES, key=lambda value: abs(math.log(value / third)))
    return rung if abs(rung / third - 1) < 0.15 else float(f"{third:.3g}")


class Laboratory(QObject):
    """``told(text, button, action, key)`` asks for a banner, ``settled(key)`` takes it away; ``noted(text)`` is good news.

    ``activated(document)``: another document is the one to show; ``begun(document)``: an experiment was opened or begun there.
    """

    told = Signal(str, str, object, str)
    noted = Signal(str)
    settled = Signal(str)
    activated = Signal(str)
    begun = Signal(str)
    runChanged = Signal(object)

    def __init__(
        self,
        runner: Runner,
        documents: dict[str, Document],
        places: Places,
        run_numbers: Iterator[int],
        seed: Callable[[], int],
    ) -> None:
        super().__init__()
        self.runner, self.documents, self.places = runner, documents, places
        self._run_numbers, self._seed = run_numbers, seed
        self.undo_group = QUndoGroup(self)
        self.playing = False
        self.grain = "epoch"
        self.speed, self.speed_unit = 0.0, EPOCHS
        self.latest: Snapshot | None = None
        self._active = ""
        self._restored: dict[str, int] = {}  # document -> the run it had when it came on screen
        self.ended = False
        self._goal: Until | None = None
        self.progress: Progress | None = None  # on the way to an epoch
        self._kept: tuple[object, ...] = ()
        self._autosave = QTimer(self)
        self._autosave.setInterval(AUTOSAVE_MS)
        self._autosave.timeout.connect(self.keep)
        self._autosave.start()
        for document in documents.values():
            self.undo_group.addStack(document.undo_stack)
            document.changed.connect(self._on_document_changed)
            document.weightEdited.connect(self.runner.edit)
        runner.failed.connect(self._on_failed)
        runner.loaded.connect(self._on_loaded)
        runner.refused.connect(self._on_refused)
        runner.lacking.connect(self._on_lacking)
        runner.saved.connect(self._on_saved)
        self.time = TimeTravel(self)

    @property
    def document(self) -> Document:
        """The one on screen, or behind a page that shows none."""
        return self.documents[self._active]

    @property
    def has_document(self) -> bool:
        """False until the first one is activated."""
        return bool(self._active)

    # --- which experiment -----------------------------------------------------------------------------------------

    def activate(self, name: str) -> bool:
        """Show another document; the one that was training pauses. False where it is the one on screen already."""
        if name == self._active:
            return False
        if self._active:
            self.runner.pause()
            self.document.viewing = None
        self._active = name
        self.playing = False
        if name not in self._restored:
            self._restored[name] = self.document.run
            self._restore(self.document)
        self.undo_group.setActiveStack(self.document.undo_stack)
        self.settled.emit(DIVERGED)
        self.activated.emit(name)
        self._show_run()
        return True

    def _restore(self, document: Document) -> None:
        """The experiment that was open at the last end. A damaged file is set aside, and the person told."""
        path = self.places.session(document.name)
        if document.path is not None or not path.exists():
            return
        try:
            saved = read(path)
            if saved.spec.data.dataset.planar != document.spec.data.dataset.planar:
                raise UnreadableFile(path.name, "belongs to another page.")
            if isinstance(images := saved.spec.data.dataset, Images) and SHELF.find(images.key) is None:
                self._tell_missing(path, images)
                return
        except UnreadableFile as error:
            log.warning("session not restored: %s", error)
            self._set_aside(path)
            return
        if missing := OWN.missing(saved.spec.data.taught):
            told = f"{absence(len(missing), len(saved.spec.data.taught))} The experiment is open without them."
            self.told.emit(f"{told} Import them under Your drawings to train with them again.", "", None, "")
            saved = saved.without(missing)
        document.saved, document.spec = saved, saved.spec

    def _tell_missing(self, path: Path, images: Images) -> None:
        """The last experiment is whole, but its images are gone: it waits in a file of its own until they are back."""
        names = (path.with_name(f"{path.stem}-waiting-{i}.json") for i in itertools.count(1))
        kept = next(name for name in names if not name.exists())
        try:
            path.replace(kept)
        except OSError:
            kept = path
        sentence = (
            f"The last experiment's images, {images.title}, are not on this computer any more, so a new one is open."
        )
        self.told.emit(f"{sentence} Import them again (Data, Get images), then open {kept}.", "", None, "")

    def _set_aside(self, path: Path) -> None:
        bad = set_aside(path)
        kept = f" The damaged file is kept as {bad.name}." if bad else ""
        self.told.emit(f"The last experiment could not be read, so a new one is open.{kept}", "", None, "")

    @Slot()
    def _on_document_changed(self) -> None:
        if self.sender() is self.document or self.sender() is None:
            self._show_run()

    def _show_run(self) -> None:
        document = self.document
        latest = self.latest
        fits = latest is not None and latest.run == document.run and latest.state is not RunState.DIVERGED
        if self._stopped:
            self.settled.emit(STOPPED)
        self.settled.emit(READY)
        self.latest = latest if fits else None
        if latest is None or latest.run != document.run:
            self._aim(None)
        self.runChanged.emit(document.run)
        saved = document.take_saved()
        self.runner.show_run(RunRequest(document.name, document.run, document.spec, saved, document.start))

    @Slot(object)
    def see(self, snapshot: Snapshot) -> None:
        """A frame was painted: remember what it showed, and tell of a divergence once."""
        before, stopped = self._diverged, self._stopped
        self.latest = snapshot
        if snapshot.viewed:
            self.playing = False
            if self.document.viewing is not None and not self.runner.look_waits:
                self.document.viewing = snapshot.epoch
            return
        if not self.runner.looking:
            self.document.viewing = None
        self.playing = snapshot.state is RunState.RUNNING
        if self.playing:
            self.settled.emit(READY)
        if self.progress is not None and self.playing:
            self.progress.see(snapshot.epoch + snapshot.batch / snapshot.batches, time.perf_counter())
        if self._goal is not None and not self.playing and self._goal.reached(snapshot.metrics):
            condition = self._goal.text(snapshot.spec.data.dataset.regression)
            what = "" if self._goal.metric == "epoch" else f"{condition} at "
            self.noted.emit(f"Reached {what}epoch {snapshot.epoch:,}")
            self._aim(None)
        if not self._diverged:
            self.settled.emit(DIVERGED)
        elif not before:
            self._tell_divergence()
        if self._stopped and not stopped:
            self._aim(None)
            self.noted.emit(f"Stopped early at epoch {snapshot.epoch:,}")
            self.told.emit(snapshot.message, "", None, STOPPED)
        elif stopped and not self._stopped:
            self.settled.emit(STOPPED)

    @property
    def _stopped(self) -> bool:
        """Early stopping has just brought the best weights back."""
        return self.latest is not None and self.latest.state is RunState.PAUSED and bool(self.latest.message)

    @property
    def _diverged(self) -> bool:
        return self.latest is not None and self.latest.state is RunState.DIVERGED

    def _tell_divergence(self) -> None:
        if self.latest is not None:
            rate = a_third(self.latest.spec.optimizer.learning_rate)
            self.told.emit(self.latest.message, f"Go on with learning rate {rate:g}", self.recover, DIVERGED)

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def toggle(self) -> None:
        """Play or pause. The worker decides which, since what was painted last may be a frame old."""
        if self._diverged:
            self._tell_divergence()
            return
        if self.time.leave():
            self.playing = not self.playing
            self._aim(None)
            self.runner.toggle()

    def play(self, until: Until | None = None) -> None:
        """Train until told otherwise; a run that diverged says again what can be done about it."""
        if self._diverged:
            self._tell_divergence()
            return
        if not self.time.leave():
            return
        self.playing = True
        self._aim(until)
        if until is not None and until.metric != "epoch":  # of epochs the bar at the bottom tells
            self.noted.emit(f"Training until {until.text(self.document.spec.data.dataset.regression)}")
        self.runner.play(until)

    def set_speed(self, per_second: float, unit: str = EPOCHS) -> None:
        """Let a person watch: train no more epochs a second than this, or phases; 0 sets no limit."""
        self.speed, self.speed_unit = per_second, unit
        self.runner.set_speed(per_second, unit)

    def pause(self) -> None:
        self.forget_goal()
        self.runner.pause()

    def forget_goal(self) -> None:
        """Nothing trains from now on, and nothing is waited for."""
        self.playing = False
        self._aim(None)

    def _aim(self, until: Until | None) -> None:
        """What is trained towards, None for as long as it plays."""
        self._goal = until
        self.progress = Progress(math.ceil(until.value)) if until is not None and until.metric == "epoch" else None

    @Slot()
    def step(self, grain: str = "") -> None:
        """One step of the chosen grain, or of ``grain``."""
        if self._diverged:
            self._tell_divergence()
            return
        grain, epoch = grain or self.grain, self.document.viewing
        if epoch is not None and grain == "epoch":
            self.time.look(epoch + 1)
        elif self.time.leave():
            self.forget_goal()
            self.runner.step(grain)

    @Slot()
    def step_back(self) -> None:
        if self.document.viewing is not None:
            self.time.look(self.document.viewing - 1)
            return
        self.forget_goal()
        self.runner.step_back()

    def run_epochs(self, n: int) -> None:
        """Train ``n`` epochs from now, then pause."""
        epoch = self.latest.epoch if self.latest else 0
        self.play(Until("epoch", epoch + n))

    @Slot()
    def reset(self) -> None:
        """Again from the same first weights; undo brings the trained ones back."""
        self.document.restart()

    @Slot()
    def dice(self) -> None:
        """Other first weights."""
        spec = self.document.spec
        seed = self._seed() % MAX_SEED
        self.document.apply("New weights", replace(spec, training=replace(spec.training, seed=seed)))

    @Slot()
    def recover(self) -> None:
        """After a divergence: the last finite weights are back already; go on with a third of the learning rate."""
        spec = self.document.spec
        rate = a_third(spec.optimizer.learning_rate)
        self.document.apply("Learning rate", replace(spec, optimizer=replace(spec.optimizer, learning_rate=rate)))
        self.play()

    def start_over(self, spec: ExperimentSpec, text: str) -> None:
        """Show ``spec`` as a new experiment on its page, from its first weights."""
        self.activate(page_of(spec))
        self.document.start_over(text, spec)
        self.begun.emit(self._active)

    def propose_epochs(self, n: int) -> None:
        """The experiment on screen is meant to be trained ``n`` epochs: one press does."""
        sentence = f"Made for {n:,} epochs: its learning rate has come down by then. Space trains without an end."
        self.told.emit(sentence, f"Train {n:,} epochs", lambda: self.run_epochs(n), READY)

    def open(self, path: Path) -> None:
        """Read a file in the worker; what is open stays until it is known to be good."""
        self.runner.load(str(path))

    def save(self, path: Path) -> None:
        self.runner.save(self.document.name, str(path))

    # --- answers of the runner ------------------------------------------------------------------------------------

    @Slot(object, str)
    def _on_loaded(self, saved: files.SavedExperiment, path: str) -> None:
        self.show_saved(saved, "", Path(path))

    @Slot(object, str)
    def show_saved(self, saved: files.SavedExperiment, text: str, path: Path | None = None) -> None:
        """Show an experiment with its run, undoably, on the page of its data; ``text`` is what undo calls it.

        ``path`` is its file from now on.
        """
        # The page's last experiment comes back first, so that undo finds it.
        self.activate(page_of(saved.spec))
        self.document.open(saved, path, text)
        self.begun.emit(self._active)

    @Slot(object, str)
    def _on_lacking(self, saved: files.SavedExperiment, sentence: str) -> None:
        # Without a file of its own: saving it must not take the names out of that one.
        self.told.emit(sentence, "Open without them", partial(self.show_saved, saved, "Restore"), "failed")

    @Slot(str, str)
    def _on_saved(self, name: str, path: str) -> None:
        document = self.documents[name]
        document.path = Path(path)
        document.undo_stack.setClean()
        document.changed.emit()
        self.noted.emit(f"Saved as {path}")

    @Slot(str)
    def _on_failed(self, sentence: str) -> None:
        self.told.emit(sentence, "", None, "failed")

    @Slot(str, object, str)
    def _on_refused(self, name: str, run: int, sentence: str) -> None:
        """A run that can't be: the last session's file is set aside; any other change is taken back."""
        if self._restored.get(name) == run:
            self._set_aside(self.places.session(name))
            return
        self.told.emit(sentence, "", None, "failed")
        document = self.documents[name]
        if document.run == run and document.undo_stack.canUndo():
            document.undo_stack.undo()

    @Slot()
    def keep(self) -> None:
        """Write the experiment on screen to its session file if it moved: a crash costs half a minute at most."""
        latest = self.latest
        if latest is None or latest.run != self.document.run:
            return
        now = (latest.run, latest.epoch, latest.batch, latest.spec, self.document.undo_stack.index())
        if now != self._kept:
            self._kept = now
            self.runner.save_session({self._active: self.places.session(self._active)})

    def shut_down(self) -> bool:
        """Save what is open and end the thread; False when it did not end in time."""
        self._autosave.stop()
        session = {name: self.places.session(name) for name in self._restored}
        self.ended = self.runner.shut_down(session)
        return self.ended
