"""L2 both ways, clipping, max-norm, dropout, noise and smoothing: by hand, by differences, and the same bits again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import files
from engine.activations import ACTIVATIONS
from engine.losses import LOSSES
from engine.network import Layout, Network
from engine.optimizers import OPTIMIZERS
from engine.penalties import MaxNorm, Penalty, clip_norm
from engine.perturbation import Perturbation, smooth
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment

EVERYTHING = {
    "dropout": 0.2,
    "input_noise": 0.05,
    "label_smoothing": 0.1,
    "clip_norm": 0.5,
    "max_norm": 0.8,
    "l1": 1e-3,
    "l2": 1e-2,
    "l2_per_sample": True,
}


def trained(epochs: int, **settings: float) -> Trainer:
    trainer = Trainer(experiment(hidden=(6, 4), batch_size=8, **settings))
    trainer.advance(lambda: False, Until("epoch", epochs))
    return trainer


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_l2_per_sample_is_divided_by_the_mini_batch() -> None:
    penalty = Penalty(Layout((1, 1, 1)), 0.0, 0.5, np.float64, l2_per_sample=True)
    params, grads = np.array([2.0, 5.0, -3.0, 7.0]), np.zeros(4)
    penalty.add_gradient(params, grads, np.empty(4), 10)
    np.testing.assert_allclose(grads, [0.05 * 2, 0, 0.05 * -3, 0])
    assert penalty.value(params, 10) == pytest.approx(0.025 * (4 + 9))


def test_clipping_shortens_and_keeps_the_direction() -> None:
    grads = np.array([3.0, 4.0])
    clip_norm(grads, 1.0)
    np.testing.assert_allclose(grads, [0.6, 0.8])
    short = np.array([0.3, 0.4])
    clip_norm(short, 0.5 + 1e-12)
    assert short.tolist() == [0.3, 0.4]


def test_clipping_comes_before_the_penalty() -> None:
    # One step of plain SGD: w ← w − (clipped gradient + l2·w), so the step without the decay is at most the limit.
    spec = experiment(optimizer="sgd", rate=1.0, clip_norm=0.01, l2=0.5)
    trainer = Trainer(spec, dtype=np.float64)
    before = trainer.network.params.copy()
    trainer.step_batch()
    is_weight = np.zeros_like(before)
    for layer in range(trainer.network.layout.depth):
        trainer.network.layout.weights(is_weight, layer)[:] = 1
    step = before - trainer.network.params - 0.5 * before * is_weight
    assert np.linalg.norm(step) == pytest.approx(0.01)


def test_max_norm_shortens_long_neurons_only() -> None:
    weights = np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 0.0]])
    MaxNorm([weights], 2.5).apply()
    np.testing.assert_allclose(weights, [[1.5, 0.3, 0], [2.0, 0.4, 0]])
    assert weights[:, 1].tolist() == [0.3, 0.4], "what is short keeps its bits"


def test_max_norm_holds_through_training() -> None:
    trainer = trained(20, max_norm=0.7, rate=0.3)
    for weights in trainer.network.weights:
        assert np.linalg.norm(weights, axis=0).max() <= 0.7 * (1 + 1e-6)


def test_smoothing_by_hand() -> None:
    two, three = np.array([[1.0], [0.0]]), np.eye(3)
    smooth(two, 0.1)
    smooth(three, 0.3)
    np.testing.assert_allclose(two, [[0.95], [0.05]])
    np.testing.assert_allclose(three[0], [0.8, 0.1, 0.1])


def test_only_training_sees_smooth_targets() -> None:
    trainer = trained(1, label_smoothing=0.2)
    trainer.step_batch()
    np.testing.assert_allclose(np.unique(trainer.descent._targets), [0.1, 0.9], rtol=1e-6)
    assert set(np.unique(trainer.data.train.targets).tolist()) == {0, 1}


def test_smoothing_switched_in_the_middle_of_an_epoch_counts_at_once() -> None:
    trainer = trained(1)
    trainer.step_batch()
    trainer.reconfigure(replace(trainer.spec, training=replace(trainer.spec.training, label_smoothing=0.2)))
    trainer.step_batch()
    assert trainer.descent._targets.max() == pytest.approx(0.9)


# --- dropout ----------------------------------------------------------------------------------------------------------


def test_masks_drop_the_share_and_keep_the_mean() -> None:
    spec = experiment(hidden=(300, 200), dropout=0.25)
    network = Network.of(spec)
    work = network.work(100, (True, True))
    Perturbation(spec, np.random.default_rng(0)).apply(np.zeros((100, 2), np.float32), work)
    for layer in work[:2]:
        assert layer.mask is not None
        assert set(np.unique(layer.mask).tolist()) == {0, np.float32(1 / 0.75)}
        assert layer.mask.mean() == pytest.approx(1, abs=0.02)
    assert work[2].mask is None, "the output layer loses nobody"


def test_layers_may_have_a_share_of_their_own() -> None:
    spec = experiment(hidden=(4, 4, 4), dropout=0.5, layer_dropout=(0.0, 0.2))
    assert spec.dropout == (0.0, 0.2, 0.5)
    assert experiment(hidden=(4,), dropout=0.5, layer_dropout=(0.1, 0.2)).dropout == (0.1,)
    trainer = Trainer(spec)
    assert [layer.mask is not None for layer in trainer.descent._batches[0][2]] == [False, True, True, False]
    assert experiment(layer_dropout=(0.95,)).validate()


def test_dropout_never_touches_an_answer() -> None:
    trainer = trained(2, dropout=0.5)
    before = trainer.descent._evaluation._train()
    answers = trainer.network.predict(trainer.data.test.x)
    assert trainer.descent._evaluation._train() == before
    assert np.array_equal(trainer.network.predict(trainer.data.test.x), answers)


@pytest.mark.parametrize("activation", [cls() for cls in ACTIVATIONS], ids=lambda a: a.name)
def test_gradients_under_a_fixed_mask_are_the_central_differences(activation) -> None:
    rng = np.random.default_rng(8)
    network = Network(Layout((3, 6, 5, 1)), activation, LOSSES["cross_entropy"](), np.float64)
    network.params[:] = rng.normal(0, 0.7, network.params.size)
    work = network.work(7, (True, True))
    for layer in work[:2]:
        layer.mask[:] = (rng.random(layer.mask.shape) >= 0.3) / 0.7
    x, targets = rng.normal(0, 1, (7, 3)), rng.integers(0, 2, (7, 1)).astype(float)
    network.forward(x, work)
    network.backward(x, targets, work)
    analytic, numeric, h = network.grads.copy(), np.empty_like(network.grads), 1e-5
    for i, kept in enumerate(network.params.copy()):
        network.params[i] = kept + h
        up = network.loss.value(network.forward(x, work), targets)
        network.params[i] = kept - h
        numeric[i] = (up - network.loss.value(network.forward(x, work), targets)) / (2 * h)
        network.params[i] = kept
    assert np.linalg.norm(analytic - numeric) / np.linalg.norm(analytic + numeric) <= 1e-7


# --- the same bits ----------------------------------------------------------------------------------------------------


def test_input_noise_leaves_the_samples_alone() -> None:
    trainer = Trainer(experiment(input_noise=0.3))
    kept = trainer.data.train.x.copy()
    trainer.step_batch()
    assert np.array_equal(trainer.descent._x, kept[trainer.descent.order])
    assert np.array_equal(trainer.data.train.x, kept)


@pytest.mark.parametrize("setting", [*EVERYTHING, "all"])
def test_every_setting_changes_training_and_repeats_itself(setting: str) -> None:
    chosen = EVERYTHING if setting == "all" else {setting: EVERYTHING[setting]}
    if setting == "l2_per_sample":
        chosen = chosen | {"l2": 0.1}
    if setting == "clip_norm":
        chosen = {"clip_norm": 0.05}
    optimizer = "sgd" if setting == "clip_norm" else "adam"
    first, again = trained(6, optimizer=optimizer, **chosen), trained(6, optimizer=optimizer, **chosen)
    plain = trained(6, optimizer=optimizer, l2=0.1 if setting == "l2_per_sample" else 0.0)
    assert np.array_equal(first.network.params, again.network.params)
    assert not np.array_equal(first.network.params, plain.network.params)


def test_stepping_back_and_by_samples_draws_the_same_masks() -> None:
    straight, wandering = trained(5, **EVERYTHING), trained(4, **EVERYTHING)
    for _ in range(3):
        wandering.step_back()
    for _ in range(2):
        wandering.step_epoch()
    for _ in range(2 * len(wandering.data.train)):
        wandering.step_sample()
    assert wandering.epoch == 5
    assert np.array_equal(straight.network.params, wandering.network.params)
    assert np.array_equal(straight.history.view(), wandering.history.view())


@pytest.mark.parametrize("optimizer", OPTIMIZERS.names())
def test_saved_and_loaded_it_goes_on_with_the_same_bits(tmp_path: Path, optimizer: str) -> None:
    straight = trained(6, optimizer=optimizer, **EVERYTHING)
    saved = trained(3, optimizer=optimizer, **EVERYTHING)
    saved.step_batch()
    files.save(tmp_path / "run.json", saved)
    loaded = files.load(tmp_path / "run.json").trainer()
    loaded.advance(lambda: False, Until("epoch", 6))
    assert np.array_equal(straight.network.params, loaded.network.params)
    assert np.array_equal(straight.history.view(), loaded.history.view())


def test_switching_it_all_on_and_off_is_hot() -> None:
    trainer = trained(2)
    weights = trainer.network.params.copy()
    plain = trainer.spec
    trainer.reconfigure(replace(plain, training=replace(plain.training, **EVERYTHING)))
    assert np.array_equal(trainer.network.params, weights)
    trainer.step_epoch()
    trainer.reconfigure(plain)
    assert trainer.descent._perturbation is None
    assert trainer.descent._penalty is None
    assert trainer.descent._max_norm is None
