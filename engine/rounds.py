"""Rounds: the same race once for each of several seeds, so that luck is told from merit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.race import SLICE_SECONDS, Finish, Lane, LaneView, Race, RaceView, Spread
from engine.spec import MAX_SEED, ExperimentSpec

SECONDS_SHOWN = 200  # places at which curves over seconds are compared


class Rounds:
    """A race, and as many more of it as :meth:`repeat` asks for: in each, every lane has the next seed.

    The seed draws the first weights and the order of the samples; data and split stay. Raises :class:`InvalidSpec`.
    """

    def __init__(self, entries: Sequence[tuple[str, ExperimentSpec]], finish: Finish) -> None:
        self._entries, self.n = tuple(entries), 1
        self.first = self._race = Race(entries, finish)
        self._done: list[tuple[LaneView, ...]] = []
        self._spreads: tuple[Spread, ...] = ()

    @property
    def lanes(self) -> list[Lane]:
        """Those of the first round."""
        return self.first.lanes

    @property
    def done(self) -> bool:
        return len(self._done) >= self.n

    @property
    def compiled(self) -> bool:
        """As of :class:`Race`."""
        return self._race.compiled

    def repeat(self, n: int) -> None:
        """Go on until ``n`` seeds are done. What is done stays: 1 cancels those that are still to come."""
        self.n = max(n, len(self._done), 1)

    def advance(self, stop: Callable[[], bool], slice_seconds: float = SLICE_SECONDS) -> bool:
        """One slice of the round at hand. True when all are over."""
        if not self.done:
            if self._race.done and self._done:
                self._race = self._next()
            if self._race.advance(stop, slice_seconds):
                self._note()
        return self.done

    def _next(self) -> Race:
        step = len(self._done)
        entries = [(name, with_next_seed(spec, step)) for name, spec in self._entries]
        return Race(entries, self.first.finish, self.lanes[0].trainer.data)

    def _note(self) -> None:
        self._done.append(self._race.view(maps=False).lanes)
        if len(self._done) > 1:
            self._spreads = tuple(spread(lanes) for lanes in zip(*self._done, strict=True))

    def view(self, running: bool = False, maps: bool = True) -> RaceView:
        """This moment: the lanes of the first round, and what came of all rounds that are done."""
        view, n = self.first.view(running, maps), len(self._done)
        under_way = 0.0 if self.done or n == 0 or self._race.done else self._race.view(maps=False).progress
        progress = view.progress / self.n if n == 0 else min((n + under_way) / self.n, 1.0)
        return replace(
            view, progress=progress, done=self.done, running=running and not self.done, seeds=self.n, seeds_done=n,
            spreads=self._spreads,
        )  # fmt: skip


def with_next_seed(spec: ExperimentSpec, step: int) -> ExperimentSpec:
    """The same with the seed ``step`` further on."""
    return replace(spec, training=replace(spec.training, seed=(spec.training.seed + step) % (MAX_SEED + 1)))


def spread(lanes: Sequence[LaneView]) -> Spread:
    """What came of one lane with several seeds."""
    sound = [lane for lane in lanes if lane.state != "diverged"]
    finals = np.array([[*lane.metrics[:5], lane.seconds] for lane in sound]).reshape(-1, 6)
    curves = [lane.curve for lane in sound]
    if len(curves) < 2:
        return Spread(finals, np.empty((0, 7)), np.empty((0, 7)), len(lanes) - len(sound))
    last = min(curve[-1, 0] for curve in curves)
    epochs = curves[0][:, 0]
    epochs = np.append(epochs[epochs < last], last)
    seconds = np.linspace(0, min(curve[-1, 1] for curve in curves), SECONDS_SHOWN)
    return Spread(finals, _band(curves, 0, epochs), _band(curves, 1, seconds), len(lanes) - len(sound))


def _band(curves: Sequence[NDArray], axis: int, x: NDArray) -> NDArray:
    columns = [x]
    for loss in (2, 3):
        values = np.array([np.interp(x, curve[:, axis], curve[:, loss]) for curve in curves])
        columns += [values.mean(axis=0), values.min(axis=0), values.max(axis=0)]
    return np.column_stack(columns)
