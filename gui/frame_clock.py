"""FrameClock: takes the newest snapshot, gives it to the visible panels, has it painted, and lets training go on."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.snapshot import RunState, Snapshot
from gui.panels.base import Panel
from gui.runner import Runner

FRAMES_PER_SECOND = 40  # 25 ms leave room below 33 for a frame that takes longer
AGAIN_MS = 3
TOLERANCE_SECONDS = 0.5 / FRAMES_PER_SECOND
SLOW = 15.0  # panels with at most so many frames a second are painted between the frames of the others


class FrameClock(QObject):
    """Forty times a second while something trains, slow panels half-way between; at once when a paused run publishes.

    ``panels()`` answers which panels exist; the hidden ones are shown nothing. ``run`` is the run to show: snapshots of
    any other are stale and dropped. ``shown(Snapshot)`` follows each painted frame.
    """

    shown = Signal(object)

    def __init__(self, runner: Runner, window: QWidget, panels: Callable[[], Iterable[Panel]], parent: QObject) -> None:
        super().__init__(parent)
        self._runner, self._window, self._panels = runner, window, panels
        self.run = 0
        self.latest: Snapshot | None = None
        self.painted: deque[float] = deque(maxlen=4096)
        self._shown_at: dict[Panel, float] = {}
        self._waiting: list[Panel] = []
        self._stopped = False
        self._off_beat = QTimer(self)
        self._off_beat.setSingleShot(True)
        self._off_beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._off_beat.setInterval(500 // FRAMES_PER_SECOND)
        self._off_beat.timeout.connect(self._show_waiting)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setTimerType(Qt.TimerType.PreciseTimer)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._tick)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1000 // FRAMES_PER_SECOND)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        runner.published.connect(self._tick)

    def stop(self) -> None:
        """No frame after this one."""
        if self._stopped:
            return
        self._stopped = True
        self._timer.stop()
        self._off_beat.stop()
        self._again.stop()
        self._runner.published.disconnect(self._tick)

    @property
    def frames_per_second(self) -> float:
        """Frames painted during the last second."""
        now = time.perf_counter()
        return float(sum(1 for moment in self.painted if now - moment < 1.0))

    @Slot()
    def _tick(self) -> None:
        if self._runner.mailbox.wants():
            self._catch_up()
            latest = self.latest
            if latest is not None and latest.state is RunState.RUNNING and latest.phase is None:
                # The worker is a little late; waiting for the next tick would double the gap.
                self._again.start()
            return
        if self.sender() is self._again:
            self._timer.start()  # the next frame a whole interval after this one
        if self._waiting:  # the event loop was held up
            self._show_waiting()
        gate = self._runner.gate
        gate.close()
        try:
            snapshot = self._runner.mailbox.take()
            if snapshot is not None and snapshot.run == self.run:
                self._show(snapshot)
        finally:
            gate.open()

    def _catch_up(self) -> None:
        """A panel that came back on screen while nothing trains is shown what it missed."""
        latest = self.latest
        if latest is None or latest.run != self.run:
            return
        panels = tuple(self._panels())
        if latest.state is not RunState.RUNNING:
            self._runner.want_minibatch(any(panel.wants_minibatch and panel.isVisible() for panel in panels))
        for panel in panels:
            if not panel.isVisible():
                self._shown_at.pop(panel, None)
            elif panel not in self._shown_at:
                self._give(panel, latest)

    def _give(self, panel: Panel, snapshot: Snapshot) -> None:
        self._shown_at[panel] = time.perf_counter()
        try:
            panel.show_snapshot(snapshot)
        except Exception:
            # A bug in one panel must not stop the others, nor the clock; the hook tells the person once.
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]

    def _is_due(self, panel: Panel, snapshot: Snapshot, now: float) -> bool:
        if panel.frames_per_second > SLOW or (panel.wants_maps and snapshot.maps is not None):
            return True
        if panel.wants_minibatch:  # those without one tell it nothing
            return snapshot.minibatch is not None
        # A timer that comes a little early must not cost a panel its frame.
        return now - self._shown_at.get(panel, 0.0) >= 1 / panel.frames_per_second - TOLERANCE_SECONDS

    def _show(self, snapshot: Snapshot) -> None:
        previous, self.latest = self.latest, snapshot
        moving = snapshot.state is RunState.RUNNING and previous is not None and previous.state is RunState.RUNNING
        now = time.perf_counter()
        self._waiting.clear()
        minibatch = False
        for panel in self._panels():
            minibatch |= panel.wants_minibatch and panel.isVisible()
            if not panel.isVisible():
                self._shown_at.pop(panel, None)
            elif not moving:
                self._give(panel, snapshot)
            elif self._is_due(panel, snapshot, now):
                if panel.frames_per_second > SLOW:
                    self._give(panel, snapshot)
                else:
                    self._shown_at[panel] = now
                    self._waiting.append(panel)
        self._runner.want_minibatch(minibatch)
        self._paint()
        self.painted.append(time.perf_counter())
        if self._waiting:
            self._off_beat.start()
        self.shown.emit(snapshot)

    @Slot()
    def _show_waiting(self) -> None:
        """Half-way to the next frame, the panels that need few frames but have much to paint in each.

        Painted with the others, they would make every fourth frame late: the eye sees unequal gaps as stutter.
        """
        panels, snapshot = tuple(self._waiting), self.latest
        self._waiting.clear()
        if self._stopped or snapshot is None or snapshot.run != self.run:
            return
        gate = self._runner.gate
        gate.close()
        try:
            for panel in panels:
                if panel.isVisible():
                    self._give(panel, snapshot)
            self._paint()
        finally:
            gate.open()

    @staticmethod
    def _paint() -> None:
        """Paint now, inside the gate, instead of whenever Qt gets round to it."""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)
