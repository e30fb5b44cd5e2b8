"""The film strip from the pen to the network: its pictures, its switches, and what it says of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage

from engine.datasets import DATASETS
from engine.datasets.images import Images
from engine.pen import prepare_for
from engine.spec import DataSpec, ExperimentSpec
from gui import theme
from gui.graphics.evidence_tint import tint_of
from gui.graphics.strip_layout import lay_out
from gui.panels.pen_stages import EMPTY, WORTH, PenStrip

SPECS = {
    8: ExperimentSpec(DataSpec(DATASETS["digits"]())),
    28: ExperimentSpec(DataSpec(Images(key="0" * 16, side=28))),
}


@pytest.fixture(params=["light", "dark"])
def look(request) -> theme.Theme:
    return theme.THEMES[request.param]


@pytest.fixture(params=[8, 28])
def side(request) -> int:
    return request.param


@pytest.fixture
def strip(qtbot, look, side) -> PenStrip:
    panel = PenStrip(look)
    qtbot.addWidget(panel)
    panel.show_spec(SPECS[side])
    panel.resize(720, 200)
    panel.show()
    return panel


def drawing() -> np.ndarray:
    ink = np.zeros((280, 280), np.float32)
    ink[60:220, 130:150] = 1
    ink[60:80, 90:150] = 1
    return ink


def pixels(image: QImage) -> np.ndarray:
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()] / 255


def show(strip: PenStrip, side: int, *without: str) -> None:
    strip.show_prepared(prepare_for(side, drawing(), frozenset(without)))


def test_the_strip_shows_each_stage_as_it_is(strip, side):
    prepared = prepare_for(side, drawing())
    assert prepared is not None
    strip.show_prepared(prepared)
    assert len(strip.frames()) == len(prepared.stages) == {8: 6, 28: 5}[side]
    for frame, stage in list(zip(strip.frames(), prepared.stages, strict=True))[2:]:
        assert np.abs(pixels(frame.image) - stage.picture).max() <= 1 / 255
    assert (strip.frames()[0].image.width(), strip.frames()[0].image.height()) == (140, 140)


def test_its_pixels_are_crisp(strip, side):
    show(strip, side)
    image = strip.grab().toImage()
    cell = strip._cells[3]
    n = {8: 32, 28: 28}[side]
    times = round(cell.side) // n
    assert times >= 2
    assert cell.side == times * n
    row = [image.pixelColor(round(cell.x) + x, round(cell.y + cell.side / 2)).lightness() for x in range(times * n)]
    assert max(row) > 200
    assert all(len(set(row[i : i + times])) == 1 for i in range(0, times * n, times))


def test_an_empty_strip_shows_empty_places_and_says_how_to_fill_them(strip, side, look):
    show(strip, side)
    strip.show_prepared(None)
    assert strip.is_empty()
    assert strip.frames() == ()
    assert strip.words.text() == strip.accessibleDescription() == EMPTY
    cell = strip._cells[-1]
    assert strip.grab().toImage().pixelColor(round(cell.x + cell.side / 2), round(cell.y + 20)) == look.sunken


def test_a_switch_leaves_a_stage_out_and_all_on_brings_it_back(qtbot, strip, side):
    show(strip, side)
    assert list(strip.switches) == {8: ["crop", "scale", "weight", "shear"], 28: ["crop", "scale", "center"]}[side]
    assert not strip.all_on.isVisible()
    with qtbot.waitSignal(strip.switched):
        qtbot.mouseClick(strip.switches["scale"], Qt.MouseButton.LeftButton, pos=QPoint(8, 14))
    assert strip.without == {"scale"}
    show(strip, side, *strip.without)
    assert [frame.on for frame in strip.frames()].index(False) == 2
    assert strip.words.text() == "The scaling is left out."
    with qtbot.waitSignal(strip.switched):
        qtbot.mouseClick(strip.all_on, Qt.MouseButton.LeftButton)
    assert strip.without == frozenset()
    assert all(switch.value() for switch in strip.switches.values())
    assert not strip.all_on.isVisible()


def test_a_switch_answers_the_keyboard(qtbot, strip):
    strip.activateWindow()
    qtbot.waitActive(strip)
    strip.switches["crop"].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(strip.switches["crop"], Qt.Key.Key_Space)
    assert strip.without == {"crop"}


def test_each_side_keeps_what_is_switched_off(strip, side):
    other = {8: 28, 28: 8}[side]
    strip.switches["crop"].click()
    strip.show_spec(SPECS[other])
    assert strip.without == frozenset()
    strip.show_spec(SPECS[side])
    assert strip.without == {"crop"}
    assert not strip.switches["crop"].value()
    assert strip.switches["scale"].value()


def test_it_says_what_each_stage_is_worth(strip, side, look):
    show(strip, side)
    strip.show_reading(3)
    strip.take_answer(WORTH, {"crop": (8, 0.41), "scale": (3, 0.999)})
    assert strip.worth_of("crop") == "without: 8, 41 %"
    assert strip.worth_of("scale") == "without: 3, > 99 %"
    assert "8&nbsp;(41&nbsp;%)" in strip.words.text()
    assert strip.words.text().startswith("Without the crop it would read ")
    assert look.ink(look.negative).name() in strip.words.text()
    assert "crop (without: 8, 41 %)" in strip.accessibleDescription()
    strip.take_answer(WORTH, {"crop": (3, 0.6), "scale": (3, 0.999)})
    assert strip.words.text() == "Without any one of the stages it would still read 3."


def test_of_what_is_left_out_it_says_what_it_would_bring(strip, side):
    strip.switches["crop"].click()
    show(strip, side, "crop")
    strip.show_reading(8)
    strip.take_answer(WORTH, {"crop": (3, 0.95)})
    assert strip.worth_of("crop") == "with: 3, 95 %"
    assert strip.words.text().startswith("With the crop it would read ")


def test_an_answer_after_the_drawing_is_gone_is_not_shown(strip, side):
    show(strip, side)
    strip.show_prepared(None)
    strip.take_answer(WORTH, {"crop": (8, 0.41)})
    assert strip.worth_of("crop") == ""


def test_evidence_tints_the_input(strip, side, look):
    show(strip, side)
    n = side * side
    values = np.zeros(n)
    values[n // 2], values[n // 2 + 1] = 2.0, -2.0
    strip.show_reading(1, values)
    tint = strip.frames()[-1].tint
    assert tint is not None
    assert tint.width() == side
    row, column = divmod(n // 2, side)
    cell, step = strip._cells[-1], strip._cells[-1].side / side
    image = strip.grab().toImage()
    x, y = round(cell.x + (column + 0.5) * step), round(cell.y + (row + 0.5) * step)
    blue, orange = image.pixelColor(x, y), image.pixelColor(round(x + step), y)
    assert blue.blue() > blue.red() + 60
    assert orange.red() > orange.blue() + 60
    strip.show_reading(1)
    assert strip.frames()[-1].tint is None


def test_a_tint_is_blue_for_orange_against_and_clear_at_nothing(look):
    image = tint_of(np.array([[1.0, -1.0, 0.0, 0.25]]), look)
    assert image is not None
    full = [image.pixelColor(i, 0) for i in range(4)]
    for color, expected in ((full[0], look.positive), (full[1], look.negative)):
        assert np.abs(np.array(color.getRgb()[:3]) - expected.getRgb()[:3]).max() <= 2
        assert color.alpha() == 240
    assert full[2].alpha() == 0
    assert full[3].alpha() == pytest.approx(240 * 0.25**0.65, abs=1)
    assert tint_of(np.zeros((2, 2)), look) is None
    assert tint_of(np.full((2, 2), np.nan), look) is None


def test_a_tint_over_ink_is_only_where_ink_is(look):
    ink = np.zeros((4, 4), np.float32)
    ink[1:3] = 1
    image = tint_of(np.array([[1.0, 0.0], [0.0, -1.0]]), look, ink)
    assert image is not None
    alpha = [[image.pixelColor(x, y).alpha() for x in range(4)] for y in range(4)]
    assert alpha == [[0] * 4, [255] * 4, [255] * 4, [0] * 4]
    gray = theme.mix(look.sunken, look.text, 0.35)
    assert image.pixelColor(3, 1) == gray, "ink that says nothing"
    assert image.pixelColor(0, 1).blue() > gray.blue() - 40
    assert image.pixelColor(3, 2).red() > image.pixelColor(3, 2).blue()


@given(
    st.sampled_from([(0, 0, 32, 32, 32, 8), (0, 0, 28, 28, 28)]),
    st.integers(188, 1200),
    st.integers(150, 420),
    st.sampled_from([1.0, 1.5, 2.0]),
)
def test_pictures_never_overlap_and_have_whole_pixels(n, width, height, ratio):
    text, words = 28.0, (24.0, 52.0, 66.0, 62.0, 58.0, 40.0)[: len(n)]
    cells = lay_out(n, words, width, height, text, ratio)
    assert len(cells) == len(n)
    unit = max(n)
    for pixels_, cell in zip(n, cells, strict=True):
        assert cell.x >= 0
        assert cell.x + cell.side <= width + 1e-6
        if pixels_:
            assert (cell.side * ratio) % unit == pytest.approx(0, abs=1e-6)
    for here, there in pairwise(cells):
        assert there.x >= here.x + here.side + 5 or there.y > here.foot
    assert cells[-1].foot + text <= max(height, 2 * (unit / ratio + text) + 4) + 1e-6


def test_the_same_switches_at_another_width_have_shorter_names(strip, side):
    strip.resize(1100, 220)
    assert strip.switches["scale"].text().startswith("scaling, 20")
    strip.resize(406, 200)
    assert strip.switches["scale"].text() == "scaling"
    for switch in strip.switches.values():
        assert switch.height() >= 28
        assert switch.geometry().right() <= strip.width()
        assert switch.toolTip()


def test_a_spec_without_images_has_no_strip(strip):
    strip.show_spec(replace(SPECS[8], data=DataSpec()))
    assert not strip.switches
    strip.grab()
