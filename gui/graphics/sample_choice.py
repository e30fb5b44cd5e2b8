"""Which sample the inspector takes apart: the next mini-batch's first, one that was clicked, or the drawing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.data import Data, Part
from engine.inspection import Sample
from engine.probes import sample_activations
from engine.snapshot import Snapshot
from gui.graphics import ticks
from gui.graphics.graph_words import feature_label


@dataclass(frozen=True)
class Choice:
    """A sample by its place: ``part`` "train" or "test" and ``row`` in it, or "drawing" with its ``input`` (n_in,).

    Rows of "train" are those of an epoch (:meth:`engine.data.Data.trained`): after the training samples come own drawings.
    """

    part: str
    row: int = -1
    input: NDArray | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Chosen:
    """The sample, what it is called, its row in the mini-batch (−1: not in it), and the class assumed of a drawing."""

    sample: Sample
    name: str
    row: int = -1
    assumed: int = -1


def find_sample(snapshot: Snapshot, choice: Choice | None, said: int | None = None) -> Chosen | None:
    """The sample of ``choice`` as training meets it: one of the next mini-batch brings its noise and its dropout.

    ``said`` is what a person says the drawing is; else it counts as what the network reads in it. Without a mini-batch
    the first training sample stands in; None where there is no such sample.
    """
    batch = snapshot.minibatch
    if choice is None:
        if batch is None:  # a moment that nothing is trained from
            choice = Choice("train", 0)
        else:
            name = f"Trained next: {_name(snapshot, 'train', int(batch.rows[0]))}"
            return Chosen(Sample.of(batch, 0), name, 0)
    if choice.part == "drawing":
        return _drawing(snapshot, choice, said)
    if not 0 <= choice.row < (snapshot.data.n_trained if choice.part == "train" else len(snapshot.data.test)):
        return None
    name = _name(snapshot, choice.part, choice.row)
    inside = [] if batch is None or choice.part != "train" else np.flatnonzero(batch.rows == choice.row).tolist()
    if batch is not None and inside:
        return Chosen(Sample.of(batch, inside[0]), f"{_raised(name)}, trained next", inside[0])
    part, place = _place(snapshot.data, choice.part, choice.row)
    return Chosen(Sample(part.x[place], part.targets[place]), _raised(name))


def _place(data: Data, which: str, row: int) -> tuple[Part, int]:
    """The samples among which a row is, and its place there."""
    return data.trained(row) if which == "train" else (data.test, row)


def _drawing(snapshot: Snapshot, choice: Choice, said: int | None) -> Chosen | None:
    x, n = choice.input, snapshot.layout.sizes[-1]
    if x is None or len(x) != snapshot.layout.sizes[0] or n < 2:
        return None
    answers = sample_activations(snapshot.spec, snapshot.layout, snapshot.params, x)[-1]
    label = int(np.nan_to_num(answers).argmax()) if said is None else said
    x, targets = np.asarray(x, snapshot.params.dtype), np.eye(n, dtype=snapshot.params.dtype)[label]
    how = f"assumed to be a {label}" if said is None else f"a {label} as you say"
    return Chosen(Sample(x, targets), f"Your drawing, {how}", assumed=label)


def _name(snapshot: Snapshot, which: str, row: int) -> str:
    """``training point 12 (x₁ 1.20, x₂ −0.40), class 1``."""
    part, place = _place(snapshot.data, which, row)
    if part is snapshot.data.taught:
        return f"one of your drawings, a {int(part.labels[place])}"
    dataset = snapshot.spec.data.dataset
    word = "training" if which == "train" else "test"
    if not dataset.planar:
        return f"{word} image {row + 1:,}, a {int(part.labels[row])}"
    x1, x2 = (ticks.number(float(value), 2) for value in part.raw[row][:2])
    answer = (
        f"value {ticks.number(float(part.targets[row, 0]), 2)}"
        if dataset.regression
        else f"class {int(part.labels[row])}"
    )
    return f"{word} point {row + 1:,} ({feature_label('x1')} {x1}, {feature_label('x2')} {x2}), {answer}"


def _raised(name: str) -> str:
    return name[0].upper() + name[1:]


def nearest_sample(data: Data, shown: tuple[bool, bool], at: tuple[float, float], reach: float) -> Choice | None:
    """The sample nearest to ``at``, (x1, x2), within ``reach``, of those that are ``shown``: training ones, test ones."""
    found: list[tuple[float, str, int]] = []
    parts = (("train", data.train, shown[0]), ("test", data.test, shown[1] and not (data.same and shown[0])))
    for name, part, visible in parts:
        if visible and len(part):
            distances = np.hypot(*(part.raw[:, :2] - at).T)
            row = int(distances.argmin())
            found.append((float(distances[row]), name, row))
    distance, name, row = min(found, default=(np.inf, "", -1))
    return Choice(name, row) if distance <= reach else None
