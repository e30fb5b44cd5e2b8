"""The numbers behind one neuron, weight or bias: where each comes from, for one sample, and what an update makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor
from engine.minibatch import MiniBatch
from engine.network import Layout, Network
from engine.optimizers import Optimizer
from engine.penalties import MaxNorm, Penalty, clip_norm
from engine.spec import ExperimentSpec
from engine.trace import Trace, trace


@dataclass(frozen=True)
class Sample:
    """One sample as a network is shown it: ``x`` (n_in,), ``targets`` (n_out,), ``masks`` (width,) or None a hidden layer."""

    x: NDArray
    targets: NDArray
    masks: tuple[NDArray | None, ...] = ()

    @classmethod
    def of(cls, batch: MiniBatch, row: int) -> Sample:
        """Sample ``row`` of a mini-batch, with the noise and the dropout it is about to meet."""
        masks = tuple(None if mask is None else mask[row] for mask in batch.masks)
        return cls(batch.x[row], batch.targets[row], masks)

    def trace(self, spec: ExperimentSpec, layout: Layout, params: NDArray) -> Trace:
        """The pass of this sample alone."""
        masks = tuple(None if mask is None else mask[None] for mask in self.masks)
        return trace(spec, layout, params, self.x[None], self.targets[None], masks)


@dataclass(frozen=True)
class Products:
    """Σ weights · values, term by term, all (n,) in the order of the other layer's neurons."""

    weights: NDArray
    values: NDArray

    @property
    def terms(self) -> NDArray:
        """(n,) weights · values."""
        terms: NDArray = self.weights * self.values
        return terms

    @property
    def total(self) -> Any:
        """The sum, as a matrix product makes it."""
        return self.weights.dot(self.values)

    def largest(self, most: int) -> NDArray:
        """Places of the terms to show, in their order: all where there are no more than ``most``, else the largest."""
        if len(self.weights) <= most:
            return np.arange(len(self.weights))
        return np.sort(np.argsort(-np.abs(np.nan_to_num(self.terms)), kind="stable")[:most])


@dataclass(frozen=True)
class NeuronNumbers:
    """Neuron ``index`` of ``layer`` (0: the inputs) at one sample.

    z = ``forward`` + ``bias``; ``a`` = f(z), of an output the answer; ``mask`` is what dropout multiplies it by, ``out`` what
    the next layer receives. ``delta`` = ``slope`` · ``backward`` (· ``mask``) of a hidden neuron; of an output the loss
    explains it (``lines``, the last of which is δ). Of an input there is only ``a``.
    """

    layer: int
    index: int
    a: Any
    out: Any
    forward: Products | None = None
    bias: Any = None
    z: Any = None
    mask: Any = None
    slope: Any = None
    backward: Products | None = None
    delta: Any = None
    lines: tuple[Factor, ...] = ()


@dataclass(frozen=True)
class ParameterNumbers:
    """A weight from ``source`` to ``index``, or with ``source`` −1 the bias of ``index``, at one sample.

    ``layer`` counts layers of weights, 0 from the inputs. ``gradient`` = δ·a is ∂L/∂w of the sample alone; ``a`` of a bias
    is 1.
    """

    layer: int
    source: int
    index: int
    flat: int
    value: Any
    a: Any
    delta: Any
    gradient: Any


@dataclass(frozen=True)
class Clip:
    """A vector of length ``norm`` held to ``limit``: what it was multiplied by, and the number that came of it."""

    norm: float
    limit: float
    share: float
    value: Any


@dataclass(frozen=True)
class UpdateNumbers:
    """What the next update makes of one parameter.

    The bits are those of the NumPy step; the compiled one differs from it by float32 rounding, as it always does.

    ``mean`` (of ``n`` samples, training's own bits), shortened by ``clip``, plus the parts of ``l2`` and ``l1``, is
    ``gradient``; ``lines`` are the optimizer's, the last is the new number; ``max_norm`` may shorten that. ``new`` is the
    number after all, None where the optimizer searches its own step (``decides`` says how).
    """

    n: int
    mean: Any
    gradient: Any
    clip: Clip | None = None
    l2: Any = None
    l2_rate: float = 0.0
    l1: Any = None
    l1_rate: float = 0.0
    lines: tuple[Factor, ...] = ()
    max_norm: Clip | None = None
    new: Any = None
    decides: str = ""


def neuron_numbers(spec: ExperimentSpec, one: Trace, layer: int, index: int) -> NeuronNumbers:
    """The numbers of neuron ``index`` of ``layer``, inputs being 0, from the trace of one sample."""
    if not layer:
        return NeuronNumbers(0, index, one.inputs[0][0, index], one.inputs[0][0, index])
    at, layout = layer - 1, one.layout
    hidden = layer < layout.depth
    mask = one.masks[at] if hidden else None
    more: dict[str, Any] = {}
    if hidden:
        onward = layout.weights(one.params, layer)[index]
        more = {"slope": one.slope[at][0, index], "backward": Products(onward.copy(), one.delta[layer][0])}
    else:
        more = {"lines": spec.loss.explain(one.z[at][0], one.targets[0], index)}
    return NeuronNumbers(
        layer, index, a=one.a[at][0, index], out=one.inputs[layer][0, index] if hidden else one.a[at][0, index],
        forward=Products(layout.weights(one.params, at)[:, index].copy(), one.inputs[at][0]),
        bias=layout.biases(one.params, at)[index], z=one.z[at][0, index],
        mask=None if mask is None else mask[0, index], delta=one.delta[at][0, index], **more,
    )  # fmt: skip


def parameter_numbers(one: Trace, layer: int, index: int, source: int = -1) -> ParameterNumbers:
    """A weight of layer of weights ``layer`` (from neuron ``source``), or a bias (``source`` −1), from one sample's trace."""
    layout = one.layout
    flat = layout.bias_index(layer, index) if source < 0 else layout.weight_index(layer, source, index)
    a = one.params.dtype.type(1) if source < 0 else one.inputs[layer][0, source]
    return ParameterNumbers(
        layer, source, index, flat, one.params[flat], a, one.delta[layer][0, index], one.grads[flat]
    )


def update_numbers(
    spec: ExperimentSpec, whole: Trace, batch: MiniBatch, layer: int, index: int, source: int, learning_rate: float
) -> UpdateNumbers:
    """What the update with ``batch`` makes of one parameter, step by step as training takes them.

    ``whole`` is the trace of the mini-batch; ``learning_rate`` the one in force, after the schedule.
    """
    layout, params, n = whole.layout, whole.params, len(batch)
    flat = layout.bias_index(layer, index) if source < 0 else layout.weight_index(layer, source, index)
    mean, weight = whole.grads[flat], params[flat]
    optimizer = replace(spec.optimizer, learning_rate=learning_rate)
    clip, g = None, mean
    if spec.training.clip_norm and not optimizer.full_batch:
        clip = _clipped(whole.grads, flat, spec.training.clip_norm)
        g = clip.value
    l2, l1 = (None, None) if source < 0 else _penalty_parts(spec, weight, n)
    for part in (l2, l1):
        g = g if part is None else g + part
    numbers = UpdateNumbers(n, mean, g, clip, l2, spec.training.l2, l1, spec.training.l1)
    if optimizer.full_batch:
        return replace(numbers, decides=optimizer.decides)
    state = tuple(slot[flat] for slot in batch.slots)
    lines = optimizer.explain(weight, g, state, batch.step)
    limit = spec.training.max_norm
    held = _held(spec, whole, batch, optimizer, layer, index, source, limit) if limit and source >= 0 else None
    return replace(numbers, lines=lines, max_norm=held, new=lines[-1].value if held is None else held.value)


def _clipped(grads: NDArray, flat: int, limit: float) -> Clip:
    norm = math.sqrt(grads.dot(grads))
    short = grads.copy()
    clip_norm(short, limit)
    return Clip(norm, limit, min(limit / norm, 1.0) if norm else 1.0, short[flat])


def _penalty_parts(spec: ExperimentSpec, weight: Any, n: int) -> tuple[Any, Any]:
    """What L2 and L1 add to the gradient of one weight; None where they are off."""
    params = np.array([weight, 0], np.asarray(weight).dtype)
    work = np.empty_like(params)
    parts = []
    for l1, l2 in ((0.0, spec.training.l2), (spec.training.l1, 0.0)):
        penalty = Penalty(Layout((1, 1)), l1, l2, params.dtype.type, spec.training.l2_per_sample)
        grads = np.zeros_like(params)
        penalty.add_gradient(params, grads, work, n)
        parts.append(grads[0] if penalty else None)
    return parts[0], parts[1]


def _held(
    spec: ExperimentSpec, whole: Trace, batch: MiniBatch, optimizer: Optimizer, layer: int, index: int, source: int,
    limit: float,
) -> Clip:  # fmt: skip
    """Max-norm after the update: it needs the new weights of the whole layer."""
    params, grads = whole.params.copy(), whole.grads.copy()
    training, layout = spec.training, whole.layout
    if training.clip_norm:
        clip_norm(grads, training.clip_norm)
    penalty = Penalty(layout, training.l1, training.l2, params.dtype.type, training.l2_per_sample)
    if penalty:
        penalty.add_gradient(params, grads, np.empty_like(grads), len(batch))
    start, stop, _ = layout.offsets[layer]
    of_layer = slice(start, stop)
    slots = tuple(slot[of_layer].copy() for slot in batch.slots)
    optimizer.update(params[of_layer], grads[of_layer], slots, batch.step, np.empty(stop - start, params.dtype))
    weights = layout.weights(params, layer)
    norm = float(np.sqrt(np.einsum("i,i->", weights[:, index], weights[:, index])))
    MaxNorm([weights], limit).apply()
    return Clip(norm, limit, limit / max(norm, limit), weights[source, index])


@dataclass(frozen=True)
class Check:
    """A derivative twice: by the chain rule and by a difference quotient, both in float64, and how far they are apart.

    ``relative`` is |a − n| / max(|a|, |n|), or against 10⁻⁵ where both are smaller: below, the difference of two losses
    has no digits left to compare. ``corner``: the loss has another slope to either side, as where a ReLU stands at 0, and then
    the quotient is none of the two.
    """

    chain_rule: float
    difference: float
    relative: float
    corner: bool = False


SMALLEST = 1e-5
BENT = 1e-3
STEP = 6e-6  # about the cube root of float64's precision: rounding and curvature then err alike


def check(spec: ExperimentSpec, layout: Layout, params: NDArray, sample: Sample, flat: int) -> Check:
    """∂L/∂parameter ``flat`` of one sample by central differences: two passes forward, whatever the network's size.

    (L(w + h) − L(w − h)) / 2h, with the sample's dropout masks held still.
    """
    network = Network(layout, spec.activations, spec.loss, np.float64)
    network.params[:] = params
    x, targets = np.asarray(sample.x[None], np.float64), np.asarray(sample.targets[None], np.float64)
    work = network.work(1, tuple(mask is not None for mask in sample.masks))
    for layer, mask in zip(work, sample.masks, strict=False):
        if mask is not None and layer.mask is not None:
            layer.mask[:] = mask
    with np.errstate(all="ignore"):
        network.forward(x, work)
        network.backward(x, targets, work)
        exact, at = float(network.grads[flat]), float(network.params[flat])
        losses, places = [network.loss.value(work[-1].z, targets)], [at]
        for sign in (1, -1):
            network.params[flat] = at + sign * STEP * max(abs(at), 1.0)
            places.append(float(network.params[flat]))
            losses.append(network.loss.value(network.forward(x, work), targets))
    difference = (losses[1] - losses[2]) / (places[1] - places[2])
    right, left = ((losses[side] - losses[0]) / (places[side] - at) for side in (1, 2))
    size = max(abs(exact), abs(difference), SMALLEST)
    corner = abs(right - left) > BENT * max(abs(right), abs(left), SMALLEST)
    return Check(exact, difference, abs(exact - difference) / size, corner)
