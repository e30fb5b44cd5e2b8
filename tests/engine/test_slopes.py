"""What activations let through: flat shares, mean slopes and their products, worked by hand and on a real network."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.activations.typed import Typed
from engine.data import load_data
from engine.network import Network
from engine.probes import layer_sums
from engine.slopes import FLAT_SHARE, MAX_SAMPLES, flat_share, is_flat, mean_slope, passage, steepest
from engine.trace import trace
from tests.engine.helpers import experiment

TANH, RELU, SIGMOID, STEP = (ACTIVATIONS[name]() for name in ("tanh", "relu", "sigmoid", "step"))


def test_shares_worked_by_hand() -> None:
    # 1 − tanh² z = 0.05 where z = artanh √0.95.
    edge = math.atanh(math.sqrt(1 - FLAT_SHARE))
    assert is_flat(TANH, np.array([-9.0, -edge - 0.01, -edge + 0.01, 0.0, edge - 0.01, edge + 0.01])).tolist() == [
        True, True, False, False, False, True,
    ]  # fmt: skip
    assert flat_share(RELU, np.array([[-1.0, -2.0], [3.0, -4.0]])) == 0.75
    assert flat_share(ACTIVATIONS["identity"](), np.array([-50.0, 50.0])) == 0.0
    assert flat_share(STEP, np.array([-1.0, 1.0])) == 1.0
    assert flat_share(ACTIVATIONS["leaky_relu"](alpha=0.2), np.array([-1.0, 1.0])) == 0.0
    assert flat_share(Typed("sqrt(x)"), np.array([-1.0, 1.0])) == 0.5  # where there is no slope, none passes
    assert flat_share(TANH, np.empty((0, 3))) == 0.0


def test_steepest_slopes() -> None:
    assert steepest(SIGMOID) == pytest.approx(0.25)
    assert steepest(TANH) == 1.0
    assert steepest(STEP) == 0.0
    assert steepest(Typed("x^2")) == 10.0


def test_mean_slopes_worked_by_hand() -> None:
    assert mean_slope(SIGMOID, np.array([0.0, math.log(3)])) == pytest.approx((0.25 + 0.1875) / 2)
    assert mean_slope(RELU, np.array([-1.0, 1.0, 2.0, 3.0])) == 0.75
    assert mean_slope(Typed("-2*x"), np.array([1.0])) == 2.0  # its size, whatever its sign


def test_products_go_from_the_last_hidden_layer_to_the_first() -> None:
    spec = experiment(activation="sigmoid", hidden=(3, 3, 3))
    network = Network.of(spec)
    network.params[:] = 0  # every sum is 0, where the slope of the sigmoid is ¼
    found = passage(spec, network.layout, network.params, load_data(spec.data).train.x)
    assert found.slope == (0.25, 0.25, 0.25)
    assert found.product == (1 / 64, 1 / 16, 1 / 4)
    assert found.flat == (0.0, 0.0, 0.0)
    assert found.always_flat == (0, 0, 0)


def test_units_that_are_flat_for_every_sample_are_counted() -> None:
    spec = experiment(activation="relu", hidden=(3,))
    network = Network.of(spec)
    network.params[:] = 0
    network.biases[0][:] = (-1, 1, 0)  # ReLU has no slope at 0
    found = passage(spec, network.layout, network.params, load_data(spec.data).train.x)
    assert (found.always_flat, found.flat, found.slope) == ((2,), (pytest.approx(2 / 3),), (pytest.approx(1 / 3),))


def test_sums_are_those_of_the_trace_to_the_bit() -> None:
    spec = experiment(dataset="spiral3", hidden=(5, 4), activation="gelu")
    network, data = Network.of(spec), load_data(spec.data)
    sums = layer_sums(spec, network.layout, network.params, data.train.x)
    expected = trace(spec, network.layout, network.params, data.train.x, data.train.targets, (None, None)).z
    assert [z.shape for z in sums] == [(len(data.train), n) for n in (5, 4, 3)]
    for ours, theirs in zip(sums, expected, strict=True):
        assert np.array_equal(ours, theirs)


def test_of_many_samples_some_are_looked_at() -> None:
    spec = experiment(hidden=(2,))
    network = Network.of(spec)
    x = np.random.default_rng(1).standard_normal((3 * MAX_SAMPLES + 1, 2)).astype(np.float32)
    sums = passage(spec, network.layout, network.params, x).sums[0]
    assert len(sums) == len(x[::4])
    assert np.array_equal(sums, layer_sums(spec, network.layout, network.params, x[::4])[0])


def test_no_hidden_layer_lets_all_through() -> None:
    spec = experiment(hidden=())
    network = Network.of(spec)
    assert passage(spec, network.layout, network.params, load_data(spec.data).train.x).slope == ()
