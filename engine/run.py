"""Run: where one training stands. Its data, network and settings, its history, and its past as moments to go back to."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.compiled import CompiledDescent, is_quicker
from engine.data import Data, data_for
from engine.descent import Descent
from engine.errors import Diverged, InvalidSpec
from engine.evaluation import Measuring
from engine.history import PLAIN, VALIDATED, History
from engine.minibatch import MiniBatch
from engine.network import Network
from engine.phases import Kind, Phase
from engine.probes import decision_maps, sample_activations
from engine.snapshot import Maps, Metrics, RunState, Snapshot
from engine.spec import Change, ExperimentSpec, plan
from engine.stopping import Watch
from engine.timeline import Moment, Timeline


class Run:
    """Data, network, optimizer state, random generator, history and past of one run; :class:`Trainer` moves it.

    ``epoch`` counts whole epochs done, ``batch`` the mini-batches done in the epoch at hand, ``sample`` the samples
    stepped through in the next mini-batch.
    """

    def __init__(self, spec: ExperimentSpec, data: Data | None = None, dtype: type = np.float32) -> None:
        """Raises :class:`InvalidSpec`. ``data`` may be given when it is that of ``spec.data`` already, own drawings apart."""
        self.spec = spec.checked()
        self.data = data_for(spec.data, data, dtype)
        self.network = Network.of(spec, dtype)
        self.descent = self._descent_of(spec, is_quicker(spec, dtype))
        self._epoch_seconds = 0.0
        self._memory = spec.training.schedule.start
        self._watch = Watch()
        self.stopped = ""
        self.epoch = self.batch = self.sample = 0
        self.edited = False
        self.changed_at = 0
        self.diverged: Diverged | None = None
        self._looked_at: int | None = None
        self.phase: Phase | None = None  # of the mini-batch at hand; a view of it, so that no moment keeps it
        self._before: NDArray | None = None
        self._measuring: Measuring[tuple[float, ...]] | None = None  # of the epoch whose mini-batches are all trained
        self._measured: tuple[tuple[int, int], Metrics] | None = None
        self._set_rate()
        self.history = History(columns=PLAIN if self.data.validation is None else VALIDATED)
        with np.errstate(all="ignore"):
            self.history.append(self._measure())
        first = self.history.last().train_loss
        self._reference = max(first, 1.0) if math.isfinite(first) else 1.0
        self.timeline = Timeline()
        self._keep()

    @property
    def n_batches(self) -> int:
        """Mini-batches in an epoch."""
        return self.descent.n_batches

    @property
    def sample_index(self) -> int | None:
        """Row of an epoch (:meth:`Data.trained`) that the last sample step looked at."""
        order = self.descent.order
        if self.sample and order is not None:
            return int(order[self.batch * self.descent.batch_size + self.sample - 1])
        return None

    # --- settings -------------------------------------------------------------------------------------------------

    def _descent_of(self, spec: ExperimentSpec, compiled: bool) -> Descent:
        return (CompiledDescent if compiled else Descent)(spec, self.data, self.network)

    def _configure(self, spec: ExperimentSpec, new_slots: bool, compiled: bool) -> None:
        if type(spec.training.schedule) is not type(self.spec.training.schedule):
            self._memory = spec.training.schedule.start
        same_samples = spec.data == self.data.spec
        same_judge = same_samples and spec.training.stop_on_score == self.spec.training.stop_on_score
        if not same_judge or not spec.training.patience:
            self._watch = Watch()  # weights that never met what was taught since must not come back as the best
        if not same_samples:
            self.data = data_for(spec.data, self.data, self.network.dtype)
            self._looked_at = None
        self.spec, self._measuring = spec, None
        if compiled == self.descent.compiled and same_samples:
            self.descent.configure(spec, new_slots)
        else:
            old, self.descent = self.descent, self._descent_of(spec, compiled)
            slots, step = (self.descent.slots, 0) if new_slots else (old.slots, old.step)
            self.descent.restore(slots, step, old.rng.bit_generator.state, old.order)
        self._set_rate()
        self._epoch_seconds = 0.0

    def reconfigure(self, spec: ExperimentSpec) -> None:
        """Go on with other settings and the same weights. Raises ``ValueError`` when ``spec`` needs another network."""
        if plan(self.spec, spec) > Change.HOT:
            raise ValueError("these settings need a new network")
        spec.checked()
        if spec == self.spec:
            return
        resized = spec.data != self.spec.data or spec.batch_size(self.descent.n) != self.descent.batch_size
        if resized and (self.batch or self.sample):
            # Other mini-batches: what is left of this epoch can't be cut the same way, so it starts anew.
            self.batch = self.sample = 0
            self.descent.end_epoch()
        new_slots = type(spec.optimizer) is not type(self.spec.optimizer)
        self._configure(spec, new_slots, is_quicker(spec, self.network.dtype))
        self._note_change()
        self.diverged = None
        self.leave_phases()
        self._keep(pinned=True)

    def choose_step(self) -> None:
        """From here on train with the compiled step where it is loaded and quicker, else with NumPy.

        A new trainer and every change of settings choose by themselves; this is for the moment it has been loaded. The two
        differ by float32 rounding, so each moment of the past remembers which one it was trained with.
        """
        compiled = is_quicker(self.spec, self.network.dtype)
        if compiled != self.descent.compiled:
            self._configure(self.spec, new_slots=False, compiled=compiled)
            self._note_change()
            self._keep(pinned=True)

    def _note_change(self) -> None:
        """Training from an earlier epoch does not come to what is here any more, since only here the change was made."""
        self.changed_at = self.epoch + (self.batch > 0)

    def _set_rate(self) -> None:
        """The learning rate of this epoch."""
        share = self.spec.training.schedule.share(self.epoch, self._memory)
        self.descent.set_rate(self.spec.optimizer.learning_rate * share)

    def edit(self, index: int, value: float) -> None:
        """Set one parameter of the flat buffer. Raises ``ValueError`` for a value that is not finite."""
        if not math.isfinite(value):
            raise ValueError("a weight must be a finite number")
        self.network.params[index] = value
        self.edited, self._measuring = True, None
        self._note_change()
        self.diverged = None
        self._measured = None
        self.leave_phases()
        self._keep(pinned=True)

    # --- the past -------------------------------------------------------------------------------------------------

    def capture(self, pinned: bool = False) -> Moment:
        """This moment, whole: :meth:`restore` goes on from it with the same bits."""
        descent = self.descent
        return Moment(
            self.spec, self.epoch, self.batch, self.sample, self.network.params.copy(),
            tuple(slot.copy() for slot in descent.slots), descent.step, dict(descent.rng.bit_generator.state),
            None if descent.order is None else descent.order.copy(), len(self.history), self.edited, pinned,
            self._memory, self._watch, self.stopped, descent.compiled, self.changed_at,
        )  # fmt: skip

    def restore(self, moment: Moment) -> None:
        """Go back (or over) to ``moment`` of this run, with the settings it had."""
        self._looked_at = self._measuring = None
        self.leave_phases()
        if moment.spec != self.spec or moment.compiled != self.descent.compiled:
            self._configure(moment.spec, new_slots=True, compiled=moment.compiled)
        self.epoch, self.batch, self.sample = moment.position
        self._memory, self._watch, self.stopped = moment.memory, moment.watch, moment.stopped
        self._set_rate()
        self.network.params[:] = moment.params
        self.descent.restore(moment.slots, moment.step, moment.rng, moment.order)
        self.edited, self.changed_at = moment.edited, moment.changed_at
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
    def in_phases(self) -> bool:
        """Whether the mini-batch at hand has been stepped into, by phases, and not trained yet."""
        return self.phase is not None and self.phase.kind is not Kind.UPDATE

    def leave_phases(self) -> None:
        """Forget the phases stepped through. The run stands where it stood: none of them has changed it."""
        self.phase = self._before = None

    @property
    def can_step_back(self) -> bool:
        first = self.timeline.first()
        return self.in_phases or (self.epoch, self.batch, self.sample) > first.position

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

    def _input(self, row: int) -> NDArray:
        """(n_inputs,) of a row of an epoch."""
        part, place = self.data.trained(row)
        x: NDArray = part.x[place]
        return x

    def maps(self, side: int) -> Maps | None:
        """What every neuron computes over the plane, ``side`` × ``side``; None for data that is not planar."""
        if not self.spec.data.dataset.planar:
            return None
        with np.errstate(all="ignore"):
            return decision_maps(self.spec, self.network.layout, self.network.params, side)

    def minibatch(self) -> MiniBatch:
        """The mini-batch that is trained next."""
        return self.descent.peek(self.batch)

    def snapshot(
        self, run: int = 0, running: bool = False, side: int = 0, minibatch: bool = False, **more: Any
    ) -> Snapshot:
        """This moment for the window; with ``side`` > 0 with maps of that resolution, with ``minibatch`` the next one.

        While ``running`` the metrics are those of the last whole epoch, which cost nothing.
        """
        params = self.network.params.copy()
        params.flags.writeable = False
        index = self.sample_index if self.sample else self._looked_at
        batch = self.minibatch() if minibatch or self.in_phases else None
        if index is None and batch is not None and self.in_phases:
            index = int(batch.rows[0])  # the sample whose numbers the phases show
        return Snapshot(
            run=run, spec=self.spec, layout=self.network.layout, data=self.data, params=params, epoch=self.epoch,
            batch=self.batch, batches=self.n_batches, sample=self.sample,
            metrics=self.history.last() if running else self.metrics(), history=self.history.view(),
            state=RunState.DIVERGED if self.diverged else RunState.RUNNING if running else RunState.PAUSED,
            message=str(self.diverged or self.stopped), maps=self.maps(side) if side else None,
            minibatch=batch, sample_index=index,
            activations=None if index is None else sample_activations(
                self.spec, self.network.layout, params, self._input(index)),
            can_step_back=self.can_step_back, edited=self.edited,
            learning_rate=self.descent.optimizer.learning_rate,
            best_epoch=self._watch.epoch if self.spec.training.patience else None, waited=self._watch.waited,
            phase=self.phase, before=self._before,
            first_epoch=self.timeline.first().epoch, last_epoch=self.epoch, changed_at=self.changed_at, **more,
        )  # fmt: skip
