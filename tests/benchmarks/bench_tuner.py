"""What the tuner finds beside scikit-learn's random search in the same time, and how smooth the window stays while it works."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from engine import compiled
from engine.data import load_data
from engine.datasets import DATASETS
from engine.spec import DataSpec, ExperimentSpec, TrainingSpec
from gui.tuning import storage
from gui.tuning.pool import WorkerPool, usual_workers
from gui.tuning.space import VALIDATION_SHARE, default_space
from gui.tuning.study import COMPLETE, PRUNED, Choice, StudySettings
from tests.benchmarks.bench_ui import GraphFrames, playground, spin
from tests.benchmarks.harness import Skipped, figure
from tests.tuning import studies

GROUP = "tuner"
SEEDS = range(5)
# Measured with 15 epochs too: there 3 of 5 are won, since short trials leave little to prune and the search's own cost
# (the database, the start of the processes) is most of the time, in which random search tries as many candidates.
TRIALS, EPOCHS, WORKERS = 60, 50, 2
CHUNK = 4  # candidates of one random search; the last one may run over the time, and still counts
MOST_SECONDS = 120.0
ROUNDS, ROUND_SECONDS, SETTLE_SECONDS = 5, 2.0, 0.3

ACTIVATIONS, BATCHES, OPTIMIZERS, MOMENTA = ("relu", "tanh"), (16, 32, 64, 128), ("sgd", "adam"), (0.0, 0.9)
LAYERS, WIDTHS, NARROWING, RATES, L2 = (1, 3), (16, 256), (1.0, 0.5), (1e-4, 0.3), (1e-6, 1e-1)
# What scikit-learn's MLPClassifier knows too: all but dropout and initializers.
SPACE = (
    Choice("layers", *LAYERS, whole=True), Choice("width", *WIDTHS, log=True, whole=True),
    Choice("narrowing", options=NARROWING), Choice("activation", options=ACTIVATIONS),
    Choice("optimizer", options=OPTIMIZERS), Choice("momentum", options=MOMENTA),
    Choice("learning_rate", *RATES, log=True), Choice("batch_size", options=BATCHES), Choice("l2", *L2, log=True),
)  # fmt: skip


class LogUniform:
    """A distribution as ``RandomizedSearchCV`` asks for it."""

    def __init__(self, low: float, high: float) -> None:
        self._low, self._high = np.log(low), np.log(high)

    def rvs(self, random_state: Any = None) -> float:
        return float(np.exp(random_state.uniform(self._low, self._high)))


class Sizes:
    """The same hidden layers that ``layers``, ``width`` and ``narrowing`` make."""

    def rvs(self, random_state: Any = None) -> tuple[int, ...]:
        n, width = random_state.randint(LAYERS[0], LAYERS[1] + 1), LogUniform(*WIDTHS).rvs(random_state)
        shrink = NARROWING[random_state.randint(len(NARROWING))]
        return tuple(max(round(width * shrink**i), 1) for i in range(n))


def base(seed: int) -> ExperimentSpec:
    """The digits, with L2 as scikit-learn's alpha counts it; the seed draws the split."""
    data = DataSpec(DATASETS["digits"](), seed=seed, validation_share=VALIDATION_SHARE)
    return ExperimentSpec(data, training=TrainingSpec(l2_per_sample=True))


def by_the_tuner(seed: int, folder: Path) -> tuple[float, float, int]:
    """(best validation accuracy, seconds from the start of the processes to the end of the last trial, trials)."""
    url = storage.default_url(folder)
    settings = StudySettings(
        "digits", base(seed), SPACE, "tpe", "median", "validation_accuracy", trials=TRIALS, epochs=EPOCHS, seed=seed
    )
    storage.create_study(url, settings)
    pool, began = WorkerPool(), datetime.now()
    try:
        pool.start(url, settings.name, WORKERS)
        while pool.running and (datetime.now() - began).total_seconds() < MOST_SECONDS:
            time.sleep(0.02)
            pool.tend()
        if pool.problem:
            raise RuntimeError(pool.problem)
    finally:
        pool.close()
    view = storage.read_study(url, settings.name)
    ends = [trial.datetime_complete for trial in storage.load(url, settings.name)[0].trials if trial.datetime_complete]
    seconds = (max(ends) - began).total_seconds()
    storage.close()
    done = sum(trial.state in (COMPLETE, PRUNED) for trial in view.trials)
    return view.trials[view.best[0]].values[0], seconds, done


def by_random_search(seed: int, seconds: float) -> tuple[float, int]:
    """(best validation accuracy, candidates) of as many random searches as begin in the time. It starts its processes too."""
    # Not at the top: the window's process, whose frames are measured here as well, never has them.
    from joblib.externals.loky import get_reusable_executor
    from sklearn.model_selection import PredefinedSplit, RandomizedSearchCV
    from sklearn.neural_network import MLPClassifier

    data = load_data(base(seed).data)
    parts = (data.train, data.validation)
    x, labels = (np.concatenate([getattr(part, name) for part in parts]) for name in ("x", "labels"))
    fold = PredefinedSplit(np.repeat([-1, 0], [len(part) for part in parts]))
    network = MLPClassifier(
        max_iter=EPOCHS, n_iter_no_change=EPOCHS, tol=0.0, nesterovs_momentum=False, random_state=seed
    )
    space = {
        "hidden_layer_sizes": Sizes(), "activation": ACTIVATIONS, "solver": OPTIMIZERS, "momentum": MOMENTA,
        "learning_rate_init": LogUniform(*RATES), "batch_size": BATCHES, "alpha": LogUniform(*L2),
    }  # fmt: skip
    get_reusable_executor().shutdown(wait=True)
    best, tried, began = 0.0, 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        search = RandomizedSearchCV(
            network, space, n_iter=CHUNK, cv=fold, n_jobs=WORKERS, refit=False, scoring="accuracy", error_score=0.0,
            random_state=1_000 * seed + tried,
        )  # fmt: skip
        search.fit(x, labels)
        best, tried = max(best, float(search.best_score_)), tried + CHUNK
    return best, tried


@figure("ui.p99_gap_ms.tuner", at_most=40, unit="ms")
def the_window_beside_the_tuner() -> float:
    """The Playground trains flat out while the pool tunes digits on all other cores, for as long as it takes."""
    compiled.load()
    gaps: list[np.ndarray] = []
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        url, usual = storage.default_url(folder), base(0)
        settings = StudySettings(
            "beside", usual, default_space(usual), pruner="none", trials=0, minutes=60.0, epochs=50
        )
        storage.create_study(url, settings)
        pool, window = WorkerPool(), playground(folder)
        try:
            pool.start(url, settings.name)
            until = time.perf_counter() + MOST_SECONDS
            while storage.read_study(url, settings.name).workers < usual_workers() and time.perf_counter() < until:
                spin(0.2)
            frames = GraphFrames(window)
            for _ in range(ROUNDS):
                window.lab.play()
                spin(SETTLE_SECONDS)
                frames.times.clear()
                spin(ROUND_SECONDS)
                gaps.append(frames.gaps_ms())
                window.lab.pause()
                spin(SETTLE_SECONDS)
                pool.tend()
            frames.close()
            view = storage.read_study(url, settings.name)
            if pool.alive < usual_workers() or not any(trial.curve for trial in view.trials):
                raise RuntimeError(f"the workers did not work: {pool.problem}")
        finally:
            pool.close()
            window.close()
            storage.close()
    return float(np.percentile(np.concatenate(gaps), 99))


@figure("tuner.wins_of_5", at_least=4)
@figure("tuner.seconds", unit="s")
def against_random_search() -> dict[str, float]:
    """Five seeds, each with a split of its own, the same for both. Equal counts as won, as for whoever has to choose."""
    compiled.load()  # its machine code is in the cache then, as after the first start of the window
    os.environ["PYTHONWARNINGS"] = "ignore"  # scikit-learn's processes say of every candidate that it may go on
    wins, taken = 0, []
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="neuroloom-bench-") as folder:
        warnings.simplefilter("ignore")
        by_random_search(99, 0.1)
        for seed in SEEDS:
            (home := Path(folder) / str(seed)).mkdir()
            ours, seconds, trials = by_the_tuner(seed, home)
            theirs, candidates = by_random_search(seed, seconds)
            wins += ours >= theirs
            taken.append(seconds)
            if os.environ.get("NEUROLOOM_BENCH_DETAILS"):
                sys.stderr.write(f"seed {seed}: {ours:.4f} ({trials} trials, {seconds:.1f} s), "
                                 f"random search {theirs:.4f} ({candidates} candidates)\n")  # fmt: skip
    return {"tuner.wins_of_5": wins, "tuner.seconds": float(np.median(taken))}


@figure("tuner.lost_after_30_kills", at_most=0)
def killed_at_thirty_random_moments() -> float:
    """SIGKILL to one of two workers, thirty times: trials of the budget that are missing at the end, or counted twice.

    :func:`kill_at_random` fails where a finished trial is another one, or gone, after a kill.
    """
    if os.name != "posix":
        raise Skipped("only POSIX has SIGKILL")
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as name:
        url, settings = studies.begun(Path(name), trials=80, pruner="median", epochs=6)
        try:
            studies.kill_at_random(url, settings.name, workers=2, kills=30, seed=30)
            found = studies.states(storage.read_study(url, settings.name))
        finally:
            storage.close()
    return abs(settings.trials - found[COMPLETE] - found[PRUNED])
