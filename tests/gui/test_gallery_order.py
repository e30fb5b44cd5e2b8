"""The order of the gallery: by hand, and that images which belong on a screen keep their places on it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.predictions import Predictions
from gui.graphics.gallery_order import ALL, RIGHT, WRONG, Filter, kept_in_place, order, shown

# As probabilities: 0 right .9, 1 wrong .6, 2 right .5, 3 wrong .8, 4 without an answer.
SHARES = np.array([[0.9, 0.05, 0.05], [0.3, 0.6, 0.1], [0.3, 0.2, 0.5], [0.8, 0.1, 0.1], [np.nan] * 3])
SOME = Predictions(np.arange(10, 15), np.array([0, 2, 2, 1, 0]), np.log(SHARES), 3)


def test_every_order_by_hand() -> None:
    assert order(SOME, "mistakes", Filter()).tolist() == [3, 1, 4, 2, 0]
    assert order(SOME, "unsure", Filter()).tolist() == [4, 2, 1, 3, 0]
    assert order(SOME, "sure", Filter()).tolist() == [0, 3, 1, 2, 4]
    assert order(SOME, "index", Filter()).tolist() == [0, 1, 2, 3, 4]


def test_every_filter_by_hand() -> None:
    def rows(*what: object) -> list[int]:
        return np.flatnonzero(shown(SOME, Filter(*what))).tolist()

    assert rows(WRONG) == [1, 3, 4]
    assert rows(RIGHT) == [0, 2]
    assert rows(ALL, 0) == [0, 4]
    assert rows(ALL, None, 0) == [0, 3], "what has no answer is read as nothing"
    assert rows(ALL, 2, 1) == [1]
    assert rows(RIGHT, 2, 1) == []
    assert order(SOME, "sure", Filter(WRONG)).tolist() == [3, 1, 4]


def test_places_are_kept_by_hand() -> None:
    old, new = np.array([7, 3, 5, 1, 9, 0]), np.array([5, 7, 2, 9, 1, 3])
    # The first screen of three now holds 5, 7 and 2: 7 and 5 stay where they were, 2 comes in for 3.
    assert kept_in_place(old, new, 3).tolist() == [7, 2, 5, 1, 9, 3]
    # The first two are a group of their own, so 5 has to move up.
    assert kept_in_place(old, new, 3, n_first=2).tolist() == [7, 5, 2, 1, 9, 3]
    assert kept_in_place(np.empty(0, int), new, 3).tolist() == new.tolist()
    assert kept_in_place(old, np.empty(0, int), 3).tolist() == []


@given(st.data())
def test_a_screen_holds_what_belongs_there_and_what_was_there_stays(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 40))
    old = np.array(data.draw(st.permutations(range(n))))[: data.draw(st.integers(0, n))]
    new = np.array(data.draw(st.permutations(range(n))))[: data.draw(st.integers(1, n))]
    screen, first = data.draw(st.integers(1, 12)), data.draw(st.integers(0, len(new)))
    placed = kept_in_place(old, new, screen, first)
    assert len(placed) == len(new)
    edges = sorted({*range(0, first, screen), *range(first, len(new), screen), len(new)})
    for start, end in pairwise(edges):
        here = set(new[start:end].tolist())
        assert set(placed[start:end].tolist()) == here
        assert all(placed[i] == old[i] for i in range(start, min(end, len(old))) if int(old[i]) in here)
