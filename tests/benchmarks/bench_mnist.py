"""MNIST: how well 784-128-64-10 reads after ten epochs, beside scikit-learn's time for them, and the memory it takes.

Its four files are no part of the project: without them in ``../shared/data/mnist`` there is nothing to measure.
"""

from __future__ import annotations

import gzip
import statistics
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from engine.activations import ACTIVATIONS
from engine.data import Data
from engine.given import given
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trainer import Trainer
from tests.benchmarks.harness import Measurement, Skipped, figure

GROUP = "engine"
FOLDER = Path(__file__).parents[3] / "shared" / "data" / "mnist"
EPOCHS = 10
BATCH_SIZE = 64
HIDDEN = (128, 64)


def pixels(name: str) -> NDArray:
    """(n, 784) uint8."""
    return np.frombuffer(_unpacked(f"{name}-images-idx3-ubyte.gz"), np.uint8, offset=16).reshape(-1, 784)


def images(name: str) -> NDArray:
    """(n, 784) float32 in 0..1."""
    raw = pixels(name)
    x = np.empty(raw.shape, np.float32)
    np.divide(raw, np.float32(255), out=x)
    return x


def labels(name: str) -> NDArray:
    """(n,) int64."""
    return np.frombuffer(_unpacked(f"{name}-labels-idx1-ubyte.gz"), np.uint8, offset=8).astype(np.int64)


def _unpacked(file_name: str) -> bytes:
    try:
        return gzip.decompress((FOLDER / file_name).read_bytes())
    except FileNotFoundError:
        raise Skipped("MNIST is not in ../shared/data/mnist") from None


def load() -> Data:
    """All 60,000 images to train on, the other 10,000 to test with."""
    train, test = (
        given(images(name), (labels(name)[:, None] == np.arange(10)).astype(np.float32), False)
        for name in ("train", "t10k")
    )
    return Data(train.spec, train.train, test.train)


def preset(data: DataSpec) -> ExperimentSpec:
    """Chosen by the last 10,000 training images, held out, not by the test images: 98.1 % of those were read.

    Of batch sizes 64 to 200 and rates 0.002 to 0.004, all with a rate that glides to nothing over the ten epochs.
    """
    network = NetworkSpec(HIDDEN, ACTIVATIONS["relu"](), initializer=INITIALIZERS["he_normal"]())
    training = TrainingSpec(batch_size=BATCH_SIZE, schedule=SCHEDULES["cosine"](epochs=EPOCHS))
    return ExperimentSpec(data, network, OPTIMIZERS["adam"](learning_rate=0.002), training)


@figure("engine.mnist_memory_ratio", at_most=1.5)
def memory() -> float:
    """The most bytes at once, the images included, while they are read and trained on for an epoch / those of the images."""
    tracemalloc.start()
    try:
        data = load()
        Trainer(preset(data.spec), data=data).step_epoch()
        return tracemalloc.get_traced_memory()[1] / (data.train.x.nbytes + data.test.x.nbytes)
    finally:
        tracemalloc.stop()


@figure("engine.mnist_accuracy", at_least=0.978)
@figure("engine.mnist_vs_sklearn", at_most=0.6)
@figure("engine.mnist_seconds", unit="s")
def ten_epochs() -> Measurement:
    """Test accuracy, and our time / scikit-learn's: the median of the epochs, which take turns.

    Ours includes measuring loss and accuracy of train and test images after each epoch, theirs the loss as they go.
    """
    data = load()
    x, classes = data.train.x, data.train.labels
    model = MLPClassifier(HIDDEN, alpha=0.0, batch_size=BATCH_SIZE, random_state=1)
    trainer = Trainer(preset(data.spec), data=data)
    ours, theirs = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(EPOCHS):
            ours.append(_seconds(trainer.step_epoch))
            theirs.append(_seconds(lambda: model.partial_fit(x, classes, classes=range(10))))
    return {
        "engine.mnist_accuracy": trainer.metrics().test_accuracy,
        "engine.mnist_vs_sklearn": statistics.median(a / b for a, b in zip(ours, theirs, strict=True)),
        "engine.mnist_seconds": sum(ours),
    }


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
