"""One step at other learning rates: worked by hand, what a trainer would do to the bit, and nothing of the run is touched."""

from __future__ import annotations

import doctest
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import engine.what_if
from engine.datasets import DATASETS
from engine.minibatch import MiniBatch
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from engine.what_if import FACTORS, NextStep, WhatIf, rates_around, what_if
from tests.engine.helpers import experiment

STEPPERS = tuple(cls.name for cls in OPTIMIZERS if not cls.full_batch)


def asked(trainer: Trainer, **more: Any) -> WhatIf:
    rate, batch = trainer.descent.optimizer.learning_rate, trainer.minibatch()
    found = what_if(trainer.spec, trainer.data, trainer.network.params, batch, rate, **more)
    assert found is not None
    return found


def with_rate(spec: ExperimentSpec, rate: float) -> ExperimentSpec:
    return replace(spec, optimizer=replace(spec.optimizer, learning_rate=rate))


def state(trainer: Trainer) -> tuple[Any, ...]:
    moment = trainer.capture()
    order = None if moment.order is None else moment.order.tobytes()
    slots = tuple(slot.tobytes() for slot in moment.slots)
    return moment.params.tobytes(), slots, moment.position, moment.step, str(moment.rng), order, moment.history_length


def test_and_by_hand() -> None:
    """AND with all weights 0: p = ½ everywhere, so only the bias has a gradient: ¼(½ + ½ + ½ − ½) = ¼.

    After a step it is b = −η/4, and the loss (3 ln(1 + eᵇ) + ln(1 + e⁻ᵇ)) / 4 = ln(1 + eᵇ) − b/4.
    """
    spec = experiment("and", hidden=(), optimizer="sgd", rate=0.1, batch_size=4)
    trainer = Trainer(spec)
    trainer.network.params[:] = 0
    found = asked(trainer)
    assert found.rates.tolist() == [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
    assert (found.present, found.n_batch, found.n_sample, found.share) == (3, 4, 4, 1.0)
    assert found.batch_now == found.sample_now == pytest.approx(math.log(2), abs=1e-7)
    by_hand = [math.log1p(math.exp(-eta / 4)) + eta / 16 for eta in found.rates]
    np.testing.assert_allclose(found.batch, by_hand, atol=1e-6)
    np.testing.assert_allclose(found.sample, by_hand, atol=1e-6)
    assert found.best == 6
    assert by_hand[5] == pytest.approx(0.638439, abs=1e-6)


def test_the_loss_of_a_linear_network_is_a_parabola_of_the_rate() -> None:
    """Squared error of a linear network: L(η) = L − η·|g|² + ½η²·gᵀHg, so that (L(η) − L)/η is a straight line."""
    spec = experiment("plane", hidden=(), loss="squared_error", optimizer="sgd", rate=0.03, batch_size=20)
    trainer = Trainer(spec, dtype=np.float64)
    found = asked(trainer)
    slopes = (found.batch - found.batch_now) / found.rates
    line = np.polyfit(found.rates, slopes, 1)
    np.testing.assert_allclose(slopes, np.polyval(line, found.rates), rtol=1e-8)
    gradient = NextStep(spec, trainer.network.params, trainer.minibatch())._gradient
    assert line[1] == pytest.approx(-(gradient @ gradient), rel=1e-8)
    assert line[0] > 0


@pytest.mark.parametrize("optimizer", STEPPERS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"l1": 1e-3, "l2": 1e-2, "clip_norm": 0.2, "max_norm": 0.8},
        {"dropout": 0.4, "input_noise": 0.2, "label_smoothing": 0.1, "batch_size": 7},
    ],
)
def test_it_is_what_a_trainer_does_at_each_rate_to_the_bit(optimizer: str, settings: dict[str, Any]) -> None:
    trainer = Trainer(experiment(optimizer=optimizer, rate=0.02, hidden=(5, 3), **settings))
    trainer.step_epoch()
    trainer.step_batch()
    spec, here = trainer.spec, trainer.capture()
    step = NextStep(spec, here.params, trainer.minibatch())
    found = asked(trainer)
    for rate, loss in zip(found.rates.tolist(), found.sample.tolist(), strict=True):
        trainer.reconfigure(with_rate(spec, rate))
        trainer.step_batch()
        step.take(replace(spec.optimizer, learning_rate=rate))
        assert step.network.params.tobytes() == trainer.network.params.tobytes()
        assert loss == pytest.approx(trainer.metrics().train_loss, rel=1e-6)
        trainer.restore(here)


@pytest.mark.parametrize("momentum", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
def test_momentum_comes_along(momentum: dict[str, Any]) -> None:
    spec = experiment(optimizer="sgd", rate=0.1)
    trainer = Trainer(replace(spec, optimizer=replace(spec.optimizer, **momentum)))
    trainer.step_epoch()
    found, batch = asked(trainer), trainer.minibatch()
    assert np.abs(batch.slots[0]).max() > 0
    step = NextStep(trainer.spec, trainer.network.params, batch)
    trainer.step_batch()
    step.take(trainer.spec.optimizer)
    assert step.network.params.tobytes() == trainer.network.params.tobytes()
    assert found.sample[found.present] == pytest.approx(trainer.metrics().train_loss, rel=1e-6)


def test_a_schedule_lets_its_share_through() -> None:
    spec = experiment(rate=0.04)
    halved = SCHEDULES["step"](every=1, gamma=0.5)  # type: ignore[call-arg]
    trainer = Trainer(replace(spec, training=replace(spec.training, schedule=halved)))
    trainer.step_epoch()
    found = asked(trainer)
    assert found.share == 0.5
    assert found.rates[found.present] == 0.04, "the rates are settings"
    trainer.step_batch()
    assert found.sample[found.present] == pytest.approx(trainer.metrics().train_loss, rel=1e-6)


@pytest.mark.parametrize("settings", [{}, {"dropout": 0.5, "input_noise": 0.1}])
def test_the_run_goes_on_as_if_nobody_had_asked(settings: dict[str, Any]) -> None:
    alone, watched = (Trainer(experiment(**settings)) for _ in range(2))
    for _ in range(alone.n_batches + 2):
        before = state(watched)
        asked(watched)
        assert state(watched) == before
        alone.step_batch()
        watched.step_batch()
    assert state(watched) == state(alone)


def test_images_with_own_augmentation_are_seen_as_training_sees_them() -> None:
    spec = ExperimentSpec()
    spec = replace(
        spec,
        data=replace(spec.data, dataset=DATASETS["digits"]()),
        training=replace(spec.training, batch_size=50),
        augmentation=replace(spec.augmentation, rotation=20.0, noise=0.1),
    )
    trainer = Trainer(spec)
    step = NextStep(spec, trainer.network.params, trainer.minibatch())
    found = asked(trainer)
    trainer.step_batch()
    step.take(spec.optimizer)
    assert step.network.params.tobytes() == trainer.network.params.tobytes()
    assert (found.n_batch, found.n_sample) == (50, 1_000), "of many samples some are measured"


def test_what_explodes_is_infinite_and_never_best() -> None:
    trainer = Trainer(experiment("plane", hidden=(), loss="squared_error", optimizer="sgd", rate=1e5))
    params = trainer.network.params.copy() + np.float32(1e17)
    found = what_if(trainer.spec, trainer.data, params, trainer.minibatch(), 1e5)
    assert found is not None
    assert np.isinf(found.sample[-1])
    assert not np.isnan(found.batch).any()
    params[:] = 1e30
    lost = what_if(trainer.spec, trainer.data, params, trainer.minibatch(), 1e5)
    assert lost is not None
    assert (lost.sample_now, lost.batch_now) == (math.inf, math.inf)
    assert lost.best is None


def test_rates_stay_within_what_is_allowed() -> None:
    assert len(rates_around(0.01)) == len(FACTORS)
    assert rates_around(1e-6) == (1e-6, 3e-6, 1e-5, 3e-5)
    assert rates_around(1e6) == (3e4, 1e5, 3e5, 1e6)
    assert rates_around(0.0123)[3] == 0.0123
    assert doctest.testmod(engine.what_if).failed == 0


def test_it_can_be_given_up_and_lbfgs_has_no_rate() -> None:
    trainer = Trainer(experiment())
    batch: MiniBatch = trainer.minibatch()
    params: NDArray = trainer.network.params
    assert what_if(trainer.spec, trainer.data, params, batch, 0.03, stop=lambda: True) is None
    own = Trainer(experiment(optimizer="lbfgs"))
    with pytest.raises(ValueError, match="L-BFGS finds its own step"):
        what_if(own.spec, own.data, own.network.params, own.minibatch(), 0.03)
