"""The input features of the 2-D experiments: what a network may be shown of a point (x1, x2)."""

from __future__ import annotations

from collections.abc import Callable

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


def expand(points: NDArray, features: tuple[str, ...]) -> NDArray:
    """The columns a network sees: points (n, 2) -> (n, len(features)), float64."""
    x1, x2 = points[:, 0], points[:, 1]
    return np.stack([FEATURES[name][1](x1, x2) for name in features], axis=1)
