"""The plot: decades on both axes, a point where it belongs, and names that do not cover one another."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest

from tests.benchmarks import svg

NAMESPACE = "{http://www.w3.org/2000/svg}"


def elements(kind: str, lines: dict[str, svg.Line]) -> list[ET.Element]:
    return ET.fromstring(svg.plot("cost & more", "x", "y", lines)).findall(NAMESPACE + kind)


def test_a_decade_is_as_long_anywhere() -> None:
    circles = elements("circle", {"a": [(10, 1), (100, 10), (1000, 100)]})
    xs, ys = ([float(circle.get(key)) for circle in circles] for key in ("cx", "cy"))
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)
    assert ys[0] - ys[1] == pytest.approx(ys[1] - ys[2], abs=0.2)
    assert svg.LEFT < xs[0] < xs[2] < svg.WIDTH - svg.RIGHT
    assert svg.TOP < ys[2] < ys[0] < svg.HEIGHT - svg.BOTTOM


def test_every_decade_is_named() -> None:
    texts = [element.text for element in elements("text", {"a": [(2, 0.2), (2e6, 5)]})]
    assert {"cost & more", "1", "10", "100", "1,000", "1 M"} <= set(texts)
    assert "0.1" not in texts


def test_names_of_lines_that_end_together_stand_apart() -> None:
    lines = {"a": [(1, 1), (10, 50)], "b": [(1, 2), (10, 51)], "c": [(1, 3), (10, 49)]}
    places = {e.text: float(e.get("y")) for e in elements("text", lines) if e.text in lines}
    ordered = sorted(places.values())
    assert min(b - a for a, b in itertools.pairwise(ordered)) >= 16
    assert min(places, key=places.__getitem__) == "b"
