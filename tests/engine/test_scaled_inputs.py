"""Inputs brought to one scale: by hand, the same for samples, maps and single points, and in files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.data import load_data
from engine.datasets import DATASETS
from engine.features import FEATURES, expand
from engine.probes import decision_maps
from engine.spec import Change, DataSpec, ExperimentSpec, from_dict, plan, to_dict
from engine.trainer import Trainer
from tests.engine.helpers import experiment

DOMAIN = (-6.0, 6.0)
NAMES = tuple(FEATURES)


def test_by_hand() -> None:
    """Over a square of ±6: x₁ has mean 0 and spread 6/√3, x₁² mean 12 and spread √(6⁴·(1/5 − 1/9)) = 10.733."""
    columns = expand(np.array([[3.0, -2.0]]), ("x1", "x2", "x1_squared"), DOMAIN)
    np.testing.assert_allclose(columns, [[3 * np.sqrt(3) / 6, -2 * np.sqrt(3) / 6, (9 - 12) / 10.733]], rtol=1e-3)


def test_every_feature_has_mean_0_and_spread_1_over_the_square() -> None:
    points = np.random.default_rng(1).uniform(*DOMAIN, (200_000, 2))
    columns = expand(points, NAMES, DOMAIN)
    np.testing.assert_allclose(columns.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(columns.std(axis=0), 1, rtol=0.02)


def test_without_it_nothing_changes() -> None:
    points = np.random.default_rng(1).uniform(*DOMAIN, (10, 2))
    assert expand(points, NAMES).tobytes() == expand(points, NAMES, None).tobytes()
    data = DataSpec(DATASETS["circles"]())
    assert load_data(data).train.x.tobytes() == load_data(replace(data, scale_inputs=False)).train.x.tobytes()
    assert data.scaled_over is None


def test_a_map_answers_as_the_network_does_for_a_scaled_point() -> None:
    spec = experiment("circles", (5,))
    spec = replace(spec, data=replace(spec.data, features=NAMES, scale_inputs=True))
    trainer = Trainer(spec)
    trainer.step_epoch()
    maps = decision_maps(spec, trainer.network.layout, trainer.network.params, 50)
    point = np.array([[-6 + 12 * (30 + 0.5) / 50, 6 - 12 * (7 + 0.5) / 50]])
    answer = trainer.network.predict(expand(point, NAMES, spec.data.scaled_over))[0, 0]
    assert maps.layers[-1][0, 7, 30] == pytest.approx(answer, abs=1e-5)


def test_the_points_that_are_shown_stay_where_they_are() -> None:
    plain = load_data(DataSpec(DATASETS["circles"]()))
    scaled = load_data(DataSpec(DATASETS["circles"](), scale_inputs=True))
    assert plain.train.raw.tobytes() == scaled.train.raw.tobytes()
    assert abs(float(scaled.train.x.std())) < 1.5 < float(plain.train.x.std())


def test_pixels_have_one_scale_already() -> None:
    assert DataSpec(DATASETS["digits"](), scale_inputs=True).scaled_over is None


def test_it_needs_a_new_network_and_keeps_the_samples() -> None:
    spec = ExperimentSpec()
    assert plan(spec, replace(spec, data=replace(spec.data, scale_inputs=True))) is Change.NEW_NETWORK


def test_files_keep_it_and_older_files_are_read_without() -> None:
    spec = ExperimentSpec(data=DataSpec(scale_inputs=True))
    raw = to_dict(spec)
    assert from_dict(raw) == spec
    del raw["data"]["scale_inputs"]
    assert from_dict(raw) == ExperimentSpec()
