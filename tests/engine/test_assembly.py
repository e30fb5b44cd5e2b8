"""Mini-batches with own drawings and images changed at random: the same bits however one trains, looks, or works ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import ahead, compiled, descent, files
from engine.activations import ACTIVATIONS
from engine.augmentation import Change, augment, distort
from engine.datasets.images import Images
from engine.optimizers import OPTIMIZERS
from engine.own import OWN
from engine.rewind import Rewind
from engine.shelf import SHELF, ImageSet
from engine.spec import AugmentationSpec, DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.stopping import Until
from engine.trace import trace_of
from engine.trainer import Trainer
from tests.engine.helpers import experiment

SIDE, N_TRAIN, N_TEST, TIMES = 8, 40, 20, 3
CHANGES = AugmentationSpec(shift=1, rotation=10, scale=0.1, shear=0.1, stroke=0.3)
OWN_LABELS = np.array([7, 1, 4])
CASES = ("augmented", "taught", "both", "both, and all that perturbs")


def never() -> bool:
    return False


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two mini-batches, so that an epoch has several and a step stops in the middle of one."""
    monkeypatch.setattr(descent, "ASSEMBLED_ROWS", 16)


@pytest.fixture(autouse=True)
def _drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three drawings: squares of 0.5, 0.6 and 0.7 in the middle, named "a", "b" and "c"."""

    def load(names: tuple[str, ...], side: int) -> tuple[NDArray, NDArray]:
        x = np.zeros((3, side, side))
        x[:, 2:-2, 2:-2] = np.array([0.5, 0.6, 0.7])[:, None, None]
        chosen = ["abc".index(name) for name in names]
        return x.reshape(3, -1)[chosen], OWN_LABELS[chosen]

    monkeypatch.setattr(OWN, "load", load)


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Images:
    """Sixty 8 × 8 images of blobs, the last twenty to test with."""
    rng = np.random.default_rng(5)
    labels = np.arange(N_TRAIN + N_TEST, dtype=np.uint8) % 10
    pixels = np.zeros((len(labels), SIDE, SIDE), np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[label // 3 : label // 3 + 4, label % 3 : label % 3 + 4] = rng.integers(80, 256, (4, 4))
    monkeypatch.setattr(SHELF, "folder", tmp_path / "images")
    return Images.of(SHELF.put(ImageSet("Blobs", pixels.reshape(len(labels), -1), labels, n_test=N_TEST)))


@pytest.fixture(params=["numpy", "compiled"])
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test with NumPy's step and, where Numba is installed, with the compiled one."""
    if request.param == "compiled" and not compiled.load():
        pytest.skip("Numba is not installed")
    if request.param == "numpy":
        monkeypatch.setattr(compiled, "_kernels", None)
    return request.param


def spec_of(images: Images, case: str = "both", **training: object) -> ExperimentSpec:
    """64-6-10 with mini-batches of 8; 40 images and three drawings thrice: the last mini-batch has 1."""
    if case == CASES[-1]:
        training = {"dropout": 0.2, "label_smoothing": 0.1, "l2": 0.001} | training
    return ExperimentSpec(
        DataSpec(images, taught=() if case == "augmented" else ("a", "b", "c"), taught_times=TIMES),
        NetworkSpec((6,), ACTIVATIONS["tanh"]()),
        OPTIMIZERS["adam"](learning_rate=0.02),
        TrainingSpec(**{"batch_size": 8, "seed": 3} | training),
        AugmentationSpec() if case == "taught" else CHANGES,
    )


def state(trainer: Trainer) -> tuple:
    """All that decides how it goes on, and all that it came to."""
    descent = trainer.descent
    return (
        trainer.epoch, trainer.batch, trainer.sample, descent.step, trainer.network.params.tobytes(),
        *(slot.tobytes() for slot in descent.slots), str(descent.rng.bit_generator.state),
        trainer.history.view().tobytes(),
    )  # fmt: skip


# --- what a mini-batch holds ------------------------------------------------------------------------------------------


def test_rows_of_an_epoch_are_the_samples_and_then_each_drawing_so_often(images: Images) -> None:
    data = Trainer(spec_of(images)).data
    assert data.n_trained == N_TRAIN + 3 * TIMES == 49
    assert data.trained(39) == (data.train, 39)
    assert [data.trained(row) for row in (40, 42, 43, 48)] == [(data.taught, place) for place in (0, 2, 0, 2)]
    x, targets = data.taken(np.array([48, 0, 41, 43]))
    assert np.array_equal(x[[0, 2, 3]], data.taught.x[[2, 1, 0]])
    assert np.array_equal(x[1], data.train.x[0])
    assert targets.argmax(axis=1).tolist() == [4, 0, 1, 7]
    assert x.flags.writeable


def test_training_meets_every_drawing_as_often_as_it_should(images: Images, step: str) -> None:
    trainer = Trainer(spec_of(images, "taught"))
    met: list[int] = []
    for _ in range(trainer.n_batches):
        batch = trainer.minibatch()
        met += batch.rows.tolist()
        assert np.array_equal(batch.x, trainer.data.taken(batch.rows)[0]), "drawings alone change no image"
        trainer.step_batch()
    assert trainer.epoch == 1
    assert sorted(met) == list(range(49))


def test_what_is_measured_is_neither_changed_nor_taught(images: Images, step: str) -> None:
    """All with next to no rate: the first weights are measured, before and after an epoch."""
    figures = []
    for case in CASES[:3]:
        spec = spec_of(images, case)
        trainer = Trainer(replace(spec, optimizer=OPTIMIZERS["sgd"](learning_rate=1e-6)))
        trainer.step_epoch()
        figures += trainer.history.view()[:, 1:].tolist()
    np.testing.assert_allclose(figures, [figures[0]] * 6, atol=1e-4)


def test_a_mini_batch_is_decided_by_seed_and_number_of_its_update(images: Images) -> None:
    trainer = Trainer(spec_of(images, "augmented"))
    for _ in range(7):
        trainer.step_batch()
    batch = trainer.minibatch()
    plain = trainer.data.train.x[batch.rows]
    assert np.array_equal(batch.x, augment(plain, SIDE, CHANGES, np.random.default_rng([3, 2, 8])))
    assert not np.array_equal(batch.x, plain)


def test_the_same_image_is_changed_in_another_way_in_each_epoch(images: Images) -> None:
    trainer = Trainer(spec_of(images, "augmented", batch_size=40, shuffle=False))
    first = trainer.minibatch()
    trainer.step_epoch()
    assert np.array_equal(trainer.minibatch().rows, first.rows)
    assert (trainer.minibatch().x != first.x).any(axis=1).all()


def test_data_that_are_no_images_are_left_alone(step: str) -> None:
    spec = experiment(batch_size=8)
    changed, plain = Trainer(replace(spec, augmentation=CHANGES)), Trainer(spec)
    for trainer in (changed, plain):
        trainer.step_epoch()
    assert not changed.descent.assembled
    assert state(changed) == state(plain)


# --- the same bits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_every_grain_ends_in_the_same_bits(images: Images, case: str, step: str) -> None:
    spec = spec_of(images, case)
    played = Trainer(spec)
    assert played.descent.compiled == (step == "compiled")
    played.advance(never, Until("epoch", 6))
    assert played.descent.assembled
    assert played._epochs_at_once(None) == 0
    by_epoch, by_batch, by_sample, by_phase, stuttering = (Trainer(spec) for _ in range(5))
    while by_epoch.epoch < played.epoch:
        by_epoch.step_epoch()
    while by_batch.epoch < played.epoch:
        by_batch.step_batch()
    while by_sample.epoch < 2:
        by_sample.step_sample()
        by_sample.snapshot(minibatch=True)
    by_sample.advance(never, Until("epoch", played.epoch))
    while by_phase.epoch < 2:
        by_phase.step_phase()
    by_phase.advance(never, Until("epoch", played.epoch))
    while stuttering.epoch < played.epoch:
        allowed = iter([False, False, False])
        stuttering.advance(lambda asked=allowed: next(asked, True), Until("epoch", played.epoch))
    for other in (by_epoch, by_batch, by_sample, by_phase, stuttering):
        assert state(other) == state(played)


@pytest.mark.parametrize("case", CASES)
def test_the_next_mini_batch_is_shown_exactly_as_it_is_trained(images: Images, case: str, step: str) -> None:
    """By plain gradient descent with a rate of 1 the change of the weights is the gradient of the mini-batch shown."""
    spec = replace(spec_of(images, case, l2=0.0), optimizer=OPTIMIZERS["sgd"](learning_rate=1.0))
    trainer = Trainer(spec)
    for _ in range(2 * trainer.n_batches + 3):
        shown, before = trainer.minibatch(), trainer.network.params.copy()
        gradient = trace_of(spec, trainer.network.layout, before, shown).grads
        at = trainer.batch % trainer.descent._per_window * 8
        trainer.step_batch()
        np.testing.assert_allclose(before - trainer.network.params, gradient, atol=1e-6)
        if trainer.batch:  # what an epoch's end leaves in the copy is of no use any more, and still there
            assert np.array_equal(trainer.descent._x[at : at + len(shown)], shown.x)


def test_numpy_and_compiled_train_the_same_run(images: Images, monkeypatch: pytest.MonkeyPatch) -> None:
    if not compiled.load():
        pytest.skip("Numba is not installed")
    quick = Trainer(spec_of(images, CASES[-1]))
    monkeypatch.setattr(compiled, "_kernels", None)
    plain = Trainer(spec_of(images, CASES[-1]))
    for trainer in (quick, plain):
        trainer.advance(never, Until("epoch", 2))
    assert (quick.descent.compiled, plain.descent.compiled) == (True, False)
    np.testing.assert_allclose(quick.network.params, plain.network.params, atol=1e-3)
    np.testing.assert_allclose(quick.history.view(), plain.history.view(), atol=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_back_and_on_again_gives_the_same_bits(images: Images, case: str, step: str) -> None:
    spec = spec_of(images, case)
    trainer, fresh = Trainer(spec), Trainer(spec)
    trainer.advance(never, Until("epoch", 8))
    there = state(trainer)
    trainer.step_batch()
    trainer.step_back()
    assert state(trainer) == there
    trainer.go_to(3)
    fresh.advance(never, Until("epoch", 3))
    assert state(trainer) == state(fresh)
    trainer.step_batch()
    trainer.advance(never, Until("epoch", 8))
    assert state(trainer) == there


def test_a_look_and_a_branch_have_the_bits_of_then(images: Images, step: str) -> None:
    spec = spec_of(images, "both")
    trainer, fresh = Trainer(spec), Trainer(spec)
    trainer.advance(never, Until("epoch", 9))
    there = state(trainer)
    fresh.advance(never, Until("epoch", 4))
    rewind = Rewind(trainer)
    seen = rewind.snapshot(4, minibatch=True)
    assert seen.params.tobytes() == fresh.network.params.tobytes()
    assert seen.minibatch.x.tobytes() == fresh.minibatch().x.tobytes()
    branch = rewind.branch(4, spec)
    branch.advance(never, Until("epoch", 9))
    assert state(branch) == there == state(trainer)


def test_a_saved_run_goes_on_with_the_same_bits(images: Images, step: str) -> None:
    spec = spec_of(images, "both")
    trainer = Trainer(spec)
    trainer.step_epoch()
    for _ in range(3):  # in the middle of an epoch, and of a window
        trainer.step_batch()
    again = files.parse(files.dump(trainer)).trainer()
    for each in (trainer, again):
        each.advance(never, Until("epoch", 4))
    assert state(again) == state(trainer)


@pytest.mark.parametrize(
    "change",
    [lambda spec: replace(spec, augmentation=AugmentationSpec(rotation=45)),
     lambda spec: replace(spec, augmentation=AugmentationSpec()),
     lambda spec: replace(spec, data=replace(spec.data, taught=("b",))),
     lambda spec: replace(spec, data=replace(spec.data, taught=(), taught_times=5)),
     lambda spec: replace(spec, optimizer=OPTIMIZERS["sgd"](learning_rate=0.05)),
     lambda spec: replace(spec, training=replace(spec.training, batch_size=5))],
    ids=["augmentation", "no augmentation", "another drawing", "no drawing", "optimizer", "batch size"],
)  # fmt: skip
def test_what_is_changed_while_it_trains_holds_from_the_next_mini_batch_on(
    images: Images, change: Callable[[ExperimentSpec], ExperimentSpec], step: str
) -> None:
    trainer = Trainer(spec_of(images, "both"))
    trainer.step_epoch()
    for _ in range(3):
        trainer.step_batch()
    before = trainer.network.params.copy()
    trainer.reconfigure(change(trainer.spec))
    assert np.array_equal(trainer.network.params, before)
    shown = trainer.minibatch()
    assert shown.x.tobytes() == _by_hand(trainer, shown.rows).tobytes()
    trainer.advance(never, Until("epoch", 5))
    there = state(trainer)
    trainer.go_to(2)
    trainer.advance(never, Until("epoch", 5))
    assert state(trainer) == there


def _by_hand(trainer: Trainer, rows: NDArray) -> NDArray:
    x, changes = trainer.data.taken(rows)[0], trainer.spec.augmentation
    by = compiled._kernels.distort if trainer.descent.compiled else distort
    rng = np.random.default_rng([3, 2, trainer.descent.step + 1])
    return Change.drawn(len(x), SIDE, changes, rng).of(x, SIDE, by) if changes else x


def test_a_sample_step_looks_at_a_drawing_too(images: Images) -> None:
    trainer = Trainer(spec_of(images, "taught", shuffle=False))
    trainer.step_epoch()
    for _ in range(42):
        trainer.step_sample()
    seen = trainer.snapshot()
    assert seen.sample_index == 41
    assert np.array_equal(seen.activations[0], trainer.data.taught.x[1])
    for _ in range(6):  # to the last sample of its mini-batch, which is trained with it
        trainer.step_sample()
    assert trainer.snapshot().sample_index == 47
    trainer.reconfigure(replace(trainer.spec, data=trainer.spec.data.untaught))
    assert trainer.snapshot().sample_index is None, "there is no such row any more"


# --- all samples at once ----------------------------------------------------------------------------------------------


def test_lbfgs_minimizes_over_one_change_of_all_images(images: Images) -> None:
    spec = replace(spec_of(images, "both"), optimizer=OPTIMIZERS["lbfgs"](iterations=5))
    trainer = Trainer(spec)
    assert trainer.n_batches == 1
    for _ in range(3):
        shown = trainer.minibatch()
        assert len(shown) == 49
        before = trace_of(spec, trainer.network.layout, trainer.network.params, shown).loss
        trainer.step_epoch()
        assert trace_of(spec, trainer.network.layout, trainer.network.params, shown).loss < before
    there = state(trainer)
    trainer.go_to(1)
    trainer.advance(never, Until("epoch", 3))
    assert state(trainer) == there


# --- ahead ------------------------------------------------------------------------------------------------------------


class AtOnce:
    """Works ahead as far as one can: everything is computed the moment it is prepared."""

    made = asked = dropped = 0

    def __init__(self, function: Callable, *args: object) -> None:
        self._result = function(*args)
        AtOnce.made += 1

    def result(self) -> object:
        AtOnce.asked += 1
        return self._result

    def cancel(self) -> bool:
        AtOnce.dropped += 1
        self._result = None  # whoever asks all the same fails
        return False


@pytest.fixture
def at_once() -> Iterator[None]:
    AtOnce.made = AtOnce.asked = AtOnce.dropped = 0
    ahead.install(AtOnce)
    yield
    ahead.install(ahead.WhenAsked)


def test_each_window_but_the_first_of_an_epoch_is_there_before_it_is_needed(images: Images, at_once: None) -> None:
    trainer = Trainer(spec_of(images, "augmented"))  # 40 images: windows of 16, 16, 8
    trainer.step_batch()
    assert (AtOnce.made, AtOnce.asked) == (2, 1)
    trainer.step_batch()
    assert (AtOnce.made, AtOnce.asked) == (2, 1)
    trainer.step_epoch()
    trainer.step_epoch()
    assert (AtOnce.made, AtOnce.asked, AtOnce.dropped) == (6, 6, 0)


def test_what_was_made_ahead_is_dropped_where_training_goes_elsewhere(images: Images, at_once: None) -> None:
    trainer = Trainer(spec_of(images, "augmented"))
    trainer.step_epoch()
    trainer.step_batch()
    trainer.reconfigure(replace(trainer.spec, augmentation=AugmentationSpec(noise=0.2)))
    assert AtOnce.dropped == 1
    trainer.step_batch()
    trainer.step_back()
    assert AtOnce.dropped == 2
    assert trainer.descent._next is None


DEEDS: dict[str, Callable[[Trainer], object]] = {
    "batch": Trainer.step_batch,
    "sample": Trainer.step_sample,
    "phase": Trainer.step_phase,
    "epoch": Trainer.step_epoch,
    "back": Trainer.step_back,
    "look at the next": lambda trainer: trainer.snapshot(minibatch=True),
    "look back": lambda trainer: Rewind(trainer).snapshot(trainer.epoch // 2),
    "edit": lambda trainer: trainer.edit(5, 0.25),
    "turn": lambda trainer: trainer.reconfigure(replace(trainer.spec, augmentation=AugmentationSpec(rotation=30))),
    "plain": lambda trainer: trainer.reconfigure(replace(trainer.spec, augmentation=AugmentationSpec())),
    "teach": lambda trainer: trainer.reconfigure(
        replace(trainer.spec, data=replace(trainer.spec.data, taught=("c", "a")))
    ),
    "another optimizer": lambda trainer: trainer.reconfigure(
        replace(trainer.spec, optimizer=OPTIMIZERS["rmsprop"](learning_rate=0.01))
    ),
    "larger": lambda trainer: trainer.reconfigure(
        replace(trainer.spec, training=replace(trainer.spec.training, batch_size=11))
    ),
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.sampled_from(sorted(DEEDS)), max_size=12))
def test_whatever_is_done_working_ahead_changes_no_bit(images: Images, step: str, deeds: list[str]) -> None:
    ends = []
    try:
        for submit in (AtOnce, ahead.WhenAsked):
            ahead.install(submit)
            trainer = Trainer(spec_of(images, "augmented"))
            for deed in deeds:
                DEEDS[deed](trainer)
            trainer.advance(never, Until("epoch", trainer.epoch + 1))
            ends.append((state(trainer), trainer.minibatch().x.tobytes()))
    finally:
        ahead.install(ahead.WhenAsked)
    assert ends[0] == ends[1]
