"""Rewind: a look at any moment of a run's past, and branches from there, while the run itself stays where it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.history import History
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from engine.timeline import Moment
from engine.trainer import Trainer

# While a hand drags, a moment nearby is shown where training to the very one would take longer.
DRAG_SECONDS = 0.012


class Rewind:
    """A second trainer of the same data, brought to moments of ``trainer``'s past: the nearest kept one, and trained on.

    Since the same settings give the same bits, what it comes to is what was there (docs/adr/0006).
    """

    def __init__(self, trainer: Trainer) -> None:
        self._run = trainer
        self._again = Trainer(trainer.timeline.first().spec, trainer.data, trainer.network.dtype)
        self._base: Moment | None = None
        self._epoch_seconds = 0.0

    def is_of(self, trainer: Trainer) -> bool:
        """True when it looks at the past of ``trainer``."""
        return self._run is trainer

    def go(self, epoch: int, tolerance: float = 0.0, stop: Callable[[], bool] | None = None) -> Trainer | None:
        """A trainer that stands at the start of ``epoch``; it must only be read. None when ``stop()`` came first.

        A ``tolerance`` of some epochs takes a kept moment so near, and one further away where it would take long to be
        exact.
        """
        run, timeline = self._run, self._run.timeline
        target = (min(max(epoch, timeline.first().epoch), run.epoch), 0, 0)
        before = timeline.before(target)
        if tolerance:
            long = (target[0] - before.epoch) * self._epoch_seconds > DRAG_SECONDS
            near = timeline.nearest(target[0], np.inf if long else tolerance)
            if near is not None:
                before, target = near, near.position
        again = self._again
        if self._base is not before or (again.epoch, again.batch, again.sample) > target:
            self._restore(before)
        began, start = time.perf_counter(), again.epoch
        if not again.train_again(target, stop):
            return None
        if again.epoch > start:
            self._epoch_seconds = (time.perf_counter() - began) / (again.epoch - start)
        return again

    def _restore(self, moment: Moment) -> None:
        # Of the history it needs the row of where it stands, and copying all of a long one would take longer than training.
        rows = self._run.history.view()
        self._again.history = History(rows[moment.history_length - 1 : moment.history_length])
        self._again.restore(moment)
        self._base = moment

    def snapshot(
        self, epoch: int, tolerance: float = 0.0, *, run: int = 0, side: int = 0, minibatch: bool = False,
        stop: Callable[[], bool] | None = None,
    ) -> Snapshot | None:  # fmt: skip
        """The moment at the start of ``epoch`` for the window, with the history of the whole run; see :meth:`go`."""
        again = self.go(epoch, tolerance, stop)
        if again is None:
            return None
        live, first = self._run, self._run.timeline.first()
        watch = live._watch.epoch if live.spec.training.patience else None
        return replace(
            again.snapshot(run, side=side, minibatch=minibatch),
            history=live.history.view(), message="", best_epoch=watch, viewed=True, changed_at=live.changed_at,
            first_epoch=first.epoch, last_epoch=live.epoch,
            can_step_back=(again.epoch, again.batch, again.sample) > first.position,
        )  # fmt: skip

    def branch(self, epoch: int, spec: ExperimentSpec, stop: Callable[[], bool] | None = None) -> Trainer | None:
        """A run of its own that starts as the moment at the start of ``epoch``, with the history and the past up to there.

        It goes on with the settings of ``spec``; the run branched from does not change. None when ``stop()`` came first.
        Raises ``ValueError`` when ``spec`` needs another network.
        """
        again = self.go(epoch, stop=stop)
        if again is None:
            return None
        rows = self._run.history.view()
        rows = rows[: max(int(np.searchsorted(rows[:, 0], again.epoch, "right")), 1)]
        return _begun(self._run, again, rows, spec)


def continued(trainer: Trainer, spec: ExperimentSpec) -> Trainer:
    """A run of its own that starts where ``trainer`` stands, in the middle of an epoch too, with its history and its past.

    It goes on with the settings of ``spec``; ``trainer`` does not change. The samples are shared, not copied.
    Raises ``ValueError`` when ``spec`` needs another network.
    """
    return _begun(trainer, trainer, trainer.history.view(), spec)


def _begun(run: Trainer, standing: Trainer, rows: NDArray, spec: ExperimentSpec) -> Trainer:
    """A run as ``standing`` stands, which is a moment of ``run``, with the first ``rows`` of its history."""
    moment = replace(standing.capture(pinned=True), history_length=len(rows))
    child = Trainer(moment.spec, standing.data, standing.network.dtype)
    child.history = History(rows)
    child.restore(moment)
    child.timeline = run.timeline.until(moment.position)
    child.timeline.keep(moment)
    child.reconfigure(spec)
    child.choose_step()
    return child
