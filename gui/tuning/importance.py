"""How much each hyperparameter decides, by Optuna: at once by PED-ANOVA, and by fANOVA in a process of its own. No Qt."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from engine.errors import NeuroloomError
from gui.tuning.study import StudySettings

# Fewer trials than this say nothing about so many hyperparameters.
FEWEST = 10
_LOOK_SECONDS = 0.05


def quick_importance(study: optuna.Study, settings: StudySettings) -> dict[str, float]:
    """Shares that sum to 1, the largest first: what it takes to be among the best tenth. Empty for fewer than 10 trials.

    Watanabe, Bansal & Hutter 2023, PED-ANOVA; a few milliseconds.
    """
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < FEWEST:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        evaluator = _without_scikit_learn().PedAnovaImportanceEvaluator()
        return importance_by(study, settings, evaluator)


def _without_scikit_learn() -> ModuleType:
    """``optuna.importance``, which would import scikit-learn for its fANOVA where it finds it: seconds of the window's time.

    None in its place makes the import fail, as where it is not installed, and Optuna does without.
    """
    if "optuna.importance" in sys.modules or "sklearn" in sys.modules:
        return importlib.import_module("optuna.importance")
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("optuna.importance")
    finally:
        del sys.modules["sklearn"]


def importance_by(study: optuna.Study, settings: StudySettings, evaluator: Any) -> dict[str, float]:
    """By any of Optuna's evaluators; of two objectives for the accuracy. Empty where it can say nothing."""
    sign = 1.0 if settings.objective == "validation_loss" else -1.0

    def target(trial: FrozenTrial) -> float:
        return sign * float(trial.values[0])

    try:
        found = optuna.importance.get_param_importances(study, evaluator=evaluator, target=target)
    except (ValueError, RuntimeError, ZeroDivisionError):
        return {}
    searched = {choice.name for choice in settings.space}
    return {name: float(share) for name, share in found.items() if name in searched}


def fanova(url: str, name: str, stop: Callable[[], bool]) -> dict[str, float] | None:
    """Shares by fANOVA (Hutter, Hoos & Leyton-Brown 2014), whose forest is scikit-learn's; None once ``stop()``.

    In a child: scikit-learn takes seconds to import and holds the interpreter's lock. Raises :class:`NeuroloomError`.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "gui.tuning.importance", name], cwd=Path(__file__).parents[2],
        env=os.environ | {"NEUROLOOM_STORAGE": url, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )  # fmt: skip
    assert child.stdout is not None
    try:
        while child.poll() is None:
            if stop():
                return None
            time.sleep(_LOOK_SECONDS)
        said = child.stdout.read()  # a line: no pipe is ever full of it
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
    try:
        found = json.loads(said)
        return {str(key): float(value) for key, value in found.items()}
    except (ValueError, AttributeError, TypeError):
        raise NeuroloomError(
            f"There is no importance by fANOVA: its process ended with code {child.returncode}. Try again later."
        ) from None


def main(name: str) -> None:
    """In the child: print the shares as JSON."""
    from gui.tuning import storage

    with contextlib.suppress(AttributeError, OSError):
        os.nice(5)
    study, settings = storage.load(os.environ["NEUROLOOM_STORAGE"], name)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    sys.stdout.write(json.dumps(importance_by(study, settings, evaluator)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
