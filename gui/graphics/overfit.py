"""Over-fitting on the curves: where the loss of unseen samples was lowest, and the area that opens after it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHARE = 0.05  # a lowest point in the newest part of the run is the run itself, still falling
EPOCHS = 5
NOTHING = np.empty((3, 0))


class Lowest:
    """The row of an append-only table where one column is lowest. A new frame looks only at the rows that are new."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin with another table."""
        self._seen, self._row, self._value = 0, -1, np.inf
        self._column = -1

    def of(self, table: NDArray, column: int, rewritten: bool = False) -> int:
        """The row with the lowest finite value of ``column``, the first of several; -1 without one.

        A table that is shorter than the last one, or ``rewritten``, is read whole.
        """
        if rewritten or len(table) < self._seen or column != self._column:
            self.forget()
            self._column = column
        values = table[self._seen :, column]
        if len(values):
            finite = np.where(np.isfinite(values), values, np.inf)
            place = int(finite.argmin())
            if finite[place] < self._value:
                self._row, self._value = self._seen + place, float(finite[place])
        self._seen = len(table)
        return self._row


def begins(table: NDArray, lowest: int) -> float | None:
    """The epoch from which unseen samples got worse; None while their loss is as low as ever, or was a moment ago.

    ``lowest`` is the row where their loss was lowest. Column 0 of ``table`` (n, k) holds the epochs.
    """
    if lowest < 0:
        return None
    best, now = float(table[lowest, 0]), float(table[-1, 0])
    return best if now - best >= max(SHARE * now, EPOCHS) else None


def area(train: tuple[NDArray, NDArray], unseen: tuple[NDArray, NDArray], start: float) -> NDArray:
    """(3, n) x, lower and upper side of what lies between two curves, (x, y) each, from ``start`` on where ``unseen`` is the
    higher. Where it is not, both sides are one. Empty when nothing lies after ``start``.
    """
    x, upper = unseen
    rows = x >= start
    x = x[rows]
    if len(x) < 2 or len(train[0]) < 2:
        return NOTHING
    lower = np.interp(x, *train)
    return np.stack([x, lower, np.maximum(upper[rows], lower)])
