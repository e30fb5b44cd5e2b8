"""The thread that works ahead: the same bits as without it, nothing left behind. Own drawings by their name in the window."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine import ahead, descent
from engine.activations import ACTIVATIONS
from engine.datasets.images import Images
from engine.own import OWN
from engine.shelf import SHELF, ImageSet
from engine.snapshot import RunState
from engine.spec import AugmentationSpec, DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.stopping import Until
from engine.trainer import Trainer
from gui.ahead import Ahead
from gui.graphics.phase_front import Front
from gui.graphics.sample_choice import Choice, find_sample
from gui.graphics.targets import Target
from gui.panels.inspector import Inspector
from gui.panels.transport import progress_lines
from gui.settings import Settings
from gui.theme import LIGHT
from tests.gui.opened import Person

N = 120


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ExperimentSpec:
    """64-8-10 on images drawn by lot, changed at random, with one drawing of a 7 as the 101st row of an epoch."""
    monkeypatch.setattr(descent, "ASSEMBLED_ROWS", 32)
    monkeypatch.setattr(SHELF, "folder", tmp_path / "images")
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (N, 64), dtype=np.uint8)
    dataset = Images.of(SHELF.put(ImageSet("Noise", pixels, np.arange(N, dtype=np.uint8) % 10, n_test=20)))
    monkeypatch.setattr(OWN, "load", lambda names, side: (np.full((len(names), 64), 0.5), np.full(len(names), 7)))
    return ExperimentSpec(
        DataSpec(dataset, taught=("a",), taught_times=1), NetworkSpec((8,), ACTIVATIONS["tanh"]()),
        training=TrainingSpec(batch_size=16, seed=3), augmentation=AugmentationSpec(shift=1, rotation=10, noise=0.05),
    )  # fmt: skip


@pytest.fixture
def working() -> Iterator[Ahead]:
    thread = Ahead()
    yield thread
    thread.stop()


def trained(spec: ExperimentSpec, epochs: int) -> bytes:
    trainer = Trainer(spec)
    trainer.advance(lambda: False, Until("epoch", epochs))
    return trainer.network.params.tobytes()


def test_another_thread_makes_the_images_and_the_bits_are_the_same(
    spec: ExperimentSpec, working: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: set[str] = set()
    by = descent.Assembly.__call__

    def seen(*arguments: object) -> object:
        names.add(threading.current_thread().name)
        return by(*arguments)

    monkeypatch.setattr(descent.Assembly, "__call__", seen)
    with_it = trained(spec, 4)
    assert all(name.startswith("ahead") for name in names)
    assert len(names) == 1
    ahead.install(ahead.WhenAsked)
    assert trained(spec, 4) == with_it
    assert threading.current_thread().name in names


def test_what_goes_wrong_in_the_thread_goes_wrong_where_it_is_asked_for(working: Ahead) -> None:
    with pytest.raises(ZeroDivisionError):
        ahead.prepare(lambda a, b: a // b, 1, 0).result()


def test_after_its_end_whoever_trains_does_without() -> None:
    thread = Ahead()
    begun = ahead.prepare(pow, 2, 5)
    thread.stop()
    assert begun.result() == 32
    assert isinstance(ahead.prepare(pow, 2, 5), ahead.WhenAsked)
    assert thread._submit(pow, 2, 5).result() == 32, "one that took hold of it before"


def test_the_window_trains_as_a_trainer_alone_does_and_leaves_no_thread(
    qtbot, tmp_path: Path, spec: ExperimentSpec
) -> None:
    person = Person(qtbot, tmp_path, Settings(page="digits"))
    SHELF.folder = tmp_path / "images"
    try:
        person.window.lab.start_over(spec, "Noise")
        person.wait(lambda: person.now.spec == spec)
        person.window.lab.run_epochs(3)
        person.wait(lambda: person.now.epoch == 3 and person.now.state is RunState.PAUSED)
        assert person.now.params.tobytes() == trained(spec, 3)
        person.window.lab.play()
        person.wait(lambda: person.now.epoch >= 6)
    finally:
        person.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]
    assert isinstance(ahead.prepare(pow, 2, 5), ahead.WhenAsked)


# --- own drawings by their name ---------------------------------------------------------------------------------------


def standing_at_the_drawing(spec: ExperimentSpec) -> Trainer:
    """The last mini-batch of an epoch that is not shuffled: images 97 to 100, then the drawing."""
    trainer = Trainer(replace(spec, training=replace(spec.training, shuffle=False)))
    for _ in range(6):
        trainer.step_batch()
    return trainer


def test_the_inspector_takes_a_drawing_of_ones_own_apart(qtbot, spec: ExperimentSpec) -> None:
    trainer = standing_at_the_drawing(spec)
    snapshot = trainer.snapshot(minibatch=True)
    assert snapshot.minibatch.rows.tolist() == [96, 97, 98, 99, 100]
    chosen = find_sample(snapshot, Choice("train", 100))
    assert (chosen.name, chosen.row) == ("One of your drawings, a 7, trained next", 4)
    assert np.array_equal(chosen.sample.x, snapshot.minibatch.x[4]), "as it is trained, changed at random"
    trainer.step_batch()
    later = trainer.snapshot(minibatch=True)
    chosen = find_sample(later, Choice("train", 100))
    assert (chosen.name, chosen.row) == ("One of your drawings, a 7", -1)
    assert np.array_equal(chosen.sample.x, later.data.taught.x[0])
    assert chosen.sample.targets.argmax() == 7
    assert find_sample(later, Choice("train", 101)) is None
    assert find_sample(later, Choice("test", 20)) is None
    panel = Inspector(LIGHT)
    qtbot.addWidget(panel)
    panel.show_spec(trainer.spec)
    panel.resize(700, 160)
    panel.show()
    panel.show_snapshot(later)
    panel.show_target(Target("edge", 0, 0, 0))
    panel.show_sample(Choice("train", 100))
    assert panel.sample.text().startswith("One of your drawings, a 7")
    panel._next()
    assert panel.choice == Choice("train", 1)


def test_steps_by_samples_and_phases_name_it_too(spec: ExperimentSpec) -> None:
    trainer = standing_at_the_drawing(spec)
    for _ in range(4):
        trainer.step_sample()
    assert progress_lines(trainer.snapshot())[1] == "sample 4/5"
    trainer.step_sample()
    assert trainer.snapshot().sample_index == 100
    trainer = standing_at_the_drawing(replace(spec, training=replace(spec.training, batch_size=20)))
    while trainer.descent.length(trainer.batch) > 1:
        trainer.step_batch()
    trainer.step_phase()
    assert Front.of(trainer.snapshot()).words[0] == "forward 1/2: a of a drawing of yours; on the lines w · a"
