"""Where the libraries differ from the engine, for one experiment: what each does, and what a library has not. No Qt.

The engine's own side never changes. A convention that *agrees* has the others do as the engine does; one that is left *as it
comes* has each library do what it does by itself, and the weights part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from engine.losses.residual import LinearOutput
from engine.schedules import SCHEDULES
from engine.spec import ExperimentSpec

OURS, SKLEARN, TORCH = "ours", "sklearn", "torch"
TITLES = {OURS: "Neuroloom", SKLEARN: "scikit-learn", TORCH: "PyTorch"}

SKLEARN_ACTIVATIONS = {"relu": "relu", "tanh": "tanh", "sigmoid": "logistic", "identity": "identity"}
TORCH_ACTIVATIONS = ("relu", "tanh", "sigmoid", "identity", "leaky_relu", "elu", "gelu", "silu", "softplus")
SKLEARN_OPTIMIZERS = ("sgd", "adam")
TORCH_OPTIMIZERS = ("sgd", "adagrad", "rmsprop", "adam", "adamw")
TORCH_LOSSES = ("cross_entropy", "squared_error", "absolute_error", "huber", "hinge")
ADAMS = ("adam", "adamw")
LIBRARY_EPSILON = 1e-8  # what scikit-learn's Adam, PyTorch's Adam and its RMSprop come with


@dataclass(frozen=True)
class Convention:
    """One thing that is done differently: ``key``, ``title``, what each of the three does, and a sentence more in ``tip``.

    ``matters`` is False where this experiment has no use for it; ``changes`` names the libraries that differ in it here.
    """

    key: str
    title: str
    ours: str
    sklearn: str
    torch: str
    tip: str
    matters: bool
    changes: tuple[str, ...] = (SKLEARN, TORCH)

    def of(self, library: str) -> str:
        """What this library does."""
        return {OURS: self.ours, SKLEARN: self.sklearn, TORCH: self.torch}[library]


class Lack(NamedTuple):
    """Something that a library has not. Without ``vital`` things it can train all the same, and come to something else."""

    what: str
    vital: bool


def loss_name(spec: ExperimentSpec) -> str:
    """The loss by its name in the registry, in regression too."""
    return str((spec.loss.loss if isinstance(spec.loss, LinearOutput) else spec.loss).name)


def varies(spec: ExperimentSpec) -> bool:
    """Whether the learning rate changes from epoch to epoch."""
    return spec.training.schedule != SCHEDULES["constant"]()


def conventions(spec: ExperimentSpec) -> tuple[Convention, ...]:
    """All that differ, those that matter to ``spec`` first."""
    found = (*_of_loss(spec), *_of_updates(spec), *_of_randomness(spec), *_of_figures(spec))
    return tuple(sorted(found, key=lambda one: not one.matters))


def _of_loss(spec: ExperimentSpec) -> tuple[Convention, ...]:
    loss, k, training = loss_name(spec), spec.data.n_outputs, spec.training
    squared = loss == "squared_error"
    return (
        Convention(
            "half", "½ in the squared loss" if squared else "Sum or mean over the outputs",
            "½, summed over the outputs" if squared else "summed over the outputs",
            "½, the same gradient", "MSELoss: no ½, mean of the outputs" if squared else "mean of the outputs",
            f"PyTorch's gradient is 2/k of ours, here {2 / k:.3g} times: with SGD its learning rate is another one." if squared
            else f"PyTorch's gradient is 1/k of ours, here {1 / k:.3g} times.",
            (squared and k != 2) or (loss in ("absolute_error", "huber") and k > 1), (TORCH,),
        ),
        Convention(
            "l2_batch", "L2 by batch", "divided by the mini-batch" if training.l2_per_sample else "whole in every update",
            "alpha: divided by the mini-batch", "weight_decay: whole in every update",
            "The same number is a weaker pull in scikit-learn, by the size of the mini-batch.",
            training.l2 > 0 and spec.batch_size(2) > 1, (TORCH,) if training.l2_per_sample else (SKLEARN,),
        ),
        Convention(
            "l2_biases", "L2 on biases", "weights only", "weights only", "weight_decay: biases too",
            "PyTorch decays whatever parameters it is given, and by habit one gives it all.",
            training.l2 > 0 and spec.optimizer.name != "adamw", (TORCH,),
        ),
    )  # fmt: skip


def _of_updates(spec: ExperimentSpec) -> tuple[Convention, ...]:
    optimizer, training = spec.optimizer, spec.training
    adam = optimizer.name in ADAMS
    epsilon = float(getattr(optimizer, "epsilon", LIBRARY_EPSILON))
    after = bool(getattr(optimizer, "torch_epsilon", False))
    other = epsilon != LIBRARY_EPSILON
    differ = tuple(name for name, place in ((SKLEARN, False), (TORCH, True)) if place != after or other)
    momentum = float(getattr(optimizer, "momentum", 0.0))
    return (
        Convention(
            "epsilon", "ε in Adam", f"{epsilon:.0e}, {'after' if after else 'before'} the bias correction",
            "1e-08, before the bias correction", "1e-08, after the bias correction",
            "Before the correction ε is larger beside √v in the first steps. It moves weights whose gradient is tiny.",
            adam and bool(differ), differ,
        ),
        Convention(
            "momentum", "What momentum keeps", "steps, η·g", "steps, η·g", "gradients, today's η for all of them",
            "The same while the learning rate stays. When it falls, PyTorch slows the old steps too.",
            momentum > 0 and varies(spec), (TORCH,),
        ),
        Convention(
            "schedule", "Learning rate", "follows its schedule", "stays, unless it is told", "stays, without a scheduler",
            "Agreeing, each is given our learning rate of every epoch.", varies(spec),
        ),
        Convention(
            "clip", "Clipping", "by the norm", "has none", "by the norm + 1e-6",
            "clip_grad_norm_ adds a millionth, so that it never divides by zero.", training.clip_norm > 0, (TORCH,),
        ),
    )  # fmt: skip


def _of_randomness(spec: ExperimentSpec) -> tuple[Convention, ...]:
    return (
        Convention(
            "weights", "First weights", f"{spec.network.initializer.label}, biases 0", "Glorot, biases too",
            "U(−1/√n, 1/√n), biases too", "Agreeing, both begin with ours.", True,
        ),
        Convention(
            "order", "Order of the samples", "drawn by our seed", "its own shuffle", "its own shuffle",
            "Agreeing, both are given our mini-batches.", spec.training.shuffle,
        ),
        Convention(
            "dropout", "Dropped neurons", "drawn by our seed", "has no dropout", "drawn by its own seed",
            "Agreeing, our masks lie on PyTorch's layers.", any(spec.dropout), (TORCH,),
        ),
    )  # fmt: skip


def _of_figures(spec: ExperimentSpec) -> tuple[Convention, ...]:
    lacking = [lack.what for lack in lacks(SKLEARN, spec) if not lack.vital]
    return (
        Convention(
            "missing", "What scikit-learn lacks", ", ".join(lacking) or "nothing here", "trains without", "has it",
            "Agreeing, scikit-learn sits out, since it could only come to something else.", bool(lacking), (SKLEARN,),
        ),
        Convention(
            "precision", "Precision", "float64 here", "float64, as its data", "float32",
            "PyTorch computes in float32 unless told: some 7 digits, and the rounding grows with every update.", True,
            (TORCH,),
        ),
        Convention(
            "reported", "Loss that is drawn", "of all samples, after the epoch", "gathered during it, with L2",
            "gathered during it", "It changes the curves, not the weights.", True,
        ),
    )  # fmt: skip


def lacks(library: str, spec: ExperimentSpec) -> tuple[Lack, ...]:
    """What ``library`` has not of what ``spec`` asks for."""
    if spec.optimizer.full_batch:
        return (Lack(f"mini-batches to follow {spec.optimizer.label} with: it searches its own steps", True),)
    found = []
    if library == SKLEARN:
        kinds = {activation.name for activation in spec.activations}
        if unknown := sorted(kinds - set(SKLEARN_ACTIVATIONS)):
            title = next(one.title for one in spec.activations if one.name == unknown[0])
            found.append(Lack(f"activation {title}", True))
        elif len(kinds) > 1:
            found.append(Lack("activation for each layer, only one for all", True))
        if loss_name(spec) != ("squared_error" if spec.data.dataset.regression else "cross_entropy"):
            what = "numbers" if spec.data.dataset.regression else "classes"
            found.append(Lack(f"loss {spec.network.loss.label} for {what}", True))
        if spec.optimizer.name not in SKLEARN_OPTIMIZERS:
            found.append(Lack(f"optimizer {spec.optimizer.label}", True))
        training = spec.training
        found += [
            Lack(what, False)
            for what, asked in (
                ("dropout", any(spec.dropout)), ("L1", training.l1 > 0), ("clipping", training.clip_norm > 0),
                ("max-norm", training.max_norm > 0),
                ("label smoothing", training.label_smoothing > 0 and not spec.data.dataset.regression),
            ) if asked
        ]  # fmt: skip
    else:
        unknown = [one.title for one in spec.activations if one.name not in TORCH_ACTIVATIONS]
        if unknown:
            found.append(Lack(f"activation {unknown[0]}", True))
        if loss_name(spec) not in TORCH_LOSSES:
            found.append(Lack(f"loss {spec.network.loss.label}", True))
        if spec.optimizer.name not in TORCH_OPTIMIZERS:
            found.append(Lack(f"optimizer {spec.optimizer.label}", True))
    return tuple(found)


def why_out(library: str, spec: ExperimentSpec, apart: frozenset[str]) -> str:
    """One sentence why ``library`` can't take part, "" where it can."""
    found = [lack for lack in lacks(library, spec) if lack.vital or "missing" not in apart]
    if not found:
        return ""
    vital = next((lack for lack in found if lack.vital), None)
    if vital is not None:
        return f"{TITLES[library]} has no {vital.what}."
    return f"{TITLES[library]} has no {' and no '.join(lack.what for lack in found)}: it would come to something else."
