"""The line at the bottom of the window: how fast it trains, good news for some seconds, the keys used most."""

from __future__ import annotations

from collections.abc import Callable, Sized

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from engine.snapshot import RunState
from gui import fonts
from gui.frame_clock import FrameClock
from gui.laboratory import Laboratory
from gui.pace import PHASES

NOTE_MS = 8_000
SPEED_MS = 500
BAR_WIDTH = 160
STEPS = 1_000
HINT = "Space play · → step · R reset · Ctrl+Z undo · F1 explain"


class StatusLine(QStatusBar):
    """Reads the newest snapshot of ``lab`` and the frames of ``clock`` twice a second. ``doctorRequested()``: see findings."""

    doctorRequested = Signal()

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
        self.own_text: Callable[[], str] | None = None  # of a page with a run of its own
        self._doctor = QToolButton()
        self._doctor.setToolTip("How many things the doctor found in this run. A click, or D, shows them.")
        self._doctor.setFont(fonts.caption())
        self._doctor.setFixedHeight(self._hint.sizeHint().height())  # the line is no higher for it
        self._doctor.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._doctor.clicked.connect(self.doctorRequested)
        self._doctor.hide()
        self._bar = QProgressBar()
        self._bar.setRange(0, STEPS)
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(BAR_WIDTH)
        self._bar.setAccessibleName("Training")
        self._bar.setToolTip("How far training has come on its way. Space stops it where it is.")
        self._bar.hide()
        self.setSizeGripEnabled(False)
        self.addWidget(self._bar)
        self.addWidget(self._speed, 1)
        self.addPermanentWidget(self._doctor)
        self.addPermanentWidget(self._hint)
        self._timer = QTimer(self)
        self._timer.setInterval(SPEED_MS)
        self._timer.timeout.connect(self._show_speed)
        self._timer.start()

    def stop(self) -> None:
        """Nothing new after this."""
        self._timer.stop()

    @property
    def text(self) -> str:
        """What it says of training."""
        return self._speed.text()

    @Slot(str)
    def note(self, text: str) -> None:
        """Good news goes here, where it moves nothing."""
        self.showMessage(text, NOTE_MS)

    @Slot(object)
    def show_findings(self, findings: Sized) -> None:
        """A quiet count of what the doctor found, or nothing."""
        text = f"Doctor: {len(findings)}"
        if len(findings) and text != self._doctor.text():
            self._doctor.setText(text)
            self._doctor.setAccessibleName(text)
        self._doctor.setVisible(bool(len(findings)))

    @Slot()
    def _show_speed(self) -> None:
        snapshot = self._lab.latest
        progress = self._lab.progress if self.own_text is None and self._lab.playing else None
        on_the_way = progress is not None and progress.is_worth_showing
        self._bar.setVisible(on_the_way and not self.currentMessage())
        if self.own_text is not None:
            text = self.own_text()
        elif snapshot is None:
            return
        elif progress is not None and on_the_way:
            self._bar.setValue(round(progress.share * STEPS))
            text = f"{progress.text()}   ·   {self._clock.frames_per_second:.0f} frames/s"
        elif self._lab.playing and self._lab.speed_unit == PHASES:
            text = f"slow motion, {self._lab.speed:g} phases/s   ·   {self._clock.frames_per_second:.0f} frames/s"
        elif snapshot.epochs_per_second and self._lab.playing:
            frames = self._clock.frames_per_second
            text = f"{snapshot.epochs_per_second * 60:,.0f} epochs/min   ·   {frames:.0f} frames/s"
        else:
            state = "stopped" if snapshot.state is RunState.DIVERGED else "paused"
            text = f"{snapshot.layout.n_parameters:,} parameters   ·   {state}"
        if text != self._speed.text():
            self._speed.setText(text)
