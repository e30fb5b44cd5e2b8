"""The constant schedule: one learning rate for the whole run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.schedules import SCHEDULES, Memory, Schedule


@SCHEDULES.register
@dataclass(frozen=True)
class Constant(Schedule):
    """1, always."""

    name: ClassVar[str] = "constant"
    label: ClassVar[str] = "Constant"
    summary: ClassVar[str] = "The same learning rate for the whole run."
    order: ClassVar[int] = 10

    def factor(self, epoch: int, memory: Memory) -> float:
        return 1.0
