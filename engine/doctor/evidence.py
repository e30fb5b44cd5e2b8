"""What a finding rests on, as plain data of this very run that a window can draw."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How often a value came: ``counts`` (n,) between ``edges`` (n + 1,). ``flat`` are intervals where f'(z) is next to 0."""

    title: str
    edges: NDArray
    counts: NDArray
    flat: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """One positive value a label; ``marked`` is what the finding is about. ``logarithmic``: equal factors, equal lengths."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    marked: int = -1
    logarithmic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Lines over the epoch: ``lines`` are (name, values (n,)). ``mark`` is an epoch with ``mark_text`` beside it."""

    title: str
    epochs: NDArray
    lines: tuple[tuple[str, NDArray], ...]
    mark: float | None = None
    mark_text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """From where to where each labelled thing goes."""

    title: str
    labels: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A table of signed numbers, drawn as colours: one row a neuron, ``values`` (n_rows, n_columns)."""

    title: str
    labels: tuple[str, ...]
    values: NDArray


Evidence = Histogram | Bars | Curve | Ranges | Rows
