"""A race: experiments that differ in something are trained in turn, each for the same time, and watched side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.data import load_data
from engine.errors import InvalidSpec
from engine.probes import decision_maps
from engine.snapshot import Metrics
from engine.spec import ExperimentSpec
from engine.stopping import Until
from engine.trainer import Trainer

MIN_LANES, MAX_LANES = 2, 6
SLICE_SECONDS = 0.008
MAX_POINTS = 400  # of a lane's curve
MAP_SIDE = 50
PAST_BYTES = 4_000_000  # nobody winds a lane back; a divergence goes back a little

# The time of this thread alone, where the platform tells it finely enough: what a frame or another program takes is not the
# lane's fault.
_FINE = time.get_clock_info("thread_time").resolution < 1e-4
clock: Callable[[], float] = time.thread_time if _FINE else time.perf_counter


@dataclass(frozen=True, slots=True)
class Finish:
    """Where a lane has arrived: after ``epochs``, or after ``seconds`` of training of its own; 0 sets no such end."""

    epochs: int = 0
    seconds: float = 0.0

    def text(self) -> str:
        """``300 epochs``, ``5 seconds each``."""
        return f"{self.epochs:,} epochs" if self.epochs else f"{self.seconds:g} seconds each"


@dataclass(frozen=True, slots=True)
class LaneView:
    """One lane at one moment.

    ``curve`` (m, 4): epoch, seconds of training until then, train loss, test loss. ``field`` (k, side, side) what the output
    answers over ``domain``, in 0..1, top row first; None where the inputs are no points in the plane. ``state`` is
    ``racing``, ``arrived``, ``diverged`` or ``stopped`` (early); ``compiled`` tells machine code from NumPy.
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


@dataclass(frozen=True, slots=True)
class RaceView:
    """All lanes at one moment, in the order they were given; ``progress`` 0..1 of the lane that is furthest behind."""

    lanes: tuple[LaneView, ...]
    finish: Finish
    progress: float
    done: bool
    running: bool = False


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

    def view(self, maps: bool = True) -> LaneView:
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
        message = str(trainer.diverged or trainer.stopped)
        return LaneView(
            self.name, trainer.spec, self.state, trainer.history.last(), self.seconds, curve, field,
            trainer.descent.compiled, message,
        )  # fmt: skip


class Race:
    """``entries`` are (name, spec) each, two to six. Whoever has had the least time trains next.

    A lane's weights are, bit for bit, those of a :class:`Trainer` of the same spec that trained alone to the same epoch.
    Raises :class:`InvalidSpec`.
    """

    def __init__(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish) -> None:
        if not MIN_LANES <= len(entries) <= MAX_LANES:
            raise InvalidSpec(f"a race has {MIN_LANES} to {MAX_LANES} lanes, not {len(entries)}")
        if not finish.epochs > 0 and not finish.seconds > 0:
            raise InvalidSpec("a race needs an end: a number of epochs or of seconds")
        self.finish = finish
        self.lanes: list[Lane] = []
        data = None
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
        lanes = tuple(lane.view(maps) for lane in self.lanes)
        progress = min(lane.progress(self.finish) for lane in self.lanes)
        return RaceView(lanes, self.finish, progress, self.done, running and not self.done)
