"""Circles, moons and spirals: data that no straight line separates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASETS, PlanarDataset


def _jitter(rng: np.random.Generator, points: NDArray, noise: float) -> NDArray:
    return points + rng.normal(0, 1, points.shape) * noise * 2


@DATASETS.register
@dataclass(frozen=True)
class Circles(PlanarDataset):
    """A disc (class 1) inside a ring (class 0)."""

    name: ClassVar[str] = "circles"
    label: ClassVar[str] = "Circles"
    summary: ClassVar[str] = "A disc inside a ring. Needs a hidden layer, or x₁² and x₂²."
    order: ClassVar[int] = 10

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        labels = np.arange(self.n_samples) % 2
        radius = np.where(labels == 1, rng.uniform(0, 2.5, self.n_samples), rng.uniform(3.5, 5, self.n_samples))
        angle = rng.uniform(0, 2 * np.pi, self.n_samples)
        points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return _jitter(rng, points, self.noise), labels


@DATASETS.register
@dataclass(frozen=True)
class Moons(PlanarDataset):
    """Two half-moons that reach into each other."""

    name: ClassVar[str] = "moons"
    label: ClassVar[str] = "Moons"
    summary: ClassVar[str] = "Two half-moons that reach into each other. One hidden layer bends around them."
    order: ClassVar[int] = 40

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        labels = np.arange(self.n_samples) % 2
        angle = rng.uniform(0, np.pi, self.n_samples)
        upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
        points = np.where(labels[:, None] == 1, lower, upper)
        return _jitter(rng, (points - [0.5, 0.25]) * 3, self.noise), labels


@DATASETS.register
@dataclass(frozen=True)
class Spiral(PlanarDataset):
    """Arms that wind 1.75 times around the centre, one class an arm."""

    name: ClassVar[str] = "spiral"
    label: ClassVar[str] = "Spiral"
    summary: ClassVar[str] = "Two arms wound around each other: the hardest of the classics. Try two layers of eight."
    order: ClassVar[int] = 50
    turns: ClassVar[float] = 1.75

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        n, arms = self.n_samples, self.n_classes
        labels = np.arange(n) % arms
        along = (np.arange(n) // arms + 0.5) * arms / n
        angle = 2 * np.pi * (self.turns * along + labels / arms)
        points = 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
        return _jitter(rng, points, self.noise / 2), labels


@DATASETS.register
@dataclass(frozen=True)
class Spiral3(Spiral):
    """Three arms, three classes."""

    name: ClassVar[str] = "spiral3"
    label: ClassVar[str] = "Spiral, 3 classes"
    summary: ClassVar[str] = "Three arms, three classes: the network gets one output a class."
    order: ClassVar[int] = 55
    n_classes: ClassVar[int] = 3
    turns: ClassVar[float] = 1.25
