"""The engine against scikit-learn: one training step (forward, backward, Adam) of the same network on the same data."""

from __future__ import annotations

import statistics
import time
import warnings
from dataclasses import replace

import numpy as np
from sklearn.neural_network import MLPClassifier

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trainer import Trainer
from tests.benchmarks.harness import figure

GROUP = "engine"
PAIRS = 25
SKLEARN_STEPS = 60


def our_step(trainer: Trainer) -> float:
    """Seconds a step over the mini-batches of one epoch: the shuffle counts, the evaluation at the epoch's end does not."""
    last = trainer.n_batches - 1
    start = time.perf_counter()
    trainer.advance(lambda: trainer.batch == last)
    seconds = time.perf_counter() - start
    trainer.step_epoch()
    return seconds / last


def sklearn_step(model: MLPClassifier, x: np.ndarray, labels: np.ndarray, steps: int) -> float:
    """Seconds a step: one epoch over exactly ``steps`` full mini-batches, shuffled as ours are.

    So many that the checks before the epoch weigh nothing beside it.
    """
    start = time.perf_counter()
    model.partial_fit(x, labels)
    return (time.perf_counter() - start) / steps


def ratio(spec: ExperimentSpec) -> float:
    """scikit-learn's time / ours: the median of interleaved pairs, so that a busy moment hits both."""
    trainer = Trainer(spec)
    batch_size = spec.training.batch_size
    assert len(trainer.data.train) % batch_size == 0
    repeats = -(-SKLEARN_STEPS * batch_size // len(trainer.data.train))
    x = np.tile(trainer.data.train.x, (repeats, 1))
    labels = np.tile(trainer.data.train.labels, repeats)
    steps = len(labels) // batch_size
    model = MLPClassifier(
        spec.network.hidden_layer_sizes, activation="tanh", solver="adam", batch_size=batch_size, alpha=0.0,
        learning_rate_init=spec.optimizer.learning_rate, random_state=1,
    )  # fmt: skip
    model.partial_fit(x, labels, classes=np.unique(labels))
    our_step(trainer)
    ratios = []
    for _ in range(PAIRS):
        theirs = sklearn_step(model, x, labels, steps)
        ours = statistics.median(our_step(trainer) for _ in range(3))
        ratios.append(theirs / ours)
    return statistics.median(ratios)


def experiment(data: DataSpec, hidden: tuple[int, ...], batch_size: int, learning_rate: float) -> ExperimentSpec:
    """The same settings for both sides; no penalty."""
    network = replace(NetworkSpec(), hidden_layer_sizes=hidden, activation=ACTIVATIONS["tanh"]())
    optimizer = OPTIMIZERS["adam"](learning_rate=learning_rate)
    return ExperimentSpec(data, network, optimizer, TrainingSpec(batch_size=batch_size))


@figure("engine.sklearn_ratio.2-4-1.b4", at_least=7)
def small_network() -> float:
    data = DataSpec(dataset=DATASETS["circles"](n_samples=500), train_share=0.8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ratio(experiment(data, (4,), 4, 0.003))


@figure("engine.sklearn_ratio.64-100-50-10.b200", at_least=2)
def digits() -> float:
    # 1,400 of the 1,797 digits: seven mini-batches of exactly 200.
    data = DataSpec(dataset=DATASETS["digits"](), train_share=1400 / 1797)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ratio(experiment(data, (100, 50), 200, 0.001))
