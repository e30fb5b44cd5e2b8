"""Who trains, who validates, who tests: every sample once, no writer on two sides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.spec import DataSpec
from engine.splitting import Split, split

SPECS = st.builds(
    DataSpec, train_share=st.floats(0.1, 0.9), validation_share=st.floats(0.0, 0.5), seed=st.integers(0, 9_999)
)
WRITERS = st.lists(st.integers(0, 7), min_size=5, max_size=80).map(np.array)


def sides(n: int, found: Split) -> list[NDArray]:
    """The rows of each side, as numbers; together they are all the samples, each once."""
    rows = [np.arange(n)[side] for side in (found.train, found.test, found.validation) if side is not None]
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(n))
    assert all(len(side) for side in rows)
    return rows


def test_test_images_that_are_named_stay_test_images() -> None:
    found = split(100, 30, None, DataSpec(train_share=0.1))
    assert (found.train, found.test, found.validation) == (slice(0, 70), slice(70, 100), None)
    kept = split(100, 30, None, DataSpec(validation_share=0.2))
    assert kept.test == slice(70, 100)
    assert kept.validation is not None
    assert len(np.arange(100)[kept.validation]) == 14
    assert max(np.arange(100)[kept.validation]) < 70


@given(n=st.integers(5, 200), spec=SPECS, data=st.data())
def test_each_sample_is_on_one_side(n: int, spec: DataSpec, data: st.DataObject) -> None:
    n_test = data.draw(st.none() | st.integers(1, n - 1))
    found = split(n, n_test, None, spec)
    rows = sides(n, found)
    if n_test is not None:
        assert rows[1].tolist() == list(range(n - n_test, n))
    again = split(n, n_test, None, spec)
    assert all(np.array_equal(one, other) for one, other in zip(rows, sides(n, again), strict=True))


@given(writers=WRITERS, spec=SPECS)
def test_no_writer_is_on_two_sides(writers: NDArray, spec: DataSpec) -> None:
    """Unless there are fewer writers than sides; then the samples of one are shared out, and of no other."""
    rows = sides(len(writers), split(len(writers), None, writers, spec))
    names = [set(writers[side].tolist()) for side in rows]
    shared = [one & other for i, one in enumerate(names) for other in names[:i]]
    if len(set(writers.tolist())) >= len(rows):
        assert not any(shared)
    else:
        assert len(set().union(*shared)) <= 1


@given(writers=WRITERS, spec=SPECS, data=st.data())
def test_nor_with_test_images_that_are_named(writers: NDArray, spec: DataSpec, data: st.DataObject) -> None:
    n = len(writers)
    n_test = data.draw(st.integers(1, n - 1))
    rows = sides(n, split(n, n_test, writers, spec))
    assert rows[1].tolist() == list(range(n - n_test, n))
    if len(rows) == 3 and len(set(writers[: n - n_test].tolist())) > 1:
        assert not set(writers[rows[0]].tolist()) & set(writers[rows[2]].tolist())


@pytest.mark.parametrize("share", [0.5, 0.7, 0.9])
def test_the_shares_are_about_right(share: float) -> None:
    writers = np.repeat(np.arange(50), 20)
    rows = sides(1_000, split(1_000, None, writers, DataSpec(train_share=share, validation_share=0.2)))
    assert [len(side) for side in rows] == [round(part) for part in (800 * share, 1_000 * (1 - share), 200 * share)]


def test_two_writers_with_validation() -> None:
    """One tests; the other one's samples are shared between training and validation."""
    writers = np.repeat([4, 9], 30)
    train, test, validation = sides(60, split(60, None, writers, DataSpec(train_share=0.5, validation_share=0.2)))
    assert (len(train), len(test), len(validation)) == (24, 30, 6)
    assert len(set(writers[test])) == len(set(writers[train])) == 1
    assert set(writers[train]) == set(writers[validation]) != set(writers[test])
