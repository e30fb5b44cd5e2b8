"""Run by gui/comparing/parity.py as a program of its own: ``python -m gui.comparing.parity_process FOLDER``.

It reads ``request.json`` and ``data.npz`` in FOLDER, trains with the engine, scikit-learn and PyTorch side by side, and says on
standard output, a line of JSON each, who takes part, who does not and why, and after every epoch where each stands.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Data, Part
from engine.spec import ExperimentSpec, from_dict
from gui.comparing.conventions import OURS, SKLEARN, TITLES, TORCH, why_out
from gui.comparing.pieces import Measure, Ours, Piece

NOT_INSTALLED = "not installed"
SAY = Callable[[dict[str, Any]], None]


def read_data(spec: ExperimentSpec, arrays: Any) -> Data:
    """The samples that the window wrote: ``arrays`` of :func:`gui.comparing.parity.write_data`."""

    def part(name: str) -> Part | None:
        if f"{name}.x" not in arrays:
            return None
        x = np.ascontiguousarray(arrays[f"{name}.x"], np.float64)
        return Part(x, x, np.ascontiguousarray(arrays[f"{name}.targets"], np.float64), arrays[f"{name}.labels"])

    train = part("train")
    assert train is not None
    return Data(spec.data, train, part("test") or train, part("validation"), part("taught"))


def side_of(library: str, spec: ExperimentSpec, ours: Ours, apart: frozenset[str], piece: Piece) -> tuple[Any, str]:
    """The library's side, standing where ours began, and its version. Raises ``ImportError`` where it is not installed."""
    if library == SKLEARN:
        from gui.comparing import sklearn_side

        return sklearn_side.SklearnSide(spec, ours.network.layout, ours.first, apart, piece), sklearn_side.VERSION
    from gui.comparing import torch_side

    return torch_side.TorchSide(spec, ours.network.layout, ours.first, apart), torch_side.VERSION


def largest(difference: NDArray) -> float:
    """max |Δw|; NaN where a weight is not finite."""
    return float(np.abs(difference).max())


class Comparison:
    """All sides in step: after each piece of an epoch that ours was trained on, the others are trained on it."""

    def __init__(
        self, spec: ExperimentSpec, data: Data, apart: frozenset[str], libraries: tuple[str, ...], say: SAY
    ) -> None:
        self.spec, self.apart, self.say = spec, apart, say
        self.ours, self.measure = Ours(spec, data), Measure(spec, data)
        self.sides: dict[str, Any] = {}
        self._wanted = list(libraries)
        self._joined = False
        for library in libraries:
            if sentence := why_out(library, spec, apart):
                self._leave(library, sentence)
        say({"in": OURS, "version": "float64"})

    def run(self, epochs: int) -> None:
        """So many epochs, each told of."""
        for epoch in range(epochs):
            rate = self.ours.rate
            try:
                for piece in self.ours.train_epoch():
                    if not self._joined:
                        self._join(piece)
                    for library in list(self.sides):
                        self._train(library, piece, rate)
            except FloatingPointError:
                self.say(
                    {"stopped": f"Training left the finite numbers in epoch {epoch + 1}. Lower the learning rate."}
                )
                return
            self._tell(epoch + 1)

    def _join(self, piece: Piece) -> None:
        """Import who takes part, and place them where ours began."""
        for library in self._wanted:
            self.say({"importing": library})
            try:
                side, version = side_of(library, self.spec, self.ours, self.apart, piece)
            except ImportError:
                self.say({"out": library, "why": NOT_INSTALLED})
            except Exception as error:
                self._fail(library, error)
            else:
                self.sides[library] = side
                self.say({"in": library, "version": version})
        self._joined = True
        self._tell_first()

    def _tell_first(self) -> None:
        row: dict[str, Any] = {"epoch": 0}
        for name, params in ((OURS, self.ours.first), *((k, side.params()) for k, side in self.sides.items())):
            figures = self.measure(params)
            row[name] = [0.0, figures[0], figures[3], largest(params - self.ours.first)]
        self.say(row)

    def _tell(self, epoch: int) -> None:
        ours = self.ours
        row: dict[str, Any] = {"epoch": epoch, OURS: [ours.seconds, ours.figures[0], ours.figures[3], 0.0]}
        for library, side in list(self.sides.items()):
            params = side.params()
            figures, reported = self.measure(params), side.reported()
            loss = reported if "reported" in self.apart else figures[0]
            row[library] = [side.seconds, loss, figures[3], largest(params - ours.network.params)]
        self.say(row)

    def _train(self, library: str, piece: Piece, rate: float) -> None:
        try:
            self.sides[library].train(piece, rate)
        except Exception as error:
            del self.sides[library]
            self._fail(library, error)

    def _fail(self, library: str, error: Exception) -> None:
        logging.exception("%s could not go on", library)
        words = " ".join(str(error).split())[:160] or type(error).__name__
        self.say({"out": library, "why": f"{TITLES[library]} could not go on ({words})."})

    def _leave(self, library: str, sentence: str) -> None:
        self._wanted.remove(library)
        self.say({"out": library, "why": sentence})


def say(message: dict[str, Any]) -> None:
    """A line of JSON to whoever waits. What is not finite is written as null, which is JSON where NaN is not."""
    clean = {
        key: [v if math.isfinite(v) else None for v in value] if isinstance(value, list) else value
        for key, value in message.items()
    }
    sys.stdout.write(json.dumps(clean) + "\n")
    sys.stdout.flush()


def main(folder: Path) -> None:
    """Read, compare, tell."""
    request = json.loads((folder / "request.json").read_text("utf-8"))
    spec = from_dict(request["spec"])
    with np.load(folder / "data.npz", allow_pickle=False) as arrays:
        data = read_data(spec, arrays)
    libraries = tuple(name for name in (SKLEARN, TORCH) if name in request["libraries"])
    with np.errstate(all="ignore"):
        Comparison(spec, data, frozenset(request["apart"]), libraries, say).run(int(request["epochs"]))


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # the window and its training come first
    main(Path(sys.argv[1]))
