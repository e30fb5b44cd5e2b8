"""Going back over every sample of a perceptron's past: the same moment, and the same way on from it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.perceptron import Perceptron, PerceptronSettings
from engine.perceptron_past import Past

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TABLES = {"and": [0, 0, 0, 1], "xor": [0, 1, 1, 0], "ones": [1, 1, 1, 1]}


@pytest.mark.parametrize("settings", [PerceptronSettings(weight_scale=0), PerceptronSettings(shuffle=True)], ids=repr)
@pytest.mark.parametrize("name", TABLES)
def test_every_moment_of_the_way_can_be_gone_back_to(name: str, settings: PerceptronSettings) -> None:
    perceptron = Perceptron(CORNERS, np.array(TABLES[name]), settings)
    past = Past(perceptron)
    moments, updates = [perceptron.capture()], []
    while len(updates) < 40 and (update := past.learn()):
        moments.append(perceptron.capture())
        updates.append(update)
    assert len(updates) >= 8
    for seen in range(len(updates), -1, -1):
        last, mistake = past.go_to(seen)
        assert perceptron.capture() == moments[seen]
        assert last == (updates[seen - 1] if seen else None)
        assert mistake == next((u for u in reversed(updates[:seen]) if u.error), None)
    again = [past.learn() for _ in updates]
    assert again == updates
    assert perceptron.capture() == moments[-1]


def test_a_jump_back_and_another_way_on_is_kept_too() -> None:
    perceptron = Perceptron(CORNERS, np.array(TABLES["xor"]), PerceptronSettings())
    past = Past(perceptron)
    for _ in range(401):
        past.learn()
    assert perceptron.finished
    assert perceptron.cycle is not None
    past.go_to(7)
    assert perceptron.cycle is None
    assert len(perceptron.errors_per_epoch) == 1
    past.go_to(0)
    past.learn()
    assert past.go_to(1)[0] is not None
    with pytest.raises(ValueError, match="2 samples are outside 0 to 1"):
        past.go_to(2)


def test_the_lines_at_the_start_of_each_epoch() -> None:
    perceptron = Perceptron(CORNERS, np.array(TABLES["and"]), PerceptronSettings(weight_scale=0))
    past = Past(perceptron)
    while past.learn():
        pass
    tenths = [[10 * v for v in (*line.w.tolist(), line.b)] for line in map(past.line_of, range(7))]
    assert tenths[:2] == [[0, 0, 0], [1, 1, 1]]
    assert tenths[5] == tenths[6] == [2, 1, -2]


def test_the_mistakes_between_two_epochs() -> None:
    """AND from zero, on paper: which sample was wrong in which epoch."""
    perceptron = Perceptron(CORNERS, np.array(TABLES["and"]), PerceptronSettings(weight_scale=0))
    past = Past(perceptron)
    while past.learn():
        pass
    assert past.wrong_between(0, 1).tolist() == [0, 0, 0, 1]
    assert past.wrong_between(1, 2).tolist() == [1, 1, 0, 1]
    assert past.wrong_between(0, 6).tolist() == [1, 3, 2, 4]
    past.go_to(9)
    assert past.wrong_between(0, 2).tolist() == [1, 1, 0, 2]
    while past.learn():
        pass
    assert past.wrong_between(0, 6).tolist() == [1, 3, 2, 4]


@pytest.mark.parametrize("seed", range(4))
def test_the_mistakes_of_a_turn_are_those_that_the_perceptron_counts(seed: int) -> None:
    points = np.array([[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [0.2, 0.9], [0.5, 0.5]])
    perceptron = Perceptron(points, np.array([0, 1, 0, 1, 1]), PerceptronSettings(seed=seed, max_epochs=2_000))
    past = Past(perceptron)
    while perceptron.cycle is None and past.learn():
        pass
    cycle = perceptron.cycle
    assert cycle is not None
    wrong = past.wrong_between(cycle.first_epoch, cycle.first_epoch + cycle.epochs)
    assert wrong.tolist() == perceptron.cycle_errors().tolist()
    assert wrong.sum() == cycle.updates
