"""The rectified linear unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation


@ACTIVATIONS.register
@dataclass(frozen=True)
class ReLU(Activation):
    """f(z) = max(0, z); the derivative at 0 is taken as 0, as scikit-learn and PyTorch do."""

    name: ClassVar[str] = "relu"
    label: ClassVar[str] = "ReLU"
    summary: ClassVar[str] = (
        "Passes what is positive. Fast and the usual choice; a unit that is never positive is dead."
    )
    formula: ClassVar[str] = "max(0, z)"
    derivative: ClassVar[str] = "1 if z > 0 else 0"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    order: ClassVar[int] = 20

    def forward(self, z: NDArray, out: NDArray) -> None:
        out.fill(0)  # the larger of two arrays is found three times quicker than that of an array and a number
        np.maximum(z, out, out=out)

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        np.greater(z, 0, out=out, casting="unsafe")
