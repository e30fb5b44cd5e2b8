"""The exponential linear unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation


@ACTIVATIONS.register
@dataclass(frozen=True)
class ELU(Activation):
    """f(z) = z where z > 0, else e^z − 1 (Clevert, Unterthiner & Hochreiter 2016, alpha = 1)."""

    name: ClassVar[str] = "elu"
    label: ClassVar[str] = "ELU"
    summary: ClassVar[str] = "ReLU with a smooth tail to −1: no unit dies, and the mean stays near 0."
    formula: ClassVar[str] = "z if z > 0 else eᶻ − 1"
    derivative: ClassVar[str] = "1 if z > 0 else eᶻ"
    range: ClassVar[tuple[float, float]] = (-1.0, math.inf)
    order: ClassVar[int] = 50

    def forward(self, z: NDArray, out: NDArray) -> None:
        np.minimum(z, 0, out=out)
        np.expm1(out, out=out)
        # For z > 0 the tail is 0 and z wins; for z < 0 the tail lies above z.
        np.maximum(z, out, out=out)

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        np.minimum(a, 0, out=out)
        out += 1
