"""Inverse scaling: the learning rate falls with a power of the time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.registry import ranged
from engine.schedules import SCHEDULES, Memory, Schedule


@SCHEDULES.register
@dataclass(frozen=True)
class InverseScaling(Schedule):
    """1/(t + 1)^p as scikit-learn's ``invscaling`` with its ``power_t``; its t counts samples, ours epochs."""

    power_t: float = ranged(
        0.5, 0.0, 2.0, "Power", ladder=(0.25, 0.5, 1.0), help="How fast it falls: 0 not at all, 1 like 1/time."
    )

    name: ClassVar[str] = "inverse_scaling"
    label: ClassVar[str] = "Inverse scaling"
    summary: ClassVar[str] = "Falls like a power of time: fast at first, then ever more slowly."
    order: ClassVar[int] = 50

    def factor(self, epoch: int, memory: Memory) -> float:
        return float(1 / (epoch + 1) ** self.power_t)
