"""Learning-rate schedules, one file each: what share of the learning rate an epoch may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.registry import Entry, Registry, ranged

Memory = tuple[float, ...]


@dataclass(frozen=True)
class Schedule(Entry):
    """The learning rate of epoch ``e`` (from 0) is the optimizer's times :meth:`factor`, after the warm-up.

    A schedule is settings and pure functions. What it must know of the past is its ``memory``, a few numbers that the
    trainer keeps with every moment: it begins as ``start`` and takes in the loss of each epoch.
    """

    warm_up: int = ranged(
        0, 0, 1000, "Warm-up", ladder=(0, 1, 2, 5, 10, 20, 50),
        help="Epochs over which the learning rate climbs to its full height, in equal steps. 0: none.",
    )  # fmt: skip

    start: ClassVar[Memory] = ()
    order: ClassVar[int] = 100

    def share(self, epoch: int, memory: Memory) -> float:
        """What the learning rate is multiplied by in epoch ``epoch``: (e + 1)/(w + 1) while warming up, then the schedule.

        The schedule itself counts from the end of the warm-up.
        """
        if epoch < self.warm_up:
            return (epoch + 1) / (self.warm_up + 1)
        return self.factor(epoch - self.warm_up, memory)

    def factor(self, epoch: int, memory: Memory) -> float:
        """The share of the learning rate, ``epoch`` epochs after the warm-up."""
        raise NotImplementedError

    def remember(self, memory: Memory, loss: float) -> Memory:
        """The memory after an epoch that ended with the training loss ``loss``."""
        return memory


SCHEDULES: Registry[Schedule] = Registry("schedule", __name__)
