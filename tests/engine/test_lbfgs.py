"""L-BFGS: a bowl in one epoch, the optimum that scikit-learn finds, all samples at once, and nothing to remember."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from engine.optimizers import OPTIMIZERS
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment


def test_rolls_down_a_bowl_at_once() -> None:
    params, scale = np.array([3.0, -2.0]), np.array([1.0, 4.0])
    OPTIMIZERS["lbfgs"]().minimize(params, lambda p: (0.5 * float(scale @ p**2), scale * p))
    np.testing.assert_allclose(params, 0, atol=1e-5)


def test_it_finds_the_optimum_of_logistic_regression() -> None:
    from sklearn.linear_model import LogisticRegression

    trainer = Trainer(experiment("circles", hidden=(), optimizer="lbfgs", l2=0.05), dtype=np.float64)
    trainer.advance(lambda: False, Until("epoch", 10))
    data = trainer.data.train
    model = LogisticRegression(C=1 / (0.05 * len(data)), tol=1e-10, max_iter=1000).fit(data.x, data.labels)
    expected = [*model.coef_[0], model.intercept_[0]]
    np.testing.assert_allclose(trainer.network.params, expected, atol=1e-4)


def test_an_epoch_is_one_batch_of_everything_and_the_loss_never_rises() -> None:
    trainer = Trainer(experiment(hidden=(6,), optimizer="lbfgs", batch_size=4), dtype=np.float64)
    assert trainer.n_batches == 1
    for _ in range(8):
        trainer.step_epoch()
    losses = trainer.history.view()[:, 1]
    assert np.all(np.diff(losses) <= 1e-12)
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("iterations", [1, 20])
def test_xor_is_learned_in_a_few_epochs(iterations: int) -> None:
    spec = replace(experiment("xor", hidden=(4,), seed=2), optimizer=OPTIMIZERS["lbfgs"](iterations=iterations))
    trainer = Trainer(spec)
    assert trainer.advance(lambda: trainer.epoch >= 200, Until("train_loss", 0.01))


def test_changing_to_it_in_the_middle_of_an_epoch_begins_the_epoch_anew() -> None:
    spec = experiment(batch_size=10)
    trainer = Trainer(spec)
    trainer.step_batch()
    for _ in range(3):
        trainer.step_sample()
    trainer.reconfigure(replace(spec, optimizer=OPTIMIZERS["lbfgs"]()))
    assert (trainer.batch, trainer.sample, trainer.n_batches) == (0, 0, 1)
    for _ in range(len(trainer.data.train)):
        trainer.step_sample()
    assert (trainer.epoch, trainer.batch) == (1, 0)
    trainer.step_sample()
    trainer.reconfigure(spec)
    assert (trainer.batch, trainer.sample) == (0, 0)
    trainer.step_epoch()


def test_scipy_is_loaded_by_those_who_use_it() -> None:
    code = (
        "import sys; from engine.optimizers import OPTIMIZERS; OPTIMIZERS['lbfgs'](); sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
