"""Activation functions, one file each. ``ACTIVATIONS["tanh"]`` is the class; its instances are settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import NDArray

from engine.registry import Entry, Registry

BLOCK = 32_768  # numbers; a few float32 arrays of so many lie in a processor's L2 cache


@dataclass(frozen=True)
class Activation(Entry):
    """``a = f(z)``, elementwise.

    Class attributes: ``formula`` and ``derivative`` as text for the screen, ``range`` the bounds of f,
    ``order`` the place in menus.
    """

    formula: ClassVar[str]
    derivative: ClassVar[str]
    range: ClassVar[tuple[float, float]]
    order: ClassVar[int] = 100

    @property
    def title(self) -> str:
        """What this very function is called on the screen: the label, without what stands in brackets."""
        return self.label.split(" (")[0]

    def forward(self, z: NDArray, out: NDArray) -> None:
        """Write f(z) into ``out``; same shape, and ``z`` is left as it was."""
        raise NotImplementedError

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        """Write f'(z) into ``out``, given z and a = f(z), which are left as they were."""
        raise NotImplementedError


def blocks(*arrays: NDArray) -> Iterator[tuple[NDArray, ...]]:
    """The ``arrays``, all of one shape, a few rows at a time: what needs an array of its own needs a small one."""
    n = len(arrays[0])
    rows = max(BLOCK * n // max(arrays[0].size, 1), 1)
    for start in range(0, n, rows):
        yield tuple(array[start : start + rows] for array in arrays)


ACTIVATIONS: Registry[Activation] = Registry("activation", __name__)
