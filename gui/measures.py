"""What the worker measures of its trainers: how fast they go, what they cost to keep."""

from __future__ import annotations

import time

from engine.data import Data
from engine.descent import WINDOW_BYTES
from engine.trainer import Trainer


def bytes_of(trainer: Trainer) -> int:
    """About what a run costs that only waits for an undo, its samples apart: vectors of all parameters, past, history."""
    vectors = 4 + 2 * len(trainer.descent.optimizer.slots)
    return (
        trainer.timeline.n_bytes
        + vectors * trainer.network.params.nbytes
        + min(trainer.data.train.x.nbytes, WINDOW_BYTES)  # in the order of the epoch
        + trainer.history.view().nbytes
    )


def bytes_of_samples(data: Data) -> int:
    """What the samples cost that several runs may share."""
    return sum(part.x.nbytes for part in (data.train, data.test, data.validation) if part is not None)


class Rate:
    """Epochs a second, measured over the last half second or more."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.value, self._at, self._epochs = 0.0, 0.0, 0.0

    def count(self, epochs: float) -> None:
        now = time.perf_counter()
        if not self._at:
            self._at, self._epochs = now, epochs
        elif now - self._at >= 0.5:
            self.value = (epochs - self._epochs) / (now - self._at)
            self._at, self._epochs = now, epochs
