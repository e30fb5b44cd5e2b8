"""The inspector in the real window: it follows what is selected, lights what its numbers are of, and takes clicked samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from engine.datasets import DATASETS
from engine.optimizers import OPTIMIZERS
from engine.snapshot import RunState
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from gui.graphics.sample_choice import Choice
from gui.graphics.targets import Target
from gui.settings import Settings
from tests.gui.opened import LEFT, ONE, SEVEN, Key, Person

XOR = ExperimentSpec(DataSpec(DATASETS["xor"]()), NetworkSpec((4,)), OPTIMIZERS["adam"](), TrainingSpec(batch_size=4))


@pytest.fixture
def person(qtbot, qapp, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Person]:
    from gui import app

    app.application()
    page = getattr(request, "param", "playground")
    person = Person(qtbot, tmp_path / "data", Settings(theme="light", reduce_motion=True, page=page))
    if page == "playground":
        person.window.lab.start_over(XOR, "XOR")
        person.wait(lambda: person.latest is not None and person.now.spec == XOR)
    yield person
    person.close()


def click_neuron(person: Person, layer: int, index: int) -> None:
    x, y = person.graph._picture.layout.columns[layer].centers[index]
    person.click(person.graph, person.point(x, y))


def wait_for_numbers(person: Person) -> list[str]:
    panel = person.window.page.inspector
    person.wait(lambda: any(" = " in text for text in panel.texts()))
    return panel.texts()


def test_a_click_on_a_neuron_takes_it_apart_and_its_numbers_are_links(person: Person) -> None:
    panel = person.window.page.inspector
    assert panel.isVisible()
    assert "Click a neuron" in panel.texts()[0]
    assert person.now.minibatch is None, "nothing is asked of training while nothing is selected"
    click_neuron(person, 1, 2)
    assert wait_for_numbers(person)[0].startswith("z = Σ w·a + b = ")
    assert panel.name.text() == "Hidden 1, neuron 3"
    assert person.window.page.docks["Inspector"].heading._label.text() == "Selected neuron"
    # A number lights its edge and leads there.
    picture = person.graph._picture
    edge = Target("edge", 0, 2, 1)
    at = panel.view.place_of(edge)
    person.qtbot.mouseMove(panel.view, QPoint(1, 1))
    person.qtbot.mouseMove(panel.view, at)
    assert picture._focus == edge
    person.qtbot.mouseMove(panel.view, QPoint(panel.view.width() - 2, 1))
    assert picture._focus is None
    person.click(panel.view, at)
    assert person.graph.selected == edge
    assert panel.name.text() == "x₂ → hidden 1, neuron 3"


def test_an_edge_opens_its_editor_and_is_taken_apart(person: Person) -> None:
    flat = person.open_editor_of_an_edge()
    texts = wait_for_numbers(person)
    assert texts[0].startswith("∂L/∂w = δ · a = ")
    assert person.graph._editor.isVisible()
    assert person.graph._picture.flat_index(person.graph.selected) == flat
    # The weight it announces is the one that a step makes.
    person.press(Key.Key_Escape)
    person.window.page.inspector.digits_box.setChecked(True)
    last = wait_for_numbers(person)[-1]
    assert last.startswith("next w = ")
    person.window.lab.step("batch")
    person.wait(lambda: person.now.batch or person.now.epoch)
    assert np.float32(last.rsplit(" = ", 1)[1].replace("−", "-")) == person.now.params[flat]


def test_a_click_on_a_point_takes_that_sample_and_opens_the_inspector(person: Person) -> None:
    page = person.window.page
    click_neuron(person, 2, 0)
    picture = page.boundary.picture
    person.wait(lambda: picture.field is not None)
    raw = person.now.data.train.raw
    place = picture.position(tuple(raw[3].tolist())).toPoint()
    person.click(picture, place + QPoint(4, -3))
    assert page.inspector.choice == Choice("train", 3)
    assert picture._chosen == tuple(raw[3].tolist())
    person.wait(lambda: page.inspector.sample.text().startswith("Training point 4 "))
    person.click(picture, (place + picture.square.center().toPoint()) / 2 + QPoint(0, 40))
    assert page.inspector.choice is None
    assert picture._chosen is None
    person.press(Key.Key_I)
    assert not page.inspector.isVisible()
    person.click(picture, picture.position(tuple(raw[0].tolist())).toPoint())
    assert page.inspector.isVisible(), "a sample is there to be looked at"


def test_i_shows_and_hides_it(person: Person) -> None:
    click_neuron(person, 1, 0)
    wait_for_numbers(person)
    person.press(Key.Key_I)
    assert not person.window.page.inspector.isVisible()
    person.wait(lambda: not person.window.lab.runner._minibatch_wanted)
    person.window.lab.step()
    person.wait(lambda: person.now.epoch == 1)
    assert person.now.minibatch is None
    person.press(Key.Key_I)
    person.wait(lambda: person.now.minibatch is not None)
    wait_for_numbers(person)


def test_it_follows_while_it_trains(person: Person) -> None:
    person.graph.select(Target("edge", 0, 1, 0))
    panel = person.window.page.inspector
    seen = set()
    wait_for_numbers(person)
    person.press(Key.Key_Space)
    person.wait(lambda: seen.add(panel.texts()[-1]) or len(seen) > 5)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    person.wait(lambda: person.now.minibatch is not None)
    person.wait_shown()
    assert panel._snapshot is person.window.clock.latest


def test_watching_changes_no_bit(person: Person) -> None:
    from engine.trainer import Trainer

    click_neuron(person, 1, 1)
    wait_for_numbers(person)
    spec = replace(XOR, training=replace(XOR.training, dropout=0.2, batch_size=3))
    person.window.page.propose("Training", spec, "")
    for steps in range(1, 6):
        person.window.lab.step("batch")
        person.wait(lambda steps=steps: person.now.epoch * 2 + person.now.batch == steps)
    alone = Trainer(spec)
    for _ in range(5):
        alone.step_batch()
    np.testing.assert_array_equal(person.now.params, alone.network.params)


def test_another_network_lets_go(person: Person) -> None:
    click_neuron(person, 1, 3)
    wait_for_numbers(person)
    person.click_button("minus", 1)
    person.wait(lambda: person.now.spec.network.hidden_layer_sizes == (3,))
    person.wait(lambda: "Click a neuron" in person.window.page.inspector.texts()[0])


@pytest.mark.parametrize("person", ["digits"], indirect=True)
def test_a_drawing_is_taken_apart(person: Person) -> None:
    page = person.window.page
    assert not page.inspector.isVisible()
    person.press(Key.Key_I)
    person.wait(page.inspector.isVisible)
    person.graph.select(Target("neuron", 1, 0))
    wait_for_numbers(person)
    person.draw(*SEVEN)
    person.wait(lambda: page.inspector.sample.text().startswith("Your drawing, assumed to be a "))
    assert page.inspector.class_combo.isVisible()
    cell = page.samples._cell(3, page.samples._side(page.samples.width()))
    person.qtbot.mouseClick(page.samples, LEFT, pos=cell.center().toPoint())
    place, label = page.samples.chosen()[3]
    person.wait(lambda: page.inspector.sample.text().startswith(f"Training image {place + 1:,}, a {label}"))
    person.click(page.canvas.clear_button)
    assert page.inspector.choice == Choice("train", place)
    person.draw(*ONE)
    person.wait(lambda: page.inspector.choice is not None and page.inspector.choice.part == "drawing")
    person.click(page.canvas.clear_button)
    person.wait(lambda: page.inspector.choice is None)
