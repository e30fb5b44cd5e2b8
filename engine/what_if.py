"""What if: the loss after one update at other learning rates, from the weights as they are. The run itself stays untouched."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.minibatch import MiniBatch
from engine.network import LayerWork, Layout, Network
from engine.optimizers import Optimizer
from engine.penalties import MaxNorm, Penalty, clip_norm
from engine.predictions import some_of
from engine.spec import ExperimentSpec

FACTORS = (1 / 30, 1 / 10, 1 / 3, 1.0, 3.0, 10.0, 30.0)
SLOWEST, FASTEST = 1e-6, 1e6  # what a learning rate may be
# Samples that each rate is measured on: fewer of a large network, so that the answer comes while one still looks at it.
FEWEST, MOST, MULTIPLICATIONS = 100, 1_000, 30_000_000
_NEAR = 0.15


@dataclass(frozen=True)
class WhatIf:
    """The mean loss after one update at each of ``rates`` (m,), without penalty; infinite where it is no number any more.

    ``batch`` (m,) is measured on the ``n_batch`` samples of the mini-batch that the update is made from, as training sees
    them, ``sample`` (m,) on ``n_sample`` training samples, always the same ones, as they are; ``batch_now`` and
    ``sample_now`` are the losses before. ``rates`` are settings: the update is made at ``share`` of them, which is what the
    schedule lets through. ``present`` is the place of the setting of now.
    """

    rates: NDArray
    batch: NDArray
    sample: NDArray
    batch_now: float
    sample_now: float
    n_batch: int
    n_sample: int
    share: float
    present: int
    run: int = 0
    epoch: int = 0

    @property
    def best(self) -> int | None:
        """The place of the rate with the least loss on the sample, which tells more than one mini-batch; None where none
        is below the loss of now.
        """
        at = int(self.sample.argmin())
        return at if self.sample[at] < self.sample_now else None


def rates_around(rate: float) -> tuple[float, ...]:
    """Seven rates around ``rate``, on the 1-3-10 ladder where that is near; those beyond the allowed ends are left out.

    >>> rates_around(0.03)
    (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
    >>> rates_around(0.05)
    (0.0017, 0.005, 0.017, 0.05, 0.15, 0.5, 1.5)
    """
    around = (rate if factor == 1 else _rung(rate * factor) for factor in FACTORS)
    return tuple(value for value in around if SLOWEST <= value <= FASTEST)


def _rung(value: float) -> float:
    exponent = math.floor(math.log10(value))
    rungs = [float(f"{digit}e{e}") for e in (exponent, exponent + 1) for digit in (1, 3)]
    nearest = min(rungs, key=lambda rung: abs(math.log(rung / value)))
    return nearest if abs(nearest / value - 1) < _NEAR else float(f"{value:.2g}")


class NextStep:
    """The next update of a network, made as often as one likes, at any learning rate, always from the same weights.

    It is what :class:`engine.descent.Descent` does with a mini-batch, number by number, on arrays of its own.
    """

    def __init__(self, spec: ExperimentSpec, params: NDArray, batch: MiniBatch) -> None:
        """``params`` (n_parameters,) are the weights of now. Raises ``ValueError`` for an optimizer without a rate."""
        if spec.optimizer.full_batch:
            raise ValueError(f"{spec.optimizer.label} finds its own step and has no learning rate to try")
        self._spec, self._start, self._batch = spec, params.copy(), batch
        self.network = network_of(spec, params)
        self.loss = self.batch_loss()
        self._gradient = self._compute_gradient()

    def _compute_gradient(self) -> NDArray:
        network, training, batch = self.network, self._spec.training, self._batch
        network.backward(batch.x, batch.targets, _work(network, batch))
        if training.clip_norm:
            clip_norm(network.grads, training.clip_norm)
        penalty = Penalty(network.layout, training.l1, training.l2, network.dtype, training.l2_per_sample)
        if penalty:
            penalty.add_gradient(network.params, network.grads, np.empty_like(network.params), len(batch))
        return network.grads.copy()

    def take(self, optimizer: Optimizer) -> None:
        """Have ``network`` hold the weights after the update by ``optimizer``."""
        network, batch = self.network, self._batch
        network.params[:] = self._start
        slots = tuple(slot.copy() for slot in batch.slots)
        optimizer.update(network.params, self._gradient.copy(), slots, batch.step, np.empty_like(network.params))
        if self._spec.training.max_norm:
            MaxNorm(network.weights, self._spec.training.max_norm).apply()

    def batch_loss(self) -> float:
        """The mean loss of the mini-batch as training sees it: augmented, noisy, with its dropout and softened targets."""
        return batch_loss(self.network, self._batch)

    def loss_of(self, x: NDArray, targets: NDArray) -> float:
        """The mean loss of samples as they are: (n, n_in) and (n, n_out)."""
        network = self.network
        return _finite(network.loss.value(network.forward(x, network.work(len(x))), targets))


def network_of(spec: ExperimentSpec, params: NDArray) -> Network:
    """A network of ``spec`` with a copy of ``params`` (n_parameters,), in their precision."""
    network = Network(Layout(spec.layer_sizes), spec.activations, spec.loss, params.dtype.type)
    network.params[:] = params
    return network


def batch_loss(network: Network, batch: MiniBatch) -> float:
    """The mean loss of a mini-batch as training sees it, infinite where it is no number."""
    return _finite(network.loss.value(network.forward(batch.x, _work(network, batch)), batch.targets))


def _work(network: Network, batch: MiniBatch) -> list[LayerWork]:
    """Buffers for ``batch`` with its dropout masks."""
    layers = network.work(len(batch), tuple(mask is not None for mask in batch.masks))
    for layer, mask in zip(layers, batch.masks, strict=False):
        if layer.mask is not None and mask is not None:
            layer.mask[...] = mask
    return layers


def _finite(value: float) -> float:
    return float(value) if math.isfinite(value) else math.inf


def what_if(
    spec: ExperimentSpec,
    data: Data,
    params: NDArray,
    batch: MiniBatch,
    rate: float,
    *,
    run: int = 0,
    epoch: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> WhatIf | None:
    """One update from ``params`` (n_parameters,) with ``batch`` at each of :func:`rates_around`; None when ``stop()``.

    ``rate`` is the learning rate in force, after the schedule. Raises ``ValueError`` for an optimizer without a rate.
    """
    setting = spec.optimizer.learning_rate
    rates = rates_around(setting)
    rows, x, _ = some_of(data.train, min(max(MULTIPLICATIONS // len(params), FEWEST), MOST))
    x, targets = np.ascontiguousarray(x, params.dtype), data.train.targets[rows]
    after: list[tuple[float, float]] = []
    with np.errstate(all="ignore"):
        step = NextStep(spec, params, batch)
        now = step.loss_of(x, targets)
        for tried in rates:
            if stop():
                return None
            in_force = rate if tried == setting else tried * (rate / setting)
            step.take(replace(spec.optimizer, learning_rate=in_force))
            after.append((step.batch_loss(), step.loss_of(x, targets)))
    losses = np.array(after)
    return WhatIf(
        np.array(rates), losses[:, 0], losses[:, 1], step.loss, now, len(batch), len(x), rate / setting,
        rates.index(setting), run, epoch,
    )  # fmt: skip
