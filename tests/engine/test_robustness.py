"""Curves of accuracy against changes of the images, with a simple stand-in for the warp, and once with the real one."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine import robustness as module
from engine.predictions import predict
from engine.robustness import CHUNK, STRESSES, changed, robustness
from tests.engine.images import experiment_on, trained


def stand_in(x: NDArray, side: int, *, shift: tuple[float, float] = (0.0, 0.0), **other: float) -> NDArray:
    """Moves by whole pixels around the edge; every other change dims the image by its size."""
    images = np.roll(x.reshape(-1, side, side), (round(shift[1]), round(shift[0])), (1, 2)).reshape(x.shape)
    return images / (1 + sum(abs(v) for v in other.values()))


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "warped", stand_in)


@pytest.mark.parametrize("side", [8, 28])
def test_amounts_hold_what_changes_nothing(side: int) -> None:
    for stress in STRESSES:
        amounts = stress.amounts(side)
        assert stress.unchanged in amounts
        assert (np.diff(amounts) > 0).all()
        low, high, step = stress.steps[side]
        assert (amounts[0], amounts[-1]) == (low, high)
        assert np.diff(amounts) == pytest.approx(np.full(len(amounts) - 1, step))


def test_a_shift_goes_four_ways_in_turn() -> None:
    x = np.zeros((5, 64), np.float32)
    x[:, 3 * 8 + 3] = 1  # row 3, column 3
    moved = changed("shift", x, 8, 2.0)
    assert moved.argmax(axis=1).tolist() == [3 * 8 + 5, 5 * 8 + 3, 3 * 8 + 1, 1 * 8 + 3, 3 * 8 + 5]


def test_noise_is_the_same_draw_and_stays_between_paper_and_ink() -> None:
    x = np.full((40, 64), 0.5, np.float32)
    few, many = changed("noise", x, 8, 0.05), changed("noise", x, 8, 0.1)
    assert few.dtype == np.float32
    assert few.std() == pytest.approx(0.05, rel=0.05)
    inside = (many > 0) & (many < 1)
    assert (many - x)[inside] == pytest.approx(2 * (few - x)[inside], abs=1e-5)
    wild = changed("noise", x, 8, 5.0)
    assert (wild.min(), wild.max()) == (0.0, 1.0)
    assert changed("noise", x, 8, 0.1, draw=500).tolist() != many.tolist()


@pytest.mark.parametrize("side", [8, 28])
def test_unchanged_images_are_read_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int) -> None:
    spec = experiment_on(tmp_path, monkeypatch, side)
    network, data = trained(spec, 10)
    told: list[tuple[float, str]] = []
    found = robustness(spec, network.layout, network.params, data.test, run=3, epoch=10,
                       tell=lambda share, words: told.append((share, words)))  # fmt: skip
    assert found is not None
    accuracy = predict(spec, network.layout, network.params, data.test).accuracy
    assert accuracy > 0.9
    for stress in STRESSES:
        curve = found.curves[stress.key]
        m = len(curve.amounts)
        assert curve.accuracy.shape == (m,)
        assert curve.accuracy[curve.amounts.tolist().index(stress.unchanged)] == accuracy
        assert curve.examples.shape == (m, 10, side**2)
        assert curve.examples.dtype == np.uint8
        assert curve.read.shape == (m, 10)
    assert found.curves["shift"].accuracy[-1] < 0.5, "the place of the blob is its class"
    assert found.curves["noise"].accuracy[-1] < accuracy
    assert (found.run, found.epoch, found.n, found.side, found.n_classes) == (3, 10, 100, side, 10)
    assert not found.augmented
    assert found.labels.tolist() == list(range(10))
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1] == (pytest.approx(1.0), "Pixel noise")


def test_few_images_one_class_and_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = experiment_on(tmp_path, monkeypatch, n=40, n_test=7, classes=1, hidden=())
    network, data = trained(spec, 3)
    found = robustness(spec, network.layout, network.params, data.test, most=3)
    assert found is not None
    assert (found.n, found.labels.tolist()) == (3, [0])
    assert found.curves["rotation"].examples.shape[1] == 1


def test_it_stops_between_two_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = experiment_on(tmp_path, monkeypatch, n=2 * CHUNK + 100, n_test=CHUNK + 50)
    data = trained(spec, 0)[1]
    network, calls = trained(spec, 0)[0], []

    def stop() -> bool:
        calls.append(1)
        return len(calls) > 3

    assert robustness(spec, network.layout, network.params, data.test, stop=stop) is None
    assert len(calls) == 4


def test_a_network_that_diverged_gives_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = experiment_on(tmp_path, monkeypatch, n=60, n_test=20)
    network, data = trained(spec, 0)
    found = robustness(spec, network.layout, np.full_like(network.params, np.inf), data.test)
    assert found is not None
    assert all(np.isfinite(curve.accuracy).all() for curve in found.curves.values())


@pytest.mark.skipif(
    importlib.util.find_spec("engine.augmentation") is None,
    reason="the warp of engine/augmentation.py is not there yet",
)
def test_with_the_real_warp_a_little_change_harms_less_than_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def real(x: NDArray, side: int, **change: Any) -> NDArray:
        from engine.augmentation import warp

        return warp(x, side, **change)

    monkeypatch.setattr(module, "warped", real)
    spec = experiment_on(tmp_path, monkeypatch)
    network, data = trained(spec, 10)
    found = robustness(spec, network.layout, network.params, data.test)
    assert found is not None
    rotation = found.curves["rotation"]
    at = dict(zip(rotation.amounts.tolist(), rotation.accuracy.tolist(), strict=True))
    assert at[45.0] < at[5.0] <= at[0.0]
    assert at[-45.0] < at[-5.0] <= at[0.0]
