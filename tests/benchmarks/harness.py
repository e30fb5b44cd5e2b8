"""How a benchmark is written down and judged: ``@figure("ui.p99_gap_ms", at_most=40, unit="ms")`` over a function."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Measurement = float | Mapping[str, float | str]
Benchmark = Callable[[], Measurement]
Reached = float | str | None  # the number, why it was skipped, or nothing: it failed


class Skipped(Exception):
    """Raised by a benchmark that cannot be run here for a good reason, such as a library that is not installed."""


@dataclass(frozen=True)
class Figure:
    """A promised number. Neither bound: it is reported only."""

    name: str
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""

    @property
    def target(self) -> str:
        for sign, bound in (("≤", self.at_most), ("≥", self.at_least)):
            if bound is not None:
                return f"{sign} {bound:g} {self.unit}".rstrip()
        return ""

    def verdict(self, reached: Reached) -> str:
        """``ok``, ``short``, ``skipped``, ``failed`` (nothing measured) or nothing where nothing is promised."""
        if isinstance(reached, str):
            return "skipped"
        if reached is None or not math.isfinite(reached):
            return "failed"
        if self.at_most is None and self.at_least is None:
            return ""
        below = self.at_most is None or reached <= self.at_most
        above = self.at_least is None or reached >= self.at_least
        return "ok" if below and above else "short"


def figure(
    name: str, *, at_most: float | None = None, at_least: float | None = None, unit: str = ""
) -> Callable[[Benchmark], Benchmark]:
    """Mark a function that takes nothing and returns the number.

    Several marks on one function: it returns a dict with a number for each name.
    """

    def mark(function: Benchmark) -> Benchmark:
        figures_of(function).insert(0, Figure(name, at_most, at_least, unit))
        return function

    return mark


def figures_of(function: Any) -> list[Figure]:
    """The marks of ``function``, in the order they are written."""
    if not hasattr(function, "figures"):
        function.figures = []
    return function.figures


def benchmarks_of(module: Any) -> list[Benchmark]:
    """The marked functions of a module, in the order they are written."""
    return [value for value in vars(module).values() if callable(value) and getattr(value, "figures", None)]


def run(function: Benchmark) -> dict[str, float | str]:
    """Measure. Raises ``ValueError`` when the function does not answer for exactly the names it is marked with.

    In place of one of several numbers there may be the reason why it is skipped; :class:`Skipped` goes through.
    """
    measured = function()
    names = [f.name for f in figures_of(function)]
    numbers = dict(measured) if isinstance(measured, Mapping) else dict.fromkeys(names, measured)
    if set(numbers) != set(names) or (len(names) > 1 and not isinstance(measured, Mapping)):
        raise ValueError(f"measured {sorted(numbers)}, promised {sorted(names)}")
    return {name: n if isinstance(n := numbers[name], str) else float(n) for name in names}


def report(results: Mapping[Figure, Reached]) -> str:
    """The table of figures, and below it what falls short, and why something was skipped."""
    rows = [("figure", "target", "reached", "")]
    for figure_, reached in results.items():
        shown = f"{reached:.4g} {figure_.unit}".rstrip() if isinstance(reached, float) else "—"
        rows.append((figure_.name, figure_.target, shown, figure_.verdict(reached)))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    missed = [f.name for f, reached in results.items() if f.verdict(reached) in ("short", "failed")]
    lines += [f"skipped: {reason}" for reason in dict.fromkeys(r for r in results.values() if isinstance(r, str))]
    lines += ["", f"falls short: {', '.join(missed)}" if missed else "every target is reached"]
    return "\n".join(lines) + "\n"
