"""RMSprop."""

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
class RMSprop(Optimizer):
    """s ← ρs + (1−ρ)g²; w ← w − ηg / (√s + ε) (Hinton's lecture 6e; ρ is PyTorch's ``alpha``)."""

    rho: float = ranged(0.99, 0.0, 0.9999, "Decay (rho)", step=0.01, help="How long squared gradients are remembered.")
    epsilon: float = ranged(1e-8, 1e-12, 1e-2, "Epsilon", help="Keeps the division finite where a gradient is zero.")

    name: ClassVar[str] = "rmsprop"
    label: ClassVar[str] = "RMSprop"
    summary: ClassVar[str] = "Gives every weight a step of its own size, from its recent gradients."
    slots: ClassVar[tuple[str, ...]] = ("mean_square",)
    order: ClassVar[int] = 20

    def update(self, params: NDArray, grads: NDArray, state: tuple[NDArray, ...], step: int, work: NDArray) -> None:
        (mean_square,) = state
        np.multiply(grads, grads, out=work)
        work *= 1 - self.rho
        mean_square *= self.rho
        mean_square += work
        np.sqrt(mean_square, out=work)
        work += self.epsilon
        np.divide(grads, work, out=work)
        work *= self.learning_rate
        params -= work

    def explain(self, param: Any, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Factor, ...]:
        new, (mean_square,) = self.once(param, grad, state, step)
        change, _ = self.once(type(param)(0), grad, state, step)
        worked = (f"−{setting(self.learning_rate)} × ", grad, " / (√", mean_square, f" + {setting(self.epsilon)})")
        return (
            Factor(
                "s",
                "ρ · s + (1 − ρ) · g²",
                (f"{setting(self.rho)} × ", state[0], f" + {setting(1 - self.rho)} × ", grad, "²"),
                mean_square,
            ),
            Factor("Δw", "−η · g / (√s + ε)", worked, change),
            Factor("w", "w + Δw", (param, " + ", change), new),
        )
