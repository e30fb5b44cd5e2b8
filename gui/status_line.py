"""The line at the bottom of the window: how fast it trains, good news for some seconds, the keys used most."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from engine.snapshot import RunState
from gui.frame_clock import FrameClock
from gui.laboratory import Laboratory
from gui.pace import PHASES

NOTE_MS = 8_000
SPEED_MS = 500
HINT = "Space play · → step · R reset · Ctrl+Z undo · F1 explain"


class StatusLine(QStatusBar):
    """Reads the newest snapshot of ``lab`` and the frames of ``clock`` twice a second."""

    def __init__(self, lab: Laboratory, clock: FrameClock, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lab, self._clock = lab, clock
        self._speed = QLabel()
        self._speed.setToolTip("How fast it trains, and how many pictures a second are painted meanwhile.")
        self._hint = QLabel(HINT)
        self._hint.setToolTip("The keys used most; ? lists them all.")
        for label in (self._speed, self._hint):
            label.setProperty("role", "caption")
            label.setContentsMargins(8, 0, 8, 0)
        self.setSizeGripEnabled(False)
        self.addWidget(self._speed, 1)
        self.addPermanentWidget(self._hint)
        self._timer = QTimer(self)
        self._timer.setInterval(SPEED_MS)
        self._timer.timeout.connect(self._show_speed)
        self._timer.start()

    def stop(self) -> None:
        """Nothing new after this."""
        self._timer.stop()

    @Slot(str)
    def note(self, text: str) -> None:
        """Good news goes here, where it moves nothing."""
        self.showMessage(text, NOTE_MS)

    @Slot()
    def _show_speed(self) -> None:
        snapshot = self._lab.latest
        if snapshot is None:
            return
        frames = self._clock.frames_per_second
        if self._lab.playing and self._lab.speed_unit == PHASES:
            text = f"slow motion, {self._lab.speed:g} phases/s   ·   {frames:.0f} frames/s"
        elif snapshot.epochs_per_second and self._lab.playing:
            text = f"{snapshot.epochs_per_second * 60:,.0f} epochs/min   ·   {frames:.0f} frames/s"
        else:
            state = "stopped" if snapshot.state is RunState.DIVERGED else "paused"
            text = f"{snapshot.layout.n_parameters:,} parameters   ·   {state}"
        if text != self._speed.text():
            self._speed.setText(text)
