"""What both recipes do to pictures: find the ink, cut it out, make it smaller. Row 0 is the top."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FAINT = 32.5 / 255
"""Ink is what is darker than 32 of 255; between that and 33, so that no rounding of the ink decides."""

Box = tuple[int, int, int, int]
"""(top, bottom, left, right), ends excluded."""


def strongest(ink: NDArray) -> float:
    """The most ink that a pixel of ``ink`` (h, w) holds, 0..1. Raises ``ValueError`` for another shape, none, or NaN."""
    if ink.ndim != 2 or not ink.size:
        raise ValueError(f"the ink must be a picture (h, w), not of shape {ink.shape}")
    most = float(ink.max())
    if np.isnan(most):
        raise ValueError("the ink holds NaN")
    return most


def bounding_box(inked: NDArray) -> Box:
    """The tight box around the set pixels of ``inked`` (h, w) bool. Raises ``ValueError`` when none is set."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        raise ValueError("no pixel is set")
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def cut(picture: NDArray, box: Box) -> NDArray:
    """A view of what lies in ``box``."""
    top, bottom, left, right = box
    return picture[top:bottom, left:right]


def longer_side(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """(height, width) of a picture of ``shape`` once its longer side is ``side`` and its proportions are kept."""
    longest = max(shape)
    height, width = (max(int(side * n / longest + 0.5), 1) for n in shape)
    return height, width


def in_the_middle(picture: NDArray, side: int) -> tuple[NDArray, int, int]:
    """``picture`` in the middle of an empty square, and where its top left corner lies there: (row, column)."""
    top, left = ((side - n) // 2 for n in picture.shape)
    square = np.zeros((side, side), picture.dtype)
    square[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return square, top, left


def average(picture: NDArray, height: int, width: int) -> NDArray:
    """``picture`` resized to (height, width) float32 by area averaging: each pixel the mean of the part it covers."""
    small: NDArray = shares(height, picture.shape[0]) @ (
        picture.astype(np.float32, copy=False) @ shares(width, picture.shape[1]).T
    )
    return small


@lru_cache(maxsize=256)
def shares(n_out: int, n_in: int) -> NDArray:
    """(n_out, n_in): the share of each input cell in each output cell, when both divide the same length."""
    scale = n_in / n_out
    starts, cells = np.arange(n_out)[:, None] * scale, np.arange(n_in)
    common = np.minimum(starts + scale, cells + 1.0) - np.maximum(starts, cells)
    result: NDArray = (np.maximum(common, 0.0) / scale).astype(np.float32)
    result.flags.writeable = False
    return result
