"""Exponential decay: the learning rate shrinks by the same share every epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.registry import ranged
from engine.schedules import SCHEDULES, Memory, Schedule


@SCHEDULES.register
@dataclass(frozen=True)
class Exponential(Schedule):
    """γ^e (PyTorch's ExponentialLR)."""

    gamma: float = ranged(0.99, 0.01, 1.0, "Factor (γ)", ladder=(0.9, 0.95, 0.98, 0.99, 0.995, 0.999),
                          help="What every epoch multiplies it by.")  # fmt: skip

    name: ClassVar[str] = "exponential"
    label: ClassVar[str] = "Exponential"
    summary: ClassVar[str] = "Shrinks by the same share every epoch."
    order: ClassVar[int] = 30

    def factor(self, epoch: int, memory: Memory) -> float:
        return float(self.gamma**epoch)
