"""Over-fitting: what is still learned is true of the training samples only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.doctor import NOTE, RULES, WARNING, Finding, Remedy, Rule, Where
from engine.doctor.checkup import Checkup
from engine.doctor.evidence import Curve
from engine.doctor.words import figure

# The test loss has risen by this share from its best.
RISEN = 0.2
# Below this share of the first test loss a rise is one of good answers: nothing that anybody would mend.
WORTH = 0.15
# Accuracy, or R², lost since its best: below that the network is only surer of its mistakes, which is worth a note.
LOST = 0.03
# Losses of single epochs jump: each stands for the mean of so many.
SMOOTH = 5
# The best epoch lies so far back at least, so that it was no chance.
EPOCHS = 15
L2 = 0.01
DROPOUT = 0.2
PATIENCE = 20
VALIDATION = 0.2
MOST_SHOWN = 2000


@RULES.register
@dataclass(frozen=True)
class Overfitting(Rule):
    """The test loss :data:`RISEN` from its best while the train loss fell on: Prechelt's (1998) generalization loss."""

    name: ClassVar[str] = "overfitting"
    label: ClassVar[str] = "Over-fitting"
    summary: ClassVar[str] = "The test loss rises while the train loss still falls."
    order: ClassVar[int] = 70

    def examine(self, checkup: Checkup) -> Iterable[Finding]:
        history = checkup.history
        if checkup.snapshot.data.same or checkup.diverged or len(history) < EPOCHS + 2 * SMOOTH:
            return
        if checkup.snapshot.message:  # stopped early: the weights are no longer those that the history ends with
            return
        train, test, score = (np.convolve(history[:, i], np.full(SMOOTH, 1 / SMOOTH), "valid") for i in (1, 2, 4))
        best = int(np.argmin(test))
        first = float(checkup.snapshot.history[0, 2])
        risen = float(test[-1] / test[best]) - 1
        fell = train[-1] < train[best]
        late = len(test) - 1 - best >= EPOCHS
        if not (late and fell and risen >= RISEN and test[-1] >= WORTH * first and test[-1] > train[-1]):
            return
        at = int(history[best + SMOOTH // 2, 0])
        sentence = (
            f"Since epoch {at:,} the test loss has risen by {100 * risen:.0f} %, while the train loss fell from "
            f"{figure(float(train[best]))} to {figure(float(train[-1]))}: it is over-fitting."
        )
        n, parameters = len(checkup.train), checkup.snapshot.layout.n_parameters
        why = (
            f"{parameters:,} parameters can bend around every one of {n:,} training samples, its noise included. "
            f"What was learned after epoch {at:,} holds for those samples only, and makes the answers to others worse. "
            f"Smaller weights, neurons that can't rely on one another, or an earlier end leave less room for that."
        )
        yield self.finding(
            Where(setting="training.l2"), sentence, why, self._curve(history, at), *self._remedies(checkup),
            severity=WARNING if score.max() - score[-1] >= LOST else NOTE,
        )  # fmt: skip

    def _curve(self, history: np.ndarray, at: int) -> Curve:
        rows = history[:: max(len(history) // MOST_SHOWN, 1)]
        return Curve("Loss", rows[:, 0], (("train", rows[:, 1]), ("test", rows[:, 2])), at, "best test loss")

    def _remedies(self, checkup: Checkup) -> Iterable[Remedy]:
        training = checkup.snapshot.spec.training
        l2 = float(f"{training.l2 * 3:.1g}") if training.l2 else L2
        yield Remedy(f"L2 {l2:g}", (("training.l2", l2),))
        if (
            not any(checkup.snapshot.spec.dropout)
            and max(checkup.snapshot.spec.network.hidden_layer_sizes, default=0) >= 16
        ):
            yield Remedy(f"Dropout {100 * DROPOUT:.0f} %", (("training.dropout", DROPOUT),))
        if not training.patience:
            # By samples that are neither trained nor tested with: without them it would wait for the train loss to rise.
            share = checkup.snapshot.spec.data.validation_share or VALIDATION
            changes = (("training.patience", PATIENCE), ("data.validation_share", share))
            yield Remedy("Early stopping", changes, fresh=not checkup.snapshot.spec.data.validation_share)
