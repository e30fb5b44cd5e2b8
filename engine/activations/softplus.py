"""Softplus: a smooth ReLU."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation


@ACTIVATIONS.register
@dataclass(frozen=True)
class Softplus(Activation):
    """f(z) = ln(1 + e^z), whose derivative is the sigmoid (Dugas et al. 2001)."""

    name: ClassVar[str] = "softplus"
    label: ClassVar[str] = "softplus"
    summary: ClassVar[str] = "ReLU without the corner: always positive, never quite flat."
    formula: ClassVar[str] = "ln(1 + eᶻ)"
    derivative: ClassVar[str] = "1 / (1 + e⁻ᶻ)"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    order: ClassVar[int] = 70

    def forward(self, z: NDArray, out: NDArray) -> None:
        np.logaddexp(0, z, out=out)

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        # e^z / (1 + e^z) = 1 - e^-f: from the output alone, and it cannot overflow.
        np.negative(a, out=out)
        np.expm1(out, out=out)
        np.negative(out, out=out)
