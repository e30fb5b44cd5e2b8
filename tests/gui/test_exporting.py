"""Scripts of a network: they run, and give the same answers. Many are run by one child process; see tests/gui/exported.py."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.datasets.images import Images
from engine.errors import NeuroloomError, UnreadableFile
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.shelf import SHELF
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trainer import Trainer
from gui.exporting import trial
from gui.exporting.model import NUMPY, ONNX, SKLEARN, TORCH, Model, NotCarried, Options, plain
from gui.exporting.trial import AGREES, difference, lacking, try_script
from gui.exporting.writing import possible, save, write
from tests.gui.exported import Case, random_spec, worst_of
from tests.gui.images import blobs, on_shelf

KINDS = (NUMPY, SKLEARN, TORCH, ONNX)
TORCH_IS_HERE = importlib.util.find_spec("torch") is not None
LIMIT = 1e-6


def first(spec: ExperimentSpec) -> Model:
    """With the first weights, untrained."""
    return Model.of(spec, Network.of(spec).params)


def a_spec(**changes: object) -> ExperimentSpec:
    return replace(ExperimentSpec(network=NetworkSpec((5,))), **changes)


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, float]]:
    """Of random networks, written in every way, against the app."""
    r, cases = random.Random(11), []
    for i in range(15):
        case = Case.trained(random_spec(r, plain=i % 3 == 0), Options())
        wanted = [Options(NUMPY, inline=i % 2 == 1), Options(ONNX), Options(SKLEARN, inline=i % 2 == 0)]
        wanted += [Options(NUMPY, weights=False, training=True), Options(NUMPY, training=True)]
        if TORCH_IS_HERE:
            wanted += [Options(TORCH, inline=i % 2 == 0), Options(TORCH, weights=False, training=True)]
        for options in (possible(case.model, one) for one in wanted):
            try:
                write(case.model, options)
            except NotCarried:
                continue
            cases.append(Case(case.model, options, case.raw, case.x))
    return list(zip(cases, worst_of(cases, tmp_path_factory.mktemp("scripts")), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_scripts_with_trained_weights_answer_as_the_app(differences: list[tuple[Case, float]], kind: str) -> None:
    if kind == TORCH and not TORCH_IS_HERE:
        pytest.skip("PyTorch is not installed")
    found = [worst for case, worst in differences if case.options.kind == kind and not case.options.training]
    assert len(found) >= 6
    assert max(found) <= (1e-5 if kind == TORCH else LIMIT)


def test_a_numpy_script_that_trains_from_scratch_comes_to_the_same_weights(
    differences: list[tuple[Case, float]],
) -> None:
    found = [
        worst for case, worst in differences
        if case.options.kind == NUMPY and case.options.training and not case.options.weights
    ]  # fmt: skip
    assert len(found) >= 6
    assert max(found) <= 1e-4  # rounding, after some dozens of updates


def test_a_script_that_trains_on_does_not_stay_where_it_was(differences: list[tuple[Case, float]]) -> None:
    found = [worst for case, worst in differences if case.options == Options(NUMPY, training=True)]
    assert sum(worst > LIMIT for worst in found) > len(found) / 2


@pytest.mark.skipif(not TORCH_IS_HERE, reason="PyTorch is not installed")
def test_pytorch_trains_on_as_the_app_would(tmp_path: Path) -> None:
    """Without shuffling there is nothing left to chance."""
    cases, ours = [], []
    for optimizer, loss, classes in itertools.product(OPTIMIZERS, LOSSES, ("spiral3", "circles", "bumps")):
        dataset = DATASETS[classes](n_samples=60)
        if optimizer.full_batch or (dataset.regression and loss().linear() is None):
            continue
        o = optimizer(learning_rate=0.01)
        if optimizer.name == "adam":
            o = replace(o, torch_epsilon=True)
        training = TrainingSpec(
            shuffle=False, l1=1e-3, l2=1e-2, max_norm=2.0, clip_norm=0.5 if loss.name == "hinge" else 0.0,
            label_smoothing=0.1, schedule=SCHEDULES["cosine"](warm_up=2),
        )  # fmt: skip
        network = NetworkSpec((6,), ACTIVATIONS["tanh"](), loss())
        trainer = Trainer(a_spec(data=DataSpec(dataset), network=network, optimizer=o, training=training))
        start, part = Model.of(trainer.spec, trainer.network.params.copy(), 3), trainer.data.test
        for _ in range(3):
            trainer.step_epoch()
        cases.append(Case(start, Options(TORCH, training=True), part.raw, part.x))
        ours.append(Model.of(trainer.spec, trainer.network.params).predict(part.x))
    worst_of(cases, tmp_path)
    for i, (case, mine) in enumerate(zip(cases, ours, strict=True)):
        spec = case.model.spec
        assert difference(np.load(tmp_path / f"{i:03}" / "answers.npy"), mine) < 2e-4, (
            spec.optimizer,
            spec.loss,
            spec.data,
        )


# --- whatever the network ---------------------------------------------------------------------------------------------


@st.composite
def specs(draw: st.DrawFn) -> ExperimentSpec:
    """Anything the registries hold, in any mixture."""
    kind = draw(st.sampled_from([one for one in DATASETS if one.in_menus or one.name == "points"]))
    losses = [one() for one in LOSSES if not kind.regression or one().linear() is not None]
    activations = st.sampled_from([one() for one in ACTIVATIONS]) | st.builds(
        ACTIVATIONS["typed"],
        st.sampled_from(["x", "max(x, sign(x))", "1/x", "-x^-1.5", "e^(x*pi)", "abs(x)-sqrt(abs(x))"]),
    )
    return ExperimentSpec(
        DataSpec(kind(), scale_inputs=draw(st.booleans()), validation_share=draw(st.sampled_from([0.0, 0.3]))),
        NetworkSpec(
            tuple(draw(st.lists(st.integers(1, 9), max_size=3))), draw(activations), draw(st.sampled_from(losses)),
            draw(st.sampled_from(list(INITIALIZERS)))(), tuple(draw(st.lists(activations, max_size=3))),
        ),
        draw(st.sampled_from(list(OPTIMIZERS)))(),
        draw(st.builds(
            TrainingSpec, dropout=st.sampled_from([0.0, 0.5]), l1=st.sampled_from([0.0, 0.1]), l2=st.sampled_from([0.0, 0.1]),
            clip_norm=st.sampled_from([0.0, 1.0]), max_norm=st.sampled_from([0.0, 1.0]), patience=st.sampled_from([0, 5]),
            input_noise=st.sampled_from([0.0, 0.1]), label_smoothing=st.sampled_from([0.0, 0.1]), shuffle=st.booleans(),
            schedule=st.sampled_from(list(SCHEDULES)).map(lambda one: one(warm_up=1)),
        )),
    ).checked()  # fmt: skip


@given(specs(), st.sampled_from(KINDS), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_script_is_python_or_refused_in_one_sentence(
    spec: ExperimentSpec, kind: str, weights: bool, training: bool, inline: bool
) -> None:
    model = first(spec)
    refusal = ""
    try:
        script = write(model, possible(model, Options(kind, weights, training, inline)))
    except NotCarried as error:
        refusal = str(error)
    if refusal:
        assert refusal.endswith(".")
        assert "\n" not in refusal
        return
    tree = ast.parse(script.text)
    assert {"predict", "score"} <= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert max(map(len, script.text.split("\n"))) < 400
    assert bool(script.needs) == (script.needs in script.text and bool(script.needs))


@given(st.text(max_size=300))
@settings(max_examples=12, deadline=None)
def test_a_title_from_a_file_can_not_become_code(title: str) -> None:
    title = f'"""\nimport os; os.abort()  # {title}'
    spec = a_spec(data=DataSpec(Images("0" * 16, title[:200], 28, 10)), network=NetworkSpec((3,)))
    for kind in KINDS:
        names = {
            alias.name for node in ast.walk(ast.parse(write(first(spec), Options(kind)).text))
            if isinstance(node, ast.Import) for alias in node.names
        }  # fmt: skip
        assert "os" not in names
    assert plain(title).isprintable()


def test_what_scikit_learn_can_not_do_is_said_in_a_comment() -> None:
    training = TrainingSpec(dropout=0.3, l1=0.1, l2=0.01, patience=4)
    spec = a_spec(optimizer=OPTIMIZERS["rmsprop"](), training=training)
    script = write(first(spec), Options(SKLEARN, weights=False, training=True))
    assert "# scikit-learn has no dropout, L1 and early stopping." in script.text
    assert "# scikit-learn has no RMSprop: Adam takes its place." in script.text
    assert "alpha=0.1," in script.text  # 0.01 for each mini-batch of 10
    assert all(note.endswith(".") for note in script.notes)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (NetworkSpec((4,), ACTIVATIONS["elu"]()), "scikit-learn has no ELU"),
        (NetworkSpec((4, 4), layer_activations=(ACTIVATIONS["relu"](),)), "one activation for all hidden layers"),
        (NetworkSpec((4,), loss=LOSSES["hinge"]()), "no such answers as Hinge with 1 output;"),
    ],
)
def test_scikit_learn_refuses_what_it_has_not(network: NetworkSpec, words: str) -> None:
    with pytest.raises(NotCarried, match=words):
        write(first(a_spec(network=network)), Options(SKLEARN))


def test_weights_that_are_no_numbers_are_not_exported() -> None:
    model = first(a_spec())
    model.layers[0][0][0, 0] = np.nan
    with pytest.raises(NotCarried, match="not finite"):
        write(model, Options(NUMPY))


def test_many_weights_do_not_stand_in_a_script() -> None:
    model = first(a_spec(network=NetworkSpec((500,))))
    assert not possible(model, Options(NUMPY, inline=True)).inline
    with pytest.raises(NotCarried, match="2,001 weights are too many"):
        write(model, Options(NUMPY, inline=True))


def test_forward_is_short() -> None:
    text = write(first(a_spec()), Options(NUMPY)).text
    network = text[: text.index("def samples")]
    assert len([line for line in network.split("\n") if line.strip()]) <= 30


@pytest.mark.parametrize(
    "spec",
    [a_spec(network=NetworkSpec((8, 8))), a_spec(data=DataSpec(DATASETS["digits"]()), network=NetworkSpec((100, 50)))],
    ids=["points", "digits"],
)
def test_a_whole_script_that_answers_has_thirty_lines_of_code(spec: ExperimentSpec) -> None:
    text = write(first(spec), Options(NUMPY)).text
    lines = [line.strip() for line in text.split("\n")]
    assert len([line for line in lines if line and not line.startswith(("#", '"""'))]) <= 30


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dataset", ["spiral", "digits"])
def test_a_function_is_followed_by_two_blank_lines(kind: str, dataset: str) -> None:
    spec = a_spec(data=DataSpec(DATASETS[dataset]()))
    text = write(first(spec), possible(first(spec), Options(kind, weights=False, training=True))).text
    lines = text.split("\n")
    ends = [node.end_lineno for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    assert ends
    assert all(lines[end : end + 2] == ["", ""] and lines[end + 2] for end in ends if end is not None)


# --- files and trials -------------------------------------------------------------------------------------------------


def test_the_weights_lie_beside_the_script_and_replace_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.npz").write_bytes(b"another's")
    model = first(a_spec())
    written = save(tmp_path / "mine.py", model, Options(NUMPY))
    assert [path.name for path in written] == ["mine-1.npz", "mine.py"]
    assert '.with_name("mine-1.npz")' in written[1].read_text("utf-8")
    assert (tmp_path / "mine.npz").read_bytes() == b"another's"
    with np.load(written[0]) as file:
        assert np.array_equal(file["W1"], model.layers[0][0])


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(UnreadableFile, match=r"network\.py: can't be written"):
        save(tmp_path / "a file" / "network.py", first(a_spec()), Options(NUMPY))


def test_trying_a_script_of_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's own images are laid out in the file that the script asks for."""
    monkeypatch.setattr(SHELF, "folder", tmp_path)
    spec = on_shelf(a_spec(), blobs(), 6)
    told: list[str] = []
    tried = try_script(first(spec), Options(NUMPY), lambda _share, words: told.append(words), lambda: False)
    assert tried is not None
    assert tried.agrees
    assert "of the test samples are right" in tried.output
    assert "as the window does" in tried.sentence


def test_a_trial_that_nobody_waits_for_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    children = []
    popen = trial.subprocess.Popen
    monkeypatch.setattr(trial.subprocess, "Popen", lambda *a, **k: children.append(popen(*a, **k)) or children[-1])
    assert try_script(first(a_spec()), Options(NUMPY), lambda *_: None, lambda: True) is None
    assert children[0].returncode is not None


def test_a_script_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    script = write(first(a_spec()), Options(NUMPY, inline=True))
    monkeypatch.setattr(trial, "write", lambda *_: replace(script, text="raise ValueError('too hot')"))
    with pytest.raises(NeuroloomError, match="ValueError: too hot"):
        try_script(first(a_spec()), Options(NUMPY), lambda *_: None, lambda: False)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial.importlib.util, "find_spec", lambda name: None)
    assert lacking(TORCH).endswith("python -m pip install torch")
    assert lacking(NUMPY) == ""


def test_difference_counts_large_answers_by_their_size_and_no_number_as_infinite() -> None:
    assert difference(np.array([[100.0], [0.5]]), np.array([[101.0], [0.25]])) == 0.25
    assert difference(np.array([[np.nan]]), np.array([[0.0]])) == np.inf
    assert AGREES > LIMIT


def test_safetensors_hold_the_settings(tmp_path: Path) -> None:
    from safetensors import safe_open

    spec = a_spec(training=TrainingSpec(dropout=0.2))
    save(tmp_path / "n.py", first(spec), Options(TORCH))
    with safe_open(str(tmp_path / "n.safetensors"), framework="np") as file:
        assert list(file.keys()) == ["0.bias", "0.weight", "3.bias", "3.weight"]  # 1 is Tanh, 2 Dropout
        assert json.loads(file.metadata()["neuroloom"])["network"]["hidden_layer_sizes"] == [5]
