"""How much of a gradient passes: the slope f'(z) of the activations at the weighted sums that a network really has.

On its way back through a hidden layer a gradient is multiplied by f'(z). Where that is small in every layer, the product is
small to the power of the depth, and the first layers hardly learn (Hochreiter 1991; Glorot & Bengio 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.activations import Activation
from engine.expression import SPAN
from engine.network import Layout
from engine.probes import layer_sums
from engine.spec import ExperimentSpec

FLAT_SHARE = 0.05  # of the steepest slope: what lies below passes next to nothing of a gradient
MAX_SAMPLES = 2_000
MAX_PRODUCTS = 8_000_000  # multiplications of one look at a network: some milliseconds


def slopes(activation: Activation, z: NDArray) -> NDArray:
    """f'(z), newly allocated; NaN where there is none."""
    z = np.atleast_1d(z)
    a, out = np.empty_like(z), np.empty_like(z)
    with np.errstate(all="ignore"):
        activation.forward(z, a)
        activation.gradient(z, a, out)
    return out


def values(activation: Activation, z: NDArray) -> NDArray:
    """f(z), newly allocated."""
    z = np.atleast_1d(z)
    out = np.empty_like(z)
    with np.errstate(all="ignore"):
        activation.forward(z, out)
    return out


@lru_cache(maxsize=64)
def steepest(activation: Activation) -> float:
    """The largest |f'| between −5 and 5; 0 for a step, which has no slope anywhere."""
    found = np.abs(slopes(activation, np.linspace(*SPAN, 1001)))
    return float(found[np.isfinite(found)].max(initial=0.0))


def is_flat(activation: Activation, z: NDArray) -> NDArray:
    """(n,) or whatever the shape of z: True where |f'(z)| is below :data:`FLAT_SHARE` of its largest, or 0."""
    size = np.abs(slopes(activation, z))
    limit = FLAT_SHARE * steepest(activation)
    return ~(size >= limit) if limit else np.ones(size.shape, bool)


def flat_share(activation: Activation, z: NDArray) -> float:
    """The share 0..1 of the sums ``z`` (units × samples, any shape) that lie in the flat part of the activation."""
    return float(is_flat(activation, z).mean()) if z.size else 0.0


def mean_slope(activation: Activation, z: NDArray) -> float:
    """The mean of |f'(z)| over all units and samples: the factor by which a gradient shrinks or grows on its way through."""
    return float(np.abs(slopes(activation, z)).mean()) if z.size else 0.0


@dataclass(frozen=True, slots=True)
class Passage:
    """What the hidden layers of a network let through, first hidden layer first.

    ``sums[l]`` (n, n_neurons) the weighted sums, ``flat[l]`` the share of them in the flat part, ``slope[l]`` the mean of
    |f'| there, and ``product[l]`` that of layer l and all later ones: what of a gradient is left when it leaves layer l.
    ``always_flat[l]`` counts the units that are flat for every sample, as dead ReLUs are.
    """

    sums: tuple[NDArray, ...]
    flat: tuple[float, ...]
    slope: tuple[float, ...]
    product: tuple[float, ...]
    always_flat: tuple[int, ...]


def passage(spec: ExperimentSpec, layout: Layout, params: NDArray, x: NDArray) -> Passage:
    """The :class:`Passage` of samples ``x`` (n, n_inputs). Of many samples every second, third ... is looked at."""
    most = min(MAX_SAMPLES, max(MAX_PRODUCTS // layout.n_parameters, 16))
    sums = layer_sums(spec, layout, params, x[:: -(-len(x) // most)])[:-1]
    pairs = list(zip(spec.activations, sums, strict=True))
    slope = tuple(mean_slope(f, z) for f, z in pairs)
    product = tuple(float(p) for p in np.cumprod(slope[::-1])[::-1])
    flat = [is_flat(f, z) for f, z in pairs]
    always = tuple(int(mask.all(axis=0).sum()) for mask in flat)
    return Passage(sums, tuple(float(mask.mean()) for mask in flat), slope, product, always)
