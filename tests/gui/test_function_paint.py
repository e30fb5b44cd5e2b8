"""What lies under the curves: counted by hand, every unit with its share, and an axis that fits."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF

from gui.graphics.function_paint import BINS, MOST_TICKS, Axes, Curve, count, middles
from gui.graphics.function_plot import FunctionPlot
from gui.theme import LIGHT

NONE_FLAT = np.zeros(BINS, bool)


def test_counts_worked_by_hand() -> None:
    # Bins of −3..3 are 0.1 wide: two values in that of 0.05, one in that of −2.95, one beyond on the left, two on the right.
    sums = count(np.array([[0.04, 0.06, -2.95], [-9.0, 7.0, np.inf]]), 3.0, NONE_FLAT, "tanh")
    assert sums.bars[30] == pytest.approx(2 / 6)
    assert sums.bars[0] == pytest.approx(1 / 6)
    assert sums.bars.sum() == pytest.approx(3 / 6)
    assert sums.beyond == (pytest.approx(1 / 6), pytest.approx(2 / 6))
    assert len(sums.rug) == 6
    assert middles(3.0)[[0, 30, -1]] == pytest.approx([-2.95, 0.05, 2.95])


def test_every_unit_has_its_share_of_the_rug() -> None:
    units = 8
    z = np.tile(np.arange(units, dtype=float), (500, 1))
    rug = count(z, 10.0, NONE_FLAT, "").rug
    assert len(rug) == MOST_TICKS
    met = np.bincount(rug.astype(int), minlength=units)
    assert met.min() > 0.7 * MOST_TICKS / units


def test_nothing_counts_as_nothing() -> None:
    sums = count(np.empty((0, 3)), 5.0, NONE_FLAT, "")
    assert not sums.bars.any()
    assert len(sums.rug) == 0


def test_places_and_values_are_inverse() -> None:
    axes = Axes(QRectF(40, 8, 500, 300), 5.0, -1.0, 2.0, LIGHT)
    assert (axes.x_of(-5.0), axes.x_of(5.0)) == (40, 540)
    assert (axes.y_of(2.0), axes.y_of(-1.0)) == (8, 308)
    assert axes.z_of(axes.x_of(1.25)) == pytest.approx(1.25)
    assert axes.strip.top() == pytest.approx(248)


@pytest.mark.parametrize(
    ("f", "seen"),
    [(np.tanh, (-1.0, 1.0)), (lambda z: np.maximum(z, 0), (0.0, 2.9)), (lambda z: z * np.nan, (0.0, 1.0))],
)
def test_what_is_bounded_is_seen_whole_and_what_grows_leaves(qtbot, f, seen) -> None:
    plot = FunctionPlot(LIGHT)
    qtbot.addWidget(plot)
    plot.resize(600, 400)
    y = f(plot.z)
    plot.set_curves([Curve("a", "a", LIGHT.accent, y, np.zeros_like(y))], "a")
    axes = plot.axes
    for value in seen:
        assert axes.area.top() <= axes.y_of(value) <= axes.strip.top()
    assert axes.high < 4
    plot.set_sums(count(plot.z, plot.half, NONE_FLAT, "a"))
    plot.set_at(1.0)
    assert not plot.grab().isNull()
