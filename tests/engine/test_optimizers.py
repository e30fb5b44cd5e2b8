"""Every registered optimizer: the first steps by hand, a bowl it must roll down, state that is plain data."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine import optimizers
from engine.optimizers import OPTIMIZERS, Optimizer, pieces

ALL = [cls() for cls in OPTIMIZERS if not cls.full_batch]  # the others: test_lbfgs.py


def run(optimizer: Optimizer, gradients: list[float], start: float = 1.0) -> list[float]:
    params = np.array([start])
    state = tuple(np.zeros(1) for _ in optimizer.slots)
    path = []
    for step, gradient in enumerate(gradients, 1):
        optimizer.update(params, np.array([gradient]), state, step, np.empty(1))
        path.append(float(params[0]))
    return path


def test_sgd_by_hand() -> None:
    assert run(OPTIMIZERS["sgd"](learning_rate=0.1), [2.0, -1.0]) == pytest.approx([0.8, 0.9])


def test_momentum_by_hand() -> None:
    # v1 = -0.2, w = 0.8; v2 = 0.9·(-0.2) - 0.1·1 = -0.28, w = 0.52
    assert run(OPTIMIZERS["sgd"](learning_rate=0.1, momentum=0.9), [2.0, 1.0]) == pytest.approx([0.8, 0.52])


def test_nesterov_by_hand() -> None:
    # v1 = -0.2, w = 1 + 0.9·(-0.2) - 0.2 = 0.62; v2 = -0.28, w = 0.62 - 0.252 - 0.1 = 0.268
    assert run(OPTIMIZERS["sgd"](learning_rate=0.1, momentum=0.9, nesterov=True), [2.0, 1.0]) == pytest.approx(
        [0.62, 0.268]
    )


def test_rmsprop_by_hand() -> None:
    # s = 0.01·4, step = 0.1·2/√0.04 = 1
    assert run(OPTIMIZERS["rmsprop"](learning_rate=0.1), [2.0]) == pytest.approx([1 - 0.1 * 2 / (0.2 + 1e-8)])


def test_adam_by_hand() -> None:
    # The first step is the learning rate in the gradient's direction, whatever its size.
    first, second = run(OPTIMIZERS["adam"](learning_rate=0.1), [5.0, 1.0])
    assert first == pytest.approx(0.9, abs=1e-7)
    m, v = 0.9 * 0.5 + 0.1, 0.999 * 0.025 + 0.001
    assert second == pytest.approx(first - 0.1 * math.sqrt(1 - 0.999**2) / (1 - 0.9**2) * m / (math.sqrt(v) + 1e-8))


def test_adagrad_by_hand() -> None:
    # s = 4, step = 0.1·2/2; s = 5, step = 0.1·1/√5
    assert run(OPTIMIZERS["adagrad"](learning_rate=0.1), [2.0, 1.0]) == pytest.approx([0.9, 0.9 - 0.1 / math.sqrt(5)])


def test_adamw_by_hand() -> None:
    # Decay first: 1·(1 − 0.1·0.2) = 0.98; then Adam's first step, which is the learning rate.
    first, second = run(OPTIMIZERS["adamw"](learning_rate=0.1, weight_decay=0.2), [5.0, 1.0])
    assert first == pytest.approx(0.88, abs=1e-8)
    m, v = (0.9 * 0.5 + 0.1) / (1 - 0.9**2), (0.999 * 0.025 + 0.001) / (1 - 0.999**2)
    assert second == pytest.approx(first * 0.98 - 0.1 * m / (math.sqrt(v) + 1e-8), rel=1e-14)


def test_the_two_places_of_epsilon_differ_for_a_tiny_gradient_only() -> None:
    ours, theirs = (OPTIMIZERS["adam"](learning_rate=0.1, torch_epsilon=torch) for torch in (False, True))
    assert run(ours, [1e-8])[0] == pytest.approx(1 - 0.1 * 1e-8 / (1e-8 + 1e-8 / math.sqrt(0.001)))
    assert run(theirs, [1e-8])[0] == pytest.approx(1 - 0.1 * 0.5)
    assert run(ours, [1.0])[0] == pytest.approx(run(theirs, [1.0])[0], rel=1e-6)


@pytest.mark.parametrize("optimizer", ALL, ids=lambda o: o.name)
def test_rolls_down_a_bowl(optimizer: Optimizer) -> None:
    if optimizer.name == "adagrad":
        optimizer = replace(optimizer, learning_rate=0.5)  # its steps shrink: 0.03 would never arrive
    params, scale = np.array([3.0, -2.0]), np.array([1.0, 4.0])
    state = tuple(np.zeros(2) for _ in optimizer.slots)
    for step in range(1, 501):
        optimizer.update(params, scale * params, state, step, np.empty(2))
    assert np.abs(params).max() < 0.05


@pytest.mark.parametrize("optimizer", ALL, ids=lambda o: o.name)
def test_state_is_plain_data(optimizer: Optimizer) -> None:
    rng = np.random.default_rng(0)
    gradients = rng.normal(0, 1, (8, 5)).astype(np.float32)
    params = np.ones(5, np.float32)
    state = tuple(np.zeros(5, np.float32) for _ in optimizer.slots)
    for step in range(1, 5):
        optimizer.update(params, gradients[step - 1].copy(), state, step, np.empty(5, np.float32))
    copied_params, copied_state = params.copy(), tuple(slot.copy() for slot in state)
    for step in range(5, 9):
        for target, slots in ((params, state), (copied_params, copied_state)):
            optimizer.update(target, gradients[step - 1].copy(), slots, step, np.empty(5, np.float32))
    assert np.array_equal(params, copied_params)
    assert params.dtype == np.float32


@pytest.mark.parametrize("optimizer", ALL, ids=lambda o: o.name)
def test_pieces_give_the_same_bits(optimizer: Optimizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizers, "PIECE", 2)
    gradients = np.random.default_rng(0).normal(0, 1, (3, 5)).astype(np.float32)
    whole, cut = (
        (np.ones(5, np.float32), np.empty(5, np.float32), tuple(np.zeros(5, np.float32) for _ in optimizer.slots))
        for _ in range(2)
    )
    work = np.empty(5, np.float32)
    parts = pieces(*cut, work)
    assert [len(params) for params, *_ in parts] == [2, 2, 1]
    for step, gradient in enumerate(gradients, 1):
        whole[1][:] = cut[1][:] = gradient
        optimizer.update(*whole, step, work)
        for params, grads, state, scratch in parts:
            optimizer.update(params, grads, state, step, scratch)
    assert np.array_equal(whole[0], cut[0])
    assert all(np.array_equal(a, b) for a, b in zip(whole[2], cut[2], strict=True))
