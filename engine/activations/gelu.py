"""GELU, the Gaussian error linear unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation, blocks
from engine.normal_cdf import normal_cdf


@ACTIVATIONS.register
@dataclass(frozen=True)
class GELU(Activation):
    """f(z) = z · Φ(z), Φ the normal distribution: the exact one, not the tanh formula (Hendrycks & Gimpel 2016, eq. 2)."""

    name: ClassVar[str] = "gelu"
    label: ClassVar[str] = "GELU"
    summary: ClassVar[str] = "Weighs z by how likely a normal number is smaller; the usual choice in transformers."
    formula: ClassVar[str] = "z · Φ(z),  Φ(z) = ½ (1 + erf(z/√2))"
    derivative: ClassVar[str] = "Φ(z) + z · e^(−z²/2) / √(2π)"
    range: ClassVar[tuple[float, float]] = (-0.16997120747990369, math.inf)
    order: ClassVar[int] = 65

    def forward(self, z: NDArray, out: NDArray) -> None:
        for part, z_part in blocks(out, z):
            normal_cdf(z_part, part)
        out *= z

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        for part, z_part in blocks(out, z):
            normal_cdf(z_part, part)
            density = np.clip(z_part, -40, 40)
            density *= density
            density *= -0.5
            np.exp(density, out=density)
            density *= z_part
            density *= 1 / math.sqrt(2 * math.pi)
            part += density
