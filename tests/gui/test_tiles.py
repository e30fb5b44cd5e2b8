"""Tiles: what a pixel becomes, where a tile lies, how one is chosen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor

from gui import theme
from gui.graphics.tiles import (
    BROKEN,
    TOP,
    ZERO,
    ScrollingTiles,
    Tiles,
    grey,
    grey_table,
    image_of,
    profiles,
    ramp,
    signed,
    signed_table,
)

LEFT = Qt.MouseButton.LeftButton


def test_values_become_places_in_the_table():
    values = np.array([-2.0, -1.0, 0.0, 1.0, 5.0, np.nan, np.inf])
    assert signed(values).tolist() == [0, 0, ZERO, TOP, TOP, BROKEN, BROKEN]
    assert grey(np.array([-1.0, 0.0, 0.5, 1.0])).tolist() == [0, 0, ZERO, TOP]


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_table_has_the_signs_of_the_house(look):
    table = signed_table(look)
    assert table[ZERO] == look.panel.rgb()
    assert table[TOP] == look.positive.rgb()
    assert table[0] == look.negative.rgb()
    assert table[BROKEN] not in (table[ZERO], table[0], table[TOP])
    assert grey_table(look)[0] == theme.NETWORK_PAPER.rgb()
    assert grey_table(look)[TOP] == theme.NETWORK_INK.rgb()
    assert ramp(-1.0) == -1.0
    assert ramp(0.0) == 0.0
    assert 0.5 < ramp(0.5) < 1


def test_bars_rise_from_the_foot_or_from_the_middle():
    up = profiles(np.array([[1.0], [0.0]]))[0]  # two classes, one neuron: 7 × 7
    assert up.shape == (7, 7)
    assert (up[:, 1:3] == TOP).all()
    assert (up[:, 3:] == ZERO).all()
    assert (up[:, 0] == ZERO).all()
    both = profiles(np.array([[1.0], [-1.0]]))[0]
    assert (both[:3, 1:3] == TOP).all()
    assert (both[3:, 1:3] == ZERO).all()
    assert (both[3:6, 4:6] == 0).all()
    assert (both[:3, 4:6] == ZERO).all()
    assert profiles(np.array([[np.nan], [np.inf]])).shape == (1, 7, 7)


@pytest.fixture
def scrolling(qtbot) -> ScrollingTiles:
    area = ScrollingTiles(Tiles(theme.LIGHT, "Neurons", choosing=True, least=16, largest=32))
    qtbot.addWidget(area)
    area.resize(200, 120)
    return area


@pytest.fixture
def tiles(qtbot, scrolling) -> Tiles:
    widget = scrolling.tiles
    pictures = np.full((9, 8, 8), ZERO, np.uint8)
    pictures[4] = TOP
    pictures[5, :4] = 0
    widget.show_tiles(pictures, [str(i) for i in range(9)], signed_table(theme.LIGHT))
    scrolling.show()
    qtbot.waitExposed(scrolling)
    return widget


def test_every_tile_is_painted_at_its_place(tiles):
    image = tiles.grab().toImage()
    ratio = image.devicePixelRatio()

    def color(at):
        return image.pixelColor(round(at.x() * ratio), round(at.y() * ratio))

    assert color(tiles.rect_of(4).center()) == theme.LIGHT.positive
    assert color(tiles.rect_of(3).center()) == theme.LIGHT.panel
    lower = tiles.rect_of(5)
    assert color(lower.topLeft() + QPoint(3, 3)) == theme.LIGHT.negative
    assert color(lower.bottomLeft() + QPoint(3, -3)) == theme.LIGHT.panel
    for i in range(9):
        assert tiles.at(tiles.rect_of(i).center()) == i
    assert tiles.at(tiles.rect_of(0).topLeft() - QPoint(3, 3)) == -1


def test_a_click_and_the_arrows_choose(tiles, qtbot):
    picked: list[int] = []
    tiles.picked.connect(picked.append)
    qtbot.mouseClick(tiles, LEFT, pos=tiles.rect_of(2).center().toPoint())
    qtbot.keyClick(tiles, Qt.Key.Key_Right)
    qtbot.keyClick(tiles, Qt.Key.Key_Down)
    qtbot.keyClick(tiles, Qt.Key.Key_Down)  # there is no row below
    qtbot.keyClick(tiles, Qt.Key.Key_Home)
    qtbot.keyClick(tiles, Qt.Key.Key_Left)  # nor anything before the first
    qtbot.keyClick(tiles, Qt.Key.Key_End)
    below = 3 + tiles._columns
    assert picked == [2, 3, *([below] if below < 9 else []), 0, 8]
    assert tiles.chosen == 8


def test_the_pointer_is_followed(tiles, qtbot):
    seen: list[int] = []
    tiles.hovered.connect(seen.append)
    qtbot.mouseMove(tiles, tiles.rect_of(1).center().toPoint())
    qtbot.mouseMove(tiles, QPoint(1, 1))
    assert seen == [1, -1]


def test_a_key_tells_of_the_tile_it_came_to_until_it_leaves(tiles, qtbot):
    seen: list[int] = []
    tiles.hovered.connect(seen.append)
    tiles.setFocus()
    qtbot.keyClick(tiles, Qt.Key.Key_Home)
    qtbot.keyClick(tiles, Qt.Key.Key_Right)
    qtbot.keyClick(tiles, Qt.Key.Key_Escape)
    assert seen == [0, 1, -1]


def test_many_scroll_and_the_chosen_one_is_brought_into_sight(scrolling, tiles, qtbot):
    tiles.show_tiles(np.zeros((400, 8, 8), np.uint8), [""] * 400, signed_table(theme.LIGHT))
    assert tiles.height() > scrolling.height()
    assert tiles.width() <= scrolling.width()
    qtbot.keyClick(tiles, Qt.Key.Key_End)
    box = tiles.rect_of(399).toRect().translated(0, tiles.y())
    assert scrolling.viewport().rect().contains(box)


def test_few_are_large_and_never_larger_than_the_room(qtbot):
    widget = Tiles(theme.LIGHT, "One", largest=100, columns=1)
    qtbot.addWidget(widget)
    widget.set_room(QSize(90, 90))
    widget.show_tiles(np.zeros((1, 28, 28), np.uint8), (), grey_table(theme.LIGHT))
    ratio = widget.devicePixelRatioF()
    assert widget.width() == round(28 * int(90 * ratio / 28) / ratio)
    widget.set_room(QSize(20, 20))
    assert widget.width() >= 28, "smaller than that nothing would be seen"


def test_a_tile_alone_has_the_same_pixels():
    tile = signed(np.linspace(-1, 1, 16).reshape(4, 4))
    image = image_of(tile, signed_table(theme.DARK))
    assert image.size() == QSize(4, 4)
    assert image.pixelColor(0, 0) == QColor(theme.DARK.negative)
    assert image.pixelColor(3, 3) == QColor(theme.DARK.positive)
