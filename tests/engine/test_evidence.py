"""Gradient × input, beside finite differences and by hand; and what the steps of a recipe are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.evidence import evidence
from engine.network import Layout, Network
from engine.pen import prepare_for
from engine.pen.worth import worth
from engine.predictions import logits_of, probabilities
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec


def digits(*hidden: int, activation: str = "tanh") -> ExperimentSpec:
    network = NetworkSpec(hidden, ACTIVATIONS[activation]())
    return ExperimentSpec(DataSpec(DATASETS["digits"]()), network)


@pytest.mark.parametrize("activation", ["tanh", "gelu", "sigmoid", "softplus"])
@pytest.mark.parametrize("label", [0, 7])
def test_it_is_the_input_times_the_slope_of_the_logit(activation: str, label: int):
    spec = digits(9, 6, activation=activation)
    network = Network.of(spec, np.float64)
    x = np.random.default_rng(3).uniform(0, 1, 64)
    found = evidence(spec, network.layout, network.params, x, label)
    step = 1e-6
    moved = np.concatenate([x + step * np.eye(64), x - step * np.eye(64)])
    logits = logits_of(spec, network.layout, network.params, moved)[:, label]
    assert np.allclose(found, x * (logits[:64] - logits[64:]) / (2 * step), atol=1e-7)


def test_of_relus_without_biases_it_sums_to_the_logit():
    spec = digits(12, 8, activation="relu")
    network = Network.of(spec, np.float64)  # biases begin at 0
    x = np.random.default_rng(1).uniform(0, 1, 64)
    for label in range(10):
        logit = logits_of(spec, network.layout, network.params, x[None])[0, label]
        assert evidence(spec, network.layout, network.params, x, label).sum() == pytest.approx(logit)


def test_a_network_of_three_weights_by_hand():
    spec = replace(ExperimentSpec(), network=NetworkSpec((1,), ACTIVATIONS["relu"]()))
    layout = Layout((2, 1, 1))
    params = np.array([2.0, -1.0, 0.5, 3.0, 0.0])  # w = (2, -1), b = 0.5; then 3
    x = np.array([1.0, 0.25])  # z = 2.25 > 0: the slope is 3·(2, -1)
    assert evidence(spec, layout, params, x, 1).tolist() == [6.0, -0.75]
    assert evidence(spec, layout, params, x, 0).tolist() == [-6.0, 0.75]
    assert evidence(spec, layout, params, np.array([-1.0, 1.0]), 1).tolist() == [0.0, 0.0]  # it is off


def test_what_is_not_drawn_says_nothing():
    spec = digits(9)
    network = Network.of(spec)
    x = np.zeros(64)
    x[10] = 1
    found = evidence(spec, network.layout, network.params, x, 2)
    assert found.dtype == np.float32
    assert np.flatnonzero(found).tolist() == [10]


def drawn() -> np.ndarray:
    ink = np.zeros((280, 280), np.float32)
    ink[30:130, 40:60] = ink[30:50, 40:110] = 1
    return ink


def test_a_step_is_worth_what_is_read_without_it():
    spec = digits(9)
    network = Network.of(spec)
    found = worth(spec, network.layout, network.params, drawn(), frozenset({"shear"}), temperature=2.0)
    assert list(found) == ["crop", "scale", "weight", "shear"]
    for step, left_out in (("crop", {"crop", "shear"}), ("shear", set())):
        prepared = prepare_for(8, drawn(), frozenset(left_out))
        assert prepared is not None
        answer = probabilities(logits_of(spec, network.layout, network.params, prepared.input[None]), 2.0)[0]
        assert found[step] == (answer.argmax(), pytest.approx(answer.max()))


def test_no_worth_without_ink_without_a_recipe_and_once_nobody_waits():
    spec = digits(9)
    network = Network.of(spec)
    assert worth(spec, network.layout, network.params, np.zeros((280, 280))) == {}
    assert worth(spec, network.layout, network.params, drawn(), stop=lambda: True) == {}
    points = ExperimentSpec()
    assert worth(points, Layout(points.layer_sizes), Network.of(points).params, drawn()) == {}
