"""`make` on a machine that lacks something: one line that says what to do, never a half-made environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / ".ci" / "make-venv"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("make") is None, reason="Windows has no make; uv takes its place"
)


@pytest.fixture
def tools(tmp_path):
    """A PATH with the plain tools of any system and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "ls", "rm", "mktemp", "cat", "id"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def write_python(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def make_venv(tools: Path, venv: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(tools), "HOME": str(tools), "TMPDIR": str(tools)} | more
    return subprocess.run(
        [str(tools / "sh"), str(SCRIPT), str(venv)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    listed = {match[1] for match in re.finditer(r"^  make (\S+)", done.stdout, re.MULTILINE)}
    assert listed == phony
    assert {"run", "test", "lint", "format", "bench", "tour", "lock", "clean"} <= listed


def test_without_python_one_line_says_what_to_install(tools, tmp_path):
    done = make_venv(tools, tmp_path / "venv")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.11 or newer" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_an_old_python_is_not_taken(tools, tmp_path):
    write_python(tools / "python3", "exit 1")  # what 3.10 answers when it is asked whether it is 3.11
    done = make_venv(tools, tmp_path / "venv")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_what_is_not_an_environment_is_left_alone(tools, tmp_path):
    venv = tmp_path / "venv"
    venv.mkdir()
    (venv / "mine.txt").write_text("precious")
    write_python(tools / "python3", f'exec {sys.executable} "$@"')
    done = make_venv(tools, venv)
    assert done.returncode == 1
    assert "move it away" in done.stderr
    assert (venv / "mine.txt").read_text() == "precious"


def test_a_python_without_ensurepip_names_the_package(tools, tmp_path):
    body = f"""case "$*" in
*ensurepip*|*venv\\ *) echo "ensurepip is not available"; exit 1 ;;
*) exec {sys.executable} "$@" ;;
esac"""
    write_python(tools / "python3", body)
    write_python(tools / "apt-get", "exit 1")
    (tools / "id").unlink()
    write_python(tools / "id", "echo 1000")
    done = make_venv(tools, tmp_path / "venv")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.returncode == 1
    assert (
        done.stderr
        == f"Python lacks the part that makes {tmp_path / 'venv'}. Run:  sudo apt-get install python{version}-venv\n"
    )
    assert not (tmp_path / "venv").exists()


def test_a_half_made_environment_is_made_anew(tools, tmp_path):
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(tmp_path / "gone")
    done = make_venv(tools, venv, PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
    has_pip = [str(venv / "bin" / "python"), "-m", "pip", "--version"]
    assert subprocess.run(has_pip, capture_output=True, timeout=60, check=False).returncode == 0
    assert os.access(venv / "pyvenv.cfg", os.R_OK)
