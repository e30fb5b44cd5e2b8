"""The engine's side of a comparison, in float64, and what of an epoch the others are given. No Qt, no library."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.descent import Descent
from engine.evaluation import Evaluation, whole
from engine.network import LayerWork, Network
from engine.spec import ExperimentSpec

PIECE_BYTES = 32_000_000


@dataclass(frozen=True)
class Piece:
    """Some mini-batches of an epoch, one after the other: all are of ``size`` rows, but for the last of the epoch.

    ``x`` (n, n_inputs) and ``targets`` (n, n_outputs) as training was given them, ``labels`` (n,) class indices;
    ``masks`` of dropout, one tuple a mini-batch with (rows, n_neurons) or None a hidden layer; none where nothing drops.
    """

    x: NDArray
    targets: NDArray
    labels: NDArray
    size: int
    masks: tuple[tuple[NDArray | None, ...], ...] = ()

    def batches(self) -> Iterator[slice]:
        """The rows of each mini-batch."""
        for start in range(0, len(self.x), self.size):
            yield slice(start, min(start + self.size, len(self.x)))


class Watched(Network):
    """A network that notes, where ``notes`` is a list, what it is trained on."""

    notes: list[tuple[NDArray, NDArray, tuple[NDArray | None, ...]]] | None = None

    def backward(self, x: NDArray, targets: NDArray, layers: list[LayerWork]) -> None:
        if self.notes is not None:
            masks = tuple(None if layer.mask is None else layer.mask.copy() for layer in layers[:-1])
            self.notes.append((x.copy(), targets.copy(), masks))
        super().backward(x, targets, layers)


class Ours:
    """The engine's descent from its first weights; ``seconds`` of training so far."""

    def __init__(self, spec: ExperimentSpec, data: Data) -> None:
        self.spec, self.data = spec, data
        self.network = Watched.of(spec, np.float64)
        assert isinstance(self.network, Watched)
        self.first = self.network.params.copy()
        self.descent = Descent(spec, data, self.network)
        self.epoch, self.seconds = 0, 0.0
        self.figures = self.descent.figures()
        self._memory = spec.training.schedule.start
        training = spec.training
        self._notes_all = bool(
            any(spec.dropout) or training.input_noise or training.label_smoothing or self.descent.assembled
        )
        row_bytes = 8 * (data.train.x.shape[1] + data.train.targets.shape[1])
        self._per_piece = max(PIECE_BYTES // (row_bytes * self.descent.batch_size), 1)

    @property
    def rate(self) -> float:
        """The learning rate of the epoch at hand."""
        return self.spec.optimizer.learning_rate * self.spec.training.schedule.share(self.epoch, self._memory)

    def train_epoch(self) -> Iterator[Piece]:
        """Train an epoch, piece by piece. Raises ``FloatingPointError`` when a weight is no longer finite."""
        descent = self.descent
        descent.set_rate(self.rate)
        descent.begin_epoch()
        assert descent.order is not None
        order, size = descent.order, descent.batch_size
        for first in range(0, descent.n_batches, self._per_piece):
            batches = range(first, min(first + self._per_piece, descent.n_batches))
            self.network.notes = [] if self._notes_all else None
            began = time.perf_counter()
            for batch in batches:
                if not descent.train(batch):
                    raise FloatingPointError
            self.seconds += time.perf_counter() - began
            yield self._piece(order[first * size : (batches[-1] + 1) * size], size)
        descent.end_epoch()
        self.epoch += 1
        self.figures = descent.figures()
        self._memory = self.spec.training.schedule.remember(self._memory, self.figures[0])

    def _piece(self, rows: NDArray, size: int) -> Piece:
        x, targets = self.data.taken(rows)
        labels = targets.argmax(axis=1) if targets.shape[1] > 1 else (targets[:, 0] > 0.5).astype(np.int64)
        notes = self.network.notes
        if not notes:
            return Piece(x, targets, labels, size)
        return Piece(
            np.concatenate([note[0] for note in notes]), np.concatenate([note[1] for note in notes]), labels, size,
            tuple(note[2] for note in notes) if any(self.spec.dropout) else (),
        )  # fmt: skip


class Measure:
    """The same figures of anybody's weights: losses and scores of train and test as the engine has them."""

    def __init__(self, spec: ExperimentSpec, data: Data) -> None:
        self._network = Network.of(spec, np.float64)
        self._evaluation = Evaluation(self._network, data)

    def __call__(self, params: NDArray) -> tuple[float, ...]:
        """``params`` (n_parameters,) -> train loss, test loss, train score, test score, and more of validation."""
        self._network.params[:] = params
        return whole(self._evaluation.measuring())
