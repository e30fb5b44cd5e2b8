"""What is exported: one network at one moment, and what a person wants of it. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.errors import NeuroloomError
from engine.losses.residual import LinearOutput
from engine.network import Layout, Network
from engine.spec import ExperimentSpec

NUMPY, SKLEARN, TORCH, ONNX = "numpy", "sklearn", "torch", "onnx"
TITLES = {NUMPY: "NumPy", SKLEARN: "scikit-learn", TORCH: "PyTorch", ONNX: "ONNX"}
MAX_INLINE = 1_000  # weights that a script still may carry itself
EPOCHS = 100  # of a training loop where the run has not been trained yet
IMAGES_FILE = "mnist.npz"
SPEC_KEY = "neuroloom"  # of the metadata in a safetensors file: the experiment's settings

Layers: TypeAlias = tuple[tuple[NDArray, NDArray], ...]


class NotCarried(NeuroloomError):
    """This network can't be written this way; the sentence says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Options:
    """``weights``: the trained ones, else those that the seed draws. ``training``: with a training loop, else it only answers.

    ``inline``: the weights stand in the script itself instead of a file beside it.
    """

    kind: str = NUMPY
    weights: bool = True
    training: bool = False
    inline: bool = False


@dataclass(frozen=True, eq=False)
class Model:
    """``layers`` are (weights (n_in, n_out), biases (n_out,)) float32, in order; ``epoch`` is when they were so."""

    spec: ExperimentSpec
    layers: Layers
    epoch: int = 0

    @classmethod
    def of(cls, spec: ExperimentSpec, params: NDArray, epoch: int = 0) -> Model:
        """From the flat buffer of a run."""
        layout = Layout(spec.layer_sizes)
        flat = np.asarray(params, np.float32)
        layers = tuple((layout.weights(flat, i), layout.biases(flat, i)) for i in range(layout.depth))
        return cls(spec, layers, epoch)

    @property
    def flat(self) -> NDArray:
        """(n_parameters,) as a run keeps them."""
        flat: NDArray = np.concatenate([part.ravel() for layer in self.layers for part in layer])
        return flat

    def predict(self, x: NDArray) -> NDArray:
        """The window's own answers: what the network sees (n, n_inputs) -> (n, n_outputs) float32."""
        network = Network.of(self.spec)
        network.params[:] = self.flat
        with np.errstate(all="ignore"):
            return network.predict(x)

    def is_finite(self) -> bool:
        """False for the weights of a run that diverged."""
        return all(bool(np.isfinite(part).all()) for layer in self.layers for part in layer)

    @property
    def epochs(self) -> int:
        """How long a training loop trains."""
        return self.epoch or EPOCHS

    @property
    def output(self) -> str:
        """What the last layer's sum becomes: "softmax", "sigmoid", "margin" (of the hinge loss) or "identity"."""
        loss = self.spec.loss
        if isinstance(loss, LinearOutput):
            return "identity"
        if loss.name == "hinge":
            return "margin"
        return "softmax" if loss.name == "cross_entropy" and self.spec.data.n_outputs > 1 else "sigmoid"

    @property
    def shape(self) -> str:
        """``2-8-8-1``."""
        return "-".join(map(str, self.spec.layer_sizes))


@dataclass(frozen=True, slots=True)
class Script:
    """``text`` is the Python file, ``notes`` what it can't carry over, one sentence each.

    ``needs`` is the weights file that must lie beside it, "" for none.
    """

    text: str
    notes: tuple[str, ...] = ()
    needs: str = ""


def plain(text: str) -> str:
    """A text from a file as a comment can hold it: nothing in it can end the comment or the string around it."""
    kept = "".join(letter for letter in text if letter.isprintable() and letter not in "\"'\\")
    return " ".join(kept.split())[:60]
