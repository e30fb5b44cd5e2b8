"""Maps of what a layer makes of the test images, and the questions that are answered with one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.activity import activations_at, layer_name, spread_rows
from engine.errors import NeuroloomError
from engine.predictions import probabilities
from engine.probes import layer_sums
from engine.projection import align, pca
from engine.snapshot import Snapshot
from gui.analyses import STOP, TELL, Question
from gui.embedding import embed

PCA_KEY, EMBED_KEY = "map.pca", "map.embed"
PCA = "pca"
MOST = 2_000


@dataclass(frozen=True)
class Map:
    """``points`` (n, 2) of the test images ``rows`` (n,), by ``method`` from the activations of ``layer``.

    ``labels`` are their classes, ``predicted`` what the network takes them for, ``confidence`` its probability. ``shares``
    of the variance belong to the two directions of a PCA. A layer of one neuron is ``flat``: its activation runs from left
    to right, and each class has a line of its own.
    """

    method: str
    layer: int
    points: NDArray
    shares: tuple[float, float]
    rows: NDArray
    labels: NDArray
    predicted: NDArray
    confidence: NDArray
    flat: bool
    run: int
    epoch: int

    @property
    def wrong(self) -> NDArray:
        """(n,) bool."""
        result: NDArray = self.predicted != self.labels
        return result


def map_question(snapshot: Snapshot, layer: int, method: str, reference: NDArray | None) -> Question:
    """Have a map made. It is turned to lie as ``reference`` (n, 2) does, a map of the same images."""

    def work(tell: TELL, stop: STOP) -> Map | None:
        return make_map(snapshot, layer, method, reference, tell, stop)

    return Question(PCA_KEY if method == PCA else EMBED_KEY, work, long=method != PCA)


def make_map(
    snapshot: Snapshot, layer: int, method: str, reference: NDArray | None, tell: TELL, stop: STOP
) -> Map | None:
    """The :class:`Map`; None once ``stop()``. Raises :class:`NeuroloomError` where there can be none."""
    part = snapshot.data.test
    rows = spread_rows(len(part), MOST)
    x = part.x[rows]
    sums = layer_sums(snapshot.spec, snapshot.layout, snapshot.params, x)
    values = activations_at(snapshot.spec, x, sums, layer)
    if (values == values[:1]).all():
        name = layer_name(layer, snapshot.layout.depth)
        raise NeuroloomError(
            f"There is no map: all test images are the same to {name}. Reset the run, or train it differently."
        )
    shares = (0.0, 0.0)
    if method == PCA:
        projection = pca(values)
        made, shares = projection.points, projection.shares
    else:
        embedded = embed(values, method, tell, stop)
        if embedded is None:
            return None
        made = embedded
    flat = values.shape[1] == 1 and method == PCA
    if flat:
        made = made.copy()
        made[:, 1] = (4.5 - part.labels[rows]) * np.ptp(made[:, 0]) / 16
    elif reference is not None and reference.shape == made.shape:
        made = align(made, reference)
    chances = probabilities(sums[-1])
    return Map(
        method, layer, made, shares, rows, part.labels[rows], chances.argmax(axis=1), chances.max(axis=1), flat,
        snapshot.run, snapshot.epoch,
    )  # fmt: skip
