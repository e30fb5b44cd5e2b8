"""Pins: which numbers of a network a person keeps an eye on, their values at a moment, and their recent past. No Qt."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.network import Layout
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui.graphics.graph_words import neuron_name
from gui.graphics.pointing import exists
from gui.graphics.targets import Target

KEPT = 240  # values of the past: 24 seconds at ten a second
POSITION = tuple[int, int, int]


@dataclass(frozen=True)
class Pin:
    """One number: ``kind`` "weight" (of an edge), "bias", "activation" (of a neuron) or "gradient" (of an edge or bias)."""

    kind: str
    target: Target

    @property
    def label(self) -> str:
        """Its kind in a table: ``weight``, ``∂L/∂w``."""
        if self.kind != "gradient":
            return self.kind
        return "∂L/∂w" if self.target.kind == "edge" else "∂L/∂b"


def pin_of(target: Target | None, gradient: bool = False) -> Pin | None:
    """What is pinned of a thing on the network picture; of a neuron the ``gradient`` is its bias's. None: nothing can be."""
    if target is None or target.kind not in ("edge", "bias", "neuron"):
        return None
    if gradient and target.kind == "neuron":
        target = Target("bias", target.layer, target.index)
    if target.kind == "bias" and not target.layer:
        return None
    return Pin("gradient" if gradient else {"edge": "weight", "neuron": "activation"}.get(target.kind, "bias"), target)


def name_of(spec: ExperimentSpec, pin: Pin) -> str:
    """``x₂ → hidden 1, neuron 3``, or the neuron."""
    target = pin.target
    end = neuron_name(spec, target.layer + (target.kind == "edge"), target.index)
    return f"{neuron_name(spec, target.layer, target.source)} → {end}" if target.kind == "edge" else end


def flat_index(layout: Layout, pin: Pin) -> int:
    """The place in the parameters of the weight or bias that a pin is about."""
    target = pin.target
    if target.kind == "edge":
        return layout.weight_index(target.layer, target.source, target.index)
    return layout.bias_index(target.layer - 1, target.index)


def value_of(
    pin: Pin, snapshot: Snapshot, activations: tuple[NDArray, ...] | None, grads: NDArray | None
) -> float | None:
    """The number now; ``grads`` (n_parameters,) and ``activations`` (one (n,) array a layer) where they are known."""
    if pin.kind == "activation":
        return None if activations is None else float(activations[pin.target.layer][pin.target.index])
    source = grads if pin.kind == "gradient" else snapshot.params
    return None if source is None else float(source[flat_index(snapshot.layout, pin)])


def moved(pin: Pin, old: ExperimentSpec, new: ExperimentSpec) -> Pin | None:
    """The same pin on another network, or None where its neurons are gone.

    An input stays itself when others come or go; what belongs to the outputs stays with them when a layer comes or goes.
    """
    target, shift = pin.target, len(new.layer_sizes) - len(old.layer_sizes)
    if target.layer + (target.kind == "edge") == len(old.layer_sizes) - 1:
        target = replace(target, layer=target.layer + shift)
    if old.data.dataset.planar and new.data.dataset.planar and pin.target.layer == target.layer == 0:
        place = "source" if target.kind == "edge" else "index"
        feature = old.data.features[getattr(target, place)]
        if feature not in new.data.features:
            return None
        target = replace(target, **{place: new.data.features.index(feature)})
    return Pin(pin.kind, target) if target.layer >= 0 and exists(new, target) else None


class Past:
    """The last ``KEPT`` values of one pin, with where the run stood at each."""

    def __init__(self) -> None:
        self._values: deque[tuple[POSITION, float]] = deque(maxlen=KEPT)

    def __len__(self) -> int:
        return len(self._values)

    def clear(self) -> None:
        self._values.clear()

    def push(self, position: POSITION, value: float) -> None:
        """The value at ``position``. A run that stepped back forgets what came later; a changed value replaces the old."""
        while self._values and self._values[-1][0] >= position:
            self._values.pop()
        self._values.append((position, value))

    def values(self) -> NDArray:
        """(n,) float64, oldest first."""
        return np.fromiter((value for _, value in self._values), np.float64, len(self._values))

    @property
    def change(self) -> float:
        """From the oldest kept value to the newest; NaN where one of them is not a number."""
        return self._values[-1][1] - self._values[0][1] if self._values else 0.0
