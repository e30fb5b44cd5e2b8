"""Early stopping: counted as scikit-learn counts, the best weights back, and the same bits through steps, back and files."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import files
from engine.data import load_data
from engine.datasets import DATASETS
from engine.errors import InvalidSpec, UnreadableFile
from engine.snapshot import Metrics, RunState
from engine.spec import DataSpec, ExperimentSpec
from engine.stopping import Until, Watch, judged
from engine.trainer import Trainer
from tests.engine.helpers import experiment


def never() -> bool:
    return False


def overfitting(**settings: float) -> ExperimentSpec:
    """Few noisy points and a large rate: the validation loss turns soon."""
    spec = experiment("circles", hidden=(12, 12), samples=60, rate=0.05, **{"patience": 6, "tolerance": 0.0} | settings)
    dataset = replace(spec.data.dataset, noise=0.5)
    return replace(spec, data=replace(spec.data, dataset=dataset, validation_share=0.3))


# --- counting ---------------------------------------------------------------------------------------------------------


def test_counting_by_hand() -> None:
    watch, waits = Watch(), []
    for epoch, value in enumerate([1.0, 0.95, 0.8, 0.75, 0.72, 0.6], 1):
        watch = watch.after(value, epoch, np.array([value]), tolerance=0.1)
        waits.append(watch.waited)
    # 0.95 is no clear progress over 1; 0.8 is over 0.95; 0.75 and 0.72 are not; 0.6 is over 0.72.
    assert waits == [0, 1, 0, 1, 2, 0]
    assert (watch.best, watch.epoch) == (0.6, 6)
    assert watch.after(0.7, 7, np.array([0.7]), 0.1).params.tolist() == [0.6]


def test_it_stops_where_scikit_learn_stops() -> None:
    from sklearn.neural_network import MLPClassifier

    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (150, 2)), rng.integers(0, 2, 150)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MLPClassifier(
            (5,), early_stopping=True, n_iter_no_change=4, tol=0.01, max_iter=300, random_state=2
        ).fit(x, y)
    assert model.n_iter_ < 300
    watch, stops = Watch(), []
    for epoch, score in enumerate(model.validation_scores_, 1):
        watch = watch.after(-score, epoch, np.zeros(1), 0.01)
        if watch.waited > 4:
            stops.append(epoch)
    assert stops == [model.n_iter_]
    assert -watch.best == model.best_validation_score_


def test_what_is_judged() -> None:
    metrics, training = Metrics(1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6), experiment().training
    by_score = replace(training, stop_on_score=True)
    assert [judged(metrics, t, v) for t in (training, by_score) for v in (True, False)] == [0.5, 0.1, -0.6, -0.3]


# --- validation samples -----------------------------------------------------------------------------------------------


def test_validation_samples_come_out_of_the_training_ones() -> None:
    plain = DataSpec(DATASETS["circles"](n_samples=100))
    without, data = load_data(plain), load_data(replace(plain, validation_share=0.2))
    assert without.validation is None
    assert data.validation is not None
    assert (len(data.train), len(data.validation), len(data.test)) == (56, 14, 30)
    assert np.array_equal(data.test.raw, without.test.raw)
    assert np.array_equal(np.vstack([data.validation.raw, data.train.raw]), without.train.raw)


def test_a_truth_table_is_not_split() -> None:
    spec = experiment("xor", batch_size=4, patience=3)
    trainer = Trainer(replace(spec, data=replace(spec.data, validation_share=0.3)))
    assert trainer.data.validation is None
    assert trainer.history.columns == 5
    trainer.step_epoch()


def test_the_history_holds_the_validation_figures() -> None:
    trainer = Trainer(overfitting())
    trainer.step_epoch()
    rows = trainer.history.view()
    assert rows.shape == (2, 7)
    answers = trainer.network.predict(trainer.data.validation.x)[:, 0] > 0.5
    assert rows[1, 6] == pytest.approx(np.mean(answers == trainer.data.validation.labels))
    assert trainer.metrics().validation_loss == rows[1, 5]
    assert trainer.history.view().flags.writeable is False
    assert Trainer(experiment()).history.view().shape == (1, 5)


# --- stopping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_score", [False, True])
def test_it_stops_and_the_best_weights_are_back(by_score: bool) -> None:
    trainer, column = Trainer(overfitting(stop_on_score=by_score)), 6 if by_score else 5
    assert trainer.advance(never, Until("epoch", 2000)) is True
    assert trainer.stopped
    assert trainer.epoch < 2000
    rows = trainer.history.view()[1:]
    values = -rows[:, column] if by_score else rows[:, column]
    best = int(np.argmin(values)) + 1
    assert trainer.snapshot().best_epoch == best
    assert trainer.epoch - best >= 7
    assert len(rows) == trainer.epoch, "the rows after the best epoch stay, to be drawn"
    now = trainer.metrics()
    assert (now.validation_loss, now.validation_accuracy) == tuple(rows[best - 1, 5:7])
    assert (now.train_loss, now.test_loss) == tuple(rows[best - 1, 1:3])
    snapshot = trainer.snapshot()
    assert snapshot.state is RunState.PAUSED
    assert f"epoch {best} are back" in snapshot.message


def test_going_on_starts_from_the_best_and_counts_anew() -> None:
    trainer = Trainer(overfitting())
    trainer.advance(never)
    stopped_at, best = trainer.epoch, trainer.network.params.copy()
    trainer.step_epoch()
    assert not trainer.stopped
    assert trainer.snapshot().message == ""
    trainer.advance(never, Until("epoch", stopped_at + 500))
    if trainer.snapshot().best_epoch <= stopped_at:
        assert trainer.epoch == stopped_at + 7
        assert np.array_equal(trainer.network.params, best)


def test_without_validation_samples_the_training_loss_is_watched() -> None:
    trainer = Trainer(experiment("xor", hidden=(), batch_size=4, rate=0.1, patience=5, tolerance=1e-4))
    assert trainer.advance(never, Until("epoch", 5000))
    assert trainer.stopped
    assert trainer.epoch < 2000


def test_patience_of_zero_never_stops() -> None:
    trainer = Trainer(overfitting(patience=0))
    trainer.advance(never, Until("epoch", 60))
    assert (trainer.epoch, trainer.stopped) == (60, "")
    assert trainer.snapshot().best_epoch is None


# --- the same bits ----------------------------------------------------------------------------------------------------


def test_every_grain_stops_with_the_same_bits() -> None:
    reference, by_batch = Trainer(overfitting()), Trainer(overfitting())
    reference.advance(never)
    while not by_batch.stopped:
        by_batch.step_batch()
    assert np.array_equal(reference.network.params, by_batch.network.params)
    assert np.array_equal(reference.history.view(), by_batch.history.view())


def test_back_over_the_stop_and_forward_again() -> None:
    trainer = Trainer(overfitting(dropout=0.1))
    trainer.advance(never)
    there, epoch = trainer.network.params.copy(), trainer.epoch
    for _ in range(4):
        trainer.step_back()
    assert not trainer.stopped
    trainer.advance(never)
    assert trainer.epoch == epoch
    assert np.array_equal(trainer.network.params, there)


@pytest.mark.parametrize("epochs", [3, 10_000])
def test_saved_and_loaded_it_stops_at_the_same_epoch(tmp_path: Path, epochs: int) -> None:
    straight, saved = Trainer(overfitting()), Trainer(overfitting())
    for trainer in (straight, saved):
        trainer.advance(never, Until("epoch", epochs))
    files.save(tmp_path / "run.json", saved)
    loaded = files.load(tmp_path / "run.json").trainer()
    assert loaded.metrics() == straight.metrics()
    assert loaded.snapshot().message == straight.snapshot().message
    for trainer in (straight, loaded):
        trainer.advance(never, Until("epoch", 10_000))
    assert straight.epoch == loaded.epoch
    assert np.array_equal(straight.network.params, loaded.network.params)
    assert np.array_equal(straight.history.view(), loaded.history.view())


def test_damaged_watches_and_histories_are_refused(tmp_path: Path) -> None:
    path, trainer = tmp_path / "run.json", Trainer(overfitting())
    trainer.step_epoch()
    files.save(path, trainer)
    raw = json.loads(path.read_text())
    for watch in ([], {"best": "low"}, {**raw["run"]["watch"], "waited": -1}, {**raw["run"]["watch"], "params": None}):
        path.write_text(json.dumps(raw | {"run": raw["run"] | {"watch": watch}}))
        with pytest.raises(UnreadableFile, match="run"):
            files.load(path)
    narrow = files._encode(trainer.history.view()[:, :5])
    path.write_text(json.dumps(raw | {"run": raw["run"] | {"history": narrow}}))
    with pytest.raises(InvalidSpec, match="history does not fit"):
        files.load(path).trainer()


def test_a_file_from_before_early_stopping_still_loads(tmp_path: Path) -> None:
    path, trainer = tmp_path / "run.json", Trainer(experiment())
    trainer.step_epoch()
    files.save(path, trainer)
    raw = json.loads(path.read_text())
    new = {"dropout", "l2_per_sample", "input_noise", "label_smoothing", "clip_norm", "max_norm", "patience", "tolerance",
           "stop_on_score", "schedule", "layer_dropout"}  # fmt: skip
    raw["spec"]["training"] = {name: value for name, value in raw["spec"]["training"].items() if name not in new}
    del raw["spec"]["data"]["validation_share"]
    del raw["spec"]["optimizer"]["torch_epsilon"]
    del raw["run"]["memory"]
    path.write_text(json.dumps(raw))
    loaded = files.load(path).trainer()
    loaded.step_epoch()
    trainer.step_epoch()
    assert np.array_equal(loaded.network.params, trainer.network.params)
