"""Vanishing gradients: next to nothing of the error reaches the first layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from engine.activations import ACTIVATIONS
from engine.doctor import RULES, Finding, Remedy, Rule, Where
from engine.doctor.checkup import Checkup
from engine.doctor.evidence import Bars
from engine.doctor.remedies import activation, good_start
from engine.doctor.saturated_units import MANY
from engine.doctor.words import figure, times
from engine.initializers import INITIALIZERS

# Per weight, the first layer gets less than this share of what the last gets: it would need a thousand steps for one.
VANISHING = 1e-3
# What reaches even the last layer is nothing: all is learned, or all units are equal, and a share says little.
NOTHING = 1e-7


@RULES.register
@dataclass(frozen=True)
class VanishingGradient(Rule):
    """Gradient per weight of the first layer below :data:`VANISHING` of the last's (Hochreiter 1991; Bengio 1994)."""

    name: ClassVar[str] = "vanishing_gradient"
    label: ClassVar[str] = "Vanishing gradient"
    summary: ClassVar[str] = "The first layers get next to nothing of the error."
    order: ClassVar[int] = 40

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        if len(checkup.hidden) < 2 or checkup.learned:
            return
        gradients = checkup.gradients
        first, last = gradients[0], gradients[-1]
        # Saturated neurons let nothing through either: that is said of them, with another remedy.
        if any(
            len(checkup.saturated(layer)) >= MANY * checkup.snapshot.layout.sizes[layer] for layer in checkup.hidden
        ):
            return
        if not (last > NOTHING and 0 < first < VANISHING * last):
            return
        spec = checkup.snapshot.spec
        names = ", ".join(dict.fromkeys(a.label.split(" (")[0] for a in spec.activations))
        sentence = (
            f"Hidden 1 gets a gradient {times(last / first)} smaller per weight than the output: it hardly learns."
        )
        why = (
            f"On its way back the error is multiplied at each layer by the weights and by the slope of {names}. "
            f"Here that leaves {figure(first)} of {figure(last)} after {len(checkup.hidden)} layers. "
            "A sigmoid's slope is 0.25 at most, so the error fades with every layer, as it does through small weights."
        )
        yield self.finding(
            Where(1), sentence, why, gradient_bars(checkup, 0),
            *(remedy for remedy in self._remedies(checkup) if remedy is not None),
        )  # fmt: skip

    def _remedies(self, checkup: Checkup) -> Iterable[Remedy | None]:
        spec = checkup.snapshot.spec
        if any(a.name == "sigmoid" for a in spec.activations):
            glorot = ("network.initializer", INITIALIZERS["glorot_uniform"]())
            yield activation(spec, "sigmoid", ACTIVATIONS["tanh"](), glorot)
        elif start := good_start(spec):
            yield start
        elif any(a.name == "tanh" for a in spec.activations):
            yield activation(spec, "tanh", ACTIVATIONS["relu"](), ("network.initializer", INITIALIZERS["he_normal"]()))


def gradient_bars(checkup: Checkup, marked: int) -> Bars:
    """One bar a layer of weights."""
    labels = tuple(checkup.layer_name(layer).removeprefix("the ") for layer in (*checkup.hidden, checkup.hidden.stop))
    return Bars("Gradient per weight, by layer", labels, checkup.gradients, marked, logarithmic=True)
