"""What can be searched: the hyperparameters of an experiment by name, their usual bounds, and the experiment they make."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS  # noqa: F401 - a worker reads experiments with every data set
from engine.errors import InvalidSpec
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.registry import Entry, Registry, switch_kind
from engine.spec import ExperimentSpec
from gui.tuning.study import Choice, StudySettings

VALIDATION_SHARE = 0.2
# A grid of more points than this is not laid out; nobody would live to see it trained.
MAX_GRID = 20_000
FIGURES = 3  # of what a sampler draws between bounds, as they are shown: more decide nothing
SHAPE = ("layers", "width", "narrowing")
_WIDTH = "width_"


def default_space(spec: ExperimentSpec) -> tuple[Choice, ...]:
    """Bounds that a person would begin with: of a few neurons for points in the plane, of more for images.

    ``layers`` of ``width`` neurons, each ``narrowing`` times as wide as the one before it.
    """
    planar = spec.data.dataset.planar
    return (
        Choice("layers", 1, 4 if planar else 3, whole=True),
        Choice("width", 2 if planar else 16, 32 if planar else 256, log=True, whole=True),
        Choice("narrowing", options=(1.0, 0.5)),
        Choice("activation", options=("relu", "tanh", "gelu" if planar else "silu")),
        Choice("optimizer", options=("sgd", "rmsprop", "adam")),
        Choice("learning_rate", 1e-3 if planar else 1e-4, 0.3, log=True),
        Choice("batch_size", options=(8, 16, 32, 64) if planar else (16, 32, 64, 128)),
        Choice("l2", 1e-6, 1e-1, log=True),
        Choice("dropout", 0.0, 0.5),
        Choice("initializer", options=("glorot_uniform", "he_normal", "lecun_normal")),
    )


def with_params(base: ExperimentSpec, params: Mapping[str, Any]) -> ExperimentSpec:
    """``base`` with the hyperparameters of these names.

    ``layers``, ``width`` (or ``width_1``, ``width_2`` ... of single layers) and ``narrowing`` make the hidden layers;
    ``activation``, ``optimizer`` and ``initializer`` are names; all others are settings of the training or the optimizer by
    their own names. Fractions are rounded to three figures. Raises :class:`InvalidSpec`.
    """
    network, training, optimizer = base.network, base.training, base.optimizer
    rest = {name: rounded(value) for name, value in params.items()}
    if (sizes := _sizes(network.hidden_layer_sizes, rest)) is not None:
        network = replace(network, hidden_layer_sizes=sizes)
    if "activation" in rest:
        activation = _entry(ACTIVATIONS, network.activation, rest.pop("activation"))
        network = replace(network, activation=activation, layer_activations=())
    if "initializer" in rest:
        network = replace(network, initializer=_entry(INITIALIZERS, network.initializer, rest.pop("initializer")))
    if "optimizer" in rest:
        optimizer = _entry(OPTIMIZERS, optimizer, rest.pop("optimizer"))
    if "dropout" in rest:
        training = replace(training, layer_dropout=())
    known = {f.name: f.default for f in fields(training) if isinstance(f.default, int | float)}
    for name, value in rest.items():
        if name in known:
            change: dict[str, Any] = {name: type(known[name])(value)}
            training = replace(training, **change)
        elif any(name == f.name for cls in OPTIMIZERS for f in fields(cls)):
            # What this optimizer does not have (the momentum of Adam) changes nothing.
            if hasattr(optimizer, name):
                optimizer = replace(optimizer, **{name: value})
        else:
            raise InvalidSpec(f"there is no hyperparameter {name!r}")
    return replace(base, network=network, training=training, optimizer=optimizer).checked()


def rounded(value: Any) -> Any:
    """A hyperparameter as it is trained with.

    >>> rounded(0.019827480927584), rounded(32), rounded("adam")
    (0.0198, 32, 'adam')
    """
    return float(f"{value:.{FIGURES}g}") if isinstance(value, float) else value


def _entry(registry: Registry[Any], old: Entry, name: Any) -> Any:
    return switch_kind(old, registry[str(name)])


def _sizes(sizes: tuple[int, ...], rest: dict[str, Any]) -> tuple[int, ...] | None:
    """The hidden layers that the parameters ask for, taken out of ``rest``; None where they ask for nothing."""
    own = {name: rest.pop(name) for name in list(rest) if name in SHAPE or name.startswith(_WIDTH)}
    if not own:
        return None
    n = int(own.get("layers", len(sizes) or 1))
    widths: list[float]
    if "width" in own:
        widths = [float(own["width"])] * n
    else:
        widths = [float(w) for w in (*sizes, *(sizes[-1:] or (8,)) * n)][:n]
    shrink = float(own.get("narrowing", 1.0))
    widths = [width * shrink**i for i, width in enumerate(widths)]
    for i in range(n):
        widths[i] = float(own.get(f"{_WIDTH}{i + 1}", widths[i]))
    return tuple(max(round(width), 1) for width in widths)


def trial_spec(settings: StudySettings, params: Mapping[str, Any]) -> ExperimentSpec:
    """The experiment of one trial: the base with validation samples to judge by, and with ``params``."""
    data = settings.base.data
    if not data.validation_share:
        data = replace(data, validation_share=VALIDATION_SHARE)
    return with_params(replace(settings.base, data=data), params)


def distribution(choice: Choice) -> BaseDistribution:
    """The choice as Optuna knows it."""
    if choice.options:
        return CategoricalDistribution(choice.options)
    if choice.whole:
        return IntDistribution(round(choice.low), round(choice.high), log=choice.log)
    return FloatDistribution(choice.low, choice.high, log=choice.log)


def suggest(trial: optuna.Trial, space: tuple[Choice, ...]) -> dict[str, Any]:
    """A value for every choice, by the study's sampler."""
    return {choice.name: _suggested(trial, choice) for choice in space}


def _suggested(trial: optuna.Trial, choice: Choice) -> Any:
    if choice.options:
        return trial.suggest_categorical(choice.name, choice.options)
    if choice.whole:
        return trial.suggest_int(choice.name, round(choice.low), round(choice.high), log=choice.log)
    return trial.suggest_float(choice.name, choice.low, choice.high, log=choice.log)


def grid(space: tuple[Choice, ...]) -> dict[str, list[Any]]:
    """The points of a grid search: every option, and of numbers as many as keep the grid below :data:`MAX_GRID`, 5 at most."""
    for n in (5, 4, 3, 2, 1):
        points = {choice.name: _points(choice, n) for choice in space}
        if n == 1 or np.prod([float(len(values)) for values in points.values()]) <= MAX_GRID:
            break
    return points


def grid_size(space: tuple[Choice, ...]) -> int:
    """How many points the grid has."""
    size = 1
    for values in grid(space).values():
        size *= len(values)
    return size


def _points(choice: Choice, n: int) -> list[Any]:
    if choice.options:
        return list(choice.options)
    low, high = choice.low, choice.high
    if n == 1 or low == high:
        return [round(low) if choice.whole else low]
    values = np.geomspace(low, high, n) if choice.log else np.linspace(low, high, n)
    # The ends as they are written, whatever logarithms make of them.
    numbers = [low, *values[1:-1].tolist(), high]
    return sorted({round(value) for value in numbers}) if choice.whole else numbers


def problem(settings: StudySettings) -> str:
    """Why this study can't be begun, in one sentence; "" where it can."""
    checks: tuple[Callable[[StudySettings], str], ...] = (_problem_of_budget, _problem_of_space, _problem_of_sampler)
    return next((found for check in checks if (found := check(settings))), "")


def _problem_of_budget(settings: StudySettings) -> str:
    if not settings.name.strip() or len(settings.name) > 200:
        return "The study needs a name of 1 to 200 letters: give it one."
    if settings.trials <= 0 and settings.minutes <= 0:
        return "The study has no budget: say how many trials or minutes it may take."
    if settings.epochs < 1:
        return "A trial needs at least 1 epoch: set how long each is trained."
    return ""


def _problem_of_space(settings: StudySettings) -> str:
    if not settings.space:
        return "Nothing is searched: choose at least one hyperparameter."
    names = [choice.name for choice in settings.space]
    if twice := [name for name in names if names.count(name) > 1]:
        return f"{twice[0]} is searched twice: take one of them out."
    for choice in settings.space:
        if not choice.options and not choice.low <= choice.high:
            return (
                f"The bounds of {choice.name} are the wrong way round: the lower one must not be above {choice.high:g}."
            )
        if not choice.options and choice.log and choice.low <= 0:
            return f"{choice.name} can't begin at {choice.low:g} on a logarithmic scale: begin above 0, or search it evenly."
    try:
        trial_spec(settings, {})
    except InvalidSpec as error:
        return f"The experiment itself can't be trained: {error}."
    # Every hyperparameter at both of its ends, with the others where they begin.
    lowest = {choice.name: _ends(choice)[0] for choice in settings.space}
    for choice, end in itertools.chain.from_iterable(((c, e) for e in _ends(c)) for c in settings.space):
        try:
            trial_spec(settings, lowest | {choice.name: end})
        except InvalidSpec as error:
            return f"{choice.name} = {end} can't be trained: {error}. Change what is searched."
    return ""


def _ends(choice: Choice) -> tuple[Any, ...]:
    if choice.options:
        return choice.options
    return (round(choice.low), round(choice.high)) if choice.whole else (choice.low, choice.high)


def _problem_of_sampler(settings: StudySettings) -> str:
    if settings.sampler != "cmaes":
        return ""
    if named := [choice.name for choice in settings.space if choice.options]:
        return f"CMA-ES searches numbers only: fix {', '.join(named)}, or choose TPE."
    if len(settings.space) < 2:
        return "CMA-ES needs at least two numbers to search: add one, or choose TPE."
    if settings.objective == "accuracy_and_parameters":
        return "CMA-ES knows one objective only: choose TPE for accuracy against parameters."
    return ""
