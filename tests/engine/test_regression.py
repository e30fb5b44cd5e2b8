"""Regression: surfaces, losses on the weighted sum itself by hand and by differences, R², and whole runs."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.data import load_data
from engine.datasets import DATASETS
from engine.errors import InvalidSpec
from engine.evaluation import Evaluator
from engine.losses import LOSSES, Loss
from engine.network import Layout, Network
from engine.spec import DataSpec, from_dict, to_dict
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment

SURFACES = [cls() for cls in DATASETS if cls.regression]
LINEAR = [loss.linear() for loss in (cls() for cls in LOSSES) if loss.linear() is not None]


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)
def test_surfaces_are_numbers_over_the_plane(surface) -> None:
    x, values = surface.make(np.random.default_rng(1))
    again, same = surface.make(np.random.default_rng(1))
    assert np.array_equal(x, again)
    assert np.array_equal(values, same)
    assert x.shape == (len(values), 2)
    assert values.dtype == np.float64
    assert -1.1 <= values.min() < -0.5
    assert 0.5 < values.max() <= 1.1
    noisy = replace(surface, noise=0.5).make(np.random.default_rng(1))
    assert not np.array_equal(noisy[0], x)


def test_heights_by_hand() -> None:
    points = np.array([[1.0, 2.0], [-5.0, -5.0], [2.5, -2.5]])
    np.testing.assert_allclose(DATASETS["plane"]().height(points), [0.3, -1, 0])
    # At the top of a hill: 1 − 2·e^(−25/3) + e^(−50/3).
    assert DATASETS["bumps"]().height(points)[2] == pytest.approx(1 - 2 * np.exp(-25 / 3) + np.exp(-50 / 3))


def test_data_holds_the_numbers_and_their_signs() -> None:
    data = load_data(DataSpec(DATASETS["plane"](noise=0.0)))
    np.testing.assert_allclose(data.train.targets[:, 0], data.train.raw.sum(axis=1) / 10, rtol=1e-6, atol=1e-7)
    assert np.array_equal(data.train.labels, data.train.targets[:, 0] > 0)


@pytest.mark.parametrize(
    ("name", "value", "deltas"),
    [
        ("squared_error", (0.5 * 4 + 0.5 * 0.01) / 2, [2.0, -0.1]),
        ("absolute_error", (2 + 0.1) / 2, [1.0, -1.0]),
        ("huber", (0.5 * (2 - 0.25) + 0.005) / 2, [0.5, -0.1]),
    ],
)
def test_losses_by_hand(name: str, value: float, deltas: list[float]) -> None:
    loss = LOSSES[name]().linear()
    logits, targets, out = np.array([[3.0], [0.4]]), np.array([[1.0], [0.5]]), np.empty((2, 1))
    assert loss.value(logits, targets) == pytest.approx(value)
    loss.delta(logits, targets, out)
    np.testing.assert_allclose(out[:, 0], deltas)
    loss.output(logits, out)
    assert np.array_equal(out, logits)


@pytest.mark.parametrize("loss", LINEAR, ids=lambda x: x.loss.name)
def test_gradients_are_the_central_differences(loss: Loss) -> None:
    rng = np.random.default_rng(3)
    network = Network(Layout((2, 5, 4, 1)), experiment().network.activation, loss, np.float64)
    network.params[:] = rng.normal(0, 0.7, network.params.size)
    x, y, work = rng.normal(0, 1, (6, 2)), rng.normal(0, 1, (6, 1)), network.work(6)
    network.forward(x, work)
    network.backward(x, y, work)
    analytic, numeric, h = network.grads.copy(), np.empty_like(network.grads), 1e-5
    for i, kept in enumerate(network.params.copy()):
        network.params[i] = kept + h
        up = loss.value(network.forward(x, work), y)
        network.params[i] = kept - h
        numeric[i] = (up - loss.value(network.forward(x, work), y)) / (2 * h)
        network.params[i] = kept
    assert np.linalg.norm(analytic - numeric) / np.linalg.norm(analytic + numeric) <= 1e-7


def test_r2_is_scikit_learns() -> None:
    from sklearn.metrics import r2_score

    spec = experiment("bumps", loss="squared_error", hidden=(6,))
    trainer = Trainer(spec, dtype=np.float64)
    trainer.step_epoch()
    part = trainer.data.test
    loss, score = Evaluator(trainer.network, part)()
    answers = trainer.network.predict(part.x)
    assert score == pytest.approx(r2_score(part.targets, answers), abs=1e-12)
    assert loss == pytest.approx(0.5 * np.mean((answers - part.targets) ** 2))
    assert trainer.metrics().test_accuracy == score


def test_a_single_neuron_is_the_plane() -> None:
    spec = experiment("plane", loss="squared_error", hidden=(), rate=0.03, samples=100)
    spec = replace(spec, data=replace(spec.data, dataset=replace(spec.data.dataset, noise=0.0)))
    trainer = Trainer(spec, dtype=np.float64)
    trainer.advance(lambda: False, Until("epoch", 300))
    np.testing.assert_allclose(trainer.network.params, [0.1, 0.1, 0.0], atol=1e-6)
    assert trainer.metrics().test_accuracy == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
def test_bumps_are_learned(loss: str) -> None:
    spec = experiment("bumps", loss=loss, hidden=(12, 12), rate=0.02, samples=400)
    spec = replace(spec, data=replace(spec.data, dataset=replace(spec.data.dataset, noise=0.0)))
    trainer = Trainer(spec)
    assert trainer.advance(lambda: trainer.epoch >= 400, Until("test_accuracy", 0.95))


def test_smoothing_is_for_classes_only() -> None:
    trainer = Trainer(experiment("plane", loss="squared_error", label_smoothing=0.5))
    trainer.step_batch()
    assert np.array_equal(np.sort(trainer.descent._targets, axis=0), np.sort(trainer.data.train.targets, axis=0))


def test_a_loss_of_classes_is_refused() -> None:
    for loss in ("cross_entropy", "hinge"):
        with pytest.raises(InvalidSpec, match="needs classes"):
            Trainer(experiment("plane", loss=loss))


def test_maps_files_and_divergence() -> None:
    spec = experiment("bumps", loss="huber", hidden=(4,))
    assert from_dict(json.loads(json.dumps(to_dict(spec)))) == spec
    trainer = Trainer(spec)
    trainer.step_sample()
    snapshot = trainer.snapshot(side=20)
    index = snapshot.sample_index
    assert snapshot.activations[-1][0] == pytest.approx(
        trainer.network.predict(trainer.data.train.x[index][None])[0, 0], rel=1e-5
    )
    corner = np.array([[-5.7, 5.7]])
    assert snapshot.maps.layers[-1][0, 0, 0] == pytest.approx(
        0.5 + 0.5 * trainer.network.predict(corner)[0, 0], abs=1e-5
    )
    wild = Trainer(
        experiment("bumps", loss="squared_error", optimizer="sgd", rate=100.0, hidden=(6,), activation="relu")
    )
    wild.advance(lambda: wild.epoch >= 60)
    assert np.isfinite(wild.network.params).all()
