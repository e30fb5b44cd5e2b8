"""Studies of small networks in this process: what a trial leaves behind, and what is read of it."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage
from safetensors.numpy import load as load_tensors

from engine.errors import InvalidSpec
from engine.probes import decision_maps
from engine.spec import ExperimentSpec, TrainingSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui.tuning import database, importance, landscape, objective, picture, storage, weights
from gui.tuning.space import trial_spec
from gui.tuning.storage import TuningError, best_of
from gui.tuning.study import COMPLETE, PRUNED, WAITING, Choice, TrialView
from gui.tuning.worker import work
from tests.tuning.studies import RATE, base, begun, settings, states


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """A study of 14 trials, finished: (url, settings, view)."""
    url, made = begun(tmp_path_factory.mktemp("tuned"), trials=14, pruner="median", sampler="tpe", epochs=5)
    assert work(url, made.name, never) == 14
    yield url, made, storage.read_study(url, made.name)
    storage.close()


def test_what_a_trial_leaves_behind(tuned):
    _, made, view = tuned
    assert states(view)[COMPLETE] + states(view)[PRUNED] == len(view.trials) == 14
    assert states(view)[PRUNED] > 0
    for trial in view.trials:
        assert set(trial.params) == {"learning_rate", "width"}
        assert [epoch for epoch, _ in trial.curve] == list(range(1, len(trial.curve) + 1))
        assert (len(trial.curve) == made.epochs) == (trial.state == COMPLETE)
        assert trial.seconds > 0
        assert trial.machine
        assert trial.has_weights
        assert not trial.problem
    losses = {trial.number: trial.values[0] for trial in view.trials if trial.state == COMPLETE}
    assert view.best == (min(losses, key=losses.__getitem__),)
    assert all(trial.curve[-1][1] == pytest.approx(trial.values[0], abs=1e-6) for trial in view.trials if trial.values)
    assert (view.workers, view.running, view.seconds_left) == (0, False, None)


def test_one_worker_gives_the_same_trials_however_often_it_is_stopped(tuned, tmp_path):
    _, made, view = tuned
    url, _ = begun(tmp_path, **{name: getattr(made, name) for name in ("trials", "pruner", "sampler", "epochs")})
    for n in (1, 4, 0):
        work(url, made.name, never, trials=n)
    again = storage.read_study(url, made.name)
    assert [(t.params, t.values, t.state) for t in again.trials] == [(t.params, t.values, t.state) for t in view.trials]


def test_a_trial_opens_and_trains_on_as_if_it_had_never_stopped(tuned):
    url, made, view = tuned
    number = view.best[0]
    saved = storage.trial_experiment(url, made.name, number)
    opened = saved.trainer()
    assert (opened.epoch, saved.title) == (made.epochs, f"study, trial {number}")
    alone = Trainer(trial_spec(made, view.trials[number].params))
    opened.advance(never, Until("epoch", made.epochs + 2))
    alone.advance(never, Until("epoch", made.epochs + 2))
    assert opened.network.params.tobytes() == alone.network.params.tobytes()
    assert opened.history.view().tobytes() == alone.history.view().tobytes()


def test_the_thumbnail_is_what_the_network_makes_of_the_plane(tuned):
    url, made, view = tuned
    trainer = storage.trial_experiment(url, made.name, view.best[0]).trainer()
    image = QImage.fromData(view.trials[view.best[0]].picture, "PNG")
    assert (image.width(), image.height(), image.isGrayscale()) == (32, 32, True)
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    levels = np.frombuffer(grey.constBits(), np.uint8).reshape(32, grey.bytesPerLine())[:, :32]
    expected = decision_maps(trainer.spec, trainer.network.layout, trainer.network.params, 32).layers[-1][0]
    np.testing.assert_allclose(levels / 255, expected, atol=0.5 / 255 + 1e-6)


def test_the_thumbnail_of_images_is_their_confusion():
    trainer = Trainer(trial_spec(settings(base=base("digits")), {"width": 16, "learning_rate": 0.01}))
    trainer.advance(never, Until("epoch", 4))
    image = QImage.fromData(picture.thumbnail(trainer), "PNG")
    assert (image.width(), image.height()) == (40, 40)
    part = trainer.data.validation
    predicted = trainer.network.predict(part.x).argmax(axis=1)
    for label in (0, 7):
        share = np.mean(predicted[part.labels == label] == label)
        assert image.pixelColor(4 * label + 1, 4 * label + 2).red() == round(share * 255)


def test_only_what_is_new_is_read_again(tuned, monkeypatch):
    url, made, view = tuned
    read = []
    monkeypatch.setattr(storage, "_trial_view", lambda trial: read.append(trial))
    assert storage.read_study(url, made.name) == view
    assert read == []


def test_importance_slice_and_contour(tuned):
    _, _, view = tuned
    complete = [trial for trial in view.trials if trial.state == COMPLETE]
    if len(complete) >= importance.FEWEST:
        assert set(view.importance) == {"learning_rate", "width"}
        assert sum(view.importance.values()) == pytest.approx(1)
    points = landscape.slice_of(view, "width")
    assert [number for number, _, _ in points] == [trial.number for trial in complete]
    found = landscape.contour_of(view, "learning_rate", "width", side=8)
    assert found.values.shape == (8, 8)
    values = [trial.values[0] for trial in complete]
    assert min(values) - 1e-9 <= found.values.min() <= found.values.max() <= max(values) + 1e-9


def test_csv(tuned, tmp_path):
    _, made, view = tuned
    storage.export_csv(view, tmp_path / "trials.csv")
    with open(tmp_path / "trials.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["trial"]) for row in rows] == [trial.number for trial in view.trials]
    for row, trial in zip(rows, view.trials, strict=True):
        assert (row["state"], float(row["learning_rate"])) == (trial.state, trial.params["learning_rate"])
        assert row["validation_loss"] == (repr(trial.values[0]) if trial.values else "")
    assert made.name in storage.studies(tuned[0])


def test_a_run_that_diverges_is_a_bad_value_and_no_crash(tmp_path):
    far = Choice("learning_rate", 9.0, 10.0)
    url, made = begun(tmp_path, base=base("plane"), space=(far, Choice("optimizer", options=("sgd",))), trials=2)
    work(url, made.name, never)
    view = storage.read_study(url, made.name)
    start = objective.value_of(Trainer(trial_spec(made, view.trials[0].params)), "validation_loss")
    for trial in view.trials:
        assert trial.state == COMPLETE
        assert trial.problem.startswith("Training stopped in epoch")
        assert trial.values == (pytest.approx(objective.DIVERGED_TIMES * start),)
        assert not trial.has_weights
    assert storage.trial_experiment(url, made.name, 0).moment is None


def test_a_combination_that_can_not_be_is_pruned_and_counts(tmp_path):
    large = (Choice("layers", 1, 16, whole=True), Choice("width", 2, 4096, whole=True))
    url, made = begun(tmp_path, space=large, trials=1)
    study, _ = storage.load(url, made.name)
    study.enqueue_trial({"layers": 16, "width": 4096})
    work(url, made.name, never)
    (trial,) = storage.read_study(url, made.name).trials
    assert (trial.state, "parameters are more than" in trial.problem) == (PRUNED, True)


def test_two_objectives_have_a_front(tmp_path):
    url, made = begun(tmp_path, objective="accuracy_and_parameters", sampler="tpe", trials=8)
    work(url, made.name, never)
    view = storage.read_study(url, made.name)
    assert states(view) == {COMPLETE: 8}
    assert all(len(trial.curve) == made.epochs for trial in view.trials)
    front = {trial.number: trial.values for trial in view.trials if trial.number in view.best}
    for trial in view.trials:
        beaten = [f for f in front.values() if f[0] >= trial.values[0] and f[1] <= trial.values[1]]
        assert beaten, "something in the front is at least as good in both"
    assert not any(a[0] >= b[0] and a[1] <= b[1] and a != b for a in front.values() for b in front.values()), (
        "no trial of the front beats another in both"
    )


def test_the_front_by_hand():
    made = settings(objective="accuracy_and_parameters")
    values = {0: (0.9, 100.0), 1: (0.95, 200.0), 2: (0.9, 90.0), 3: (0.5, 10.0), 4: (0.94, 300.0), 5: (0.95, 250.0)}
    views = [TrialView(number, COMPLETE, {}, value) for number, value in values.items()]
    assert best_of(made, views) == (1, 2, 3)
    assert best_of(made, []) == ()
    accuracies = [TrialView(3, COMPLETE, {}, (0.5,)), TrialView(4, COMPLETE, {}, (0.7,))]
    assert best_of(settings(objective="validation_accuracy"), accuracies) == (4,)


def test_validation_accuracy_is_better_the_higher(tmp_path):
    url, made = begun(tmp_path, objective="validation_accuracy", space=(RATE,), trials=4)
    work(url, made.name, never)
    view = storage.read_study(url, made.name)
    assert view.trials[view.best[0]].values[0] == max(trial.values[0] for trial in view.trials)


def test_a_gate_is_judged_by_its_table(tmp_path):
    url, made = begun(tmp_path, base=base("xor"), trials=1)
    work(url, made.name, never)
    (trial,) = storage.read_study(url, made.name).trials
    assert math.isfinite(trial.values[0])


def test_early_stopping_ends_a_trial(tmp_path):
    spec = replace(base(n_samples=60), training=TrainingSpec(patience=1, tolerance=1.0))
    url, made = begun(tmp_path, base=spec, trials=1, epochs=50)
    work(url, made.name, never)
    (trial,) = storage.read_study(url, made.name).trials
    assert (trial.state, len(trial.curve) < 10) == (COMPLETE, True)
    assert storage.trial_experiment(url, made.name, 0).trainer().metrics().validation_loss == pytest.approx(
        trial.values[0]
    )


def test_asked_to_end_a_worker_gives_its_trial_back(tmp_path):
    url, made = begun(tmp_path, trials=2, epochs=10**6)
    asked = iter([False] * 20)
    assert work(url, made.name, lambda: next(asked, True)) == 0
    (trial,) = storage.read_study(url, made.name).trials
    assert (trial.state, len(trial.params)) == (WAITING, 2)


def test_large_weights_lie_without_the_optimizer_s_memory():
    small = Trainer(replace(base(), network=replace(base().network, hidden_layer_sizes=(4,))))
    large = Trainer(replace(base("digits"), network=replace(base().network, hidden_layer_sizes=(400,))))
    large.step_epoch()
    assert set(load_tensors(weights.pack(small))) == {"params", "history", "slots.0", "slots.1"}
    content = weights.pack(large)
    assert set(load_tensors(content)) == {"params", "history"}
    opened = weights.unpack(content, large.spec).trainer()
    assert opened.network.params.tobytes() == large.network.params.tobytes()
    assert opened.descent.step == 0


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"\x02\x00\x00\x00\x00\x00\x00\x00{}"])
def test_damaged_weights_are_refused(damage):
    with pytest.raises(InvalidSpec, match="damaged"):
        weights.unpack(damage, ExperimentSpec())


def test_weights_of_another_network_are_refused():
    content = weights.pack(Trainer(base()))
    other = replace(base(), network=replace(base().network, hidden_layer_sizes=(9,)))
    with pytest.raises(InvalidSpec, match="must hold"):
        weights.unpack(content, other)


def test_studies_are_listed_and_deleted(tmp_path):
    url, _ = begun(tmp_path, name="one", trials=1)
    storage.create_study(url, settings("two"))
    work(url, "one", never)
    assert storage.studies(url) == ("two", "one")
    with pytest.raises(TuningError, match="called two already"):
        storage.create_study(url, settings("two"))
    engine = database.opened(url).engine
    assert weights.get(engine, 1) is not None
    storage.read_study(url, "one")
    storage.delete_study(url, "one")
    assert (storage.studies(url), weights.get(engine, 1)) == (("two",), None)
    with pytest.raises(TuningError, match="there are: two"):
        storage.read_study(url, "one")
    with pytest.raises(TuningError, match="no trial 5"):
        storage.trial_experiment(url, "two", 5)
    storage.close()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "There is no storage"),
        ("mysql://ada@host/db", "not in mysql"),
        ("postgresql://ada:secret@127.0.0.1:9/db", "can't be opened"),
    ],
)
def test_a_bad_address_is_one_sentence(address, words):
    with pytest.raises(TuningError, match=words) as said:
        storage.studies(address)
    assert "secret" not in str(said.value)


def test_without_psycopg_the_line_to_run_is_said(monkeypatch):
    monkeypatch.setattr(database.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(TuningError, match=r"-m pip install '?\"?psycopg\[binary\]"):
        storage.studies("postgresql://ada@host/db")


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "notes.sqlite").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(TuningError, match="can't be opened"):
        storage.studies(str(tmp_path / "notes.sqlite"))
