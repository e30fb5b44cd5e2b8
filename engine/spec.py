"""ExperimentSpec: everything that decides a run, as one frozen tree that validates itself and round-trips through JSON.

It is changed by replacing it (``dataclasses.replace``). The weights are not in it: a run is a spec and what training
made of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from typing import Any

from engine.activations import ACTIVATIONS, Activation
from engine.datasets import DATASETS, Dataset
from engine.errors import InvalidSpec
from engine.features import FEATURES
from engine.initializers import INITIALIZERS, Initializer
from engine.losses import LOSSES, Loss
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.registry import Entry, Range, Registry, Text, ladder, listed, ranged, switch
from engine.schedules import SCHEDULES, Schedule

FORMAT = "neuroloom-experiment"
VERSION = 1
MAX_HIDDEN_LAYERS = 16
MAX_WIDTH = 4096
MAX_PARAMETERS = 5_000_000
MAX_SEED = 2**31 - 1
MAX_DROPOUT = 0.9
RATES = ladder(-5, 0, zero=True)
MAX_TAUGHT = 2_000


def _read_ids(value: Any, path: str) -> tuple[str, ...]:
    ids = _sequence(value, str, path)
    if len(ids) > MAX_TAUGHT or any(not 1 <= len(name) <= 64 or not name.isalnum() for name in ids):
        raise InvalidSpec(f"{path} must be at most {MAX_TAUGHT:,} names of drawings")
    return ids


@dataclass(frozen=True, slots=True)
class DataSpec:
    """Which samples, how they are split, and what the network is shown of them."""

    dataset: Dataset = field(default_factory=lambda: DATASETS["spiral"]())
    features: tuple[str, ...] = ("x1", "x2")
    train_share: float = ranged(0.7, 0.1, 0.9, "Train share", percent=True, step=0.05,
                                help="The share of the samples that training may see; the rest only tests.")  # fmt: skip
    seed: int = ranged(
        42, 0, MAX_SEED, "Data seed", help="Draws the points and the split. The same seed gives the same data."
    )
    validation_share: float = ranged(
        0.0, 0.0, 0.5, "Validation", ladder=(0.0, 0.1, 0.2, 0.3), percent=True,
        help="The share of the training samples kept aside to decide when to stop. Training then has fewer.",
    )  # fmt: skip
    scale_inputs: bool = switch(
        False, "Scale inputs",
        "Shifts and stretches each input to mean 0 and spread 1 over the picture. Weights then need no sizes of their own.",
    )  # fmt: skip

    taught: tuple[str, ...] = listed(_read_ids, ())  # own drawings that training is shown too, by their names
    taught_times: int = ranged(
        20, 1, 1_000, "Drawings count", ladder=(1, 2, 5, 10, 20, 50, 100),
        help="How often each drawing of your own comes in an epoch. Few drawings among many images are soon forgotten.",
    )  # fmt: skip

    @property
    def untaught(self) -> DataSpec:
        """The same without own drawings."""
        return replace(self, taught=(), taught_times=1)

    @property
    def scaled_over(self) -> tuple[float, float] | None:
        """The interval over which features are brought to one scale, None where they are as they are."""
        return self.dataset.domain if self.scale_inputs and self.dataset.planar else None

    @property
    def n_inputs(self) -> int:
        """Columns of the network's input."""
        return len(self.features) if self.dataset.planar else self.dataset.n_inputs

    @property
    def n_outputs(self) -> int:
        """Columns of the network's output: one for two classes, else one a class."""
        return 1 if self.dataset.n_classes == 2 else self.dataset.n_classes


@dataclass(frozen=True, slots=True)
class AugmentationSpec:
    """How far training images are changed at random, each time anew: the largest change either way; 0 changes nothing.

    Test and validation images never are. Data that are no images are not either.
    """

    shift: float = ranged(0.0, 0.0, 6.0, "Shift, px", step=0.25, help="Moves each image by up to so many pixels.")
    rotation: float = ranged(0.0, 0.0, 45.0, "Rotation, °", step=1.0, help="Turns each image by up to so many degrees.")
    scale: float = ranged(
        0.0, 0.0, 0.5, "Size", percent=True, step=0.01, help="Makes each image larger or smaller by up to this share."
    )
    shear: float = ranged(
        0.0, 0.0, 0.5, "Slant", step=0.01,
        help="Shear: slants each image by up to so many pixels to the side for a pixel of height.",
    )  # fmt: skip
    stroke: float = ranged(
        0.0, 0.0, 1.5, "Stroke width, px", step=0.05, help="Makes strokes thicker or thinner by up to so many pixels."
    )
    noise: float = ranged(
        0.0,
        0.0,
        0.5,
        "Pixel noise",
        step=0.01,
        help="Standard deviation of what is added to each pixel, of 1 for full ink.",
    )

    def __bool__(self) -> bool:
        """Whether anything is changed at all."""
        return any(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Layers and what they compute."""

    hidden_layer_sizes: tuple[int, ...] = (8, 8)
    activation: Activation = field(default_factory=lambda: ACTIVATIONS["tanh"]())
    loss: Loss = field(default_factory=lambda: LOSSES["cross_entropy"]())
    initializer: Initializer = field(default_factory=lambda: INITIALIZERS["glorot_uniform"]())
    layer_activations: tuple[Activation, ...] = ()  # of the first hidden layers, in place of ``activation``


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """How the weights are moved."""

    batch_size: int = ranged(10, 1, 10_000, "Batch size", ladder=(1, 2, 4, 8, 10, 16, 32, 64, 100, 128, 200, 256, 512),
                             help="Samples in one update. Small: noisy and many updates; large: smooth and few.")  # fmt: skip
    l1: float = ranged(0.0, 0.0, 10.0, "L1", ladder=RATES,
                       help="Pulls every weight towards zero by the same amount: weak ones vanish.")  # fmt: skip
    l2: float = ranged(0.0, 0.0, 10.0, "L2", ladder=RATES,
                       help="Pulls every weight towards zero in proportion to its size: none grows large.")  # fmt: skip
    dropout: float = ranged(
        0.0, 0.0, MAX_DROPOUT, "Dropout", ladder=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5), percent=True,
        help="The share of hidden neurons that each update leaves out. None can rely on another.",
    )  # fmt: skip
    l2_per_sample: bool = switch(
        False, "L2 per sample",
        "Divides L2 by the size of the mini-batch, as scikit-learn's alpha; else it counts whole, as PyTorch's weight_decay.",
    )  # fmt: skip
    input_noise: float = ranged(
        0.0, 0.0, 10.0, "Input noise", ladder=ladder(-3, 0, zero=True),
        help="Standard deviation of what is added to the inputs, anew for each update. Smooths the answer.",
    )  # fmt: skip
    label_smoothing: float = ranged(
        0.0, 0.0, 0.9, "Smooth labels", ladder=(0.0, 0.02, 0.05, 0.1, 0.2), percent=True,
        help="Label smoothing: trains on targets this far from certain. The network grows less sure.",
    )  # fmt: skip
    clip_norm: float = ranged(
        0.0, 0.0, 1e6, "Clip gradient", ladder=ladder(-2, 1, zero=True),
        help="The longest gradient that an update may use; 0 sets no limit. Steep places no longer throw the weights far.",
    )  # fmt: skip
    max_norm: float = ranged(
        0.0, 0.0, 1e6, "Max-norm", ladder=(0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0),
        help="The longest that the weights into one neuron may be together; 0 sets no limit. None grows large.",
    )  # fmt: skip
    shuffle: bool = switch(
        True, "Shuffle", "Draws a new order of the samples for every epoch. Off: always the same, as they come."
    )  # fmt: skip
    patience: int = ranged(
        0, 0, 100_000, "Stop after", ladder=(0, 5, 10, 20, 50, 100, 200),
        help="Early stopping: pauses after more epochs than this without progress and brings the best weights back. 0: never.",
    )  # fmt: skip
    tolerance: float = ranged(
        1e-4, 0.0, 1.0, "Progress from", ladder=ladder(-6, -2, zero=True),
        help="What the validation loss must fall by, or the score rise, to count as progress for early stopping.",
    )  # fmt: skip
    stop_on_score: bool = switch(
        False,
        "Judge by score",
        "Early stopping looks at the accuracy (or R²) of the validation samples instead of their loss.",
    )
    schedule: Schedule = field(default_factory=lambda: SCHEDULES["constant"]())
    layer_dropout: tuple[float, ...] = ()  # of the first hidden layers, in place of ``dropout``
    seed: int = ranged(
        1, 0, MAX_SEED, "Seed (random_state)", help="Draws the first weights and the order of the samples."
    )


@dataclass(frozen=True, slots=True)
class ExperimentSpec:
    """One experiment. ``validate()`` lists what is wrong with it; :func:`from_dict` refuses what is."""

    data: DataSpec = field(default_factory=DataSpec)
    network: NetworkSpec = field(default_factory=NetworkSpec)
    optimizer: Optimizer = field(default_factory=lambda: OPTIMIZERS["adam"]())
    training: TrainingSpec = field(default_factory=TrainingSpec)
    augmentation: AugmentationSpec = field(default_factory=AugmentationSpec)

    @property
    def image_side(self) -> int:
        """Pixels along a side of the square images that the network is shown; 0 where the data are no images."""
        return self.data.dataset.image_side

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Neurons of every layer, inputs first: ``(2, 8, 8, 1)``."""
        return (self.data.n_inputs, *self.network.hidden_layer_sizes, self.data.n_outputs)

    @property
    def loss(self) -> Loss:
        """The loss in force: the network's, in regression on the weighted sum itself."""
        return (self.network.loss.linear() if self.data.dataset.regression else None) or self.network.loss

    def batch_size(self, n: int) -> int:
        """Samples in a mini-batch out of ``n``: all of them where the optimizer wants all."""
        return n if self.optimizer.full_batch else min(self.training.batch_size, n)

    @property
    def activations(self) -> tuple[Activation, ...]:
        """The activation of every hidden layer: ``layer_activations`` as far as they go, then ``activation``."""
        n, own = len(self.network.hidden_layer_sizes), self.network.layer_activations
        return (*own[:n], *(self.network.activation,) * (n - len(own)))

    @property
    def dropout(self) -> tuple[float, ...]:
        """The share of neurons left out, for every hidden layer: ``layer_dropout`` as far as it goes, then ``dropout``."""
        n, own = len(self.network.hidden_layer_sizes), self.training.layer_dropout
        return (*own[:n], *(self.training.dropout,) * (n - len(own)))

    @property
    def n_parameters(self) -> int:
        """Weights and biases."""
        return sum((n_in + 1) * n_out for n_in, n_out in zip(self.layer_sizes, self.layer_sizes[1:], strict=False))

    @property
    def n_multiplications(self) -> int:
        """Products of a weight and a signal in the answer for one sample."""
        return sum(n_in * n_out for n_in, n_out in zip(self.layer_sizes, self.layer_sizes[1:], strict=False))

    def validate(self) -> list[str]:
        """One sentence for each problem; empty when all is well."""
        problems = list(_out_of_range(self, ""))
        if problems:
            return problems
        sizes = self.network.hidden_layer_sizes
        if len(sizes) > MAX_HIDDEN_LAYERS:
            problems.append(f"hidden_layer_sizes has {len(sizes)} layers; at most {MAX_HIDDEN_LAYERS} are possible")
        if bad := [n for n in sizes if not 1 <= n <= MAX_WIDTH]:
            problems.append(f"a hidden layer of {_short(bad[0])} neurons is outside 1 to {MAX_WIDTH}")
        if self.data.dataset.regression and self.network.loss.linear() is None:
            fitting = ", ".join(cls.label for cls in LOSSES if cls().linear() is not None)
            problems.append(
                f"the loss {self.network.loss.label} needs classes, and {self.data.dataset.title} has none; choose {fitting}"
            )
        problems += self.data.dataset.problems()
        if bad_shares := [p for p in self.training.layer_dropout if not 0 <= p <= MAX_DROPOUT]:
            problems.append(f"a layer_dropout of {bad_shares[0]} is outside 0 to {MAX_DROPOUT}")
        features = self.data.features
        if unknown := [f for f in features if f not in FEATURES]:
            problems.append(f"unknown feature {unknown[0]!r}; known are {', '.join(FEATURES)}")
        if len(set(features)) != len(features):
            problems.append("a feature is named twice")
        if not features:
            problems.append("at least one input feature is needed")
        if not problems and self.n_parameters > MAX_PARAMETERS:
            problems.append(f"{self.n_parameters:,} parameters are more than the {MAX_PARAMETERS:,} possible")
        return problems

    def checked(self) -> ExperimentSpec:
        """This spec. Raises :class:`InvalidSpec` with the first problem."""
        if problems := self.validate():
            raise InvalidSpec(problems[0])
        return self


class Change(IntEnum):
    """What it takes to get from one spec to another, the larger the more is built anew."""

    KEEP = 0
    HOT = 1  # training goes on with the same weights
    NEW_NETWORK = 2  # the same data, weights from the seed
    NEW_DATA = 3  # data and weights from their seeds


def plan(old: ExperimentSpec, new: ExperimentSpec) -> Change:
    """How much of a run survives the step from ``old`` to ``new``."""
    if old == new:
        return Change.KEEP
    if old.data.untaught != new.data.untaught:
        same_samples = (old.data.dataset, old.data.train_share, old.data.seed) == (
            new.data.dataset, new.data.train_share, new.data.seed)  # fmt: skip
        return Change.NEW_NETWORK if same_samples else Change.NEW_DATA
    if old.network != new.network or old.training.seed != new.training.seed:
        return Change.NEW_NETWORK
    return Change.HOT


# --- JSON ---------------------------------------------------------------------------------------------------------

_REGISTRIES: dict[str, Registry[Any]] = {
    "dataset": DATASETS,
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "initializer": INITIALIZERS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
_GROUPS: dict[str, type] = {"data": DataSpec, "network": NetworkSpec, "training": TrainingSpec,
                            "augmentation": AugmentationSpec}  # fmt: skip


def to_dict(spec: Any) -> dict[str, Any]:
    """A spec, or any part of it, as plain JSON values. An entry becomes its name and its settings."""
    result: dict[str, Any] = {"name": spec.name} if isinstance(spec, Entry) else {}
    for f in fields(spec):
        value = getattr(spec, f.name)
        if isinstance(value, tuple):
            value = [to_dict(item) if isinstance(item, Entry) else item for item in value]
        elif hasattr(value, "__dataclass_fields__"):
            value = to_dict(value)
        result[f.name] = value
    return result


def from_dict(raw: Any) -> ExperimentSpec:
    """The spec that :func:`to_dict` wrote. Missing settings take their defaults.

    Raises :class:`InvalidSpec` for wrong types, unknown names and keys, values out of range.
    """
    spec: ExperimentSpec = _build(ExperimentSpec, raw, "experiment")
    return spec.checked()


def _build(cls: type, raw: Any, where: str) -> Any:
    if not isinstance(raw, dict):
        raise InvalidSpec(f"{where} must be an object, not {_kind(raw)}")
    known = {f.name: f for f in fields(cls)}
    allowed = set(known) | ({"name"} if issubclass(cls, Entry) else set())
    if unknown := sorted(str(key) for key in set(raw) - allowed):
        raise InvalidSpec(f"{where} has an unknown setting {unknown[0]!r}")
    values: dict[str, Any] = {}
    for name, value in raw.items():
        path = f"{where}.{name}"
        if name == "name" and name not in known:
            continue
        if name in _REGISTRIES:
            values[name] = _entry(_REGISTRIES[name], value, path)
        elif name == "layer_activations":
            values[name] = tuple(_entry(ACTIVATIONS, item, path) for item in _list(value, path))
        elif name in _GROUPS:
            values[name] = _build(_GROUPS[name], value, path)
        elif name == "hidden_layer_sizes":
            values[name] = _sequence(value, int, path)
        elif name == "features":
            values[name] = _sequence(value, str, path)
        elif name == "layer_dropout":
            values[name] = tuple(_number(item, 0.0, path) for item in _list(value, path))
        elif read := known[name].metadata.get("read"):
            values[name] = read(value, path)
        elif "text" in known[name].metadata:
            values[name] = _text(value, path)
        else:
            values[name] = _number(value, _default_of(known[name]), path)
    return cls(**values)


def _entry(registry: Registry[Any], value: Any, path: str) -> Any:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise InvalidSpec(f"{path} must be an object with a name")
    return _build(registry[value["name"]], value, path)


def _default_of(f: Any) -> Any:
    return f.default


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidSpec(f"{path} must be a list, not {_kind(value)}")
    return value


def _sequence(value: Any, kind: type, path: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or any(type(item) is not kind for item in value):
        raise InvalidSpec(f"{path} must be a list of {'whole numbers' if kind is int else 'names'}")
    return tuple(value)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise InvalidSpec(f"{path} must be a text, not {_kind(value)}")
    return value


def _number(value: Any, default: Any, path: str) -> Any:
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise InvalidSpec(f"{path} must be true or false, not {_kind(value)}")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidSpec(f"{path} must be a number, not {_kind(value)}")
    if isinstance(default, int):
        if isinstance(value, float) and not (math.isfinite(value) and value.is_integer()):
            raise InvalidSpec(f"{path} must be a whole number, not {value!r}")
        return int(value)
    try:
        return float(value)
    except OverflowError:
        raise InvalidSpec(f"{path} is too large") from None


def _kind(value: Any) -> str:
    names = {
        type(None): "null",
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
    }
    return names.get(type(value), "an object")


def _out_of_range(node: Any, where: str) -> Iterator[str]:
    for f in fields(node):
        value = getattr(node, f.name)
        path = f"{where}.{f.name}" if where else f.name
        limits = f.metadata.get("range")
        if isinstance(limits, Range):
            if isinstance(value, float) and not math.isfinite(value):
                yield f"{path} must be a finite number, not {value}"
            elif not limits.low <= value <= limits.high:
                yield f"{path} is {_short(value)}, outside {limits.low:g} to {limits.high:g}"
        elif isinstance(words := f.metadata.get("text"), Text):
            if problem := words.problem(value):
                yield f"{path} can't be used: {problem}"
        elif hasattr(value, "__dataclass_fields__"):
            yield from _out_of_range(value, path)
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Entry):
                    yield from _out_of_range(item, path)


def _short(value: float) -> str:
    """A number as a sentence can hold it, however absurd it is."""
    return f"{value:g}" if abs(value) < 10**12 else f"about 10^{len(str(abs(int(value)))) - 1}"
