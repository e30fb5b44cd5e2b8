"""How fast a run plays: as fast as it can, at most so many epochs a second, or in slow motion phase by phase."""

from __future__ import annotations

import math
import time

from engine.stopping import Until
from engine.trainer import Trainer

SLOW_TICK_MS = 8
EPOCHS, PHASES = "epoch", "phase"


class Pace:
    """Paces a trainer for the worker's timer. ``per_second`` is 0 without a limit; ``unit`` is what it counts."""

    def __init__(self) -> None:
        self.per_second, self.unit = 0.0, EPOCHS
        self._due = self._due_at = 0.0

    @property
    def limited(self) -> bool:
        """Whether :meth:`train` is to be asked at all."""
        return self.per_second > 0

    @property
    def in_phases(self) -> bool:
        """Slow motion: each call of :meth:`train` that finds a phase due steps through that one."""
        return self.limited and self.unit == PHASES

    def restart(self, trainer: Trainer | None) -> None:
        """What is due counts from here and now. A phase is due at once: whoever presses play sees that it plays."""
        self._due, self._due_at = (position(trainer) if trainer else 0.0), time.perf_counter()

    @property
    def interval_ms(self) -> int:
        """When :meth:`train` should be called next."""
        if self.in_phases:
            return max(math.ceil(1000 * (self._due_at - time.perf_counter())), 1)
        return SLOW_TICK_MS if self.limited else 0

    def train(self, trainer: Trainer, until: Until | None, end: float) -> tuple[bool, bool]:
        """What is due by now, while there is time before ``end``: (the run has come to its end, something moved)."""
        if self.in_phases:
            return self._next_phase(trainer, until)
        return self._batches(trainer, until, end), True

    def _next_phase(self, trainer: Trainer, until: Until | None) -> tuple[bool, bool]:
        now, epoch = time.perf_counter(), trainer.epoch
        if now < self._due_at:
            return False, False
        # A phase that came late is caught up with, but only by one: they never come in a bunch.
        self._due_at = max(self._due_at + 1 / self.per_second, now - 1 / self.per_second)
        trainer.step_phase()
        return trainer.epoch != epoch and _ended(trainer, until), True

    def _batches(self, trainer: Trainer, until: Until | None, end: float) -> bool:
        now = time.perf_counter()
        self._due += (now - self._due_at) * self.per_second
        self._due_at = now
        while position(trainer) < self._due and trainer.diverged is None:
            epoch = trainer.epoch
            trainer.step_batch()
            if trainer.epoch != epoch and _ended(trainer, until):
                return True
            if time.perf_counter() >= end:
                # Too slow for the speed asked for: what could not be done is not owed.
                self._due = min(self._due, position(trainer) + 1 / trainer.n_batches)
                break
        return False


def position(trainer: Trainer) -> float:
    """Where a run stands, in epochs."""
    return trainer.epoch + trainer.batch / trainer.n_batches


def _ended(trainer: Trainer, until: Until | None) -> bool:
    return bool(trainer.stopped) or (until is not None and until.reached(trainer.history.last()))
