"""Small sets of images that are made up, for tests that need no real digits."""

from __future__ import annotations

import numpy as np

from engine.shelf import ImageSet


def bars(
    side: int = 28, n: int = 120, n_test: int = 20, full: int = 255, title: str = "Bars", writers: int = 0
) -> ImageSet:
    """A bar for each digit, further right and wider for a higher one, with some noise; the labels go round 0..9."""
    rng = np.random.default_rng(side)
    labels = (np.arange(n) % 10).astype(np.uint8)
    images = rng.integers(0, max(full // 4, 1), (n, side, side), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        left = int(label) * (side - 2) // 10
        image[1:-1, left : left + 2] = full
    by = None if not writers else (np.arange(n) // 10 % writers).astype(np.int32)
    return ImageSet(title, images.reshape(n, -1), labels, n_test, full, by, "a test")
