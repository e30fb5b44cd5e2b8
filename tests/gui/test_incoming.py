"""Weights of other libraries become an experiment that answers the same; what is no such file is refused in one sentence."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save, save_file

from engine.activations import ACTIVATIONS
from engine.datasets import DATASETS
from engine.errors import UnreadableFile
from engine.network import Network
from engine.shelf import SHELF
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec
from gui.exporting import skops_process
from gui.exporting.incoming import Opened, fit, open_weights, read_safetensors, why_refused
from gui.exporting.model import Model
from gui.exporting.writing import safetensors_bytes
from tests.gui.exported import random_spec
from tests.gui.images import blobs

BASES = {
    "playground": ExperimentSpec(network=NetworkSpec((4,), ACTIVATIONS["elu"]())),
    "digits": ExperimentSpec(DataSpec(DATASETS["digits"]()), NetworkSpec((9,), ACTIVATIONS["relu"]())),
}
# Writes what a person would, and what scikit-learn answers.
WRITER = """
import sys, warnings, numpy as np, skops.io
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
warnings.simplefilter("ignore")
x, y = load_digits(return_X_y=True)
x = (x / 16).astype(np.float32)
model = MLPClassifier((12, 7), activation="logistic", max_iter=3, random_state=1).fit(x, y)
skops.io.dump(model, sys.argv[1] + "/digits.skops")
np.savez(sys.argv[1] + "/known.npz", x=x[:200], p=model.predict_proba(x[:200]))
"""


def opened(path: Path, activation: str = "", bases: dict[str, ExperimentSpec] = BASES) -> Opened:
    found = open_weights(path, bases, activation, lambda *_: None, lambda: False)
    assert found is not None
    return found


def answers(one: Opened, x: NDArray) -> NDArray:
    assert one.saved.moment is not None
    return Model.of(one.saved.spec, one.saved.moment.params).predict(x)


def state_dict(*sizes: int, seed: int = 0, first: int = 0) -> dict[str, NDArray]:
    """As nn.Sequential names it: every other module is a Linear."""
    rng, tensors = np.random.default_rng(seed), {}
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        tensors[f"{first + 2 * i}.weight"] = rng.normal(0, 1, (n_out, n_in)).astype(np.float32)
        tensors[f"{first + 2 * i}.bias"] = rng.normal(0, 1, n_out).astype(np.float32)
    return tensors


def by_hand(tensors: dict[str, NDArray], x: NDArray, hidden=np.tanh) -> NDArray:
    """The last sums of an nn.Sequential."""
    names = sorted((name for name in tensors if name.endswith("weight")), key=lambda name: int(name.split(".")[0]))
    for name in names:
        x = x @ tensors[name].T + tensors[name.replace("weight", "bias")]
        x = hidden(x) if name != names[-1] else x
    return x


# --- scikit-learn -----------------------------------------------------------------------------------------------------


def test_a_scikit_learn_network_answers_the_same_here(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", WRITER, str(tmp_path)], check=True)
    one = opened(tmp_path / "digits.skops")
    with np.load(tmp_path / "known.npz") as known:
        assert np.abs(answers(one, known["x"]) - known["p"]).max() < 1e-6
    assert one.saved.spec.layer_sizes == (64, 12, 7, 10)
    assert {one.name for one in one.saved.spec.activations} == {"sigmoid"}
    assert one.sentence == "Opened digits.skops: 64-12-7-10."
    trainer = one.saved.trainer()
    trainer.step_epoch()
    assert trainer.epoch == 1  # it trains on from there


def test_reading_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    (tmp_path / "a.skops").write_bytes(b"")
    assert open_weights(tmp_path / "a.skops", BASES, "", lambda *_: None, lambda: True) is None


def schema(path: Path, content: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", content)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"__class__": "Pipeline"}', "holds a Pipeline, and only .* write its last step alone"),
        ('{"__class__": "SVC"}', "holds a SVC, and only MLPClassifier"),
        ('{"__class__": "os.system\\n"}', "does not say what it holds"),
        ("[]", "does not say what it holds"),
        ("{", "damaged"),
    ],
)
def test_other_estimators_are_refused_before_anything_is_built(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(skops_process._RefusedError, match=words):
        skops_process.check(schema(tmp_path / "a.skops", content))


def test_a_skops_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b" " * 5_000_000)
    with pytest.raises(skops_process._RefusedError, match="unpacks to more"):
        skops_process.check(tmp_path / "a.skops")


def test_a_file_that_is_no_archive_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.skops").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UnreadableFile, match=r"^a\.skops: is damaged, or not a file that skops wrote\. The open exp"):
        opened(tmp_path / "a.skops")


@pytest.mark.parametrize("name", ["m.pkl", "m.pickle", "m.joblib", "m.PTH", "m.pt"])
def test_pickles_are_never_opened(name: str) -> None:
    sentence = why_refused(Path(name))
    assert sentence.startswith(f"{name}: ")
    assert ("skops.io.dump" in sentence) != ("safetensors.torch.save_file" in sentence)
    assert why_refused(Path("m.json")) == ""


# --- PyTorch ----------------------------------------------------------------------------------------------------------


def test_a_state_dict_answers_the_same_here(tmp_path: Path) -> None:
    tensors, x = state_dict(2, 3, 6, 1, first=6), np.random.default_rng(1).normal(0, 2, (50, 2)).astype(np.float32)
    save_file(tensors, tmp_path / "net.safetensors")  # 10.weight comes after 8.weight
    one = opened(tmp_path / "net.safetensors", "tanh")
    assert one.saved.spec.layer_sizes == (2, 3, 6, 1)
    z = by_hand(tensors, x)
    assert np.abs(answers(one, x) - 1 / (1 + np.exp(-z))).max() < 1e-6
    assert one.sentence.endswith("2-3-6-1, tanh as you chose.")


def test_what_the_file_does_not_say_is_that_of_the_open_experiment(tmp_path: Path) -> None:
    save_file(state_dict(2, 5, 1), tmp_path / "net.safetensors")
    one = opened(tmp_path / "net.safetensors")
    assert [a.name for a in one.saved.spec.activations] == ["elu"]
    assert one.sentence.endswith("ELU as in the experiment that was open.")
    assert one.saved.history is not None
    assert one.saved.history.shape == (1, 5)


def test_two_outputs_of_two_classes_become_one(tmp_path: Path) -> None:
    tensors, x = state_dict(2, 4, 2), np.random.default_rng(1).normal(0, 2, (50, 2)).astype(np.float32)
    save_file(tensors, tmp_path / "net.safetensors")
    z = by_hand(tensors, x)
    p = np.exp(z[:, 1]) / np.exp(z).sum(axis=1)
    assert np.abs(answers(opened(tmp_path / "net.safetensors", "tanh"), x)[:, 0] - p).max() < 1e-6


def test_layers_without_biases_have_zeros(tmp_path: Path) -> None:
    tensors = {name: t for name, t in state_dict(2, 4, 1).items() if name.endswith("weight")}
    save_file(tensors, tmp_path / "net.safetensors")
    assert not read_safetensors(tmp_path / "net.safetensors").layers[0][1].any()


def test_what_this_program_wrote_comes_back_whole(tmp_path: Path) -> None:
    r = random.Random(5)
    for _ in range(8):
        spec = random_spec(r)
        network = Network.of(spec)
        network.params[:] = np.random.default_rng(0).normal(0, 1, len(network.params))
        (tmp_path / "n.safetensors").write_bytes(safetensors_bytes(Model.of(spec, network.params)))
        one = opened(tmp_path / "n.safetensors")
        assert one.saved.spec == spec
        assert one.saved.moment is not None
        assert np.array_equal(one.saved.moment.params, network.params)


def test_settings_that_do_not_fit_the_weights_are_left_alone(tmp_path: Path) -> None:
    save_file(state_dict(2, 3, 1), tmp_path / "n.safetensors", {"neuroloom": json.dumps({"network": {}})})
    assert read_safetensors(tmp_path / "n.safetensors").spec is None


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"0.weight": np.zeros((4, 2), np.float32), "2.weight": np.zeros((1, 5), np.float32)},
         "0.weight gives 4 numbers and 2.weight takes 5"),
        ({"c.weight": np.zeros((4, 1, 3, 3), np.float32)}, "only fully connected"),
        ({"a": np.zeros((2, 2), np.float32)}, 'no name in it ends in "weight"'),
        ({"0.weight": np.zeros((1, 2), np.float32), "extra": np.zeros(3, np.float32)}, "extra, which belongs to no"),
        ({"0.weight": np.zeros((1, 2), np.int32)}, "only fully connected"),
        ({"0.weight": np.zeros((1, 2), np.float32), "0.bias": np.zeros(3, np.float32)}, "biases that don't fit"),
        ({"0.weight": np.full((1, 2), np.nan, np.float32)}, "not a finite number"),
        (state_dict(5, 3, 1), "takes 5 inputs; 2 are points"),
        (state_dict(2, 3, 7), "gives 7 numbers, which fits no data"),
        (state_dict(64, 3, 7), "not one for each of ten digits"),
        (state_dict(784, 3, 10), "there are none here. Get MNIST first"),
        (state_dict(2, 5000, 1), "outside 1 to 4096"),
        (state_dict(2, *[1] * 18), "18 layers; at most 17"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    tmp_path: Path, tensors: dict[str, NDArray], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SHELF, "folder", None)
    save_file(tensors, tmp_path / "n.safetensors")
    with pytest.raises(UnreadableFile) as refusal:
        opened(tmp_path / "n.safetensors")
    assert words in str(refusal.value)
    assert str(refusal.value).startswith("n.safetensors: ")


WHOLE = save(state_dict(2, 3, 1))


@given(st.binary(max_size=200) | st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)))
@settings(max_examples=150, deadline=None)
def test_whatever_the_bytes_are(tmp_path_factory: pytest.TempPathFactory, changed: bytes | tuple[int, int]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    if isinstance(changed, bytes):
        content = struct.pack("<Q", len(changed)) + changed if len(changed) % 2 else changed
    else:
        content = WHOLE[: changed[0]] + bytes([changed[1]]) + WHOLE[changed[0] + 1 :]
    path.write_bytes(content)
    with contextlib.suppress(UnreadableFile):
        fit(path, read_safetensors(path), BASES, "")


def test_images_of_28_go_to_the_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SHELF, "folder", tmp_path)
    SHELF.put(blobs())
    save_file(state_dict(784, 5, 10), tmp_path / "n.safetensors")
    assert opened(tmp_path / "n.safetensors").saved.spec.data.dataset.title == "Blobs"


def test_numbers_go_with_a_regressor(tmp_path: Path) -> None:
    found = replace(read_safetensors(_saved(tmp_path, state_dict(2, 4, 1))), activation="tanh", regression=True)
    spec, _, _ = fit(tmp_path, found, BASES, "")
    assert spec.data.dataset.regression
    assert spec.loss.regression


def _saved(folder: Path, tensors: dict[str, NDArray]) -> Path:
    save_file(tensors, folder / "n.safetensors")
    return folder / "n.safetensors"
