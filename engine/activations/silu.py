"""SiLU, also called swish."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation, blocks


@ACTIVATIONS.register
@dataclass(frozen=True)
class SiLU(Activation):
    """f(z) = z · sigmoid(z) (Elfwing, Uchibe & Doya 2018); with s the sigmoid, f' = s · (1 + z − f)."""

    name: ClassVar[str] = "silu"
    label: ClassVar[str] = "SiLU (swish)"
    summary: ClassVar[str] = "A smooth ReLU that dips below zero; common in deep networks."
    formula: ClassVar[str] = "z / (1 + e⁻ᶻ)"
    derivative: ClassVar[str] = "s + f(z)·(1 − s),  s = 1/(1 + e⁻ᶻ)"
    range: ClassVar[tuple[float, float]] = (-0.2784645427610738, math.inf)
    order: ClassVar[int] = 60

    def forward(self, z: NDArray, out: NDArray) -> None:
        _sigmoid(z, out)
        out *= z

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        _sigmoid(z, out)
        for part, z_part, a_part in blocks(out, z, a):
            part *= 1 + z_part - a_part


def _sigmoid(z: NDArray, out: NDArray) -> None:
    np.multiply(z, 0.5, out=out)
    np.tanh(out, out=out)
    out += 1
    out *= 0.5
