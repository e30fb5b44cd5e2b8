"""The line that adds a package to the Python that runs Neuroloom: a bare ``pip`` is often another one's."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path


def pip_install(package: str) -> str:
    """To be typed where the program was started: ``.venv/bin/python -m pip install torch``."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    words = [str(python), "-m", "pip", "install", *package.split()]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
