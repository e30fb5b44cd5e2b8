"""A race: experiments that differ in something are trained in turn, each for the same time, and watched side by side."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data import Data, load_data
from engine.errors import InvalidSpec
from engine.files import SavedExperiment
from engine.metrics import confusion_matrix
from engine.predictions import predict
from engine.probes import decision_maps
from engine.snapshot import Metrics
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer

MIN_LANES, MAX_LANES = 2, 6
SLICE_SECONDS = 0.008
MAX_POINTS = 400  # of a lane's curve
MAP_SIDE = 50
MOST_ANSWERS = 500  # test images whose answers a lane's small confusion matrix counts
PAST_BYTES = 4_000_000  # nobody winds a lane back; a divergence goes back a little

# The time of this thread alone, where the platform tells it finely enough: what a frame or another program takes is not the
# lane's fault.
_FINE = time.get_clock_info("thread_time").resolution < 1e-4
clock: Callable[[], float] = time.thread_time if _FINE else time.perf_counter


@dataclass(frozen=True, slots=True)
class Finish:
    """Where a lane has arrived: after ``epochs``, or after ``seconds`` of training of its own; 0 sets no such end.

    With a ``goal`` it arrives where that is reached, and gives up at the other two.
    """

    epochs: int = 0
    seconds: float = 0.0
    goal: Until | None = None

    def text(self, regression: bool = False) -> str:
        """``300 epochs``, ``5 seconds each``, ``test loss ≤ 0.1, at most 1,000 epochs``."""
        end = f"{self.epochs:,} epochs" if self.epochs else f"{self.seconds:g} seconds each"
        return f"{self.goal.text(regression)}, at most {end}" if self.goal else end


@dataclass(frozen=True, slots=True)
class _GoalOrEpoch(Until):
    """A goal that is given up at epoch ``latest``; 0 never gives up."""

    latest: int = 0

    def reached(self, metrics: Metrics) -> bool:
        return 0 < self.latest <= metrics.epoch or Until.reached(self, metrics)


@dataclass(frozen=True, slots=True)
class LaneView:
    """One lane at one moment.

    ``curve`` (m, 4): epoch, seconds of training until then, train loss, test loss. ``field`` (k, side, side) what the output
    answers over ``domain``, in 0..1, top row first; None where the inputs are no points in the plane. ``confusion`` (k, k)
    counts the answers to test images (500 at most), row true, column predicted; None without images. ``state`` is
    ``racing``, ``arrived``, ``diverged`` or ``stopped`` (early); ``reached`` whether its goal, if there is one, was reached;
    ``compiled`` tells machine code from NumPy.
    """

    name: str
    spec: ExperimentSpec
    state: str
    metrics: Metrics
    seconds: float
    curve: NDArray
    field: NDArray | None
    compiled: bool
    message: str = ""
    confusion: NDArray | None = None
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Spread:
    """One lane over several seeds. Seeds with which it ``diverged`` are counted, and left out of everything else.

    ``finals`` (n, 6): epoch, train loss, test loss, train accuracy, test accuracy, seconds, one row a seed. ``by_epoch`` and
    ``by_second`` (m, 7): epoch or second, then mean, lowest and highest train loss, then the same of the test loss, as far as
    every seed came; no rows with fewer than two.
    """

    finals: NDArray
    by_epoch: NDArray
    by_second: NDArray
    diverged: int = 0

    def mean(self, column: int) -> float:
        """Of a column of ``finals``."""
        return float(self.finals[:, column].mean()) if len(self.finals) else math.nan

    def deviation(self, column: int) -> float:
        """Standard deviation of the sample, with n − 1; not a number for fewer than two seeds."""
        return float(self.finals[:, column].std(ddof=1)) if len(self.finals) > 1 else math.nan


@dataclass(frozen=True, slots=True)
class RaceView:
    """All lanes at one moment, in the order they were given; ``progress`` 0..1 of the lane that is furthest behind.

    Of a race that is run for several ``seeds`` the lanes are those of the first; once two seeds are done, ``spreads`` has what
    came of all that are, one for each lane.
    """

    lanes: tuple[LaneView, ...]
    finish: Finish
    progress: float
    done: bool
    running: bool = False
    seeds: int = 1
    seeds_done: int = 0
    spreads: tuple[Spread, ...] = ()


class Lane:
    """One experiment of a race, with a clock that runs only while it trains."""

    def __init__(self, name: str, trainer: Trainer) -> None:
        self.name, self.trainer = name, trainer
        trainer.timeline.shrink(PAST_BYTES)
        self.seconds = 0.0
        self._marks: list[tuple[float, float]] = [(0.0, 0.0)]  # (epoch, seconds) at the end of each slice
        self._arrived = False

    @property
    def state(self) -> str:
        if self.trainer.diverged is not None:
            return "diverged"
        if self.trainer.stopped:
            return "stopped"
        return "arrived" if self._arrived else "racing"

    def advance(self, stop: Callable[[], bool], finish: Finish) -> None:
        """Train until ``stop()`` or the finish, and count the seconds."""
        began = clock()
        until = Until("epoch", finish.epochs) if finish.epochs else None
        if finish.goal is not None:
            until = _GoalOrEpoch(finish.goal.metric, finish.goal.value, finish.epochs)
        left = finish.seconds - self.seconds if finish.seconds else None
        reached = self.trainer.advance(lambda: stop() or (left is not None and clock() - began >= left), until)
        self.seconds += clock() - began
        self._arrived = reached or (finish.seconds > 0 and self.seconds >= finish.seconds)
        epoch = float(self.trainer.epoch)
        if epoch > self._marks[-1][0]:
            self._marks.append((epoch, self.seconds))

    def progress(self, finish: Finish) -> float:
        """How much of the way is behind it, 0..1."""
        if self.state != "racing":
            return 1.0
        return min(self.trainer.epoch / finish.epochs if finish.epochs else self.seconds / finish.seconds, 1.0)

    def saved(self) -> SavedExperiment:
        """This moment as an experiment that goes on from it, with the same bits."""
        history = self.trainer.history.view().copy()
        return SavedExperiment(self.trainer.spec, self.trainer.capture(), history, self.name)

    def _confusion(self) -> NDArray | None:
        trainer = self.trainer
        if not trainer.spec.image_side:
            return None
        network = trainer.network
        found = predict(trainer.spec, network.layout, network.params, trainer.data.test, MOST_ANSWERS)
        return confusion_matrix(found.labels, found.predicted, found.n_classes)

    def view(self, finish: Finish, maps: bool = True) -> LaneView:
        """This moment; with ``maps`` the picture of what it answers too."""
        trainer = self.trainer
        rows = trainer.history.view()
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, MAX_POINTS).astype(int))]
        epochs, seconds = np.array(self._marks).T
        curve = np.column_stack([rows[:, 0], np.interp(rows[:, 0], epochs, seconds), rows[:, 1:3]])
        field = None
        if maps and trainer.spec.data.dataset.planar:
            with np.errstate(all="ignore"):
                network = trainer.network
                field = decision_maps(trainer.spec, network.layout, network.params, MAP_SIDE).layers[-1]
        message, last = str(trainer.diverged or trainer.stopped), trainer.history.last()
        return LaneView(
            self.name, trainer.spec, self.state, last, self.seconds, curve, field, trainer.descent.compiled, message,
            self._confusion() if maps else None, finish.goal is None or finish.goal.reached(last),
        )  # fmt: skip


class Race:
    """``entries`` are (name, spec) each, two to six. Whoever has had the least time trains next.

    A lane's weights are, bit for bit, those of a :class:`Trainer` of the same spec that trained alone to the same epoch.
    Raises :class:`InvalidSpec`.
    """

    def __init__(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish, data: Data | None = None) -> None:
        """``data`` may be given where they are those of the lanes already."""
        if not MIN_LANES <= len(entries) <= MAX_LANES:
            raise InvalidSpec(f"a race has {MIN_LANES} to {MAX_LANES} lanes, not {len(entries)}")
        if not finish.epochs > 0 and not finish.seconds > 0:
            raise InvalidSpec("a race needs an end: a number of epochs or of seconds")
        self.finish = finish
        self.lanes: list[Lane] = []
        for name, spec in entries:
            if data is None or data.spec != spec.data:
                data = load_data(spec.checked().data)
            self.lanes.append(Lane(name, Trainer(spec, data)))

    @property
    def done(self) -> bool:
        """Every lane has arrived, stopped early or diverged."""
        return all(lane.state != "racing" for lane in self.lanes)

    @property
    def compiled(self) -> bool:
        """True while the lane that is next trains with machine code, away from the interpreter's lock."""
        return not self.done and self._behind().trainer.descent.compiled

    def _behind(self) -> Lane:
        return min((lane for lane in self.lanes if lane.state == "racing"), key=lambda lane: lane.seconds)

    def advance(self, stop: Callable[[], bool], slice_seconds: float = SLICE_SECONDS) -> bool:
        """One slice for the lane that is behind, shorter where ``stop()`` says so. True when the race is over."""
        if not self.done:
            end = time.perf_counter() + slice_seconds
            self._behind().advance(lambda: stop() or time.perf_counter() >= end, self.finish)
        return self.done

    def view(self, running: bool = False, maps: bool = True) -> RaceView:
        """This moment of all lanes."""
        lanes = tuple(lane.view(self.finish, maps) for lane in self.lanes)
        progress = min(lane.progress(self.finish) for lane in self.lanes)
        return RaceView(lanes, self.finish, progress, self.done, running and not self.done)
