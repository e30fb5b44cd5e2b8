"""Squared error on sigmoid outputs, with the ½ that makes its derivative p − y."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import NDArray

from engine.losses import LOSSES
from engine.losses.residual import ResidualLoss


@LOSSES.register
@dataclass(frozen=True)
class SquaredError(ResidualLoss):
    """½ · mean Σ (p − y)² with p = sigmoid(z), summed over the columns (scikit-learn's ½; PyTorch's MSELoss has none)."""

    name: ClassVar[str] = "squared_error"
    label: ClassVar[str] = "Squared error (MSE)"
    summary: ClassVar[str] = "The classic ½(p − y)²; learns slowly where an output is confidently wrong."
    slope_formula: ClassVar[str] = "r"
    order: ClassVar[int] = 20

    def cost(self, residual: NDArray) -> NDArray:
        return 0.5 * residual**2

    def slope(self, residual: NDArray) -> None:
        pass  # c'(r) is r itself
