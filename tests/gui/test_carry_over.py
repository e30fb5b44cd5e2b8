"""What the perceptron can't, its points with a hidden layer can: trained to zero errors, saved and opened again."""

from __future__ import annotations

import numpy as np
import pytest

from engine import files
from engine.datasets import DATASETS, Dataset
from engine.datasets.points import Points
from engine.perceptron import Perceptron, PerceptronSettings
from engine.trainer import Trainer
from gui.carry_over import playground_spec

RING = tuple(
    (round(0.5 + r * float(np.cos(a)), 2), round(0.5 + r * float(np.sin(a)), 2), label)
    for r, label in ((0.2, 1), (0.9, 0))
    for a in np.arange(0, 6.2, 0.7)
)
STRIPES = tuple((x / 2, y / 2, x % 2) for x in range(3) for y in range(3))


@pytest.mark.parametrize(
    "dataset",
    [*(DATASETS[name]() for name in ("and", "or", "nand", "xor")), Points(RING), Points(STRIPES), Points(((0.5, 0.5, 1),))],
    ids=["and", "or", "nand", "xor", "ring", "stripes", "one"],
)  # fmt: skip
def test_every_point_is_learned(dataset: Dataset) -> None:
    trainer = Trainer(playground_spec(dataset))
    for _ in range(300):
        trainer.step_epoch()
    assert trainer.metrics().train_accuracy == 1.0
    assert trainer.data.same, "all of them train, and all of them are shown"


@pytest.mark.parametrize("points", [RING, STRIPES], ids=["ring", "stripes"])
def test_no_line_does_it(points: tuple) -> None:
    perceptron = Perceptron(
        np.array([p[:2] for p in points]), np.array([p[2] for p in points]), PerceptronSettings(max_epochs=50)
    )
    perceptron.run()
    assert perceptron.converged_epoch is None


def test_own_points_are_saved_and_opened(tmp_path) -> None:
    trainer = Trainer(playground_spec(Points(RING)))
    trainer.step_epoch()
    path = tmp_path / "own.json"
    files.save(path, trainer)
    again = files.load(path)
    assert again.spec == trainer.spec
    assert again.spec.data.dataset == Points(RING)
