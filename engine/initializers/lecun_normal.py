"""LeCun's normal initializer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS, Initializer


@INITIALIZERS.register
@dataclass(frozen=True)
class LeCunNormal(Initializer):
    """N(0, 1 / n_in) (LeCun, Bottou, Orr & Müller 1998, eq. 16)."""

    name: ClassVar[str] = "lecun_normal"
    label: ClassVar[str] = "LeCun"
    summary: ClassVar[str] = "Keeps the sum into each neuron at the size of one input; half of what He gives it."
    order: ClassVar[int] = 25

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> NDArray:
        return rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out))
