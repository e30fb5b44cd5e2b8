"""What a set of images looks like as a whole: the average of each class, how the pixels are spread, who wrote which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.data import CHUNK, Data
from engine.splitting import split

LEVELS = 17  # sixteenths of full ink: what 8×8 images hold exactly, and fine enough for any other


@dataclass(frozen=True)
class ImageSummary:
    """Of the training images: ``averages`` (k, side²) of each class, 0 where it has none, and ``pixels`` (k, 17) int64.

    ``pixels`` counts the pixels of each class by how much ink they hold, rounded to sixteenths of full. ``writers`` says by
    the name of the part (train, test, validation) who wrote its images, (n,); it is empty where nobody knows.
    """

    averages: NDArray
    pixels: NDArray
    writers: dict[str, NDArray] = field(default_factory=dict)


def summarize(data: Data, stop: Callable[[], bool] = lambda: False) -> ImageSummary | None:
    """The summary of ``data``, whose samples are images; None when ``stop()`` says that nobody waits for it.

    Raises :class:`UnreadableFile` where the writers can't be read.
    """
    x, labels, k = data.train.x, data.train.labels, data.spec.dataset.n_classes
    sums = np.zeros((k, x.shape[1]))
    pixels = np.zeros(k * LEVELS, np.int64)
    for start in range(0, len(x), CHUNK):
        if stop():
            return None
        piece, its = x[start : start + CHUNK], labels[start : start + CHUNK]
        sums += (its == np.arange(k)[:, None]).astype(x.dtype) @ piece
        level = np.rint(piece * (LEVELS - 1)).clip(0, LEVELS - 1).astype(np.int16)
        level += (its * LEVELS).astype(np.int16)[:, None]
        pixels += np.bincount(level.ravel(), minlength=k * LEVELS)
    counts = np.bincount(labels, minlength=k)
    return ImageSummary(
        (sums / np.maximum(counts, 1)[:, None]).astype(x.dtype), pixels.reshape(k, LEVELS), writers_of(data)
    )


def writers_of(data: Data) -> dict[str, NDArray]:
    """Who wrote the images of each part, by its name; empty where the data do not say. Raises :class:`UnreadableFile`."""
    writers = data.spec.dataset.writers()
    if writers is None:
        return {}
    rows = split(len(writers), data.spec.dataset.n_test, writers, data.spec)
    parts = {"train": rows.train, "test": rows.test, "validation": rows.validation}
    return {name: writers[part] for name, part in parts.items() if part is not None}
