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

FRAMES_PER_SECOND = 30
TOLERANCE_SECONDS = 0.5 / FRAMES_PER_SECOND
SLOW = 10.0  # a panel with at most so many frames a second has much to paint in each
MOST_LATE_SECONDS = 0.1


class FrameClock(QObject):
    """Thirty times a second while something trains; at once when a paused run publishes.

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
        self._stopped = False
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
            return
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
        for panel in self._panels():
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
        """Whether a panel is given this frame of a running training.

        Half a tick of tolerance: a timer that comes a little early must not cost a panel its frame. Frames should cost
        alike, so a slow panel leaves those with maps to the panels that show them.
        """
        late = now - self._shown_at.get(panel, 0.0) - 1 / panel.frames_per_second
        if snapshot.maps is None or panel.frames_per_second > SLOW:
            return late >= -TOLERANCE_SECONDS
        return panel.wants_maps or late >= MOST_LATE_SECONDS

    def _show(self, snapshot: Snapshot) -> None:
        previous, self.latest = self.latest, snapshot
        moving = snapshot.state is RunState.RUNNING and previous is not None and previous.state is RunState.RUNNING
        now = time.perf_counter()
        for panel in self._panels():
            if not panel.isVisible():
                self._shown_at.pop(panel, None)
                continue
            if not moving or self._is_due(panel, snapshot, now):
                self._give(panel, snapshot)
        # Painting now, inside the gate, instead of whenever Qt gets round to it.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)
        self.painted.append(time.perf_counter())
        self.shown.emit(snapshot)
