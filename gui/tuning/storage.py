"""Studies as the window asks for them: begin, read, open a trial, export, delete. Reading is incremental. No Qt.

Everything here may take a moment (a database far away): the window calls it from a Question, never by itself.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import threading
from dataclasses import dataclass, field
from pathlib import Path

import optuna
from optuna.exceptions import DuplicatedStudyError, StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from engine.atomic import write_atomic
from engine.errors import InvalidSpec, UnreadableFile
from engine.files import SavedExperiment
from gui.tuning import database, record, weights
from gui.tuning.claims import GRACE_SECONDS, WORKER, budget, stale_trials, superseded, worked_seconds
from gui.tuning.database import TuningError, default_url
from gui.tuning.importance import quick_importance
from gui.tuning.objective import RESULT
from gui.tuning.sampling import directions
from gui.tuning.space import problem, rounded, trial_spec
from gui.tuning.study import (
    COMPLETE,
    FAILED,
    PRUNED,
    RUNNING,
    WAITING,
    StudySettings,
    StudyView,
    TrialView,
)

__all__ = ["TuningError", "create_study", "default_url", "delete_study", "export_csv", "load", "read_study", "studies",
           "trial_experiment"]  # fmt: skip

SETTINGS = "neuroloom"
STATES = {
    TrialState.RUNNING: RUNNING, TrialState.COMPLETE: COMPLETE, TrialState.PRUNED: PRUNED, TrialState.FAIL: FAILED,
    TrialState.WAITING: WAITING,
}  # fmt: skip
_FINISHED = (COMPLETE, PRUNED, FAILED)


@dataclass
class _Read:
    """What is known of a study already: its finished trials never change."""

    study: optuna.Study
    settings: StudySettings
    views: dict[int, TrialView] = field(default_factory=dict)
    importance: tuple[int, dict[str, float]] = (0, {})


_read: dict[tuple[str, str], _Read] = {}
_reading = threading.Lock()


def create_study(url: str, settings: StudySettings) -> None:
    """Begin a study; nobody works on it yet. Raises :class:`TuningError`, also where there is one by this name."""
    if found := problem(settings):
        raise TuningError(found)
    rdb = database.opened(url)
    try:
        study = optuna.create_study(storage=rdb, study_name=settings.name, directions=directions(settings))
        study.set_user_attr(SETTINGS, record.to_json(settings))
    except DuplicatedStudyError:
        raise TuningError(f"There is a study called {settings.name} already: give this one another name.") from None
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _unanswered(url, error) from error


def load(url: str, name: str) -> tuple[optuna.Study, StudySettings]:
    """Optuna's study and its settings. Raises :class:`TuningError`."""
    rdb = database.opened(url)
    try:
        study = optuna.load_study(study_name=name, storage=rdb, sampler=optuna.samplers.RandomSampler(0),
                                  pruner=optuna.pruners.NopPruner())  # fmt: skip
        return study, record.from_json(study.user_attrs.get(SETTINGS))
    except KeyError:
        known = ", ".join(studies(url)) or "none"
        raise TuningError(f"There is no study called {name} in {database.shown(url)}; there are: {known}.") from None
    except InvalidSpec as error:
        raise TuningError(f"The study {name} can't be read: {error}. Begin a new one.") from error
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _unanswered(url, error) from error


def studies(url: str) -> tuple[str, ...]:
    """The names of all studies of ours, the newest first. Raises :class:`TuningError`."""
    try:
        found = database.opened(url).get_all_studies()
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _unanswered(url, error) from error
    return tuple(one.study_name for one in reversed(found) if SETTINGS in one.user_attrs)


def read_study(url: str, name: str) -> StudyView:
    """The study at this moment. Of what was finished at the last call nothing is read again. Raises :class:`TuningError`."""
    key = (database.address(url), name)
    with _reading:
        if key not in _read:
            _read[key] = _Read(*load(url, name))
        known = _read[key]
        try:
            return _view(known, database.opened(url))
        except KeyError:
            forget(url, name)
            raise TuningError(f"The study {name} is not there any more: somebody has deleted it.") from None
        except (SQLAlchemyError, StorageInternalError) as error:
            raise _unanswered(url, error) from error


def forget(url: str, name: str) -> None:
    """Read everything anew at the next call."""
    _read.pop((database.address(url), name), None)


def close() -> None:
    """Let go of every database: the window closes."""
    with _reading:
        _read.clear()
    database.close()


def _view(known: _Read, rdb: RDBStorage) -> StudyView:
    study, settings = known.study, known.settings
    trials = study.get_trials(deepcopy=False)
    stale = set(stale_trials(rdb, study._study_id, GRACE_SECONDS))
    hidden = superseded(trials)
    views = []
    for trial in trials:
        if trial.number in hidden:
            continue
        view = known.views.get(trial.number)
        if view is None:
            view = _trial_view(trial)
            if view.state in _FINISHED:
                known.views[trial.number] = view
        views.append(view)
    workers = sum(t.state == TrialState.RUNNING and t._trial_id not in stale for t in trials)
    done = [view for view in views if view.state in (COMPLETE, PRUNED)]
    complete = [view for view in views if view.state == COMPLETE]
    if known.importance[0] != len(complete):
        known.importance = len(complete), quick_importance(study, settings)
    return StudyView(
        settings, tuple(views), best_of(settings, complete), workers, workers > 0,
        _seconds_left(settings, done, workers, worked_seconds(trials)), dict(known.importance[1]),
    )  # fmt: skip


def _trial_view(trial: FrozenTrial) -> TrialView:
    result, worker = trial.user_attrs.get(RESULT, {}), trial.user_attrs.get(WORKER, {})
    curve = result.get("curve") or sorted(trial.intermediate_values.items())
    try:
        picture = base64.b64decode(result.get("picture", ""), validate=True)
    except (binascii.Error, ValueError):
        picture = b""
    return TrialView(
        trial.number, STATES[trial.state], {name: rounded(value) for name, value in trial.params.items()},
        tuple(trial.values or ()) if trial.state == TrialState.COMPLETE else (),
        tuple((int(epoch), float(value)) for epoch, value in curve), float(result.get("seconds", 0.0)),
        str(worker.get("machine", "")), picture, bool(result.get("weights")), str(result.get("problem", "")),
    )  # fmt: skip


def best_of(settings: StudySettings, complete: list[TrialView]) -> tuple[int, ...]:
    """The number of the best trial; of two objectives the Pareto front: trials that none other is better than in both."""
    if not complete:
        return ()
    signs = [1 if direction.name == "MINIMIZE" else -1 for direction in directions(settings)]
    costs = {view.number: tuple(s * v for s, v in zip(signs, view.values, strict=True)) for view in complete}
    if len(signs) == 1:
        return (min(costs, key=lambda number: (costs[number], number)),)
    front, lowest = [], float("inf")
    for number in sorted(costs, key=lambda n: (costs[n], n)):
        if costs[number][1] < lowest:
            front.append(number)
            lowest = costs[number][1]
    return tuple(front)


def _seconds_left(settings: StudySettings, done: list[TrialView], workers: int, worked: float) -> float | None:
    """By how long the trials so far took, shared out to those who work; None while nobody works or nothing is known."""
    if not workers:
        return None
    limits = []
    if settings.minutes:
        limits.append(max(settings.minutes * 60 - worked, 0.0))
    if (most := budget(settings)) and done:
        limits.append(max(most - len(done), 0) * sum(view.seconds for view in done) / len(done) / workers)
    return min(limits) if limits else None


def trial_experiment(url: str, name: str, number: int) -> SavedExperiment:
    """A trial as an experiment: as it was trained where its weights were kept, else to be trained anew.

    Raises :class:`TuningError`.
    """
    study, settings = load(url, name)
    try:
        rdb = database.opened(url)
        trial = rdb.get_trial(rdb.get_trial_id_from_study_id_trial_number(study._study_id, number))
        content = weights.get(rdb.engine, trial._trial_id)
    except KeyError:
        raise TuningError(f"There is no trial {number} in the study {name}.") from None
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _unanswered(url, error) from error
    title = f"{name}, trial {number}"
    try:
        spec = trial_spec(settings, trial.params)
        if content is None:
            return SavedExperiment(spec, title=title, epochs=settings.epochs)
        return weights.unpack(content, spec, title)
    except InvalidSpec as error:
        raise TuningError(f"Trial {number} can't be opened: {error}.") from error


def delete_study(url: str, name: str) -> None:
    """Delete a study with all its trials and weights. Raises :class:`TuningError`."""
    study, _ = load(url, name)
    rdb = database.opened(url)
    try:
        trial = optuna.storages._rdb.models.TrialModel
        with rdb.engine.connect() as connection:
            ids = connection.execute(select(trial.trial_id).where(trial.study_id == study._study_id)).scalars().all()
        weights.drop(rdb.engine, list(ids))
        optuna.delete_study(study_name=name, storage=rdb)
    except (SQLAlchemyError, StorageInternalError) as error:
        raise _unanswered(url, error) from error
    with _reading:
        forget(url, name)


def export_csv(view: StudyView, path: Path) -> None:
    """Every trial as a row: number, state, objectives, parameters, epochs, seconds, machine. Raises :class:`UnreadableFile`."""
    objectives = (
        ["validation_accuracy", "parameters"]
        if view.settings.objective == "accuracy_and_parameters"
        else [view.settings.objective]
    )
    names = [choice.name for choice in view.settings.space]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["trial", "state", *objectives, *names, "epochs", "seconds", "machine", "problem"])
    for trial in view.trials:
        values = [repr(value) for value in trial.values] or [""] * len(objectives)
        epochs = trial.curve[-1][0] if trial.curve else 0
        params = [trial.params.get(name, "") for name in names]
        writer.writerow(
            [trial.number, trial.state, *values, *params, epochs, trial.seconds, trial.machine, trial.problem]
        )
    try:
        write_atomic(Path(path), text.getvalue().encode())
    except OSError as error:
        reason = f"can't be written ({error.strerror or error})."
        raise UnreadableFile(path, reason, "Choose another folder or free some space.") from error


def _unanswered(url: str, error: BaseException) -> TuningError:
    lines = str(error.__cause__ or error).strip().splitlines() or [""]
    return TuningError(f"{database.shown(url)} does not answer ({lines[0][:200]}): check that it runs, and try again.")
