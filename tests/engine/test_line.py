"""A line's answers are exact where doubles are not; its margin by hand."""

from __future__ import annotations

import doctest
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.line
from engine.line import Line, as_written


def line(*weights: str) -> Line:
    """The line with these decimal weights and, last, this bias."""
    return Line(tuple(int(Fraction(w) * 1000) for w in weights), 1000)


def test_weights_are_the_nearest_doubles() -> None:
    third = Line((1, -2, 3), 3)
    assert third.w.tolist() == [1 / 3, -2 / 3]
    assert third.b == 1.0
    assert not third.w.flags.writeable


def test_a_point_upon_the_line_is_answered_with_zero() -> None:
    # 0.1·1 + 0.2·1 − 0.3 is 5.6e-17 in doubles, and 0 as it is written.
    assert 0.1 + 0.2 - 0.3 > 0
    points = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-15], [1.0, 1.0 - 1e-15], [3.0, 0.0], [0.0, 1.5]])
    assert line("0.1", "0.2", "-0.3").predict(points).tolist() == [0, 1, 0, 0, 0]


def test_the_line_of_no_weights_answers_zero_and_has_no_margin() -> None:
    nothing = line("0", "0", "0")
    assert nothing.predict(np.zeros((3, 2))).tolist() == [0, 0, 0]
    assert nothing.margin(np.zeros((3, 2)), np.zeros(3)) is None


@given(
    st.lists(st.integers(-4, 4), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=1, max_size=8),
    st.sampled_from([1.0, 0.1, 1e-3, 1e-200, 1e90]),
)
def test_answers_equal_those_of_fractions(weights: list[int], whole: list[tuple[int, int]], unit: float) -> None:
    points = np.array(whole) * unit
    tenths = Line(tuple(weights), 10)
    exact = [
        int(weights[0] * as_written(x1) + weights[1] * as_written(x2) + weights[2] > 0) for x1, x2 in points.tolist()
    ]
    assert tenths.predict(points).tolist() == exact
    assert tenths.count_errors(points, np.array(exact)) == 0
    assert tenths.count_errors(points, 1 - np.array(exact)) == len(exact)


def test_margin_is_the_distance_of_the_worst_point() -> None:
    # 3 x1 + 4 x2 − 5 = 0, and ‖w‖ = 5: the origin is 1 away from it, (3, 4) is 4 away.
    diagonal = line("3", "4", "-5")
    points = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert diagonal.margin(points, np.array([0, 1])) == pytest.approx(1)
    assert diagonal.margin(points, np.array([0, 0])) == pytest.approx(-4)


def test_examples() -> None:
    assert doctest.testmod(engine.line).failed == 0
