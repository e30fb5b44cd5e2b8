"""500 runs that leave the numbers: each stops where a plain loop finds the first lost value, with the last sound weights."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import compiled
from engine.activations import ACTIVATIONS
from engine.data import Data, Part
from engine.datasets import DATASETS
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.snapshot import RunState
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.stopping import Until
from engine.trainer import CALM, EXPLODED, Trainer

RUNS, EPOCHS = 500, 6
KINDS = ("rates to 1e6", "inputs to 1e308", "NaN inputs", "NaN targets", "infinite inputs")


@pytest.fixture(autouse=True)
def _numpy_and_its_errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The step in NumPy, bit for bit; and outside of it whatever is computed with a value that is lost is an error."""
    monkeypatch.setattr(compiled, "_kernels", None)
    with np.errstate(all="raise"):
        yield


@dataclass(frozen=True)
class Run:
    """An experiment, and data of its own in place of those of its spec."""

    kind: str
    spec: ExperimentSpec
    data: Data
    dtype: type


def random_run(kind: str, rng: np.random.Generator) -> Run:
    dataset = replace(DATASETS[str(rng.choice(["circles", "spiral3", "plane"]))](), n_samples=20)
    losses = [cls for cls in LOSSES if not dataset.regression or cls().linear() is not None]
    activations, optimizers = list(ACTIVATIONS), list(OPTIMIZERS)
    optimizer = optimizers[rng.integers(len(optimizers))]
    rate = 10 ** rng.uniform(2, 6) if kind == KINDS[0] else 10 ** rng.uniform(-3, 6)
    few = {"iterations": 2} if optimizer.full_batch else {}
    spec = ExperimentSpec(
        DataSpec(dataset),
        NetworkSpec(
            tuple(int(n) for n in rng.integers(2, 6, rng.integers(1, 4))),
            activations[rng.integers(len(activations))](),
            losses[rng.integers(len(losses))](),
        ),
        optimizer(learning_rate=float(rate), **few),
        TrainingSpec(batch_size=4, seed=int(rng.integers(1000))),
    )
    dtype = (np.float32, np.float64)[rng.integers(2)]
    return Run(
        kind,
        spec,
        Data(spec.data, random_part(kind, spec, dtype, rng, 14), random_part("", spec, dtype, rng, 6)),
        dtype,
    )


def random_part(kind: str, spec: ExperimentSpec, dtype: type, rng: np.random.Generator, n: int) -> Part:
    x, k, at = rng.normal(0, 1, (n, 2)), spec.data.n_outputs, (rng.integers(n), rng.integers(2))
    labels = rng.integers(0, max(k, 2), n)
    targets = rng.normal(0, 1, (n, 1)) if spec.data.dataset.regression else np.eye(max(k, 2))[labels][:, -k:]
    match kind:
        case "inputs to 1e308":
            x = rng.uniform(-1, 1, (n, 2)) * 10 ** rng.uniform(20, 308)
        case "NaN inputs":
            x[at] = np.nan
        case "NaN targets":
            targets[at[0]] = np.nan
        case "infinite inputs":
            x[at] = rng.choice([-np.inf, np.inf])
    with np.errstate(over="ignore"):  # in float32 the largest inputs become infinite
        return Part(x, x.astype(dtype), targets.astype(dtype), labels)


def sound(values: NDArray) -> bool:
    """Finite, and small enough to be squared, as a squared loss does."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(values).all() and np.isfinite(np.sum(values * values)))


def sound_data(data: Data) -> bool:
    return all(sound(array) for part in (data.train, data.test) for array in (part.x, part.targets))


# --- the plain loop -----------------------------------------------------------------------------------------------------


class Lost(NamedTuple):
    """The first lost value, where to go on from, and the weights there."""

    what: str
    epoch: int
    batch: int
    back: tuple[int, int]
    params: NDArray


class PlainLoop:
    """Trains ``run`` mini-batch by mini-batch, looks at everything, and keeps the weights before each step."""

    def __init__(self, run: Run) -> None:
        self.run, self.loss = run, run.spec.loss
        self.network = Network.of(run.spec, run.dtype)
        self.before: dict[tuple[int, int], NDArray] = {}
        with np.errstate(all="ignore"):
            first = self.measure(run.data.train)[0]
        self.first_loss = max(first, 1.0) if math.isfinite(first) else 1.0

    def measure(self, part: Part) -> tuple[float, bool]:
        """The mean loss, and whether all logits are sound."""
        logits = self.network.forward(part.x, self.network.work(len(part)))
        return self.loss.value(logits, part.targets), sound(logits)

    def first_lost(self) -> Lost | None:
        """None where ``EPOCHS`` epochs went well."""
        with np.errstate(all="ignore"):
            for what, *place in self.train():
                if what:
                    return self.lost(what, *place)
        return None

    def train(self) -> Iterator[tuple[str, int, int, tuple[int, int]]]:
        """After each mini-batch: what was lost in it, or "", its epoch and number, and where the run stands."""
        data, rng = self.run.data, np.random.default_rng([self.run.spec.training.seed, 1])
        optimizer, params, n = self.run.spec.optimizer, self.network.params, len(data.train)
        slots = tuple(np.zeros_like(params) for _ in optimizer.slots)
        size, step = self.run.spec.batch_size(n), 0
        for epoch in range(EPOCHS):
            order = rng.permutation(n)
            for batch, start in enumerate(range(0, n, size)):
                rows = order[start : start + size]
                self.before[epoch, batch], step = params.copy(), step + 1
                what = self.update(data.train.x[rows], data.train.targets[rows], slots, step)
                yield what, epoch, batch, (epoch, batch)
            self.before[epoch + 1, 0] = params.copy()
            exploded = not self.measure(data.train)[0] <= EXPLODED * self.first_loss
            if exploded or not math.isfinite(self.measure(data.test)[0]):
                yield "epoch's loss", epoch, batch, (epoch + 1, 0)

    def update(self, x: NDArray, targets: NDArray, slots: tuple[NDArray, ...], step: int) -> str:
        network, optimizer, work = self.network, self.run.spec.optimizer, self.network.work(len(x))

        def objective(params: NDArray) -> tuple[float, NDArray]:
            network.params[:] = params
            value = self.loss.value(network.forward(x, work), targets)
            network.backward(x, targets, work)
            return value, network.grads.astype(float)

        if optimizer.full_batch:
            optimizer.minimize(network.params, objective)
            logits = network.forward(x, work)
        else:
            logits = network.forward(x, work)
            if not math.isfinite(self.loss.value(logits, targets)):
                return "loss"
            network.backward(x, targets, work)
            optimizer.update(network.params, network.grads, slots, step, np.empty_like(network.params))
        return "answers" if not sound(logits) else "weights" if not sound(network.params) else ""

    def lost(self, what: str, epoch: int, batch: int, place: tuple[int, int]) -> Lost:
        """It goes on from ``place``; where loss or answers had run away by then, from the last epoch before they did."""
        for back in [place, *((e, 0) for e in range(place[0], -1, -1))]:
            self.network.params[:] = self.before[back]
            loss, answers = self.measure(self.run.data.train)
            if loss <= CALM * self.first_loss and answers:
                break
        return Lost(what, epoch, batch, back, self.before[back])


# --- the trainer beside it ----------------------------------------------------------------------------------------------


def goes_on(trainer: Trainer, suits: bool) -> None:
    """From where it fell back to it trains with a rate that ``suits``; where none does, it stops again and is no worse."""
    spec = trainer.spec
    trainer.reconfigure(replace(spec, optimizer=replace(spec.optimizer, learning_rate=1e-6)))
    assert trainer.diverged is None
    for _ in range(4):
        trainer.step_batch()
        assert np.isfinite(trainer.network.params).all()
    if suits:
        assert trainer.diverged is None


def check(run: Run) -> str:
    """What was lost first, "" for a run that keeps to the numbers; fails where the trainer disagrees."""
    lost = PlainLoop(run).first_lost()
    trainer = Trainer(run.spec, data=run.data, dtype=run.dtype)
    trainer.advance(lambda: False, Until("epoch", EPOCHS))
    if lost is None:
        assert trainer.diverged is None
        return ""
    diverged = trainer.diverged
    assert diverged is not None
    assert (diverged.epoch, diverged.batch) == (lost.epoch, lost.batch)
    assert str(diverged).startswith(f"Training stopped in epoch {lost.epoch + 1}, mini-batch {lost.batch + 1}: the ")
    blamed = "The learning rate is too high" if sound_data(run.data) else "The data hold values"
    assert blamed in str(diverged)

    assert (trainer.epoch, trainer.batch) == lost.back
    assert np.isfinite(trainer.network.params).all()
    assert np.array_equal(trainer.network.params, lost.params)
    snapshot = trainer.snapshot(side=5)
    assert (snapshot.state, snapshot.message) == (RunState.DIVERGED, str(diverged))
    goes_on(trainer, suits=run.kind == KINDS[0])
    return lost.what


def test_five_hundred_diverging_runs() -> None:
    rng, ends, met = np.random.default_rng(3), Counter(), set()
    for number in range(2 * RUNS):
        run = random_run(KINDS[number % len(KINDS)], rng)
        if what := check(run):
            ends[what] += 1
            network = run.spec.network
            met |= {run.kind, run.dtype, type(network.activation), type(run.spec.optimizer), type(network.loss)}
        if ends.total() == RUNS:
            break
    assert min(ends[what] for what in ("loss", "answers", "weights", "epoch's loss")) >= 20, ends
    assert met == {*KINDS, np.float32, np.float64, *ACTIVATIONS, *OPTIMIZERS, *LOSSES}
