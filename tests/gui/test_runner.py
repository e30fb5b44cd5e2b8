"""The worker, first without a thread as plain slots, then the runner with its thread in every order a person may press."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject, Slot

from engine import data, files
from engine.datasets import DATASETS
from engine.drawing import OwnDrawing
from engine.optimizers import OPTIMIZERS
from engine.own import OwnDrawings
from engine.phases import Kind, Phase, phases
from engine.snapshot import RunState, Snapshot
from engine.spec import DataSpec, ExperimentSpec, to_dict
from engine.stopping import Until
from engine.trainer import Trainer
from gui import pace
from gui import worker as module
from gui.edits import with_batch_size, with_learning_rate
from gui.mailbox import FrameGate, Mailbox
from gui.measures import bytes_of, bytes_of_samples
from gui.runner import MOST_STEPS_WAITING, Runner
from gui.worker import RunRequest, Worker

SPEC = replace(
    ExperimentSpec(), data=replace(ExperimentSpec().data, dataset=replace(DATASETS["moons"](), n_samples=60))
)


def hidden(*sizes: int) -> ExperimentSpec:
    return replace(SPEC, network=replace(SPEC.network, hidden_layer_sizes=sizes))


class Bench:
    """A worker in this thread, with what it says."""

    def __init__(self) -> None:
        self.mailbox: Mailbox[Snapshot] = Mailbox()
        self.gate = FrameGate()
        self.worker = Worker(self.mailbox, self.gate)
        self.failures: list[str] = []
        self.refusals: list[tuple] = []
        self.loaded: list[tuple] = []
        self.saved: list[tuple] = []
        self.stepped = 0
        self.worker.failed.connect(self.failures.append)
        self.worker.refused.connect(lambda *what: self.refusals.append(what))
        self.worker.loaded.connect(lambda *what: self.loaded.append(what))
        self.worker.saved.connect(lambda *what: self.saved.append(what))
        self.worker.stepped.connect(self._count)

    def _count(self) -> None:
        self.stepped += 1

    def show(self, run: int = 1, spec: ExperimentSpec = SPEC, document: str = "playground", **more: object) -> Snapshot:
        self.worker.show_run(RunRequest(document, run, spec, **more))
        return self.take()

    def take(self) -> Snapshot:
        snapshot = self.mailbox.take()
        assert snapshot is not None, "nothing was published"
        return snapshot


@pytest.fixture
def bench(qapp) -> Bench:
    return Bench()


# --- without a thread -------------------------------------------------------------------------------------------------


def test_a_new_run_is_published_paused_with_its_maps(bench):
    snapshot = bench.show()
    assert (snapshot.run, snapshot.epoch, snapshot.state) == (1, 0, RunState.PAUSED)
    assert snapshot.maps is not None
    assert snapshot.spec == SPEC


def test_playing_publishes_when_the_window_has_taken_the_last(bench):
    bench.show()
    bench.worker.play(None)
    bench.worker._slice()
    first = bench.take()
    assert first.state is RunState.RUNNING
    assert first.epoch >= 1
    bench.worker._slice()
    second = bench.mailbox.take()
    bench.worker.pause()
    last = bench.take()
    assert second.epoch <= last.epoch
    assert last.state is RunState.PAUSED


def test_pausing_a_paused_run_says_nothing(bench, qtbot):
    bench.show()
    with qtbot.assertNotEmitted(bench.worker.published):
        bench.worker.pause()


def test_toggle_goes_by_what_is_really_going_on(bench):
    bench.show()
    bench.worker.toggle()
    bench.worker._slice()
    assert bench.take().state is RunState.RUNNING
    bench.worker.toggle()
    assert bench.take().state is RunState.PAUSED


def test_playing_with_nothing_to_train_is_harmless(bench):
    bench.worker.play(None)
    bench.worker._slice()
    bench.worker.step("epoch")
    bench.worker.step_back()
    bench.worker.edit(3, 0, 1.0)
    bench.worker.pause()
    assert bench.mailbox.wants()
    assert bench.stepped == 2


@pytest.mark.parametrize(
    ("grain", "position"), [("epoch", (1, 0, 0)), ("batch", (0, 1, 0)), ("sample", (0, 0, 1)), ("phase", (0, 0, 0))]
)
def test_a_step_of_each_grain(bench, grain, position):
    bench.show()
    bench.worker.step(grain)
    after = bench.take()
    assert (after.epoch, after.batch, after.sample) == position
    assert after.state is RunState.PAUSED
    assert bench.stepped == 1
    bench.worker.step_back()
    back = bench.take()
    assert (back.epoch, back.batch, back.sample) == (0, 0, 0)
    bench.worker.step(grain)
    again = bench.take()
    assert again.params.tobytes() == after.params.tobytes()


def test_steps_of_the_worker_are_those_of_the_trainer(bench):
    bench.show()
    trainer = Trainer(SPEC)
    for grain in ("epoch", "batch", "epoch", "sample", "epoch", "batch"):
        bench.worker.step(grain)
        {"epoch": trainer.step_epoch, "batch": trainer.step_batch, "sample": trainer.step_sample}[grain]()
        after = bench.take()
        assert (after.epoch, after.batch, after.sample) == (trainer.epoch, trainer.batch, trainer.sample)
        assert after.params.tobytes() == trainer.network.params.tobytes()


def test_a_step_pauses_first(bench):
    bench.show()
    bench.worker.play(None)
    bench.worker._slice()
    bench.take()
    bench.worker.step("epoch")
    assert bench.take().state is RunState.PAUSED


def test_playing_until_pauses_exactly_there(bench):
    bench.show()
    bench.worker.play(Until("epoch", 17))
    for _ in range(1000):
        bench.worker._slice()
        if bench.take().state is RunState.PAUSED:
            break
    bench.worker.step_back()
    assert bench.take().epoch == 16


class Clock:
    """A time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(pace, "time", clock)
    return clock


def test_at_ten_epochs_a_second_a_third_of_a_second_is_three_and_a_bit(bench, clock):
    bench.show()
    bench.worker.set_speed(10.0)
    bench.worker.play(None)
    for _ in range(35):
        clock.now += 0.01
        bench.worker._slice()
    trainer = bench.worker._trainer
    assert 3.5 <= trainer.epoch + trainer.batch / trainer.n_batches <= 3.5 + 1 / trainer.n_batches
    quick = Trainer(SPEC)
    while (quick.epoch, quick.batch) < (trainer.epoch, trainer.batch):
        quick.step_batch()
    assert trainer.network.params.tobytes() == quick.network.params.tobytes()


def test_a_pause_is_not_owed_and_full_speed_is_full_again(bench, clock):
    bench.show()
    bench.worker.set_speed(10.0)
    bench.worker.play(None)
    bench.worker.pause()
    clock.now += 60.0
    bench.worker.play(None)
    bench.worker._slice()
    assert bench.worker._trainer.epoch == 0
    bench.worker.set_speed(0.0)
    bench.worker._until = Until("epoch", 50)
    bench.worker._slice()
    assert bench.worker._trainer.epoch == 50


def test_what_a_slow_machine_could_not_do_is_not_owed(bench, clock, monkeypatch):
    bench.show()
    bench.worker.set_speed(1000.0)
    bench.worker.play(None)
    trainer = bench.worker._trainer
    step_batch = trainer.step_batch

    def slowly() -> None:
        clock.now += 0.1
        step_batch()

    monkeypatch.setattr(trainer, "step_batch", slowly)
    clock.now += 1.0
    bench.worker._slice()
    assert (trainer.epoch, trainer.batch) == (0, 1)
    bench.worker.set_speed(1.0)
    clock.now += 0.001
    bench.worker._slice()
    assert (trainer.epoch, trainer.batch) == (0, 2)
    bench.worker._slice()
    assert (trainer.epoch, trainer.batch) <= (0, 3)


def test_a_slow_run_ends_where_it_was_told_to(bench, clock):
    bench.show()
    bench.worker.set_speed(3.0)
    bench.worker.play(Until("epoch", 2))
    for _ in range(100):
        clock.now += 0.02
        bench.worker._slice()
        if bench.take().state is RunState.PAUSED:
            break
    assert (bench.worker._trainer.epoch, bench.worker._trainer.batch) == (2, 0)


def test_slow_motion_steps_phase_by_phase_at_its_rate(bench, clock):
    bench.show()
    bench.worker.set_speed(4.0, "phase")
    bench.worker.play(None)
    seen = []
    for _ in range(200):  # two seconds: a phase at once, and then four a second
        bench.worker._slice()
        if not bench.mailbox.wants():
            snapshot = bench.take()
            assert snapshot.state is RunState.RUNNING
            seen.append(snapshot.phase.name(snapshot.layout.depth))
        clock.now += 0.01
    depth = len(SPEC.layer_sizes) - 1
    assert seen == [phase.name(depth) for phase in phases(depth)][:8]
    trainer, plain = bench.worker._trainer, Trainer(SPEC)
    while trainer.batch == 0:
        clock.now += 0.25
        bench.worker._slice()
    plain.step_batch()
    assert trainer.network.params.tobytes() == plain.network.params.tobytes()


def test_slow_motion_waits_for_the_next_phase_and_freezes_on_it(bench, clock):
    bench.show()
    bench.worker.set_speed(0.25, "phase")
    bench.worker.play(None)
    assert bench.worker._pace.interval_ms == 1
    bench.worker._slice()
    assert bench.worker._pace.interval_ms == 4000, "no tick before there is something to do"
    assert bench.take().phase == Phase(Kind.FORWARD, 0)
    clock.now += 3.0
    bench.worker.pause()
    frozen = bench.take()
    assert (frozen.state, frozen.phase) == (RunState.PAUSED, Phase(Kind.FORWARD, 0))
    bench.worker.play(None)
    bench.worker._slice()
    assert bench.take().phase != frozen.phase, "playing goes on from there, at once"
    bench.worker.set_speed(0.0)
    bench.worker._until = Until("epoch", 1)
    bench.worker._slice()
    assert bench.take().phase is None


def test_a_machine_too_slow_for_slow_motion_still_shows_every_phase(bench, clock):
    bench.show()
    bench.worker.set_speed(60.0, "phase")
    bench.worker.play(None)
    for done in range(1, 5):
        bench.worker._slice()
        assert bench.worker._trainer.phase == phases(len(SPEC.layer_sizes) - 1)[done - 1]
        clock.now += 1.0


def test_slow_motion_ends_where_it_was_told_to(bench, clock):
    bench.show()
    bench.worker.set_speed(60.0, "phase")
    bench.worker.play(Until("epoch", 1))
    for _ in range(1000):
        clock.now += 0.02
        bench.worker._slice()
        if bench.take().state is RunState.PAUSED:
            break
    assert (bench.worker._trainer.epoch, bench.worker._trainer.batch) == (1, 0)
    assert bench.worker._trainer.phase == Phase(Kind.UPDATE)


def test_what_is_reached_already_does_not_start(bench):
    bench.show()
    bench.worker.play(Until("epoch", 0))
    assert bench.take().state is RunState.PAUSED


def test_an_edit_is_published_and_undone_to_the_bit(bench):
    before = bench.show().params
    bench.worker.edit(1, 3, 1.25)
    after = bench.take()
    assert after.params[3] == 1.25
    assert after.edited
    bench.worker.edit(1, 3, float(before[3]))
    assert bench.take().params.tobytes() == before.tobytes()


def test_edits_of_runs_that_are_not_shown_are_kept_and_absurd_ones_ignored(bench):
    bench.show(1)
    bench.show(2)
    bench.worker.edit(1, 0, 9.0)
    bench.worker.edit(99, 0, 9.0)
    bench.worker.edit(2, 10**6, 9.0)
    assert bench.mailbox.wants()
    assert bench.show(1).params[0] == 9.0


def test_a_hot_setting_keeps_training_and_another_network_pauses(bench):
    bench.show()
    bench.worker.play(None)
    bench.worker._slice()
    epoch = bench.take().epoch
    hot = bench.show(1, with_batch_size(with_learning_rate(SPEC, 0.001), 5))
    assert hot.state is RunState.RUNNING
    assert hot.epoch >= epoch
    assert bench.show(2, hidden(3)).state is RunState.PAUSED


def test_an_old_run_comes_back_with_its_trained_weights(bench):
    bench.show(1)
    bench.worker.step("epoch")
    trained = bench.take()
    assert bench.show(2, hidden(5, 5)).epoch == 0
    back = bench.show(1)
    assert (back.run, back.epoch) == (1, 1)
    assert back.params.tobytes() == trained.params.tobytes()
    assert back.history.tobytes() == trained.history.tobytes()


def test_a_document_that_is_not_on_screen_keeps_its_run(bench, monkeypatch):
    monkeypatch.setattr(module, "RETIRED_RUNS", 2)
    bench.show(1)
    bench.worker.step("epoch")
    trained = bench.take().params.tobytes()
    for run in range(2, 12):
        bench.show(run, hidden(run), "digits")
    assert bench.show(1).params.tobytes() == trained


def test_old_runs_are_let_go_by_number_and_by_memory(bench, monkeypatch):
    monkeypatch.setattr(module, "RETIRED_RUNS", 3)
    for run in range(1, 10):
        bench.show(run, hidden(run))
    assert sorted(bench.worker._trainers) == [6, 7, 8, 9]
    monkeypatch.setattr(module, "RETIRED_BYTES", 1)
    bench.show(10, hidden(10))
    assert sorted(bench.worker._trainers) == [9, 10], "the one before can always be gone back to"
    assert bench.show(1, hidden(1)).epoch == 0


def test_runs_of_the_same_data_share_it(bench):
    bench.show(1)
    bench.show(2, hidden(7))
    one, two = bench.worker._trainers.values()
    assert one.data is two.data


def test_what_old_runs_share_with_the_one_shown_costs_nothing_more(bench, monkeypatch):
    """Else the images of MNIST, counted again for every lesson, would have a second undo find the first weights."""
    bench.show(1)
    samples = bytes_of_samples(bench.worker._trainers[1].data)
    assert samples > 0
    alone = bytes_of(bench.worker._trainers[1])
    monkeypatch.setattr(module, "RETIRED_BYTES", 5 * alone + samples // 2)
    other = replace(SPEC, data=replace(SPEC.data, seed=7))
    for run in range(2, 5):
        bench.show(run, start=(run - 1, None))
    assert sorted(bench.worker._trainers) == [1, 2, 3, 4]
    monkeypatch.setattr(module, "RETIRED_BYTES", alone + samples // 2)
    bench.show(5, other)
    assert sorted(bench.worker._trainers) == [4, 5], "with other samples on screen those of the old runs count"


def test_a_run_can_start_where_another_stands(bench):
    bench.show(1)
    bench.worker.step("epoch")
    bench.worker.step("batch")
    bench.worker.play(None)
    bench.worker._slice()
    bench.worker.pause()
    before = bench.take()
    child = bench.show(2, start=(1, None))
    assert child.state is RunState.PAUSED
    assert (child.epoch, child.batch) == (before.epoch, before.batch)
    assert child.params.tobytes() == before.params.tobytes()
    assert child.history.tobytes() == before.history.tobytes()
    bench.worker.step("epoch")
    assert bench.take().epoch == before.epoch + 1
    back = bench.show(1)
    assert back.params.tobytes() == before.params.tobytes()
    assert bench.show(2).epoch == before.epoch + 1, "redo finds the run that was trained"


def test_where_the_run_to_start_from_is_gone_it_starts_from_its_seed(bench):
    bench.show(1)
    assert bench.show(2, start=(77, None)).epoch == 0


def test_a_file_that_names_drawings_from_elsewhere_is_offered_without_them(bench, tmp_path, monkeypatch):
    digits = replace(ExperimentSpec(), data=DataSpec(DATASETS["digits"]()))
    trainer = Trainer(digits)
    trainer.step_batch()
    path = tmp_path / "lesson.json"
    files.save(path, trainer)
    raw = json.loads(path.read_text())
    mine, ink = OwnDrawings(tmp_path / "drawings.jsonl"), np.zeros((280, 280))
    ink[40:240, 130:150] = 1
    here = OwnDrawing.of(ink, 1)
    mine.exchange((), [here])
    for place in (module, data):
        monkeypatch.setattr(place, "OWN", mine)
    raw["spec"]["data"]["taught"] = ["abc7", here.id, "def1"]
    path.write_text(json.dumps(raw))
    offered = []
    bench.worker.lacking.connect(lambda *what: offered.append(what))
    bench.worker.load(str(path))
    assert (bench.loaded, bench.failures) == ([], [])
    ((saved, sentence),) = offered
    assert sentence.startswith(
        "lesson.json: 2 of the 3 drawings that this experiment was taught are not on this computer. Import them"
    )
    assert saved.spec == replace(digits, data=replace(digits.data, taught=(here.id,)))
    again = saved.trainer()
    assert again.network.params.tobytes() == trainer.network.params.tobytes()
    assert (again.epoch, again.batch) == (0, 0)


def test_a_run_that_can_not_be_is_refused_and_the_one_before_stays(bench):
    bench.show(1)
    bench.worker.show_run(RunRequest("playground", 2, hidden(0)))
    [(document, run, sentence)] = bench.refusals
    assert (document, run) == ("playground", 2)
    assert sentence.startswith("This experiment can't run: ")
    bench.worker.step("epoch")
    assert bench.take().run == 1


def test_divergence_pauses_says_so_and_play_says_it_again(bench):
    explosive = replace(hidden(8), optimizer=replace(OPTIMIZERS["sgd"](), learning_rate=1e5))
    bench.show(1, explosive)
    bench.worker.play(None)
    for _ in range(200):
        bench.worker._slice()
        if (snapshot := bench.mailbox.take()) and snapshot.state is RunState.DIVERGED:
            break
    assert snapshot.state is RunState.DIVERGED
    assert "learning rate is too high" in snapshot.message
    assert np.isfinite(snapshot.params).all()
    bench.worker.play(None)
    assert bench.take().state is RunState.DIVERGED
    assert bench.show(1, with_learning_rate(explosive, 0.01)).state is RunState.PAUSED


def test_a_bug_while_training_pauses_instead_of_repeating_itself(bench, monkeypatch):
    bench.show()
    bench.worker.play(None)
    monkeypatch.setattr(Trainer, "advance", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bench.worker._slice()
    assert bench.take().state is RunState.PAUSED
    assert not bench.worker._playing


# --- files ------------------------------------------------------------------------------------------------------------


def test_save_and_load_go_on_with_the_same_bits(bench, tmp_path):
    bench.show()
    for grain in ("epoch", "batch", "sample"):
        bench.worker.step(grain)
    here = bench.take()
    path = tmp_path / "mine.json"
    bench.worker.save("playground", str(path))
    assert bench.saved == [("playground", str(path))]
    bench.worker.step("epoch")
    on = bench.take()
    bench.worker.load(str(path))
    [(saved, told)] = bench.loaded
    assert told == str(path)
    again = bench.show(2, saved.spec, saved=saved)
    assert (again.epoch, again.batch, again.sample) == (here.epoch, here.batch, here.sample)
    assert again.params.tobytes() == here.params.tobytes()
    bench.worker.step("epoch")
    assert bench.take().params.tobytes() == on.params.tobytes()
    assert bench.failures == []


def test_a_place_that_can_not_be_written_is_told(bench, tmp_path):
    bench.show()
    (tmp_path / "file").write_text("in the way")
    bench.worker.save("playground", str(tmp_path / "file" / "mine.json"))
    assert bench.saved == []
    [sentence] = bench.failures
    assert "mine.json" in sentence
    assert "can't be written" in sentence


def bad_files(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    trainer = Trainer(SPEC)
    trainer.step_batch()
    good = files.dump(trainer)

    def changed(**parts: object) -> dict:
        return good | parts

    spec = to_dict(SPEC)
    run = good["run"]
    for name, content in {
        "absent": None,
        "not-json": "{",
        "not-ours": "{}",
        "nan": '{"format": "neuroloom-experiment", "version": 1, "spec": {"training": {"l2": NaN}}}',
        "large-int": changed(spec=spec | {"training": spec["training"] | {"seed": 10**400}}),
        "endless-int": '{"format": "neuroloom-experiment", "version": ' + "9" * 5000 + "}",
        "unknown": changed(spec=spec | {"optimizer": {"name": "magic"}}),
        "no-such-batch": changed(run=run | {"batch": 10**6}),
        "other-order": changed(run=run | {"order": files._encode(np.zeros(5, np.int64))}),
        "too-short": changed(run=run | {"params": files._encode(np.zeros(5, np.float32))}),
    }.items():
        path = tmp_path / f"{name}.json"
        if content is not None:
            path.write_text(content if isinstance(content, str) else files.json.dumps(content))
        yield name, path


def test_every_bad_file_is_told_with_its_name_and_touches_nothing(bench, tmp_path):
    before = bench.show()
    for name, path in bad_files(tmp_path):
        bench.failures.clear()
        bench.worker.load(str(path))
        assert len(bench.failures) == 1, name
        assert bench.failures[0].startswith(f"{name}.json: "), name
        assert bench.failures[0].endswith("choose another file."), name
    assert bench.loaded == []
    assert bench.mailbox.wants()
    bench.worker.edit(1, 0, 0.5)
    assert bench.take().run == before.run


def test_a_run_that_does_not_fit_starts_anew_and_is_told(bench, tmp_path):
    path = dict(bad_files(tmp_path))["no-such-batch"]
    assert bench.show(1, SPEC, saved=files.load(path)).epoch == 0
    assert bench.refusals[0][:2] == ("playground", 1)


def test_the_session_holds_every_document(bench, tmp_path):
    bench.show(1)
    bench.worker.step("epoch")
    bench.show(2, hidden(3), "digits")
    places = {name: tmp_path / f"{name}.json" for name in ("playground", "digits", "never-shown")}
    bench.worker.save_session(places)
    assert files.load(places["playground"]).moment.epoch == 1
    assert files.load(places["digits"]).spec == hidden(3)
    assert not places["never-shown"].exists()


def test_a_session_that_can_not_be_written_is_only_logged(bench, tmp_path, caplog):
    bench.show(1)
    (tmp_path / "file").write_text("in the way")
    bench.worker.save_session({"playground": tmp_path / "file" / "x.json"})
    assert "not saved" in caplog.text
    assert bench.failures == []


# --- with the thread ----------------------------------------------------------------------------------------------


class Listener(QObject):
    """The window's part, without a window: takes every snapshot."""

    def __init__(self, runner: Runner) -> None:
        super().__init__()
        self.runner = runner
        self.seen: list[Snapshot] = []
        runner.published.connect(self.take)

    @Slot()
    def take(self) -> None:
        if (snapshot := self.runner.mailbox.take()) is not None:
            self.seen.append(snapshot)


@pytest.fixture
def runner(qapp) -> Iterator[Runner]:
    runner = Runner()
    yield runner
    assert runner.shut_down()


def test_the_runner_trains_in_its_thread_and_pauses(qtbot, runner):
    listener = Listener(runner)
    runner.show_run(RunRequest("playground", 1, SPEC))
    runner.play()
    qtbot.waitUntil(lambda: (listener.take(), bool(listener.seen) and listener.seen[-1].epoch > 20)[1])
    assert listener.seen[-1].state is RunState.RUNNING
    runner.pause()
    qtbot.waitUntil(lambda: listener.seen[-1].state is RunState.PAUSED)


def test_a_closed_gate_holds_training_up(qtbot, runner):
    listener = Listener(runner)
    runner.show_run(RunRequest("playground", 1, SPEC))
    runner.play()
    qtbot.waitUntil(lambda: (listener.take(), bool(listener.seen) and listener.seen[-1].epoch > 2)[1])
    runner.gate.close()
    trainer = runner._worker._trainers[1]
    listener.take()
    start, epoch = time.perf_counter(), trainer.epoch
    while time.perf_counter() - start < 0.04:
        QCoreApplication.processEvents()
    assert trainer.epoch - epoch <= 5
    assert runner.mailbox.wants(), "a snapshot was made while a frame is painted"
    runner.gate.open()
    qtbot.waitUntil(lambda: trainer.epoch > epoch + 20)


def test_steps_asked_for_faster_than_they_can_be_made_do_not_pile_up(qtbot, runner):
    listener = Listener(runner)
    runner.show_run(RunRequest("playground", 1, SPEC))
    for _ in range(500):
        runner.step("epoch")
    qtbot.waitUntil(lambda: runner._steps_waiting == 0)
    runner.step("epoch")
    qtbot.waitUntil(lambda: (listener.take(), listener.seen[-1].epoch == MOST_STEPS_WAITING + 1)[1])


def test_an_epoch_of_a_huge_network_does_not_hold_the_end_up(qtbot, runner, tmp_path):
    wide = replace(hidden(1024, 1024), data=replace(SPEC.data, dataset=replace(DATASETS["moons"](), n_samples=2000)))
    wide = with_batch_size(wide, 1)
    runner.show_run(RunRequest("playground", 1, wide))
    with qtbot.waitSignal(runner.published, timeout=10_000):
        runner.step("batch")
    runner.step("epoch")
    runner.step("epoch")
    start = time.perf_counter()
    assert runner.shut_down({"playground": tmp_path / "session.json"})
    assert time.perf_counter() - start < 2.0
    assert files.load(tmp_path / "session.json").spec == wide


@pytest.mark.parametrize("seed", range(12))
def test_any_order_of_commands_ends_cleanly_and_where_it_should(qtbot, qapp, seed, tmp_path):
    """Random presses, then the same steps on a bare trainer: the thread adds nothing and loses nothing."""
    rng = random.Random(seed)
    runner = Runner()
    listener = Listener(runner)
    errors: list[str] = []
    runner.failed.connect(errors.append)
    run, specs = 1, {1: SPEC}
    runner.show_run(RunRequest("playground", run, SPEC))
    for _ in range(60):
        match rng.choice(
            ["play", "pause", "toggle", "step", "back", "reset", "edit", "hot", "old", "until", "breathe"]
        ):
            case "play":
                runner.play()
            case "pause":
                runner.pause()
            case "toggle":
                runner.toggle()
            case "step":
                runner.step(rng.choice(["epoch", "batch", "sample"]))
            case "back":
                runner.step_back()
            case "reset":
                run = max(specs) + 1
                specs[run] = hidden(*rng.choice([(3,), (8, 8), ()]))
                runner.show_run(RunRequest("playground", run, specs[run]))
            case "edit":
                runner.edit(rng.choice(list(specs)), rng.randrange(9), rng.uniform(-2, 2))
            case "hot":
                specs[run] = with_learning_rate(specs[run], rng.choice([0.01, 0.1]))
                runner.show_run(RunRequest("playground", run, specs[run]))
            case "old":
                run = rng.choice(list(specs))
                runner.show_run(RunRequest("playground", run, specs[run]))
            case "until":
                runner.play(Until("epoch", rng.randrange(30)))
            case "breathe":
                QCoreApplication.processEvents()
                listener.take()
    if rng.random() < 0.5:
        assert runner.shut_down({"playground": tmp_path / "session.json"})
        assert files.load(tmp_path / "session.json").spec == specs[run]
    else:
        run = max(specs) + 1
        runner.show_run(RunRequest("playground", run, SPEC))
        qtbot.waitUntil(lambda: bool(listener.seen) and listener.seen[-1].run == run and runner._steps_waiting == 0)
        runner.step("epoch")
        qtbot.waitUntil(lambda: listener.seen[-1].epoch == 1)
        trainer = Trainer(SPEC)
        trainer.step_epoch()
        assert listener.seen[-1].params.tobytes() == trainer.network.params.tobytes()
        assert runner.shut_down()
    assert errors == []
    assert runner.shut_down(), "a second time is harmless"
