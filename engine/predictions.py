"""What a network answers to a set of samples: its classes, how sure it is, and where it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.data import Part
from engine.network import Layout
from engine.spec import ExperimentSpec

CHUNK = 2_000


@dataclass(frozen=True)
class Predictions:
    """Of ``rows`` (n,) of a part of the data: ``labels`` (n,) as they are, ``logits`` (n, k) as the network answers.

    ``epoch`` and ``run`` say of which moment.
    """

    rows: NDArray
    labels: NDArray
    logits: NDArray
    n_classes: int
    run: int = 0
    epoch: float = 0.0

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def probabilities(self) -> NDArray:
        """(n, n_classes), each row with the sum 1: softmax of the logits, or the sigmoid's two sides."""
        return probabilities(self.logits)

    @cached_property
    def predicted(self) -> NDArray:
        """(n,) int64: the class that each sample is taken for."""
        best: NDArray = self.probabilities.argmax(axis=1)
        return best

    @cached_property
    def confidence(self) -> NDArray:
        """(n,): the probability of the class it is taken for."""
        top: NDArray = self.probabilities.max(axis=1)
        return top

    @cached_property
    def answered(self) -> NDArray:
        """(n,) bool: where the answers are numbers. Those of a network that diverged are not."""
        some: NDArray = np.isfinite(self.logits).all(axis=1)
        return some

    @cached_property
    def right(self) -> NDArray:
        """(n,) bool; what is no number is never right."""
        good: NDArray = (self.predicted == self.labels) & self.answered
        return good

    @property
    def accuracy(self) -> float:
        """The share that is right; 0 of none."""
        return float(self.right.mean()) if len(self) else 0.0


def probabilities(logits: NDArray, temperature: float = 1.0) -> NDArray:
    """Softmax of (n, k) ``logits`` / ``temperature``, from one column the sigmoid: (n, max(k, 2)).

    Rows that hold no numbers give 1/k.
    """
    if logits.shape[1] == 1:
        logits = np.concatenate([np.zeros_like(logits), logits], axis=1)
    with np.errstate(all="ignore"):
        z = logits / temperature
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, out=z)
        z /= z.sum(axis=1, keepdims=True)
    lost = ~np.isfinite(z).all(axis=1)
    if lost.any():
        z[lost] = 1.0 / z.shape[1]
    result: NDArray = z
    return result


def logits_of(spec: ExperimentSpec, layout: Layout, params: NDArray, x: NDArray) -> NDArray:
    """(n, n_in) -> (n, n_out): the answers before softmax or sigmoid, without dropout, in stretches of rows."""
    out: NDArray = np.empty((len(x), layout.sizes[-1]), params.dtype)
    with np.errstate(all="ignore"):
        for start in range(0, len(x), CHUNK):
            a = np.ascontiguousarray(x[start : start + CHUNK], params.dtype)
            for layer in range(layout.depth):
                z = a @ layout.weights(params, layer)
                z += layout.biases(params, layer)
                a = z
                if layer < layout.depth - 1:
                    a = np.empty_like(z)
                    spec.activations[layer].forward(z, a)
            out[start : start + len(a)] = a
    return out


def some_of(part: Part, most: int | None) -> tuple[NDArray, NDArray, NDArray]:
    """Rows (m,), x (m, n_in) and labels (m,) of ``part``, or of ``most`` samples, evenly spread and always the same ones."""
    n = len(part)
    if most is None or n <= most:
        return np.arange(n), part.x, part.labels
    rows = np.arange(most) * n // most
    return rows, part.x[rows], part.labels[rows]


def predict(
    spec: ExperimentSpec,
    layout: Layout,
    params: NDArray,
    part: Part,
    most: int | None = None,
    run: int = 0,
    epoch: float = 0.0,
) -> Predictions:
    """The answers to all samples of ``part``, or to ``most`` of them."""
    rows, x, labels = some_of(part, most)
    return Predictions(rows, labels, logits_of(spec, layout, params, x), spec.data.dataset.n_classes, run, epoch)
