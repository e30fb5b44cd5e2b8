"""The changes that rules propose, each as a Remedy of the doctor."""

from __future__ import annotations

import math

from engine.activations import ACTIVATIONS, Activation
from engine.doctor import Remedy
from engine.initializers import INITIALIZERS
from engine.optimizers import LEARNING_RATES
from engine.spec import ExperimentSpec

_HALF_WAVES = frozenset({"relu", "leaky_relu", "elu", "gelu", "silu", "softplus"})


def rate(spec: ExperimentSpec, factor: float) -> Remedy | None:
    """The learning rate ``factor`` times as large, on the ladder where that is near; None beyond the ladder's ends.

    From far above the ladder the way down leads to its top.
    """
    wanted = spec.optimizer.learning_rate * factor
    if factor < 1:
        wanted = min(wanted, LEARNING_RATES[-1])
    rung = min(LEARNING_RATES, key=lambda value: abs(math.log(value / wanted)))
    if abs(math.log(rung / wanted)) < 0.2:
        wanted = rung
    wanted = float(f"{wanted:.3g}")
    if not LEARNING_RATES[0] <= wanted <= LEARNING_RATES[-1]:
        return None
    return Remedy(f"Learning rate {wanted:g}", (("optimizer.learning_rate", wanted),))


def good_start(spec: ExperimentSpec) -> Remedy | None:
    """The initializer that keeps signals the same size through the activations in use; None where it is used already."""
    halves = sum(activation.name in _HALF_WAVES for activation in spec.activations)
    name = "he_normal" if 2 * halves > len(spec.activations) else "glorot_uniform"
    if spec.network.initializer.name in (name, "glorot_uniform", "he_normal", "lecun_normal"):
        return None
    cls = INITIALIZERS[name]
    return Remedy(f"Start from {cls.label.split(' (')[0]}", (("network.initializer", cls()),), fresh=True)


def activation(spec: ExperimentSpec, old: str, new: Activation, *more: tuple[str, object]) -> Remedy:
    """Activation ``new`` wherever ``old`` is used."""
    network = spec.network
    everywhere = network.activation.name == old
    own = tuple(new if own.name == old else own for own in network.layer_activations)
    changes: list[tuple[str, object]] = [("network.layer_activations", own)] if own else []
    if everywhere or not own:
        changes.insert(0, ("network.activation", new))
    return Remedy(f"Use {new.label.split(' (')[0]}", (*changes, *more), fresh=True)


def leaky(spec: ExperimentSpec, alpha: float = 0.01) -> Remedy:
    """Leaky ReLU in the place of ReLU."""
    return activation(spec, "relu", ACTIVATIONS["leaky_relu"](alpha=alpha))  # type: ignore[call-arg]
