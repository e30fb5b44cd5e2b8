"""What a study found out, laid out over one or two of its hyperparameters. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gui.tuning.study import COMPLETE, Choice, StudyView

# Neighbours count with 1/distance^POWER: smooth, and never beyond what was measured (Shepard 1968).
POWER = 3.0


@dataclass(frozen=True)
class Contour:
    """``values`` (side, side): the objective over two hyperparameters, row 0 at the low end of ``y``.

    ``x`` and ``y`` (side,) are positions 0..1 along their axes (:func:`position`); ``points`` (n, 3) the trials there.
    """

    x: NDArray
    y: NDArray
    values: NDArray
    points: NDArray


def position(choice: Choice, value: Any) -> float:
    """Where a value lies on its axis, 0..1: by its logarithm where it is searched so, options side by side."""
    if choice.options:
        return choice.options.index(value) / max(len(choice.options) - 1, 1)
    low, high, at = (np.log([choice.low, choice.high, value]) if choice.log else (choice.low, choice.high, value))  # fmt: skip
    return float((at - low) / (high - low)) if high > low else 0.5


def slice_of(view: StudyView, name: str) -> list[tuple[int, Any, float]]:
    """(number, value of the hyperparameter, first objective) of every complete trial."""
    return [(t.number, t.params[name], t.values[0]) for t in view.trials if t.state == COMPLETE and name in t.params]


def contour_of(view: StudyView, x: str, y: str, side: int = 40) -> Contour:
    """The first objective between the complete trials. Raises ``KeyError`` for a name that is not searched."""
    choices = {choice.name: choice for choice in view.settings.space}
    points = np.array(
        [
            (position(choices[x], t.params[x]), position(choices[y], t.params[y]), t.values[0])
            for t in view.trials
            if t.state == COMPLETE and x in t.params and y in t.params
        ]
    ).reshape(-1, 3)
    axis = np.linspace(0.0, 1.0, side)
    across, up = np.meshgrid(axis, axis)
    if not len(points):
        return Contour(axis, axis, np.full((side, side), np.nan), points)
    squared = (across[..., None] - points[:, 0]) ** 2 + (up[..., None] - points[:, 1]) ** 2
    shares = np.maximum(squared, 1e-9) ** (-POWER / 2)
    values = (shares * points[:, 2]).sum(axis=-1) / shares.sum(axis=-1)
    return Contour(axis, axis, values, points)
