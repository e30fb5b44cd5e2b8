"""Images of 28×28 pixels that stand in for MNIST, which is no part of the project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.datasets import DATASETS
from engine.datasets.images import Images
from engine.shelf import ImageSet, Shelf
from engine.spec import ExperimentSpec


def enlarged_digits(n: int | None = None) -> ImageSet:
    """The first ``n`` of scikit-learn's 8×8 digits, each pixel three times as wide, in the middle of 28×28."""
    x, labels = DATASETS["digits"]().make(np.random.default_rng(0))
    small = (x[:n] * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
    large = np.pad(small.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    return ImageSet("Enlarged digits", large.reshape(-1, 784), labels[:n].astype(np.uint8))


def on_enlarged_digits(
    spec: ExperimentSpec, folder: Path, hidden: tuple[int, ...] = (128, 64), n: int | None = None
) -> ExperimentSpec:
    """``spec`` with those images, which are put onto the shelf of ``folder``, and with hidden layers of these sizes."""
    dataset = Images.of(Shelf(folder).put(enlarged_digits(n)))
    network = replace(spec.network, hidden_layer_sizes=hidden)
    return replace(spec, data=replace(spec.data, dataset=dataset), network=network)
