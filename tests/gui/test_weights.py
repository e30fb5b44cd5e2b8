"""The weights panel: what it counts, what it says, and that it asks for nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from engine.optimizers import OPTIMIZERS
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.graphics.histogram import LEFT, Histogram
from gui.panels.weights import ALL, BARS, Weights, pull_text
from gui.theme import DARK, LIGHT
from tests.gui.opened import Key, Person


@pytest.fixture
def panel(qtbot) -> Weights:
    panel = Weights(LIGHT)
    qtbot.addWidget(panel)
    panel.resize(700, 200)
    panel.show()
    return panel


def with_training(**settings) -> ExperimentSpec:
    spec = ExperimentSpec()
    return replace(spec, training=replace(spec.training, **settings))


def give(panel: Weights, trainer: Trainer, **more) -> None:
    panel.show_spec(trainer.spec)
    panel.show_snapshot(replace(trainer.snapshot(), **more))


def text(panel: Weights, key: str, column: int = 1) -> str:
    return panel.figures[key][column].text()


def test_at_the_start_now_and_start_are_the_same(panel):
    give(panel, Trainer(ExperimentSpec()))
    assert panel.histogram.now.tolist() == panel.histogram.start.tolist()
    assert panel.histogram.now.sum() == 2 * 8 + 8 * 8 + 8
    assert len(panel.histogram.now) == BARS
    for key in panel.figures:
        assert text(panel, key, 1) == text(panel, key, 2)


def test_figures_and_counts_by_hand(panel):
    trainer = Trainer(ExperimentSpec())
    params = trainer.snapshot().params.copy()
    params[:] = 0.0
    params[:44] = 0.5  # of 88 weights: 16 into hidden 1, whose 8 biases follow, and 20 more
    give(panel, trainer, params=params)
    assert text(panel, "zeros") == "59.1 %"
    assert text(panel, "exact") == "52"
    assert text(panel, "mean") == f"{0.5 * 36 / 88:.4f}"
    assert text(panel, "norm") == f"{np.sqrt(36 * 0.25):.4f}"
    assert panel.figures["zeros"][0].text() == "Zeros, < 0.0050"
    assert panel.histogram.now[BARS // 2] == 52


def test_one_layer(panel):
    trainer = Trainer(ExperimentSpec())
    give(panel, trainer)
    assert [panel.layer.itemText(i) for i in range(panel.layer.count())] == [
        "All layers", "input → hidden 1", "hidden 1 → hidden 2", "hidden 2 → output",
    ]  # fmt: skip
    panel.layer.set_key("2")
    panel.layer.chosen.emit("2")
    assert panel.histogram.now.sum() == 8
    panel.show_spec(replace(trainer.spec, network=replace(trainer.spec.network, hidden_layer_sizes=(3,))))
    assert panel.layer.key() == ALL, "there is no third layer of weights any more"


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, "Neither L1 nor L2 is on."),
        ({"l1": 0.01}, "L1 0.01 pulls each weight by 0.01, times the rate 0.1 a step: 0.001."),
        ({"l2": 0.1}, "L2 0.1 pulls one of the mean size by 0.05, times the rate 0.1 a step: 0.005."),
        ({"l1": 0.01, "l2": 0.1},
         "L1 0.01 pulls each weight by 0.01, L2 0.1 pulls one of the mean size by 0.05, times the rate 0.1 a step: 0.006."),
    ],
)  # fmt: skip
def test_the_pull_in_words(settings, wanted):
    spec = replace(with_training(**settings), optimizer=OPTIMIZERS["sgd"](learning_rate=0.1))
    assert pull_text(Trainer(spec).snapshot(), mean=0.5) == wanted


def test_other_optimizers_rescale_it_or_have_no_rate():
    spec = with_training(l1=0.01)
    assert pull_text(Trainer(spec).snapshot(), 0.5).endswith("(Adam rescales it).")
    spec = replace(spec, optimizer=OPTIMIZERS["lbfgs"]())
    assert pull_text(Trainer(spec).snapshot(), 0.5) == "L1 0.01 pulls each weight by 0.01, in every gradient."


def test_weights_that_are_no_numbers_are_told(panel):
    trainer = Trainer(ExperimentSpec())
    params = trainer.snapshot().params.copy()
    params[:3] = np.nan
    give(panel, trainer, params=params)
    assert "3 weights are not finite numbers" in panel.pull.text()
    assert panel.histogram.now.sum() == 85


def test_bars_are_blue_above_zero_and_orange_below(qtbot):
    plot = Histogram(LIGHT)
    qtbot.addWidget(plot)
    plot.resize(352, 160)
    plot.set_counts(1.0, np.array([5, 5, 5]), np.array([1, 1, 1]))
    image = plot.grab().toImage()
    bars = [image.pixelColor(LEFT + round((i + 0.5) * (352 - LEFT - 8) / 3), 130) for i in range(3)]
    assert bars == [LIGHT.negative, LIGHT.quiet, LIGHT.positive]
    plot.apply_theme(DARK)
    assert plot.grab().toImage().pixelColor(LEFT + 50, 130) == DARK.negative
    assert plot.text_at(LEFT + 50) == "−1.0000 to −0.3333: 5 weights, 1 at the start"
    assert plot.text_at(3) == ""


def test_a_narrow_panel_that_is_tall_has_its_numbers_on_top(panel):
    give(panel, Trainer(ExperimentSpec()))
    panel.resize(700, 200)
    QApplication.processEvents()
    assert panel.histogram.x() > 200
    panel.resize(400, 460)
    QApplication.processEvents()
    assert panel.histogram.x() < 40


def test_the_key_shows_and_hides_it_and_hidden_it_is_shown_nothing(qtbot, tmp_path):
    person = Person(qtbot, tmp_path)
    dock = person.window.page.docks["Weights"]
    weights = dock.panel
    assert dock.isHidden()
    person.press(Key.Key_Right)
    person.wait(lambda: person.now.epoch == 1)
    assert weights._snapshot is None, "hidden it is shown nothing"
    person.press(Key.Key_W)
    person.wait(lambda: weights._snapshot is not None)
    assert dock.isVisible()
    assert weights.histogram.now.sum() == 88
    assert person.window.page.graph.width() >= person.window.page.width() / 2
    person.press(Key.Key_W)
    assert dock.isHidden()
    person.close()
