"""AdaGrad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.optimizers import OPTIMIZERS, Optimizer
from engine.registry import ranged


@OPTIMIZERS.register
@dataclass(frozen=True)
class AdaGrad(Optimizer):
    """s ← s + g²; w ← w − ηg / (√s + ε) (Duchi, Hazan & Singer 2011; ε and its place are PyTorch's)."""

    epsilon: float = ranged(1e-10, 1e-12, 1e-2, "Epsilon", help="Keeps the division finite where a gradient is zero.")

    name: ClassVar[str] = "adagrad"
    label: ClassVar[str] = "AdaGrad"
    summary: ClassVar[str] = (
        "Every weight's steps shrink with all it has seen. Good for rare inputs; slows down for ever."
    )
    slots: ClassVar[tuple[str, ...]] = ("sum_of_squares",)
    order: ClassVar[int] = 15

    def update(self, params: NDArray, grads: NDArray, state: tuple[NDArray, ...], step: int, work: NDArray) -> None:
        (sum_of_squares,) = state
        np.multiply(grads, grads, out=work)
        sum_of_squares += work
        np.sqrt(sum_of_squares, out=work)
        work += self.epsilon
        np.divide(grads, work, out=work)
        work *= self.learning_rate
        params -= work
