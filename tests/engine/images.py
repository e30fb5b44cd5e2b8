"""Small image sets of blobs that stand in for digits: ten classes, each a blob at a place of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data import Data, load_data
from engine.datasets.images import Images
from engine.network import Network
from engine.shelf import SHELF, ImageSet
from engine.spec import ExperimentSpec
from engine.trainer import Trainer


def blobs(n: int, side: int, seed: int = 5, classes: int = 10) -> tuple[NDArray, NDArray]:
    """(n, side²) uint8 and labels (n,): a soft blob on one of ten places of a circle, with some noise."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    angle = labels * 2 * np.pi / 10
    y, x = np.mgrid[:side, :side]
    middle, reach = (side - 1) / 2, 0.3 * side
    cx, cy = middle + reach * np.cos(angle), middle + reach * np.sin(angle)
    away = (x[None] - cx[:, None, None]) ** 2 + (y[None] - cy[:, None, None]) ** 2
    ink = 255 * np.exp(-away / (0.02 * side**2)) + rng.normal(0, 12, (n, side, side))
    return ink.clip(0, 255).astype(np.uint8).reshape(n, -1), labels.astype(np.uint8)


def experiment_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, side: int = 8, n: int = 300, n_test: int = 100,
    hidden: tuple[int, ...] = (12, 6), classes: int = 10,
) -> ExperimentSpec:  # fmt: skip
    """An experiment on blobs that lie on a shelf in ``folder``."""
    monkeypatch.setattr(SHELF, "folder", folder)
    kept = SHELF.put(ImageSet("Blobs", *blobs(n, side, classes=classes), n_test=n_test))
    spec = ExperimentSpec()
    return replace(
        spec, data=replace(spec.data, dataset=Images.of(kept)), network=replace(spec.network, hidden_layer_sizes=hidden)
    )


def trained(spec: ExperimentSpec, epochs: int = 20) -> tuple[Network, Data]:
    """Its network after so many epochs, and its samples."""
    data = load_data(spec.data)
    trainer = Trainer(spec, data)
    for _ in range(epochs):
        trainer.step_epoch()
    return trainer.network, data
