"""A study as the window knows it: what is searched, how, and what came of every trial. No Optuna types cross this border."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.spec import ExperimentSpec

RUNNING, COMPLETE, PRUNED, FAILED, WAITING = "running", "complete", "pruned", "failed", "waiting"


@dataclass(frozen=True)
class Choice:
    """One hyperparameter that is searched: between two bounds (``log`` on a logarithmic scale), or among ``options``."""

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    options: tuple[Any, ...] = ()


@dataclass(frozen=True)
class StudySettings:
    """What a study is: ``base`` is the experiment whose named hyperparameters the ``space`` varies.

    ``sampler``: random, tpe, grid or cmaes. ``pruner``: none, median or hyperband. ``objective``: validation_loss,
    validation_accuracy, or accuracy_and_parameters (two objectives). ``trials`` and ``minutes`` are the budget, 0 for none;
    ``epochs`` is how long a trial is trained at most.
    """

    name: str
    base: ExperimentSpec
    space: tuple[Choice, ...]
    sampler: str = "tpe"
    pruner: str = "median"
    objective: str = "validation_loss"
    trials: int = 60
    minutes: float = 0.0
    epochs: int = 30
    seed: int = 0


@dataclass(frozen=True)
class TrialView:
    """One trial. ``values`` are its objectives once complete; ``curve`` (epoch, value) what pruning looked at so far.

    ``params`` are the chosen values by the names of the space, ``picture`` a small PNG of its boundary or confusion matrix,
    of 8-bit grey levels (``gui/tuning/picture.py``), ``has_weights`` whether it can be opened as it was trained, ``problem``
    a sentence where it diverged or could not be trained.
    """

    number: int
    state: str
    params: dict[str, Any]
    values: tuple[float, ...] = ()
    curve: tuple[tuple[int, float], ...] = ()
    seconds: float = 0.0
    machine: str = ""
    picture: bytes = b""
    has_weights: bool = False
    problem: str = ""


@dataclass(frozen=True)
class StudyView:
    """A study at one moment. ``best`` are the numbers of the best trial, or of the Pareto front."""

    settings: StudySettings
    trials: tuple[TrialView, ...] = ()
    best: tuple[int, ...] = ()
    workers: int = 0
    running: bool = False
    seconds_left: float | None = None
    importance: dict[str, float] = field(default_factory=dict)
