"""Assembly: mini-batches that can't be taken from the training samples as they are.

A person's own drawings come among the samples, and images are changed at random, each time anew.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.augmentation import Change, Distort, distort
from engine.data import Data
from engine.spec import ExperimentSpec

STREAM = 2  # of random numbers beside those of the first weights (0) and of the run itself (1)


class Assembly:
    """Puts mini-batches together; False where they are the samples as they are.

    What becomes of a mini-batch is decided by its rows, the run's seed and the number of its update, and by nothing else: so
    it may be made ahead, made again after a step back, or made to be looked at.
    """

    def __init__(self, spec: ExperimentSpec, data: Data, by: Distort = distort) -> None:
        self._data, self._side, self._by = data, spec.image_side, by
        self._augmentation, self._seed = spec.augmentation, spec.training.seed

    def __bool__(self) -> bool:
        return self._augments or self._data.taught is not None

    @property
    def _augments(self) -> bool:
        return bool(self._side and self._augmentation)

    def __call__(self, rows: NDArray, size: int, number: int) -> tuple[NDArray, NDArray]:
        """Inputs (n, n_in) and targets (n, n_out), new arrays, of ``rows`` (n,) of an epoch: mini-batches of ``size``.

        The first of them is for update ``number`` of the run, the next for the one after that.
        """
        x, targets = self._data.taken(rows)
        if self._augments:
            images = x.astype(np.float32, copy=False)
            change = self._change(len(rows), size, number)
            x = change.of(images, self._side, self._by, out=images).astype(x.dtype, copy=False)
        return x, targets

    def _change(self, n: int, size: int, number: int) -> Change:
        changes = []
        for i, start in enumerate(range(0, n, size)):
            rng = np.random.default_rng([self._seed, STREAM, number + i])
            changes.append(Change.drawn(min(size, n - start), self._side, self._augmentation, rng))
        return Change.joined(changes)
