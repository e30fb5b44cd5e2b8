"""Dead units: ReLU neurons that answer 0 to everything, and so can never learn again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.doctor import NOTE, RULES, WARNING, Finding, Rule, Where
from engine.doctor.checkup import Checkup
from engine.doctor.remedies import leaky
from engine.doctor.words import count, figure, histogram

# Fewer in a layer are worth a note but no warning: a network can do without some, and more so once it has learned its task.
MANY = 1 / 3
MOST = 0.6


@RULES.register
@dataclass(frozen=True)
class DeadUnits(Rule):
    """a = 0 and f'(z) = 0 for all training samples: no gradient reaches the weights (Lu, Shin, Su & Karniadakis 2019).

    The step function is left out: its slope is 0 by nature, dead or alive.
    """

    name: ClassVar[str] = "dead_units"
    label: ClassVar[str] = "Dead neurons"
    summary: ClassVar[str] = "Neurons that answer 0 to every sample."
    order: ClassVar[int] = 20

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        for layer in checkup.hidden:
            if checkup.activation(layer).name == "step":
                continue
            dead = np.flatnonzero(checkup.silent(layer))
            # Weights that are all 0 are another ailment, with another remedy.
            if len(dead) and checkup.snapshot.weights(layer - 1).any():
                yield self._about(checkup, layer, tuple(dead.tolist()))

    def _about(self, checkup: Checkup, layer: int, dead: tuple[int, ...]) -> Finding:
        spec, width = checkup.snapshot.spec, checkup.snapshot.layout.sizes[layer]
        one, name = len(dead) == 1, checkup.layer_name(layer)
        sentence = (
            f"{len(dead)} of {count(width, 'neuron')} of {name} {'answers' if one else 'answer'} 0 to "
            f"{checkup.every_sample}: {'it is' if one else 'they are'} dead and can't learn back."
        )
        highest = float(checkup.z(layer)[:, dead].max())
        why = (
            f"A ReLU passes only what is above 0. The weighted sum z of {'this neuron' if one else 'these neurons'} is never "
            f"above {figure(highest, 2)}, so the slope is 0 for every sample and no gradient reaches the weights. A step that "
            f"was too large often leaves a neuron there; only a change of what comes before it could bring it back."
        )
        return self.finding(
            Where(layer, dead), sentence, why,
            histogram(f"z of the dead in {name} (shaded: slope 0)", checkup.z(layer)[:, dead], ((-np.inf, 0.0),)), leaky(spec),
            severity=WARNING if len(dead) >= (MOST if checkup.learned else MANY) * width else NOTE,
        )  # fmt: skip
