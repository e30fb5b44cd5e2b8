"""Weights as a crowd: figures and histograms by hand, and the first weights of a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.network import Layout
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from engine.weighing import ZERO_SHARE, first_params, histogram, pulls, weigh, weights_of


def test_figures_by_hand():
    # of the largest, 4, a hundredth is 0.04: 0, 0.03 and −0.039 count as zero, one of them exactly; 0.04 does not
    found = weigh(np.array([0.0, 0.03, -0.039, 0.04, -3.0, 4.0]))
    assert (found.n, found.zeros, found.exact) == (6, 3, 1)
    assert found.below == pytest.approx(0.04)
    assert found.zero_share == 0.5
    assert found.largest == 4
    assert found.mean == pytest.approx((0.03 + 0.039 + 0.04 + 3 + 4) / 6)
    assert found.norm == pytest.approx(np.sqrt(0.0009 + 0.001521 + 0.0016 + 9 + 16))
    assert ZERO_SHARE == 0.01


def test_all_zero_and_no_numbers():
    assert weigh(np.zeros(4)).zero_share == 1.0
    none = weigh(np.array([np.nan, np.inf, 2.0]))
    assert (none.n, none.broken, none.largest, none.zeros) == (1, 2, 2.0, 0)
    assert weigh(np.array([])).zero_share == 0.0


def test_a_histogram_by_hand():
    # three parts of −3..3: up to −1, up to 1, up to 3; an edge belongs to the part above it, what is further to the outermost
    assert histogram(np.array([-3, -1.1, -1, 0, 0.9, 1, 3, 7, -9]), 3.0, 3).tolist() == [3, 3, 3]
    assert histogram(np.array([np.nan, np.inf, 0.0]), 1.0, 5).tolist() == [0, 0, 1, 0, 0]


@given(
    arrays(np.float32, st.integers(0, 60), elements=st.floats(-9, 9, width=32)),
    st.sampled_from([0.5, 2.0, 10.0]),
    st.sampled_from([1, 7, 41]),
)
def test_every_weight_is_counted_once(weights, reach, n_bins):
    counts = histogram(weights, reach, n_bins)
    assert counts.shape == (n_bins,)
    assert counts.sum() == len(weights)
    inside = np.abs(weights.astype(float)) < reach / n_bins * (1 - 1e-9)
    assert counts[n_bins // 2] >= inside.sum(), "zero is in the middle of a part"


def test_biases_are_no_weights():
    layout = Layout((2, 1, 2))
    params = np.array([1, 2, 90, 3, 4, 91, 92], float)
    assert weights_of(layout, params).tolist() == [1, 2, 3, 4]
    assert weights_of(layout, params, 1).tolist() == [3, 4]


def test_the_first_weights_are_those_a_run_starts_from_whatever_it_is_trained_with():
    spec = ExperimentSpec()
    trainer = Trainer(spec)
    np.testing.assert_array_equal(first_params(spec), trainer.network.params)
    assert not first_params(spec).flags.writeable
    hot = replace(spec, training=replace(spec.training, l1=0.1, patience=5))
    assert first_params(hot) is first_params(spec), "drawn once"
    trainer.step_epoch()
    assert not np.array_equal(first_params(spec), trainer.network.params)
    other = replace(spec, training=replace(spec.training, seed=9))
    np.testing.assert_array_equal(first_params(other), Trainer(other).network.params)


def test_pulls_by_hand():
    spec = ExperimentSpec()
    spec = replace(spec, training=replace(spec.training, l1=0.01, l2=0.2))
    assert pulls(spec, mean=0.5, n=10) == (0.01, 0.1)
    spec = replace(spec, training=replace(spec.training, l2_per_sample=True))
    assert pulls(spec, mean=0.5, n=10) == (0.01, pytest.approx(0.01))


def test_l1_gathers_weights_at_zero():
    spec = ExperimentSpec()
    shares = []
    for l1 in (0.0, 0.003):
        trainer = Trainer(replace(spec, training=replace(spec.training, l1=l1)))
        for _ in range(100):
            trainer.step_epoch()
        shares.append(weigh(weights_of(trainer.network.layout, trainer.network.params)).zero_share)
    assert shares[0] < 0.1 < 0.3 < shares[1]
