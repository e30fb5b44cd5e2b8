"""What lanes are made of, the ready races, and the figures of a race: pure functions, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.race import Finish, LaneView, RaceView, Spread
from engine.snapshot import Metrics
from engine.spec import ExperimentSpec
from engine.stopping import Until
from gui import race_figures
from gui.lanes import READY, Plan, apart, names
from tests.engine.helpers import experiment

BASE = experiment(hidden=(8, 8), rate=0.03)


def test_a_plan_is_the_experiment_at_hand_with_changes() -> None:
    plan = Plan().with_change(BASE, "learning_rate", 0.3).with_change(BASE, "optimizer", "sgd")
    spec = plan.spec(BASE)
    assert (spec.optimizer.name, spec.optimizer.learning_rate) == ("sgd", 0.3)
    assert plan.name(BASE) == "SGD, rate 0.3"
    assert plan.with_change(BASE, "learning_rate", 0.03).changes == (("optimizer", "sgd"),)
    other = replace(BASE, data=replace(BASE.data, seed=9))
    assert plan.spec(other).data == other.data, "the lanes follow the experiment"
    assert Plan().name(BASE) == "As it is"


@pytest.mark.parametrize(
    ("key", "value", "name", "words"),
    [
        ("layers", (4,), "4 neurons", "Layers 8-8 → 4"),
        ("layers", (), "No hidden layer", "Layers 8-8 → none"),
        ("activation", "relu", "ReLU", "Activation tanh → ReLU"),
        ("batch_size", 32, "Batch 32", "Batch size 10 → 32"),
        ("l2", 0.001, "L2 0.001", "L2 0 → 0.001"),
        ("dropout", 0.3, "Dropout 30 %", "Dropout 0 % → 30 %"),
        ("initializer", "he_normal", "He", "Initializer Glorot (Xavier) → He (Kaiming)"),
    ],
)
def test_a_change_in_words(key: str, value: object, name: str, words: str) -> None:
    plan = Plan().with_change(BASE, key, value)
    assert plan.name(BASE) == name
    assert apart(BASE, plan.spec(BASE)) == words


def test_equal_names_are_numbered() -> None:
    assert names([Plan(), Plan(), Plan()], BASE) == ["As it is", "As it is (2)", "As it is (3)"]


@pytest.mark.parametrize("key", READY)
@pytest.mark.parametrize(
    "base", [BASE, experiment("digits", (16,), batch_size=200), experiment("bumps", loss="squared_error")]
)
def test_every_ready_race_can_be_run_on_any_data(key: str, base: ExperimentSpec) -> None:
    plans = READY[key].plans
    specs = [plan.spec(base) for plan in plans]
    assert 2 <= len(specs) <= 6
    assert all(spec.validate() == [] and spec.data == base.data for spec in specs)
    assert len(set(names(plans, base))) == len({repr(spec) for spec in specs}) == len(specs)


# --- figures ------------------------------------------------------------------------------------------------------


def lane(name: str, loss: float, accuracy: float, seconds: float, state: str = "arrived", **more: object) -> LaneView:
    metrics = Metrics(50, 2 * loss, loss, accuracy - 0.1, accuracy)
    curve = np.array([[0, 0, 1, 1], [50, seconds, 2 * loss, loss]])
    return LaneView(name, BASE, state, metrics, seconds, curve, None, True, **more)  # type: ignore[arg-type]


def race(*lanes: LaneView, **more: object) -> RaceView:
    return RaceView(lanes, Finish(epochs=50), 1.0, True, **more)  # type: ignore[arg-type]


def test_differences_are_to_the_baseline_and_the_best_has_a_word() -> None:
    view = race(lane("a", 0.25, 0.9, 1.0), lane("b", 0.125, 0.8, 2.5), lane("c", 0.01, 1.0, 0.1, "diverged"))
    first, second, third = race_figures.rows(view, 0, test=True)
    assert [cell.text for cell in first.cells] == ["0.2500", "90.0 %", "50", "1.00 s", "105"]
    assert [cell.difference for cell in first.cells] == [""] * 5
    assert [cell.difference for cell in second.cells] == ["−0.1250", "−10.0", "", "+1.50", ""]
    assert [cell.mark for cell in first.cells] == ["", "best", "", "least", ""]
    assert [cell.mark for cell in second.cells] == ["best", "", "", "", ""]
    assert (third.note, third.bad, {cell.mark for cell in third.cells}) == ("diverged", True, {""})
    other = race_figures.rows(view, 1, test=False)
    assert [cell.text for cell in other[0].cells[:2]] == ["0.5000", "80.0 %"]
    assert [cell.difference for cell in other[0].cells[:2]] == ["+0.2500", "+10.0"]
    assert not any(cell.mark for row in race_figures.rows(replace(view, done=False), 0, True) for cell in row.cells)


def test_who_gave_up_before_the_goal_is_not_fast() -> None:
    view = race(lane("a", 0.2, 0.9, 1.0, reached=False), lane("b", 0.1, 0.9, 2.0), lane("c", 0.1, 0.9, 3.0))
    rows = race_figures.rows(replace(view, finish=Finish(epochs=50, goal=Until("test_loss", 0.15))), 0, True)
    assert rows[0].note == "not reached"
    assert [row.cells[race_figures.SECONDS].mark for row in rows] == ["", "least", ""]


def test_over_seeds_means_and_deviations_are_shown() -> None:
    finals = np.array([[50, 1, 0.1, 0.5, 0.8, 1.0], [50, 1, 0.3, 0.5, 0.9, 3.0]])
    none = np.empty((0, 7))
    spreads = (Spread(finals, none, none), Spread(finals[:0], none, none, diverged=2))
    rows = race_figures.rows(
        race(lane("a", 9, 9, 9), lane("b", 9, 9, 9), seeds=2, seeds_done=2, spreads=spreads), 0, True
    )
    assert [(cell.text, cell.spread) for cell in rows[0].cells] == [
        ("0.2000", "±0.1414"), ("85.0 %", "±7.1"), ("50", ""), ("2.00 s", "±1.41"), ("105", "")]  # fmt: skip
    assert (rows[1].note, [cell.text for cell in rows[1].cells[:2]]) == ("2 of 2 diverged", ["–", "–"])


def test_regression_has_r2() -> None:
    spec = experiment("bumps", (8, 8), loss="squared_error")
    lanes = [replace(lane(name, 0.1, score, 1.0), spec=spec) for name, score in (("a", 0.5), ("b", 0.75))]
    rows = race_figures.rows(race(*lanes), 0, True)
    assert race_figures.heads(True, True)[1][0] == "Test R²"
    assert (rows[1].cells[1].text, rows[1].cells[1].difference, rows[1].cells[1].mark) == ("0.750", "+0.250", "best")
