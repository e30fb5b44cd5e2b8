"""MNIST for benchmarks, from the development data; it is no part of the project."""

from __future__ import annotations

from pathlib import Path

from engine.datasets.images import Images
from engine.readers import read_images
from engine.shelf import SHELF
from tests.benchmarks.harness import Skipped

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "mnist"


def shelve(folder: Path) -> Images:
    """All 70,000 images on the shelf in ``folder``, the last 10,000 to test with. Raises ``Skipped`` where there are none."""
    files = sorted(FOLDER.glob("*.gz"))
    if not files:
        raise Skipped("MNIST is not in ../shared/data/mnist")
    SHELF.folder = folder
    return Images.of(SHELF.put(read_images(files)))
