"""Trying a script: in a child process that can be ended at any moment, its answers held to the window's. No Qt."""

from __future__ import annotations

import importlib.util
import logging
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.images import Images
from engine.errors import NeuroloomError
from engine.shelf import SHELF
from gui.analyses import STOP, TELL
from gui.exporting import trial_process
from gui.exporting.data_code import raw_samples
from gui.exporting.model import IMAGES_FILE, ONNX, SKLEARN, TITLES, TORCH, Model, Options
from gui.exporting.writing import weights_file, write
from gui.installing import pip_install

log = logging.getLogger(__name__)

AGREES = 1e-5  # beyond it answers are not called the same; rounding stays a hundred times below
MOST_OUTPUT = 4_000
_LOOK_SECONDS = 0.05
_PACKAGES = {SKLEARN: (("sklearn", "scikit-learn"),), TORCH: (("torch", "torch"), ("safetensors", "safetensors")),
             ONNX: (("onnxruntime", "onnxruntime"),)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trial:
    """``output`` is what the script printed, ``difference`` the largest between its answers and the window's, of ``n`` samples.

    Answers beyond 1 (in regression) are compared by their size. ``trained``: the script trained by itself.
    """

    output: str
    difference: float
    n: int
    seconds: float
    trained: bool

    @property
    def agrees(self) -> bool:
        return self.difference <= AGREES

    @property
    def sentence(self) -> str:
        """What came of it."""
        samples, ran = f"{self.n:,} test samples", f"It ran for {self.seconds:.1f} s"
        if self.trained:
            return (
                f"{ran} and trained by itself: answers to {samples} are within {self.difference:.2g} of the window's."
            )
        if self.difference == 0:
            return f"{ran} and answers {samples} as the window does, to the last bit."
        if self.agrees:
            return f"{ran} and answers {samples} as the window does: largest difference {self.difference:.1e}."
        return f"{ran}, but its answers to {samples} differ from the window's by up to {self.difference:.2g}."


def lacking(kind: str) -> str:
    """Why a script of this kind can't be run here, "" where it can."""
    for module, package in _PACKAGES.get(kind, ()):
        if importlib.util.find_spec(module) is None:
            return (
                f"{TITLES[kind]} scripts can't be tried here, since {package} is not installed; saving works all the same. "
                f"Add it with: {pip_install(package)}"
            )
    return ""


def difference(answers: NDArray, ours: NDArray) -> float:
    """The largest difference, of answers beyond 1 relative to their size; infinite where one is no number."""
    with np.errstate(all="ignore"):
        apart = np.abs(answers - ours) / np.maximum(np.abs(ours), 1)
    return float(np.where(np.isfinite(apart), apart, np.inf).max()) if apart.size else 0.0


def try_script(model: Model, options: Options, tell: TELL, stop: STOP) -> Trial | None:
    """Run the script as it would be saved; None once ``stop()`` says that nobody waits.

    Raises :class:`NeuroloomError` where it can't be written or run. No process outlives the call.
    """
    if reason := lacking(options.kind):
        raise NeuroloomError(reason)
    script = write(model, options)
    tell(0.0, "")
    raw, seen = raw_samples(model.spec.data)
    with tempfile.TemporaryDirectory(prefix="neuroloom-script-") as name:
        folder = Path(name)
        (folder / "network.py").write_text(script.text, "utf-8")
        if script.needs:
            (folder / script.needs).write_bytes(weights_file(model, script))
        np.save(folder / "samples.npy", raw, allow_pickle=False)
        _lay_out_images(model, folder)
        began = time.perf_counter()
        output = _run(folder, tell, stop)
        if output is None:
            return None
        seconds = time.perf_counter() - began
        try:
            answers: NDArray = np.load(folder / "answers.npy", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise NeuroloomError("The script left no answers behind. Try it again.") from error
    ours = model.predict(seen)
    if answers.shape != ours.shape:
        raise NeuroloomError("The script answered something of another shape. Try it again.")
    trained = options.training or not options.weights
    return Trial(output, difference(answers, ours), len(ours), seconds, trained)


def _lay_out_images(model: Model, folder: Path) -> None:
    """A person's own images in the file that the script asks for."""
    dataset = model.spec.data.dataset
    if isinstance(dataset, Images):
        kept = SHELF.load(dataset.key, dataset.title)
        n = len(kept.images) - kept.n_test
        np.savez(folder / IMAGES_FILE, x_train=kept.images[:n], y_train=kept.labels[:n], x_test=kept.images[n:],
                 y_test=kept.labels[n:])  # fmt: skip


def _run(folder: Path, tell: TELL, stop: STOP) -> str | None:
    """What the script printed; None where it was ended before."""
    said, complaints = folder / "said.txt", folder / "complaints.txt"
    command = [sys.executable, "-u", "-m", trial_process.__name__, str(folder)]
    with said.open("wb") as out, complaints.open("wb") as err:
        child = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        try:
            while child.poll() is None:
                if stop():
                    return None
                tell(0.0, said.read_text("utf-8", "replace")[-MOST_OUTPUT:])
                try:
                    child.wait(_LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            child.kill()  # does nothing to one that has ended
            child.wait()
    if child.returncode:
        last = complaints.read_text("utf-8", "replace").strip().rpartition("\n")[2]
        log.warning("a tried script ended with %s: %s", child.returncode, last)
        raise NeuroloomError(f"The script stopped with code {child.returncode}{f' ({last[:200]})' if last else ''}.")
    return said.read_text("utf-8", "replace")[-MOST_OUTPUT:]
