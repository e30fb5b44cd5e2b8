"""The range test: the steps of a real descent, a curve worked by hand, when it ends, and that the run never hears of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.descent import Descent
from engine.network import Network
from engine.range_test import EXPLODED, HIGHEST, LOWEST, RangeTest, range_test, smoothed, suggestions
from engine.trainer import Trainer
from engine.what_if import batch_loss
from tests.engine.helpers import experiment


def run_test(trainer: Trainer, **more: Any) -> RangeTest:
    found = range_test(trainer.spec, trainer.data, trainer.network.params, trainer.minibatch(), **more)
    assert found is not None
    return found


@pytest.mark.parametrize("settings", [{}, {"optimizer": "sgd", "dropout": 0.3, "input_noise": 0.1}])
def test_it_makes_the_steps_of_a_real_descent(settings: dict[str, Any]) -> None:
    trainer = Trainer(experiment(samples=60, batch_size=8, **settings))
    found = run_test(trainer, steps=15)
    network = Network.of(trainer.spec)
    descent = Descent(trainer.spec, trainer.data, network)
    rates, losses = np.geomspace(LOWEST, HIGHEST, 15), []
    for i, rate in enumerate(rates.tolist()):
        if i % descent.n_batches == 0:
            descent.begin_epoch()
        losses.append(batch_loss(network, descent.peek(i % descent.n_batches)))
        descent.set_rate(rate)
        descent.train(i % descent.n_batches)
    assert found.rates.tolist() == rates[: len(found.rates)].tolist()
    assert found.losses.tolist() == losses[: len(found.losses)]
    assert len(found.losses) >= 10


def test_running_vectors_come_along_and_the_run_stays_as_it_is() -> None:
    trainer, twin = (Trainer(experiment(optimizer="sgd", dropout=0.2)) for _ in range(2))
    for one in (trainer, twin):
        one.step_epoch()
    before = trainer.network.params.tobytes(), str(trainer.descent.rng.bit_generator.state)
    first = run_test(trainer)
    assert (trainer.network.params.tobytes(), str(trainer.descent.rng.bit_generator.state)) == before
    again = run_test(trainer)
    assert first.losses.tobytes() == again.losses.tobytes(), "the same question has the same answer"
    for one in (trainer, twin):
        one.step_epoch()
    assert trainer.network.params.tobytes() == twin.network.params.tobytes()


def test_an_easy_task_has_a_rate_that_is_neither_low_nor_high() -> None:
    found = run_test(Trainer(experiment("circles", hidden=(8,), samples=200)))
    assert found.steepest is not None
    assert found.tenth is not None
    assert 1e-3 < found.steepest < 1
    assert 1e-3 < found.tenth < 1
    assert found.optimizer == "Adam"
    assert len(found.rates) == len(found.losses) == len(found.smooth)


def test_it_ends_where_the_loss_explodes() -> None:
    spec = experiment("plane", hidden=(8,), activation="relu", loss="squared_error", optimizer="sgd", rate=0.01)
    found = run_test(Trainer(spec))
    assert found.exploded
    assert len(found.rates) < 200
    assert found.rates[-1] < HIGHEST
    assert found.smooth.max() <= EXPLODED * found.smooth[0] * 1.01


def test_a_curve_by_hand() -> None:
    """Flat to 10⁻⁴, down by 0.1 a power of ten to 10⁻², by 0.4 to 10⁻¹, and up from there."""
    rates = np.geomspace(1e-6, 10, 141)  # 20 a power of ten
    curve = np.interp(np.log10(rates), [-6, -4, -2, -1, 1], [1.0, 1.0, 0.8, 0.4, 3.0])
    steepest, tenth = suggestions(rates, curve)
    assert steepest is not None
    assert 0.01 < steepest < 0.1
    assert tenth == pytest.approx(0.01)
    assert suggestions(rates, np.ones(141)) == (None, None)
    assert suggestions(rates, np.linspace(1, 3, 141)) == (None, None)
    assert suggestions(rates, np.linspace(1, 0.99, 141)) == (None, None), "one per cent is no fall"


def test_what_tells_easy_mini_batches_from_hard_ones_is_taken_out() -> None:
    before = np.random.default_rng(0).uniform(0.5, 1.5, 60)
    np.testing.assert_allclose(smoothed(before, before), np.full(60, before.mean()))
    np.testing.assert_allclose(smoothed(before - 0.25, before), np.full(60, before.mean() - 0.25))
    lost = before.copy()
    lost[-1] = np.inf
    smooth = smoothed(lost, before)
    assert np.isfinite(smooth).all()
    assert smooth[-1] > smooth[-2] > smooth[-12] > before.mean()
    assert smooth[0] == pytest.approx(before.mean())


def test_it_tells_how_far_it_is_and_can_be_given_up() -> None:
    trainer = Trainer(experiment())
    told: list[tuple[float, str]] = []
    run_test(trainer, tell=lambda share, words: told.append((share, words)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], len(told) <= 50) == (0.0, True)
    assert told[0][1] == "learning rate 1e-06"
    arguments = trainer.spec, trainer.data, trainer.network.params, trainer.minibatch()
    assert range_test(*arguments, stop=lambda: True) is None
    own = Trainer(experiment(optimizer="lbfgs"))
    with pytest.raises(ValueError, match="no learning rate"):
        run_test(own)
