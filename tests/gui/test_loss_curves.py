"""The curves: what is drawn, what is left alone, and what a person can do with them."""

from __future__ import annotations

import gc
import time
import weakref
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication

from engine.snapshot import Metrics, RunState, Snapshot
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.graphics import ticks
from gui.graphics.curve_plot import CurvePlot
from gui.panels.loss_curves import LossCurves
from gui.panels.transport import TransportBar
from gui.theme import DARK, LIGHT
from tests.gui.opened import Key, Person


@pytest.fixture(scope="module")
def moment() -> Snapshot:
    return Trainer(ExperimentSpec()).snapshot(run=1)


@pytest.fixture
def panel(qtbot):
    panel = LossCurves(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(344, 300)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def history_of(n: int) -> NDArray:
    epochs = np.arange(n, dtype=float)
    falling = np.exp(-epochs / max(n, 1) * 4)
    return np.stack([epochs, 0.6 * falling, 0.7 * falling, 1 - 0.5 * falling, 0.9 - 0.5 * falling], axis=1)


def show(panel: LossCurves, moment: Snapshot, history: NDArray, **more) -> None:
    metrics = Metrics(*history[-1].tolist()) if len(history) else moment.metrics
    panel.show_snapshot(replace(moment, history=history, metrics=metrics, **more))


def pixel(panel: LossCurves, epoch: float, value: float) -> QPoint:
    plot = panel.plot
    return plot.mapFromScene(plot.box.mapViewToScene(QPointF(epoch, value)))


def wheel(qapp: QApplication, plot: CurvePlot, at: QPoint) -> None:
    viewport = plot.viewport()
    event = QWheelEvent(
        QPointF(at), QPointF(viewport.mapToGlobal(at)), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    qapp.sendEvent(viewport, event)


def test_train_and_test_are_drawn_solid_and_dashed(panel, moment):
    history = history_of(200)
    show(panel, moment, history)
    np.testing.assert_array_equal(panel.plot.train.yData, history[:, 1])
    np.testing.assert_array_equal(panel.plot.test.yData, history[:, 2])
    assert panel.plot.train.opts["pen"].style() == Qt.PenStyle.SolidLine
    assert panel.plot.test.opts["pen"].dashPattern()
    for curve in (panel.plot.train, panel.plot.test):
        assert curve.opts["pen"].isCosmetic()
        assert curve.opts["pen"].color().alpha() == 255
    assert panel.plot.left.labelText == "loss"
    assert panel.plot.bottom.labelText == "epoch"


def test_the_view_follows_the_run_and_the_loss_starts_at_zero(panel, moment):
    show(panel, moment, history_of(50))
    (left, right), (bottom, top) = panel.plot.box.viewRange()
    assert (left, right) == (0, 49)
    assert bottom == 0
    assert 0.7 < top < 0.8
    show(panel, moment, history_of(500))
    assert panel.plot.x_view() == (0, 499)


def test_the_legend_says_the_values_of_now(panel, moment):
    history = history_of(100)
    show(panel, moment, history)
    assert panel.legend.texts == (f"train {history[-1, 1]:.4f}", f"test {history[-1, 2]:.4f}")
    panel.accuracy_button.click()
    assert panel.legend.texts == (f"train {100 * history[-1, 3]:.1f} %", f"test {100 * history[-1, 4]:.1f} %")


def test_accuracy_is_in_percent_from_0_to_100(panel, moment, qtbot):
    history = history_of(100)
    show(panel, moment, history)
    with qtbot.waitSignal(panel.titleChanged) as title:
        qtbot.mouseClick(panel.accuracy_button, Qt.MouseButton.LeftButton)
    assert title.args == ["Accuracy"]
    np.testing.assert_allclose(panel.plot.train.yData, 100 * history[:, 3])
    bottom, top = panel.plot.box.viewRange()[1]
    assert -5 < bottom <= 0
    assert 100 <= top < 105
    assert not panel.log_button.isEnabled()
    assert panel.plot.left.tickStrings([50.0], 1.0, 50.0) == ["50 %"]


@pytest.mark.filterwarnings("error")
def test_a_log_scale_survives_zeros_and_negative_and_broken_losses(panel, moment, qtbot):
    history = history_of(100)
    history[50, 1], history[51, 1], history[52:60, 1] = 0.0, -0.3, np.nan
    history[60, 2] = np.inf
    show(panel, moment, history)
    qtbot.mouseClick(panel.log_button, Qt.MouseButton.LeftButton)
    drawn = panel.plot.train.yData
    assert np.isfinite(drawn).all()
    assert drawn.min() == pytest.approx(-12)
    assert drawn[0] == pytest.approx(np.log10(0.6))
    assert len(drawn) == 100 - 8
    bottom, top = panel.plot.box.viewRange()[1]
    assert bottom < -12
    assert top > np.log10(0.7)
    assert not panel.grab().isNull()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("log", [False, True])
def test_a_run_of_nothing_but_nan_is_shown_without_complaint(panel, moment, log):
    panel.log_button.setChecked(log)
    history = history_of(30)
    history[:, 1:] = np.nan
    show(panel, moment, history)
    assert len(panel.plot.train.yData) == 0
    assert "not finite" in panel.legend.texts[0]
    assert np.isfinite(panel.plot.box.viewRange()).all()
    assert not panel.grab().isNull()


def test_a_million_points_are_two_a_pixel(panel, moment):
    history = history_of(1_000_000)
    history[123_456, 1] = 5.0
    show(panel, moment, history)
    drawn = panel.plot.train.yData
    assert len(drawn) <= 2 * panel.plot.columns + 4
    assert drawn.max() == 5.0, "a spike of one epoch is not lost"


def test_nothing_is_done_when_nothing_is_new(panel, moment, monkeypatch):
    history = history_of(1_000)
    show(panel, moment, history)
    calls: list[object] = []
    monkeypatch.setattr(panel.plot.train, "setData", lambda *a, **k: calls.append(a))
    show(panel, moment, history)
    assert calls == []
    show(panel, moment, history_of(1_001))
    assert len(calls) == 1


def test_the_view_moves_at_most_five_times_a_second_while_running_and_is_exact_at_a_pause(panel, moment, monkeypatch):
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    views = set()
    for n in range(50, 80):
        now += 0.01
        show(panel, moment, history_of(n), state=RunState.RUNNING)
        views.add(panel.plot.x_view())
    assert len(views) <= 3
    show(panel, moment, history_of(79), state=RunState.PAUSED)
    assert panel.plot.x_view() == (0, 78)


def test_step_back_and_reset_draw_what_is_there(panel, moment):
    show(panel, moment, history_of(300))
    show(panel, moment, history_of(300)[:299])
    assert len(panel.plot.train.xData) == 299
    other = history_of(299)
    other[-1, 1] = 3.0
    show(panel, moment, other)
    assert panel.plot.train.yData[-1] == 3.0, "as many rows, but another last one"
    show(panel, moment, history_of(1), run=2)
    assert len(panel.plot.train.xData) == 1
    assert panel.plot.x_view() == (0, 10)


def test_a_wheel_zooms_and_fit_and_double_click_go_back(panel, moment, qtbot, qapp):
    show(panel, moment, history_of(1_000))
    assert not panel.fit_button.isEnabled()
    for go_back in ("button", "double-click"):
        middle = panel.plot.viewport().rect().center()
        wheel(qapp, panel.plot, middle)
        left, right = panel.plot.x_view()
        assert 0 < left < right < 999
        assert not panel.follows
        assert panel.fit_button.isEnabled()
        show(panel, moment, history_of(1_001 if go_back == "button" else 1_002))
        assert panel.plot.x_view() == (left, right), "a zoomed view stays where it is"
        assert len(panel.plot.train.xData) < 1_000
        if go_back == "button":
            qtbot.mouseClick(panel.fit_button, Qt.MouseButton.LeftButton)
        else:
            qtbot.mouseDClick(panel.plot.viewport(), Qt.MouseButton.LeftButton, pos=middle)
        assert panel.follows
        assert panel.plot.x_view()[0] == 0


def test_zooming_into_a_million_points_shows_single_epochs(panel, moment):
    history = history_of(1_000_000)
    show(panel, moment, history)
    panel.plot.box.setXRange(500_000, 500_050, padding=0)
    x = panel.plot.train.xData
    assert x[0] == 499_999
    assert np.array_equal(np.diff(x), np.ones(len(x) - 1))


def test_hovering_reads_the_nearest_epoch_at_full_precision(panel, moment, qtbot):
    history = history_of(101)
    history[40, 1] = 0.123456789
    show(panel, moment, history)
    qtbot.mouseMove(panel.plot.viewport(), pixel(panel, 10, 0.5))
    qtbot.mouseMove(panel.plot.viewport(), pixel(panel, 39.8, 0.5))
    qtbot.waitUntil(lambda: panel.legend.epoch == "epoch 40")
    assert panel.legend.texts[0] == "0.123456789"
    assert panel.legend.texts[1] == f"{history[40, 2]:.9g}"
    qtbot.mouseMove(panel.plot.viewport(), pixel(panel, 70.1, 0.5))
    qtbot.waitUntil(lambda: panel.legend.epoch == "epoch 70")
    QApplication.sendEvent(panel.plot, QEvent(QEvent.Type.Leave))
    assert panel.legend.epoch == ""
    assert panel.legend.texts[0].startswith("train ")


def test_a_mark_is_drawn_in_the_colour_of_danger_and_a_new_run_forgets_it(panel, moment):
    show(panel, moment, history_of(100))
    before = panel.plot.grab().toImage()
    panel.mark(60, "diverged here")
    after = panel.plot.grab().toImage()
    at = pixel(panel, 60, 0.3)
    columns = [after.pixelColor(at.x() + dx, at.y()) for dx in (-1, 0, 1)]
    assert LIGHT.danger in columns
    assert after != before
    panel.clear_marks()
    assert panel.plot.grab().toImage() == before
    panel.mark(60, "diverged here")
    show(panel, moment, history_of(1), run=5)
    assert panel.plot.marks == ()


class _Paints(QObject):
    """Counts the paint events of what it is installed on."""

    def __init__(self) -> None:
        super().__init__()
        self.n = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.n += isinstance(event, QPaintEvent)
        return False


def test_nothing_is_painted_half_way_through_a_layout(panel, moment, qtbot):
    # A window painted before its layout is done keeps what a shrinking plot leaves behind: labels with a digit too many.
    paints = _Paints()
    for widget in (panel, panel.plot.viewport()):
        widget.installEventFilter(paints)
    show(panel, moment, history_of(810))
    qtbot.waitUntil(lambda: paints.n >= 2)
    QApplication.processEvents()
    paints.n = 0
    panel.resize(300, 260)
    assert panel.plot.viewport().width() < 300, "the layout was done within resize()"
    assert paints.n == 0
    qtbot.waitUntil(lambda: paints.n >= 2)
    show(panel, moment, history_of(811))
    assert paints.n >= 3, "a snapshot is painted in its own frame"


def test_the_last_number_of_the_axis_is_whole(panel, moment):
    def right_edge(image: QImage) -> list[QColor]:
        top = panel.plot.box.sceneBoundingRect().bottom() + 2
        return [image.pixelColor(image.width() - 1, y) for y in range(round(top), image.height())]

    for last in (10, 800, 3_000, 40_000, 2_000_000):
        history = history_of(3)
        history[:, 0] = (0, last // 2, last)
        show(panel, moment, history, run=last)
        image = panel.plot.grab().toImage()
        assert {c.name() for c in right_edge(image)} == {LIGHT.panel.name()}, f"{last} is cut"
        size = image.width() - round(panel.plot.box.sceneBoundingRect().right())
        beside = image.copy(image.width() - size - 4, round(panel.plot.box.sceneBoundingRect().bottom()) + 6, size, 12)
        ink = {beside.pixel(x, y) for x in range(beside.width()) for y in range(beside.height())}
        assert len(ink) > 1, f"there is no number under the end of the axis at {last}"


def test_the_test_curve_is_told_apart_even_where_noise_swallows_its_dashes(panel, moment):
    noise = history_of(2_000)
    noise[:, 1:3] = np.random.default_rng(0).random((2_000, 2)) * (0.4, 0.4) + (0.0, 0.6)
    show(panel, moment, noise)
    pens: list[QPen] = [curve.opts["pen"] for curve in (panel.plot.train, panel.plot.test)]
    assert pens[0].color() == LIGHT.accent
    assert pens[1].color() == LIGHT.quiet
    assert pens[1].dashPattern()


def test_the_legend_says_what_the_bar_on_top_says(panel, moment, qtbot, monkeypatch):
    bar = TransportBar(LIGHT)
    qtbot.addWidget(bar)
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    history = history_of(40)
    drawn = 0
    for n, state in ((20, RunState.PAUSED), (21, RunState.RUNNING), (22, RunState.RUNNING), (23, RunState.RUNNING),
                     (24, RunState.PAUSED)):  # fmt: skip
        now += 0.07
        history[n - 1, 1:3] = (4.004e-5, 12_345.6)
        history[n - 1, 3:5] = (0.99999, 1.0)
        show(panel, moment, history[:n], state=state)
        bar.show_snapshot(replace(moment, history=history[:n], metrics=Metrics(*history[n - 1].tolist()), state=state))
        assert panel.legend.texts == (f"train {bar.train_loss.text()}", f"test {bar.test_loss.text()}")
        drawn += len(panel.plot.train.xData) == n
    assert drawn == 3, "the numbers are new each time, the curves are drawn less often"
    assert panel.legend.texts == ("train 4.00·10⁻⁵", "test 1.23·10⁴")
    panel.accuracy_button.click()
    assert panel.legend.texts == ("train 99.9 %", f"test {bar.accuracy.text()}")
    assert bar.accuracy.text() == "100.0 %"
    panel._on_hovered(22.9)
    assert panel.legend.texts == ("99.999 %", "100 %")
    panel.loss_button.click()
    assert panel.legend.texts[0] == ticks.exact(4.004e-5) == "4.004·10⁻⁵"


def test_curve_and_legend_explain_what_they_show(panel):
    for accuracy, word in ((False, "loss"), (True, "accuracy")):
        (panel.accuracy_button if accuracy else panel.loss_button).setChecked(True)
        for widget in (panel.plot, panel.legend):
            assert word in widget.whatsThis()
            assert "dashed" in widget.whatsThis()
            assert widget.toolTip()
            assert len(widget.toolTip()) < 100 < len(widget.whatsThis())


def test_themes_change_the_colours_and_nothing_global(panel, moment):
    background = pg.getConfigOption("background")
    show(panel, moment, history_of(100))
    for theme in (DARK, LIGHT):
        panel.apply_theme(theme)
        image = panel.plot.grab().toImage()
        assert image.pixelColor(3, 3) == theme.panel
        assert panel.plot.train.opts["pen"].color() == theme.accent
    assert pg.getConfigOption("background") == background


def test_an_empty_plot_says_what_will_be_there(panel, moment):
    def ink(image) -> int:
        return sum(image.pixelColor(x, y) != LIGHT.panel for x in range(60, 320, 2) for y in range(60, 120, 2))

    empty = panel.plot.grab().toImage()
    show(panel, moment, history_of(2))
    assert ink(empty) > 0
    assert panel.plot._hint == ""


def test_every_control_can_be_reached_and_says_what_it_does(panel, qtbot):
    panel.loss_button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(panel.loss_button, Qt.Key.Key_Right)
    assert panel.shows_accuracy, "an arrow key moves within the pair"
    qtbot.keyClick(panel.accuracy_button, Qt.Key.Key_Left)
    assert not panel.shows_accuracy
    for button in (panel.log_button, panel.fit_button):
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    for button in (panel.loss_button, panel.accuracy_button, panel.log_button, panel.fit_button):
        assert button.accessibleName()
        assert button.toolTip().count(".") >= 2
        assert button.height() >= 28
        assert button.width() >= 28


# --- validation and early stopping ------------------------------------------------------------------------------------


def validated(n: int) -> NDArray:
    history = history_of(n)
    return np.column_stack([history, history[:, 2] + 0.05, history[:, 4] - 0.02])


def test_validation_is_a_third_line_dotted_and_named(panel, moment):
    history = validated(200)
    show(panel, moment, history)
    np.testing.assert_array_equal(panel.plot.validation.yData, history[:, 5])
    dots, dashes = (curve.opts["pen"].dashPattern() for curve in (panel.plot.validation, panel.plot.test))
    assert dots
    assert dots != dashes
    assert panel.plot.validation.opts["pen"].color() == LIGHT.text
    assert panel.legend.texts[2] == f"val. {history[-1, 5]:.4f}"
    three = panel.grab().toImage()
    panel.accuracy_button.click()
    np.testing.assert_allclose(panel.plot.validation.yData, 100 * history[:, 6])
    assert panel.legend.texts[2] == f"val. {100 * history[-1, 6]:.1f} %"
    panel.loss_button.click()
    show(panel, moment, history_of(200), run=2)
    assert len(panel.plot.validation.yData) == 0
    assert len(panel.legend.texts) == 2
    assert panel.grab().toImage() != three


def test_three_numbers_have_room_in_the_legend(panel, moment, qtbot):
    history = validated(2_000)
    show(panel, moment, history)

    def ink_at_the_edge() -> set[int]:
        image = panel.legend.grab().toImage()
        return {image.pixel(image.width() - 1, y) for y in range(image.height())}

    assert len(ink_at_the_edge()) == 1
    qtbot.mouseMove(panel.plot.viewport(), pixel(panel, 10, 0.5))
    qtbot.mouseMove(panel.plot.viewport(), pixel(panel, 1_500, 0.5))
    qtbot.waitUntil(lambda: panel.legend.epoch != "")
    assert len(panel.legend.texts) == 3
    assert len(panel.plot._crosshair[1]) == 3
    assert len(ink_at_the_edge()) == 1


def test_the_best_epoch_has_a_flag_on_the_curve(panel, moment):
    show(panel, moment, validated(100))
    before = panel.plot.grab().toImage()
    show(panel, moment, validated(100), best_epoch=0)
    assert panel.plot.grab().toImage() == before, "there is no best one yet"
    show(panel, moment, validated(100), best_epoch=60)
    after = panel.plot.grab().toImage()
    foot = pixel(panel, 60, validated(100)[60, 5])
    assert after.pixelColor(foot.x(), foot.y() - 12) == LIGHT.text, "its staff stands on the validation curve"
    changed = [
        x for x in range(after.width()) for y in range(after.height()) if after.pixel(x, y) != before.pixel(x, y)
    ]
    assert min(abs(x - foot.x()) for x in changed) <= 1
    assert max(abs(x - foot.x()) for x in changed) < 80, "small: the flag and its word"
    show(panel, moment, validated(100), best_epoch=None)
    assert panel.plot.grab().toImage() == before


def test_early_stopping_in_the_window_is_told_and_marked(qtbot, tmp_path):
    person = Person(qtbot, tmp_path)
    spec = person.document.spec
    spec = replace(
        spec, data=replace(spec.data, validation_share=0.3), training=replace(spec.training, patience=3, tolerance=0.5)
    )
    person.window.page.propose("Stop after", spec, "")
    person.press(Key.Key_Space)
    person.wait(lambda: "Stopped early" in person.banner)
    assert person.window.page.curves.plot.best == person.now.best_epoch
    assert person.window.page.curves.plot.validation.yData[0] == person.now.history[0, 5]
    person.close()


def test_it_can_be_thrown_away(qtbot, moment):
    panel = LossCurves(LIGHT)
    panel.show_snapshot(moment)
    gone = weakref.ref(panel)
    panel.deleteLater()
    del panel
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert gone() is None
