"""The guards over every test, tested: a thread left behind and a person's folders."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, QThread

from tests import guards


def test_a_python_thread_left_running_fails_the_test(monkeypatch):
    monkeypatch.setattr(guards, "THREAD_GRACE_SECONDS", 0.05)
    release = threading.Event()
    thread = threading.Thread(target=release.wait, name="forgotten", daemon=True)
    try:
        with pytest.raises(pytest.fail.Exception, match="forgotten"), guards.no_python_thread_left():
            thread.start()
    finally:
        release.set()
        thread.join()


def test_a_python_thread_that_ends_is_fine():
    with guards.no_python_thread_left():
        thread = threading.Thread(target=int)
        thread.start()
    assert not thread.is_alive()


def test_a_qthread_left_running_fails_the_test_and_is_ended(monkeypatch):
    thread = QThread()
    with pytest.raises(pytest.fail.Exception, match="test_a_qthread_left_running"), guards.no_qthread_left(monkeypatch):
        thread.start()
    assert thread.isFinished()


def test_a_qthread_that_was_waited_for_is_fine(monkeypatch):
    thread = QThread()
    with guards.no_qthread_left(monkeypatch):
        thread.start()
        thread.quit()
        assert thread.wait(2000)
    assert thread.isFinished()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system is asked, not the environment")
def test_no_folder_of_the_person_is_used(tmp_path):
    assert Path.home().is_relative_to(tmp_path)
    for place in (QStandardPaths.StandardLocation.AppConfigLocation, QStandardPaths.StandardLocation.AppDataLocation):
        assert Path(QStandardPaths.writableLocation(place)).is_relative_to(tmp_path)


def test_windows_do_not_pop_up(request):
    assert request.config.getoption("--headed") or os.environ["QT_QPA_PLATFORM"] == "offscreen"


def test_window_tests_are_marked(request):
    assert request.node.get_closest_marker("gui") is not None
