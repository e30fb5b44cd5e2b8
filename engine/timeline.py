"""The past of a run: moments kept whole, so that any epoch between them can be trained again, bit for bit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from engine.spec import ExperimentSpec
from engine.stopping import Watch

MAX_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything training needs to go on from here.

    ``spec`` is the one that training went on with. ``order`` is the epoch's permutation, None between epochs. ``pinned``
    moments follow a change of settings or an edited weight: what lies before them can't be trained into what follows.
    ``memory`` is what the learning-rate schedule knows of the past, ``watch`` what early stopping does; ``stopped`` is its
    sentence when it has just put the best weights back. ``compiled`` tells which step trained what follows. Since epoch
    ``changed_at`` nobody has changed settings or weights by hand.
    """

    spec: ExperimentSpec
    epoch: int
    batch: int
    sample: int
    params: NDArray
    slots: tuple[NDArray, ...]
    step: int
    rng: dict[str, Any]
    order: NDArray | None
    history_length: int
    edited: bool = False
    pinned: bool = False
    memory: tuple[float, ...] = ()
    watch: Watch = field(default_factory=Watch)
    stopped: str = ""
    compiled: bool = False
    changed_at: int = 0

    @property
    def position(self) -> tuple[int, int, int]:
        return (self.epoch, self.batch, self.sample)

    @property
    def n_bytes(self) -> int:
        """About what it costs to keep."""
        arrays = (self.params, *self.slots, self.order, self.watch.params)
        return 2_000 + sum(a.nbytes for a in arrays if a is not None)


class Timeline:
    """Moments in the order of training, thinned so that they stay below ``max_bytes``."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._moments: list[Moment] = []
        self._bytes = 0
        self._max_bytes = max_bytes

    def __len__(self) -> int:
        return len(self._moments)

    @property
    def n_bytes(self) -> int:
        return self._bytes

    def keep(self, moment: Moment) -> None:
        """Add a moment at the end; a later one at the same position takes the place of the earlier."""
        if self._moments and self._moments[-1].position == moment.position:
            self._bytes -= self._moments.pop().n_bytes
        self._moments.append(moment)
        self._bytes += moment.n_bytes
        self.shrink(self._max_bytes)

    def shrink(self, max_bytes: int) -> None:
        """From now on stay below ``max_bytes``: a run that only waits for an undo keeps a thinner past."""
        self._max_bytes = max_bytes
        while self._bytes > self._max_bytes and len(self._moments) > 2:
            self._thin()

    def before(self, position: tuple[int, int, int]) -> Moment:
        """The last moment at or before ``position``. The first moment answers for anything earlier."""
        index = bisect_right(self._moments, position, key=lambda moment: moment.position)
        return self._moments[max(index - 1, 0)]

    def nearest(self, epoch: int, tolerance: float) -> Moment | None:
        """The moment between two epochs that is nearest to ``epoch``, and no further from it than ``tolerance``."""
        start = bisect_right(self._moments, (epoch, 0, 0), key=lambda moment: moment.position)
        around = [m for m in self._moments[max(start - 1, 0) : start + 1] if not (m.batch or m.sample)]
        best = min(around, key=lambda moment: abs(moment.epoch - epoch), default=None)
        return best if best is not None and abs(best.epoch - epoch) <= tolerance else None

    def first(self) -> Moment:
        return self._moments[0]

    def until(self, position: tuple[int, int, int]) -> Timeline:
        """A past of its own that holds the moments before ``position``, which both share."""
        result = Timeline(self._max_bytes)
        result._moments = self._moments[: bisect_left(self._moments, position, key=lambda moment: moment.position)]
        result._bytes = sum(moment.n_bytes for moment in result._moments)
        return result

    def drop_after(self, position: tuple[int, int, int]) -> None:
        """Forget what lies after ``position``: training is about to write it anew."""
        index = bisect_right(self._moments, position, key=lambda moment: moment.position)
        del self._moments[max(index, 1) :]
        self._bytes = sum(moment.n_bytes for moment in self._moments)

    def _thin(self) -> None:
        # Those go whose going leaves the shortest way between their neighbors: whatever is asked for later, there is
        # little to train again, in the old past as in the new. The first, the newest and the pinned stay.
        moments = self._moments
        ways = sorted(
            b.epoch - a.epoch for a, m, b in zip(moments, moments[1:], moments[2:], strict=False) if not m.pinned
        )
        if ways:
            longest = ways[len(ways) // 3]
            kept = [moments[0]]
            for moment, after in pairwise(moments[1:]):
                if moment.pinned or after.epoch - kept[-1].epoch > longest:
                    kept.append(moment)
            kept.append(moments[-1])
        else:
            kept = [moments[0], *moments[max(len(moments) // 4, 1) + 1 :]]
        self._moments = kept
        self._bytes = sum(moment.n_bytes for moment in kept)
