"""FrameClock: takes the newest snapshot, gives it to the visible panels, has it painted, and lets training go on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.snapshot import RunState, Snapshot
from gui.panels.base import Panel
from gui.runner import Runner

FRAMES_PER_SECOND = 30


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
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1000 // FRAMES_PER_SECOND)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        runner.published.connect(self._tick)

    def stop(self) -> None:
        """No frame after this one."""
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
            return
        gate = self._runner.gate
        gate.close()
        try:
            snapshot = self._runner.mailbox.take()
            if snapshot is not None and snapshot.run == self.run:
                self._show(snapshot)
        finally:
            gate.open()

    def _show(self, snapshot: Snapshot) -> None:
        previous, self.latest = self.latest, snapshot
        moving = snapshot.state is RunState.RUNNING and previous is not None and previous.state is RunState.RUNNING
        now = time.perf_counter()
        for panel in self._panels():
            if not panel.isVisible():
                self._shown_at.pop(panel, None)
                continue
            due = now - self._shown_at.get(panel, 0.0) >= 0.95 / panel.frames_per_second
            if due or not moving or (panel.wants_maps and snapshot.maps is not None):
                self._shown_at[panel] = now
                panel.show_snapshot(snapshot)
        # Painting now, inside the gate, instead of whenever Qt gets round to it.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.UpdateRequest.value)
        self.painted.append(time.perf_counter())
        self.shown.emit(snapshot)
