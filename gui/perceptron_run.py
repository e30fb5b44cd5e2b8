"""PerceptronRun: one perceptron in training, what drives it, its undo stack, and what the panels may know of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.contradiction import Contradiction, contradiction, fewest
from engine.datasets.points import MAX_POINTS
from engine.errors import InvalidSpec
from engine.line import Line
from engine.perceptron import Cycle, Perceptron, PerceptronSettings, Update
from engine.perceptron_past import Past
from gui.perceptron_view import PerceptronView, Problem

SLICE_SECONDS = 0.008
TICK_MS, HURRY_MS = 16, 10
SHOW_SECONDS = 0.05  # a run in a hurry is painted no more often: painting takes longer than learning
MERGE_SECONDS = 1.0
UNDO_LIMIT = 50
TRAIL, TURN = 400, 600  # so many of the newest weights are drawn, and of a cycle's
SMALL_WEIGHTS = PerceptronSettings().weight_scale
ENDED = "Training has ended. R starts again from the first weights, Shift+R from others."
EMPTY = "There are no points to learn yet. Click into the plane to place some."


class _Training:
    """A perceptron, its past, and what has to be counted along the way."""

    def __init__(self, problem: Problem) -> None:
        self.points, self.labels = problem.data()
        for array in (self.points, self.labels):
            array.flags.writeable = False
        self.perceptron = Perceptron(self.points, self.labels, problem.settings) if len(self.labels) else None
        self.past = Past(self.perceptron) if self.perceptron is not None else None
        self.update: Update | None = None
        self.mistake: Update | None = None
        self._trail: deque[tuple[int, tuple[float, ...]]] = deque(maxlen=4 * TRAIL)
        self._about: tuple[Cycle | None, Contradiction | None, NDArray | None] = (None, None, None)

    @property
    def seen(self) -> int:
        return 0 if self.perceptron is None else self.perceptron.seen

    def learn(self) -> bool:
        """Look at one sample; False when there is nothing left to learn."""
        update = self.past.learn() if self.past is not None else None
        if update is None:
            return False
        self.update = update
        if update.error:
            self.mistake = update
            self._trail.append((self.seen, _numbers(update.after)))
        return True

    def go_to(self, seen: int) -> None:
        """Back to where ``seen`` samples had been looked at."""
        if self.past is not None:
            self.update, self.mistake = self.past.go_to(seen)
            while self._trail and self._trail[-1][0] > seen:
                self._trail.pop()

    def trail(self) -> NDArray:
        """(k, 3): the newest weights, beginning with the first ones while they are among them."""
        newest = [weights for _, weights in self._trail][-TRAIL:]
        if self.past is not None and len(newest) == len(self._trail):
            newest.insert(0, _numbers(self.past.line_of(0)))
        return np.array(newest, np.float64).reshape(-1, 3)

    def about_cycle(self) -> tuple[Contradiction | None, NDArray | None]:
        """Why no line can be, and the weights of one turn; worked out once, when the cycle is found."""
        perceptron, past = self.perceptron, self.past
        cycle = perceptron.cycle if perceptron is not None else None
        if perceptron is None or past is None or cycle is None:
            return None, None
        if self._about[0] != cycle:
            first, last = cycle.first_epoch, cycle.first_epoch + cycle.epochs
            times = fewest(self.points, self.labels, past.wrong_between(first, last))
            n = len(self.points)
            way = [_numbers(past.line_of(first)), *(w for seen, w in self._trail if first * n < seen <= last * n)]
            self._about = cycle, contradiction(self.points, self.labels, times), np.array(way[-TURN:], np.float64)
        return self._about[1:]


class PerceptronRun(QObject):
    """``changed(view)`` after everything that happens; ``noted(text)`` when there is nothing to do, in one sentence.

    A :class:`~gui.pages.base.Driver` of the keys and the bar. Everything lives in the window's thread: a sample takes
    microseconds, and a tick of the timer never more than some milliseconds.
    """

    changed = Signal(object)
    noted = Signal(str)

    def __init__(self, seed: Callable[[], int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seed = seed
        self.problem = Problem()
        self._training = _Training(self.problem)
        self.grain = "sample"
        self.playing = False
        self._samples_per_second = 2.0
        self._goal: int | None = None  # an epoch to run to, as fast as it goes
        self._due = 0.0
        self._last_tick = self._shown_at = 0.0
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_LIMIT)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    # --- what it shows --------------------------------------------------------------------------------------------

    def view(self) -> PerceptronView:
        """This moment."""
        training, perceptron = self._training, self._training.perceptron
        if perceptron is None:
            return PerceptronView(self.problem, training.points, training.labels)
        why, turn = training.about_cycle()
        return PerceptronView(
            self.problem, training.points, training.labels, perceptron.line, training.update, training.mistake,
            perceptron.epoch, perceptron.position, perceptron.errors, tuple(perceptron.errors_per_epoch),
            perceptron.line.predict(training.points), perceptron.converged_epoch, perceptron.finished, perceptron.cycle,
            why, perceptron.pocket, perceptron.pocket_errors, perceptron.averaged, perceptron.margin, training.trail(), turn,
            self.playing, training.seen > 0,
        )  # fmt: skip

    def _show(self) -> None:
        self._shown_at = time.perf_counter()
        self.changed.emit(self.view())

    # --- what the keys and the bar do -----------------------------------------------------------------------------

    @Slot()
    def toggle(self) -> None:
        """Play, or pause."""
        if self.playing:
            self.pause()
        elif self._can_learn():
            self._play(None)

    @Slot()
    def step(self, grain: str = "") -> None:
        """One sample, or one epoch to its end. A perceptron has no other grain: it learns from each sample at once."""
        self._stop()
        if self._can_learn() and self._training.perceptron is not None:
            epoch = self._training.perceptron.epoch
            while self._training.learn():
                if (grain or self.grain) != "epoch" or self._training.perceptron.epoch > epoch:
                    break
        self._show()

    @Slot()
    def step_back(self) -> None:
        """One sample back, or to the start of this epoch, or of the one before."""
        self._stop()
        training = self._training
        if training.seen:
            back = 1 if self.grain != "epoch" else (training.seen - 1) % len(training.points) + 1
            training.go_to(training.seen - back)
        self._show()

    @Slot()
    def reset(self) -> None:
        """The same first weights again; undo brings the trained ones back."""
        if self._training.seen:
            self._push("Reset", self.problem)

    @Slot()
    def dice(self) -> None:
        """Other first weights, small random ones."""
        settings = self.problem.settings
        scale = settings.weight_scale or SMALL_WEIGHTS
        self.apply(
            "New weights", replace(self.problem, settings=replace(settings, seed=self._seed(), weight_scale=scale))
        )

    def run_epochs(self, n: int) -> None:
        """As fast as it goes, for ``n`` epochs or until it has converged or was found to go round."""
        if self._can_learn() and self._training.perceptron is not None:
            self._play(self._training.perceptron.epoch + n)

    @Slot()
    def pause(self) -> None:
        """Stand still."""
        if self.playing:
            self._stop()
            self._show()

    @Slot(float)
    def set_speed(self, samples_per_second: float) -> None:
        """How many samples a second are looked at while it plays."""
        self._samples_per_second = samples_per_second
        self._pace()

    # --- what a person changes ------------------------------------------------------------------------------------

    def apply(self, text: str, problem: Problem, merge_key: str = "") -> None:
        """Another problem, undoably, from its first weights. Raises :class:`InvalidSpec` and changes nothing if it can't be.

        Changes with one ``merge_key`` within a second (a drag) become one step of undo.
        """
        if problem == self.problem:
            return
        if len(problem.data()[1]) > MAX_POINTS:
            raise InvalidSpec(f"{MAX_POINTS} points are the most that fit")
        self._push(text, problem, merge_key)

    def _push(self, text: str, problem: Problem, merge_key: str = "") -> None:
        new = (problem, _Training(problem))  # refuses what can't be before anything has changed
        self.undo_stack.push(_Command(self, text, (self.problem, self._training), new, merge_key))

    def take(self, state: tuple[Problem, _Training]) -> None:
        """For the undo commands: be at ``state`` and tell everybody. What plays goes on playing."""
        self.problem, self._training = state
        if self._goal is not None or self._is_over():
            self._stop()
        self._show()

    # --- playing --------------------------------------------------------------------------------------------------

    def _can_learn(self) -> bool:
        perceptron = self._training.perceptron
        if perceptron is None:
            self.noted.emit(EMPTY)
        elif perceptron.finished:
            self.noted.emit(ENDED)
        return not self._is_over()

    def _is_over(self) -> bool:
        return self._training.perceptron is None or self._training.perceptron.finished

    def _play(self, goal: int | None) -> None:
        self.playing, self._goal = True, goal
        self._due, self._last_tick = 1.0, time.perf_counter()  # the first sample at once
        self._pace()
        self._show()
        QTimer.singleShot(0, self, self._tick)

    def _stop(self) -> None:
        self.playing, self._goal = False, None
        self._timer.stop()

    def _pace(self) -> None:
        if self.playing:
            self._timer.start(
                HURRY_MS if self._goal is not None else max(TICK_MS, round(1000 / self._samples_per_second))
            )

    @Slot()
    def _tick(self) -> None:
        if not self.playing:
            return
        now = time.perf_counter()
        if self._goal is None:
            # A timer that comes early or late costs no sample, and an hour of sleep is not caught up with.
            self._due = min(
                self._due + (now - self._last_tick) * self._samples_per_second, 0.25 * self._samples_per_second + 1
            )
            self._last_tick = now
            wanted, self._due = int(self._due + 0.1), self._due - int(self._due + 0.1)
        else:
            wanted = 10**9
        if wanted:
            self._learn(wanted, now + SLICE_SECONDS)
            if self._goal is None or now - self._shown_at > SHOW_SECONDS:
                self._show()

    def _learn(self, samples: int, until: float) -> None:
        """At most so many, and for so long; stands still where there is something to see."""
        training, perceptron = self._training, self._training.perceptron
        while perceptron is not None and samples > 0 and time.perf_counter() < until:
            found = perceptron.cycle
            samples -= 1
            over = not training.learn() or perceptron.finished
            arrived = self._goal is not None and perceptron.epoch >= self._goal
            # A cycle is something to look at. Play again, and one sees it go round.
            if over or arrived or perceptron.cycle is not found:
                self._stop()
                return


class _Command(QUndoCommand):
    """From one problem and its training to another."""

    def __init__(
        self, run: PerceptronRun, text: str, old: tuple[Problem, _Training], new: tuple[Problem, _Training], key: str
    ) -> None:
        super().__init__(text)
        self._run, self._old, self._new, self._key = run, old, new, key
        self._time = time.monotonic()

    def id(self) -> int:
        return 1 if self._key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Command) or other._key != self._key or other._time - self._time > MERGE_SECONDS:
            return False
        self._new, self._time = other._new, other._time
        self.setObsolete(self._new[0] == self._old[0])
        return True

    def redo(self) -> None:
        self._run.take(self._new)

    def undo(self) -> None:
        self._run.take(self._old)


def _numbers(line: Line) -> tuple[float, ...]:
    return (*line.w.tolist(), line.b)
