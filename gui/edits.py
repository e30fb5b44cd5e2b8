"""Changes of an experiment that more than one panel offers, as functions from spec to spec."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS, Dataset
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.registry import Range, switch_kind
from engine.spec import ExperimentSpec

_FEW_SAMPLES = 16


def limits_of(node: Any, name: str) -> Range:
    """The :class:`Range` of a field of a dataclass or its instance. Raises ``KeyError``."""
    return next(f.metadata["range"] for f in fields(node) if f.name == name)


def with_learning_rate(spec: ExperimentSpec, rate: float) -> ExperimentSpec:
    """Another learning rate."""
    return replace(spec, optimizer=replace(spec.optimizer, learning_rate=rate))


def with_batch_size(spec: ExperimentSpec, size: int) -> ExperimentSpec:
    """Another number of samples in one update."""
    return replace(spec, training=replace(spec.training, batch_size=size))


def with_optimizer(spec: ExperimentSpec, name: str) -> ExperimentSpec:
    """Another optimizer; the learning rate and whatever else both know stay."""
    return replace(spec, optimizer=switch_kind(spec.optimizer, OPTIMIZERS[name]))


def with_activation(spec: ExperimentSpec, name: str) -> ExperimentSpec:
    """Another activation of all hidden layers, also of those that had one of their own."""
    activation = switch_kind(spec.network.activation, ACTIVATIONS[name])
    return replace(spec, network=replace(spec.network, activation=activation, layer_activations=()))


def with_dataset(spec: ExperimentSpec, name: str) -> ExperimentSpec:
    """Another data set; points and noise stay, except between a truth table of four samples and a cloud of hundreds."""
    old, cls = spec.data.dataset, DATASETS[name]
    dataset = cls() if _is_table(type(old)) != _is_table(cls) else switch_kind(old, cls)
    network = spec.network
    if cls.regression and network.loss.linear() is None:
        network = replace(network, loss=LOSSES["squared_error"]())
    return replace(spec, data=replace(spec.data, dataset=dataset), network=network)


def _is_table(cls: type[Dataset]) -> bool:
    """True for the gates, whose samples are the rows of a truth table."""
    return any(f.name == "n_samples" and f.default <= _FEW_SAMPLES for f in fields(cls))
