"""The samples of an experiment, made once from its DataSpec: drawn, split, expanded into features."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.features import expand
from engine.own import OWN
from engine.spec import DataSpec
from engine.splitting import Rows, split

CHUNK = 4_096


@dataclass(frozen=True)
class Part:
    """The training or the test samples. All arrays are read-only.

    ``raw`` (n, 2) points or (n, side²) pixels as the data set gives them, those of a large set as ``x`` has them;
    ``x`` (n, n_inputs) what the network sees; ``targets`` (n, n_outputs) 0 or 1, in regression the numbers;
    ``labels`` (n,) class indices, in regression 1 above zero.
    """

    raw: NDArray
    x: NDArray
    targets: NDArray
    labels: NDArray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """Training and test samples of one :class:`DataSpec`, and those that early stopping is judged by, if it asks for them.

    ``taught`` are a person's own drawings. Training meets each of them ``spec.taught_times`` times in an epoch, besides the
    samples of ``train``, and nothing is ever measured on them.
    """

    spec: DataSpec
    train: Part
    test: Part
    validation: Part | None = None
    taught: Part | None = None

    @property
    def n_trained(self) -> int:
        """Rows of an epoch: those of ``train``, then each own drawing as often as it comes."""
        return len(self.train) + (0 if self.taught is None else len(self.taught) * self.spec.taught_times)

    def trained(self, row: int) -> tuple[Part, int]:
        """Row ``row`` of an epoch, by the part where it lies and its place in that: in ``train``, or else in ``taught``."""
        past = row - len(self.train)
        return (self.train, row) if past < 0 or self.taught is None else (self.taught, past % len(self.taught))

    def taken(self, rows: NDArray) -> tuple[NDArray, NDArray]:
        """Inputs (n, n_inputs) and targets (n, n_outputs) of the rows (n,) of an epoch, as new arrays."""
        # mode="clip" puts a training sample where a drawing belongs, for now.
        x, targets = (a.take(rows, axis=0, mode="clip") for a in (self.train.x, self.train.targets))
        if self.taught is not None:
            own = np.flatnonzero(rows >= len(self.train))
            places = (rows[own] - len(self.train)) % len(self.taught)
            x[own], targets[own] = self.taught.x[places], self.taught.targets[places]
        return x, targets

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
    """Draw, split and expand. Raises :class:`UnreadableFile` where samples lie in a file that is missing or damaged.

    The split is scikit-learn's ``train_test_split(test_size=1 - train_share, random_state=seed)``: the same
    permutation, so that figures compare. Four samples or fewer are not split: a gate trains and tests on its table,
    and so do data sets that say that they are not (``is_split``). A set that names its test samples keeps them.
    """
    dataset = spec.dataset
    raw, labels = dataset.make(np.random.default_rng(spec.seed))
    taught = _taught(spec, dtype)
    if len(labels) <= 4 or not dataset.is_split:
        part = _part(spec, raw, labels, dtype)
        return Data(spec, part, part)
    rows = split(len(labels), dataset.n_test, dataset.writers(), spec)
    train, test = (_part(spec, raw, labels, dtype, part) for part in (rows.train, rows.test))
    validation = None if rows.validation is None else _part(spec, raw, labels, dtype, rows.validation)
    return Data(spec, train, test, validation, taught)


def data_for(spec: DataSpec, data: Data | None, dtype: type = np.float32) -> Data:
    """The samples of ``spec``: ``data`` itself or with other own drawings, where it has the same samples, else loaded."""
    if data is None or data.spec.untaught != spec.untaught:
        return load_data(spec, dtype)
    return data if data.spec == spec else taught_again(data, spec, dtype)


def taught_again(data: Data, spec: DataSpec, dtype: type = np.float32) -> Data:
    """The same samples with other own drawings beside them: ``spec`` differs from that of ``data`` in nothing else."""
    return replace(data, spec=spec, taught=_taught(spec, dtype))


def _taught(spec: DataSpec, dtype: type) -> Part | None:
    if not spec.taught or not spec.dataset.image_side:
        return None
    x, labels = OWN.load(spec.taught, spec.dataset.image_side)
    return _sealed(spec, x, x, labels, dtype)


def _part(spec: DataSpec, raw: NDArray, labels: NDArray, dtype: type, rows: Rows | None = None) -> Part:
    """The samples of ``rows``, all without it."""
    rows = slice(None) if rows is None else rows
    labels = labels[rows]
    if raw.dtype == np.uint8:
        # Piece by piece: a large set in two widths at once would not fit where there is little memory.
        x: NDArray = np.empty((len(labels), raw.shape[1]), dtype)
        for start in range(0, len(labels), CHUNK):
            piece = slice(start, start + CHUNK)
            np.divide(raw[rows][piece] if isinstance(rows, slice) else raw[rows[piece]], spec.dataset.full, out=x[piece],
                      dtype=dtype, casting="unsafe")  # fmt: skip
        return _sealed(spec, x, x, labels, dtype)
    raw = raw[rows]
    return _sealed(
        spec, raw, expand(raw, spec.features, spec.scaled_over) if spec.dataset.planar else raw, labels, dtype
    )


def _sealed(spec: DataSpec, raw: NDArray, x: NDArray, labels: NDArray, dtype: type) -> Part:
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
