"""Beside PyTorch in float64: 500 steps from the same weights over the same mini-batches end within 1e-9 on every weight.

Conventions where the two differ, so that the comparison is of equals:

- PyTorch means over rows and columns, the engine means over rows and sums over columns; for one column that is the same.
- The engine's squared error has a ½, ``MSELoss`` has none.
- The engine's L2 spares the biases: ``weight_decay`` goes to a parameter group of the weights alone. AdamW's own decay takes
  both, as in PyTorch.
- ``clip_grad_norm_`` divides by the norm + 1e-6; the engine by the norm, as the formula says. The test takes the 1e-6 out.
- PyTorch's momentum keeps gradients and applies today's learning rate to all of them, the engine's (and scikit-learn's) keeps
  steps: the same under a constant rate, so schedules are compared with plain SGD and with Adam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from typing import Any

import numpy as np
import pytest

from engine.activations import ACTIVATIONS, Activation
from engine.network import Network
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.perturbation import Perturbation
from engine.schedules import SCHEDULES
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from tests.engine.helpers import experiment

torch = pytest.importorskip("torch", reason="PyTorch is not installed: `make test-parity` installs it")
from torch import nn  # noqa: E402

BOUND, STEPS = 1e-9, 500
Values = Callable[[Any, Any], Any]  # (logits, targets) -> the loss, PyTorch's tensors

ACTIVATION_PAIRS: list[tuple[Activation, Callable[[], Any]]] = [
    (ACTIVATIONS["relu"](), nn.ReLU),
    (ACTIVATIONS["tanh"](), nn.Tanh),
    (ACTIVATIONS["sigmoid"](), nn.Sigmoid),
    (ACTIVATIONS["leaky_relu"](alpha=0.1), lambda: nn.LeakyReLU(0.1)),
    (ACTIVATIONS["elu"](), nn.ELU),
    (ACTIVATIONS["gelu"](), nn.GELU),
    (ACTIVATIONS["silu"](), nn.SiLU),
    (ACTIVATIONS["softplus"](), nn.Softplus),
]

# Each makes PyTorch's optimizer from the parameter groups; the learning rates are the engine's.
OPTIMIZER_PAIRS: dict[str, tuple[Optimizer, Callable[[Any, float], Any]]] = {
    "sgd": (OPTIMIZERS["sgd"](learning_rate=0.1), lambda p, rate: torch.optim.SGD(p, lr=rate)),
    "momentum": (
        OPTIMIZERS["sgd"](learning_rate=0.03, momentum=0.9),
        lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9),
    ),
    "nesterov": (
        OPTIMIZERS["sgd"](learning_rate=0.03, momentum=0.9, nesterov=True),
        lambda p, rate: torch.optim.SGD(p, lr=rate, momentum=0.9, nesterov=True),
    ),
    "adagrad": (OPTIMIZERS["adagrad"](learning_rate=0.05), lambda p, rate: torch.optim.Adagrad(p, lr=rate)),
    "rmsprop": (OPTIMIZERS["rmsprop"](learning_rate=0.01), lambda p, rate: torch.optim.RMSprop(p, lr=rate)),
    "adam": (
        OPTIMIZERS["adam"](learning_rate=0.02, torch_epsilon=True),
        lambda p, rate: torch.optim.Adam(p, lr=rate, foreach=False),
    ),
    "adamw": (
        OPTIMIZERS["adamw"](learning_rate=0.02, weight_decay=0.05),
        lambda p, rate: torch.optim.AdamW(p, lr=rate, weight_decay=0.05, foreach=False),
    ),
}


def half_squares(answers: Any, targets: Any) -> Any:
    """½ Σ over the columns, mean over the rows: MSELoss without its mean over columns, times ½."""
    return 0.5 * nn.functional.mse_loss(answers, targets, reduction="sum") / len(targets)


# name -> (the engine's loss, the data it needs, PyTorch's loss of logits and targets)
LOSS_PAIRS: dict[str, tuple[str, str, Values]] = {
    "BCEWithLogitsLoss": ("cross_entropy", "circles", nn.BCEWithLogitsLoss()),
    "CrossEntropyLoss": ("cross_entropy", "spiral3", nn.CrossEntropyLoss()),
    "half MSELoss, sigmoid": ("squared_error", "circles", lambda z, y: half_squares(torch.sigmoid(z), y)),
    "half MSELoss, three columns": ("squared_error", "spiral3", lambda z, y: half_squares(torch.sigmoid(z), y)),
    "half MSELoss, regression": ("squared_error", "plane", half_squares),
    "L1Loss, sigmoid": ("absolute_error", "circles", lambda z, y: nn.functional.l1_loss(torch.sigmoid(z), y)),
    "L1Loss, regression": ("absolute_error", "plane", nn.L1Loss()),
    "HuberLoss, sigmoid": ("huber", "circles", lambda z, y: nn.functional.huber_loss(torch.sigmoid(z), y, delta=0.5)),
    "HuberLoss, regression": ("huber", "plane", nn.HuberLoss(delta=0.5)),
}


def spec_for(
    loss: str, activation: Activation = ACTIVATION_PAIRS[1][0], optimizer: str = "sgd", **training: Any
) -> ExperimentSpec:
    """2-7-5-k on 26 training points: mini-batches of 10, 10 and 6."""
    ours, data, _ = LOSS_PAIRS[loss]
    spec = experiment(data, (7, 5), loss=ours, samples=38, **training)
    network = replace(spec.network, activation=activation)
    return replace(spec, network=network, optimizer=OPTIMIZER_PAIRS[optimizer][0])


def twin(network: Network, activation: Callable[[], Any]) -> Any:
    """PyTorch's model with the weights of ``network``."""
    layers: list[Any] = []
    for weights, biases in zip(network.weights, network.biases, strict=True):
        layer = nn.Linear(*weights.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weights.T.copy()))
            layer.bias.copy_(torch.from_numpy(biases.copy()))
        layers += [layer, activation()]
    return nn.Sequential(*layers[:-1])


def groups(model: Any, l2: float) -> list[dict[str, Any]]:
    """The weights with ``l2`` as their weight decay, and the biases without any; AdamW's own decay stays where l2 is 0."""
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    decay = [{"weight_decay": l2}, {"weight_decay": 0.0}] if l2 else [{}, {}]
    return [
        {"params": [layer.weight for layer in linear]} | decay[0],
        {"params": [layer.bias for layer in linear]} | decay[1],
    ]


def assert_same_weights(network: Network, model: Any) -> None:
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    for weights, biases, layer in zip(network.weights, network.biases, linear, strict=True):
        np.testing.assert_allclose(weights, layer.weight.detach().numpy().T, rtol=0, atol=BOUND)
        np.testing.assert_allclose(biases, layer.bias.detach().numpy(), rtol=0, atol=BOUND)


def side_by_side(
    spec: ExperimentSpec, activation: Callable[[], Any], optimizer: str, value: Values,
    before_step: Callable[[Any], None] | None = None, schedule: Callable[[Any], Any] | None = None,
) -> tuple[Trainer, Any]:  # fmt: skip
    """Train an epoch here, the same mini-batches there, until both took 500 steps; then compare every weight.

    ``before_step`` may change PyTorch's gradients, ``schedule`` makes a scheduler that steps once an epoch. Returns both.
    """
    trainer = Trainer(spec, dtype=np.float64)
    first = trainer.network.params.copy()
    model = twin(trainer.network, activation)
    theirs = OPTIMIZER_PAIRS[optimizer][1](groups(model, spec.training.l2), spec.optimizer.learning_rate)
    scheduler = schedule(theirs) if schedule else None
    x, y = (torch.from_numpy(array.copy()) for array in (trainer.data.train.x, trainer.data.train.targets))
    size = spec.training.batch_size
    assert len(x) % size, "the last mini-batch is a short one"
    for _ in range(-(-STEPS // trainer.n_batches)):
        trainer.step_batch()
        order = trainer.capture().order
        for _ in range(1, trainer.n_batches):
            trainer.step_batch()
        for rows in torch.from_numpy(order).split(size):
            theirs.zero_grad()
            value(model(x[rows]), y[rows]).backward()
            if before_step:
                before_step(model)
            theirs.step()
        if scheduler:
            scheduler.step()
    assert trainer.epoch * trainer.n_batches >= STEPS
    assert trainer.diverged is None
    assert np.abs(trainer.network.params - first).max() > 0.1, "a network that stands still proves nothing"
    assert_same_weights(trainer.network, model)
    return trainer, model


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """As NumPy has in the tests; for networks this small a second one only waits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


# --- activations, losses, optimizers ------------------------------------------------------------------------------------

# A checkerboard: each optimizer meets four activations, each activation three or four optimizers, and the losses take turns.
CHECKERBOARD = [
    (ours, theirs, optimizer)
    for row, (ours, theirs) in enumerate(ACTIVATION_PAIRS)
    for column, optimizer in enumerate(OPTIMIZER_PAIRS)
    if (row + column) % 2 == 0
]
CASES = [(*case, loss) for case, loss in zip(CHECKERBOARD, cycle(LOSS_PAIRS), strict=False)]


@pytest.mark.parametrize(
    ("ours", "theirs", "optimizer", "loss"),
    CASES,
    ids=[f"{ours.name}, {optimizer}, {loss}" for ours, _, optimizer, loss in CASES],
)
def test_five_hundred_steps_beside_pytorch(
    ours: Activation, theirs: Callable[[], Any], optimizer: str, loss: str
) -> None:
    """Squared error is held against ½·MSELoss, sums over columns against ``reduction="sum"`` (see the head of this file)."""
    value = LOSS_PAIRS[loss][2]
    trainer, model = side_by_side(spec_for(loss, ours, optimizer), theirs, optimizer, value)
    x, y = (torch.from_numpy(array.copy()) for array in (trainer.data.test.x, trainer.data.test.targets))
    assert trainer.metrics().test_loss == pytest.approx(value(model(x), y).item(), rel=0, abs=BOUND)


# --- what else an update does -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam"])
def test_l2_is_the_weight_decay_of_the_weights_and_not_of_the_biases(optimizer: str) -> None:
    spec = spec_for("CrossEntropyLoss", optimizer=optimizer, l2=0.02)
    side_by_side(spec, nn.Tanh, optimizer, LOSS_PAIRS["CrossEntropyLoss"][2])


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_clipping_is_clip_grad_norm_without_its_millionth(optimizer: str) -> None:
    limit, clipped = 0.35, []

    def clip(model: Any) -> None:
        norm = float(nn.utils.clip_grad_norm_(model.parameters(), limit))
        clipped.append(norm > limit)
        if norm > limit:
            for parameter in model.parameters():
                parameter.grad *= (norm + 1e-6) / norm

    spec = spec_for("BCEWithLogitsLoss", optimizer=optimizer, clip_norm=limit, l2=0.01)
    side_by_side(spec, nn.Tanh, optimizer, LOSS_PAIRS["BCEWithLogitsLoss"][2], before_step=clip)
    assert 100 < sum(clipped) < 400, "some gradients are cut, some are not"


def test_label_smoothing_is_that_of_cross_entropy_loss() -> None:
    spec = spec_for("CrossEntropyLoss", optimizer="adam", label_smoothing=0.1)
    side_by_side(spec, nn.Tanh, "adam", nn.CrossEntropyLoss(label_smoothing=0.1))


SCHEDULE_PAIRS: dict[str, tuple[str, Any, Callable[[Any], Any]]] = {
    "StepLR": (
        "sgd",
        SCHEDULES["step"](every=40, gamma=0.5),
        lambda o: torch.optim.lr_scheduler.StepLR(o, 40, gamma=0.5),
    ),
    "ExponentialLR": (
        "adam",
        SCHEDULES["exponential"](gamma=0.98),
        lambda o: torch.optim.lr_scheduler.ExponentialLR(o, gamma=0.98),
    ),
    # The engine's never falls below a thousandth of the rate, so the comparison ends before that.
    "CosineAnnealingLR": (
        "sgd",
        SCHEDULES["cosine"](epochs=180),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=180),
    ),
    "LinearLR": (
        "adam",
        SCHEDULES["constant"](warm_up=50),
        lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=1 / 51, total_iters=50),
    ),
}


@pytest.mark.parametrize("name", list(SCHEDULE_PAIRS))
def test_schedules_beside_lr_scheduler(name: str) -> None:
    optimizer, ours, theirs = SCHEDULE_PAIRS[name]
    spec = spec_for("BCEWithLogitsLoss", optimizer=optimizer, schedule=ours)
    side_by_side(spec, nn.Tanh, optimizer, LOSS_PAIRS["BCEWithLogitsLoss"][2], schedule=theirs)


def test_dropout_with_the_same_masks() -> None:
    """What is drawn differs, so the engine's masks are laid on PyTorch's hidden layers; the rest is each side's own."""
    spec = spec_for("CrossEntropyLoss", optimizer="adam", layer_dropout=(0.2, 0.4))
    rng, optimizer = np.random.default_rng(8), spec.optimizer
    network, perturbation = Network.of(spec, np.float64), Perturbation(spec, rng)
    model = twin(network, nn.Tanh)
    theirs = OPTIMIZER_PAIRS["adam"][1](groups(model, 0.0), optimizer.learning_rate)
    slots = tuple(np.zeros_like(network.params) for _ in optimizer.slots)
    scratch = np.empty_like(network.params)
    for step in range(1, STEPS + 1):
        n = 6 if step % 3 == 0 else 10
        x, y = rng.normal(0, 1, (n, 2)), np.eye(3)[rng.integers(0, 3, n)]
        work = network.work(n, (True, True))
        network.forward(perturbation.apply(x, work), work)
        network.backward(x, y, work)
        optimizer.update(network.params, network.grads, slots, step, scratch)

        a = torch.from_numpy(x)
        for layer, hidden in zip(range(0, 4, 2), work, strict=False):
            a = model[layer + 1](model[layer](a)) * torch.from_numpy(hidden.mask)
        theirs.zero_grad()
        nn.functional.cross_entropy(model[4](a), torch.from_numpy(y)).backward()
        theirs.step()
    assert {0.0, 1.25} == set(np.unique(work[0].mask).tolist())
    assert_same_weights(network, model)


# --- the course ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chapter_7_the_same_in_pytorch(seed: int) -> None:
    """2-4-1, sigmoid both, BCELoss, Adam 0.1, XOR, 1,000 epochs: the losses printed every 200 epochs are the same."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 1), nn.Sigmoid()).double()
    spec = experiment("xor", (4,), "sigmoid", batch_size=4)
    trainer = Trainer(
        replace(spec, optimizer=OPTIMIZERS["adam"](learning_rate=0.1, torch_epsilon=True)), dtype=np.float64
    )
    first = [p.detach().numpy().T.ravel() for p in model.parameters()]  # weight (n_out, n_in) and bias of each layer
    for index, value in enumerate(np.concatenate(first)):
        trainer.edit(index, value)

    x, y = (torch.from_numpy(array.copy()) for array in (trainer.data.train.x, trainer.data.train.targets))
    criterion, optimizer = nn.BCELoss(), torch.optim.Adam(model.parameters(), lr=0.1)
    for epoch in range(1000):
        loss = criterion(model(x), y)
        if epoch % 200 == 0:
            assert trainer.metrics().train_loss == pytest.approx(loss.item(), rel=0, abs=BOUND)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        trainer.step_epoch()
    assert trainer.metrics().train_loss == pytest.approx(criterion(model(x), y).item(), rel=0, abs=BOUND)
