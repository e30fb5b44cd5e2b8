"""From the pen to 8×8, step by step, with results worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pen import digits8, pictures, prepare, prepare_for, steps_for
from engine.pen.stages import Prepared


def square(*rows: str) -> np.ndarray:
    """A picture from text, # is ink."""
    return np.array([[mark == "#" for mark in row] for row in rows])


def test_dilate_grows_a_pixel_into_a_cross():
    assert np.array_equal(
        digits8.dilate(square(".....", ".....", "..#..", ".....", ".....")),
        square(".....", "..#..", ".###.", "..#..", "....."),
    )
    assert np.array_equal(digits8.dilate(square("#..", "...", "...")), square("##.", "#..", "..."))


def test_erode_keeps_what_has_all_four_neighbours():
    assert np.array_equal(
        digits8.erode(square(".....", "..#..", ".###.", "..#..", ".....")),
        square(".....", ".....", "..#..", ".....", "....."),
    )


def test_outside_the_picture_is_empty_so_a_full_picture_loses_its_rim():
    assert np.array_equal(digits8.erode(np.ones((4, 4), bool)), square("....", ".##.", ".##.", "...."))


def block(height: int, width: int, n: int | None = None) -> np.ndarray:
    """A (32, 32) picture with a filled block in its middle, or its first ``n`` pixels row by row."""
    picture = np.zeros((32, 32), bool)
    top, left = (32 - height) // 2, (32 - width) // 2
    filled = np.zeros(height * width, bool)
    filled[: height * width if n is None else n] = True
    picture[top : top + height, left : left + width] = filled.reshape(height, width)
    return picture


@pytest.mark.parametrize(
    ("n", "change"),
    [(561, "ee"), (560, "e"), (413, "e"), (412, ""), (256, ""), (255, "d"), (108, "d"), (107, "dd"), (1, "dd")],
)
def test_the_stroke_is_equalized_by_the_number_of_pixels(n: int, change: str):
    picture = block(24, 24, n)
    expected = picture
    for step in change:
        expected = digits8.erode(expected) if step == "e" else digits8.dilate(expected)
    assert np.array_equal(digits8.equalize(picture), expected)


def test_speckles_that_erosion_would_wipe_out_stay():
    speckled = np.ones((32, 32), bool)
    speckled[::2, ::2] = False
    speckled[1::2, 1::2] = False
    speckled[1::4, 1::2] = True  # 640 pixels, none with four neighbours
    assert speckled.sum() > 560
    assert digits8.equalize(speckled).any()


def test_shear_moves_the_top_of_a_right_leaning_stroke_to_the_left():
    picture = np.zeros((32, 32), bool)
    for row in range(32):
        picture[row, 20 - row // 4] = True  # leans to the right, as most writing does
    upright = digits8.shear_upright(picture)
    columns = upright.argmax(axis=1)
    # L_top (row 2) = 20, L_bot (row 29) = 13, f = 7/27; row 2 moves by round(-14 * 7/27) = -4, row 29 by round(13 * 7/27) = 3.
    assert columns[2] == columns[29] == 16
    assert np.ptp(columns) <= 1
    assert upright.sum() == 32


def test_shear_leaves_an_upright_stroke_alone():
    picture = block(32, 5)
    assert np.array_equal(digits8.shear_upright(picture), picture)


def test_shear_drops_what_leaves_the_square_instead_of_wrapping_round():
    picture = np.zeros((32, 32), bool)
    picture[:4, 28:] = True
    picture[4:28] = True
    picture[28:, :4] = True
    upright = digits8.shear_upright(picture)
    # L_top = 28, L_bot = 0, f = 28/27: row 4 moves by round(-12 f) = -12, row 27 by round(11 f) = 11.
    assert np.array_equal(np.flatnonzero(upright[4]), np.arange(20))
    assert np.array_equal(np.flatnonzero(upright[27]), np.arange(11, 32))
    assert upright[16].all()


@pytest.mark.parametrize("height", [1, 5])
def test_shear_skips_flat_ink(height: int):
    picture = np.zeros((32, 32), bool)
    for row in range(height):
        picture[row + 10, 10 - row] = True
    assert digits8.shear_upright(picture) is picture


def test_shear_skips_when_one_of_its_rows_is_empty():
    picture = np.zeros((32, 32), bool)
    picture[0, 10] = picture[10:20, 14] = True
    assert digits8.shear_upright(picture) is picture


def test_blocks_count_set_pixels():
    picture = np.zeros((32, 32), bool)
    picture[:4, :4] = True
    picture[4, 4:7] = True
    picture[31, 31] = True
    counts = digits8.count_blocks(picture)
    assert (counts[0, 0], counts[1, 1], counts[7, 7], counts.sum()) == (16, 3, 1, 20)


def test_shrink_averages_areas_at_a_scale_that_is_not_whole():
    # 3 columns onto 2: each target holds one column and half of the middle one, so 2/3 and 1/3 of it are ink.
    assert np.array_equal(digits8.shrink(square("##."), 1, 2), square("#."))
    # An exact half is set.
    assert np.array_equal(digits8.shrink(square("#."), 1, 1), square("#"))


@given(st.integers(1, 70), st.integers(1, 40))
def test_the_overlaps_share_everything_out(n_in: int, n_out: int):
    shares = pictures.shares(n_out, n_in)
    assert shares.shape == (n_out, n_in)
    assert np.allclose(shares.sum(axis=1), 1.0, atol=1e-5)
    assert np.allclose(shares.sum(axis=0), n_out / n_in, atol=1e-4)


def ring(
    side: int = 280, middle: tuple[float, float] = (140, 140), radius: float = 80, pen_width: float = 20
) -> np.ndarray:
    """An anti-aliased oval, like a drawn zero."""
    y, x = np.mgrid[:side, :side] + 0.5
    distance = np.abs(np.hypot(y - middle[1], (x - middle[0]) * 1.4) - radius)
    return np.clip(pen_width / 2 + 0.5 - distance, 0, 1)


def made(ink: np.ndarray, *without: str) -> Prepared:
    prepared = prepare(ink, frozenset(without))
    assert prepared is not None
    return prepared


def picture(prepared: Prepared, step: str) -> np.ndarray:
    return prepared.stage(step).picture


def test_the_stages_fit_together():
    ink = ring()
    prepared = made(ink)
    top, bottom, left, right = prepared.box
    assert (ink >= 0.5)[top:bottom, left:right].sum() == (ink >= 0.5).sum()
    assert [stage.step.id for stage in prepared.stages] == ["ink", "crop", "scale", "weight", "shear", "input"]
    assert all(stage.on for stage in prepared.stages)
    scaled = picture(prepared, "scale")
    assert picture(prepared, "crop").shape == (bottom - top, right - left)
    assert not scaled[:, :6].any()
    assert not scaled[:, 26:].any()
    assert scaled[0].any()
    assert scaled[-1].any()
    assert prepared.input.shape == (64,)
    assert prepared.input.dtype == np.float64
    assert np.array_equal(prepared.input * 16, digits8.count_blocks(picture(prepared, "shear")).ravel())
    assert np.array_equal(prepared.input, picture(prepared, "input").ravel())
    assert prepared.input.max() <= 1.0


def test_a_drawn_zero_has_the_weight_of_the_training_images():
    assert 0.25 <= picture(made(ring()), "shear").mean() <= 0.36  # the originals: 0.296 to 0.322


@given(st.integers(-40, 40), st.integers(-40, 40))
def test_the_place_does_not_matter(dx: int, dy: int):
    ink = ring(radius=60)
    assert np.array_equal(made(ink).input, made(np.roll(ink, (dy, dx), (0, 1))).input)


@given(st.floats(0.4, 1.5))
def test_the_size_matters_little(scale: float):
    assert np.abs(made(ring()).input - made(ring(radius=80 * scale, pen_width=20 * scale)).input).mean() * 16 <= 0.6


@given(st.floats(12, 28))
def test_the_pen_matters_little(pen_width: float):
    assert np.abs(made(ring()).input - made(ring(pen_width=pen_width)).input).mean() * 16 <= 1.5


def test_a_thin_one_becomes_a_wide_slab():
    ink = np.zeros((280, 280))
    ink[50:230, 135:145] = 1
    width = np.flatnonzero(picture(made(ink), "shear").any(axis=0))
    assert len(width) >= 16
    assert width[0] >= 6
    assert width[-1] <= 25


def test_faint_ink_is_taken_with_the_low_threshold():
    assert np.array_equal(made(ring() * 0.3).input, made((ring() * 0.3 > 32 / 255).astype(float)).input)


@pytest.mark.parametrize("side", [8, 28])
def test_ink_is_what_is_above_32_of_255(side: int):
    ink = np.zeros((280, 280), np.float32)
    ink[100:180, 130:150] = np.float32(32) * np.float32(1 / 255)
    assert prepare_for(side, ink) is None
    ink[100:180, 130:150] = np.float32(33) * np.float32(1 / 255)
    assert prepare_for(side, ink) is not None


def test_strong_ink_hides_the_faint():
    ink = ring()
    ink[5, 5] = 0.3
    assert np.array_equal(made(ink).input, made(ring()).input)


@pytest.mark.parametrize("ink", [np.zeros((280, 280)), np.full((280, 280), 0.05)])
def test_an_empty_canvas_gives_nothing(ink: np.ndarray):
    assert prepare(ink) is None


@pytest.mark.parametrize("place", [(0, 0), (140, 140), (279, 279)])
def test_a_single_pixel_is_a_drawing(place: tuple[int, int]):
    ink = np.zeros((280, 280))
    ink[place] = 1.0
    prepared = made(ink)
    assert np.isfinite(prepared.input).all()
    assert prepared.input.any()


def test_a_hair_thin_line_across_the_canvas_is_not_lost():
    prepared = made(np.eye(280))
    assert picture(prepared, "scale").any()
    assert prepared.input.any()


@pytest.mark.parametrize("shape", [(280, 280), (1, 1), (7, 400)])
def test_a_full_canvas_is_a_drawing(shape: tuple[int, int]):
    prepared = made(np.ones(shape))
    assert picture(prepared, "scale").sum() == 640
    assert picture(prepared, "weight").sum() == 28 * 16


def test_what_is_no_picture_is_refused():
    ink = ring()
    ink[3, 3] = np.nan
    for wrong in (ink, np.zeros(280), np.zeros((0, 5))):
        with pytest.raises(ValueError, match="ink"):
            prepare(wrong)


def test_these_steps_can_be_switched_off():
    for side, ids in ((8, ["crop", "scale", "weight", "shear"]), (28, ["crop", "scale", "center"])):
        assert [step.id for step in steps_for(side) if step.can_switch] == ids
    assert steps_for(16) == ()


def slanted() -> np.ndarray:
    """A small slanted oval away from the middle, with a bar."""
    ink = np.roll(ring(radius=40), (50, -60), (0, 1))
    ink[100:120, 200:240] = 1
    return ink


@pytest.mark.parametrize("step", ["crop", "scale", "weight", "shear"])
def test_each_step_can_be_left_out(step: str):
    full, other = made(slanted()), made(slanted(), step)
    assert not np.array_equal(full.input, other.input)
    assert [stage.step.id for stage in other.stages if not stage.on] == [step]


def test_without_any_step_the_canvas_is_only_made_small():
    ink = slanted()
    whole = made(ink, "crop", "scale", "weight", "shear")
    assert np.array_equal(picture(whole, "shear"), digits8.shrink(ink >= 0.5, 32, 32))
    assert whole.box == (0, 280, 0, 280)


def test_without_the_scaling_proportions_stay():
    ink = np.zeros((280, 280))
    ink[40:240, 130:150] = 1  # 200 × 20: 32 × 3.2
    rows, columns = np.nonzero(picture(made(ink, "scale"), "scale"))
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (32, 3)
    assert columns.min() == 14  # in the middle: (32 - 3) // 2


def test_without_weight_the_stroke_stays_as_it_was_scaled():
    thin = made(ring(pen_width=4), "weight")
    assert picture(thin, "weight") is picture(thin, "scale")
    assert not thin.stage("weight").on


def test_what_inputs_hold_is_laid_back_over_the_drawing():
    # A bar that fills its box: every part of the box is seen by the block that its place falls into.
    ink = np.zeros((280, 280))
    ink[100:260, 50:150] = 1
    prepared = made(ink, "shear", "weight")
    assert prepared.box == (100, 260, 50, 150)
    laid = prepared.on_canvas(np.arange(64.0))
    assert laid.shape == (32, 20)
    assert (laid[0, 0], laid[0, 1], laid[0, 2], laid[31, 19]) == (1, 1, 2, 62)  # columns 6, 7, 8 and 25 of 32


def test_the_shear_is_undone_on_the_way_back():
    ink = np.zeros((280, 280))
    for row in range(200):  # leans to the right by 100
        ink[40 + row, 180 - row // 2 : 200 - row // 2] = 1
    prepared = made(ink, "weight")
    laid = prepared.on_canvas(prepared.input)
    inked = picture(prepared, "scale")[:, 6:26]
    assert inked.any()
    assert (laid[inked] > 0).mean() > 0.9, "where there is ink, the block that counted it is found"
    assert (prepared.seen >= 0).any(axis=1).all()


@pytest.mark.parametrize("side", [0, 16])
def test_a_side_without_a_recipe_is_refused(side: int):
    with pytest.raises(ValueError, match="no recipe"):
        prepare_for(side, ring())
