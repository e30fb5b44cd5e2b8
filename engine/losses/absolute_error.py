"""Absolute error: every mistake counts by its size, outliers no more than that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.losses import LOSSES
from engine.losses.residual import ResidualLoss


@LOSSES.register
@dataclass(frozen=True)
class AbsoluteError(ResidualLoss):
    """mean Σ |p − y|, summed over the columns; the derivative at 0 is taken as 0, as PyTorch's L1Loss does."""

    name: ClassVar[str] = "absolute_error"
    label: ClassVar[str] = "Absolute error (MAE)"
    summary: ClassVar[str] = "Counts |p − y|: outliers pull no harder than any other sample."
    slope_formula: ClassVar[str] = "sign(r)"
    order: ClassVar[int] = 30

    def cost(self, residual: NDArray) -> NDArray:
        cost: NDArray = np.abs(residual)
        return cost

    def slope(self, residual: NDArray) -> None:
        np.sign(residual, out=residual)
