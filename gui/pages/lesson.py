"""A lesson: a short training after a drawing was named, and what has changed by it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.predictions import predict
from engine.snapshot import RunState, Snapshot
from gui.panels.teach import Outcome, Reading

MOST_EPOCHS = 10
SAMPLES_IN_A_LESSON = 15_000


def epochs_of(n_train: int) -> int:
    """How many epochs a lesson has: a few seconds of training, 10 of a small set and 1 of a large one.

    >>> [epochs_of(n) for n in (100, 1_437, 5_000, 60_000)]
    [10, 10, 3, 1]
    """
    return min(max(round(SAMPLES_IN_A_LESSON / n_train), 1), MOST_EPOCHS)


@dataclass
class Lesson:
    """The network learns that the drawing ``name`` is a ``label``, in ``run``, which began as ``begun`` shows."""

    label: int
    name: str
    run: int
    undo_index: int
    goes_on: bool  # it was training before, and trains on after
    begun: Snapshot | None = None
    epochs: int = 0

    def is_over(self, snapshot: Snapshot) -> bool:
        """All its epochs are done, or training stopped before."""
        begun = self.begun
        if begun is None:
            return False
        if snapshot.epoch >= begun.epoch + self.epochs:
            return True
        moved = (snapshot.epoch, snapshot.batch) != (begun.epoch, begun.batch) or snapshot.message != begun.message
        return snapshot.state is not RunState.RUNNING and moved

    def outcome(self, now: Snapshot) -> Outcome:
        """What has changed from the beginning to ``now``."""
        before = self.begun or now
        # The drawings of one moment and the weights of both: in between, another may have been ticked or left out.
        taught, names = before.data.taught, before.data.spec.taught
        assert taught is not None, "a lesson has one at least"
        said = [predict(moment.spec, moment.layout, moment.params, taught) for moment in (before, now)]
        row = names.index(self.name)
        readings = [Reading(int(one.predicted[row]), float(one.confidence[row])) for one in said]
        return Outcome(
            (readings[0], readings[1]), (before.metrics.test_accuracy, now.metrics.test_accuracy),
            (int(said[0].right.sum()), int(said[1].right.sum())), len(taught),
        )  # fmt: skip
