"""All weights zero: to see why symmetry must be broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.initializers import INITIALIZERS, Initializer


@INITIALIZERS.register
@dataclass(frozen=True)
class Zeros(Initializer):
    """0 everywhere: the neurons of a layer stay equal for ever."""

    name: ClassVar[str] = "zeros"
    label: ClassVar[str] = "Zeros"
    summary: ClassVar[str] = "Nothing tells the neurons of a layer apart, so a hidden layer learns nothing."
    order: ClassVar[int] = 40

    def draw(self, rng: np.random.Generator, n_in: int, n_out: int) -> NDArray:
        return np.zeros((n_in, n_out))
