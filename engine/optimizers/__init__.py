"""Optimizers, one file each. An optimizer is settings; its state is plain arrays that a snapshot can copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import NDArray

from engine.registry import Entry, Registry, ladder, ranged

# parameters in float64 -> (loss with penalty, its gradient in float64)
Objective = Callable[[NDArray], tuple[float, NDArray]]
LEARNING_RATES = ladder(-5, 1)


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
        """One step in place.

        ``params, grads, work`` and every vector of ``state`` are (n_params,); ``step`` counts from 1. ``grads`` and
        ``work`` may be overwritten.
        """
        raise NotImplementedError

    def minimize(self, params: NDArray, objective: Objective) -> None:
        """One epoch of a ``full_batch`` optimizer: move ``params`` in place to where ``objective`` is lower."""
        raise NotImplementedError


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer", __name__)
