"""Data sets, one file each: points in the plane that a formula draws, and the digits that scikit-learn ships."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.registry import Entry, Registry, ranged


@dataclass(frozen=True)
class Dataset(Entry):
    """Samples with class labels, or with ``regression`` with a number each.

    Class attributes: ``planar`` (points in the plane: features and boundary make sense), ``domain`` the interval
    that each axis shows, ``n_inputs`` columns of x, ``n_classes`` (2 in regression: below and above zero), ``in_menus``
    whether a window offers it, ``is_split`` False where every sample trains and tests alike. ``image_side`` is the side of
    square images, 0 where the samples are none; ``full`` what a pixel of full ink is in what :meth:`make` gives; ``on_shelf``
    True where the samples are a person's own file (engine/shelf.py) instead of made or installed ones.
    """

    planar: ClassVar[bool] = True
    domain: ClassVar[tuple[float, float]] = (-6.0, 6.0)
    n_inputs: ClassVar[int] = 2
    n_classes: ClassVar[int] = 2
    regression: ClassVar[bool] = False
    in_menus: ClassVar[bool] = True
    is_split: ClassVar[bool] = True
    image_side: ClassVar[int] = 0
    full: ClassVar[float] = 1.0
    on_shelf: ClassVar[bool] = False
    order: ClassVar[int] = 100

    def make(self, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """x (n, n_inputs) float64 and labels (n,) int64 in 0..n_classes-1. The same rng state gives the same bits.

        In regression the second array is the numbers to learn, (n,) float64 about −1..1.
        """
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What these very samples are called; the label is that of all of their kind."""
        return self.label

    @property
    def n_test(self) -> int | None:
        """How many of the last samples of :meth:`make` are the test samples; None where a split is to be drawn."""
        return None

    def writers(self) -> NDArray | None:
        """Who wrote each sample, (n,) int64 in the order of :meth:`make`; None where the data do not say."""
        return None

    def problems(self) -> Iterable[str]:
        """What is wrong with the settings beyond their bounds, one sentence each."""
        return ()


@dataclass(frozen=True)
class PlanarDataset(Dataset):
    """Points that a formula draws; ``noise`` is a share of the picture's scale."""

    n_samples: int = ranged(
        400, 4, 20_000, "Points", step=10, help="How many points are drawn, train and test together."
    )
    noise: float = ranged(0.1, 0.0, 0.8, "Noise", percent=True, step=0.05,
                          help="How far points stray. With noise no network is perfect on the test points.")  # fmt: skip


DATASETS: Registry[Dataset] = Registry("dataset", __name__)
