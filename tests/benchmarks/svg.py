"""A plot with two logarithmic axes as an SVG picture: lines with their names, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Line = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 780, 420
LEFT, RIGHT, TOP, BOTTOM = 74, 180, 44, 52
ROOM = 0.1  # of a decade
INK, GRID, PAPER = "black", "gainsboro", "white"
COLORS = ("royalblue", "seagreen", "darkorange", "firebrick")


def plot(title: str, x_label: str, y_label: str, lines: Mapping[str, Line]) -> str:
    """The picture. Every coordinate is positive."""
    x_axis = _Axis([x for line in lines.values() for x, _ in line], LEFT, WIDTH - RIGHT)
    y_axis = _Axis([y for line in lines.values() for _, y in line], HEIGHT - BOTTOM, TOP)
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>',
        _text(middle, 24, title, "middle", 'font-weight="bold"'),
        _text(middle, HEIGHT - 12, x_label, "middle"),
        _text(-(TOP + HEIGHT - BOTTOM) / 2, 18, y_label, "middle", 'transform="rotate(-90)"'),
    ]
    for value, at in x_axis.ticks():
        parts.append(_segment(at, TOP, at, HEIGHT - BOTTOM))
        parts.append(_text(at, HEIGHT - BOTTOM + 18, _number(value), "middle"))
    for value, at in y_axis.ticks():
        parts.append(_segment(LEFT, at, WIDTH - RIGHT, at))
        parts.append(_text(LEFT - 8, at + 4, _number(value), "end"))
    ends = _apart([y_axis.at(line[-1][1]) for line in lines.values()])
    for (name, line), color, end in zip(lines.items(), COLORS, ends, strict=False):
        points = [(x_axis.at(x), y_axis.at(y)) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in points]
        parts.append(_text(points[-1][0] + 8, end + 4, name, "start", f'fill="{color}"'))
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    """From a value to a place, with a little room on both sides of ``values``."""

    def __init__(self, values: list[float], start: float, end: float) -> None:
        self._low, self._high = math.log10(min(values)) - ROOM, math.log10(max(values)) + ROOM
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[tuple[float, float]]:
        decades = range(math.ceil(self._low), math.floor(self._high) + 1)
        return [(10.0**e, self.at(10.0**e)) for e in decades]


def _apart(places: list[float], gap: float = 16) -> list[float]:
    """The ``places`` of the names, moved down where they would cover one another."""
    moved = dict.fromkeys(range(len(places)), 0.0)
    last = -math.inf
    for i in sorted(moved, key=places.__getitem__):
        last = moved[i] = max(places[i], last + gap)
    return list(moved.values())


def _number(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:,.0f} M"
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _segment(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GRID}"/>'


def _text(x: float, y: float, text: str, anchor: str, more: str = "") -> str:
    fill = "" if "fill=" in more else f' fill="{INK}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{fill} {more}>{escape(text)}</text>'
