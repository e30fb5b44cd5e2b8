"""Every registered initializer: its spread by the formula, float64, the same numbers from the same generator."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.initializers import INITIALIZERS, Initializer

N_IN, N_OUT = 200, 300
SPREAD = {
    "glorot_uniform": math.sqrt(2 / (N_IN + N_OUT)),
    "he_normal": math.sqrt(2 / N_IN),
    "lecun_normal": math.sqrt(1 / N_IN),
    "normal": 0.5,
    "uniform": 0.5 / math.sqrt(3),
    "zeros": 0.0,
}


@pytest.mark.parametrize("initializer", [cls() for cls in INITIALIZERS], ids=lambda i: i.name)
def test_spread_is_the_formulas(initializer: Initializer) -> None:
    weights = initializer.draw(np.random.default_rng(4), N_IN, N_OUT)
    assert weights.shape == (N_IN, N_OUT)
    assert weights.dtype == np.float64
    assert weights.std() == pytest.approx(SPREAD[initializer.name], rel=0.01)
    assert abs(weights.mean()) <= 5 * SPREAD[initializer.name] / math.sqrt(N_IN * N_OUT)
    assert np.array_equal(weights, initializer.draw(np.random.default_rng(4), N_IN, N_OUT))


def test_uniform_stays_within_its_scale() -> None:
    weights = INITIALIZERS["uniform"](scale=0.2).draw(np.random.default_rng(0), 50, 50)
    assert 0.19 < np.abs(weights).max() <= 0.2
