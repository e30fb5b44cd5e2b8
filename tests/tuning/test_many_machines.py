"""One study on a real PostgreSQL server, worked on by three processes, as three machines would."""

from __future__ import annotations

import time

import pytest

from gui.tuning import database, storage
from gui.tuning.study import COMPLETE, FAILED, PRUNED, RUNNING
from tests.tuning import postgres
from tests.tuning.studies import POSIX, Crowd, kill_at_random, settings, states


@pytest.fixture(scope="module")
def url():
    with postgres.server() as address:
        yield address
        storage.close()


@pytest.fixture(autouse=True)
def _closed():
    yield
    storage.close()


@POSIX
def test_a_killed_worker_s_trial_is_picked_up_again_and_nothing_counts_twice(url, tmp_path):
    made = settings("three", trials=9, pruner="median")
    storage.create_study(url, made)
    hold = tmp_path / "hold"
    hold.touch()
    with Crowd(url, "three", 3, grace_seconds=1.0, hold=str(hold)) as crowd:
        until = time.monotonic() + 30
        at_work: list[int] = []
        while len(at_work) < 3 and time.monotonic() < until:
            crowd.workers[0].join(0.02)
            view = storage.read_study(url, "three")
            at_work = [trial.number for trial in view.trials if trial.state == RUNNING and len(trial.params) == 2]
        assert (len(at_work), view.workers, view.running) == (3, 3, True)
        crowd.kill(1, again=False)
        hold.unlink()
        assert crowd.wait() == [0, -9, 0]
    view = storage.read_study(url, "three")
    count = states(view)
    assert count[COMPLETE] + count[PRUNED] == made.trials == len(view.trials)
    assert count[FAILED] == 0
    # Of the three that were trained when one was killed, two ended under their numbers, and one under another.
    study, _ = storage.load(url, "three")
    failed = [t for t in study.get_trials(deepcopy=False) if t.state.name == "FAIL"]
    assert [t.number in at_work for t in failed] == [True]
    assert len(set(at_work) & {trial.number for trial in view.trials}) == 2
    again = [t for t in study.get_trials(deepcopy=False) if failed[0].number in t.system_attrs.get("retry_history", [])]
    assert [t.params for t in again] == [failed[0].params]


@POSIX
def test_killed_at_random_moments(url):
    made = settings("random", trials=12)
    storage.create_study(url, made)
    kill_at_random(url, "random", workers=3, kills=5, seed=1)
    view = storage.read_study(url, "random")
    assert states(view) == {COMPLETE: 12}


def test_a_trial_opens_with_its_weights_and_a_deleted_study_is_gone(url):
    from gui.tuning.worker import work

    storage.create_study(url, settings("open", trials=1))
    assert work(url, "open", lambda: False) == 1
    saved = storage.trial_experiment(url, "open", 0)
    trial = storage.read_study(url, "open").trials[0]
    assert saved.trainer().metrics().validation_loss == pytest.approx(trial.values[0], abs=1e-6)
    storage.delete_study(url, "open")
    assert "open" not in storage.studies(url)
    with pytest.raises(storage.TuningError, match="no study called open"):
        storage.read_study(url, "open")


def test_both_spellings_are_the_same_database(url):
    assert database.address(url) == url.replace("postgresql://", "postgresql+psycopg://")
    assert database.opened(url) is database.opened(database.address(url))
