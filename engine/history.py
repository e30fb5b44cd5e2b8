"""The numbers of a run, one row an epoch: append-only, so that a reader's prefix never changes under it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.snapshot import Metrics

PLAIN, VALIDATED = 5, len(Metrics._fields)  # columns without and with validation samples


class History:
    """Rows of :class:`~engine.snapshot.Metrics`, epoch ascending; the validation figures only where there are any."""

    def __init__(self, rows: NDArray | None = None, columns: int = PLAIN) -> None:
        self._rows = np.empty((1024, columns)) if rows is None else np.array(rows, np.float64)
        self._n = 0 if rows is None else len(rows)

    def __len__(self) -> int:
        return self._n

    @property
    def columns(self) -> int:
        """5, or 7 with validation samples."""
        return int(self._rows.shape[1])

    def append(self, row: Metrics) -> None:
        """Add a row; doubles the buffer when it is full, and readers keep the old one."""
        if self._n == len(self._rows):
            grown = np.empty((max(2 * self._n, 1024), self.columns))
            grown[: self._n] = self._rows
            self._rows = grown
        self._rows[self._n] = row[: self.columns]
        self._n += 1

    def view(self) -> NDArray:
        """(n, columns) float64, read-only: a prefix that is never rewritten."""
        rows = self._rows[: self._n]
        rows.flags.writeable = False
        return rows

    def last(self) -> Metrics:
        """The newest row."""
        return Metrics(*self._rows[self._n - 1].tolist())

    def truncate(self, n: int) -> None:
        """Forget all but the first ``n`` rows. The buffer is copied, since readers may hold the rows that go."""
        if n < self._n:
            self._rows = np.concatenate([self._rows[:n], np.empty((1024, self.columns))])
            self._n = n
