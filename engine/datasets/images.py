"""Image sets that a person brought: MNIST and whatever has its form, by the fingerprint of their content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASETS, Dataset
from engine.errors import InvalidSpec, UnreadableFile
from engine.registry import listed
from engine.shelf import N_CLASSES, SHELF, SIDES, Kept


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise InvalidSpec(f"{path} must be a short text")
    return value


def _whole(value: Any, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise InvalidSpec(f"{path} must be a whole number")
    return value


@DATASETS.register
@dataclass(frozen=True)
class Images(Dataset):
    """The set with the fingerprint ``key``; ``called`` and the numbers are what the shelf says of it."""

    name: ClassVar[str] = "images"
    label: ClassVar[str] = "Image set"
    summary: ClassVar[str] = "Images of digits from a file of yours, like MNIST."
    planar: ClassVar[bool] = False
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    n_classes: ClassVar[int] = N_CLASSES
    on_shelf: ClassVar[bool] = True
    in_menus: ClassVar[bool] = False
    order: ClassVar[int] = 210

    key: str = listed(_text, "")
    called: str = listed(_text, "")
    side: int = listed(_whole, 28)
    tests: int = listed(_whole, 0)
    ink: int = listed(_whole, 255)

    @classmethod
    def of(cls, kept: Kept) -> Images:
        """The data set that stands for what is on the shelf."""
        return cls(kept.key, kept.title, kept.side, kept.n_test, kept.full)

    @property
    def title(self) -> str:
        return self.called or self.label

    @property
    def n_inputs(self) -> int:  # type: ignore[override]
        return self.side**2

    @property
    def image_side(self) -> int:  # type: ignore[override]
        return self.side

    @property
    def full(self) -> float:  # type: ignore[override]
        return float(self.ink)

    @property
    def n_test(self) -> int | None:
        return self.tests or None

    def problems(self) -> Iterable[str]:
        if self.side not in SIDES:
            yield f"images of {self.side}×{self.side} pixels are not known; {SIDES[0]}×{SIDES[0]} and {SIDES[1]}×{SIDES[1]} are"
        if not self.ink:
            yield "a pixel of full ink must be more than 0"

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """x (n, side²) uint8 in 0..``full`` and labels (n,) int64; ``rng`` is not needed.

        Raises :class:`UnreadableFile` when the set is not on the shelf.
        """
        kept = SHELF.load(self.key, self.title)
        if (kept.side, kept.n_test, kept.full) != (self.side, self.tests, self.ink):
            raise UnreadableFile(
                self.title, "the images are not those that the experiment speaks of.", "Choose the data anew."
            )
        return kept.images, kept.labels.astype(np.int64)

    def writers(self) -> NDArray | None:
        return SHELF.writers(self.key, self.title)
