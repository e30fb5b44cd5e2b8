"""Small image sets for window tests: ten blobs at ten places, told apart by a network within a few epochs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.datasets.images import Images
from engine.shelf import SHELF, ImageSet
from engine.spec import ExperimentSpec


def blobs(n: int = 400, side: int = 28, n_test: int = 120, seed: int = 0) -> ImageSet:
    """Each class is a spot at a place of its own on a circle, with noise."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % 10).astype(np.uint8)
    angle = 2 * np.pi * labels / 10
    middles = (side - 1) / 2 + side / 3 * np.stack([np.sin(angle), np.cos(angle)], axis=1) + rng.normal(0, 0.4, (n, 2))
    rows, columns = np.mgrid[:side, :side]
    distance = (rows - middles[:, :1, None]) ** 2 + (columns - middles[:, 1:, None]) ** 2
    ink = 230 * np.exp(-distance / (side / 9) ** 2) + rng.random((n, side, side)) * 20
    return ImageSet("Blobs", np.clip(ink, 0, 255).astype(np.uint8).reshape(n, -1), labels, n_test)


def on_shelf(spec: ExperimentSpec, images: ImageSet, *hidden: int) -> ExperimentSpec:
    """``spec`` with these images, which are put on the program's shelf, and these hidden layers."""
    kept = SHELF.put(images)
    return replace(
        spec, data=replace(spec.data, dataset=Images.of(kept)), network=replace(spec.network, hidden_layer_sizes=hidden)
    )
