"""The training doctor: every rule on a run that shows its ailment and on one that does not; whether its remedies help."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine import doctor
from engine.activations import ACTIVATIONS
from engine.doctor import NOTE, RULES, WARNING, Finding, Remedy, Where, examine
from engine.doctor.checkup import MOST_SAMPLES, Checkup, flat_parts
from engine.doctor.evidence import Bars, Curve, Histogram, Ranges, Rows
from engine.doctor.remedies import leaky
from engine.doctor.rounds import HELD, Rounds
from engine.doctor.words import figure, histogram
from engine.features import FEATURES
from engine.initializers import INITIALIZERS
from engine.snapshot import RunState
from engine.spec import ExperimentSpec
from engine.trace import trace
from engine.trainer import Trainer
from gui import experiments
from tests.engine.helpers import experiment


def spec_of(
    dataset: str = "spiral", hidden: tuple[int, ...] = (8, 8), initializer: str = "glorot_uniform", scale: float = 0.0,
    features: tuple[str, ...] = ("x1", "x2"), noise: float = 0.1, **more: Any,
) -> ExperimentSpec:  # fmt: skip
    """A spec as :func:`experiment` makes them, with a start and inputs of its own."""
    spec = experiment(dataset, hidden, **{"samples": 400, "seed": 1} | more)
    start = INITIALIZERS[initializer](**({"scale": scale} if scale else {}))
    data = replace(spec.data, features=features, dataset=replace(spec.data.dataset, noise=noise))
    return replace(spec, data=data, network=replace(spec.network, initializer=start))


def trained(spec: ExperimentSpec, epochs: int) -> Trainer:
    trainer = Trainer(spec)
    while trainer.epoch < epochs and trainer.diverged is None and not trainer.stopped:
        trainer.step_epoch()
    return trainer


def findings_of(trainer: Trainer, rule: str = "") -> list[Finding]:
    return [f for f in examine(Checkup(trainer.snapshot())) if f.rule == rule or not rule]


@dataclass(frozen=True)
class Case:
    """A sick run, a sound one, how long they train, what the sentence holds, and which remedy promises that it goes."""

    sick: ExperimentSpec
    sound: ExperimentSpec
    epochs: int
    sentence: str
    where: Where
    evidence: type
    remedy: str


RELU = {"activation": "relu", "initializer": "he_normal"}
OVERFIT = {"dataset": "gaussians", "hidden": (32, 32), "samples": 60, "noise": 0.8, "rate": 0.01}
CASES = {
    "dead_units": Case(
        spec_of(**RELU, optimizer="sgd", rate=1.0), spec_of("circles", (8,), **RELU, rate=0.01), 5,
        "4 of 8 neurons of hidden 2 answer 0 to every training sample", Where(2, (0, 4, 5, 6)), Histogram, "Use leaky ReLU",
    ),
    "saturated_units": Case(
        spec_of(initializer="normal", scale=5.0, rate=0.003), spec_of(rate=0.003), 5,
        "of 8 neurons of hidden 2 are on the flat part of tanh", Where(2), Histogram, "Start from Glorot",
    ),
    "vanishing_gradient": Case(
        spec_of(hidden=(8,) * 6, activation="sigmoid", rate=0.003), spec_of(hidden=(8,) * 6, rate=0.003), 3,
        "times smaller per weight than the output", Where(1), Bars, "Use tanh",
    ),
    "exploding_gradient": Case(
        spec_of(hidden=(16,) * 4, activation="relu", initializer="normal", scale=2.0, rate=0.003),
        spec_of(hidden=(16,) * 4, **RELU, rate=0.003), 3,
        "per weight", Where(5), Bars, "Start from He",
    ),
    "rate_too_high": Case(
        spec_of(optimizer="sgd", rate=3.0), spec_of(rate=0.01), 45,
        "the learning rate 3 is too high", Where(setting="optimizer.learning_rate"), Curve, "Learning rate 1",
    ),
    "rate_too_low": Case(
        spec_of("circles", optimizer="sgd", rate=1e-5), spec_of("circles", optimizer="sgd", rate=0.01), 25,
        "the learning rate 1e-05 is too low", Where(setting="optimizer.learning_rate"), Curve, "Learning rate 0.01",
    ),
    "overfitting": Case(
        spec_of(**OVERFIT), spec_of("gaussians", rate=0.01), 150,
        "it is over-fitting", Where(setting="training.l2"), Curve, "L2 0.01",
    ),
    "symmetric_units": Case(
        spec_of("circles", initializer="zeros"), spec_of("circles"), 2,
        "All 8 neurons of hidden 1 have the same weights in and out", Where(1, tuple(range(8))), Rows,
        "Start from Glorot",
    ),
    "unscaled_inputs": Case(
        spec_of("circles", (4,), features=tuple(FEATURES), optimizer="sgd", rate=0.01), spec_of("circles", rate=0.01), 3,
        "x₁² is 13 times as large as sin x₁", Where(0, (2,)), Ranges, "Scale the inputs",
    ),
}  # fmt: skip


@cache
def sick_run(rule: str) -> Trainer:
    return trained(CASES[rule].sick, CASES[rule].epochs)


def test_every_rule_has_its_case() -> None:
    assert set(CASES) == set(RULES.names())


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_its_ailment_and_says_where(rule: str) -> None:
    case = CASES[rule]
    found = findings_of(sick_run(rule), rule)
    assert [f for f in found if case.sentence in f.sentence], [f.sentence for f in found]
    finding = next(f for f in found if case.sentence in f.sentence)
    assert finding.severity == WARNING
    assert (finding.where.layer, finding.where.setting) == (case.where.layer, case.where.setting)
    assert not case.where.neurons or finding.where.neurons == case.where.neurons
    assert isinstance(finding.evidence, case.evidence)
    assert case.remedy in [remedy.text for remedy in finding.remedies]
    assert 2 <= finding.why.count(". ") + 1 <= 5
    assert finding.sentence.endswith(".")


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_silent_on_a_sound_run(rule: str) -> None:
    assert not findings_of(trained(CASES[rule].sound, CASES[rule].epochs), rule)


@pytest.mark.parametrize("rule", CASES)
def test_a_remedy_does_what_it_says(rule: str) -> None:
    case = CASES[rule]
    remedy = next(r for f in findings_of(sick_run(rule), rule) for r in f.remedies if r.text == case.remedy)
    spec = remedy.apply(case.sick)
    assert spec != case.sick
    spec.checked()
    assert not [f for f in findings_of(trained(spec, case.epochs), rule) if f.severity == WARNING]


@pytest.mark.parametrize("rule", CASES)
def test_every_remedy_is_valid_and_changes_something(rule: str) -> None:
    for finding in findings_of(sick_run(rule)):
        for remedy in finding.remedies:
            assert remedy.apply(CASES[rule].sick).checked() != CASES[rule].sick, remedy.text


def test_early_stopping_ends_overfitting_before_it_is_one() -> None:
    remedies = [r for f in findings_of(sick_run("overfitting"), "overfitting") for r in f.remedies]
    spec = next(r for r in remedies if r.text == "Early stopping").apply(CASES["overfitting"].sick)
    trainer = trained(spec, 150)
    assert trainer.stopped
    assert not [f for f in findings_of(trainer, "overfitting") if f.severity == WARNING]


@pytest.mark.parametrize(
    "name", [name for name, saved in experiments.all_ready().items() if not saved.spec.data.dataset.on_shelf]
)
def test_ready_experiments_have_nothing_to_warn_of(name: str) -> None:
    trainer = Trainer(experiments.all_ready()[name].spec)
    end = 60 if name == "7-digits" else 250
    while trainer.epoch < end:
        if trainer.epoch <= 20:
            warned = [f.sentence for f in findings_of(trainer) if f.severity == WARNING]
            assert not warned, f"epoch {trainer.epoch}"
        trainer.step_epoch()
    assert not [f.sentence for f in findings_of(trainer) if f.severity == WARNING]


def test_after_a_divergence_it_says_which_layer_ran_away() -> None:
    spec = spec_of("bumps", loss="squared_error", optimizer="sgd", rate=1.0)
    trainer = trained(spec, 10)
    assert trainer.diverged
    finding = findings_of(trainer)[0]
    assert finding.rule == "exploding_gradient"
    assert finding.sentence.startswith("The numbers ran away, and ")
    checkup = Checkup(trainer.snapshot())
    assert finding.where.layer == 1 + int(np.argmax(checkup.gradients)), (
        "no weights had grown at the last finite moment"
    )
    assert [r.text for r in finding.remedies] == ["Learning rate 0.3", "Clip gradient at 1"]
    assert not trained(finding.remedies[0].apply(spec), 10).diverged


def test_weights_that_grew_are_named_after_a_divergence() -> None:
    trainer = trained(spec_of("circles"), 1)
    trainer.network.weights[1][:] *= 1000
    checkup = Checkup(replace(trainer.snapshot(), state=RunState.DIVERGED))
    (finding,) = [f for f in examine(checkup) if f.rule == "exploding_gradient"]
    assert finding.where.layer == 2
    assert "the weights into hidden 2 had grown to 1,100 times their first size" in finding.sentence


# --- what rules must not take for an ailment ----------------------------------------------------------------------


def test_a_clipped_gradient_is_no_alarm() -> None:
    spec = CASES["exploding_gradient"].sick
    clipped = replace(spec, training=replace(spec.training, clip_norm=1.0))
    assert not findings_of(trained(clipped, 3), "exploding_gradient")


def test_the_step_function_is_not_dead() -> None:
    assert not findings_of(trained(spec_of(activation="step"), 1))


def test_units_that_l1_took_away_are_no_twins() -> None:
    trainer = trained(spec_of("circles"), 1)
    for layer in (0, 1):
        (trainer.network.weights[0][:, :3], trainer.network.weights[1][:3])[layer][:] = 0
    trainer.network.biases[0][:3] = 0
    assert not findings_of(trainer, "symmetric_units")


def test_two_twins_among_others_are_found() -> None:
    trainer = trained(spec_of("circles"), 1)
    trainer.network.weights[0][:, 6] = trainer.network.weights[0][:, 2]
    trainer.network.biases[0][6] = trainer.network.biases[0][2]
    trainer.network.weights[1][6] = trainer.network.weights[1][2]
    (finding,) = findings_of(trainer, "symmetric_units")
    assert finding.where == Where(1, (2, 6))
    assert finding.sentence.startswith("2 of 8 neurons of hidden 1")


def test_a_plateau_is_no_slow_walk() -> None:
    """XOR without a hidden layer stands still because there is no way down, not because it is slow."""
    trainer = trained(experiments.all_ready()["2-xor-fails"].spec, 200)
    assert not findings_of(trainer)


def test_the_history_before_a_change_of_settings_says_nothing() -> None:
    snapshot = sick_run("rate_too_high").snapshot()
    assert [f for f in examine(Checkup(snapshot)) if f.rule == "rate_too_high"]
    assert not [f for f in examine(Checkup(snapshot, since=snapshot.epoch)) if f.rule == "rate_too_high"]


def test_a_dead_neuron_that_wakes_for_one_sample_is_not_dead() -> None:
    """Of many samples only some are looked at; before a neuron is called dead all are."""
    spec = spec_of("circles", (4,), **RELU, samples=2000)
    trainer = Trainer(spec)
    x = trainer.data.train.x
    looked_at = Checkup(trainer.snapshot()).rows
    assert len(looked_at) == MOST_SAMPLES < len(x)
    others = np.setdiff1d(np.arange(len(x)), looked_at)
    farthest = others[np.argmax((x[others] ** 2).sum(axis=1))]
    direction = x[farthest] / np.linalg.norm(x[farthest])
    beyond = float((x[looked_at] @ direction).max())
    reach = float(x[farthest] @ direction)
    assert reach > beyond, "no sample among the others lies farther out"
    trainer.network.weights[0][:, 0] = direction
    trainer.network.biases[0][0] = -(beyond + reach) / 2
    assert 0 not in [n for f in findings_of(trainer, "dead_units") for n in f.where.neurons]
    trainer.network.biases[0][0] = -reach - 10
    assert 0 in [n for f in findings_of(trainer, "dead_units") for n in f.where.neurons]


def test_looking_changes_nothing() -> None:
    looked, alone = Trainer(spec_of(rate=0.01)), Trainer(spec_of(rate=0.01))
    for _ in range(5):
        looked.step_epoch()
        alone.step_epoch()
        examine(Checkup(looked.snapshot()))
    assert looked.network.params.tobytes() == alone.network.params.tobytes()
    assert looked.descent.rng.bit_generator.state == alone.descent.rng.bit_generator.state


# --- what the rules measure ---------------------------------------------------------------------------------------


def test_the_gradient_of_a_layer_is_the_root_mean_square_over_samples_and_weights() -> None:
    checkup = Checkup(trained(spec_of("circles", (5, 3)), 2).snapshot())
    snapshot = checkup.snapshot
    squares: list[list[float]] = [[], [], []]
    for x, y in zip(checkup.train.x[checkup.rows], checkup.train.targets[checkup.rows], strict=True):
        alone = trace(snapshot.spec, snapshot.layout, snapshot.params, x[None], y[None])
        for layer in range(3):
            squares[layer].append(float(np.mean(snapshot.layout.weights(alone.grads, layer).astype(float) ** 2)))
    np.testing.assert_allclose(checkup.gradients, [math.sqrt(np.mean(s)) for s in squares], rtol=1e-4)


def test_flat_parts_of_tanh() -> None:
    """1 − tanh² = 0.05 at |z| = artanh √0.95 = 2.18."""
    (low, left), (right, high) = flat_parts(ACTIVATIONS["tanh"](), 1.0, 0.05)
    assert (low, high) == (-math.inf, math.inf)
    assert left == pytest.approx(-2.2)
    assert right == pytest.approx(2.2)


def test_the_steepest_slope_is_that_of_the_formula() -> None:
    checkup = Checkup(Trainer(spec_of(hidden=(3,), activation="sigmoid")).snapshot())
    assert checkup.steepest(1) == pytest.approx(0.25)


def test_large_networks_are_looked_at_with_few_samples() -> None:
    spec = spec_of("circles", (1000, 1000), samples=2000)
    assert 32 <= len(Checkup(Trainer(spec).snapshot()).rows) < 250


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01234, "0.0123"),
        (-1234.5, "−1,230"),
        (2.04e-7, "2.04·10⁻⁷"),
        (1e9, "1·10⁹"),
        (math.inf, "infinite"),
        (0.0, "0"),
    ],
)
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert figure(value) == text


def test_a_histogram_counts_what_is_finite() -> None:
    counted = histogram("z", np.array([[0.0, 1.0], [math.nan, math.inf]]))
    assert counted.counts.sum() == 2
    assert len(counted.edges) == len(counted.counts) + 1


# --- the findings that are shown ----------------------------------------------------------------------------------


def ailment(layer: int = 1) -> Finding:
    return Finding("dead_units", "Dead", Where(layer), "One.", "Why.", histogram("z", np.zeros(1)))


def test_a_finding_comes_after_it_held_and_goes_likewise() -> None:
    rounds = Rounds()
    for _ in range(HELD - 1):
        assert rounds.take([ailment()], settled=False) == ()
    assert len(rounds.take([ailment()], settled=False)) == 1
    for _ in range(HELD - 1):
        assert len(rounds.take([], settled=False)) == 1
    assert rounds.take([], settled=False) == ()


def test_what_comes_and_goes_is_never_shown_and_what_goes_and_comes_stays() -> None:
    rounds = Rounds()
    for i in range(20):
        assert rounds.take([ailment()] if i % 2 else [], settled=False) == ()
    rounds.take([ailment()], settled=True)
    for i in range(20):
        assert rounds.take([ailment()] if i % 2 else [], settled=False)


def test_a_run_that_stands_still_is_as_it_is() -> None:
    rounds = Rounds()
    assert len(rounds.take([ailment(1), ailment(2)], settled=True)) == 2
    assert [f.where.layer for f in rounds.take([ailment(2)], settled=True)] == [2]
    rounds.forget()
    assert rounds.shown == ()


def test_the_figures_of_a_finding_are_the_newest() -> None:
    rounds = Rounds()
    rounds.take([ailment()], settled=True)
    newer = ailment()
    assert rounds.take([newer], settled=False)[0] is newer


# --- remedies -----------------------------------------------------------------------------------------------------


def test_a_remedy_leaves_alone_what_else_was_changed() -> None:
    spec = spec_of(rate=3.0)
    remedy = Remedy("Learning rate 1", (("optimizer.learning_rate", 1.0),))
    later = replace(spec, training=replace(spec.training, batch_size=32))
    after = remedy.apply(later)
    assert (after.training.batch_size, after.optimizer.learning_rate) == (32, 1.0)


def test_leaky_relu_comes_in_the_place_of_relu_only() -> None:
    spec = spec_of(hidden=(8, 8, 8), activation="tanh", optimizer="sgd", rate=3.0)
    mixed = replace(
        spec, network=replace(spec.network, layer_activations=(ACTIVATIONS["relu"](), ACTIVATIONS["sigmoid"]()))
    )
    assert [a.name for a in leaky(mixed).apply(mixed).activations] == ["leaky_relu", "sigmoid", "tanh"]


def test_a_note_is_made_of_surer_mistakes() -> None:
    """Three spirals: the test loss rises while the answers stay as good."""
    trainer = trained(experiments.all_ready()["6-spiral3"].spec, 240)
    assert [f.severity for f in findings_of(trainer, "overfitting")] == [NOTE]


def test_rules_name_themselves() -> None:
    for rule in doctor.RULES:
        assert rule.label
        assert rule.summary.endswith(".")
