"""Random networks, and their scripts run many in one child process: ``python -m tests.gui.exported FOLDER``."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import runpy
import subprocess
import sys
import traceback
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation
from engine.datasets import DATASETS
from engine.features import FEATURES
from engine.initializers import INITIALIZERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.spec import DataSpec, ExperimentSpec, NetworkSpec, TrainingSpec
from engine.trainer import Trainer
from gui.exporting.model import Model, Options
from gui.exporting.trial import difference
from gui.exporting.writing import weights_file, write

TYPED = ("x*tanh(x)", "max(x, 0.1*x)", "sin(x) + x^3/10", "exp(-x^2)", "0.5", "softplus(x) - 2^x/9", "relu(-x)")
IN_SKLEARN = ("tanh", "relu", "sigmoid", "identity")


def random_spec(r: random.Random, plain: bool = False) -> ExperimentSpec:
    """Any data, layers, activations, loss, optimizer and settings; ``plain``: such as scikit-learn has them too."""

    def activation() -> Activation:
        kind = r.choice([one for one in ACTIVATIONS if not plain or one.name in IN_SKLEARN])
        return kind(expression=r.choice(TYPED)) if kind.name == "typed" else kind()

    kind = r.choice([one for one in DATASETS if one.in_menus])
    dataset = kind()
    if kind.planar:
        n = 4 if "and" in kind.name or "or" in kind.name else r.choice([37, 60, 200])
        dataset = replace(dataset, n_samples=n, noise=r.choice([0.0, 0.1, 0.3]))
    losses = [one() for one in LOSSES if not kind.regression or one().linear() is not None]
    loss = LOSSES["squared_error" if kind.regression else "cross_entropy"]() if plain else r.choice(losses)
    some = tuple(sorted(r.sample(list(FEATURES), r.randrange(1, 6)), key=list(FEATURES).index))
    own = () if plain else tuple(activation() for _ in range(r.choice([0, 0, 2])))
    return ExperimentSpec(
        DataSpec(dataset, some if r.random() < 0.6 else ("x1", "x2"), scale_inputs=r.random() < 0.4,
                 validation_share=r.choice([0.0, 0.2]), seed=r.randrange(100)),
        NetworkSpec(tuple(r.randrange(1, 13) for _ in range(r.randrange(4))), activation(), loss,
                    r.choice(list(INITIALIZERS))(), own),
        replace(r.choice(list(OPTIMIZERS))(), learning_rate=0.003),
        TrainingSpec(
            batch_size=r.choice([7, 10, 32]), dropout=r.choice([0.0, 0.2]), l1=r.choice([0.0, 0.001]),
            l2=r.choice([0.0, 0.01]), clip_norm=r.choice([0.0, 1.0]), max_norm=r.choice([0.0, 2.0]),
            input_noise=r.choice([0.0, 0.01]), label_smoothing=r.choice([0.0, 0.1]), l2_per_sample=r.random() < 0.5,
            schedule=r.choice(list(SCHEDULES))(warm_up=r.choice([0, 2])), shuffle=r.random() < 0.8, seed=r.randrange(100),
        ),
    ).checked()  # fmt: skip


@dataclass(frozen=True, eq=False)
class Case:
    """A trained network and how it is exported."""

    model: Model
    options: Options
    raw: NDArray
    x: NDArray

    @classmethod
    def trained(cls, spec: ExperimentSpec, options: Options, epochs: int = 2) -> Case:
        trainer = Trainer(spec)
        for _ in range(epochs):
            trainer.step_epoch()
        part = trainer.data.test
        return cls(Model.of(spec, trainer.network.params, trainer.epoch), options, part.raw, part.x)


def worst_of(cases: list[Case], folder: Path) -> list[float]:
    """The largest difference between each script's answers and the app's, all run by one child process.

    Answers beyond 1, which only regression has, are compared by their size.
    """
    for i, case in enumerate(cases):
        own = folder / f"{i:03}"
        own.mkdir()
        script = write(case.model, case.options)
        (own / "network.py").write_text(script.text, "utf-8")
        if script.needs:
            (own / script.needs).write_bytes(weights_file(case.model, script))
        np.save(own / "samples.npy", case.raw, allow_pickle=False)
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.exported", str(folder)], cwd=Path(__file__).parents[2], capture_output=True,
        text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [
        difference(np.load(folder / f"{i:03}" / "answers.npy"), case.model.predict(case.x))
        for i, case in enumerate(cases)
    ]


def main(folder: Path) -> None:
    """Run every script in its folder, and have it answer."""
    warnings.simplefilter("ignore")
    for own in sorted(folder.glob("[0-9]*")):
        try:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                names = runpy.run_path(str(own / "network.py"), run_name="__main__")
            np.save(own / "answers.npy", names["predict"](np.load(own / "samples.npy")), allow_pickle=False)
            (own / "said.json").write_text(json.dumps(said.getvalue()), "utf-8")
        except Exception:
            traceback.print_exc()
            sys.stderr.write((own / "network.py").read_text("utf-8"))
            raise SystemExit(1) from None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
