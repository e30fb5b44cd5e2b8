"""The input features of the 2-D experiments: what a network may be shown of a point (x1, x2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Feature = Callable[[NDArray, NDArray], NDArray]

FEATURES: dict[str, tuple[str, Feature]] = {
    "x1": ("x₁", lambda x1, x2: x1),
    "x2": ("x₂", lambda x1, x2: x2),
    "x1_squared": ("x₁²", lambda x1, x2: x1 * x1),
    "x2_squared": ("x₂²", lambda x1, x2: x2 * x2),
    "x1_x2": ("x₁x₂", lambda x1, x2: x1 * x2),
    "sin_x1": ("sin x₁", lambda x1, x2: np.sin(x1)),
    "sin_x2": ("sin x₂", lambda x1, x2: np.sin(x2)),
}


Domain = tuple[float, float]
_SCALED_OVER = 256  # points a side


def expand(points: NDArray, features: tuple[str, ...], scaled: Domain | None = None) -> NDArray:
    """The columns a network sees: points (n, 2) -> (n, len(features)), float64.

    With ``scaled``, the interval of both axes, each column has mean 0 and standard deviation 1 over that square. It depends
    on the picture and not on the points, so that a map and a single point are scaled as the samples are.
    """
    x1, x2 = points[:, 0], points[:, 1]
    columns = np.stack([FEATURES[name][1](x1, x2) for name in features], axis=1)
    if scaled is not None:
        mean, spread = scaling(features, scaled)
        columns = (columns - mean) / spread
    return columns


def scaling(features: tuple[str, ...], domain: Domain) -> tuple[NDArray, NDArray]:
    """Mean and standard deviation of each feature over the square with both axes ``domain``: (len(features),) each."""
    mean, spread = np.array([_scale(name, domain) for name in features]).T
    return mean, spread


@lru_cache(maxsize=64)
def _scale(feature: str, domain: Domain) -> tuple[float, float]:
    """Mean and standard deviation of a feature over the square."""
    low, high = domain
    centers = low + (np.arange(_SCALED_OVER) + 0.5) * (high - low) / _SCALED_OVER
    values = FEATURES[feature][1](*np.meshgrid(centers, centers))
    return float(values.mean()), float(values.std())
