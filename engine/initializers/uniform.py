"""A uniform distribution of a chosen width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS, Initializer
from engine.registry import ranged


@INITIALIZERS.register
@dataclass(frozen=True)
class Uniform(Initializer):
    """scale · U(−1, 1), whatever the size of the layer."""

    scale: float = ranged(0.5, 0.0, 10.0, "Scale", step=0.1, help="The largest weight. At 0 all neurons stay alike.")

    name: ClassVar[str] = "uniform"
    label: ClassVar[str] = "Uniform × scale"
    summary: ClassVar[str] = "Every weight between −scale and scale is as likely as any other."
    order: ClassVar[int] = 35

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> NDArray:
        return rng.uniform(-1, 1, (n_in, n_out)) * self.scale
