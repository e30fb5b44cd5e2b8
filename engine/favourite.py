"""What one neuron looks for: the input that it likes most, found by climbing, and the images that excite it most."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.activity import activations_at, class_sums, layer_name
from engine.data import Part
from engine.errors import NeuroloomError
from engine.network import Layout
from engine.probes import layer_sums
from engine.spec import ExperimentSpec

GREY = 0.5
STEPS = 240
N_BEST = 9
CHUNK = 2_000
# In units of the slope at the grey start and of the picture's side: a pixel of the usual influence ends half-way to black or
# white, and neighbours pull on each other over about a pixel.
_LEASH = 2.0
_SMOOTH = 1.5

TELL = Callable[[float, str], None]
STOP = Callable[[], bool]


@dataclass(frozen=True)
class Favourite:
    """Of neuron ``neuron`` in layer ``layer`` (hidden layers from 1, the output last), at one moment of a run.

    ``image`` (side²,) in 0..1 is what it likes: white where it wants ink, black where it wants none, grey where it does not
    care. ``grey_sum`` and ``best_sum`` are its weighted sums there and for an evenly grey image; ``climbed`` is False where
    no change of that image changes the sum. ``rows`` (m,) of the training images excite it most, strongest first, with
    their ``labels`` and ``sums``; ``means`` (n_classes,) is its mean activation (an output's mean logit) by class.
    """

    layer: int
    neuron: int
    image: NDArray
    grey_sum: float
    best_sum: float
    climbed: bool
    rows: NDArray
    labels: NDArray
    sums: NDArray
    means: NDArray
    run: int = 0
    epoch: int = 0


def sum_and_gradient(
    spec: ExperimentSpec, layout: Layout, params: NDArray, x: NDArray, layer: int, neuron: int
) -> tuple[float, NDArray]:
    """z of one neuron for the input ``x`` (n_in,), and ∂z/∂x (n_in,): backpropagation that ends at the input.

    From δ = w, the neuron's own weights, one layer earlier each: δ ← W·(δ ∘ f'(z)).
    """
    a, kept = x, []
    with np.errstate(all="ignore"):
        for before in range(layer - 1):
            z = a @ layout.weights(params, before) + layout.biases(params, before)
            a, slope = np.empty_like(z), np.empty_like(z)
            spec.activations[before].forward(z, a)
            spec.activations[before].gradient(z, a, slope)
            kept.append(slope)
        weights = layout.weights(params, layer - 1)[:, neuron]
        delta = weights
        for before in range(layer - 2, -1, -1):
            delta = layout.weights(params, before) @ (delta * kept[before])
        return float(a @ weights + layout.biases(params, layer - 1)[neuron]), delta


def climb(
    spec: ExperimentSpec, layout: Layout, params: NDArray, layer: int, neuron: int, steps: int = STEPS
) -> tuple[NDArray, float, float]:
    """The image in 0..1 that raises a neuron's weighted sum, z there, and z at the start: always the same ones.

    Gradient ascent on the input from even grey (Simonyan, Vedaldi & Zisserman 2014), of z(x)/|∇z(grey)| less a penalty
    on leaving grey and one on differences between neighbours (Mahendran & Vedaldi 2015 have a total variation there).
    Both are 0 at the start, so the best point on the way never has a smaller sum than the start.
    """
    side = spec.image_side
    wide = params.astype(np.float64)
    x: NDArray = np.full(side * side, GREY)
    start, gradient = sum_and_gradient(spec, layout, wide, x, layer, neuron)
    steepness = float(np.linalg.norm(gradient))
    if not math.isfinite(start + steepness):
        raise NeuroloomError(
            f"Neuron {neuron + 1} of {layer_name(layer, layout.depth)} has no favourite: its weights are not finite numbers. "
            "Reset the run, or look back in it."
        )
    if steepness == 0.0:
        return x, start, start
    leash = _LEASH / side
    smooth = leash * _SMOOTH * side / 28
    rate = 1.0 / (leash + 8 * smooth)  # no longer than the penalties' curvature allows
    best, best_score, best_sum = x, 0.0, start
    z = start
    for _ in range(steps):
        roughness = _roughness(x.reshape(side, side)).ravel()
        x = np.clip(x + rate * (gradient / steepness - leash * (x - GREY) - smooth * roughness), 0.0, 1.0)
        z, gradient = sum_and_gradient(spec, layout, wide, x, layer, neuron)
        score = (z - start) / steepness - penalty(x.reshape(side, side), leash, smooth)
        if score > best_score:
            best, best_score, best_sum = x, score, z
    return best, best_sum, start


def penalty(image: NDArray, leash: float, smooth: float) -> float:
    """leash/2·Σ(x − grey)² + smooth/2·Σ(x − its neighbours)² of an image (side, side); 0 for an evenly grey one."""
    across, down = np.diff(image, axis=1), np.diff(image, axis=0)
    return float(leash / 2 * ((image - GREY) ** 2).sum() + smooth / 2 * ((across**2).sum() + (down**2).sum()))


def _roughness(image: NDArray) -> NDArray:
    """Half the gradient of the sum of squared differences between neighbours, (side, side): by how much each stands out."""
    result = np.zeros_like(image)
    across, down = np.diff(image, axis=1), np.diff(image, axis=0)
    result[:, 1:] += across
    result[:, :-1] -= across
    result[1:] += down
    result[:-1] -= down
    return result


def favourite(
    spec: ExperimentSpec, layout: Layout, params: NDArray, part: Part, layer: int, neuron: int, *,
    run: int = 0, epoch: int = 0, tell: TELL = lambda share, words: None, stop: STOP = lambda: False,
) -> Favourite:  # fmt: skip
    """Climb, then look through all images of ``part``. Raises :class:`NeuroloomError` where there are no finite sums.

    What comes back after ``stop()`` said True is not complete.
    """
    tell(0.0, "climbing")
    image, best_sum, grey_sum = climb(spec, layout, params, layer, neuron)
    n, n_classes = len(part), spec.data.dataset.n_classes
    sums: NDArray = np.empty(n, np.float64)
    totals: NDArray = np.zeros(n_classes)
    for first in range(0, n, CHUNK):
        if stop():
            break
        piece = slice(first, first + CHUNK)
        z = layer_sums(spec, layout, params, part.x[piece])
        a = activations_at(spec, part.x[piece], z, layer)
        sums[piece] = z[layer - 1][:, neuron]
        totals += class_sums(a[:, neuron : neuron + 1].astype(np.float64), part.labels[piece], n_classes)[:, 0]
        tell(min((first + CHUNK) / n, 1.0), "looking through the images")
    counts = np.bincount(part.labels, minlength=n_classes)[:n_classes]
    rows = np.argsort(-sums, kind="stable")[:N_BEST]
    return Favourite(
        layer, neuron, image, grey_sum, best_sum, best_sum > grey_sum, rows, part.labels[rows], sums[rows],
        totals / np.maximum(counts, 1), run, epoch,
    )  # fmt: skip
