"""L1 and L2: what large weights cost. Biases are free, as in scikit-learn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.network import Layout


class Penalty:
    """l1·Σ|w| + ½·l2·Σw² over the weights (not divided by the batch: PyTorch's ``weight_decay``)."""

    def __init__(self, layout: Layout, l1: float, l2: float, dtype: type = np.float32) -> None:
        self.l1, self.l2 = l1, l2
        self._is_weight: NDArray = np.zeros(layout.n_parameters, dtype)
        for layer in range(layout.depth):
            layout.weights(self._is_weight, layer)[:] = 1

    def __bool__(self) -> bool:
        return self.l1 > 0 or self.l2 > 0

    def value(self, params: NDArray) -> float:
        """The cost of ``params`` (n_parameters,)."""
        weights = params * self._is_weight
        return float(self.l1 * np.abs(weights).sum() + 0.5 * self.l2 * (weights @ weights))

    def add_gradient(self, params: NDArray, grads: NDArray, work: NDArray) -> None:
        """grads += l1·sign(w) + l2·w, for weights only; ``work`` is overwritten. All (n_parameters,)."""
        if self.l2:
            np.multiply(params, self._is_weight, out=work)
            work *= self.l2
            grads += work
        if self.l1:
            np.sign(params, out=work)
            work *= self._is_weight
            work *= self.l1
            grads += work
