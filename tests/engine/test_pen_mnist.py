"""From the pen to 28×28, step by step: results worked out by hand, and the facts that MNIST's own images show."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pen import mnist28, pictures, prepare_for
from engine.pen.stages import Prepared

MNIST = Path(__file__).parents[3] / "shared" / "data" / "mnist" / "train-images-idx3-ubyte.gz"


def made(ink: np.ndarray, *without: str) -> Prepared:
    prepared = prepare_for(28, ink, frozenset(without))
    assert prepared is not None
    return prepared


def ring(
    side: int = 280, middle: tuple[float, float] = (140, 140), radius: float = 80, pen_width: float = 20
) -> np.ndarray:
    """An anti-aliased oval, like a drawn zero."""
    y, x = np.mgrid[:side, :side] + 0.5
    distance = np.abs(np.hypot(y - middle[1], (x - middle[0]) * 1.4) - radius)
    return np.clip(pen_width / 2 + 0.5 - distance, 0, 1)


def box_of(prepared: Prepared) -> tuple[int, int, int, int]:
    return pictures.bounding_box(prepared.input.reshape(28, 28) > 0)


def center_of(picture: np.ndarray) -> tuple[float, float]:
    at = np.arange(28)
    return float(picture.sum(axis=1) @ at / picture.sum()), float(picture.sum(axis=0) @ at / picture.sum())


def test_the_stages_fit_together():
    prepared = made(ring())
    assert [stage.step.id for stage in prepared.stages] == ["ink", "crop", "scale", "center", "input"]
    assert prepared.stage("scale").picture.shape == (28, 28)
    assert prepared.input.shape == (784,)
    assert prepared.input.dtype == np.float64
    assert np.array_equal(prepared.input, prepared.stage("input").picture.ravel())
    assert 0 <= prepared.input.min() <= prepared.input.max() <= 1


def test_a_block_is_scaled_and_moved_as_worked_out_by_hand():
    # 100 × 50 pixels of full ink: 20 × 10 in the end. Its centre of mass is its middle, (9.5, 4.5) in it: the corner goes to
    # floor(14 - 9.5 + 0.5) = 5 and floor(14 - 4.5 + 0.5) = 10.
    ink = np.zeros((280, 280))
    ink[30:130, 200:250] = 1
    prepared = made(ink)
    assert prepared.box == (30, 130, 200, 250)
    expected = np.zeros((28, 28))
    expected[5:25, 10:20] = 1
    assert np.allclose(prepared.input, expected.ravel(), atol=1e-6)


def test_shades_are_averages_of_areas():
    # 60 × 3 pixels onto 20 × 1: each target holds 3 × 3 of them, of which one column is half ink.
    ink = np.zeros((280, 280))
    ink[0:60, 0:2], ink[0:60, 2] = 1, 0.5
    column = made(ink).input.reshape(28, 28)
    assert np.allclose(column[column > 0], 2.5 / 3, atol=1e-6)
    assert (column > 0).sum() == 20


def test_the_heavy_side_comes_to_the_middle():
    # A 40 × 40 frame whose left half is full and whose right half is 1/4: columns 0..9 weigh 1, 10..19 weigh 0.25, so the
    # centre is (4.5·10 + 14.5·2.5) / 12.5 = 6.5, and the left edge goes to floor(14 - 6.5 + 0.5) = 8, the top to 5.
    ink = np.zeros((280, 280))
    ink[100:140, 100:120], ink[100:140, 120:140] = 1, 0.25
    prepared = made(ink)
    assert box_of(prepared) == (5, 25, 8, 28)
    assert center_of(prepared.input.reshape(28, 28)) == pytest.approx((14.5, 14.5))


def test_a_move_is_held_within_the_square():
    # Nearly all of the weight in the last column: 14 - 19 would be a left edge at -5.
    ink = np.zeros((280, 280))
    ink[100:200, 100:200] = 0.2
    ink[100:200, 190:200] = 1
    ink[100:200, 120:180] = 0
    prepared = made(ink)
    _, _, left, right = box_of(prepared)
    assert (left, right) == (0, 20)


def test_an_exact_half_is_rounded_up():
    # QMNIST: int(15 - b) with b = 10, the barycentre from pixels' edges of 20 even ones: 5, so that the centre is 14.5.
    picture = np.zeros((28, 28))
    picture[4:24, 4:24] = 1
    assert mnist28.centering(picture) == (1, 1)


@given(st.integers(-40, 40), st.integers(-40, 40))
def test_the_place_does_not_matter(dx: int, dy: int):
    ink = ring(radius=60)
    assert np.array_equal(made(ink).input, made(np.roll(ink, (dy, dx), (0, 1))).input)


def heavy_ring(radius: float = 80, pen_width: float = 20) -> np.ndarray:
    """Darker below and to the right: of a symmetric one the centre of mass lies on the border between two pixels."""
    ink = ring(radius=radius, pen_width=pen_width)
    ink[:140] *= 0.85
    ink[:, :140] *= 0.85
    return ink


@given(st.floats(0.4, 1.5))
def test_the_size_matters_little(scale: float):
    other = heavy_ring(80 * scale, 20 * scale)
    assert (
        np.abs(made(heavy_ring()).input - made(other).input).mean() <= 0.05
    )  # the narrow side may round to a pixel more


@given(st.floats(12, 28))
def test_the_pen_matters_little(pen_width: float):
    assert np.abs(made(heavy_ring()).input - made(heavy_ring(pen_width=pen_width)).input).mean() <= 0.06


@given(st.integers(0, 2**32 - 1))
def test_the_facts_of_mnist_hold_for_whatever_is_drawn(seed: int):
    rng = np.random.default_rng(seed)
    ink = np.zeros((280, 280), np.float32)
    for _ in range(rng.integers(1, 5)):
        top, left = rng.integers(0, 240, 2)
        ink[top : top + rng.integers(5, 200), left : left + rng.integers(5, 200)] = rng.uniform(0.2, 1)
    prepared = made(ink)
    picture = prepared.input.reshape(28, 28)
    top, bottom, left, right = box_of(prepared)
    assert max(bottom - top, right - left) == 20
    for at, low, high in zip(center_of(picture), (top, left), (bottom, right), strict=True):
        assert 13.5 - 1e-4 <= at <= 14.5 + 1e-4 or low == 0 or high == 28  # else it is clamped


def test_without_the_crop_the_canvas_becomes_the_square():
    ink = ring(middle=(70, 60), radius=30)
    prepared = made(ink, "crop", "center")
    assert prepared.box == (0, 280, 0, 280)
    assert np.allclose(prepared.input, ink.reshape(28, 10, 28, 10).mean(axis=(1, 3)).ravel(), atol=1e-5)
    assert [stage.step.id for stage in prepared.stages if not stage.on] == ["crop", "center"]


def test_without_the_scaling_the_box_is_stretched():
    ink = np.zeros((280, 280))
    ink[40:240, 130:150] = 1
    top, bottom, left, right = box_of(made(ink, "scale"))
    assert (bottom - top, right - left) == (20, 20)
    assert box_of(made(ink))[3] - box_of(made(ink))[2] == 2


def test_without_centering_the_box_lies_in_the_middle():
    ink = np.zeros((280, 280))
    ink[100:140, 100:120], ink[100:140, 120:140] = 1, 0.25
    assert box_of(made(ink, "center")) == (4, 24, 4, 24)


def test_what_inputs_hold_is_laid_back_over_the_drawing():
    ink = np.zeros((280, 280))
    ink[30:130, 200:250] = 1
    prepared = made(ink)
    laid = prepared.on_canvas(np.arange(784.0))
    assert laid.shape == (20, 10)
    assert laid[0, 0] == 5 * 28 + 10  # where the block worked out above begins
    assert laid[19, 9] == 24 * 28 + 19


@pytest.mark.parametrize("step", ["", "crop", "scale", "center"])
def test_ink_is_found_again_on_the_canvas(step: str):
    ink = ring(middle=(90, 160), radius=50)
    prepared = made(ink, *([step] if step else []))
    laid = prepared.on_canvas(prepared.input)
    assert np.allclose(laid, pictures.average(pictures.cut(ink, prepared.box), *laid.shape), atol=1e-5)


@pytest.mark.parametrize("ink", [np.zeros((280, 280)), np.full((280, 280), 0.05)])
def test_an_empty_canvas_gives_nothing(ink: np.ndarray):
    assert prepare_for(28, ink) is None


@pytest.mark.parametrize("place", [(0, 0), (140, 140), (279, 279)])
def test_a_single_pixel_is_a_drawing(place: tuple[int, int]):
    ink = np.zeros((280, 280))
    ink[place] = 1.0
    assert made(ink).input.sum() == pytest.approx(400)


def test_what_is_no_picture_is_refused():
    ink = ring()
    ink[3, 3] = np.nan
    for wrong in (ink, np.zeros(280), np.zeros((0, 5))):
        with pytest.raises(ValueError, match="ink"):
            prepare_for(28, wrong)


@pytest.mark.skipif(not MNIST.exists(), reason="MNIST is not in ../shared/data/mnist")
def test_an_image_of_mnist_painted_large_comes_back():
    raw = np.frombuffer(gzip.decompress(MNIST.read_bytes()), np.uint8, count=16 + 200 * 784, offset=0)[16:]
    images = raw.reshape(-1, 28, 28) / 255
    misses = [np.abs(made(np.kron(image, np.ones((10, 10)))).input - image.ravel()).mean() for image in images]
    assert np.mean(misses) <= 0.005  # one in a hundred has another longer side, or a tie
    assert np.mean(np.array(misses) <= 0.06) >= 0.98
    assert np.median(misses) <= 1e-6
