"""The map of points: what is in sight, zooming, moving, pointing; and its legend."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from gui import theme
from gui.graphics.class_legend import ClassLegend
from gui.graphics.point_map import PointMap
from gui.theme import mix

# The names stand at the medians: two more points of a class keep them off the first.
POINTS = np.array(
    [[-1.0, 0.0], [1.0, 0.0], [0.0, 1.5], [0.0, -1.5], [0.0, 0.0], [-1.0, 1.0], [-1.0, 0.6], [1.0, 1.0], [1.0, 0.6]]
)
LABELS = np.array([0, 1, 2, 2, 3, 0, 0, 1, 1])
WRONG = np.arange(9) == 3
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(params=["light", "dark"])
def look(request) -> theme.Theme:
    return theme.THEMES[request.param]


@pytest.fixture
def plot(qtbot, look) -> PointMap:
    widget = PointMap(look)
    qtbot.addWidget(widget)
    widget.resize(500, 400)
    widget.show()
    qtbot.waitExposed(widget)
    widget.show_points(POINTS, LABELS, WRONG, 10, True)
    return widget


def color_at(widget: PointMap, x: float, y: float):
    image = widget.grab().toImage()
    return image.pixelColor(round(x * image.devicePixelRatio()), round(y * image.devicePixelRatio()))


def wheel(widget: PointMap, at: QPointF, notches: int) -> None:
    event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, NONE,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_all_points_are_in_sight_up_is_up_and_both_axes_have_one_scale(plot):
    at = plot.positions()
    assert (at >= 20).all()
    assert (at <= (480, 380)).all()
    assert at[2, 1] < at[4, 1] < at[3, 1]
    assert at[0, 0] < at[4, 0] < at[1, 0]
    assert (at[1] - at[0])[0] / 2 == pytest.approx((at[3] - at[2])[1] / 3)


def test_points_wear_the_colour_of_their_class_and_mistakes_a_ring(plot, look):
    at = plot.positions()
    assert color_at(plot, *at[0]) == look.class_color(0, 10)
    assert plot.has_rings
    ringed = plot._stamp(2, True, True).toImage()
    assert look.text.rgb() in {ringed.pixel(x, ringed.height() // 2) for x in range(ringed.width())}
    plain = plot._stamp(2, True, False).toImage()
    assert look.text.rgb() not in {plain.pixel(x, plain.height() // 2) for x in range(plain.width())}


def test_rings_are_left_out_while_nearly_all_are_wrong(plot):
    plot.show_points(POINTS, LABELS, LABELS == 2, 10)
    assert not plot.has_rings


def test_lighting_one_class_fades_the_others(plot, look):
    at = plot.positions()
    plot.light(1)
    assert color_at(plot, *at[0]) == mix(look.panel, look.class_color(0, 10), 0.25)
    assert color_at(plot, *at[1]) == look.class_color(1, 10)
    plot.light(None)
    assert color_at(plot, *at[0]) == look.class_color(0, 10)


def test_the_wheel_zooms_about_the_pointer(plot):
    before = plot.positions()[1]
    wheel(plot, QPointF(*before), 3)
    after = plot.positions()
    assert plot.zoom == pytest.approx(1.25**3)
    np.testing.assert_allclose(after[1], before, atol=1e-6)
    for _ in range(60):
        wheel(plot, QPointF(250, 200), 3)
    assert plot.zoom == 60, "no closer than that"


def test_dragging_moves_and_a_double_click_fits(plot, qtbot):
    before = plot.positions()
    qtbot.mousePress(plot, LEFT, pos=QPoint(100, 100))
    qtbot.mouseMove(plot, QPoint(130, 90))
    qtbot.mouseRelease(plot, LEFT, pos=QPoint(130, 90))
    np.testing.assert_allclose(plot.positions() - before, np.broadcast_to((30, -10), before.shape), atol=1e-6)
    assert plot.moved
    qtbot.mouseDClick(plot, LEFT, pos=QPoint(10, 10))
    np.testing.assert_allclose(plot.positions(), before, atol=1e-6)
    assert not plot.moved


def test_the_keys_do_all_that_the_mouse_does(plot, qtbot):
    before = plot.positions()
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert plot.positions()[0, 0] - before[0, 0] == pytest.approx(40)
    qtbot.keyClick(plot, Qt.Key.Key_Down)
    assert plot.positions()[0, 1] - before[0, 1] == pytest.approx(-40)
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.zoom == pytest.approx(1.25)
    qtbot.keyClick(plot, Qt.Key.Key_Minus)
    qtbot.keyClick(plot, Qt.Key.Key_0)
    np.testing.assert_allclose(plot.positions(), before, atol=1e-6)
    qtbot.keyClick(plot, Qt.Key.Key_PageDown)
    assert plot.current == 3, "the one that is wrong"
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert plot.current == -1


def test_page_keys_walk_through_all_of_a_class_where_nothing_is_wrong(plot, qtbot):
    plot.show_points(POINTS, LABELS, np.zeros(9, bool), 10)
    plot.light(2)
    seen = []
    for key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
        qtbot.keyClick(plot, key)
        seen.append(plot.current)
    assert seen == [2, 3, 2, 3]


def test_pointing_finds_the_nearest_within_reach(plot, qtbot):
    seen: list[int] = []
    plot.hovered.connect(seen.append)
    x, y = plot.positions()[1].round().astype(int).tolist()
    qtbot.mouseMove(plot, QPoint(x - 5, y + 3))
    qtbot.mouseMove(plot, QPoint(x - 40, y + 60))
    assert seen == [1, -1]


def test_a_map_that_moves_a_little_does_not_tremble(plot):
    before, center = plot.scale, plot._center
    plot.show_points(POINTS * 0.9, LABELS, WRONG, 10)
    assert (plot.scale, plot._center) == (before, center)
    plot.show_points(POINTS * 3, LABELS, WRONG, 10)
    assert plot.scale == pytest.approx(before / 3), "what would leave the picture is fitted"
    plot.show_points(POINTS * 0.1, LABELS, WRONG, 10)
    assert plot.scale == pytest.approx(before / 0.1), "and what would become a dot"
    plot.zoom_by(2.0)
    here = plot.scale
    plot.show_points(POINTS * 5, LABELS, WRONG, 10)
    assert plot.scale == here, "a person's own view stays"


def test_points_in_one_place_and_none(plot):
    plot.show_points(np.zeros((9, 2)), LABELS, WRONG, 10, True)
    assert np.isfinite(plot.positions()).all()
    plot.show_message("Nothing yet")
    assert plot.nearest(QPointF(250, 200)) == -1
    plot.grab()


@pytest.fixture
def legend(qtbot, look) -> ClassLegend:
    widget = ClassLegend(look)
    qtbot.addWidget(widget)
    widget.show_counts(tuple((10 * label, label % 3) for label in range(10)))
    widget.resize(232, widget.sizeHint().height())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_a_click_lights_a_class_and_another_none(legend, qtbot):
    seen: list[int | None] = []
    legend.lit.connect(seen.append)
    at = legend.row_rect(4).center().toPoint()
    qtbot.mouseClick(legend, LEFT, pos=at)
    qtbot.mouseClick(legend, LEFT, pos=legend.row_rect(2).center().toPoint())
    qtbot.mouseClick(legend, LEFT, pos=legend.row_rect(2).center().toPoint())
    assert seen == [4, 2, None]


def test_the_legend_has_keys_and_words(legend, qtbot):
    seen: list[int | None] = []
    legend.lit.connect(seen.append)
    qtbot.keyClick(legend, Qt.Key.Key_Down)
    qtbot.keyClick(legend, Qt.Key.Key_Space)
    qtbot.keyClick(legend, Qt.Key.Key_Escape)
    assert seen == [1, None]
    assert legend.accessibleDescription().startswith("0: 0, 0 wrong; 1: 10, 1 wrong; 2: 20, 2 wrong")


def test_the_legend_shows_the_colours_of_the_map(legend, look):
    image = legend.grab().toImage()
    ratio = image.devicePixelRatio()
    for label in range(10):
        y = legend.row_rect(label).center().y()
        assert image.pixelColor(round(14 * ratio), round(y * ratio)) == look.class_color(label, 10)
