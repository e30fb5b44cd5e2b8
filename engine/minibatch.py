"""MiniBatch: the samples of the next update exactly as training will be shown them, and what the optimizer brings to it."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MiniBatch:
    """The mini-batch that is trained next. Looking at it draws nothing: training gets the same numbers afterwards.

    ``rows`` (n,) are rows of an epoch (:meth:`engine.data.Data.trained`), ``x`` (n, n_in) as augmentation and input noise
    made them, ``targets`` (n, n_out) smoothed, ``masks`` one (n, width) array a hidden layer, None where none drops (0 is
    dropped, what stays is 1 / (1 − share)). ``slots`` are the optimizer's running vectors (n_parameters,) before the
    update, ``step`` is the update's number, from 1.
    """

    rows: NDArray
    x: NDArray
    targets: NDArray
    masks: tuple[NDArray | None, ...]
    slots: tuple[NDArray, ...]
    step: int

    def __len__(self) -> int:
        return len(self.rows)
