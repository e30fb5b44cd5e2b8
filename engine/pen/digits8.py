"""Recipe A: a drawing becomes the 8×8 input of a network that was trained on scikit-learn's digits.

Those images were made by NIST's programs (NISTIR 5469): a tight box stretched to 20×32, strokes brought to one weight,
sheared upright, set pixels counted in blocks of 4×4.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from engine.pen.pictures import FAINT, average, bounding_box, cut, in_the_middle, longer_side, strongest
from engine.pen.stages import Prepared, Stage, Step

SIDE = 32
BOX_WIDTH = 20
BOX_LEFT = 6
BLOCK = 4
HALF = 0.5

STEPS = (
    Step("ink", "ink", "ink", "What you drew."),
    Step(
        "crop", "crop", "crop", "Cuts the drawing out by the tight box around its ink, so that its place and size are gone.",
        "the whole canvas is made small",
    ),
    Step(
        "scale", "scaling, 20×32", "scaling", "Stretches the box to 20×32 pixels, whatever its proportions were, so that "
        "even a 1 becomes broad.", "the proportions are kept",
    ),
    Step(
        "weight", "weight", "weight", "Makes strokes thicker or thinner until the ink weighs what it weighs in every training "
        "image, about 30 % of the square.", "the pen decides",
    ),
    Step(
        "shear", "shear", "shear", "Slides the rows sideways until the left edge stands upright.",
        "a slanted hand stays slanted",
    ),
    Step("input", "input 8×8", "input", "Counts the ink in blocks of 4×4: this is all that the network is given."),
)  # fmt: skip

# (more set pixels than, fewer than, erosions if positive, dilations if negative): the first row that fits counts.
_WEIGHTS = ((560, None, 2), (412, None, 1), (None, 108, -2), (None, 256, -1))
_BLOCKS = np.arange((SIDE // BLOCK) ** 2).reshape(SIDE // BLOCK, -1).repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)


def prepare(ink: NDArray, without: Set[str]) -> Prepared | None:
    """See :func:`engine.pen.prepare_for`. Without the crop the canvas itself is the square: nothing is left to stretch."""
    most = strongest(ink)
    if most < FAINT:
        return None
    inked = ink >= (HALF if most >= HALF else FAINT)
    canvas = (0, ink.shape[0], 0, ink.shape[1])
    box = canvas if "crop" in without else bounding_box(inked)
    found = cut(inked, box)
    if "crop" in without:
        small, top, left = shrink(found, SIDE, SIDE), 0, 0
        scaled = small
    elif "scale" in without:
        small = shrink(found, *longer_side(found.shape, SIDE))
        scaled, top, left = in_the_middle(small, SIDE)
    else:
        small, top, left = shrink(found, SIDE, BOX_WIDTH), 0, BOX_LEFT
        scaled = np.zeros((SIDE, SIDE), bool)
        scaled[:, BOX_LEFT : BOX_LEFT + BOX_WIDTH] = small
    weighed = scaled if "weight" in without else equalize(scaled)
    moves = np.zeros(SIDE, int) if "shear" in without else upright_moves(weighed)
    upright = slide(weighed, moves)
    blocks = count_blocks(upright) / BLOCK**2
    pictures = (ink, cut(ink, box), scaled, weighed, upright, blocks)
    stages = tuple(Stage(s, picture, s.id not in without) for s, picture in zip(STEPS, pictures, strict=True))
    # What lies at (row, column) of the scaled picture is found at (row, column + move) after the shear.
    rows, columns = np.arange(SIDE)[:, None], np.arange(SIDE) + moves[:, None]
    inside = (columns >= 0) & (columns < SIDE)
    seen = np.where(inside, _BLOCKS[rows, np.where(inside, columns, 0)], -1)
    seen = seen[top : top + small.shape[0], left : left + small.shape[1]]
    return Prepared(SIDE // BLOCK, blocks.ravel(), stages, box, seen)


def shrink(inked: NDArray, height: int, width: int) -> NDArray:
    """``inked`` resized to (height, width) by area averaging, set where at least half of the area is.

    A pen thinner than half a target pixel would leave nothing at all; then the fullest pixels are set.
    """
    area = average(inked, height, width)
    inside: NDArray = area >= min(HALF, float(area.max())) - 1e-5  # an exact half stays one in spite of rounding
    return inside


def dilate(inked: NDArray) -> NDArray:
    """Set every pixel that is set or has a set neighbour above, below, left or right."""
    grown = inked.copy()
    grown[1:] |= inked[:-1]
    grown[:-1] |= inked[1:]
    grown[:, 1:] |= inked[:, :-1]
    grown[:, :-1] |= inked[:, 1:]
    return grown


def erode(inked: NDArray) -> NDArray:
    """Keep the set pixels whose four neighbours are set. Outside the picture nothing is."""
    kept = np.zeros_like(inked)
    kept[1:-1, 1:-1] = (
        inked[1:-1, 1:-1] & inked[:-2, 1:-1] & inked[2:, 1:-1] & inked[1:-1, :-2] & inked[1:-1, 2:]
    )  # fmt: skip
    return kept


def equalize(inked: NDArray) -> NDArray:
    """Bring the stroke of a (32, 32) picture to the weight of the training images: about 30 % of the square."""
    n = int(inked.sum())
    for more_than, fewer_than, times in _WEIGHTS:
        if (more_than is not None and n > more_than) or (fewer_than is not None and n < fewer_than):
            for _ in range(abs(times)):
                changed = erode(inked) if times > 0 else dilate(inked)
                inked = changed if changed.any() else inked  # a speckled blot may erode to nothing
            break
    return inked


def shear_upright(inked: NDArray) -> NDArray:
    """Slide the rows sideways until the left edge near the top stands over the left edge near the bottom."""
    return slide(inked, upright_moves(inked))


def upright_moves(inked: NDArray) -> NDArray:
    """(32,) int64: how far each row is to move to the right; nowhere where the ink is flat or one of two rows is empty."""
    moves = np.zeros(len(inked), int)
    rows = np.flatnonzero(inked.any(axis=1))
    if not len(rows) or rows[-1] - rows[0] < 5:
        return moves
    high, low = int(rows[0]) + 2, int(rows[-1]) - 2
    if inked[high].any() and inked[low].any():
        slope = (int(inked[high].argmax()) - int(inked[low].argmax())) / (low - high)
        moves = np.rint((np.arange(len(inked)) - SIDE // 2) * slope).astype(int)
    return moves


def slide(inked: NDArray, moves: NDArray) -> NDArray:
    """Each row of ``inked`` moved to the right by ``moves`` (n_rows,) int64; what leaves the square is gone."""
    if not moves.any():
        return inked
    sources = np.arange(inked.shape[1]) - moves[:, None]
    inside = (sources >= 0) & (sources < inked.shape[1])
    moved: NDArray = np.take_along_axis(inked, np.where(inside, sources, 0), axis=1) & inside
    return moved


def count_blocks(inked: NDArray) -> NDArray:
    """(8, 8) int64: the set pixels of each 4×4 block of a (32, 32) picture, 0..16."""
    n = SIDE // BLOCK
    counts: NDArray = inked.reshape(n, BLOCK, n, BLOCK).sum(axis=(1, 3))
    return counts
