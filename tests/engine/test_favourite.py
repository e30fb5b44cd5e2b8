"""What one neuron likes: its gradient at the input, the climb, the images that excite it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.activations import ACTIVATIONS
from engine.activity import activations_at, class_means, layer_name, spread_rows
from engine.data import Part
from engine.datasets import DATASETS
from engine.errors import NeuroloomError
from engine.favourite import GREY, N_BEST, climb, favourite, penalty, sum_and_gradient
from engine.network import Layout
from engine.probes import layer_sums
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec


def digits(*hidden: int, activation: str = "tanh") -> ExperimentSpec:
    return ExperimentSpec(DataSpec(DATASETS["digits"]()), NetworkSpec(hidden, ACTIVATIONS[activation]()))


def drawn(spec: ExperimentSpec, seed: int = 0, size: float = 0.4) -> tuple[Layout, np.ndarray]:
    layout = Layout(spec.layer_sizes)
    return layout, np.random.default_rng(seed).normal(0, size, layout.n_parameters)


def some_part(n: int = 60, seed: int = 1) -> Part:
    rng = np.random.default_rng(seed)
    x = rng.random((n, 64)).astype(np.float32)
    labels = rng.integers(0, 10, n)
    return Part(x, x, (labels[:, None] == np.arange(10)).astype(np.float32), labels)


def test_without_a_hidden_layer_the_gradient_is_the_weights():
    spec = digits()
    layout, params = drawn(spec)
    x = np.full(64, 0.25)
    value, gradient = sum_and_gradient(spec, layout, params, x, 1, 3)
    weights = layout.weights(params, 0)[:, 3]
    assert value == pytest.approx(0.25 * weights.sum() + layout.biases(params, 0)[3])
    np.testing.assert_array_equal(gradient, weights)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_gradient_is_that_of_finite_differences(activation, layer):
    spec = digits(7, 5, activation=activation)
    layout, params = drawn(spec)
    x = np.random.default_rng(2).random(64)
    _, gradient = sum_and_gradient(spec, layout, params, x, layer, 2)
    step = 1e-6
    for pixel in range(0, 64, 5):
        there, back = x.copy(), x.copy()
        there[pixel] += step
        back[pixel] -= step
        above, below = (sum_and_gradient(spec, layout, params, one, layer, 2)[0] for one in (there, back))
        assert gradient[pixel] == pytest.approx((above - below) / (2 * step), abs=1e-6)


def test_the_sum_is_the_one_that_the_network_computes():
    spec = digits(7, 5)
    layout, params = drawn(spec)
    x = np.random.default_rng(2).random((1, 64))
    sums = layer_sums(spec, layout, params, x)
    for layer in (1, 2, 3):
        assert sum_and_gradient(spec, layout, params, x[0], layer, 4)[0] == pytest.approx(float(sums[layer - 1][0, 4]))


@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from(["tanh", "relu", "gelu"]))
@settings(max_examples=25)
def test_the_climb_raises_the_sum_inside_the_pixels_range(seed, layer, activation):
    spec = digits(6, 5, activation=activation)
    layout, params = drawn(spec, seed)
    image, best, start = climb(spec, layout, params, layer, 1, steps=60)
    assert best >= start
    assert image.min() >= 0
    assert image.max() <= 1
    assert best == pytest.approx(sum_and_gradient(spec, layout, params, image, layer, 1)[0])
    again, *_ = climb(spec, layout, params, layer, 1, steps=60)
    np.testing.assert_array_equal(image, again)


def test_a_linear_neuron_wants_ink_where_its_weights_are_positive_and_is_indifferent_far_from_them():
    spec = digits()
    layout, params = drawn(spec, size=0.0)
    weights = layout.weights(params, 0)
    weights[9, 4], weights[54, 4] = 2.0, -2.0  # row 1 column 1; row 6 column 6
    image, best, start = climb(spec, layout, params, 1, 4)
    picture = image.reshape(8, 8)
    assert picture[1, 1] > 0.9
    assert picture[6, 6] < 0.1
    assert picture[1, 6] == pytest.approx(GREY, abs=0.02)
    assert start == 0.0
    assert best == pytest.approx(2 * (picture[1, 1] - picture[6, 6]))


def test_weights_of_another_size_have_the_same_favourite():
    spec = digits()
    layout, params = drawn(spec)
    image, *_ = climb(spec, layout, params, 1, 0)
    larger, *_ = climb(spec, layout, 1000 * params, 1, 0)
    np.testing.assert_allclose(image, larger, atol=1e-9)


def test_the_penalty_by_hand():
    image = np.full((2, 2), GREY)
    assert penalty(image, 1.0, 1.0) == 0.0
    image[0, 0] += 0.2  # (1/2)·0.04 for leaving grey, and (1/2)·2·0.04 for its two neighbours
    assert penalty(image, 1.0, 1.0) == pytest.approx(0.02 + 0.04)


def test_a_neuron_that_nothing_moves_stays_at_grey():
    spec = digits()
    layout, params = drawn(spec, size=0.0)
    found = favourite(spec, layout, params, some_part(), 1, 0)
    assert not found.climbed
    assert (found.image == GREY).all()


def test_weights_that_are_no_numbers_are_told_in_a_sentence():
    spec = digits(3)
    layout, params = drawn(spec)
    params[5] = np.nan
    with pytest.raises(NeuroloomError, match=r"^Neuron 3 of hidden 1 has no favourite: .*Reset the run"):
        climb(spec, layout, params, 1, 2)


@pytest.mark.parametrize("layer", [1, 2])
def test_the_images_that_excite_it_are_those_with_the_largest_sums(monkeypatch, layer):
    monkeypatch.setattr("engine.favourite.CHUNK", 25)  # so that there are three of them
    spec, part = digits(4), some_part()
    layout, params = drawn(spec)
    params = params.astype(np.float32)
    told: list[float] = []
    found = favourite(
        spec, layout, params, part, layer, 3, run=7, epoch=12, tell=lambda share, words: told.append(share)
    )
    sums = layer_sums(spec, layout, params, part.x)
    z = sums[layer - 1][:, 3]
    assert found.rows.tolist() == np.argsort(-z)[:N_BEST].tolist()
    np.testing.assert_allclose(found.sums, np.sort(z)[::-1][:N_BEST], rtol=1e-5)
    np.testing.assert_array_equal(found.labels, part.labels[found.rows])
    a = np.tanh(z) if layer == 1 else z
    expected = [a[part.labels == label].mean() if (part.labels == label).any() else 0.0 for label in range(10)]
    np.testing.assert_allclose(found.means, expected, rtol=1e-4, atol=1e-6)
    assert (found.run, found.epoch, found.climbed) == (7, 12, True)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_it_is_given_up_between_two_chunks(monkeypatch):
    monkeypatch.setattr("engine.favourite.CHUNK", 10)
    spec = digits(4)
    layout, params = drawn(spec)
    told: list[float] = []
    favourite(
        spec, layout, params, some_part(), 1, 0, tell=lambda share, _: told.append(share), stop=lambda: len(told) > 2
    )
    assert len(told) == 3


def test_means_by_class_by_hand():
    values = np.array([[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]])
    means = class_means(values, np.array([0, 0, 2]), 4)
    np.testing.assert_array_equal(means, [[2, 3], [0, 0], [10, 20], [0, 0]])


def test_activations_of_each_layer():
    spec = digits(4, 3, activation="relu")
    layout, params = drawn(spec)
    x = some_part().x
    sums = layer_sums(spec, layout, params.astype(np.float32), x)
    assert activations_at(spec, x, sums, 0) is x
    np.testing.assert_array_equal(activations_at(spec, x, sums, 2), np.maximum(sums[1], 0))
    assert activations_at(spec, x, sums, 3) is sums[2]
    assert [layer_name(layer, 3) for layer in range(4)] == ["input", "hidden 1", "hidden 2", "output"]


@given(st.integers(1, 500), st.integers(1, 100))
def test_spread_rows_are_different_and_in_range(n, most):
    rows = spread_rows(n, most)
    assert len(rows) == min(n, most)
    assert len(np.unique(rows)) == len(rows)
    assert rows[0] == 0
    assert rows[-1] < n


def test_layer_activations_of_their_own_are_followed():
    spec = digits(4, 4)
    spec = replace(spec, network=replace(spec.network, layer_activations=(ACTIVATIONS["relu"](),)))
    layout, params = drawn(spec)
    x = np.random.default_rng(5).random(64)
    sums = layer_sums(spec, layout, params, x[None])
    assert sum_and_gradient(spec, layout, params, x, 3, 0)[0] == pytest.approx(float(sums[2][0, 0]))
