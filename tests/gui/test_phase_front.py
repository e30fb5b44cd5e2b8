"""The front of a phase: hand-worked numbers, what is known when, and the picture of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from engine.phases import Kind, phases
from engine.trace import trace_of
from engine.trainer import Trainer
from gui import fonts
from gui.graphics.phase_front import Front, figure
from gui.panels.network_graph import NetworkGraph
from gui.theme import DARK, LIGHT
from tests.engine.helpers import experiment


def hand_made(**training) -> Trainer:
    """2-1-1 with tanh and one sigmoid output, no shuffling: the first sample of XOR is (0, 0), the second (0, 1)."""
    trainer = Trainer(
        experiment("xor", hidden=(1,), optimizer="sgd", rate=0.5, shuffle=False, batch_size=4, **training)
    )
    trainer.network.params[:] = [0.4, -0.6, 0.1, 0.8, -0.2]  # w x1, w x2, b; v, c
    return trainer


def fronts(trainer: Trainer) -> Iterator[Front]:
    for _ in phases(trainer.network.layout.depth):
        trainer.step_phase()
        front = Front.of(trainer.snapshot())
        assert front is not None
        yield front


def test_the_numbers_of_one_sample_by_hand() -> None:
    trainer = hand_made()
    x = trainer.data.train.x[0].astype(float)
    y = float(trainer.data.train.targets[0, 0])
    a = np.tanh(0.4 * x[0] - 0.6 * x[1] + 0.1)
    p = 1 / (1 + np.exp(-(0.8 * a - 0.2)))
    delta, hidden = p - y, (p - y) * 0.8 * (1 - a * a)
    first, second, loss, back, back_again, update = fronts(trainer)
    assert first.row == 0
    np.testing.assert_allclose(first.activations(1), [a], rtol=1e-6)
    assert first.activations(2) is None
    np.testing.assert_allclose(first.on_edges(0), [[0.4 * x[0]], [-0.6 * x[1]]], rtol=1e-6)
    assert first.on_edges(1) is None
    np.testing.assert_allclose(second.activations(2), [p], rtol=1e-6)
    assert (second.targets(2), second.deltas(2)) == (None, None)
    np.testing.assert_allclose(loss.targets(2), [y])
    assert loss.title == f"loss {-np.log(p if y else 1 - p):.3f}"
    np.testing.assert_allclose(back.deltas(2), [delta], rtol=1e-6)
    np.testing.assert_allclose(back.deltas(1), [hidden], rtol=1e-5)
    np.testing.assert_allclose(back.on_edges(1), [[delta * a]], rtol=1e-5)
    np.testing.assert_allclose(back_again.on_edges(0), [[hidden * x[0]], [hidden * x[1]]], rtol=1e-5)
    assert back_again.deltas(0) is None, "nothing is before the inputs"
    assert update.change is not None
    np.testing.assert_allclose(
        update.change, trainer.network.params - np.float32([0.4, -0.6, 0.1, 0.8, -0.2]), atol=1e-7
    )


def test_the_front_goes_through_the_network_and_back() -> None:
    steps = list(fronts(Trainer(experiment(hidden=(3, 2)))))
    assert [front.column for front in steps] == [1, 2, 3, 3, 2, 1, 0, -1]
    lit = [[front.lit_column(layer) for layer in range(4)] for front in steps]
    assert lit[0] == [True, True, False, False]
    assert lit[2] == lit[3] == lit[6] == lit[7] == [True] * 4
    assert lit[4] == [False, False, True, True]
    assert [[front.lit_gap(gap) for gap in range(3)] for front in steps][1] == [True, True, False]
    assert [[front.lit_gap(gap) for gap in range(3)] for front in steps][5] == [False, True, True]
    assert all(front.words and front.words[-1] == min(front.words, key=len) for front in steps)


def test_it_shows_the_sample_that_was_looked_at_else_the_first() -> None:
    trainer = Trainer(experiment(batch_size=10))
    for _ in range(3):
        trainer.step_sample()
    looked_at = trainer.sample_index
    trainer.step_phase()
    snapshot = trainer.snapshot()
    front = Front.of(snapshot)
    assert front is not None
    assert front.row == looked_at
    other = Front.of(replace(snapshot, sample_index=None))
    assert other is not None
    assert other.row == snapshot.minibatch.rows[0] != looked_at


def test_one_sample_alone_has_the_numbers_of_its_mini_batch() -> None:
    trainer = Trainer(experiment("spiral3", hidden=(5, 4), dropout=0.5, input_noise=0.1, batch_size=8))
    trainer.step_batch()
    for front in fronts(trainer):
        if front.trace is None:
            continue
        snapshot = trainer.snapshot()
        whole = trace_of(snapshot.spec, snapshot.layout, snapshot.params, snapshot.minibatch)
        for layer in range(3):
            np.testing.assert_allclose(front.trace.delta[layer][0], whole.delta[layer][0], atol=1e-6)
            np.testing.assert_allclose(front.trace.inputs[layer][0], whole.inputs[layer][0], atol=1e-6)
        if front.phase.kind is Kind.LOSS:
            np.testing.assert_array_equal(front.dropped(1), snapshot.minibatch.masks[0][0] == 0)
            assert (front.dropped(0), front.dropped(3)) == (None, None)


def test_outside_of_phases_there_is_no_front() -> None:
    trainer = Trainer(experiment())
    assert Front.of(trainer.snapshot()) is None
    trainer.step_batch()
    assert Front.of(trainer.snapshot(minibatch=True)) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.59331, "0.593"), (-0.1384, "−0.138"), (0.0, "0"), (12.5, "12.50"), (0.0002, "0.0002"), (-3e-7, "−3·10⁻⁷"),
     (float("nan"), "not a number")],
)  # fmt: skip
def test_figures_have_room_beside_a_neuron(value: float, text: str) -> None:
    assert figure(value) == text
    assert figure(0.25, signed=True) == "+0.250"


# --- the picture ------------------------------------------------------------------------------------------------------


@pytest.fixture
def graph(qtbot, qapp) -> NetworkGraph:
    fonts.install(qapp)
    graph = NetworkGraph(LIGHT, max_width=200)
    graph.reduce_motion = True
    qtbot.addWidget(graph)
    graph.resize(744, 544)
    graph.show()
    return graph


def picture(graph: NetworkGraph, trainer: Trainer) -> bytes:
    graph.show_snapshot(trainer.snapshot(side=8))
    image = graph.grab().toImage()
    return bytes(image.constBits())


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_every_phase_is_another_picture_and_after_them_all_is_as_before(graph: NetworkGraph, theme) -> None:
    graph.apply_theme(theme)
    trainer = Trainer(experiment("xor", hidden=(4,)))
    graph.show_spec(trainer.spec)
    before, seen = picture(graph, trainer), []
    for _ in phases(2):
        trainer.step_phase()
        seen.append(picture(graph, trainer))
    assert len({before, *seen}) == 7
    trainer.step_back()
    assert picture(graph, trainer) == before


def test_where_the_front_stands_there_is_a_line(graph: NetworkGraph) -> None:
    trainer = Trainer(experiment("xor", hidden=(4,)))
    graph.show_spec(trainer.spec)
    for _ in range(5):
        trainer.step_phase()
        picture(graph, trainer)
        front, columns = graph._picture.front, graph._picture.layout.columns
        image = graph.grab().toImage()
        accent = [
            column.layer for column in columns
            if any(image.pixelColor(round(column.x) + dx, 500) == LIGHT.accent for dx in (-1, 0))
        ]  # fmt: skip
        assert accent == [front.column]


def test_after_the_update_lines_show_the_change_and_then_the_weights_again(graph: NetworkGraph) -> None:
    trainer = Trainer(experiment("xor", hidden=(4,)))
    graph.show_spec(trainer.spec)
    picture(graph, trainer)
    lines, scale = graph._picture.lines, graph._picture.lines.scale
    for _ in phases(2):
        trainer.step_phase()
        picture(graph, trainer)
    np.testing.assert_array_equal(lines.values(lines.edges), graph._picture.front.change[lines.edges.flat])
    assert lines.scale < 0.2 < scale
    trainer.step_phase()
    picture(graph, trainer)
    np.testing.assert_array_equal(lines.values(lines.edges), trainer.network.params[lines.edges.flat])
    assert lines.scale == scale


def test_images_show_the_sample_of_the_phase_before_a_drawing(graph: NetworkGraph) -> None:
    trainer = Trainer(experiment("digits", hidden=(20,)))
    graph.show_spec(trainer.spec)
    picture(graph, trainer)
    drawing = tuple(np.full(n, 0.5, np.float32) for n in trainer.spec.layer_sizes)
    graph.show_activations(drawing)
    trainer.step_phase()
    picture(graph, trainer)
    graph.show_activations(drawing)
    shown = trainer.data.train.x[graph._picture.front.row]
    np.testing.assert_array_equal(graph._picture.activations[0], shown)
    assert graph._picture.predicted == -1, "the front has not come to the outputs"
    trainer.step_back()
    picture(graph, trainer)
    np.testing.assert_array_equal(graph._picture.activations[0], drawing[0])


def test_a_network_that_changes_during_a_phase_is_harmless(graph: NetworkGraph, qtbot) -> None:
    trainer = Trainer(experiment("xor", hidden=(4,)))
    graph.show_spec(trainer.spec)
    trainer.step_phase()
    picture(graph, trainer)
    graph.show_spec(experiment("xor", hidden=(4, 3)))
    graph.grab()
    graph.show_spec(experiment("xor", hidden=()))
    graph.grab()
    assert graph._picture.front is None


def test_legend_and_f1_say_what_the_phase_shows(graph: NetworkGraph) -> None:
    trainer = Trainer(experiment("xor", hidden=(4,)))
    graph.show_spec(trainer.spec)
    trainer.step_phase()
    picture(graph, trainer)
    assert graph._picture._legend_for[0].left_out[0].startswith("forward 1/2: a of sample")
    assert "Forward 1/2" in graph.explain_at(QPoint(200, graph.height() - 10))
    assert "Forward 1/2" in graph.accessibleDescription()
