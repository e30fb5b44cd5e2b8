"""A straight line that answers 0 or 1, with exact weights: what a perceptron learns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


def as_written(value: float) -> Fraction:
    """The number that one reads: 0.1 is one tenth, not the double next to it.

    >>> as_written(0.1)
    Fraction(1, 10)
    """
    return Fraction(repr(float(value)))


def over(denominator: int, values: Iterable[Fraction]) -> list[int]:
    """The numerators of ``values`` over a denominator that all of theirs divide.

    >>> over(10, [Fraction(1, 2), Fraction(3, 5)])
    [5, 6]
    """
    return [value.numerator * (denominator // value.denominator) for value in values]


@dataclass(frozen=True)
class Line:
    """Where w·x + b = 0. Points on its positive side are answered with 1, all others, and those upon it, with 0.

    ``numerators`` over ``denominator`` are the weights and, last, the bias; ``w`` (n_inputs,) and ``b`` are the doubles
    nearest to them. With more than two inputs the line is a plane, and all else is the same.
    """

    numerators: tuple[int, ...]
    denominator: int

    @cached_property
    def w(self) -> NDArray:
        w = np.array([numerator / self.denominator for numerator in self.numerators[:-1]])
        w.flags.writeable = False
        return w

    @cached_property
    def b(self) -> float:
        return self.numerators[-1] / self.denominator

    def predict(self, points: NDArray) -> NDArray:
        """Answers 0 or 1 for (n, n_inputs) points: (n,) int64, right even for points upon the line."""
        points = np.asarray(points, np.float64)
        z = points @ self.w + self.b
        answers: NDArray = (z > 0).astype(np.int64)
        if any(self.numerators):
            # More than rounding can take from so many products and sums; the last term is for the smallest of doubles.
            most = np.abs(points) @ np.abs(self.w) + abs(self.b)
            rounding = (len(self.numerators) + 4) * np.finfo(np.float64).eps * most + 1e-300
            for i in np.flatnonzero(np.abs(z) <= rounding):
                answers[i] = self._fires(points[i])
        return answers

    def _fires(self, point: NDArray) -> bool:
        """Whether z > 0, without rounding."""
        return sum(n * as_written(x) for n, x in zip(self.numerators, [*point, 1.0], strict=True)) > 0

    def count_errors(self, points: NDArray, labels: NDArray) -> int:
        """How many of the points (n, n_inputs) get another answer than their label (n,)."""
        return int(np.count_nonzero(self.predict(points) != labels))

    def margin(self, points: NDArray, labels: NDArray) -> float | None:
        """Distance from the line to the point that fares worst; negative if it lies on the wrong side.

        None when w is 0: then there is no line.
        """
        length = float(np.linalg.norm(self.w))
        if not length:
            return None
        side = 2 * np.asarray(labels) - 1
        return float(np.min(side * (np.asarray(points, np.float64) @ self.w + self.b))) / length
