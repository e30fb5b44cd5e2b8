"""Races: the window's side of a race, and RaceWorker, which trains its lanes in the training thread between other work."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine.errors import NeuroloomError
from engine.race import Finish, RaceView
from engine.rounds import Rounds
from engine.spec import ExperimentSpec
from gui.mailbox import FrameGate, Mailbox
from gui.recording import Recorder

VIEWS_PER_SECOND = 5


class RaceWorker(QObject):
    """Owns the race. Everything here runs in the training thread, except the mailbox and the gate.

    What it publishes bears the ``number`` that the race was started with. The lanes of the first seed go into the history when
    they have arrived, or when the race is given up.
    """

    published = Signal()
    refused = Signal(str)
    taken = Signal(object)

    def __init__(self, mailbox: Mailbox[tuple[int, RaceView]], gate: FrameGate, ending: threading.Event) -> None:
        super().__init__()
        self._mailbox, self._gate, self._ending = mailbox, gate, ending
        self.recorder: Recorder | None = None  # given before the first race
        self._race: Rounds | None = None
        self._began, self._kept = 0.0, False
        self._number = 0
        self._timer: QTimer | None = None
        self._published_at = 0.0

    @Slot()
    def prepare(self) -> None:
        """Called once, in the thread: a timer belongs to the thread that makes it."""
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._slice)

    @Slot(object, object, int)
    def start(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish, number: int) -> None:
        """A new race in place of the old one."""
        self.pause()
        self._keep()
        self._number = number
        if self._ending.is_set():
            return
        try:
            self._race, self._began, self._kept = Rounds(entries, finish), time.time(), False
        except NeuroloomError as error:
            self._race = None
            self.refused.emit(f"These can't race: {error}.")
            return
        self.go_on()

    @Slot()
    def go_on(self) -> None:
        if self._timer is not None and self._race is not None and not self._race.done:
            self._timer.start()
            self._publish()

    @Slot()
    def pause(self) -> None:
        """Stand still; the lanes keep what they have learned."""
        if self._timer is not None and self._timer.isActive():
            self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._publish()

    @Slot(int)
    def repeat(self, seeds: int) -> None:
        """Have the race run for so many seeds; 1 cancels those that are still to come."""
        if self._race is not None:
            self._race.repeat(seeds)
            if self._race.done:
                self._stop()
            elif seeds > 1:
                self.go_on()
            else:
                self._publish()

    @Slot(int)
    def take(self, lane: int) -> None:
        """Answer a lane with ``taken(SavedExperiment)``."""
        if self._race is not None and lane < len(self._race.lanes):
            self.taken.emit(self._race.lanes[lane].saved())

    @Slot()
    def clear(self) -> None:
        """No race any more."""
        if self._timer is not None:
            self._timer.stop()
        self._keep()
        self._race = None
        self._mailbox.take()

    @Slot()
    def _slice(self) -> None:
        race, gate = self._race, self._gate
        if race is None or self._ending.is_set():
            self.clear()
            return
        gated = not race.compiled
        held_long = gated and gate.closed and not gate.wait()
        try:
            race.advance(lambda: gated and gate.closed)
        except Exception:
            # Otherwise the timer would raise the same bug thousands of times a second.
            self.clear()
            self.refused.emit("The race was given up: something in it went wrong.")
            raise
        if race.first.done:
            self._keep()
        now = time.perf_counter()
        if race.done:
            self.pause()
            return
        due = now - self._published_at >= 1 / VIEWS_PER_SECOND and self._mailbox.wants()
        if due and (held_long or not (gated and gate.closed)):
            self._publish()

    def _keep(self) -> None:
        """Have the lanes of the first seed written into the history, once."""
        if self._race is not None and self.recorder is not None and not self._kept:
            self._kept = True
            self.recorder.keep_lanes(self._race.lanes, self._began)

    def _publish(self) -> None:
        if self._race is None or self._timer is None:
            return
        self._published_at = time.perf_counter()
        self._mailbox.put((self._number, self._race.view(self._timer.isActive())))
        self.published.emit()


class Races(QObject):
    """The window's side: commands go out as queued signals, views come in through a mailbox.

    ``shown(RaceView)`` a newer moment; ``refused(sentence)``: these can't race; ``taken(SavedExperiment)`` a lane.
    One race at a time: ``owner`` is who started it, ``begun()`` tells that another has taken its place.
    """

    shown = Signal(object)
    refused = Signal(str)
    taken = Signal(object)
    begun = Signal()

    _start = Signal(object, object, int)
    _repeat = Signal(int)
    _take = Signal(int)
    _pause = Signal()
    _go_on = Signal()
    _clear = Signal()

    def __init__(self, gate: FrameGate, ending: threading.Event, parent: QObject) -> None:
        super().__init__(parent)
        self._mailbox: Mailbox[tuple[int, RaceView]] = Mailbox()
        self._number = 0
        self.owner: object = None
        self._gate = gate
        self.worker = RaceWorker(self._mailbox, gate, ending)
        self._idle = True
        worker, queued = self.worker, Qt.ConnectionType.QueuedConnection
        for signal, slot in (
            (self._start, worker.start), (self._pause, worker.pause), (self._go_on, worker.go_on),
            (self._clear, worker.clear), (worker.published, self._on_published), (worker.refused, self.refused),
            (self._repeat, worker.repeat), (self._take, worker.take), (worker.taken, self.taken),
        ):  # fmt: skip
            signal.connect(slot, queued)

    def start(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish, owner: object = None) -> None:
        """Race these from their first weights; what raced before is gone."""
        self._idle, self.owner = False, owner
        self._number += 1
        self._start.emit(tuple(entries), finish, self._number)
        self.begun.emit()

    def pause(self) -> None:
        if not self._idle:
            self._pause.emit()

    def go_on(self) -> None:
        if not self._idle:
            self._go_on.emit()

    def repeat(self, seeds: int) -> None:
        """Run the race for so many seeds in all; 1 cancels those that are still to come."""
        if not self._idle:
            self._repeat.emit(seeds)

    def take(self, lane: int) -> None:
        """Ask for a lane as it stands."""
        if not self._idle:
            self._take.emit(lane)

    def clear(self) -> None:
        """Give the race up and let go of its lanes."""
        self._idle = True
        self._clear.emit()

    @Slot()
    def _on_published(self) -> None:
        with self._gate.held():
            number, view = self._mailbox.take() or (0, None)
            if view is not None and number == self._number and not self._idle:
                self.shown.emit(view)
