"""Every registered activation: its formula by hand, its derivative by differences, its manners."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest

from engine.activations import ACTIVATIONS, Activation
from engine.normal_cdf import normal_cdf

ALL = [cls() for cls in ACTIVATIONS]
Z = np.array([[-30.0, -3.0, -1.0, -0.25, 0.25, 1.0, 3.0, 30.0]])


def forward(activation: Activation, z: np.ndarray) -> np.ndarray:
    out = np.full_like(z, np.nan)
    activation.forward(z, out)
    return out


@pytest.mark.parametrize(
    ("name", "z", "expected"),
    [
        ("identity", 2.5, 2.5),
        ("sigmoid", 0.0, 0.5),
        ("sigmoid", math.log(3), 0.75),
        ("tanh", math.log(2), 0.6),
        ("relu", -2.0, 0.0),
        ("relu", 2.0, 2.0),
        ("leaky_relu", -2.0, -0.02),
        ("elu", -math.log(2), -0.5),
        ("elu", 1.5, 1.5),
        ("silu", math.log(3), 0.75 * math.log(3)),
        ("softplus", 0.0, math.log(2)),
        ("step", -1e-9, 0.0),
        ("step", 0.0, 1.0),
        ("typed", math.log(2), 0.6 * math.log(2)),
        ("gelu", 0.0, 0.0),
        ("gelu", 1.0, 0.8413447460685429),  # Φ(1), from any table
        ("gelu", -2.0, -2 * 0.022750131948179209),
    ],
)
def test_values_worked_by_hand(name: str, z: float, expected: float) -> None:
    assert forward(ACTIVATIONS[name](), np.array([[z]]))[0, 0] == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)
def test_gradient_is_the_central_difference(activation: Activation) -> None:
    h = 1e-6
    a, slope = forward(activation, Z), np.full_like(Z, np.nan)
    activation.gradient(Z, a, slope)
    difference = (forward(activation, Z + h) - forward(activation, Z - h)) / (2 * h)
    np.testing.assert_allclose(slope, difference, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)
def test_manners(activation: Activation) -> None:
    z = Z.copy()
    a = forward(activation, z)
    slope = np.empty_like(z)
    activation.gradient(z, a, slope)
    assert np.array_equal(z, Z), "the input was changed"
    assert np.array_equal(a, forward(activation, Z)), "the output was changed by gradient()"
    low, high = activation.range
    assert np.all((a >= low - 1e-9) & (a <= high + 1e-9))
    assert activation.formula
    assert activation.derivative
    assert activation.summary.endswith(".")


@pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)
def test_single_precision_stays_single_and_finite(activation: Activation) -> None:
    z = np.array([[-1e4, -80, 0, 80, 1e4]], np.float32)
    a = forward(activation, z)
    slope = np.empty_like(z)
    activation.gradient(z, a, slope)
    assert a.dtype == slope.dtype == np.float32
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("activation", ALL, ids=lambda a: a.name)
def test_settings_have_ranges(activation: Activation) -> None:
    for field in fields(activation):
        if "text" in field.metadata:
            assert field.metadata["text"].problem(getattr(activation, field.name)) == ""
            continue
        limits = field.metadata["range"]
        assert limits.low <= getattr(activation, field.name) <= limits.high


def test_the_step_has_no_slope_to_learn_from() -> None:
    slope = np.full_like(Z, np.nan)
    ACTIVATIONS["step"]().gradient(Z, forward(ACTIVATIONS["step"](), Z), slope)
    assert not slope.any()


def test_normal_cdf_is_exact() -> None:
    z = np.concatenate([np.linspace(-9, 9, 20_001), [-1e300, -38.0, 38.0, 1e300]])
    out = np.empty_like(z)
    normal_cdf(z, out)
    exact = np.array([0.5 * math.erfc(-v * math.sqrt(0.5)) for v in z.tolist()])
    assert np.abs(out - exact).max() <= 4e-16
    assert np.all(np.diff(out[:20_001:50]) >= 0)
    single = np.empty(4, np.float32)
    normal_cdf(np.array([-1e38, -3, 0, 1e38], np.float32), single)
    np.testing.assert_allclose(single, [0, 0.00134989803, 0.5, 1], rtol=2e-6)


def test_gelu_slope_at_zero_is_a_half() -> None:
    slope = np.empty((1, 1))
    ACTIVATIONS["gelu"]().gradient(np.zeros((1, 1)), np.zeros((1, 1)), slope)
    assert slope[0, 0] == pytest.approx(0.5, abs=1e-15)
