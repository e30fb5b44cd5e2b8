from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QFontMetricsF, QKeySequence, QShortcut, QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QToolTip, QVBoxLayout, QWidget

from engine.activations import ACTIVATIONS
from engine.optimizers import Optimizer
from engine.registry import Range
from engine.spec import MAX_SEED, DataSpec, TrainingSpec
from gui.controls.buttons import PlayButton
from gui.controls.combos import EntryCombo, LadderCombo
from gui.controls.fields import LayersField, NumberField, SeedField
from gui.controls.numbers import SliderScale, format_number, format_value, parse_layers, parse_value
from gui.controls.readouts import EpochCounter, Readout
from gui.controls.sliders import NumberSlider
from gui.edits import limits_of
from gui.theme import LIGHT

NOISE = Range(0.0, 0.8, "Noise", percent=True, step=0.05)
POINTS = Range(4, 20_000, "Points", step=10)
RATE = limits_of(Optimizer, "learning_rate")


def _shown(qtbot, widget: QWidget) -> QWidget:
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def _wheel(widget: QWidget, up: bool = True) -> None:
    at = QPointF(widget.rect().center())
    turn = QPoint(0, 120 if up else -120)
    event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), turn, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                        Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(widget, event)


# --- numbers ----------------------------------------------------------------------------------------------------------


@given(st.floats(1e-12, 1e12) | st.integers(-(10**9), 10**9))
def test_a_number_that_is_shown_reads_back_as_itself(value: float) -> None:
    limits = Range(-1e13, 1e13, "x")
    assert parse_value(format_number(value), limits, isinstance(value, int)) == value


@given(st.integers(0, 8000))
def test_a_share_that_is_shown_reads_back_as_itself(parts: int) -> None:
    assert parse_value(format_value(parts / 10_000, NOISE), NOISE, False) == parts / 10_000


@pytest.mark.parametrize(
    ("text", "limits", "whole", "value"),
    [("0,03", RATE, False, 0.03), ("10", NOISE, False, 0.1), ("10 %", NOISE, False, 0.1), ("20,000", POINTS, True, 20_000),
     ("1e3", POINTS, True, 1000), ("−5", Range(-9, 9, "x"), True, -5)],
)  # fmt: skip
def test_what_people_type_is_understood(text: str, limits: Range, whole: bool, value: float) -> None:
    assert parse_value(text, limits, whole) == value


@pytest.mark.parametrize(
    ("text", "limits", "whole"),
    [("", RATE, False), ("abc", RATE, False), ("nan", RATE, False), ("inf", RATE, False), ("1e999", RATE, False),
     ("90", NOISE, False), ("-1", NOISE, False), ("3", POINTS, True), ("10.5", POINTS, True), ("1,5", POINTS, True)],
)  # fmt: skip
def test_what_is_no_value_is_refused_with_the_bounds(text: str, limits: Range, whole: bool) -> None:
    with pytest.raises(ValueError, match=f"{limits.label} can be"):
        parse_value(text, limits, whole)


@pytest.mark.parametrize(("text", "sizes"), [("100, 50", (100, 50)), ("", ()), (" 8 8 ", (8, 8)), ("(3;4)", (3, 4))])
def test_layers(text: str, sizes: tuple[int, ...]) -> None:
    assert parse_layers(text, 16, 4096) == sizes


@pytest.mark.parametrize(
    ("text", "reason"),
    [("100, x", "whole numbers"), ("0", "1 to 4,096"), ("5000", "1 to 4,096"), ("1.5", "whole numbers"), ("-3", "whole"),
     ("1 " * 17, "at most 16"), ("9" * 10_000, "1 to 4,096"), ("²", "whole numbers")],
)  # fmt: skip
def test_bad_layers_are_refused_with_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_layers(text, 16, 4096)


@pytest.mark.parametrize(
    "limits", [NOISE, POINTS, limits_of(DataSpec, "train_share"), Range(0.0, 0.99999, "b", step=0.001)]
)
def test_every_position_of_a_slider_is_a_valid_value_and_comes_back(limits: Range) -> None:
    scale = SliderScale(limits, limits is POINTS)
    values = [scale.value(position) for position in range(scale.positions + 1)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (limits.low, limits.high)
    assert all(scale.value(scale.position(value)) == value for value in values)


def test_a_wide_range_gives_small_values_room() -> None:
    scale = SliderScale(POINTS, True)
    assert 0.4 < scale.position(400) / scale.positions < 0.7
    assert scale.value(scale.position(400)) == 400


# --- fields -----------------------------------------------------------------------------------------------------------


def test_a_valid_number_is_taken_on_enter(qtbot) -> None:
    field = _shown(qtbot, NumberField(RATE, 0.03))
    field.selectAll()
    with qtbot.waitSignal(field.committed) as signal:
        qtbot.keyClicks(field, "0.5")
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert signal.args == [0.5]


def test_letters_cannot_be_typed(qtbot) -> None:
    field = _shown(qtbot, NumberField(POINTS, 400))
    field.selectAll()
    qtbot.keyClicks(field, "e1x2z")
    assert field.text() == "12"


def test_a_bad_number_is_refused_with_a_ring_and_the_bounds(qtbot) -> None:
    field = _shown(qtbot, NumberField(NOISE, 0.1))
    said = QSignalSpy(field.refused)
    spy = QSignalSpy(field.committed)
    field.selectAll()
    qtbot.keyClicks(field, "95")
    assert field.is_marked(), "the ring shows while a bad value stands there"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.text(), field.selectedText()) == ("95", "95"), "it stands there to be put right"
    assert field.is_marked()
    assert QToolTip.text() == "Noise can be 0 % to 80 %."
    assert said.at(0) == ["Noise can be 0 % to 80 %."]
    field.commit()  # left alone
    assert field.text() == "10 %"
    assert not field.is_marked(), "the value that stands there is good"
    assert spy.count() == 0


class _Window(QWidget):
    """Fields below each other; Space is the window's, as in the program."""

    def __init__(self, *fields: QWidget) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        box = QVBoxLayout(self)
        for field in fields:
            box.addWidget(field)
        self.plays = 0
        shortcut = QShortcut(QKeySequence("Space"), self)
        shortcut.activated.connect(self._play)

    def _play(self) -> None:
        self.plays += 1


@pytest.mark.parametrize("make", [lambda: NumberField(RATE, 0.03), lambda: LadderCombo(RATE, 0.03)])
def test_enter_hands_the_keyboard_back_to_the_window(qtbot, make) -> None:
    control = make()
    field = getattr(control, "field", control)
    window = _shown(qtbot, _Window(control))
    window.activateWindow()
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(field.hasFocus)
    qtbot.keySequence(QApplication.focusWidget(), QKeySequence("Ctrl+A"))
    qtbot.keyClicks(QApplication.focusWidget(), "50")
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert QApplication.focusWidget() is window
    assert (field.text(), field.selectedText(), field.is_marked()) == ("50", "", False)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert (window.plays, field.text()) == (1, "50")


def test_enter_leaves_the_keyboard_to_whoever_walks_with_tab(qtbot) -> None:
    first, second = NumberField(RATE, 0.03), LadderCombo(RATE, 0.03)
    window = _shown(qtbot, _Window(first, second))
    window.activateWindow()
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, Qt.Key.Key_Tab)
    qtbot.keyClicks(second, "50")
    qtbot.keyClick(second, Qt.Key.Key_Return)
    assert (second.hasFocus(), second.value(), second.field.selectedText()) == (True, 50, "50")
    qtbot.keyClick(second, Qt.Key.Key_Space)
    assert (window.plays, second.field.text(), second.field.is_marked()) == (1, "50", False)


def test_a_space_is_never_typed_into_a_number(qtbot) -> None:
    field = _shown(qtbot, NumberField(RATE, 0.03))  # no shortcut here that would take it
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Space)
    assert field.text() == "0.03"


def test_a_pick_from_a_list_takes_neither_the_keyboard_nor_the_hover(qtbot) -> None:
    combo = EntryCombo(ACTIVATIONS, "Activation")
    window = _shown(qtbot, _Window(combo))
    window.activateWindow()
    window.setFocus()
    qtbot.waitUntil(window.hasFocus)
    assert not combo.focusPolicy() & Qt.FocusPolicy.ClickFocus
    combo.showPopup()
    qtbot.waitUntil(combo.view().isVisible)
    combo.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)  # as the click of a real pointer leaves it
    QCursor.setPos(combo.mapToGlobal(QPoint(0, combo.height() + 60)))
    row = combo.view().visualRect(combo.model().index(2, 0)).center()
    qtbot.mouseClick(combo.view().viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert combo.currentIndex() == 2
    qtbot.waitUntil(lambda: not combo.underMouse())
    assert not combo.hasFocus()


def test_leaving_takes_and_escape_gives_back(qtbot) -> None:
    holder = QWidget()
    box = QVBoxLayout(holder)
    field, other = NumberField(RATE, 0.03), NumberField(RATE, 1.0)
    box.addWidget(field)
    box.addWidget(other)
    _shown(qtbot, holder)
    holder.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "9")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert (field.text(), field.value()) == ("0.03", 0.03)
    field.selectAll()
    qtbot.keyClicks(field, "0.2")
    with qtbot.waitSignal(field.committed) as signal:
        other.setFocus()
    assert signal.args == [0.2]


def test_arrows_step_a_number_within_its_bounds(qtbot) -> None:
    field = _shown(qtbot, NumberField(NOISE, 0.75))
    spy = QSignalSpy(field.committed)
    for _ in range(3):
        qtbot.keyClick(field, Qt.Key.Key_Up)
    assert [spy.at(i)[0] for i in range(spy.count())] == [0.8]
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.value() == 0.75


def test_showing_a_value_is_no_change_and_leaves_what_is_being_typed(qtbot) -> None:
    field = _shown(qtbot, NumberField(RATE, 0.03))
    spy = QSignalSpy(field.committed)
    field.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "0.7")
    field.set_value(0.03)
    assert field.text() == "0.7"
    field.set_value(0.1)
    assert field.text() == "0.1"
    assert spy.count() == 0


def test_the_dice_draws_another_valid_seed(qtbot) -> None:
    seed = _shown(qtbot, SeedField(LIGHT, Range(0, MAX_SEED, "Seed"), 42))
    spy = QSignalSpy(seed.committed)
    for _ in range(5):
        qtbot.mouseClick(seed.dice, Qt.MouseButton.LeftButton)
    drawn = [spy.at(i)[0] for i in range(spy.count())]
    assert len(drawn) == 5
    assert all(0 <= value <= MAX_SEED for value in drawn)
    assert all(a != b for a, b in zip([42, *drawn], drawn, strict=False))


@pytest.mark.parametrize("value", [7, 42_000, MAX_SEED])
def test_every_seed_is_seen_whole(qtbot, value: int) -> None:
    seed = SeedField(LIGHT, Range(0, MAX_SEED, "Seed"), 42)
    seed.setFixedWidth(120)  # as in the column
    _shown(qtbot, seed)
    seed.set_value(value)
    font, field = seed.field.font(), seed.field
    assert field.text() == str(value)
    assert QFontMetricsF(font).horizontalAdvance(field.text()) <= field.width() - 15
    assert font.pixelSize() == (13 if value < 1_000_000 else 11)


def test_a_layers_field_refuses_a_sentence(qtbot) -> None:
    field = _shown(qtbot, LayersField((8, 8), 16, 4096))
    said = QSignalSpy(field.refused)
    field.setText("8, many")
    field.commit()
    assert field.text() == "8, 8"
    assert "whole numbers" in said.at(0)[0]


# --- drop-downs -------------------------------------------------------------------------------------------------------


def test_up_and_down_climb_the_ladder_from_any_value(qtbot) -> None:
    combo = _shown(qtbot, LadderCombo(RATE, 0.02))
    spy = QSignalSpy(combo.committed)
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert [spy.at(i)[0] for i in range(spy.count())] == [0.03, 0.1, 0.03]
    assert combo.currentText() == "0.03"
    assert combo.itemData(combo.currentIndex()) == 0.03


def test_any_valid_value_can_be_typed_and_says_so_once(qtbot) -> None:
    combo = _shown(qtbot, LadderCombo(RATE, 0.03))
    spy = QSignalSpy(combo.committed)
    for text, value in (("0.07", 0.07), ("0,1", 0.1)):  # beside the ladder and on it
        combo.field.selectAll()
        qtbot.keyClicks(combo.field, text)
        qtbot.keyClick(combo.field, Qt.Key.Key_Return)
        assert combo.value() == value
    assert [spy.at(i)[0] for i in range(spy.count())] == [0.07, 0.1]


def test_a_bad_value_in_a_ladder_is_refused(qtbot) -> None:
    combo = _shown(qtbot, LadderCombo(RATE, 0.03))
    spy = QSignalSpy(combo.committed)
    combo.field.selectAll()
    qtbot.keyClicks(combo.field, "-1")
    qtbot.keyClick(combo.field, Qt.Key.Key_Return)
    assert combo.property("invalid") is True
    qtbot.keyClick(combo.field, Qt.Key.Key_Escape)
    assert combo.currentText() == "0.03"
    assert combo.property("invalid") is False
    assert spy.count() == 0


def test_a_range_without_a_ladder_offers_decades() -> None:
    from engine.optimizers import OPTIMIZERS

    limits = limits_of(OPTIMIZERS["adam"], "epsilon")
    from gui.controls.combos import _decades

    assert _decades(limits)[0] == limits.low
    assert 1e-8 in _decades(limits)


def test_the_wheel_passes_over_what_has_not_the_keyboard(qtbot) -> None:
    combo = LadderCombo(limits_of(TrainingSpec, "batch_size"), 10)
    slider = NumberSlider(NOISE, 0.1)
    holder = QWidget()
    box = QVBoxLayout(holder)
    for widget in (QWidget(), combo, slider):
        box.addWidget(widget)
    _shown(qtbot, holder)
    holder.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    holder.setFocus()
    _wheel(combo)
    _wheel(slider.slider)
    assert (combo.value(), slider.value()) == (10, 0.1)
    holder.activateWindow()
    combo.setFocus()
    qtbot.waitUntil(combo.hasFocus)
    _wheel(combo)
    assert combo.value() == 16


def test_entries_of_a_registry_explain_themselves(qtbot) -> None:
    from engine.optimizers import OPTIMIZERS

    combo = _shown(qtbot, EntryCombo(OPTIMIZERS, "Optimizer"))
    assert [combo.itemData(i) for i in range(combo.count())] == list(OPTIMIZERS.names())
    assert all(combo.itemData(i, Qt.ItemDataRole.ToolTipRole) for i in range(combo.count()))
    spy = QSignalSpy(combo.chosen)
    combo.set_key("sgd")
    assert spy.count() == 0
    combo.activateWindow()
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Home)
    assert combo.key() == OPTIMIZERS.names()[0]


# --- slider, numbers, play --------------------------------------------------------------------------------------------


def test_a_drag_says_that_it_goes_on_and_when_it_ends(qtbot) -> None:
    slider = NumberSlider(NOISE, 0.1)
    slider.resize(200, 50)
    _shown(qtbot, slider)
    spy = QSignalSpy(slider.changed)
    track = slider.slider
    middle = track.height() // 2
    qtbot.mousePress(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() // 2, middle))
    qtbot.mouseMove(track, QPoint(track.width() - 1, middle))
    qtbot.mouseRelease(track, Qt.MouseButton.LeftButton, pos=QPoint(track.width() - 1, middle))
    said = [spy.at(i) for i in range(spy.count())]
    assert said[0] == [0.4, True]
    assert said[-1] == [0.8, False]
    assert all(dragging for _, dragging in said[:-1])
    assert slider.field.text() == "80 %"


def test_typing_moves_the_handle_and_showing_says_nothing(qtbot) -> None:
    slider = _shown(qtbot, NumberSlider(NOISE, 0.1))
    slider.field.setText("40 %")
    with qtbot.waitSignal(slider.changed) as signal:
        slider.field.commit()
    assert signal.args == [0.4, False]
    assert slider.slider.value() == slider.scale.position(0.4)
    with qtbot.assertNotEmitted(slider.changed):
        slider.set_value(0.2)
    assert slider.field.text() == "20 %"


def test_the_epoch_has_leading_zeros_and_a_place_that_never_moves(qtbot) -> None:
    counter = EpochCounter(LIGHT)
    qtbot.addWidget(counter)
    width = counter.sizeHint().width()
    for epoch, text in (
        (0, "000,000"),
        (214, "000,214"),
        (999_999, "999,999"),
        (1_234_567, "1,234,567"),
        (12_345_678, "12.35 M"),
    ):
        counter.set_epoch(epoch)
        assert counter.text() == text
        assert counter.sizeHint().width() == width
    assert counter.set_epoch(12_345_678) is False


def test_a_readout_has_room_for_its_longest_value(qtbot) -> None:
    from PySide6.QtGui import QFontMetricsF

    readout = Readout(LIGHT, "Loss", ("0.0000", "1.234e+05"), "tip")
    qtbot.addWidget(readout)
    assert readout.sizeHint().width() >= QFontMetricsF(readout._font).horizontalAdvance("1.234e+05")
    assert readout.set_text("1") is True
    assert readout.set_text("1") is False


def test_play_shows_what_a_press_will_do(qtbot) -> None:
    button = _shown(qtbot, PlayButton(LIGHT))
    assert button.accessibleName() == "Play"
    still = button.grab().toImage()
    button.set_playing(True)
    assert button.accessibleName() == "Pause"
    assert button.grab().toImage() != still
    with qtbot.waitSignal(button.clicked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
