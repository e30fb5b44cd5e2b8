"""Every metric by hand, and against scikit-learn on random answers."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest

import engine.metrics
from engine.metrics import accuracy, class_scores, confusion_matrix, macro_average, r2_score, top_k_accuracy

# Class 0: three right. Class 1: one right, one taken for 0. Class 2: never predicted. Class 3: does not occur.
LABELS = [0, 0, 0, 1, 1, 2, 2]
ANSWERS = [0, 0, 0, 1, 0, 3, 1]


def test_by_hand() -> None:
    assert accuracy(LABELS, ANSWERS) == 4 / 7
    confusion = confusion_matrix(LABELS, ANSWERS, 4)
    assert confusion.tolist() == [[3, 0, 0, 0], [1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]]
    scores = class_scores(confusion)
    assert scores.precision.tolist() == [3 / 4, 1 / 2, 0, 0]
    assert scores.recall.tolist() == [1, 1 / 2, 0, 0]
    np.testing.assert_allclose(scores.f1, [6 / 7, 1 / 2, 0, 0], rtol=1e-15)
    assert scores.support.tolist() == [3, 2, 2, 0]


def test_the_macro_average_counts_classes_that_occur() -> None:
    """Class 3 is only ever answered: it counts, with zeros. A class that is neither does not."""
    confusion = confusion_matrix(LABELS, ANSWERS, 5)
    average = macro_average(confusion)
    np.testing.assert_allclose(average, [(3 / 4 + 1 / 2) / 4, (1 + 1 / 2) / 4, (6 / 7 + 1 / 2) / 4], rtol=1e-15)
    assert macro_average(np.zeros((3, 3), np.int64)) == (0, 0, 0)


def test_top_k_by_hand() -> None:
    probabilities = [[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.1, 0.45, 0.45]]
    assert top_k_accuracy([0, 1, 2, 0], probabilities) == 0.5
    assert top_k_accuracy([0, 1, 2, 2], probabilities, k=1) == 0.25  # of equal ones the lower class is the answer
    assert top_k_accuracy([0, 1, 2, 0], probabilities, k=3) == 1


def test_r2_by_hand() -> None:
    assert r2_score([1, 2, 3, 4], [1, 2, 3, 4]) == 1
    assert r2_score([1, 2, 3, 4], [2.5] * 4) == 0
    assert r2_score([1, 2, 3, 4], [4, 3, 2, 1]) == 1 - 20 / 5
    assert r2_score([2, 2], [2, 2]) == 1
    assert r2_score([2, 2], [2, 3]) == 0
    assert r2_score([[1, 5], [3, 5]], [[1, 5], [3, 6]]) == 0.5


def random_answers(seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    k, n = int(rng.integers(2, 7)), int(rng.integers(2, 60))
    probabilities = rng.dirichlet(np.ones(k), n)
    return rng.integers(0, k, n), probabilities, k, rng.normal(0, 1, (n, 2)), rng.normal(0, 1, (n, 2))


@pytest.mark.parametrize("seed", range(40))
def test_beside_scikit_learn(seed: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    labels, probabilities, k, targets, values = random_answers(seed)
    predicted = probabilities.argmax(axis=1)
    assert accuracy(labels, predicted) == sklearn.accuracy_score(labels, predicted)
    confusion = confusion_matrix(labels, predicted, k)
    assert np.array_equal(confusion, sklearn.confusion_matrix(labels, predicted, labels=range(k)))
    expected = sklearn.precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    np.testing.assert_allclose(macro_average(confusion), expected[:3], rtol=1e-12, atol=1e-15)
    theirs = sklearn.precision_recall_fscore_support(labels, predicted, labels=range(k), zero_division=0)
    for our, their in zip(class_scores(confusion), theirs, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-14)
    if k > 2:  # theirs takes two classes for one column
        their = sklearn.top_k_accuracy_score(labels, probabilities, k=2, labels=range(k))
        assert top_k_accuracy(labels, probabilities) == pytest.approx(their, abs=1e-15)
    for a, b in ((targets, values), (targets[:, 0], values[:, 0]), (targets, targets), (targets * 0, values)):
        assert r2_score(a, b) == pytest.approx(sklearn.r2_score(a, b), rel=1e-12)


def test_top_1_is_the_accuracy_even_of_equal_scores() -> None:
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(0, 3, (200, 4)), rng.integers(0, 4, 200)
    assert top_k_accuracy(labels, scores, k=1) == accuracy(labels, scores.argmax(axis=1))


@pytest.mark.parametrize(("labels", "answers"), [([], []), ([0, 1], [0]), ([[0]], [[0]])])
def test_what_does_not_match_is_refused(labels: list[Any], answers: list[Any]) -> None:
    with pytest.raises(ValueError, match="not as many"):
        accuracy(labels, answers)


@pytest.mark.parametrize(("labels", "answers"), [([0, 2], [0, 0]), ([0, 1], [0, -1])])
def test_an_unknown_class_is_refused(labels: list[int], answers: list[int]) -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        confusion_matrix(labels, answers, 2)


def test_r2_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="not as many"):
        r2_score([], [])
    with pytest.raises(ValueError, match="not as many"):
        r2_score([1.0, 2.0], [1.0])


def test_examples() -> None:
    assert doctest.testmod(engine.metrics).failed == 0
