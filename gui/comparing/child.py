"""A program of our own in a child process that can be ended at any moment, and tells how far it is in lines of JSON. No Qt."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data import Data
from engine.errors import NeuroloomError
from gui.analyses import STOP

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05
# One core each: seconds then compare, and the window keeps the others.
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def write(folder: Path, request: Mapping[str, Any], arrays: Mapping[str, NDArray]) -> None:
    """What a child is to do: ``request.json`` and ``data.npz`` in ``folder``."""
    (folder / "request.json").write_text(json.dumps(request), "utf-8")
    np.savez(folder / "data.npz", allow_pickle=False, **arrays)  # type: ignore[arg-type]


def arrays_of(data: Data) -> dict[str, NDArray]:
    """The samples under names: ``train.x``, ``train.targets``, ``train.labels``, and so on for every part there is."""
    parts = {"train": data.train, "validation": data.validation, "taught": data.taught}
    if not data.same:
        parts["test"] = data.test
    return {
        f"{name}.{field}": getattr(part, field)
        for name, part in parts.items()
        if part is not None
        for field in ("x", "targets", "labels")
    }


def run(module: str, folder: Path, what: str, heard: Callable[[dict[str, Any]], None], stop: STOP) -> bool:
    """``python -m module FOLDER``, each line it says given to ``heard``; False where ``stop()`` had it ended before.

    Raises :class:`NeuroloomError`, which begins with "There is no " and ``what``, where it ends badly. No process outlives the
    call.
    """
    said, complaints = folder / "said.txt", folder / "complaints.txt"
    with said.open("wb") as out, complaints.open("wb") as err:
        child = subprocess.Popen(
            [sys.executable, "-m", module, str(folder)], cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL,
            stdout=out, stderr=err, env=os.environ | _ONE_THREAD,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        try:
            with said.open("rb") as lines:
                rest = b""
                while True:
                    ended = child.poll() is not None
                    *whole, rest = (rest + lines.read()).split(b"\n")
                    for line in whole:
                        _hear(line, heard)
                    if stop():
                        return False
                    if ended:
                        break
                    try:
                        child.wait(_LOOK_SECONDS)
                    except subprocess.TimeoutExpired:
                        continue
        finally:
            child.kill()  # does nothing to one that has ended
            child.wait()
    if child.returncode:
        last = complaints.read_text("utf-8", "replace").strip().rpartition("\n")[2]
        log.warning("the process of a %s ended with %s: %s", what, child.returncode, last)
        reason = f" ({last[:200]})" if last else ""
        raise NeuroloomError(
            f"There is no {what}: its process ended with code {child.returncode}{reason}. Run it again."
        )
    return True


def _hear(line: bytes, heard: Callable[[dict[str, Any]], None]) -> None:
    """A line of ours; what libraries say besides is passed over."""
    try:
        message = json.loads(line)
    except ValueError:
        return
    if isinstance(message, dict):
        heard(message)
