"""Augmentation: images changed a little at random, as if other hands had written them; and the same change for all of them.

Rows are images of side × side pixels, 0 for paper and 1 for full ink; outside of an image is paper. First the stroke is made
thicker or thinner, then the image is slanted, sized, turned and moved at once, last comes noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.spec import AugmentationSpec

CHUNK = 64  # images worked on at once: few enough that their buffers stay near the processor
_NO_PLACES, _NO_STROKES = np.zeros((0, 6), np.float32), np.zeros(0, np.float32)

Amounts = NDArray | float  # one for each image, or the same for all
Distort = Callable[[NDArray, int, NDArray, NDArray, NDArray], None]


class _Room:
    """Buffers for :data:`CHUNK` images. They are kept: getting so much memory anew costs as much as computing in it."""

    kept: ClassVar[dict[int, list[_Room]]] = {}

    def __init__(self, side: int) -> None:
        # A pixel of paper before, and two behind: a place just outside has neighbors too.
        self.padded, self.most = np.empty((2, CHUNK, side + 3, side + 3), np.float32)
        self.numbers = np.empty((8, CHUNK, side * side), np.float32)
        self.at = np.empty((CHUNK, side * side), np.intp)

    @classmethod
    @contextmanager
    def taken(cls, side: int) -> Iterator[_Room]:
        """A room for one user at a time; threads may ask at once, since a list's pop and append are atomic."""
        rooms = cls.kept.setdefault(side, [])
        try:
            room = rooms.pop()
        except IndexError:
            room = cls(side)
        yield room
        rooms.append(room)


def distort(x: NDArray, side: int, places: NDArray, strokes: NDArray, out: NDArray) -> None:
    """Thicken and place the images ``x`` (n, side²) float32 into ``out``, which may be ``x``; see :class:`Change`.

    Every number comes of its own image alone, by the same operations: the bits do not depend on who is changed with it.
    """
    with _Room.taken(side) as room:
        for start in range(0, len(x), CHUNK):
            few = slice(start, start + CHUNK)
            n = len(x[few])
            padded = room.padded[:n]
            padded.fill(0)
            inside = padded[:, 1 : side + 1, 1 : side + 1]
            inside[...] = x[few].reshape(n, side, side)
            if len(strokes):
                _thicken(padded, side, strokes[few], room.most[:n])
            if len(places):
                _place(padded, side, places[few], room.numbers[:, :n], room.at[:n], out[few])
            else:
                out[few] = inside.reshape(n, -1)


def _thicken(padded: NDArray, side: int, strokes: NDArray, most: NDArray) -> None:
    """Grey dilation by the 4 neighbors, or where ``strokes`` is negative erosion, in place; of a fraction of a pixel a blend.

    All of it on the flat array, which is quick: a neighbor is a step of 1 or of ``size``, and paper around stays paper.
    """
    n, size = padded.shape[:2]
    flat, images, left = padded.reshape(-1), padded.reshape(n, -1), np.abs(strokes)
    more, most = most.reshape(n, -1), most.reshape(-1)
    m = most[size:-size]
    sign = np.where(strokes < 0, np.float32(-1), np.float32(1))[:, None]
    within = np.zeros((size, size), np.float32)
    within[1 : side + 1, 1 : side + 1] = 1
    images *= sign  # erosion is dilation of the negative
    while left.any():
        most[:size] = most[-size:] = 0
        np.maximum(flat[: -2 * size], flat[2 * size :], out=m)
        for step in (-1, 0, 1):
            np.maximum(m, flat[size + step : len(flat) - size + step], out=m)
        more -= images
        more *= np.minimum(left, 1)[:, None]
        more *= within.reshape(-1)
        images += more
        left = np.maximum(left - 1, 0)
    images *= sign


def _place(padded: NDArray, side: int, places: NDArray, room: NDArray, at: NDArray, out: NDArray) -> None:
    """Bilinear interpolation of the images at the places that each pixel comes from, into ``out`` (n, side²)."""
    n, size = padded.shape[:2]
    flat, pixels, one = padded.reshape(-1), np.arange(side * side), np.float32(1)
    column, row = (pixels % side).astype(np.float32), (pixels // side).astype(np.float32)
    a, b, c, d, e, f = places.T[:, :, None]
    x, y, left, top, upper, right, lower, last = room
    for slope, other, shift, result in ((a, b, c, x), (d, e, f, y)):
        np.multiply(other, row, out=result)
        result += shift + one
        result += np.multiply(slope, column, out=last)
        np.clip(result, 0, side + 1, out=result)
    x -= np.floor(x, out=left)
    y -= np.floor(y, out=top)
    # As float32, which is quicker, and exact: CHUNK images of 28 × 28 have fewer than 2²⁴ pixels.
    top *= size
    top += left
    top += np.arange(n, dtype=np.float32)[:, None] * np.float32(size * size)
    at[...] = top
    for corner, step in ((upper, 0), (right, 1), (lower, size), (last, size + 1)):
        flat[step:].take(at, out=corner, mode="clip")  # which looks at no bounds twice; none is passed
    right -= upper
    right *= x
    upper += right
    last -= lower
    last *= x
    lower += last
    lower -= upper
    lower *= y
    np.add(upper, lower, out=out)


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

    def of(self, x: NDArray, side: int, by: Distort = distort, out: NDArray | None = None) -> NDArray:
        """The changed images (n, side²) float32 in 0..1, in ``out``, which may be ``x``, or newly allocated.

        ``by`` may do it in place of :func:`distort`.
        """
        x = np.ascontiguousarray(x, np.float32)
        out = np.empty_like(x) if out is None else out
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
    """(n, 6), see :class:`Change`: what undoes shift, rotation, size and slant about the center, in this order."""
    angle, center = np.deg2rad(rotation), (side - 1) / 2
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    a, b = cos + shear * sin, shear * cos - sin
    x, y = center + shift[0], center + shift[1]  # where the center goes
    columns = np.broadcast_arrays(a, b, center - a * x - b * y, sin, cos, center - sin * x - cos * y)
    return np.column_stack(columns).astype(np.float32)
