"""Optuna's samplers and pruners as a study asks for them.

A sampler is made anew for each trial, seeded by the study's seed and by how many trials came before: so one worker always
gives the same trials, however often it was stopped in between, and two workers never draw the same.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler, CmaEsSampler, GridSampler
from optuna.study import StudyDirection

from gui.tuning.space import grid
from gui.tuning.study import StudySettings

STARTUP_TRIALS = 5
# The pruner sees a trial at most so many times: each look costs reads and writes of the database, about 10 ms.
MOST_REPORTS = 10


def directions(settings: StudySettings) -> list[StudyDirection]:
    """What is better of each objective."""
    if settings.objective == "accuracy_and_parameters":
        return [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]
    return [StudyDirection.MINIMIZE if settings.objective == "validation_loss" else StudyDirection.MAXIMIZE]


def report_every(settings: StudySettings) -> int:
    """Epochs between two looks of the pruner: 1 up to 10 epochs, 3 at 30."""
    return max(1, -(-settings.epochs // MOST_REPORTS))


def pruner_of(settings: StudySettings) -> BasePruner:
    """The pruner; two objectives can't be pruned."""
    if settings.pruner == "none" or settings.objective == "accuracy_and_parameters":
        return optuna.pruners.NopPruner()
    first = max(report_every(settings), settings.epochs // 10)
    if settings.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=first, max_resource=settings.epochs, reduction_factor=3)
    return optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS, n_warmup_steps=first)


def sampler_of(settings: StudySettings, place: int) -> BaseSampler:
    """The sampler of the trial that has ``place`` others before it."""
    seed = int(np.random.SeedSequence([settings.seed, place]).generate_state(1)[0] % 2**31)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if settings.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        if settings.sampler == "grid":
            return Grid(grid(settings.space), seed=settings.seed)
        if settings.sampler == "cmaes":
            return CmaEs(seed=seed)
        # What other workers are about to find out counts as bad, so that they do not all search the same place.
        return optuna.samplers.TPESampler(
            n_startup_trials=max(10, len(settings.space)), multivariate=True, constant_liar=True, seed=seed
        )


class Grid(GridSampler):
    """The grid in an order that the seed shuffles. When it is worked off, whoever claims trials sees it."""

    def after_trial(self, *_arguments: Any, **_more: Any) -> None:
        """Optuna would stop its own loop here, which we do not run."""


class CmaEs(CmaEsSampler):
    """CMA-ES whose state is computed anew from the trials.

    Optuna's own keeps it pickled in the database, and reading a pickle runs what is in it.
    """

    _now: tuple[Any, StudyDirection] | None = None

    def sample_relative(self, study: optuna.Study, trial: Any, search_space: dict[str, Any]) -> dict[str, Any]:
        if not search_space:
            return {}
        transform = optuna._transform._SearchSpaceTransform(search_space, transform_step=True, transform_0_1=True)
        self._now = transform, study.direction
        return super().sample_relative(study, trial, search_space)

    def _split_optimizer_str(self, _optimizer: str) -> dict[str, str]:
        return {}

    def _restore_optimizer(self, completed_trials: list[Any]) -> Any:
        assert self._now is not None
        transform, direction = self._now
        if not any(trial.system_attrs.get(self._attr_key_generation, 0) for trial in completed_trials):
            return None  # the first generation: it begins anew each time
        state = self._cma_rng.rng.get_state()
        optimizer = self._init_optimizer(transform, direction)
        self._cma_rng.rng.set_state(state)  # Optuna's own would have drawn nothing here
        sign = 1 if direction == StudyDirection.MINIMIZE else -1
        while True:
            trials = self._get_solution_trials(completed_trials, optimizer.generation)[: optimizer.population_size]
            if len(trials) < optimizer.population_size:
                return optimizer
            optimizer.tell([(transform.transform(trial.params), sign * trial.values[0]) for trial in trials])
