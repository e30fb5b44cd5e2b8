"""Stepping by phases: the order, what an update changes, and that nothing else changes anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.optimizers import OPTIMIZERS
from engine.phases import Kind, Phase, following, phases
from engine.snapshot import Snapshot
from engine.trace import trace_of
from engine.trainer import Trainer
from tests.engine.helpers import experiment

PASS = ("forward 1/2", "forward 2/2", "loss", "backward 2/2", "backward 1/2", "update")


def names(trainer: Trainer, steps: int) -> list[str]:
    found = []
    for _ in range(steps):
        trainer.step_phase()
        assert trainer.phase is not None
        found.append(trainer.phase.name(trainer.network.layout.depth))
    return found


def state(trainer: Trainer) -> tuple:
    moment = trainer.capture()
    order = None if moment.order is None else moment.order.tobytes()
    slots = tuple(slot.tobytes() for slot in moment.slots)
    return moment.params.tobytes(), slots, moment.position, moment.step, str(moment.rng), order, moment.history_length


def test_the_order_of_the_phases() -> None:
    assert tuple(phase.name(2) for phase in phases(2)) == PASS
    assert [phase.kind for phase in phases(1)] == [Kind.FORWARD, Kind.LOSS, Kind.BACKWARD, Kind.UPDATE]
    assert following(None, 3) == following(Phase(Kind.UPDATE), 3) == Phase(Kind.FORWARD, 0)
    assert following(Phase(Kind.FORWARD, 2), 3) == Phase(Kind.LOSS)
    assert following(Phase(Kind.LOSS), 3) == Phase(Kind.BACKWARD, 2)
    assert following(Phase(Kind.BACKWARD, 0), 3) == Phase(Kind.UPDATE)


def test_phases_go_round_mini_batch_after_mini_batch() -> None:
    trainer = Trainer(experiment(batch_size=10))
    assert trainer.phase is None
    assert tuple(names(trainer, 12)) == PASS * 2
    assert trainer.batch == 2


@pytest.mark.parametrize("training", [{}, {"dropout": 0.5}, {"input_noise": 0.3, "label_smoothing": 0.1}])
def test_nothing_changes_before_the_update_which_is_a_mini_batch_step(training: dict) -> None:
    spec = experiment(batch_size=8, **training)
    plain, stepped = Trainer(spec), Trainer(spec)
    for _ in range(plain.n_batches + 2):  # over the end of an epoch, whose order only the update draws
        before = state(stepped)
        for _ in range(len(PASS) - 1):
            stepped.step_phase()
            assert state(stepped) == before
        stepped.step_phase()
        plain.step_batch()
        assert state(stepped) == state(plain)
    assert stepped.epoch == 1


@pytest.mark.parametrize("optimizer", [entry.name for entry in OPTIMIZERS])
def test_any_mixture_of_grains_ends_in_the_same_bits(optimizer: str) -> None:
    spec = experiment(optimizer=optimizer, batch_size=8, dropout=0.2)
    reference, mixed = Trainer(spec), Trainer(spec)
    for _ in range(3):
        reference.step_epoch()
    rng = np.random.default_rng(5)
    while mixed.epoch < 2:
        steps = (mixed.step_phase, mixed.step_phase, mixed.step_phase, mixed.step_sample, mixed.step_batch)
        steps[rng.integers(len(steps))]()
    mixed.step_phase()
    mixed.advance(lambda: mixed.epoch >= 3)
    assert state(mixed) == state(reference)


@pytest.mark.parametrize(
    "leave",
    [Trainer.step_sample, Trainer.step_batch, Trainer.step_epoch, Trainer.step_back, lambda t: t.edit(0, 0.5),
     lambda t: t.reconfigure(replace(t.spec, optimizer=replace(t.spec.optimizer, learning_rate=0.1))),
     lambda t: t.advance(lambda: True), lambda t: t.restore(t.capture())],
)  # fmt: skip
def test_every_other_way_on_drops_the_phase(leave) -> None:
    trainer = Trainer(experiment())
    trainer.step_batch()
    names(trainer, 3)
    leave(trainer)
    assert trainer.phase is None
    assert trainer.snapshot().phase is None
    trainer.step_phase()
    assert trainer.phase == Phase(Kind.FORWARD, 0)


def test_back_leaves_the_phases_before_it_leaves_the_epoch() -> None:
    trainer = Trainer(experiment())
    assert not trainer.can_step_back
    names(trainer, 2)
    assert trainer.can_step_back
    assert trainer.step_back()
    assert (trainer.phase, trainer.epoch, trainer.can_step_back) == (None, 0, False)
    trainer.step_epoch()
    trainer.step_phase()
    trainer.step_back()
    assert (trainer.phase, trainer.epoch) == (None, 1)


def test_snapshots_bring_what_the_phase_is_about() -> None:
    trainer = Trainer(experiment(batch_size=10, optimizer="sgd", rate=0.5))
    assert (trainer.snapshot().minibatch, trainer.snapshot().before) == (None, None)
    first = None
    seen: list[Snapshot] = []
    for _ in PASS:
        trainer.step_phase()
        seen.append(trainer.snapshot())
        if first is None:
            first = seen[0].minibatch
    assert first is not None
    for snapshot in seen[:-1]:
        assert snapshot.minibatch is not None
        np.testing.assert_array_equal(snapshot.minibatch.rows, first.rows)
        assert snapshot.before is None
    last = seen[-1]
    assert last.minibatch is None
    assert last.before is not None
    np.testing.assert_array_equal(last.before, seen[0].params)
    with pytest.raises(ValueError, match="read-only"):
        last.before[0] = 1.0
    # plain SGD: what the update did is the rate times the gradient that the phases showed
    grads = trace_of(last.spec, last.layout, last.before, first).grads
    np.testing.assert_allclose(last.params - last.before, -0.5 * grads, atol=1e-7)


def test_samples_looked_at_before_the_phases_stay_looked_at() -> None:
    trainer = Trainer(experiment(batch_size=10))
    trainer.step_sample()
    row = trainer.sample_index
    trainer.step_phase()
    assert trainer.snapshot().sample_index == row
    names(trainer, len(PASS) - 1)
    assert (trainer.batch, trainer.sample, trainer.snapshot().sample_index) == (1, 0, None)


def test_an_update_that_diverges_leaves_no_phase() -> None:
    trainer = Trainer(experiment(activation="relu", optimizer="sgd", loss="squared_error", rate=1e6, hidden=(8, 8)))
    for _ in range(2000):
        trainer.step_phase()
        if trainer.diverged is not None:
            break
    assert trainer.diverged is not None
    assert (trainer.phase, trainer.snapshot().before) == (None, None)
    trainer.step_phase()
    assert trainer.phase is None


def test_all_samples_at_once_have_the_phases_of_the_first_pass() -> None:
    trainer = Trainer(experiment(optimizer="lbfgs"))
    assert tuple(names(trainer, 6)) == PASS
    assert trainer.epoch == 1
