"""Numbers of whatever kind to pixels, labels and writers, or the sentence that says why not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnreadableFile
from engine.shelf import N_CLASSES, SIDES

# 127,551 images of 28×28. As many again are needed for a moment, and four times as much to train on them.
MAX_PIXELS = 100_000_000
SIZES = tuple(side**2 for side in SIDES)
RANGES = "Convert them to whole numbers from 0 to 255 or from 0 to 16, or to fractions from 0 to 1."
DIGITS = "Choose a set whose labels are the digits 0 to 9, one for each image."
ROWS = 1_024
# What 0/16 to 16/16 become in 256 steps, back to 0 to 16; NONE for all other values.
NONE = 255
_SIXTEENTH_OF = np.full(256, NONE, np.uint8)
_SIXTEENTH_OF[np.rint(np.arange(17) / 16 * 255).astype(int)] = np.arange(17)

Refusal = Callable[..., UnreadableFile]


def size_of(shape: tuple[int, ...], refusal: Refusal) -> int:
    """Pixels an image, of an array of images with this shape. Refuses other shapes, none and too many."""
    sizes = tuple(size for size in shape[1:] if size != 1)
    if sizes not in {(size,) for size in SIZES} | {(side, side) for side in SIDES}:
        words = "×".join(map(str, sizes)) if len(sizes) <= 4 else "many dimensions of"
        raise refusal(f"holds images of {words or 'single'} pixels.", "Choose images of 28×28 or 8×8 pixels.")
    if not shape[0]:
        raise refusal("holds no images.")
    if math.prod(shape) > MAX_PIXELS:
        most = MAX_PIXELS // math.prod(sizes)
        raise refusal(f"holds {shape[0]:,} images, more than the {most:,} that are taken.", "Choose a part of them.")
    return math.prod(sizes)


class Pixels:
    """Collects (k, side²) pixels piece by piece, so that they never stand there in a wider type all at once."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._pieces: list[NDArray] = []
        self._n = self._top = 0
        self._fractions: bool | None = None

    def add(self, piece: NDArray) -> None:
        self._n += piece.size
        if self._n > MAX_PIXELS:
            size_of((self._n // piece.shape[1], piece.shape[1]), self._refusal)
        if piece.dtype == np.uint8 and not self._fractions:
            self._top = max(self._top, int(piece.max()))
            self._pieces.append(piece)
        elif piece.dtype.kind not in "biuf":
            raise self._refusal("holds pixels that are no numbers.", RANGES)
        else:
            self._pieces += [self._narrow(piece[at : at + ROWS]) for at in range(0, len(piece), ROWS)]

    def finish(self) -> tuple[NDArray, int]:
        """All of them, (n, side²) uint8, and the value of full ink."""
        if not self._pieces:
            raise self._refusal("holds no images.")
        images = self._pieces[0] if len(self._pieces) == 1 else np.concatenate(self._pieces)
        self._pieces.clear()
        if self._fractions:
            sixteenths = _SIXTEENTH_OF[images] if images.shape[1] == SIDES[0] ** 2 else images
            return (images, 255) if (sixteenths == NONE).any() or sixteenths is images else (sixteenths, 16)
        if not self._top:
            raise self._refusal("holds only empty images: every pixel is 0.")
        if self._top == 1:
            return images * np.uint8(255), 255
        return images, 16 if self._top <= 16 else 255

    def _narrow(self, piece: NDArray) -> NDArray:
        low, high = piece.min(), piece.max()
        if not (np.isfinite(low) and np.isfinite(high)):
            raise self._refusal("holds pixels that are not finite numbers (NaN or infinity).", RANGES)
        if low < 0 or high > 255:
            raise self._refusal(f"holds pixels from {low:g} to {high:g}.", RANGES)
        if self._fractions is None and high and piece.dtype.kind == "f":
            # The first image with ink on it tells; a later one of the other kind is refused.
            self._fractions = bool(high <= 1) and not self._top
        if self._fractions:
            if high > 1:
                raise self._refusal(f"mixes pixels from 0 to 1 with pixels up to {high:g}.", RANGES)
            scaled: NDArray = np.rint(piece * 255).astype(np.uint8)
            return scaled
        self._top = max(self._top, int(high))
        narrow: NDArray = piece.astype(np.uint8)
        if piece.dtype.kind == "f" and (narrow != piece).any():
            raise self._refusal(f"holds pixels up to {high:g} that are not whole numbers.", RANGES)
        return narrow


def labels_from(array: NDArray, refusal: Refusal) -> NDArray:
    """(n,) uint8 in 0..9 from numbers, or texts of one digit, one for each image."""
    flat = array.reshape(len(array), -1)
    if flat.shape[1] != 1:
        raise refusal(f"holds {flat.shape[1]} labels for each image.", DIGITS)
    flat = flat[:, 0]
    if flat.dtype.kind in "US":
        flat = _numbers_of_texts(flat, refusal)
    elif flat.dtype.kind not in "iuf":
        raise refusal("holds labels that are no numbers.", DIGITS)
    if flat.dtype.kind == "f" and not np.isfinite(flat).all():
        raise refusal("holds labels that are not finite numbers (NaN or infinity).", DIGITS)
    wrong = flat[(flat < 0) | (flat >= N_CLASSES)]
    if len(wrong):
        raise refusal(f"holds the label {wrong[0]:g}.", DIGITS)
    labels = flat.astype(np.uint8)
    if (labels != flat).any():
        raise refusal(f"holds the label {flat[labels != flat][0]:g}.", DIGITS)
    return labels


def writers_from(array: NDArray, n: int, refusal: Refusal) -> NDArray:
    """(n,) int32, a number for each writer."""
    if array.shape != (n,) or array.dtype.kind not in "iu":
        raise refusal("names its writers by something else than one whole number for each image.")
    if array.min() < -(2**31) or array.max() >= 2**31:
        raise refusal("names its writers by numbers that are too large.")
    return array.astype(np.int32)


def _numbers_of_texts(texts: NDArray[Any], refusal: Refusal) -> NDArray:
    values, where = np.unique(texts, return_inverse=True)
    numbers = []
    for value in values.tolist():
        text = (value.decode("latin-1") if isinstance(value, bytes) else value).strip()
        if len(text) != 1 or text not in "0123456789":
            raise refusal(f"holds the label {text[:20]!r}.", DIGITS)
        numbers.append(int(text))
    return np.array(numbers, np.uint8)[where]
