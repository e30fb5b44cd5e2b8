"""How much an image may change before a network no longer reads it: test accuracy against rotation, shift and the like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Part
from engine.network import Layout
from engine.predictions import logits_of, probabilities, some_of
from engine.spec import ExperimentSpec

CHUNK = 500  # rows at once, a multiple of the four directions of a shift; between two chunks one may stop
_DIRECTIONS = ((1, 0), (0, 1), (-1, 0), (0, -1))
_NOISE_SEED = 7


@dataclass(frozen=True, slots=True)
class Stress:
    """One way to change an image. ``unit`` names its axis, ``unchanged`` is the amount that changes nothing.

    ``steps`` gives for each side of the images (lowest, highest, step) of the amounts that are tried: lengths in pixels
    are about the same share of the image for both.
    """

    key: str
    title: str
    unit: str
    sign: str
    steps: dict[int, tuple[float, float, float]]
    unchanged: float = 0.0

    def amounts(self, side: int) -> NDArray:
        """(m,) float64, rising; ``unchanged`` is one of them."""
        low, high, step = self.steps[side if side in self.steps else 28]
        found: NDArray = np.round(low + step * np.arange(round((high - low) / step) + 1), 6)
        return found


STRESSES = (
    Stress("rotation", "Rotation", "degrees", "°", {28: (-45, 45, 5), 8: (-45, 45, 5)}),
    Stress("shift", "Shift", "pixels", " px", {28: (0, 6, 0.5), 8: (0, 1.75, 0.25)}),
    Stress("scale", "Size", "times the size", "×", {28: (0.6, 1.4, 0.05), 8: (0.6, 1.4, 0.05)}, 1.0),
    Stress("stroke", "Stroke width", "pixels wider", " px", {28: (-1.5, 1.5, 0.25), 8: (-1.5, 1.5, 0.25)}),
    Stress("noise", "Pixel noise", "standard deviation, full ink is 1", "", {28: (0, 0.5, 0.05), 8: (0, 0.5, 0.05)}),
)  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """``accuracy`` (m,) 0..1 at each of ``amounts`` (m,) of one stress.

    ``examples`` (m, e, side²) uint8 are a few images changed that much, 255 for full ink, and ``read`` (m, e) what each is
    taken for.
    """

    amounts: NDArray
    accuracy: NDArray
    examples: NDArray
    read: NDArray


@dataclass(frozen=True)
class Robustness:
    """The curves of one network by the keys of :data:`STRESSES`, measured on ``n`` test images of ``side``² pixels.

    ``labels`` (e,) are those of the examples, one image of each class that there is.
    """

    curves: dict[str, Curve]
    labels: NDArray
    n: int
    side: int
    n_classes: int
    run: int
    epoch: int
    augmented: bool


def changed(key: str, x: NDArray, side: int, amount: float, draw: int = 0) -> NDArray:
    """``x`` (n, side²) in 0..1 changed by ``amount`` of the stress ``key``, newly allocated.

    A shift moves every fourth image to the right, down, left and up in turn. Noise is the same draw at every amount, another
    one for another ``draw``, and stays between paper and full ink.
    """
    if key == "noise":
        noise = np.random.default_rng([_NOISE_SEED, draw]).standard_normal(x.shape, np.float32)
        noisy: NDArray = np.clip(x + np.float32(amount) * noise, 0.0, 1.0).astype(x.dtype)
        return noisy
    if key == "shift":
        moved: NDArray = np.empty_like(x)
        for turn, (dx, dy) in enumerate(_DIRECTIONS):
            moved[turn::4] = warped(x[turn::4], side, shift=(dx * amount, dy * amount))
        return moved
    return warped(x, side, **{key: amount})


def warped(x: NDArray, side: int, **change: Any) -> NDArray:
    """``x`` (n, side²) with the same change of place, size or stroke in every row."""
    from engine.augmentation import warp

    result: NDArray = warp(x, side, **change)
    return result


def robustness(
    spec: ExperimentSpec,
    layout: Layout,
    params: NDArray,
    part: Part,
    most: int | None = None,
    *,
    run: int = 0,
    epoch: int = 0,
    tell: Callable[[float, str], None] = lambda share, words: None,
    stop: Callable[[], bool] = lambda: False,
) -> Robustness | None:
    """Measure all :data:`STRESSES` on ``part``, or on ``most`` of its images, evenly spread. None when it was stopped.

    ``tell(share, words)`` hears of the progress, ``stop()`` is asked between chunks.
    """
    _, x, labels = some_of(part, most)
    side = spec.image_side
    few = np.array([np.flatnonzero(labels == label)[0] for label in np.unique(labels)], int)
    shown = x[few]

    def read(images: NDArray) -> NDArray:
        best: NDArray = probabilities(logits_of(spec, layout, params, images)).argmax(axis=1)
        return best

    total = sum(len(stress.amounts(side)) for stress in STRESSES) * max(len(x), 1)
    done, curves = 0, {}
    for stress in STRESSES:
        amounts = stress.amounts(side)
        accuracy, examples, taken = np.zeros(len(amounts)), [], []
        for place, amount in enumerate(amounts.tolist()):
            same = amount == stress.unchanged
            right = 0
            for start in range(0, len(x), CHUNK):
                if stop():
                    return None
                piece = x[start : start + CHUNK]
                images = piece if same else changed(stress.key, piece, side, amount, start)
                right += int((read(images) == labels[start : start + CHUNK]).sum())
                done += len(piece)
                tell(done / total, stress.title)
            accuracy[place] = right / max(len(x), 1)
            seen = shown if same else changed(stress.key, shown, side, amount)
            examples.append(np.clip(seen * 255, 0, 255).astype(np.uint8))
            taken.append(read(seen))
        curves[stress.key] = Curve(amounts, accuracy, np.array(examples), np.array(taken))
    return Robustness(
        curves, labels[few], len(x), side, spec.data.dataset.n_classes, run, epoch, bool(spec.augmentation)
    )
