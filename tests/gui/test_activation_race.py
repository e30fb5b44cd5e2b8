"""The race panel on its own: what it says of lanes that diverge, of images, and of lanes that NumPy trains among others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.race import Finish, Race, RaceView
from gui.panels.activation_race import ActivationRace
from gui.theme import LIGHT
from tests.engine.helpers import experiment


@pytest.fixture
def panel(qtbot) -> ActivationRace:
    panel = ActivationRace(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(720, 290)
    panel.show()
    panel.show_entrants(("a", "b"), lambda lane: LIGHT.text)
    return panel


def raced(*specs) -> RaceView:
    race = Race([("ab"[i], spec) for i, spec in enumerate(specs)], Finish(epochs=4))
    while not race.advance(lambda: False):
        pass
    return race.view()


def test_a_lane_that_diverged_says_so(panel):
    wild = experiment("bumps", (6, 6), "identity", "squared_error", "sgd", rate=10.0)
    panel.show_race(raced(wild, experiment("bumps", loss="squared_error")))
    assert panel.pictures[0].words[0] == "diverged"
    assert "learning rate is too high" in panel.pictures[0].toolTip()
    assert panel.pictures[1].words[1].startswith("R² ")
    panel.sort_box.click()
    assert panel.lanes()[0][1].name == "b", "what diverged is last"
    assert not panel.grab().isNull()


def test_images_have_no_plane_and_it_says_so(panel):
    panel.show_race(raced(*(experiment("digits", (4,), samples=60, seed=seed) for seed in (1, 2))))
    lane = panel.view.lanes[0]
    assert lane.field is None
    assert panel.pictures[0].words[1].endswith(" %")
    assert not panel.grab().isNull()


def test_a_lane_of_numpy_among_compiled_ones_is_named(panel):
    view = raced(experiment(), experiment(activation="typed"))
    panel.show_race(view)
    assert [picture.words[-1] for picture in panel.pictures[:2]] == ["epoch 4", "epoch 4"]
    first, second = view.lanes
    panel.show_race(replace(view, lanes=(replace(first, compiled=True), second)))
    assert [picture.words[-1] for picture in panel.pictures[:2]] == ["epoch 4", "epoch 4, NumPy"]


def test_a_narrow_panel_puts_its_controls_into_two_rows(panel):
    def middle(widget) -> int:
        return widget.geometry().center().y()

    assert abs(middle(panel.race_button) - middle(panel.second_button)) < 4
    panel.resize(500, 290)
    panel.layout().activate()
    assert middle(panel.second_button) - middle(panel.race_button) > 20
    assert panel.race_button.geometry().right() < panel.finish_combo.geometry().left()
