"""The trace: the numbers of training itself, factor by factor; and a look at the next mini-batch that changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.datasets import DATASETS
from engine.network import Layout, Network
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trace import trace, trace_of
from engine.trainer import Trainer

PLAIN = ExperimentSpec(
    DataSpec(DATASETS["xor"]()), NetworkSpec((2,)), OPTIMIZERS["sgd"](learning_rate=0.5), TrainingSpec(batch_size=1)
)
NOISY = replace(
    ExperimentSpec(), training=TrainingSpec(dropout=0.3, input_noise=0.1, label_smoothing=0.1, batch_size=16, l2=0.01)
)


def test_one_sample_by_hand() -> None:
    # 2-2-1, tanh, cross-entropy, x = (1, 0), target 1; the weights are simple enough for paper.
    params = np.array([0.5, -0.5, 0.25, 0.75, 0.1, 0.2, 1.0, -1.0, 0.3])
    t = trace(PLAIN, Layout((2, 2, 1)), params, np.array([[1.0, 0.0]]), np.array([[1.0]]))
    z1 = np.array([0.6, -0.3])
    a1 = np.tanh(z1)
    z2 = a1[0] - a1[1] + 0.3
    answer = 1 / (1 + np.exp(-z2))
    d2 = answer - 1
    d1 = d2 * np.array([1.0, -1.0]) * (1 - a1**2)
    np.testing.assert_allclose(t.z[0][0], z1, rtol=1e-15)
    np.testing.assert_allclose(t.a[1][0, 0], answer, rtol=1e-14)
    np.testing.assert_allclose(t.delta[1][0, 0], d2, rtol=1e-14)
    np.testing.assert_allclose(t.delta[0][0], d1, rtol=1e-14)
    expected = [d1[0], d1[1], 0, 0, d1[0], d1[1], a1[0] * d2, a1[1] * d2, d2]
    np.testing.assert_allclose(t.grads, expected, rtol=1e-13)
    assert t.loss == pytest.approx(-np.log(answer), rel=1e-14)


@pytest.mark.parametrize("batch", [0, 3])
def test_it_is_the_gradient_that_training_uses(batch: int) -> None:
    trainer = Trainer(NOISY)
    for _ in range(batch):
        trainer.step_batch()
    coming = trainer.minibatch()
    mean = trace_of(trainer.spec, trainer.network.layout, trainer.network.params.copy(), coming)
    seen: list[np.ndarray] = []
    backward = Network.backward

    def watched(network: Network, *args: object) -> None:
        backward(network, *args)  # type: ignore[arg-type]
        if network is trainer.network:
            seen.append(network.grads.copy())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Network, "backward", watched)
        trainer.step_batch()
    assert len(seen) == 1
    np.testing.assert_array_equal(mean.grads, seen[0])
    assert any(mask is not None and (mask == 0).any() for mask in mean.masks)


def test_looking_ahead_changes_nothing() -> None:
    plain, watched = Trainer(NOISY), Trainer(NOISY)
    for _ in range(30):
        watched.minibatch()
        plain.step_batch()
        watched.step_batch()
    watched.minibatch()
    np.testing.assert_array_equal(plain.network.params, watched.network.params)


def test_the_next_minibatch_holds_what_the_optimizer_brings() -> None:
    trainer = Trainer(NOISY)
    trainer.step_batch()
    coming = trainer.minibatch()
    assert coming.step == 2
    assert len(coming) == 16
    np.testing.assert_array_equal(coming.slots[0], trainer.descent.slots[0])
    assert not np.shares_memory(coming.slots[0], trainer.descent.slots[0])


def test_each_delta_is_that_of_its_sample_alone() -> None:
    trainer = Trainer(replace(PLAIN, training=TrainingSpec(batch_size=4)), dtype=np.float64)
    coming = trainer.minibatch()
    whole = trace_of(trainer.spec, trainer.network.layout, trainer.network.params, coming)
    for row in range(4):
        alone = trace(trainer.spec, whole.layout, whole.params, coming.x[[row]], coming.targets[[row]])
        for all_rows, one in zip(whole.delta, alone.delta, strict=True):
            np.testing.assert_allclose(all_rows[row], one[0], rtol=1e-12)
