"""scikit-learn's adaptive schedule: a fifth of the learning rate whenever the loss stands still."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import ClassVar

from engine.registry import ladder, ranged
from engine.schedules import SCHEDULES, Memory, Schedule


@SCHEDULES.register
@dataclass(frozen=True)
class Adaptive(Schedule):
    """1/5 more each time the training loss failed for more than ``patience`` epochs to beat its best by ``tolerance``.

    As scikit-learn's ``learning_rate="adaptive"`` with ``n_iter_no_change`` and ``tol``, on the loss measured at the
    epoch's end. Memory: the best loss, epochs without progress, falls so far.
    """

    patience: int = ranged(
        10, 1, 1000, "Patience", ladder=(1, 2, 5, 10, 20, 50), help="Epochs without progress before it falls."
    )
    tolerance: float = ranged(
        1e-4, 0.0, 1.0, "Tolerance", ladder=ladder(-6, -2, zero=True), help="What counts as progress."
    )

    name: ClassVar[str] = "adaptive"
    label: ClassVar[str] = "Adaptive"
    summary: ClassVar[str] = "Stays until the loss stands still, then falls to a fifth."
    start: ClassVar[Memory] = (sys.float_info.max, 0.0, 0.0)
    order: ClassVar[int] = 60

    def factor(self, epoch: int, memory: Memory) -> float:
        return float(0.2 ** memory[2])

    def remember(self, memory: Memory, loss: float) -> Memory:
        best, waited, falls = memory
        waited = waited + 1 if loss > best - self.tolerance else 0.0
        if waited > self.patience:
            waited, falls = 0.0, falls + 1
        return (min(best, loss), waited, falls)
