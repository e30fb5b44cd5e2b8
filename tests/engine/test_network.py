"""One training step worked by hand, and what a network's buffers promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.losses import LOSSES, Loss
from engine.network import Layout, Network
from engine.optimizers import OPTIMIZERS
from engine.penalties import Penalty
from engine.spec import ExperimentSpec
from tests.engine.helpers import experiment


def test_layout_names_every_parameter_once() -> None:
    layout = Layout((2, 3, 1))
    flat = np.arange(layout.n_parameters)
    assert layout.n_parameters == 2 * 3 + 3 + 3 + 1
    assert layout.weights(flat, 0).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert layout.biases(flat, 0).tolist() == [6, 7, 8]
    assert layout.weights(flat, 1).tolist() == [[9], [10], [11]]
    assert layout.biases(flat, 1).tolist() == [12]
    assert layout.weight_index(0, 1, 2) == 5
    assert layout.weight_index(1, 2, 0) == 11
    assert layout.bias_index(0, 1) == 7
    assert layout.bias_index(1, 0) == 12


def test_one_step_worked_by_hand() -> None:
    """2-1-1, sigmoid, cross-entropy, one sample x = (1, 2), y = 1, SGD with rate 1: every number from the formulas."""
    network = Network(Layout((2, 1, 1)), ACTIVATIONS["sigmoid"](), LOSSES["cross_entropy"](), np.float64)
    network.params[:] = [0.5, -0.25, 0.1, 2.0, -1.0]  # w1 w2 b1 | v c
    x, y = np.array([[1.0, 2.0]]), np.array([[1.0]])
    z1 = 0.5 * 1 + -0.25 * 2 + 0.1
    a1 = 1 / (1 + math.exp(-z1))
    z2 = 2.0 * a1 - 1.0
    p = 1 / (1 + math.exp(-z2))
    work = network.work(1)
    assert network.forward(x, work)[0, 0] == pytest.approx(z2, abs=1e-15)
    network.backward(x, y, work)
    d2 = p - 1
    d1 = d2 * 2.0 * a1 * (1 - a1)
    np.testing.assert_allclose(network.grads, [d1 * 1, d1 * 2, d1, d2 * a1, d2], rtol=1e-13)
    OPTIMIZERS["sgd"](learning_rate=1.0).update(network.params, network.grads, (np.zeros(5),), 1, np.empty(5))
    np.testing.assert_allclose(
        network.params, [0.5 - d1, -0.25 - 2 * d1, 0.1 - d1, 2.0 - d2 * a1, -1.0 - d2], rtol=1e-13
    )


def test_views_share_the_flat_buffer() -> None:
    network = Network.of(experiment(hidden=(3, 2)))
    network.params[:] = np.arange(network.params.size)
    assert network.weights[1][2, 1] == network.layout.weights(network.params, 1)[2, 1]
    network.biases[0][:] = -1
    assert (network.params[6:9] == -1).all()


def test_same_seed_same_weights() -> None:
    first, second = Network.of(experiment(seed=5)), Network.of(experiment(seed=5))
    assert np.array_equal(first.params, second.params)
    assert not np.array_equal(first.params, Network.of(experiment(seed=6)).params)


def test_gradients_of_a_batch_are_the_mean_over_its_samples() -> None:
    network = Network.of(experiment(hidden=(4, 3)), np.float64)
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (5, 2)), rng.integers(0, 2, (5, 1)).astype(float)
    network.forward(x, network.work(5))
    network.backward(x, y, network.work(5))
    whole, alone = network.grads.copy(), []
    for i in range(5):
        network.forward(x[i : i + 1], network.work(1))
        network.backward(x[i : i + 1], y[i : i + 1], network.work(1))
        alone.append(network.grads.copy())
    np.testing.assert_allclose(whole, np.mean(alone, axis=0), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", [cls() for cls in LOSSES], ids=lambda x: x.name)
def test_the_logits_are_still_there_after_backward(loss: Loss) -> None:
    network = Network(Layout((2, 3, 2)), ACTIVATIONS["relu"](), loss)
    network.params[:] = np.random.default_rng(1).normal(0, 1, network.params.size)
    x, work = np.ones((4, 2), np.float32), network.work(4)
    logits = network.forward(x, work).copy()
    network.backward(x, np.eye(2, dtype=np.float32)[[0, 1, 1, 0]], work)
    assert np.array_equal(work[-1].z, logits)


def test_no_hidden_layer_is_logistic_regression() -> None:
    spec = experiment(hidden=())
    network = Network.of(spec, np.float64)
    x = np.array([[0.3, -2.0]])
    z = x @ network.weights[0] + network.biases[0]
    assert network.predict(x)[0, 0] == pytest.approx(1 / (1 + math.exp(-z[0, 0])))


def test_penalty_by_hand_leaves_biases_alone() -> None:
    layout = Layout((1, 1, 1))
    params = np.array([2.0, 5.0, -3.0, 7.0])
    penalty = Penalty(layout, 0.1, 0.5, np.float64)
    grads = np.zeros(4)
    penalty.add_gradient(params, grads, np.empty(4))
    np.testing.assert_allclose(grads, [0.5 * 2 + 0.1, 0, 0.5 * -3 - 0.1, 0])
    assert penalty.value(params) == pytest.approx(0.1 * 5 + 0.25 * (4 + 9))
    assert not Penalty(layout, 0, 0)


def test_default_spec_has_the_parameters_it_says() -> None:
    spec = ExperimentSpec()
    assert Network.of(spec).params.size == spec.n_parameters == 105
