"""Step decay: the learning rate falls at regular distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.registry import ranged
from engine.schedules import SCHEDULES, Memory, Schedule


@SCHEDULES.register
@dataclass(frozen=True)
class StepDecay(Schedule):
    """γ^⌊e/d⌋ (PyTorch's StepLR)."""

    every: int = ranged(50, 1, 10_000, "Every", ladder=(5, 10, 20, 50, 100, 200, 500), help="Epochs between two falls.")
    gamma: float = ranged(
        0.5, 0.01, 1.0, "Factor (γ)", ladder=(0.1, 0.2, 0.5, 0.9), help="What each fall multiplies it by."
    )

    name: ClassVar[str] = "step"
    label: ClassVar[str] = "Step"
    summary: ClassVar[str] = "Falls by a factor every so many epochs: the loss often drops with it."
    order: ClassVar[int] = 20

    def factor(self, epoch: int, memory: Memory) -> float:
        return float(self.gamma ** (epoch // self.every))
