"""Loss functions, one file each, computed from the logits so that nothing overflows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor
from engine.registry import Entry, Registry


@dataclass(frozen=True)
class Loss(Entry):
    """A loss together with the output activation it belongs to.

    ``logits`` and ``targets`` are (n, k): k = 1 for two classes (targets 0 or 1), else one column a class
    (one-hot). Fusing the last activation with the loss keeps the last delta simple and exact.
    """

    order: ClassVar[int] = 100
    regression: ClassVar[bool] = False

    def linear(self) -> Loss | None:
        """This loss on the logits themselves, for regression; None where it needs classes."""
        return None

    def output(self, logits: NDArray, out: NDArray) -> None:
        """Write the network's answer, in 0..1 per column, into ``out`` (may be ``logits`` itself)."""
        raise NotImplementedError

    def delta(self, logits: NDArray, targets: NDArray, out: NDArray) -> None:
        """Write ∂L/∂logits of the mean loss over the n rows, times n, into ``out``; ``logits`` may be used up.

        The factor 1/n is applied once, to the gradients, by the network.
        """
        raise NotImplementedError

    def value(self, logits: NDArray, targets: NDArray) -> float:
        """The mean loss over the n rows."""
        raise NotImplementedError

    def explain(self, logits: NDArray, targets: NDArray, column: int) -> tuple[Factor, ...]:
        """How the answer and the last delta of output ``column`` come about, for one sample: both arrays (k,).

        The last line is δ = ∂L/∂z, as :meth:`delta` makes it. A loss that says nothing of its own gives only that.
        """
        return (Factor("δ", "∂L/∂z", (), self.one_delta(logits, targets)[column]),)

    def one_answer(self, logits: NDArray) -> NDArray:
        """The answers (k,) to one sample's ``logits`` (k,), newly allocated."""
        out: NDArray = np.empty_like(logits)
        self.output(logits[None].copy(), out[None])
        return out

    def one_delta(self, logits: NDArray, targets: NDArray) -> NDArray:
        """∂L/∂logits of one sample, (k,), newly allocated."""
        out: NDArray = np.empty_like(logits)
        self.delta(logits[None].copy(), targets[None], out[None])
        return out

    def one_sigmoid(self, logits: NDArray, column: int) -> Factor:
        """The line p = σ(z) of a loss whose answer is that."""
        return Factor("p", "σ(z)", ("1 / (1 + e^(−", logits[column], "))"), self.one_answer(logits)[column])


LOSSES: Registry[Loss] = Registry("loss", __name__)
