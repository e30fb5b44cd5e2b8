"""The activation page in the real window: curves, live sums, a typed function, the way into the network, and the race."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication

from engine.activations import ACTIVATIONS
from engine.activations.typed import Typed
from engine.race import Finish
from engine.slopes import passage
from engine.snapshot import RunState
from engine.stopping import Until
from engine.trainer import Trainer
from gui.functions import color_of
from gui.pages.activations import ActivationsPage, _with
from gui.panels import activation_race
from gui.settings import Settings
from gui.theme import DARK, LIGHT, contrast
from tests.gui.opened import CONTROL, SHIFT, Key, Person


@pytest.fixture
def person(qtbot, qapp, tmp_path) -> Iterator[Person]:
    from gui import app

    app.application()
    person = Person(qtbot, tmp_path / "data", Settings(theme="light", reduce_motion=True))
    person.press(Key.Key_4, CONTROL)
    person.wait(lambda: person.window.rail.page() == "activations")
    yield person
    if person.window is not None:
        person.close()


def page(person: Person) -> ActivationsPage:
    return person.window.page


def tab_to(person: Person, widget) -> None:
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    person.wait(widget.hasFocus)


def write(person: Person, text: str) -> None:
    field = page(person).list.field
    tab_to(person, field)
    field.selectAll()
    person.qtbot.keyClicks(field, text)


def settled(person: Person) -> None:
    person.wait(lambda: person.latest is not None and person.now.run == person.document.run)
    person.wait_shown()


# --- the run on screen --------------------------------------------------------------------------------------------


def test_going_there_and_back_keeps_the_run_playing(person):
    person.press(Key.Key_1, CONTROL)
    person.press(Key.Key_Space)
    person.wait(lambda: person.latest and person.latest.epoch > 2)
    run = person.document.run
    person.press(Key.Key_4, CONTROL)
    person.wait(lambda: person.now.epoch > 6)
    assert person.now.state is RunState.RUNNING
    person.press(Key.Key_1, CONTROL)
    person.wait(lambda: person.now.epoch > 10)
    assert (person.now.state, person.document.run) == (RunState.RUNNING, run)


def test_going_there_and_back_keeps_the_run_paused(person):
    before = person.wait_shown()
    for key in (Key.Key_1, Key.Key_4, Key.Key_1):
        person.press(key, CONTROL)
    after = person.wait_shown()
    assert (after.state, after.epoch, after.run) == (RunState.PAUSED, before.epoch, before.run)


def test_the_bar_drives_the_same_run(person):
    person.press(Key.Key_S)
    person.wait(lambda: person.now.epoch == 1)
    person.click(person.window.transport.play)
    person.wait_for(RunState.RUNNING)


# --- curves -------------------------------------------------------------------------------------------------------


def at_z(plot, z: float) -> QPoint:
    return QPointF(plot.axes.x_of(z), plot.axes.area.center().y()).toPoint()


def test_the_pointer_reads_f_and_its_slope(person):
    curves = page(person).curves
    person.qtbot.mouseMove(curves.plot, QPoint(1, 1))
    person.qtbot.mouseMove(curves.plot, at_z(curves.plot, 0.0))
    person.wait(lambda: curves.plot.at is not None)
    z = curves.plot.at
    assert abs(z) < 0.02
    assert curves.reading.text() == f"tanh: z {z:.2f} → f {np.tanh(z):.4f}, f′ {1 - np.tanh(z) ** 2:.4f}".replace(
        "-0.00", "0.00"
    ).replace("-", "−")


def test_the_arrow_keys_read_too(person):
    curves = page(person).curves
    tab_to(person, curves.plot)
    assert curves.plot.at == 0.0
    epoch = person.now.epoch
    person.press(Key.Key_Right, times=5)
    assert curves.reading.text() == "tanh: z 0.50 → f 0.4621, f′ 0.7864"
    person.press(Key.Key_Left, SHIFT)
    assert curves.reading.text() == "tanh: z −0.50 → f −0.4621, f′ 0.7864"
    person.press(Key.Key_Escape)
    assert "point at the curves" in curves.reading.text()
    assert person.wait_shown().epoch == epoch, "an arrow stepped the training"


def test_the_wheel_and_keys_zoom_and_a_double_click_goes_back(person):
    plot = page(person).curves.plot
    at = QPointF(at_z(plot, 0.0))
    wheel = QWheelEvent(
        at, plot.mapToGlobal(at), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot, wheel)
    assert plot.half == 10.0
    assert plot.z[0] == -10.0
    tab_to(person, plot)
    person.press(Key.Key_Plus, times=2)
    assert plot.half == 2.0
    person.qtbot.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=at_z(plot, 0.0))
    assert plot.half == 5.0


def test_checks_draw_and_the_mark_describes(person):
    here = page(person)
    assert [f.key for f in here.curves.shown()] == ["tanh", "relu", "sigmoid", "silu"]
    tab_to(person, here.list.list)
    person.press(Key.Key_Down, times=2)
    assert here.selected == "leaky_relu"
    assert here.card.facts["f(z)"].text().replace("\u200b", "") == "z if z > 0 else α·z"
    person.press(Key.Key_Space)
    assert "leaky_relu" in here.checked
    assert person.now.state is RunState.PAUSED, "Space checked, and played"
    person.press(Key.Key_Up)
    person.press(Key.Key_Space)
    assert "relu" not in here.checked
    assert "relu" in {f.key for f in here.curves.shown()}, "what is marked is drawn in any case"
    person.press(Key.Key_Up)
    assert [f.key for f in here.curves.shown()] == ["tanh", "leaky_relu", "sigmoid", "silu"]


def test_a_setting_bends_the_curve_and_goes_into_the_network(person):
    here = page(person)
    here.list.list.setCurrentRow(2)
    slider = here.card.form.editors["alpha"]
    with person.qtbot.waitSignal(here.card.settingChanged):
        slider.field.setText("0.3")
        slider.field.commit()
    curve = next(c for c in here.curves.plot._curves if c.key == "leaky_relu")
    assert curve.f[0] == pytest.approx(-1.5)
    person.click(here.card.use_button)
    settled(person)
    assert person.document.spec.network.activation == ACTIVATIONS["leaky_relu"](alpha=0.3)
    assert not here.card.use_button.isEnabled()
    person.press(Key.Key_Z, CONTROL)
    settled(person)
    assert person.document.spec.network.activation == ACTIVATIONS["tanh"]()
    assert here.card.use_button.isEnabled()


def test_every_function_has_a_color_of_its_own_that_is_seen():
    for theme in (LIGHT, DARK):
        colors = [color_of(theme, name) for name in ACTIVATIONS.names()]
        assert len({color.name() for color in colors}) == len(colors)
        assert all(contrast(color, theme.panel) >= 3 for color in colors)


# --- the network's sums -------------------------------------------------------------------------------------------


def test_the_sums_under_the_curves_are_those_of_the_newest_weights(person):
    here = page(person)
    snapshot = person.play_to(5)
    person.wait_shown()
    found = passage(snapshot.spec, snapshot.layout, person.now.params, snapshot.data.train.x)
    plot = here.curves.plot
    values = found.sums[0].ravel()
    expected = np.histogram(values, len(plot.sums.bars), (-5, 5))[0] / len(values)
    np.testing.assert_allclose(plot.sums.bars, expected)
    assert here.passage.share.text() == f"{100 * found.flat[0]:.1f} % flat"
    assert here.passage.chart._products == found.product
    # And they move while it trains.
    before = plot.sums.bars.copy()
    person.press(Key.Key_Space)
    person.wait(lambda: not np.array_equal(plot.sums.bars, before))
    assert person.now.state is RunState.RUNNING


def test_another_layer_is_chosen(person):
    here = page(person)
    first = here.curves.plot.sums.bars.copy()
    combo = here.passage.layer_combo
    combo.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Down)
    assert here.layer == 1
    assert not np.array_equal(here.curves.plot.sums.bars, first)
    assert "hidden 2" in here.curves.legend.text()


def test_sigmoid_layers_fade_and_none_lets_all_through_and_it_says_so(person):
    spec = person.document.spec
    deep = replace(spec.network, hidden_layer_sizes=(6, 6, 6, 6), activation=ACTIVATIONS["sigmoid"]())
    page(person).propose("Deep", replace(spec, network=deep), "")
    settled(person)
    assert page(person).passage.chart._products[0] <= 0.25**4
    assert "the gradient has faded" in page(person).passage.verdict.text()
    page(person).propose("None", replace(spec, network=replace(spec.network, hidden_layer_sizes=())), "")
    settled(person)
    assert "no hidden layer" in page(person).passage.words.text()
    assert page(person).passage.share.text() == "–"


# --- a typed function -----------------------------------------------------------------------------------------------


def test_a_typed_function_is_checked_drawn_used_and_undone(person):
    here = page(person)
    write(person, "x*exp(-x^2/2)")
    person.press(Key.Key_Return)
    assert here.list.word.text().startswith("Derivative checked: ")
    assert "10⁻" in here.list.word.text()
    assert here.selected == "typed"
    assert "typed" in {f.key for f in here.curves.shown()}
    person.click(here.card.use_button)
    settled(person)
    assert person.document.spec.network.activation == Typed("x*exp(-x^2/2)")
    assert here.passage.layer_combo.currentText() == "Hidden 1: x*exp(-x^2/2)"
    assert person.play_to(3).metrics.train_loss > 0
    person.press(Key.Key_Z, CONTROL)
    settled(person)
    assert person.document.spec.network.activation == ACTIVATIONS["tanh"]()


def test_a_mistake_is_told_where_it_is_typed_and_changes_nothing(person):
    here, before = page(person), person.document.spec
    write(person, "x*foo(x)")
    assert here.list.word.text().startswith("'foo' at place 3 is not known; known are x, pi, e,")
    assert here.list.field.is_marked()
    person.press(Key.Key_Return)
    assert here.list.field.text() == "x*foo(x)"
    person.press(Key.Key_Escape)
    assert here.list.field.text() == "x*tanh(x)"
    assert here.list.word.text().startswith("Derivative checked")
    write(person, "log(x)")
    assert "Not a number for some z" in here.list.word.text()
    assert person.document.spec == before


# --- the race -------------------------------------------------------------------------------------------------------


@pytest.fixture
def short(monkeypatch) -> Finish:
    finish = Finish(epochs=12)
    monkeypatch.setitem(activation_race.FINISHES, "300", ("12 epochs", finish))
    return finish


@pytest.fixture
def endless(monkeypatch) -> None:
    monkeypatch.setitem(activation_race.FINISHES, "300", ("for ever", Finish(epochs=10**9)))


def test_a_race_runs_to_its_end_beside_the_paused_run(person, short):
    here = page(person)
    person.press(Key.Key_Space)
    person.wait(lambda: person.latest and person.latest.epoch > 2)
    spec = person.document.spec
    person.click(here.race.race_button)
    person.wait(lambda: here.race.view is not None and here.race.view.done, 20_000)
    assert person.wait_shown().state is RunState.PAUSED
    assert here.race.status == "finished, 12 epochs"
    lanes = here.race.view.lanes
    assert [lane.name for lane in lanes] == ["tanh", "ReLU", "sigmoid", "SiLU"]
    for lane in lanes:
        alone = Trainer(_with(spec, lane.spec.network.activation))
        alone.advance(lambda: False, Until("epoch", 12))
        assert lane.metrics == alone.history.last()
    assert person.document.spec == spec
    shown = [picture for picture in here.race.pictures if picture.isVisible()]
    assert [picture.words[2] for picture in shown] == ["epoch 12"] * 4


def test_sorting_and_seconds(person, short):
    here = page(person)
    person.click(here.race.race_button)
    person.wait(lambda: here.race.view is not None and here.race.view.done, 20_000)
    person.click(here.race.sort_box, QPoint(8, here.race.sort_box.height() // 2))
    losses = [lane.metrics.test_loss for _, lane in here.race.lanes()]
    assert losses == sorted(losses)
    assert here.race.plot._axis == "epoch"
    person.click(here.race.second_button)
    assert here.race.plot._axis == "seconds of training"
    assert here.race.plot._end == max(lane.curve[-1, 1] for lane in here.race.view.lanes)
    best = here.race.lanes()[0][1]
    plot = here.race.plot
    person.qtbot.mouseMove(plot, QPoint(2, 2))
    person.qtbot.mouseMove(plot, plot.area.center().toPoint())
    person.wait(lambda: here.race.pictures[0].words[-1].startswith("at "))
    assert here.race.pictures[0].accessibleName().startswith(f"{best.name}: loss ")


def test_a_race_pauses_goes_on_and_is_cleared(person, endless):
    here = page(person)
    person.click(here.race.race_button)
    person.wait(lambda: here.race.view is not None and here.race.view.running)
    tab_to(person, here.list.list)
    person.press(Key.Key_Down)
    assert here.selected == "relu", "the window answers meanwhile"
    person.click(here.race.pause_button)
    person.wait(lambda: not here.race.view.running)
    stood = [lane.metrics.epoch for lane in here.race.view.lanes]
    person.wait_shown()
    assert [lane.metrics.epoch for lane in here.race.view.lanes] == stood
    assert here.race.pause_button.text() == "Go on"
    person.click(here.race.pause_button)
    person.wait(
        lambda: here.race.view.running and sum(lane.metrics.epoch for lane in here.race.view.lanes) > sum(stood)
    )
    person.click(here.race.clear_button)
    person.wait_shown()
    assert here.race.view is None
    assert not here.race.clear_button.isEnabled()


def test_playing_has_the_race_wait_and_the_race_has_the_run_wait(person, endless):
    here = page(person)
    person.click(here.race.race_button)
    person.wait(lambda: here.race.view is not None and here.race.view.running)
    person.press(Key.Key_Space)
    person.wait(lambda: not here.race.view.running)
    assert person.wait_for(RunState.RUNNING)
    person.click(here.race.pause_button)
    person.wait(lambda: here.race.view.running)
    person.wait_for(RunState.PAUSED)


def test_leaving_the_page_has_the_race_wait_and_closing_ends_it(person, endless):
    here = page(person)
    person.click(here.race.race_button)
    person.wait(lambda: here.race.view is not None and here.race.view.running)
    person.press(Key.Key_1, CONTROL)
    person.wait(lambda: not here.race.view.running)
    person.press(Key.Key_4, CONTROL)
    person.click(here.race.pause_button)
    person.wait(lambda: here.race.view.running)
    person.close()


def test_too_few_and_too_many_can_t_race(person):
    here = page(person)
    for drawn in (set(ACTIVATIONS.names()), {"tanh"}):
        here.checked = drawn
        here._show_functions()
        assert not here.race.race_button.isEnabled()
        assert f"{len(drawn)} functions are checked" in here.race.race_button.toolTip()
        assert here.race.status == f"{len(drawn)} checked, 2 to 6 can race"


# --- manners --------------------------------------------------------------------------------------------------------


def test_everything_has_a_name_and_a_tooltip_and_both_themes_paint(person):
    here = page(person)
    here.list.list.setCurrentRow(2)  # one with a setting
    for panel in here.panels():
        for widget in panel.findChildren(QAbstractButton):
            assert widget.accessibleName() or widget.text(), widget
            assert widget.toolTip(), widget
    for widget in (here.curves.plot, here.list.list, here.list.field, here.race.plot, here.passage.chart):
        assert widget.accessibleName()
        assert widget.toolTip()
    person.window.toggle_theme()
    assert here.grab().toImage().pixelColor(4, 4).lightness() < 128
    assert here.curves.plot.theme is DARK
