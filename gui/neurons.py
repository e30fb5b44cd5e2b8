"""What is asked about the neurons of a layer: how active each is, and what one of them likes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.activity import activations_at, class_means, spread_rows
from engine.favourite import Favourite, favourite
from engine.probes import layer_sums
from engine.snapshot import Snapshot
from gui.analyses import STOP, TELL, Question

FAVOURITE, ACTIVITY = "neurons.favourite", "neurons.activity"
SAMPLE = 2_000


@dataclass(frozen=True)
class Activity:
    """Of ``layer``, over a sample of training images: ``means`` (n_classes, n_neurons) of the activations of each class.

    ``overall`` (n_neurons,) is their mean over all classes. The output's are logits.
    """

    layer: int
    means: NDArray
    overall: NDArray


def activity_question(snapshot: Snapshot, layer: int) -> Question:
    """How active each neuron of a layer is, by class, over a sample of the training images: quick."""

    def work(_tell: TELL, _stop: STOP) -> Activity:
        part = snapshot.data.train
        rows = spread_rows(len(part), SAMPLE)
        x = part.x[rows]
        a = activations_at(snapshot.spec, x, layer_sums(snapshot.spec, snapshot.layout, snapshot.params, x), layer)
        means = class_means(a, part.labels[rows], snapshot.spec.data.dataset.n_classes)
        with np.errstate(all="ignore"):
            return Activity(layer, means, a.mean(axis=0))

    return Question(ACTIVITY, work)


def favourite_question(snapshot: Snapshot, layer: int, neuron: int) -> Question:
    """What one neuron likes, over all training images: a second at most."""

    def work(tell: TELL, stop: STOP) -> Favourite:
        return favourite(
            snapshot.spec, snapshot.layout, snapshot.params, snapshot.data.train, layer, neuron,
            run=snapshot.run, epoch=snapshot.epoch, tell=tell, stop=stop,
        )  # fmt: skip

    return Question(FAVOURITE, work)
