"""An experiment with numbers instead of classes (from a file, as no menu offers it yet) breaks no panel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.datasets import DATASETS
from engine.losses import LOSSES
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.edits import with_dataset
from gui.panels.decision_boundary import DecisionBoundary
from gui.panels.loss_curves import LossCurves
from gui.panels.network_graph import NetworkGraph
from gui.panels.settings_column import SettingsColumn
from gui.panels.transport import TransportBar
from gui.theme import LIGHT


def test_changing_to_numbers_takes_a_loss_that_fits() -> None:
    spec = with_dataset(ExperimentSpec(), "bumps")
    assert spec.validate() == []
    assert spec.network.loss.name == "squared_error"
    huber = replace(spec, network=replace(spec.network, loss=LOSSES["huber"]()))
    assert with_dataset(huber, "plane").network.loss.name == "huber"
    assert with_dataset(spec, "moons").validate() == []


@pytest.mark.parametrize("panel", [DecisionBoundary, LossCurves, NetworkGraph, SettingsColumn, TransportBar])
@pytest.mark.parametrize("name", [cls.name for cls in DATASETS if cls.regression])
def test_panels_show_it(qtbot, panel, name: str) -> None:
    trainer = Trainer(with_dataset(ExperimentSpec(), name))
    widget = panel(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(900 if panel is TransportBar else 400, 500)
    widget.show()
    empty = widget.grab().toImage()
    widget.show_spec(trainer.spec)
    for _ in range(3):
        trainer.step_epoch()
        widget.show_snapshot(trainer.snapshot(side=35))
    assert widget.grab().toImage() != empty
