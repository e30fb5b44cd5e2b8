"""Progress: how far a run is on its way to an epoch, and how long the rest will take at its pace of late. No Qt."""

from __future__ import annotations

from collections import deque

WINDOW_SECONDS = 15.0
# What is over sooner than this needs no bar, and a pace is not known sooner than that.
WORTH_SECONDS = 3.0
KNOWN_SECONDS = 1.0


class Progress:
    """From where a run stands to epoch ``target``. ``see`` it now and then; ``share`` 0..1 is how far it has come."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.share = 0.0
        self.epoch = 0.0
        self._start: float | None = None
        self._seen: deque[tuple[float, float]] = deque()

    def see(self, epoch: float, now: float) -> None:
        """The run stands at ``epoch``, parts of one included, at ``now`` in seconds."""
        if self._start is None:
            self._start = epoch
        self.epoch = epoch
        self.share = min(max((epoch - self._start) / max(self.target - self._start, 1e-9), 0.0), 1.0)
        self._seen.append((now, epoch))
        while now - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()

    @property
    def seconds_left(self) -> float | None:
        """What the rest takes at the pace of the last seconds; None while that is not known."""
        if not self._seen:
            return None
        (then, before), (now, epoch) = self._seen[0], self._seen[-1]
        if now - then < KNOWN_SECONDS or epoch <= before:
            return None
        return (self.target - epoch) * (now - then) / (epoch - before)

    @property
    def is_worth_showing(self) -> bool:
        """Whether it takes so long that one wonders."""
        left = self.seconds_left
        return self.share < 1 and (left or 0.0) > (WORTH_SECONDS if self.share < 0.5 else 0.0)

    def text(self) -> str:
        """``epoch 7 of 20 · about 40 s left``."""
        left = self.seconds_left
        done = f"epoch {int(self.epoch):,} of {self.target:,}"
        return done if left is None else f"{done} · about {duration(left)} left"


def duration(seconds: float) -> str:
    """A time in words that do not dance.

    >>> [duration(s) for s in (0.4, 8, 44, 61, 150, 3600, 9000)]
    ['1 s', '8 s', '45 s', '60 s', '2.5 min', '60 min', '2.5 h']
    """
    if seconds < 10:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90:
        return f"{round(seconds / 5) * 5} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 30) / 2:g} min"
    return f"{round(seconds / 1800) / 2:g} h"
