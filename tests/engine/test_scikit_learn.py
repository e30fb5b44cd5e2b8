"""Beside scikit-learn's MLPClassifier: 500 steps from the same weights over the same mini-batches, with its alpha."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.losses import LOSSES
from engine.network import Layout, Network
from engine.optimizers import OPTIMIZERS
from engine.penalties import Penalty

BATCH, ALPHA, RATE, STEPS = 10, 0.05, 0.02, 500
SOLVERS = {
    "sgd": (OPTIMIZERS["sgd"](learning_rate=RATE), {"solver": "sgd", "momentum": 0.0}),
    "momentum": (
        OPTIMIZERS["sgd"](learning_rate=RATE, momentum=0.9),
        {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    ),
    "nesterov": (
        OPTIMIZERS["sgd"](learning_rate=RATE, momentum=0.9, nesterov=True),
        {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True},
    ),
    "adam": (OPTIMIZERS["adam"](learning_rate=RATE), {"solver": "adam"}),
}


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("solver", list(SOLVERS))
@pytest.mark.parametrize(("activation", "theirs"), [("tanh", "tanh"), ("relu", "relu"), ("sigmoid", "logistic")])
def test_five_hundred_steps_beside_scikit_learn(activation: str, theirs: str, solver: str, k: int) -> None:
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(5)
    x = rng.normal(0, 1, (26, 3))  # mini-batches of 10, 10 and 6
    labels = (np.digitize(x[:, 0] * x[:, 1] + x[:, 2], [0.0] if k == 2 else [-0.5, 0.5])).astype(int)
    optimizer, settings = SOLVERS[solver]
    network = Network(
        Layout((3, 7, 5, 1 if k == 2 else 3)), ACTIVATIONS[activation](), LOSSES["cross_entropy"](), np.float64
    )
    network.params[:] = rng.normal(0, 0.5, network.params.size)
    model = MLPClassifier(
        (7, 5), activation=theirs, alpha=ALPHA, batch_size=BATCH, learning_rate_init=RATE, shuffle=False, **settings
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.partial_fit(x, labels, classes=np.arange(k))  # makes its arrays; then it starts where we start
        for layer in range(3):
            model.coefs_[layer][:] = network.weights[layer]
            model.intercepts_[layer][:] = network.biases[layer]
        for name in ("velocities", "ms", "vs"):
            for array in getattr(model._optimizer, name, []):
                array[:] = 0
        if solver == "adam":
            model._optimizer.t = 0
        for _ in range(STEPS // 3):
            model.partial_fit(x, labels)

    targets = labels[:, None].astype(float) if k == 2 else np.eye(3)[labels]
    penalty = Penalty(network.layout, 0.0, ALPHA, np.float64, l2_per_sample=True)
    slots = tuple(np.zeros_like(network.params) for _ in optimizer.slots)
    scratch, step = np.empty_like(network.params), 0
    for _ in range(STEPS // 3):
        for i in range(0, len(x), BATCH):
            rows = slice(i, i + BATCH)
            work = network.work(len(x[rows]))
            network.forward(x[rows], work)
            network.backward(x[rows], targets[rows], work)
            penalty.add_gradient(network.params, network.grads, scratch, len(x[rows]))
            step += 1
            optimizer.update(network.params, network.grads, slots, step, scratch)
    for layer in range(3):
        np.testing.assert_allclose(network.weights[layer], model.coefs_[layer], rtol=0, atol=1e-10)
        np.testing.assert_allclose(network.biases[layer], model.intercepts_[layer], rtol=0, atol=1e-10)
