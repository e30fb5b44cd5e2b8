"""What the recorder writes of a run, without a window: it lives in whichever thread tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from engine.datasets import DATASETS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.race import Finish
from engine.rounds import Rounds
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui.graphics import thumbnail
from gui.history import weights
from gui.history.store import RunStore
from gui.recording import EVERY_MS, FIRST_RUN, REST_MS, SAME, Recorder
from gui.theme import LIGHT


@pytest.fixture
def store(tmp_path) -> Iterator[RunStore]:
    store = RunStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def recorder(qapp, store) -> Recorder:
    return Recorder(store)


def trained(recorder: Recorder, run: int, trainer: Trainer, epoch: int) -> None:
    trainer.advance(lambda: False, Until("epoch", epoch))
    recorder.trained(run, 0.25)


def specs() -> Iterator[ExperimentSpec]:
    for kind in DATASETS:
        if kind.in_menus or kind.name == "points":
            loss = LOSSES["squared_error"]() if kind.regression else LOSSES["cross_entropy"]()
            yield ExperimentSpec(DataSpec(kind()), NetworkSpec((3,), loss=loss))


@pytest.mark.parametrize("spec", list(specs()), ids=lambda spec: spec.data.dataset.name)
def test_a_run_on_any_data_is_recorded_with_its_picture(recorder, store, spec):
    if spec.validate():
        pytest.skip("nothing to train on until points are drawn")
    trainer = Trainer(spec)
    recorder.begin(1, "page", trainer)
    trained(recorder, 1, trainer, 1)
    recorder.write()
    record = store.rows([1])[1]
    assert record.experiment() == spec
    assert record.regression == spec.data.dataset.regression
    assert record.test_loss == trainer.history.last().test_loss
    assert record.seconds == 0.25
    image = thumbnail.picture(record.thumbnail, thumbnail.lut_of(LIGHT, record.classes))
    assert (image.width(), image.height()) == (48, 48)


def test_nothing_is_written_twice_and_nothing_of_less_than_an_epoch(recorder, store):
    heard = []
    recorder.recorded.connect(lambda run, row: heard.append((run, row)))
    trainer = Trainer(ExperimentSpec())
    recorder.begin(1, "page", trainer)
    trainer.step_batch()
    recorder.trained(1, 0.1)
    recorder.write()
    assert heard == []
    trained(recorder, 1, trainer, 2)
    recorder.write()
    recorder.trained(1, 0.0)  # it did not move
    recorder.write()
    assert heard == [(1, 1)]
    trained(recorder, 1, trainer, 3)
    recorder.write()
    assert heard == [(1, 1), (1, 1)]
    assert store.rows([1])[1].epochs == 3


def test_it_is_written_once_a_minute_and_soon_after_a_rest(recorder):
    trainer = Trainer(ExperimentSpec())
    recorder.begin(1, "page", trainer)
    recorder.rest()
    assert not recorder._timer.isActive()  # nothing was trained
    trained(recorder, 1, trainer, 1)
    assert recorder._timer.interval() == EVERY_MS == 60_000
    recorder.rest()
    assert recorder._timer.interval() == REST_MS
    recorder.write()
    assert not recorder._timer.isActive()


def test_what_differs_is_told_from_the_run_before_or_the_one_it_began_from(recorder, store):
    first = Trainer(ExperimentSpec())
    recorder.begin(1, "page", first)
    trained(recorder, 1, first, 2)
    other = Trainer(replace(ExperimentSpec(), optimizer=OPTIMIZERS["sgd"](learning_rate=0.03)))
    recorder.begin(2, "page", other)
    trained(recorder, 2, other, 1)
    recorder.begin(3, "page", again := Trainer(other.spec))
    trained(recorder, 3, again, 1)
    # A branch of the first: what is asked of it is its own epoch, and the run it came from.
    recorder.begin(4, "page", branch := Trainer(first.spec), parent=1)
    trained(recorder, 4, branch, 3)
    recorder.begin(5, "elsewhere", alone := Trainer(first.spec))
    trained(recorder, 5, alone, 1)
    recorder.write()
    rows = store.rows(range(1, 6))
    assert [rows[i].differs for i in range(1, 6)] == [
        FIRST_RUN, "Optimizer Adam → SGD", SAME, "From epoch 0 of Spiral, 8-8", FIRST_RUN,
    ]  # fmt: skip
    assert [rows[i].parent for i in range(1, 6)] == [0, 0, 0, 1, 0]


def test_the_next_session_goes_on_in_its_row_and_a_file_begins_another(qapp, recorder, store):
    trainer = Trainer(ExperimentSpec())
    recorder.begin(1, "page", trainer)
    trained(recorder, 1, trainer, 2)
    recorder.write()
    saved = store.saved(1)
    later = Recorder(store)
    later.begin(1, "page", session := saved.trainer(), resumed=True)
    trained(later, 1, session, 4)
    later.begin(2, "page", opened := saved.trainer(), resumed=True)
    trained(later, 2, opened, 3)
    later.write()
    rows = store.rows([1, 2])
    assert (rows[1].epochs, rows[1].seconds, rows[1].differs, rows[1].parent) == (4, 0.5, FIRST_RUN, 0)
    assert (rows[2].epochs, rows[2].parent, rows[2].differs) == (3, 1, "From epoch 2 of Spiral, 8-8")


def test_a_run_that_is_let_go_is_written_first(recorder, store):
    trainer = Trainer(ExperimentSpec())
    recorder.begin(1, "page", trainer)
    trained(recorder, 1, trainer, 1)
    recorder.forget(1)
    assert store.count() == 1
    recorder.trained(1, 0.1)  # nobody knows it any more
    recorder.write()
    assert store.find(weights.mark_of(trainer.network.params, 1)) == 1


def test_a_history_that_can_not_be_written_is_told_once_and_training_goes_on(qapp, tmp_path):
    (tmp_path / "file").write_text("")
    recorder, told = Recorder(RunStore(tmp_path / "file")), []
    recorder.failed.connect(told.append)
    trainer = Trainer(ExperimentSpec())
    recorder.begin(1, "page", trainer)
    for epoch in (1, 2):
        trained(recorder, 1, trainer, epoch)
        recorder.write()
    assert len(told) == 1
    assert told[0].startswith("The history of runs can't be written (")


def lanes_of(finish: int, *sizes: tuple[int, ...]) -> Rounds:
    base = ExperimentSpec()
    entries = [(f"Lane {i}", replace(base, network=replace(base.network, hidden_layer_sizes=size)))
               for i, size in enumerate(sizes)]  # fmt: skip
    return Rounds(entries, Finish(epochs=finish))


def test_the_lanes_of_a_race_are_runs_and_no_run_is_compared_with_them(recorder, store):
    recorder.begin(1, "playground", first := Trainer(ExperimentSpec()))
    trained(recorder, 1, first, 1)
    recorder.write()
    rounds = lanes_of(3, (8,), (64,), (8,))
    while not rounds.advance(lambda: False):
        pass
    heard = []
    recorder.lanesRecorded.connect(lambda: heard.append(store.count()))
    recorder.keep_lanes(rounds.lanes, began=1000.0)
    assert heard == [4]
    rows = store.rows([2, 3, 4])
    assert [(rows[i].name, rows[i].differs) for i in (2, 3, 4)] == [
        ("Spiral, Lane 0", "Race of 3: the first"), ("Spiral, Lane 1", "Race of 3: Layers 8 → 64"),
        ("Spiral, Lane 2", "Race of 3: as the first"),
    ]  # fmt: skip
    assert [(row.page, row.epochs, row.started, row.parent) for row in rows.values()] == [
        ("playground", 3, 1000.0, 0)
    ] * 3
    assert rows[3].seconds == rounds.lanes[1].seconds
    assert (store.saved(3).trainer().network.params == rounds.lanes[1].trainer.network.params).all()
    recorder.begin(2, "playground", after := Trainer(ExperimentSpec()))
    trained(recorder, 2, after, 1)
    recorder.write()
    assert store.rows([5])[5].differs == SAME


def test_a_lane_that_never_trained_is_not_kept(recorder, store):
    rounds = lanes_of(3, (8,), (64,))
    rounds.lanes[1].advance(lambda: False, Finish(epochs=2))
    recorder.keep_lanes(rounds.lanes, began=1000.0)
    assert [(row.name, row.epochs) for row in store.rows([1, 2]).values()] == [("Spiral, Lane 1", 2)]
    recorder.keep_lanes(lanes_of(3, (8,), (8,)).lanes, began=1000.0)
    assert store.count() == 1
