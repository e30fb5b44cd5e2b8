"""What the panels of the Perceptron page are shown: the problem, and one moment of its training. Immutable."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.contradiction import Contradiction
from engine.datasets import Dataset
from engine.datasets.gates import And
from engine.datasets.points import Point, Points
from engine.line import Line
from engine.perceptron import Cycle, PerceptronSettings, Update


@dataclass(frozen=True)
class Problem:
    """What decides a run: the points and the settings."""

    dataset: Dataset = field(default_factory=And)
    settings: PerceptronSettings = field(default_factory=PerceptronSettings)

    def data(self) -> tuple[NDArray, NDArray]:
        """Points (n, 2) float64 and labels (n,) of 0 and 1; n may be 0."""
        return self.dataset.make(np.random.default_rng(0))

    def points(self) -> tuple[Point, ...]:
        """Every point with its label."""
        places, labels = self.data()
        return tuple((x, y, label) for (x, y), label in zip(places.tolist(), labels.tolist(), strict=True))

    def with_points(self, points: tuple[Point, ...]) -> Problem:
        """The same settings with these points in place of a gate's, or of other points."""
        return replace(self, dataset=Points(points))


@dataclass(frozen=True, slots=True, eq=False)
class PerceptronView:
    """One moment of a run. ``points`` (n, 2) and ``labels`` (n,) are read-only; everything else that hangs on a line is
    None where there are no points.

    ``update`` is the sample just looked at, ``mistake`` the last one answered wrong. ``trail`` (k, 3) are the newest
    weights and biases, one a mistake, ``turn`` (k, 3) those of one turn of the cycle, closed unless it is very long.
    """

    problem: Problem
    points: NDArray
    labels: NDArray
    line: Line | None = None
    update: Update | None = None
    mistake: Update | None = None
    epoch: int = 0
    position: int = 0
    errors: int = 0
    errors_per_epoch: tuple[int, ...] = ()
    answers: NDArray | None = None
    converged_epoch: int | None = None
    finished: bool = False
    cycle: Cycle | None = None
    contradiction: Contradiction | None = None
    pocket: Line | None = None
    pocket_errors: int = 0
    averaged: Line | None = None
    margin: float | None = None
    trail: NDArray = field(default_factory=lambda: np.empty((0, 3)))
    turn: NDArray | None = None
    playing: bool = False
    can_step_back: bool = False

    @property
    def correct(self) -> int:
        """How many points the line of now answers right."""
        return 0 if self.answers is None else int(np.count_nonzero(self.answers == self.labels))
