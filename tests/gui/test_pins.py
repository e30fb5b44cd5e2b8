"""Pins: what a thing's number is, where a pin goes when the network changes, and its past."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.probes import sample_activations
from engine.spec import ExperimentSpec
from engine.trace import trace_of
from engine.trainer import Trainer
from gui.graphics.targets import Target
from gui.pins import KEPT, Past, Pin, flat_index, moved, name_of, pin_of, value_of

EDGE, BIAS, NEURON = Target("edge", 0, 2, 1), Target("bias", 1, 4), Target("neuron", 2, 1)


def network(*sizes: int, features: tuple[str, ...] = ("x1", "x2")) -> ExperimentSpec:
    spec = ExperimentSpec()
    return replace(
        spec, data=replace(spec.data, features=features), network=replace(spec.network, hidden_layer_sizes=sizes)
    )


def trained_gradient(trainer: Trainer) -> NDArray:
    """The gradient that the next mini-batch is trained with; optimizers then work in its place."""
    network, seen = trainer.network, []
    backward = network.backward

    def spy(*args):
        backward(*args)
        seen.append(network.grads.copy())

    network.backward = spy
    trainer.step_batch()
    network.backward = backward
    return seen[0]


@pytest.mark.parametrize(
    ("target", "gradient", "wanted"),
    [
        (EDGE, False, Pin("weight", EDGE)),
        (EDGE, True, Pin("gradient", EDGE)),
        (BIAS, False, Pin("bias", BIAS)),
        (BIAS, True, Pin("gradient", BIAS)),
        (NEURON, False, Pin("activation", NEURON)),
        (NEURON, True, Pin("gradient", Target("bias", 2, 1))),
        (Target("neuron", 0, 1), False, Pin("activation", Target("neuron", 0, 1))),
        (Target("neuron", 0, 1), True, None),
        (Target("feature", 0, 3), False, None),
        (Target("plus", 1), False, None),
        (None, False, None),
    ],
)
def test_what_is_pinned_of_a_thing(target, gradient, wanted):
    assert pin_of(target, gradient) == wanted


def test_names_and_kinds():
    spec = network(8, 8)
    assert name_of(spec, Pin("weight", EDGE)) == "x₂ → hidden 1, neuron 3"
    assert name_of(spec, Pin("bias", BIAS)) == "hidden 1, neuron 5"
    assert name_of(spec, Pin("activation", Target("neuron", 3, 0))) == "output"
    assert [Pin("gradient", t).label for t in (EDGE, BIAS)] == ["∂L/∂w", "∂L/∂b"]
    assert Pin("weight", EDGE).label == "weight"


def test_values_are_the_parameters_the_activations_and_the_gradients_of_training():
    trainer = Trainer(network(3, 2))
    trainer.step_epoch()
    moment = trainer.snapshot(minibatch=True)
    spec, layout, params = moment.spec, moment.layout, moment.params
    activations = sample_activations(spec, layout, params, moment.data.train.x[0])
    grads = trace_of(spec, layout, params, moment.minibatch).grads
    assert flat_index(layout, Pin("weight", EDGE)) == 1 * 3 + 2
    assert flat_index(layout, Pin("bias", Target("bias", 2, 1))) == 2 * 3 + 3 + 3 * 2 + 1
    assert value_of(Pin("weight", EDGE), moment, None, None) == params[5]
    assert value_of(Pin("bias", Target("bias", 2, 1)), moment, None, None) == params[16]
    assert value_of(Pin("activation", NEURON), moment, activations, None) == activations[2][1]
    assert value_of(Pin("activation", NEURON), moment, None, None) is None
    assert value_of(Pin("gradient", EDGE), moment, None, None) is None
    shown = value_of(Pin("gradient", EDGE), moment, None, grads)
    assert shown == trained_gradient(trainer)[5], "the very bits of the update"


@pytest.mark.parametrize(
    ("target", "old", "new", "wanted"),
    [
        (EDGE, network(8, 8), network(8, 4), EDGE),
        (EDGE, network(8, 8), network(2, 8), None),
        (EDGE, network(8), network(8, features=("x1", "x1_squared", "x2")), None),
        (Target("bias", 2, 5), network(8, 8), network(8, 5), None),
        (Target("bias", 2, 5), network(8, 8), network(8), None),
        (Target("neuron", 3, 0), network(8, 8), network(8), Target("neuron", 2, 0)),
        (Target("neuron", 2, 0), network(8), network(8, 8), Target("neuron", 3, 0)),
        (Target("edge", 2, 0, 7), network(8, 8), network(8, 8, 4), None),
        (Target("edge", 2, 0, 3), network(8, 8), network(8, 8, 4), Target("edge", 3, 0, 3)),
        (Target("edge", 2, 0, 3), network(8, 8), network(8), Target("edge", 1, 0, 3)),
    ],
)
def test_where_a_pin_goes(target, old, new, wanted):
    kind = "weight" if target.kind == "edge" else target.kind
    if new.data.features != old.data.features:
        wanted = Target("edge", 0, 2, new.data.features.index("x2"))
    found = moved(Pin(kind, target), old, new)
    assert found == (None if wanted is None else Pin(kind, wanted))


def test_an_input_that_goes_takes_its_pins_along():
    old, new = network(4, features=("x1", "x2")), network(4, features=("x1",))
    assert moved(Pin("weight", Target("edge", 0, 2, 1)), old, new) is None
    assert moved(Pin("weight", Target("edge", 0, 2, 0)), old, new) is not None
    assert moved(Pin("activation", Target("neuron", 0, 1)), old, new) is None


def test_the_past_keeps_so_many_and_steps_back():
    past = Past()
    assert past.change == 0
    for epoch in range(KEPT + 10):
        past.push((epoch, 0, 0), float(epoch))
    assert len(past) == KEPT
    assert past.values()[[0, -1]].tolist() == [10, KEPT + 9]
    assert past.change == KEPT - 1
    past.push((KEPT + 9, 0, 0), 7.0)
    assert past.values()[-1] == 7, "an edit where the run stands"
    past.push((KEPT + 5, 0, 0), 3.0)
    assert past.values()[[-2, -1]].tolist() == [KEPT + 4, 3.0]
    past.push((KEPT + 6, 0, 0), math.nan)
    assert np.isnan(past.change)
