"""Every schedule by hand, beside scikit-learn's adaptive one, and the same bits through steps, back and files."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import files
from engine.errors import UnreadableFile
from engine.schedules import SCHEDULES, Schedule
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment

EVENTFUL = {
    "constant": {"warm_up": 3},
    "step": {"every": 2},
    "exponential": {"gamma": 0.8},
    "cosine": {"epochs": 6},
    "inverse_scaling": {},
    "adaptive": {"patience": 1, "tolerance": 0.05},
}


def rates(schedule: Schedule, epochs: int, losses: list[float] | None = None) -> list[float]:
    memory, result = schedule.start, []
    for epoch in range(epochs):
        result.append(schedule.share(epoch, memory))
        memory = schedule.remember(memory, losses[epoch] if losses else 1.0)
    return result


def trained(name: str, epochs: int) -> Trainer:
    trainer = Trainer(experiment(schedule=SCHEDULES[name](**EVENTFUL[name])))
    trainer.advance(lambda: False, Until("epoch", epochs))
    return trainer


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (SCHEDULES["constant"](), [1, 1, 1, 1]),
        (SCHEDULES["constant"](warm_up=3), [0.25, 0.5, 0.75, 1, 1]),
        (SCHEDULES["step"](every=2, gamma=0.1), [1, 1, 0.1, 0.1, 0.01]),
        (SCHEDULES["step"](every=2, gamma=0.1, warm_up=1), [0.5, 1, 1, 0.1, 0.1]),
        (SCHEDULES["exponential"](gamma=0.5), [1, 0.5, 0.25, 0.125]),
        (SCHEDULES["cosine"](epochs=4), [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2, 0.001, 0.001]),
        (SCHEDULES["inverse_scaling"](power_t=0.5), [1, 1 / math.sqrt(2), 1 / math.sqrt(3), 0.5]),
    ],
    ids=str,
)
def test_shares_by_hand(schedule: Schedule, expected: list[float]) -> None:
    assert rates(schedule, len(expected)) == pytest.approx(expected)


def test_adaptive_by_hand() -> None:
    schedule = SCHEDULES["adaptive"](patience=2, tolerance=0.1)
    # 0.95 and 0.91 are no progress over 1; neither is the third, so it falls; 0.5 is; then three without again.
    losses = [1.0, 0.95, 0.92, 0.91, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert rates(schedule, 9, losses) == pytest.approx([1, 1, 1, 1, 0.2, 0.2, 0.2, 0.2, 0.04])


def test_adaptive_falls_when_scikit_learn_does() -> None:
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (60, 2)), rng.integers(0, 2, 60)
    seen: list[float] = []

    class Watched(MLPClassifier):
        def _update_no_improvement_count(self, *args: object) -> None:
            seen.append(self._optimizer.learning_rate)
            super()._update_no_improvement_count(*args)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Watched(
            (4,), solver="sgd", learning_rate="adaptive", learning_rate_init=0.5, n_iter_no_change=3, tol=1e-2, max_iter=60,
            random_state=1,
        ).fit(x, y)  # fmt: skip
    ours = rates(SCHEDULES["adaptive"](patience=3, tolerance=1e-2), len(seen), model.loss_curve_)
    assert len(set(seen)) >= 3, "it must have fallen a few times to prove anything"
    np.testing.assert_allclose(0.5 * np.array(ours), seen)


@pytest.mark.parametrize("schedule", [cls() for cls in SCHEDULES], ids=lambda s: s.name)
def test_shares_stay_finite_and_within_bounds(schedule: Schedule) -> None:
    for epoch in (0, 1, 7, 10**6, 2**53):
        for memory in (schedule.start, tuple(1e4 for _ in schedule.start)):
            assert 0 <= schedule.share(epoch, memory) <= 1
    assert schedule.summary.endswith(".")


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_steps_back_and_files_give_the_same_bits(tmp_path: Path, name: str) -> None:
    straight, wandering = trained(name, 9), trained(name, 5)
    for _ in range(3):
        wandering.step_back()
    while wandering.epoch < 4:
        wandering.step_epoch()
    wandering.step_batch()
    files.save(tmp_path / "run.json", wandering)
    loaded = files.load(tmp_path / "run.json").trainer()
    assert loaded.descent.optimizer == wandering.descent.optimizer
    loaded.advance(lambda: False, Until("epoch", 9))
    assert np.array_equal(straight.network.params, loaded.network.params)
    assert straight.descent.optimizer == loaded.descent.optimizer


@pytest.mark.parametrize("name", SCHEDULES.names())
def test_the_rate_in_force_is_in_the_snapshot_and_matters(name: str) -> None:
    trainer = trained(name, 2)
    schedule, plain = trainer.spec.training.schedule, trainer.spec.optimizer.learning_rate
    assert trainer.snapshot().learning_rate == plain * schedule.share(2, trainer._memory)
    trainer.advance(lambda: False, Until("epoch", 8))
    other = Trainer(experiment())
    other.advance(lambda: False, Until("epoch", 8))
    assert not np.array_equal(trainer.network.params, other.network.params)


def test_another_learning_rate_or_schedule_goes_on_from_here() -> None:
    trainer = trained("step", 4)
    spec = trainer.spec
    trainer.reconfigure(replace(spec, optimizer=replace(spec.optimizer, learning_rate=1.0)))
    assert trainer.snapshot().learning_rate == 0.25
    trainer.reconfigure(replace(trainer.spec, training=replace(spec.training, schedule=SCHEDULES["adaptive"]())))
    assert trainer.snapshot().learning_rate == 1.0
    trainer.step_epoch()


def test_a_file_without_memory_or_with_a_bad_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    files.save(path, trained("adaptive", 3))
    raw = json.loads(path.read_text())
    for memory in ([1.0, 2.0], [1.0, 0.0, -5.0], "x", [1, 0, 0]):
        path.write_text(json.dumps(raw | {"run": raw["run"] | {"memory": memory}}))
        with pytest.raises(UnreadableFile, match="memory"):
            files.load(path)
    del raw["run"]["memory"]
    path.write_text(json.dumps(raw))
    assert files.load(path).trainer()._memory == SCHEDULES["adaptive"].start
