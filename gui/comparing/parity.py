"""The same training by the engine, scikit-learn and PyTorch, compared epoch by epoch in a child process. No Qt."""

from __future__ import annotations

import importlib.util
import math
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.errors import NeuroloomError
from engine.spec import ExperimentSpec, to_dict
from gui.analyses import STOP, TELL
from gui.comparing import child, parity_process
from gui.comparing.conventions import OURS, SKLEARN, TITLES, TORCH
from gui.installing import pip_install

LIBRARIES = (SKLEARN, TORCH)
BOUND = 1e-9
NO_TORCH = (
    f"PyTorch is not installed here. To add it: {pip_install('torch --index-url https://download.pytorch.org/whl/cpu')}"
)
MOST_EPOCHS = 10_000
_TELL_SECONDS = 0.1  # so often at most is the window told


def torch_is_there() -> bool:
    """Whether PyTorch is installed. It is looked for, never imported: that takes seconds, and a child does it."""
    return importlib.util.find_spec("torch") is not None


@dataclass
class Track:
    """One library on its way: rows of seconds of training, train loss, test score and max |Δw| beside ours, by epoch."""

    version: str = ""
    rows: list[tuple[float, ...]] = field(default_factory=list)

    def column(self, which: int) -> NDArray:
        """(n,) of seconds (0), train loss (1), test score (2) or max |Δw| (3)."""
        return np.array([row[which] for row in self.rows], np.float64)

    @property
    def last(self) -> tuple[float, ...]:
        return self.rows[-1] if self.rows else (math.nan,) * 4


@dataclass
class Parity:
    """What came of a comparison so far. A thread adds rows at the end; whoever reads takes what is there.

    ``tracks`` by library, ours first; ``out`` says in a sentence why one does not take part; ``apart`` the conventions that
    were left as they come; ``stopped`` why it ended early, "" where it did not.
    """

    spec: ExperimentSpec
    epochs: int
    apart: frozenset[str]
    run: int = 0
    tracks: dict[str, Track] = field(default_factory=dict)
    out: dict[str, str] = field(default_factory=dict)
    importing: str = ""
    stopped: str = ""
    done: bool = False

    @property
    def epoch(self) -> int:
        """Epochs that all have come through."""
        ours = self.tracks.get(OURS)
        return max(len(ours.rows) - 1, 0) if ours is not None else 0

    def hear(self, message: dict[str, Any]) -> None:
        """Take in one line of the child's. Raises :class:`NeuroloomError` where it is none."""
        try:
            if "in" in message:
                self.tracks[message["in"]] = Track(str(message["version"]))
            elif "out" in message:
                why = message["why"]
                missing = NO_TORCH if message["out"] == TORCH else f"{TITLES[message['out']]} is not installed here."
                self.out[message["out"]] = missing if why == parity_process.NOT_INSTALLED else str(why)
            elif "importing" in message:
                self.importing = str(message["importing"])
            elif "stopped" in message:
                self.stopped = str(message["stopped"])
            else:
                for library, track in self.tracks.items():
                    if library in message:
                        seconds, loss, score, delta = (math.nan if v is None else float(v) for v in message[library])
                        track.rows.append((seconds, loss, score, delta))
        except (KeyError, TypeError, ValueError) as error:
            raise NeuroloomError("There is no comparison: its process said something else. Run it again.") from error


def compare(
    parity: Parity, data: Data, tell: TELL, stop: STOP, libraries: tuple[str, ...] = LIBRARIES
) -> Parity | None:
    """Fill ``parity`` with all of its epochs; None once ``stop()``. Raises :class:`NeuroloomError`.

    Everybody is given the samples of ``data`` and, where conventions agree, our first weights and mini-batches, in float64.
    """
    tell(0.0, "starting")
    told = 0.0

    def heard(message: dict[str, Any]) -> None:
        nonlocal told
        parity.hear(message)
        now = time.monotonic()
        if parity.epoch and parity.epoch < parity.epochs and now < told + _TELL_SECONDS:
            return
        told = now
        if not parity.epoch and parity.importing:
            tell(0.0, f"importing {TITLES.get(parity.importing, parity.importing)}")
        else:
            tell(parity.epoch / parity.epochs, f"epoch {parity.epoch:,} of {parity.epochs:,}")

    request = {
        "spec": to_dict(parity.spec), "epochs": parity.epochs, "apart": sorted(parity.apart), "libraries": list(libraries),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="neuroloom-parity-") as name:
        folder = Path(name)
        child.write(folder, request, child.arrays_of(data))
        if not child.run(parity_process.__name__, folder, "comparison", heard, stop):
            return None
    if not parity.epoch and not parity.stopped:
        raise NeuroloomError("There is no comparison: its process left none behind. Run it again.")
    parity.done = True
    return parity
