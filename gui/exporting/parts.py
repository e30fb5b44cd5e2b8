"""What the scripts of several libraries share: head, weights, learning rate, test score, what they leave out. No Qt."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.initializers import Initializer
from engine.schedules import Schedule
from engine.schedules.adaptive import Adaptive
from engine.schedules.cosine import LOWEST
from gui.exporting.functions import function
from gui.exporting.model import MAX_INLINE, TITLES, Model, NotCarried, Options, plain

WIDTH = 100


def head(model: Model, options: Options, does: str) -> list[str]:
    """The lines on top: what the script is and does, and when the weights were so."""
    data = plain(model.spec.data.dataset.title)
    when = f"; the weights are those after {model.epoch:,} epochs" if options.weights else ""
    return [
        f'"""A {model.shape} network for {data}, in {TITLES[options.kind]}: {does}"""',
        f"# Written by Neuroloom{when}.",
        "",
    ]


def import_lines(*lines: str) -> list[str]:
    """Imports, the standard library first, each once."""
    own = sorted({line for line in lines if line in _STANDARD})
    others = sorted({line for line in lines if line not in _STANDARD}, key=lambda line: (line.startswith("from"), line))
    return [*own, *([""] if own and others else []), *others]


_STANDARD = {"import math", "import sys", "import warnings", "from pathlib import Path"}


def array_code(name: str, array: NDArray) -> list[str]:
    """The lines of ``name = np.array([...], np.float32)``, each number as short as float32 allows."""
    rows = [_row(row, "     ") for row in (array if array.ndim == 2 else array[None])]
    if array.ndim == 1:
        body = [f"    {line.strip()}" for line in rows[0]]
    else:
        body = [line for first, *more in rows for line in _in_brackets(first, more)]
    return [f"{name} = np.array([", *body, "], np.float32)"]


def _in_brackets(first: str, more: list[str]) -> list[str]:
    lines = [f"    [{first.strip()}", *more]
    return [*lines[:-1], f"{lines[-1].rstrip(',')}],"]


def _row(row: NDArray, indent: str) -> list[str]:
    return textwrap.wrap("".join(f"{np.float32(value)!s}, " for value in row), WIDTH, initial_indent=indent,
                         subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)  # fmt: skip


def inline_weights(model: Model) -> list[str]:
    """``layers``, a list of (weights, biases), written out."""
    if model.spec.n_parameters > MAX_INLINE:
        raise NotCarried(
            f"{model.spec.n_parameters:,} weights are too many to stand in a script; have them in a file beside it."
        )
    lines = []
    for i, (weights, biases) in enumerate(model.layers, 1):
        lines += [*array_code(f"W{i}", weights), *array_code(f"b{i}", biases)]
    return [*lines, f"layers = [{', '.join(f'(W{i}, b{i})' for i in range(1, len(model.layers) + 1))}]"]


def layers_from_npz(model: Model, name: str) -> list[str]:
    """``layers`` from the file beside the script."""
    return [
        f'with np.load(Path(__file__).with_name("{name}")) as file:',
        f'    layers = [(file[f"W{{i}}"], file[f"b{{i}}"]) for i in range(1, {len(model.layers) + 1})]',
    ]


def drawn_weights(model: Model) -> list[str]:
    """``layers`` as the seed draws them, the same first weights as in the window."""
    initializer = model.spec.network.initializer
    return [
        f"sizes = {list(model.spec.layer_sizes)}",
        f"rng = np.random.default_rng([{model.spec.training.seed}, 0])",
        "layers = []",
        "for n_in, n_out in zip(sizes, sizes[1:]):",
        f"    W = {draw_code(initializer)}  # {initializer.label}",
        "    layers.append((W.astype(np.float32), np.zeros(n_out, np.float32)))",
    ]


def draw_code(initializer: Initializer) -> str:
    """The Python that draws (n_in, n_out) weights."""
    scale = getattr(initializer, "scale", 1.0)
    codes = {
        "glorot_uniform": "rng.uniform(-1, 1, (n_in, n_out)) * np.sqrt(6 / (n_in + n_out))",
        "he_normal": "rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))",
        "lecun_normal": "rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out))",
        "normal": f"rng.normal(0, 1, (n_in, n_out)) * {scale!r}",
        "uniform": f"rng.uniform(-1, 1, (n_in, n_out)) * {scale!r}",
        "zeros": "np.zeros((n_in, n_out))",
    }
    if initializer.name not in codes:
        raise NotCarried(f"{initializer.label} can't be written as a script yet; choose another initializer.")
    return codes[initializer.name]


def rate_functions(schedule: Schedule) -> list[str]:
    """``share(epoch)``, what the learning rate is multiplied by; nothing for a constant one. Adaptive ones: see
    :func:`adapts`."""
    if not schedule.warm_up and schedule.name == "constant":
        return []
    name = schedule.name
    codes = {
        "constant": "1.0",
        "step": "{gamma!r} ** (epoch // {every})",
        "exponential": "{gamma!r} ** epoch",
        "cosine": f"max(0.5 * (1 + np.cos(np.pi * min(epoch / {{epochs}}, 1))), {LOWEST!r})",
        "inverse_scaling": "1 / (epoch + 1) ** {power_t!r}",
        "adaptive": "0.2 ** falls",
    }
    if name not in codes:
        raise NotCarried(f"The schedule {schedule.label} can't be written as a script yet; choose another one.")
    values = {field: getattr(schedule, field) for field in schedule.__dataclass_fields__}
    code = codes[name].format(**values)
    body = []
    if schedule.warm_up:
        body += [
            f"if epoch < {schedule.warm_up}:  # warm-up",
            f"    return (epoch + 1) / {schedule.warm_up + 1}",
            f"epoch -= {schedule.warm_up}",
        ]
    arguments = "epoch, falls" if isinstance(schedule, Adaptive) else "epoch"
    return function("share", arguments, f'"""{schedule.label}: what the learning rate is multiplied by."""', *body,
                    f"return {code}")  # fmt: skip


def adapts(schedule: Schedule) -> bool:
    """Whether the loop must count epochs without progress for the schedule."""
    return isinstance(schedule, Adaptive)


def adaptive_start() -> list[str]:
    """What such a loop begins with."""
    return ["best, waited, falls = np.inf, 0, 0"]


def adaptive_step(schedule: Schedule, loss: str) -> list[str]:
    """At an epoch's end: a fifth of the rate after too long without progress."""
    assert isinstance(schedule, Adaptive)
    return [
        f"now = {loss}",
        f"waited = waited + 1 if now > best - {schedule.tolerance!r} else 0",
        "best = min(best, now)",
        f"if waited > {schedule.patience}:",
        "    waited, falls = 0, falls + 1",
    ]


def rate_code(schedule: Schedule, rate: float) -> str:
    """The learning rate of an epoch."""
    if not schedule.warm_up and schedule.name == "constant":
        return repr(rate)
    return f"float({rate!r} * share(epoch{', falls' if adapts(schedule) else ''}))"


def score_code(model: Model) -> list[str]:
    """``score(rows)`` and the line that prints the score of the test samples."""
    if model.spec.loss.regression:
        body = ('"""R²: 1 is perfect, 0 no better than the mean."""', "error = predict(x[rows])[:, 0] - y[rows]",
                "return 1 - (error**2).sum() / ((y[rows] - y[rows].mean()) ** 2).sum()")  # fmt: skip
        return [*function("score", "rows", *body), "", "", 'print(f"R² of the test samples: {score(test):.3f}")']
    decide = "predict(x[rows]).argmax(axis=1)" if model.spec.data.n_outputs > 1 else "predict(x[rows])[:, 0] > 0.5"
    return [
        *function("score", "rows", '"""The share of samples that is answered right."""',
                  f"return np.mean(({decide}) == y[rows])"),
        "", "", 'print(f"{score(test):.1%} of the test samples are right")',
    ]  # fmt: skip


def answers(model: Model) -> str:
    """What ``predict`` gives, for its docstring."""
    n = model.spec.data.n_outputs
    if model.output == "identity":
        return "the numbers"
    if model.output == "margin":
        return "how far each class is ahead, in 0..1" if n > 1 else "how far class 1 is ahead, in 0..1"
    return "how likely each class is" if n > 1 else "how likely class 1 is"


def left_out(model: Model, missing: Iterable[str] = ()) -> list[str]:
    """What no training loop of a script carries over, and what this library lacks, by its name."""
    training, found = model.spec.training, list(missing)
    if training.patience:
        found.append("early stopping")
    if model.spec.augmentation and model.spec.image_side:
        found.append("augmentation")
    return found


def in_words(missing: list[str]) -> str:
    """``dropout, L1 and max-norm``."""
    return missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} and {missing[-1]}"
