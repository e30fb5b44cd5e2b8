"""From the pen to the prediction: drawings on the real canvas, read by a network that our trainer trained."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.initializers import INITIALIZERS
from engine.optimizers import OPTIMIZERS
from engine.pen import prepare
from engine.probes import sample_activations
from engine.snapshot import Snapshot
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trainer import Trainer
from gui import drawings, theme
from gui.panels.digit_canvas import DigitCanvas

STROKES = Path(__file__).parents[3] / "shared" / "data" / "pen_strokes_dev.jsonl.gz"


@pytest.fixture(scope="module")
def trained() -> Snapshot:
    trainer = Trainer(
        ExperimentSpec(
            DataSpec(DATASETS["digits"](), train_share=0.8),
            NetworkSpec((100, 50), ACTIVATIONS["relu"](), initializer=INITIALIZERS["he_normal"]()),
            OPTIMIZERS["adam"](learning_rate=0.003),
            TrainingSpec(batch_size=100, l2=1e-4),
        )
    )
    for _ in range(30):
        trainer.step_epoch()
    return trainer.snapshot()


@pytest.fixture
def canvas(qtbot) -> DigitCanvas:
    panel = DigitCanvas(theme.LIGHT)
    qtbot.addWidget(panel)
    panel.resize(320, 356)
    panel.show()
    return panel


def read(canvas: DigitCanvas, network: Snapshot, drawing: drawings.Drawing) -> int:
    canvas.surface.show_strokes(())
    drawings.draw(canvas.surface, drawing)
    stages = prepare(canvas.ink())
    assert stages is not None
    return int(sample_activations(network.spec, network.layout, network.params, stages.input)[-1].argmax())


def test_the_network_has_learned(trained):
    assert trained.metrics.test_accuracy >= 0.97


def test_our_own_ten_drawings_are_read(canvas, trained):
    own = drawings.load_drawings()
    assert sorted(own) == list(range(10))
    assert sum(read(canvas, trained, drawings.placed(own[digit])) == digit for digit in own) >= 9


def test_our_drawings_are_read_small_and_in_a_corner(canvas, trained):
    own = drawings.load_drawings()
    right = sum(read(canvas, trained, drawings.placed(own[digit], 0.4, (0.25, 0.7))) == digit for digit in own)
    assert right >= 9


def test_every_drawing_has_a_longer_side_of_one():
    for digit, strokes in drawings.load_drawings().items():
        xy = np.array([point for stroke in strokes for point in stroke])
        assert np.ptp(xy, axis=0).max() == pytest.approx(1.0, abs=0.01), digit


@pytest.mark.skipif(not STROKES.exists(), reason="the development set of pen strokes is not here")
def test_drawings_of_other_people_are_read(canvas, trained):
    with gzip.open(STROKES, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    sample = np.random.default_rng(0).choice(len(rows), 150, replace=False)
    right = 0
    for i in sample:
        drawing = drawings.placed(drawings.as_drawing(rows[i]["strokes"]))
        right += read(canvas, trained, drawing) == rows[i]["label"]
    # The reference reads 0.887 of the whole set; a sample of 150 strays by 0.026.
    assert right / len(sample) >= 0.80
