"""An activation and a dropout of a layer's own: chosen under its header, shown there, moved along with the layer, undone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import QApplication

from engine.activations import ACTIVATIONS
from engine.spec import Change, ExperimentSpec, plan
from gui.controls.layer_menu import LayerMenu
from gui.edits import with_layer_activation, with_layer_dropout
from gui.graphics import structure
from gui.graphics.backdrop import own_text
from gui.graphics.graph_help import explain, explain_layer
from gui.graphics.targets import Target
from gui.panels.network_graph import NetworkGraph
from tests.gui.opened import LEFT, Person
from tests.gui.test_network_graph import button_at, neuron_at, opened, planar, point

RELU, TANH, SIGMOID = (ACTIVATIONS[name]() for name in ("relu", "tanh", "sigmoid"))


def menu_of(qtbot, graph: NetworkGraph) -> LayerMenu:
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), LayerMenu))
    return QApplication.activePopupWidget()


def action(menu, text: str) -> QAction:
    return next(a for a in menu.actions() if a.text() == text)


def pick(qtbot, menu, text: str) -> None:
    """With the mouse, as a person does; the menu closes."""
    qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(action(menu, text)).center())


def ticked(menu) -> list[str]:
    return [a.text() for a in menu.actions() if a.isChecked()]


def deep(*own) -> ExperimentSpec:
    spec = planar((4, 3, 2))
    return replace(spec, network=replace(spec.network, layer_activations=own))


# --- the changes ------------------------------------------------------------------------------------------------------


def test_one_layer_gets_its_own_and_gives_it_back() -> None:
    spec = with_layer_activation(deep(), 1, RELU)
    assert spec.activations == (TANH, RELU, TANH)
    assert spec.network.layer_activations == (TANH, RELU)
    assert with_layer_activation(spec, 1, None) == deep()
    assert plan(deep(), spec) is Change.NEW_NETWORK
    dropped = with_layer_dropout(deep(), 2, 0.2)
    assert dropped.dropout == (0.0, 0.0, 0.2)
    assert plan(deep(), dropped) is Change.HOT
    assert with_layer_dropout(dropped, 2, None) == deep()
    assert with_layer_dropout(dropped, 2, 0.0) == deep(), "as the network: nothing is its own"


def test_what_a_layer_has_of_its_own_moves_with_it() -> None:
    spec = with_layer_dropout(deep(RELU, TANH, SIGMOID), 2, 0.3)
    more = structure.add_layer(spec, 1, 8, 64)
    assert more.activations == (RELU, TANH, TANH, SIGMOID)
    assert more.dropout == (0.0, 0.0, 0.0, 0.3)
    fewer = structure.remove_layer(spec, 1)
    assert fewer.activations == (RELU, SIGMOID)
    assert fewer.dropout == (0.0, 0.3)
    cut = structure.with_layers(spec, (5,))
    assert cut.network.layer_activations == (RELU,)
    assert structure.with_layers(cut, (5, 5, 5)).activations == (RELU, TANH, TANH), (
        "what was cut off does not come back"
    )


# --- the menu ---------------------------------------------------------------------------------------------------------


def test_the_header_opens_the_menu_and_a_choice_is_proposed(qtbot) -> None:
    graph = opened(qtbot, deep())
    at = button_at(graph, "own", 2)
    point(qtbot, graph, at.x(), at.y())
    assert "of its own" in graph._tip()
    qtbot.mouseClick(graph, LEFT, pos=at)
    menu = menu_of(qtbot, graph)
    assert ticked(menu) == ["As the network: tanh"]
    with qtbot.waitSignal(graph.specProposed) as said:
        pick(qtbot, menu, "ReLU")
    assert said.args == ["Activation of hidden 2", with_layer_activation(deep(), 1, RELU), ""]
    assert QApplication.activePopupWidget() is None


def test_keys_open_it_for_the_selected_layer_and_choose_dropout(qtbot) -> None:
    spec = deep(RELU)
    graph = opened(qtbot, spec)
    graph.select(Target("neuron", 1, 2))
    qtbot.keyClick(graph, Qt.Key.Key_A)
    menu = menu_of(qtbot, graph)
    assert ticked(menu) == ["ReLU"]
    menu.setActiveAction(menu.dropout.menuAction())
    qtbot.keyClick(menu, Qt.Key.Key_Right)
    qtbot.waitUntil(menu.dropout.isVisible)
    assert ticked(menu.dropout) == ["As the network: 0 %"]
    with qtbot.waitSignal(graph.specProposed) as said:
        menu.dropout.setActiveAction(action(menu.dropout, "20 %"))
        qtbot.keyClick(menu.dropout, Qt.Key.Key_Return)
    assert said.args == ["Dropout of hidden 1", with_layer_dropout(spec, 0, 0.2), ""]


def test_only_hidden_layers_have_one(qtbot) -> None:
    graph = opened(qtbot, deep())
    for target in (None, Target("neuron", 0, 0), Target("neuron", 4, 0)):
        graph.select(target)
        qtbot.keyClick(graph, Qt.Key.Key_A)
        assert QApplication.activePopupWidget() is None
    graph.open_layer_menu(0)
    graph.open_layer_menu(-1)
    assert QApplication.activePopupWidget() is None


def test_every_choice_says_what_it_does(qtbot) -> None:
    menu = LayerMenu(deep(RELU), 0)
    qtbot.addWidget(menu)
    named = [a for a in (*menu.actions(), *menu.dropout.actions()) if a.isCheckable()]
    assert len(named) > len(list(ACTIVATIONS)) + 5
    assert [a.text() for a in named if not a.toolTip().endswith(".")] == []


# --- what is seen -----------------------------------------------------------------------------------------------------


def test_what_differs_is_shown_and_the_rest_only_under_the_pointer(qtbot) -> None:
    spec = with_layer_dropout(deep(TANH, RELU), 1, 0.2)
    assert [own_text(spec, layer) for layer in (1, 2, 3)] == ["", "ReLU, drop 20 %", ""]
    graph, plain = opened(qtbot, spec), opened(qtbot, deep())

    def header(which: NetworkGraph, layer: int):
        at = button_at(which, "own", layer)
        return which.grab(which.rect()).toImage().copy(at.x() - 40, at.y() - 6, 80, 12)

    def empty(image) -> bool:
        return len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}) == 1

    assert [empty(header(graph, layer)) for layer in (1, 2, 3)] == [True, False, True]
    assert all(empty(header(plain, layer)) for layer in (1, 2, 3))
    graph.show_spec(deep())
    assert header(graph, 2) == header(plain, 2), "the picture follows the experiment"


def test_a_header_under_the_pointer_names_its_activation(qtbot) -> None:
    graph = opened(qtbot, deep())
    before = graph.grab().toImage()
    at = button_at(graph, "own", 1)
    point(qtbot, graph, at.x(), at.y())
    area = at.x() - 40, at.y() - 6, 80, 12
    assert graph.grab().toImage().copy(*area) != before.copy(*area)


def test_words_name_the_layers_own_activation() -> None:
    spec = deep(RELU)
    assert "ReLU" in explain(spec, Target("neuron", 1, 0))
    assert "tanh" in explain(spec, Target("neuron", 2, 0))
    assert "ReLU" in explain_layer(spec, 1)


@pytest.mark.parametrize("layers", [1, 4, 8])
def test_its_button_takes_no_click_from_a_neuron(qtbot, layers: int) -> None:
    graph = opened(qtbot, planar((64,) * layers))
    x, y = neuron_at(graph, 1, 0)
    point(qtbot, graph, x, y + 3)
    assert graph._hovered == Target("neuron", 1, 0)


def test_undo_brings_the_old_network_back(qtbot, tmp_path) -> None:
    person = Person(qtbot, tmp_path)
    person.play_to(3)
    before, weights = person.document.spec, person.now.params
    person.click(person.graph, person.point(*button_at(person.graph, "own", 1).toTuple()))
    pick(qtbot, menu_of(qtbot, person.graph), "ReLU")
    assert person.wait_shown().spec.activations == (RELU, TANH)
    assert person.window.actions_by_id["undo"].text() == "Undo Activation of hidden 1"
    person.window.actions_by_id["undo"].trigger()
    assert person.wait_shown().spec == before
    assert (person.now.params == weights).all()
    person.close()


def test_the_column_means_all_layers(qtbot, tmp_path) -> None:
    person = Person(qtbot, tmp_path)
    spec = with_layer_dropout(with_layer_activation(person.document.spec, 0, RELU), 0, 0.3)
    person.window.page.propose("own", spec, "")
    column = person.window.page.settings
    dropout = column.penalty_form.editors["dropout"]
    dropout.field.setText("10 %")
    dropout.field.commit()
    assert person.document.spec.dropout == (0.1, 0.1)
    assert person.document.spec.activations == (RELU, TANH)
    column.activation.combo.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(column.activation.combo, Qt.Key.Key_Down)
    assert len(set(person.document.spec.activations)) == 1
    person.close()


def test_a_right_click_on_a_header_opens_it(qtbot) -> None:
    graph = opened(qtbot, deep())
    at = button_at(graph, "own", 3) - QPoint(0, 40)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, graph.mapToGlobal(at))
    QApplication.sendEvent(graph, event)
    menu = menu_of(qtbot, graph)
    assert menu.actions()[0].text() == "Hidden 3: activation"
    menu.close()
