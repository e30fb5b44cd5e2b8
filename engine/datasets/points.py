"""Own points: given one by one, in place of a formula that draws them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASETS, Dataset
from engine.errors import InvalidSpec
from engine.registry import listed

Point = tuple[float, float, int]

MAX_POINTS = 200
FARTHEST = 1e6
_USUAL = (-0.5, 1.5)  # the domain of the gates: whoever adds a point to one of them sees the same picture


def read_points(value: Any, path: str) -> tuple[Point, ...]:
    """The points in a list of ``[x1, x2, label]``. Raises :class:`InvalidSpec` for anything else."""
    if not isinstance(value, list):
        raise InvalidSpec(f"{path} must be a list of points")
    return tuple(_point(item, f"{path}[{i}]") for i, item in enumerate(value))


def _point(value: Any, path: str) -> Point:
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 3 or any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in numbers):
        raise InvalidSpec(f"{path} must be a point: x1, x2 and its class")
    if numbers[2] not in (0, 1):
        raise InvalidSpec(f"{path} has the class {str(numbers[2])[:20]}; a point's class is 0 or 1")
    try:
        return float(numbers[0]), float(numbers[1]), int(numbers[2])
    except OverflowError:
        raise InvalidSpec(f"{path} is too far away") from None


@DATASETS.register
@dataclass(frozen=True)
class Points(Dataset):
    """``points``: (x1, x2, class) each, 1 to 200 of them. All of them train, and test is train, as with the gates."""

    name: ClassVar[str] = "points"
    label: ClassVar[str] = "Own points"
    summary: ClassVar[str] = "Points that you place yourself, on the Perceptron page."
    in_menus: ClassVar[bool] = False  # there is nothing to show before somebody has placed one
    is_split: ClassVar[bool] = False
    order: ClassVar[int] = 70

    points: tuple[Point, ...] = listed(
        read_points, ((0.1, 0.7, 1), (0.3, 1.0, 1), (0.7, 0.9, 1), (0.3, 0.1, 0), (0.7, 0.3, 0), (1.0, 0.0, 0))
    )

    @property
    def domain(self) -> tuple[float, float]:  # type: ignore[override]  # of these points, not of the class
        """The gates' domain, or as much more as the points need."""
        values = [value for *place, _ in self.points for value in place]
        low, high = min(values, default=0.0), max(values, default=0.0)
        if _USUAL[0] <= low and high <= _USUAL[1]:
            return _USUAL
        margin = 0.1 * (high - low) or 1.0
        return min(low - margin, _USUAL[0]), max(high + margin, _USUAL[1])

    def problems(self) -> Iterator[str]:
        if not 1 <= len(self.points) <= MAX_POINTS:
            yield f"{len(self.points)} points are outside 1 to {MAX_POINTS}"
        for *place, label in self.points:
            if not all(math.isfinite(value) and abs(value) <= FARTHEST for value in place):
                yield f"a point at ({place[0]:g}, {place[1]:g}) is outside −{FARTHEST:,.0f} to {FARTHEST:,.0f}"
            if label not in (0, 1):
                yield f"a point has the class {label}; it must be 0 or 1"

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """x (n, 2) float64 and labels (n,) int64; ``rng`` is not needed."""
        places = np.array([place for *place, _ in self.points], np.float64).reshape(-1, 2)
        return places, np.array([label for *_, label in self.points], np.int64)
