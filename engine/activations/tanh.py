"""The hyperbolic tangent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation


@ACTIVATIONS.register
@dataclass(frozen=True)
class Tanh(Activation):
    """f(z) = tanh(z)."""

    name: ClassVar[str] = "tanh"
    label: ClassVar[str] = "tanh"
    summary: ClassVar[str] = "Squeezes z into −1..1, centred at 0. A good first choice for small networks."
    formula: ClassVar[str] = "tanh z"
    derivative: ClassVar[str] = "1 − f(z)²"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    order: ClassVar[int] = 10

    def forward(self, z: NDArray, out: NDArray) -> None:
        np.tanh(z, out=out)

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        np.multiply(a, a, out=out)
        np.subtract(1, out, out=out)
