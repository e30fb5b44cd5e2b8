"""Answers about a network at one moment: what its neurons compute over the plane, and for one sample."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.features import expand
from engine.network import Layout
from engine.snapshot import Maps
from engine.spec import ExperimentSpec


@lru_cache(maxsize=16)
def _grid(domain: tuple[float, float], features: tuple[str, ...], scaled: bool, side: int, dtype: str) -> NDArray:
    """The features at the centres of side × side cells, (n_features, side²), top row first."""
    low, high = domain
    centers = low + (np.arange(side) + 0.5) * (high - low) / side
    x1, x2 = np.meshgrid(centers, centers[::-1])
    columns = expand(np.stack([x1.ravel(), x2.ravel()], axis=1), features, domain if scaled else None)
    grid = np.ascontiguousarray(columns.T, dtype)
    grid.flags.writeable = False
    return grid


def decision_maps(spec: ExperimentSpec, layout: Layout, params: NDArray, side: int) -> Maps:
    """Every neuron's answer over the plane. One matrix product a layer; 100 × 100 through 2-8-8-1 takes about 1 ms."""
    dataset = spec.data.dataset
    a = _grid(dataset.domain, spec.data.features, spec.data.scale_inputs, side, params.dtype.str)
    layers = [a]
    for layer in range(layout.depth):
        # Transposed, so that each neuron's map is one contiguous row: aᵀ ← Wᵀ·aᵀ + b.
        z = layout.weights(params, layer).T @ a
        z += layout.biases(params, layer)[:, None]
        if layer == layout.depth - 1:
            spec.loss.output(z.T, z.T)
            if dataset.regression:
                # Maps of an output are in 0..1: what the targets have in −1..1 around the middle.
                z *= 0.5
                z += 0.5
            a = z
        else:
            a = np.empty_like(z)
            spec.activations[layer].forward(z, a)
        layers.append(a)
    maps = tuple(layer.reshape(-1, side, side) for layer in layers)
    for array in maps:
        array.flags.writeable = False
    return Maps(dataset.domain, maps)


def sample_activations(spec: ExperimentSpec, layout: Layout, params: NDArray, x: NDArray) -> tuple[NDArray, ...]:
    """Every layer's activations for one sample ``x`` (n_inputs,): inputs first, the outputs (0..1, or the number) last."""
    a = np.asarray(x, params.dtype)
    result = [a]
    with np.errstate(all="ignore"):
        for layer in range(layout.depth):
            z = a @ layout.weights(params, layer) + layout.biases(params, layer)
            a = np.empty_like(z)
            if layer == layout.depth - 1:
                spec.loss.output(z[None], a[None])
            else:
                spec.activations[layer].forward(z, a)
            result.append(a)
    return tuple(result)


def layer_sums(spec: ExperimentSpec, layout: Layout, params: NDArray, x: NDArray) -> tuple[NDArray, ...]:
    """The weighted sums z = a·W + b of every layer for samples ``x`` (n, n_inputs): (n, n_neurons) each, logits last.

    Without dropout, as the network answers; the bits that a :func:`engine.trace.trace` of the same samples has.
    """
    a = np.ascontiguousarray(x, params.dtype)
    result = []
    with np.errstate(all="ignore"):
        for layer in range(layout.depth):
            z = a @ layout.weights(params, layer)
            z += layout.biases(params, layer)
            result.append(z)
            if layer < layout.depth - 1:
                a = np.empty_like(z)
                spec.activations[layer].forward(z, a)
    return tuple(result)


def map_side(layout: Layout, budget_ms: float) -> int:
    """The finest of 100, 70, 50 and 35 cells a side that :func:`decision_maps` manages in about ``budget_ms``."""
    # Measured on one core: 1 ns a multiplication of the larger layers, 4 ns an activation.
    cost_ns = layout.n_parameters * 0.4 + sum(layout.sizes) * 4
    for side in (100, 70, 50):
        if cost_ns * side * side <= budget_ms * 1e6:
            return side
    return 35
