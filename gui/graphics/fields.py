"""What a network answers over the plane, as pixels: enlarged, coloured, looked up. Pure functions on arrays.

A field is (k, side, side): values at the centres of side x side cells, top row first.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from gui.theme import Theme, mix

STEPS = 64  # shades of one class


@lru_cache(maxsize=16)
def _enlarger(side: int, pixels: int) -> tuple[NDArray, NDArray]:
    """(pixels, side) and its transpose: linear interpolation between cell centres, level beyond the outermost."""
    position = np.clip((np.arange(pixels) + 0.5) * side / pixels - 0.5, 0, side - 1)
    left = np.minimum(position.astype(int), max(side - 2, 0))
    share = position - left
    matrix = np.zeros((pixels, side), np.float32)
    rows = np.arange(pixels)
    matrix[rows, left] = 1 - share
    if side > 1:
        matrix[rows, left + 1] += share
    result = (matrix, np.ascontiguousarray(matrix.T))
    for array in result:
        array.flags.writeable = False
    return result


def enlarge(field: NDArray, pixels: int) -> NDArray:
    """(k, side, side) finite -> (k, pixels, pixels) float32: two matrix products, faster than any gather."""
    down, across = _enlarger(field.shape[-1], pixels)
    return np.matmul(np.matmul(down, np.asarray(field, np.float32)), across)


def signed_lut(theme: Theme, strength: float, step: float = 0.0) -> NDArray:
    """(256,) uint32 for a field that was brought to 0..1: orange, the panel's colour at a half, blue.

    With ``step`` the colors of -1..1 go in steps of that size, like the heights of a map.
    """
    values = np.arange(256) / 127.5 - 1
    if step:
        values = np.round(values / step) * step
    return np.array([theme.signed(strength * float(value)).rgb() for value in values], np.uint32)


def class_lut(theme: Theme, n_classes: int, strength: float) -> NDArray:
    """(n_classes * 64,) uint32: each class from the panel's colour (undecided) to its own."""
    colors = [theme.class_color(label, n_classes) for label in range(n_classes)]
    shades = np.linspace(0, strength, STEPS)
    return np.array([mix(theme.panel, color, float(s)).rgb() for color in colors for s in shades], np.uint32)


def broken_color(theme: Theme) -> QColor:
    """What is not a number."""
    return mix(theme.panel, theme.danger, 0.35)


def paint_field(field: NDArray, pixels: int, lut: NDArray, hard: bool, broken: int) -> NDArray:
    """(pixels, pixels) uint32 RGB32 of a field in 0..1.

    One map is read as the share of class 1 (``lut`` of :func:`signed_lut`); several as one share a class (``lut`` of
    :func:`class_lut`), coloured by how far the winner is ahead, so that a border is where nothing is. ``hard`` leaves
    only the decision. Cells that are not finite get the colour ``broken``.
    """
    nan = None
    if not np.isfinite(field).all():
        nan = ~np.isfinite(field).all(axis=0)
        field = np.where(np.isfinite(field), field, 0.5)
    big = enlarge(field, pixels)
    if len(big) == 1:
        index = np.where(big[0] >= 0.5, np.uint8(255), np.uint8(0)) if hard else _to_byte(big[0])
    else:
        lead, index = _podium(big)
        index *= np.uint16(STEPS)
        if hard:
            index += np.uint16(STEPS - 1)
        else:
            np.clip(lead, 0, 1, out=lead)
            lead *= STEPS - 1
            lead += 0.5
            index += lead.astype(np.uint16)
    image = lut.take(index, mode="clip")
    if nan is not None:
        rows = np.arange(pixels) * field.shape[-1] // pixels
        image[nan[np.ix_(rows, rows)]] = broken
    return image


def _to_byte(share: NDArray) -> NDArray:
    np.clip(share, 0, 1, out=share)
    share *= 255
    share += 0.5
    return share.astype(np.uint8)


def _podium(shares: NDArray) -> tuple[NDArray, NDArray]:
    """How far the largest of each pixel is ahead of the second, and whose it is (uint16)."""
    first, second = np.maximum(shares[0], shares[1]), np.minimum(shares[0], shares[1])
    winner = np.greater(shares[1], shares[0]).astype(np.uint16)
    for label in range(2, len(shares)):
        share = shares[label]
        np.copyto(winner, np.uint16(label), where=share > first)
        np.maximum(second, np.minimum(first, share), out=second)
        np.maximum(first, share, out=first)
    first -= second
    return first, winner


def look_up(field: NDArray, domain: tuple[float, float], points: NDArray) -> NDArray:
    """(k, n): the field at points (n, 2), linear between cell centres, level beyond them."""
    low, high = domain
    side = field.shape[-1]
    column = np.clip((points[:, 0] - low) / (high - low) * side - 0.5, 0, side - 1)
    row = np.clip((high - points[:, 1]) / (high - low) * side - 0.5, 0, side - 1)
    c, r = np.minimum(column.astype(int), max(side - 2, 0)), np.minimum(row.astype(int), max(side - 2, 0))
    right, below = np.minimum(c + 1, side - 1), np.minimum(r + 1, side - 1)
    u, v = column - c, row - r
    return (field[:, r, c] * (1 - u) + field[:, r, right] * u) * (1 - v) + (
        field[:, below, c] * (1 - u) + field[:, below, right] * u) * v  # fmt: skip


def wrong_points(
    field: NDArray, domain: tuple[float, float], points: NDArray, labels: NDArray, accuracy: float
) -> NDArray:
    """Indices of the points (n, 2) that the network gets wrong, as far as its map can tell.

    A map is coarse, the accuracy is exact: when the two nearly agree, as many points as the accuracy says are named, those
    furthest on the wrong side first. So the rings never contradict the number.
    """
    shares = look_up(field, domain, points)
    if len(shares) == 1:
        lead = np.where(labels == 1, shares[0] - 0.5, 0.5 - shares[0])
    else:
        rows = np.arange(len(labels))
        own = shares[labels, rows]
        shares[labels, rows] = -np.inf
        lead = own - shares.max(axis=0)
    order = np.argsort(lead)  # a NaN sorts last and is named only if the accuracy says so
    by_map = int((lead < 0).sum())
    exact = round((1 - accuracy) * len(labels)) if np.isfinite(accuracy) else by_map
    agrees = abs(exact - by_map) <= max(3, 0.03 * len(labels))
    return np.sort(order[: exact if agrees else by_map])
