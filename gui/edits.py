"""Changes of an experiment that more than one panel offers, as functions from spec to spec."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from engine.activations import ACTIVATIONS, Activation
from engine.datasets import DATASETS, Dataset
from engine.losses import LOSSES, Loss
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
    """Another data set; points and noise stay, except between a truth table of four samples and a cloud of hundreds.

    Where numbers take the place of classes or classes that of numbers, a loss that does not fit, or that only came with the
    numbers, gives way to the usual one.
    """
    old, cls = spec.data.dataset, DATASETS[name]
    dataset = cls() if _is_table(type(old)) != _is_table(cls) else switch_kind(old, cls)
    network = spec.network
    if cls.regression and not fits_numbers(type(network.loss)):
        network = replace(network, loss=LOSSES["squared_error"]())
    elif old.regression and not cls.regression and network.loss == LOSSES["squared_error"]():
        network = replace(network, loss=LOSSES["cross_entropy"]())
    return replace(spec, data=replace(spec.data, dataset=dataset), network=network)


def with_images(spec: ExperimentSpec, dataset: Dataset) -> ExperimentSpec:
    """Other images; the network, its training and whatever else was built stay."""
    return replace(spec, data=replace(spec.data, dataset=dataset))


def with_layer_activation(spec: ExperimentSpec, hidden: int, activation: Activation | None) -> ExperimentSpec:
    """Hidden layer ``hidden`` (0 is the first) with an activation of its own; ``None``: that of the network again."""
    own = list(spec.activations)
    own[hidden] = activation or spec.network.activation
    kept = _without_end(own, spec.network.activation)
    return replace(spec, network=replace(spec.network, layer_activations=kept))


def with_layer_dropout(spec: ExperimentSpec, hidden: int, share: float | None) -> ExperimentSpec:
    """Hidden layer ``hidden`` (0 is the first) with a dropout of its own; ``None``: that of the network again."""
    own = list(spec.dropout)
    own[hidden] = spec.training.dropout if share is None else share
    kept = _without_end(own, spec.training.dropout)
    return replace(spec, training=replace(spec.training, layer_dropout=kept))


def _without_end(own: list[Any], usual: Any) -> tuple[Any, ...]:
    """``own`` without the layers at its end that are as usual."""
    while own and own[-1] == usual:
        own.pop()
    return tuple(own)


def fits_numbers(cls: type[Loss]) -> bool:
    """A loss for numbers; the others need classes."""
    return cls().linear() is not None


def _is_table(cls: type[Dataset]) -> bool:
    """True for the gates, whose samples are the rows of a truth table."""
    return any(f.name == "n_samples" and f.default <= _FEW_SAMPLES for f in fields(cls))
