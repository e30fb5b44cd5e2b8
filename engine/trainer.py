"""Trainer: one run of one experiment. It advances by sample, mini-batch, epoch or until it is told to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Data, load_data
from engine.descent import Descent
from engine.errors import Diverged, InvalidSpec
from engine.history import PLAIN, VALIDATED, History
from engine.network import Network
from engine.probes import decision_maps, sample_activations
from engine.snapshot import Maps, Metrics, RunState, Snapshot
from engine.spec import Change, ExperimentSpec, plan
from engine.stopping import Until, Watch, judged
from engine.timeline import Moment, Timeline

# A loss this many times the first one (or 1, if that is more) has exploded; up to the calm limit one may go back to it.
EXPLODED = 100.0
CALM = 10.0
KEEP_EVERY_SECONDS = 0.01


class Trainer:
    """Data, network, optimizer state, random generator and history of one run.

    The same spec gives the same bits, whatever the steps in which it is advanced. ``epoch`` counts whole epochs done,
    ``batch`` the mini-batches done in the epoch at hand, ``sample`` the samples stepped through in the next mini-batch.
    """

    def __init__(self, spec: ExperimentSpec, data: Data | None = None, dtype: type = np.float32) -> None:
        """Raises :class:`InvalidSpec`. ``data`` may be given when it is that of ``spec.data`` already."""
        self.spec = spec.checked()
        self.data = data if data is not None and data.spec == spec.data else load_data(spec.data, dtype)
        self.network = Network.of(spec, dtype)
        self.descent = Descent(spec, self.data, self.network)
        self._memory = spec.training.schedule.start
        self._watch = Watch()
        self.stopped = ""
        self.epoch = self.batch = self.sample = 0
        self.edited = False
        self.diverged: Diverged | None = None
        self._measured: tuple[tuple[int, int], Metrics] | None = None
        self._set_rate()
        self.history = History(columns=PLAIN if self.data.validation is None else VALIDATED)
        with np.errstate(all="ignore"):
            self.history.append(self._measure())
        self._reference = max(self.history.last().train_loss, 1.0)
        self.timeline = Timeline()
        self._keep()

    # --- settings -------------------------------------------------------------------------------------------------

    def _configure(self, spec: ExperimentSpec, new_slots: bool) -> None:
        if type(spec.training.schedule) is not type(self.spec.training.schedule):
            self._memory = spec.training.schedule.start
        if spec.training.stop_on_score != self.spec.training.stop_on_score or not spec.training.patience:
            self._watch = Watch()
        self.spec = spec
        self.descent.configure(spec, new_slots)
        self._set_rate()

    def _set_rate(self) -> None:
        """The learning rate of this epoch."""
        share = self.spec.training.schedule.share(self.epoch, self._memory)
        self.descent.set_rate(self.spec.optimizer.learning_rate * share)

    def reconfigure(self, spec: ExperimentSpec) -> None:
        """Go on with other settings and the same weights. Raises ``ValueError`` when ``spec`` needs another network."""
        if plan(self.spec, spec) > Change.HOT:
            raise ValueError("these settings need a new network")
        spec.checked()
        if spec == self.spec:
            return
        if spec.batch_size(self.descent.n) != self.descent.batch_size and (self.batch or self.sample):
            # Mini-batches of another size: what is left of this epoch can't be cut the same way, so it starts anew.
            self.batch = self.sample = 0
            self.descent.end_epoch()
        self._configure(spec, new_slots=type(spec.optimizer) is not type(self.spec.optimizer))
        self.diverged = None
        self._keep(pinned=True)

    # --- training -------------------------------------------------------------------------------------------------

    @property
    def n_batches(self) -> int:
        """Mini-batches in an epoch."""
        return self.descent.n_batches

    def _train_batch(self) -> None:
        """One mini-batch. Raises :class:`Diverged` when a weight stops being finite."""
        if self.descent.order is None:
            self.descent.begin_epoch()
        if not self.descent.train(self.batch):
            raise Diverged("the weights are no longer finite numbers", self.epoch, self.batch)
        self.sample = 0
        self.batch += 1

    def _finish_epoch(self) -> Metrics:
        self.epoch += 1
        self.batch = self.sample = 0
        self.descent.end_epoch()
        self.edited = False
        self.stopped = ""
        metrics = self._measure()
        self.history.append(metrics)
        if not metrics.train_loss <= EXPLODED * self._reference or not math.isfinite(metrics.test_loss):
            raise Diverged(f"the loss grew to {metrics.train_loss:.3g}", self.epoch - 1, self.n_batches - 1)
        self._memory = self.spec.training.schedule.remember(self._memory, metrics.train_loss)
        self._set_rate()
        if self.spec.training.patience:
            self._watch_out(metrics)
        return metrics

    def _watch_out(self, metrics: Metrics) -> None:
        """Early stopping: after too long without progress the best weights come back, and :meth:`advance` returns.

        Whoever goes on all the same goes on from them, and the count begins anew.
        """
        training = self.spec.training
        value = judged(metrics, training, self.data.validation is not None)
        self._watch = watch = self._watch.after(value, self.epoch, self.network.params, training.tolerance)
        if watch.waited > training.patience and watch.params is not None:
            self.network.params[:] = watch.params
            self._watch = replace(watch, waited=0)
            self._measured = None
            self.stopped = (
                f"Stopped early: {watch.waited} epochs without progress. The weights of epoch {watch.epoch} are back."
            )

    def _train_epoch_rest(self, stop: Callable[[], bool] | None = None) -> bool:
        """Train to the end of this epoch; False when ``stop()`` came first."""
        while self.batch < self.n_batches:
            if stop is not None and stop():
                return False
            self._train_batch()
        self._finish_epoch()
        return True

    def advance(self, stop: Callable[[], bool], until: Until | None = None) -> bool:
        """Train mini-batches until ``stop()``, which is asked before each one.

        Returns True when ``until`` was reached at the end of an epoch, or early stopping struck. A run that diverged
        does nothing.
        """
        with self._guard():
            while self.diverged is None and self._train_epoch_rest(stop):
                if time.perf_counter() - self._kept_at > KEEP_EVERY_SECONDS:
                    self._keep()
                if self.stopped or (until is not None and until.reached(self.history.last())):
                    return True
        return False

    def step_epoch(self) -> None:
        """Train to the end of this epoch."""
        with self._guard():
            if self.diverged is None:
                self._train_epoch_rest()
                self._keep()

    def step_batch(self) -> None:
        """Train one mini-batch: the rest of the one at hand, if samples of it were stepped through."""
        with self._guard():
            if self.diverged is None:
                self._train_batch()
                if self.batch == self.n_batches:
                    self._finish_epoch()
                    self._keep()

    def step_sample(self) -> None:
        """Look at one sample. With the last sample of its mini-batch the weights move, as one mini-batch.

        So stepping by samples ends in the same bits as playing: a step shows training and never changes it.
        """
        with self._guard():
            if self.diverged is not None:
                return
            if self.descent.order is None:
                self.descent.begin_epoch()
            self.sample += 1
            if self.sample == self.descent.length(self.batch):
                looked_at = self.sample_index
                self._train_batch()
                if self.batch == self.n_batches:
                    self._finish_epoch()
                    self._keep()
                self._looked_at = looked_at

    _looked_at: int | None = None

    @property
    def sample_index(self) -> int | None:
        """Row of the training samples that the last sample step looked at."""
        order = self.descent.order
        if self.sample and order is not None:
            return int(order[self.batch * self.descent.batch_size + self.sample - 1])
        return None

    def _guard(self) -> _Guard:
        return _Guard(self)

    # --- the past -------------------------------------------------------------------------------------------------

    def capture(self, pinned: bool = False) -> Moment:
        """This moment, whole: :meth:`restore` goes on from it with the same bits."""
        descent = self.descent
        return Moment(
            self.spec, self.epoch, self.batch, self.sample, self.network.params.copy(),
            tuple(slot.copy() for slot in descent.slots), descent.step, dict(descent.rng.bit_generator.state),
            None if descent.order is None else descent.order.copy(), len(self.history), self.edited, pinned,
            self._memory, self._watch, self.stopped,
        )  # fmt: skip

    def restore(self, moment: Moment) -> None:
        """Go back (or over) to ``moment`` of this run, with the settings it had."""
        self._looked_at = None
        self._configure(moment.spec, new_slots=True)
        self.epoch, self.batch, self.sample = moment.position
        self._memory, self._watch, self.stopped = moment.memory, moment.watch, moment.stopped
        self._set_rate()
        self.network.params[:] = moment.params
        self.descent.restore(moment.slots, moment.step, moment.rng, moment.order)
        self.edited = moment.edited
        self.history.truncate(moment.history_length)
        self._measured = None

    def resume(self, moment: Moment, history: NDArray) -> None:
        """Stand where a saved run stood; its past is gone. Raises :class:`InvalidSpec` when it does not fit the data."""
        n = self.descent.n
        size = moment.spec.batch_size(n)
        in_epoch = 0 <= moment.batch < math.ceil(n / size) and 0 <= moment.sample < min(size, n - moment.batch * size)
        if not in_epoch or ((moment.batch or moment.sample) and moment.order is None):
            raise InvalidSpec("the run stands at a mini-batch that its data does not have")
        if moment.order is not None and not np.array_equal(np.sort(moment.order), np.arange(n)):
            raise InvalidSpec("the run's order of samples does not fit its data")
        if moment.spec != self.spec or moment.params.shape != self.network.params.shape:
            raise InvalidSpec("the run belongs to another network")
        if history.shape[1] != self.history.columns:
            raise InvalidSpec("the run's history does not fit its data")
        self.history = History(history)
        self.timeline = Timeline()
        self.diverged = None
        self.restore(moment)
        self._keep(pinned=True)

    def _keep(self, pinned: bool = False) -> None:
        self.timeline.keep(self.capture(pinned))
        self._kept_at = time.perf_counter()

    @property
    def can_step_back(self) -> bool:
        first = self.timeline.first()
        return (self.epoch, self.batch, self.sample) > first.position

    def step_back(self) -> bool:
        """To the start of this epoch, or of the one before; False when there is none.

        The settings of now stay: going forward without a change in between gives the same bits.
        """
        if not self.can_step_back:
            return False
        self.diverged = None
        target = self.epoch if (self.batch or self.sample) else self.epoch - 1
        with np.errstate(all="ignore"):
            self._go_to((max(target, self.timeline.first().epoch), 0, 0))
        return True

    def _go_to(self, position: tuple[int, int, int]) -> None:
        """Be at ``position`` of the past: from the kept moment before it, by training as it was trained then."""
        settings = self.spec
        self.restore(self.timeline.before(position))
        self.timeline.drop_after(position)
        while (self.epoch, self.batch) < position[:2]:
            self._train_batch()
            if self.batch == self.n_batches:
                self._finish_epoch()
        if settings != self.spec:
            self._configure(settings, new_slots=type(settings.optimizer) is not type(self.spec.optimizer))
        self._keep(pinned=True)

    def _fall_back(self, diverged: Diverged) -> None:
        """After a divergence: the last finite weights; where their loss had run away too, the last epoch before it did."""
        if self.epoch <= diverged.epoch:
            self._go_to((diverged.epoch, diverged.batch, 0))
        if not self._measure().train_loss <= CALM * self._reference:
            rows = self.history.view()
            calm = np.flatnonzero(rows[:, 1] <= CALM * self._reference)
            self._go_to((int(rows[calm[-1], 0]) if len(calm) else self.timeline.first().epoch, 0, 0))
        self.diverged = diverged

    # --- by hand --------------------------------------------------------------------------------------------------

    def edit(self, index: int, value: float) -> None:
        """Set one parameter of the flat buffer. Raises ``ValueError`` for a value that is not finite."""
        if not math.isfinite(value):
            raise ValueError("a weight must be a finite number")
        self.network.params[index] = value
        self.edited = True
        self.diverged = None
        self._measured = None
        self._keep(pinned=True)

    # --- answers --------------------------------------------------------------------------------------------------

    def _measure(self) -> Metrics:
        return Metrics(self.epoch, *self.descent.figures())

    def metrics(self) -> Metrics:
        """Of this very moment: the last row of the history, or measured now when the weights moved since."""
        if not self.batch and not self.edited and not self.stopped:
            return self.history.last()
        key = (self.descent.step, self.batch)
        if self._measured is None or self._measured[0] != key:
            with np.errstate(all="ignore"):
                share = self.epoch + self.batch / self.n_batches
                self._measured = (key, self._measure()._replace(epoch=share))
        return self._measured[1]

    def maps(self, side: int) -> Maps | None:
        """What every neuron computes over the plane, ``side`` × ``side``; None for data that is not planar."""
        if not self.spec.data.dataset.planar:
            return None
        with np.errstate(all="ignore"):
            return decision_maps(self.spec, self.network.layout, self.network.params, side)

    def snapshot(self, run: int = 0, running: bool = False, side: int = 0, **more: Any) -> Snapshot:
        """This moment for the window; with ``side`` > 0 with maps of that resolution.

        While ``running`` the metrics are those of the last whole epoch, which cost nothing.
        """
        params = self.network.params.copy()
        params.flags.writeable = False
        index = self.sample_index if self.sample else self._looked_at
        return Snapshot(
            run=run, spec=self.spec, layout=self.network.layout, data=self.data, params=params, epoch=self.epoch,
            batch=self.batch, batches=self.n_batches, sample=self.sample,
            metrics=self.history.last() if running else self.metrics(), history=self.history.view(),
            state=RunState.DIVERGED if self.diverged else RunState.RUNNING if running else RunState.PAUSED,
            message=str(self.diverged or self.stopped), maps=self.maps(side) if side else None, sample_index=index,
            activations=None if index is None else sample_activations(
                self.spec, self.network.layout, params, self.data.train.x[index]),
            can_step_back=self.can_step_back, edited=self.edited,
            learning_rate=self.descent.optimizer.learning_rate,
            best_epoch=self._watch.epoch if self.spec.training.patience else None, **more,
        )  # fmt: skip


class _Guard:
    """Around training: no floating-point warning escapes, and a divergence becomes a state of the trainer."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._quiet = np.errstate(all="ignore")

    def __enter__(self) -> None:
        self._trainer._looked_at = None
        self._quiet.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        try:
            if isinstance(error, Diverged):
                self._trainer._fall_back(error)
                return True
            return False
        finally:
            self._quiet.__exit__(kind, error, trace)
