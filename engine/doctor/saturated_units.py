"""Saturated units: sigmoid or tanh neurons that stand on the flat part of their curve for nearly all samples."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.doctor import RULES, Finding, Rule, Where
from engine.doctor.checkup import FLAT, Checkup, flat_parts
from engine.doctor.remedies import good_start, rate
from engine.doctor.words import count, figure, histogram

# The share of a layer that must be saturated: a few neurons may well work as switches.
MANY = 0.25


@RULES.register
@dataclass(frozen=True)
class SaturatedUnits(Rule):
    """|f'(z)| below :data:`FLAT` of its largest for :data:`NEARLY_ALL` of the samples, in :data:`MANY` of a layer.

    Only of activations with a ceiling and a floor (Glorot & Bengio 2010), and only while the task is not learned: a
    network that answers well has made up its mind.
    """

    name: ClassVar[str] = "saturated_units"
    label: ClassVar[str] = "Saturated neurons"
    summary: ClassVar[str] = "Neurons that are flat for nearly every sample, so that they hardly learn."
    order: ClassVar[int] = 30

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        if checkup.learned:
            return
        for layer in checkup.hidden:
            found = checkup.saturated(layer)
            if len(found) >= max(MANY * checkup.snapshot.layout.sizes[layer], 1):
                yield self._about(checkup, layer, tuple(found.tolist()), checkup.steepest(layer))

    def _about(self, checkup: Checkup, layer: int, found: tuple[int, ...], steepest: float) -> Finding:
        spec, name, activation = checkup.snapshot.spec, checkup.layer_name(layer), checkup.activation(layer)
        label = activation.label.split(" (")[0]
        z = checkup.z(layer)[:, found]
        usual = 1 / math.sqrt(checkup.snapshot.layout.sizes[layer - 1])
        sentence = (
            f"{len(found)} of {count(checkup.snapshot.layout.sizes[layer], 'neuron')} of {name} "
            f"{'is' if len(found) == 1 else 'are'} on the flat part of {label} for at least 9 of 10 samples."
        )
        why = (
            f"There the slope is below 5 % of its largest, {figure(steepest)}, and every gradient is multiplied by it: "
            f"learning is more than 20 times slower. The weighted sums are {figure(float(np.abs(z).mean()))} on the "
            f"average, from large weights or large inputs: weights into {name} have the size "
            f"{figure(checkup.weight_size(layer))}, and about {figure(usual)} would keep the sums near 1."
        )
        remedies = (good_start(spec), rate(spec, 1 / 3) if checkup.snapshot.epoch else None)
        return self.finding(
            Where(layer, found), sentence, why,
            histogram(f"z of the saturated in {name} (shaded: flat)", z, flat_parts(activation, steepest, FLAT)),
            *(remedy for remedy in remedies if remedy is not None),
        )  # fmt: skip
