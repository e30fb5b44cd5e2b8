"""Small experiments that the engine's tests share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec


def experiment(
    dataset: str = "circles", hidden: tuple[int, ...] = (4,), activation: str = "tanh", loss: str = "cross_entropy",
    optimizer: str = "adam", rate: float = 0.03, samples: int = 60, **training: Any,
) -> ExperimentSpec:  # fmt: skip
    """A small spec; ``training`` holds fields of TrainingSpec."""
    chosen = DATASETS[dataset]()
    if chosen.planar and dataset not in ("and", "or", "xor"):
        chosen = replace(chosen, n_samples=samples)
    return ExperimentSpec(
        DataSpec(chosen),
        NetworkSpec(hidden, ACTIVATIONS[activation](), LOSSES[loss]()),
        OPTIMIZERS[optimizer](learning_rate=rate),
        TrainingSpec(**{"batch_size": 10, "seed": 3} | training),
    )
