"""From the pen to the network: a drawing becomes the 8×8 input that the digits network was trained on.

The training images were made by NIST's programs (NISTIR 5469): a tight box stretched to 20×32, strokes brought to one
weight, sheared upright, set pixels counted in blocks of 4×4. A drawing that skips these steps is mostly misread, so
they are repeated here one by one, and every stage can be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SIDE = 32
BOX_WIDTH = 20
BOX_LEFT = 6
BLOCK = 4
HALF = 0.5
FAINT = 32 / 255

# (more set pixels than, fewer than, erosions if positive, dilations if negative): the first row that fits counts.
_WEIGHTS = ((560, None, 2), (412, None, 1), (None, 108, -2), (None, 256, -1))


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which steps are taken. Without the crop the whole canvas is scaled; the other two are skipped."""

    crop: bool = True
    equalize: bool = True
    shear: bool = True


FULL_RECIPE = Recipe()


@dataclass(frozen=True, slots=True)
class PenStages:
    """What became of a drawing, step by step. Pictures have row 0 at the top, and ink is 1 or True.

    ``ink`` (h, w) float as drawn; ``box`` (top, bottom, left, right) around the ink, ends excluded; ``scaled``,
    ``equalized`` and ``upright`` (32, 32) bool after each step; ``blocks`` (8, 8) float64 in 0..1.
    """

    ink: NDArray
    box: tuple[int, int, int, int]
    scaled: NDArray
    equalized: NDArray
    upright: NDArray
    blocks: NDArray

    @property
    def input(self) -> NDArray:
        """What the network is given: (64,) float64 in 0..1, row by row."""
        return self.blocks.ravel()

    @property
    def crop(self) -> NDArray:
        """The ink within the box, (bottom - top, right - left)."""
        top, bottom, left, right = self.box
        return self.ink[top:bottom, left:right]


def prepare(ink: NDArray, recipe: Recipe = FULL_RECIPE) -> PenStages | None:
    """Every stage of a drawing, or None when there is none on the canvas.

    ink: (h, w) float, 0 (empty) .. 1 (ink). Raises ``ValueError`` for another shape, an empty array, or NaN.
    """
    ink = np.asarray(ink)
    if ink.ndim != 2 or not ink.size:
        raise ValueError(f"the ink must be a picture (h, w), not of shape {ink.shape}")
    strongest = float(ink.max())
    if np.isnan(strongest):
        raise ValueError("the ink holds NaN")
    if strongest < FAINT:
        return None
    inked = ink >= (HALF if strongest >= HALF else FAINT)
    box = bounding_box(inked)
    if recipe.crop:
        top, bottom, left, right = box
        scaled = np.zeros((SIDE, SIDE), bool)
        scaled[:, BOX_LEFT : BOX_LEFT + BOX_WIDTH] = shrink(inked[top:bottom, left:right], SIDE, BOX_WIDTH)
    else:
        scaled = shrink(inked, SIDE, SIDE)
    equalized = equalize(scaled) if recipe.equalize else scaled
    upright = shear_upright(equalized) if recipe.shear else equalized
    return PenStages(ink, box, scaled, equalized, upright, count_blocks(upright) / BLOCK**2)


def bounding_box(inked: NDArray) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of the set pixels, ends excluded. Raises ``ValueError`` when none is set."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        raise ValueError("no pixel is set")
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def shrink(inked: NDArray, height: int, width: int) -> NDArray:
    """``inked`` resized to (height, width) by area averaging, set where at least half of the area is.

    A pen thinner than half a target pixel would leave nothing at all; then the fullest pixels are set.
    """
    area: NDArray = _overlaps(height, inked.shape[0]) @ (inked.astype(np.float32) @ _overlaps(width, inked.shape[1]).T)
    inside: NDArray = area >= min(HALF, float(area.max())) - 1e-5  # an exact half stays one in spite of rounding
    return inside


@lru_cache(maxsize=64)
def _overlaps(n_out: int, n_in: int) -> NDArray:
    """(n_out, n_in): the share of each input cell in each output cell, when both divide the same length."""
    scale = n_in / n_out
    starts, cells = np.arange(n_out)[:, None] * scale, np.arange(n_in)
    common = np.minimum(starts + scale, cells + 1.0) - np.maximum(starts, cells)
    shares: NDArray = (np.maximum(common, 0.0) / scale).astype(np.float32)
    shares.flags.writeable = False
    return shares


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
    rows = np.flatnonzero(inked.any(axis=1))
    if not len(rows) or rows[-1] - rows[0] < 5:
        return inked
    high, low = int(rows[0]) + 2, int(rows[-1]) - 2
    if not inked[high].any() or not inked[low].any():
        return inked
    slope = (int(inked[high].argmax()) - int(inked[low].argmax())) / (low - high)
    moves = np.rint((np.arange(len(inked)) - SIDE // 2) * slope).astype(int)
    sources = np.arange(inked.shape[1]) - moves[:, None]
    inside = (sources >= 0) & (sources < inked.shape[1])
    moved: NDArray = np.take_along_axis(inked, np.where(inside, sources, 0), axis=1) & inside
    return moved


def count_blocks(inked: NDArray) -> NDArray:
    """(8, 8) int64: the set pixels of each 4×4 block of a (32, 32) picture, 0..16."""
    n = SIDE // BLOCK
    counts: NDArray = inked.reshape(n, BLOCK, n, BLOCK).sum(axis=(1, 3))
    return counts
