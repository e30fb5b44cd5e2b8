"""AdamW: Adam with weight decay of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor, setting
from engine.optimizers import OPTIMIZERS
from engine.optimizers.adam import Adam
from engine.registry import ladder, ranged, switch


@OPTIMIZERS.register
@dataclass(frozen=True)
class AdamW(Adam):
    """w ← w − ηλw, then Adam's step (Loshchilov & Hutter 2019): decay that Adam's scaling does not bend, as L2 would be.

    As PyTorch's: λ is 0.01, ε comes after the correction, and biases decay like weights.
    """

    torch_epsilon: bool = switch(
        True, "PyTorch epsilon", "Adds epsilon after the bias correction instead of before it."
    )
    weight_decay: float = ranged(
        0.01,
        0.0,
        10.0,
        "Weight decay",
        ladder=ladder(-5, 0, zero=True),
        help="The share of every weight and bias, times the learning rate, that an update takes away.",
    )

    name: ClassVar[str] = "adamw"
    label: ClassVar[str] = "AdamW"
    summary: ClassVar[str] = (
        "Adam whose weight decay acts on the weights, not through the gradient. Usual for large networks."
    )
    order: ClassVar[int] = 35

    def update(self, params: NDArray, grads: NDArray, state: tuple[NDArray, ...], step: int, work: NDArray) -> None:
        params *= 1 - self.learning_rate * self.weight_decay
        super().update(params, grads, state, step, work)

    def explain(self, param: Any, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Factor, ...]:
        new, _ = self.once(param, grad, state, step)
        *lines, change = self._explain_change(type(param), grad, state, step)
        decayed = (np.array([param]) * (1 - self.learning_rate * self.weight_decay))[0]
        share = f" × (1 − {setting(self.learning_rate)} × {setting(self.weight_decay)})"
        return (
            *lines,
            change,
            Factor("w′", "w · (1 − η · λ)", (param, share), decayed),
            Factor("w", "w′ + Δw", (decayed, " + ", change.value), new),
        )
