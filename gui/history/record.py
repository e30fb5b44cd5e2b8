"""One run in the history, as everybody else sees it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidSpec
from engine.registry import Entry
from engine.snapshot import Metrics
from engine.spec import ExperimentSpec, from_dict

SPARK_POINTS = 64
NO_LINE: NDArray = np.empty((0, 3), np.float32)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that was trained. ``id`` is 0 until the store has given it one.

    ``started`` and ``ended`` are seconds since 1970, ``seconds`` of training between them. ``spec`` is the experiment as
    JSON, ``settings`` a few words of it, ``differs`` what it does not share with the run before. Losses and accuracies are
    those of :class:`engine.snapshot.Metrics`; of a ``regression`` the accuracies are R². ``spark`` (n ≤ 64, 3) float32 has
    epoch, train and test loss; ``thumbnail`` is a small gray PNG for :mod:`gui.graphics.thumbnail` with ``classes``
    classes. ``parent`` is the run that it began from, 0 for none. ``mark`` tells the weights that it ended with.
    """

    page: str
    name: str
    started: float
    ended: float
    epochs: int
    seconds: float
    seed: int
    spec: str
    settings: str = ""
    differs: str = ""
    train_loss: float = math.nan
    test_loss: float = math.nan
    train_accuracy: float = math.nan
    test_accuracy: float = math.nan
    regression: bool = False
    spark: NDArray = field(default_factory=lambda: NO_LINE, compare=False)
    thumbnail: bytes = b""
    classes: int = 1
    parent: int = 0
    mark: str = ""
    id: int = 0

    def experiment(self) -> ExperimentSpec:
        """The settings. Raises :class:`engine.errors.InvalidSpec` where this version knows them no more."""
        try:
            return from_dict(json.loads(self.spec))
        except json.JSONDecodeError as error:
            raise InvalidSpec(f"the settings of {self.name} are damaged") from error


def spark_of(history: NDArray) -> NDArray:
    """(n ≤ 64, 3) float32 epoch, train and test loss out of a history (m, 5 or 7), first and last row among them."""
    rows = thinned(history, SPARK_POINTS)
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(rows[:, : Metrics._fields.index("test_loss") + 1], np.float32)


def thinned(history: NDArray, most: int) -> NDArray:
    """At most so many rows, evenly from the first to the last."""
    if len(history) <= most:
        return history
    return history[np.unique(np.linspace(0, len(history) - 1, most).astype(int))]


def layers_text(spec: ExperimentSpec) -> str:
    """``4-2``, or ``no hidden layer``."""
    return "-".join(map(str, spec.network.hidden_layer_sizes)) or "no hidden layer"


def page_of(spec: ExperimentSpec) -> str:
    """The page that an experiment is shown on, by its data."""
    return "playground" if spec.data.dataset.planar else "digits"


def name_of(spec: ExperimentSpec) -> str:
    """What a run is called until somebody names it: ``Two spirals, 8-8``."""
    return f"{spec.data.dataset.title}, {layers_text(spec)}"


def settings_of(spec: ExperimentSpec) -> str:
    """The settings in one line, to be searched: data, layers and the names of everything that was chosen."""
    chosen: list[Entry] = [
        spec.network.activation, spec.network.initializer, spec.network.loss, spec.optimizer, spec.training.schedule,
    ]  # fmt: skip
    rate, size = spec.optimizer.learning_rate, spec.training.batch_size
    names = [spec.data.dataset.title, layers_text(spec), *(entry.label for entry in chosen)]
    return " · ".join([*names, f"learning rate {rate:g}", f"batch {size}"])
