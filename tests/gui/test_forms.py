from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.registry import ranged, switch
from engine.spec import MAX_SEED, DataSpec, TrainingSpec
from gui.controls.buttons import CheckBox
from gui.controls.combos import LadderCombo
from gui.controls.fields import SeedField
from gui.controls.sliders import NumberSlider
from gui.forms import EntryEditor, form_for, ranges
from gui.theme import LIGHT


@dataclass(frozen=True)
class Sample:
    share: float = ranged(0.5, 0.0, 1.0, "Share", percent=True, step=0.1, help="A share.")
    rate: float = ranged(0.1, 0.0, 1.0, "Rate", ladder=(0.1, 0.3, 1.0))
    tiny: float = ranged(1e-8, 1e-12, 1e-2, "Tiny")
    seed: int = ranged(1, 0, MAX_SEED, "Seed")
    flag: bool = switch(False, "Flag", "A flag.")
    plain: str = "not for a form"


def _said(spy: QSignalSpy) -> list[list]:
    return [spy.at(i) for i in range(spy.count())]


def test_each_kind_of_field_gets_its_editor(qtbot) -> None:
    form = form_for(LIGHT, Sample())
    qtbot.addWidget(form)
    kinds = {name: type(editor) for name, editor in form.editors.items()}
    assert kinds == {
        "share": NumberSlider,
        "rate": LadderCombo,
        "tiny": LadderCombo,
        "seed": SeedField,
        "flag": CheckBox,
    }


def test_every_editor_says_which_field_changed_and_to_what(qtbot) -> None:
    form = form_for(LIGHT, Sample())
    qtbot.addWidget(form)
    form.show()
    spy = QSignalSpy(form.changed)
    form.editors["share"].field.setText("70")
    form.editors["share"].field.commit()
    qtbot.keyClick(form.editors["rate"], Qt.Key.Key_Up)
    qtbot.keyClick(form.editors["tiny"], Qt.Key.Key_Down)
    form.editors["seed"].field.setText("7")
    form.editors["seed"].field.commit()
    form.editors["flag"].click()
    form.editors["share"].slider.setValue(2)
    assert _said(spy) == [
        ["share", 0.7, False], ["rate", 0.3, False], ["tiny", 1e-9, False], ["seed", 7, False], ["flag", True, False],
        ["share", 0.2, True],
    ]  # fmt: skip
    assert [type(value) for _, value, _ in _said(spy)] == [float, float, float, int, bool, float]


def test_showing_an_instance_says_nothing(qtbot) -> None:
    form = form_for(LIGHT, Sample())
    qtbot.addWidget(form)
    with qtbot.assertNotEmitted(form.changed):
        form.show_instance(Sample(share=0.9, rate=0.77, tiny=1e-3, seed=99, flag=True))
    shown = {name: e.value() for name, e in form.editors.items()}
    assert shown == {"share": 0.9, "rate": 0.77, "tiny": 1e-3, "seed": 99, "flag": True}


def test_another_class_gets_other_editors(qtbot) -> None:
    form = form_for(LIGHT, OPTIMIZERS["adam"]())
    qtbot.addWidget(form)
    assert "beta_1" in form.editors
    form.show_instance(OPTIMIZERS["sgd"]())
    assert set(form.editors) == {"learning_rate", "momentum", "nesterov"}


def test_fields_can_be_left_out_and_renamed(qtbot) -> None:
    form = form_for(LIGHT, Sample(), choose=lambda name: name == "rate", labels={"rate": "Speed"})
    qtbot.addWidget(form)
    assert form.labels() == ["Speed"]


@pytest.mark.parametrize(
    "instance",
    [cls() for registry in (DATASETS, ACTIVATIONS, LOSSES, INITIALIZERS, OPTIMIZERS) for cls in registry]
    + [DataSpec(), TrainingSpec()],
    ids=lambda instance: f"{type(instance).__module__.split('.')[1]}-{type(instance).__name__}",
)
def test_everything_that_is_registered_can_be_edited(qtbot, instance) -> None:
    form = form_for(LIGHT, instance)
    qtbot.addWidget(form)
    assert set(form.editors) == set(ranges(instance))
    for name, editor in form.editors.items():
        assert editor.value() == getattr(instance, name)
        named = editor.field if hasattr(editor, "field") else editor
        assert named.accessibleName(), name
        assert named.toolTip(), name


def test_an_entry_keeps_what_both_kinds_share(qtbot) -> None:
    editor = EntryEditor(LIGHT, OPTIMIZERS, "Optimizer", "How.")
    qtbot.addWidget(editor)
    editor.show_entry(OPTIMIZERS["adam"](learning_rate=0.3))
    spy = QSignalSpy(editor.changed)
    editor.combo.setCurrentIndex(editor.combo.findData("sgd"))
    editor.combo.activated.emit(editor.combo.currentIndex())
    assert _said(spy) == [[OPTIMIZERS["sgd"](learning_rate=0.3), "", False]]


def test_rare_settings_are_apart_and_work(qtbot) -> None:
    editor = EntryEditor(LIGHT, OPTIMIZERS, "Optimizer", "How.", rare=frozenset({"beta_1"}))
    qtbot.addWidget(editor)
    qtbot.addWidget(editor.rare_form)
    adam = OPTIMIZERS["adam"]()
    editor.show_entry(adam)
    assert "beta_1" not in editor.form.editors
    with qtbot.waitSignal(editor.changed) as signal:
        editor.rare_form.editors["beta_1"].field.setText("0.5")
        editor.rare_form.editors["beta_1"].field.commit()
    assert signal.args == [replace(adam, beta_1=0.5), "Beta 1", False]
