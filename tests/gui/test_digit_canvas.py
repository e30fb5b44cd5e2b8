"""The canvas, with the events that a mouse, a pen and a finger send."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QPointingDeviceUniqueId, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from gui import app, drawings, theme
from gui.panels.digit_canvas import DigitCanvas

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def canvas(qtbot) -> DigitCanvas:
    panel = DigitCanvas(theme.LIGHT)
    qtbot.addWidget(panel)
    panel.resize(344, panel.heightForWidth(344))
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def stroke(canvas: DigitCanvas, *places: tuple[float, float]) -> None:
    drawings.draw(canvas.surface, (places,))


def ink_at(canvas: DigitCanvas, x: float, y: float) -> float:
    return float(canvas.ink()[int(y * 280), int(x * 280)])


def test_it_begins_empty(canvas):
    ink = canvas.ink()
    assert ink.shape == (280, 280)
    assert ink.dtype == np.float32
    assert not ink.any()
    assert not any(b.isEnabled() for b in (canvas.undo_button, canvas.redo_button, canvas.clear_button))


def test_a_stroke_leaves_ink_along_its_way(canvas):
    stroke(canvas, (0.2, 0.2), (0.5, 0.5), (0.8, 0.2))
    assert len(canvas.strokes) == 1
    assert min(ink_at(canvas, 0.35, 0.35), ink_at(canvas, 0.5, 0.5), ink_at(canvas, 0.65, 0.35)) > 0.8
    assert ink_at(canvas, 0.5, 0.2) == 0


def test_fast_moves_leave_no_gap(canvas):
    stroke(canvas, (0.1, 0.1), (0.9, 0.9))
    assert (np.diagonal(canvas.ink())[35:245] == 1).all()


def test_ink_follows_while_the_stroke_is_drawn(canvas, qtbot):
    drawings.press(canvas.surface, 0.2, 0.5)
    for x in (0.3, 0.4, 0.5, 0.6):
        with qtbot.waitSignal(canvas.inkChanged):
            drawings.move(canvas.surface, x, 0.5)
        assert ink_at(canvas, x, 0.5) == 1
    assert not canvas.strokes
    drawings.release(canvas.surface, 0.6, 0.5)
    assert len(canvas.strokes) == 1


def test_moves_that_arrive_together_are_told_once(canvas, qtbot):
    told = []
    canvas.inkChanged.connect(lambda: told.append(canvas.ink().sum()))
    stroke(canvas, (0.2, 0.5), (0.3, 0.5), (0.4, 0.5), (0.5, 0.5))
    qtbot.waitUntil(lambda: bool(told))
    QApplication.processEvents()
    assert told == [canvas.ink().sum()]


def test_a_click_makes_a_dot(canvas):
    QTest.mouseClick(canvas.surface, LEFT, NONE, canvas.surface.unit_to_widget(0.5, 0.5))
    assert canvas.ink().sum() == pytest.approx(np.pi * 100, rel=0.05)


def test_release_gives_the_same_ink_as_painting_everything_anew(canvas):
    for strokes in drawings.load_drawings().values():
        canvas.clear()
        drawings.draw(canvas.surface, drawings.placed(strokes))
        live, kept = canvas.ink(), canvas.strokes
        canvas.surface.show_strokes(())
        canvas.surface.show_strokes(kept)
        assert np.array_equal(canvas.ink(), live)


def test_tiny_moves_are_not_lost(canvas):
    drawings.press(canvas.surface, 0.5, 0.5)
    for i in range(200):
        drawings.move(canvas.surface, 0.5 + i * 0.002, 0.5)
    drawings.release(canvas.surface, 0.9, 0.5)
    assert ink_at(canvas, 0.89, 0.5) == 1
    assert len(canvas.strokes[0].points) < 60


def test_a_stroke_that_leaves_is_clipped_and_goes_on_when_it_returns(canvas):
    stroke(canvas, (0.5, 0.5), (1.4, 0.5), (1.4, 0.8), (0.5, 0.8))
    assert len(canvas.strokes) == 1
    assert ink_at(canvas, 0.99, 0.5) == ink_at(canvas, 0.6, 0.8) == 1


def test_undo_and_redo_strokes(canvas):
    stroke(canvas, (0.2, 0.2), (0.8, 0.2))
    one = canvas.ink()
    stroke(canvas, (0.2, 0.8), (0.8, 0.8))
    two = canvas.ink()
    canvas.undo_button.click()
    assert np.array_equal(canvas.ink(), one)
    canvas.undo_button.click()
    assert not canvas.ink().any()
    assert not canvas.undo_button.isEnabled()
    canvas.redo_button.click()
    canvas.redo_button.click()
    assert np.array_equal(canvas.ink(), two)
    canvas.undo_stack.undo()
    stroke(canvas, (0.5, 0.2), (0.5, 0.8))
    assert not canvas.undo_stack.canRedo()


def test_clear_is_one_step_back(canvas, qtbot):
    stroke(canvas, (0.2, 0.2), (0.8, 0.2))
    stroke(canvas, (0.2, 0.8), (0.8, 0.8))
    before = canvas.ink()
    with qtbot.waitSignal(canvas.inkChanged):
        canvas.clear_button.click()
    assert not canvas.ink().any()
    assert not canvas.clear_button.isEnabled()
    canvas.clear()
    assert canvas.undo_stack.count() == 3
    canvas.undo_stack.undo()
    assert np.array_equal(canvas.ink(), before)


def test_the_right_button_erases(canvas):
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    middle = canvas.surface.unit_to_widget(0.5, 0.5)
    QTest.mouseClick(canvas.surface, RIGHT, NONE, middle)
    assert ink_at(canvas, 0.5, 0.5) == 0
    assert ink_at(canvas, 0.25, 0.5) == 1
    canvas.undo_stack.undo()
    assert ink_at(canvas, 0.5, 0.5) == 1


def test_the_eraser_button_turns_the_pen_round(canvas):
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    canvas.eraser_button.click()
    stroke(canvas, (0.5, 0.4), (0.5, 0.6))
    assert ink_at(canvas, 0.5, 0.5) == 0
    canvas.eraser_button.click()
    stroke(canvas, (0.5, 0.4), (0.5, 0.6))
    assert ink_at(canvas, 0.5, 0.5) == 1


def test_keys(canvas):
    canvas.surface.setFocus()
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    QTest.keyClick(canvas.surface, Qt.Key.Key_E)
    assert canvas.eraser_button.isChecked()
    QTest.keyClick(canvas.surface, Qt.Key.Key_E)
    assert not canvas.surface.erasing
    QTest.keyClick(canvas.surface, Qt.Key.Key_BracketRight)
    assert (canvas.brush_slider.value(), canvas.brush_number.value(), canvas.surface.brush) == (22, 22, 22.0)
    QTest.keyClick(canvas.surface, Qt.Key.Key_BracketLeft)
    assert canvas.surface.brush == 20.0
    QTest.keyClick(canvas.surface, Qt.Key.Key_Delete)
    assert not canvas.strokes


def test_escape_takes_back_the_stroke_under_way(canvas):
    stroke(canvas, (0.2, 0.2), (0.8, 0.2))
    before = canvas.ink()
    drawings.press(canvas.surface, 0.2, 0.8)
    for x in (0.3, 0.5, 0.6, 0.7, 0.8):
        drawings.move(canvas.surface, x, 0.8)
    QTest.keyClick(canvas.surface, Qt.Key.Key_Escape)
    assert np.array_equal(canvas.ink(), before)
    drawings.move(canvas.surface, 0.9, 0.9)
    drawings.release(canvas.surface, 0.9, 0.9)
    assert len(canvas.strokes) == 1


@pytest.mark.parametrize(("typed", "taken"), [(6, 6), (40, 40), (1, 6), (99, 40)])
def test_the_brush_stays_within_its_bounds(canvas, typed: int, taken: int):
    canvas.set_brush(typed)
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    assert canvas.ink()[:, 140].sum() == pytest.approx(taken, abs=0.3)


def test_slider_and_number_move_together(canvas):
    canvas.brush_number.selectAll()
    QTest.keyClicks(canvas.brush_number, "30")
    QTest.keyClick(canvas.brush_number, Qt.Key.Key_Return)
    assert (canvas.brush_slider.value(), canvas.surface.brush) == (30, 30.0)
    QTest.keyClick(canvas.brush_slider, Qt.Key.Key_Left)
    assert (canvas.brush_number.text(), canvas.surface.brush) == ("28", 28.0)


def test_losing_the_focus_ends_the_stroke(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    canvas, other = DigitCanvas(theme.LIGHT), QLineEdit()
    layout.addWidget(canvas)
    layout.addWidget(other)
    window.resize(340, 420)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    canvas.surface.setFocus()
    drawings.press(canvas.surface, 0.2, 0.5)
    drawings.move(canvas.surface, 0.5, 0.5)
    other.setFocus()
    assert len(canvas.strokes) == 1
    drawings.move(canvas.surface, 0.8, 0.5)
    assert ink_at(canvas, 0.7, 0.5) == 0


def test_hiding_ends_the_stroke(canvas):
    drawings.press(canvas.surface, 0.2, 0.5)
    canvas.hide()
    assert len(canvas.strokes) == 1


def test_a_lost_release_ends_the_stroke_at_the_next_move(canvas):
    drawings.press(canvas.surface, 0.2, 0.5)
    drawings.move(canvas.surface, 0.4, 0.5)
    drawings.hover(canvas.surface, 0.8, 0.5)
    drawings.hover(canvas.surface, 0.9, 0.5)
    assert len(canvas.strokes) == 1
    assert ink_at(canvas, 0.7, 0.5) == 0


def test_a_second_button_does_not_disturb_the_stroke(canvas):
    at = canvas.surface.unit_to_widget
    QTest.mousePress(canvas.surface, LEFT, NONE, at(0.2, 0.5))
    QTest.mousePress(canvas.surface, RIGHT, NONE, at(0.3, 0.5))
    QTest.mouseRelease(canvas.surface, RIGHT, NONE, at(0.3, 0.5))
    assert canvas.surface.is_drawing
    QTest.mouseRelease(canvas.surface, LEFT, NONE, at(0.6, 0.5))
    assert len(canvas.strokes) == 1
    assert not canvas.strokes[0].erase


def tablet_event(
    canvas: DigitCanvas, kind: QEvent.Type, x: float, y: float, pressure: float, pen: QPointingDevice
) -> None:
    position = QPointF(canvas.surface.unit_to_widget(x, y))
    buttons = Qt.MouseButton.NoButton if kind == QEvent.Type.TabletRelease else LEFT
    event = QTabletEvent(kind, pen, position, canvas.surface.mapToGlobal(position), pressure, 0, 0, 0, 0, 0, NONE, LEFT,
                         buttons)  # fmt: skip
    QApplication.sendEvent(canvas.surface, event)
    assert event.isAccepted()  # or Qt would send a mouse event after it


def pen_device(pointer: QPointingDevice.PointerType = QPointingDevice.PointerType.Pen) -> QPointingDevice:
    capabilities = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure
    return QPointingDevice("pen", 77, QInputDevice.DeviceType.Stylus, pointer, capabilities, 1, 1, "",
                           QPointingDeviceUniqueId())  # fmt: skip


@pytest.mark.parametrize(("pressure", "width"), [(0.1, 0.52 * 20), (0.5, 20), (1.0, 1.6 * 20)])
def test_a_pen_that_presses_draws_wider(canvas, pressure: float, width: float):
    pen = pen_device()
    tablet_event(canvas, QEvent.Type.TabletPress, 0.2, 0.5, pressure, pen)
    tablet_event(canvas, QEvent.Type.TabletMove, 0.8, 0.5, pressure, pen)
    tablet_event(canvas, QEvent.Type.TabletRelease, 0.8, 0.5, 0.0, pen)
    assert len(canvas.strokes) == 1
    assert canvas.ink()[:, 140].sum() == pytest.approx(width, abs=0.5)


def test_the_pens_other_end_erases(canvas):
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    pen = pen_device(QPointingDevice.PointerType.Eraser)
    tablet_event(canvas, QEvent.Type.TabletPress, 0.5, 0.5, 0.5, pen)
    tablet_event(canvas, QEvent.Type.TabletRelease, 0.5, 0.5, 0.0, pen)
    assert ink_at(canvas, 0.5, 0.5) == 0


def test_one_finger_draws_and_a_second_one_does_not(canvas):
    device = QTest.createTouchDevice()
    surface = canvas.surface
    at = surface.unit_to_widget
    QTest.touchEvent(surface, device).press(0, at(0.2, 0.3), surface).commit()
    QTest.touchEvent(surface, device).move(0, at(0.5, 0.3), surface).press(1, at(0.2, 0.8), surface).commit()
    QTest.touchEvent(surface, device).move(0, at(0.8, 0.3), surface).move(1, at(0.8, 0.8), surface).commit()
    QTest.touchEvent(surface, device).release(0, at(0.8, 0.3), surface).release(1, at(0.8, 0.8), surface).commit()
    assert len(canvas.strokes) == 1
    assert ink_at(canvas, 0.35, 0.3) == ink_at(canvas, 0.65, 0.3) == 1
    assert ink_at(canvas, 0.5, 0.8) == 0


def test_resizing_keeps_the_drawing(canvas):
    stroke(canvas, (0.2, 0.2), (0.5, 0.5))
    before = canvas.ink()
    canvas.resize(500, 560)
    QApplication.processEvents()
    picture = canvas.surface.grab().toImage()
    assert np.array_equal(canvas.ink(), before)
    assert picture.pixelColor(canvas.surface.unit_to_widget(0.35, 0.35)) == theme.LIGHT.text


def test_resizing_in_the_middle_of_a_stroke_keeps_it(canvas):
    drawings.press(canvas.surface, 0.2, 0.2)
    for x in (0.3, 0.4, 0.5, 0.6, 0.7):
        drawings.move(canvas.surface, x, 0.2)
    canvas.resize(500, 560)
    QApplication.processEvents()
    drawings.move(canvas.surface, 0.8, 0.2)
    drawings.release(canvas.surface, 0.8, 0.2)
    QApplication.processEvents()
    picture = canvas.surface.grab().toImage()
    for x in (0.25, 0.45, 0.65, 0.78):
        assert picture.pixelColor(canvas.surface.unit_to_widget(x, 0.2)) == theme.LIGHT.text
        assert ink_at(canvas, x, 0.2) == 1


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK])
def test_the_theme_colors_the_picture_and_not_the_ink(canvas, look):
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    before = canvas.ink()
    canvas.apply_theme(look)
    picture = canvas.surface.grab().toImage()
    assert picture.pixelColor(canvas.surface.unit_to_widget(0.5, 0.5)) == look.text
    assert picture.pixelColor(canvas.surface.unit_to_widget(0.5, 0.9)) == look.sunken
    assert np.array_equal(canvas.ink(), before)


def test_the_hint_goes_with_the_first_ink(canvas):
    def hint() -> bool:
        QApplication.processEvents()
        middle = canvas.surface.unit_to_widget(0.5, 0.5)
        image = canvas.surface.grab().toImage().copy(middle.x() - 60, middle.y() - 8, 120, 16)
        colors = {image.pixel(x, y) for x in range(120) for y in range(16)}
        return len(colors) > 1

    assert hint()
    drawings.press(canvas.surface, 0.1, 0.1)
    assert not hint()
    QTest.keyClick(canvas.surface, Qt.Key.Key_Escape)
    assert hint()


def test_the_eraser_can_empty_the_canvas(canvas):
    stroke(canvas, (0.5, 0.5), (0.51, 0.5))
    canvas.set_brush(40)
    canvas.set_erasing(True)
    stroke(canvas, (0.48, 0.5), (0.53, 0.5))
    assert canvas.ink().max() < 32 / 255


def test_the_system_is_asked_for_every_point_of_a_stroke(qapp):
    # X11's part of Qt turns the first one on by itself, when the application is made: hence off after that.
    packed = (Qt.ApplicationAttribute.AA_CompressHighFrequencyEvents, Qt.ApplicationAttribute.AA_CompressTabletEvents)
    before = [qapp.testAttribute(attribute) for attribute in packed]
    for attribute in packed:
        qapp.setAttribute(attribute, True)
    try:
        app.application()
        assert not any(qapp.testAttribute(attribute) for attribute in packed)
    finally:
        for attribute, was in zip(packed, before, strict=True):
            qapp.setAttribute(attribute, was)


def test_clear_gives_the_pen_back(canvas):
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    QTest.keyClick(canvas.surface, Qt.Key.Key_E)
    canvas.clear_button.click()
    assert not canvas.eraser_button.isChecked()
    stroke(canvas, (0.2, 0.2), (0.8, 0.2))
    assert ink_at(canvas, 0.5, 0.2) == 1


def test_an_eraser_that_meets_no_ink_leaves_nothing_to_undo(canvas):
    empty = canvas.surface.grab().toImage()
    canvas.set_erasing(True)
    drawings.press(canvas.surface, 0.1, 0.1)
    for x in (0.2, 0.3, 0.4, 0.5):
        drawings.move(canvas.surface, x, 0.1)
    assert canvas.surface.grab().toImage() == empty, "the hint stays while the eraser rubs"
    drawings.release(canvas.surface, 0.5, 0.1)
    assert canvas.surface.grab().toImage() == empty
    assert (canvas.strokes, canvas.undo_stack.count()) == ((), 0)
    canvas.set_erasing(False)
    stroke(canvas, (0.2, 0.5), (0.8, 0.5))
    canvas.set_erasing(True)
    stroke(canvas, (0.2, 0.9), (0.8, 0.9))
    assert canvas.undo_stack.count() == 1
    stroke(canvas, (0.5, 0.5), (0.6, 0.5))
    assert canvas.undo_stack.count() == 2


def test_the_hint_is_back_when_all_ink_is_rubbed_out(canvas):
    empty = canvas.surface.grab().toImage()
    stroke(canvas, (0.1, 0.1), (0.11, 0.1))
    canvas.set_brush(40)
    canvas.set_erasing(True)
    stroke(canvas, (0.08, 0.1), (0.13, 0.1))
    middle = canvas.surface.unit_to_widget(0.5, 0.5)
    area = (middle.x() - 60, middle.y() - 8, 120, 16)
    assert canvas.surface.grab().toImage().copy(*area) == empty.copy(*area)


def test_controls_say_what_they_do(canvas):
    controls = [canvas.surface, canvas.brush_slider, canvas.brush_number, canvas.eraser_button, canvas.undo_button,
                canvas.redo_button, canvas.clear_button]  # fmt: skip
    for control in controls:
        assert control.toolTip()
        assert control.accessibleName()
        assert control.focusPolicy() != Qt.FocusPolicy.NoFocus
        assert min(control.width(), control.height()) >= 28
    assert canvas.surface.size() == QSize(320, 320)
