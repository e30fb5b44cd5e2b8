"""Backpropagation by numbers: worked by hand, equal to training's bits, and to central differences."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.datasets import DATASETS
from engine.inspection import Sample, check, neuron_numbers, parameter_numbers, update_numbers
from engine.losses import LOSSES, Loss
from engine.network import Layout
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trace import trace_of
from engine.trainer import Trainer

XOR = ExperimentSpec(
    DataSpec(DATASETS["xor"]()), NetworkSpec((2,)), OPTIMIZERS["sgd"](learning_rate=0.5), TrainingSpec(batch_size=1)
)
LAYOUT = Layout((2, 2, 1))
PARAMS = np.array([0.5, -0.5, 0.25, 0.75, 0.1, 0.2, 1.0, -1.0, 0.3])
ONE = Sample(np.array([1.0, 0.0]), np.array([1.0]))
STEPPING = [cls() for cls in OPTIMIZERS if not cls.full_batch]


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_hidden_neuron_by_hand() -> None:
    # z = 0.5·1 + 0.25·0 + 0.1 = 0.6; f' = 1 − tanh²; one weight, 1.0, leads on to the output, whose δ is p − 1.
    numbers = neuron_numbers(XOR, ONE.trace(XOR, LAYOUT, PARAMS), 1, 0)
    assert numbers.forward is not None
    assert numbers.backward is not None
    assert numbers.forward.terms.tolist() == [0.5, 0.0]
    assert (numbers.bias, numbers.z) == (0.1, pytest.approx(0.6))
    z2 = math.tanh(0.6) - math.tanh(-0.3) + 0.3
    d2 = 1 / (1 + math.exp(-z2)) - 1
    assert numbers.backward.total == pytest.approx(d2)
    assert numbers.slope == pytest.approx(1 - math.tanh(0.6) ** 2)
    assert numbers.delta == pytest.approx(d2 * (1 - math.tanh(0.6) ** 2))


def test_an_output_is_explained_by_its_loss() -> None:
    numbers = neuron_numbers(XOR, ONE.trace(XOR, LAYOUT, PARAMS), 2, 0)
    assert [line.symbol for line in numbers.lines] == ["p", "δ"]
    assert numbers.lines[-1].value == numbers.delta == pytest.approx(numbers.a - 1)


def test_an_input_has_only_its_value() -> None:
    numbers = neuron_numbers(XOR, ONE.trace(XOR, LAYOUT, PARAMS), 0, 0)
    assert (numbers.a, numbers.delta, numbers.forward) == (1.0, None, None)


def test_a_weight_and_a_bias_by_hand() -> None:
    one = ONE.trace(XOR, LAYOUT, PARAMS)
    weight = parameter_numbers(one, 1, 0, source=0)
    assert weight.value == 1.0
    assert weight.gradient == pytest.approx(weight.delta * math.tanh(0.6))
    bias = parameter_numbers(one, 1, 0)
    assert (bias.value, bias.a) == (0.3, 1.0)
    assert bias.gradient == bias.delta


def test_the_largest_terms_keep_their_order() -> None:
    spec = replace(XOR, network=NetworkSpec((9,)))
    trainer = Trainer(spec)
    one = Sample.of(trainer.minibatch(), 0).trace(spec, trainer.network.layout, trainer.network.params)
    products = neuron_numbers(spec, one, 2, 0).forward
    assert products is not None
    shown = products.largest(4)
    assert list(shown) == sorted(shown)
    rest = np.delete(np.abs(products.terms), shown)
    assert np.abs(products.terms)[shown].min() >= rest.max()
    assert len(products.largest(9)) == 9


# --- the update -------------------------------------------------------------------------------------------------------

EVERYTHING = TrainingSpec(
    batch_size=8, l1=0.003, l2=0.02, clip_norm=0.3, max_norm=1.0, dropout=0.25, input_noise=0.1, label_smoothing=0.1
)


@pytest.mark.parametrize("optimizer", STEPPING, ids=lambda o: o.name)
@pytest.mark.parametrize(
    "training",
    [TrainingSpec(batch_size=8), EVERYTHING, replace(EVERYTHING, l2_per_sample=True, clip_norm=100.0, max_norm=0.0)],
    ids=["plain", "everything", "per-sample"],
)
def test_every_new_number_is_what_training_makes(optimizer: Optimizer, training: TrainingSpec) -> None:
    spec = ExperimentSpec(DataSpec(DATASETS["spiral"]()), NetworkSpec((5, 4)), optimizer, training)
    trainer = Trainer(spec)
    for _ in range(3):
        trainer.step_batch()
    batch, params, layout = trainer.minibatch(), trainer.network.params.copy(), trainer.network.layout
    whole = trace_of(spec, layout, params, batch)
    rate = trainer.descent.optimizer.learning_rate
    expected: dict[int, np.floating] = {}
    for layer in range(layout.depth):
        for index in range(layout.sizes[layer + 1]):
            for source in (-1, *range(layout.sizes[layer])):
                flat = layout.bias_index(layer, index) if source < 0 else layout.weight_index(layer, source, index)
                expected[flat] = update_numbers(spec, whole, batch, layer, index, source, rate).new
    trainer.step_batch()
    made = np.array([expected[flat] for flat in range(layout.n_parameters)])
    np.testing.assert_array_equal(made, trainer.network.params)


def test_clipping_and_penalties_are_named() -> None:
    spec = ExperimentSpec(DataSpec(DATASETS["spiral"]()), NetworkSpec((5,)), training=EVERYTHING)
    trainer = Trainer(spec)
    batch, layout = trainer.minibatch(), trainer.network.layout
    whole = trace_of(spec, layout, trainer.network.params.copy(), batch)
    numbers = update_numbers(spec, whole, batch, 1, 0, 2, 0.03)
    weight = trainer.network.params[layout.weight_index(1, 2, 0)]
    assert numbers.l2 == pytest.approx(0.02 * weight, rel=1e-6)
    assert numbers.l1 == pytest.approx(0.003 * np.sign(weight), rel=1e-6)
    assert numbers.clip is not None
    assert numbers.clip.value == pytest.approx(numbers.mean * numbers.clip.share, rel=1e-6)
    assert numbers.gradient == pytest.approx(numbers.clip.value + numbers.l2 + numbers.l1, rel=1e-6)
    bias = update_numbers(spec, whole, batch, 1, 0, -1, 0.03)
    assert (bias.l1, bias.l2, bias.max_norm) == (None, None, None)


def test_l_bfgs_says_who_decides() -> None:
    spec = ExperimentSpec(DataSpec(DATASETS["spiral"]()), NetworkSpec((3,)), OPTIMIZERS["lbfgs"]())
    trainer = Trainer(spec)
    batch = trainer.minibatch()
    whole = trace_of(spec, trainer.network.layout, trainer.network.params.copy(), batch)
    numbers = update_numbers(spec, whole, batch, 0, 0, 0, 0.03)
    assert numbers.n == trainer.descent.n
    assert numbers.new is None
    assert "line search" in numbers.decides


# --- optimizers and losses explain themselves -------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "optimizer",
    [*STEPPING, OPTIMIZERS["sgd"](momentum=0.9), OPTIMIZERS["sgd"](momentum=0.9, nesterov=True),
     OPTIMIZERS["adam"](torch_epsilon=True), OPTIMIZERS["adamw"](weight_decay=0.5)],
    ids=repr,
)  # fmt: skip
def test_the_last_line_is_the_update(optimizer: Optimizer, dtype: type) -> None:
    rng = np.random.default_rng(3)
    for step in (1, 2, 50):
        params, grads = rng.normal(0, 1, 20).astype(dtype), rng.normal(0, 1, 20).astype(dtype)
        state = tuple(rng.uniform(0, 1, 20).astype(dtype) for _ in optimizer.slots)
        lines = [
            optimizer.explain(params[i], grads[i], tuple(slot[i] for slot in state), step) for i in range(len(params))
        ]
        before = params.copy()
        optimizer.update(params, grads.copy(), state, step, np.empty_like(params))
        np.testing.assert_array_equal([line[-1].value for line in lines], params)
        assert {line[-1].symbol for line in lines} == {"w"}
        # What is said to be added is what was added, to what is said to be there before.
        for i, line in enumerate(lines):
            start, _, added = line[-1].worked
            assert start + added == pytest.approx(params[i], rel=1e-5, abs=1e-6)
            if "weight_decay" not in vars(optimizer):
                assert start == before[i]


def test_the_lines_of_adam_by_hand() -> None:
    lines = OPTIMIZERS["adam"](learning_rate=0.1).explain(np.float64(1.0), np.float64(5.0), (0.0, 0.0), 1)
    values = {line.symbol: float(line.value) for line in lines}
    assert values["m"] == pytest.approx(0.5)
    assert values["v"] == pytest.approx(0.025)
    assert values["η′"] == pytest.approx(0.1 * math.sqrt(0.001) / 0.1)
    assert values["Δw"] == pytest.approx(-0.1, rel=1e-6)
    assert lines[2].worked == ("0.1 × √(1 − 0.999¹) / (1 − 0.9¹)",)


def test_an_optimizer_that_explains_nothing_still_works() -> None:
    class Plain(Optimizer):
        slots = ("running_sum",)

        def update(self, params, grads, state, step, work) -> None:  # type: ignore[no-untyped-def]
            state[0][:] += grads
            params -= 0.5 * grads

    *slots, last = Plain().explain(np.float32(1), np.float32(0.5), (np.float32(2),), 1)
    assert [(line.symbol, float(line.value)) for line in slots] == [("running sum", 2.5)]
    assert (float(last.value), last.worked) == (0.75, (1.0, " + ", -0.25))


LOSS_KINDS = [cls() for cls in LOSSES] + [linear for cls in LOSSES if (linear := cls().linear()) is not None]


@pytest.mark.parametrize("loss", LOSS_KINDS, ids=repr)
@pytest.mark.parametrize("columns", [1, 4])
def test_the_last_line_of_a_loss_is_its_delta(loss: Loss, columns: int) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, columns).astype(np.float32)
    targets = np.eye(columns, dtype=np.float32)[0] if columns > 1 else np.ones(1, np.float32)
    delta = np.empty((1, columns), np.float32)
    loss.delta(logits[None].copy(), targets[None], delta)
    for column in range(columns):
        before = logits.copy()
        lines = loss.explain(logits, targets, column)
        assert lines[-1].symbol == "δ"
        assert lines[-1].value == delta[0, column]
        np.testing.assert_array_equal(logits, before)


def test_softmax_can_be_worked_out_by_hand() -> None:
    p, delta = LOSSES["cross_entropy"]().explain(np.log([1.0, 2.0, 5.0]), np.array([0.0, 0.0, 1.0]), 1)
    assert p.worked[3] == pytest.approx(8)
    assert p.value == pytest.approx(0.25)
    assert (delta.formula, delta.value) == ("p − y", pytest.approx(0.25))


def test_a_loss_that_explains_nothing_still_works() -> None:
    class Plain(type(LOSSES["hinge"]())):  # type: ignore[misc]
        explain = Loss.explain

    logits, targets = np.array([0.5, -2.0]), np.array([0.0, 1.0])
    (line,) = Plain().explain(logits, targets, 1)
    assert (line.symbol, line.value) == ("δ", -1.0)


# --- central differences ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "gelu", "relu"])
def test_the_check_agrees(activation: str) -> None:
    from engine.activations import ACTIVATIONS

    network = NetworkSpec((6, 5), activation=ACTIVATIONS[activation]())
    spec = ExperimentSpec(DataSpec(DATASETS["spiral"]()), network, training=replace(EVERYTHING, batch_size=4))
    trainer = Trainer(spec)
    for _ in range(5):
        trainer.step_batch()
    params, layout = trainer.network.params.copy(), trainer.network.layout
    sample = Sample.of(trainer.minibatch(), 2)
    one = sample.trace(spec, layout, params)
    for flat in range(layout.n_parameters):
        found = check(spec, layout, params, sample, flat)
        assert found.relative < 1e-6 or (found.corner and activation == "relu")
        assert found.chain_rule == pytest.approx(one.grads[flat], rel=1e-4, abs=1e-6)


def test_at_a_corner_the_check_says_so() -> None:
    from engine.activations import ACTIVATIONS

    spec = replace(XOR, network=NetworkSpec((2,), activation=ACTIVATIONS["relu"]()))
    params = PARAMS.copy()
    params[[0, 2, 4]] = 0.0  # z of the first hidden neuron is exactly 0
    found = check(spec, LAYOUT, params, ONE, 4)
    assert found.corner
    assert found.relative > 0.1
