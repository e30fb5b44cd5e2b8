"""The descent of one run: its training samples in shuffled mini-batches, and what each of them does to the weights."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.evaluation import Evaluation
from engine.network import LayerWork, Network
from engine.optimizers import Optimizer
from engine.penalties import MaxNorm, Penalty, clip_norm
from engine.perturbation import Perturbation, smooth
from engine.spec import ExperimentSpec


class Descent:
    """What moves the weights of ``network``: samples, optimizer with its running vectors, random generator.

    ``order`` is the permutation of the epoch at hand, None between epochs; ``step`` counts updates, from 1 at the first.
    Everything that decides the next update is in ``network.params``, ``slots``, ``step``, ``order`` and ``rng``.
    """

    def __init__(self, spec: ExperimentSpec, data: Data, network: Network) -> None:
        self.network, self._samples = network, data.train
        self.n = len(data.train)
        self.rng = np.random.default_rng([spec.training.seed, 1])
        self.order: NDArray | None = None
        self.step = 0
        self.optimizer: Optimizer = spec.optimizer
        self.slots: tuple[NDArray, ...] = ()
        # An epoch's samples in its order: one shuffled copy, instead of picking rows for each mini-batch.
        self.x = np.empty_like(data.train.x, subok=False)
        self.targets = np.empty_like(data.train.targets, subok=False)
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
        self._configure_regularization(spec)
        self._update = self._minimize if spec.optimizer.full_batch else self._take_step
        self.batch_size = size = spec.batch_size(self.n)
        drops = tuple(share > 0 for share in spec.dropout)
        # Views into the shuffled copy, made once: an epoch only has to refill the copy.
        self._batches = [
            (self.x[i : i + size], self.targets[i : i + size], self.network.work(min(size, self.n - i), drops))
            for i in range(0, self.n, size)
        ]

    def _configure_regularization(self, spec: ExperimentSpec) -> None:
        """What an update does besides the gradient of the loss; None where it is switched off."""
        training, network = spec.training, self.network
        penalty = Penalty(network.layout, training.l1, training.l2, network.dtype, training.l2_per_sample)
        self._penalty = penalty or None
        self._clip_norm = training.clip_norm
        self._perturbation = Perturbation(spec, self.rng) or None
        self._max_norm = MaxNorm(network.weights, training.max_norm) if training.max_norm else None
        smoothing = 0.0 if network.loss.regression else training.label_smoothing
        if smoothing != self._smoothing:
            self._smoothing = smoothing
            if self.order is not None:
                self.shuffle(self.order)  # the copy at hand has the targets of before

    def set_rate(self, learning_rate: float) -> None:
        """The learning rate from now on."""
        self.optimizer = replace(self.optimizer, learning_rate=learning_rate)

    def restore(self, slots: tuple[NDArray, ...], step: int, rng: dict[str, Any], order: NDArray | None) -> None:
        """Stand where a moment stood; the weights are the network's."""
        for slot, kept in zip(self.slots, slots, strict=True):
            slot[:] = kept
        self.step = step
        self.rng.bit_generator.state = rng
        self.order = None
        if order is not None:
            self.shuffle(order.copy())

    # --- an epoch -------------------------------------------------------------------------------------------------

    @property
    def n_batches(self) -> int:
        """Mini-batches in an epoch."""
        return len(self._batches)

    def begin_epoch(self) -> None:
        """Draw the order of the samples."""
        self.shuffle(self.rng.permutation(self.n))

    def shuffle(self, order: NDArray) -> None:
        """Fill the shuffled copy: row ``i`` of it is sample ``order[i]``."""
        self.order = order
        np.take(self._samples.x, order, axis=0, out=self.x)
        np.take(self._samples.targets, order, axis=0, out=self.targets)
        if self._smoothing:
            smooth(self.targets, self._smoothing)

    def end_epoch(self) -> None:
        """What is left of the epoch's order is forgotten."""
        self.order = None

    def length(self, batch: int) -> int:
        """Samples in mini-batch ``batch``: the last may be short."""
        return min(self.batch_size, self.n - batch * self.batch_size)

    def train(self, batch: int) -> bool:
        """Forward, backward, update: mini-batch ``batch`` of this epoch. False when a weight stopped being finite."""
        x, targets, work = self._batches[batch]
        params = self.network.params
        if self._perturbation is not None:
            x = self._perturbation.apply(x, work)
        self.step += 1
        self._update(x, targets, work)
        if self._max_norm is not None:
            self._max_norm.apply()
        # One dot product finds a NaN or an infinity anywhere; a NaN compares false.
        return bool(params.dot(params) < math.inf)

    def figures(self) -> tuple[float, ...]:
        """Losses and scores of all samples now, as a row of the history has them after the epoch."""
        return self._evaluation()

    def _take_step(self, x: NDArray, targets: NDArray, work: list[LayerWork]) -> None:
        """The gradient of the mini-batch and the optimizer's step against it."""
        network = self.network
        params, grads = network.params, network.grads
        network.forward(x, work)
        network.backward(x, targets, work)
        if self._clip_norm:
            clip_norm(grads, self._clip_norm)
        if self._penalty is not None:
            self._penalty.add_gradient(params, grads, self._scratch, len(x))
        self.optimizer.update(params, grads, self.slots, self.step, self._scratch)

    def _minimize(self, x: NDArray, targets: NDArray, work: list[LayerWork]) -> None:
        """The optimizer asks for loss and gradient over all samples as often as it likes."""
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
