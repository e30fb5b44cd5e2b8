"""Principal components beside scikit-learn's, and maps that are held steady."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import NeuroloomError
from engine.projection import align, pca


def cloud(n: int, d: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * np.linspace(3, 0.5, d) + rng.normal(size=d)


@pytest.mark.parametrize(("n", "d"), [(200, 2), (200, 64), (30, 100)])
def test_it_is_the_plane_that_scikit_learn_finds(n, d):
    from sklearn.decomposition import PCA

    values = cloud(n, d)
    theirs = PCA(2, svd_solver="full").fit(values)
    mine = pca(values)
    np.testing.assert_allclose(mine.shares, theirs.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(np.abs(mine.points), np.abs(theirs.transform(values)), atol=1e-8)


def test_by_hand():
    # On the line y = x: one direction has all the variance, and the distances from the middle are 0 and ±√2.
    found = pca(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]))
    np.testing.assert_allclose(found.points[:, 0], [-np.sqrt(2), 0, np.sqrt(2)], atol=1e-12)
    np.testing.assert_allclose(found.points[:, 1], 0, atol=1e-7)
    assert found.shares == pytest.approx((1.0, 0.0))


def test_one_dimension_and_none():
    line = pca(np.array([[1.0], [3.0]], np.float32))
    np.testing.assert_array_equal(line.points, [[-1, 0], [1, 0]])
    assert line.shares == (1.0, 0.0)
    nothing = pca(np.ones((5, 3)))
    assert not nothing.points.any()
    assert nothing.shares == (0.0, 0.0)


def test_values_that_are_no_numbers_are_told_in_a_sentence():
    values = cloud(10, 3)
    values[4, 1] = np.inf
    with pytest.raises(NeuroloomError, match="not finite numbers"):
        pca(values)


angles = st.floats(-np.pi, np.pi)


@given(angles, st.booleans(), st.integers(0, 100))
def test_a_turned_or_mirrored_map_is_turned_back(angle, mirrored, seed):
    points = cloud(40, 2, seed)
    points -= points.mean(axis=0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = points @ turn * (-1 if mirrored else 1, 1) + 5
    np.testing.assert_allclose(align(other, points), points, atol=1e-9)


@given(st.integers(0, 1000), st.integers(0, 1000))
def test_it_keeps_distances_and_never_comes_to_lie_further_away(one, other):
    points, reference = cloud(25, 2, one), cloud(25, 2, other)
    points -= points.mean(axis=0)
    reference -= reference.mean(axis=0)
    turned = align(points, reference)
    np.testing.assert_allclose(turned @ turned.T, points @ points.T, atol=1e-8)
    assert np.linalg.norm(turned - reference) <= np.linalg.norm(points - reference) + 1e-9


def test_a_map_in_training_does_not_jump_where_two_directions_change_places():
    # The second direction grows past the first: by itself the principal map would turn by a quarter there.
    base = np.random.default_rng(3).normal(size=(300, 2))
    before, turns = None, []
    for share in np.linspace(0.8, 1.25, 19):
        points = pca(base * (1.0, share)).points
        if before is not None:
            held = align(points, before)
            turns.append(float(np.linalg.norm(held - before) / np.linalg.norm(before)))
            points = held
        before = points
    assert max(turns) < 0.05
