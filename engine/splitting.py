"""Which samples train, which validate and which only test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.spec import DataSpec

Rows = NDArray | slice


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of the samples; ``validation`` is None where none are kept aside."""

    train: Rows
    test: Rows
    validation: Rows | None = None


def split(n: int, n_test: int | None, writers: NDArray | None, spec: DataSpec) -> Split:
    """Share ``n`` samples out.

    The last ``n_test`` samples test where the data name them; else scikit-learn's permutation decides. Where the data say
    who ``writers`` (n,) are, nobody is on two sides that are chosen here: a network that has seen a hand reads it better than a
    stranger's. Only where one writer is left for two sides, both get some of that one.
    """
    rng = np.random.RandomState(spec.seed)
    test: Rows
    if n_test is None:
        n_train = min(max(math.floor(spec.train_share * n + 1e-9), 1), n - 1)
        if writers is None:
            order = rng.permutation(n)
            # The validation samples are the first of the training ones, which the permutation has mixed.
            n_kept = min(round(spec.validation_share * n_train), n_train - 1)
            test, validation, train = np.split(order, [n - n_train, n - n_train + n_kept])
            return Split(train, test, validation if n_kept else None)
        test, pool = _whole_writers(np.arange(n), writers, n - n_train, rng, 2 if spec.validation_share else 1)
    else:
        test, pool = slice(n - n_test, n), np.arange(n - n_test)
    n_kept = min(round(spec.validation_share * len(pool)), len(pool) - 1)
    if not n_kept:
        # In one piece, so that nothing need be copied.
        return Split(slice(0, n - n_test) if n_test is not None else pool, test)
    if writers is not None:
        validation, train = _whole_writers(pool, writers, n_kept, rng)
        return Split(train, test, validation)
    order = rng.permutation(len(pool))
    return Split(pool[order[n_kept:]], test, pool[order[:n_kept]])


def _whole_writers(
    pool: NDArray, writers: NDArray, n_wanted: int, rng: np.random.RandomState, n_left: int = 1
) -> tuple[NDArray, NDArray]:
    """``pool`` in two: about ``n_wanted`` rows by some of the writers, drawn by lot, and the rows of all others.

    ``n_left`` writers stay for the others, if there are as many and one more; where there is only one, the rows of that one are
    shared out.
    """
    who = writers[pool]
    names = rng.permutation(np.unique(who))
    if len(names) == 1:
        order = rng.permutation(pool)
        return order[:n_wanted], order[n_wanted:]
    counts = np.array([np.count_nonzero(who == name) for name in names])
    n_writers = int(np.abs(np.cumsum(counts) - n_wanted).argmin()) + 1
    chosen = np.isin(who, names[: max(min(n_writers, len(names) - n_left), 1)])
    return pool[chosen], pool[~chosen]
