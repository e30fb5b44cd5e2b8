"""Squared error on sigmoid outputs, with the ½ that makes its derivative p − y."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.losses import LOSSES, Loss


@LOSSES.register
@dataclass(frozen=True)
class SquaredError(Loss):
    """½ · mean Σ (p − y)² with p = sigmoid(z), summed over the columns (scikit-learn's ½; PyTorch's MSELoss has none)."""

    name: ClassVar[str] = "squared_error"
    label: ClassVar[str] = "Squared error (MSE)"
    summary: ClassVar[str] = "The classic ½(p − y)²; learns slowly where an output is confidently wrong."
    order: ClassVar[int] = 20

    def output(self, logits: NDArray, out: NDArray) -> None:
        np.multiply(logits, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def delta(self, logits: NDArray, targets: NDArray, out: NDArray) -> None:
        # ∂L/∂z = (p − y) · p · (1 − p), by the chain rule through the sigmoid.
        self.output(logits, out)
        out *= (out - targets) * (1 - out)

    def value(self, logits: NDArray, targets: NDArray) -> float:
        p = np.empty_like(logits)
        self.output(logits, p)
        return float(0.5 * np.mean(((p - targets) ** 2).sum(axis=1)))
