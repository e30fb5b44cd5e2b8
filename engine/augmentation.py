"""Augmentation: images changed a little at random, as if other hands had written them; and the same change for all of them.

Rows are images of side × side pixels, 0 for paper and 1 for full ink; outside of an image is paper. First the stroke is made
thicker or thinner, then the image is slanted, sized, turned and moved at once, last comes noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.spec import AugmentationSpec

CHUNK = 64  # images worked on at once: few enough that their buffers stay near the processor
_NO_PLACES, _NO_STROKES = np.zeros((0, 6), np.float32), np.zeros(0, np.float32)

Amounts = NDArray | float  # one for each image, or the same for all
Distort = Callable[[NDArray, int, NDArray, NDArray, NDArray], None]


def distort(x: NDArray, side: int, places: NDArray, strokes: NDArray, out: NDArray) -> None:
    """Thicken and place the images ``x`` (n, side²) float32 into ``out``, a few at a time; see :class:`Change`.

    Every number comes of its own image alone, by the same operations: the bits do not depend on who is changed with it.
    """
    for start in range(0, len(x), CHUNK):
        few = slice(start, start + CHUNK)
        images = x[few].reshape(-1, side, side)
        if len(strokes):
            images = _thickened(images, strokes[few])
        out[few] = (_placed(images, places[few]) if len(places) else images).reshape(len(images), -1)


def _thickened(images: NDArray, strokes: NDArray) -> NDArray:
    """Grey dilation by the 4 neighbours, or where ``strokes`` is negative erosion; of a fraction of a pixel a blend of both.

    All of it on the flat, padded array: a neighbour is a step of 1 or of ``size``, and what is computed of the padding is
    never looked at.
    """
    n, side = images.shape[:2]
    size = side + 2
    padded = np.zeros((n, size, size), np.float32)
    inside = padded[:, 1:-1, 1:-1]
    strokes = strokes[:, None, None]
    sign, left = np.where(strokes < 0, np.float32(-1), np.float32(1)), np.abs(strokes)
    inside[...] = images
    inside *= sign  # erosion is dilation of the negative
    flat = padded.reshape(-1)
    while True:
        most = np.zeros_like(padded)
        m = most.reshape(-1)[size:-size]
        np.maximum(flat[: -2 * size], flat[2 * size :], out=m)
        for step in (-1, 0, 1):
            np.maximum(m, flat[size + step : len(flat) - size + step], out=m)
        most -= padded
        most *= np.minimum(left, 1)
        left = np.maximum(left - 1, 0)
        if not left.any():
            result: NDArray = (inside + most[:, 1:-1, 1:-1]) * sign
            return result
        inside += most[:, 1:-1, 1:-1]


def _placed(images: NDArray, places: NDArray) -> NDArray:
    """Bilinear interpolation of ``images`` (n, side, side) at the places that each pixel comes from."""
    n, side = images.shape[:2]
    size = side + 3  # a pixel of paper before, and two behind: the place and the neighbours of the last one
    padded = np.zeros((n, size, size), np.float32)
    padded[:, 1 : side + 1, 1 : side + 1] = images
    flat = padded.reshape(-1)
    columns, rows = np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32)[:, None]
    a, b, c, d, e, f = places.T[:, :, None, None]
    one = np.float32(1)
    x, y = a * columns, d * columns
    x, y = x + (b * rows + c + one), y + (e * rows + f + one)
    np.clip(x, 0, side + 1, out=x)
    np.clip(y, 0, side + 1, out=y)
    left, top = np.floor(x), np.floor(y)
    x -= left
    y -= top
    # As float32, which is quicker, and exact: CHUNK images of 28 × 28 have fewer than 2²⁴ pixels.
    top *= size
    top += left
    top += np.arange(n, dtype=np.float32)[:, None, None] * np.float32(size * size)
    at = top.astype(np.intp)
    # mode="clip" looks at no bounds twice; none is passed.
    upper, right = flat.take(at, mode="clip"), flat[1:].take(at, mode="clip")
    lower, last = flat[size:].take(at, mode="clip"), flat[size + 1 :].take(at, mode="clip")
    right -= upper
    right *= x
    upper += right
    last -= lower
    last *= x
    lower += last
    lower -= upper
    lower *= y
    result: NDArray = np.add(upper, lower, out=upper)
    return result


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of n images; an array of no rows changes nothing.

    ``places`` (n, 6) float32: pixel (column, row) gets what lies at x = a·column + b·row + c, y = d·column + e·row + f.
    ``strokes`` (n,) float32: by how many pixels each side of a stroke grows. ``noise`` (n, side²) is added, None for none.
    """

    places: NDArray
    strokes: NDArray
    noise: NDArray | None = None

    @classmethod
    def drawn(cls, n: int, side: int, spec: AugmentationSpec, rng: np.random.Generator) -> Change:
        """A change for each of ``n`` images: uniform in ± the amounts of ``spec``, the noise normal."""
        # All six, whatever the spec: the shift of an image stays what it is when rotation is switched on.
        dx, dy, rotation, scale, shear, stroke = rng.uniform(-1.0, 1.0, (n, 6)).T
        moves = spec.shift or spec.rotation or spec.scale or spec.shear
        shift = (spec.shift * dx, spec.shift * dy)
        places = _places(side, shift, spec.rotation * rotation, 1 + spec.scale * scale, spec.shear * shear)
        noise = None
        if spec.noise:
            noise = rng.standard_normal((n, side * side), np.float32)
            noise *= np.float32(spec.noise)
        return cls(
            places if moves else _NO_PLACES, _halves(spec.stroke * stroke) if spec.stroke else _NO_STROKES, noise
        )

    @classmethod
    def joined(cls, changes: list[Change]) -> Change:
        """One change of all the images of ``changes``, which are of one spec."""
        noises = [change.noise for change in changes if change.noise is not None]
        return cls(
            np.concatenate([change.places for change in changes]),
            np.concatenate([change.strokes for change in changes]),
            np.concatenate(noises) if noises else None,
        )

    def of(self, x: NDArray, side: int, by: Distort = distort) -> NDArray:
        """The changed images (n, side²) float32 in 0..1, newly allocated; ``by`` may do it in place of :func:`distort`."""
        x = np.ascontiguousarray(x, np.float32)
        out = np.empty_like(x)
        by(x, side, self.places, self.strokes, out)
        if self.noise is not None:
            out += self.noise
        return np.clip(out, 0.0, 1.0, out=out)


def augment(x: NDArray, side: int, spec: AugmentationSpec, rng: np.random.Generator) -> NDArray:
    """``x`` (n, side²) in 0..1 -> (n, side²) float32, every row changed at random on its own; a new array."""
    return Change.drawn(len(x), side, spec, rng).of(x, side)


def warp(
    x: NDArray, side: int, *, shift: tuple[float, float] = (0.0, 0.0), rotation: float = 0.0, scale: float = 1.0,
    shear: float = 0.0, stroke: float = 0.0,
) -> NDArray:  # fmt: skip
    """``x`` (n, side²) in 0..1 -> (n, side²) float32, the same change for every row; a new array.

    ``shift`` (pixels to the right, pixels down), ``rotation`` degrees counterclockwise, ``scale`` above 0 (2 is twice as
    large), ``shear`` pixels to the right for a pixel of height, ``stroke`` pixels that a stroke becomes wider, thinner below 0.
    """
    n = len(x)
    still = (shift, rotation, scale, shear) == ((0.0, 0.0), 0.0, 1.0, 0.0)
    place = _places(side, shift, rotation, scale, shear)
    change = Change(
        _NO_PLACES if still else np.tile(place, (n, 1)),
        np.tile(_halves(stroke), n) if stroke else _NO_STROKES,
    )
    return change.of(x, side)


def _halves(strokes: Amounts) -> NDArray:
    """A stroke grows on both of its sides."""
    return np.atleast_1d(strokes).astype(np.float32) / np.float32(2)


def _places(side: int, shift: tuple[Amounts, Amounts], rotation: Amounts, scale: Amounts, shear: Amounts) -> NDArray:
    """(n, 6), see :class:`Change`: what undoes shift, rotation, size and slant about the centre, in this order."""
    angle, centre = np.deg2rad(rotation), (side - 1) / 2
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    a, b = cos + shear * sin, shear * cos - sin
    x, y = centre + shift[0], centre + shift[1]  # where the centre goes
    columns = np.broadcast_arrays(a, b, centre - a * x - b * y, sin, cos, centre - sin * x - cos * y)
    return np.column_stack(columns).astype(np.float32)
