"""Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor, raised, setting
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.registry import ranged, switch


@OPTIMIZERS.register
@dataclass(frozen=True)
class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − η√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε).

    Kingma & Ba 2015, section 2, the more efficient order of computation; scikit-learn's place for ε. With
    ``torch_epsilon`` it is the algorithm box's and PyTorch's: ε·√(1−β₂ᵗ) in this formula.
    """

    beta_1: float = ranged(0.9, 0.0, 0.9999, "Beta 1", step=0.01, help="How long gradients are remembered.")
    beta_2: float = ranged(0.999, 0.0, 0.99999, "Beta 2", step=0.001, help="How long squared gradients are remembered.")
    epsilon: float = ranged(1e-8, 1e-12, 1e-2, "Epsilon", help="Keeps the division finite where a gradient is zero.")
    torch_epsilon: bool = switch(
        False, "PyTorch epsilon", "Adds epsilon after the bias correction instead of before it."
    )

    name: ClassVar[str] = "adam"
    label: ClassVar[str] = "Adam"
    summary: ClassVar[str] = "Momentum and a step of its own size for every weight. The usual choice."
    slots: ClassVar[tuple[str, ...]] = ("m", "v")
    order: ClassVar[int] = 30

    def update(self, params: NDArray, grads: NDArray, state: tuple[NDArray, ...], step: int, work: NDArray) -> None:
        m, v = state
        np.multiply(grads, grads, out=work)
        work *= 1 - self.beta_2
        v *= self.beta_2
        v += work
        m *= self.beta_1
        grads *= 1 - self.beta_1
        m += grads
        np.sqrt(v, out=work)
        correction = (1 - self.beta_2**step) ** 0.5
        work += self.epsilon * correction if self.torch_epsilon else self.epsilon
        np.divide(m, work, out=work)
        work *= self.learning_rate * correction / (1 - self.beta_1**step)
        params -= work

    def explain(self, param: Any, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Factor, ...]:
        new, _ = self.once(param, grad, state, step)
        *lines, change = self._explain_change(type(param), grad, state, step)
        return *lines, change, Factor("w", "w + Δw", (param, " + ", change.value), new)

    def _explain_change(self, kind: type, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Factor, ...]:
        """m, v, the corrected learning rate and Δw: all but what the weight itself adds."""
        change, (m, v) = self.once(kind(0), grad, state, step)
        b1, b2, t = setting(self.beta_1), setting(self.beta_2), raised(step)
        correction = (1 - self.beta_2**step) ** 0.5
        epsilon = self.epsilon * correction if self.torch_epsilon else self.epsilon
        rate = self.learning_rate * correction / (1 - self.beta_1**step)
        bottom = "(√v + ε · √(1 − β₂ᵗ))" if self.torch_epsilon else "(√v + ε)"
        return (
            Factor("m", "β₁ · m + (1 − β₁) · g",
                   (f"{b1} × ", state[0], f" + {setting(1 - self.beta_1)} × ", grad), m),
            Factor("v", "β₂ · v + (1 − β₂) · g²",
                   (f"{b2} × ", state[1], f" + {setting(1 - self.beta_2)} × ", grad, "²"), v),
            Factor("η′", "η · √(1 − β₂ᵗ) / (1 − β₁ᵗ)",
                   (f"{setting(self.learning_rate)} × √(1 − {b2}{t}) / (1 − {b1}{t})",), kind(rate)),
            Factor("Δw", f"−η′ · m / {bottom}", ("−", kind(rate), " × ", m, " / (√", v, f" + {setting(epsilon)})"), change),
        )  # fmt: skip
