"""Surfaces over the plane: a number for every point in place of a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASETS, PlanarDataset


@dataclass(frozen=True)
class Surface(PlanarDataset):
    """Points spread evenly over the square; noise moves them after their number was read off."""

    regression: ClassVar[bool] = True

    def height(self, points: NDArray) -> NDArray:
        """The number at each of ``points`` (n, 2), within −1..1: (n,)."""
        raise NotImplementedError

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        points = rng.uniform(-5, 5, (self.n_samples, 2))
        return points + rng.normal(0, 1, points.shape) * self.noise * 2, self.height(points)


@DATASETS.register
@dataclass(frozen=True)
class Plane(Surface):
    """(x₁ + x₂) / 10."""

    name: ClassVar[str] = "plane"
    label: ClassVar[str] = "Plane"
    summary: ClassVar[str] = "Numbers instead of classes, on a tilted plane: no hidden layer is needed."
    order: ClassVar[int] = 70

    def height(self, points: NDArray) -> NDArray:
        height: NDArray = points.sum(axis=1) / 10
        return height


@DATASETS.register
@dataclass(frozen=True)
class Bumps(Surface):
    """Two Gaussian hills and two hollows, one in every quadrant, e^(−d²/3) high and deep."""

    name: ClassVar[str] = "bumps"
    label: ClassVar[str] = "Bumps"
    summary: ClassVar[str] = (
        "Numbers instead of classes: two hills and two hollows. Hidden layers have to bend the plane both ways."
    )
    order: ClassVar[int] = 71

    def height(self, points: NDArray) -> NDArray:
        total: NDArray = np.zeros(len(points))
        for x1, x2, sign in ((-2.5, 2.5, 1), (2.5, -2.5, 1), (2.5, 2.5, -1), (-2.5, -2.5, -1)):
            total += sign * np.exp(-((points - [x1, x2]) ** 2).sum(axis=1) / 3)
        return total
