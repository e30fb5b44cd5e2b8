"""Who trains what: workers claim trials one at a time, give them back, and take over those of workers that died.

All of it happens under one lock (:func:`gui.tuning.database.alone`). So the budget is kept exactly, however many workers on
however many machines there are: a new trial is begun only while those that are finished, running and waiting are fewer.
A worker may be killed between any two lines: what is missing then is begun anew by the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import func, select

from gui.tuning.database import alone
from gui.tuning.sampling import pruner_of, sampler_of
from gui.tuning.space import grid_size
from gui.tuning.study import StudySettings

WORKER = "worker"
RETRIED = "retry_history"
DEATHS = "deaths"
MOST_DEATHS = 3
HEARTBEAT_SECONDS = 5.0
GRACE_SECONDS = 30.0
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


class Claims:
    """The claims of one worker: ``worker`` is its own name, ``machine`` a person's word for where it runs."""

    def __init__(
        self, study: optuna.Study, rdb: RDBStorage, settings: StudySettings, worker: str, machine: str,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:  # fmt: skip
        self.study, self.rdb, self.settings = study, rdb, settings
        self.about = {"id": worker, "machine": machine}
        self.grace_seconds = grace_seconds
        self.is_over = False

    def claim(self) -> optuna.Trial | None:
        """The next trial, with its heart already beating.

        None where there is none now; then ``is_over`` says whether the study is finished, or others still train.
        """
        with alone(self.rdb):
            self._reap(stale_trials(self.rdb, self.study._study_id, self.grace_seconds))
            trials = self.study.get_trials(deepcopy=False)
            counted = {state: [t for t in trials if t.state == state] for state in TrialState}
            n = sum(len(counted[state]) for state in (*FINISHED, TrialState.RUNNING, TrialState.WAITING))
            most = budget(self.settings)
            has_time = not self.settings.minutes or worked_seconds(trials) < self.settings.minutes * 60
            if not has_time or not (counted[TrialState.WAITING] or not most or n < most):
                self.is_over = not has_time or not counted[TrialState.RUNNING]
                return None
            place = n - bool(counted[TrialState.WAITING])
            self.study.sampler, self.study.pruner = sampler_of(self.settings, place), pruner_of(self.settings)
            trial = self.study.ask()
            self.rdb.record_heartbeat(trial._trial_id)
            trial.set_user_attr(WORKER, self.about)
            return trial

    def give_back(self, trial: optuna.Trial) -> None:
        """Let another worker train it, or this one another day."""
        with alone(self.rdb):
            self._requeue(trial._trial_id, died=False)

    def take_over(self, worker: str) -> None:
        """Give back what a worker that is known to be dead has left."""
        with alone(self.rdb):
            trials = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
            self._reap(t._trial_id for t in trials if t.user_attrs.get(WORKER, {}).get("id") == worker)

    def _reap(self, trial_ids: Iterable[int]) -> None:
        for trial_id in trial_ids:
            self._requeue(trial_id, died=True)

    def _requeue(self, trial_id: int, died: bool) -> None:
        """The trial fails, and one with the same parameters waits in its place; nothing where it is finished by now.

        One that has taken several workers with it (too large for the memory of every machine) is not tried again.
        """
        try:
            self.rdb.set_trial_state_values(trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return
        trial = self.rdb.get_trial(trial_id)
        deaths = trial.system_attrs.get(DEATHS, 0) + died
        if deaths >= MOST_DEATHS:
            return
        history = [*trial.system_attrs.get(RETRIED, []), trial.number]
        again = create_trial(
            state=TrialState.WAITING, params=trial.params, distributions=trial.distributions,
            system_attrs=trial.system_attrs | {RETRIED: history, DEATHS: deaths},
        )  # fmt: skip
        self.study.add_trial(again)


class Heart:
    """Beats for a trial from a thread of its own while the block runs: an epoch may take longer than the grace."""

    def __init__(self, rdb: RDBStorage, trial: optuna.Trial, seconds: float = HEARTBEAT_SECONDS) -> None:
        self._rdb, self._trial_id, self._seconds = rdb, trial._trial_id, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="heartbeat")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: Any) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(self._seconds):
                try:
                    self._rdb.record_heartbeat(self._trial_id)
                except Exception:  # a database that is away for a moment: the next beat may reach it
                    continue
        finally:
            self._rdb.remove_session()


def budget(settings: StudySettings) -> int:
    """How many trials there may be, 0 for any number."""
    if settings.sampler == "grid":
        return min(settings.trials or grid_size(settings.space), grid_size(settings.space))
    return settings.trials


def stale_trials(rdb: RDBStorage, study_id: int, grace_seconds: float) -> list[int]:
    """Running trials whose worker has not been heard of for so long, or was killed before its first heartbeat."""
    trial, beat = models.TrialModel, models.TrialHeartbeatModel
    query = (
        select(trial.trial_id, beat.heartbeat)
        .outerjoin(beat, beat.trial_id == trial.trial_id)
        .where(trial.study_id == study_id, trial.state == TrialState.RUNNING)
    )
    with rdb.engine.connect() as connection:
        now = connection.execute(select(func.current_timestamp())).scalar_one()
        rows = connection.execute(query).all()
    limit = now.replace(tzinfo=None) - timedelta(seconds=grace_seconds)
    return [trial_id for trial_id, heard in rows if heard is None or heard < limit]


def superseded(trials: Iterable[FrozenTrial]) -> set[int]:
    """Numbers of failed trials that another one stands for."""
    return {number for trial in trials for number in trial.system_attrs.get(RETRIED, [])}


def worked_seconds(trials: Iterable[FrozenTrial]) -> float:
    """How long the study was worked on: while at least one of its trials was trained. Pauses between them do not count."""
    # A trial whose worker died counts for nothing: nobody knows when it ended.
    spans = sorted(
        (t.datetime_start, t.datetime_complete)
        for t in trials
        if t.state in FINISHED and t.datetime_start is not None and t.datetime_complete is not None
    )
    total, until = timedelta(), None
    for start, end in spans:
        begin = start if until is None else max(start, until)
        if end > begin:
            total += end - begin
        until = end if until is None else max(until, end)
    return total.total_seconds()
