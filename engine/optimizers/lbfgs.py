"""L-BFGS over the whole training set, by SciPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.optimizers import OPTIMIZERS, Objective, Optimizer
from engine.registry import ranged


@OPTIMIZERS.register
@dataclass(frozen=True)
class LBFGS(Optimizer):
    """An epoch is a few iterations of SciPy's L-BFGS-B on all samples at once (Liu & Nocedal 1989; Zhu et al. 1997).

    Each epoch begins with an empty memory of the curvature, so that the weights alone are its state: it goes back, and on
    from a file, with the same bits. It searches its own step: learning rate, schedule and clipping count for nothing.
    """

    iterations: int = ranged(10, 1, 1000, "Iterations", ladder=(1, 2, 5, 10, 20, 50, 100),
                             help="Of L-BFGS in one epoch. More look further ahead, and each epoch takes longer.")  # fmt: skip

    name: ClassVar[str] = "lbfgs"
    label: ClassVar[str] = "L-BFGS"
    summary: ClassVar[str] = (
        "All samples at once, and its own step from the curvature: few, strong epochs on small data."
    )
    full_batch: ClassVar[bool] = True
    decides: ClassVar[str] = (
        "L-BFGS takes this gradient of all samples, and SciPy's line search decides how far each iteration goes: the new "
        "weight comes of the whole search, not of one formula."
    )
    order: ClassVar[int] = 40

    def minimize(self, params: NDArray, objective: Objective) -> None:
        # SciPy takes a third of a second to load, which only those who choose this pay.
        from scipy.optimize import minimize

        options = {"maxiter": self.iterations}
        found = minimize(objective, params.astype(np.float64), jac=True, method="L-BFGS-B", options=options)
        params[:] = found.x
