"""From a perceptron's points to a network that learns them."""

from __future__ import annotations

from engine.activations import ACTIVATIONS
from engine.datasets import Dataset
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec

FEW = 4  # a gate's corners
# Layer, learning rate and batch size. Of 16 sets of 6 to 20 random points with random classes, eight neurons learn 10 whole
# in 600 epochs with a rate of 0.03, and 14 with 0.1.
GATE = (4, 0.03, 4)
MORE = (8, 0.1, 10)


def playground_spec(dataset: Dataset) -> ExperimentSpec:
    """``dataset`` with one hidden layer of tanh neurons: four for a gate, eight for more points."""
    n = len(getattr(dataset, "points", range(FEW)))
    neurons, rate, batch_size = GATE if n <= FEW else MORE
    return ExperimentSpec(
        DataSpec(dataset), NetworkSpec((neurons,), ACTIVATIONS["tanh"]()), OPTIMIZERS["adam"](learning_rate=rate),
        TrainingSpec(batch_size=batch_size),
    ).checked()  # fmt: skip
