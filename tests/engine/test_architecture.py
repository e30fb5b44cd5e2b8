"""An activation per layer, in training, maps and files; the counts; and the shapes to begin with."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.architectures import ARCHITECTURES
from engine.losses import LOSSES
from engine.network import Layout, Network
from engine.spec import ExperimentSpec, from_dict, to_dict
from engine.trainer import Trainer
from tests.engine.helpers import experiment

MIXED = (ACTIVATIONS["relu"](), ACTIVATIONS["sigmoid"]())


def mixed(hidden: tuple[int, ...] = (4, 3, 2)) -> ExperimentSpec:
    spec = experiment(hidden=hidden)
    return replace(spec, network=replace(spec.network, layer_activations=MIXED))


def test_layers_without_one_of_their_own_share_the_common_one() -> None:
    assert [a.name for a in mixed().activations] == ["relu", "sigmoid", "tanh"]
    assert [a.name for a in mixed((4,)).activations] == ["relu"]
    assert mixed(()).activations == ()
    assert mixed().validate() == []


def test_forward_by_hand() -> None:
    network = Network.of(mixed(), np.float64)
    x = np.array([[0.5, -1.0], [2.0, 0.3]])
    a = np.maximum(x @ network.weights[0], 0)
    a = 1 / (1 + np.exp(-(a @ network.weights[1])))
    a = np.tanh(a @ network.weights[2])
    z = a @ network.weights[3]
    np.testing.assert_allclose(network.predict(x), 1 / (1 + np.exp(-z)), rtol=1e-13)


@pytest.mark.parametrize("case", range(40))
def test_gradients_of_mixed_networks_are_the_central_differences(case: int) -> None:
    rng = np.random.default_rng(case)
    names = ACTIVATIONS.names()
    chosen = tuple(ACTIVATIONS[names[i]]() for i in rng.integers(0, len(names), rng.integers(1, 5)))
    k = int(rng.choice([1, 3]))
    sizes = (int(rng.integers(1, 4)), *(int(n) for n in rng.integers(2, 7, len(chosen))), k)
    loss = LOSSES[str(rng.choice(LOSSES.names()))]()
    network = Network(Layout(sizes), chosen, loss, np.float64)
    network.params[:] = rng.normal(0, 0.7, network.params.size)
    work = network.work(5, (True,) * len(chosen) if case % 2 else ())
    for layer in work[:-1]:
        if layer.mask is not None:
            layer.mask[:] = (rng.random(layer.mask.shape) >= 0.2) / 0.8
    x, labels = rng.normal(0, 1, (5, sizes[0])), rng.integers(0, max(k, 2), 5)
    targets = labels[:, None].astype(float) if k == 1 else np.eye(3)[labels]
    network.forward(x, work)
    network.backward(x, targets, work)
    analytic, numeric, h = network.grads.copy(), np.empty_like(network.grads), 1e-5
    for i, kept in enumerate(network.params.copy()):
        network.params[i] = kept + h
        up = loss.value(network.forward(x, work), targets)
        network.params[i] = kept - h
        numeric[i] = (up - loss.value(network.forward(x, work), targets)) / (2 * h)
        network.params[i] = kept
    scale = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    assert np.linalg.norm(analytic - numeric) <= 1e-7 * scale + 1e-12, f"{sizes} {chosen} {loss}"


def test_maps_and_a_sample_go_through_the_same_layers() -> None:
    trainer = Trainer(mixed())
    trainer.step_sample()
    snapshot = trainer.snapshot(side=10)
    assert snapshot.activations is not None
    assert snapshot.maps is not None
    point = trainer.data.train.x[snapshot.sample_index]
    assert snapshot.activations[-1][0] == pytest.approx(trainer.network.predict(point[None])[0, 0], rel=1e-5)
    corner = np.array([[-5.4, 5.4]])
    assert snapshot.maps.layers[-1][0, 0, 0] == pytest.approx(trainer.network.predict(corner)[0, 0], abs=1e-5)
    assert snapshot.maps.layers[1].min() >= 0
    assert snapshot.activation_range(2) == (0.0, 1.0)
    assert snapshot.activation_range(3) == (-1.0, 1.0)


def test_round_trip_and_files_without_it() -> None:
    raw = to_dict(mixed())
    assert raw["network"]["layer_activations"] == [{"name": "relu"}, {"name": "sigmoid"}]
    assert from_dict(json.loads(json.dumps(raw))) == mixed()
    del raw["network"]["layer_activations"]
    assert from_dict(raw) == experiment(hidden=(4, 3, 2))


def test_counts() -> None:
    spec = experiment(hidden=(8, 8))
    assert (spec.n_parameters, spec.n_multiplications) == (105, 2 * 8 + 8 * 8 + 8)
    assert experiment(hidden=()).n_multiplications == 2


@pytest.mark.parametrize("name", ["shallow", "deep", "wide", "deep_and_narrow"])
def test_shapes_to_begin_with(name: str) -> None:
    shape = ARCHITECTURES[name]
    trainer = Trainer(experiment(hidden=shape.hidden_layer_sizes))
    trainer.step_epoch()
    assert np.isfinite(trainer.network.params).all()
    assert shape.label
    assert shape.summary.endswith(".")
