"""Where weights start, one file each. Biases start at zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.registry import Entry, Registry


@dataclass(frozen=True)
class Initializer(Entry):
    """Draws the weights of one layer."""

    order: ClassVar[int] = 100

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> NDArray:
        """Weights (n_in, n_out) in float64."""
        raise NotImplementedError


INITIALIZERS: Registry[Initializer] = Registry("initializer", __name__)
