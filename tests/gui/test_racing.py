"""Races in the training thread: views come through, refusals are sentences, and a bug is told once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication

from engine.activations import ACTIVATIONS
from engine.race import Finish, Race, RaceView
from engine.spec import ExperimentSpec
from gui.runner import Runner
from tests.engine.helpers import experiment


@pytest.fixture
def runner(qtbot):
    runner = Runner()
    yield runner
    assert runner.shut_down()


def entries(**more) -> list[tuple[str, ExperimentSpec]]:
    spec = experiment(**more)
    return [
        (name, replace(spec, network=replace(spec.network, activation=ACTIVATIONS[name]())))
        for name in ("tanh", "relu", "sigmoid")
    ]


def seen_by(runner: Runner) -> list[RaceView]:
    seen: list[RaceView] = []
    runner.races.shown.connect(seen.append)
    return seen


def test_views_come_while_it_races_and_at_its_end(runner, qtbot):
    seen = seen_by(runner)
    runner.races.start(entries(), Finish(epochs=150))
    qtbot.waitUntil(lambda: bool(seen) and seen[-1].done, timeout=20_000)
    assert seen[0].running
    assert not seen[-1].running
    assert [lane.metrics.epoch for lane in seen[-1].lanes] == [150, 150, 150]
    progress = [view.progress for view in seen]
    assert progress == sorted(progress)


def test_what_can_t_race_is_refused_in_a_sentence(runner, qtbot):
    with qtbot.waitSignal(runner.races.refused) as said:
        runner.races.start(entries()[:1], Finish(epochs=3))
    assert said.args == ["These can't race: a race has 2 to 6 lanes, not 1."]


def test_a_closed_gate_holds_the_race(runner, qtbot):
    seen = seen_by(runner)
    runner.races.start(entries(samples=400), Finish(epochs=10**9))
    qtbot.waitUntil(lambda: len(seen) > 1, timeout=20_000)
    race, counts = runner.races.worker._race, [-1]

    def stands_still() -> bool:
        counts.append(sum(lane.trainer.descent.step for lane in race.lanes))
        return counts[-1] == counts[-2]

    with runner.gate.held():
        qtbot.waitUntil(stands_still)
    n = len(seen)
    qtbot.waitUntil(lambda: len(seen) > n, timeout=20_000)


def test_a_new_race_takes_the_place_of_the_old_one(runner, qtbot):
    seen = seen_by(runner)
    runner.races.start(entries(), Finish(epochs=10**9))
    qtbot.waitUntil(lambda: bool(seen))
    runner.races.start(entries()[:2], Finish(epochs=2))
    qtbot.waitUntil(lambda: seen[-1].done, timeout=20_000)
    assert [lane.name for lane in seen[-1].lanes] == ["tanh", "relu"]


def test_a_cleared_race_is_seen_no_more(runner, qtbot):
    seen = seen_by(runner)
    runner.races.start(entries(), Finish(epochs=10**9))
    qtbot.waitUntil(lambda: bool(seen))
    runner.races.clear()
    n = len(seen)
    qtbot.waitUntil(lambda: runner.races.worker._race is None)
    QApplication.processEvents()  # what was published before arrives, and is dropped
    assert len(seen) == n


def test_a_bug_in_a_lane_ends_the_race_and_is_told_once(runner, qtbot, monkeypatch):
    def broken(*_: object) -> bool:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Race, "advance", broken)
    told: list[str] = []
    runner.races.refused.connect(told.append)
    with qtbot.captureExceptions() as caught:
        runner.races.start(entries(), Finish(epochs=5))
        qtbot.waitUntil(lambda: bool(told) and bool(caught))
    assert told == ["The race was given up: something in it went wrong."]
    assert len(caught) == 1
