"""Learning rate too high: the loss climbs as often as it falls, and gets nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.doctor import RULES, Finding, Rule, Where
from engine.doctor.checkup import Checkup
from engine.doctor.evidence import Curve
from engine.doctor.remedies import rate
from engine.doctor.words import figure

# Epochs that are looked at; fewer tell noise from a saw-tooth badly.
EPOCHS = 20
# In so many epochs the loss climbed, all climbs together, by this much of its own height.
CLIMBED = 1.25
# ... and the median of the second half is not lower than this share of the first's: no progress,
NO_PROGRESS = 0.8
# ... nor has the loss come below this share of the first one: near the goal every rate jumps.
FAR = 0.3


@RULES.register
@dataclass(frozen=True)
class RateTooHigh(Rule):
    """Climbs of the train loss in the last :data:`EPOCHS` epochs add up to :data:`CLIMBED` of its median, without progress.

    A step beyond 2/curvature goes up the other side of the valley (LeCun, Bottou, Orr & Müller 1998, section 4.6). The noise
    of small mini-batches climbs too, but by a few percent an epoch, and the loss falls all the same.
    """

    name: ClassVar[str] = "rate_too_high"
    label: ClassVar[str] = "Learning rate too high"
    summary: ClassVar[str] = "The loss goes up and down and gets nowhere."
    order: ClassVar[int] = 12

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        spec, history = checkup.snapshot.spec, checkup.history
        if spec.optimizer.full_batch or checkup.diverged or checkup.learned or len(history) <= EPOCHS:
            return
        epochs, loss = history[-EPOCHS - 1 :, 0], history[-EPOCHS - 1 :, 1]
        steps = np.diff(loss)
        climbed, level = float(steps[steps > 0].sum()), float(np.median(loss))
        half = EPOCHS // 2
        progress = float(np.median(loss[half + 1 :]) / np.median(loss[: half + 1]))
        first = float(checkup.snapshot.history[0, 1])
        if not (climbed >= CLIMBED * level > 0 and progress >= NO_PROGRESS and level >= FAR * first):
            return
        used = checkup.snapshot.learning_rate
        ups = int((steps > 0).sum())
        sentence = (
            f"In the last {EPOCHS} epochs the train loss rose {ups} times, by {figure(climbed)} in all, and got nowhere: "
            f"the learning rate {used:g} is too high."
        )
        why = (
            "A step that is longer than the valley is wide lands on its other side, often higher up. The gradient then "
            "points back, and the next step is as long. The loss jumps between the walls and never comes down; shorter "
            f"steps would. It lay between {figure(float(loss.min()))} and {figure(float(loss.max()))}."
        )
        slower = rate(spec, 1 / 3)
        yield self.finding(
            Where(setting="optimizer.learning_rate"), sentence, why,
            Curve("Train loss, last epochs", epochs, (("train", loss),)), *([slower] if slower else []),
        )  # fmt: skip
