"""Every registered loss: by hand, by differences, and where numbers are extreme."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.losses import LOSSES, Loss

ALL = [cls() for cls in LOSSES]


def delta(loss: Loss, logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    out = np.empty_like(logits)
    loss.delta(logits.copy(), targets, out)
    return out


def one_hot(labels: list[int], k: int) -> np.ndarray:
    return np.eye(k)[labels]


def test_binary_cross_entropy_by_hand() -> None:
    loss = LOSSES["cross_entropy"]()
    logits, targets = np.array([[math.log(3)], [0.0]]), np.array([[1.0], [0.0]])
    assert loss.value(logits, targets) == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2)
    np.testing.assert_allclose(delta(loss, logits, targets), [[-0.25], [0.5]])


def test_categorical_cross_entropy_by_hand() -> None:
    loss = LOSSES["cross_entropy"]()
    logits, targets = np.log(np.array([[0.2, 0.3, 0.5]])) + 7, one_hot([2], 3)
    assert loss.value(logits, targets) == pytest.approx(-math.log(0.5))
    np.testing.assert_allclose(delta(loss, logits, targets), [[0.2, 0.3, -0.5]])


def test_squared_error_by_hand() -> None:
    loss = LOSSES["squared_error"]()
    logits, targets = np.array([[math.log(3)]]), np.array([[0.0]])
    assert loss.value(logits, targets) == pytest.approx(0.5 * 0.75**2)
    np.testing.assert_allclose(delta(loss, logits, targets), [[0.75 * 0.75 * 0.25]])


def test_absolute_error_by_hand() -> None:
    loss = LOSSES["absolute_error"]()
    logits, targets = np.array([[math.log(3)], [0.0]]), np.array([[0.0], [1.0]])
    assert loss.value(logits, targets) == pytest.approx((0.75 + 0.5) / 2)
    np.testing.assert_allclose(delta(loss, logits, targets), [[0.75 * 0.25], [-0.25]])


def test_huber_by_hand() -> None:
    loss = LOSSES["huber"](threshold=0.6)
    logits, targets = np.array([[math.log(3)], [0.0]]), np.array([[0.0], [1.0]])
    # r = 0.75 is beyond 0.6: 0.6·(0.75 − 0.3); r = −0.5 is within: ½·0.25
    assert loss.value(logits, targets) == pytest.approx((0.6 * 0.45 + 0.125) / 2)
    np.testing.assert_allclose(delta(loss, logits, targets), [[0.6 * 0.75 * 0.25], [-0.5 * 0.25]])


def test_hinge_by_hand() -> None:
    loss = LOSSES["hinge"]()
    logits, targets = np.array([[0.25], [-3.0], [0.5]]), np.array([[1.0], [0.0], [0.0]])
    # margins 0.25, 3 and −0.5 cost 0.75, 0 and 1.5
    assert loss.value(logits, targets) == pytest.approx(2.25 / 3)
    np.testing.assert_allclose(delta(loss, logits, targets), [[-1], [0], [1]])
    out = np.empty_like(logits)
    loss.output(logits, out)
    np.testing.assert_allclose(out, [[0.625], [0], [0.75]])


def test_hinge_of_classes_is_one_against_the_rest() -> None:
    loss = LOSSES["hinge"]()
    logits, targets = np.array([[2.0, -0.5, 0.0]]), one_hot([1], 3)
    # class 1 has margin −0.5 (1.5), the others −2 (3) and 0 (1)
    assert loss.value(logits, targets) == pytest.approx(1.5 + 3 + 1)
    np.testing.assert_allclose(delta(loss, logits, targets), [[1, -1, 1]])


@pytest.mark.parametrize("loss", ALL, ids=lambda x: x.name)
@pytest.mark.parametrize("k", [1, 3])
def test_delta_is_the_central_difference(loss: Loss, k: int) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (4, k))
    targets = one_hot([0, 2, 1, 1], 3) if k == 3 else np.array([[1.0], [0.0], [0.0], [1.0]])
    numeric, h = np.empty_like(logits), 1e-6
    for i in np.ndindex(logits.shape):
        up, down = logits.copy(), logits.copy()
        up[i] += h
        down[i] -= h
        numeric[i] = (loss.value(up, targets) - loss.value(down, targets)) / (2 * h)
    # value() is the mean over the rows, delta() leaves the 1/n to the network.
    np.testing.assert_allclose(delta(loss, logits, targets) / len(logits), numeric, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("loss", ALL, ids=lambda x: x.name)
@pytest.mark.parametrize("k", [1, 3])
def test_extreme_logits_stay_finite(loss: Loss, k: int) -> None:
    logits = np.full((2, k), 1e4, np.float32)
    logits[1] *= -1
    logits[:, 0] *= -1
    targets = np.zeros((2, k), np.float32)
    targets[:, 0] = 1
    out = np.empty_like(logits)
    loss.output(logits, out)
    assert np.all((out >= 0) & (out <= 1))
    assert np.isfinite(loss.value(logits, targets))
    assert np.isfinite(delta(loss, logits, targets)).all()


@pytest.mark.parametrize("loss", ALL, ids=lambda x: x.name)
def test_output_may_be_written_over_the_logits(loss: Loss) -> None:
    logits = np.random.default_rng(1).normal(0, 1, (5, 3))
    apart = np.empty_like(logits)
    loss.output(logits, apart)
    loss.output(logits, logits)
    assert np.array_equal(apart, logits)
