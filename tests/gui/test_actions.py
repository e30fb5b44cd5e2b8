"""The table of actions: every key is one action's, every action says what it does, plain keys give way to typing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from gui.actions import ACTIONS, MENUS, Actions
from gui.pages import PAGES

PLAIN = {spec.id for spec in ACTIONS if spec.yields}


@pytest.fixture
def actions(qtbot) -> Iterator[Actions]:
    window = QWidget()
    qtbot.addWidget(window)
    yield Actions(window)
    window.close()  # and alive until here


def test_no_key_means_two_things():
    keys = [QKeySequence(key).toString() for spec in ACTIONS for key in spec.keys]
    keys += [f"Ctrl+{i}" for i, _ in enumerate(PAGES, 1)]
    assert "" not in keys
    assert [key for key, n in Counter(keys).items() if n > 1] == []


def test_every_action_has_a_name_a_menu_and_a_sentence():
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)
    for spec in ACTIONS:
        assert spec.menu in MENUS, spec.id
        assert spec.text[0].isupper(), spec.id
        assert spec.help.endswith("."), spec.id
        assert "!" not in spec.text + spec.help


def test_every_key_without_a_modifier_yields():
    for spec in ACTIONS:
        plain = [key for key in spec.keys if "Ctrl" not in key and not key.startswith("F")]
        assert spec.yields == bool(plain), f"{spec.id} would be typed into a field, or never be"


def test_plain_keys_step_aside_while_typing_and_come_back(actions):
    before = {spec.id: actions[spec.id].shortcuts() for spec in ACTIONS}
    actions.yield_keys(True)
    for spec in ACTIONS:
        assert actions[spec.id].shortcuts() == ([] if spec.yields else before[spec.id])
    actions.yield_keys(False)
    assert {spec.id: actions[spec.id].shortcuts() for spec in ACTIONS} == before


def test_one_key_can_stay(actions):
    actions.yield_keys(True, but="Space")
    assert {name for name in PLAIN if actions[name].shortcuts()} == {"play"}


def test_the_window_owns_them_with_their_help(actions):
    for spec in ACTIONS:
        action = actions[spec.id]
        assert action.toolTip() == spec.help
        assert action.isCheckable() == spec.checkable
        assert [sequence.toString() for sequence in action.shortcuts()] == [
            QKeySequence(key).toString() for key in spec.keys
        ]
