"""The step: the perceptron's answer, which gradient descent cannot learn through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation


@ACTIVATIONS.register
@dataclass(frozen=True)
class Step(Activation):
    """f(z) = 1 where z ≥ 0, else 0 (McCulloch & Pitts 1943). Its derivative is 0 wherever it has one; at 0 it is taken as 0."""

    name: ClassVar[str] = "step"
    label: ClassVar[str] = "step (threshold)"
    summary: ClassVar[str] = "All or nothing. Its slope is 0 everywhere, so no gradient reaches the layers before it."
    formula: ClassVar[str] = "1 if z ≥ 0 else 0"
    derivative: ClassVar[str] = "0"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    order: ClassVar[int] = 80

    def forward(self, z: NDArray, out: NDArray) -> None:
        np.greater_equal(z, 0, out=out, casting="unsafe")

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        out.fill(0)
