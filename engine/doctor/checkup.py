"""Checkup: what the rules may look at of one moment of a run. What costs anything is computed once, when asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.activations import Activation
from engine.data import Part
from engine.evaluation import CHUNK
from engine.features import FEATURES
from engine.network import Network
from engine.snapshot import RunState, Snapshot
from engine.trace import Trace, trace

MOST_SAMPLES = 500
FEWEST_SAMPLES = 32
# Of large networks fewer samples are looked at: about 0.05 s of one core, three passes of a multiplication and an addition.
MOST_MULTIPLICATIONS = 100_000_000
# Accuracy, or R², of the training samples from which a network has learned its task and may have its ways.
LEARNED = 0.95
# |f'(z)| below this share of its largest: 20 times slower than in the middle. Of tanh that is |z| > 2.2, of sigmoid 4.4.
FLAT = 0.05
# The share of the samples for which a unit must be flat to count as saturated.
NEARLY_ALL = 0.9
_PROBES = np.linspace(-12, 12, 481)


@dataclass(frozen=True)
class Checkup:
    """One moment. ``since``: the epoch from which the settings are those of now; the history before says nothing of them.

    Layers count as everywhere: 0 the inputs, hidden layers from 1.
    """

    snapshot: Snapshot
    since: int = 0

    # --- the experiment -------------------------------------------------------------------------------------------

    @cached_property
    def hidden(self) -> range:
        """The hidden layers."""
        return range(1, self.snapshot.layout.depth)

    @property
    def train(self) -> Part:
        """The training samples."""
        return self.snapshot.data.train

    @property
    def diverged(self) -> bool:
        """Whether training stopped because the numbers ran away."""
        return self.snapshot.state is RunState.DIVERGED

    @property
    def learned(self) -> bool:
        """The training samples are answered well."""
        return bool(self.snapshot.metrics.train_accuracy >= LEARNED)

    def activation(self, layer: int) -> Activation:
        """Of hidden layer ``layer``."""
        return self.snapshot.spec.activations[layer - 1]

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """What the inputs are called."""
        data = self.snapshot.data.spec
        if data.dataset.planar:
            return tuple(FEATURES[name][0] for name in data.features)
        return tuple(f"input {i + 1}" for i in range(data.n_inputs))

    # --- the history ----------------------------------------------------------------------------------------------

    @cached_property
    def history(self) -> NDArray:
        """(n, 5 or 7) rows of the history under the settings of now, the first where they began."""
        rows = self.snapshot.history
        return rows[rows[:, 0] >= self.since]

    # --- what the network makes of its samples --------------------------------------------------------------------

    @cached_property
    def rows(self) -> NDArray:
        """(n,) places of the training samples that are looked at, evenly spread over all."""
        n = len(self.train)
        affordable = int(MOST_MULTIPLICATIONS / max(self.snapshot.spec.n_multiplications, 1))
        n_rows = min(n, MOST_SAMPLES, max(affordable, FEWEST_SAMPLES))
        return np.unique(np.linspace(0, n - 1, n_rows).astype(np.int64))

    @cached_property
    def _can_see_all(self) -> bool:
        return len(self.train) * self.snapshot.spec.n_multiplications <= MOST_MULTIPLICATIONS

    @property
    def every_sample(self) -> str:
        """How a sentence calls the samples that :meth:`silent` has looked at."""
        if len(self.rows) == len(self.train) or self._can_see_all:
            return "every training sample"
        return f"each of {len(self.rows):,} training samples"

    @cached_property
    def trace(self) -> Trace:
        """Forward and backward of those samples, without dropout."""
        snapshot, rows = self.snapshot, self.rows
        return trace(snapshot.spec, snapshot.layout, snapshot.params, self.train.x[rows], self.train.targets[rows])

    def z(self, layer: int) -> NDArray:
        """(n, width) weighted sums of hidden layer ``layer``."""
        return self.trace.z[layer - 1]

    def a(self, layer: int) -> NDArray:
        """(n, width) activations of hidden layer ``layer``."""
        return self.trace.a[layer - 1]

    def slope(self, layer: int) -> NDArray:
        """(n, width) f'(z) of hidden layer ``layer``."""
        return self.trace.slope[layer - 1]

    def silent(self, layer: int) -> NDArray:
        """(width,) whether a = 0 and f'(z) = 0 for all training samples; where that is too much work, for those looked at."""
        found = _is_silent(self.a(layer), self.slope(layer))
        if found.any() and len(self.rows) < len(self.train) and self._can_see_all:
            for start in range(0, len(self.train), CHUNK):
                x = self.train.x[start : start + CHUNK]
                work = self._network.work(len(x))
                self._network.forward(x, work)
                found &= _is_silent(work[layer - 1].a, slopes(self.activation(layer), work[layer - 1].z))
        return found

    def saturated(self, layer: int) -> NDArray:
        """(n,) neurons of hidden layer ``layer`` that are flat for nearly all samples; none where f has no ceiling."""
        steepest = self.steepest(layer)
        if not (all(map(math.isfinite, self.activation(layer).range)) and steepest > 0):
            return np.empty(0, np.int64)
        flat = (np.abs(self.slope(layer)) < FLAT * steepest).mean(axis=0)
        return np.flatnonzero(flat >= NEARLY_ALL)

    @cached_property
    def _network(self) -> Network:
        snapshot = self.snapshot
        network = Network(snapshot.layout, snapshot.spec.activations, snapshot.spec.loss, snapshot.params.dtype.type)
        network.params[:] = snapshot.params
        return network

    def steepest(self, layer: int) -> float:
        """The largest |f'(z)| that the activation of hidden layer ``layer`` has."""
        return float(np.abs(slopes(self.activation(layer), _PROBES)).max())

    @cached_property
    def gradients(self) -> tuple[float, ...]:
        """One number a layer of weights: what one sample asks of one weight, as root mean square over both.

        √(mean over samples of (mean a²)·(mean δ²)): normalised per weight, so that a wide layer does not look steep only
        because it has many; and over samples, not of their mean, which is 0 at every plateau whatever reaches the layer.
        """
        parts = zip(self.trace.inputs, self.trace.delta, strict=True)
        return tuple(
            float(np.sqrt(np.mean(np.mean(np.square(a, dtype=np.float64), 1) * np.mean(np.square(d, dtype=np.float64), 1))))
            for a, d in parts
        )  # fmt: skip

    @cached_property
    def mean_gradient(self) -> NDArray:
        """(n_parameters,) gradient of the mean loss over the samples looked at."""
        return self.trace.grads

    # --- the weights ----------------------------------------------------------------------------------------------

    def weight_size(self, layer: int) -> float:
        """Root mean square of the weights into ``layer`` (1 is the first that has any)."""
        return rms(self.snapshot.weights(layer - 1))

    @cached_property
    def first_weight_sizes(self) -> tuple[float, ...]:
        """Root mean square of each layer's first weights."""
        return tuple(rms(weights) for weights in Network.of(self.snapshot.spec).weights)

    def layer_name(self, layer: int) -> str:
        """``hidden 1``, ``the output``."""
        return "the output" if layer == self.snapshot.layout.depth else f"hidden {layer}"


def _is_silent(a: NDArray, slope: NDArray) -> NDArray:
    silent: NDArray = ((a == 0) & (slope == 0)).all(axis=0)
    return silent


def rms(values: NDArray) -> float:
    """Root mean square, in float64."""
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) if values.size else 0.0


def slopes(activation: Activation, z: NDArray) -> NDArray:
    """f'(z), newly allocated."""
    a, slope = np.empty_like(z), np.empty_like(z)
    activation.forward(z, a)
    activation.gradient(z, a, slope)
    return slope


def flat_parts(activation: Activation, steepest: float, share: float) -> tuple[tuple[float, float], ...]:
    """The intervals of z where |f'(z)| is at most ``share`` of its largest; what is flat at ±12 is so beyond."""
    flat = np.abs(slopes(activation, _PROBES)) <= share * steepest
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flat, [False]]).astype(np.int8)))
    ends = _PROBES[np.minimum(edges - np.arange(len(edges)) % 2, len(_PROBES) - 1)]
    ends = np.where(np.abs(ends) == _PROBES[-1], np.copysign(np.inf, ends), ends)
    return tuple((float(low), float(high)) for low, high in ends.reshape(-1, 2))
