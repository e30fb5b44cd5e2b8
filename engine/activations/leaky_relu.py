"""The leaky rectified linear unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation
from engine.registry import ranged


@ACTIVATIONS.register
@dataclass(frozen=True)
class LeakyReLU(Activation):
    """f(z) = z where z > 0, else alpha·z (Maas, Hannun & Ng 2013)."""

    alpha: float = ranged(
        0.01, 0.0, 1.0, "Slope (alpha)", step=0.01, help="Slope for negative z; 0 is ReLU, 1 the identity."
    )

    name: ClassVar[str] = "leaky_relu"
    label: ClassVar[str] = "leaky ReLU"
    summary: ClassVar[str] = "ReLU with a small slope below zero, so that no unit dies."
    formula: ClassVar[str] = "z if z > 0 else α·z"
    derivative: ClassVar[str] = "1 if z > 0 else α"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    order: ClassVar[int] = 25

    def forward(self, z: NDArray, out: NDArray) -> None:
        # max(z, alpha z) is the same for 0 <= alpha <= 1, and needs no mask.
        np.multiply(z, self.alpha, out=out)
        np.maximum(z, out, out=out)

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        np.greater(z, 0, out=out, casting="unsafe")
        out *= 1 - self.alpha
        out += self.alpha
