"""Looking at the past: the same bits as a training to there, a run that is left alone, branches with their parent's bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import compiled
from engine.differences import differences
from engine.optimizers import OPTIMIZERS
from engine.rewind import Rewind, continued
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.timeline import MAX_BYTES, Timeline
from engine.trainer import Trainer
from tests.engine.helpers import experiment


@pytest.fixture(params=["numpy", "compiled"])
def step(request, monkeypatch):
    """Each test with NumPy's step and, where Numba is installed, with the compiled one."""
    if request.param == "compiled":
        if not compiled.load():
            pytest.skip("Numba is not installed")
    else:
        monkeypatch.setattr(compiled, "_kernels", None)


def trained(spec: ExperimentSpec, epoch: int) -> Trainer:
    trainer = Trainer(spec)
    while trainer.epoch < epoch:  # early stopping returns too
        trainer.advance(lambda: False, Until("epoch", epoch))
    return trainer


def state(trainer: Trainer) -> tuple:
    """All that decides how it goes on."""
    descent = trainer.descent
    slots = tuple(slot.tobytes() for slot in descent.slots)
    return (
        trainer.epoch,
        trainer.batch,
        trainer.network.params.tobytes(),
        slots,
        descent.step,
        str(descent.rng.bit_generator.state),
    )


def with_rate(spec: ExperimentSpec, rate: float) -> ExperimentSpec:
    return replace(spec, optimizer=replace(spec.optimizer, learning_rate=rate))


@pytest.mark.parametrize("more", [{}, {"dropout": 0.2}, {"patience": 5, "tolerance": 0.05}])
def test_a_look_shows_what_training_to_there_comes_to(step, more) -> None:
    spec = experiment(**more)
    trainer = trained(spec, 120)
    trainer.timeline.shrink(8 * trainer.capture().n_bytes)
    rewind, stopped = Rewind(trainer), False
    kept = [moment.epoch for moment in trainer.timeline._moments if moment.epoch < trainer.epoch]
    for epoch in (*kept, *range(20), 33, 34, 90, 7):
        fresh = Trainer(spec)
        while fresh.epoch < epoch:
            fresh.step_epoch()
        seen = rewind.snapshot(epoch)
        assert seen.epoch == epoch
        assert seen.params.tobytes() == fresh.network.params.tobytes()
        assert seen.metrics == fresh.metrics()
        assert seen.viewed
        stopped |= bool(fresh.stopped)
        assert len(seen.history) == len(trainer.history)
    assert stopped or "patience" not in more


def test_the_run_does_not_notice_that_it_was_looked_at(step) -> None:
    spec = experiment(dropout=0.1)
    trainer, reference = trained(spec, 50), trained(spec, 50)
    before, moments = state(trainer), list(trainer.timeline._moments)
    rewind = Rewind(trainer)
    for epoch in (12, 49, 3, 50, 0):
        rewind.snapshot(epoch, minibatch=True, side=8)
    assert state(trainer) == before
    assert trainer.timeline._moments == moments
    trainer.advance(lambda: False, Until("epoch", 70))
    reference.advance(lambda: False, Until("epoch", 70))
    assert state(trainer) == state(reference)
    assert trainer.history.view().tobytes() == reference.history.view().tobytes()


def test_winding_back_and_playing_again_gives_the_same_bits(step) -> None:
    spec = experiment()
    trainer, reference = trained(spec, 60), trained(spec, 80)
    Rewind(trainer).snapshot(21)
    trainer.go_to(21)
    assert trainer.epoch == 21
    trainer.advance(lambda: False, Until("epoch", 80))
    assert state(trainer) == state(reference)
    assert trainer.history.view().tobytes() == reference.history.view().tobytes()


def test_a_branch_begins_with_its_parents_bits_and_leaves_it_alone(step) -> None:
    spec = experiment(dropout=0.1)
    trainer = trained(spec, 60)
    before, rows = state(trainer), trainer.history.view().copy()
    branch = Rewind(trainer).branch(30, spec)
    assert state(branch) == state(trained(spec, 30))
    assert np.array_equal(branch.history.view(), rows[:31])
    branch.advance(lambda: False, Until("epoch", 60))
    assert state(branch) == before, "without a change it comes to the same"
    assert np.array_equal(branch.history.view(), rows)
    other = Rewind(trainer).branch(30, with_rate(spec, 0.3))
    other.advance(lambda: False, Until("epoch", 45))
    assert state(trainer) == before
    assert np.array_equal(trainer.history.view(), rows)
    assert other.spec.optimizer.learning_rate == 0.3
    assert other.changed_at == 30
    seen = Rewind(other).snapshot(11)
    assert seen.params.tobytes() == trained(spec, 11).network.params.tobytes(), "its past is that of its parent"


def test_a_look_at_the_past_has_the_settings_and_the_weights_of_then() -> None:
    spec = experiment()
    trainer = trained(spec, 20)
    trainer.reconfigure(with_rate(spec, 0.1))
    trainer.advance(lambda: False, Until("epoch", 30))
    trainer.edit(0, 4.0)
    edited = trainer.network.params.copy()
    trainer.advance(lambda: False, Until("epoch", 40))
    rewind = Rewind(trainer)
    assert rewind.snapshot(10).spec == spec
    assert rewind.snapshot(25).spec.optimizer.learning_rate == 0.1
    assert np.array_equal(rewind.snapshot(30).params, edited)
    assert trainer.changed_at == 30
    assert rewind.snapshot(5).changed_at == 30
    end = state(trainer)
    trainer.go_to(30)
    trainer.advance(lambda: False, Until("epoch", 40))
    assert state(trainer) == end
    trainer.go_to(25)
    assert trainer.changed_at == 20


def test_a_tolerant_look_takes_a_kept_moment_near_by() -> None:
    trainer = Trainer(experiment())
    trainer.timeline = Timeline()
    for epoch in range(41):
        if epoch in (0, 20, 40):
            trainer._keep()
        if epoch < 40:
            trainer._train_epoch_rest()
    rewind = Rewind(trainer)
    assert rewind.snapshot(17, 5.0).epoch == 20
    assert rewind.snapshot(24, 5.0).epoch == 20
    assert rewind.snapshot(11, 5.0).epoch == 11
    rewind._epoch_seconds = 1.0
    assert rewind.snapshot(11, 1.0).epoch in (0, 20), "what would take long is not trained while a hand drags"
    assert rewind.snapshot(11).epoch == 11


def test_a_look_gives_up_when_it_is_told_to() -> None:
    trainer = Trainer(experiment())
    trainer.timeline = Timeline()
    trainer._keep()
    for _ in range(30):
        trainer._train_epoch_rest()
    assert Rewind(trainer).snapshot(20, stop=lambda: True) is None
    assert Rewind(trainer).branch(20, trainer.spec, stop=lambda: True) is None


def test_a_long_past_stays_small_and_even() -> None:
    trainer = Trainer(experiment())
    moment = trainer.capture()
    timeline, limit = Timeline(300 * moment.n_bytes), 0
    for epoch in range(0, 60_000, 3):
        timeline.keep(replace(moment, epoch=epoch))
        limit = max(limit, timeline.n_bytes)
    epochs = [m.epoch for m in timeline._moments]
    assert limit <= 300 * moment.n_bytes
    assert len(epochs) > 120
    assert max(np.diff(epochs)) <= 4 * 60_000 / len(epochs), "nowhere is it long to train again"


def test_a_run_of_the_window_keeps_below_64_megabytes() -> None:
    assert MAX_BYTES <= 64_000_000
    trainer = trained(experiment(hidden=(100, 100)), 3)
    moment = trainer.capture()
    for epoch in range(4, 2_000):
        trainer.timeline.keep(replace(moment, epoch=epoch))
    assert 30_000_000 < trainer.timeline.n_bytes <= 64_000_000


def test_differences_in_words() -> None:
    spec = experiment(rate=0.03)
    assert differences(spec, spec) == ()
    assert differences(spec, with_rate(spec, 0.1)) == ("Learning rate 0.03 → 0.1",)
    other = replace(spec, optimizer=OPTIMIZERS["sgd"](learning_rate=0.03))
    assert differences(spec, other)[0] == "Optimizer Adam → SGD"
    wider = replace(spec, network=replace(spec.network, hidden_layer_sizes=(4, 2)))
    assert differences(spec, wider) == ("Layers 4 → 4-2",)


# --- a run that starts where another stands ---------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [0, 1, 3], ids=["at the start of an epoch", "after a mini-batch", "after three"])
def test_a_run_that_continues_another_goes_on_with_the_same_bits(step, steps: int) -> None:
    spec = experiment(dropout=0.2)
    trainer = trained(spec, 30)
    for _ in range(steps):
        trainer.step_batch()
    before, rows = state(trainer), trainer.history.view().tobytes()
    child = continued(trainer, spec)
    assert state(child) == before
    assert child.history.view().tobytes() == rows
    assert child.data is trainer.data, "samples are shared, not copied"
    for one in (trainer, child):
        one.advance(lambda: False, Until("epoch", 40))
    assert state(child) == state(trainer)
    assert child.history.view().tobytes() == trainer.history.view().tobytes()


def test_a_run_that_continues_another_leaves_it_alone_and_can_look_at_its_past(step) -> None:
    spec = experiment()
    trainer = trained(spec, 30)
    before, rows, moments = state(trainer), trainer.history.view().tobytes(), len(trainer.timeline)
    child = continued(trainer, with_rate(spec, 0.3))
    child.advance(lambda: False, Until("epoch", 45))
    assert (state(trainer), trainer.history.view().tobytes(), len(trainer.timeline)) == (before, rows, moments)
    assert trainer.spec == spec
    assert child.spec == with_rate(spec, 0.3)
    assert child.changed_at == 30
    look, there = Rewind(child).snapshot(12), Rewind(trainer).snapshot(12)
    assert look is not None
    assert there is not None
    assert look.params.tobytes() == there.params.tobytes()


def test_nothing_continues_with_another_network() -> None:
    spec = experiment()
    with pytest.raises(ValueError, match="new network"):
        continued(Trainer(spec), replace(spec, network=replace(spec.network, hidden_layer_sizes=(3,))))


def test_early_stopping_never_brings_weights_back_that_have_not_met_what_is_taught_now(monkeypatch) -> None:
    spec = experiment(patience=3, tolerance=1.0)
    trainer = trained(spec, 3)
    assert trainer._watch.params is not None
    child = continued(trainer, replace(spec, data=replace(spec.data, taught_times=7)))
    assert child._watch.params is None
    assert continued(trainer, with_rate(spec, 0.3))._watch.params is not None
