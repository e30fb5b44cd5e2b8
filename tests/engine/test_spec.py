"""The spec: round trip through JSON, refusal of everything that is not one, and what a change costs."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.errors import InvalidSpec
from engine.features import FEATURES
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.registry import Registry, switch_kind
from engine.schedules import SCHEDULES
from engine.spec import Change, DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec, from_dict, plan, to_dict

DEFAULT = ExperimentSpec()


def _entry(registry: Registry[Any]) -> st.SearchStrategy[Any]:
    def settings(cls: type) -> st.SearchStrategy[Any]:
        return st.builds(cls, **{f.name: _value(f) for f in fields(cls)})

    return st.sampled_from(list(registry)).flatmap(settings)


def _value(field: Any) -> st.SearchStrategy[Any]:
    if "read" in field.metadata:  # the one there is: points
        coordinate = st.floats(-1e6, 1e6)
        return st.lists(st.tuples(coordinate, coordinate, st.integers(0, 1)), min_size=1, max_size=9).map(tuple)
    if "text" in field.metadata:
        return st.sampled_from(["x*tanh(x)", "max(x, 0.1*x)", "2^x - 1"])
    limits = field.metadata["range"]
    if isinstance(field.default, bool):
        return st.booleans()
    if isinstance(field.default, int):
        return st.integers(int(limits.low), int(limits.high))
    return st.floats(limits.low, limits.high, allow_nan=False)


def _built(cls: type, **more: Any) -> st.SearchStrategy[Any]:
    return st.builds(cls, **{f.name: _value(f) for f in fields(cls) if "range" in f.metadata}, **more)


SPECS = st.builds(
    ExperimentSpec,
    _built(
        DataSpec, dataset=_entry(DATASETS),
        features=st.lists(st.sampled_from(sorted(FEATURES)), min_size=1, unique=True).map(tuple),
    ),
    st.builds(
        NetworkSpec, st.lists(st.integers(1, 64), max_size=8).map(tuple), _entry(ACTIVATIONS), _entry(LOSSES),
        _entry(INITIALIZERS),
        st.lists(_entry(ACTIVATIONS), max_size=3).map(tuple),
    ),
    _entry(OPTIMIZERS),
    _built(
        TrainingSpec, schedule=_entry(SCHEDULES), layer_dropout=st.lists(st.floats(0, 0.9), max_size=4).map(tuple)
    ),
)  # fmt: skip


@given(SPECS.filter(lambda spec: not spec.data.dataset.regression or spec.network.loss.linear() is not None))
def test_round_trip_through_json(spec: ExperimentSpec) -> None:
    assert spec.validate() == []
    assert from_dict(json.loads(json.dumps(to_dict(spec), allow_nan=False))) == spec


def changed(path: str, value: Any) -> dict[str, Any]:
    raw = to_dict(DEFAULT)
    *parents, last = path.split(".")
    node = raw
    for name in parents:
        node = node[name]
    node[last] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("data.train_share", "a lot", "must be a number"),
        ("data.train_share", 2.0, "outside"),
        ("data.train_share", float("nan"), "finite"),
        ("data.train_share", True, "must be a number"),
        ("data.dataset", "spiral", "object with a name"),
        ("data.dataset", {"name": "galaxy"}, "unknown dataset 'galaxy'"),
        ("data.dataset.n_samples", 10**9, "outside"),
        ("data.dataset.n_samples", 12.5, "whole number"),
        ("data.dataset.colour", 1, "unknown setting 'colour'"),
        ("data.features", [], "at least one"),
        ("data.features", ["x1", "x1"], "twice"),
        ("data.features", ["x9"], "unknown feature"),
        ("network.hidden_layer_sizes", [0], "outside 1 to"),
        ("network.hidden_layer_sizes", [10**7], "outside 1 to"),
        ("network.hidden_layer_sizes", [4096, 4096], "parameters"),
        ("network.hidden_layer_sizes", [4] * 17, "at most"),
        ("network.hidden_layer_sizes", [True], "whole numbers"),
        ("network.hidden_layer_sizes", 4, "list"),
        ("network.activation", {"name": "magic"}, "unknown activation"),
        ("network.layer_activations", {"name": "tanh"}, "must be a list"),
        ("network.layer_activations", ["tanh"], "object with a name"),
        ("network.layer_activations", [{"name": "leaky_relu", "alpha": 7}], "outside"),
        ("network.layer_activations", [{"name": "tanh", "alpha": 0.1}], "unknown setting"),
        ("network.activation", {"name": "typed", "expression": 3}, "must be a text"),
        ("network.activation", {"name": "typed", "expression": "x + foo(x)"}, "'foo' at place 5 is not known"),
        ("network.layer_activations", [{"name": "typed", "expression": "__import__('os')"}], "means nothing here"),
        ("network.loss", None, "object with a name"),
        ("optimizer", {"name": "adam", "learning_rate": float("inf")}, "finite"),
        ("optimizer", {"name": "adam", "learning_rate": -1}, "outside"),
        ("optimizer", {"name": "sgd", "nesterov": 1}, "true or false"),
        ("training.batch_size", 0, "outside"),
        ("training.seed", 2**40, "outside"),
        ("training.seed", 10**40, "about 10.40, outside"),
        ("data.dataset.n_samples", 10**400, "about 10.400"),
        ("network.hidden_layer_sizes", [10**400], "about 10.400"),
        ("training.l2", 10**400, "too large"),
        ("training", [], "must be an object"),
        ("training.layer_dropout", 0.5, "must be a list"),
        ("training.layer_dropout", ["much"], "must be a number"),
        ("training.layer_dropout", [0.1, 0.95], "outside 0 to 0.9"),
        ("training.dropout", 1.0, "outside"),
        ("training.l2_per_sample", 1, "true or false"),
        ("training.schedule", {"name": "tides"}, "unknown schedule"),
        ("training.schedule", {"name": "cosine", "epochs": 0}, "outside"),
    ],
)
def test_refuses_in_a_sentence(path: str, value: Any, says: str) -> None:
    with pytest.raises(InvalidSpec, match=says):
        from_dict(changed(path, value))


def test_missing_settings_take_their_defaults() -> None:
    assert from_dict({}) == DEFAULT


def test_plan_keeps_what_it_can() -> None:
    data, network, training = DEFAULT.data, DEFAULT.network, DEFAULT.training
    cases = [
        (DEFAULT, Change.KEEP),
        (replace(DEFAULT, optimizer=replace(DEFAULT.optimizer, learning_rate=0.1)), Change.HOT),
        (replace(DEFAULT, optimizer=OPTIMIZERS["sgd"]()), Change.HOT),
        (replace(DEFAULT, training=replace(training, batch_size=32)), Change.HOT),
        (replace(DEFAULT, training=replace(training, l1=0.1, l2=0.1)), Change.HOT),
        (replace(DEFAULT, training=replace(training, dropout=0.1, clip_norm=1.0, input_noise=0.1)), Change.HOT),
        (replace(DEFAULT, training=replace(training, schedule=SCHEDULES["cosine"]())), Change.HOT),
        (replace(DEFAULT, training=replace(training, patience=5, stop_on_score=True)), Change.HOT),
        (replace(DEFAULT, data=replace(data, validation_share=0.2)), Change.NEW_NETWORK),
        (replace(DEFAULT, training=replace(training, seed=9)), Change.NEW_NETWORK),
        (replace(DEFAULT, network=replace(network, hidden_layer_sizes=(3,))), Change.NEW_NETWORK),
        (replace(DEFAULT, data=replace(data, features=("x1",))), Change.NEW_NETWORK),
        (replace(DEFAULT, data=replace(data, seed=9)), Change.NEW_DATA),
        (replace(DEFAULT, data=replace(data, dataset=DATASETS["moons"]())), Change.NEW_DATA),
    ]
    for new, expected in cases:
        assert plan(DEFAULT, new) is expected
        assert plan(new, DEFAULT) is expected


def test_switching_the_kind_keeps_shared_settings() -> None:
    adam = OPTIMIZERS["adam"](learning_rate=0.3)
    assert switch_kind(adam, OPTIMIZERS["sgd"]).learning_rate == 0.3
    assert switch_kind(adam, OPTIMIZERS["adam"]) is adam


def test_two_entries_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="two classes"):
        ACTIVATIONS.register(ACTIVATIONS["tanh"])
