"""Who trains what: the budget, trials of dead workers, samplers in turn."""

from __future__ import annotations

import math
import warnings
from datetime import datetime, timedelta

import optuna
import pytest
import sqlalchemy
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from gui.tuning import database, storage
from gui.tuning.claims import MOST_DEATHS, Claims, Heart, budget, stale_trials, worked_seconds
from gui.tuning.sampling import CmaEs, sampler_of
from gui.tuning.space import grid_size, suggest
from gui.tuning.study import COMPLETE, RUNNING, WAITING, Choice
from tests.tuning.studies import FAST, RATE, begun, settings, states


@pytest.fixture(autouse=True)
def _closed():
    yield
    storage.close()


def claims_of(url: str, name: str = "study", worker: str = "a", grace: float = 30) -> Claims:
    study, made = storage.load(url, name)
    return Claims(study, database.opened(url), made, worker, "here", grace)


def age(url: str, trial: optuna.Trial, seconds: float) -> None:
    """As if its worker had not been heard of for so long."""
    with database.opened(url).engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE trial_heartbeats SET heartbeat = datetime('now', :ago) WHERE trial_id = :id"),
            {"ago": f"-{seconds} seconds", "id": trial._trial_id},
        )


def test_the_budget_counts_what_others_train(tmp_path):
    url, _ = begun(tmp_path, trials=2)
    one, two = claims_of(url), claims_of(url, worker="b")
    first, second = one.claim(), two.claim()
    assert (first.number, second.number) == (0, 1)
    assert (one.claim(), one.is_over) == (None, False)
    two.study.tell(second, 1.0)
    assert (one.claim(), one.is_over) == (None, False)
    one.study.tell(first, state=TrialState.PRUNED)
    assert (one.claim(), one.is_over) == (None, True)


def test_a_trial_given_back_keeps_its_parameters_and_is_taken_next(tmp_path):
    url, made = begun(tmp_path, trials=2)
    claims = claims_of(url)
    trial = claims.claim()
    params = suggest(trial, made.space)
    claims.give_back(trial)
    assert states(storage.read_study(url, "study")) == {WAITING: 1}
    again = claims.claim()
    assert (again.number, suggest(again, made.space)) == (1, params)
    assert states(storage.read_study(url, "study")) == {RUNNING: 1}


def test_a_silent_worker_s_trial_is_taken_over_and_its_late_answer_does_not_count(tmp_path):
    url, made = begun(tmp_path, trials=1)
    asleep, awake = claims_of(url, worker="asleep"), claims_of(url, worker="awake")
    lost = asleep.claim()
    params = suggest(lost, made.space)
    assert awake.claim() is None
    age(url, lost, 31)
    taken = awake.claim()
    assert suggest(taken, made.space) == params
    awake.study.tell(taken, 0.5)
    with pytest.raises(ValueError, match="FAIL"):
        asleep.study.tell(lost, 0.1)
    view = storage.read_study(url, "study")
    assert [(trial.number, trial.state, trial.values) for trial in view.trials] == [(1, COMPLETE, (0.5,))]


def test_a_worker_killed_before_its_first_heartbeat(tmp_path):
    url, _ = begun(tmp_path, trials=1)
    study, _ = storage.load(url, "study")
    silent = study.ask()
    assert stale_trials(database.opened(url), study._study_id, 30) == [silent._trial_id]
    assert claims_of(url).claim() is not None


def test_a_worker_killed_between_failing_a_trial_and_queueing_it_again(tmp_path):
    url, _ = begun(tmp_path, trials=1)
    claims = claims_of(url)
    claims.study.tell(claims.claim(), state=TrialState.FAIL)
    assert claims.claim().number == 1


def test_what_is_known_to_be_dead_is_taken_over_at_once(tmp_path):
    url, _ = begun(tmp_path, trials=3)
    claims_of(url, worker="dead").claim()
    claims_of(url, worker="alive").claim()
    claims_of(url, worker="next").take_over("dead")
    assert states(storage.read_study(url, "study")) == {RUNNING: 1, WAITING: 1}


def test_a_trial_that_takes_every_worker_with_it_is_given_up(tmp_path):
    url, _ = begun(tmp_path, trials=1)
    for death in range(MOST_DEATHS):
        claims = claims_of(url, worker=f"{death}")
        assert claims.claim().number == death
        claims.take_over(f"{death}")
    view = storage.read_study(url, "study")
    assert [(trial.number, trial.state) for trial in view.trials] == [(MOST_DEATHS - 1, "failed")]
    assert claims_of(url).claim().number == MOST_DEATHS  # another one in its place


def test_pauses_are_no_deaths(tmp_path):
    url, _ = begun(tmp_path, trials=1)
    claims = claims_of(url)
    for _ in range(MOST_DEATHS + 2):
        claims.give_back(claims.claim())
    assert states(storage.read_study(url, "study")) == {WAITING: 1}


def test_the_heart_beats_while_a_trial_is_trained(tmp_path):
    url, _ = begun(tmp_path, trials=1)
    claims = claims_of(url)
    trial = claims.claim()
    age(url, trial, 100)
    rdb, study_id = database.opened(url), claims.study._study_id
    assert stale_trials(rdb, study_id, 30)
    with Heart(rdb, trial, 0.01):
        for _ in range(500):
            if not stale_trials(rdb, study_id, 30):
                break
    assert not stale_trials(rdb, study_id, 30)


def test_time_worked_by_hand():
    start = datetime(2026, 1, 1, 12)

    def trial(begin: float, end: float, state: TrialState = TrialState.COMPLETE):
        made = create_trial(state=state, values=[0.0] if state == TrialState.COMPLETE else None)
        made.datetime_start = start + timedelta(seconds=begin)
        made.datetime_complete = start + timedelta(seconds=end)
        return made

    # 0 to 10 with two at once, a pause, 100 to 130 by two in turn; one that died at some time counts for nothing.
    spans = [trial(0, 8), trial(2, 10), trial(100, 120), trial(110, 130), trial(3, 4), trial(0, 9999, TrialState.FAIL)]
    assert worked_seconds(spans) == 40
    assert worked_seconds([]) == 0


def test_a_budget_in_minutes(tmp_path):
    url, _ = begun(tmp_path, trials=0, minutes=0.001)
    claims = claims_of(url)
    trial = claims.claim()
    assert trial is not None
    claims.study.tell(trial, 1.0)
    with database.opened(url).engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE trials SET datetime_start = datetime('now', 'localtime', '-60 seconds')")
        )
    claims = claims_of(url)
    storage.close()
    claims = claims_of(url)
    assert (claims.claim(), claims.is_over) == (None, True)


def test_a_grid_is_worked_off_once(tmp_path):
    space = (Choice("width", 2, 4, whole=True), Choice("activation", options=("relu", "tanh")))
    url, made = begun(tmp_path, space=space, sampler="grid", trials=100)
    assert budget(made) == grid_size(space) == 6
    claims = claims_of(url)
    seen = []
    while (trial := claims.claim()) is not None:
        seen.append(tuple(suggest(trial, space).values()))
        claims.study.tell(trial, 1.0)
    assert len(seen) == len(set(seen)) == 6


def test_different_places_draw_differently_and_the_same_place_the_same():
    def drawn(place: int, seed: int = 0) -> dict:
        study = optuna.create_study(sampler=sampler_of(settings(seed=seed), place))
        return suggest(study.ask(), FAST)

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)
    assert drawn(3) != drawn(3, seed=1)


def test_cma_es_without_pickles_is_optuna_s():
    """The same parameters for 30 trials as from the sampler that keeps its state pickled."""
    numbers = {"a": FloatDistribution(-3, 3), "b": FloatDistribution(1e-3, 10, log=True)}

    def run(sampler) -> tuple[list[dict], bool]:
        study = optuna.create_study(sampler=sampler)
        for _ in range(30):
            trial = study.ask(numbers)
            study.tell(trial, (trial.params["a"] - 1) ** 2 + math.log(trial.params["b"]) ** 2)
        trials = study.get_trials()
        return [t.params for t in trials], any("optimizer" in key for t in trials for key in t.system_attrs)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        theirs, pickled = run(optuna.samplers.CmaEsSampler(seed=5))
        ours, still_pickled = run(CmaEs(seed=5))
    assert (pickled, still_pickled) == (True, False)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(other, rel=1e-9)


def test_cma_es_in_a_study(tmp_path):
    space = (RATE, Choice("l2", 1e-5, 1e-1, log=True))
    url, _ = begun(tmp_path, space=space, sampler="cmaes", trials=8)
    claims = claims_of(url)
    while (trial := claims.claim()) is not None:
        params = suggest(trial, space)
        claims.study.tell(trial, abs(math.log10(params["learning_rate"]) + 2))
    assert len(storage.read_study(url, "study").trials) == 8
