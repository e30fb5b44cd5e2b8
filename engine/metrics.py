"""How good the answers are: accuracy, who is taken for whom, precision and recall, top-k, R². Pure functions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class ClassScores(NamedTuple):
    """One value a class, each (k,) float64 in 0..1; ``support`` (k,) int64 counts the true samples of each class."""

    precision: NDArray
    recall: NDArray
    f1: NDArray
    support: NDArray


class MacroScores(NamedTuple):
    """The means of :class:`ClassScores` over the classes, each class counting the same."""

    precision: float
    recall: float
    f1: float


def accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Share of the samples whose predicted class is their label; both (n,).

    >>> accuracy([0, 1, 2, 2], [0, 1, 1, 2])
    0.75
    """
    truth, answers = _pair(labels, predicted)
    return float(np.mean(truth == answers))


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, n_classes: int) -> NDArray:
    """(n_classes, n_classes) int64: row = true class, column = predicted class. Both arguments are (n,).

    Raises ``ValueError`` for a class that is not one of 0 .. n_classes − 1.

    >>> confusion_matrix([0, 1, 1], [0, 0, 1], 2).tolist()
    [[1, 0], [1, 1]]
    """
    truth, answers = _pair(labels, predicted)
    for classes in (truth, answers):
        if classes.min() < 0 or classes.max() >= n_classes:
            raise ValueError(f"a class is outside 0 to {n_classes - 1}")
    places = truth.astype(np.int64) * n_classes + answers.astype(np.int64)
    return np.bincount(places, minlength=n_classes**2).reshape(n_classes, n_classes)


def class_scores(confusion: NDArray) -> ClassScores:
    """Precision, recall and F1 of each class from its :func:`confusion_matrix`.

    precision = right / all predicted as it, recall = right / all that are it, F1 = 2·right / (both): their harmonic mean.
    0/0 counts as 0, as with scikit-learn's ``zero_division=0``: a class never predicted has precision 0.
    """
    right, predicted, support = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    precision, recall = _ratio(right, predicted), _ratio(right, support)
    return ClassScores(precision, recall, _ratio(2 * right, predicted + support), support)


def macro_average(confusion: NDArray) -> MacroScores:
    """The mean over the classes that occur as a label or as an answer: scikit-learn's ``average="macro"``; 0 of none.

    >>> macro_average(np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]]))
    MacroScores(precision=0.75, recall=0.75, f1=0.6666666666666666)
    """
    scores, occurs = class_scores(confusion), confusion.sum(axis=0) + confusion.sum(axis=1) > 0
    if not occurs.any():
        return MacroScores(0.0, 0.0, 0.0)
    return MacroScores(*(float(values[occurs].mean()) for values in scores[:3]))


def top_k_accuracy(labels: ArrayLike, probabilities: ArrayLike, k: int = 2) -> float:
    """Share of the samples whose label is among the ``k`` most probable classes.

    ``labels`` (n,), ``probabilities`` (n, n_classes) or any scores. Of equal scores the lower class comes first, as with
    ``argmax``, so that k = 1 is the accuracy; scikit-learn puts the higher class first.

    >>> top_k_accuracy([0, 1], [[0.3, 0.5, 0.2], [0.5, 0.1, 0.4]])
    0.5
    """
    scores = np.asarray(probabilities)
    truth, _ = _pair(labels, scores[:, 0])
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean((best == truth[:, None]).any(axis=1)))


def r2_score(targets: ArrayLike, predicted: ArrayLike) -> float:
    """R² = 1 − Σ(y − ŷ)² / Σ(y − mean y)²: 1 is perfect, 0 is no better than the mean, below 0 is worse.

    Both (n,) or (n, n_outputs), of which the mean is taken. Where all targets are equal, R² is 1 if every answer is right
    and 0 if not, as in scikit-learn.

    >>> r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """
    y, answers = (np.asarray(a, np.float64) for a in (targets, predicted))
    if y.shape != answers.shape or not y.size:
        raise ValueError(f"targets {y.shape} and answers {answers.shape} are not as many, or none")
    missed: NDArray = np.atleast_1d(((y - answers) ** 2).sum(axis=0))
    spread: NDArray = np.atleast_1d(((y - y.mean(axis=0)) ** 2).sum(axis=0))
    perfect = np.where(missed == 0, 1.0, 0.0)
    return float(np.mean(np.where(spread == 0, perfect, 1 - missed / np.where(spread == 0, 1.0, spread))))


def _pair(labels: ArrayLike, predicted: ArrayLike) -> tuple[NDArray, NDArray]:
    truth, answers = np.asarray(labels), np.asarray(predicted)
    if truth.ndim != 1 or truth.shape != answers.shape or not truth.size:
        raise ValueError(f"labels {truth.shape} and answers {answers.shape} are not as many, or none")
    return truth, answers


def _ratio(part: NDArray, whole: NDArray) -> NDArray:
    """part / whole, with 0/0 = 0."""
    ratio: NDArray = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return ratio
