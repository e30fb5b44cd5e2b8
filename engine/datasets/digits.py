"""The handwritten digits that scikit-learn ships: 1,797 images of 8×8, read from its wheel without importing it."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASETS, Dataset
from engine.errors import UnreadableFile

N_IMAGES = 1797
_INSIDE_PACKAGE = Path("datasets", "data", "digits.csv.gz")
_ADVICE = "Install the package again: pip install --force-reinstall scikit-learn."


@DATASETS.register
@dataclass(frozen=True)
class Digits(Dataset):
    """Digits by 13 people, each pixel the share of ink in its 4×4 block of a 32×32 bitmap (UCI, CC BY 4.0)."""

    name: ClassVar[str] = "digits"
    label: ClassVar[str] = "Digits 8×8"
    summary: ClassVar[str] = "1,797 handwritten digits of 8×8 pixels. A network that knows them reads what you draw."
    planar: ClassVar[bool] = False
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    n_inputs: ClassVar[int] = 64
    n_classes: ClassVar[int] = 10
    image_side: ClassVar[int] = 8
    order: ClassVar[int] = 200

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """x (1797, 64) float64 in 0..1, row by row from the top left, and labels (1797,); ``rng`` is not needed.

        Raises :class:`UnreadableFile` when scikit-learn or its file is missing or damaged.
        """
        return read_digits(digits_path())


def digits_path() -> Path:
    """Where the installed scikit-learn keeps its digits. Importing scikit-learn would take seconds: it is only located."""
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise UnreadableFile("digits.csv.gz", "scikit-learn, whose wheel holds the digits, is not installed.",
                             "Install it: pip install scikit-learn.")  # fmt: skip
    return Path(spec.submodule_search_locations[0]) / _INSIDE_PACKAGE


def read_digits(path: Path) -> tuple[NDArray, NDArray]:
    """x (1797, 64) float64 in 0..1 and labels (1797,) int64 from scikit-learn's ``digits.csv.gz``.

    Raises :class:`UnreadableFile`.
    """
    try:
        text = gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise UnreadableFile(path, "the file of digits is missing.", _ADVICE) from None
    except (OSError, EOFError, zlib.error):
        raise UnreadableFile(path, "the file of digits can't be unpacked.", _ADVICE) from None
    try:
        table = np.array(text.replace(b"\n", b",").rstrip(b",").split(b","), dtype=np.int64).reshape(N_IMAGES, 65)
    except (ValueError, OverflowError):
        raise UnreadableFile(path, f"the file of digits doesn't hold {N_IMAGES:,} images.", _ADVICE) from None
    pixels, labels = table[:, :64], table[:, 64]
    if pixels.min() < 0 or pixels.max() > 16 or labels.min() < 0 or labels.max() > 9:
        raise UnreadableFile(path, "the file of digits holds impossible values.", _ADVICE)
    return pixels / 16.0, labels.copy()
