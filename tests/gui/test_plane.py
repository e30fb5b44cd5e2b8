"""The plane in pixels: where points lie, which half a line cuts off, how long arrows are drawn; and the words beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from engine.contradiction import Contradiction, Inequality, contradiction
from engine.perceptron import Perceptron, PerceptronSettings
from gui.graphics import perceptron_words as words
from gui.graphics.plane import Frame, arrow_scale, fit, half_plane
from gui.perceptron_view import PerceptronView, Problem

RECT = QRectF(40, 10, 600, 400)
SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
CORNERS = SQUARE[[0, 3, 1, 2]]
COORDINATE = st.floats(-50, 50)


@settings(max_examples=40)
@given(COORDINATE, COORDINATE)
def test_there_and_back(x: float, y: float) -> None:
    frame = Frame(RECT, (0.5, -0.25), 173.0)
    assert frame.to_plane(frame.to_pixels(x, y)) == pytest.approx((x, y), abs=1e-9)


def test_a_unit_is_as_long_up_as_to_the_right() -> None:
    frame = fit(RECT, CORNERS)
    origin, right, up = (frame.to_pixels(*at) for at in ((0, 0), (1, 0), (0, 1)))
    assert right.x() - origin.x() == pytest.approx(origin.y() - up.y())
    assert up.y() < origin.y(), "up is up"


def test_what_lies_in_the_picture_of_a_gate_does_not_move_it() -> None:
    frame = fit(RECT, CORNERS)
    seen = [frame.to_plane(at) for at in (RECT.topLeft(), RECT.bottomRight())]
    assert fit(RECT, np.array([*CORNERS, *seen]) * 0.999 + 0.0005) == frame


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=9))
def test_every_point_lies_in_the_picture(points: list) -> None:
    frame = fit(RECT, np.array(points))
    inside = RECT.adjusted(-1, -1, 1, 1)
    assert all(inside.contains(frame.to_pixels(x, y)) for x, y in points)
    assert inside.contains(frame.to_pixels(0, 0)), "where the arrows begin"


def test_half_a_square() -> None:
    kept, ends = half_plane(SQUARE, np.array([1.0, 0.0]), -0.25)
    assert sorted(kept.tolist()) == [[0.25, 0.0], [0.25, 1.0], [1.0, 0.0], [1.0, 1.0]]
    assert sorted(ends.tolist()) == [[0.25, 0.0], [0.25, 1.0]]


@pytest.mark.parametrize(("w", "b", "corners"), [((1, 0), 1, 4), ((1, 0), -2, 0), ((0, 0), 0.1, 4), ((0, 0), 0, 0)])
def test_a_line_beside_the_square_and_none_at_all(w: tuple[int, int], b: float, corners: int) -> None:
    kept, ends = half_plane(SQUARE, np.array(w, float), b)
    assert (len(kept), len(ends)) == (corners, 0)


@settings(max_examples=40)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3))
def test_what_is_kept_is_on_the_right_side(a: float, c: float, b: float) -> None:
    w = np.array([a, c])
    kept, ends = half_plane(SQUARE, w, b)
    assert (kept @ w + b >= -1e-9).all()
    assert np.abs(ends @ w + b).max(initial=0) < 1e-9


def test_arrows_fit_and_their_scale_is_round() -> None:
    low, high = np.array([-1.0, -0.5]), np.array([2.0, 1.5])
    assert arrow_scale([np.array([0.2, 0.1])], 0.1, low, high) == 5.0
    assert arrow_scale([np.array([0.0, -0.2])], 0.1, low, high) == 2.0, "there is less room below"
    assert arrow_scale([np.array([0.0, 0.0])], 0.0, low, high) == 1.0
    assert arrow_scale([np.array([40.0, 0.0])], 0.1, low, high) == 0.02
    assert arrow_scale([np.array([1e-9, 0.0])], 0.01, low, high) == 50.0


# --- words ----------------------------------------------------------------------------------------------------------


def view_of(labels: list[int], epochs: int, **changes: object) -> PerceptronView:
    given_settings = PerceptronSettings(weight_scale=0, **changes)  # type: ignore[arg-type]
    p = Perceptron(CORNERS, np.array(labels), given_settings)
    updates = [update for _ in range(epochs) for update in p.step_epoch()]
    return PerceptronView(
        Problem(settings=given_settings), p.points, p.labels, p.line, updates[-1] if updates else None, None, p.epoch,
        p.position, p.errors, tuple(p.errors_per_epoch), p.line.predict(p.points), p.converged_epoch, p.finished, p.cycle,
        margin=p.margin,
    )  # fmt: skip


def test_verdicts() -> None:
    assert words.verdict(PerceptronView(Problem(), np.empty((0, 2)), np.empty(0))) == words.NO_POINTS
    assert words.verdict(view_of([0, 0, 0, 1], 0)) == ("Not trained yet", words.NOT_YET)
    assert words.verdict(view_of([0, 0, 0, 1], 2)) == (
        "Epoch 3", "0 errors in 0 of 4 samples. The line of now answers 2 of 4 right.",
    )  # fmt: skip
    headline, sentence = words.verdict(view_of([0, 0, 0, 1], 9))
    assert headline == "Converged at epoch 6"
    assert sentence.endswith("The margin is 0: a point lies on the line, which counts as 0.")
    assert "no line, and one answer for all" in words.verdict(view_of([0, 0, 0, 0], 9))[1]
    assert words.verdict(view_of([0, 1, 1, 0], 9, max_epochs=2)) == (
        "Stopped after 2 epochs",
        "3 errors in the last one. A line may still exist, or not: give it more epochs, or turn Shuffle off so that a cycle "
        "can be found.",
    )
    headline, sentence = words.verdict(view_of([0, 1, 1, 0], 9))
    assert headline == "A cycle of 1 epoch: no line exists"
    assert sentence.startswith("The weights after epoch 2 came back after epoch 3, 4 mistakes later.")


def test_minus_stands_in_brackets_behind_a_sign() -> None:
    p = Perceptron(np.array([[-0.5, 2.0]]), np.array([1]), PerceptronSettings(weight_scale=0))
    first = p.step_sample()
    assert first is not None
    p.restore(p.capture())
    assert words.weights_move(first, 0.1) == "(0, 0) + 0.1·1·(−0.5, 2)"
    again = Perceptron(np.array([[-0.5, 2.0], [-1.0, 0.5]]), np.array([1, 0]), PerceptronSettings(weight_scale=0))
    second = again.step_epoch()[1]
    assert words.weighted_sum(second) == ("w₁x₁ + w₂x₂ + b", "−0.05·(−1) + 0.2·0.5 + 0.1")
    assert words.weights_move(second, 0.1) == "(−0.05, 0.2) + 0.1·(−1)·(−1, 0.5)"
    assert words.bias_move(second, 0.1) == "0.1 + 0.1·(−1)"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.1 + 0.2, "0.3"), (-0.0, "0"), (1234.5, "1,234.5"), (-1 / 3, "−0.3333"), (3e-5, "3·10⁻⁵"), (2e7, "2·10⁷")],
)
def test_numbers_are_short(number: float, text: str) -> None:
    assert words.value(number) == text


def test_many_inequalities_are_counted() -> None:
    demand = Inequality((1, 1, 1), True)  # type: ignore[arg-type]
    many = Contradiction(tuple([0] * 12), tuple([1] * 12), tuple([demand] * 12), (demand, Inequality((1, 1, 1), False)))  # type: ignore[arg-type]
    rows = words.inequalities(many, view_of([0, 1, 1, 0], 1))
    assert len(rows) == words.MOST_INEQUALITIES
    assert rows[-1] == ("… 5 more", "")
    assert words.added_up(many)[0] == "Those > 0 add up to w₁ + w₂ + b > 0,"
    few = contradiction(CORNERS, [0, 1, 1, 0], [2, 2, 2, 2])
    assert words.added_up(few)[0] == "(2) + (3):  w₁ + w₂ + 2 b > 0"


def test_pixels_know_their_half() -> None:
    frame = Frame(RECT, (0.0, 0.0), 100.0)
    assert frame.half == (3.0, 2.0)
    assert frame.corners.tolist() == [[-3, -2], [3, -2], [3, 2], [-3, 2]]
    assert frame.to_plane(QPointF(RECT.center())) == (0.0, 0.0)
