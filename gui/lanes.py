"""What the lanes of a race are made of: the experiment at hand with a few settings changed. Pure functions, no widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.architectures import ARCHITECTURES
from engine.differences import differences
from engine.initializers import INITIALIZERS
from engine.registry import switch_kind
from engine.spec import ExperimentSpec
from gui.controls.numbers import format_number
from gui.edits import with_activation, with_batch_size, with_learning_rate, with_optimizer
from gui.graphics.structure import with_layers

Value = Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that lanes differ in: how it is read and changed, and its value in a word or two."""

    read: Callable[[ExperimentSpec], Value]
    change: Callable[[ExperimentSpec, Any], ExperimentSpec]
    word: Callable[[ExperimentSpec], str]


def _with_training(spec: ExperimentSpec, **values: Any) -> ExperimentSpec:
    return replace(spec, training=replace(spec.training, **values))


def _with_dropout(spec: ExperimentSpec, share: float) -> ExperimentSpec:
    # As in the settings: a dropout that is chosen here is meant for every layer.
    return _with_training(spec, dropout=share, layer_dropout=())


def _with_l2(spec: ExperimentSpec, rate: float) -> ExperimentSpec:
    return _with_training(spec, l2=rate)


def _with_initializer(spec: ExperimentSpec, name: str) -> ExperimentSpec:
    initializer = switch_kind(spec.network.initializer, INITIALIZERS[name])
    return replace(spec, network=replace(spec.network, initializer=initializer))


def layers_word(sizes: tuple[int, ...]) -> str:
    """Hidden layers in a word or two.

    >>> [layers_word(sizes) for sizes in ((8, 8), (4,), ())]
    ['8-8', '4 neurons', 'no hidden layer']
    """
    return f"{sizes[0]} neurons" if len(sizes) == 1 else "-".join(map(str, sizes)) or "no hidden layer"


# In the order in which they are changed: another optimizer keeps the learning rate.
SETTINGS: dict[str, Setting] = {
    "layers": Setting(
        lambda spec: spec.network.hidden_layer_sizes, with_layers,
        lambda spec: layers_word(spec.network.hidden_layer_sizes),
    ),
    "activation": Setting(
        lambda spec: spec.network.activation.name, with_activation, lambda spec: spec.network.activation.title
    ),
    "optimizer": Setting(lambda spec: spec.optimizer.name, with_optimizer, lambda spec: spec.optimizer.label),
    "learning_rate": Setting(
        lambda spec: spec.optimizer.learning_rate, with_learning_rate,
        lambda spec: f"rate {format_number(spec.optimizer.learning_rate)}",
    ),
    "batch_size": Setting(
        lambda spec: spec.training.batch_size, with_batch_size, lambda spec: f"batch {spec.training.batch_size}"
    ),
    "l2": Setting(
        lambda spec: spec.training.l2, _with_l2, lambda spec: f"L2 {format_number(spec.training.l2)}"
    ),
    "dropout": Setting(
        lambda spec: spec.training.dropout, _with_dropout,
        lambda spec: f"dropout {format_number(round(100 * spec.training.dropout, 6))} %",
    ),
    "initializer": Setting(
        lambda spec: spec.network.initializer.name, _with_initializer,
        lambda spec: spec.network.initializer.label.split(" (")[0],
    ),
}  # fmt: skip

CHANGES = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A lane as it is to be raced: ``changes`` of the experiment at hand, and a ``title``, "" for one made of them."""

    changes: CHANGES = ()
    title: str = ""

    def spec(self, base: ExperimentSpec) -> ExperimentSpec:
        """The experiment of the lane. It may not be valid."""
        for key, value in self.changes:
            base = SETTINGS[key].change(base, value)
        return base

    def with_change(self, base: ExperimentSpec, key: str, value: Value) -> Plan:
        """The same with one setting changed; set as in the experiment at hand, it is no change any more."""
        changes = dict(self.changes) | {key: value}
        if SETTINGS[key].change(base, value) == base:
            del changes[key]
        return Plan(tuple((name, changes[name]) for name in SETTINGS if name in changes))

    def name(self, base: ExperimentSpec) -> str:
        """What it is called: its title, or what it changes in a few words."""
        spec = self.spec(base)
        words = ", ".join(SETTINGS[key].word(spec) for key, _ in self.changes)
        own = bool(self.changes) and self.changes[0][0] == "activation"  # their names are as they are written
        return self.title or (words if own else words[:1].upper() + words[1:]) or "As it is"


def names(plans: Sequence[Plan], base: ExperimentSpec) -> list[str]:
    """The names of lanes; of several with one name, the later ones have a number."""
    found: list[str] = []
    for plan in plans:
        name, n = plan.name(base), 2
        while name in found:
            name = f"{plan.name(base)} ({n})"
            n += 1
        found.append(name)
    return found


def apart(first: ExperimentSpec, other: ExperimentSpec) -> str:
    """What ``other`` differs in from ``first``, in words."""
    return ", ".join(differences(first, other)) or "the same"


@dataclass(frozen=True, slots=True)
class Ready:
    """A race that is ready to be run on whatever data are at hand."""

    label: str
    summary: str
    plans: tuple[Plan, ...]


def _each(key: str, *values: Value) -> tuple[Plan, ...]:
    return tuple(Plan(((key, value),)) for value in values)


READY: dict[str, Ready] = {
    "architectures": Ready(
        "Shallow, deep, wide, deep and narrow", "The same data and training through four shapes of network.",
        tuple(Plan((("layers", shape.hidden_layer_sizes),), shape.label) for shape in ARCHITECTURES.values()),
    ),
    "learning_rate": Ready(
        "Learning rates", "Too low is slow, too high is unstable: see where the one gives way to the other.",
        _each("learning_rate", 0.001, 0.01, 0.1, 1.0),
    ),
    "layers": Ready(
        "Hidden layers", "More layers make more complex answers, and sooner learn the training samples by heart.",
        _each("layers", (8,), (8, 8), (8, 8, 8), (8, 8, 8, 8)),
    ),
    "neurons": Ready(
        "Neurons in a layer", "Capacity: too few can't draw the shape, many can draw noise too.",
        _each("layers", (2,), (4,), (16,), (64,)),
    ),
    "batch_size": Ready(
        "Batch sizes", "Small batches are noisy and make many updates, large ones are steady and make few.",
        _each("batch_size", 1, 8, 32, 128),
    ),
    "activation": Ready(
        "Activations", "Sigmoid, tanh, ReLU and leaky ReLU in every hidden layer.",
        _each("activation", "sigmoid", "tanh", "relu", "leaky_relu"),
    ),
    "optimizer": Ready(
        "Optimizers", "SGD and those that adapt the step of each weight, with the learning rate at hand.",
        _each("optimizer", "sgd", "adagrad", "rmsprop", "adam"),
    ),
    "dropout": Ready(
        "Dropout", "Leaves out none, 10, 30 or 50 % of the hidden neurons in each update.",
        _each("dropout", 0.0, 0.1, 0.3, 0.5),
    ),
    "l2": Ready(
        "L2", "Pulls the weights towards zero: not at all, then ten times as hard each.", _each("l2", 0.0, 0.001, 0.01, 0.1)
    ),
}  # fmt: skip
