"""The trials of a study as numbers to draw: an axis for each hyperparameter and objective, ranks, places. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from gui.graphics import ticks
from gui.tuning.study import COMPLETE, Choice, StudyView, TrialView

LABELS = {
    "layers": "Layers", "width": "Neurons a layer", "learning_rate": "Learning rate", "batch_size": "Batch size",
    "l1": "L1", "l2": "L2", "hidden_layer_sizes": "Layers",
}  # fmt: skip
LOSS, ACCURACY, PARAMETERS = "Validation loss", "Validation accuracy", "Parameters"
GOALS = {
    "validation_loss": (LOSS,), "validation_accuracy": (ACCURACY,), "accuracy_and_parameters": (ACCURACY, PARAMETERS),
}  # fmt: skip
# As everywhere else in the window, without what explains them in brackets.
TITLES = {
    cls.name: cls.label.split(" (")[0] for registry in (ACTIVATIONS, OPTIMIZERS, INITIALIZERS) for cls in registry
}
# An axis of losses that lie further apart than this is logarithmic: else one bad trial hides all others.
_FAR_APART = 30.0


def label_of(name: str) -> str:
    """``batch_size`` as a person reads it."""
    last = name.rsplit(".", 1)[-1]
    return LABELS.get(last, last.replace("_", " ").capitalize())


def words_of(value: Any) -> str:
    """A chosen value as text: ``0.0031``, ``64-32``, ``ReLU``, ``on``."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _figures(value)
    if isinstance(value, (tuple, list)):
        return "-".join(map(str, value)) or "none"
    return TITLES.get(value) or str(value).replace("_", " ")


def _figures(value: float) -> str:
    """Three figures: ``0.0031``, ``12.5``, ``2·10⁻⁵``."""
    if not math.isfinite(value):
        return ticks.NOT_FINITE
    if value and not 1e-4 <= abs(value) < 1e6:
        return ticks.power(float(f"{value:.3g}"))
    rounded = float(f"{value:.3g}")
    return (
        ticks.number(rounded, max(2 - math.floor(math.log10(abs(rounded))), 0)).rstrip("0").rstrip(".")
        if rounded % 1
        else (ticks.number(rounded, 0))
    )


def goal_words(goal: str, value: float) -> str:
    """A value of an objective: ``0.0412``, ``98.4 %``, ``1,234``."""
    if not math.isfinite(value):
        return ticks.NOT_FINITE
    if goal == PARAMETERS:
        return f"{value:,.0f}"
    return ticks.percent(value) if goal == ACCURACY else ticks.loss(value)


def higher_is_better(goal: str) -> bool:
    """Whether more of an objective is wanted."""
    return goal == ACCURACY


@dataclass(frozen=True)
class Axis:
    """Values <-> places 0..1. ``levels`` are evenly spaced; else from ``low`` to ``high``, on a logarithm with ``log``."""

    name: str
    label: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    levels: tuple[Any, ...] = ()
    goal: str = ""
    whole: bool = False

    @classmethod
    def of(cls, choice: Choice) -> Axis:
        """The axis of a hyperparameter."""
        levels = tuple(tuple(o) if isinstance(o, list) else o for o in choice.options)
        if levels and all(type(level) in (int, float) for level in levels):
            levels = tuple(sorted(levels))
        log = choice.log and choice.low > 0
        return cls(choice.name, label_of(choice.name), choice.low, choice.high, log, levels, whole=choice.whole)

    @classmethod
    def of_goal(cls, goal: str, values: NDArray) -> Axis:
        """The axis of an objective, wide enough for ``values`` (n,), of which those that are not finite do not count."""
        finite = values[np.isfinite(values)]
        if not len(finite):
            return cls(goal, goal, goal=goal)
        low, high = float(finite.min()), float(finite.max())
        log = goal != ACCURACY and low > 0 and high / low > _FAR_APART
        if low == high:
            room = abs(low) * 0.1 or 0.1
            return cls(goal, goal, low - room, high + room, goal=goal)
        if not log:
            room = 0.03 * (high - low)
            return cls(goal, goal, low - room, high + room, goal=goal)
        return cls(goal, goal, low / 1.1, high * 1.1, True, goal=goal)

    def place(self, value: Any) -> float:
        """Where ``value`` lies, 0..1; not a number for what is not on the axis."""
        if self.levels:
            value = tuple(value) if isinstance(value, list) else value
            return (self.levels.index(value) + 0.5) / len(self.levels) if value in self.levels else math.nan
        if isinstance(value, (str, tuple, list)) or value is None or not math.isfinite(value):
            return math.nan
        if self.high <= self.low:
            return 0.5
        if self.log:
            if value <= 0:
                return math.nan
            return math.log(value / self.low) / math.log(self.high / self.low)
        return float((value - self.low) / (self.high - self.low))

    def marks(self, at_most: int = 5) -> list[tuple[float, str]]:
        """(place, text) of the marks on the axis; every level, or ``at_most`` or so round numbers."""
        if self.levels:
            return [(self.place(level), words_of(level)) for level in self.levels]
        if self.high <= self.low:
            return [(0.5, self.words(self.low))]
        if self.log:
            exponents = ticks.log_ticks(math.log10(self.low), math.log10(self.high), at_most)
            return [(self.place(10.0**e), ticks.log_label(e)) for e in exponents]
        values = [v for v in ticks.nice_ticks(self.low, self.high, at_most) if self.low <= v <= self.high]
        if self.whole:
            values = [v for v in values if v == round(v)]
        step = values[1] - values[0] if len(values) > 1 else 1.0
        if self.goal == ACCURACY:
            places = max(ticks.decimals(step) - 2, 0)
            return [(self.place(v), f"{100 * v:.{places}f} %") for v in values]
        return [(self.place(v), ticks.tick_label(v, step)) for v in values]

    def words(self, value: Any) -> str:
        """``value`` as a person reads it."""
        return goal_words(self.goal, value) if self.goal else words_of(value)


@dataclass(frozen=True)
class Trials:
    """A study made ready to draw. Rows are trials in the order of their numbers, as ``view.trials`` has them."""

    view: StudyView

    @cached_property
    def rows(self) -> dict[int, int]:
        """The row of every number."""
        return {trial.number: row for row, trial in enumerate(self.view.trials)}

    @property
    def goals(self) -> tuple[str, ...]:
        """What is looked for, one or two."""
        return GOALS.get(self.view.settings.objective, (LOSS,))

    @cached_property
    def values(self) -> NDArray:
        """(n, goals) objectives of complete trials, not a number elsewhere."""
        result = np.full((len(self.view.trials), len(self.goals)), np.nan)
        for row, trial in enumerate(self.view.trials):
            if trial.state == COMPLETE and len(trial.values) >= len(self.goals):
                result[row] = trial.values[: len(self.goals)]
        return result

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """One for each hyperparameter."""
        return tuple(Axis.of(choice) for choice in self.view.settings.space)

    @cached_property
    def goal_axes(self) -> tuple[Axis, ...]:
        """One for each objective."""
        return tuple(Axis.of_goal(goal, self.values[:, i]) for i, goal in enumerate(self.goals))

    @cached_property
    def places(self) -> NDArray:
        """(n, hyperparameters + goals) in 0..1 on their axes; not a number where a trial has no value."""
        axes = (*self.axes, *self.goal_axes)
        result = np.full((len(self.view.trials), len(axes)), np.nan)
        for row, trial in enumerate(self.view.trials):
            for column, axis in enumerate(self.axes):
                result[row, column] = axis.place(trial.params.get(axis.name))
            for i, axis in enumerate(self.goal_axes):
                result[row, len(self.axes) + i] = axis.place(float(self.values[row, i]))
        return result

    @cached_property
    def best_first(self) -> tuple[int, ...]:
        """Rows of complete trials by their first objective, the best first; among equals the earlier."""
        first = self.values[:, 0] if len(self.view.trials) else np.zeros(0)
        rows = np.flatnonzero(np.isfinite(first))
        sign = -1.0 if higher_is_better(self.goals[0]) else 1.0
        return tuple(int(row) for row in rows[np.argsort(sign * first[rows], kind="stable")])

    @cached_property
    def rank(self) -> NDArray:
        """(n,) 1 for the best complete trial, 0 for the worst, not a number for those without a value."""
        result = np.full(len(self.view.trials), np.nan)
        n = len(self.best_first)
        for place, row in enumerate(self.best_first):
            result[row] = 1.0 - place / (n - 1) if n > 1 else 1.0
        return result

    def trial(self, number: int) -> TrialView | None:
        """The one with that number."""
        row = self.rows.get(number)
        return None if row is None else self.view.trials[row]

    def sorted_rows(self, by_value: bool) -> tuple[int, ...]:
        """All rows: by number, or the best first and after them those without a value."""
        if not by_value:
            return tuple(range(len(self.view.trials)))
        done = set(self.best_first)
        return (*self.best_first, *(row for row in range(len(self.view.trials)) if row not in done))

    def words(self, trial: TrialView) -> str:
        """What came of it in a word or a number: ``0.0412``, ``98.1 % · 340``, ``pruned``."""
        if trial.state == COMPLETE and len(trial.values) >= len(self.goals):
            return " · ".join(goal_words(goal, v) for goal, v in zip(self.goals, trial.values, strict=False))
        return trial.state

    def card(self, trial: TrialView) -> tuple[str, tuple[str, ...]]:
        """The title and the lines that describe a trial."""
        best = ""
        if trial.number in self.view.best:
            best = ", on the front" if len(self.goals) > 1 else ", the best"
        lines = []
        if trial.state == COMPLETE and trial.values:
            lines = [f"{goal}: {goal_words(goal, v)}" for goal, v in zip(self.goals, trial.values, strict=False)]
        else:
            lines = [trial.state.capitalize()]
            if trial.curve:
                epoch, value = trial.curve[-1]
                lines = [f"{trial.state.capitalize()} at epoch {epoch:,}: {goal_words(self.goals[0], value)}"]
        lines += [
            f"{axis.label}: {axis.words(trial.params[axis.name])}" for axis in self.axes if axis.name in trial.params
        ]
        if trial.problem:
            lines.append(trial.problem)
        if trial.seconds:
            lines.append(f"{trial.seconds:,.1f} s" + (f" on {trial.machine}" if trial.machine else ""))
        return f"Trial {trial.number}{best}", tuple(lines)
