"""Losses of the residual p − y: what squared, absolute and Huber error have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.factors import Factor
from engine.losses import Loss


@dataclass(frozen=True)
class ResidualLoss(Loss):
    """mean Σ c(p − y) with p = sigmoid(z), summed over the columns; a subclass says c and its slope.

    ``slope_formula`` writes c'(r) for the screen.
    """

    slope_formula: ClassVar[str] = "c′(r)"

    def linear(self) -> Loss:
        return LinearOutput(self)

    def cost(self, residual: NDArray) -> NDArray:
        """c(r), elementwise, newly allocated."""
        raise NotImplementedError

    def slope(self, residual: NDArray) -> None:
        """Write c'(r) over r, elementwise."""
        raise NotImplementedError

    def slope_at(self, residual: NDArray) -> NDArray:
        """c'(r), elementwise, newly allocated."""
        out: NDArray = residual.copy()
        self.slope(out)
        return out

    def explain_slope(self, residual: NDArray, column: int) -> tuple[Factor, ...]:
        """The line of c'(r); none where that is r itself."""
        if self.slope_formula == "r":
            return ()
        return (Factor("c′", self.slope_formula, (), self.slope_at(residual)[column]),)

    def output(self, logits: NDArray, out: NDArray) -> None:
        np.multiply(logits, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def delta(self, logits: NDArray, targets: NDArray, out: NDArray) -> None:
        # ∂L/∂z = c'(p − y) · p · (1 − p), by the chain rule through the sigmoid.
        p = logits
        self.output(logits, p)
        np.subtract(p, targets, out=out)
        self.slope(out)
        out *= p
        np.subtract(1, p, out=p)
        out *= p

    def value(self, logits: NDArray, targets: NDArray) -> float:
        p = np.empty_like(logits)
        self.output(logits, p)
        p -= targets
        return float(np.mean(self.cost(p).sum(axis=1)))

    def explain(self, logits: NDArray, targets: NDArray, column: int) -> tuple[Factor, ...]:
        answer = self.one_answer(logits)
        residual = answer - targets
        slope, p = self.slope_at(residual)[column], answer[column]
        name = "r" if self.slope_formula == "r" else "c′"
        return (
            self.one_sigmoid(logits, column),
            Factor("r", "p − y", (p, " − ", targets[column]), residual[column]),
            *self.explain_slope(residual, column),
            Factor("δ", f"{name} · p · (1 − p)", (slope, " × ", p, " × (1 − ", p, ")"),
                   self.one_delta(logits, targets)[column]),
        )  # fmt: skip


@dataclass(frozen=True)
class LinearOutput(Loss):
    """``loss`` for regression: the answer is the last weighted sum itself, p = z, and the last delta c'(z − y).

    It is no choice of its own: :attr:`ExperimentSpec.loss` takes it where the data set has numbers instead of classes.
    """

    loss: ResidualLoss

    regression: ClassVar[bool] = True

    def output(self, logits: NDArray, out: NDArray) -> None:
        np.copyto(out, logits)

    def delta(self, logits: NDArray, targets: NDArray, out: NDArray) -> None:
        np.subtract(logits, targets, out=out)
        self.loss.slope(out)

    def value(self, logits: NDArray, targets: NDArray) -> float:
        return float(np.mean(self.loss.cost(logits - targets).sum(axis=1)))

    def explain(self, logits: NDArray, targets: NDArray, column: int) -> tuple[Factor, ...]:
        residual, delta = logits - targets, self.one_delta(logits, targets)[column]
        worked = (logits[column], " − ", targets[column])
        slope = self.loss.explain_slope(residual, column)
        if not slope:
            return (Factor("δ", "z − y", worked, delta),)
        return Factor("r", "z − y", worked, residual[column]), *slope, Factor("δ", "c′", (), delta)
