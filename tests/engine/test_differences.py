"""What experiments differ in, side by side."""

from __future__ import annotations

from dataclasses import replace

from engine.differences import side_by_side
from engine.optimizers import OPTIMIZERS
from engine.spec import ExperimentSpec


def test_settings_that_differ_stand_side_by_side():
    spec = ExperimentSpec()
    adam = replace(spec, optimizer=OPTIMIZERS["adam"](learning_rate=0.1))
    sgd = replace(spec, optimizer=OPTIMIZERS["sgd"](learning_rate=0.1, momentum=0.9))
    rows = dict(side_by_side([adam, sgd]))
    assert rows["Optimizer"] == ("Adam", "SGD")
    assert rows["Momentum"] == ("", "0.9")  # Adam has none
    assert "Learning rate" not in rows
    assert "Layers" not in rows
    assert side_by_side([spec, spec]) == ()


def test_of_one_experiment_every_setting_is_told():
    rows = side_by_side([ExperimentSpec()])
    names = [name for name, _ in rows]
    assert len(names) == len(set(names))
    assert {("Data set", ("Spiral",)), ("Layers", ("8-8",)), ("Train share", ("70 %",)), ("Shuffle", ("on",))} <= set(
        rows
    )
