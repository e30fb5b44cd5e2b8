"""Three epochs, a file, three epochs more: the same bits as six without a pause, whatever is switched on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import files
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.schedules import SCHEDULES
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from tests.engine.helpers import experiment

ALL: dict[str, Optimizer] = {cls.name: cls() for cls in OPTIMIZERS} | {
    "momentum": OPTIMIZERS["sgd"](momentum=0.9),
    "nesterov": OPTIMIZERS["sgd"](momentum=0.9, nesterov=True),
    "adam, PyTorch's epsilon": OPTIMIZERS["adam"](torch_epsilon=True),
    "adamw, scikit-learn's epsilon": OPTIMIZERS["adamw"](torch_epsilon=False),
}


def plain(optimizer: Optimizer) -> ExperimentSpec:
    """42 training points in mini-batches of 4: the last has 2."""
    return replace(experiment(batch_size=4), optimizer=optimizer)


def with_everything(optimizer: Optimizer) -> ExperimentSpec:
    """All that draws numbers or remembers.

    No epoch counts as progress, so the file after three catches both counts half-way: the learning rate falls after the
    fourth, and early stopping strikes in the fifth.
    """
    spec = experiment(
        "spiral3", hidden=(6, 5), batch_size=4, dropout=0.3, layer_dropout=(0.1,), input_noise=0.2, label_smoothing=0.1,
        l1=1e-3, l2=1e-2, l2_per_sample=True, clip_norm=0.5, max_norm=1.5, patience=3, tolerance=1.0,
        schedule=SCHEDULES["adaptive"](patience=2, tolerance=1.0, warm_up=2),
    )  # fmt: skip
    return replace(spec, optimizer=optimizer, data=replace(spec.data, validation_share=0.2))


def assert_same_bits(one: Trainer, other: Trainer) -> None:
    a, b = one.capture(), other.capture()
    assert np.array_equal(a.params, b.params)
    for mine, theirs in zip(a.slots, b.slots, strict=True):
        assert np.array_equal(mine, theirs)
    assert np.array_equal(one.history.view(), other.history.view())
    assert (a.position, a.step, a.rng, a.memory, a.stopped) == (b.position, b.step, b.rng, b.memory, b.stopped)
    assert (a.watch.best, a.watch.waited, a.watch.epoch) == (b.watch.best, b.watch.waited, b.watch.epoch)


@pytest.mark.parametrize(("batches", "samples"), [(0, 0), (7, 0), (7, 1)], ids=["epoch", "mini-batch", "sample"])
@pytest.mark.parametrize("settings", [plain, with_everything])
@pytest.mark.parametrize("name", list(ALL))
def test_save_load_and_go_on_gives_the_same_bits(
    tmp_path: Path, name: str, settings: Callable[[Optimizer], ExperimentSpec], batches: int, samples: int
) -> None:
    spec = settings(ALL[name])
    straight, saved = Trainer(spec), Trainer(spec)
    for _ in range(6):
        straight.step_epoch()
    for _ in range(3):
        saved.step_epoch()
    for _ in range(min(batches, saved.n_batches - 1)):
        saved.step_batch()
    for _ in range(samples):
        saved.step_sample()
    where = saved.capture().position
    files.save(tmp_path / "run.json", saved)
    loaded = files.load(tmp_path / "run.json").trainer()
    assert loaded.capture().position == where
    while loaded.epoch < 6:
        loaded.step_epoch()
    assert_same_bits(straight, loaded)


def test_the_file_catches_the_counts_half_way() -> None:
    trainer, shares, stops = Trainer(with_everything(ALL["adam"])), [], []
    for epoch in range(1, 7):
        shares.append(trainer.snapshot().learning_rate / trainer.spec.optimizer.learning_rate)
        trainer.step_epoch()
        if trainer.stopped:
            stops.append(epoch)
        if epoch == 3:
            moment = trainer.capture()
            assert (moment.memory[1:], moment.watch.waited) == ((2, 0), 2)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1, 1, 0.2, 0.2])
    assert stops == [5]
