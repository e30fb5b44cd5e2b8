"""The list of what a study searches: every option in words that fit, read back however they are written."""

from __future__ import annotations

import pytest

from engine.spec import ExperimentSpec
from gui.controls.space_list import OptionsField, SpaceList
from gui.tuning.space import default_space

COLUMN = 328  # of the form at 1400×800


@pytest.fixture
def searched(qtbot) -> SpaceList:
    space = SpaceList()
    qtbot.addWidget(space)
    space.show_space(default_space(ExperimentSpec()))
    space.setFixedWidth(COLUMN)
    space.show()
    return space


def test_every_option_is_seen_whole(searched: SpaceList):
    for choice in default_space(ExperimentSpec()):
        for field in searched.row(choice.name).fields:
            words = field.fontMetrics().horizontalAdvance(field.text())
            assert words <= field.width() - 16, field.text()


@pytest.mark.parametrize("text", ["Glorot, He, LeCun", "glorot_uniform, HE_NORMAL, lecun", "lecun normal"])
def test_options_are_read_by_their_titles_and_by_their_names(qtbot, text: str):
    field = OptionsField("Initializer", ("glorot_uniform",), ("glorot_uniform", "he_normal", "lecun_normal"))
    qtbot.addWidget(field)
    if text == "lecun normal":
        with pytest.raises(ValueError, match="lecun normal is none of them: Glorot, He, LeCun"):
            field.value_of(text)
    else:
        assert field.value_of(text) == ("glorot_uniform", "he_normal", "lecun_normal")


def test_of_a_long_number_the_beginning_is_seen(searched: SpaceList):
    field = searched.row("learning_rate").fields[0]
    field.set_value(0.019827480927584)
    assert field.text() == "0.019827480927584"
    assert field.cursorPosition() == 0
