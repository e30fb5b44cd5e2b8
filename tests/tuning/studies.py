"""Small studies to test with, and workers of them that can be killed: real processes, forked from one that has imported all."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from engine.datasets import DATASETS
from engine.losses import LOSSES
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec
from gui.tuning import storage
from gui.tuning.objective import Objective
from gui.tuning.study import COMPLETE, PRUNED, Choice, StudySettings, StudyView
from gui.tuning.worker import work

POSIX = pytest.mark.skipif(os.name != "posix", reason="only POSIX has SIGKILL")
RATE = Choice("learning_rate", 1e-3, 0.3, log=True)
WIDTH = Choice("width", 2, 6, whole=True)
FAST = (RATE, WIDTH)


def base(dataset: str = "circles", **more) -> ExperimentSpec:
    data = DataSpec(DATASETS[dataset](**more))
    loss = LOSSES["squared_error" if data.dataset.regression else "cross_entropy"]()
    return ExperimentSpec(data, NetworkSpec(hidden_layer_sizes=(4,), loss=loss))


def settings(name: str = "study", **more) -> StudySettings:
    usual = {"base": base(n_samples=60), "space": FAST, "trials": 6, "epochs": 4, "sampler": "random", "pruner": "none"}
    return StudySettings(name, **{**usual, **more})


def begun(folder: Path, **more) -> tuple[str, StudySettings]:
    """The address of a new database and the settings of the study in it."""
    url, made = storage.default_url(folder), settings(**more)
    storage.create_study(url, made)
    return url, made


def states(view: StudyView) -> Counter[str]:
    return Counter(trial.state for trial in view.trials)


def finished(view: StudyView) -> dict[int, object]:
    """All there is to know of the finished trials, by their numbers."""
    return {trial.number: trial for trial in view.trials if trial.state in (COMPLETE, PRUNED)}


def train_for_ever(url: str, name: str, grace_seconds: float, hold: str) -> None:
    """In a child: a worker, which stays in mid-trial as long as there is a file ``hold``."""
    train = Objective.__call__

    def train_when_let(self, trial, stop):
        outcome = train(self, trial, stop)
        while hold and os.path.exists(hold):
            time.sleep(0.02)
        return outcome

    Objective.__call__ = train_when_let
    work(url, name, lambda: False, grace_seconds=grace_seconds)


class Crowd:
    """Workers of one study, each of which can be killed at any moment. Use it as a context: none outlives it."""

    def __init__(self, url: str, name: str, n: int, grace_seconds: float = 1.0, hold: str = "") -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["gui.tuning.worker", "tests.tuning.studies"])
        self._arguments = (url, name, grace_seconds, hold)
        self.workers = [self._begin() for _ in range(n)]

    def _begin(self) -> multiprocessing.Process:
        worker = self._context.Process(target=train_for_ever, args=self._arguments, daemon=True)
        worker.start()
        return worker

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_error: object) -> None:
        for worker in self.workers:
            worker.kill()
            worker.join()

    def kill(self, which: int, again: bool = True) -> None:
        """SIGKILL, and another one in its place."""
        self.workers[which].kill()
        self.workers[which].join()
        self.workers[which] = self._begin() if again else self.workers[which]

    def wait(self, seconds: float = 60) -> list[int | None]:
        """Until every worker has ended by itself; their exit codes."""
        for worker in self.workers:
            worker.join(seconds)
        return [worker.exitcode for worker in self.workers]


def kill_at_random(url: str, name: str, workers: int, kills: int, seed: int, most_seconds: float = 0.3) -> int:
    """Kill workers at random moments while they work, then let them finish.

    After each kill the study must open, with every trial that was finished before as it was. How many that was compared for.
    """
    chance = random.Random(seed)
    before: dict[int, object] = {}
    compared = 0
    with Crowd(url, name, workers) as crowd:
        for _ in range(kills):
            crowd.workers[0].join(chance.uniform(0.02, most_seconds))  # a pause that ends with the study
            crowd.kill(chance.randrange(workers))
            storage.close()
            now = finished(storage.read_study(url, name))
            assert {number: now.get(number) for number in before} == before
            before, compared = now, compared + len(now)
        assert crowd.wait() == [0] * workers
    return compared
