"""How thick and how bright a weight is drawn: one scale for all layers that moves in round steps, and its legend."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 14
THINNEST = 0.6
LEAST = 0.05  # weights smaller than this by far do nothing: a scale that follows them down would show them as strong
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_RAMP = 0.65  # share of the full colour = (|w| / scale) ** _RAMP: equal steps of it look equally far apart


@dataclass(frozen=True)
class Ramp:
    """From strength to look: the ``widest`` line in pixels, and how steeply thickness and colour rise (1: a straight
    ramp of thickness)."""

    widest: float = 6.0
    power: float = 1.0


def nice_ceiling(value: float) -> float:
    """The smallest round number (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten) that is at least ``value`` > 0."""
    exponent = math.floor(math.log10(value))
    for power in (exponent, exponent + 1):
        for step in _STEPS:
            if float(f"{step}e{power}") >= value * (1 - 1e-6):
                return float(f"{step}e{power}")
    return value


def steady_scale(current: float | None, peak: float, least: float = LEAST) -> float:
    """The value drawn at full thickness, given the one in use and the largest magnitude now.

    Never below ``least``, so that weights that do next to nothing are thin and pale. It grows when the peak leaves it
    and shrinks only when the peak has fallen far below, so that a legend does not flicker while weights move.
    """
    if not math.isfinite(peak):
        return current or 1.0
    peak = max(peak, least)
    if current is None or peak > current * 1.02 or peak < current * 0.55:
        return nice_ceiling(peak)
    return current


def samples(scale: float, ramp: Ramp) -> tuple[float, float, float]:
    """The three values that a legend shows: faint, middling, and full thickness."""
    digits = 1 if ramp.power == 1 else 2
    low, middle = (scale * look ** (1 / (ramp.power * _RAMP)) for look in (0.26, 0.57))
    return float(f"{low:.{digits}g}"), float(f"{middle:.{digits}g}"), scale


def levels_of(values: NDArray, scale: float) -> NDArray:
    """(n,) int64 in 0..LEVELS-1 for n finite values of either sign; equal steps look equally far apart."""
    share = np.abs(values) * (1.0 / scale)
    np.minimum(share, 1.0, out=share)
    return np.minimum(share**_RAMP * LEVELS, LEVELS - 1).astype(np.int64)


def look_of(level: int, ramp: Ramp) -> tuple[float, float]:
    """(width in pixels, share of the full colour) of a level."""
    share = ((level + 0.75) / (LEVELS - 0.25)) ** ramp.power
    return THINNEST + (ramp.widest - THINNEST) * share ** (1 / _RAMP), 0.06 + 0.94 * share


def reference(values: NDArray) -> float:
    """The magnitude that deserves full thickness: the largest finite one, unless it stands far above all but a few.

    One runaway weight must not make all the others hairlines; the legend says that thicker is impossible.
    """
    sizes = np.abs(values)
    peak = float(sizes.max(initial=0.0))
    if not math.isfinite(peak):
        sizes = sizes[np.isfinite(sizes)]
        peak = float(sizes.max(initial=0.0))
    if len(sizes) < 20:
        return peak
    place = int(0.97 * (len(sizes) - 1))
    return min(peak, 1.5 * float(np.partition(sizes, place)[place])) or peak


def steady_power(current: float, values: NDArray, scale: float) -> float:
    """The ramp for a crowd of lines: steep enough that the middle one is faint and only the strong stand out.

    A multiple of 0.5 in 1..4, which changes only when it is clearly off.
    """
    middle = min(max(float(np.median(np.abs(values))) / scale, 0.01), 0.95) ** _RAMP if len(values) else 1.0
    wanted = min(max(math.log(0.2) / math.log(middle), 1.0), 4.0) if math.isfinite(middle) and middle < 1 else current
    return current if abs(wanted - current) < 0.4 else round(2 * wanted) / 2
