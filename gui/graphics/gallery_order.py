"""Which predictions a gallery shows, and in what order; and how a new order keeps images in their places. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.predictions import Predictions

ALL, WRONG, RIGHT = "all", "wrong", "right"
MISTAKES, UNSURE, SURE, INDEX = "mistakes", "unsure", "sure", "index"


@dataclass(frozen=True)
class Filter:
    """What is shown: ``outcome`` "all", "wrong" or "right", of the class ``true``, read as ``predicted``; None is any."""

    outcome: str = ALL
    true: int | None = None
    predicted: int | None = None


def shown(predictions: Predictions, only: Filter) -> NDArray:
    """(n,) bool: which of the predictions the filter lets through."""
    keep = np.ones(len(predictions), bool)
    if only.outcome != ALL:
        keep &= predictions.right == (only.outcome == RIGHT)
    if only.true is not None:
        keep &= predictions.labels == only.true
    if only.predicted is not None:
        keep &= (predictions.predicted == only.predicted) & predictions.answered
    return keep


def order(predictions: Predictions, sort: str, only: Filter) -> NDArray:
    """(m,) places among the predictions, best first. Equal ones stand in the order of the data.

    "mistakes": the wrong ones, surest first, then the right ones, least sure first: what it is most wrong about, down to
    what it has best understood. "unsure" and "sure" go by the probability of the answer, "index" by the data.
    """
    places: NDArray = np.flatnonzero(shown(predictions, only))
    if sort == INDEX:
        return places
    confidence = np.where(predictions.answered, predictions.confidence, 0.0)[places]
    if sort == MISTAKES:
        right = predictions.right[places]
        return places[np.lexsort((np.where(right, confidence, -confidence), right))]
    return places[np.argsort(-confidence if sort == SURE else confidence, kind="stable")]


def kept_in_place(old: NDArray, new: NDArray, screen: int, n_first: int = 0) -> NDArray:
    """``new`` (m,), so that each stretch of ``screen`` images holds the same ones, but those that were in it stay put.

    What a screen shows is then right, and an image can be looked at while the network learns; only its rank within the
    screen is not exact. The ``n_first`` first ones stay the first.
    """
    before = np.full(int(max(old.max(initial=0), new.max(initial=0))) + 1, -1)
    before[old] = np.arange(len(old))
    place = np.arange(len(new))
    stretch = np.where(place < n_first, -1 - place // screen, (place - n_first) // screen)
    was = before[new]
    stays = (was >= 0) & (was < len(new))
    stays[stays] = stretch[was[stays]] == stretch[stays]
    result = np.full(len(new), -1, new.dtype)
    result[was[stays]] = new[stays]
    result[result < 0] = new[~stays]
    return result
