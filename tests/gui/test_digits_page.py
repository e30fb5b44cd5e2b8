"""The Digits page while somebody draws: for 8×8 and for 28×28 images, in the real window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.evidence import evidence
from engine.pen import prepare_for
from engine.pen.worth import worth
from gui import settings, theme
from gui.panels.pen_stages import WORTH
from gui.settings import Settings
from tests.gui.opened import CONTROL, SEVEN, SHIFT, Key, Person
from tests.large_digits import on_enlarged_digits


@pytest.fixture
def person(qtbot, tmp_path):
    person = Person(qtbot, tmp_path, Settings(page="digits", theme="light"))
    yield person
    person.close()


@pytest.fixture(params=[8, 28])
def side(request, person) -> int:
    if request.param == 28:
        spec = on_enlarged_digits(person.document.spec, person.places.images, (24,), n=200)
        person.window.lab.start_over(spec, "28×28")
        person.wait(lambda: person.latest is not None and person.latest.layout.sizes[0] == 784)
    return request.param


def click_bar(person: Person, digit: int) -> None:
    readout = person.window.page.readout
    area, row = readout._area(), readout._row_height
    person.click(readout, QPoint(area.center().x(), round(area.top() + (digit + 0.5) * row)))


def test_the_drawing_is_read_as_the_images_were_made(person, side):
    page = person.window.page
    person.draw(*SEVEN)
    person.wait(lambda: page.probabilities is not None)
    prepared = prepare_for(side, page.canvas.ink())
    assert np.array_equal(page._prepared.input, prepared.input)
    assert len(page.stages.frames()) == {8: 6, 28: 5}[side]
    assert page.probabilities.sum() == pytest.approx(1, abs=1e-5)
    shown = person.graph._picture.activations
    assert np.allclose(shown[0], prepared.input, atol=1e-6)
    assert len(shown) == len(person.now.layout.sizes)


@pytest.mark.parametrize("side", [28], indirect=True)
def test_undo_and_the_eraser_change_what_is_read(person, side):
    page = person.window.page
    person.draw(*SEVEN)
    person.wait(lambda: page.probabilities is not None)
    before = page._prepared.input
    person.press(Key.Key_E)
    person.draw((0.3, 0.25), (0.5, 0.25))
    person.wait(lambda: not np.array_equal(page._prepared.input, before))
    person.press(Key.Key_Z, CONTROL)
    person.wait(lambda: np.array_equal(page._prepared.input, before))
    person.press(Key.Key_Z, CONTROL)
    person.wait(lambda: page.probabilities is None)
    assert page.stages.is_empty()
    person.press(Key.Key_Z, CONTROL | SHIFT)
    person.wait(lambda: page._prepared is not None and np.array_equal(page._prepared.input, before))


def test_a_stage_switched_off_changes_the_reading(person, side):
    page = person.window.page
    person.draw((0.1, 0.1), (0.3, 0.1), (0.2, 0.3))
    person.wait(lambda: page.probabilities is not None)
    full = page._prepared.input
    page.stages.switches["crop"].click()
    assert not np.array_equal(page._prepared.input, full)
    assert np.array_equal(page._prepared.input, prepare_for(side, page.canvas.ink(), {"crop"}).input)
    page.stages.all_on.click()
    assert np.array_equal(page._prepared.input, full)


def test_the_strip_learns_what_each_stage_is_worth(person, side):
    page = person.window.page
    person.draw(*SEVEN)
    ids = list(page.stages.switches)
    person.wait(lambda: all(page.stages.worth_of(id) for id in ids))
    snapshot = person.now
    expected = worth(snapshot.spec, snapshot.layout, snapshot.params, page.canvas.ink())
    assert page.stages._worth == expected
    page.canvas.clear()
    person.wait(page.stages.is_empty)
    assert not person.window.lab.runner.analyses.waits(WORTH)


def test_evidence_is_seen_on_the_drawing_and_on_the_input(person, side):
    page, surface = person.window.page, person.window.page.canvas.surface
    person.draw(*SEVEN)
    person.wait(lambda: page.probabilities is not None)
    plain = surface.grab().toImage()
    click_bar(person, 4)
    tint = page.stages.frames()[-1].tint
    assert tint is not None
    assert surface.grab().toImage() != plain
    snapshot = person.now
    spoke = evidence(snapshot.spec, snapshot.layout, snapshot.params, page._prepared.input, 4)
    strongest = int(np.abs(spoke).argmax())
    color = tint.pixelColor(strongest % side, strongest // side)
    assert (color.blue() > color.red()) == (spoke[strongest] > 0)
    click_bar(person, 5)
    other = page.stages.frames()[-1].tint
    assert other != tint
    page.apply_theme(theme.DARK)
    assert page.stages.frames()[-1].tint != other, "in the theme's colours"
    page.apply_theme(theme.LIGHT)
    assert page.stages.frames()[-1].tint == other
    person.click(page.readout.evidence_box, QPoint(8, 14))
    assert page.stages.frames()[-1].tint is None
    assert surface.grab().toImage() == plain


@pytest.mark.parametrize("side", [28], indirect=True)
def test_a_temperature_makes_it_less_sure_of_the_same_digit(person, side):
    page = person.window.page
    person.draw(*SEVEN)
    person.wait(lambda: page.probabilities is not None)
    best, sure = page.readout.best(), page.probabilities.max()
    person.document.read_with(temperature=3.0)
    assert page.readout.best() == best
    assert page.probabilities.max() < sure
    assert page.stages.temperature == 3.0
    assert page.readout.summary().endswith("(temperature 3)")


def test_from_which_probability_it_answers_is_one_choice_for_every_page(person):
    field = person.window.page.readout.answer_from
    field.setFocus()
    field.setText("70")
    field.commit()
    assert person.document.threshold == 0.7
    person.document.read_with(threshold=0.2)
    assert field.value() == 0.2


def test_the_drawing_stays_when_the_images_change(person):
    page = person.window.page
    person.draw(*SEVEN)
    person.wait(lambda: page.probabilities is not None)
    page.readout.ask_evidence(True)
    spec = on_enlarged_digits(person.document.spec, person.places.images, (24,), n=200)
    person.window.lab.start_over(spec, "28×28")
    person.wait(lambda: page.probabilities is not None and len(page._prepared.input) == 784)
    assert len(page.stages.frames()) == 5
    assert page.stages.frames()[-1].tint.width() == 28


@pytest.mark.parametrize("side", [28], indirect=True)
def test_what_is_read_and_what_stages_are_worth_follow_training(person, side):
    page = person.window.page
    person.draw(*SEVEN)
    person.wait(lambda: page.stages.worth_of("crop"))
    read, worths = page.probabilities, dict(page.stages._worth)
    person.play_to(2)
    person.wait(lambda: not np.allclose(page.probabilities, read))
    person.wait(lambda: page.stages._worth and page.stages._worth != worths)


def test_the_pens_width_is_remembered(qtbot, tmp_path):
    first = Person(qtbot, tmp_path, Settings(page="digits"))
    first.window.page.canvas.set_brush(32)
    first.close()
    assert settings.load(tmp_path / "settings.json")[0].brush == 32
    second = Person(qtbot, tmp_path)
    assert second.window.page.canvas.brush == second.window.page.canvas.surface.brush == 32
    second.close()


def test_a_remembered_width_beyond_all_bounds_is_held(qtbot, tmp_path):
    person = Person(qtbot, tmp_path, replace(Settings(page="digits"), brush=4000))
    assert person.window.page.canvas.brush == 40
    person.close()


def test_every_control_of_the_page_has_a_name_a_tip_and_a_stop_of_tab(person):
    page = person.window.page
    person.draw(*SEVEN)
    page.stages.switches["crop"].click()
    for control in (*page.stages.switches.values(), page.stages.all_on, page.readout, page.readout.evidence_box,
                    page.readout.answer_from):  # fmt: skip
        assert control.isVisible()
        assert control.toolTip()
        assert control.accessibleName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
