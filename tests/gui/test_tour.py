"""The tour through the real window: every stage learns, leaves its picture and its numbers, and a failure is said."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.stopping import Until
from gui import app, tour


def test_every_stage_learns_and_leaves_picture_and_numbers(qtbot: QtBot, tmp_path: Path) -> None:
    app.application()
    assert tour.run(tmp_path / "out") == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    stages = summary["stages"]
    assert list(stages) == ["and", "xor", "spiral", "bumps", "digits", "drawing", *tour.APART]
    for stage in stages.values():
        picture = (tmp_path / "out" / stage["picture"]).read_bytes()
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
    drawing = summary["stages"]["drawing"]
    assert len(drawing["probabilities"]) == 10
    assert sum(drawing["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert drawing["read"] == drawing["drawn"] == max(range(10), key=drawing["probabilities"].__getitem__)
    assert summary["stages"]["spiral"]["test_accuracy"] >= 0.95
    assert summary["stages"]["digits"]["test_accuracy"] >= 0.97
    assert summary["stages"]["digits"]["seconds"] < 20


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


def test_the_tour_as_a_program_says_nothing_wrong(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "main.py", "--tour", str(tmp_path / "out")], cwd=root, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "summary.json").exists()
