"""When training stops: a condition to play to, and early stopping, which brings the best weights back."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from numpy.typing import NDArray

from engine.snapshot import Metrics
from engine.spec import TrainingSpec


@dataclass(frozen=True, slots=True)
class Until:
    """A condition to play to: ``metric`` of :class:`Metrics` has reached ``value``.

    Losses count as reached from above, epochs and accuracies (0..1) from below.
    """

    metric: str
    value: float

    def text(self, regression: bool = False) -> str:
        """The condition in words: ``train accuracy ≥ 95 %``, in regression ``train R² ≥ 0.95``."""
        name, sign = self.metric.replace("_", " "), "≤" if self.metric.endswith("loss") else "≥"
        if regression:
            name = name.replace("accuracy", "R²")
        return f"{name} {sign} {f'{self.value * 100:g} %' if name.endswith('accuracy') else f'{self.value:,g}'}"

    def reached(self, metrics: Metrics) -> bool:
        now = float(getattr(metrics, self.metric))
        return now <= self.value if self.metric.endswith("loss") else now >= self.value


@dataclass(frozen=True, slots=True)
class Watch:
    """What early stopping knows: the best value so far, its epoch and weights, and how long it has not been beaten."""

    best: float = sys.float_info.max
    waited: int = 0
    epoch: int = 0
    params: NDArray | None = None

    def after(self, value: float, epoch: int, params: NDArray, tolerance: float) -> Watch:
        """The watch after an epoch that ended with ``value``, the lower the better. Progress is more than ``tolerance``.

        As scikit-learn counts: any new best is remembered, but only a clear one sets the count back.
        """
        waited = self.waited + 1 if value > self.best - tolerance else 0
        if value < self.best:
            return Watch(value, waited, epoch, params.copy())
        return replace(self, waited=waited)


def judged(metrics: Metrics, training: TrainingSpec, validated: bool) -> float:
    """What early stopping looks at, the lower the better: validation loss, or minus the score; training's without one."""
    if training.stop_on_score:
        return -(metrics.validation_accuracy if validated else metrics.train_accuracy)
    return metrics.validation_loss if validated else metrics.train_loss
