"""What a network answers to many samples: by hand, and what is no number."""

from __future__ import annotations

import numpy as np
import pytest

from engine.predictions import Predictions


def predictions(logits: list[list[float]], labels: list[int]) -> Predictions:
    return Predictions(np.arange(len(labels)), np.array(labels), np.array(logits, float), 3)


def test_what_is_no_number_is_never_right() -> None:
    """Row 1 counts as class 0 by argmax, which is its label: still nothing was read."""
    some = predictions([[0, 2, 0], [np.nan, 0, 0], [np.inf, 0, 0], [3, 0, 0]], [1, 0, 0, 2])
    assert some.answered.tolist() == [True, False, False, True]
    assert some.right.tolist() == [True, False, False, False]
    assert some.accuracy == 0.25


def test_softmax_by_hand() -> None:
    some = predictions([[np.log(6), np.log(3), 0.0]], [0])
    assert some.probabilities[0] == pytest.approx([0.6, 0.3, 0.1])
    assert (int(some.predicted[0]), float(some.confidence[0])) == (0, pytest.approx(0.6))
