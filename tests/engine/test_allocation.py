"""Training allocates nothing that grows with the mini-batch: every activation × loss × optimizer, and all that perturbs."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from engine import activations
from engine.activations import ACTIVATIONS, Activation
from engine.descent import Descent
from engine.given import given
from engine.losses import LOSSES, Loss
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.spec import ExperimentSpec, NetworkSpec, TrainingSpec

# One number a row is 4 N bytes; what an activation may need for a block at a time is less than five arrays of a block.
N, BLOCK = 16_000, 2048
BOUND = 5 * 4 * BLOCK
OPTIMIZING = [cls for cls in OPTIMIZERS if not cls.full_batch]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations, "BLOCK", BLOCK)


def descent(n_outputs: int, loss: Loss, activation: Activation, optimizer: type, **training: object) -> Descent:
    """2-3-``n_outputs`` with one mini-batch of N samples an epoch."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((N, 2), np.float32)
    targets = (rng.random((N, n_outputs)) < 0.5).astype(np.float32)
    data = given(x, targets, loss.regression)
    spec = ExperimentSpec(
        data.spec, NetworkSpec((3,), activation, loss), optimizer(learning_rate=1e-3),
        TrainingSpec(batch_size=N, **training),
    )  # fmt: skip
    return Descent(spec, data, Network.of(spec))


def peak(descent: Descent) -> int:
    """Bytes that a mini-batch needs for a while, after others have made the buffers that are kept."""
    descent.begin_epoch()
    descent.train(0)
    descent.train(0)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        descent.train(0)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("loss", [cls() for cls in LOSSES], ids=lambda x: x.name)
@pytest.mark.parametrize("activation", [cls() for cls in ACTIVATIONS], ids=lambda x: x.name)
def test_a_step_allocates_nothing(activation: Activation, loss: Loss, n_outputs: int) -> None:
    for optimizer in OPTIMIZING:
        assert peak(descent(n_outputs, loss, activation, optimizer)) < BOUND, optimizer.name


@pytest.mark.parametrize("loss", [cls().linear() for cls in LOSSES if cls().linear()], ids=lambda x: x.loss.name)
def test_nor_in_regression(loss: Loss) -> None:
    assert peak(descent(1, loss, ACTIVATIONS["tanh"](), OPTIMIZERS["adam"])) < BOUND


@pytest.mark.parametrize(
    "training",
    [
        {"dropout": 0.5},
        {"input_noise": 0.1},
        {"label_smoothing": 0.1},
        {"clip_norm": 0.01},
        {"max_norm": 0.1},
        {"l1": 0.01, "l2": 0.01, "l2_per_sample": True},
    ],
    ids=lambda training: next(iter(training)),
)
def test_nor_what_regularizes(training: dict[str, object]) -> None:
    settings = descent(2, LOSSES["cross_entropy"](), ACTIVATIONS["tanh"](), OPTIMIZERS["adam"], **training)
    assert peak(settings) < BOUND


def test_nor_what_grows_with_the_parameters() -> None:
    """Of a large network with a mini-batch of one, everything together."""
    data = given(np.ones((4, 400), np.float32), np.ones((4, 3), np.float32), False)
    network = replace(NetworkSpec(), hidden_layer_sizes=(400,))
    training = TrainingSpec(batch_size=1, l1=0.01, l2=0.01, clip_norm=0.01, max_norm=0.1, dropout=0.5, input_noise=0.1)
    for optimizer in OPTIMIZING:
        spec = ExperimentSpec(data.spec, network, optimizer(), training)
        assert spec.n_parameters * 4 > 3 * BOUND
        assert peak(Descent(spec, data, Network.of(spec))) < BOUND, optimizer.name


def test_the_test_sees_one_number_a_row() -> None:
    class Wasteful(ACTIVATIONS["tanh"]):
        def forward(self, z: np.ndarray, out: np.ndarray) -> None:
            super().forward(z + z[:, :1].copy(), out)

    assert 4 * N > BOUND
    assert peak(descent(1, LOSSES["hinge"](), Wasteful(), OPTIMIZERS["sgd"])) > BOUND
