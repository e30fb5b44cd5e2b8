"""Answers about a network: the maps and one sample's activations agree with the network itself."""

from __future__ import annotations

import numpy as np
import pytest

from engine.datasets import DATASETS
from engine.features import expand
from engine.network import Layout
from engine.probes import decision_maps, map_side, sample_activations
from engine.trainer import Trainer
from tests.engine.helpers import experiment


@pytest.mark.parametrize("dataset", ["circles", "spiral3", "xor"])
@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)])
def test_maps_are_the_networks_answers(dataset: str, hidden: tuple[int, ...]) -> None:
    trainer = Trainer(experiment(dataset, hidden=hidden))
    maps = decision_maps(trainer.spec, trainer.network.layout, trainer.network.params, 12)
    low, high = DATASETS[dataset]().domain
    cell = (high - low) / 12
    for row, column in ((0, 0), (0, 11), (7, 3)):
        point = np.array([[low + (column + 0.5) * cell, high - (row + 0.5) * cell]])
        answers = trainer.network.predict(expand(point, trainer.spec.data.features))[0]
        np.testing.assert_allclose(maps.layers[-1][:, row, column], answers, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(maps.layers[0][:, row, column], point[0], rtol=1e-6)
    assert [len(layer) for layer in maps.layers] == list(trainer.network.layout.sizes)


def test_activations_of_a_sample_end_in_the_prediction() -> None:
    trainer = Trainer(experiment("spiral3", hidden=(6, 4), activation="relu"))
    x = trainer.data.test.x[3]
    layers = sample_activations(trainer.spec, trainer.network.layout, trainer.network.params, x)
    assert [len(layer) for layer in layers] == [2, 6, 4, 3]
    np.testing.assert_allclose(layers[-1], trainer.network.predict(x[None])[0], rtol=1e-6)
    assert layers[-1].sum() == pytest.approx(1, abs=1e-6)


def test_data_off_the_plane_has_no_maps() -> None:
    assert Trainer(experiment("digits", hidden=(5,), batch_size=200)).maps(10) is None


def test_larger_networks_get_coarser_maps() -> None:
    sides = [map_side(Layout(sizes), 4.0) for sizes in ((2, 8, 8, 1), (2, 64, 64, 64, 1), (2, *[64] * 8, 1))]
    assert sides[0] == 100
    assert sides == sorted(sides, reverse=True)
