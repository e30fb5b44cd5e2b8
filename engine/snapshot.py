"""Snapshot: what the window may know of a run at one moment. Frozen, with read-only arrays."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.minibatch import MiniBatch
from engine.network import Layout
from engine.phases import Phase
from engine.spec import ExperimentSpec


class RunState(Enum):
    """What the trainer is doing."""

    PAUSED = "paused"
    RUNNING = "running"
    DIVERGED = "diverged"


class Metrics(NamedTuple):
    """One row of the history. Losses are without the L1/L2 penalty; accuracies are 0..1, in
    regression R² (1 at best, below 0 where the mean would do better).

    Without validation samples there are no validation figures: NaN here, and the history has five columns, not seven.
    """

    epoch: float
    train_loss: float
    test_loss: float
    train_accuracy: float
    test_accuracy: float
    validation_loss: float = math.nan
    validation_accuracy: float = math.nan


@dataclass(frozen=True, slots=True)
class Maps:
    """What every neuron answers over the plane.

    ``layers[0]`` are the input features, ``layers[-1]`` the outputs in 0..1; each is (n_neurons, side, side) float32,
    row 0 at the TOP of the picture (x2 = high), column 0 at the left (x1 = low). ``domain`` is the interval of both axes.
    """

    domain: tuple[float, float]
    layers: tuple[NDArray, ...]

    @property
    def side(self) -> int:
        return int(self.layers[0].shape[-1])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of one run.

    ``run`` grows with every new start, so that a stale snapshot can be dropped. ``history`` is (n, 5 or 7) float64 in the
    order of :class:`Metrics`, a prefix that is never rewritten. ``batch`` counts the mini-batches done in this epoch and
    ``sample`` the samples stepped through in the mini-batch at hand. ``activations`` are those of ``sample_index``, a row of
    an epoch (:meth:`engine.data.Data.trained`) that a sample or phase step looks at, one (n_neurons,) array a layer, inputs
    first. ``learning_rate`` is the one in force, after the schedule. ``best_epoch`` is the best so far to early stopping, None
    where it is off; ``waited`` counts the epochs without progress since, and training stops when they are more than the spec's
    ``patience``. ``phase`` is the last one stepped through, None outside of phase steps; before its update ``minibatch`` is
    always there, and after it ``before`` (n_parameters,) are the parameters that the update found.

    The run can be looked at from ``first_epoch`` to ``last_epoch``. A ``viewed`` snapshot is such a look at the past: it
    shows its moment, but the history of the whole run. Trained on from an epoch before ``changed_at``, the run would come to
    something else than it did, since settings or weights were changed there by hand.
    """

    run: int
    spec: ExperimentSpec
    layout: Layout
    data: Data
    params: NDArray
    epoch: int
    batch: int
    batches: int
    sample: int
    metrics: Metrics
    history: NDArray
    state: RunState = RunState.PAUSED
    message: str = ""
    maps: Maps | None = None
    minibatch: MiniBatch | None = None
    sample_index: int | None = None
    activations: tuple[NDArray, ...] | None = None
    epochs_per_second: float = 0.0
    can_step_back: bool = False
    edited: bool = field(default=False)
    learning_rate: float = 0.0
    best_epoch: int | None = None
    phase: Phase | None = None
    before: NDArray | None = None
    first_epoch: int = 0
    last_epoch: int = 0
    changed_at: int = 0
    viewed: bool = False
    waited: int = 0

    def weights(self, layer: int) -> NDArray:
        """(n_in, n_out) between layer ``layer`` and the next; layer 0 is the input."""
        return self.layout.weights(self.params, layer)

    def biases(self, layer: int) -> NDArray:
        """(n_out,) of the layer after ``layer``."""
        return self.layout.biases(self.params, layer)

    def activation_range(self, layer: int) -> tuple[float, float]:
        """The range of the activation of hidden layer ``layer``, counted from 1; it may be infinite."""
        low, high = self.spec.activations[layer - 1].range
        return (float(low), float(high)) if np.isfinite([low, high]).any() else (-np.inf, np.inf)
