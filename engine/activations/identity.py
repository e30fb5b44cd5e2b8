"""The identity: a network of these is one linear map, however deep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation


@ACTIVATIONS.register
@dataclass(frozen=True)
class Identity(Activation):
    """f(z) = z."""

    name: ClassVar[str] = "identity"
    label: ClassVar[str] = "identity (linear)"
    summary: ClassVar[str] = "Passes z on. Without a curve, layers collapse into one: only straight boundaries."
    formula: ClassVar[str] = "z"
    derivative: ClassVar[str] = "1"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    order: ClassVar[int] = 40

    def forward(self, z: NDArray, out: NDArray) -> None:
        np.copyto(out, z)

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        out.fill(1)
