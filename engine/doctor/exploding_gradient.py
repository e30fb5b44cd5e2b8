"""Exploding gradients and weights: one step throws a layer further than its weights are long."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.doctor import RULES, Finding, Remedy, Rule, Where
from engine.doctor.checkup import Checkup
from engine.doctor.evidence import Bars
from engine.doctor.remedies import good_start, rate
from engine.doctor.vanishing_gradient import gradient_bars
from engine.doctor.words import figure, times

# A gradient per weight this many times 1/√n_in, the size of weights that keep sums near 1. Sound networks stay below 5.
EXPLODING = 50.0
# Weights that grew by this factor before a divergence are what ran away.
GREW = 3.0
CLIP = 1.0


@RULES.register
@dataclass(frozen=True)
class ExplodingGradient(Rule):
    """Gradient per weight above :data:`EXPLODING` · 1/√n_in (Pascanu, Mikolov & Bengio 2013).

    After a divergence: which layer ran away. A gradient that is clipped can't throw the
    weights, so it is left alone until the run diverges.
    """

    name: ClassVar[str] = "exploding_gradient"
    label: ClassVar[str] = "Exploding gradient"
    summary: ClassVar[str] = "Gradients so large that a step throws the weights far away."
    order: ClassVar[int] = 10

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        if checkup.diverged:
            yield self._diverged(checkup)
            return
        sizes = checkup.snapshot.layout.sizes
        heights = [g * math.sqrt(n) for g, n in zip(checkup.gradients, sizes, strict=False)]
        worst = int(np.argmax([h if math.isfinite(h) else math.inf for h in heights]))
        if checkup.snapshot.spec.training.clip_norm or heights[worst] <= EXPLODING:
            return
        layer = worst + 1
        name, own = checkup.layer_name(layer), checkup.weight_size(layer)
        gradient = checkup.gradients[worst]
        sentence = (
            f"The gradient at {name} is {figure(gradient)} per weight, {times(gradient / max(own, 1e-9))} the weights "
            f"themselves ({figure(own)})."
        )
        why = (
            "On its way back the error is multiplied by the weights of every layer, and each weight's gradient by the signal "
            "that came through it. Weights, inputs or numbers to learn that are too large make both grow from layer to layer. "
            f"A step of the learning rate {checkup.snapshot.learning_rate:g} against such a gradient overshoots."
        )
        yield self.finding(Where(layer), sentence, why, gradient_bars(checkup, worst), *self._remedies(checkup))

    def _diverged(self, checkup: Checkup) -> Finding:
        """Which layer ran away. The weights are the last finite ones."""
        spec, layers = checkup.snapshot.spec, range(1, checkup.snapshot.layout.depth + 1)
        growth = [checkup.weight_size(n) / max(checkup.first_weight_sizes[n - 1], 1e-9) for n in layers]
        worst = int(np.argmax(growth))
        if growth[worst] >= GREW:
            layer, name = worst + 1, checkup.layer_name(worst + 1)
            what = f"the weights into {name} had grown to {times(growth[worst])} their first size"
            labels = tuple(checkup.layer_name(n).removeprefix("the ") for n in layers)
            evidence = Bars("Weights, times their first size", labels, tuple(growth), worst, logarithmic=True)
        else:
            worst = int(np.argmax(np.nan_to_num(checkup.gradients, nan=np.inf, posinf=np.inf)))
            layer, name = worst + 1, checkup.layer_name(worst + 1)
            what = f"no weight had grown before: single steps at learning rate {spec.optimizer.learning_rate:g} are too long"
            evidence = gradient_bars(checkup, worst)
        sentence = f"The numbers ran away, and {what}."
        why = (
            "A step that is too long lands where the slope is steeper still, and the next one is longer: each step grows "
            "on the last until the numbers are no longer finite. The bars are of the last weights that still were, which "
            "are back now."
        )
        return self.finding(Where(layer), sentence, why, evidence, *self._remedies(checkup))

    def _remedies(self, checkup: Checkup) -> Iterable[Remedy]:
        spec = checkup.snapshot.spec
        start = good_start(spec)
        if start is not None and not checkup.diverged:
            yield start
        if slower := rate(spec, 1 / 3):
            yield slower
        if not spec.training.clip_norm:
            yield Remedy(f"Clip gradient at {CLIP:g}", (("training.clip_norm", CLIP),))
