"""What training does to its samples on purpose: noise on the inputs, dropout of neurons, softer targets.

All of it happens in training only; measuring and answering see the samples and the network as they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.network import LayerWork
from engine.spec import ExperimentSpec


class Perturbation:
    """Draws from the run's own generator, whose state every kept moment holds, into buffers that are kept."""

    def __init__(self, spec: ExperimentSpec, rng: np.random.Generator) -> None:
        self._noise, self._dropout = spec.training.input_noise, spec.dropout
        self._rng = rng
        self._noisy: dict[int, NDArray] = {}

    def __bool__(self) -> bool:
        return self._noise > 0 or any(self._dropout)

    def apply(self, x: NDArray, layers: list[LayerWork]) -> NDArray:
        """Draw the dropout masks of ``layers``; the inputs (n, n_in) to train on, ``x`` itself where there is no noise.

        Dropout is inverted: what stays is divided by the share that stays, so that answering needs no change.
        """
        for layer, share in zip(layers, self._dropout, strict=False):
            if layer.mask is not None:
                self._rng.random(out=layer.mask, dtype=layer.mask.dtype.type)
                np.greater_equal(layer.mask, share, out=layer.mask, casting="unsafe")
                layer.mask *= 1 / (1 - share)
        return self._add_noise(x) if self._noise else x

    def _add_noise(self, x: NDArray) -> NDArray:
        if len(x) not in self._noisy:
            self._noisy[len(x)] = np.empty_like(x)
        noisy = self._noisy[len(x)]
        self._rng.standard_normal(out=noisy, dtype=noisy.dtype.type)
        noisy *= self._noise
        noisy += x
        return noisy


def smooth(targets: NDArray, share: float) -> None:
    """Move ``targets`` (n, k) in place towards an even guess: (1 − s)·y + s/k (Szegedy et al. 2016), k = 2 for one column."""
    targets *= 1 - share
    targets += share / max(targets.shape[1], 2)
