"""Why no line separates some points: inequalities, one a point, that no weights can satisfy together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from engine.line import as_written, over

SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True, slots=True)
class Inequality:
    """Σ coefficient · weight > 0 if ``above``, else ≤ 0. The last coefficient is that of the bias."""

    coefficients: tuple[Fraction, ...]
    above: bool

    def __str__(self) -> str:
        names = [f"w{i}".translate(SUBSCRIPTS) for i in range(1, len(self.coefficients))] + ["b"]
        text = ""
        for coefficient, name in zip(self.coefficients, names, strict=True):
            if coefficient:
                sign = "−" if coefficient < 0 else "+"
                size = "" if abs(coefficient) == 1 else f"{float(abs(coefficient)):.4g} "
                text += f" {sign} {size}{name}" if text else f"{'−' if sign == '−' else ''}{size}{name}"
        return f"{text} {'> 0' if self.above else '≤ 0'}"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Inequalities that contradict each other, and how to see it.

    ``samples[i]`` is the row of the point that demands ``inequalities[i]``. Taken ``times[i]`` times each, those above 0
    add up to ``sums[0]`` and the others to ``sums[1]``: the same left side, said to be > 0 and ≤ 0.
    """

    samples: tuple[int, ...]
    times: tuple[int, ...]
    inequalities: tuple[Inequality, ...]
    sums: tuple[Inequality, Inequality]

    def __str__(self) -> str:
        above, below = self.sums
        return f"{self._added(True)} give {above}, {self._added(False)} give {below}: both cannot be."

    def _added(self, above: bool) -> str:
        """``(2) + 3 × (5)``: the inequalities of one side by their places, counted from 1."""
        return " + ".join(
            f"({place})" if times == 1 else f"{times} × ({place})"
            for place, (inequality, times) in enumerate(zip(self.inequalities, self.times, strict=True), 1)
            if inequality.above == above
        )


def contradiction(points: ArrayLike, labels: ArrayLike, times: ArrayLike) -> Contradiction:
    """The contradiction in which the demand of each point is taken ``times`` (n,) times; points may be left out with 0.

    ``points`` (n, n_inputs), ``labels`` (n,) of 0 and 1. A perceptron that goes round in a cycle has found the times:
    each mistake adds η·x to the weights or takes it away, and after a turn they are what they were. So with
    :meth:`~engine.perceptron.Perceptron.cycle_errors` the points of label 1 and those of label 0 add up to the same.
    Raises ``ValueError`` when they do not, exactly: then nothing is contradicted.
    """
    demands: dict[Inequality, tuple[int, int]] = {}  # inequality: (its first row, times); equal points are one demand
    samples = zip(np.asarray(points, np.float64).tolist(), np.asarray(labels), np.asarray(times).tolist(), strict=True)
    for row, (point, label, count) in enumerate(samples):
        if count:
            demand = Inequality(tuple(map(as_written, [*point, 1.0])), bool(label))
            first, before = demands.get(demand, (row, 0))
            demands[demand] = (first, before + count)
    shared = math.gcd(*(count for _, count in demands.values()))
    counts = {demand: count // shared for demand, (_, count) in demands.items()}
    above, below = (_sum({d: count for d, count in counts.items() if d.above == side}) for side in (True, False))
    if not counts or min(counts.values()) < 0 or above != below:
        raise ValueError("these points, so often each, do not contradict each other")
    rows, sums = tuple(row for row, _ in demands.values()), (Inequality(above, True), Inequality(below, False))
    return Contradiction(rows, tuple(counts.values()), tuple(counts), sums)


def _sum(counts: dict[Inequality, int]) -> tuple[Fraction, ...]:
    """The left sides added up, each so many times."""
    columns = zip(*([count * c for c in demand.coefficients] for demand, count in counts.items()), strict=True)
    return tuple(sum(column, Fraction(0)) for column in columns)


def fewest(points: ArrayLike, labels: ArrayLike, times: ArrayLike) -> list[int]:
    """Other ``times`` (n,) that contradict each other too, with no point that could be left out: n_inputs + 2 at most.

    Each point (x, 1), taken away where its label is 0, is a vector; the times make them add up to 0. Among more vectors than
    n_inputs + 1 some combination adds up to 0 by itself, and taking that away until a time is 0 leaves a point out
    (Carathéodory 1907; for points of two classes Kirchberger 1903). Raises ``ValueError`` when the times do not add up to 0.
    """
    rows = [[as_written(value) for value in (*row, 1.0)] for row in np.asarray(points, np.float64).tolist()]
    one = math.lcm(*(value.denominator for row in rows for value in row))
    vectors = [
        over(one, row if label else [-value for value in row])
        for row, label in zip(rows, np.asarray(labels).tolist(), strict=True)
    ]
    left = {i: Fraction(count) for i, count in enumerate(np.asarray(times).tolist()) if count}
    if not left or any(sum(left[i] * vectors[i][k] for i in left) for k in range(len(vectors[0]))):
        raise ValueError("these points, so often each, do not contradict each other")
    while (relation := _relation(vectors, list(left))) is not None:
        most = min(left[i] / share for i, share in relation.items() if share > 0)
        for i, share in relation.items():
            left[i] -= most * share
            if not left[i]:
                del left[i]
    shared = math.lcm(*(count.denominator for count in left.values()))
    return [int(left.get(i, 0) * shared) for i in range(len(rows))]


def _relation(vectors: list[list[int]], members: list[int]) -> dict[int, int] | None:
    """Shares of some of the vectors, not of all, that add up to 0; one is above 0. None where there are none."""
    for out in members:
        rest = [i for i in members[: len(vectors[0]) + 2] if i != out][: len(vectors[0]) + 1]
        shares = _null_vector([vectors[i] for i in rest])
        if shares is not None:
            sign = 1 if max(shares) > 0 else -1
            return {i: sign * share for i, share in zip(rest, shares, strict=True) if share}
    return None


def _null_vector(vectors: list[list[int]]) -> list[int] | None:
    """Shares, not all 0, with which the vectors add up to 0, by elimination; None where they are independent."""
    done: list[tuple[int, list[int]]] = []  # a pivot's column, and a reduced vector with what it is made of behind it
    n = len(vectors[0])
    for i, vector in enumerate(vectors):
        row = vector + [int(i == j) for j in range(len(vectors))]
        for column, other in done:
            a, b = other[column], row[column]
            if b:
                row = [a * x - b * y for x, y in zip(row, other, strict=True)]
        shared = math.gcd(*row)
        row = [x // shared for x in row]
        pivot = next((column for column in range(n) if row[column]), None)
        if pivot is None:
            return row[n:]
        done.append((pivot, row))
    return None
