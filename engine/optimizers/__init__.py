"""Optimizers, one file each. An optimizer is settings; its state is plain arrays that a snapshot can copy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor
from engine.registry import Entry, Registry, ladder, ranged

# parameters in float64 -> (loss with penalty, its gradient in float64)
Objective = Callable[[NDArray], tuple[float, NDArray]]
LEARNING_RATES = ladder(-5, 1)
PIECE = 524_288


@dataclass(frozen=True)
class Optimizer(Entry):
    """Moves the parameters against the gradient. Everything is one flat vector, whatever the depth.

    Class attributes: ``slots``, names of the running vectors it keeps (``("m", "v")`` for Adam); ``full_batch``, true
    when it works on all samples at once by :meth:`minimize` instead of by :meth:`update`; ``decides``, for the screen, what
    makes the new weight then.
    """

    learning_rate: float = ranged(
        0.03, 1e-6, 1e6, "Learning rate", ladder=LEARNING_RATES,
        help="How far each update moves the weights. Too high: the loss jumps or explodes; too low: nothing happens.",
    )  # fmt: skip

    slots: ClassVar[tuple[str, ...]] = ()
    full_batch: ClassVar[bool] = False
    decides: ClassVar[str] = "It works on all samples at once: the new weight comes of no single formula."
    order: ClassVar[int] = 100

    def update(self, params: NDArray, grads: NDArray, state: tuple[NDArray, ...], step: int, work: NDArray) -> None:
        """One step in place, number by number: of a large network the vectors come in :func:`pieces`.

        ``params, grads, work`` and every vector of ``state`` are (n,); ``step`` counts from 1. ``grads`` and ``work`` may
        be overwritten.
        """
        raise NotImplementedError

    def once(self, param: Any, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Any, tuple[Any, ...]]:
        """What :meth:`update` makes of one number, in its precision: the new parameter and the new running numbers."""
        params = np.array([param])
        grads, work = np.array([grad], params.dtype), np.empty_like(params)
        slots = tuple(np.array([value], params.dtype) for value in state)
        self.update(params, grads, slots, step, work)
        return params[0], tuple(slot[0] for slot in slots)

    def explain(self, param: Any, grad: Any, state: tuple[Any, ...], step: int) -> tuple[Factor, ...]:
        """One update of one number ``w`` with gradient ``g``, line by line; the last line is the new ``w``, as
        :meth:`update` makes it. ``state`` holds one running number for each of ``slots``, from before the update.

        An optimizer that says nothing of its own names its running numbers and the step it took.
        """
        new, running = self.once(param, grad, state, step)
        slots = (Factor(name.replace("_", " "), "", (), value) for name, value in zip(self.slots, running, strict=True))
        return *slots, Factor("w", "w + Δw", (param, " + ", new - param), new)

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
