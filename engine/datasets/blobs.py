"""Two Gaussian clouds and the four quadrants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASETS, PlanarDataset


@DATASETS.register
@dataclass(frozen=True)
class Gaussians(PlanarDataset):
    """Clouds around (2, 2) and (−2, −2); noise widens them."""

    name: ClassVar[str] = "gaussians"
    label: ClassVar[str] = "Two Gaussians"
    summary: ClassVar[str] = "Two clouds. One straight line is enough until noise makes them overlap."
    order: ClassVar[int] = 20

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        labels = np.arange(self.n_samples) % 2
        centers = np.where(labels == 1, 2.0, -2.0)[:, None]
        spread = 0.7 + 3.0 * self.noise
        return centers + rng.normal(0, spread, (self.n_samples, 2)), labels


@DATASETS.register
@dataclass(frozen=True)
class Quadrants(PlanarDataset):
    """XOR for a plane full of points: class 1 where x₁·x₂ > 0, with a gap along the axes."""

    name: ClassVar[str] = "quadrants"
    label: ClassVar[str] = "XOR quadrants"
    summary: ClassVar[str] = "Opposite quadrants belong together. Add x₁x₂ as a feature, or a hidden layer."
    order: ClassVar[int] = 30

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        points = rng.uniform(-5, 5, (self.n_samples, 2))
        points += np.where(points > 0, 0.3, -0.3)
        labels = (points[:, 0] * points[:, 1] > 0).astype(np.int64)
        return points + rng.normal(0, 1, points.shape) * self.noise * 2, labels
