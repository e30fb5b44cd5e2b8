"""The past of a perceptron: every sample it ever looked at can be gone back to, and costs no memory of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.line import Line
from engine.perceptron import Perceptron, State, Update


class Past:
    """Keeps the moment at the start of every epoch of ``perceptron``; what lies between is learned again, with the same bits.

    A moment holds a line or two, and a count a sample. What all epochs share, their errors and first lines, is kept once,
    by the perceptron. Call :meth:`learn` in place of :meth:`Perceptron.step_sample`, or the epoch it finishes is not kept.
    """

    def __init__(self, perceptron: Perceptron) -> None:
        self._perceptron = perceptron
        self._starts: list[tuple[State, NDArray]] = []
        self._wrong = np.zeros(len(perceptron.points), np.int32)
        self._keep()

    def learn(self) -> Update | None:
        """One sample; None when training has finished."""
        update = self._count()
        if update is not None and not self._perceptron.position:
            self._keep()
        return update

    def go_to(self, seen: int) -> tuple[Update | None, Update | None]:
        """Be where ``seen`` samples had been looked at; answers the last sample and the last mistake before that.

        Raises ``ValueError`` where the perceptron has not been. An epoch without a mistake is the last, so a mistake is
        never more than two epochs old: they are all that is learned again.
        """
        perceptron = self._perceptron
        if not 0 <= seen <= perceptron.seen:
            raise ValueError(f"{seen} samples are outside 0 to {perceptron.seen}")
        first = max((seen - 1) // len(perceptron.points) - 1, 0)
        whole = perceptron.capture()
        # Every epoch up to a cycle starts with a line of its own, and after it none is kept.
        perceptron.restore(
            replace(
                self._starts[first][0],
                errors_per_epoch=whole.errors_per_epoch[:first],
                starts=whole.starts[: first + 1],
            )
        )
        self._wrong = self._starts[first][1].copy()
        update = mistake = None
        while perceptron.seen < seen:
            update = self._count()
            mistake = update if update is not None and update.error else mistake
        del self._starts[perceptron.epoch + 1 :]
        return update, mistake

    def line_of(self, epoch: int) -> Line:
        """The line after ``epoch`` epochs."""
        return self._starts[epoch][0].line

    def wrong_between(self, first: int, last: int) -> NDArray:
        """How often each sample was answered wrong after epoch ``first`` up to epoch ``last``, (n,).

        It was counted on the way: for a cycle the same as :meth:`Perceptron.cycle_errors`, without another turn.
        """
        counts: NDArray = self._starts[last][1] - self._starts[first][1]
        return counts

    def _count(self) -> Update | None:
        update = self._perceptron.step_sample()
        if update is not None and update.error:
            self._wrong[update.sample] += 1
        return update

    def _keep(self) -> None:
        state = replace(self._perceptron.capture(), errors_per_epoch=(), starts=())
        self._starts.append((state, self._wrong.copy()))
