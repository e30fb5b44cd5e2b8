"""Run by gui/exporting/trial.py as a program of its own: ``python -m gui.exporting.trial_process FOLDER``.

It runs ``network.py`` in FOLDER, which this program has just written, has it answer ``samples.npy`` (n, d) and writes
``answers.npy`` (n, k) there. What the script prints goes to standard output.
"""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

import numpy as np

from gui.exporting.model import IMAGES_FILE


def main(folder: Path) -> None:
    """Run, ask, write."""
    script, images = str(folder / "network.py"), folder / IMAGES_FILE
    sys.argv = [script, *([str(images)] if images.exists() else [])]
    names = runpy.run_path(script, run_name="__main__")
    answers = names["predict"](np.load(folder / "samples.npy", allow_pickle=False))
    np.save(folder / "answers.npy", np.asarray(answers, np.float64), allow_pickle=False)


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # the window and its training come first
    main(Path(sys.argv[1]))
