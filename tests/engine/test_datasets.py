"""Every registered data set: shape, labels, the same bits from the same seed; and the truth tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.data import load_data
from engine.datasets import DATASETS, Dataset, PlanarDataset
from engine.spec import DataSpec

# The others: test_regression.py, test_images.py.
ALL = [cls() for cls in DATASETS if not cls.regression and not cls.on_shelf]
PLANAR = [d for d in ALL if isinstance(d, PlanarDataset)]


@pytest.mark.parametrize("dataset", ALL, ids=lambda d: d.name)
def test_shapes_labels_and_determinism(dataset: Dataset) -> None:
    x, labels = dataset.make(np.random.default_rng(1))
    again, same = dataset.make(np.random.default_rng(1))
    assert x.shape == (len(labels), dataset.n_inputs)
    assert x.dtype == np.float64
    assert labels.dtype.kind == "i"
    assert set(labels.tolist()) == set(range(dataset.n_classes))
    assert np.isfinite(x).all()
    assert np.array_equal(x, again)
    assert np.array_equal(labels, same)
    assert dataset.summary.endswith(".")


@pytest.mark.parametrize("dataset", PLANAR, ids=lambda d: d.name)
def test_points_lie_in_the_domain_and_classes_are_balanced(dataset: Dataset) -> None:
    x, labels = replace(dataset, n_samples=600, noise=0.0).make(np.random.default_rng(3))
    low, high = dataset.domain
    assert x.min() >= low
    assert x.max() <= high
    shares = np.bincount(labels) / len(labels)
    assert shares.min() > 0.2


@pytest.mark.parametrize("dataset", PLANAR, ids=lambda d: d.name)
def test_noise_moves_points(dataset: Dataset) -> None:
    still, _ = replace(dataset, noise=0.0).make(np.random.default_rng(3))
    moved, _ = replace(dataset, noise=0.5).make(np.random.default_rng(3))
    assert not np.array_equal(still, moved)


@pytest.mark.parametrize(
    ("name", "table"), [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("nand", [1, 1, 1, 0]), ("xor", [0, 1, 1, 0])]
)
def test_gates_are_their_truth_tables(name: str, table: list[int]) -> None:
    x, labels = DATASETS[name]().make(np.random.default_rng(0))
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert labels.tolist() == table


def test_a_gate_trains_and_tests_on_its_table() -> None:
    data = load_data(DataSpec(DATASETS["xor"]()))
    assert data.same
    assert len(data.train) == 4


def test_split_keeps_every_sample_once_and_arrays_read_only() -> None:
    spec = DataSpec(replace(DATASETS["moons"](), n_samples=101), train_share=0.7)
    data = load_data(spec)
    assert (len(data.train), len(data.test)) == (70, 31)
    everything = np.concatenate([data.train.raw, data.test.raw])
    drawn, _ = spec.dataset.make(np.random.default_rng(spec.seed))
    assert np.array_equal(np.sort(everything, axis=0), np.sort(drawn, axis=0))
    assert not data.train.x.flags.writeable


def test_features_are_computed_from_the_points() -> None:
    names = ("x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2")
    data = load_data(DataSpec(replace(DATASETS["circles"](), n_samples=20), features=names), np.float64)
    a, b = data.train.raw.T
    np.testing.assert_allclose(data.train.x.T, [a, b, a * a, b * b, a * b, np.sin(a), np.sin(b)])


def test_three_classes_are_one_hot() -> None:
    data = load_data(DataSpec(replace(DATASETS["spiral3"](), n_samples=30)))
    assert data.train.targets.shape == (21, 3)
    assert np.array_equal(data.train.targets.argmax(axis=1), data.train.labels)
    assert (data.train.targets.sum(axis=1) == 1).all()
