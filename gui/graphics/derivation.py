"""A derivation: lines of a calculation whose numbers know which neuron or edge they belong to, and how they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gui.graphics.graph_words import exact
from gui.graphics.targets import Target

MINUS = "\N{MINUS SIGN}"
_RAISED = str.maketrans("+-0123456789", " ⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# After these a negative number stands in parentheses.
_SIGNS = "×·+−/√"


@dataclass(frozen=True, slots=True)
class Span:
    """Words or a number (``number`` not None) of a line. ``target`` is what it links to; ``strong`` is a result."""

    text: str = ""
    number: Any = None
    target: Target | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``kind``: "sum" (a calculation), "check" (the same by another way), "note" (a sentence)."""

    spans: tuple[Span, ...]
    kind: str = "sum"


@dataclass(frozen=True, slots=True)
class Derivation:
    """What is selected and where it comes from.

    ``title`` names it, ``heading`` its kind; ``values`` are (name, number, what it is in a sentence); ``lines`` derive them.
    """

    heading: str
    title: str
    values: tuple[tuple[str, Any, str], ...] = ()
    lines: tuple[Line, ...] = ()


def figure(value: Any, all_digits: bool = False) -> str:
    """A number in four figures, or in all that its precision has: ``0.5933``, ``−0.08211``, ``12346``, ``1.235·10⁻¹²``.

    Trailing zeros are written only where digits were cut off.

    >>> [figure(v) for v in (0.59331, -0.0821134, 12345.678, 1.23456e-12, 1.0, 0.50001, 0.0)]
    ['0.5933', '−0.08211', '12346', '1.235·10⁻¹²', '1', '0.5000', '0']
    """
    number = float(value)
    if not math.isfinite(number):
        return "not a number" if math.isnan(number) else ("∞" if number > 0 else MINUS + "∞")
    if not number:
        return "0"
    size = abs(number)
    if all_digits:
        text = exact(value).removeprefix("+").removeprefix(MINUS)
    elif 1e-4 <= size < 1e6:
        text = f"{size:.{max(3 - math.floor(math.log10(size)), 0)}f}"
    else:
        text = f"{size:.3e}"
    digits, _, exponent = text.partition("e")
    if "." in digits and float(text) == size:
        digits = digits.rstrip("0").rstrip(".")  # no more was cut off: 1, not 1.000
    if exponent:
        digits = f"{digits}·10{str(int(exponent)).translate(_RAISED)}"
    return (MINUS if number < 0 else "") + digits


def sign(value: Any) -> int:
    """−1, 0 or 1: 0 for nothing and for what is not a number."""
    return int(np.sign(value)) if math.isfinite(value) else 0


def written(spans: tuple[Span, ...], at: int, all_digits: bool = False) -> str:
    """Span ``at`` of a line as it is read: a negative number after a sign is in parentheses."""
    span = spans[at]
    if span.number is None:
        return span.text
    text = figure(span.number, all_digits)
    before = spans[at - 1].text.rstrip() if at else ""
    return f"({text})" if text[0] == MINUS and before[-1:] and before[-1] in _SIGNS else text


def line_text(line: Line, all_digits: bool = False) -> str:
    """A whole line as words."""
    return "".join(written(line.spans, at, all_digits) for at in range(len(line.spans)))
