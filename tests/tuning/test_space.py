"""What is searched, and the experiments that come of it."""

from __future__ import annotations

import json
from dataclasses import replace

import optuna
import pytest

from engine.activations import ACTIVATIONS
from engine.errors import InvalidSpec
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from gui.tuning import record
from gui.tuning.sampling import pruner_of, report_every
from gui.tuning.space import (
    MAX_GRID,
    VALIDATION_SHARE,
    default_space,
    distribution,
    grid,
    grid_size,
    problem,
    suggest,
    trial_spec,
    with_params,
)
from gui.tuning.study import Choice
from tests.tuning.studies import FAST, base, settings


@pytest.mark.parametrize("dataset", ["spiral", "spiral3", "xor", "plane", "digits"])
def test_what_is_searched_at_first_can_all_be_trained(dataset):
    made = settings(base=base(dataset), space=default_space(base(dataset)))
    assert problem(made) == ""
    names = {choice.name for choice in made.space}
    asked = {
        "layers",
        "width",
        "activation",
        "optimizer",
        "learning_rate",
        "batch_size",
        "l2",
        "dropout",
        "initializer",
    }
    assert asked <= names


def test_every_value_arrives_in_the_experiment():
    params = {
        "layers": 3, "width": 12, "narrowing": 0.5, "activation": "relu", "optimizer": "sgd", "learning_rate": 0.02,
        "batch_size": 16, "l2": 1e-3, "dropout": 0.25, "initializer": "he_normal", "momentum": 0.5,
    }  # fmt: skip
    first = ExperimentSpec(
        network=NetworkSpec((7, 5), layer_activations=(ACTIVATIONS["sigmoid"](),)),
        training=TrainingSpec(layer_dropout=(0.1,), patience=9),
    )
    spec = with_params(first, params)
    assert spec.network.hidden_layer_sizes == (12, 6, 3)
    assert {activation.name for activation in spec.activations} == {"relu"}
    assert spec.optimizer == OPTIMIZERS["sgd"](learning_rate=0.02, momentum=0.5)
    assert (spec.training.batch_size, spec.training.l2, spec.dropout) == (16, 1e-3, (0.25,) * 3)
    assert spec.network.initializer.name == "he_normal"
    assert spec.training.patience == 9


@pytest.mark.parametrize(
    ("params", "sizes"),
    [
        ({}, (7, 5)),
        ({"layers": 1}, (7,)),
        ({"layers": 4}, (7, 5, 5, 5)),
        ({"width": 9}, (9, 9)),
        ({"width_2": 3}, (7, 3)),
        ({"layers": 3, "width": 8, "width_1": 20}, (20, 8, 8)),
        ({"layers": 3, "width": 2, "narrowing": 0.25}, (2, 1, 1)),
        ({"layers": 0}, ()),
    ],
)
def test_hidden_layers(params, sizes):
    assert with_params(ExperimentSpec(network=NetworkSpec((7, 5))), params).network.hidden_layer_sizes == sizes


def test_what_an_optimizer_does_not_have_changes_nothing():
    adam = ExperimentSpec()
    assert with_params(adam, {"momentum": 0.9}) == adam


def test_fractions_are_trained_with_as_they_are_shown():
    spec = with_params(ExperimentSpec(), {"learning_rate": 0.019827480927584, "l2": 1.26455962e-5, "batch_size": 9_999})
    assert (spec.optimizer.learning_rate, spec.training.l2) == (0.0198, 1.26e-5)
    assert spec.training.batch_size == 9_999


@pytest.mark.parametrize("params", [{"colour": 1}, {"activation": "nonsense"}, {"dropout": 0.95}, {"layers": 40}])
def test_what_can_not_be_is_refused(params):
    with pytest.raises(InvalidSpec):
        with_params(ExperimentSpec(), params)


def test_a_trial_is_judged_by_validation_samples():
    assert trial_spec(settings(), {}).data.validation_share == VALIDATION_SHARE
    own = ExperimentSpec(DataSpec(validation_share=0.3))
    assert trial_spec(settings(base=own), {}).data.validation_share == 0.3


def test_suggestions_are_within_their_bounds():
    space = default_space(base("spiral"))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(0))
    for _ in range(20):
        params = suggest(study.ask(), space)
        for choice in space:
            value = params[choice.name]
            assert value in choice.options if choice.options else choice.low <= value <= choice.high
            assert isinstance(value, int) or not choice.whole


def test_distributions():
    assert distribution(Choice("a", 1, 8, log=True, whole=True)) == optuna.distributions.IntDistribution(1, 8, log=True)
    assert distribution(Choice("a", 0, 1)) == optuna.distributions.FloatDistribution(0, 1)
    assert distribution(Choice("a", options=("x", "y"))).choices == ("x", "y")


def test_a_grid_by_hand():
    rates, widths = Choice("learning_rate", 1e-4, 1.0, log=True), Choice("width", 2, 4, whole=True)
    space = (rates, widths, Choice("activation", options=("relu",)))
    points = grid(space)
    assert points["learning_rate"] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert (points["width"], points["activation"]) == ([2, 3, 4], ["relu"])
    assert grid_size(space) == 15
    assert grid_size(default_space(base("digits"))) <= MAX_GRID


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, "name"),
        ({"trials": 0, "minutes": 0}, "budget"),
        ({"epochs": 0}, "at least 1 epoch"),
        ({"space": ()}, "Nothing is searched"),
        ({"space": (*FAST, FAST[0])}, "learning_rate is searched twice"),
        ({"space": (Choice("l2", 0.1, 0.01),)}, "wrong way round"),
        ({"space": (Choice("l2", 0.0, 0.01, log=True),)}, "logarithmic"),
        ({"space": (Choice("dropout", 0.0, 0.99),)}, "dropout = 0.99 can't be trained"),
        ({"sampler": "cmaes", "space": (*FAST, Choice("activation", options=("relu", "tanh")))}, "fix activation"),
        ({"sampler": "cmaes", "space": FAST[:1]}, "at least two"),
        ({"sampler": "cmaes", "objective": "accuracy_and_parameters"}, "one objective only"),
    ],
)
def test_why_a_study_can_not_be_begun_is_one_sentence(change, words):
    said = problem(settings(**change))
    assert words in said
    assert said.endswith(".")
    assert said.count("\n") == 0


def test_settings_are_the_same_after_json():
    made = settings(
        base=base("digits"), space=default_space(base("digits")), minutes=1.5, sampler="cmaes", pruner="hyperband"
    )
    assert record.from_json(json.loads(json.dumps(record.to_json(made)))) == made


@pytest.mark.parametrize(
    "damage",
    [
        {"space": None}, {"space": [{"low": 1}]}, {"space": [{"name": "l2", "low": "x"}]}, {"trials": "6"}, {"name": None},
        {"sampler": "nonsense"}, {"base": {"network": 1}}, {"space": [{"name": "l2", "options": [{}]}]}, {"trials": True},
    ],
)  # fmt: skip
def test_damaged_settings_are_refused(damage):
    with pytest.raises(InvalidSpec):
        record.from_json(record.to_json(settings()) | damage)


def test_how_often_the_pruner_looks():
    assert [report_every(settings(epochs=n)) for n in (1, 10, 11, 30, 300)] == [1, 1, 2, 3, 30]
    assert isinstance(pruner_of(settings(pruner="hyperband", epochs=30)), optuna.pruners.HyperbandPruner)
    two = settings(pruner="median", objective="accuracy_and_parameters")
    assert isinstance(pruner_of(two), optuna.pruners.NopPruner)
    assert isinstance(pruner_of(replace(two, objective="validation_loss")), optuna.pruners.MedianPruner)
