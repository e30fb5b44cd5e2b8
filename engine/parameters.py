"""From scikit-learn's parameter names and meanings to an ExperimentSpec of ours."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from engine.activations import ACTIVATIONS, Activation
from engine.errors import InvalidSpec
from engine.initializers import INITIALIZERS
from engine.losses import Loss
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.registry import ranged
from engine.schedules import Memory, Schedule
from engine.schedules.adaptive import Adaptive
from engine.schedules.constant import Constant
from engine.schedules.inverse_scaling import InverseScaling
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec

AUTO_BATCH = 200
Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class SampleScaling(InverseScaling):
    """1/(t + 1)^p where t counts samples: scikit-learn's ``invscaling`` to the letter. Memory: t after each epoch."""

    n_samples: int = ranged(1, 1, 2**53, "Samples", help="How many of them an epoch trains on.")

    start: ClassVar[Memory] = (0.0,)

    def factor(self, epoch: int, memory: Memory) -> float:
        return float(1 / (memory[0] + 1) ** self.power_t)

    def remember(self, memory: Memory, loss: float) -> Memory:
        return (memory[0] + self.n_samples,)


def spec_of(params: Parameters, loss: Loss, data: DataSpec, n_samples: int, seed: int) -> ExperimentSpec:
    """The experiment that scikit-learn's ``params`` describe, on ``n_samples`` of ``data``.

    Raises :class:`InvalidSpec` for what is unknown or out of range, ``TypeError`` for a size that is no whole number.
    """
    sizes = np.atleast_1d(np.asarray(params["hidden_layer_sizes"], object))
    network = NetworkSpec(
        tuple(operator.index(size) for size in sizes), activation_of(params["activation"]), loss,
        INITIALIZERS[params["initializer"]](),
    )  # fmt: skip
    batch_size = AUTO_BATCH if params["batch_size"] == "auto" else operator.index(params["batch_size"])
    training = TrainingSpec(
        batch_size=batch_size, l2=float(params["alpha"]), l2_per_sample=True, dropout=float(params["dropout"]),
        schedule=schedule_of(params, n_samples), shuffle=bool(params["shuffle"]), seed=seed,
    )  # fmt: skip
    return ExperimentSpec(data, network, optimizer_of(params), training).checked()


def activation_of(name: str) -> Activation:
    """By scikit-learn's name or ours. Raises :class:`InvalidSpec`."""
    return ACTIVATIONS["sigmoid" if name == "logistic" else name]()


def optimizer_of(params: Parameters) -> Optimizer:
    """The ``solver`` with those parameters that are meant for it."""
    cls = OPTIMIZERS[params["solver"]]
    settings = {"learning_rate": float(params["learning_rate_init"])}
    if cls.name == "sgd":
        settings |= {"momentum": float(params["momentum"]), "nesterov": params["nesterovs_momentum"]}
    elif {"beta_1", "beta_2"} <= {f.name for f in fields(cls)}:
        settings |= {name: float(params[name]) for name in ("beta_1", "beta_2", "epsilon")}
    return cls(**settings)


def schedule_of(params: Parameters, n_samples: int) -> Schedule:
    """``learning_rate``, which as in scikit-learn says something to SGD only."""
    name = params["learning_rate"]
    if name not in ("constant", "invscaling", "adaptive"):
        raise InvalidSpec(f"learning_rate is {name!r}; known are constant, invscaling, adaptive")
    if params["solver"] == "sgd" and name == "invscaling":
        return SampleScaling(power_t=float(params["power_t"]), n_samples=n_samples)
    # An infinite patience never loses it.
    if params["solver"] == "sgd" and name == "adaptive" and np.isfinite(params["n_iter_no_change"]):
        return Adaptive(patience=params["n_iter_no_change"], tolerance=float(params["tol"]))
    return Constant()
