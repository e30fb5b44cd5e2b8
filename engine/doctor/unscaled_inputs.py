"""Unscaled inputs: one input is many times larger than another, and no learning rate suits both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.doctor import RULES, Finding, Remedy, Rule, Where
from engine.doctor.checkup import Checkup
from engine.doctor.evidence import Ranges
from engine.doctor.words import figure, times

# Root mean square of the largest input over that of the smallest. The curvature goes with its square: 64 and more.
APART = 8.0


@RULES.register
@dataclass(frozen=True)
class UnscaledInputs(Rule):
    """Sizes of two inputs :data:`APART` (LeCun, Bottou, Orr & Müller 1998, section 4.3), while the task is not learned.

    Only of points in the plane: pixels share one scale, and those at the border are dark by nature.
    """

    name: ClassVar[str] = "unscaled_inputs"
    label: ClassVar[str] = "Unscaled inputs"
    summary: ClassVar[str] = "Inputs of very different sizes."
    order: ClassVar[int] = 80

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        data = checkup.snapshot.data.spec
        if not data.dataset.planar or data.scale_inputs or checkup.learned:
            return
        x = checkup.train.x
        sizes = np.sqrt(np.mean(np.square(x, dtype=np.float64), axis=0))
        large, small = int(sizes.argmax()), int(sizes.argmin())
        if not sizes[large] > APART * sizes[small] > 0:
            return
        names = checkup.input_names
        sentence = (
            f"{names[large]} is {times(sizes[large] / sizes[small])} as large as {names[small]}: its weights learn fast while "
            f"the others wait."
        )
        reach = np.abs(x).max(axis=0)
        why = (
            f"A weight's gradient is the error times its input. So one learning rate is too high for {names[large]}, which "
            f"reaches {figure(float(reach[large]))}, and too low for {names[small]}, which reaches "
            f"{figure(float(reach[small]))}. Inputs of one size let all weights learn at one pace."
        )
        remedy = Remedy("Scale the inputs", (("data.scale_inputs", True),), fresh=True)
        evidence = Ranges(
            "Inputs of the training samples", names, tuple(x.min(axis=0).tolist()), tuple(x.max(axis=0).tolist())
        )
        yield self.finding(Where(0, (large,)), sentence, why, evidence, remedy)
