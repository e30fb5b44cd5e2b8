"""Huber's loss: squared for small mistakes, absolute for large ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.losses import LOSSES
from engine.losses.residual import ResidualLoss
from engine.registry import ranged


@LOSSES.register
@dataclass(frozen=True)
class Huber(ResidualLoss):
    """mean Σ of ½r² where |r| ≤ δ, else δ·(|r| − ½δ), with r = p − y (Huber 1964; PyTorch's HuberLoss)."""

    threshold: float = ranged(
        0.5,
        0.01,
        10.0,
        "Threshold (δ)",
        step=0.05,
        help="Mistakes beyond it count by their size, smaller ones by their square.",
    )

    name: ClassVar[str] = "huber"
    label: ClassVar[str] = "Huber"
    summary: ClassVar[str] = (
        "Squared error near the target, absolute error far from it: smooth, and calm about outliers."
    )
    slope_formula: ClassVar[str] = "r, held within ±threshold"
    order: ClassVar[int] = 40

    def cost(self, residual: NDArray) -> NDArray:
        # With c the residual cut at ±δ, c·(r − ½c) is both branches at once.
        cut = np.clip(residual, -self.threshold, self.threshold)
        cost: NDArray = cut * (residual - 0.5 * cut)
        return cost

    def slope(self, residual: NDArray) -> None:
        np.clip(residual, -self.threshold, self.threshold, out=residual)
