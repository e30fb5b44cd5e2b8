"""The network graph as a person meets it: real pointer and keys, what it shows and what it asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetricsF
from pytestqt.qtbot import QtBot

from engine.activations import ACTIVATIONS
from engine.data import load_data
from engine.datasets import DATASETS
from engine.network import Layout
from engine.probes import decision_maps, sample_activations
from engine.snapshot import Metrics, RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.graphics.backdrop import LEGEND_HEIGHT, header_of
from gui.graphics.graph_lines import lit_edges
from gui.graphics.structure import with_layers
from gui.graphics.targets import Target
from gui.panels.network_graph import NetworkGraph
from gui.theme import DARK, LIGHT, Theme

LEFT = Qt.MouseButton.LeftButton


def planar(hidden: tuple[int, ...] = (8, 6), features: tuple[str, ...] = ("x1", "x2")) -> ExperimentSpec:
    spec = with_layers(ExperimentSpec(), hidden)
    return replace(spec, data=replace(spec.data, features=features))


def digits(hidden: tuple[int, ...] = (100, 50)) -> ExperimentSpec:
    spec = with_layers(ExperimentSpec(), hidden)
    return replace(
        spec,
        data=replace(spec.data, dataset=DATASETS["digits"]()),
        network=replace(spec.network, hidden_layer_sizes=hidden, activation=ACTIVATIONS["relu"]()),
    )


def snapshot_of(spec: ExperimentSpec, seed: int = 0, maps: bool = True, params: np.ndarray | None = None) -> Snapshot:
    layout = Layout(spec.layer_sizes)
    if params is None:
        params = np.random.default_rng(seed).normal(0, 0.7, layout.n_parameters).astype(np.float32)
    with np.errstate(all="ignore"):
        pictures = decision_maps(spec, layout, params, 20) if maps and spec.data.dataset.planar else None
    return Snapshot(1, spec, layout, load_data(spec.data), params, 0, 0, 1, 0, Metrics(0, 0, 0, 0, 0), np.zeros((1, 5)),
                    maps=pictures)  # fmt: skip


def opened(qtbot: QtBot, spec: ExperimentSpec, theme: Theme = LIGHT, **more: int) -> NetworkGraph:
    graph = NetworkGraph(theme, **more)
    graph.reduce_motion = True
    graph.resize(744, 544)
    qtbot.addWidget(graph)
    graph.show_spec(spec)
    graph.show_snapshot(snapshot_of(spec))
    with qtbot.waitExposed(graph):
        graph.show()
    graph.repaint()
    return graph


def point(qtbot: QtBot, graph: NetworkGraph, x: float, y: float) -> QPoint:
    """Move there, by way of another place: the platform swallows a move to where the pointer already is."""
    qtbot.mouseMove(graph, QPoint(1, graph.height() - 1))
    at = QPoint(round(x), round(y))
    qtbot.mouseMove(graph, at)
    return at


def neuron_at(graph: NetworkGraph, layer: int, neuron: int) -> tuple[float, float]:
    column = graph._picture.layout.columns[layer]
    x, y = column.centers[column.slot_of(neuron)]
    return float(x), float(y)


def clear_edge(graph: NetworkGraph) -> tuple[Target, float, float]:
    """An edge and a place where it is the one that the pointer hits."""
    edges = graph._picture.edges
    for row in np.argsort(-np.abs(graph._picture.lines.values(edges))):
        for x, y in edges.line(int(row))[2:-2]:
            found = graph._picture.lines.at(round(x), round(y))
            if found is not None and edges.find(found.layer, found.source, found.index) == row:
                return found, x, y
    raise AssertionError("no edge can be hit")


def button_at(graph: NetworkGraph, kind: str, layer: int) -> QPoint:
    x, y, w, h = next(b.box for b in graph._picture.buttons if b.target == Target(kind, layer))
    return QPoint(round(x + w / 2), round(y + h / 2))


def colors_in(graph: NetworkGraph) -> set[int]:
    image = graph.grab().toImage()
    return {image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


def close_to(a: QColor, b: QColor, tolerance: int = 40) -> bool:
    return all(abs(x - y) <= tolerance for x, y in zip(a.getRgb()[:3], b.getRgb()[:3], strict=True))


# --- painting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize(
    "spec", [planar(), planar(()), planar((1, 1)), planar((64,) * 8), digits(), digits(())],
    ids=["usual", "no-hidden", "ones", "largest", "digits", "digits-no-hidden"],
)  # fmt: skip
def test_every_shape_of_network_is_painted(qtbot: QtBot, spec: ExperimentSpec, theme: Theme) -> None:
    graph = opened(qtbot, spec, theme)
    assert len(colors_in(graph)) > 50
    assert graph._picture.edges is not None
    assert len(graph._picture.edges) > 0


def test_nothing_is_shown_before_an_experiment_and_after_clear(qtbot: QtBot) -> None:
    graph = NetworkGraph(LIGHT)
    qtbot.addWidget(graph)
    graph.show()
    assert colors_in(graph) == {LIGHT.panel.rgb()}
    graph.show_spec(planar())
    graph.show_snapshot(snapshot_of(planar()))
    assert len(colors_in(graph)) > 50
    graph.clear()
    assert colors_in(graph) == {LIGHT.panel.rgb()}


def test_without_maps_cells_are_plain_and_later_ones_stay(qtbot: QtBot) -> None:
    spec = planar()
    graph = opened(qtbot, spec)
    x, y = (round(v) for v in neuron_at(graph, 1, 0))
    with_map = graph.grab().toImage().pixelColor(x + 8, y + 8)
    graph.show_snapshot(snapshot_of(spec, maps=False))
    assert graph.grab().toImage().pixelColor(x + 8, y + 8) == with_map
    fresh = NetworkGraph(LIGHT)
    qtbot.addWidget(fresh)
    fresh.resize(744, 544)
    fresh.show_spec(spec)
    fresh.show_snapshot(snapshot_of(spec, maps=False))
    assert fresh.grab().toImage().pixelColor(x, y) == LIGHT.sunken


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_shown_as_such(qtbot: QtBot, bad: float) -> None:
    spec = planar()
    graph = opened(qtbot, spec)
    params = snapshot_of(spec).params.copy()
    params[:] = bad
    graph.show_snapshot(snapshot_of(spec, params=params))
    image = graph.grab().toImage()
    x, y = (round(v) for v in neuron_at(graph, 1, 0))
    reddish = [image.pixelColor(x + dx, y + dy) for dx in (-5, 5) for dy in (-5, 5)]
    if np.isnan(bad):
        assert all(c.red() > c.blue() + 60 and c.red() > c.green() + 60 for c in reddish)
    assert graph._picture.lines.broken


def test_a_snapshot_of_another_network_is_ignored(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar((8, 6)))
    before = graph.grab().toImage()
    graph.show_snapshot(snapshot_of(planar((5,)), seed=3))
    assert graph.grab().toImage() == before


def test_new_weights_change_the_picture(qtbot: QtBot) -> None:
    spec = planar()
    graph = opened(qtbot, spec)
    before = graph.grab().toImage()
    graph.show_snapshot(snapshot_of(spec, seed=5, maps=False))
    assert graph.grab().toImage() != before


def test_a_positive_weight_is_blue_and_a_negative_one_orange(qtbot: QtBot) -> None:
    spec = planar((), ("x1",))
    graph = opened(qtbot, spec)
    for sign, color in ((1, LIGHT.positive), (-1, LIGHT.negative)):
        graph.show_snapshot(snapshot_of(spec, params=np.array([2.0 * sign, 0], np.float32)))
        graph.repaint()
        x, y = graph._picture.edges.line(0)[5]
        assert close_to(graph.grab().toImage().pixelColor(round(x), round(y)), color)


def test_another_theme_repaints_everything(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    graph.apply_theme(DARK)
    image = graph.grab().toImage()
    assert image.pixelColor(3, 300) == DARK.panel
    assert LIGHT.panel.rgb() not in colors_in(graph)


def test_the_hovered_is_lit_and_the_rest_fades(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    other = tuple(round(v) for v in neuron_at(graph, 2, 5))
    before = graph.grab().toImage().pixelColor(other[0] + 10, other[1] + 10)
    point(qtbot, graph, *neuron_at(graph, 1, 0))
    after = graph.grab().toImage().pixelColor(other[0] + 10, other[1] + 10)
    assert before.saturation() > 2 * after.saturation()
    lit = lit_edges(graph._picture.edges, graph._hovered)
    assert lit.sum() == 2 + 6


# --- looking ----------------------------------------------------------------------------------------------------------


def test_hovering_a_neuron_tells_which_and_leaving_takes_it_back(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    with qtbot.waitSignal(graph.neuronHovered) as caught:
        point(qtbot, graph, *neuron_at(graph, 2, 3))
    assert caught.args == [2, 3]
    with qtbot.waitSignal(graph.neuronHovered) as caught:
        qtbot.mouseMove(graph, QPoint(1, graph.height() - 1))
    assert caught.args == [-1, -1]


def test_the_card_gives_the_exact_weight_and_keeps_moving(qtbot: QtBot) -> None:
    spec = planar()
    graph = opened(qtbot, spec)
    edge, x, y = clear_edge(graph)
    point(qtbot, graph, x, y)
    assert graph._hovered == edge
    for seed in (0, 1):
        snapshot = snapshot_of(spec, seed=seed)
        graph.show_snapshot(snapshot)
        graph.repaint()
        value = snapshot.params[snapshot.layout.weight_index(edge.layer, edge.source, edge.index)]
        (label, text, _), *_ = graph.card(edge).rows
        assert label == "weight w"
        assert np.float32(text.replace("−", "-")) == value


def test_all_inputs_of_planar_data_are_switches(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    _, x, y = graph._picture.layout.columns[0].idle[0]
    with qtbot.waitSignal(graph.specProposed) as caught:
        qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, x, y))
    text, spec, key = caught.args
    assert (text, spec.data.features, key) == ("Input x₁²", ("x1", "x2", "x1_squared"), "")
    with qtbot.waitSignal(graph.specProposed) as caught:
        qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, *neuron_at(graph, 0, 0)))
    assert caught.args[1].data.features == ("x2",)


def test_the_last_input_stays(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar((3,), ("x2",)))
    with qtbot.assertNotEmitted(graph.specProposed):
        qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, *neuron_at(graph, 0, 0)))
    assert "stays on" in graph.card(Target("neuron", 0, 0)).hint


# --- structure --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "layer", "expected"),
    [("plus", 1, (9, 6)), ("minus", 2, (8, 5)), ("remove", 1, (6,)), ("add", 1, (8, 8, 6)), ("add", 3, (8, 6, 6))],
)
def test_the_headers_change_the_layers(qtbot: QtBot, kind: str, layer: int, expected: tuple[int, ...]) -> None:
    graph = opened(qtbot, planar((8, 6)))
    at = button_at(graph, kind, layer)
    with qtbot.waitSignal(graph.specProposed) as caught:
        qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, at.x(), at.y()))
    assert caught.args[1].network.hidden_layer_sizes == expected


def test_buttons_do_nothing_at_the_limits(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar((1, 4)), max_width=4, max_layers=2)
    with qtbot.assertNotEmitted(graph.specProposed):
        for kind, layer in (("minus", 1), ("plus", 2), ("add", 1), ("add", 3)):
            at = button_at(graph, kind, layer)
            qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, at.x(), at.y()))
            assert "at " in graph._tip()


def test_showing_a_spec_says_nothing(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    with qtbot.assertNotEmitted(graph.specProposed), qtbot.assertNotEmitted(graph.parameterEdited):
        graph.show_spec(planar((3,)))
        graph.show_snapshot(snapshot_of(planar((3,))))
        graph.repaint()


def test_a_setting_that_is_not_of_the_network_moves_nothing(qtbot: QtBot) -> None:
    spec = planar()
    graph = opened(qtbot, spec)
    layout, before = graph._picture.layout, graph.grab().toImage()
    graph.show_spec(replace(spec, training=replace(spec.training, batch_size=3)))
    assert graph._picture.layout is layout
    assert graph.grab().toImage() == before


def test_neurons_glide_to_their_place_unless_motion_is_reduced(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar((8,)))
    before = neuron_at(graph, 1, 7)
    graph.reduce_motion = False
    graph.show_spec(planar((9,)))
    assert neuron_at(graph, 1, 7) == pytest.approx(before)
    graph.repaint()
    qtbot.waitUntil(lambda: not graph._stage.gliding, timeout=2000)
    assert neuron_at(graph, 1, 7)[1] < before[1] - 5
    graph.reduce_motion = True
    there = neuron_at(graph, 1, 7)
    graph.show_spec(planar((8,)))
    assert neuron_at(graph, 1, 7) == pytest.approx(before)
    assert there != pytest.approx(before)


# --- editing ----------------------------------------------------------------------------------------------------------


def edit_edge(qtbot: QtBot, graph: NetworkGraph) -> tuple[Target, int]:
    edge, x, y = clear_edge(graph)
    qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, x, y))
    assert graph._editor.isVisible()
    return edge, graph._picture.flat_index(edge)


def test_a_click_on_an_edge_edits_its_weight(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    edge, flat = edit_edge(qtbot, graph)
    assert graph.selected == edge
    assert not graph._editor.geometry().contains(graph._pointer.at.toPoint())
    qtbot.keyClicks(graph._editor.line, "1,25")
    with qtbot.waitSignal(graph.parameterEdited) as caught:
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Return)
    index, value, text = caught.args
    assert (index, value) == (flat, 1.25)
    assert text.startswith("Weight ")
    assert not graph._editor.isVisible()


def test_escape_leaves_the_weight_as_it_was(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    edit_edge(qtbot, graph)
    with qtbot.assertNotEmitted(graph.parameterEdited):
        qtbot.keyClicks(graph._editor.line, "7")
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Escape)
    assert not graph._editor.isVisible()


def test_a_click_elsewhere_accepts(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    _, flat = edit_edge(qtbot, graph)
    qtbot.keyClicks(graph._editor.line, "-3")
    with qtbot.waitSignal(graph.parameterEdited) as caught:
        qtbot.mouseClick(graph, LEFT, pos=QPoint(3, graph.height() - 3))
    assert caught.args[:2] == [flat, -3.0]


def test_nothing_that_is_no_number_can_be_typed_or_taken(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    edit_edge(qtbot, graph)
    line = graph._editor.line
    line.clear()
    qtbot.keyClicks(line, "nainf-1e9x")
    assert line.text() == "-1e"
    with qtbot.assertNotEmitted(graph.parameterEdited):
        qtbot.keyClick(line, Qt.Key.Key_Return)
    assert graph._editor.isVisible()
    line.clear()
    qtbot.keyClicks(line, "99999999")
    assert line.text() == "999999"


def test_opening_and_accepting_changes_nothing(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    edit_edge(qtbot, graph)
    with qtbot.assertNotEmitted(graph.parameterEdited):
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Return)


def test_arrow_keys_in_the_editor_change_the_value_at_once_and_escape_takes_it_back(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    edge, flat = edit_edge(qtbot, graph)
    before = float(graph._picture.value(edge))
    with qtbot.waitSignal(graph.parameterEdited) as caught:
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Up)
    assert caught.args[0] == flat
    assert caught.args[1] > before
    with qtbot.waitSignal(graph.parameterEdited) as caught:
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Escape)
    assert caught.args[1] == before


def test_dragging_an_edge_up_raises_its_weight(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    edge, x, y = clear_edge(graph)
    at = point(qtbot, graph, x, y)
    before = float(graph._picture.value(edge))
    edits: list[float] = []
    graph.parameterEdited.connect(lambda flat, value, text: edits.append(value))
    qtbot.mousePress(graph, LEFT, pos=at)
    qtbot.mouseMove(graph, at - QPoint(0, 10))
    qtbot.mouseMove(graph, at - QPoint(0, 30))
    qtbot.mouseRelease(graph, LEFT, pos=at - QPoint(0, 30))
    assert len(edits) == 2
    assert before < edits[0] < edits[1]
    assert not graph._editor.isVisible()


def test_a_bias_square_opens_its_own_editor(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    x, y = neuron_at(graph, 1, 2)
    half = graph._picture.layout.columns[1].cell[0] / 2
    qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, x - half - 3, y + half - 3))
    assert graph.selected == Target("bias", 1, 2)
    qtbot.keyClicks(graph._editor.line, "0.5")
    with qtbot.waitSignal(graph.parameterEdited) as caught:
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Return)
    assert caught.args == [Layout((2, 8, 6, 1)).bias_index(0, 2), 0.5, "Bias of hidden 1, neuron 3"]


def test_a_weight_that_is_not_a_number_can_be_given_one(qtbot: QtBot) -> None:
    spec = planar((), ("x1",))
    graph = opened(qtbot, spec)
    graph.show_snapshot(snapshot_of(spec, params=np.array([np.nan, 0], np.float32)))
    graph.repaint()
    graph.edit(Target("edge", 0, 0, 0))
    with qtbot.assertNotEmitted(graph.parameterEdited):
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Escape)
    graph.edit(Target("edge", 0, 0, 0))
    graph._editor.line.selectAll()
    qtbot.keyClicks(graph._editor.line, "0.3")
    with qtbot.waitSignal(graph.parameterEdited) as caught:
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Return)
    assert caught.args[:2] == [0, 0.3]


# --- keyboard ---------------------------------------------------------------------------------------------------------


def test_everything_can_be_reached_and_edited_by_keys(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    graph.setFocus()
    qtbot.keyClick(graph, Qt.Key.Key_Down)
    assert graph.selected == Target("neuron", 1, 0)
    with qtbot.waitSignal(graph.neuronHovered) as caught:
        qtbot.keyClick(graph, Qt.Key.Key_Right)
    assert caught.args[0] == 2
    qtbot.keyClick(graph, Qt.Key.Key_Tab)
    assert graph.selected.kind == "edge"
    assert graph.accessibleDescription().startswith("Weight hidden 1, neuron 1 → hidden 2")
    assert "weight w" in graph.accessibleDescription()
    qtbot.keyClick(graph, Qt.Key.Key_Return)
    qtbot.keyClicks(graph._editor.line, "2")
    with qtbot.waitSignal(graph.parameterEdited) as caught:
        qtbot.keyClick(graph._editor.line, Qt.Key.Key_Return)
    assert caught.args[1] == 2.0
    assert graph.hasFocus()
    assert graph.selected == Target("edge", 1, 0, 0), "the weight that was edited, not the next one"
    qtbot.keyClick(graph, Qt.Key.Key_Escape)
    assert graph.selected is None


def test_the_card_of_what_keys_select_speaks_of_keys(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    for target in (Target("edge", 0, 0, 0), Target("neuron", 1, 0), Target("neuron", 0, 0), Target("bias", 1, 0)):
        assert "click" in graph.card(target).hint
        assert "Enter" in graph.card(target, by_keyboard=True).hint
        assert "click" not in graph.card(target, by_keyboard=True).hint


def test_keys_change_the_structure(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar((8, 6)))
    graph.setFocus()
    qtbot.keyClick(graph, Qt.Key.Key_Down)
    for key, expected in (
        (Qt.Key.Key_Plus, (9, 6)), (Qt.Key.Key_Minus, (7, 6)), (Qt.Key.Key_Insert, (8, 8, 6)), (Qt.Key.Key_Delete, (6,)),
    ):  # fmt: skip
        with qtbot.waitSignal(graph.specProposed) as caught:
            qtbot.keyClick(graph, key)
        assert caught.args[1].network.hidden_layer_sizes == expected


def test_a_selection_that_no_longer_exists_is_dropped(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar((8, 6)))
    graph.select(Target("neuron", 2, 5))
    with qtbot.waitSignal(graph.selectionChanged) as caught:
        graph.show_spec(planar((8, 4)))
    assert caught.args == [None]
    graph.repaint()


# --- images -----------------------------------------------------------------------------------------------------------


def drawn(spec: ExperimentSpec, pixel: int = 20) -> tuple[np.ndarray, ...]:
    snapshot = snapshot_of(spec)
    x = np.zeros(64, np.float32)
    x[[pixel, pixel + 1, pixel + 8]] = 1
    return sample_activations(spec, snapshot.layout, snapshot.params, x)


def test_a_drawing_fills_the_tile_and_marks_the_winner(qtbot: QtBot) -> None:
    spec = digits()
    graph = opened(qtbot, spec)
    x, y = (round(v) for v in neuron_at(graph, 0, 20))
    assert graph.grab().toImage().pixelColor(x, y) == LIGHT.sunken
    activations = drawn(spec)
    graph.show_activations(activations)
    assert close_to(graph.grab().toImage().pixelColor(x, y), LIGHT.positive, 3)
    assert graph._picture.predicted == int(activations[-1].argmax())
    assert graph._picture._legend_for[0].quantity == "|w·a|"
    graph.show_activations(None)
    assert graph.grab().toImage().pixelColor(x, y) == LIGHT.sunken


def test_wide_layers_come_to_show_the_most_active(qtbot: QtBot) -> None:
    spec = digits()
    graph = opened(qtbot, spec)
    activations = drawn(spec)
    best = int(np.abs(activations[1]).argmax())
    graph.show_activations(activations)
    graph.repaint()
    qtbot.waitUntil(lambda: best in graph._picture.layout.columns[1].shown, timeout=2000)
    assert graph._picture.layout.columns[1].left_out > 0


def test_a_wide_layer_opens_and_closes_on_a_click(qtbot: QtBot) -> None:
    graph = opened(qtbot, digits())
    for left_out in (0, 80):
        at = button_at(graph, "more", 1)
        qtbot.mouseClick(graph, LEFT, pos=point(qtbot, graph, at.x(), at.y()))
        assert graph._picture.layout.columns[1].left_out == left_out
        assert len(colors_in(graph)) > 50


@pytest.mark.parametrize("spec", [planar((8, 8, 8)), digits()], ids=["152", "11900"])
def test_faint_lines_follow_soon_while_training_and_at_once_when_paused(qtbot: QtBot, spec: ExperimentSpec) -> None:
    graph = opened(qtbot, spec)
    graph.show_snapshot(replace(snapshot_of(spec, seed=9), state=RunState.RUNNING))
    graph.repaint()
    assert graph._picture.lines.lags
    qtbot.waitUntil(lambda: not (graph._picture.lines.lags or graph._picture.lines.busy), timeout=2000)
    running = graph.grab().toImage()
    paused = opened(qtbot, spec)
    paused.show_snapshot(snapshot_of(spec, seed=9))
    paused.repaint()
    assert not paused._picture.lines.lags
    qtbot.waitUntil(lambda: not paused._picture.lines.busy, timeout=200)
    assert paused.grab().toImage() == running


def test_activations_of_another_network_are_not_shown(qtbot: QtBot) -> None:
    graph = opened(qtbot, digits((100, 50)))
    graph.show_activations(drawn(digits((30,))))
    graph.repaint()
    assert graph._picture.activations is None


# --- help and small places --------------------------------------------------------------------------------------------


def test_a_tooltip_only_where_one_rests_on_something_and_short(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    assert graph.toolTip() == ""
    point(qtbot, graph, 160, 84)
    assert graph._hovered is None
    assert graph._tip() == ""
    plus = button_at(graph, "plus", 1)
    point(qtbot, graph, plus.x(), plus.y())
    assert graph._tip().startswith("Add a neuron")
    _, x, y = graph._picture.layout.columns[0].idle[0]
    point(qtbot, graph, x, y)
    assert len(graph._tip()) < 120


@pytest.mark.parametrize("spec", [planar(), digits((20, 6))])
def test_f1_explains_the_very_thing(qtbot: QtBot, spec: ExperimentSpec) -> None:
    graph = opened(qtbot, spec, max_width=128)
    before = graph.grab().toImage()

    def said(x: float, y: float) -> str:
        return graph.explain_at(QPoint(round(x), round(y)))

    last = len(spec.layer_sizes) - 1
    assert "adds up what comes in" in said(*neuron_at(graph, 1, 0))
    assert spec.network.activation.label in said(*neuron_at(graph, 1, 0))
    assert said(*neuron_at(graph, 0, 0)).startswith("Input")
    assert said(*neuron_at(graph, last, 0)).startswith("Output")
    _, x, y = clear_edge(graph)
    assert said(x, y).startswith("Weight")
    minus = button_at(graph, "minus", 1)
    assert said(minus.x(), minus.y()).startswith("Take one neuron")
    column = graph._picture.layout.columns[1]
    assert said(column.x, 17 if not graph._picture.layout.roomy else 41).startswith(("Hidden layer 1", "Remove"))
    assert "thicker" in said(100, graph.height() - 15)
    beside = (graph._picture.layout.columns[0].x + column.x) / 2
    assert said(beside, 68) == graph.whatsThis()
    assert len({said(*neuron_at(graph, layer, 0)) for layer in range(last + 1)}) == last + 1
    assert graph.grab().toImage() == before, "asking changes nothing"


def test_f1_on_a_bias_and_on_an_input_that_is_off(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar())
    x, y = neuron_at(graph, 1, 3)
    side = graph._picture.layout.columns[1].cell[0] / 2
    assert graph.explain_at(QPoint(round(x - side - 3), round(y + side - 3))).startswith("Bias of hidden 1, neuron 4")
    _, x, y = graph._picture.layout.columns[0].idle[0]
    assert "switched off" in graph.explain_at(QPoint(round(x), round(y)))


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_weights_of_next_to_nothing_are_hardly_seen(qtbot: QtBot, theme: Theme) -> None:
    spec = planar((1,))
    graph = opened(qtbot, spec, theme)
    params = np.full(Layout(spec.layer_sizes).n_parameters, 3e-9, np.float32)
    graph.show_snapshot(snapshot_of(spec, maps=False, params=params))
    image = graph.grab().toImage()
    assert graph._picture.lines.scale == 0.05
    line = graph._picture.edges.line(0)
    x, y = line[len(line) // 2]
    seen = [image.pixelColor(round(x) + dx, round(y) + dy) for dx in range(-3, 4) for dy in range(-3, 4)]
    assert all(close_to(color, theme.panel, 45) for color in seen)


@pytest.mark.parametrize("spec", [planar(()), planar((8, 8)), planar((8,) * 8), digits((100,) * 5), digits((100,) * 16),
                                  digits((4096, 4096))])  # fmt: skip
def test_in_the_smallest_window_nothing_overlaps_or_is_cut(qtbot: QtBot, spec: ExperimentSpec) -> None:
    graph = opened(qtbot, spec, max_width=4096, max_layers=16)
    graph.resize(graph.minimumSize())
    graph.repaint()
    assert graph.minimumWidth() <= 500
    assert graph.minimumHeight() <= 300
    layout = graph._picture.layout
    for line, font in ((0, fonts.sized(12, fonts.QFont.Weight.DemiBold)), (1, fonts.figures(12))):
        ends = 0.0
        for column in layout.columns:
            half = QFontMetricsF(font).horizontalAdvance(header_of(layout, column.layer)[line]) / 2
            assert column.x - half >= ends
            ends = column.x + half
        assert ends <= graph.width()
    last = layout.columns[-1]
    assert last.bottom <= graph.height() - LEGEND_HEIGHT
    assert last.right + 10 + QFontMetricsF(fonts.figures()).horizontalAdvance("9") <= graph.width()


def test_the_buttons_of_a_crowded_header_come_with_the_pointer(qtbot: QtBot) -> None:
    graph = opened(qtbot, planar((8,) * 8))
    graph.resize(graph.minimumSize())
    for layer in (2, 7):
        for kind, size in (("minus", 7), ("plus", 9)):
            at = button_at(graph, kind, layer)
            away = graph.grab().toImage()
            point(qtbot, graph, at.x(), at.y())
            assert graph.grab().toImage() != away
            with qtbot.waitSignal(graph.specProposed) as caught:
                qtbot.mouseClick(graph, LEFT, pos=at)
            sizes = caught.args[1].network.hidden_layer_sizes
            assert sizes == tuple(size if i == layer else 8 for i in range(1, 9))
