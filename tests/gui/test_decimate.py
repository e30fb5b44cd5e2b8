"""The pyramid shows what the whole table would show, and reads only what is new."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gui.graphics.decimate import BLOCKS, Pyramid


def table_of(values: NDArray) -> NDArray:
    """Two columns: the epoch, and ``values``."""
    return np.stack([np.arange(len(values), dtype=float), values], axis=1)


def walk(n: int, seed: int = 0) -> NDArray:
    return table_of(np.cumsum(np.random.default_rng(seed).normal(size=n)))


def test_short_table_comes_back_as_it_is():
    pyramid = Pyramid()
    pyramid.extend(table_of(np.array([3.0, 1.0, 2.0])))
    x, y = pyramid.curve(1, 0.0, 2.0, 300)
    assert x.tolist() == [0, 1, 2]
    assert y.tolist() == [3, 1, 2]


def test_nothing_before_the_first_table_and_from_an_empty_one():
    pyramid = Pyramid()
    assert [len(part) for part in pyramid.curve(1, 0.0, 10.0, 100)] == [0, 0]
    pyramid.extend(np.empty((0, 5)))
    assert [len(part) for part in pyramid.curve(1, 0.0, 10.0, 100)] == [0, 0]


@pytest.mark.parametrize("n", [1_000, 20_000, 300_001])
def test_extremes_survive_wherever_they_are(n: int):
    table = walk(n)
    for spike in np.random.default_rng(1).integers(0, n, 20):
        spiked = table.copy()
        spiked[spike, 1] = 1e6
        pyramid = Pyramid()
        pyramid.extend(spiked)
        x, y = pyramid.curve(1, 0.0, float(n - 1), 200)
        assert y.max() == 1e6
        assert y.min() == spiked[:, 1].min()
        assert abs(x[y.argmax()] - spike) <= 1.3 * n / 200, "the spike is drawn in its own column or the next"
        assert len(x) <= 2 * 200 + 4


def test_every_column_has_its_own_extremes():
    n, columns = 64_000, 100
    table = walk(n)
    pyramid = Pyramid()
    pyramid.extend(table)
    x, y = pyramid.curve(1, 0.0, float(n), columns)
    for start in range(0, n, n // columns):
        rows = slice(start, start + n // columns)
        drawn = y[(x >= start) & (x < start + n // columns)]
        assert drawn.min() == pytest.approx(table[rows, 1].min(), abs=12), "the edges round to blocks, no more"
        assert drawn.max() == pytest.approx(table[rows, 1].max(), abs=12)


def test_a_falling_curve_does_not_zigzag():
    table = table_of(np.exp(-np.arange(50_000) / 9_000))
    pyramid = Pyramid()
    pyramid.extend(table)
    x, y = pyramid.curve(1, 0.0, 49_999.0, 150)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) <= 0).all()


def test_a_zoomed_view_shows_its_rows_and_one_either_side():
    table = walk(100_000)
    pyramid = Pyramid()
    pyramid.extend(table)
    x, y = pyramid.curve(1, 500.5, 520.5, 200)
    assert x.tolist() == list(range(500, 522))
    assert y.tolist() == table[500:522, 1].tolist()


def test_what_is_not_finite_is_left_out():
    values = np.cumsum(np.ones(40_000))
    values[5_000:9_000] = np.nan
    values[9_000] = np.inf
    values[39_990:] = -np.inf
    pyramid = Pyramid()
    pyramid.extend(table_of(values))
    for low, high in ((0, 40_000), (4_990, 5_010), (6_000, 7_000)):
        _, y = pyramid.curve(1, low, high, 100)
        assert np.isfinite(y).all()
    assert pyramid.curve(1, 0, 40_000, 100)[1].max() == 39_990
    assert len(pyramid.curve(1, 6_000, 7_000, 100)[1]) == 0


@given(steps=st.lists(st.integers(0, 9_000), min_size=1, max_size=8), seed=st.integers(0, 99))
def test_growing_step_by_step_equals_one_gulp(steps: list[int], seed: int):
    table = walk(sum(steps) + 1, seed)
    grown, whole = Pyramid(), Pyramid()
    n = 0
    for step in steps:
        n += step
        grown.extend(table[: n + 1].copy())  # another buffer each time, as when the history doubles its room
    whole.extend(table)
    for part, other in zip(grown.curve(1, 0, len(table), 64), whole.curve(1, 0, len(table), 64), strict=True):
        np.testing.assert_array_equal(part, other)
    assert grown.rebuilds <= 1 + steps.count(0)


def test_only_the_new_rows_are_read():
    table = walk(200_000)
    pyramid = Pyramid()
    pyramid.extend(table[:150_000])
    pyramid.extend(table)
    assert pyramid.rebuilds == 1
    assert len(pyramid) == 200_000


def test_a_step_back_and_other_rows_after_it_are_noticed():
    table = walk(100_000)
    other = table.copy()
    other[99_000:, 1] = 1e9
    pyramid = Pyramid()
    pyramid.extend(table)
    pyramid.extend(table[:99_500])
    assert pyramid.rebuilds == 1, "a prefix of what was seen needs nothing anew"
    assert pyramid.curve(1, 0, 100_000, 100)[0].max() == 99_499
    pyramid.extend(other)
    assert pyramid.curve(1, 0, 100_000, 100)[1].max() == 1e9
    assert pyramid.rebuilds == 2


def test_another_run_of_the_same_length_is_another_table():
    pyramid = Pyramid()
    pyramid.extend(walk(30_000, seed=1))
    second = walk(30_000, seed=2)
    pyramid.extend(second)
    assert pyramid.curve(1, 0, 30_000, 100)[1].max() == second[:, 1].max()


def test_blocks_nest():
    assert all(large % small == 0 for small, large in itertools.pairwise(BLOCKS))
