"""The compiled step beside NumPy's: every combination within float32 rounding, the same bits whatever the grain."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from engine import compiled, evaluation, files
from engine.activations import ACTIVATIONS, Activation
from engine.compiled import CompiledDescent
from engine.data import load_data
from engine.datasets import DATASETS
from engine.descent import Descent
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.stopping import Until
from engine.trainer import Trainer
from tests.engine.helpers import experiment

pytestmark = pytest.mark.skipif(not compiled.is_installed(), reason="Numba, which compiles the step, is not installed")

STEPS = {
    "sgd": OPTIMIZERS["sgd"](0.05),
    "momentum": OPTIMIZERS["sgd"](0.05, momentum=0.9),
    "nesterov": OPTIMIZERS["sgd"](0.05, momentum=0.9, nesterov=True),
    "adagrad": OPTIMIZERS["adagrad"](0.05),
    "rmsprop": OPTIMIZERS["rmsprop"](0.01),
    "adam": OPTIMIZERS["adam"](0.02),
    "adam, PyTorch's epsilon": OPTIMIZERS["adam"](0.02, torch_epsilon=True),
    "adamw": OPTIMIZERS["adamw"](0.02, weight_decay=0.1),
}
REGULARIZATION = {
    "none": {},
    "dropout": {"dropout": 0.3},
    "L1 and L2": {"l1": 0.01, "l2": 0.02},
    "L2 per sample, clipping": {"l2": 0.5, "l2_per_sample": True, "clip_norm": 0.5},
    "all of it": {"layer_dropout": (0.0, 0.2), "label_smoothing": 0.1, "max_norm": 1.3, "l1": 0.003},
}
# What a person types has no branch in the kernels: NumPy trains it.
KNOWN = tuple(name for name in ACTIVATIONS.names() if name != "typed")
DATA = ("circles", "spiral3", "bumps")  # one output, one a class, regression


@pytest.fixture(scope="module")
def kernels() -> object:
    assert compiled.load(), "Numba is installed, but the kernels do not compile"
    loaded = compiled._kernels
    compiled._kernels = None
    return loaded


@pytest.fixture(autouse=True)
def _compiled(kernels: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaded in these tests only: all others see what a person without Numba sees."""
    monkeypatch.setattr(compiled, "_kernels", kernels)


def never() -> bool:
    return False


def spec_of(dataset: str, activation: Activation, loss: str, optimizer: str, regularization: str) -> ExperimentSpec:
    data = DataSpec(DATASETS[dataset](n_samples=60))  # 42 to train with: the last mini-batch of 8 has 2
    network = NetworkSpec((6, 5), activation, LOSSES[loss]())
    return ExperimentSpec(
        data, network, STEPS[optimizer], TrainingSpec(batch_size=8, seed=5, **REGULARIZATION[regularization])
    )


def after_an_epoch(kind: type[Descent], spec: ExperimentSpec) -> Descent:
    descent = kind(spec, load_data(spec.data), Network.of(spec))
    descent.begin_epoch()
    # As in the trainer: BLAS may raise the processor's flag for lanes that it throws away. A NaN that stays fails below.
    with np.errstate(invalid="ignore"):
        for batch in range(descent.n_batches):
            assert descent.train(batch)
    return descent


@pytest.mark.parametrize("dataset", DATA)
@pytest.mark.parametrize("activation", KNOWN)
def test_every_combination_is_numpy_within_rounding(activation: str, dataset: str) -> None:
    for loss in LOSSES.names():
        if dataset == "bumps" and LOSSES[loss]().linear() is None:
            continue
        for optimizer in STEPS:
            for regularization in REGULARIZATION:
                spec = spec_of(dataset, ACTIVATIONS[activation](), loss, optimizer, regularization)
                ours, plain = after_an_epoch(CompiledDescent, spec), after_an_epoch(Descent, spec)
                case = f"{dataset} {activation} {loss} {optimizer} {regularization}"
                # Six updates; where one divides by a tiny root, rounding grows a hundredfold. Usual are 1e-6.
                np.testing.assert_allclose(ours.network.params, plain.network.params, atol=1e-4, rtol=0, err_msg=case)
                for slot, kept in zip(ours.slots, plain.slots, strict=True):
                    np.testing.assert_allclose(slot, kept, atol=1e-4, rtol=0, err_msg=case)
                np.testing.assert_allclose(ours.figures(), plain.figures(), atol=1e-4, rtol=1e-4, err_msg=case)


@pytest.mark.parametrize("loss", LOSSES.names())
@pytest.mark.parametrize("activation", KNOWN)
def test_one_gradient_is_numpys_to_the_last_digits(activation: str, loss: str) -> None:
    spec = spec_of("circles", ACTIVATIONS[activation](), loss, "sgd", "none")
    spec = replace(spec, optimizer=OPTIMIZERS["sgd"](1.0))
    results = []
    for kind in (CompiledDescent, Descent):
        descent = kind(spec, load_data(spec.data), Network.of(spec))
        descent.begin_epoch()
        before = descent.network.params.copy()
        descent.train(0)
        results.append(before - descent.network.params)
    np.testing.assert_allclose(results[0], results[1], atol=5e-7, rtol=0)


def test_other_slopes_and_thresholds_reach_the_kernels() -> None:
    for changed in (
        spec_of("circles", ACTIVATIONS["leaky_relu"](alpha=0.3), "huber", "adam", "none"),
        replace(spec_of("bumps", ACTIVATIONS["tanh"](), "huber", "sgd", "none"),
                network=NetworkSpec((6,), ACTIVATIONS["relu"](), LOSSES["huber"](threshold=0.1))),
        replace(spec_of("circles", ACTIVATIONS["tanh"](), "cross_entropy", "adam", "none"),
                network=NetworkSpec((6, 5), ACTIVATIONS["tanh"](), layer_activations=(ACTIVATIONS["relu"](),))),
        replace(spec_of("circles", ACTIVATIONS["tanh"](), "cross_entropy", "adam", "none"),
                optimizer=OPTIMIZERS["adam"](0.02, beta_1=0.5, beta_2=0.9, epsilon=1e-3)),
    ):  # fmt: skip
        ours, plain = after_an_epoch(CompiledDescent, changed), after_an_epoch(Descent, changed)
        np.testing.assert_allclose(ours.network.params, plain.network.params, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "training", [{}, {"dropout": 0.2}, {"label_smoothing": 0.1, "l2": 0.01}, {"patience": 3}], ids=str
)
def test_every_grain_ends_in_the_same_bits(training: dict[str, float]) -> None:
    spec = experiment(batch_size=8, **training)
    played = Trainer(spec)
    assert played.descent.compiled
    played.advance(never, Until("epoch", 120))
    by_epoch, by_batch, by_sample, by_phase, stuttering = (Trainer(spec) for _ in range(5))
    while by_epoch.epoch < played.epoch:
        by_epoch.step_epoch()
    while by_batch.epoch < played.epoch:
        by_batch.step_batch()
    while by_sample.epoch < 2:
        by_sample.step_sample()
    while by_sample.epoch < played.epoch:
        by_sample.step_epoch()
    while by_phase.epoch < 2:
        by_phase.step_phase()
    by_phase.advance(never, Until("epoch", played.epoch))
    while stuttering.epoch < played.epoch:
        allowed = iter([False, False])
        stuttering.advance(lambda asked=allowed: next(asked, True), Until("epoch", played.epoch))
    for other in (by_epoch, by_batch, by_sample, by_phase, stuttering):
        assert np.array_equal(other.network.params, played.network.params)
        assert np.array_equal(other.history.view(), played.history.view())


def test_back_and_forward_gives_the_same_bits_over_the_change_of_step(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = experiment(batch_size=8)
    with monkeypatch.context() as without:
        without.setattr(compiled, "_kernels", None)
        trainer = Trainer(spec)
        assert not trainer.descent.compiled
        trainer.advance(never, Until("epoch", 6))
        numpys = trainer.network.params.copy()
        trainer.step_batch()
    trainer.choose_step()
    assert trainer.descent.compiled
    trainer.advance(never, Until("epoch", 20))
    there, rows = trainer.network.params.copy(), trainer.history.view().copy()
    for _ in range(14):
        trainer.step_back()
    assert trainer.epoch == 6
    assert np.array_equal(trainer.network.params, numpys), "what NumPy trained, NumPy trains again"
    trainer.timeline.drop_after((20, 0, 0))
    for _ in range(14):
        trainer.step_epoch()
    np.testing.assert_allclose(trainer.network.params, there, atol=1e-4)
    np.testing.assert_allclose(trainer.history.view(), rows, atol=1e-4)


def test_a_condition_is_met_at_its_epoch_and_no_later() -> None:
    spec = experiment(batch_size=8)
    careful = Trainer(spec)
    until = Until("train_loss", 0.3)
    while not until.reached(careful.history.last()):
        careful.step_epoch()
    quick = Trainer(spec)
    assert quick.advance(never, until)
    assert quick.epoch == careful.epoch > 2
    assert np.array_equal(quick.network.params, careful.network.params)
    quick.advance(never, Until("epoch", careful.epoch + 50))
    for _ in range(50):
        careful.step_epoch()
    assert np.array_equal(quick.network.params, careful.network.params)


@pytest.mark.parametrize("optimizer", STEPS)
def test_three_epochs_a_file_and_three_more_are_six(optimizer: str, tmp_path: Path) -> None:
    spec = replace(experiment(batch_size=8, dropout=0.3), optimizer=STEPS[optimizer])
    straight, first = Trainer(spec), Trainer(spec)
    straight.advance(never, Until("epoch", 6))
    first.advance(never, Until("epoch", 3))
    files.save(tmp_path / "run.json", first)
    second = files.load(tmp_path / "run.json").trainer()
    assert second.descent.compiled
    second.advance(never, Until("epoch", 6))
    assert np.array_equal(second.network.params, straight.network.params)


@pytest.mark.parametrize("rate", [3e2, 1e6])
@pytest.mark.parametrize("activation", KNOWN)
def test_a_divergence_is_found_at_the_same_mini_batch_as_step_by_step(activation: str, rate: float) -> None:
    spec = experiment(activation=activation, optimizer="sgd", rate=rate, hidden=(6, 6))
    quick, careful = Trainer(spec), Trainer(spec)
    quick.advance(never, Until("epoch", 60))
    while careful.diverged is None and careful.epoch < 60:
        careful.step_batch()
    assert str(quick.diverged) == str(careful.diverged)
    assert (quick.epoch, quick.batch) == (careful.epoch, careful.batch)
    assert np.isfinite(quick.network.params).all()
    assert np.array_equal(quick.network.params, careful.network.params)


def test_a_divergence_in_the_middle_of_a_call_is_where_it_happened() -> None:
    spec = experiment(activation="identity", optimizer="sgd", rate=0.02, hidden=(6, 6))
    quick = Trainer(spec)
    quick.advance(never, Until("epoch", 40))
    wild = replace(spec, optimizer=OPTIMIZERS["sgd"](2.2))
    quick.reconfigure(wild)
    careful = Trainer(spec)
    for _ in range(40):
        careful.step_epoch()
    careful.reconfigure(wild)
    quick.advance(never, Until("epoch", 4000))
    while careful.diverged is None and careful.epoch < 4000:
        careful.step_epoch()
    assert quick.diverged is not None
    assert str(quick.diverged) == str(careful.diverged)
    assert np.array_equal(quick.network.params, careful.network.params)


def test_early_stopping_brings_the_best_weights_back() -> None:
    spec = experiment(batch_size=8, rate=0.3, patience=4)
    spec = replace(spec, data=replace(spec.data, validation_share=0.3))
    trainer = Trainer(spec)
    assert trainer.descent.compiled
    assert trainer.history.columns == 7
    assert trainer.advance(lambda: trainer.epoch > 5000)
    assert "are back" in trainer.stopped
    best = int(np.argmin(trainer.history.view()[:, 5]))
    assert f"epoch {best} " in trainer.stopped
    assert trainer.metrics().validation_loss == pytest.approx(trainer.history.view()[best, 5])


def test_schedules_give_each_epoch_its_rate() -> None:
    from engine.schedules import SCHEDULES

    for schedule in SCHEDULES:
        spec = experiment(batch_size=8, schedule=schedule(warm_up=2))
        quick, careful = Trainer(spec), Trainer(spec)
        quick.advance(never, Until("epoch", 40))
        for _ in range(40):
            careful.step_epoch()
        assert np.array_equal(quick.network.params, careful.network.params), schedule.name
        assert quick.descent.optimizer == careful.descent.optimizer


def test_a_gate_is_measured_once_and_digits_are_read() -> None:
    xor = Trainer(experiment("xor", hidden=(4,), batch_size=4, rate=0.1))
    assert xor.advance(lambda: xor.epoch > 3000, Until("train_accuracy", 1.0))
    assert xor.metrics().test_loss == xor.metrics().train_loss
    digits = ExperimentSpec(
        DataSpec(DATASETS["digits"](), features=("x1",)), NetworkSpec((50,), ACTIVATIONS["relu"]()),
        OPTIMIZERS["adam"](0.003), TrainingSpec(batch_size=32),
    )  # fmt: skip
    trainer = Trainer(digits)
    trainer.advance(never, Until("epoch", 15))
    assert trainer.descent.compiled
    assert trainer.metrics().test_accuracy > 0.95


@dataclass(frozen=True)
class Unknown(type(ACTIVATIONS["tanh"]())):  # type: ignore[misc]
    """An activation that somebody has just added: no kernel has a branch for it."""

    name: ClassVar[str] = "unknown"


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: replace(spec, network=replace(spec.network, activation=Unknown())),
        lambda spec: replace(spec, optimizer=OPTIMIZERS["lbfgs"]()),
        lambda spec: replace(spec, training=replace(spec.training, input_noise=0.1)),
    ],
    ids=["activation", "optimizer", "noise"],
)  # fmt: skip
def test_what_it_does_not_know_numpy_trains(
    change: Callable[[ExperimentSpec], ExperimentSpec],
) -> None:
    spec = experiment(batch_size=8)
    assert compiled.is_quicker(spec)
    assert not compiled.is_quicker(change(spec))
    assert not compiled.is_quicker(spec, np.float64)
    assert not Trainer(change(spec)).descent.compiled


def test_a_change_of_settings_changes_the_step_with_it() -> None:
    spec = experiment(batch_size=8)
    noisy = replace(spec, training=replace(spec.training, input_noise=0.1))
    trainer = Trainer(spec)
    trainer.advance(never, Until("epoch", 3))
    kept = trainer.network.params.copy()
    trainer.reconfigure(noisy)
    assert not trainer.descent.compiled
    assert np.array_equal(trainer.network.params, kept)
    assert trainer.descent.slots[0].any(), "Adam's memory goes along"
    trainer.step_epoch()
    trainer.reconfigure(spec)
    assert trainer.descent.compiled
    trainer.step_epoch()
    for _ in range(2):
        trainer.step_back()
    assert np.array_equal(trainer.network.params, kept)


def test_machine_code_is_made_for_one_kind_of_argument_only(kernels: object) -> None:
    # More would mean compiling in the training thread, in the middle of a run.
    Trainer(experiment("bumps", loss="huber", hidden=(3,), batch_size=7, dropout=0.5)).step_epoch()
    Trainer(experiment("xor", hidden=(), batch_size=4)).step_epoch()
    for name in ("train", "measure", "epochs"):
        assert len(getattr(kernels, name).signatures) == 1, name


def test_without_numba_everything_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_kernels", None)
    monkeypatch.setattr(compiled, "is_installed", lambda: False)
    assert not compiled.load()
    assert not compiled.is_loaded()
    trainer = Trainer(experiment())
    trainer.choose_step()
    assert not trainer.descent.compiled


WITHOUT_NUMBA = (
    "import runpy, sys; sys.modules['numba'] = None; runpy.run_module('engine.compiled', run_name='__main__')"
)


@pytest.mark.parametrize(("arguments", "code"), [(["-m", "engine.compiled"], 0), (["-c", WITHOUT_NUMBA], 1)])
def test_the_child_tells_by_its_exit_code_whether_there_is_a_compiled_step(arguments: list[str], code: int) -> None:
    root = Path(compiled.__file__).parents[1]
    assert subprocess.run([sys.executable, *arguments], cwd=root, check=False, timeout=300).returncode == code


HOLDS = (
    "import sys; from pathlib import Path; from engine.compiled import one_at_a_time\n"
    "with one_at_a_time(Path(sys.argv[1])): print('in', flush=True); sys.stdin.read()"
)


def test_one_process_at_a_time_compiles(tmp_path: Path) -> None:
    """Else it could have some kernels from the cache and some of its own, which round differently."""
    root, folder, entered = Path(compiled.__file__).parents[1], tmp_path / "cache", threading.Event()

    def enter() -> None:
        with compiled.one_at_a_time(folder):
            entered.set()

    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "in\n"
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.2), "the other process is in there"
        other.communicate("")
        waiting.join(20)
    assert entered.is_set()


def test_where_nothing_can_be_written_nobody_waits(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with compiled.one_at_a_time(tmp_path / "file" / "cache"):
        assert not (tmp_path / "file").is_dir()


def test_rows_from_everywhere_and_no_shuffling_as_numpy_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MAX_ROWS", 20)
    for dataset in DATA:
        spec = spec_of(dataset, ACTIVATIONS["tanh"](), "squared_error", "adam", "none")
        spec = replace(spec, training=replace(spec.training, shuffle=False))
        ours, plain = after_an_epoch(CompiledDescent, spec), after_an_epoch(Descent, spec)
        np.testing.assert_allclose(ours.figures(), plain.figures(), atol=1e-5)
        rows = CompiledDescent(spec, load_data(spec.data), Network.of(spec)).epochs([0.02], 1e9)
        np.testing.assert_allclose(rows[0], plain.figures(), atol=1e-5)
