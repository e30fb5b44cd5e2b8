"""Reliability, temperature and coverage: worked by hand, and held against scikit-learn and SciPy."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss

from engine.calibration import (
    HIGHEST,
    LOWEST,
    MOST_POINTS,
    Fitted,
    answered,
    coverage,
    figures,
    fit,
    fit_size,
    fit_temperature,
    halves,
    nll,
    reliability,
)
from engine.predictions import logits_of, probabilities
from tests.engine.images import experiment_on, trained


def answers(n: int, scale: float, seed: int = 3, k: int = 10) -> tuple[NDArray, NDArray]:
    """Logits that would be calibrated at temperature ``scale``, and labels drawn from their true probabilities."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 2, (n, k))
    p = probabilities(z)
    labels = (p.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(0, k - 1)
    return z * scale, labels


def test_bins_worked_by_hand() -> None:
    bins = reliability(np.array([0.15, 0.2, 0.21, 0.95, 1.0]), np.array([True, False, True, True, True]), 10)
    assert bins.counts.tolist() == [0, 2, 1, 0, 0, 0, 0, 0, 0, 2], "0.2 lies on an edge and counts below it"
    assert bins.accuracy[[1, 2, 9]].tolist() == [0.5, 1.0, 1.0]
    assert bins.confidence[[1, 2, 9]].tolist() == pytest.approx([0.175, 0.21, 0.975])
    assert math.isnan(bins.accuracy[0])
    assert bins.error == pytest.approx((2 * 0.325 + 1 * 0.79 + 2 * 0.025) / 5)


def test_figures_worked_by_hand() -> None:
    # softmax of (ln 3, 0) is (3/4, 1/4)
    logits, labels = np.array([[math.log(3), 0.0], [math.log(3), 0.0]]), np.array([0, 1])
    found, _ = figures(logits, labels)
    assert (found.n, found.accuracy, found.confidence) == (2, 0.5, pytest.approx(0.75))
    assert found.ece == pytest.approx(0.25)
    assert found.nll == pytest.approx((-math.log(0.75) - math.log(0.25)) / 2)
    assert found.brier == pytest.approx((2 * 0.25**2 + 2 * 0.75**2) / 2)
    # at T = 2 the odds are √3
    hot, _ = figures(logits, labels, 2.0)
    assert hot.confidence == pytest.approx(math.sqrt(3) / (1 + math.sqrt(3)))
    assert figures(np.zeros((0, 10)), np.zeros(0, int))[0].n == 0


@pytest.mark.parametrize("n_bins", [10, 15])
def test_bins_are_those_of_scikit_learn(n_bins: int) -> None:
    logits, labels = answers(1500, 2.0)
    p = probabilities(logits)
    right = p.argmax(axis=1) == labels
    bins = figures(logits, labels, 1.0, n_bins)[1]
    share, mean = calibration_curve(right, p.max(axis=1), n_bins=n_bins)
    full = bins.counts > 0
    assert bins.accuracy[full] == pytest.approx(share)
    assert bins.confidence[full] == pytest.approx(mean)
    assert bins.counts.sum() == 1500


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_losses_are_those_of_scikit_learn(temperature: float) -> None:
    logits, labels = answers(400, 1.5)
    p = probabilities(logits, temperature)
    found, _ = figures(logits, labels, temperature)
    assert found.nll == pytest.approx(log_loss(labels, p, labels=range(10)))
    assert found.brier == pytest.approx(brier_score_loss(labels, p, labels=range(10), scale_by_half=False))


@pytest.mark.parametrize("scale", [0.4, 0.8, 1.0, 1.7, 3.5])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_fitted_temperature_is_scipys(scale: float, seed: int) -> None:
    logits, labels = answers(700, scale, seed)
    best = minimize_scalar(lambda t: nll(logits, labels, t), bounds=(LOWEST, HIGHEST), method="bounded",
                           options={"xatol": 1e-9})  # fmt: skip
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(best.x, rel=1e-5)
    assert found == pytest.approx(scale, rel=0.12), "it finds what the logits were multiplied with"


def test_what_can_not_be_fitted_ends_at_a_bound() -> None:
    sure = np.eye(3) * 5
    assert fit_temperature(sure, np.arange(3)) == LOWEST, "all right: the surer the better"
    assert fit_temperature(sure, np.array([1, 2, 0])) == HIGHEST, "all wrong: the less sure the better"
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, int)) == 1.0
    assert LOWEST <= fit_temperature(np.zeros((4, 3)), np.zeros(4, int)) <= HIGHEST
    assert fit_temperature(np.array([[0.0], [40000.0]]), np.array([0, 0])) == HIGHEST


def test_what_is_fitted_on_is_said_and_is_half_where_nothing_was_kept_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = halves(101)
    assert half.sum() == 50
    assert halves(101).tolist() == half.tolist()
    assert halves(1).tolist() == [False]
    spec = experiment_on(tmp_path, monkeypatch)
    network, data = trained(spec, 2)
    assert fit_size(data) == (50, False)
    found = fit(spec, network.layout, network.params, data, run=4, epoch=2)
    logits = logits_of(spec, network.layout, network.params, data.test.x)[halves(100)]
    assert found == Fitted(fit_temperature(logits, data.test.labels[halves(100)]), 50, False, 4, 2)
    spec = replace(spec, data=replace(spec.data, validation_share=0.2))
    network, data = trained(spec, 2)
    assert data.validation is not None
    assert fit_size(data) == (40, True)
    logits = logits_of(spec, network.layout, network.params, data.validation.x)
    found = fit(spec, network.layout, network.params, data)
    assert found == Fitted(fit_temperature(logits, data.validation.labels), 40, True, 0, 0)


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(2, 5), st.floats(0.1, 300))
def test_no_temperature_near_it_is_better(seed: int, n: int, k: int, size: float) -> None:
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(0, size, (n, k)), rng.integers(0, k, n)
    found = fit_temperature(logits, labels)
    assert LOWEST <= found <= HIGHEST
    least = nll(logits, labels, found)
    for other in np.geomspace(LOWEST, HIGHEST, 15):
        assert least <= nll(logits, labels, float(other)) + 1e-9 * max(1.0, least)


def test_coverage_worked_by_hand() -> None:
    confidence, right = np.array([0.5, 0.9, 0.9, 0.7]), np.array([False, True, False, True])
    curve = coverage(confidence, right)
    assert curve.thresholds.tolist() == [0.9, 0.7, 0.5]
    assert curve.answered.tolist() == [0.5, 0.75, 1.0]
    assert curve.accuracy.tolist() == [0.5, pytest.approx(2 / 3), 0.5]
    assert answered(confidence, right, 0.7) == (0.75, pytest.approx(2 / 3))
    assert answered(confidence, right, 0.0) == (1.0, 0.5)
    share, good = answered(confidence, right, 0.95)
    assert share == 0
    assert math.isnan(good)
    assert len(coverage(np.zeros(0), np.zeros(0, bool)).thresholds) == 0
    assert answered(np.zeros(0), np.zeros(0, bool), 0.5)[0] == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_every_point_of_the_curve_is_what_its_threshold_answers(pairs: list[tuple[float, bool]]) -> None:
    confidence, right = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    curve = coverage(confidence, right)
    assert (np.diff(curve.answered) > 0).all()
    assert curve.answered[-1] == 1
    for threshold, *point in zip(curve.thresholds, curve.answered, curve.accuracy, strict=True):
        assert answered(confidence, right, threshold) == pytest.approx(tuple(point))


def test_a_long_curve_keeps_both_ends() -> None:
    confidence = np.random.default_rng(0).random(5000)
    curve = coverage(confidence, confidence > 0.5)
    assert len(curve.answered) <= MOST_POINTS
    assert curve.thresholds[[0, -1]].tolist() == [confidence.max(), confidence.min()]
