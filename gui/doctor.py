"""Doctor: has runs examined now and then, and tells the page what holds. It never interrupts: it shows no message."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal, Slot

from engine.doctor.rounds import Key, Rounds
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui.frame_clock import FrameClock
from gui.runner import Runner

EVERY_SECONDS = 0.5
# Of a large network a checkup takes a while: it may have this share of one core, so that training keeps the rest.
SHARE = 0.1


class Doctor(QObject):
    """Twice a second or less while a run trains, and whenever one stands still. ``changed(findings)`` says what holds now.

    One checkup is under way at a time. A run that stands still is examined as it stands, after what is under way.
    """

    changed = Signal(object)

    def __init__(self, runner: Runner, clock: FrameClock, enabled: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self._enabled = enabled
        self._rounds = Rounds()
        self._dismissed: set[tuple[int, Key]] = set()
        self._latest: Snapshot | None = None
        self._of: tuple[int, ExperimentSpec] | None = None
        self._since = 0
        self._busy = False
        self._next: Snapshot | None = None
        self._due_at = 0.0
        self._sent_at = 0.0
        clock.shown.connect(self._on_shown)
        runner.examined.connect(self._on_examined)

    @property
    def findings(self) -> tuple:
        """What holds, without what was dismissed for this run."""
        run = self._of[0] if self._of is not None else -1
        return tuple(finding for finding in self._rounds.shown if (run, finding.key) not in self._dismissed)

    @property
    def enabled(self) -> bool:
        """Whether anything is examined at all."""
        return self._enabled

    def set_enabled(self, enabled: bool) -> None:
        """Switched off, it costs nothing and shows nothing; switched on, it looks at what is on screen at once."""
        self._enabled = enabled
        self._forget()
        if enabled and self._latest is not None:
            self._send(self._latest)

    @Slot(object)
    def dismiss(self, key: Key) -> None:
        """Say no more of this finding in this run."""
        if self._of is not None:
            self._dismissed.add((self._of[0], key))
            self.changed.emit(self.findings)

    def _forget(self) -> None:
        had = bool(self._rounds.shown)
        self._rounds.forget()
        self._next = None
        if had:
            self.changed.emit(())

    @Slot(object)
    def _on_shown(self, snapshot: Snapshot) -> None:
        self._latest = snapshot
        now = snapshot.run, snapshot.spec
        if now != self._of:
            # What was found under other settings says nothing of these; the history before them neither.
            same_run = self._of is not None and self._of[0] == snapshot.run
            self._since = snapshot.epoch if same_run else 0
            self._of = now
            self._forget()
        if not self._enabled:
            return
        due = not self._busy and time.perf_counter() >= self._due_at
        if due or snapshot.state is not RunState.RUNNING:
            self._send(snapshot)

    def _send(self, snapshot: Snapshot) -> None:
        if self._busy:
            self._next = snapshot
            return
        self._busy, self._next, self._sent_at = True, None, time.perf_counter()
        self._runner.examine(snapshot, min(self._since, snapshot.epoch))

    @Slot(object, object)
    def _on_examined(self, snapshot: Snapshot, findings: tuple) -> None:
        self._busy = False
        now = time.perf_counter()
        self._due_at = now + max(EVERY_SECONDS, (now - self._sent_at) / SHARE)
        if self._enabled and (snapshot.run, snapshot.spec) == self._of:
            before = self.findings
            self._rounds.take(findings, settled=snapshot.state is not RunState.RUNNING)
            if before or self.findings:
                self.changed.emit(self.findings)
        if self._next is not None:
            self._send(self._next)
