"""Experiments on disk: exact to the bit, and every damaged file is one sentence that names it."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import files
from engine.errors import InvalidSpec, UnreadableFile
from engine.trainer import Trainer
from tests.engine.helpers import experiment


def saved_file(folder: Path, **more: Any) -> Path:
    trainer = Trainer(experiment(**more))
    for _ in range(3):
        trainer.step_epoch()
    files.save(folder / "e.json", trainer)
    return folder / "e.json"


def test_a_spec_alone_is_an_experiment(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    path.write_text('{"format": "neuroloom-experiment", "version": 1, "spec": {}}')
    assert files.load(path).spec == files.load(path).trainer().spec


def damaged(raw: dict[str, Any], change: str) -> Any:
    run = raw["run"]
    match change:
        case "format":
            raw["format"] = "other"
        case "version":
            raw["version"] = 99
        case "version text":
            raw["version"] = "1"
        case "no spec":
            del raw["spec"]
        case "unknown part":
            raw["weights"] = []
        case "layers":
            raw["spec"]["network"]["hidden_layer_sizes"] = [10**9]
        case "other network":
            raw["spec"]["network"]["hidden_layer_sizes"] = [5]
        case "slots":
            run["slots"].pop()
        case "base64":
            run["params"]["base64"] = "?" + run["params"]["base64"][1:]
        case "short":
            run["params"]["base64"] = run["params"]["base64"][:-8]
        case "nan":
            run["params"] = files._encode(np.full(17, np.nan, np.float32))
        case "shape":
            run["history"]["shape"] = [2**40, 5]
        case "dtype":
            run["params"]["dtype"] = "|O"
        case "epoch":
            run["epoch"] = -1
        case "rng":
            run["rng"]["state"]["state"] = "x"
        case "batch":
            run["batch"] = 10**6
        case "order":
            run |= {"batch": 1, "order": files._encode(np.zeros(42, np.int64))}
        case "run":
            raw["run"] = [1]
    return raw


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("format", "not a Neuroloom experiment"), ("version", "newer Neuroloom"), ("version text", "version"),
        ("no spec", "no spec"), ("unknown part", "unknown part 'weights'"), ("layers", "outside 1 to"),
        ("other network", "must hold"), ("slots", "vectors for Adam"), ("base64", "base64"), ("short", "shape"),
        ("nan", "finite"), ("shape", "shape"), ("dtype", "array of"), ("epoch", "whole number"), ("rng", "random generator"),
        ("run", "must be an object"),
    ],
)  # fmt: skip
def test_each_damage_has_its_sentence(tmp_path: Path, change: str, says: str) -> None:
    path = saved_file(tmp_path)
    path.write_text(json.dumps(damaged(json.loads(path.read_text()), change)))
    with pytest.raises(UnreadableFile) as caught:
        files.load(path)
    assert says in str(caught.value)
    assert str(caught.value).startswith("e.json: ")


@pytest.mark.parametrize("change", ["batch", "order"])
def test_a_run_that_does_not_fit_its_data_is_refused(tmp_path: Path, change: str) -> None:
    path = saved_file(tmp_path)
    path.write_text(json.dumps(damaged(json.loads(path.read_text()), change)))
    with pytest.raises(InvalidSpec, match="data"):
        files.load(path).trainer()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not JSON"), (b"\x00" * 136, "is not JSON"), (b"\xff\xfe{}", "not a text file"), (b"[1, 2", "is not JSON"),
        (b"[" * 100_000, "nested too deeply"), (b"null", "not a Neuroloom"),
        (b'{"format": "neuroloom-experiment", "version": NaN}', "NaN"), (b"1" * 5000, "far too large"),
    ],
)  # fmt: skip
def test_what_is_not_an_experiment(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=says):
        files.load(path)


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UnreadableFile, match="can't be read"):
            files.load(path)


def test_random_mutations_never_escape_the_two_outcomes(tmp_path: Path) -> None:
    original = saved_file(tmp_path).read_bytes()
    rng, path = random.Random(7), tmp_path / "mutant.json"
    outcomes = {"read": 0, "refused": 0}
    for _ in range(400):
        content = bytearray(original)
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(content))
            match rng.randint(0, 2):
                case 0:
                    content[at] = rng.randrange(256)
                case 1:
                    del content[at : at + rng.randint(1, 50)]
                case 2:
                    content[at:at] = rng.randbytes(rng.randint(1, 5))
        path.write_bytes(content)
        sentence = ""
        try:
            trainer = files.load(path).trainer()
        except (UnreadableFile, InvalidSpec) as error:
            sentence = str(error)
        outcomes["refused" if sentence else "read"] += 1
        assert len(sentence) < 600
        assert sentence or np.isfinite(trainer.network.params).all()
    assert min(outcomes.values()) > 0, outcomes


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved_file(tmp_path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(UnreadableFile, match="No space left"):
        files.save(path, Trainer(experiment()))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_history_is_thinned_in_the_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_HISTORY_ROWS", 10)
    trainer = Trainer(experiment("xor", batch_size=4))
    for _ in range(50):
        trainer.step_epoch()
    files.save(tmp_path / "long.json", trainer)
    loaded = files.load(tmp_path / "long.json").trainer()
    assert len(loaded.history) == 10
    assert loaded.history.last() == trainer.history.last()
    assert len(trainer.history) == 51


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_saved_file_is_readable_as_any_other(tmp_path: Path) -> None:
    path = saved_file(tmp_path)
    (tmp_path / "plain").write_text("")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
