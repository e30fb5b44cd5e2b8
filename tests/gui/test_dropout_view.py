"""Dropout on the network picture: who is hollow is who training leaves out next, and eval costs and asks for nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.minibatch import MiniBatch
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.graphics.curve_plot import gap_color
from gui.graphics.dropout_view import DASH, HELP, PERIOD, DropoutView, dashes, dropped_of, shares_text
from gui.graphics.edges import EdgeSet
from gui.graphics.targets import Target
from gui.panels.network_graph import NetworkGraph
from gui.theme import DARK, LIGHT
from tests.gui.opened import LEFT, Key, Person


def with_dropout(share: float = 0.3, sizes: tuple[int, ...] = (8, 8), own: tuple[float, ...] = ()) -> ExperimentSpec:
    spec = ExperimentSpec()
    return replace(
        spec,
        network=replace(spec.network, hidden_layer_sizes=sizes),
        training=replace(spec.training, dropout=share, layer_dropout=own),
    )


def batch_of(*masks, rows=(7, 3)) -> MiniBatch:
    n = len(rows)
    return MiniBatch(np.array(rows), np.zeros((n, 2)), np.zeros((n, 1)), masks, (), 1)


def one_line(*corners: tuple[float, float]) -> EdgeSet:
    points = np.array(corners, float)
    nothing = np.zeros(1, np.int64)
    segments = np.concatenate([points[:-1], points[1:]], axis=1)
    return EdgeSet(nothing, nothing, nothing, nothing, segments, np.zeros(len(segments), np.int64), 1)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_mask_of_zero_is_a_neuron_left_out_for_the_first_sample_or_the_one_looked_at():
    batch = batch_of(np.array([[2.0, 0.0], [0.0, 2.0]]), None)
    first, second = dropped_of(batch, None)
    assert first.tolist() == [False, True]
    assert second is None
    assert dropped_of(batch, 3)[0].tolist() == [True, False]
    assert dropped_of(batch, 99)[0].tolist() == [False, True], "not in this mini-batch"
    assert dropped_of(batch_of(), None) == ()


@pytest.mark.parametrize(
    ("share", "own", "text"),
    [(0.3, (), "30 %"), (0.0, (), ""), (0.1, (0.5,), "10 to 50 %"), (0.0, (0.25,), "0 to 25 %")],
)
def test_the_share_in_words(share, own, text):
    assert shares_text(with_dropout(share, own=own)) == text


def test_dashes_go_on_round_a_corner():
    # 5 to the right, 7 down: dashes at 0..4 and 9..13 along the line, the second all on the way down, cut at its end
    assert (DASH, PERIOD) == (4.0, 9.0)
    np.testing.assert_allclose(dashes(one_line((0, 0), (5, 0), (5, 7))), [[0, 0, 4, 0], [5, 4, 5, 7]])


def test_each_edge_begins_with_a_dash_of_its_own():
    a, b = one_line((0, 0), (6, 0)), one_line((0, 10), (6, 10))
    both = EdgeSet(*[np.zeros(2, np.int64)] * 4, np.concatenate([a.segments, b.segments]), np.array([0, 1]), 2)
    np.testing.assert_allclose(dashes(both), [[0, 0, 4, 0], [0, 10, 4, 10]])
    assert dashes(both.part(np.array([], np.int64))).shape == (0, 4)


def test_an_edge_is_out_when_one_of_its_ends_is():
    view = DropoutView()
    view.set_spec(with_dropout(sizes=(2, 2)))
    view.take(batch_of(np.array([[0.0, 1.4]]), np.array([[1.4, 0.0]]), rows=(1,)), None)
    assert view.dropped == (), "eval"
    view.set_train(True)
    assert view.is_dropped(Target("neuron", 1, 0))
    assert not view.is_dropped(Target("neuron", 1, 1))
    assert not view.is_dropped(Target("neuron", 0, 0)), "inputs are never left out"
    assert view.is_dropped(Target("edge", 0, 0, 1)), "into the first of hidden 1"
    assert not view.is_dropped(Target("edge", 0, 1, 1))
    assert view.is_dropped(Target("edge", 1, 1, 1)), "into the second of hidden 2"
    assert view.is_dropped(Target("edge", 2, 0, 1)), "out of it"
    assert not view.is_dropped(Target("edge", 2, 0, 0))
    view.set_spec(with_dropout(sizes=(3, 2)))
    assert view.dropped == (), "another network"


# --- the same bits as training ----------------------------------------------------------------------------------------


def test_what_is_hollow_is_what_training_leaves_out_next():
    trainer = Trainer(with_dropout())
    for _ in range(5):
        batch = trainer.snapshot(minibatch=True).minibatch
        shown = dropped_of(batch, None)
        trained = []
        apply = trainer.descent._perturbation.apply

        def spy(x, work, apply=apply, trained=trained):
            result = apply(x, work)
            trained.append([layer.mask.copy() for layer in work[:-1]])
            return result

        trainer.descent._perturbation.apply = spy
        trainer.step_batch()
        trainer.descent._perturbation.apply = apply
        for mask, dropped in zip(trained[0], shown, strict=True):
            np.testing.assert_array_equal(mask[0] == 0, dropped)


# --- the graph --------------------------------------------------------------------------------------------------------


@pytest.fixture
def graph(qtbot) -> NetworkGraph:
    graph = NetworkGraph(LIGHT)
    graph.reduce_motion = True
    qtbot.addWidget(graph)
    graph.resize(744, 544)
    graph.show()
    return graph


def give(graph: NetworkGraph, spec: ExperimentSpec, batches: int = 0) -> Trainer:
    trainer = Trainer(spec)
    for _ in range(batches):
        trainer.step_batch()
    graph.show_spec(spec)
    graph.show_snapshot(trainer.snapshot(side=20, minibatch=graph.wants_minibatch))
    return trainer


def test_without_dropout_there_is_no_switch_and_nothing_is_asked_for(graph, qtbot):
    give(graph, ExperimentSpec())
    assert not graph.mode.isVisible()
    graph.show_spec(with_dropout())
    assert graph.mode.isVisible()
    assert not graph.wants_minibatch, "eval is what is shown at first"
    qtbot.mouseClick(graph.mode.train, LEFT)
    assert graph.wants_minibatch
    graph.show_spec(ExperimentSpec())
    assert not graph.mode.isVisible()
    assert not graph.wants_minibatch
    graph.show_spec(with_dropout(0.5))
    assert graph.wants_minibatch, "as the person left it"
    qtbot.mouseClick(graph.mode.eval, LEFT)
    assert not graph.wants_minibatch


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_hollow_neurons_and_dashed_edges_are_painted_and_go_again(graph, qtbot, theme):
    graph.apply_theme(theme)
    spec = with_dropout()
    trainer = give(graph, spec, batches=7)
    whole = graph.grab().toImage()
    qtbot.mouseClick(graph.mode.train, LEFT)
    graph.show_snapshot(trainer.snapshot(side=20, minibatch=True))
    view = graph._picture.dropout
    out = np.flatnonzero(view.dropped[0])
    assert 0 < len(out) < 8
    train = graph.grab().toImage()
    for neuron in range(8):
        x, y = graph._picture.layout.columns[1].centers[neuron]
        here = [train.pixelColor(round(x) + dx, round(y) + dy) for dx in (-9, 9) for dy in (-9, 9)]
        assert all(color == theme.panel for color in here) == (neuron in out)
    assert any(color == theme.panel for color in [train.pixelColor(*p) for p in along(graph, int(out[0]))])
    qtbot.mouseClick(graph.mode.eval, LEFT)
    assert inside(graph, graph.grab().toImage()) == inside(graph, whole)


def inside(graph: NetworkGraph, image) -> object:
    """The picture without the switch, whose button has the look of what was pressed."""
    return image.copy(0, 0, graph.width(), graph.mode.y())


def along(graph: NetworkGraph, neuron: int) -> list[tuple[int, int]]:
    edges = graph._picture.edges
    line = edges.line(edges.find(0, 0, neuron))
    return [(round(x), round(y)) for a, b in pairwise(line) for x, y in np.linspace(a, b, 12)]


def test_another_mini_batch_is_another_pattern(graph, qtbot):
    trainer = give(graph, with_dropout(0.5))
    qtbot.mouseClick(graph.mode.train, LEFT)
    seen = set()
    for _ in range(4):
        graph.show_snapshot(trainer.snapshot(minibatch=True))
        graph.repaint()
        seen.add(tuple(np.concatenate(graph._picture.dropout.dropped).tolist()))
        trainer.step_batch()
    assert len(seen) == 4


def test_between_two_patterns_the_lines_are_kept_and_a_newer_pattern_redraws_them(graph, qtbot):
    trainer = give(graph, with_dropout())
    qtbot.mouseClick(graph.mode.train, LEFT)
    graph.show_snapshot(trainer.snapshot(minibatch=True, running=True))
    graph.repaint()
    view = graph._picture.dropout
    kept = view._pixmap.cacheKey()
    trainer.step_batch()
    graph.show_snapshot(trainer.snapshot(running=True))
    graph.repaint()
    assert view._pixmap.cacheKey() == kept
    graph.show_snapshot(trainer.snapshot(minibatch=True, running=True))
    graph.repaint()
    assert view._pixmap.cacheKey() != kept


def test_the_legend_the_card_and_the_explanation_say_so(graph, qtbot):
    trainer = give(graph, with_dropout())
    assert graph._picture.dropout.words() == ()
    assert HELP not in graph.explain_at(QPoint(300, 300))
    qtbot.mouseClick(graph.mode.train, LEFT)
    graph.show_snapshot(trainer.snapshot(minibatch=True))
    assert graph._picture.dropout.words()[0] == "hollow: dropped for this sample, 30 %"
    out, kept = (int(np.flatnonzero(graph._picture.dropout.dropped[1] == want)[0]) for want in (True, False))
    assert ("dropout", "left out", 0) in graph.card(Target("neuron", 2, out)).rows
    assert ("dropout", "left out", 0) not in graph.card(Target("neuron", 2, kept)).rows
    assert graph.explain_at(QPoint(300, 300)).endswith(HELP)


def test_many_lines_come_to_rest(graph, qtbot):
    """In a crowd the lines of the others are drawn whole: nothing keeps asking to be painted."""
    trainer = give(graph, with_dropout(0.3, (30, 20)))
    qtbot.mouseClick(graph.mode.train, LEFT)
    graph.show_snapshot(trainer.snapshot(minibatch=True))
    graph.repaint()
    assert len(graph._picture.edges) > 300
    assert not graph._picture.lines.busy
    trainer.step_batch()
    graph.show_snapshot(trainer.snapshot(minibatch=True, running=True))
    qtbot.waitUntil(lambda: not graph._picture.lines.lags and not graph._picture.lines.busy, timeout=2000)


def test_the_window_shows_the_next_mini_batch_by_keyboard(qtbot, tmp_path):
    person = Person(qtbot, tmp_path)
    person.window.page.propose("Dropout", with_dropout(), "")
    person.wait_shown()
    graph = person.graph
    assert person.now.minibatch is None, "eval asks for nothing"
    graph.mode.train.setFocus(Qt.FocusReason.TabFocusReason)
    person.press(Key.Key_Space)
    assert graph.mode.train.isChecked()
    person.wait(lambda: graph._picture.dropout.dropped)
    person.wait(lambda: person.now.minibatch is not None)
    expected = dropped_of(person.now.minibatch, person.now.sample_index)
    for shown, wanted in zip(graph._picture.dropout.dropped, expected, strict=True):
        np.testing.assert_array_equal(shown, wanted)
    person.close()


def test_the_gap_has_no_color_of_a_class():
    assert gap_color(LIGHT) not in (LIGHT.positive, LIGHT.negative)
