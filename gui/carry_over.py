"""From a perceptron's points to a network that learns them."""

from __future__ import annotations

from dataclasses import replace

from engine.activations import ACTIVATIONS
from engine.datasets import Dataset
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec

FEW = 4  # a gate's corners
NARROW, WIDE = 4, 8
RATE = 0.03


def playground_spec(dataset: Dataset) -> ExperimentSpec:
    """``dataset`` with one hidden layer of tanh neurons: four for a gate, eight for more points."""
    n = len(getattr(dataset, "points", range(FEW)))
    network = NetworkSpec((NARROW if n <= FEW else WIDE,), ACTIVATIONS["tanh"]())
    training = replace(TrainingSpec(), batch_size=FEW if n <= FEW else 10)
    return ExperimentSpec(DataSpec(dataset), network, OPTIMIZERS["adam"](learning_rate=RATE), training).checked()
