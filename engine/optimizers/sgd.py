"""Stochastic gradient descent, with momentum and Nesterov's look-ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor, setting
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.registry import ranged, switch


@OPTIMIZERS.register
@dataclass(frozen=True)
class SGD(Optimizer):
    """v ← μv − ηg; w ← w + v, or with Nesterov w ← w + μv − ηg (Sutskever et al. 2013, as scikit-learn writes it)."""

    momentum: float = ranged(0.0, 0.0, 0.999, "Momentum", step=0.05,
                             help="The share of the last step that goes on: like a ball that rolls. 0.9 is usual.")  # fmt: skip
    nesterov: bool = switch(
        False, "Nesterov", "Looks at the gradient where the momentum is about to carry the weights."
    )

    name: ClassVar[str] = "sgd"
    label: ClassVar[str] = "SGD"
    summary: ClassVar[str] = "Steps straight down the gradient, with momentum if wanted."
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    order: ClassVar[int] = 10

    def update(self, params: NDArray, grads: NDArray, state: tuple[NDArray, ...], step: int, work: NDArray) -> None:
        (velocity,) = state
        velocity *= self.momentum
        grads *= self.learning_rate
        velocity -= grads
        if self.nesterov:
            np.multiply(velocity, self.momentum, out=work)
            params += work
            params -= grads
        else:
            params += velocity

    def explain(self, param: Any, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Factor, ...]:
        new, (velocity,) = self.once(param, grad, state, step)
        rate, share = setting(self.learning_rate), setting(self.momentum)
        if not self.momentum:
            return (
                Factor("Δw", "−η · g", (f"−{rate} × ", grad), velocity),
                Factor("w", "w + Δw", (param, " + ", velocity), new),
            )
        lines = (Factor("v", "μ · v − η · g", (f"{share} × ", state[0], f" − {rate} × ", grad), velocity),)
        if self.nesterov:
            ahead, _ = self.once(type(param)(0), grad, state, step)
            worked = (f"{share} × ", velocity, f" − {rate} × ", grad)
            return (
                *lines,
                Factor("Δw", "μ · v − η · g", worked, ahead),
                Factor("w", "w + Δw", (param, " + ", ahead), new),
            )
        return *lines, Factor("w", "w + v", (param, " + ", velocity), new)
