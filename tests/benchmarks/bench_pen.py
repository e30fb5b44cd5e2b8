"""How well the presets read other people's hands, and MNIST's own test images: real pen strokes through the real canvas.

Neither the strokes nor MNIST are part of the project: without them in ``../shared/data`` there is nothing to measure. The
strokes are by 15 writers of one writing culture; a good share of them promises little about other hands.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from numpy.typing import NDArray

from engine import compiled
from engine.pen import prepare_for
from engine.predictions import logits_of
from engine.stopping import Until
from engine.trainer import Trainer
from gui import app, drawings, experiments
from gui.ahead import Ahead
from gui.panels.digit_canvas import DigitCanvas
from gui.theme import LIGHT
from tests.benchmarks.harness import Skipped, figure
from tests.benchmarks.mnist import shelve

GROUP = "digits"
DATA = Path(__file__).parents[3] / "shared" / "data"
STROKES = DATA / "pen_strokes_dev.jsonl.gz"
EVERY = 2  # every second drawing: 1,875 of 3,749
SEED = 11
SEEDS = (3, 4, 5)  # the first is the preset's
SIDES = (8, 28)
PENS = (12, 28)  # of a canvas of 280


@dataclass(frozen=True, slots=True)
class Written:
    """Drawings as a network of each side is given them, and what they mean."""

    x: dict[int, NDArray]
    labels: NDArray


@lru_cache(maxsize=1)
def canvas() -> DigitCanvas:
    """The panel of the Digits page, as large as there, on its own."""
    app.application()
    panel = DigitCanvas(LIGHT)
    panel.resize(344, 400)
    panel.show()
    return panel


def draw(strokes: Sequence, size: float, at: tuple[float, float], pen: int) -> NDArray:
    """The ink after a hand has drawn ``strokes`` with the mouse, ``size`` of the canvas large, its middle ``at`` a place."""
    panel = canvas()
    panel.clear()
    panel.set_brush(pen)
    drawings.draw(panel.surface, drawings.placed(drawings.as_drawing(strokes), size, at))
    return panel.ink()


def write(
    chosen: Sequence[tuple[Sequence, int]], seed: int, pens: tuple[int, int] = PENS, free: bool = True
) -> Written:
    """Draw each of (strokes, label): at a random place, 35 to 85 % of the canvas large, else in the middle and 65 %."""
    rng = np.random.default_rng(seed)
    x: dict[int, list[NDArray]] = {side: [] for side in SIDES}
    for strokes, _ in chosen:
        points = np.array([point for stroke in strokes for point in stroke])
        size, pen = (float(rng.uniform(0.35, 0.85)) if free else 0.65), int(rng.integers(pens[0], pens[1] + 1))
        room = (1 - size * np.ptp(points, axis=0) - pen / 280) / 2
        middle = 0.5 + rng.uniform(-1, 1, 2) * np.maximum(room, 0) * free
        ink = draw(strokes, size, (float(middle[0]), float(middle[1])), pen)
        for side in SIDES:
            prepared = prepare_for(side, ink)
            x[side].append(np.zeros(side**2) if prepared is None else prepared.input)
    return Written(
        {side: np.array(rows, np.float32) for side, rows in x.items()}, np.array([label for _, label in chosen])
    )


def strokes_of_others() -> list[tuple[Sequence, int]]:
    """(strokes, label) of the development file. Raises ``Skipped``."""
    try:
        lines = gzip.decompress(STROKES.read_bytes()).splitlines()
    except FileNotFoundError:
        raise Skipped("the pen strokes are not in ../shared/data") from None
    return [(one["strokes"], one["label"]) for one in map(json.loads, lines[::EVERY])]


def trained(name: str, epochs: int, seed: int | None = None) -> Trainer:
    """A ready experiment, trained as the window trains it: compiled where that is quicker, images made ahead.

    ``seed`` draws other first weights.
    """
    compiled.load()
    ahead = Ahead()
    try:
        spec = experiments.all_ready()[name].spec
        if seed is not None:
            spec = replace(spec, training=replace(spec.training, seed=seed))
        trainer = Trainer(spec)
        trainer.advance(lambda: False, Until("epoch", epochs))
    finally:
        ahead.stop()
    return trainer


def share_read(trainer: Trainer, written: Written) -> float:
    """The share of the drawings that the network reads right."""
    logits = logits_of(trainer.spec, trainer.network.layout, trainer.network.params, written.x[trainer.spec.image_side])
    return float((logits.argmax(axis=1) == written.labels).mean())


@figure("digits.pen_accuracy.embedded_plain", at_least=0.80)
@figure("digits.pen_accuracy.embedded_augmented", at_least=0.86)
@figure("digits.pen_place_points", at_most=2.0)
@figure("digits.pen_width_points", at_most=3.0)
def embedded() -> dict[str, float]:
    """The embedded digits; and by how many points place and size, and the pen's width, change what is read (of three seeds)."""
    chosen = strokes_of_others()
    written, middle = write(chosen, SEED), write(chosen, SEED, free=False)
    thin, thick = (write(chosen, SEED, (pen, pen), free=False) for pen in PENS)
    plain = trained("7-digits", 60)
    augmented = [trained("7a-digits-augmented", 200, seed) for seed in SEEDS]

    def mean(of: Written) -> float:
        return float(np.mean([share_read(trainer, of) for trainer in augmented]))

    return {
        "digits.pen_accuracy.embedded_plain": share_read(plain, written),
        "digits.pen_accuracy.embedded_augmented": share_read(augmented[0], written),
        "digits.pen_place_points": 100 * abs(mean(written) - mean(middle)),
        "digits.pen_width_points": 100 * abs(mean(thin) - mean(thick)),
    }


@figure("digits.pen_accuracy.mnist", at_least=0.93)
@figure("digits.mnist_accuracy", at_least=0.985)
@figure("digits.mnist_seconds", unit="s")
@figure("digits.pen_place_points.mnist", at_most=2.0)
@figure("digits.pen_width_points.mnist", at_most=3.0)
def mnist() -> dict[str, float]:
    """The preset for MNIST: its test images, and other people's hands."""
    chosen = strokes_of_others()
    written, middle = write(chosen, SEED), write(chosen, SEED, free=False)
    thin, thick = (write(chosen, SEED, (pen, pen), free=False) for pen in PENS)
    with tempfile.TemporaryDirectory(prefix="neuroloom-bench-", ignore_cleanup_errors=True) as folder:
        shelve(Path(folder))
        began = time.perf_counter()
        trainer = trained("7b-mnist", experiments.all_ready()["7b-mnist"].epochs)
        seconds = time.perf_counter() - began
    return {
        "digits.pen_accuracy.mnist": share_read(trainer, written),
        "digits.mnist_accuracy": trainer.metrics().test_accuracy,
        "digits.mnist_seconds": seconds,
        "digits.pen_place_points.mnist": 100 * abs(share_read(trainer, written) - share_read(trainer, middle)),
        "digits.pen_width_points.mnist": 100 * abs(share_read(trainer, thin) - share_read(trainer, thick)),
    }
