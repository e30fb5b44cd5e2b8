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
ROW_GAP = 4.0


class Cell(NamedTuple):
    """One picture, ``side`` × ``side`` from (x, y); what is written of it may be ``width`` wide, below ``foot``."""

    x: float
    y: float
    side: float
    width: float
    foot: float


def lay_out(
    pixels: Sequence[int], words: Sequence[float], width: float, height: float, text: float, ratio: float
) -> tuple[Cell, ...]:
    """A cell for each picture, as large as ``width`` × ``height`` allow; all in logical pixels, from (0, 0).

    ``pixels`` are those along a picture's side, 0 for one that may have any size; the largest number is a multiple of the
    others. ``words`` are the widths that must be free below each, ``text`` the height of what stands there, ``ratio`` device
    pixels a logical one. Where there is room for nothing, some is cut off.
    """
    unit = max(pixels) / ratio
    for times in range(max(int(min(LARGEST, height) / unit), 1), 0, -1):
        for rows in (1, 2):
            pitch = unit * times + text + ROW_GAP
            parts = _parts(pixels, words, rows, unit * times)
            if rows * pitch - ROW_GAP <= height and all(part.needed <= width for part in parts):
                return tuple(cell for row, part in enumerate(parts) for cell in part.cells(width, row * pitch))
    return tuple(
        cell
        for row, part in enumerate(_parts(pixels, words, 2, unit))
        for cell in part.cells(width, row * (unit + text + ROW_GAP))
    )


class _Part(NamedTuple):
    """The pictures of one row at least so large: ``side`` if they have pixels."""

    loose: tuple[bool, ...]
    words: tuple[float, ...]
    side: float

    @property
    def columns(self) -> list[float]:
        small = min(SMALL, self.side)
        columns = [
            max((small if loose else self.side) + LEAST_GAP, words)
            for loose, words in zip(self.loose, self.words, strict=True)
        ]
        columns[-1] = max(columns[-1] - LEAST_GAP, self.words[-1])
        return columns

    @property
    def needed(self) -> float:
        return sum(self.columns)

    def cells(self, width: float, y: float) -> list[Cell]:
        """Spread over ``width``: gaps that an arrow has room in, then larger pictures, then wider gaps."""
        spare, gaps, n_loose = max(width - self.needed, 0.0), max(len(self.loose) - 1, 1), sum(self.loose)
        good = min(spare / gaps, GOOD_GAP - LEAST_GAP)
        room = self.side - min(SMALL, self.side)
        grown = max(min(room, (spare - gaps * good) / n_loose), 0.0) if n_loose else 0.0
        more = min((spare - n_loose * grown) / gaps, WIDEST_GAP - LEAST_GAP)
        cells, x = [], 0.0
        for loose, column in zip(self.loose, self.columns, strict=True):
            own = min(SMALL, self.side) + grown if loose else self.side
            whole = column + (grown if loose else 0.0) + more
            cells.append(Cell(x, y + (self.side - own) / 2, own, whole, y + self.side))
            x += whole
        return cells


def _parts(pixels: Sequence[int], words: Sequence[float], rows: int, side: float) -> list[_Part]:
    across = math.ceil(len(pixels) / rows)
    return [
        _Part(tuple(not n for n in pixels[i : i + across]), tuple(words[i : i + across]), side)
        for i in range(0, len(pixels), across)
    ]
