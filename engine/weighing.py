"""What L1 and L2 do to weights, in numbers: how many are next to nothing, how large the others are, against the start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.network import Layout, Network
from engine.spec import ExperimentSpec, TrainingSpec

# L1 by its subgradient carries a weight back and forth over zero by the length of a step, and seldom leaves it exactly there.
# What is a hundredth of the largest weight does nothing next to it.
ZERO_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Weighing:
    """Figures of n finite weights. ``below`` is what counts as zero: |w| < ``below``, a share of the largest.

    ``zeros`` are so near to it, ``exact`` are it; ``norm`` is √Σw². ``broken`` counts those that are not finite numbers.
    """

    n: int
    below: float
    zeros: int
    exact: int
    mean: float
    largest: float
    norm: float
    broken: int = 0

    @property
    def zero_share(self) -> float:
        """0..1."""
        return self.zeros / self.n if self.n else 0.0


def weigh(weights: NDArray, zero_share: float = ZERO_SHARE) -> Weighing:
    """The figures of ``weights`` (n,). Of weights that all are zero every one counts."""
    finite = np.isfinite(weights)
    sizes = np.abs(weights if finite.all() else weights[finite])
    largest = float(sizes.max(initial=0.0))
    below = zero_share * largest
    exact = int(np.count_nonzero(sizes == 0))
    return Weighing(
        n=len(sizes), below=below, zeros=int(np.count_nonzero(sizes < below)) if below else exact, exact=exact,
        mean=float(sizes.mean(dtype=np.float64)) if len(sizes) else 0.0, largest=largest,
        norm=float(np.sqrt(np.sum(np.square(sizes, dtype=np.float64)))), broken=len(weights) - len(sizes),
    )  # fmt: skip


def histogram(weights: NDArray, reach: float, n_bins: int) -> NDArray:
    """(n_bins,) how many of ``weights`` (n,) lie in each of so many equal parts of −``reach`` .. ``reach``.

    What lies further out counts to the outermost part, what is not a number nowhere. An odd ``n_bins`` has zero in the
    middle of a part.
    """
    weights = weights[np.isfinite(weights)]
    place = np.floor((weights.astype(np.float64) / reach + 1.0) * (n_bins / 2))
    return np.bincount(np.clip(place, 0, n_bins - 1).astype(np.int64), minlength=n_bins)


def weights_of(layout: Layout, params: NDArray, layer: int | None = None) -> NDArray:
    """(n,) the weights of ``layer`` (0 leads from the inputs), or of all layers; biases are none."""
    layers = range(layout.depth) if layer is None else (layer,)
    parts = [layout.weights(params, each).ravel() for each in layers]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def first_params(spec: ExperimentSpec) -> NDArray:
    """(n_parameters,) float32, read-only: what every run of ``spec`` starts from."""
    # Of the training only the seed decides them, and the optimizer nothing: one copy serves while those are tried out.
    return _first_params(ExperimentSpec(spec.data, spec.network, training=TrainingSpec(seed=spec.training.seed)))


@lru_cache(maxsize=4)
def _first_params(spec: ExperimentSpec) -> NDArray:
    params = Network.of(spec).params
    params.flags.writeable = False
    return params


def pulls(spec: ExperimentSpec, mean: float, n: int) -> tuple[float, float]:
    """What L1 and L2 add to a weight's gradient in a mini-batch of ``n``: L1 the same for each weight, L2 for one of the
    ``mean`` size."""
    training = spec.training
    return training.l1, training.l2 * mean / (n if training.l2_per_sample else 1)
