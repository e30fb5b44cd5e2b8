"""The hinge loss: a margin between the classes, as in support vector machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor
from engine.losses import LOSSES, Loss


@LOSSES.register
@dataclass(frozen=True)
class Hinge(Loss):
    """mean Σ max(0, 1 − t·z) with t = ±1, summed over the columns: one against the rest (Cortes & Vapnik 1995).

    The answer shown is the margin −1..1 brought to 0..1 and cut there; it is no probability. At the corner the
    derivative is taken as 0.
    """

    name: ClassVar[str] = "hinge"
    label: ClassVar[str] = "Hinge"
    summary: ClassVar[str] = "Asks for a margin of 1 and then rests: only samples near the boundary move it."
    order: ClassVar[int] = 50

    def output(self, logits: NDArray, out: NDArray) -> None:
        np.multiply(logits, 0.5, out=out)
        out += 0.5
        np.clip(out, 0, 1, out=out)

    def delta(self, logits: NDArray, targets: NDArray, out: NDArray) -> None:
        # −t where t·z < 1, else 0.
        np.multiply(targets, -2, out=out)
        out += 1
        logits *= out
        np.greater(logits, -1, out=logits, casting="unsafe")
        out *= logits

    def value(self, logits: NDArray, targets: NDArray) -> float:
        return float(np.mean(np.maximum(1 - (2 * targets - 1) * logits, 0).sum(axis=1)))

    def explain(self, logits: NDArray, targets: NDArray, column: int) -> tuple[Factor, ...]:
        sign = 2 * targets - 1
        return (
            Factor("t", "2 · y − 1", ("2 × ", targets[column], " − 1"), sign[column]),
            Factor("t · z", "t · z", (sign[column], " × ", logits[column]), (sign * logits)[column]),
            Factor("δ", "−t if t · z < 1 else 0", (), self.one_delta(logits, targets)[column]),
        )
