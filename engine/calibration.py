"""Whether a network is right as often as it says, and the temperature that makes it so (Guo et al. 2017)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.network import Layout
from engine.predictions import logits_of, probabilities
from engine.spec import ExperimentSpec

LOWEST, HIGHEST = 0.25, 4.0  # temperatures that can be chosen
MOST_POINTS = 400  # of a coverage curve


@dataclass(frozen=True)
class Reliability:
    """Answers sorted into equal bins of confidence, the m-th (m/M, (m+1)/M].

    ``counts`` (M,) int64; ``accuracy`` and ``confidence`` (M,) the share that is right and the mean confidence of each bin,
    NaN for an empty one.
    """

    counts: NDArray
    accuracy: NDArray
    confidence: NDArray

    @property
    def error(self) -> float:
        """The expected calibration error: Σ n_m/n · |accuracy_m − confidence_m| (Naeini et al. 2015); 0 of none."""
        full = self.counts > 0
        gaps = np.abs(self.accuracy - self.confidence)[full]
        return float((gaps * self.counts[full]).sum() / max(self.counts.sum(), 1))


@dataclass(frozen=True)
class Figures:
    """How good probabilities are: shares 0..1, ``nll`` the mean of −log p(label), ``brier`` in 0..2 (Brier 1950)."""

    n: int
    accuracy: float
    confidence: float
    ece: float
    nll: float
    brier: float


@dataclass(frozen=True)
class Coverage:
    """What it would answer if it only spoke when sure enough, from all of it to the surest ones.

    With ``thresholds`` (m,), falling, it answers a share ``answered`` (m,) 0..1, and ``accuracy`` (m,) of that is right.
    """

    thresholds: NDArray
    answered: NDArray
    accuracy: NDArray


def reliability(confidence: NDArray, right: NDArray, n_bins: int = 10) -> Reliability:
    """``confidence`` (n,) in 0..1 and ``right`` (n,) bool in ``n_bins`` equal bins; a value on an edge counts below it."""
    which = np.searchsorted(np.linspace(0, 1, n_bins + 1)[1:-1], confidence)
    counts = np.bincount(which, minlength=n_bins)
    with np.errstate(all="ignore"):
        accuracy = np.bincount(which, right, minlength=n_bins) / counts
        mean = np.bincount(which, confidence, minlength=n_bins) / counts
    return Reliability(counts, accuracy, mean)


def nll(logits: NDArray, labels: NDArray, temperature: float = 1.0) -> float:
    """The mean of −log softmax(``logits`` (n, k) / ``temperature``) at ``labels`` (n,), without overflow; 0 of none."""
    if not len(labels):
        return 0.0
    z = _columns(logits) / temperature
    z -= z.max(axis=1, keepdims=True)
    return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels]).mean())


def figures(
    logits: NDArray, labels: NDArray, temperature: float = 1.0, n_bins: int = 10
) -> tuple[Figures, Reliability]:
    """All of them for ``logits`` (n, k), or (n, 1) of two classes, read with ``temperature``."""
    p = probabilities(np.asarray(logits, np.float64), temperature)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    bins = reliability(confidence, right, n_bins)
    if not len(labels):
        return Figures(0, 0.0, 0.0, 0.0, 0.0, 0.0), bins
    # Σ_k (p_k − y_k)² = Σ p² − 2 p_label + 1
    brier = (np.square(p).sum(axis=1) - 2 * p[np.arange(len(p)), labels] + 1).mean()
    numbers = (right.mean(), confidence.mean(), bins.error, nll(logits, labels, temperature), brier)
    return Figures(len(labels), *map(float, numbers)), bins


def halves(n: int) -> NDArray:
    """(n,) bool: of ``n`` test images those that a temperature may be fitted on where there are no validation images.

    Half of them, drawn by lot and always the same ones; what the temperature is worth is seen on the others.
    """
    mask: NDArray = np.random.default_rng(0).permutation(n) < n // 2
    return mask


def fit_temperature(logits: NDArray, labels: NDArray) -> float:
    """The temperature from LOWEST to HIGHEST with the least :func:`nll` of ``logits`` (n, k); 1 of none.

    In β = 1/T the loss is convex, with the slope mean(E_p[z] − z_label) and the curvature mean(Var_p[z]) (Guo et al. 2017,
    section 4.2). Newton's method, halving the bracket wherever a step would leave it.
    """
    if not len(labels):
        return 1.0
    z = _columns(logits)
    z = z - z.max(axis=1, keepdims=True)
    true = z[np.arange(len(z)), labels]

    def slope(beta: float) -> tuple[float, float]:
        p = np.exp(beta * z)
        p /= p.sum(axis=1, keepdims=True)
        mean = (p * z).sum(axis=1)
        return float((mean - true).mean()), float(((p * z * z).sum(axis=1) - mean * mean).mean())

    low, high = 1 / HIGHEST, 1 / LOWEST
    if slope(low)[0] >= 0:
        return HIGHEST
    if slope(high)[0] <= 0:
        return LOWEST
    beta = 1.0
    for _ in range(60):
        first, second = slope(beta)
        low, high = (beta, high) if first < 0 else (low, beta)
        step = beta - first / second if second > 0 else math.nan
        following = step if low < step < high else (low + high) / 2
        if abs(following - beta) < 1e-10:
            break
        beta = following
    return 1 / beta


@dataclass(frozen=True)
class Fitted:
    """A temperature and what it was fitted on: ``n`` ``validation`` images, or without such half of the test images."""

    temperature: float
    n: int
    validation: bool
    run: int
    epoch: int


def fit_size(data: Data) -> tuple[int, bool]:
    """How many images a temperature is fitted on, and whether they are validation images."""
    return (len(data.test) // 2, False) if data.validation is None else (len(data.validation), True)


def fit(spec: ExperimentSpec, layout: Layout, params: NDArray, data: Data, run: int = 0, epoch: int = 0) -> Fitted:
    """:func:`fit_temperature` on the validation images, or where there are none on one of the :func:`halves` of the others."""
    part, chosen = data.validation or data.test, slice(None) if data.validation else halves(len(data.test))
    labels = part.labels[chosen]
    logits = logits_of(spec, layout, params, part.x[chosen])
    return Fitted(fit_temperature(logits, labels), len(labels), data.validation is not None, run, epoch)


def coverage(confidence: NDArray, right: NDArray) -> Coverage:
    """Of answers with ``confidence`` (n,) that are ``right`` (n,) bool: one point for every confidence that occurs.

    Of more than MOST_POINTS some are left out, never the first and the last.
    """
    n = len(confidence)
    order = np.argsort(-confidence, kind="stable")
    falling = confidence[order]
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) if n else np.zeros(0, int)
    if len(last) > MOST_POINTS:
        last = last[np.unique(np.round(np.linspace(0, len(last) - 1, MOST_POINTS)).astype(int))]
    return Coverage(falling[last], (last + 1) / max(n, 1), np.cumsum(right[order])[last] / (last + 1))


def answered(confidence: NDArray, right: NDArray, threshold: float) -> tuple[float, float]:
    """The share with at least ``threshold``, and how much of that is right (NaN where nothing is answered)."""
    sure = confidence >= threshold
    count = int(sure.sum())
    return count / max(len(sure), 1), float(right[sure].mean()) if count else math.nan


def _columns(logits: NDArray) -> NDArray:
    """float64 (n, k), two columns for one."""
    z: NDArray = np.asarray(logits, np.float64)
    return np.concatenate([np.zeros_like(z), z], axis=1) if z.shape[1] == 1 else z
