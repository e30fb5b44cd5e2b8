"""A normal distribution of a chosen width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS, Initializer
from engine.registry import ranged


@INITIALIZERS.register
@dataclass(frozen=True)
class Normal(Initializer):
    """scale · N(0, 1), whatever the size of the layer."""

    scale: float = ranged(0.5, 0.0, 10.0, "Scale", step=0.1, help="Standard deviation. At 0 all neurons stay alike.")

    name: ClassVar[str] = "normal"
    label: ClassVar[str] = "Normal × scale"
    summary: ClassVar[str] = "The course's 0.5 · N(0, 1). Large scales saturate tanh and sigmoid."
    order: ClassVar[int] = 30

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> NDArray:
        return rng.normal(0, 1, (n_in, n_out)) * self.scale
