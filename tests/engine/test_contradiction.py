"""The four inequalities of XOR, word for word; and that nothing is called a contradiction which is none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.contradiction import Inequality, contradiction, fewest
from engine.perceptron import Perceptron, PerceptronSettings

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_xor() -> None:
    found = contradiction(CORNERS, [0, 1, 1, 0], [3, 3, 3, 3])
    assert [str(inequality) for inequality in found.inequalities] == [
        "b ≤ 0",
        "w₂ + b > 0",
        "w₁ + b > 0",
        "w₁ + w₂ + b ≤ 0",
    ]
    assert (found.samples, found.times) == ((0, 1, 2, 3), (1, 1, 1, 1))
    assert str(found) == "(2) + (3) give w₁ + w₂ + 2 b > 0, (1) + (4) give w₁ + w₂ + 2 b ≤ 0: both cannot be."


def test_times_count() -> None:
    """(1) is the middle of 0 and 2 with other weights: twice its demand is theirs together."""
    found = contradiction([[0.0], [0.5], [2.0]], [0, 1, 0], [6, 8, 2])
    assert found.times == (3, 4, 1)
    assert str(found) == "4 × (2) give 2 w₁ + 4 b > 0, 3 × (1) + (3) give 2 w₁ + 4 b ≤ 0: both cannot be."


def test_equal_points_are_one_demand_and_those_not_needed_none() -> None:
    found = contradiction([[7, 7], *CORNERS, [0, 1], [0, 0]], [1, 0, 1, 1, 0, 1, 0], [0, 1, 1, 2, 2, 1, 1])
    assert found.samples == (1, 2, 3, 4)
    assert found.times == (1, 1, 1, 1)


def test_a_point_of_both_classes() -> None:
    perceptron = Perceptron(np.array([[-0.5, 1.25], [-0.5, 1.25]]), np.array([0, 1]))
    perceptron.run()
    found = contradiction(perceptron.points, perceptron.labels, perceptron.cycle_errors())
    assert [str(inequality) for inequality in found.inequalities] == [
        "−0.5 w₁ + 1.25 w₂ + b ≤ 0",
        "−0.5 w₁ + 1.25 w₂ + b > 0",
    ]


def test_signs_sizes_and_many_weights_in_words() -> None:
    coefficients = [Fraction(0)] * 9 + [Fraction(-1), Fraction(-2, 3), Fraction(1)]
    assert str(Inequality(tuple(coefficients), True)) == "−w₁₀ − 0.6667 w₁₁ + b > 0"


@pytest.mark.parametrize(
    ("labels", "times"),
    [
        ([0, 0, 0, 1], [1, 1, 1, 1]),  # AND has a line
        ([0, 1, 1, 0], [0, 0, 0, 0]),
        ([0, 1, 1, 0], [1, 1, 1, 0]),
        ([0, 1, 1, 0], [-1, -1, -1, -1]),
    ],
)
def test_what_does_not_contradict_is_refused(labels: list[int], times: list[int]) -> None:
    with pytest.raises(ValueError, match="do not contradict"):
        contradiction(CORNERS, labels, times)


# --- as few as can be -------------------------------------------------------------------------------------------------


def test_xor_needs_its_four_corners() -> None:
    assert fewest(CORNERS, [0, 1, 1, 0], [3, 3, 3, 3]) in ([1, 1, 1, 1], [3, 3, 3, 3])


def test_two_contradictions_at_once_become_one() -> None:
    """XOR, and a corner of both classes."""
    points, labels = [*CORNERS, [1, 0]], [0, 1, 1, 0, 0]
    times = fewest(points, labels, [1, 1, 2, 1, 1])
    assert [row for row, count in enumerate(times) if count] in ([0, 1, 2, 3], [2, 4])
    contradiction(points, labels, times)


def test_three_in_a_row_are_enough() -> None:
    points, labels = [[0, 0], [0.5, 0.5], [1, 1], [0, 1], [1, 0]], [0, 1, 0, 1, 1]
    times = fewest(points, labels, [2, 2, 2, 1, 1])
    assert sum(map(bool, times)) <= 4
    contradiction(points, labels, times)
    assert sum(map(bool, fewest(points[:3], labels[:3], [1, 2, 1]))) == 3


FEW_PLACES = st.tuples(st.integers(-2, 2), st.integers(-2, 2), st.integers(0, 1))


@settings(max_examples=25)
@given(st.lists(FEW_PLACES, max_size=9), st.sampled_from([1.0, 0.1, 0.37]))
def test_what_is_left_of_any_cycle_contradicts_itself_with_four_points_at_most(rows: list, unit: float) -> None:
    rows = [*rows, (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]  # no line separates these, whatever is beside them
    points, labels = np.array([row[:2] for row in rows]) * unit, np.array([row[2] for row in rows])
    perceptron = Perceptron(points, labels, PerceptronSettings(max_epochs=200))
    while perceptron.cycle is None and perceptron.step_sample():
        pass
    assume(perceptron.cycle is not None)
    times = fewest(points, labels, perceptron.cycle_errors())
    assert min(times) >= 0
    assert 2 <= sum(map(bool, times)) <= 4
    contradiction(points, labels, times)


def test_fewest_of_what_does_not_contradict_is_refused() -> None:
    for times in ([1, 1, 1, 1], [0, 0, 0, 0]):
        with pytest.raises(ValueError, match="do not contradict"):
            fewest(CORNERS, [0, 0, 0, 1], times)
