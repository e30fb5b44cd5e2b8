"""Samples that a caller brings, in place of a data set by name, and a Trainer at work on them: what the estimators need.

Nothing here is registered: it stands in no menu and in no file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.data import Data, Part
from engine.datasets import Dataset
from engine.evaluation import CHUNK
from engine.losses import Loss
from engine.network import Network
from engine.optimizers.lbfgs import LBFGS
from engine.spec import DataSpec
from engine.trainer import Trainer

LBFGS_STRETCH = 50  # iterations between two looks at the loss; each stretch begins with an empty memory


@dataclass(frozen=True)
class GivenClasses(Dataset):
    """Samples with classes, held by whoever gives them; ``make`` has nothing to draw."""

    name: ClassVar[str] = "given_classes"
    label: ClassVar[str] = "Given samples"
    summary: ClassVar[str] = "Samples of one's own, with classes."
    planar: ClassVar[bool] = False
    in_menus: ClassVar[bool] = False


@dataclass(frozen=True)
class GivenNumbers(GivenClasses):
    """Samples with numbers to learn."""

    name: ClassVar[str] = "given_numbers"
    summary: ClassVar[str] = "Samples of one's own, with numbers."
    regression: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class GivenSpec(DataSpec):
    """A :class:`DataSpec` whose width of input and output the caller's arrays decide."""

    columns: int = 1
    answers: int = 1

    @property
    def n_inputs(self) -> int:
        return self.columns

    @property
    def n_outputs(self) -> int:
        return self.answers


def given(x: NDArray, targets: NDArray, regression: bool) -> Data:
    """``x`` (n, n_in) to train on, with ``targets`` (n, k): 0 or 1, in regression numbers. Neither is copied or written to.

    ``k`` is the width of the network's output: 1 for two classes, else one column a class, a label or a number.
    """
    dataset = GivenNumbers() if regression else GivenClasses()
    views = x.view(), targets.view()
    for view in views:
        view.flags.writeable = False
    labels = targets.argmax(axis=1) if targets.shape[1] > 1 else (targets[:, 0] > 0).astype(np.int64)
    part = Part(views[0], *views, labels)
    return Data(GivenSpec(dataset, columns=x.shape[1], answers=targets.shape[1]), part, part)


@dataclass(frozen=True)
class LabelwiseCrossEntropy(Loss):
    """mean Σ −y·ln p − (1 − y)·ln(1 − p) with p = sigmoid(z), summed over the columns: labels that exclude no other.

    As scikit-learn's MLPClassifier for multi-label targets; of one column it is the binary cross-entropy.
    """

    name: ClassVar[str] = "labelwise_cross_entropy"
    label: ClassVar[str] = "Cross-entropy of every label"
    summary: ClassVar[str] = "For samples that may have several labels at once, or none."

    def output(self, logits: NDArray, out: NDArray) -> None:
        np.multiply(logits, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def delta(self, logits: NDArray, targets: NDArray, out: NDArray) -> None:
        self.output(logits, out)
        out -= targets

    def value(self, logits: NDArray, targets: NDArray) -> float:
        return float(np.mean((np.logaddexp(0, logits) - targets * logits).sum(axis=1)))


def logits_of(network: Network, x: NDArray) -> NDArray:
    """x (n, n_in) -> logits (n, n_out), in stretches of rows, so that many samples need little memory."""
    x = np.ascontiguousarray(x, network.dtype)
    result: NDArray = np.empty((len(x), network.layout.sizes[-1]), network.dtype)
    for start in range(0, len(x), CHUNK):
        rows = x[start : start + CHUNK]
        result[start : start + CHUNK] = network.forward(rows, network.work(len(rows)))
    return result


def fill(network: Network, weights: list[NDArray], biases: list[NDArray]) -> None:
    """Copy (n_in, n_out) ``weights`` and (n_out,) ``biases`` of every layer into ``network``."""
    for mine, given_ones in zip((*network.weights, *network.biases), (*weights, *biases), strict=True):
        mine[:] = given_ones


def penalized_loss(trainer: Trainer) -> float:
    """What training makes small: the mean loss after the epoch, and L2's share for one mini-batch."""
    spec = trainer.spec
    squares = sum(float(np.vdot(w, w)) for w in trainer.network.weights)
    return trainer.metrics().train_loss + 0.5 * spec.training.l2 * squares / spec.batch_size(len(trainer.data.train))


def stand(trainer: Trainer, **changes: Any) -> None:
    """Let ``trainer`` go on from the moment it stands at, with these fields of it changed."""
    trainer.resume(replace(trainer.capture(), **changes), trainer.history.view())


def train_epoch(trainer: Trainer, most: int) -> int:
    """One epoch, or with L-BFGS one stretch of at most ``most`` iterations: how many were done."""
    iterations, optimizer = 1, trainer.spec.optimizer
    if isinstance(optimizer, LBFGS):
        iterations = min(LBFGS_STRETCH, most)
        trainer.reconfigure(replace(trainer.spec, optimizer=replace(optimizer, iterations=iterations)))
    trainer.step_epoch()
    return iterations
