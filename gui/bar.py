"""What the bar on top says of a run that is no experiment's: plain values between a page and the bar."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reading:
    """One number under its name; ``longest`` are the widest texts it will show."""

    caption: str
    longest: tuple[str, ...]
    tip: str


@dataclass(frozen=True, slots=True)
class OwnBar:
    """What a page with a run of its own has the bar offer.

    ``grains`` maps each size of a step that makes sense to a sentence; the others can't be chosen. ``play``, ``step_back``
    and ``run`` are sentences for the tooltips of those buttons.
    """

    readings: tuple[Reading, ...]
    grains: dict[str, str] = field(default_factory=dict)
    play: str = ""
    step_back: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class BarState:
    """A moment of such a run: a text for each reading."""

    epoch: int = 0
    texts: tuple[str, ...] = ()
    playing: bool = False
    can_step_back: bool = False
