"""AdaGrad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor, setting
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

    def explain(self, param: Any, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Factor, ...]:
        new, (sum_of_squares,) = self.once(param, grad, state, step)
        change, _ = self.once(type(param)(0), grad, state, step)
        worked = (f"−{setting(self.learning_rate)} × ", grad, " / (√", sum_of_squares, f" + {setting(self.epsilon)})")
        return (
            Factor("s", "s + g²", (state[0], " + ", grad, "²"), sum_of_squares),
            Factor("Δw", "−η · g / (√s + ε)", worked, change),
            Factor("w", "w + Δw", (param, " + ", change), new),
        )
