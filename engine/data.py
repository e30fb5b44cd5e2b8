"""The samples of an experiment, made once from its DataSpec: drawn, split, expanded into features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.features import expand
from engine.spec import DataSpec


@dataclass(frozen=True)
class Part:
    """The training or the test samples. All arrays are read-only.

    ``raw`` (n, 2) points or (n, 64) pixels as the data set gives them; ``x`` (n, n_inputs) what the network sees;
    ``targets`` (n, n_outputs) 0 or 1, in regression the numbers; ``labels`` (n,) class indices, in regression 1 above zero.
    """

    raw: NDArray
    x: NDArray
    targets: NDArray
    labels: NDArray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """Training and test samples of one :class:`DataSpec`, and those that early stopping is judged by, if it asks for them."""

    spec: DataSpec
    train: Part
    test: Part
    validation: Part | None = None

    def is_computable(self) -> bool:
        """Whether all inputs and targets are finite numbers, and small enough that their squares are."""
        parts = [part for part in (self.train, self.test, self.validation) if part is not None]
        arrays = [array.ravel() for part in parts for array in (part.x, part.targets)]
        return all(array.dot(array) < math.inf for array in arrays)

    @cached_property
    def same(self) -> bool:
        """True when test and train are the same samples (the four corners of a gate)."""
        return self.test is self.train


def load_data(spec: DataSpec, dtype: type = np.float32) -> Data:
    """Draw, split and expand.

    The split is scikit-learn's ``train_test_split(test_size=1 - train_share, random_state=seed)``: the same
    permutation, so that figures compare. Four samples or fewer are not split: a gate trains and tests on its table,
    and so do data sets that say that they are not (``is_split``).
    """
    raw, labels = spec.dataset.make(np.random.default_rng(spec.seed))
    n = len(labels)
    if n <= 4 or not spec.dataset.is_split:
        part = _part(spec, raw, labels, dtype)
        return Data(spec, part, part)
    n_train = min(max(math.floor(spec.train_share * n + 1e-9), 1), n - 1)
    order = np.random.RandomState(spec.seed).permutation(n)
    # The validation samples are the first of the training ones, which the permutation has mixed.
    n_kept = min(round(spec.validation_share * n_train), n_train - 1)
    rows = np.split(order, [n - n_train, n - n_train + n_kept])
    test, validation, train = (_part(spec, raw[part], labels[part], dtype) for part in rows)
    return Data(spec, train, test, validation if n_kept else None)


def _part(spec: DataSpec, raw: NDArray, labels: NDArray, dtype: type) -> Part:
    x = expand(raw, spec.features, spec.scaled_over) if spec.dataset.planar else raw
    if spec.dataset.regression:
        targets, labels = labels[:, None], (labels > 0).astype(np.int64)
    elif spec.n_outputs == 1:
        targets = labels[:, None]
    else:
        targets = labels[:, None] == np.arange(spec.n_outputs)
    arrays: tuple[NDArray, ...] = (raw, np.ascontiguousarray(x, dtype), np.ascontiguousarray(targets, dtype), labels)
    for array in arrays:
        array.flags.writeable = False
    return Part(*arrays)
