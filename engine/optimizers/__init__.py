"""Optimizers, one file each. An optimizer is settings; its state is plain arrays that a snapshot can copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.typing import NDArray

from engine.registry import Entry, Registry, ladder, ranged

# parameters in float64 -> (loss with penalty, its gradient in float64)
Objective = Callable[[NDArray], tuple[float, NDArray]]
LEARNING_RATES = ladder(-5, 1)
PIECE = 524_288


@dataclass(frozen=True)
class Optimizer(Entry):
    """Moves the parameters against the gradient. Everything is one flat vector, whatever the depth.

    Class attributes: ``slots``, names of the running vectors it keeps (``("m", "v")`` for Adam); ``full_batch``, true
    when it works on all samples at once by :meth:`minimize` instead of by :meth:`update`.
    """

    learning_rate: float = ranged(
        0.03, 1e-6, 1e6, "Learning rate", ladder=LEARNING_RATES,
        help="How far each update moves the weights. Too high: the loss jumps or explodes; too low: nothing happens.",
    )  # fmt: skip

    slots: ClassVar[tuple[str, ...]] = ()
    full_batch: ClassVar[bool] = False
    order: ClassVar[int] = 100

    def update(self, params: NDArray, grads: NDArray, state: tuple[NDArray, ...], step: int, work: NDArray) -> None:
        """One step in place, number by number: of a large network the vectors come in :func:`pieces`.

        ``params, grads, work`` and every vector of ``state`` are (n,); ``step`` counts from 1. ``grads`` and ``work`` may
        be overwritten.
        """
        raise NotImplementedError

    def minimize(self, params: NDArray, objective: Objective) -> None:
        """One epoch of a ``full_batch`` optimizer: move ``params`` in place to where ``objective`` is lower."""
        raise NotImplementedError


def pieces(params: NDArray, grads: NDArray, state: tuple[NDArray, ...], work: NDArray) -> list[tuple[Any, ...]]:
    """What :meth:`Optimizer.update` takes, (params, grads, state, work), in views of at most :data:`PIECE` numbers.

    A piece stays in the processor's cache while an update goes over it a dozen times: Adam on 3 million parameters takes
    a fifth less. Smaller pieces cost more in calls than that wins. The bits are the same.
    """
    starts = range(0, len(params), PIECE)
    return [
        (params[i : i + PIECE], grads[i : i + PIECE], tuple(v[i : i + PIECE] for v in state), work[i : i + PIECE])
        for i in starts
    ]


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer", __name__)
