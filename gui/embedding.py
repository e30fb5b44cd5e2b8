"""Maps by a library (t-SNE, UMAP), made in a child process that can be ended at any moment. No Qt."""

from __future__ import annotations

import importlib.util
import logging
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import NeuroloomError
from gui import embedding_process
from gui.analyses import STOP, TELL

log = logging.getLogger(__name__)

SEED = 0
FEWEST = 5
_LOOK_SECONDS = 0.05
_TSNE_STEP = re.compile(r"Iteration (\d+)")
_UMAP_STEP = re.compile(r"completed +(\d+) +/ +(\d+)")
TITLES = {"tsne": "t-SNE", "umap": "UMAP"}


def offered() -> tuple[str, ...]:
    """What can be had here: t-SNE always, UMAP where somebody installed umap-learn."""
    return ("tsne", "umap") if importlib.util.find_spec("umap") is not None else ("tsne",)


def embed(values: NDArray, method: str, tell: TELL, stop: STOP, seed: int = SEED) -> NDArray | None:
    """(n, d) -> (n, 2) by the method of this name; None once ``stop()`` says that nobody waits.

    Raises :class:`NeuroloomError` where the values are not finite or too few, or the process fails. No process outlives the
    call.
    """
    title = TITLES[method]
    if not np.isfinite(values.sum(dtype=np.float64)):
        raise NeuroloomError(
            f"There is no {title} map: the activations are not finite numbers. Reset the run, or look back in it."
        )
    if len(values) < FEWEST:
        raise NeuroloomError(f"There is no {title} map of {len(values)} images: it takes {FEWEST} or more.")
    tell(0.0, "starting")
    with tempfile.TemporaryDirectory(prefix="neuroloom-map-") as name:
        folder = Path(name)
        np.save(folder / "values.npy", np.asarray(values, np.float32), allow_pickle=False)
        if not _run(method, folder, seed, tell, stop):
            return None
        try:
            points: NDArray = np.load(folder / "map.npy", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise NeuroloomError(f"There is no {title} map: its process left none behind. Make it again.") from error
    if points.shape != (len(values), 2) or not np.isfinite(points).all():
        raise NeuroloomError(f"There is no {title} map: its process answered something else. Make it again.")
    return points


def _run(method: str, folder: Path, seed: int, tell: TELL, stop: STOP) -> bool:
    """Have the child do it; False where it was ended before."""
    said, complaints = folder / "said.txt", folder / "complaints.txt"
    command = [sys.executable, "-u", "-m", embedding_process.__name__, method, str(folder), str(seed)]
    with said.open("wb") as out, complaints.open("wb") as err:
        child = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        try:
            while child.poll() is None:
                if stop():
                    return False
                tell(*progress(said.read_text("utf-8", "replace")))
                try:
                    child.wait(_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            child.kill()  # does nothing to one that has ended
            child.wait()
    if child.returncode:
        last = complaints.read_text("utf-8", "replace").strip().rpartition("\n")[2]
        log.warning("the process of a %s map ended with %s: %s", method, child.returncode, last)
        reason = f" ({last[:200]})" if last else ""
        raise NeuroloomError(
            f"There is no {TITLES[method]} map: its process ended with code {child.returncode}{reason}. "
            "Make it again, or look at PCA."
        )
    return True


def progress(said: str) -> tuple[float, str]:
    """The share 0..1 and a few words, from what the library has said so far."""
    if steps := _UMAP_STEP.findall(said):
        return int(steps[-1][0]) / max(int(steps[-1][1]), 1), f"step {steps[-1][0]} of {steps[-1][1]}"
    if steps := _TSNE_STEP.findall(said):
        step, last = int(steps[-1]), embedding_process.STEPS
        return min(0.05 + 0.95 * step / last, 1.0), f"step {step:,} of {last:,}"
    return (0.05, "finding neighbours") if said else (0.0, "starting")
