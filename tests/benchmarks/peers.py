"""The same network trained by us, by scikit-learn and by PyTorch: the same samples, batch size, Adam and float32.

Each side is built as its own users would build it, and shuffles its samples once an epoch.
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from engine import compiled as step
from engine.activations import ACTIVATIONS
from engine.descent import Descent
from engine.given import given
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.spec import ExperimentSpec, NetworkSpec, TrainingSpec

Side = Callable[[], None]  # trains one epoch
RATE = 0.001
TURN_SECONDS = 0.02


@dataclass(frozen=True)
class Task:
    """A network and what it is trained on: ``x`` (n, n_in) float32, ``labels`` (n,) int64 in 0..n_classes-1.

    Two classes share one output.
    """

    hidden: tuple[int, ...]
    activation: str
    batch_size: int
    x: NDArray
    labels: NDArray

    @property
    def n_outputs(self) -> int:
        n_classes = int(self.labels.max()) + 1
        return n_classes if n_classes > 2 else 1

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.x.shape[1], *self.hidden, self.n_outputs)

    @property
    def n_batches(self) -> int:
        """Steps in an epoch."""
        return -(-len(self.x) // self.batch_size)

    @property
    def spec(self) -> ExperimentSpec:
        network = replace(NetworkSpec(), hidden_layer_sizes=self.hidden, activation=ACTIVATIONS[self.activation]())
        data, optimizer = given(self.x, self.targets, False).spec, OPTIMIZERS["adam"](learning_rate=RATE)
        return ExperimentSpec(data, network, optimizer, TrainingSpec(batch_size=self.batch_size))

    @property
    def targets(self) -> NDArray:
        """(n, n_outputs) float32."""
        one_hot = self.labels[:, None] == (np.arange(self.n_outputs) if self.n_outputs > 1 else 1)
        return one_hot.astype(np.float32)


def task(n_in: int, hidden: tuple[int, ...], n_classes: int, batch_size: int, n_batches: int, activation: str) -> Task:
    """Normal numbers with labels that a plane can tell apart: what is learned does not change what a step costs."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((batch_size * n_batches, n_in), np.float32)
    labels = (x @ rng.standard_normal((n_in, n_classes), np.float32)).argmax(axis=1)
    labels[:n_classes] = range(n_classes)
    return Task(hidden, activation, batch_size, x, labels)


# --- the sides ----------------------------------------------------------------------------------------------------


def ours(task: Task) -> Side:
    """The NumPy step, whatever is compiled."""
    spec = task.spec
    data = given(task.x, task.targets, False)
    descent = Descent(spec, data, Network.of(spec))

    def epoch() -> None:
        with np.errstate(all="ignore"):  # as the trainer does
            descent.begin_epoch()
            for batch in range(descent.n_batches):
                descent.train(batch)
            descent.end_epoch()

    return epoch


def compiled(task: Task) -> Side:
    """The compiled step, an epoch in one call; measuring is left out, as for all."""
    assert step.load()
    data = given(task.x, task.targets, False)
    descent = step.CompiledDescent(task.spec, data, Network.of(task.spec))
    no_dropout = np.zeros(0, np.float32)

    def epoch() -> None:
        order = descent.rng.permutation(descent.n)
        descent._k.train(
            descent._net, descent._rule, descent._parts[0], order, no_dropout, task.batch_size, RATE, descent.step
        )
        descent.step += descent.n_batches

    return epoch


def scikit_learn(task: Task) -> Side:
    model = MLPClassifier(
        task.hidden, activation=task.activation, solver="adam", batch_size=task.batch_size, alpha=0.0,
        learning_rate_init=RATE, random_state=1,
    )  # fmt: skip
    classes = np.unique(task.labels)

    def epoch() -> None:
        model.partial_fit(task.x, task.labels, classes=classes)

    return epoch


def pytorch(task: Task) -> Side:
    import torch
    from torch import nn

    torch.manual_seed(1)
    layers: list[nn.Module] = []
    for n_in, n_out in zip(task.sizes, task.sizes[1:], strict=False):
        layers += [nn.Linear(n_in, n_out), nn.ReLU() if task.activation == "relu" else nn.Tanh()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
    loss_of = nn.BCEWithLogitsLoss() if task.n_outputs == 1 else nn.CrossEntropyLoss()
    x = torch.from_numpy(task.x)
    targets = torch.from_numpy(task.targets if task.n_outputs == 1 else task.labels)

    def epoch() -> None:
        # One shuffled copy an epoch is quicker than a DataLoader.
        order = torch.randperm(len(x))
        batches = zip(x[order].split(task.batch_size), targets[order].split(task.batch_size), strict=True)
        for inputs, wanted in batches:
            optimizer.zero_grad()
            loss_of(model(inputs), wanted).backward()
            optimizer.step()

    return epoch


SIDES: dict[str, Callable[[Task], Side]] = {
    "ours": ours,
    "compiled": compiled,
    "sklearn": scikit_learn,
    "torch": pytorch,
}


# --- measuring ----------------------------------------------------------------------------------------------------


def is_installed(side: str) -> bool:
    needs = {"torch": "torch", "compiled": "numba"}.get(side, "numpy")
    return importlib.util.find_spec(needs) is not None


@contextmanager
def threads(n: int) -> Iterator[None]:
    """Everybody's linear algebra on ``n`` threads."""
    if is_installed("torch"):
        import torch

        torch.set_num_threads(n)
    with threadpool_limits(n):
        yield


def seconds_a_step(task: Task, sides: list[str], rounds: int) -> dict[str, NDArray]:
    """What a step takes each side, once in every round: (rounds,).

    The sides take turns, so that a busy moment hits all of them. A turn is whole epochs for at least :data:`TURN_SECONDS`.
    """
    epochs = {side: SIDES[side](task) for side in sides}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for epoch in epochs.values():
            _turn(epoch, 0)
        taken = [[_turn(epoch, TURN_SECONDS) / task.n_batches for epoch in epochs.values()] for _ in range(rounds)]
    return dict(zip(epochs, np.array(taken).T, strict=True))


def _turn(epoch: Side, at_least: float) -> float:
    """Seconds an epoch."""
    start, n, passed = time.perf_counter(), 0, 0.0
    while n == 0 or passed < at_least:
        epoch()
        n += 1
        passed = time.perf_counter() - start
    return passed / n
