"""Several runs beside each other: their curves, and what they do not share. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.differences import side_by_side
from engine.errors import NeuroloomError
from engine.snapshot import Metrics
from engine.spec import ExperimentSpec
from gui.history.record import RunRecord
from gui.history.store import RunStore

MOST = 6  # as many as colours can be told apart
UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class RunLook:
    """A run as it is compared. ``curves`` (n, 3) epoch, train and test loss; ``spec`` None where it can't be read any more."""

    record: RunRecord
    curves: NDArray
    spec: ExperimentSpec | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: what it is, a value for each run, and which of them is best (none for a setting)."""

    name: str
    values: tuple[str, ...]
    best: int | None = None


def looks_at(store: RunStore, runs: Sequence[int]) -> tuple[RunLook, ...]:
    """The first six of these runs, with the curves that lie beside their weights, or the short ones of the list."""
    records = store.rows(runs[:MOST])
    result = []
    for run in runs[:MOST]:
        if (record := records.get(run)) is None:
            continue
        try:
            history = store.saved(run).history
        except NeuroloomError:
            history = None
        curves = record.spark if history is None else history[:, :3]
        try:
            spec = record.experiment()
        except NeuroloomError:
            spec = None
        result.append(RunLook(record, np.asarray(curves, float), spec))
    return tuple(result)


def best_of(values: Sequence[float], smallest: bool) -> int | None:
    """Which of several is best, None where there is nothing to choose."""
    finite = [(value if smallest else -value, place) for place, value in enumerate(values) if math.isfinite(value)]
    return min(finite)[1] if len(values) > 1 and len({value for value, _ in finite}) > 1 else None


def lines_of(looks: Sequence[RunLook], texts: dict[str, tuple[str, ...]]) -> tuple[Line, ...]:
    """The table: ``texts`` names and writes the figures of the runs, then come the settings that differ.

    Of one run alone all settings are listed. None is best where the data or the loss are not the same.
    """
    metric = {
        "Test loss": ("test_loss", True),
        "Train loss": ("train_loss", True),
        "Accuracy": ("test_accuracy", False),
    }
    known = [look.spec for look in looks if look.spec is not None]
    comparable = len(known) == len(looks) and len({(spec.data.dataset, type(spec.network.loss)) for spec in known}) == 1
    result = []
    for name, values in texts.items():
        field, smallest = metric.get(name, ("", True))
        assert not field or field in Metrics._fields
        figures = [getattr(look.record, field) for look in looks] if field else []
        result.append(Line(name, values, best_of(figures, smallest) if field and comparable else None))
    for name, values in side_by_side(known) if known else ():
        given = iter(values)
        result.append(Line(name, tuple(next(given) or "–" if look.spec is not None else UNKNOWN for look in looks)))
    return tuple(result)
