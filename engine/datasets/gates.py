"""AND, OR, NAND and XOR: the truth tables that tell a perceptron from a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASETS, PlanarDataset
from engine.registry import ranged

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


@dataclass(frozen=True)
class Gate(PlanarDataset):
    """The four corners in turn; four points without noise are the truth table itself."""

    n_samples: int = ranged(
        4, 4, 2_000, "Points", step=4, help="Four are the truth table, train and test alike; more repeat it."
    )
    noise: float = ranged(
        0.0, 0.0, 0.8, "Noise", percent=True, step=0.05, help="How far points stray from their corner."
    )

    domain: ClassVar[tuple[float, float]] = (-0.5, 1.5)
    table: ClassVar[tuple[int, int, int, int]]

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        which = np.arange(self.n_samples) % 4
        points = CORNERS[which] + rng.normal(0, 1, (self.n_samples, 2)) * self.noise * 0.5
        return points, np.array(self.table)[which]


@DATASETS.register
@dataclass(frozen=True)
class And(Gate):
    """1 when both inputs are 1."""

    name: ClassVar[str] = "and"
    label: ClassVar[str] = "AND"
    summary: ClassVar[str] = "1 only when both inputs are 1. One straight line is enough."
    table: ClassVar[tuple[int, int, int, int]] = (0, 0, 0, 1)
    order: ClassVar[int] = 60


@DATASETS.register
@dataclass(frozen=True)
class Or(Gate):
    """1 when either input is 1."""

    name: ClassVar[str] = "or"
    label: ClassVar[str] = "OR"
    summary: ClassVar[str] = "1 when at least one input is 1. One straight line is enough."
    table: ClassVar[tuple[int, int, int, int]] = (0, 1, 1, 1)
    order: ClassVar[int] = 61


@DATASETS.register
@dataclass(frozen=True)
class Nand(Gate):
    """0 when both inputs are 1."""

    name: ClassVar[str] = "nand"
    label: ClassVar[str] = "NAND"
    summary: ClassVar[str] = (
        "0 only when both inputs are 1. One straight line is enough, and NANDs alone build any gate."
    )
    table: ClassVar[tuple[int, int, int, int]] = (1, 1, 1, 0)
    order: ClassVar[int] = 62


@DATASETS.register
@dataclass(frozen=True)
class Xor(Gate):
    """1 when exactly one input is 1."""

    name: ClassVar[str] = "xor"
    label: ClassVar[str] = "XOR"
    summary: ClassVar[str] = "1 when exactly one input is 1. No straight line can do it: a hidden layer is needed."
    table: ClassVar[tuple[int, int, int, int]] = (0, 1, 1, 0)
    order: ClassVar[int] = 63
