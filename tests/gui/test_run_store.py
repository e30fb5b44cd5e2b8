"""The history of runs on disk: what is written comes back, whatever is damaged or killed."""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UnreadableFile
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, TrainingSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui.history import weights
from gui.history.comparing import RunLook, best_of, lines_of, looks_at
from gui.history.record import RunRecord, name_of, settings_of, spark_of, thinned
from gui.history.store import SORTS, HistoryError, RunStore

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path)
    yield store
    store.close()


def run(name: str = "run", **changes) -> RunRecord:
    return replace(RunRecord("playground", name, 100.0, 200.0, 10, 1.5, 7, "{}"), **changes)


def trained(epochs: int, spec: ExperimentSpec | None = None) -> Trainer:
    trainer = Trainer(spec or ExperimentSpec())
    trainer.advance(lambda: False, Until("epoch", epochs))
    return trainer


# --- round trips --------------------------------------------------------------------------------------------------------

_numbers = st.floats(allow_nan=True, allow_infinity=False, width=32)
_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=40)
_records = st.builds(
    RunRecord, page=st.sampled_from(["playground", "digits"]), name=_texts, started=st.floats(0, 4e9), ended=st.floats(0, 4e9),
    epochs=st.integers(0, 2**40), seconds=st.floats(0, 1e9), seed=st.integers(0, 2**32), spec=_texts, settings=_texts,
    differs=_texts, train_loss=_numbers, test_loss=_numbers, train_accuracy=_numbers, test_accuracy=_numbers,
    regression=st.booleans(), thumbnail=st.binary(max_size=50), classes=st.integers(1, 10), parent=st.integers(0, 9),
    mark=_texts,
    spark=st.integers(0, 64).map(lambda n: np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)),
)  # fmt: skip


def same(a: RunRecord, b: RunRecord) -> bool:
    pairs = [(getattr(a, f.name), getattr(b, f.name)) for f in fields(RunRecord) if f.name not in ("spark", "id")]
    equal = all(x == y or (isinstance(x, float) and math.isnan(x) and math.isnan(y)) for x, y in pairs)
    return equal and np.array_equal(a.spark, b.spark)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One for many examples: each finds what it put among what is there."""
    return tmp_path_factory.mktemp("history")


@settings(max_examples=30)
@given(st.lists(_records, min_size=1, max_size=4))
def test_what_is_put_comes_back(folder, given_records):
    store = RunStore(folder)
    ids = store.put_all(given_records)
    store.close()
    rows = store.rows(ids)
    store.close()
    assert all(same(rows[i], record) and rows[i].id == i for i, record in zip(ids, given_records, strict=True))


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_a_run_goes_on_with_the_same_bits(store, optimizer):
    spec = replace(
        ExperimentSpec(), optimizer=OPTIMIZERS[optimizer](), training=TrainingSpec(patience=50),
        data=DataSpec(validation_share=0.2),
    )  # fmt: skip
    trainer = trained(3, spec)
    trainer.step_batch()
    found = store.put(run(mark=weights.mark_of(trainer.network.params, 3)), weights.pack(trainer))
    again = store.saved(found).trainer()
    for one in (trainer, again):
        one.advance(lambda: False, Until("epoch", 6))
    assert np.array_equal(trainer.network.params, again.network.params)
    assert np.array_equal(trainer.history.view(), again.history.view())


def test_weights_are_a_plain_safetensors_file(store):
    from safetensors.numpy import load_file

    trainer = trained(2)
    found = store.put(run(), weights.pack(trainer))
    tensors = load_file(store.weights_of(found))
    assert np.array_equal(tensors["params"], trainer.network.params)
    assert set(tensors) == {"params", "history", "slots.0", "slots.1"}


def test_a_long_history_is_thinned_from_the_first_row_to_the_last():
    rows = np.column_stack([np.arange(5000.0), *np.ones((4, 5000))])
    kept, spark = thinned(rows, weights.HISTORY_ROWS), spark_of(rows)
    assert len(kept) == 500
    assert kept[0, 0] == 0
    assert kept[-1, 0] == 4999
    assert spark.shape == (64, 3)
    assert spark[-1, 0] == 4999
    assert len(spark_of(rows[:5])) == 5


def test_names_and_settings_say_what_was_chosen():
    spec = ExperimentSpec()
    assert name_of(spec) == "Spiral, 8-8"
    assert settings_of(spec).startswith("Spiral · 8-8 · tanh · Glorot (Xavier) · Cross-entropy · Adam")
    bare = replace(spec, network=replace(spec.network, hidden_layer_sizes=()))
    assert name_of(bare) == "Spiral, no hidden layer"


# --- the list -------------------------------------------------------------------------------------------------------------


def test_newest_first_sorted_and_without_numbers_last(store):
    a, b, c = store.put_all(
        [
            run("b", started=1.0, test_loss=0.3, epochs=5),
            run("A", started=2.0, test_loss=math.nan, epochs=5),
            run("c", started=3.0, test_loss=0.1, epochs=9, page="digits"),
        ]
    )
    assert store.ids() == [c, b, a]
    assert store.ids(descending=False) == [a, b, c]
    assert store.ids(sort="test_loss", descending=False) == [c, a, b]
    assert store.ids(sort="test_loss") == [a, c, b]
    assert store.ids(sort="name", descending=False) == [b, a, c]
    assert store.ids(sort="epochs") == [c, b, a]  # the newest first among equals
    assert store.ids(page="digits") == [c]
    assert store.count() == 3
    assert all(len(store.ids(sort=sort)) == 3 for sort in SORTS)


def test_search_finds_every_word_anywhere(store):
    a, b = store.put_all([run("Moons", settings="tanh · Adam"), run("100%_", differs="Optimizer SGD → Adam")])
    assert store.ids("adam") == [b, a]
    assert store.ids("moons ADAM") == [a]
    assert store.ids("%_") == [b]
    assert store.ids("0%_") == [b]
    assert store.ids("_") == [b]
    assert store.ids("\\") == []
    assert store.ids("nothing") == []
    assert store.ids("'; DROP TABLE runs") == []
    assert store.count() == 2


def test_the_name_that_a_person_gave_stays(store):
    trainer = trained(1)
    found = store.put(run("Spiral"), weights.pack(trainer))
    store.rename(found, "  my   best ")
    assert store.put(run("Spiral", id=found, epochs=99, started=5.0), weights.pack(trainer)) == found
    row = store.rows([found])[found]
    assert (row.name, row.epochs, row.started) == ("my best", 99, 100.0)
    store.rename(found, "   ")
    assert store.rows([found])[found].name == "my best"


def test_what_is_deleted_comes_back_until_the_store_is_closed(store):
    a, b = (store.put(run(name), weights.pack(trained(1))) for name in "ab")
    store.delete([a, b])
    assert store.ids() == []
    assert store.count() == 0
    assert store.rows([a]) == {}
    assert store.weights_of(a).exists()
    store.restore([a])
    assert store.ids() == [a]
    store.close()
    assert store.weights_of(a).exists()
    assert not store.weights_of(b).exists()
    store.restore([b])
    assert store.ids() == [a]


def test_a_run_that_was_deleted_while_it_trained_on_is_a_new_one(store):
    found = store.put(run("a"), weights.pack(trained(1)))
    store.delete([found])
    again = store.put(run("a", id=found, epochs=20), weights.pack(trained(2)))
    assert again != found
    store.restore([found])
    assert [store.rows([i])[i].epochs for i in (found, again)] == [10, 20]


def test_a_mark_tells_the_weights(store):
    mark = weights.mark_of(np.ones(3, np.float32), 5)
    found = store.put_all([run(mark=mark), run(mark="other")])[0]
    assert store.find(mark) == found
    assert store.find("none") == 0
    assert mark != weights.mark_of(np.ones(3, np.float32), 6) != weights.mark_of(np.zeros(3, np.float32), 6)


# --- comparing --------------------------------------------------------------------------------------------------------------


def test_looks_fall_back_on_the_short_curves(store):
    trainer = trained(4)
    whole = store.put(run(spec="{}"), weights.pack(trainer))
    bare = store.put_all([run(spark=np.ones((2, 3), np.float32), spec="not json")])[0]
    looks = looks_at(store, [whole, bare, 999])
    assert [len(look.curves) for look in looks] == [5, 2]
    assert looks[0].spec == ExperimentSpec()
    assert looks[1].spec is None


def test_the_best_is_named_only_where_there_is_a_choice():
    assert best_of([0.3, 0.1, math.nan], smallest=True) == 1
    assert best_of([0.3, 0.9], smallest=False) == 1
    assert best_of([0.3], smallest=True) is None
    assert best_of([0.3, 0.3], smallest=True) is None


def test_nothing_is_best_where_losses_measure_other_things():
    spec = ExperimentSpec()
    hinge = replace(spec, network=replace(spec.network, loss=LOSSES["hinge"]()))
    texts = {"Test loss": ("a", "b"), "Epochs": ("1", "2")}

    def best(*specs: ExperimentSpec) -> list[int | None]:
        losses = (0.2, 0.1)
        looks = [RunLook(run(test_loss=loss), np.empty((0, 3)), s) for loss, s in zip(losses, specs, strict=True)]
        return [line.best for line in lines_of(looks, texts)[:2]]

    assert best(spec, replace(spec, training=TrainingSpec(batch_size=3))) == [1, None]
    assert best(spec, hinge) == [None, None]


# --- damage -----------------------------------------------------------------------------------------------------------------


def _filled(folder: Path) -> None:
    store = RunStore(folder)
    store.put(run("kept"), weights.pack(trained(1)))
    store.put_all([run(f"run {i}", thumbnail=bytes(3000)) for i in range(60)])
    store.close()


@pytest.mark.parametrize("damage", ["garbage", "truncated", "overwritten", "foreign"])
def test_a_damaged_history_is_set_aside_whole(tmp_path, damage):
    _filled(tmp_path)
    path = tmp_path / "runs.sqlite"
    content = path.read_bytes()
    if damage == "foreign":
        path.unlink()
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE runs (x)")
        database.close()
    else:
        changed = {
            "garbage": b"no database " * 1000,
            "truncated": content[: len(content) // 3],
            "overwritten": content[:100] + bytes(255 for _ in range(len(content) - 100)),
        }
        path.write_bytes(changed[damage])
    damaged = path.read_bytes()
    store = RunStore(tmp_path)
    try:
        try:
            assert store.ids() == []
            sentence = store.complaint
        except HistoryError as error:  # found damaged only while it was read
            sentence = str(error)
        assert sentence == "The history of runs was damaged, so a new one is begun. The old one is kept in runs.bad."
        assert store.ids() == []
        assert store.put(run(), weights.pack(trained(1))) == 1
    finally:
        store.close()
    kept = (tmp_path / "runs.bad" / "runs.sqlite").read_bytes()
    assert kept == damaged or (damage == "foreign" and b"CREATE TABLE runs (x)" in kept)
    assert (tmp_path / "runs.bad" / "runs" / "1.safetensors").exists()


def test_a_second_damage_takes_another_folder(tmp_path):
    for _ in range(2):
        (tmp_path / "runs.sqlite").write_bytes(b"x" * 5000)
        store = RunStore(tmp_path)
        assert store.ids() == []
        store.close()
    assert "runs.bad-2" in store.complaint
    assert (tmp_path / "runs.bad-2" / "runs.sqlite").exists()


def test_a_history_of_a_newer_version_is_left_alone(tmp_path):
    _filled(tmp_path)
    database = sqlite3.connect(tmp_path / "runs.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    store = RunStore(tmp_path)
    with pytest.raises(HistoryError, match="newer Neuroloom"):
        store.ids()
    store.close()
    assert not (tmp_path / "runs.bad").exists()


@pytest.mark.parametrize("damage", ["missing", "empty", "garbage", "cut", "foreign"])
def test_damaged_weights_are_one_sentence_and_cost_nothing_else(store, damage):
    from safetensors.numpy import save

    found = store.put(run(), weights.pack(trained(1)))
    path = store.weights_of(found)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        changed = {"empty": b"", "garbage": os.urandom(500), "cut": content[:-40], "foreign": save({"x": np.ones(2)})}
        path.write_bytes(changed[damage])
    with pytest.raises(UnreadableFile, match=r"1\.safetensors: .*The other runs are not touched"):
        store.saved(found)
    assert store.ids() == [found]


@settings(max_examples=50)
@given(st.binary(min_size=1, max_size=30), st.integers(0, 2**31))
def test_no_bytes_in_the_weights_do_more_than_be_refused(folder, patch, place):
    content = bytearray(_PACKED)
    at = place % len(content)
    content[at : at + len(patch)] = patch
    path = folder / "patched.safetensors"
    path.write_bytes(bytes(content))
    with contextlib.suppress(UnreadableFile):
        weights.read(path)


_PACKED = weights.pack(trained(1))


def test_a_folder_that_can_not_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="can't be written"):
        RunStore(tmp_path / "file").ids()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_no_kill_loses_a_run(tmp_path):
    program = [sys.executable, "-m", "tests.gui.killed_runs", str(tmp_path), "30", "20261126"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) >= 10
