"""Learning rate too low: the way down is there, and the steps are too short to go it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.doctor import RULES, Finding, Rule, Where
from engine.doctor.checkup import Checkup, rms
from engine.doctor.evidence import Curve
from engine.doctor.remedies import rate
from engine.doctor.words import figure
from engine.optimizers.sgd import SGD

EPOCHS = 20
# The loss fell by less than this share in so many epochs.
FELL = 0.01
# The longest way a weight can have gone meanwhile, as a share of the weights' size.
MOVED = 0.2
# What the loss would fall by, as a share of it, if the weights went their own length down this slope. Less is a plateau, not
# a slow walk: there is no way down that longer steps would find.
PROMISED = 0.25
# A rate is proposed that would take the weights about once their own size in as many epochs, at most so many times this one.
MOST = 1000.0


@RULES.register
@dataclass(frozen=True)
class RateTooLow(Rule):
    """The loss fell by less than :data:`FELL` in :data:`EPOCHS` epochs, though the gradient is not small.

    The longest way that steps of this length can go is their number times the learning rate (times the gradient with SGD;
    Adam and its kin divide by it). It must be short of the weights' size, or the rate is not what holds training back.
    """

    name: ClassVar[str] = "rate_too_low"
    label: ClassVar[str] = "Learning rate too low"
    summary: ClassVar[str] = "The loss hardly moves although the gradient shows a way down."
    order: ClassVar[int] = 60

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        spec, history = checkup.snapshot.spec, checkup.history
        if spec.optimizer.full_batch or checkup.diverged or checkup.learned or len(history) <= EPOCHS:
            return
        epochs, loss = history[-EPOCHS - 1 :, 0], history[-EPOCHS - 1 :, 1]
        fell = 1 - float(loss[-1] / loss[0])
        gradient = checkup.mean_gradient
        length = math.sqrt(float(np.square(gradient, dtype=np.float64).sum()))
        promised = (
            length * math.sqrt(float(np.square(checkup.snapshot.params, dtype=np.float64).sum())) / float(loss[-1])
        )
        way = self._way(checkup, rms(gradient)) / max(rms(checkup.snapshot.params), 1e-9)
        if not (abs(fell) < FELL and promised > PROMISED and way < MOVED):
            return
        used = checkup.snapshot.learning_rate
        sentence = (
            f"The train loss changed by {100 * abs(fell):.2g} % in {EPOCHS} epochs, though the gradient is not small: the "
            f"learning rate {used:g} is too low."
        )
        why = (
            f"The gradient of all samples is {figure(length)} long, so there is a way down. But in {EPOCHS} epochs steps of "
            f"this length can move a weight by {100 * way:.2g} % of the usual weight's size at most. Longer steps go the same "
            f"way in less time."
        )
        faster = rate(spec, min(max(10 ** round(math.log10(1 / max(way, 1e-9))), 10.0), MOST))
        yield self.finding(
            Where(setting="optimizer.learning_rate"), sentence, why,
            Curve("Train loss, last epochs", epochs, (("train", loss),)), *([faster] if faster else []),
        )  # fmt: skip

    def _way(self, checkup: Checkup, gradient: float) -> float:
        """How far a weight can go in :data:`EPOCHS` epochs at this rate."""
        optimizer, steps = checkup.snapshot.spec.optimizer, EPOCHS * checkup.snapshot.batches
        step = checkup.snapshot.learning_rate
        if isinstance(optimizer, SGD):
            step *= gradient / (1 - optimizer.momentum)
        return step * steps
