"""The phases of one mini-batch: forward and backward layer by layer, the loss between them, the update at the end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a phase does."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase, done. ``layer`` is the layer of weights (0 leads from the inputs) of a forward or backward phase, else -1.

    FORWARD l has made the activations of the neurons after layer l. BACKWARD l is what the loop of
    :meth:`engine.network.Network.backward` does for layer l: the gradient of its weights, and δ of the neurons before it
    (the last layer's first makes δ of the outputs, from the loss).
    """

    kind: Kind
    layer: int = -1

    def name(self, depth: int) -> str:
        """``forward 1/3``, ``loss``, ``backward 3/3``, ``update`` in a network of ``depth`` layers of weights."""
        return f"{self.kind.value} {self.layer + 1}/{depth}" if self.layer >= 0 else self.kind.value


def phases(depth: int) -> tuple[Phase, ...]:
    """All phases of a mini-batch in their order, for ``depth`` layers of weights.

    >>> [phase.name(2) for phase in phases(2)]
    ['forward 1/2', 'forward 2/2', 'loss', 'backward 2/2', 'backward 1/2', 'update']
    """
    forward = (Phase(Kind.FORWARD, layer) for layer in range(depth))
    backward = (Phase(Kind.BACKWARD, layer) for layer in reversed(range(depth)))
    return (*forward, Phase(Kind.LOSS), *backward, Phase(Kind.UPDATE))


def following(phase: Phase | None, depth: int) -> Phase:
    """The phase after ``phase``; the first one after an update, and where none has been stepped through."""
    order = phases(depth)
    return order[0] if phase is None or phase.kind is Kind.UPDATE else order[order.index(phase) + 1]
