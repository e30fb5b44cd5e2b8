"""Factor: one line of a calculation as it would be written on paper: a formula, the numbers put in, what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# A word or sign, or a number that the calculation was given.
Piece = Any

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Factor:
    """``symbol = formula = worked = value``.

    ``worked`` mixes words and signs (str) with the numbers put in (float or NumPy's, in the precision they were used in);
    it is empty where the formula says all. ``value`` is a number of the calculation itself, never worked out anew.
    """

    symbol: str
    formula: str
    worked: tuple[Piece, ...]
    value: Any


def setting(value: float) -> str:
    """A setting as it stands in a formula: ``0.9``, ``0.001``, ``1·10⁻⁸``.

    >>> [setting(v) for v in (0.9, 1 - 0.999, 1e-8, 3.0)]
    ['0.9', '0.001', '1·10⁻⁸', '3']
    """
    digits, _, exponent = f"{value:.6g}".partition("e")
    return f"{digits}·10{raised(int(exponent))}" if exponent else digits


def raised(n: int) -> str:
    """An exponent: ``¹²``."""
    return str(n).translate(_RAISED)
