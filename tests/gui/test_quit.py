"""Closing while it trains: at any moment, on either page, quickly, silently and with nothing left running."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import guards

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 2.0

# The program itself, closed from inside after a while; its own loop, its own exit code.
PROGRAM = """
import random, sys
from PySide6.QtCore import QTimer
import gui.app as app
rng = random.Random(int(sys.argv[1]))
show = app.MainWindow.show
def start(window):
    show(window)
    window.lab.play()
    QTimer.singleShot(rng.randrange(0, 700), window, window.close)
app.MainWindow.show = start
sys.exit(app.run())
"""


def environment(folder: Path) -> dict[str, str]:
    mine = dict(os.environ, QT_QPA_PLATFORM="offscreen", PYTHONPATH=str(ROOT), PYTHONFAULTHANDLER="1")
    guards.isolate(mine, folder)
    guards.one_blas_thread(mine)
    return mine


def run(arguments: list[str], folder: Path, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=timeout,
        check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_fifty_closes_at_random_moments(tmp_path):
    done = run([str(ROOT / "tests" / "gui" / "closing.py"), str(tmp_path), "50", "20"], tmp_path, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert len(report["closes"]) == 50
    assert {close["page"] for close in report["closes"]} == {"playground", "digits"}
    assert report["complaints"] == []
    for close in report["closes"]:
        assert close["ended"], close
        assert not close["running"], close
        assert close["seconds"] < LONGEST_SECONDS, close


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_program_ends_with_exit_code_0(tmp_path, seed):
    done = run(["-c", PROGRAM, str(seed)], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "QThread" not in done.stderr
    assert done.stderr == ""
    logs = list(tmp_path.rglob("neuroloom.log"))
    assert len(logs) == 1
    assert "WARNING" not in logs[0].read_text(), logs[0].read_text()
    assert list(tmp_path.rglob("last-playground.json")), "the experiment was not kept"


@pytest.mark.skipif(sys.platform == "win32", reason="a process there is ended in another way")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_closes_like_the_close_button(tmp_path, number):
    program = PROGRAM.replace("window.close)", "lambda: None)").replace(
        "show(window)", "show(window); print('open', flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "1"], cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert errors == ""
    assert list(tmp_path.rglob("last-playground.json")), "the experiment was not kept"
