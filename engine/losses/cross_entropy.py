"""Cross-entropy from logits: binary with one output, categorical with one output a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor
from engine.losses import LOSSES, Loss


@LOSSES.register
@dataclass(frozen=True)
class CrossEntropy(Loss):
    """−mean Σ y·ln p with p = sigmoid(z) (one column) or softmax(z): the last delta is p − y (Bishop 2006, 4.3)."""

    name: ClassVar[str] = "cross_entropy"
    label: ClassVar[str] = "Cross-entropy"
    summary: ClassVar[str] = "Punishes confident mistakes hardest; the usual loss for classes."
    order: ClassVar[int] = 10

    def output(self, logits: NDArray, out: NDArray) -> None:
        if logits.shape[1] == 1:
            np.multiply(logits, 0.5, out=out)
            np.tanh(out, out=out)
            out += 1
            out *= 0.5
        else:
            np.copyto(out, logits)
            _softmax(out, np.empty((len(out), 1), out.dtype))

    def delta(self, logits: NDArray, targets: NDArray, out: NDArray) -> None:
        if logits.shape[1] == 1:
            self.output(logits, out)
            out -= targets
        else:
            _softmax(logits, out[:, :1])
            np.subtract(logits, targets, out=out)

    def value(self, logits: NDArray, targets: NDArray) -> float:
        if logits.shape[1] == 1:
            # −y ln p − (1−y) ln(1−p) = ln(1 + e^z) − y z, exact for every z.
            return float(np.mean(np.logaddexp(0, logits) - targets * logits))
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=1))
        return float(np.mean(log_sum - (shifted * targets).sum(axis=1)))

    def explain(self, logits: NDArray, targets: NDArray, column: int) -> tuple[Factor, ...]:
        answer = self.one_answer(logits)[column]
        if len(logits) == 1:
            first = self.one_sigmoid(logits, column)
        else:
            total = np.exp(np.asarray(logits, np.float64)).sum()
            first = Factor("p", "e^z / Σ e^z", ("e^(", logits[column], ") / ", total), answer)
        worked = (answer, " − ", targets[column])
        return first, Factor("δ", "p − y", worked, self.one_delta(logits, targets)[column])


def _softmax(z: NDArray, column: NDArray) -> None:
    """Write e^z / Σ e^z of each row over ``z`` (n, k), its largest z taken off; ``column`` (n, 1) is work."""
    z.max(axis=1, keepdims=True, out=column)
    z -= column
    np.exp(z, out=z)
    z.sum(axis=1, keepdims=True, out=column)
    z /= column
