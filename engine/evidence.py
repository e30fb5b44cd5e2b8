"""Which inputs spoke for a class: gradient × input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.network import Layout
from engine.spec import ExperimentSpec


def evidence(spec: ExperimentSpec, layout: Layout, params: NDArray, x: NDArray, label: int) -> NDArray:
    """x ∘ ∂z/∂x for the logit z of class ``label``, one sample: x (n_inputs,) -> (n_inputs,).

    What is above 0 spoke for the class, what is below 0 against it (gradient × input; Shrikumar, Greenside & Kundaje 2017,
    section 2). In a network of ReLUs the sum is the logit without the biases' share. Of two classes with one output,
    class 0's logit is the negative of the output's.
    """
    a = np.asarray(x, params.dtype)
    slopes = []
    with np.errstate(all="ignore"):
        for layer in range(layout.depth - 1):
            z = a @ layout.weights(params, layer) + layout.biases(params, layer)
            a, slope = np.empty_like(z), np.empty_like(z)
            spec.activations[layer].forward(z, a)
            spec.activations[layer].gradient(z, a, slope)
            slopes.append(slope)
        last = layout.weights(params, layout.depth - 1)
        delta = last[:, label] if last.shape[1] > 1 else last[:, 0] * (1 if label else -1)
        for layer in range(layout.depth - 2, -1, -1):
            delta = layout.weights(params, layer) @ (delta * slopes[layer])
        result: NDArray = np.asarray(x, params.dtype) * delta
    return result
