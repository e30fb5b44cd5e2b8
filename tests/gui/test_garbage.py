"""Widgets in reference cycles are destroyed in the window's thread, never in the one that trains."""

from __future__ import annotations

import gc
import threading

import pytest
from PySide6.QtCore import QObject

from gui.garbage import GarbageKeeper


class Canary:
    """A reference cycle that tells in which thread it was collected."""

    def __init__(self, heard: list[threading.Thread]) -> None:
        self.me = self
        self.heard = heard

    def __del__(self) -> None:
        self.heard.append(threading.current_thread())


@pytest.mark.usefixtures("pythons_own_garbage")
def test_only_the_windows_thread_collects(qtbot):
    assert gc.isenabled()
    owner = QObject()
    keeper = GarbageKeeper(owner)
    try:
        assert not gc.isenabled()
        heard: list[threading.Thread] = []
        for _ in range(10):
            Canary(heard)
        other = threading.Thread(target=lambda: [[object()] for _ in range(100_000)])
        other.start()
        other.join()
        assert heard == [], "another thread collected"
        kept = [[] for _ in range(2 * gc.get_threshold()[0])]
        qtbot.waitUntil(lambda: len(heard) == 10)
        assert set(heard) == {threading.main_thread()}
        assert kept
    finally:
        keeper.stop()
    assert gc.isenabled()
