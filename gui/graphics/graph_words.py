"""What the network picture calls its parts, and numbers at full precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.features import FEATURES
from engine.spec import ExperimentSpec
from gui.graphics.targets import Target

FEATURE_NAMES = tuple(FEATURES)


@dataclass(frozen=True)
class CardText:
    """A hover card: a title, rows of (label, value, sign for its colour), and a quiet last line."""

    title: str
    rows: tuple[tuple[str, str, int], ...] = ()
    hint: str = ""


def exact(value: float | np.floating) -> str:
    """The shortest text that reads back as the same float, with its sign: ``+1.284066``, ``−3e-08``, ``NaN``."""
    number = float(value)
    if not np.isfinite(number):
        return "not a number" if np.isnan(number) else ("+∞" if number > 0 else "−∞")
    text = str(abs(value)) if isinstance(value, np.floating) else repr(abs(number))
    return ("−" if np.signbit(number) else "+") + text.removesuffix(".0")


def sign_of(value: float | np.floating) -> int:
    """-1, 0 or 1; 0 for what is not a number."""
    return 0 if not np.isfinite(value) or value == 0 else (1 if value > 0 else -1)


def feature_label(name: str) -> str:
    """``x₁²`` for ``x1_squared``."""
    return FEATURES[name][0]


def neuron_name(spec: ExperimentSpec, layer: int, neuron: int) -> str:
    """``x₁``, ``pixel 3, 5`` (row, column), ``hidden 1, neuron 3``, ``output``."""
    sizes = spec.layer_sizes
    if layer == 0:
        if spec.data.dataset.planar:
            return feature_label(spec.data.features[neuron])
        side = round(sizes[0] ** 0.5)
        if side * side == sizes[0]:
            return f"pixel {neuron // side + 1}, {neuron % side + 1}"
        return f"input {neuron + 1}"
    if layer == len(sizes) - 1:
        return "output" if sizes[-1] == 1 else f"output {neuron}"
    return f"hidden {layer}, neuron {neuron + 1}"


def target_name(spec: ExperimentSpec, target: Target) -> str:
    """The undo list's and the screen reader's name: ``Weight x₁ → hidden 1, neuron 3``."""
    if target.kind == "edge":
        return (
            f"Weight {neuron_name(spec, target.layer, target.source)} → "
            f"{neuron_name(spec, target.layer + 1, target.index)}"
        )
    if target.kind == "feature":
        return f"Input {feature_label(FEATURE_NAMES[target.index])}, switched off"
    name = neuron_name(spec, target.layer, target.index)
    if target.kind == "bias":
        return f"Bias of {name}"
    return f"Input {name}" if target.layer == 0 else name[0].upper() + name[1:]


def card_text(
    spec: ExperimentSpec,
    target: Target,
    value_of: Callable[[Target], np.floating | None],
    activations: tuple[NDArray, ...] | None,
    by_keyboard: bool = False,
) -> CardText | None:
    """What there is to say about a neuron, an edge or a bias now; ``value_of`` gives edges' and biases' values.

    The last line says what a click does, or ``by_keyboard`` what keys do.
    """
    if target.kind not in ("neuron", "bias", "edge"):
        return None
    rows: list[tuple[str, str, int]] = []
    value = value_of(target)
    hint = "Enter edits it" if by_keyboard else "click to edit, drag up or down to change"
    if value is not None:
        rows.append(("weight w" if target.kind == "edge" else "bias b", exact(value), sign_of(value)))
    if target.kind == "neuron":
        bias = value_of(Target("bias", target.layer, target.index)) if target.layer else None
        if bias is not None:
            rows.append(("bias b", exact(bias), sign_of(bias)))
        hint = "Enter edits the bias, Tab walks the weights" if by_keyboard else "double-click to edit the bias"
        hint = hint if target.layer else ""
        if target.layer == 0 and spec.data.dataset.planar:
            alone = len(spec.data.features) == 1
            way = "Enter switches" if by_keyboard else "click to switch"
            hint = "at least one input stays on" if alone else f"{way} this input off"
    if activations is not None and target.kind != "bias":
        a = activations[target.layer][target.source if target.kind == "edge" else target.index]
        answer = target.kind == "neuron" and target.layer == len(activations) - 1 and spec.data.dataset.regression
        rows.append(("value" if answer else "activation a", exact(a), sign_of(a)))
        if value is not None:
            rows.append(("w · a", exact(value * a), sign_of(value * a)))
    return CardText(target_name(spec, target), tuple(rows), hint)
