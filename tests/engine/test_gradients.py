"""Backpropagation against central differences in float64: every activation × loss, and many random networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.activations import ACTIVATIONS, Activation
from engine.losses import LOSSES, Loss
from engine.network import Layout, Network
from engine.penalties import Penalty

BOUND = 1e-7


def relative_error(
    activation: Activation, loss: Loss, sizes: tuple[int, ...], seed: int, l1: float = 0, l2: float = 0
) -> float:
    """Norm of (analytic - numeric) over the sum of norms, for one random network and batch."""
    rng = np.random.default_rng(seed)
    network = Network(Layout(sizes), activation, loss, np.float64)
    network.params[:] = rng.normal(0, 0.7, network.params.size)
    n = 6
    x = rng.normal(0, 1, (n, sizes[0]))
    labels = rng.integers(0, max(sizes[-1], 2), n)
    targets = labels[:, None].astype(float) if sizes[-1] == 1 else np.eye(sizes[-1])[labels]
    penalty = Penalty(network.layout, l1, l2, np.float64)
    work = network.work(n)

    def value() -> float:
        return loss.value(network.forward(x, work), targets) + penalty.value(network.params)

    network.forward(x, work)
    network.backward(x, targets, work)
    penalty.add_gradient(network.params, network.grads, np.empty_like(network.params))
    analytic, numeric, h = network.grads.copy(), np.empty_like(network.grads), 1e-5
    for i, kept in enumerate(network.params.copy()):
        network.params[i] = kept + h
        up = value()
        network.params[i] = kept - h
        numeric[i] = (up - value()) / (2 * h)
        network.params[i] = kept
    return float(np.linalg.norm(analytic - numeric) / (np.linalg.norm(analytic) + np.linalg.norm(numeric)))


@pytest.mark.parametrize("loss", [cls() for cls in LOSSES], ids=lambda x: x.name)
@pytest.mark.parametrize("activation", [cls() for cls in ACTIVATIONS], ids=lambda x: x.name)
@pytest.mark.parametrize("sizes", [(2, 4, 1), (3, 5, 4, 3)], ids=str)
def test_every_activation_with_every_loss(activation: Activation, loss: Loss, sizes: tuple[int, ...]) -> None:
    assert relative_error(activation, loss, sizes, seed=11) <= BOUND


def test_random_networks_with_penalties() -> None:
    rng = np.random.default_rng(2026)
    activations, losses = list(ACTIVATIONS), list(LOSSES)
    for case in range(60):
        depth = int(rng.integers(0, 4))
        sizes = (int(rng.integers(1, 5)), *(int(n) for n in rng.integers(1, 7, depth)), int(rng.choice([1, 3])))
        activation = activations[int(rng.integers(len(activations)))]()
        loss = losses[int(rng.integers(len(losses)))]()
        l1, l2 = float(rng.choice([0, 0.01])), float(rng.choice([0, 0.1]))
        error = relative_error(activation, loss, sizes, seed=case, l1=l1, l2=l2)
        assert error <= BOUND, f"case {case}: {sizes} {activation.name} {loss.name} l1={l1} l2={l2}"


def test_the_check_itself_finds_a_wrong_derivative() -> None:
    class Wrong(type(ACTIVATIONS["tanh"]())):
        def gradient(self, z: np.ndarray, a: np.ndarray, out: np.ndarray) -> None:
            super().gradient(z, a, out)
            out *= 1.001

    assert relative_error(Wrong(), LOSSES["cross_entropy"](), (2, 4, 1), seed=1) > BOUND
    assert replace(ACTIVATIONS["leaky_relu"](), alpha=0.2).alpha == 0.2
