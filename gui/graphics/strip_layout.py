"""Where the pictures of a film strip lie: in one row or two, as large as there is room, each pixel of them whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

LARGEST = 128.0
SMALL = 40.0  # what a picture without pixels of its own may shrink to, so that those with pixels can be larger
LEAST_GAP = 6.0
GOOD_GAP = 12.0
WIDEST_GAP = 40.0
LEAST_COLUMN = 52.0  # room for a switch and a short name


class Cell(NamedTuple):
    """One picture, ``side`` × ``side`` from (x, y); what is written of it may be ``width`` wide, below ``foot``."""

    x: float
    y: float
    side: float
    width: float
    foot: float


def lay_out(pixels: Sequence[int], width: float, height: float, text: float, ratio: float) -> tuple[Cell, ...]:
    """A cell for each picture, as large as ``width`` × ``height`` allow; all in logical pixels, from (0, 0).

    ``pixels`` are those along a picture's side, 0 for one that may have any size; the largest number is a multiple of the
    others. ``text`` is the height of what stands below each picture, ``ratio`` device pixels a logical one.
    """
    unit = max(pixels) / ratio
    for times in range(max(int(min(LARGEST, height) / unit), 1), 0, -1):
        side = unit * times
        for rows in (1, 2):
            across = math.ceil(len(pixels) / rows)
            parts = [pixels[i : i + across] for i in range(0, len(pixels), across)]
            if rows * (side + text) <= height and max(_needed(part, side) for part in parts) <= width + LEAST_GAP:
                return tuple(
                    cell for row, part in enumerate(parts) for cell in _row(part, side, width, row * (side + text))
                )
    # There is room for nothing: two rows, of which some is cut off.
    across = math.ceil(len(pixels) / 2)
    return tuple(
        cell
        for row in (0, 1)
        for cell in _row(pixels[row * across : (row + 1) * across], unit, width, row * (unit + text))
    )


def _column(pixels: int, side: float) -> float:
    return max((side if pixels else min(SMALL, side)) + LEAST_GAP, LEAST_COLUMN)


def _needed(part: Sequence[int], side: float) -> float:
    return sum(_column(n, side) for n in part)


def _row(part: Sequence[int], side: float, width: float, y: float) -> list[Cell]:
    spare = max(width + LEAST_GAP - _needed(part, side), 0.0)
    loose = sum(not n for n in part)
    # Gaps that an arrow has room in, then larger pictures, then wider gaps.
    gaps = max(len(part) - 1, 1)
    good = min(spare / gaps, GOOD_GAP - LEAST_GAP)
    room = side + LEAST_GAP - _column(0, side)
    grown = max(min(room, (spare - gaps * good) / loose), 0.0) if loose else 0.0
    more = min((spare - loose * grown) / gaps, WIDEST_GAP - LEAST_GAP)
    cells, x = [], 0.0
    for n in part:
        column = _column(n, side) + (0.0 if n else grown)
        own = side if n else min(column - LEAST_GAP, side)
        column += more
        cells.append(Cell(x, y + (side - own) / 2, own, column, y + side))
        x += column
    return cells
