"""The way back: weights from scikit-learn (.skops) and PyTorch (.safetensors) become an experiment here. No Qt.

Nothing in a file is ever run: safetensors holds numbers only, and a .skops file is built in a child process from what skops
trusts. Pickles are refused.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine import files
from engine.activations import ACTIVATIONS, Activation
from engine.datasets import DATASETS, Dataset
from engine.datasets.images import Images
from engine.errors import InvalidSpec, UnreadableFile
from engine.losses import LOSSES
from engine.network import Layout
from engine.shelf import SHELF
from engine.spec import ExperimentSpec, from_dict
from engine.trainer import Trainer
from gui.analyses import STOP, TELL
from gui.exporting import skops_process
from gui.exporting.model import SPEC_KEY, Layers

ENDINGS = (".skops", ".safetensors")
PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".dill")
MAX_BYTES = 256_000_000
MAX_LAYERS = 17
ADVICE = files.ADVICE
OURS = {"identity": "identity", "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, eq=False)
class Found:
    """What a file holds. ``activation`` is the hidden layers', "" where the file doesn't say; ``spec`` where it was ours."""

    layers: Layers
    activation: str = ""
    output: str = ""
    regression: bool | None = None
    spec: ExperimentSpec | None = None

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.layers[0][0].shape[0], *(weights.shape[1] for weights, _ in self.layers))


@dataclass(frozen=True, eq=False)
class Opened:
    """An experiment with the weights of a file, and a sentence that says what was taken from where."""

    saved: files.SavedExperiment
    sentence: str


def why_refused(path: Path) -> str:
    """Why a pickle is not opened, and what to write instead; "" for what is none."""
    ending = path.suffix.lower()
    if ending not in PICKLES:
        return ""
    torch = ending in (".pt", ".pth")
    what = "a PyTorch file of this kind is a pickle" if torch else "this is a pickle"
    instead = (
        'safetensors.torch.save_file(model.state_dict(), "model.safetensors")'
        if torch
        else 'skops.io.dump(model, "model.skops")'
    )
    return f"{path.name}: {what}, and opening one runs whatever code is in it. Write it without: {instead}"


def open_weights(
    path: Path, bases: Mapping[str, ExperimentSpec], activation: str, tell: TELL, stop: STOP
) -> Opened | None:
    """The experiment that the weights in ``path`` make; None once ``stop()`` says that nobody waits.

    ``bases`` are the experiments at hand, "playground" and "digits": what a file doesn't say is taken from there.
    ``activation`` is the name of the hidden layers', "" for what the file says, or the experiment at hand. Raises
    :class:`UnreadableFile`.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile(
                path.name, f"is larger than {MAX_BYTES // 10**6} MB, which no network here is.", ADVICE
            )
    except OSError as error:
        raise UnreadableFile(path.name, f"can't be read ({error.strerror or error}).", ADVICE) from error
    tell(0.0, f"Reading {path.name}")
    found = _skops(path, stop) if path.suffix.lower() == ".skops" else read_safetensors(path)
    if found is None:
        return None
    if not all(np.isfinite(part).all() for layer in found.layers for part in layer):
        raise UnreadableFile(path.name, "holds a weight that is not a finite number.", ADVICE)
    spec, layers, taken = fit(path, found, bases, activation)
    trainer = Trainer(spec)
    trainer.network.params[:] = np.concatenate([part.ravel() for layer in layers for part in layer])
    # Measured anew: the history begins with these weights.
    with np.errstate(all="ignore"):
        figures = trainer.descent.figures()
    history = np.array([[0.0, *figures]], np.float64)
    if not np.isfinite(history).all():
        raise UnreadableFile(path.name, "holds weights so large that the answers are no numbers.", ADVICE)
    saved = files.SavedExperiment(spec, trainer.capture(), history, path.stem[:200])
    shape = "-".join(map(str, spec.layer_sizes))
    return Opened(saved, f"Opened {path.name}: {shape}{taken}.")


# --- files ----------------------------------------------------------------------------------------------------------


def read_safetensors(path: Path) -> Found:
    """Layers of a ``state_dict``, in the order of their names. Raises :class:`UnreadableFile`."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="np") as file:
            about = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in list(file.keys())[:200]}
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise UnreadableFile(path.name, "is damaged, or not a file of safetensors.", ADVICE) from error
    weights = sorted((name for name in tensors if name.endswith("weight")), key=_natural)
    if not weights:
        raise UnreadableFile(path.name, 'holds no layers: no name in it ends in "weight".', ADVICE)
    layers = []
    for name in weights:
        w = tensors.pop(name)
        if w.ndim != 2 or w.dtype.kind != "f":
            raise UnreadableFile(
                path.name,
                f"holds {_short(name)} of shape {w.shape}, and only fully connected layers can be read.",
                ADVICE,
            )
        b = tensors.pop(name.removesuffix("weight") + "bias", None)
        if b is None:
            b = np.zeros(w.shape[0], np.float32)
        if b.shape != (w.shape[0],):
            raise UnreadableFile(path.name, f"holds biases that don't fit {_short(name)}.", ADVICE)
        layers.append((np.ascontiguousarray(w.T, np.float32), np.asarray(b, np.float32)))
    if tensors:
        raise UnreadableFile(
            path.name, f"holds {_short(next(iter(tensors)))}, which belongs to no fully connected layer.", ADVICE
        )
    _check_chain(path, weights, tuple(layers))
    return Found(tuple(layers), spec=_spec_in(about, tuple(layers)))


def _natural(name: str) -> list[tuple[int, int | str]]:
    """``10.weight`` comes after ``2.weight``."""
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in re.split(r"(\d+)", name)]


def _short(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())[:60]


def _check_chain(path: Path, names: list[str], layers: Layers) -> None:
    if len(layers) > MAX_LAYERS:
        raise UnreadableFile(path.name, f"holds {len(layers)} layers; at most {MAX_LAYERS} are possible.", ADVICE)
    for i, (one, other) in enumerate(itertools.pairwise(layers)):
        if one[0].shape[1] != other[0].shape[0]:
            raise UnreadableFile(
                path.name,
                f"holds layers that don't fit: {_short(names[i])} gives {one[0].shape[1]:,} numbers and "
                f"{_short(names[i + 1])} takes {other[0].shape[0]:,}.",
                ADVICE,
            )


def _spec_in(about: Mapping[str, str], layers: Layers) -> ExperimentSpec | None:
    """The settings that this program wrote beside the weights, where they are whole and fit."""
    try:
        spec = from_dict(json.loads(about[SPEC_KEY]))
    except (KeyError, ValueError, TypeError, RecursionError, OverflowError, InvalidSpec):
        return None
    sizes = (layers[0][0].shape[0], *(weights.shape[1] for weights, _ in layers))
    return spec if spec.layer_sizes == sizes else None


def _skops(path: Path, stop: STOP) -> Found | None:
    with tempfile.TemporaryDirectory(prefix="neuroloom-skops-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", skops_process.__name__, str(path.resolve()), str(folder)]
        child = subprocess.Popen(
            command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        try:
            while child.poll() is None:
                if stop():
                    return None
                time.sleep(_LOOK_SECONDS)
        finally:
            child.kill()  # does nothing to one that has ended
            child.wait()
        if (refusal := folder / "refusal.txt").exists():
            raise UnreadableFile(path.name, f"{refusal.read_text('utf-8')}.", ADVICE)
        try:
            about: dict[str, Any] = json.loads((folder / "about.json").read_text("utf-8"))
            with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
                layers = tuple((arrays[f"W{i}"], arrays[f"b{i}"]) for i in range(1, len(arrays.files) // 2 + 1))
        except (OSError, ValueError, KeyError) as error:
            raise UnreadableFile(
                path.name, f"could not be read: its process ended with code {child.returncode}.",
                "skops and scikit-learn have to be installed.",
            ) from error  # fmt: skip
    _check_chain(path, [f"coefs_[{i}]" for i in range(len(layers))], layers)
    return Found(layers, str(about["activation"]), str(about["output"]), bool(about["regression"]))


# --- fitting --------------------------------------------------------------------------------------------------------


def fit(
    path: Path, found: Found, bases: Mapping[str, ExperimentSpec], activation: str
) -> tuple[ExperimentSpec, Layers, str]:
    """The experiment, the weights as it needs them, and in words what is not from the file. Raises :class:`UnreadableFile`."""
    if found.spec is not None and not activation:
        return found.spec, found.layers, ""
    n_in, n_out = found.sizes[0], found.sizes[-1]
    page = "digits" if n_in in (64, 784) else "playground"
    base, layers = bases[page], found.layers
    if page == "playground" and n_out == 2 and not found.regression:
        layers, n_out = _one_output(layers), 1
    data = replace(base.data.untaught, dataset=_dataset(path, base, found, n_in, n_out))
    if page == "playground" and n_in != len(data.features):
        if n_in != 2:
            raise UnreadableFile(
                path.name, f"takes {n_in} inputs; 2 are points, 64 or 784 images, and {len(base.data.features)} the features "
                "switched on in the Playground.", ADVICE,
            )  # fmt: skip
        data = replace(data, features=("x1", "x2"))
    network = replace(base.network, hidden_layer_sizes=found.sizes[1:-1])
    chosen, where = _activation(found, base, activation)
    if chosen is not None:
        network = replace(network, activation=chosen, layer_activations=())
    loss = base.network.loss
    if data.dataset.regression:
        loss = loss if loss.linear() is not None else LOSSES["squared_error"]()
    elif found.output or n_out > 1:
        loss = LOSSES["cross_entropy"]()
    training = replace(base.training, layer_dropout=())
    try:
        spec = replace(base, data=data, network=replace(network, loss=loss), training=training).checked()
    except InvalidSpec as error:
        raise UnreadableFile(path.name, f"{error}.", ADVICE) from None
    if Layout(spec.layer_sizes).n_parameters != sum(part.size for layer in layers for part in layer):
        raise UnreadableFile(path.name, f"does not fit {data.dataset.title}.", ADVICE)
    return spec, layers, where


def _one_output(layers: Layers) -> Layers:
    """Softmax over two outputs is the sigmoid of their difference: one output says as much."""
    weights, biases = layers[-1]
    return (*layers[:-1], (weights[:, 1:] - weights[:, :1], biases[1:] - biases[:1]))


def _activation(found: Found, base: ExperimentSpec, asked: str) -> tuple[Activation | None, str]:
    """The hidden layers' activation (None: the experiment's own, layer by layer), and where it is from, in words."""
    if len(found.layers) == 1:
        return None, ""
    if asked:
        entry = ACTIVATIONS[asked]()
        return entry, f", {entry.title} as you chose"
    if found.activation in OURS:
        return ACTIVATIONS[OURS[found.activation]](), ""
    same = len(found.sizes) == len(base.layer_sizes)
    chosen = None if same else base.network.activation
    title = base.activations[0].title if base.activations else base.network.activation.title
    return chosen, f", {title} as in the experiment that was open"


def _dataset(path: Path, base: ExperimentSpec, found: Found, n_in: int, n_out: int) -> Dataset:
    """The data that the weights are for: those at hand where they fit."""
    own = base.data.dataset
    if n_in in (64, 784):
        if found.regression or n_out != 10:
            raise UnreadableFile(
                path.name, f"takes images and gives {n_out} numbers, not one for each of ten digits.", ADVICE
            )
        if own.image_side**2 == n_in:
            return own
        if n_in == 64:
            return DATASETS["digits"]()
        kept = next((one for one in SHELF.kept() if one.side == 28), None)
        if kept is None:
            raise UnreadableFile(
                path.name,
                "is for images of 28×28 pixels, and there are none here.",
                "Get MNIST first: Data, Get images.",
            )
        return Images.of(kept)
    regression = own.regression if found.regression is None and n_out == 1 else bool(found.regression)
    outputs = 1 if own.n_classes == 2 else own.n_classes
    if own.regression == regression and outputs == n_out:
        return own
    for kind in DATASETS:
        one = kind()
        if (
            one.in_menus
            and one.planar
            and one.regression == regression
            and n_out == (1 if one.n_classes == 2 else one.n_classes)
        ):
            return one
    raise UnreadableFile(path.name, f"gives {n_out} numbers, which fits no data of the Playground.", ADVICE)
