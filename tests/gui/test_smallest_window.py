"""The smallest window that the program allows: nothing of the network is cut, on either page."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.settings import Settings
from tests.gui.opened import Person


@pytest.mark.parametrize("page", ["playground", "digits"])
def test_the_network_is_seen_whole(qtbot: QtBot, qapp: QApplication, tmp_path: Path, page: str) -> None:
    from gui import app

    app.application()
    person = Person(qtbot, tmp_path / "data", Settings(page=page, reduce_motion=True))
    try:
        person.window.resize(person.window.minimumSize())
        person.wait(lambda: person.window.size() == person.window.minimumSize())
        graph = person.graph
        person.wait(lambda: graph.visibleRegion().boundingRect() == graph.rect())
        card = graph.parentWidget()
        assert card.rect().contains(graph.geometry()), "the panel around it does not cut it off"
        assert person.window.width() == 1200
    finally:
        person.close()
