"""Round numbers for axes, and how they are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.graphics import ticks


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e6), at_most=st.integers(1, 12))
def test_ticks_are_few_and_inside(low: float, span: float, at_most: int):
    found = ticks.nice_ticks(low, low + span, at_most)
    assert len(found) <= at_most + 1
    blur = 1e-6 * span + 1e-9 * abs(low)  # doubles of this size are no finer
    assert all(low - blur <= t <= low + span + blur for t in found)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0412, "0.0412"), (12.345, "12.35"), (3.1e-6, "3.1·10⁻⁶"), (-0.5, "−0.5000"), (math.nan, "not a number"),
     (math.inf, "∞"), (0.0, "0.0000"), (1234.0, "1,234")],
)  # fmt: skip
def test_running_numbers(value: float, text: str):
    assert ticks.short(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0412, "0.0412"), (0.0, "0.0000"), (999.99994, "999.9999"), (1000.0, "1.00·10³"), (123456.0, "1.23·10⁵"),
     (0.0001, "0.0001"), (4e-5, "4.00·10⁻⁵"), (math.nan, "not finite"), (math.inf, "not finite"), (-5.0, "−5.0000"),
     (-2e-7, "−2.00·10⁻⁷")],
)  # fmt: skip
def test_losses(value: float, text: str):
    assert ticks.loss(value) == text


def test_an_exact_loss_is_written_the_same_way():
    assert ticks.exact(1.22923745e-06) == "1.22923745·10⁻⁶"
    assert ticks.exact(math.nan) == ticks.loss(math.nan)


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100.0 %"), (19_999 / 20_000, "99.9 %"), (0.9994, "99.9 %"), (0.0, "0.0 %"), (math.nan, "not finite")],
)
def test_only_all_of_it_is_a_hundred_percent(share: float, text: str):
    assert ticks.percent(share) == text


@pytest.mark.parametrize(("exponent", "text"), [(-5, "10⁻⁵"), (-3, "0.001"), (0, "1"), (3, "1,000"), (6, "10⁶")])
def test_powers_of_ten_on_a_logarithmic_axis(exponent: float, text: str):
    assert ticks.log_label(exponent) == text


def test_a_narrow_logarithmic_axis_still_has_ticks():
    for low, high in ((-1.31, -1.29), (-0.4, 0.1), (2.0, 2.01)):
        found = ticks.log_ticks(low, high)
        assert found
        assert all(low - 1e-6 <= t <= high + 1e-6 for t in found)


def test_a_zero_has_no_sign_and_thousands_have_commas():
    assert ticks.number(-0.0001, 2) == "0.00"
    assert ticks.number(-1234.5, 1) == "−1,234.5"
    assert ticks.exact(-0.123456789012) == "−0.123456789"
    assert ticks.percent(0.984) == "98.4 %"
