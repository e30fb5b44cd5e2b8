"""Numbers and counted things as the doctor's sentences write them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.doctor.evidence import Histogram

MINUS = "\N{MINUS SIGN}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def figure(value: float, digits: int = 3) -> str:
    """As a sentence has it, with ``digits`` that count: ``0.0123``, ``1,230``, ``6.2·10⁻⁵``.

    >>> [figure(v) for v in (0.01234, 1234.0, -0.5, 0.0000615)]
    ['0.0123', '1,230', '−0.5', '6.15·10⁻⁵']
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    rounded = float(f"{value:.{digits}g}")
    if rounded and not 1e-4 <= abs(rounded) < 1e6:
        mantissa, exponent = f"{rounded:.{digits - 1}e}".split("e")
        return f"{float(mantissa):g}·10{str(int(exponent)).translate(_SUPERSCRIPTS)}".replace("-", MINUS)
    text = f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:g}"
    return text.replace("-", MINUS)


def times(ratio: float) -> str:
    """``38 times``, ``2.5 times``, ``1,200 times``."""
    return f"{figure(float(f'{ratio:.2g}'))} times"


def count(n: int, thing: str) -> str:
    """``1 neuron``, ``8 neurons``."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


def histogram(title: str, z: NDArray, flat: tuple[tuple[float, float], ...] = ()) -> Histogram:
    """Of all finite numbers in ``z``, in 40 columns."""
    values = z[np.isfinite(z)].astype(np.float64).ravel()
    low, high = (float(values.min()), float(values.max())) if values.size else (-1.0, 1.0)
    room = 0.02 * (high - low) or 0.5
    counts, edges = np.histogram(values, bins=40, range=(min(low - room, -0.5), max(high + room, 0.5)))
    return Histogram(title, edges, counts, flat)
