"""What holds weights and gradients small: L1 and L2, clipping, max-norm. Biases are free, as in scikit-learn."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.network import Layout


class Penalty:
    """l1·Σ|w| + ½·l2·Σw² over the weights (not divided by the batch: PyTorch's ``weight_decay``).

    With ``l2_per_sample`` the second term is divided by the samples of the mini-batch: scikit-learn's ``alpha``.
    """

    def __init__(
        self, layout: Layout, l1: float, l2: float, dtype: type = np.float32, l2_per_sample: bool = False
    ) -> None:
        self.l1, self.l2, self.l2_per_sample = l1, l2, l2_per_sample
        self._is_weight: NDArray = np.zeros(layout.n_parameters, dtype)
        for layer in range(layout.depth):
            layout.weights(self._is_weight, layer)[:] = 1

    def __bool__(self) -> bool:
        return self.l1 > 0 or self.l2 > 0

    def _l2(self, n: int) -> float:
        return self.l2 / n if self.l2_per_sample else self.l2

    def value(self, params: NDArray, n: int = 1) -> float:
        """The cost of ``params`` (n_parameters,) in a mini-batch of ``n``."""
        weights = params * self._is_weight
        return float(self.l1 * np.abs(weights).sum() + 0.5 * self._l2(n) * (weights @ weights))

    def add_gradient(self, params: NDArray, grads: NDArray, work: NDArray, n: int = 1) -> None:
        """grads += l1·sign(w) + l2·w, for weights only; ``work`` is overwritten. All (n_parameters,)."""
        if self.l2:
            np.multiply(params, self._is_weight, out=work)
            work *= self._l2(n)
            grads += work
        if self.l1:
            np.sign(params, out=work)
            work *= self._is_weight
            work *= self.l1
            grads += work


def clip_norm(grads: NDArray, limit: float) -> None:
    """Shorten ``grads`` in place to the length ``limit`` where it is longer (Pascanu, Mikolov & Bengio 2013)."""
    norm = math.sqrt(grads.dot(grads))
    if norm > limit:
        grads *= limit / norm


class MaxNorm:
    """Keeps the incoming weights of every neuron, as one vector, no longer than ``limit`` (Srivastava et al. 2014)."""

    def __init__(self, weights: list[NDArray], limit: float) -> None:
        """``weights``: views (n_in, n_out) into the parameters, one a layer."""
        self._limit = limit
        self._layers = [(w, np.empty(w.shape[1], w.dtype)) for w in weights]

    def apply(self) -> None:
        """Shorten what is too long, in place; what is not keeps its bits."""
        for weights, scale in self._layers:
            np.einsum("ij,ij->j", weights, weights, out=scale)
            np.sqrt(scale, out=scale)
            np.maximum(scale, self._limit, out=scale)
            np.divide(self._limit, scale, out=scale)
            weights *= scale
