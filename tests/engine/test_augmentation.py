"""Images changed at random: changes worked by hand, the amounts drawn, what holds for every image, NumPy and compiled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import compiled
from engine.augmentation import Change, augment, distort, warp
from engine.spec import AugmentationSpec

ALL = AugmentationSpec(shift=2, rotation=12, scale=0.1, shear=0.1, stroke=0.3, noise=0.1)


def some(n: int, side: int, seed: int = 0) -> NDArray:
    """(n, side²) float32 of pixels drawn by lot."""
    return np.random.default_rng(seed).random((n, side * side), np.float32)


def pictures(x: NDArray, side: int) -> NDArray:
    return x.reshape(-1, side, side)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_no_change_is_the_image_bit_for_bit() -> None:
    x = some(5, 28)
    for same in (warp(x, 28), warp(x, 28, scale=1.0, stroke=0.0), augment(x, 28, AugmentationSpec(), _rng())):
        assert same is not x
        assert same.tobytes() == x.tobytes()
    # Not only because nothing is done: all of the arithmetic with amounts of nothing gives the same bits.
    still = Change(np.tile(np.float32([1, 0, 0, 0, 1, 0]), (5, 1)), np.zeros(5, np.float32))
    assert still.of(x, 28).tobytes() == x.tobytes()


def _rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("side", [8, 28])
def test_a_shift_of_whole_pixels_moves_exactly(side: int) -> None:
    x = some(3, side)
    before, after = pictures(x, side), pictures(warp(x, side, shift=(2, -1)), side)
    assert np.array_equal(after[:, :-1, 2:], before[:, 1:, :-2])
    assert not after[:, -1].any(), "paper comes in from below"
    assert not after[:, :, :2].any(), "and from the left"


def test_a_shift_of_a_quarter_of_a_pixel_blends_two_neighbors() -> None:
    row = warp(np.float32([[0, 0, 0, 0, 1, 0, 0, 0, 0]]), 3, shift=(0.25, 0))[0].reshape(3, 3)[1]
    assert row.tolist() == [0, 0.75, 0.25]


@pytest.mark.parametrize("side", [7, 8, 28])
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_numpys(side: int, quarters: int) -> None:
    x = some(3, side)
    turned = pictures(warp(x, side, rotation=90 * quarters), side)
    np.testing.assert_allclose(turned, np.rot90(pictures(x, side), quarters, axes=(1, 2)), atol=2e-6)


def test_twice_as_large_about_the_center() -> None:
    x = np.zeros((1, 25), np.float32)
    x[0, 12] = 1
    expected = np.outer([0, 0.5, 1, 0.5, 0], [0, 0.5, 1, 0.5, 0])
    assert np.array_equal(pictures(warp(x, 5, scale=2), 5)[0], expected)


def test_slant_leans_to_the_right_as_italics_do() -> None:
    bar = np.zeros((5, 5), np.float32)
    bar[:, 2] = 1
    assert np.array_equal(pictures(warp(bar.reshape(1, -1), 5, shear=1), 5)[0], np.eye(5)[:, ::-1])


@pytest.mark.parametrize(
    ("stroke", "row"),
    [(1.0, [0, 0, 0.5, 1, 1, 1, 0.5, 0, 0]), (-1.0, [0, 0, 0, 0.5, 1, 0.5, 0, 0, 0]),
     (3.0, [0, 0.5, 1, 1, 1, 1, 1, 0.5, 0]), (-3.0, [0, 0, 0, 0, 0.5, 0, 0, 0, 0])],
)  # fmt: skip
def test_a_bar_of_three_pixels_grows_by_so_many(stroke: float, row: list[float]) -> None:
    bar = np.zeros((9, 9), np.float32)
    bar[:, 3:6] = 1
    after = pictures(warp(bar.reshape(1, -1), 9, stroke=stroke), 9)[0]
    assert after[4].tolist() == row


def test_the_order_of_a_change_is_slant_size_turn_shift() -> None:
    # One full pixel at (column 4, row 2) of 9 × 9, whose center is (4, 4): two pixels above it.
    x = np.zeros((9, 9), np.float32)
    x[2, 4] = 1
    after = pictures(warp(x.reshape(1, -1), 9, shear=0.5, rotation=90, shift=(1, 2)), 9)[0]
    # Slanted: one to the right, (1, 2 up). A quarter turn counterclockwise: (2 left, 1 up). Shifted: (1 left, 1 down).
    assert np.unravel_index(after.argmax(), (9, 9)) == (5, 3)
    np.testing.assert_allclose(after[5, 3], 1, atol=1e-6)


# --- the draws --------------------------------------------------------------------------------------------------------


def test_amounts_are_uniform_and_never_larger_than_asked_for() -> None:
    n = 20_000
    shifts = -Change.drawn(n, 28, AugmentationSpec(shift=3), _rng()).places[:, [2, 5]].astype(float)
    assert np.abs(shifts).max() <= 3
    np.testing.assert_allclose(shifts.mean(axis=0), 0, atol=0.05)  # four times 3 / √(3n)
    np.testing.assert_allclose(shifts.var(axis=0), 3.0, rtol=0.03)  # a²/3
    assert abs(np.corrcoef(shifts.T)[0, 1]) < 0.03
    turned = np.rad2deg(
        np.arcsin(Change.drawn(n, 28, AugmentationSpec(rotation=20), _rng()).places[:, 3].astype(float))
    )
    assert np.abs(turned).max() <= 20 + 1e-5
    np.testing.assert_allclose([turned.mean(), turned.var()], [0, 400 / 3], atol=4)
    sizes = 1 / Change.drawn(n, 28, AugmentationSpec(scale=0.2), _rng()).places[:, 0].astype(float)
    assert 0.8 - 1e-6 <= sizes.min() < 0.801
    assert 1.199 < sizes.max() <= 1.2 + 1e-6
    strokes = Change.drawn(n, 28, AugmentationSpec(stroke=1), _rng()).strokes
    assert 0.499 < np.abs(strokes).max() <= 0.5
    noise = Change.drawn(200, 28, AugmentationSpec(noise=0.3), _rng()).noise
    np.testing.assert_allclose([noise.mean(), noise.std()], [0, 0.3], atol=0.005)


def test_one_more_amount_leaves_the_other_draws_as_they_are() -> None:
    alone = Change.drawn(50, 28, AugmentationSpec(stroke=0.5), _rng())
    among = Change.drawn(50, 28, AugmentationSpec(shift=2, rotation=5, stroke=0.5), _rng())
    assert np.array_equal(alone.strokes, among.strokes)


def test_the_same_seed_gives_the_same_bits_and_every_row_is_changed_on_its_own() -> None:
    x = np.repeat(some(1, 28), 40, axis=0)
    once, again = augment(x, 28, ALL, _rng()), augment(x, 28, ALL, _rng())
    assert once.tobytes() == again.tobytes()
    assert len(np.unique(once, axis=0)) == 40


# --- for every image --------------------------------------------------------------------------------------------------

amounts = st.builds(
    AugmentationSpec, shift=st.floats(0, 6), rotation=st.floats(0, 45), scale=st.floats(0, 0.5),
    shear=st.floats(0, 0.5), stroke=st.floats(0, 1.5), noise=st.floats(0, 0.5),
)  # fmt: skip


@given(spec=amounts, side=st.sampled_from([1, 2, 8, 28]), n=st.integers(0, 70), seed=st.integers(0, 2**32))
def test_what_comes_out_are_images(spec: AugmentationSpec, side: int, n: int, seed: int) -> None:
    x = some(n, side, seed)
    kept = x.copy()
    after = augment(x, side, spec, _rng(seed))
    assert after.shape == x.shape
    assert after.dtype == np.float32
    assert np.array_equal(x, kept), "what was given is not touched"
    assert ((after >= 0) & (after <= 1)).all()


@given(spec=amounts, side=st.sampled_from([8, 28]), seed=st.integers(0, 2**32))
def test_paper_stays_paper(spec: AugmentationSpec, side: int, seed: int) -> None:
    blank = np.zeros((5, side * side))
    if not spec.noise:
        assert not augment(blank, side, spec, _rng(seed)).any()


@given(spec=amounts, cut=st.integers(0, 100), seed=st.integers(0, 2**32))
def test_who_is_changed_with_it_does_not_matter(spec: AugmentationSpec, cut: int, seed: int) -> None:
    x = some(100, 8, seed)
    change = Change.drawn(100, 8, spec, _rng(seed))
    halves = [slice(None, cut), slice(cut, None)]
    parts = [Change(change.places[h], change.strokes[h], change.noise[h] if spec.noise else None) for h in halves]
    apart = np.concatenate([part.of(x[h], 8) for part, h in zip(parts, halves, strict=True)])
    assert apart.tobytes() == change.of(x, 8).tobytes() == Change.joined(parts).of(x, 8).tobytes()


@given(shift=st.tuples(st.integers(-30, 30), st.integers(-30, 30)), side=st.sampled_from([8, 28]))
def test_whatever_is_shifted_out_is_gone(shift: tuple[int, int], side: int) -> None:
    before, after = np.ones((side, side)), np.zeros((side, side))
    rows, columns = (slice(max(s, 0), max(side + min(s, 0), 0)) for s in (shift[1], shift[0]))
    after[rows, columns] = 1
    assert np.array_equal(pictures(warp(before.reshape(1, -1), side, shift=shift), side)[0], after)


@given(
    shift=st.tuples(st.floats(-40, 40), st.floats(-40, 40)), rotation=st.floats(-360, 360), scale=st.floats(0.05, 20),
    shear=st.floats(-2, 2), stroke=st.floats(-6, 6), side=st.sampled_from([8, 28]),
)  # fmt: skip
def test_a_warp_is_the_same_for_every_row(side: int, **change: object) -> None:
    x = some(70, side)
    after = warp(x, side, **change)
    assert ((after >= 0) & (after <= 1)).all()
    assert warp(x[66:67], side, **change).tobytes() == after[66:67].tobytes()


@pytest.mark.skipif(not compiled.is_installed(), reason="Numba, which compiles the step, is not installed")
@pytest.mark.parametrize("side", [8, 28])
@pytest.mark.parametrize(
    "spec",
    [ALL, AugmentationSpec(shift=6, rotation=45, scale=0.5, shear=0.5, stroke=1.5), AugmentationSpec(stroke=1.5),
     AugmentationSpec(rotation=45), AugmentationSpec(noise=0.5), AugmentationSpec()],
    ids=str,
)  # fmt: skip
def test_the_kernel_does_the_same(spec: AugmentationSpec, side: int) -> None:
    assert compiled.load()
    x = some(300, side)
    change = Change.drawn(300, side, spec, _rng())
    np.testing.assert_allclose(change.of(x, side, compiled._kernels.distort), change.of(x, side), atol=1e-5, rtol=0)


@pytest.mark.skipif(not compiled.is_installed(), reason="Numba, which compiles the step, is not installed")
def test_the_kernel_keeps_the_bits_of_an_image_that_does_not_change() -> None:
    assert compiled.load()
    x, out = some(5, 28), np.empty((5, 784), np.float32)
    still = np.tile(np.float32([1, 0, 0, 0, 1, 0]), (5, 1))
    for kernel in (compiled._kernels.distort, distort):
        kernel(x, 28, still, np.zeros(5, np.float32), out)
        assert out.tobytes() == x.tobytes()
