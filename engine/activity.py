"""What one layer makes of many samples, and which classes each of its neurons answers to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.spec import ExperimentSpec


def layer_name(layer: int, depth: int) -> str:
    """``input``, ``hidden 1`` ..., ``output``: layer 0 is the input and ``depth`` the output."""
    return "input" if layer == 0 else "output" if layer == depth else f"hidden {layer}"


def activations_at(spec: ExperimentSpec, x: NDArray, sums: tuple[NDArray, ...], layer: int) -> NDArray:
    """What ``layer`` (0 the input, hidden layers from 1) hands on for samples ``x`` (n, n_inputs): (n, n_neurons).

    ``sums`` are :func:`engine.probes.layer_sums` of the same samples. The output hands on its logits.
    """
    if layer == 0:
        return x
    z = sums[layer - 1]
    if layer == len(sums):
        return z
    a = np.empty_like(z)
    with np.errstate(all="ignore"):
        spec.activations[layer - 1].forward(z, a)
    return a


def class_sums(values: NDArray, labels: NDArray, n_classes: int) -> NDArray:
    """(n_classes, k): the sum of the rows of ``values`` (n, k) of each class; ``labels`` (n,) are 0..n_classes-1."""
    with np.errstate(all="ignore"):
        result: NDArray = (labels == np.arange(n_classes)[:, None]).astype(values.dtype) @ values
    return result


def class_means(values: NDArray, labels: NDArray, n_classes: int) -> NDArray:
    """(n_classes, k): the mean of ``values`` (n, k) over the samples of each class; 0 for a class without samples."""
    counts = np.bincount(labels, minlength=n_classes)[:n_classes, None]
    means: NDArray = class_sums(values, labels, n_classes) / np.maximum(counts, 1).astype(values.dtype)
    return means


def spread_rows(n: int, most: int) -> NDArray:
    """(min(n, most),) places, evenly spread over ``n`` and always the same ones."""
    return np.arange(n) if n <= most else np.arange(most) * n // most
