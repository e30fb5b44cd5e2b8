"""Workers that are killed with SIGKILL: the study opens again, nothing finished is lost, nothing is counted twice."""

from __future__ import annotations

import pytest

from gui.tuning import storage
from gui.tuning.study import COMPLETE, PRUNED
from tests.tuning.studies import POSIX, begun, kill_at_random, states

pytestmark = POSIX


@pytest.fixture(autouse=True)
def _closed():
    yield
    storage.close()


def test_killed_at_ten_random_moments(tmp_path):
    url, settings = begun(tmp_path, trials=24, pruner="median", epochs=6)
    assert kill_at_random(url, settings.name, workers=2, kills=10, seed=3) > 0
    view = storage.read_study(url, settings.name)
    count = states(view)
    assert count[COMPLETE] + count[PRUNED] == settings.trials == len(view.trials)
    assert all(
        storage.trial_experiment(url, "study", t.number).moment is not None for t in view.trials if t.has_weights
    )
