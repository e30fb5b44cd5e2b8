"""The stages between a pen and a network: what each is called, whether it can be left out, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.pen.pictures import Box


@dataclass(frozen=True, slots=True)
class Step:
    """A stage as its recipe knows it. ``id`` is what ``without`` names, ``short`` a title for where room is scarce.

    ``summary`` is a sentence on what it does; ``without`` says what happens when it is left out, "" where it can't be.
    """

    id: str
    title: str
    short: str
    summary: str
    without: str = ""

    @property
    def can_switch(self) -> bool:
        """Whether it can be left out."""
        return bool(self.without)


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands after a ``step``: ``picture`` (h, w) in 0..1 or bool. ``on`` is False when the step was left out."""

    step: Step
    picture: NDArray
    on: bool = True


@dataclass(frozen=True, slots=True)
class Prepared:
    """A drawing on its way into a network.

    ``input`` (side²,) float64 in 0..1, row by row, as the network is given it. ``box`` is the part of the canvas that was
    looked at, and ``seen`` (h, w) int64 says in which input each part of it is found; -1: in none.
    """

    side: int
    input: NDArray
    stages: tuple[Stage, ...]
    box: Box
    seen: NDArray

    def stage(self, id: str) -> Stage:
        """The stage of that name."""
        return next(stage for stage in self.stages if stage.step.id == id)

    def on_canvas(self, values: NDArray) -> NDArray:
        """``values`` (side²,) of the inputs, laid back over ``box``: (h, w), 0 where no input sees the canvas."""
        placed: NDArray = np.where(self.seen >= 0, values[self.seen], 0.0)
        return placed
