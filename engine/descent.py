"""The descent of one run: its training samples in shuffled mini-batches, and what each of them does to the weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine import ahead
from engine.assembly import Assembly
from engine.augmentation import Distort, distort
from engine.data import Data
from engine.evaluation import Evaluation, Measuring, whole
from engine.minibatch import MiniBatch
from engine.network import LayerWork, Network
from engine.optimizers import Optimizer, pieces
from engine.penalties import MaxNorm, Penalty, clip_norm
from engine.perturbation import Perturbation, smooth
from engine.spec import ExperimentSpec

WINDOW_BYTES = 1_000_000
# Images of assembled mini-batches made in one go: enough that handing them over costs little beside making them.
ASSEMBLED_ROWS = 512


class Descent:
    """What moves the weights of ``network``: samples, optimizer with its running vectors, random generator.

    ``order`` is the permutation of the epoch at hand, None between epochs; ``step`` counts updates, from 1 at the first.
    Everything that decides the next update is in ``network.params``, ``slots``, ``step``, ``order`` and ``rng``.
    """

    compiled: ClassVar[bool] = False
    _distort: Distort = staticmethod(distort)

    def __init__(self, spec: ExperimentSpec, data: Data, network: Network) -> None:
        self.network, self._data, self._samples = network, data, data.train
        self.n = data.n_trained
        self._next: tuple[tuple[int, int], ahead.Prepared] | None = None
        self.rng = np.random.default_rng([spec.training.seed, 1])
        self.order: NDArray | None = None
        self.step = 0
        self.optimizer: Optimizer = spec.optimizer
        self.slots: tuple[NDArray, ...] = ()
        self._smoothing = 0.0
        self._scratch = np.empty_like(network.params)
        self._evaluation = Evaluation(network, data)
        self.configure(spec, new_slots=True)

    # --- settings -------------------------------------------------------------------------------------------------

    def configure(self, spec: ExperimentSpec, new_slots: bool) -> None:
        """Take the settings of ``spec``; with ``new_slots`` the optimizer begins with running vectors of zeros."""
        self.optimizer = spec.optimizer
        if new_slots:
            self.slots = tuple(np.zeros_like(self.network.params) for _ in spec.optimizer.slots)
            self.step = 0
        self._pieces = pieces(self.network.params, self.network.grads, self.slots, self._scratch)
        self._configure_regularization(spec)
        self._update = self._minimize if spec.optimizer.full_batch else self._take_step
        self._shuffles = spec.training.shuffle
        self.batch_size = spec.batch_size(self.n)
        self._drops = tuple(share > 0 for share in spec.dropout)
        self._assembly = Assembly(spec, self._data, self._distort) or None
        self._lay_out()

    def _lay_out(self) -> None:
        """The copy that holds samples in the epoch's order, and each mini-batch's view of it with its buffers.

        One ``take`` for many mini-batches is quicker than picking rows for each. A small data set is copied whole; of a
        large one the copy is a window that moves on, since a second MNIST would cost as much memory as the first.
        """
        x, targets, size = self._samples.x, self._samples.targets, self.batch_size
        per_window = max(WINDOW_BYTES // (size * (x[:1].nbytes + targets[:1].nbytes)), 1)
        if self._assembly is not None:
            per_window = max(ASSEMBLED_ROWS // size, 1)
        rows = min(per_window * size, self.n)
        self._per_window = per_window
        self._empty()
        self._x, self._targets = (
            np.empty((rows, x.shape[1]), x.dtype),
            np.empty((rows, targets.shape[1]), targets.dtype),
        )
        self._batches = []
        for batch in range(math.ceil(self.n / size)):
            start, n = batch % per_window * size, self.length(batch)
            rows_of_it = slice(start, start + n)
            self._batches.append((self._x[rows_of_it], self._targets[rows_of_it], self.network.work(n, self._drops)))

    def _configure_regularization(self, spec: ExperimentSpec) -> None:
        """What an update does besides the gradient of the loss; None where it is switched off."""
        training, network = spec.training, self.network
        penalty = Penalty(network.layout, training.l1, training.l2, network.dtype, training.l2_per_sample)
        self._penalty = penalty or None
        self._clip_norm = training.clip_norm
        self._perturbation = Perturbation(spec, self.rng) or None
        self._max_norm = MaxNorm(network.weights, training.max_norm) if training.max_norm else None
        self._smoothing = 0.0 if network.loss.regression else training.label_smoothing

    def set_rate(self, learning_rate: float) -> None:
        """The learning rate from now on."""
        if learning_rate != self.optimizer.learning_rate:
            self.optimizer = replace(self.optimizer, learning_rate=learning_rate)

    def restore(self, slots: tuple[NDArray, ...], step: int, rng: Mapping[str, Any], order: NDArray | None) -> None:
        """Stand where a moment stood; the weights are the network's."""
        for slot, kept in zip(self.slots, slots, strict=True):
            slot[:] = kept
        self.step = step
        self.rng.bit_generator.state = rng
        self.order = None if order is None else order.copy()
        self._empty()

    # --- an epoch -------------------------------------------------------------------------------------------------

    @property
    def assembled(self) -> bool:
        """Whether mini-batches hold more or something else than the training samples as they are."""
        return self._assembly is not None

    @property
    def n_batches(self) -> int:
        """Mini-batches in an epoch."""
        return len(self._batches)

    def begin_epoch(self) -> None:
        """Take the samples in a new order."""
        self.order = self._new_order()
        self._empty()

    def _new_order(self) -> NDArray:
        return self.rng.permutation(self.n) if self._shuffles else np.arange(self.n)

    def _empty(self) -> None:
        """Nothing is in the copy, and what was made ahead is of no use any more."""
        self._filled = -1
        if self._next is not None:
            self._next[1].cancel()
            self._next = None

    def _fill(self, batch: int) -> None:
        """Bring the window of samples that mini-batch ``batch`` is in into the copy, in the epoch's order."""
        assert self.order is not None
        self._filled = batch // self._per_window
        start = self._filled * self._per_window * self.batch_size
        if self._assembly is not None:
            self._fill_assembled(batch, batch * self.batch_size - start)
        else:
            rows = self.order[start : start + len(self._x)]
            # mode="clip" writes straight into ``out``; the default would make another copy first.
            np.take(self._samples.x, rows, axis=0, out=self._x[: len(rows)], mode="clip")
            np.take(self._samples.targets, rows, axis=0, out=self._targets[: len(rows)], mode="clip")
        if self._smoothing:
            smooth(self._targets, self._smoothing)

    def _fill_assembled(self, batch: int, start: int) -> None:
        """Assembled mini-batches, from ``batch`` to the end of its window, into the copy from row ``start`` on.

        The next window is begun, so that it is ready when it is needed. Each mini-batch is made for the number of the update
        that it will be part of.
        """
        due = (batch, self.step + 1)
        ready = self._next[1] if self._next is not None and self._next[0] == due else self._prepare(*due)
        x, targets = ready.result()
        self._x[start : start + len(x)], self._targets[start : start + len(x)] = x, targets
        after = (self._filled + 1) * self._per_window
        due = (after, self.step + 1 + after - batch)
        self._next = (due, self._prepare(*due)) if after < self.n_batches else None

    def _prepare(self, batch: int, number: int) -> ahead.Prepared:
        """The mini-batches from ``batch``, which is for update ``number``, to the end of its window."""
        assert self.order is not None
        assert self._assembly is not None
        size = self.batch_size
        end = (batch // self._per_window + 1) * self._per_window * size
        return ahead.prepare(self._assembly, self.order[batch * size : end], size, number)

    def end_epoch(self) -> None:
        """What is left of the epoch's order is forgotten."""
        self.order = None
        self._empty()

    def length(self, batch: int) -> int:
        """Samples in mini-batch ``batch``: the last may be short."""
        return min(self.batch_size, self.n - batch * self.batch_size)

    def train(self, batch: int) -> bool:
        """Forward, backward, update: mini-batch ``batch`` of this epoch. False when a logit or weight is lost."""
        if batch // self._per_window != self._filled:
            self._fill(batch)
        x, targets, work = self._batches[batch]
        params = self.network.params
        if self._perturbation is not None:
            x = self._perturbation.apply(x, work)
        self.step += 1
        logits = self._update(x, targets, work)
        if self._max_norm is not None:
            self._max_norm.apply()
        # One dot product finds a NaN or an infinity anywhere; a NaN compares false.
        return bool(logits.dot(logits) < math.inf and params.dot(params) < math.inf)

    def peek(self, batch: int) -> MiniBatch:
        """Mini-batch ``batch`` of this epoch, which is the next to be trained, as training will see it."""
        state = self.rng.bit_generator.state
        order = self._new_order() if self.order is None else self.order
        rows = order[batch * self.batch_size :][: self.length(batch)]
        if self._assembly is not None:
            x, targets = self._assembly(rows, len(rows), self.step + 1)
        else:
            x, targets = self._samples.x[rows], self._samples.targets[rows]
        if self._smoothing:
            smooth(targets, self._smoothing)
        masks: tuple[NDArray | None, ...] = ()
        if self._perturbation is not None:
            work = self.network.work(len(rows), self._drops)
            x = self._perturbation.apply(x, work).copy()
            masks = tuple(None if layer.mask is None else layer.mask.copy() for layer in work[:-1])
        self.rng.bit_generator.state = state
        return MiniBatch(rows.copy(), x, targets, masks, tuple(slot.copy() for slot in self.slots), self.step + 1)

    def figures(self) -> tuple[float, ...]:
        """Losses and scores of all samples now, as a row of the history has them after the epoch."""
        return whole(self.measuring())

    def measuring(self) -> Measuring[tuple[float, ...]]:
        """The same, piece by piece."""
        return self._evaluation.measuring()

    def _take_step(self, x: NDArray, targets: NDArray, work: list[LayerWork]) -> NDArray:
        """The gradient of the mini-batch and the optimizer's step against it. Returns all its logits, flat."""
        network = self.network
        params, grads = network.params, network.grads
        logits = network.forward(x, work).ravel()
        network.backward(x, targets, work)
        if self._clip_norm:
            clip_norm(grads, self._clip_norm)
        if self._penalty is not None:
            self._penalty.add_gradient(params, grads, self._scratch, len(x))
        for piece, piece_grads, slots, scratch in self._pieces:
            self.optimizer.update(piece, piece_grads, slots, self.step, scratch)
        return logits

    def _minimize(self, x: NDArray, targets: NDArray, work: list[LayerWork]) -> NDArray:
        """The optimizer asks for loss and gradient over all samples as often as it likes. Returns the logits at its answer."""
        network, n = self.network, len(x)

        def objective(params: NDArray) -> tuple[float, NDArray]:
            network.params[:] = params
            value = network.loss.value(network.forward(x, work), targets)
            network.backward(x, targets, work)
            if self._penalty is not None:
                value += self._penalty.value(network.params, n)
                self._penalty.add_gradient(network.params, network.grads, self._scratch, n)
            return value, network.grads.astype(np.float64)

        self.optimizer.minimize(network.params, objective)
        return network.forward(x, work).ravel()
