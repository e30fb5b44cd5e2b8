"""Parity beside PyTorch: with every convention agreed the weights are the same, and each one moves what it says."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is not installed: `make test-parity` installs it")

from engine.activations import ACTIVATIONS
from engine.data import Data, load_data
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.spec import ExperimentSpec
from gui.comparing.conventions import OURS, SKLEARN, TORCH, TORCH_ACTIVATIONS
from gui.comparing.parity import BOUND, Parity, compare
from tests.gui.compared import RATE, deltas, spec_for, together

SGD = OPTIMIZERS["sgd"](learning_rate=RATE)
OPTIMIZER = {
    "sgd": SGD,
    "momentum": OPTIMIZERS["sgd"](learning_rate=0.02, momentum=0.9),
    "nesterov": OPTIMIZERS["sgd"](learning_rate=0.02, momentum=0.9, nesterov=True),
    "adagrad": OPTIMIZERS["adagrad"](learning_rate=0.05),
    "rmsprop": OPTIMIZERS["rmsprop"](learning_rate=0.01),
    "adam": OPTIMIZERS["adam"](learning_rate=0.02),
    "adam, late ε": OPTIMIZERS["adam"](learning_rate=0.02, torch_epsilon=True),
    "adamw": OPTIMIZERS["adamw"](learning_rate=0.02, weight_decay=0.05),
    "adamw, early ε": OPTIMIZERS["adamw"](learning_rate=0.02, torch_epsilon=False),
}
KINDS = [("circles", "cross_entropy"), ("spiral3", "cross_entropy"), ("plane", "squared_error"), ("spiral3", "squared_error"),
         ("spiral3", "absolute_error"), ("plane", "huber"), ("circles", "hinge")]  # fmt: skip
CASES = list(zip(cycle(OPTIMIZER), cycle(KINDS), range(18), strict=False))


@pytest.mark.parametrize(("name", "kind"), [case[:2] for case in CASES])
def test_the_same_weights_as_pytorch(name: str, kind: tuple[str, str]) -> None:
    spec = spec_for(kind[0], OPTIMIZER[name], loss=kind[1], l2=0.01)
    result = together(spec, 12, TORCH)
    assert not result.out, result.out
    assert result.tracks[TORCH].column(3).max() <= BOUND
    first, last = result.tracks[OURS].column(1)[[0, -1]]
    assert abs(first - last) > 1e-3, "a network that stands still proves nothing"


@pytest.mark.parametrize(
    "more",
    [{"dropout": 0.3}, {"layer_dropout": (0.0, 0.4)}, {"l1": 0.01}, {"clip_norm": 0.3, "l2": 0.02}, {"max_norm": 0.7},
     {"label_smoothing": 0.1}, {"input_noise": 0.1}, {"l2": 0.05, "l2_per_sample": True}, {"shuffle": False},
     {"schedule": SCHEDULES["exponential"](gamma=0.8)}],
    ids=["dropout", "dropout in one layer", "L1", "clipping", "max-norm", "smooth labels", "noisy inputs", "L2 by batch",
         "as they lie", "schedule"],
)  # fmt: skip
def test_what_else_an_update_does(more: dict) -> None:
    assert max(deltas(spec_for("spiral3", OPTIMIZER["momentum"], **more), 12, TORCH)) <= BOUND


@pytest.mark.parametrize("name", TORCH_ACTIVATIONS)
def test_activations(name: str) -> None:
    spec = spec_for("spiral3", SGD)
    network = replace(spec.network, layer_activations=(ACTIVATIONS[name](),))
    assert max(deltas(replace(spec, network=network), 6, TORCH)) <= BOUND


def one_gradient(spec: ExperimentSpec) -> tuple[Network, Data]:
    """Ours with the gradient of its first update over all samples."""
    data, network = load_data(spec.data, np.float64), Network.of(spec, np.float64)
    work = network.work(len(data.train))
    network.forward(data.train.x, work)
    network.backward(data.train.x, data.train.targets, work)
    return network, data


@pytest.mark.parametrize(("dataset", "k"), [("plane", 1), ("spiral3", 3)])
def test_a_half_and_the_mean_of_the_columns(dataset: str, k: int) -> None:
    """MSELoss has no ½ and means the k columns: its gradient is 2/k of ours, and so is the first step."""
    spec = spec_for(dataset, SGD, loss="squared_error", batch_size=1000)
    network, _ = one_gradient(spec)
    expected = RATE * abs(1 - 2 / k) * np.abs(network.grads).max()
    assert deltas(spec, 1, TORCH, "half")[1] == pytest.approx(expected, rel=1e-9)


def test_weight_decay_takes_biases_too() -> None:
    """Biases begin at 0, so the first update is the same; the second takes η·l2·b of theirs."""
    spec = spec_for("spiral3", SGD, l2=0.1, batch_size=1000)
    network, _ = one_gradient(spec)
    largest = max(np.abs(b).max() for b in network.bias_grads) * RATE
    _, first, second = deltas(spec, 2, TORCH, "l2_biases")
    assert first <= BOUND
    assert second == pytest.approx(RATE * 0.1 * largest, rel=1e-9)


def test_l2_per_sample_is_whole_in_pytorch() -> None:
    spec = spec_for("spiral3", SGD, l2=0.1, l2_per_sample=True, batch_size=1000)
    network, data = one_gradient(spec)
    largest = max(np.abs(w).max() for w in network.weights)
    expected = RATE * 0.1 * (1 - 1 / len(data.train)) * largest
    assert deltas(spec, 1, TORCH, "l2_batch")[1] == pytest.approx(expected, rel=1e-9)


def test_epsilon_after_the_correction() -> None:
    """The first step of Adam: η·√(1−β₂)·g/(√(1−β₂)·|g| + ε) of ours, η·g/(|g| + ε) of theirs."""
    spec = spec_for("spiral3", OPTIMIZERS["adam"](learning_rate=0.02), batch_size=1000)
    network, _ = one_gradient(spec)
    g, root = np.abs(network.grads), np.sqrt(1 - 0.999)
    expected = np.abs(0.02 * root * g / (root * g + 1e-8) - 0.02 * g / (g + 1e-8)).max()
    assert deltas(spec, 1, TORCH, "epsilon")[1] == pytest.approx(expected, rel=1e-4, abs=1e-13)


def test_momentum_of_gradients_parts_where_the_rate_falls() -> None:
    """At the fall from η to η/2 ours goes on with the old steps, theirs halves them: Δ = ½·μ·|v| after that update."""
    spec = spec_for("spiral3", OPTIMIZER["momentum"], batch_size=1000, schedule=SCHEDULES["step"](every=1, gamma=0.5))
    assert max(deltas(spec, 4, TORCH)) <= BOUND
    network, _ = one_gradient(spec)
    _, first, second = deltas(spec, 2, TORCH, "momentum")
    assert first <= BOUND
    assert second == pytest.approx(0.5 * 0.9 * 0.02 * np.abs(network.grads).max(), rel=1e-9)


def test_a_millionth_in_clipping() -> None:
    """Ours is c·g/‖g‖, theirs c·g/(‖g‖ + 1e-6): after one update they part by η·c·g·1e-6/‖g‖², at the most."""
    spec = spec_for("spiral3", SGD, clip_norm=0.05, batch_size=1000)
    network, _ = one_gradient(spec)
    norm = float(np.linalg.norm(network.grads))
    assert norm > 0.05
    expected = RATE * 0.05 * np.abs(network.grads).max() * (1 / norm - 1 / (norm + 1e-6))
    assert deltas(spec, 1, TORCH, "clip")[1] == pytest.approx(expected, rel=1e-4)


def test_single_precision() -> None:
    moved = deltas(spec_for("spiral3", SGD), 5, TORCH, "precision")
    assert 1e-9 < max(moved) < 1e-5


def test_their_own_weights_order_and_masks() -> None:
    spec = spec_for("spiral3", SGD, dropout=0.3)
    assert deltas(spec, 1, TORCH, "weights")[0] > 0.1
    for key in ("order", "dropout"):
        before, after = deltas(spec, 1, TORCH, key)
        assert before == 0.0
        assert after > 1e-4, key


def test_a_schedule_that_it_is_not_told_of() -> None:
    spec = spec_for("spiral3", SGD, schedule=SCHEDULES["step"](every=2))
    moved = deltas(spec, 3, TORCH, "schedule")
    assert max(moved[:3]) <= BOUND
    assert moved[3] > 1e-4


def test_the_loss_that_a_training_loop_prints() -> None:
    """MSELoss of one column is twice ours, and gathered before the updates."""
    spec = spec_for("plane", OPTIMIZERS["sgd"](learning_rate=1e-6), batch_size=1000)
    result = together(spec, 1, TORCH, "reported", "half")
    assert result.tracks[TORCH].last[1] == pytest.approx(2 * result.tracks[OURS].rows[0][1], rel=1e-9)


def test_conventions_of_the_other_library_change_nothing_here() -> None:
    spec = spec_for("spiral3", OPTIMIZER["momentum"], l2=0.02, dropout=0.2)
    assert max(deltas(spec, 5, TORCH, "l2_batch", "missing")) <= BOUND


def test_every_loss_has_its_twin() -> None:
    for cls in LOSSES:
        spec = spec_for("circles", SGD, loss=cls.name, batch_size=1000)
        result = together(spec, 1, TORCH, "reported")
        assert result.tracks[TORCH].last[1] == pytest.approx(result.tracks[OURS].rows[0][1], rel=1e-12), cls.name


def test_both_in_a_process_of_their_own() -> None:
    spec = spec_for("spiral3", OPTIMIZER["adam"], l2=0.01)
    result = compare(Parity(spec, 5, frozenset()), load_data(spec.data), lambda share, words: None, lambda: False)
    assert result is not None
    assert not result.out
    assert all(result.tracks[name].column(3).max() <= BOUND for name in (SKLEARN, TORCH))
