"""Backpropagation against central differences in float64: every activation × loss, and many random experiments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation
from engine.datasets import DATASETS
from engine.features import FEATURES
from engine.losses import LOSSES, Loss
from engine.network import LayerWork, Layout, Network
from engine.penalties import Penalty
from engine.perturbation import Perturbation, smooth
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec

BOUND, H = 1e-7, 1e-5
MARGIN = 1e-3  # a weight moved by H moves a z by H times signals and weights, which stay below 100
CASES = 300


def central_differences(params: NDArray, value: Callable[[], float]) -> NDArray:
    """∂value/∂params, one parameter after the other; ``params`` ends as it was."""
    slopes = np.empty_like(params)
    for i, kept in enumerate(params.copy()):
        params[i] = kept + H
        up = value()
        params[i] = kept - H
        slopes[i] = (up - value()) / (2 * H)
        params[i] = kept
    return slopes


def relative(analytic: NDArray, numeric: NDArray) -> float:
    """Norm of the difference over the sum of norms; 0 where both are 0."""
    scale = np.linalg.norm(analytic) + np.linalg.norm(numeric)
    return float(np.linalg.norm(analytic - numeric) / scale) if scale else 0.0


def relative_error(activation: Activation, loss: Loss, sizes: tuple[int, ...], seed: int) -> float:
    """For one random network and batch."""
    rng = np.random.default_rng(seed)
    network = Network(Layout(sizes), activation, loss, np.float64)
    network.params[:] = rng.normal(0, 0.7, network.params.size)
    n = 6
    x = rng.normal(0, 1, (n, sizes[0]))
    labels = rng.integers(0, max(sizes[-1], 2), n)
    targets = labels[:, None].astype(float) if sizes[-1] == 1 else np.eye(sizes[-1])[labels]
    work = network.work(n)
    network.forward(x, work)
    network.backward(x, targets, work)
    analytic = network.grads.copy()
    return relative(
        analytic, central_differences(network.params, lambda: loss.value(network.forward(x, work), targets))
    )


@pytest.mark.parametrize("loss", [cls() for cls in LOSSES], ids=lambda x: x.name)
@pytest.mark.parametrize("activation", [cls() for cls in ACTIVATIONS], ids=lambda x: x.name)
@pytest.mark.parametrize("sizes", [(2, 4, 1), (3, 5, 4, 3)], ids=str)
def test_every_activation_with_every_loss(activation: Activation, loss: Loss, sizes: tuple[int, ...]) -> None:
    assert relative_error(activation, loss, sizes, seed=11) <= BOUND


def test_the_check_itself_finds_a_wrong_derivative() -> None:
    class Wrong(type(ACTIVATIONS["tanh"]())):
        def gradient(self, z: np.ndarray, a: np.ndarray, out: np.ndarray) -> None:
            super().gradient(z, a, out)
            out *= 1.001

    assert relative_error(Wrong(), LOSSES["cross_entropy"](), (2, 4, 1), seed=1) > BOUND
    assert replace(ACTIVATIONS["leaky_relu"](), alpha=0.2).alpha == 0.2


# --- random experiments -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A network at a mini-batch whose noise, dropout masks and smooth targets are drawn and held."""

    spec: ExperimentSpec
    network: Network
    penalty: Penalty
    work: list[LayerWork]
    x: NDArray
    targets: NDArray

    def value(self) -> float:
        """The loss that training descends: the mean of the mini-batch, and the penalty."""
        logits = self.network.forward(self.x, self.work)
        return self.network.loss.value(logits, self.targets) + self.penalty.value(self.network.params, len(self.x))

    def gradient(self) -> NDArray:
        network = self.network
        network.forward(self.x, self.work)
        network.backward(self.x, self.targets, self.work)
        self.penalty.add_gradient(network.params, network.grads, np.empty_like(network.params), len(self.x))
        return network.grads.copy()


def random_spec(rng: np.random.Generator) -> ExperimentSpec:
    """Layers, an activation for each, loss, task, penalties, dropout, noise, smooth labels: all by chance."""
    dataset = DATASETS[str(rng.choice(["circles", "spiral3", "plane"]))]()
    sizes = tuple(int(n) for n in rng.integers(1, 7, rng.integers(0, 4)))
    losses = [cls() for cls in LOSSES if not dataset.regression or cls().linear() is not None]
    activations, features = list(ACTIVATIONS), rng.permutation(list(FEATURES))[: rng.integers(1, 6)]

    def maybe(*values: float) -> float:
        return float(rng.choice([0.0, *values]))

    return ExperimentSpec(
        DataSpec(dataset, features=tuple(str(name) for name in features)),
        NetworkSpec(
            sizes,
            loss=losses[rng.integers(len(losses))],
            layer_activations=tuple(activations[rng.integers(len(activations))]() for _ in sizes),
        ),
        training=TrainingSpec(
            l1=maybe(0.01), l2=maybe(0.1), l2_per_sample=bool(rng.integers(2)), input_noise=maybe(0.3),
            label_smoothing=maybe(0.1, 0.3), layer_dropout=tuple(maybe(0.2, 0.5) for _ in sizes),
        ),
    ).checked()  # fmt: skip


def random_case(spec: ExperimentSpec, rng: np.random.Generator) -> Case:
    network, n, k = Network.of(spec, np.float64), int(rng.integers(1, 9)), spec.data.n_outputs
    network.params[:] = rng.normal(0, 0.7, network.params.size)
    work = network.work(n, tuple(share > 0 for share in spec.dropout))
    x = Perturbation(spec, rng).apply(rng.normal(0, 1, (n, spec.data.n_inputs)), work)
    if network.loss.regression:
        targets = rng.normal(0, 1, (n, k))
    else:
        labels = rng.integers(0, max(k, 2), n)
        targets = labels[:, None].astype(float) if k == 1 else np.eye(k)[labels]
        smooth(targets, spec.training.label_smoothing)
    training = spec.training
    penalty = Penalty(network.layout, training.l1, training.l2, np.float64, training.l2_per_sample)
    return Case(spec, network, penalty, work, x, targets)


def on_a_kink(case: Case) -> bool:
    """Whether a value lies so near a corner of its function that the two points of a difference may lie on both sides."""
    network, near = case.network, False
    case.value()
    for layer in case.work[:-1]:
        if layer.activation.name in ("relu", "leaky_relu", "elu", "step"):
            near |= bool((np.abs(layer.z) < MARGIN).any())
    if case.spec.training.l1:
        near |= any((np.abs(weights) < 2 * H).any() for weights in network.weights)
    z, loss = case.work[-1].z, case.spec.network.loss
    answers = np.empty_like(z)
    network.loss.output(z, answers)
    residuals = np.abs(answers - case.targets)
    if loss.name == "absolute_error":
        near |= bool((residuals < MARGIN).any())
    if loss.name == "huber":
        near |= bool((np.abs(residuals - loss.threshold) < MARGIN).any())
    if loss.name == "hinge":
        near |= bool((np.abs((2 * case.targets - 1) * z - 1) < MARGIN).any())
    return near


def test_random_experiments() -> None:
    rng, met = np.random.default_rng(2026), set()
    for number in range(CASES):
        while on_a_kink(case := random_case(random_spec(rng), rng)):
            pass
        error = relative(case.gradient(), central_differences(case.network.params, case.value))
        assert error <= BOUND, f"case {number}: {error:.1e} with {case.spec}"
        met |= {cls.name for cls in (*map(type, case.spec.activations), type(case.spec.network.loss))}
    assert met == {*ACTIVATIONS.names(), *LOSSES.names()}
