"""The watch list: pinning by key, menu and button, sorting, unpinning; and that hidden it costs nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication

import gui.panels.watch as watch_module
from engine.probes import sample_activations
from engine.snapshot import RunState
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.controls.pin_menu import PinMenu
from gui.controls.watch_table import CHANGE, KIND, NAME, VALUE, short_name, signed
from gui.graphics.pin_dots import dot_at, pin_color
from gui.graphics.targets import Target
from gui.panels.network_graph import NetworkGraph
from gui.panels.watch import MOST, Watch
from gui.theme import DARK, LIGHT
from tests.gui.opened import LEFT, SHIFT, Key, Person
from tests.gui.test_pins import trained_gradient

EDGE, BIAS, NEURON = Target("edge", 0, 2, 1), Target("bias", 1, 4), Target("neuron", 2, 1)


@pytest.fixture
def trainer() -> Trainer:
    return Trainer(ExperimentSpec())


@pytest.fixture
def panel(qtbot, trainer) -> Watch:
    panel = Watch(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(700, 240)
    panel.show()
    panel.show_spec(trainer.spec)
    panel.show_snapshot(trainer.snapshot(run=1))
    return panel


def shown(panel: Watch, column: int) -> list[str]:
    rows = panel.table.rows
    return [rows.index(row, column).data() for row in range(rows.rowCount())]


def step(panel: Watch, trainer: Trainer, times: int = 1, **more) -> None:
    for _ in range(times):
        trainer.step_epoch()
        panel.show_snapshot(trainer.snapshot(run=1, minibatch=panel.wants_minibatch, **more))


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_a_weight_a_bias_an_activation_and_a_gradient(panel, trainer):
    for target, gradient in ((EDGE, False), (BIAS, False), (NEURON, False), (EDGE, True)):
        panel.toggle(target, gradient)
    step(panel, trainer)
    moment = trainer.snapshot()
    params = moment.params
    activation = sample_activations(moment.spec, moment.layout, params, moment.data.train.x[0])[2][1]
    assert shown(panel, NAME) == [
        "x₂ → hidden 1, neuron 3", "hidden 1, neuron 5", "hidden 2, neuron 2", "x₂ → hidden 1, neuron 3",
    ]  # fmt: skip
    assert shown(panel, KIND) == ["weight", "bias", "activation", "∂L/∂w"]
    gradient = trained_gradient(trainer)[8 + 2]
    assert shown(panel, VALUE) == [signed(float(v)) for v in (params[10], params[16 + 4], activation, gradient)]


def test_change_is_over_what_the_line_shows(panel, trainer):
    panel.toggle(EDGE)
    before = float(trainer.network.params[10])
    assert shown(panel, CHANGE) == [""]
    step(panel, trainer, 3)
    assert shown(panel, CHANGE) == [signed(float(trainer.network.params[10]) - before)]
    assert len(panel.table.rows.rows[0].past) == 4


def test_the_sample_looked_at_is_the_one_of_activations(panel, trainer):
    panel.toggle(NEURON)
    assert panel.note.toolTip() == "activations of the first training sample"
    trainer.step_sample()
    moment = trainer.snapshot(run=1)
    panel.show_snapshot(moment)
    assert shown(panel, VALUE) == [signed(float(moment.activations[2][1]))]
    assert panel.note.toolTip() == f"activations of training sample {moment.sample_index + 1:,}, looked at last"


def test_what_is_not_a_number_is_said_and_sorted_last(panel, trainer):
    params = trainer.snapshot().params.copy()
    params[10] = np.nan
    panel.toggle(EDGE)
    panel.toggle(BIAS)
    panel.show_snapshot(replace(trainer.snapshot(run=1), params=params))
    assert shown(panel, VALUE)[0] == "not a number"
    panel.table.sortByColumn(VALUE, Qt.SortOrder.DescendingOrder)
    assert shown(panel, KIND) == ["bias", "weight"]
    panel.grab()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_and_dots_have_the_colors_of_their_rows(panel, trainer, theme):
    panel.apply_theme(theme)
    panel.toggle(EDGE)
    step(panel, trainer, 5)
    image = panel.grab().toImage()
    found = sum(image.pixelColor(x, y) == pin_color(theme, 0) for x in range(700) for y in range(60, 120))
    assert found > 40


def test_short_names():
    assert short_name("hidden 1, neuron 6 → hidden 2, neuron 4") == "H1·6 → H2·4"
    assert [signed(v) for v in (0.5, -0.5, 0.0)] == ["+0.5000", "−0.5000", "0.0000"]


# --- sorting and taking off -------------------------------------------------------------------------------------------


def click_header(qtbot, panel: Watch, column: int) -> None:
    head = panel.table.horizontalHeader()
    at = QPoint(head.sectionViewportPosition(column) + head.sectionSize(column) // 2, head.height() // 2)
    qtbot.mouseClick(head.viewport(), LEFT, pos=at)


def test_a_click_on_a_heading_sorts_and_the_order_follows_the_values(panel, trainer, qtbot):
    targets = [Target("edge", 1, i, 3) for i in range(5)]
    for target in targets:
        panel.toggle(target)
    step(panel, trainer, 4)
    click_header(qtbot, panel, CHANGE)
    changes = [abs(row.past.change) for row in panel.table.rows.rows]
    assert changes == sorted(changes)
    click_header(qtbot, panel, CHANGE)
    changes = [abs(row.past.change) for row in panel.table.rows.rows]
    assert changes == sorted(changes, reverse=True)
    step(panel, trainer, 30)
    changes = [abs(row.past.change) for row in panel.table.rows.rows]
    assert changes == sorted(changes, reverse=True)
    click_header(qtbot, panel, NAME)
    assert shown(panel, NAME) == sorted(shown(panel, NAME))


def test_the_chosen_row_stays_chosen_when_rows_change_places(panel, trainer):
    for i in range(5):
        panel.toggle(Target("edge", 1, i, 3))
    panel.table.selectRow(2)
    row = panel.table.rows.rows[2]
    panel.table.sortByColumn(NAME, Qt.SortOrder.DescendingOrder)
    assert panel.table.currentIndex().row() == panel.table.rows.rows.index(row) == 2
    panel.table.sortByColumn(VALUE, Qt.SortOrder.DescendingOrder)
    assert panel.table.currentIndex().row() == panel.table.rows.rows.index(row)


def test_delete_and_the_button_take_a_pin_off_and_its_number_is_free_again(panel, qtbot):
    for target in (EDGE, BIAS, NEURON):
        panel.toggle(target)
    panel.table.setFocus()
    panel.table.selectRow(1)
    with qtbot.waitSignal(panel.pinsChanged) as caught:
        qtbot.keyClick(panel.table, Key.Key_Delete)
    assert caught.args[0] == ((EDGE, 0), (NEURON, 2))
    panel.toggle(BIAS)
    assert [row.color for row in panel.table.rows.rows] == [0, 2, 1]
    panel.table.selectRow(0)
    qtbot.mouseClick(panel.unpin_button, LEFT)
    assert [pin.target for pin in panel.pins] == [NEURON, BIAS]
    panel.toggle(NEURON)
    assert [pin.target for pin in panel.pins] == [BIAS], "again takes it off"


def test_enter_and_a_click_show_it_on_the_network(panel, qtbot):
    panel.toggle(EDGE)
    panel.table.setFocus()
    panel.table.selectRow(0)
    with qtbot.waitSignal(panel.targetChosen) as caught:
        qtbot.keyClick(panel.table, Key.Key_Return)
    assert caught.args == [EDGE]
    with qtbot.waitSignal(panel.targetChosen):
        qtbot.mouseClick(
            panel.table.viewport(), LEFT, pos=panel.table.visualRect(panel.table.rows.index(0, 0)).center()
        )


def test_there_is_an_end_to_pins_and_nothing_to_pin_is_said(panel):
    for i in range(8):
        for j in range(8):
            panel.toggle(Target("edge", 1, i, j))
    assert len(panel.pins) == MOST
    assert "take one off first" in panel.note.toolTip()
    panel.toggle(None)
    assert "Select a weight" in panel.note.toolTip()


# --- changes of the experiment ----------------------------------------------------------------------------------------


def test_pins_survive_a_hot_change_and_a_reset_but_not_their_neuron(panel, trainer):
    for target in (EDGE, Target("bias", 2, 7), Target("neuron", 2, 0)):
        panel.toggle(target)
    step(panel, trainer, 3)
    hot = replace(trainer.spec, training=replace(trainer.spec.training, l2=0.1))
    panel.show_spec(hot)
    assert len(panel.pins) == 3
    assert len(panel.table.rows.rows[0].past) == 4, "a hot change keeps the past"
    panel.show_snapshot(Trainer(hot).snapshot(run=2))
    assert len(panel.pins) == 3
    assert len(panel.table.rows.rows[0].past) == 1, "another run has none"
    smaller = replace(hot, network=replace(hot.network, hidden_layer_sizes=(8, 4)))
    panel.show_spec(smaller)
    assert [pin.target for pin in panel.pins] == [EDGE, Target("neuron", 2, 0)]
    assert panel.note.toolTip() == "No longer there, so unpinned: hidden 2, neuron 8."
    panel.show_snapshot(Trainer(smaller).snapshot(run=3))
    assert None not in [row.value for row in panel.table.rows.rows]


# --- what it costs ----------------------------------------------------------------------------------------------------


def test_a_gradient_is_computed_only_where_one_is_pinned_and_there_is_time(panel, trainer, monkeypatch):
    calls = []
    trace_of = watch_module.trace_of
    monkeypatch.setattr(watch_module, "trace_of", lambda *args: calls.append(1) or trace_of(*args))
    panel.toggle(EDGE)
    assert not panel.wants_minibatch
    panel.show_snapshot(trainer.snapshot(run=1, minibatch=True))
    assert not calls
    panel.toggle(EDGE, gradient=True)
    assert panel.wants_minibatch
    panel.show_snapshot(trainer.snapshot(run=1, minibatch=True))
    first = len(calls)
    assert first >= 1
    panel.show_snapshot(trainer.snapshot(run=1))
    assert len(calls) == first, "no mini-batch came along"
    monkeypatch.setattr(watch_module, "MOST_WORK", 10)
    panel.show_snapshot(replace(trainer.snapshot(run=1, minibatch=True), state=RunState.RUNNING))
    assert len(calls) == first, "too long for a frame"
    panel.toggle(EDGE, gradient=True)
    assert not panel.wants_minibatch


def test_hidden_it_computes_nothing_and_asks_for_nothing(qtbot, tmp_path, monkeypatch):
    person = Person(qtbot, tmp_path)
    watch, dock = person.window.page.observing.watch, person.window.page.docks["Watch"]
    assert dock.isHidden()
    person.window.page.observing.toggle(EDGE, True)
    person.wait(lambda: watch.table.rows.rows[0].value is not None)
    assert person.now.minibatch is not None
    dock.hide()
    calls = []
    monkeypatch.setattr(Watch, "_measure", lambda self: calls.append(1))
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == 1)
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == 2)
    assert person.now.minibatch is None
    assert not calls
    person.close()


# --- on the network ---------------------------------------------------------------------------------------------------


def test_dots_mark_what_is_pinned(qtbot, trainer):
    graph = NetworkGraph(LIGHT)
    qtbot.addWidget(graph)
    graph.resize(744, 544)
    graph.show_spec(trainer.spec)
    graph.show_snapshot(trainer.snapshot(side=20))
    graph.show_pins(((EDGE, 0), (BIAS, 1), (NEURON, 2), (EDGE, 5)))
    image = graph.grab().toImage()
    for target, number in ((EDGE, 0), (BIAS, 1), (NEURON, 2)):
        x, y = dot_at(graph._picture, target)
        assert image.pixelColor(round(x), round(y)) == pin_color(LIGHT, number)
    x, y = dot_at(graph._picture, EDGE)
    assert image.pixelColor(round(x) + 8, round(y)) == pin_color(LIGHT, 5), "beside the first"
    graph.show_pins(((Target("edge", 0, 40, 1), 0),))
    graph.grab()
    graph.show_pins(())
    assert graph.grab().toImage() != image


def test_the_menu_of_a_thing_offers_what_can_be_watched(qtbot, trainer):
    for target, texts in ((EDGE, ["Watch its weight", "Watch its gradient ∂L/∂w"]),
                          (NEURON, ["Watch its activation", "Watch its gradient ∂L/∂b"]),
                          (Target("neuron", 0, 0), ["Watch its activation"])):  # fmt: skip
        menu = PinMenu(trainer.spec, target)
        qtbot.addWidget(menu)
        heading, *actions = menu.actions()
        assert not heading.isEnabled()
        assert [action.text().split("\t")[0] for action in actions] == texts
        with qtbot.waitSignal(menu.chosen) as caught:
            actions[-1].trigger()
        assert caught.args == [len(actions) == 2]


def test_p_pins_what_is_selected_or_pointed_at_and_the_list_opens(qtbot, tmp_path):
    person = Person(qtbot, tmp_path)
    page, graph = person.window.page, person.graph
    watch = page.observing.watch
    graph.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Down)
    assert graph.selected == Target("neuron", 1, 0)
    person.press(Key.Key_P)
    assert page.docks["Watch"].isVisible()
    assert [pin.kind for pin in watch.pins] == ["activation"]
    person.press(Key.Key_P, SHIFT)
    assert [pin.label for pin in watch.pins] == ["activation", "∂L/∂b"]
    person.wait(lambda: all(row.value is not None for row in watch.table.rows.rows))
    assert graph._pins == ((Target("neuron", 1, 0), 0), (Target("bias", 1, 0), 1))
    person.press(Key.Key_P)
    assert [pin.label for pin in watch.pins] == ["∂L/∂b"], "again takes it off"
    x, y = graph._picture.layout.columns[2].centers[3]
    person.point(float(x), float(y))
    person.press(Key.Key_P)
    assert watch.pins[-1].target == Target("neuron", 2, 3), "what the pointer is on comes first"
    qtbot.mouseClick(watch.table.viewport(), LEFT, pos=watch.table.visualRect(watch.table.rows.index(1, 0)).center())
    assert graph.selected == Target("neuron", 2, 3)
    assert watch.pin_button.isEnabled()
    qtbot.mouseClick(watch.gradient_button, LEFT)
    assert watch.pins[-1].target == Target("bias", 2, 3)
    person.press(Key.Key_R)
    person.wait_shown()
    assert len(watch.pins) == 3, "a reset keeps them"
    person.close()


def test_a_right_click_opens_the_menu(qtbot, tmp_path):
    person = Person(qtbot, tmp_path)
    graph = person.graph
    at = QPoint(*(round(v) for v in graph._picture.layout.columns[1].centers[2]))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, graph.mapToGlobal(at))
    QApplication.sendEvent(graph, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, PinMenu)
    qtbot.keyClick(menu, Key.Key_Down)
    qtbot.keyClick(menu, Key.Key_Return)
    assert [pin.target for pin in person.window.page.observing.watch.pins] == [Target("neuron", 1, 2)]
    person.close()
