"""Trace: forward and backward of some samples with every factor of the chain rule kept, computed as training computes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.minibatch import MiniBatch
from engine.network import Layout, Network
from engine.spec import ExperimentSpec


@dataclass(frozen=True, slots=True)
class Trace:
    """What n samples make of a network, layer of weights by layer of weights; layer 0 leads from the inputs.

    ``inputs[l]`` (n, n_in) is what layer l receives, ``z[l]`` (n, n_out) its weighted sums, ``a[l]`` its activations before
    dropout (of the last layer the answers), ``masks[l]`` what dropout multiplies them by (None: nothing), ``slope[l]`` f'(z)
    of a hidden layer. ``delta[l]`` is ∂loss/∂z of each sample by itself. ``grads`` (n_parameters,) is the gradient of the
    mean loss over the samples, without L1 and L2: the bits that training has. ``loss`` is that mean.
    """

    layout: Layout
    params: NDArray
    targets: NDArray
    inputs: tuple[NDArray, ...]
    z: tuple[NDArray, ...]
    a: tuple[NDArray, ...]
    slope: tuple[NDArray, ...]
    masks: tuple[NDArray | None, ...]
    delta: tuple[NDArray, ...]
    grads: NDArray
    loss: float

    def __len__(self) -> int:
        return len(self.targets)


def trace(
    spec: ExperimentSpec,
    layout: Layout,
    params: NDArray,
    x: NDArray,
    targets: NDArray,
    masks: tuple[NDArray | None, ...] = (),
) -> Trace:
    """Forward and backward of ``x`` (n, n_in) towards ``targets`` (n, n_out), with the dropout of ``masks`` or without any.

    ``params`` (n_parameters,) gives the precision: float32 computes as training does, float64 for checks.
    """
    dtype = params.dtype.type
    network = Network(layout, spec.activations, spec.loss, dtype)
    network.params[:] = params
    x, targets = np.ascontiguousarray(x, dtype), np.ascontiguousarray(targets, dtype)
    work = network.work(len(x), tuple(mask is not None for mask in masks))
    for layer, mask in zip(work, masks, strict=False):
        if mask is not None and layer.mask is not None:
            layer.mask[:] = mask
    with np.errstate(all="ignore"):
        logits = network.forward(x, work)
        loss = float(spec.loss.value(logits, targets))
        network.backward(x, targets, work)
        answers = np.empty_like(logits)
        spec.loss.output(logits.copy(), answers)
    hidden = work[:-1]
    return Trace(
        layout, network.params, targets,
        inputs=(x, *(layer.out for layer in hidden)),
        z=tuple(layer.z for layer in work),
        a=(*(layer.a for layer in hidden), answers),
        slope=tuple(layer.slope for layer in hidden),
        masks=tuple(layer.mask for layer in hidden),
        delta=tuple(layer.delta * dtype(len(x)) for layer in work),
        grads=network.grads, loss=loss,
    )  # fmt: skip


def trace_of(spec: ExperimentSpec, layout: Layout, params: NDArray, batch: MiniBatch) -> Trace:
    """The pass that training is about to make with ``batch``, noise and dropout included."""
    return trace(spec, layout, params, batch.x, batch.targets, batch.masks)
