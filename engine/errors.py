"""What can go wrong in the engine, each with one sentence a person can act on."""

from __future__ import annotations

TOO_FAST = "The learning rate is too high for this network and data; go back and try a third of it."
BAD_DATA = (
    "The data hold values that are no numbers, or too large to compute with: repair or rescale them, then train again."
)


class NeuroloomError(Exception):
    """Base of every error the engine raises on purpose; ``str(error)`` is the sentence to show."""


class InvalidSpec(NeuroloomError, ValueError):
    """An experiment names something unknown or asks for a value outside its range."""


class UnreadableFile(NeuroloomError):
    """A file could not be taken: the sentence names the file, the reason and what to do."""

    def __init__(self, path: object, reason: str, advice: str = "Choose another file.") -> None:
        super().__init__(f"{path}: {reason} {advice}")
        self.path, self.reason, self.advice = path, reason, advice


class Cancelled(NeuroloomError):
    """Given up because nobody waits for it any more; there is nothing to show."""

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class Diverged(NeuroloomError):
    """Training left the finite numbers, or its loss exploded.

    Attributes: ``epoch`` and ``batch`` say where, ``what`` names the first value that broke.
    """

    def __init__(self, what: str, epoch: int, batch: int, advice: str = TOO_FAST) -> None:
        super().__init__(f"Training stopped in epoch {epoch + 1}, mini-batch {batch + 1}: {what}. {advice}")
        self.what, self.epoch, self.batch = what, epoch, batch
