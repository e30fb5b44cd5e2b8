"""The trainer: same seed, same bits, whatever the steps; the past comes back exactly; a divergence is a state."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine import compiled, descent, evaluation
from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.errors import InvalidSpec
from engine.optimizers import OPTIMIZERS
from engine.snapshot import Metrics, RunState
from engine.spec import DataSpec, ExperimentSpec, TrainingSpec
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment

OPTIMIZER_NAMES = OPTIMIZERS.names()


def never() -> bool:
    return False


def trained(spec: ExperimentSpec, epochs: int) -> Trainer:
    trainer = Trainer(spec)
    trainer.advance(never, Until("epoch", epochs))
    return trainer


def same(a: Trainer, b: Trainer) -> bool:
    return np.array_equal(a.network.params, b.network.params) and np.array_equal(a.history.view(), b.history.view())


@pytest.mark.parametrize("optimizer", OPTIMIZER_NAMES)
def test_two_runs_have_the_same_bits(optimizer: str) -> None:
    spec = experiment(optimizer=optimizer)
    assert same(trained(spec, 5), trained(spec, 5))


@pytest.mark.parametrize("optimizer", OPTIMIZER_NAMES)
def test_every_grain_ends_in_the_same_bits(optimizer: str) -> None:
    spec = experiment(optimizer=optimizer, batch_size=8)  # 42 training points: the last mini-batch has 2
    reference = trained(spec, 2)
    by_epoch, by_batch, by_sample = Trainer(spec), Trainer(spec), Trainer(spec)
    for _ in range(2):
        by_epoch.step_epoch()
    for _ in range(2 * by_batch.n_batches):
        by_batch.step_batch()
    for _ in range(2 * len(by_sample.data.train)):
        by_sample.step_sample()
    for trainer in (by_epoch, by_batch, by_sample):
        assert trainer.epoch == 2
        assert same(reference, trainer)


def test_a_mini_batch_step_finishes_what_sample_steps_began() -> None:
    spec = experiment(batch_size=10)
    plain, mixed = Trainer(spec), Trainer(spec)
    plain.step_batch()
    for _ in range(4):
        mixed.step_sample()
    assert mixed.sample == 4
    mixed.step_batch()
    assert (mixed.batch, mixed.sample) == (1, 0)
    assert same(plain, mixed)


@pytest.mark.parametrize("rows", [1, 16, 25])
def test_a_window_on_the_shuffled_samples_gives_the_same_bits(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = experiment(batch_size=8, label_smoothing=0.1)  # 42 training points of 3 numbers: 12 bytes a row
    whole = trained(spec, 3)
    monkeypatch.setattr(descent, "WINDOW_BYTES", rows * 12)
    windowed = Trainer(spec)
    assert len(windowed.descent._x) == max(rows // 8, 1) * 8
    windowed.step_batch()
    windowed.step_sample()
    while windowed.epoch < 3:
        windowed.step_epoch()
    assert same(whole, windowed)


def test_stopping_between_batches_changes_nothing() -> None:
    spec = experiment(batch_size=5)
    stuttering = Trainer(spec)
    while stuttering.epoch < 3:
        allowed = iter([False, False])
        stuttering.advance(lambda asked=allowed: next(asked, True), Until("epoch", 3))
    assert same(trained(spec, 3), stuttering)


@pytest.mark.parametrize("optimizer", OPTIMIZER_NAMES)
def test_back_and_forward_gives_the_same_bits(optimizer: str) -> None:
    trainer = trained(experiment(optimizer=optimizer), 12)
    there = trainer.network.params.copy(), trainer.history.view().copy()
    for _ in range(5):
        assert trainer.step_back()
    assert trainer.epoch == 7
    assert len(trainer.history) == 8
    for _ in range(5):
        trainer.step_epoch()
    assert np.array_equal(trainer.network.params, there[0])
    assert np.array_equal(trainer.history.view(), there[1])


def test_back_to_the_start_and_no_further() -> None:
    spec = experiment()
    trainer = trained(spec, 3)
    while trainer.step_back():
        pass
    assert trainer.epoch == 0
    assert not trainer.can_step_back
    assert same(trainer, Trainer(spec))


def test_back_from_the_middle_of_an_epoch_goes_to_its_start() -> None:
    trainer = trained(experiment(), 4)
    there = trainer.network.params.copy()
    trainer.step_batch()
    trainer.step_sample()
    assert trainer.step_back()
    assert (trainer.epoch, trainer.batch, trainer.sample) == (4, 0, 0)
    assert np.array_equal(trainer.network.params, there)


def test_back_over_a_change_of_settings_is_trained_as_it_was() -> None:
    spec = experiment(rate=0.03)
    trainer = trained(spec, 4)
    reference = trained(spec, 3)
    changed = replace(spec, optimizer=replace(spec.optimizer, learning_rate=0.3))
    trainer.reconfigure(changed)
    trainer.step_epoch()
    for _ in range(2):
        trainer.step_back()
    assert trainer.epoch == 3
    assert np.array_equal(trainer.network.params, reference.network.params)
    assert trainer.spec == changed, "the settings of now stay"


def test_rewriting_the_past_leaves_earlier_readers_alone() -> None:
    trainer = trained(experiment(), 6)
    seen = trainer.history.view()
    copy = seen.copy()
    trainer.step_back()
    trainer.step_back()
    trainer.edit(0, 5.0)
    trainer.step_epoch()
    trainer.step_epoch()
    assert np.array_equal(seen, copy)
    assert not np.array_equal(trainer.history.view()[-1], copy[-1])


def test_an_edit_is_kept_when_stepping_back_to_it() -> None:
    trainer = trained(experiment(), 3)
    trainer.edit(2, 1.25)
    edited = trainer.network.params.copy()
    trainer.step_epoch()
    trainer.step_back()
    assert trainer.epoch == 3
    assert np.array_equal(trainer.network.params, edited)
    with pytest.raises(ValueError, match="finite"):
        trainer.edit(0, float("nan"))


def test_hot_settings_keep_the_weights_and_others_are_refused() -> None:
    spec = experiment()
    trainer = trained(spec, 2)
    before = trainer.network.params.copy()
    for hot in (
        replace(spec, optimizer=OPTIMIZERS["sgd"](learning_rate=0.1, momentum=0.5)),
        replace(spec, training=replace(spec.training, batch_size=7, l1=0.01, l2=0.01)),
    ):
        trainer.reconfigure(hot)
        assert np.array_equal(trainer.network.params, before)
    trainer.step_epoch()
    assert trainer.epoch == 3
    with pytest.raises(ValueError, match="new network"):
        trainer.reconfigure(replace(spec, network=replace(spec.network, hidden_layer_sizes=(9,))))


@pytest.mark.parametrize(
    ("until", "row", "reached"),
    [
        (Until("epoch", 5), Metrics(5, 1, 1, 0, 0), True),
        (Until("train_loss", 0.1), Metrics(5, 0.1, 1, 0, 0), True),
        (Until("test_loss", 0.1), Metrics(5, 0.0, 0.2, 0, 0), False),
        (Until("test_accuracy", 0.9), Metrics(5, 0, 0, 0, 0.95), True),
        (Until("train_accuracy", 0.9), Metrics(5, 0, 0, 0.89, 1), False),
    ],
)
def test_until(until: Until, row: Metrics, reached: bool) -> None:
    assert until.reached(row) is reached


def test_a_condition_in_words() -> None:
    assert Until("test_loss", 0.1).text() == "test loss ≤ 0.1"
    assert Until("train_accuracy", 0.95).text() == "train accuracy ≥ 95 %"
    assert Until("train_accuracy", 0.95).text(regression=True) == "train R² ≥ 0.95"
    assert Until("epoch", 1500).text() == "epoch ≥ 1,500"


def test_metrics_are_those_of_this_moment() -> None:
    trainer = trained(experiment(), 2)
    assert trainer.metrics() == trainer.history.last()
    trainer.step_batch()
    now = trainer.metrics()
    assert now.train_loss != trainer.history.last().train_loss
    answers = trainer.network.predict(trainer.data.test.x)[:, 0] > 0.5
    assert now.test_accuracy == pytest.approx(np.mean(answers == trainer.data.test.labels))


@pytest.mark.parametrize("activation", ACTIVATIONS.names())
@pytest.mark.parametrize("rate", [3e2, 1e6])
def test_divergence_stops_the_run_with_finite_weights(activation: str, rate: float) -> None:
    spec = experiment(activation=activation, optimizer="sgd", rate=rate, hidden=(6, 6))
    trainer = Trainer(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trainer.advance(never, Until("epoch", 60))
    assert np.isfinite(trainer.network.params).all()
    if trainer.diverged is not None:
        assert "learning rate is too high" in str(trainer.diverged)
        assert trainer.snapshot().state is RunState.DIVERGED
        where = trainer.epoch, trainer.batch
        trainer.step_epoch()
        assert (trainer.epoch, trainer.batch) == where, "a diverged run does nothing until its settings change"
        trainer.reconfigure(replace(spec, optimizer=replace(spec.optimizer, learning_rate=1e-4)))
        assert trainer.diverged is None
        trainer.step_epoch()
        assert trainer.epoch == where[0] + 1


def test_relu_with_an_absurd_rate_diverges() -> None:
    trainer = Trainer(experiment(activation="relu", optimizer="sgd", rate=1e6, hidden=(6, 6)))
    trainer.advance(never, Until("epoch", 60))
    assert trainer.diverged is not None


def test_fall_back_is_the_moment_before_the_break() -> None:
    spec = experiment(activation="identity", optimizer="sgd", rate=1e5, hidden=(6, 6, 6), batch_size=4)
    broken, careful = Trainer(spec), Trainer(spec)
    broken.advance(never)
    assert broken.diverged is not None
    while (careful.epoch, careful.batch) < (broken.epoch, broken.batch):
        careful.step_batch()
    assert np.array_equal(broken.network.params, careful.network.params)


def test_snapshot_is_frozen_and_own() -> None:
    trainer = trained(experiment(), 1)
    snapshot = trainer.snapshot(run=7, side=20)
    kept = snapshot.params.copy()
    trainer.step_epoch()
    assert np.array_equal(snapshot.params, kept)
    assert not snapshot.params.flags.writeable
    assert snapshot.run == 7
    assert snapshot.maps is not None
    assert snapshot.maps.layers[0].shape == (2, 20, 20)
    assert snapshot.maps.layers[-1].shape == (1, 20, 20)


def test_sample_step_shows_the_sample_it_looked_at() -> None:
    trainer = Trainer(experiment(batch_size=3))
    seen = []
    for _ in range(3):
        trainer.step_sample()
        snapshot = trainer.snapshot()
        assert snapshot.activations is not None
        np.testing.assert_array_equal(snapshot.activations[0], trainer.data.train.x[snapshot.sample_index])
        seen.append(snapshot.sample_index)
    assert len(set(seen)) == 3
    assert trainer.batch == 1
    trainer.step_batch()
    assert trainer.snapshot().sample_index is None


def test_an_invalid_spec_is_refused() -> None:
    with pytest.raises(InvalidSpec):
        Trainer(experiment(hidden=(0,)))


def test_xor_is_learned_from_nearly_every_seed() -> None:
    spec = experiment("xor", hidden=(4,), batch_size=4, rate=0.03)
    learned = 0
    for seed in range(100):
        trainer = Trainer(replace(spec, training=replace(spec.training, seed=seed)))
        learned += trainer.advance(lambda t=trainer: t.epoch >= 1000, Until("train_accuracy", 1.0))
    assert learned >= 95


def test_a_single_neuron_cannot_learn_xor() -> None:
    trainer = trained(experiment("xor", hidden=(), batch_size=4, rate=0.1), 500)
    assert trainer.history.view()[:, 3].max() <= 0.75


@pytest.mark.parametrize("samples", [3, 7])
@pytest.mark.parametrize("size", [4, 20])
def test_another_batch_size_in_the_middle_of_sample_steps(samples: int, size: int) -> None:
    spec = experiment(batch_size=10)
    trainer = Trainer(spec)
    for _ in range(samples):
        trainer.step_sample()
    trainer.reconfigure(replace(spec, training=replace(spec.training, batch_size=size)))
    for _ in range(len(trainer.data.train)):
        trainer.step_sample()
    assert (trainer.epoch, trainer.batch, trainer.sample) == (1, 0, 0)


def test_large_data_are_measured_on_rows_from_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MAX_ROWS", 20)  # of 42 training points every third: 14
    trainer = Trainer(experiment())
    train = trainer.data.train
    answers = trainer.network.predict(train.x[::3])[:, 0] > 0.5
    assert trainer.metrics().train_accuracy == pytest.approx(np.mean(answers == train.labels[::3]))
    logits = trainer.network.forward(train.x[::3], trainer.network.work(14))
    assert trainer.metrics().train_loss == pytest.approx(trainer.network.loss.value(logits, train.targets[::3]))


def test_without_shuffling_every_epoch_has_the_order_of_the_data() -> None:
    trainer = Trainer(experiment(shuffle=False, batch_size=8))
    for _ in range(2):
        trainer.step_batch()
        assert trainer.descent.order is not None
        assert trainer.descent.order.tolist() == list(range(42))
        trainer.step_epoch()


def every_second_time() -> Callable[[], bool]:
    """Asked before a mini-batch it lets that be trained, and stops after it."""
    answers = itertools.cycle([False, True])
    return lambda: next(answers)


@pytest.mark.parametrize("compiled_step", [False, True])
def test_a_large_set_is_measured_in_pieces_and_comes_to_the_same_bits(compiled_step: bool) -> None:
    if compiled_step and not compiled.load():
        pytest.skip("Numba is not installed")
    spec = ExperimentSpec(
        DataSpec(replace(DATASETS["spiral"](), n_samples=12_000)), training=TrainingSpec(batch_size=2_000)
    )
    whole, pieces = Trainer(spec), Trainer(spec)
    assert whole.descent.compiled == compiled_step
    whole.step_epoch()
    stopped_at_the_end = 0
    while pieces.epoch == 0:
        pieces.advance(every_second_time(), Until("epoch", 1))
        stopped_at_the_end += pieces.batch == pieces.n_batches
    assert stopped_at_the_end > 1
    assert np.array_equal(pieces.history.view(), whole.history.view())
    assert np.array_equal(pieces.network.params, whole.network.params)


@pytest.mark.parametrize("what", ["capture", "minibatch", "step_batch", "step_sample", "step_phase"])
def test_whatever_else_is_done_finishes_an_epoch_that_waits_to_be_measured(what: str) -> None:
    spec = ExperimentSpec(
        DataSpec(replace(DATASETS["spiral"](), n_samples=12_000)), training=TrainingSpec(batch_size=6_000)
    )
    trainer, other = Trainer(spec), Trainer(spec)
    while trainer.batch < trainer.n_batches:
        trainer.advance(every_second_time())
    other.step_epoch()
    for one in (trainer, other):
        getattr(one, what)()
    assert trainer.epoch == 1
    assert (trainer.batch, trainer.sample) == (other.batch, other.sample)
    assert np.array_equal(trainer.network.params, other.network.params)
    assert np.array_equal(trainer.history.view(), other.history.view())


def test_a_weight_changed_before_the_figures_are_there_is_in_them() -> None:
    spec = ExperimentSpec(
        DataSpec(replace(DATASETS["spiral"](), n_samples=12_000)), training=TrainingSpec(batch_size=6_000)
    )
    trainer, other = Trainer(spec), Trainer(spec)
    while trainer.batch < trainer.n_batches:
        trainer.advance(every_second_time())
    trainer.advance(every_second_time())  # a piece of them is measured
    trainer.network.params[:] = other.network.params
    trainer.edit(0, float(other.network.params[0]))
    assert trainer.epoch == 1
    assert trainer.history.last()[1:5] == other.history.last()[1:5]
