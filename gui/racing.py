"""Races: the window's side of a race, and RaceWorker, which trains its lanes in the training thread between other work."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine.errors import NeuroloomError
from engine.race import Finish, Race, RaceView
from engine.spec import ExperimentSpec
from gui.mailbox import FrameGate, Mailbox

VIEWS_PER_SECOND = 5


class RaceWorker(QObject):
    """Owns the race. Everything here runs in the training thread, except the mailbox and the gate."""

    published = Signal()
    refused = Signal(str)

    def __init__(self, mailbox: Mailbox[RaceView], gate: FrameGate, ending: threading.Event) -> None:
        super().__init__()
        self._mailbox, self._gate, self._ending = mailbox, gate, ending
        self._race: Race | None = None
        self._timer: QTimer | None = None
        self._published_at = 0.0

    @Slot()
    def prepare(self) -> None:
        """Called once, in the thread: a timer belongs to the thread that makes it."""
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._slice)

    @Slot(object, object)
    def start(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish) -> None:
        """A new race in place of the old one."""
        self.pause()
        if self._ending.is_set():
            return
        try:
            self._race = Race(entries, finish)
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
            self._timer.stop()
            self._publish()

    @Slot()
    def clear(self) -> None:
        """No race any more."""
        if self._timer is not None:
            self._timer.stop()
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
        now = time.perf_counter()
        if race.done:
            self.pause()
            return
        due = now - self._published_at >= 1 / VIEWS_PER_SECOND and self._mailbox.wants()
        if due and (held_long or not (gated and gate.closed)):
            self._publish()

    def _publish(self) -> None:
        if self._race is None or self._timer is None:
            return
        self._published_at = time.perf_counter()
        self._mailbox.put(self._race.view(self._timer.isActive()))
        self.published.emit()


class Races(QObject):
    """The window's side: commands go out as queued signals, views come in through a mailbox.

    ``shown(RaceView)`` a newer moment; ``refused(sentence)``: these can't race.
    """

    shown = Signal(object)
    refused = Signal(str)

    _start = Signal(object, object)
    _pause = Signal()
    _go_on = Signal()
    _clear = Signal()

    def __init__(self, gate: FrameGate, ending: threading.Event, parent: QObject) -> None:
        super().__init__(parent)
        self._mailbox: Mailbox[RaceView] = Mailbox()
        self._gate = gate
        self.worker = RaceWorker(self._mailbox, gate, ending)
        self._idle = True
        worker, queued = self.worker, Qt.ConnectionType.QueuedConnection
        for signal, slot in (
            (self._start, worker.start), (self._pause, worker.pause), (self._go_on, worker.go_on),
            (self._clear, worker.clear), (worker.published, self._on_published), (worker.refused, self.refused),
        ):  # fmt: skip
            signal.connect(slot, queued)

    def start(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish) -> None:
        """Race these from their first weights; what raced before is gone."""
        self._idle = False
        self._start.emit(tuple(entries), finish)

    def pause(self) -> None:
        if not self._idle:
            self._pause.emit()

    def go_on(self) -> None:
        if not self._idle:
            self._go_on.emit()

    def clear(self) -> None:
        """Give the race up and let go of its lanes."""
        self._idle = True
        self._clear.emit()

    @Slot()
    def _on_published(self) -> None:
        with self._gate.held():
            view = self._mailbox.take()
            if view is not None and not self._idle:
                self.shown.emit(view)
