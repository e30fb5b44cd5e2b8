"""The logistic sigmoid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation


@ACTIVATIONS.register
@dataclass(frozen=True)
class Sigmoid(Activation):
    """f(z) = 1 / (1 + e^-z), computed as (1 + tanh(z/2)) / 2, which cannot overflow."""

    name: ClassVar[str] = "sigmoid"
    label: ClassVar[str] = "sigmoid (logistic)"
    summary: ClassVar[str] = "Squeezes z into 0..1. Flat ends: deep networks of it learn slowly."
    formula: ClassVar[str] = "1 / (1 + e⁻ᶻ)"
    derivative: ClassVar[str] = "f(z) · (1 − f(z))"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    order: ClassVar[int] = 30

    def forward(self, z: NDArray, out: NDArray) -> None:
        np.multiply(z, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        np.subtract(1, a, out=out)
        out *= a
