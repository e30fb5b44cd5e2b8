"""Numbers as people read and type them: pure functions, no widgets."""

from __future__ import annotations

import math
import re
from typing import Any

from engine.registry import Range

_GROUPED = re.compile(r"-?\d{1,3}([,\s]\d{3})+")


def format_number(value: float) -> str:
    """As short as it is exact: ``0.03``, ``400``, ``20,000``, ``1e-8``.

    >>> [format_number(v) for v in (0.03, 0.00001, 1e-8, 20_000, 0.0)]
    ['0.03', '0.00001', '1e-8', '20,000', '0']
    """
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e6):
        return f"{int(value):,}"
    if 1e-5 <= abs(value) < 1e6:
        text = f"{value:.12f}".rstrip("0")
        if float(text) == value:
            return text
    mantissa, _, exponent = repr(float(value)).partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def format_value(value: float, limits: Range) -> str:
    """What a field shows: a share as ``10 %``, anything else as :func:`format_number`."""
    if limits.percent:
        return f"{format_number(round(value * 100, 8))} %"
    return format_number(value)


def parse_value(text: str, limits: Range, whole: bool) -> Any:
    """The int (when ``whole``) or float that ``text`` means. A decimal comma is understood.

    Raises ``ValueError`` with a sentence that names the bounds.
    """
    text = text.replace("−", "-").replace("\u202f", " ").strip()
    if limits.percent:
        text = text.removesuffix("%").strip()
    if _GROUPED.fullmatch(text):
        text = re.sub(r"[,\s]", "", text)
    elif not whole:
        text = text.replace(",", ".")
    try:
        value = float(text)
    except ValueError:
        raise ValueError(bounds_sentence(limits, whole)) from None
    if limits.percent:
        value = round(value / 100, 10)
    if not math.isfinite(value) or not limits.low <= value <= limits.high or (whole and not value.is_integer()):
        raise ValueError(bounds_sentence(limits, whole))
    return int(value) if whole else value


def bounds_sentence(limits: Range, whole: bool) -> str:
    """``Noise can be 0 % to 80 %.``"""
    low, high = (int(v) if whole else v for v in (limits.low, limits.high))
    kind = "a whole number from " if whole else ""
    return f"{limits.label} can be {kind}{format_value(low, limits)} to {format_value(high, limits)}."


def parse_layers(text: str, most: int, widest: int) -> tuple[int, ...]:
    """``"100, 50"`` -> ``(100, 50)``; empty means no hidden layer. Raises ``ValueError`` with a sentence."""
    words = [word for word in re.split(r"[,;\s]+", text.strip().strip("()[]")) if word]
    if any(not word.isascii() or not word.isdigit() for word in words):
        raise ValueError("Write the neurons of each hidden layer as whole numbers, like 100, 50; empty means none.")
    # Long digit strings are cut before int() so that a pasted novel costs nothing.
    sizes = tuple(int(word[:9]) for word in words)
    if len(sizes) > most:
        raise ValueError(f"{len(sizes)} hidden layers are too many; at most {most} are possible.")
    if bad := [size for size in sizes if not 1 <= size <= widest]:
        raise ValueError(f"A hidden layer can have 1 to {widest:,} neurons, not {bad[0]:,}.")
    return sizes


class LogScale:
    """Positions of a slider <-> values from ``limits.low`` to ``limits.high`` in even ratios, rounded to two decimals."""

    def __init__(self, limits: Range, positions: int) -> None:
        self.limits, self.positions = limits, positions

    def value(self, position: int) -> float:
        """The value at ``position`` 0..positions."""
        share = min(max(position, 0), self.positions) / self.positions
        return round(float(self.limits.low * (self.limits.high / self.limits.low) ** share), 2)

    def position(self, value: float) -> int:
        """The position nearest to ``value``."""
        value = min(max(value, self.limits.low), self.limits.high)
        return round(self.positions * math.log(value / self.limits.low) / math.log(self.limits.high / self.limits.low))


_ROUND = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


class SliderScale:
    """Positions of a slider <-> values of a :class:`Range`: even steps, or round numbers where the range is wide."""

    def __init__(self, limits: Range, whole: bool) -> None:
        self.limits, self.whole = limits, whole
        self._step = limits.step or (1.0 if whole else (limits.high - limits.low) / 1000)
        self._stops: list[float] = []
        if limits.low > 0 and limits.high / limits.low >= 500:
            exponents = range(math.floor(math.log10(limits.low)), math.ceil(math.log10(limits.high)) + 1)
            stops = {float(f"{digit}e{exponent}") for exponent in exponents for digit in _ROUND}
            inside = {v for v in stops if limits.low <= v <= limits.high and not (whole and v % 1)}
            self._stops = sorted(inside | {limits.low, limits.high})
            self.positions = len(self._stops) - 1
        else:
            self.positions = max(math.ceil((limits.high - limits.low) / self._step - 1e-9), 1)

    def value(self, position: int) -> Any:
        """The value at ``position`` 0..positions, a round number within the bounds."""
        position = min(max(position, 0), self.positions)
        if self._stops:
            value = self._stops[position]
        else:
            value = min(round(self.limits.low + position * self._step, 10), self.limits.high)
        return round(value) if self.whole else float(value)

    def position(self, value: float) -> int:
        """The position nearest to ``value``."""
        if self._stops:
            return min(range(len(self._stops)), key=lambda i: abs(self._stops[i] - value))
        if value >= self.limits.high:
            return self.positions
        return min(max(round((value - self.limits.low) / self._step), 0), self.positions)
