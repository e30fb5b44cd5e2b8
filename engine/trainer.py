"""Trainer: one run of one experiment. It advances by sample, mini-batch, epoch or until it is told to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.compiled import CompiledDescent, is_quicker
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
# How long the compiled step stays away in one call, and what an epoch may take to be trained in such calls at all.
CALL_SECONDS = 0.006
LONG_EPOCH_SECONDS = 0.03


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
        self.descent = self._descent_of(spec, is_quicker(spec, dtype))
        self._epoch_seconds = 0.0
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

    def _descent_of(self, spec: ExperimentSpec, compiled: bool) -> Descent:
        return (CompiledDescent if compiled else Descent)(spec, self.data, self.network)

    def _configure(self, spec: ExperimentSpec, new_slots: bool, compiled: bool) -> None:
        if type(spec.training.schedule) is not type(self.spec.training.schedule):
            self._memory = spec.training.schedule.start
        if spec.training.stop_on_score != self.spec.training.stop_on_score or not spec.training.patience:
            self._watch = Watch()
        self.spec = spec
        if compiled == self.descent.compiled:
            self.descent.configure(spec, new_slots)
        else:
            old, self.descent = self.descent, self._descent_of(spec, compiled)
            slots, step = (self.descent.slots, 0) if new_slots else (old.slots, old.step)
            self.descent.restore(slots, step, old.rng.bit_generator.state, old.order)
        self._set_rate()
        self._epoch_seconds = 0.0

    def choose_step(self) -> None:
        """From here on train with the compiled step where it is loaded and quicker, else with NumPy.

        A new trainer and every change of settings choose by themselves; this is for the moment it has been loaded. The two
        differ by float32 rounding, so each moment of the past remembers which one it was trained with.
        """
        compiled = is_quicker(self.spec, self.network.dtype)
        if compiled != self.descent.compiled:
            self._configure(self.spec, new_slots=False, compiled=compiled)
            self._keep(pinned=True)

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
        new_slots = type(spec.optimizer) is not type(self.spec.optimizer)
        self._configure(spec, new_slots, is_quicker(spec, self.network.dtype))
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

    def _finish_epoch(self, figures: tuple[float, ...]) -> None:
        """Note what the epoch came to. Raises :class:`Diverged` when its loss has exploded."""
        self.epoch += 1
        self.batch = self.sample = 0
        self.descent.end_epoch()
        self.edited = False
        self.stopped = ""
        metrics = Metrics(self.epoch, *figures)
        self.history.append(metrics)
        if not metrics.train_loss <= EXPLODED * self._reference or not math.isfinite(metrics.test_loss):
            raise Diverged(f"the loss grew to {metrics.train_loss:.3g}", self.epoch - 1, self.n_batches - 1)
        self._memory = self.spec.training.schedule.remember(self._memory, metrics.train_loss)
        self._set_rate()
        if self.spec.training.patience:
            self._watch_out(metrics)

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
        began, whole = time.perf_counter(), self.batch == 0
        while self.batch < self.n_batches:
            if stop is not None and stop():
                return False
            self._train_batch()
        self._finish_epoch(self.descent.figures())
        if whole:
            self._epoch_seconds = time.perf_counter() - began
        return True

    def _epochs_at_once(self, until: Until | None) -> int:
        """How many whole epochs one call of the compiled step should take; 0 where mini-batch by mini-batch is right."""
        descent, training = self.descent, self.spec.training
        if not isinstance(descent, CompiledDescent) or self.batch or descent.order is not None:
            return 0
        if not 0 < self._epoch_seconds < LONG_EPOCH_SECONDS:
            return 0
        if training.patience or training.schedule.start:
            return 1  # what one epoch came to decides about the next
        until_then = math.ceil(until.value) - self.epoch if until is not None and until.metric == "epoch" else math.inf
        return int(max(min(CALL_SECONDS / self._epoch_seconds, descent.epochs_ahead, until_then), 1))

    def _train_epochs(self, k: int, until: Until | None) -> None:
        """``k`` epochs in one call; fewer where ``until`` was reached before. Raises :class:`Diverged`.

        Where something happened on the way, the state is that of no moment any more: it goes back and on to the epoch
        where it happened, with the same bits.
        """
        descent, began = self.descent, time.perf_counter()
        assert isinstance(descent, CompiledDescent)
        schedule, rate = self.spec.training.schedule, self.spec.optimizer.learning_rate
        rates = [rate * schedule.share(self.epoch + i, self._memory) for i in range(k)]
        before, limit = self.capture(), EXPLODED * self._reference
        rows = descent.epochs(rates, limit).tolist()
        sound = len(rows)
        if until is not None:
            reached = (i for i, row in enumerate(rows, 1) if until.reached(Metrics(self.epoch + i, *row)))
            rows = rows[: next(reached, sound)]
        if len(rows) < k:
            self.restore(before)
            if rows:
                self.descent.epochs(rates[: len(rows)], limit)  # type: ignore[attr-defined]
        self._epoch_seconds = (time.perf_counter() - began) / k
        for row in rows:
            self._finish_epoch(tuple(row))
        if len(rows) == sound < k:
            self._train_epoch_rest()

    def advance(self, stop: Callable[[], bool], until: Until | None = None) -> bool:
        """Train until ``stop()``, which is asked before each mini-batch, or every few milliseconds with the compiled step.

        Returns True when ``until`` was reached at the end of an epoch, or early stopping struck. A run that diverged
        does nothing.
        """
        with self._guard():
            while self.diverged is None:
                if at_once := self._epochs_at_once(until):
                    if stop():
                        return False
                    self._train_epochs(at_once, until)
                elif not self._train_epoch_rest(stop):
                    return False
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
                    self._finish_epoch(self.descent.figures())
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
                    self._finish_epoch(self.descent.figures())
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
            self._memory, self._watch, self.stopped, descent.compiled,
        )  # fmt: skip

    def restore(self, moment: Moment) -> None:
        """Go back (or over) to ``moment`` of this run, with the settings it had."""
        self._looked_at = None
        self._configure(moment.spec, new_slots=True, compiled=moment.compiled)
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
        self.restore(replace(moment, compiled=self.descent.compiled))
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
                self._finish_epoch(self.descent.figures())
        compiled = is_quicker(settings, self.network.dtype)
        if settings != self.spec or compiled != self.descent.compiled:
            self._configure(settings, type(settings.optimizer) is not type(self.spec.optimizer), compiled)
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
