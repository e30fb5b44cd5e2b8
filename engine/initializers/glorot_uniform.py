"""Glorot's uniform initializer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS, Initializer


@INITIALIZERS.register
@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """U(−b, b) with b = √(6 / (n_in + n_out)) (Glorot & Bengio 2010, eq. 16)."""

    name: ClassVar[str] = "glorot_uniform"
    label: ClassVar[str] = "Glorot (Xavier)"
    summary: ClassVar[str] = "Keeps signals the same size through tanh and sigmoid layers."
    order: ClassVar[int] = 10

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> NDArray:
        bound = np.sqrt(6 / (n_in + n_out))
        return rng.uniform(-bound, bound, (n_in, n_out))
