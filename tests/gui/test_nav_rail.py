from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QSignalSpy

from gui.panels.nav_rail import NavRail
from gui.theme import DARK, LIGHT

PAGES = [("playground", "Playground", "playground", "Ctrl+1"), ("digits", "Digits", "digits", "Ctrl+2")]


@pytest.fixture
def rail(qtbot) -> NavRail:
    rail = NavRail(LIGHT, PAGES)
    qtbot.addWidget(rail)
    rail.resize(64, 400)
    rail.show()
    return rail


def test_only_the_pages_that_exist_are_there(rail: NavRail) -> None:
    assert list(rail.buttons) == ["playground", "digits"]
    assert rail.width() == 72
    for button in rail.buttons.values():
        assert QFontMetricsF(button.font()).horizontalAdvance(button.text()) <= button.width() - 8
        assert button.accessibleName() == button.text()
        assert "Ctrl+" in button.toolTip()


def test_a_click_asks_for_the_page_and_highlights_it(qtbot, rail: NavRail) -> None:
    with qtbot.waitSignal(rail.pageRequested) as said:
        qtbot.mouseClick(rail.buttons["digits"], Qt.MouseButton.LeftButton)
    assert said.args == ["digits"]
    assert [page for page, button in rail.buttons.items() if button.isChecked()] == ["digits"]
    with qtbot.assertNotEmitted(rail.pageRequested):
        qtbot.mouseClick(rail.buttons["digits"], Qt.MouseButton.LeftButton)
        rail.set_page("playground")
    assert rail.page() == "playground"


def test_arrows_go_round(qtbot, rail: NavRail) -> None:
    spy = QSignalSpy(rail.pageRequested)
    for _ in range(2):
        qtbot.keyClick(rail.buttons[rail.page()], Qt.Key.Key_Down)
    assert [spy.at(i)[0] for i in range(spy.count())] == ["digits", "playground"]


def test_the_button_at_the_bottom_offers_the_other_theme(qtbot, rail: NavRail) -> None:
    assert "dark" in rail.theme_button.accessibleName()
    with qtbot.waitSignal(rail.themeToggled):
        qtbot.mouseClick(rail.theme_button, Qt.MouseButton.LeftButton)
    rail.apply_theme(DARK)
    assert "light" in rail.theme_button.accessibleName()
