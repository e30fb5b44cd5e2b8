"""Parity beside scikit-learn: with every convention agreed the weights are the same, and each one moves what it says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.activations import ACTIVATIONS
from engine.data import load_data
from engine.descent import Descent
from engine.errors import NeuroloomError
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from gui.comparing import child
from gui.comparing.conventions import OURS, SKLEARN, TORCH, conventions, lacks, why_out
from gui.comparing.parity import BOUND, NO_TORCH, Parity, compare
from tests.gui.compared import RATE, deltas, spec_for, together

OPTIMIZER = {
    "sgd": OPTIMIZERS["sgd"](learning_rate=RATE),
    "momentum": OPTIMIZERS["sgd"](learning_rate=0.02, momentum=0.9),
    "nesterov": OPTIMIZERS["sgd"](learning_rate=0.02, momentum=0.9, nesterov=True),
    "adam": OPTIMIZERS["adam"](learning_rate=0.02, epsilon=1e-5),
    "adam, late ε": OPTIMIZERS["adam"](learning_rate=0.02, epsilon=1e-5, torch_epsilon=True),
}


# --- agreeing -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", ["circles", "spiral3", "plane"])
@pytest.mark.parametrize("name", list(OPTIMIZER))
def test_the_same_weights_as_scikit_learn(name: str, dataset: str) -> None:
    spec = spec_for(dataset, OPTIMIZER[name], l2=0.01)
    result = together(spec, 15, SKLEARN)
    theirs, ours = result.tracks[SKLEARN], result.tracks[OURS]
    assert len(theirs.rows) == len(ours.rows) == 16
    assert theirs.column(3).max() <= BOUND
    assert theirs.column(3)[-1] > 0, "they are computed apart"
    assert ours.column(1)[-1] < ours.column(1)[0], "a network that stands still proves nothing"
    np.testing.assert_allclose(theirs.column(1), ours.column(1), rtol=0, atol=BOUND)
    np.testing.assert_allclose(theirs.column(2), ours.column(2), rtol=0, atol=BOUND)


@pytest.mark.parametrize(
    "more",
    [{"l2": 0.02, "l2_per_sample": True}, {"shuffle": False}, {"schedule": SCHEDULES["step"](every=3)}, {"input_noise": 0.1},
     {"batch_size": 100, "l2": 0.05}],
    ids=["alpha", "as they lie", "schedule", "noisy inputs", "full batch"],
)  # fmt: skip
def test_what_else_an_update_does(more: dict) -> None:
    assert max(deltas(spec_for("spiral3", OPTIMIZER["momentum"], **more), 12, SKLEARN)) <= BOUND


def test_a_network_without_hidden_layers_and_other_activations() -> None:
    spec = spec_for("circles", OPTIMIZER["sgd"])
    assert max(deltas(replace(spec, network=replace(spec.network, hidden_layer_sizes=())), 5, SKLEARN)) <= BOUND
    for name in ("relu", "sigmoid", "identity"):
        network = replace(spec.network, activation=ACTIVATIONS[name]())
        assert max(deltas(replace(spec, network=network), 5, SKLEARN)) <= BOUND, name


def test_pieces_of_an_epoch_come_to_the_same(monkeypatch) -> None:
    whole = together(spec_for("spiral3", OPTIMIZER["adam"], l2=0.01), 4, SKLEARN)
    monkeypatch.setattr("gui.comparing.pieces.PIECE_BYTES", 1)  # one mini-batch a piece
    pieces = together(spec_for("spiral3", OPTIMIZER["adam"], l2=0.01), 4, SKLEARN)
    assert pieces.tracks[SKLEARN].column(3).max() <= BOUND
    np.testing.assert_array_equal(pieces.tracks[OURS].column(1), whole.tracks[OURS].column(1))


def test_ours_is_the_engine_s_own_descent() -> None:
    spec = spec_for("spiral3", OPTIMIZER["adam"])
    data = load_data(spec.data, np.float64)
    network = Network.of(spec, np.float64)
    descent = Descent(spec, data, network)
    for _ in range(3):
        descent.begin_epoch()
        for batch in range(descent.n_batches):
            descent.train(batch)
        descent.end_epoch()
    assert together(spec, 3, SKLEARN).tracks[OURS].last[1] == descent.figures()[0]


# --- as they come -------------------------------------------------------------------------------------------------------


def first_weights(spec) -> tuple[float, Network]:
    network = Network.of(spec, np.float64)
    return max(float(np.abs(w).max()) for w in network.weights), network


def test_l2_by_batch_is_weaker_by_the_size_of_the_mini_batch() -> None:
    """One update of all n: ours takes η·l2·w away, theirs η·l2·w/n; the gradient of the loss is the same."""
    spec = spec_for("spiral3", OPTIMIZER["sgd"], l2=0.1, batch_size=1000)
    n = len(load_data(spec.data).train)
    largest, _ = first_weights(spec)
    assert deltas(spec, 1, SKLEARN, "l2_batch")[1] == pytest.approx(RATE * 0.1 * (1 - 1 / n) * largest, rel=1e-9)


def test_epsilon_as_it_comes_is_another_one_and_before_the_correction() -> None:
    """After one step Δw = η·g/(|g| + ε) of ours, whose ε is large and late, and η·√(1−β₂)·g/(√(1−β₂)·|g| + 1e-8) of theirs."""
    spec = spec_for(
        "spiral3", OPTIMIZERS["adam"](learning_rate=0.02, epsilon=1e-2, torch_epsilon=True), batch_size=1000
    )
    assert max(deltas(spec, 3, SKLEARN)) <= BOUND
    data = load_data(spec.data, np.float64)
    network = Network.of(spec, np.float64)
    work = network.work(len(data.train))
    network.forward(data.train.x, work)
    network.backward(data.train.x, data.train.targets, work)
    g, root = np.abs(network.grads), np.sqrt(1 - 0.999)
    expected = np.abs(0.02 * g / (g + 1e-2) - 0.02 * root * g / (root * g + 1e-8)).max()
    assert deltas(spec, 1, SKLEARN, "epsilon")[1] == pytest.approx(expected, rel=1e-6)


def test_their_own_first_weights() -> None:
    assert deltas(spec_for(optimizer=OPTIMIZER["sgd"]), 1, SKLEARN)[0] == 0.0
    assert deltas(spec_for(optimizer=OPTIMIZER["sgd"]), 1, SKLEARN, "weights")[0] > 0.1


def test_their_own_order_parts_the_weights_from_the_first_epoch_on() -> None:
    before, after, *_ = deltas(spec_for(optimizer=OPTIMIZER["sgd"]), 1, SKLEARN, "order")
    assert before == 0.0
    assert after > 1e-4


def test_a_schedule_that_they_are_not_told_of_parts_them_where_it_begins() -> None:
    spec = spec_for(optimizer=OPTIMIZER["sgd"], schedule=SCHEDULES["step"](every=2))
    moved = deltas(spec, 4, SKLEARN, "schedule")
    assert max(moved[:3]) <= BOUND
    assert moved[3] > 1e-4


def test_the_loss_that_they_report_is_another_and_the_weights_are_not() -> None:
    spec = spec_for(optimizer=OPTIMIZER["sgd"], l2=0.1)
    result = together(spec, 5, SKLEARN, "reported")
    ours, theirs = result.tracks[OURS], result.tracks[SKLEARN]
    assert theirs.column(3).max() <= BOUND
    assert (theirs.column(1)[1:] > ours.column(1)[1:]).all(), "with L2, and from before the updates"


def test_conventions_of_the_other_library_change_nothing_here() -> None:
    spec = spec_for("spiral3", OPTIMIZER["momentum"], l2=0.02, schedule=SCHEDULES["step"](every=2))
    assert max(deltas(spec, 5, SKLEARN, "half", "l2_biases", "momentum", "clip", "precision", "dropout")) <= BOUND


# --- what there is not --------------------------------------------------------------------------------------------------


def test_scikit_learn_sits_out_what_it_lacks_or_trains_without() -> None:
    spec = spec_for(optimizer=OPTIMIZER["sgd"], dropout=0.3, l1=0.01)
    result = together(spec, 2, SKLEARN)
    assert result.out == {SKLEARN: "scikit-learn has no dropout and no L1: it would come to something else."}
    assert len(result.tracks[OURS].rows) == 3, "the others go on"
    without = together(spec, 2, SKLEARN, "missing")
    assert not without.out
    assert without.tracks[SKLEARN].last[3] > 1e-3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"activation": "gelu"}, "scikit-learn has no activation GELU."),
        ({"loss": "hinge"}, "scikit-learn has no loss Hinge for classes."),
        ({"loss": "squared_error"}, "scikit-learn has no loss Squared error (MSE) for classes."),
        ({"optimizer": OPTIMIZERS["rmsprop"]()}, "scikit-learn has no optimizer RMSprop."),
        ({"optimizer": OPTIMIZERS["lbfgs"]()},
         "scikit-learn has no mini-batches to follow L-BFGS with: it searches its own steps."),
        ({"label_smoothing": 0.1}, "scikit-learn has no label smoothing: it would come to something else."),
    ],
)  # fmt: skip
def test_a_sentence_for_what_it_cannot_do(change: dict, sentence: str) -> None:
    assert why_out(SKLEARN, spec_for("circles", **change), frozenset()) == sentence
    vital = lacks(SKLEARN, spec_for("circles", **change))[0].vital
    assert why_out(SKLEARN, spec_for("circles", **change), frozenset({"missing"})) == (sentence if vital else "")


def test_what_pytorch_cannot_do() -> None:
    assert why_out(TORCH, spec_for("circles", activation="step"), frozenset()) == "PyTorch has no activation step."
    assert "L-BFGS" in why_out(TORCH, spec_for("circles", OPTIMIZERS["lbfgs"]()), frozenset())
    for name in ("dropout", "l1", "clip_norm", "max_norm", "label_smoothing"):
        assert why_out(TORCH, spec_for("circles", **{name: 0.1}), frozenset()) == ""
    assert all(not why_out(TORCH, spec_for("circles", loss=cls.name), frozenset()) for cls in LOSSES)


def test_only_what_matters_to_the_experiment_comes_first() -> None:
    def mattering(spec) -> set[str]:
        listed = conventions(spec)
        matters = [one.matters for one in listed]
        assert matters == sorted(matters, reverse=True)
        assert len({one.key for one in listed}) == len(listed) == 13
        return {one.key for one in listed if one.matters}

    always = {"weights", "precision", "reported"}
    assert mattering(spec_for("circles", OPTIMIZER["sgd"], shuffle=False)) == always
    assert mattering(spec_for("plane", OPTIMIZER["sgd"])) == always | {"order", "half"}
    assert mattering(spec_for("spiral3", OPTIMIZER["adam"], l2=0.1, dropout=0.1, clip_norm=1.0)) == always | {
        "order", "l2_batch", "l2_biases", "epsilon", "dropout", "missing", "clip",
    }  # fmt: skip
    moving = spec_for("circles", OPTIMIZER["momentum"], schedule=SCHEDULES["cosine"](epochs=10))
    assert mattering(moving) == always | {"order", "momentum", "schedule"}


def test_training_that_runs_away_ends_with_a_sentence() -> None:
    spec = spec_for("plane", OPTIMIZERS["sgd"](learning_rate=1e6))
    result = together(spec, 50, SKLEARN)
    assert result.stopped.startswith("Training left the finite numbers in epoch ")
    assert result.epoch < 50


# --- the child ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def children(monkeypatch) -> list[subprocess.Popen]:
    """Every process that is started, to see that it has ended."""
    started: list[subprocess.Popen] = []
    original = subprocess.Popen

    def start(*arguments, **options):
        started.append(original(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(child.subprocess, "Popen", start)
    return started


def program(monkeypatch, code: str) -> None:
    """Run ``code`` in place of the module."""
    original = subprocess.Popen
    monkeypatch.setattr(
        child.subprocess, "Popen", lambda command, **options: original([sys.executable, "-c", code], **options)
    )


def quiet(share: float, words: str = "") -> None:
    pass


def test_a_process_of_its_own_comes_to_the_same(children) -> None:
    spec = spec_for(optimizer=OPTIMIZER["adam"], l2=0.01)
    told: list[tuple[float, str]] = []
    tell = lambda share, words: told.append((share, words))  # noqa: E731
    result = compare(Parity(spec, 6, frozenset()), load_data(spec.data), tell, lambda: False, (SKLEARN,))
    assert result is not None
    assert result.done
    assert result.tracks[SKLEARN].column(3).max() <= BOUND
    assert result.tracks[SKLEARN].version[0].isdigit()
    assert (0.0, "importing scikit-learn") in told
    assert told[-1] == (1.0, "epoch 6 of 6")
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert [one.returncode for one in children] == [0]


def test_giving_up_ends_the_process_and_keeps_what_there_is(children) -> None:
    spec = spec_for(optimizer=OPTIMIZER["sgd"])
    result = Parity(spec, 10_000, frozenset())
    assert compare(result, load_data(spec.data), quiet, lambda: result.epoch >= 2, ()) is None
    assert not result.done
    assert 2 <= result.epoch < 10_000
    assert children[0].returncode not in (None, 0), "it was killed, and waited for"


def test_a_crash_is_told_in_a_sentence(monkeypatch) -> None:
    program(monkeypatch, "import os; os._exit(7)")
    spec = spec_for()
    with pytest.raises(
        NeuroloomError, match=r"^There is no comparison: its process ended with code 7\. Run it again\.$"
    ):
        compare(Parity(spec, 3, frozenset()), load_data(spec.data), quiet, lambda: False)


@pytest.mark.parametrize(
    "code",
    ["pass", "print('hello')", "print('{\"in\": \"ours\"}')", 'print(\'{"in": "ours", "version": "1"}\\n{"ours": [1]}\')',
     "print('{\"in\": [1], \"version\": 2}')"],
    ids=["nothing", "chatter", "no version", "too few", "no name"],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused(monkeypatch, code: str) -> None:
    program(monkeypatch, code)
    spec = spec_for()
    with pytest.raises(NeuroloomError, match=r"^There is no comparison: its process .* Run it again\.$"):
        compare(Parity(spec, 3, frozenset()), load_data(spec.data), quiet, lambda: False)


def test_without_pytorch_it_says_how_to_add_it() -> None:
    result = Parity(spec_for(), 1, frozenset())
    result.hear({"out": TORCH, "why": "not installed"})
    assert result.out == {TORCH: NO_TORCH}
    assert "-m pip install torch --index-url https://download.pytorch.org/whl/cpu" in NO_TORCH


def test_a_library_that_breaks_leaves_and_the_others_go_on(monkeypatch) -> None:
    from gui.comparing.sklearn_side import SklearnSide

    def breaks(self, piece, rate):
        raise RuntimeError("out of\n luck")

    monkeypatch.setattr(SklearnSide, "train", breaks)
    result = together(spec_for(optimizer=OPTIMIZER["sgd"]), 2, SKLEARN)
    assert result.out == {SKLEARN: "scikit-learn could not go on (out of luck)."}
    assert len(result.tracks[OURS].rows) == 3


def test_the_window_never_imports_the_libraries() -> None:
    code = "import sys, gui.panels.compare_view as v; sys.exit(any(m in sys.modules for m in ('torch', 'sklearn')))"
    root = Path(child.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=root).returncode == 0
