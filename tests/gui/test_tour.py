"""The tour through the real window: every stage learns, leaves its picture and its numbers, and a failure is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.stopping import Until
from gui import app, tour


def test_every_stage_learns_and_leaves_picture_and_numbers(tmp_path: Path) -> None:
    # As a program, and once: it is the longest test there is.
    root, out, home = Path(__file__).parents[2], tmp_path / "out", tmp_path / "home"
    environment = os.environ | {
        name: str(home) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    }
    done = subprocess.run(
        [sys.executable, "main.py", "--tour", str(out)], cwd=root, capture_output=True, text=True, timeout=300,
        check=False, env=environment,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    kept = [path.name for path in home.rglob("*") if path.suffix in (".sqlite", ".safetensors", ".json")]
    assert kept == [], "what the tour trains is nobody's"
    summary = json.loads((out / "summary.json").read_text())
    stages = summary["stages"]
    assert list(stages) == ["and", "xor", "spiral", "bumps", "digits", "drawing", *tour.APART]
    for stage in stages.values():
        picture = (out / stage["picture"]).read_bytes()
        assert picture.startswith(b"\x89PNG")
        assert len(picture) > 20_000
    for stage in (stages[name] for name in stages if name not in tour.APART):
        for number in ("epochs", "seconds", "train_loss", "test_loss", "train_accuracy", "test_accuracy"):
            assert stage[number] >= 0
    assert stages["perceptron-and"]["errors_per_epoch"][stages["perceptron-and"]["converged_at_epoch"] - 1] == 0
    assert stages["perceptron-xor"]["cycle"]["epochs"] >= 1
    assert len(stages["perceptron-xor"]["inequalities"]) == 4
    assert stages["phase-step"]["phases"][-1] == "update"
    for name in ("inspector", "inspector-digits"):
        assert any(line.startswith("next w = ") for line in stages[name]["lines"])
    assert stages["time-travel"]["branches"] == ["Original", "Branch 1 from epoch 50"]
    assert len(stages["activation-race"]["lanes"]) == 4
    assert sum(stages["dropout"]["dropped"]) > 0
    assert stages["early-stopping"]["best_epoch"] < stages["early-stopping"]["stopped_at"]
    assert stages["doctor"]["rule"] == "dead_units"
    drawing = stages["drawing"]
    assert len(drawing["probabilities"]) == 10
    assert sum(drawing["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert drawing["read"] == drawing["drawn"] == max(range(10), key=drawing["probabilities"].__getitem__)
    assert stages["spiral"]["test_accuracy"] >= 0.95
    assert stages["digits"]["test_accuracy"] >= 0.97
    assert stages["digits"]["seconds"] < 20
    assert list(stages["race"]["lanes"]) == ["Shallow", "Deep", "Wide", "Deep and narrow"]
    assert {lane["epochs"] for lane in stages["race"]["lanes"].values()} == {300}
    assert stages["study"]["trials"] == 20 > stages["study"]["pruned"]
    assert stages["study"]["opened_loss"] == pytest.approx(stages["study"]["best"]["loss"], rel=1e-5)
    assert 0 < stages["parity"]["max_difference"]["sklearn"] <= 1e-9
    assert (stages["script"]["samples"], stages["script"]["difference"] <= 1e-6) == (360, True)
    assert "of the test samples are right" in stages["script"]["printed"]
    # Runs of this tour, the lanes of both races among them.
    assert stages["history"]["runs"] >= 20
    assert stages["history"]["lanes"] == 4


def test_a_stage_that_does_not_learn_is_an_error(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app.application()
    hopeless = replace(tour.STAGES[1], experiment="2-xor-fails", until=Until("epoch", 20))
    monkeypatch.setattr(tour, "STAGES", (hopeless, *tour.STAGES[3:]))
    monkeypatch.setattr(tour, "APART", {"failing": lambda *_: {"said": "no", "learned": False}})
    assert tour.run(tmp_path) == 1
    said = capsys.readouterr().err
    assert "Stage xor did not learn" in said
    assert "Stage failing did not learn" in said


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert tour.run(tmp_path / "file") == 1
    assert "can't write" in capsys.readouterr().err
