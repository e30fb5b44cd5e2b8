"""Phases in the real window: by keys, in slow motion, with the code beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from engine.phases import Kind, Phase, phases
from engine.snapshot import RunState, Snapshot
from engine.trainer import Trainer
from gui.settings import Settings
from tests.gui.opened import Key, Person


@pytest.fixture
def start(qtbot, tmp_path) -> Iterator[Callable[..., Person]]:
    opened: list[Person] = []

    def open_one(again: bool = False, **remembered: Any) -> Person:
        settings = None if again else Settings(reduce_motion=True, **remembered)
        opened.append(Person(qtbot, tmp_path, settings))
        return opened[-1]

    yield open_one
    for person in opened:
        if person.window is not None:
            person.close()


def next_phase(person: Person) -> Snapshot:
    before = person.latest.phase
    person.press(Key.Key_Right)
    person.wait(lambda: person.latest.phase not in (None, before))
    return person.latest


def test_arrow_steps_through_a_mini_batch_and_the_network_shows_it(start) -> None:
    person = start()
    person.window.transport.grain_actions["phase"].trigger()
    plain = Trainer(person.latest.spec)
    depth = person.latest.layout.depth
    for phase in phases(depth):
        latest = next_phase(person)
        assert latest.phase == phase
        assert person.window.transport.progress.lines()[1] == phase.name(depth)
        front = person.graph._picture.front
        assert front is not None
        assert front.phase == phase
        assert (front.trace is None) == (phase.kind is Kind.UPDATE), "the numbers come with the first picture"
        if phase.kind is not Kind.UPDATE:
            assert latest.params.tobytes() == plain.network.params.tobytes()
    plain.step_batch()
    assert person.latest.params.tobytes() == plain.network.params.tobytes()
    next_phase(person)
    person.press(Key.Key_Left)
    person.wait(lambda: person.latest.phase is None and person.latest.batch == 0)
    assert person.graph._picture.front is None


def test_the_key_c_shows_the_code_that_runs(start) -> None:
    person = start()
    page = person.window.page
    dock, code = page.docks["Code"], page.code
    assert not dock.isVisible()
    person.window.transport.grain_actions["phase"].trigger()
    next_phase(person)
    assert code.view.toPlainText() == "", "a hidden panel is shown nothing"
    person.press(Key.Key_C)
    person.wait(lambda: bool(code.view.running_text()))
    assert dock.isVisible()
    assert "Network.forward" in code.view.toPlainText()
    width, height = page.graph.width(), page.graph.height()
    assert width >= page.width() / 2 - 8
    assert height >= 280
    code.view.setFocus()
    first = code.view.running_text()
    next_phase(person)  # the view has no use for →
    assert code.view.running_text() != first
    person.press(Key.Key_C)
    assert not dock.isVisible()
    person.window.menu.fill_panels()
    assert [a.text() for a in person.window.menu.panels.actions() if a.text() == "Code"] == ["Code"]


def test_on_digits_strip_and_curves_give_way_to_the_code(start) -> None:
    person = start()
    person.window.open_page("digits")
    person.wait(lambda: person.latest is not None)
    docks = person.window.page.docks

    def seen() -> list[bool]:
        return [docks[name].isVisible() for name in ("Code", "PenStrip", "LossCurves")]

    for expected in ([True, False, False], [False, True, True]):
        person.press(Key.Key_C)
        person.wait(lambda expected=expected: seen() == expected)
    docks["PenStrip"].hide()
    for expected in ([True, False, False], [False, False, True]):  # who has closed it does not get it back
        person.press(Key.Key_C)
        person.wait(lambda expected=expected: seen() == expected)


def test_slow_motion_plays_phases_freezes_at_once_and_goes_on(start) -> None:
    person = start(speed=60.0, speed_unit="phase")
    assert "60 phases" in person.window.transport.speed.currentText()
    seen: set[Phase] = set()
    person.window.clock.shown.connect(lambda snapshot: seen.add(snapshot.phase))
    person.press(Key.Key_Space)
    person.wait(lambda: person.latest.batch >= 2)
    assert len(seen - {None}) >= 4
    assert person.latest.state is RunState.RUNNING
    assert person.latest.minibatch is not None or person.latest.phase.kind is Kind.UPDATE
    person.press(Key.Key_Space)
    frozen = person.wait_for(RunState.PAUSED)
    trainer = person.window.lab.runner._worker._trainer
    assert frozen.phase == trainer.phase is not None
    plain = Trainer(frozen.spec)
    while (plain.epoch, plain.batch) < (frozen.epoch, frozen.batch):
        plain.step_batch()
    assert np.array_equal(plain.network.params, frozen.params)
    person.press(Key.Key_Space)
    person.wait(lambda: person.latest.batch > frozen.batch)
    person.press(Key.Key_Space)
    person.wait_for(RunState.PAUSED)
    person.close()
    again = start(again=True)
    assert (again.window.lab.speed, again.window.lab.speed_unit) == (60.0, "phase")


def test_an_edit_leaves_the_phases(start) -> None:
    person = start()
    person.window.transport.grain_actions["phase"].trigger()
    next_phase(person)
    person.window.page.edit_weight(0, 0.25, "Weight")
    person.wait(lambda: person.latest.phase is None and person.latest.params[0] == 0.25)
    assert person.graph._picture.front is None
    assert person.window.transport.progress.lines() == ()
