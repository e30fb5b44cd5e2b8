"""Cosine annealing: the learning rate glides down along half a wave."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from engine.registry import ranged
from engine.schedules import SCHEDULES, Memory, Schedule

LOWEST = 1e-3  # a rate of exactly 0 would make the run look broken


@SCHEDULES.register
@dataclass(frozen=True)
class Cosine(Schedule):
    """½·(1 + cos(πe/T)), and 0.001 of the rate at the end and after it (Loshchilov & Hutter 2017, without restarts)."""

    epochs: int = ranged(
        200, 1, 100_000, "Over", ladder=(20, 50, 100, 200, 500, 1000), help="Epochs from the top to the end."
    )

    name: ClassVar[str] = "cosine"
    label: ClassVar[str] = "Cosine"
    summary: ClassVar[str] = "Glides down along half a wave: long near the top, gentle at the end."
    order: ClassVar[int] = 40

    def factor(self, epoch: int, memory: Memory) -> float:
        wave = 0.5 * (1 + math.cos(math.pi * min(epoch / self.epochs, 1)))
        return max(wave, LOWEST)
