"""He's normal initializer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS, Initializer


@INITIALIZERS.register
@dataclass(frozen=True)
class HeNormal(Initializer):
    """N(0, 2 / n_in) (He, Zhang, Ren & Sun 2015, eq. 10)."""

    name: ClassVar[str] = "he_normal"
    label: ClassVar[str] = "He (Kaiming)"
    summary: ClassVar[str] = "Makes up for the half that ReLU throws away."
    order: ClassVar[int] = 20

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> NDArray:
        return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))
