"""Loss and accuracy, or R², of a network on a set of samples."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.data import Data, Part
from engine.network import Network

T = TypeVar("T")
Measuring = Generator[None, None, T]
"""A measurement of many samples piece by piece: whoever is in no hurry may stop between two and go on later."""

# Of larger sets every second, third ... row is measured: a fair sample, even where the rows come sorted by class.
MAX_ROWS = 10_000
CHUNK = 2_000


class Evaluator:
    """Measures one :class:`Part` again and again without allocating the big arrays anew."""

    def __init__(self, network: Network, part: Part) -> None:
        self._network = network
        every = spacing(len(part))
        x, targets, labels = part.x[::every], part.targets[::every], part.labels[::every]
        self._rows = len(x)
        self._chunks = [
            (x[i : i + CHUNK], targets[i : i + CHUNK], labels[i : i + CHUNK]) for i in range(0, self._rows, CHUNK)
        ]
        self._spread = float(((targets - targets.mean(axis=0)) ** 2).sum())

    def __call__(self) -> tuple[float, float]:
        """The same without a stop."""
        return whole(self.measuring())

    def measuring(self) -> Measuring[tuple[float, float]]:
        """(mean loss without penalty, accuracy in 0..1); in regression the second is R², 1 at best."""
        loss = score = 0.0
        regression = self._network.loss.regression
        for i, (x, targets, labels) in enumerate(self._chunks):
            if i:
                yield
            logits = self._network.forward(x, self._network.work(len(x)))
            loss += self._network.loss.value(logits, targets) * len(x)
            score += squared_distance(logits, targets) if regression else count_right(logits, labels)
        if regression:
            # Numbers that are all the same have no spread to explain: 0, as scikit-learn says.
            return loss / self._rows, 1 - score / self._spread if self._spread else 0.0
        return loss / self._rows, score / self._rows


def spacing(n: int) -> int:
    """Which rows of ``n`` are measured: every row up to :data:`MAX_ROWS`, then every second, third ..."""
    return -(-n // MAX_ROWS)


class Evaluation:
    """Measures all parts of the data: training, test and, where there are any, validation samples."""

    def __init__(self, network: Network, data: Data) -> None:
        self._train = Evaluator(network, data.train)
        # The four corners of a gate are both trained on and tested with: measured once.
        self._test = None if data.same else Evaluator(network, data.test)
        self._validation = None if data.validation is None else Evaluator(network, data.validation)

    def measuring(self) -> Measuring[tuple[float, ...]]:
        """Losses of train and test, scores of train and test, then both of validation: a row of the history."""
        train = yield from self._train.measuring()
        test = train if self._test is None else (yield from self._test.measuring())
        validation = () if self._validation is None else (yield from self._validation.measuring())
        return (train[0], test[0], train[1], test[1], *validation)


def decide(logits: NDArray) -> NDArray:
    """The class each row of logits (n, k) speaks for: (n,). One column decides by its sign."""
    return (logits[:, 0] > 0).astype(np.int64) if logits.shape[1] == 1 else logits.argmax(axis=1)


def squared_distance(logits: NDArray, targets: NDArray) -> float:
    """Σ (z − y)² over everything."""
    return float(((logits - targets) ** 2).sum())


def count_right(logits: NDArray, labels: NDArray) -> float:
    """How many of the (n, k) logits speak for their label (n,)."""
    return float(np.count_nonzero(decide(logits) == labels))


def whole(measuring: Measuring[T]) -> T:
    """What a measurement comes to, without a stop."""
    while True:
        try:
            next(measuring)
        except StopIteration as done:
            value: T = done.value
            return value
