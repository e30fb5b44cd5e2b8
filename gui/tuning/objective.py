"""One trial: an experiment trained by our engine, judged by its validation samples, looked at by the pruner on the way."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import optuna

from engine.data import Data
from engine.errors import InvalidSpec, NeuroloomError
from engine.history import PLAIN
from engine.snapshot import Metrics
from engine.stopping import Until
from engine.trainer import Trainer
from gui.tuning import weights
from gui.tuning.picture import thumbnail
from gui.tuning.sampling import report_every
from gui.tuning.space import suggest, trial_spec
from gui.tuning.study import StudySettings

RESULT = "result"
# A run that diverged counts as so many times the loss it began with: clearly the worst, and still on the same axis.
DIVERGED_TIMES = 10.0
MOST_POINTS = 100


class GivenBack(NeuroloomError):
    """The worker was asked to end in mid-trial."""


@dataclass
class Outcome:
    """What came of a trial: its objectives, or ``pruned``; the attributes for its study, and its weights."""

    values: tuple[float, ...]
    pruned: bool
    attributes: dict[str, object] = field(default_factory=dict)
    content: bytes = b""


class Objective:
    """Trains the trials of one study. The samples are drawn once, since no trial changes them."""

    def __init__(self, settings: StudySettings) -> None:
        self.settings = settings
        self._data: Data | None = None

    def __call__(self, trial: optuna.Trial, stop: Callable[[], bool]) -> Outcome:
        """Train. Raises :class:`GivenBack` once ``stop()``, which is asked before each mini-batch or every few ms."""
        began = time.perf_counter()
        settings, every = self.settings, report_every(self.settings)
        params = suggest(trial, settings.space)
        try:
            spec = trial_spec(settings, params)
        except InvalidSpec as error:
            return Outcome((), True, {"seconds": 0.0, "problem": str(error), "picture": "", "weights": False})
        trainer = Trainer(spec, self._data)
        self._data = trainer.data
        start = value_of(trainer, settings.objective)
        pruned = False
        while trainer.epoch < settings.epochs and not trainer.stopped and not pruned:
            trainer.advance(stop, Until("epoch", min(trainer.epoch + every, settings.epochs)))
            if trainer.diverged is not None:
                break
            if stop():
                raise GivenBack("the trial is given back")
            value = value_of(trainer, settings.objective)
            if not math.isfinite(value):
                break
            pruned = self._is_pruned(trial, trainer.epoch, value)
        values, problem = self._values(trainer, start)
        attributes: dict[str, object] = {
            "seconds": round(time.perf_counter() - began, 4), "problem": problem,
            "picture": base64.b64encode(thumbnail(trainer)).decode(), "curve": curve_of(trainer, settings.objective),
        }  # fmt: skip
        content = b"" if problem else weights.pack(trainer)
        if pruned and len(content) > weights.SMALL_BYTES:
            content = b""
        return Outcome(values, pruned, attributes | {"weights": bool(content)}, content)

    def _is_pruned(self, trial: optuna.Trial, epoch: int, value: float) -> bool:
        if self.settings.objective == "accuracy_and_parameters":
            return False
        trial.report(value, epoch)
        # At the last epoch it is complete, whatever the others did.
        return self.settings.pruner != "none" and epoch < self.settings.epochs and trial.should_prune()

    def _values(self, trainer: Trainer, start: float) -> tuple[tuple[float, ...], str]:
        """The objectives, and why they are bad where the run diverged."""
        objective = self.settings.objective
        value, problem = value_of(trainer, objective), str(trainer.diverged or "")
        if not problem and not math.isfinite(value):
            problem = "The answers are no finite numbers any more."
        if problem:
            worst = -1.0 if trainer.spec.data.dataset.regression else 0.0
            value = (
                DIVERGED_TIMES * (start if math.isfinite(start) else 1.0) if objective == "validation_loss" else worst
            )
        if objective == "accuracy_and_parameters":
            return (value, float(trainer.spec.n_parameters)), problem
        return (value,), problem


def curve_of(trainer: Trainer, objective: str) -> list[tuple[int, float]]:
    """The objective (of two, the accuracy) after each epoch, thinned to about :data:`MOST_POINTS`."""
    rows = trainer.history.view()
    validated = rows.shape[1] > PLAIN
    names = (
        ("validation_loss", "train_loss")
        if objective == "validation_loss"
        else ("validation_accuracy", "train_accuracy")
    )
    column = Metrics._fields.index(names[0] if validated else names[1])
    rows = rows[np.isfinite(rows[:, column]) & (rows[:, 0] > 0)]
    every = -(-len(rows) // MOST_POINTS) or 1
    # From the last one backwards, so that the curve ends where the trial did.
    return [(int(row[0]), round(float(row[column]), 6)) for row in rows[::-every][::-1]]


def value_of(trainer: Trainer, objective: str) -> float:
    """Validation loss, or accuracy (R² in regression). Data too small to be split (a gate) are judged by all they have."""
    metrics = trainer.metrics()
    validated = trainer.data.validation is not None
    if objective == "validation_loss":
        return float(metrics.validation_loss if validated else metrics.train_loss)
    return float(metrics.validation_accuracy if validated else metrics.train_accuracy)
