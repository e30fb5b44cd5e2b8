"""Rosenblatt's perceptron: one neuron that answers 0 or 1 and learns from its mistakes alone (Rosenblatt 1958).

Sample by sample, with the answer 1 when z = w·x + b > 0, else 0:

    error = y − answer          (−1, 0 or 1)
    w ← w + η · error · x
    b ← b + η · error

Nothing is rounded here. Inputs, first weights and η are decimal fractions, so w + η·error·x is one too: over a common
denominator, learning adds whole numbers. In doubles, 0.1 + 0.1 + 0.1 − 0.1 − 0.1 − 0.1 is 2.8e-17: the neuron fires where
z is 0, and weights that turn in a circle drift past the place they came from (the tests show both). Without rounding two
things hold to the letter. An epoch depends on nothing but the weights that it starts with, so equal weights at the starts
of two epochs are a cycle. And Novikoff's theorem (1962) promises an end whenever a line separates the points, so a cycle
proves that none does.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, fields
from operator import add, mul

import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidSpec
from engine.line import Line, as_written, over
from engine.registry import ladder, ranged, switch

# Beyond this, products of inputs and weights could leave the doubles they are shown in.
LARGEST_INPUT = 1e100


@dataclass(frozen=True, slots=True)
class PerceptronSettings:
    """How a perceptron starts and learns."""

    learning_rate: float = ranged(
        0.1, 1e-6, 1e3, "Learning rate", ladder=ladder(-3, 1),
        help="How far a mistake moves the weights. Next to small first weights it changes their size and nothing else.",
    )  # fmt: skip
    max_epochs: int = ranged(
        100, 1, 10_000, "Epochs at most", ladder=(10, 30, 100, 300, 1_000, 3_000, 10_000),
        help="Training gives up after so many.",
    )  # fmt: skip
    weight_scale: float = ranged(
        0.01, 0.0, 10.0, "Scale of the first weights",
        help="They are this times N(0, 1), the bias is 0. Large ones take longer to unlearn.",
    )  # fmt: skip
    seed: int = ranged(1, 0, 2**31 - 1, "Seed (random_state)", help="Draws the first weights and the order.")
    shuffle: bool = switch(False, "Shuffle", "Another order of the samples in every epoch; then no cycle can be found.")


@dataclass(frozen=True, slots=True)
class Update:
    """One sample looked at: what was answered, and what became of the weights (nothing, if ``error`` is 0).

    ``epoch`` counts from 1, ``sample`` is the row of the points; the arrow to draw is ``after.w - before.w`` = η·error·x.
    """

    epoch: int
    sample: int
    x: tuple[float, ...]
    y: int
    z: float
    prediction: int
    error: int
    before: Line
    after: Line


@dataclass(frozen=True, slots=True)
class Cycle:
    """The weights after ``first_epoch + epochs`` epochs are those after ``first_epoch``: they turn in a circle for ever."""

    first_epoch: int
    epochs: int
    updates: int

    def __str__(self) -> str:
        every = "epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return (
            f"From epoch {self.first_epoch + 1} on the weights repeat every {every}, after {self.updates} updates: "
            "no straight line separates these points."
        )


@dataclass(frozen=True, slots=True)
class State:
    """A moment of a :class:`Perceptron`, in values that never change: what it needs to go on from there."""

    epoch: int
    position: int
    errors: int
    line: Line
    pocket: Line
    pocket_errors: int
    late: tuple[int, ...]
    errors_per_epoch: tuple[int, ...]
    starts: tuple[Line, ...]
    cycle: Cycle | None


class Perceptron:
    """One perceptron in training on n labelled points.

    ``line`` is the one of now, ``pocket`` the best one met so far (fewest errors on all points; Gallant 1990),
    ``averaged`` the mean over all samples seen (Freund & Schapire 1999). ``epoch`` counts whole epochs done,
    ``position`` the samples done in the epoch at hand, ``errors`` the mistakes made in it.
    """

    epoch: int
    position: int
    errors: int
    line: Line
    pocket: Line
    pocket_errors: int
    errors_per_epoch: list[int]
    cycle: Cycle | None

    def __init__(self, points: NDArray, labels: NDArray, settings: PerceptronSettings | None = None) -> None:
        """``points`` (n, n_inputs), ``labels`` (n,) of 0 and 1; both are copied.

        Raises ``ValueError`` for arrays that are no such thing, :class:`InvalidSpec` for settings out of range.
        """
        self.settings = _checked(settings or PerceptronSettings())
        self.points, self.labels = np.array(points, np.float64), np.array(labels)
        n, n_inputs = self.points.shape if self.points.ndim == 2 else (0, 0)
        if not n or not n_inputs or self.labels.shape != (n,):
            raise ValueError(f"points {self.points.shape} and labels {self.labels.shape} are not n rows and n labels")
        if not np.isin(self.labels, (0, 1)).all():
            raise ValueError("a perceptron's labels are 0 and 1")
        if not (np.abs(self.points) <= LARGEST_INPUT).all():
            raise ValueError(f"points must be finite numbers up to {LARGEST_INPUT:g}")
        self.labels = self.labels.astype(np.int64)

        rng = np.random.default_rng([self.settings.seed, 0])
        w = rng.normal(0, 1, (n_inputs,)) * self.settings.weight_scale
        first = [as_written(value) for value in (*w, 0.0)]
        rate = as_written(self.settings.learning_rate)
        # Every point with a 1 behind it, which the bias is the weight of; then x and η·x as whole numbers.
        rows = [[as_written(value) for value in (*point, 1.0)] for point in self.points]
        self._one = math.lcm(*(value.denominator for row in rows for value in row))
        denominator = math.lcm(rate.denominator * self._one, *(value.denominator for value in first))
        self._inputs = [over(self._one, row) for row in rows]
        (step,) = over(denominator // self._one, [rate])
        self._moves = [[step * value for value in row] for row in self._inputs]

        line = Line(tuple(over(denominator, first)), denominator)
        errors = line.count_errors(self.points, self.labels)
        self._late: tuple[int, ...]
        self._starts: dict[Line, int]
        self._order: NDArray
        self.restore(State(0, 0, 0, line, line, errors, (0,) * len(first), (), (line,), None))

    # --- learning -------------------------------------------------------------------------------------------------

    def step_sample(self) -> Update | None:
        """Look at the next sample, and learn if the answer is wrong. None when training has :attr:`finished`."""
        return None if self.finished else self._look()

    def _look(self) -> Update:
        sample, before, epoch = int(self._order[self.position]), self.line, self.epoch + 1
        w, x, y = before.numerators, self._inputs[sample], int(self.labels[sample])
        z = sum(map(mul, w, x))
        prediction = int(z > 0)
        error = y - prediction
        if error:
            move = [error * value for value in self._moves[sample]]
            self.line = Line(tuple(map(add, w, move)), before.denominator)
            self._late = tuple(late + self.seen * d for late, d in zip(self._late, move, strict=True))
            self.errors += 1
            self._try_pocket()
        self.position += 1
        if self.position == len(self.points):
            self._finish_epoch()
        shown_x, shown_z = tuple(self.points[sample].tolist()), z / (before.denominator * self._one)
        return Update(epoch, sample, shown_x, y, shown_z, prediction, error, before, self.line)

    def step_epoch(self) -> tuple[Update, ...]:
        """Go on to the end of this epoch; the samples it looked at. Empty when training has :attr:`finished`."""
        updates, epoch = [], self.epoch
        while self.epoch == epoch and (update := self.step_sample()):
            updates.append(update)
        return tuple(updates)

    def run(self) -> None:
        """Train until :attr:`finished`."""
        while self.step_sample():
            pass

    def _try_pocket(self) -> None:
        errors = self.line.count_errors(self.points, self.labels)
        if errors < self.pocket_errors:
            self.pocket, self.pocket_errors = self.line, errors

    def _finish_epoch(self) -> None:
        self.errors_per_epoch.append(self.errors)
        self.epoch += 1
        self.position = self.errors = 0
        self._order = self._order_of(self.epoch)
        if self.converged_epoch is None and self.cycle is None and not self.settings.shuffle:
            first = self._starts.setdefault(self.line, self.epoch)
            if first < self.epoch:
                self.cycle = Cycle(first, self.epoch - first, sum(self.errors_per_epoch[first:]))

    def _order_of(self, epoch: int) -> NDArray:
        """The order of the samples, drawn from seed and epoch alone, so that going back needs no generator's state."""
        n = len(self.points)
        if not self.settings.shuffle:
            return np.arange(n)
        return np.random.default_rng([self.settings.seed, 1, epoch]).permutation(n)

    # --- answers --------------------------------------------------------------------------------------------------

    @property
    def averaged(self) -> Line:
        """The mean of the lines that each sample seen left behind; the first line before any was.

        An update d made when s samples had been seen is missing from s of the T lines, so their mean is w − Σ s·d / T.
        """
        total = max(self.seen, 1)
        numerators = (w * total - late for w, late in zip(self.line.numerators, self._late, strict=True))
        return Line(tuple(numerators), self.line.denominator * total)

    @property
    def seen(self) -> int:
        """Samples looked at since the start."""
        return self.epoch * len(self.points) + self.position

    @property
    def converged_epoch(self) -> int | None:
        """The first epoch (from 1) without an error, which is the last one trained; None while there is none."""
        return self.epoch if self.errors_per_epoch and not self.errors_per_epoch[-1] else None

    @property
    def finished(self) -> bool:
        """Converged, or out of epochs. A cycle does not end training: one may want to see it go round."""
        return self.converged_epoch is not None or self.epoch >= self.settings.max_epochs

    @property
    def margin(self) -> float | None:
        """That of ``line`` on the training points: see :meth:`Line.margin`."""
        return self.line.margin(self.points, self.labels)

    @property
    def verdict(self) -> str:
        """How training stands, in one sentence."""
        if self.converged_epoch is not None:
            return f"Converged at epoch {self.converged_epoch}, the first without an error."
        if self.cycle is not None:
            return str(self.cycle)
        if self.finished:
            return (
                f"Stopped after {_count(self.epoch, 'epoch')}, with {_count(self.errors_per_epoch[-1], 'error')} in the last: "
                "a line may still exist, or not."
            )
        return (
            f"Epoch {self.epoch + 1}, {_count(self.errors, 'error')} in {self.position} of {len(self.points)} samples."
        )

    def cycle_errors(self) -> NDArray | None:
        """How often each sample is answered wrong in one turn of the cycle, (n,) int64; None while no cycle is known.

        A copy is trained through one turn to count them. For :func:`engine.contradiction.contradiction`.
        """
        if self.cycle is None:
            return None
        twin = copy.copy(self)
        twin.restore(self.capture())
        counts = np.zeros(len(self.points), np.int64)
        for _ in range(self.cycle.epochs * len(self.points)):
            update = twin._look()
            counts[update.sample] += abs(update.error)
        return counts

    # --- the past -------------------------------------------------------------------------------------------------

    def capture(self) -> State:
        """This moment, whole: :meth:`restore` goes on from it with the same bits."""
        return State(
            self.epoch, self.position, self.errors, self.line, self.pocket, self.pocket_errors, self._late,
            tuple(self.errors_per_epoch), tuple(self._starts), self.cycle,
        )  # fmt: skip

    def restore(self, state: State) -> None:
        """Be at a moment of this run, earlier or later."""
        self.epoch, self.position, self.errors = state.epoch, state.position, state.errors
        self.line, self._late = state.line, state.late
        self.pocket, self.pocket_errors = state.pocket, state.pocket_errors
        self.errors_per_epoch = list(state.errors_per_epoch)
        self._starts = {line: epoch for epoch, line in enumerate(state.starts)}
        self.cycle = state.cycle
        self._order = self._order_of(self.epoch)


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _checked(settings: PerceptronSettings) -> PerceptronSettings:
    for f in fields(settings):
        limits, value = f.metadata["range"], getattr(settings, f.name)
        if not limits.low <= value <= limits.high or not math.isfinite(value):
            raise InvalidSpec(f"{f.name} is {value:g}, outside {limits.low:g} to {limits.high:g}")
    return settings
