"""Models that are no neural network on the same samples, fitted by scikit-learn in a child process. No Qt."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.activity import spread_rows
from engine.data import Data, Part
from engine.errors import NeuroloomError
from engine.evaluation import decide
from engine.features import expand
from engine.predictions import logits_of
from engine.probes import decision_maps
from engine.snapshot import Snapshot
from gui.analyses import STOP, TELL
from gui.comparing import baselines_process, child

OURS = "ours"
MOST = 10_000  # training samples that a model is fitted on: a support vector machine takes minutes for more
SIDE = 64


class Model(NamedTuple):
    """What a baseline is called, for classes and for numbers, and a sentence on it."""

    key: str
    title: str
    for_numbers: str
    tip: str


MODELS = (
    Model("linear", "Logistic regression", "Linear regression",
          "One neuron without a hidden layer: a straight border. It is quick, and its weights can be read."),
    Model("neighbors", "k nearest neighbours", "k nearest neighbours",
          "Asks the five nearest training samples. Nothing is trained; answering takes longer the more samples there are."),
    Model("svm", "SVM (RBF)", "SVM (RBF)",
          "A support vector machine with a Gaussian kernel: smooth borders, strong on small data, slow on large."),
    Model("forest", "Random forest", "Random forest",
          "A hundred decision trees, each on other samples and features, that vote. Needs hardly any tuning."),
    Model("boosting", "Gradient boosting", "Gradient boosting",
          "Trees one after the other, each on the mistakes of those before. Often the best on tables."),
)  # fmt: skip


@dataclass(frozen=True)
class Fitted:
    """What a model came to: scores of train and test (accuracy 0..1, of numbers R²), ``seconds`` to fit, ``field`` over the
    plane (k, side, side) in 0..1, top row first, or None. ``recalls`` are the shares of each class that are read right, NaN of
    a class without test samples; none for numbers. ``why`` it came to nothing, "" where it did.
    """

    train: float = math.nan
    test: float = math.nan
    seconds: float = math.nan
    field: NDArray | None = None
    recalls: tuple[float, ...] = ()
    why: str = ""


@dataclass
class Baselines:
    """What is fitted so far, by key; the network of ``snapshot`` is among them as ``ours``. A thread adds to ``fitted``."""

    snapshot: Snapshot
    fitted: dict[str, Fitted] = field(default_factory=dict)
    begins: str = ""
    n_train: int = 0
    done: bool = False

    @property
    def data(self) -> Data:
        """What all of them are given."""
        return self.snapshot.data


def network_of(snapshot: Snapshot) -> Fitted:
    """The network itself, as it is now."""
    spec, test = snapshot.spec, snapshot.data.test
    plane: NDArray | None = None
    each: tuple[float, ...] = ()
    if spec.data.dataset.planar:
        plane = decision_maps(spec, snapshot.layout, snapshot.params, SIDE).layers[-1]
    if not spec.data.dataset.regression:
        answers = decide(logits_of(spec, snapshot.layout, snapshot.params, test.x))
        found = baselines_process.recalls(answers, test.labels, spec.data.dataset.n_classes)
        each = _numbers(found)
    scores = snapshot.metrics
    return Fitted(scores.train_accuracy, scores.test_accuracy, math.nan, plane, each)


def _numbers(values: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(math.nan if value is None else float(value) for value in values)


def fit(made: Baselines, tell: TELL, stop: STOP) -> Baselines | None:
    """Fit every model, one after the other; None once ``stop()``. Raises :class:`NeuroloomError`."""
    data = made.data
    dataset = data.spec.dataset
    train, test = _few(data.train), data.test
    made.n_train = len(train.labels)
    if not dataset.regression and len(np.unique(train.labels)) < 2:
        raise NeuroloomError("There are no baselines: the training samples are all of one class. Choose other data.")
    request = {"regression": dataset.regression, "n_classes": dataset.n_classes}
    arrays = {
        "train.x": train.x, "train.y": _answers(train, dataset.regression),
        "test.x": test.x, "test.y": _answers(test, dataset.regression),
    }  # fmt: skip
    if dataset.planar:
        arrays["grid"] = expand(cells(dataset.domain), data.spec.features, data.spec.scaled_over).astype(np.float32)
    made.fitted[OURS] = network_of(made.snapshot)
    tell(0.0, "starting scikit-learn")
    with tempfile.TemporaryDirectory(prefix="neuroloom-baselines-") as name:
        folder = Path(name)

        def heard(message: dict[str, Any]) -> None:
            _hear(made, message, folder, dataset.planar)
            title = next((m.title for m in MODELS if m.key == made.begins), "")
            tell((len(made.fitted) - 1) / len(MODELS), f"fitting {title}" if title else "")

        child.write(folder, request, arrays)
        if not child.run(baselines_process.__name__, folder, "comparison", heard, stop):
            return None
    if len(made.fitted) < 2:
        raise NeuroloomError("There are no baselines: their process fitted none. Fit them again.")
    made.done = True
    return made


def cells(domain: tuple[float, float], side: int = SIDE) -> NDArray:
    """(side², 2): the centres of the cells of the plane, top row first."""
    low, high = domain
    centers = low + (np.arange(side) + 0.5) * (high - low) / side
    x1, x2 = np.meshgrid(centers, centers[::-1])
    return np.stack([x1.ravel(), x2.ravel()], axis=1)


def _few(part: Part) -> Part:
    if len(part) <= MOST:
        return part
    rows = spread_rows(len(part), MOST)
    return Part(part.raw[rows], part.x[rows], part.targets[rows], part.labels[rows])


def _answers(part: Part, regression: bool) -> NDArray:
    return part.targets[:, 0] if regression else part.labels


def _hear(made: Baselines, message: dict[str, Any], folder: Path, planar: bool) -> None:
    try:
        if "begins" in message:
            made.begins = str(message["begins"])
        elif "failed" in message:
            made.fitted[str(message["failed"])] = Fitted(why=str(message["why"]))
        elif "fitted" in message:
            key = str(message["fitted"])
            if key not in {model.key for model in MODELS}:
                raise ValueError(key)
            train, test = map(float, message["scores"])
            plane = None
            if planar:
                plane = np.load(folder / f"{key}.npy", allow_pickle=False)
                plane = plane.reshape(-1, SIDE, SIDE)
            made.fitted[key] = Fitted(train, test, float(message["seconds"]), plane, _numbers(message["recalls"]))
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise NeuroloomError("There are no baselines: their process said something else. Fit them again.") from error
