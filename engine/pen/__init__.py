"""From the pen to the network: a drawing becomes the input that a network was trained on, for images of 8×8 and 28×28.

Training images were made by programs: cut out, scaled, moved. A drawing that skips these steps is mostly misread, so they
are repeated here one by one, and every stage can be looked at and left out.
"""

from __future__ import annotations

from collections.abc import Callable, Set

import numpy as np
from numpy.typing import NDArray

from engine.pen import digits8, mnist28
from engine.pen.pictures import FAINT
from engine.pen.stages import Prepared, Stage, Step

__all__ = ["FAINT", "Prepared", "Stage", "Step", "prepare", "prepare_for", "steps_for"]

_STEPS = {8: digits8.STEPS, 28: mnist28.STEPS}
_RECIPES: dict[int, Callable[[NDArray, Set[str]], Prepared | None]] = {8: digits8.prepare, 28: mnist28.prepare}


def steps_for(side: int) -> tuple[Step, ...]:
    """The steps of the recipe for images of ``side``, first to last; none where no recipe is known."""
    return _STEPS.get(side, ())


def prepare_for(side: int, ink: NDArray, without: Set[str] = frozenset()) -> Prepared | None:
    """A drawing as a network for images of ``side`` (8 or 28) is given it, or None when the canvas is empty.

    ink: (h, w) float, 0 (empty) .. 1 (ink). ``without`` names the steps that are left out. Raises ``ValueError`` for
    another side, another shape, an empty array, or NaN.
    """
    if side not in _RECIPES:
        raise ValueError(f"no recipe makes images of {side}×{side} pixels")
    return _RECIPES[side](np.asarray(ink), without)


def prepare(ink: NDArray, without: Set[str] = frozenset()) -> Prepared | None:
    """:func:`prepare_for` 8×8 images."""
    return prepare_for(8, ink, without)
