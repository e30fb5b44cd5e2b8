"""Trainer: one run of one experiment. It advances by phase, sample, mini-batch, epoch or until it is told to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engine.compiled import CompiledDescent, is_quicker
from engine.errors import BAD_DATA, TOO_FAST, Diverged
from engine.evaluation import CHUNK
from engine.minibatch import MiniBatch
from engine.phases import Kind, following
from engine.run import Run
from engine.snapshot import Metrics
from engine.stopping import Until, judged
from engine.timeline import Moment

# A loss this many times the first one (or 1, if that is more) has exploded; up to the calm limit one may go back to it.
EXPLODED = 100.0
CALM = 10.0
KEEP_EVERY_SECONDS = 0.01
# How long the compiled step stays away in one call, and what an epoch may take to be trained in such calls at all.
CALL_SECONDS = 0.014
LONG_EPOCH_SECONDS = 0.03


class Trainer(Run):
    """Advances a run and takes it back. The same spec gives the same bits, whatever the steps in which it is advanced."""

    # --- training -------------------------------------------------------------------------------------------------

    def _train_batch(self) -> None:
        """One mini-batch. Raises :class:`Diverged` when a weight stops being finite."""
        if self.descent.order is None:
            self.descent.begin_epoch()
        if not self.descent.train(self.batch):
            lost = "answers" if np.isfinite(self.network.params).all() else "weights"
            raise self._diverged(f"the {lost} are no longer finite numbers", self.epoch, self.batch)
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
        if not metrics.train_loss <= EXPLODED * self._reference:
            raise self._diverged(f"the loss grew to {metrics.train_loss:.3g}", self.epoch - 1, self.n_batches - 1)
        if not math.isfinite(metrics.test_loss):
            raise self._diverged("the test loss is no longer a finite number", self.epoch - 1, self.n_batches - 1)
        self._memory = self.spec.training.schedule.remember(self._memory, metrics.train_loss)
        self._set_rate()
        if self.spec.training.patience:
            self._watch_out(metrics)

    def _diverged(self, what: str, epoch: int, batch: int) -> Diverged:
        return Diverged(what, epoch, batch, TOO_FAST if self.data.is_computable() else BAD_DATA)

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
        figures = self._measure_rest(stop)
        if figures is None:
            return False
        self._finish_epoch(figures)
        if whole:
            self._epoch_seconds = time.perf_counter() - began
        return True

    def _measure_rest(self, stop: Callable[[], bool] | None = None) -> tuple[float, ...] | None:
        """The figures after the last mini-batch; None when ``stop()`` came first, and then they are gone on with."""
        if self._measuring is None:
            self._measuring = self.descent.measuring()
        while True:
            try:
                next(self._measuring)
            except StopIteration as done:
                self._measuring = None
                figures: tuple[float, ...] = done.value
                return figures
            if stop is not None and stop():
                return None

    def settle(self) -> None:
        """Finish an epoch all of whose mini-batches are trained, where :meth:`advance` was stopped before it was measured."""
        if self.batch == self.n_batches and self.diverged is None:
            with self._guard():
                figures = self._measure_rest()
                assert figures is not None
                self._finish_epoch(figures)
                self._keep()

    def capture(self, pinned: bool = False) -> Moment:
        self.settle()
        return super().capture(pinned)

    def minibatch(self) -> MiniBatch:
        self.settle()
        return super().minibatch()

    def _epochs_at_once(self, until: Until | None) -> int:
        """How many whole epochs one call of the compiled step should take; 0 where mini-batch by mini-batch is right."""
        descent, training = self.descent, self.spec.training
        if not isinstance(descent, CompiledDescent) or self.batch or descent.order is not None or descent.assembled:
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
        self.settle()
        with self._guard():
            if self.diverged is None:
                self._train_one()

    def _train_one(self) -> None:
        """One mini-batch, and what is due at the end of an epoch."""
        self._train_batch()
        if self.batch == self.n_batches:
            self._finish_epoch(self.descent.figures())
            self._keep()

    def step_phase(self) -> None:
        """Look at the next phase of the mini-batch at hand. With the update the weights move, as one mini-batch.

        Until then nothing of the run changes: forward, loss and backward are what the update is about to compute, and
        whoever shows them computes them from :meth:`minibatch`. A ``full_batch`` optimizer has the phases of its first pass
        over all samples; its update makes as many more as it likes.
        """
        self.settle()
        phase = following(self.phase, self.network.layout.depth)
        with self._guard():
            if self.diverged is not None:
                return
            if phase.kind is Kind.UPDATE:
                before = self.network.params.copy()
                before.flags.writeable = False
                self._train_one()
                self._before = before
            self.phase = phase

    def step_sample(self) -> None:
        """Look at one sample. With the last sample of its mini-batch the weights move, as one mini-batch.

        So stepping by samples ends in the same bits as playing: a step shows training and never changes it.
        """
        self.settle()
        with self._guard():
            if self.diverged is not None:
                return
            if self.descent.order is None:
                self.descent.begin_epoch()
            self.sample += 1
            if self.sample == self.descent.length(self.batch):
                looked_at = self.sample_index
                self._train_one()
                self._looked_at = looked_at

    def _guard(self) -> _Guard:
        return _Guard(self)

    # --- the past -------------------------------------------------------------------------------------------------

    def step_back(self) -> bool:
        """To the start of this epoch, or of the one before; False when there is none.

        The settings of now stay: going forward without a change in between gives the same bits.
        """
        if not self.can_step_back:
            return False
        self.diverged = None
        target = self.epoch if (self.batch or self.sample or self.in_phases) else self.epoch - 1
        with np.errstate(all="ignore"):
            self._go_to((max(target, self.timeline.first().epoch), 0, 0))
        return True

    def go_to(self, epoch: int) -> None:
        """Be at the start of ``epoch`` of the past, with the settings of now; what came after it is forgotten."""
        self.diverged = None
        with np.errstate(all="ignore"):
            self._go_to((max(epoch, self.timeline.first().epoch), 0, 0))

    def train_again(self, position: tuple[int, int, int], stop: Callable[[], bool] | None = None) -> bool:
        """Train to ``position`` as it was trained before, and keep nothing; False when ``stop()`` came first."""
        with np.errstate(all="ignore"):
            while self.epoch < position[0]:
                if at_once := min(self._epochs_at_once(None), position[0] - self.epoch):
                    if stop is not None and stop():
                        return False
                    self._train_epochs(at_once, None)
                elif not self._train_epoch_rest(stop):
                    return False
            while self.batch < position[1]:
                self._train_batch()
        return True

    def _go_to(self, position: tuple[int, int, int]) -> None:
        """Be at ``position`` of the past: from the kept moment before it, by training as it was trained then."""
        settings = self.spec
        self.restore(self.timeline.before(position))
        self.timeline.drop_after(position)
        self.train_again(position)
        compiled = is_quicker(settings, self.network.dtype)
        if settings != self.spec or compiled != self.descent.compiled:
            self._configure(settings, type(settings.optimizer) is not type(self.spec.optimizer), compiled)
            self._note_change()
        self._keep(pinned=True)

    def _fall_back(self, diverged: Diverged) -> None:
        """After a divergence: the last finite weights; where their loss or answers had run away too, the last epoch before."""
        if self.epoch <= diverged.epoch:
            self._go_to((diverged.epoch, diverged.batch, 0))
        limit, first = CALM * self._reference, self.timeline.first().epoch
        if not (self._measure().train_loss <= limit and self._answers_are_finite()):
            rows = self.history.view()
            for epoch in rows[rows[:, 1] <= limit, 0][::-1].astype(int).tolist():
                self._go_to((max(epoch, first), 0, 0))
                if epoch <= first or self._answers_are_finite():
                    break
            else:
                self._go_to((first, 0, 0))
        self.diverged = diverged

    def _answers_are_finite(self) -> bool:
        """A loss that has a ceiling does not tell: the logits of the first training samples do."""
        x = self.data.train.x[:CHUNK]
        logits = self.network.forward(x, self.network.work(len(x))).ravel()
        return bool(logits.dot(logits) < math.inf)


class _Guard:
    """Around training: no floating-point warning escapes, and a divergence becomes a state of the trainer."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._quiet = np.errstate(all="ignore")

    def __enter__(self) -> None:
        self._trainer._looked_at = None
        self._trainer.leave_phases()
        self._quiet.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool:
        try:
            if isinstance(error, Diverged):
                self._trainer._fall_back(error)
                return True
            return False
        finally:
            self._quiet.__exit__(kind, error, trace)
