"""Races: every lane has the same time, the bits of training alone, and an end."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine import race as race_module
from engine.activations import ACTIVATIONS
from engine.activations.typed import Typed
from engine.errors import InvalidSpec
from engine.race import MAX_POINTS, Finish, Race
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment


def never() -> bool:
    return False


def specs(**more: object) -> list[tuple[str, ExperimentSpec]]:
    spec = experiment(hidden=(5, 4), **more)  # type: ignore[arg-type]
    chosen = (ACTIVATIONS["tanh"](), ACTIVATIONS["relu"](), Typed("x*tanh(x)"))
    return [(f.title, replace(spec, network=replace(spec.network, activation=f))) for f in chosen]


def run(race: Race, slice_seconds: float = 0.002) -> None:
    for _ in range(100_000):
        if race.advance(never, slice_seconds):
            return
    raise AssertionError("the race has no end")


def test_a_lane_has_the_bits_of_training_alone() -> None:
    race = Race(specs(), Finish(epochs=25))
    run(race)
    for lane, (name, spec) in zip(race.lanes, specs(), strict=True):
        alone = Trainer(spec)
        alone.advance(never, Until("epoch", 25))
        assert (lane.name, lane.state, lane.trainer.epoch) == (name, "arrived", 25)
        assert np.array_equal(lane.trainer.network.params, alone.network.params)
        assert np.array_equal(lane.trainer.history.view(), alone.history.view())


def test_whoever_had_the_least_time_is_next(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += 0.001
        return now

    monkeypatch.setattr(race_module, "clock", clock)
    monkeypatch.setattr(race_module.time, "perf_counter", clock)
    race = Race(specs(), Finish(seconds=3.0))
    longest = 0.0
    while not race.advance(never, 0.02):
        before = [lane.seconds for lane in race.lanes]
        longest = max(longest, max(before) - min(before))
    seconds = [lane.seconds for lane in race.lanes]
    assert all(second >= 3.0 for second in seconds)
    assert max(seconds) - min(seconds) < 0.1
    assert longest < 0.1  # not only at the end: all the way


def test_a_view_tells_of_every_lane() -> None:
    race = Race(specs(), Finish(epochs=450))
    first = race.view()
    assert (first.progress, first.done, len(first.lanes)) == (0.0, False, 3)
    run(race)
    view = race.view(running=True)
    assert (view.progress, view.done, view.running) == (1.0, True, False)
    for lane, ours in zip(view.lanes, race.lanes, strict=True):
        history = ours.trainer.history.view()
        assert len(lane.curve) == MAX_POINTS
        assert lane.curve[0, :2].tolist() == [0.0, 0.0]
        assert lane.curve[-1, 0] == 450
        assert lane.curve[-1, 1] == pytest.approx(lane.seconds, rel=0.2)
        assert (np.diff(lane.curve[:, 1]) >= 0).all()
        rows = lane.curve[:, 0].astype(int)
        assert np.array_equal(lane.curve[:, 2:], history[rows, 1:3])
        assert lane.field is not None
        assert lane.field.shape == (1, 50, 50)
        assert ((lane.field >= 0) & (lane.field <= 1)).all()


def test_images_have_no_picture_of_the_plane() -> None:
    entries = specs(dataset="digits")
    assert all(lane.field is None for lane in Race(entries, Finish(epochs=1)).view().lanes)


def test_the_data_are_drawn_once() -> None:
    first, *others = Race(specs(), Finish(epochs=1)).lanes
    assert all(lane.trainer.data is first.trainer.data for lane in others)


def test_lanes_may_differ_in_anything() -> None:
    spec = experiment()
    other = replace(spec, data=replace(spec.data, seed=7))
    race = Race([("a", spec), ("b", other), ("c", experiment(optimizer="sgd"))], Finish(epochs=3))
    run(race)
    assert [lane.trainer.epoch for lane in race.lanes] == [3, 3, 3]
    assert race.lanes[1].trainer.data.spec.seed == 7


def test_a_lane_that_diverges_ends_and_the_others_go_on() -> None:
    wild = experiment("bumps", (6, 6), "identity", "squared_error", "sgd", rate=10.0)
    calm = experiment("bumps", (6, 6), loss="squared_error")
    race = Race([("wild", wild), ("calm", calm)], Finish(epochs=30))
    run(race)
    lanes = race.view().lanes
    assert [lane.state for lane in lanes] == ["diverged", "arrived"]
    assert "learning rate is too high" in lanes[0].message
    assert math.isfinite(lanes[1].metrics.test_loss)


def test_early_stopping_ends_a_lane() -> None:
    stops = experiment(patience=1, tolerance=1.0)
    race = Race([("stops", stops), ("goes on", experiment())], Finish(epochs=40))
    run(race)
    assert [lane.state for lane in race.lanes] == ["stopped", "arrived"]


def test_a_stop_is_heard_before_the_next_mini_batch() -> None:
    race = Race(specs(), Finish(epochs=100))
    before = [lane.trainer.network.params.copy() for lane in race.lanes]
    assert not race.advance(lambda: True)
    assert all(np.array_equal(a, lane.trainer.network.params) for a, lane in zip(before, race.lanes, strict=True))


@pytest.mark.parametrize(
    ("entries", "finish", "reason"),
    [
        (specs()[:1], Finish(epochs=3), "2 to 6 lanes, not 1"),
        (specs() * 3, Finish(epochs=3), "2 to 6 lanes, not 9"),
        (specs(), Finish(), "needs an end"),
        ([("good", experiment()), ("bad", experiment(batch_size=0))], Finish(epochs=3), "batch_size"),
    ],
)
def test_what_can_t_race_is_refused(entries: list, finish: Finish, reason: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InvalidSpec, match=reason):
        Race(entries, finish)


def test_a_finish_in_words() -> None:
    assert Finish(epochs=1000).text() == "1,000 epochs"
    assert Finish(seconds=2.5).text() == "2.5 seconds each"
