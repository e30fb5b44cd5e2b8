"""Strokes as vectors: the curves through their points, and the pictures of them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from gui.graphics.strokes import InkLayer, PenPoint, Stroke, curves_of

BLACK, WHITE = QColor("black"), QColor("white")


def points(*places: tuple[float, float], width: float = 0.07) -> tuple[PenPoint, ...]:
    return tuple(PenPoint(x, y, width) for x, y in places)


def gray(image: QImage) -> np.ndarray:
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return pixels[:, :, 0].astype(float) / 255


def layer(*strokes: Stroke, side: int = 280) -> InkLayer:
    result = InkLayer(side, WHITE, BLACK)
    result.render(strokes)
    return result


def test_curves_pass_through_the_points_without_a_kink():
    curves = curves_of(points((0.1, 0.5), (0.3, 0.3), (0.5, 0.35), (0.6, 0.6)))
    assert [c.end[:2] for c in curves] == [(0.3, 0.3), (0.5, 0.35), (0.6, 0.6)]
    for before, after in pairwise(curves):
        arriving = np.subtract(before.end[:2], before.control2)
        leaving = np.subtract(after.control1, after.start[:2])
        assert np.allclose(arriving / np.hypot(*arriving), leaving / np.hypot(*leaving))


def test_a_sharp_turn_stays_a_corner():
    first, second = curves_of(points((0.1, 0.1), (0.5, 0.1), (0.1, 0.2)))
    assert first.control2 == pytest.approx((0.1 + 0.8 / 3, 0.1))
    assert second.control1[0] < 0.5


def test_curves_from_a_point_on_are_the_same_curves():
    way = points((0.1, 0.5), (0.3, 0.3), (0.5, 0.35), (0.6, 0.6), (0.7, 0.9))
    assert curves_of(way, 2) == curves_of(way)[2:]


def test_a_straight_stroke_has_the_width_and_the_round_ends_it_should():
    ink = gray(layer(Stroke(points((0.25, 0.5), (0.75, 0.5), width=20 / 280))).shown)
    assert ink[:, 140].sum() == pytest.approx(20, abs=0.2)
    assert ink[140].sum() == pytest.approx(140 + 20, abs=0.5)
    assert ink[131, 61] < 0.5  # the corner that a square end would fill


def test_a_dot_is_a_disc():
    ink = gray(layer(Stroke(points((0.5, 0.5), width=20 / 280))).shown)
    assert ink.sum() == pytest.approx(np.pi * 100, rel=0.03)


def test_a_varying_width_tapers():
    taper = Stroke((PenPoint(0.1, 0.5, 0.02), PenPoint(0.9, 0.5, 0.2)))
    ink = gray(layer(taper).shown)
    widths = ink[:, [56, 140, 224]].sum(axis=0)
    assert widths[0] < widths[1] < widths[2]
    assert widths[1] == pytest.approx(0.11 * 280, rel=0.1)


def test_the_eraser_takes_ink_away():
    line = Stroke(points((0.25, 0.5), (0.75, 0.5)))
    wiped = gray(layer(line, Stroke(points((0.5, 0.3), (0.5, 0.7)), erase=True)).shown)
    assert wiped[140, 140] == 0
    assert wiped[140, 90] == 1
    assert (
        not gray(layer(line, Stroke(line.points[:1], erase=True), Stroke(line.points, erase=True)).shown).round().any()
    )


def test_what_is_outside_is_clipped():
    ink = gray(layer(Stroke(points((-3.0, 0.5), (0.1, 0.5), (0.1, 40.0)))).shown)
    assert ink[140, 0] == 1
    assert ink[279, 28] == 1
    assert ink[:, 100:].sum() == 0


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 12])
@pytest.mark.parametrize("erase", [False, True])
def test_painting_piece_by_piece_gives_the_picture_of_the_whole(n: int, erase: bool):
    rng = np.random.default_rng(n)
    under = Stroke(points((0.1, 0.2), (0.8, 0.7), (0.3, 0.9), width=0.3))
    way = points(*np.cumsum(rng.normal(0.03, 0.05, (n, 2)), axis=0) + 0.2)
    live = layer(under)
    for count in range(1, n + 1):
        seen = way[:count]
        live.extend(curves_of(seen[:-1], count - 4)[:1] if count > 3 else [], curves_of(seen, count - 3), erase)
    live.extend(curves_of(way, n - 3), [], erase)
    assert np.array_equal(gray(live.shown), gray(layer(under, Stroke(way, erase)).shown))


def test_the_tip_leaves_no_trace():
    live = layer()
    live.extend([], curves_of(points((0.2, 0.2), (0.8, 0.8))), False)
    assert gray(live.shown).any()
    changed = live.extend([], [], False)
    assert not gray(live.shown).any()
    assert changed.contains(140, 140)


def test_the_changed_rectangle_holds_every_changed_pixel():
    live = layer()
    before = gray(live.shown)
    changed = live.extend(curves_of(points((0.3, 0.3), (0.5, 0.2), (0.7, 0.4))), [], False)
    ys, xs = np.nonzero(gray(live.shown) != before)
    assert all(changed.contains(int(x), int(y)) for x, y in zip(xs, ys, strict=True))
    assert changed.width() < 200
