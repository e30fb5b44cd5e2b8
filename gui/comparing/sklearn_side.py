"""scikit-learn's MLPClassifier or MLPRegressor, trained on the pieces that the engine trained on. Only in a child process."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier, MLPRegressor

from engine.network import Layout
from engine.spec import ExperimentSpec
from gui.comparing.conventions import LIBRARY_EPSILON, SKLEARN_ACTIVATIONS
from gui.comparing.pieces import Piece

VERSION = str(sklearn.__version__)
STANDSTILL = 1e-300  # a learning rate at which no weight moves


class SklearnSide:
    """``train`` goes over a piece as ``partial_fit`` does; ``seconds`` of training so far."""

    def __init__(
        self, spec: ExperimentSpec, layout: Layout, first: NDArray, apart: frozenset[str], piece: Piece
    ) -> None:
        self.spec, self.layout, self.apart = spec, layout, apart
        self.seconds, self.steps = 0.0, 0
        self._regression = spec.data.dataset.regression
        optimizer: Any = spec.optimizer
        self._adam = optimizer.name == "adam"
        self._l2 = spec.training.l2
        # Its alpha is divided by the rows of each mini-batch; ours may count whole.
        self._whole_l2 = self._l2 > 0 and not spec.training.l2_per_sample and "l2_batch" not in apart
        self._late_epsilon = self._adam and optimizer.torch_epsilon and "epsilon" not in apart
        self._losses: list[tuple[float, int]] = []
        settings: dict[str, Any] = {"solver": "adam" if self._adam else "sgd"}
        if self._adam:
            epsilon = LIBRARY_EPSILON if "epsilon" in apart else optimizer.epsilon
            settings |= {"beta_1": optimizer.beta_1, "beta_2": optimizer.beta_2, "epsilon": epsilon}
        else:
            settings |= {"momentum": optimizer.momentum, "nesterovs_momentum": optimizer.nesterov}
        kind = MLPRegressor if self._regression else MLPClassifier
        activation = SKLEARN_ACTIVATIONS[spec.activations[0].name] if spec.activations else "relu"
        self.model: Any = kind(
            hidden_layer_sizes=spec.network.hidden_layer_sizes, activation=activation, alpha=self._l2,
            batch_size=piece.size, tol=0.0, learning_rate_init=STANDSTILL, shuffle="order" in apart and spec.training.shuffle,
            random_state=spec.training.seed, n_iter_no_change=10**9, **settings,
        )  # fmt: skip
        self._begin(piece, first)

    def _begin(self, piece: Piece, first: NDArray) -> None:
        """Have it make its arrays by a step that moves nothing, then stand where the engine stood."""
        classes = {} if self._regression else {"classes": np.arange(max(self.layout.sizes[-1], 2))}
        rows = slice(0, min(piece.size, len(piece.x)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.model.partial_fit(piece.x[rows], self._answers(piece, rows), **classes)
        if "weights" not in self.apart:
            for layer in range(self.layout.depth):
                self.model.coefs_[layer][:] = self.layout.weights(first, layer)
                self.model.intercepts_[layer][:] = self.layout.biases(first, layer)
        optimizer = self.model._optimizer
        for name in ("velocities", "ms", "vs"):
            for array in getattr(optimizer, name, ()):
                array[:] = 0
        optimizer.t = 0

    def _answers(self, piece: Piece, rows: slice) -> NDArray:
        if not self._regression:
            return piece.labels[rows]
        targets = piece.targets[rows]
        return targets[:, 0] if targets.shape[1] == 1 else targets

    def train(self, piece: Piece, rate: float) -> None:
        """Its epoch over the piece, by our mini-batches."""
        if "schedule" in self.apart:
            rate = self.spec.optimizer.learning_rate
        optimizer = self.model._optimizer
        optimizer.learning_rate = optimizer.learning_rate_init = rate
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for rows in self._cuts(piece):
                size = min(piece.size, rows.stop - rows.start)
                if self._whole_l2:
                    self.model.alpha = self._l2 * size
                if self._late_epsilon:
                    optimizer.epsilon = (
                        self.spec.optimizer.epsilon * (1 - self.spec.optimizer.beta_2 ** (self.steps + 1)) ** 0.5
                    )  # type: ignore[attr-defined]
                self.model.batch_size = size
                self.model.partial_fit(piece.x[rows], self._answers(piece, rows))
                self.steps += -(-(rows.stop - rows.start) // size)
                self._losses.append((float(self.model.loss_), rows.stop - rows.start))
        self.seconds += time.perf_counter() - began

    def _cuts(self, piece: Piece) -> list[slice]:
        """The whole piece, or by mini-batches where one of its settings must change between them."""
        n, size = len(piece.x), piece.size
        if self._late_epsilon:
            return list(piece.batches())
        full = n // size * size
        if self._whole_l2 and 0 < full < n:
            return [slice(0, full), slice(full, n)]
        return [slice(0, n)]

    def params(self) -> NDArray:
        """(n_parameters,) in the engine's layout, a new array."""
        flat: NDArray = np.empty(self.layout.n_parameters)
        for layer in range(self.layout.depth):
            self.layout.weights(flat, layer)[:] = self.model.coefs_[layer]
            self.layout.biases(flat, layer)[:] = self.model.intercepts_[layer]
        return flat

    def reported(self) -> float:
        """The loss that it gathered in the epoch that ended, as its ``loss_curve_`` has it."""
        losses, self._losses = self._losses, []
        return sum(value * n for value, n in losses) / sum(n for _, n in losses)
