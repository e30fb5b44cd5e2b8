"""The line that adds a package names the Python that runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gui.installing import pip_install


@pytest.mark.skipif(sys.platform == "win32", reason="other quotes")
def test_the_line_names_this_python_as_seen_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert pip_install("torch --index-url URL") == ".venv/bin/python -m pip install torch --index-url URL"
    monkeypatch.setattr(sys, "executable", "/opt/my python/bin/python")
    assert pip_install("psycopg[binary]") == "'/opt/my python/bin/python' -m pip install 'psycopg[binary]'"
