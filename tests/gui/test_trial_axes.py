"""Trials as numbers to draw: places on axes, ranks, words."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spec import ExperimentSpec
from gui.graphics.contour_plot import field_of
from gui.graphics.trial_axes import ACCURACY, LOSS, Axis, Trials, goal_words, label_of, words_of
from gui.tuning.study import COMPLETE, PRUNED, Choice, StudyView, TrialView
from tests.gui.studies import settings_of, study


def test_a_logarithmic_axis_gives_equal_ratios_equal_room():
    axis = Axis.of(Choice("learning_rate", 1e-4, 1.0, log=True))
    assert [axis.place(v) for v in (1e-4, 1e-2, 1.0)] == pytest.approx([0.0, 0.5, 1.0])
    assert [text for _, text in axis.marks()] == ["10⁻⁴", "0.001", "0.01", "0.1", "1"]
    assert math.isnan(axis.place("tanh"))
    assert math.isnan(axis.place(0.0))


def test_options_are_levels_in_even_steps_and_numbers_among_them_in_order():
    axis = Axis.of(Choice("activation", options=("relu", "tanh", "he_normal", "gelu")))
    assert axis.marks() == [(0.125, "ReLU"), (0.375, "tanh"), (0.625, "He"), (0.875, "GELU")]
    assert math.isnan(axis.place("sigmoid"))
    assert Axis.of(Choice("narrowing", options=(1.0, 0.5))).levels == (0.5, 1.0)
    layers = Axis.of(Choice("sizes", options=([64, 32], [8])))
    assert layers.place([64, 32]) == 0.25
    assert layers.words([64, 32]) == "64-32"


def test_an_axis_of_whole_numbers_has_no_half_marks():
    assert [text for _, text in Axis.of(Choice("layers", 1, 4, whole=True)).marks()] == ["1", "2", "3", "4"]
    assert Axis.of(Choice("layers", 3, 3, whole=True)).place(3) == 0.5


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30))
def test_every_loss_lies_on_its_axis(values):
    axis = Axis.of_goal(LOSS, np.array([*values, math.nan, math.inf]))
    places = [axis.place(value) for value in values]
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    order = sorted(range(len(values)), key=values.__getitem__)
    assert [places[i] for i in order] == sorted(places)


def test_words():
    assert [words_of(v) for v in (0.00312345, 32, 1500, 2e-6, 0.25, True, "glorot_uniform", 0.0, 12345.678)] == [
        "0.00312", "32", "1,500", "2·10⁻⁶", "0.25", "on", "Glorot", "0", "12,300",
    ]  # fmt: skip
    assert words_of(math.nan) == "not finite"
    assert label_of("training.batch_size") == "Batch size"
    assert goal_words(ACCURACY, 0.9841) == "98.4 %"


def hand_made(objective: str, values: list[tuple[float, ...]]) -> Trials:
    space = (Choice("learning_rate", 0.01, 1.0, log=True),)
    trials = tuple(
        TrialView(number, COMPLETE if value else PRUNED, {"learning_rate": 0.1}, value)
        for number, value in enumerate(values)
    )
    return Trials(StudyView(replace(settings_of(objective=objective), space=space), trials))


def test_the_rank_is_one_for_the_best_whichever_way_is_better():
    loss = hand_made("validation_loss", [(0.3,), (0.1,), (), (0.2,)])
    assert loss.best_first == (1, 3, 0)
    np.testing.assert_array_equal(loss.rank, [0.0, 1.0, np.nan, 0.5])
    assert loss.sorted_rows(by_value=True) == (1, 3, 0, 2)
    assert hand_made("validation_accuracy", [(0.3,), (0.1,), (), (0.2,)]).best_first == (0, 3, 1)
    assert hand_made("validation_loss", [(0.5,)]).rank.tolist() == [1.0]


def test_a_trial_that_is_no_number_has_no_rank_and_no_place():
    trials = hand_made("validation_loss", [(math.nan,), (0.2,), (math.inf,)])
    assert trials.best_first == (1,)
    assert np.isfinite(trials.places[:, 0]).all()
    assert np.isnan(trials.places[[0, 2], 1]).all()


def test_the_card_names_objectives_settings_and_time():
    trials = Trials(study(5, settings_of(ExperimentSpec(), "accuracy_and_parameters")))
    title, lines = trials.card(trials.view.trials[0])
    assert title.startswith("Trial 0")
    assert lines[0].startswith("Validation accuracy: ")
    assert lines[1].startswith("Parameters: ")
    assert any(line.startswith("Learning rate: ") for line in lines)
    assert lines[-1].endswith("on office-3")
    pruned = next(trial for trial in trials.view.trials if trial.state == PRUNED)
    assert trials.card(pruned)[1][0].startswith(f"Pruned at epoch {pruned.curve[-1][0]}: ")


def test_the_field_is_a_weighted_mean_and_says_nothing_where_nothing_is():
    field = field_of(np.array([0.4, 0.6]), np.array([0.5, 0.5]), np.array([0.0, 1.0]), side=20)
    assert field.shape == (20, 20)
    assert np.isnan(field[0]).all()  # far above both
    row = field[10]
    assert np.isnan(row[[0, 19]]).all()
    assert row[5] < 0.1
    assert row[14] > 0.9
    assert row[9] + row[10] == pytest.approx(1.0)
