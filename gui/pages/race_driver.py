"""RaceDriver joins a panel that shows a race to what trains it: one race at a time, whichever page it was started on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from engine.race import Finish, RaceView
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui.racing import Races


class RaceDriver(QObject):
    """``panel`` has ``show_race(RaceView | None)``, ``pauseRequested``, ``goOnRequested`` and ``clearRequested``.

    The run on screen, which ``pause_run`` pauses, and the race take turns. ``refused(sentence)``; ``taken(SavedExperiment)``.
    """

    refused = Signal(str)
    taken = Signal(object)

    def __init__(
        self, panel: Any, races: Races, pause_run: Callable[[], None], latest: Callable[[], Snapshot | None]
    ) -> None:
        super().__init__(panel)
        self._panel, self._races, self._pause_run, self._latest = panel, races, pause_run, latest
        self._racing = False
        self._pausing = False  # the run was asked to, and what it published before may still come
        panel.pauseRequested.connect(self.pause)
        panel.goOnRequested.connect(self.go_on)
        panel.clearRequested.connect(self.clear)
        races.shown.connect(self._on_shown)
        races.refused.connect(self._on_refused)
        races.taken.connect(self._on_taken)
        races.begun.connect(self._on_begun)

    @property
    def _ours(self) -> bool:
        return self._races.owner is self

    @Slot(object, object)
    def start(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish) -> None:
        """Race these in place of whatever raced before."""
        self._stop_run()
        self._races.start(entries, finish, self)

    @Slot()
    def pause(self) -> None:
        if self._ours:
            self._races.pause()

    @Slot()
    def go_on(self) -> None:
        if self._ours:
            self._stop_run()
            self._races.go_on()

    @Slot(int)
    def repeat(self, seeds: int) -> None:
        """Run it for so many seeds; 1 cancels those that are still to come."""
        if self._ours:
            if seeds > 1:
                self._stop_run()
            self._races.repeat(seeds)

    @Slot(int)
    def take(self, lane: int) -> None:
        """Ask for a lane as it stands."""
        if self._ours:
            self._races.take(lane)

    @Slot()
    def clear(self) -> None:
        if self._ours:
            self._races.clear()
        self._forget()

    def see(self, snapshot: Snapshot) -> None:
        """A newer moment of the run on screen: one that is started meanwhile has the race wait."""
        if snapshot.state is not RunState.RUNNING:
            self._pausing = False
        elif self._racing and not self._pausing:
            self.pause()

    def _stop_run(self) -> None:
        latest = self._latest()
        self._pausing = latest is not None and latest.state is RunState.RUNNING
        self._pause_run()

    def _forget(self) -> None:
        self._racing = False
        self._panel.show_race(None)

    @Slot()
    def _on_begun(self) -> None:
        if not self._ours:
            self._forget()

    @Slot(object)
    def _on_shown(self, view: RaceView) -> None:
        if self._ours:
            self._racing = view.running
            self._panel.show_race(view)

    @Slot(object)
    def _on_taken(self, saved: object) -> None:
        if self._ours:
            self.taken.emit(saved)

    @Slot(str)
    def _on_refused(self, sentence: str) -> None:
        if self._ours:
            self.clear()
            self.refused.emit(sentence)
