"""Rosenblatt's rule by hand on AND and XOR; convergence, Novikoff's bound, cycles, pocket, average, the way back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.contradiction import contradiction
from engine.datasets import DATASETS
from engine.errors import InvalidSpec
from engine.perceptron import Cycle, Line, Perceptron, PerceptronSettings, Update

CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
AND, OR, NAND, XOR = (np.array(table) for table in ([0, 0, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0], [0, 1, 1, 0]))
FROM_ZERO = PerceptronSettings(weight_scale=0)
PLANE = st.tuples(st.integers(-5, 5), st.integers(-5, 5))


def weights(line: Line) -> list[float]:
    return [*line.w.tolist(), line.b]


def everything(perceptron: Perceptron) -> tuple[object, ...]:
    return perceptron.capture(), perceptron.averaged, perceptron.verdict, perceptron.finished


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_and_from_zero_by_hand() -> None:
    """In tenths: every (answer, error, w1, w2, b) of six epochs, worked on paper."""
    paper = [
        [(0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 1, 1, 1, 1)],
        [(1, -1, 1, 1, 0), (1, -1, 1, 0, -1), (0, 0, 1, 0, -1), (0, 1, 2, 1, 0)],
        [(0, 0, 2, 1, 0), (1, -1, 2, 0, -1), (1, -1, 1, 0, -2), (0, 1, 2, 1, -1)],
        [(0, 0, 2, 1, -1), (0, 0, 2, 1, -1), (1, -1, 1, 1, -2), (0, 1, 2, 2, -1)],
        [(0, 0, 2, 2, -1), (1, -1, 2, 1, -2), (0, 0, 2, 1, -2), (1, 0, 2, 1, -2)],
        [(0, 0, 2, 1, -2), (0, 0, 2, 1, -2), (0, 0, 2, 1, -2), (1, 0, 2, 1, -2)],
    ]
    perceptron = Perceptron(CORNERS, AND, FROM_ZERO)
    for epoch in paper:
        updates = perceptron.step_epoch()
        assert [(u.prediction, u.error, *(10 * v for v in weights(u.after))) for u in updates] == epoch
    assert perceptron.errors_per_epoch == [1, 3, 3, 2, 1, 0]
    assert perceptron.converged_epoch == 6
    assert perceptron.finished
    assert perceptron.verdict == "Converged at epoch 6, the first without an error."
    assert perceptron.margin == 0  # (1, 0) lies upon the line, which counts as 0
    assert perceptron.cycle is None
    assert perceptron.cycle_errors() is None


def test_one_update_says_all_that_happened() -> None:
    perceptron = Perceptron(CORNERS, AND, FROM_ZERO)
    perceptron.step_epoch()
    first = perceptron.step_sample()
    assert isinstance(first, Update)
    assert (first.epoch, first.sample, first.x, first.y) == (2, 0, (0.0, 0.0), 0)
    assert (first.z, first.prediction, first.error) == (0.1, 1, -1)
    assert weights(first.before) == [0.1, 0.1, 0.1]
    assert weights(first.after) == [0.1, 0.1, 0.0]
    assert first.after is perceptron.line
    assert (perceptron.epoch, perceptron.position, perceptron.errors, perceptron.seen) == (1, 1, 1, 5)
    assert perceptron.verdict == "Epoch 2, 1 error in 1 of 4 samples."


def test_xor_from_zero_turns_in_a_circle() -> None:
    """On paper, in tenths: after the second and after every later epoch w = (−1, 0) and b = 1."""
    perceptron = Perceptron(CORNERS, XOR, FROM_ZERO)
    ends = []
    for _ in range(4):
        perceptron.step_epoch()
        ends.append([10 * v for v in weights(perceptron.line)])
    assert ends == [[-1, 0, 0], [-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]
    assert perceptron.errors_per_epoch == [2, 3, 4, 4]
    assert perceptron.cycle == Cycle(first_epoch=2, epochs=1, updates=4)
    assert perceptron.cycle_errors().tolist() == [1, 1, 1, 1]
    assert perceptron.verdict == (
        "From epoch 3 on the weights repeat every epoch, after 4 updates: no straight line separates these points."
    )
    assert str(Cycle(0, 3, 10)).startswith("From epoch 1 on the weights repeat every 3 epochs, after 10 updates:")


def test_xor_fails_whatever_the_epochs() -> None:
    perceptron = Perceptron(CORNERS, XOR, PerceptronSettings(max_epochs=1000))
    perceptron.run()
    assert len(perceptron.errors_per_epoch) == 1000
    assert min(perceptron.errors_per_epoch) > 0
    assert perceptron.converged_epoch is None
    assert perceptron.finished
    assert perceptron.pocket_errors == 1  # three corners are the most that a line gets right
    assert perceptron.step_sample() is None
    assert perceptron.step_epoch() == ()


@pytest.mark.parametrize("labels", [AND, OR, NAND], ids=["and", "or", "nand"])
@pytest.mark.parametrize("seed", range(5))
def test_gates_with_a_line_are_learned(labels: np.ndarray, seed: int) -> None:
    perceptron = Perceptron(CORNERS, labels, PerceptronSettings(seed=seed))
    perceptron.run()
    assert perceptron.errors_per_epoch[-1] == 0
    assert perceptron.line.predict(CORNERS).tolist() == labels.tolist()
    assert perceptron.pocket.predict(CORNERS).tolist() == labels.tolist()
    assert perceptron.pocket_errors == 0


# --- what rounding would do ---------------------------------------------------------------------------------------------


def in_doubles(points: np.ndarray, labels: np.ndarray, w: np.ndarray, epochs: int):
    """The rule in plain floating point: the weights after each epoch, and all answers."""
    w, b, ends, answers = w.copy(), 0.0, [], []
    for _ in range(epochs):
        for x, y in zip(points, labels, strict=True):
            answers.append(int(w @ x + b > 0))
            w += 0.1 * (y - answers[-1]) * x
            b += 0.1 * (y - answers[-1])
        ends.append((*w.tolist(), b))
    return ends, answers


def test_doubles_drift_past_a_cycle() -> None:
    points = np.array([[1.0, 1.0], [2.0, 2.0], [-1.0, 0.0], [1.0, 3.0], [3.0, 3.0], [-2.0, 1.0]])
    labels = np.array([0, 1, 1, 0, 0, 0])
    perceptron = Perceptron(points, labels, PerceptronSettings(max_epochs=300))
    ends, _ = in_doubles(points, labels, perceptron.line.w, 300)
    perceptron.run()
    assert perceptron.cycle is not None
    assert len(set(ends)) == 300  # never twice the same
    np.testing.assert_allclose(weights(perceptron.line), ends[-1], atol=1e-12)


def test_doubles_fire_where_z_is_zero() -> None:
    points = np.array([[0.0, 0.0], [0.0, -1.0], [3.0, -1.0], [1.0, -1.0], [0.0, 3.0], [-2.0, 1.0]])
    labels = np.array([0, 1, 1, 0, 1, 1])
    perceptron = Perceptron(points, labels, PerceptronSettings(seed=1))
    _, answers = in_doubles(points, labels, perceptron.line.w, 9)
    exact = [update.prediction for _ in range(9) for update in perceptron.step_epoch()]
    assert answers[:48] == exact[:48]
    assert (answers[48], exact[48]) == (1, 0)  # b, by which alone (0, 0) is answered, is 2.8e-17 and not 0


def test_decimal_points_are_what_is_written() -> None:
    """0.3 is not three times 0.1 in doubles, yet tenths turn in a circle just as whole numbers do."""
    tenths = np.array([[-0.3, 0.1], [-0.2, -0.1], [0.3, -0.3], [0.1, -0.1], [0.0, 0.3], [-0.2, 0.2]])
    perceptron = Perceptron(tenths, np.array([1, 0, 1, 0, 0, 0]))
    perceptron.run()
    assert perceptron.cycle is not None


# --- for all data -------------------------------------------------------------------------------------------------------


@given(st.tuples(*[st.integers(-3, 3)] * 3), st.lists(PLANE, min_size=2, max_size=12))
def test_separable_points_are_learned_within_novikoffs_bound(u: tuple[int, ...], whole: list[tuple[int, int]]) -> None:
    """From zero, mistakes ≤ (R/γ)²: in whole numbers, mistakes · (smallest |u·x|)² ≤ max ‖x‖² · ‖u‖², the 1 in each x."""
    with_one = np.array([(*point, 1) for point in whole])
    score = with_one @ np.array(u)
    assume((score != 0).all())
    perceptron = Perceptron(np.array(whole, float), score > 0, replace(FROM_ZERO, max_epochs=10_000))
    perceptron.run()
    assert perceptron.converged_epoch == len(perceptron.errors_per_epoch)
    assert perceptron.line.count_errors(perceptron.points, perceptron.labels) == 0
    mistakes = sum(perceptron.errors_per_epoch)
    assert mistakes * int(np.abs(score).min()) ** 2 <= int((with_one**2).sum(axis=1).max()) * int(np.dot(u, u))


@given(st.lists(PLANE, min_size=1, max_size=6), st.integers(0, 63), st.integers(0, 5))
def test_every_verdict_is_proved(whole: list[tuple[int, int]], table: int, seed: int) -> None:
    """A line with every point on its side, or inequalities that contradict each other exactly."""
    labels = np.array([table >> i & 1 for i in range(len(whole))])
    perceptron = Perceptron(np.array(whole), labels, PerceptronSettings(seed=seed, max_epochs=10_000))
    while not perceptron.finished and perceptron.cycle is None and perceptron.epoch < 1000:
        perceptron.step_epoch()
    if perceptron.converged_epoch is not None:
        assert perceptron.line.predict(perceptron.points).tolist() == labels.tolist()
    else:
        assume(perceptron.cycle is not None)
        times = perceptron.cycle_errors()
        assert times.sum() == perceptron.cycle.updates
        contradiction(perceptron.points, labels, times)  # raises if it is none
        start = perceptron.line
        for _ in range(perceptron.cycle.epochs):
            perceptron.step_epoch()
        assert perceptron.line == start


@given(st.lists(PLANE, min_size=2, max_size=6), st.integers(0, 63), st.sampled_from([0.001, 0.1, 0.3, 7.0]))
def test_from_zero_the_learning_rate_changes_nothing_but_the_size(
    whole: list[tuple[int, int]], table: int, rate: float
) -> None:
    labels = np.array([table >> i & 1 for i in range(len(whole))])
    runs = [
        Perceptron(np.array(whole), labels, replace(FROM_ZERO, learning_rate=r, max_epochs=30)) for r in (1.0, rate)
    ]
    for run in runs:
        run.run()
    one, other = runs
    assert one.errors_per_epoch == other.errors_per_epoch
    np.testing.assert_allclose(np.multiply(weights(one.line), rate), weights(other.line), rtol=1e-14)


@settings(max_examples=30)
@given(st.integers(0, 2**31), st.booleans())
def test_pocket_and_average_are_what_they_say(seed: int, shuffle: bool) -> None:
    rng = np.random.default_rng(seed)
    points, labels = rng.normal(0, 2, (12, 3)), rng.integers(0, 2, 12)
    perceptron = Perceptron(points, labels, PerceptronSettings(seed=seed % 7, shuffle=shuffle, max_epochs=8))
    assert perceptron.averaged == perceptron.pocket == perceptron.line
    fewest, after = perceptron.line.count_errors(points, labels), []
    assert perceptron.pocket_errors == fewest
    while update := perceptron.step_sample():
        after.append(weights(update.after))
        fewest = min(fewest, update.after.count_errors(points, labels))
        assert perceptron.pocket_errors == fewest == perceptron.pocket.count_errors(points, labels)
        np.testing.assert_allclose(weights(perceptron.averaged), np.mean(after, axis=0), atol=1e-13)


def test_the_average_beats_the_last_line_on_noisy_points() -> None:
    points, labels = DATASETS["gaussians"](noise=0.5).make(np.random.default_rng(3))
    perceptron = Perceptron(points, labels, PerceptronSettings(max_epochs=10))
    perceptron.run()
    last, mean = (line.count_errors(points, labels) for line in (perceptron.line, perceptron.averaged))
    assert perceptron.pocket_errors <= mean < last


# --- order, the way back, refusals ----------------------------------------------------------------------------------------


def test_shuffled_epochs_see_every_sample_once() -> None:
    perceptron = Perceptron(CORNERS, XOR, PerceptronSettings(shuffle=True, seed=3, max_epochs=50))
    orders = [tuple(update.sample for update in perceptron.step_epoch()) for _ in range(50)]
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert len(set(orders)) > 10
    assert perceptron.cycle is None  # equal weights promise nothing when the next order is another
    last = perceptron.errors_per_epoch[-1]
    assert perceptron.verdict == (
        f"Stopped after 50 epochs, with {last} error{'s' * (last != 1)} in the last: a line may still exist, or not."
    )


@given(st.integers(0, 60), st.integers(0, 60), st.booleans(), st.sampled_from([AND, XOR]))
def test_going_back_and_on_is_as_if_one_had_not(first: int, more: int, shuffle: bool, labels: np.ndarray) -> None:
    perceptron = Perceptron(CORNERS, labels, PerceptronSettings(shuffle=shuffle, seed=2, max_epochs=20))
    for _ in range(first):
        perceptron.step_sample()
    early, then = perceptron.capture(), everything(perceptron)
    updates = [perceptron.step_sample() for _ in range(more)]
    late, now = perceptron.capture(), everything(perceptron)
    perceptron.restore(early)
    assert everything(perceptron) == then
    assert [perceptron.step_sample() for _ in range(more)] == updates
    assert everything(perceptron) == now
    perceptron.restore(early)
    perceptron.restore(late)
    assert everything(perceptron) == now


def test_counting_the_cycle_leaves_the_run_alone() -> None:
    perceptron = Perceptron(CORNERS, XOR)
    for _ in range(42):
        perceptron.step_sample()
    before = everything(perceptron)
    assert perceptron.cycle_errors().tolist() == [1, 1, 1, 1]
    assert everything(perceptron) == before


def test_the_data_are_copied() -> None:
    points, labels = CORNERS.copy(), AND.copy()
    perceptron = Perceptron(points, labels)
    points[:], labels[:] = 9, 1
    perceptron.run()
    assert perceptron.line.predict(CORNERS).tolist() == AND.tolist()


@pytest.mark.parametrize(
    ("points", "labels"),
    [
        (CORNERS, [0, 1]),
        (CORNERS[0], AND),
        (np.empty((0, 2)), []),
        (np.empty((4, 0)), AND),
        (CORNERS, [0, 1, 2, 1]),
        (CORNERS, [0, 1, -1, 1]),
        (CORNERS, [0, 1, 0.5, 1]),
        (CORNERS * np.nan, AND),
        (CORNERS * 2e100, AND),
    ],
)
def test_what_is_no_labelled_set_of_points_is_refused(points: object, labels: object) -> None:
    with pytest.raises(ValueError, match=r"points|labels"):
        Perceptron(points, labels)


@pytest.mark.parametrize(
    "wrong",
    [{"learning_rate": 0.0}, {"learning_rate": np.nan}, {"max_epochs": 0}, {"weight_scale": np.inf}, {"seed": -1}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidSpec, match=next(iter(wrong))):
        Perceptron(CORNERS, AND, PerceptronSettings(**wrong))
