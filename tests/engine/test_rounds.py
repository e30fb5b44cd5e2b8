"""A race over several seeds: each round has the bits of training alone, and the figures are those of all rounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.race import Finish, LaneView
from engine.rounds import Rounds, spread, with_next_seed
from engine.snapshot import Metrics
from engine.spec import MAX_SEED, ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment


def never() -> bool:
    return False


def run(rounds: Rounds) -> None:
    for _ in range(100_000):
        if rounds.advance(never):
            return
    raise AssertionError("the race has no end")


def entries(**more: object) -> list[tuple[str, ExperimentSpec]]:
    return [("wide", experiment(hidden=(6,), **more)), ("deep", experiment(hidden=(3, 3), **more))]  # type: ignore[arg-type]


def alone(spec: ExperimentSpec, epochs: int) -> Trainer:
    trainer = Trainer(spec)
    trainer.advance(never, Until("epoch", epochs))
    return trainer


def test_every_round_has_the_bits_of_training_alone_with_its_seed() -> None:
    rounds = Rounds(entries(), Finish(epochs=7))
    rounds.repeat(3)
    run(rounds)
    view = rounds.view()
    assert (view.seeds, view.seeds_done, view.done, view.progress) == (3, 3, True, 1.0)
    for (_, spec), lane, found in zip(entries(), rounds.lanes, view.spreads, strict=True):
        singles = [alone(with_next_seed(spec, step), 7) for step in range(3)]
        assert np.array_equal(lane.trainer.network.params, singles[0].network.params), "the first round's lanes stay"
        assert np.array_equal(found.finals[:, :5], [single.history.last()[:5] for single in singles])
        losses = np.array([single.history.view()[:, 2] for single in singles])
        assert np.array_equal(found.by_epoch[:, 0], np.arange(8))
        np.testing.assert_allclose(found.by_epoch[:, 4], losses.mean(axis=0))
        assert np.array_equal(found.by_epoch[:, 5:].T, [losses.min(axis=0), losses.max(axis=0)])
        assert found.deviation(2) == pytest.approx(np.std(losses[:, -1], ddof=1))


def test_the_data_stay_and_the_seed_goes_on() -> None:
    spec = experiment(seed=MAX_SEED)
    assert with_next_seed(spec, 1).training.seed == 0
    assert with_next_seed(spec, 1).data == spec.data


def test_a_race_that_is_over_goes_on_with_more_seeds() -> None:
    rounds = Rounds(entries(), Finish(epochs=3))
    run(rounds)
    assert rounds.view().spreads == ()
    assert rounds.view().seeds_done == 1
    rounds.repeat(2)
    assert not rounds.done
    run(rounds)
    first = rounds.view().spreads[0].finals[0]
    assert len(rounds.view().spreads[0].finals) == 2
    rounds.repeat(3)
    run(rounds)
    assert np.array_equal(rounds.view().spreads[0].finals[0], first)
    assert rounds.view().seeds_done == 3


def test_cancelled_it_keeps_what_is_done() -> None:
    rounds = Rounds(entries(), Finish(epochs=3))
    rounds.repeat(10)
    while rounds.view(maps=False).seeds_done < 2:
        rounds.advance(never)
    rounds.repeat(1)
    view = rounds.view()
    assert (rounds.done, view.seeds, view.seeds_done, len(view.spreads[0].finals)) == (True, 2, 2, 2)
    # Cancelled in the first round, it is a race as any other.
    rounds = Rounds(entries(), Finish(epochs=3))
    rounds.repeat(5)
    rounds.repeat(1)
    assert not rounds.done
    run(rounds)
    assert rounds.view().seeds_done == 1


def test_progress_grows_over_all_rounds() -> None:
    rounds = Rounds(entries(), Finish(epochs=40))
    rounds.repeat(3)
    seen = [rounds.view(maps=False).progress]
    while not rounds.advance(never, 0.002):
        seen.append(rounds.view(maps=False).progress)
    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] <= 1.0


def lane(state: str, seconds: float, losses: list[float]) -> LaneView:
    n = len(losses)
    curve = np.column_stack([np.arange(n), np.linspace(0, seconds, n), losses, losses]).astype(float)
    metrics = Metrics(n - 1, losses[-1], losses[-1], 0.5, 0.5)
    return LaneView("a", experiment(), state, metrics, seconds, curve, None, False)


def test_a_spread_by_hand() -> None:
    found = spread(
        [lane("arrived", 2.0, [4.0, 2.0, 1.0]), lane("arrived", 1.0, [8.0, 4.0]), lane("diverged", 9.0, [1.0])]
    )
    assert found.diverged == 1
    assert found.finals[:, 2].tolist() == [1.0, 4.0]
    assert (found.mean(2), found.mean(5)) == (2.5, 1.5)
    assert found.deviation(2) == pytest.approx(4.5**0.5)
    # As far as both came: epoch 1, second 1.
    assert found.by_epoch[:, :4].tolist() == [[0.0, 6.0, 4.0, 8.0], [1.0, 3.0, 2.0, 4.0]]
    assert found.by_second[-1, :4].tolist() == [1.0, 3.0, 2.0, 4.0]


def test_a_lane_that_always_diverges_has_no_figures() -> None:
    found = spread([lane("diverged", 1.0, [1.0])] * 2)
    assert (found.diverged, found.finals.shape, found.by_epoch.shape) == (2, (0, 6), (0, 7))
    assert np.isnan(found.mean(2))
    assert np.isnan(found.deviation(2))


def test_a_goal_ends_a_lane_in_the_epoch_that_reaches_it() -> None:
    spec = experiment(samples=100)
    free = alone(spec, 60).history.view()
    wanted = float(free[30, 1])
    first = int(free[np.argmax(free[1:, 1] <= wanted) + 1, 0])
    finish = Finish(epochs=60, goal=Until("train_loss", wanted))
    never_there = replace(finish, goal=Until("train_loss", 0.0))
    for end, epochs, reached in ((finish, first, True), (never_there, 60, False)):
        rounds = Rounds([("a", spec), ("b", spec)], end)
        run(rounds)
        view = rounds.view().lanes[0]
        assert (view.metrics.epoch, view.reached, view.state) == (epochs, reached, "arrived")
        assert np.array_equal(rounds.lanes[0].trainer.network.params, alone(spec, epochs).network.params)
    assert finish.text().startswith("train loss ≤ ")
    assert finish.text().endswith(", at most 60 epochs")


def test_a_lane_goes_on_as_its_own_experiment() -> None:
    rounds = Rounds(entries(), Finish(epochs=5))
    run(rounds)
    saved = rounds.lanes[1].saved()
    assert (saved.title, saved.spec) == ("deep", entries()[1][1])
    trainer = saved.trainer()
    trainer.advance(never, Until("epoch", 9))
    assert np.array_equal(trainer.network.params, alone(entries()[1][1], 9).network.params)
    assert len(trainer.history) == 10


def test_images_have_a_confusion_matrix() -> None:
    rounds = Rounds(entries(dataset="digits", batch_size=200), Finish(epochs=1))
    run(rounds)
    view = rounds.view().lanes[0]
    assert view.confusion is not None
    assert view.confusion.shape == (10, 10)
    assert view.confusion.trace() / view.confusion.sum() == pytest.approx(view.metrics.test_accuracy, abs=0.03)
    assert Rounds(entries(), Finish(epochs=1)).view().lanes[0].confusion is None
