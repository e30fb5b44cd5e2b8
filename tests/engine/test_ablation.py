"""Damage to a network: by hand on a tiny one, by properties, and its effect on a trained one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ablation import (
    POINTS,
    Damage,
    Subject,
    add_noise,
    importance,
    magnitude_ranks,
    prune,
    switch_off,
    weakest,
)
from engine.network import Layout, Network
from engine.predictions import predict
from tests.engine.helpers import experiment
from tests.engine.images import experiment_on, trained

TINY = Layout((2, 2, 1))
#            W0 (2×2)                 b0           W1 (2×1)    b1
PARAMS = np.array([1.0, -4.0, 0.5, 2.0, 10.0, 20.0, -3.0, 0.1, 30.0])


def test_a_neuron_that_is_off_sends_nothing() -> None:
    off = switch_off(TINY, PARAMS, (np.array([True, False]),))
    assert off.tolist() == [1.0, -4.0, 0.5, 2.0, 10.0, 20.0, 0.0, 0.1, 30.0]
    assert PARAMS[6] == -3.0, "the run's own weights stay"
    assert switch_off(TINY, PARAMS, ()).tolist() == PARAMS.tolist()


def test_pruning_takes_the_smallest_weights_and_no_bias() -> None:
    ranks = magnitude_ranks(TINY, PARAMS)
    # 0.1 < 0.5 < 1 < 2 < 3 < 4
    assert prune(PARAMS, ranks, 0.5).tolist() == [0.0, -4.0, 0.0, 2.0, 10.0, 20.0, -3.0, 0.0, 30.0]
    assert prune(PARAMS, ranks, 1.0).tolist() == [0.0, 0.0, 0.0, 0.0, 10.0, 20.0, 0.0, 0.0, 30.0]
    per_layer = magnitude_ranks(TINY, PARAMS, per_layer=True)
    assert prune(PARAMS, per_layer, 0.5).tolist() == [0.0, -4.0, 0.0, 2.0, 10.0, 20.0, -3.0, 0.0, 30.0]
    assert prune(PARAMS, per_layer, 0.25).tolist() == [1.0, -4.0, 0.0, 2.0, 10.0, 20.0, -3.0, 0.1, 30.0]


@given(st.integers(0, 999), st.lists(st.floats(0, 1), min_size=2, max_size=6), st.booleans())
def test_pruning_is_monotone_and_nested(seed: int, shares: list[float], per_layer: bool) -> None:
    layout = Layout((5, 4, 3, 2))
    params = np.round(np.random.default_rng(seed).normal(size=layout.n_parameters), 1)  # with ties and zeros
    params[params == 0] = 0.05
    ranks = magnitude_ranks(layout, params, per_layer)
    n_weights = 5 * 4 + 4 * 3 + 3 * 2
    gone = np.zeros(len(params), bool)
    for share in sorted(shares):
        now = prune(params, ranks, share) == 0
        assert not (gone & ~now).any(), "what was pruned stays so"
        assert abs(now.sum() - share * n_weights) <= (1.5 if per_layer else 0.5) + 1e-9
        gone = now
    assert prune(params, ranks, 0.0).tolist() == params.tolist()
    rest = prune(params, ranks, 1.0)
    for layer in range(layout.depth):
        assert not layout.weights(rest, layer).any()
        assert layout.biases(rest, layer).tolist() == layout.biases(params, layer).tolist()


def test_noise_is_in_units_of_the_layer_and_repeats_itself() -> None:
    layout = Layout((40, 50, 10))
    params = np.random.default_rng(1).normal(size=layout.n_parameters).astype(np.float32)
    layout.weights(params, 1)[:] *= 0.01
    noisy = add_noise(layout, params, 0.5, seed=4)
    for layer in range(2):
        added = layout.weights(noisy, layer) - layout.weights(params, layer)
        assert added.std() == pytest.approx(0.5 * layout.weights(params, layer).std(), rel=0.1)
        assert layout.biases(noisy, layer).tolist() == layout.biases(params, layer).tolist()
    assert add_noise(layout, params, 0.5, seed=4).tolist() == noisy.tolist()
    assert add_noise(layout, params, 0.5, seed=5).tolist() != noisy.tolist()
    assert add_noise(layout, params, 0.0).tolist() == params.tolist()
    twice = add_noise(layout, params, 1.0, seed=4)
    assert (twice - params) == pytest.approx(2 * (noisy - params), abs=1e-5), "more of it is more of the same"


def test_importance_worked_by_hand() -> None:
    spec = experiment(dataset="circles", hidden=(2,), activation="identity")
    found = importance(spec, TINY, PARAMS, np.array([[1.0, 0.0], [-11.0, 0.0]]))
    # z of neuron 0: 1 + 10 = 11 and −11 + 10 = −1, mean |z| 6, weight −3; of neuron 1: 16 and 64, mean 40, weight 0.1
    assert len(found) == 1
    assert found[0].tolist() == pytest.approx([18.0, 4.0])


def test_the_weakest_are_compared_within_their_layer() -> None:
    layers = np.array([1.0, 3.0]), np.array([100.0, 200.0, 600.0, 300.0])
    assert [mask.tolist() for mask in weakest(layers, 0.5)] == [[True, False], [True, True, False, False]]
    assert [mask.tolist() for mask in weakest(layers, 0.0)] == [[False] * 2, [False] * 4]
    assert all(mask.all() for mask in weakest(layers, 1.0))
    assert weakest((), 0.5) == ()
    dead = weakest((np.array([0.0, 0.0]), np.array([np.nan, 1.0])), 0.5)
    assert sum(int(mask.sum()) for mask in dead) == 2, "nothing that is computed makes it fail"


@given(
    st.lists(st.lists(st.floats(0, 9), min_size=1, max_size=7), min_size=1, max_size=3),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_more_of_the_weakest_are_the_same_and_more(layers: list[list[float]], one: float, other: float) -> None:
    arrays = [np.array(layer) for layer in layers]
    few, many = (np.concatenate(weakest(arrays, share)) for share in sorted((one, other)))
    assert not (few & ~many).any()


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    with pytest.MonkeyPatch.context() as patch:
        spec = experiment_on(tmp_path_factory.mktemp("shelf"), patch)
        network, data = trained(spec)
        return Subject(spec, network.layout, network.params.copy(), data.test)


def test_nothing_done_has_no_effect(subject: Subject) -> None:
    effect = subject.effect(Damage())
    assert effect.now == effect.whole > 0.9
    p = predict(subject.spec, subject.layout, subject.params, subject.part)
    assert effect.whole == pytest.approx(p.accuracy)
    assert effect.class_whole.tolist() == [p.right[p.labels == k].mean() for k in range(10)]
    assert not Damage(off=(np.zeros(12, bool),))


def test_all_gone_reads_one_digit_in_everything(subject: Subject) -> None:
    for damage in (Damage(off=(np.ones(12, bool), np.ones(6, bool))), Damage(pruned=1.0)):
        effect = subject.effect(damage)
        assert effect.now == 0.1
        assert sorted(effect.class_now.tolist()) == [0.0] * 9 + [1.0]
        assert effect.n == 100


def test_damage_is_done_in_its_order_and_the_run_keeps_its_weights(subject: Subject) -> None:
    before = subject.params.copy()
    off = np.zeros(12, bool)
    off[3] = True
    done = subject.damaged(Damage((off, np.zeros(6, bool)), pruned=0.4, noise=0.5, seed=9))
    assert not subject.layout.weights(done, 1)[3].any()
    ranks = magnitude_ranks(subject.layout, before)
    assert (done[ranks < 0.4] == 0).all(), "noise does not bring back what is pruned"
    assert subject.params.tolist() == before.tolist()


def test_curves_begin_whole_and_end_broken(subject: Subject) -> None:
    told: list[float] = []
    curves = subject.curves(Damage(), tell=lambda share, words: told.append(share))
    assert curves is not None
    assert list(curves) == ["off", "pruned", "noise"]
    for amounts, accuracy in curves.values():
        assert amounts.shape == accuracy.shape == (POINTS,)
        assert accuracy[0] == subject.effect(Damage()).whole
    assert curves["off"][1][-1] == curves["pruned"][1][-1] == 0.1
    assert curves["noise"][0][-1] == 2.0
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert subject.curves(Damage(), stop=lambda: True) is None


def test_no_hidden_layer_and_few_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = experiment_on(tmp_path, monkeypatch, hidden=(), n=30, n_test=3)
    network, data = trained(spec, 2)
    subject = Subject(spec, network.layout, network.params, data.test)
    effect = subject.effect(Damage(pruned=0.5))
    assert effect.importance == ()
    assert np.isnan(effect.class_now).sum() == 7, "classes without test images have no figure"
    curves = subject.curves(Damage())
    assert curves is not None
    assert len(set(curves["off"][1].tolist())) == 1, "there is nothing to switch off"


def test_of_many_images_some_evenly_spread_are_read(subject: Subject) -> None:
    few = Subject(subject.spec, subject.layout, subject.params, subject.part, most=30)
    assert few.effect(Damage()).n == 30
    assert few.labels.tolist() == subject.part.labels[np.arange(30) * 100 // 30].tolist()


def test_a_network_that_diverged_has_an_effect_all_the_same(subject: Subject) -> None:
    lost = Subject(subject.spec, subject.layout, np.full_like(subject.params, np.nan), subject.part)
    assert lost.effect(Damage(weakest(lost.importance, 0.5), pruned=0.3, noise=1.0)).now <= 0.2


def test_ranks_are_worked_out_once_for_each_way(subject: Subject) -> None:
    assert subject.ranks(False) is subject.ranks(False)
    assert subject.ranks(True) is not subject.ranks(False)
    assert isinstance(Network.of(subject.spec), Network)
