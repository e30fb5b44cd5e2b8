"""Studies that never ran, from a seed: what the Tuner page is shown in tests and pictures, and a core that only pretends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage

from engine.errors import NeuroloomError
from engine.files import SavedExperiment
from engine.spec import ExperimentSpec
from engine.trainer import Trainer
from gui.tuning.study import COMPLETE, FAILED, PRUNED, RUNNING, Choice, StudySettings, StudyView, TrialView

SPACE = (
    Choice("layers", 1, 4, whole=True),
    Choice("width", 2, 32, log=True, whole=True),
    Choice("activation", options=("relu", "tanh", "gelu")),
    Choice("optimizer", options=("sgd", "rmsprop", "adam")),
    Choice("learning_rate", 1e-3, 0.3, log=True),
    Choice("batch_size", options=(8, 16, 32, 64)),
    Choice("l2", 1e-6, 0.1, log=True),
    Choice("dropout", 0.0, 0.5),
    Choice("initializer", options=("glorot_uniform", "he_normal", "lecun_normal")),
)

IMPORTANCE = {"learning_rate": 0.61, "dropout": 0.2, "width": 0.1, "activation": 0.05, "layers": 0.04}


def settings_of(base: ExperimentSpec | None = None, objective: str = "validation_loss", name: str = "Spiral", **more):
    return StudySettings(name, base or ExperimentSpec(), SPACE, objective=objective, **more)


def png(levels: np.ndarray) -> bytes:
    levels = np.ascontiguousarray(levels, np.uint8)
    image = QImage(levels.data, levels.shape[1], levels.shape[0], levels.shape[1], QImage.Format.Format_Grayscale8)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data())


def boundary(random: np.random.Generator, clear: float, side: int = 32) -> bytes:
    """A spiral that is the clearer the better the trial."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    tilt = random.normal() * x + random.normal() * y
    wave = np.sin(angle + 7 * radius * clear + random.normal(0, 0.4)) + (1 - clear) * tilt
    return png(255 / (1 + np.exp(-(1 + 6 * clear) * wave)))


def confusion(random: np.random.Generator, clear: float) -> bytes:
    rows = np.eye(10) * (2 + 40 * clear) + random.exponential(1.0, (10, 10))
    rows /= rows.sum(axis=1, keepdims=True)
    return png((rows * 255).repeat(4, 0).repeat(4, 1))


def trial_of(random: np.random.Generator, number: int, state: str, settings: StudySettings) -> TrialView:
    params: dict = {}
    for choice in settings.space:
        if choice.options:
            params[choice.name] = choice.options[random.integers(len(choice.options))]
        else:
            u = random.random()
            value = (
                choice.low * (choice.high / choice.low) ** u
                if choice.log
                else choice.low + (choice.high - choice.low) * u
            )
            params[choice.name] = round(value) if choice.whole else float(value)
    rate = np.log10(params.get("learning_rate", 0.03))
    poor = 0.25 * abs(rate + 1.6) + 0.5 * params.get("dropout", 0) + 0.08 * (params.get("activation") == "relu")
    clear = float(np.clip(1 - 0.7 * poor - 0.15 * random.random(), 0.02, 0.99))
    size = float(params.get("width", 8) ** 2 * params.get("layers", 1) + 20)
    if settings.objective == "accuracy_and_parameters":
        clear *= 0.5 + 0.5 * min(np.log(size) / 7, 1)
    loss, accuracy = 0.7 * (1 - clear) ** 1.2 + 0.01, 0.5 + 0.49 * clear
    last = {COMPLETE: settings.epochs, PRUNED: 3 + number % 5, RUNNING: 1 + settings.epochs // 2, FAILED: 2}[state]
    epochs = np.arange(1, last + 1)
    fall = 0.72 - (0.72 - loss) * (1 - np.exp(-epochs / 6)) + random.normal(0, 0.01, last)
    curve = fall if settings.objective == "validation_loss" else 1.03 - 0.5 * fall / 0.72
    values = {
        "validation_loss": (loss,), "validation_accuracy": (accuracy,),
        "accuracy_and_parameters": (accuracy, size),
    }[settings.objective]  # fmt: skip
    planar = settings.base.data.dataset.planar
    picture = boundary(random, clear) if planar else confusion(random, clear)
    return TrialView(
        number, state, params, values if state == COMPLETE else (), tuple(zip(epochs.tolist(), curve.tolist(), strict=True)),
        0.0 if state == RUNNING else float(0.05 * last + random.random()), "office-3",
        picture if state in (COMPLETE, PRUNED) else b"", state == COMPLETE,
    )  # fmt: skip


def study(n: int, settings: StudySettings | None = None, running: int = 0, seed: int = 7) -> StudyView:
    """``n`` trials: two in five pruned, one in fifty failed, the last ``running`` under way."""
    settings = replace(settings or settings_of(), trials=n)
    random = np.random.default_rng(seed)
    trials = []
    for number in range(n):
        state = PRUNED if number % 5 in (2, 4) else FAILED if number % 50 == 48 else COMPLETE
        trials.append(trial_of(random, number, RUNNING if number >= n - running else state, settings))
    done = [trial for trial in trials if trial.state == COMPLETE]
    if settings.objective == "accuracy_and_parameters":
        best = tuple(
            one.number for one in done
            if not any(o.values[0] >= one.values[0] and o.values[1] <= one.values[1] and o.values != one.values for o in done)
        )  # fmt: skip
    else:
        sign = 1 if settings.objective == "validation_loss" else -1
        best = (min(done, key=lambda trial: sign * trial.values[0]).number,) if done else ()
    return StudyView(settings, tuple(trials), best, running, running > 0, 252.0 if running else None, IMPORTANCE)


class FakePool:
    def __init__(self, core: FakeCore) -> None:
        self.core, self.problem, self.alive = core, "", 0

    def start(self, url: str, study: str, workers: int) -> None:
        self.core.note(f"start {study} {workers}")
        self.alive = workers

    def pause(self) -> None:
        self.core.note("pause")
        self.alive = 0

    def close(self) -> None:
        self.core.note("close")
        self.alive = 0

    def tend(self) -> None:
        if self.core.spent:
            self.alive = 0


class FakeCore:
    """Studies in memory; ``calls`` are what was asked for. ``failing`` names a call that fails with a sentence."""

    def __init__(self) -> None:
        self.pools: list[FakePool] = []
        self.forget()

    def forget(self) -> None:
        """As if nothing had been done yet."""
        self.kept: dict[str, StudyView] = {}
        self.calls: list[str] = []
        self.failing, self.spent = "", False

    def note(self, call: str) -> None:
        self.calls.append(call)
        if call.split()[0] == self.failing:
            raise NeuroloomError(
                "The server at db.example does not answer. Check that it runs, then press Start again."
            )

    def default_url(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'studies.sqlite'}"

    def default_space(self, spec: ExperimentSpec) -> tuple[Choice, ...]:
        return SPACE

    def studies(self, url: str) -> tuple[str, ...]:
        self.note(f"studies {url}")
        return tuple(self.kept)

    def create_study(self, url: str, settings: StudySettings) -> None:
        self.note("create")
        self.kept[settings.name] = StudyView(settings)

    def read_study(self, url: str, name: str) -> StudyView:
        self.note("read")
        return self.kept[name]

    def delete_study(self, url: str, name: str) -> None:
        self.note("delete")
        del self.kept[name]

    def trial_experiment(self, url: str, name: str, number: int) -> SavedExperiment:
        self.note(f"trial {number}")
        base = self.kept[name].settings.base
        trainer = Trainer(replace(base, training=replace(base.training, seed=100 + number)))
        return SavedExperiment(trainer.spec, trainer.capture(), trainer.history.view(), f"Trial {number}")

    def export_csv(self, view: StudyView, path: Path) -> None:
        self.note("csv")
        path.write_text("trial\n" + "".join(f"{trial.number}\n" for trial in view.trials), "utf-8")

    def fanova(self, url: str, name: str, stop) -> dict[str, float]:
        self.note("fanova")
        return {"learning_rate": 0.52, "dropout": 0.21, "width": 0.12, "activation": 0.08, "layers": 0.04, "l2": 0.03}

    def pool(self) -> FakePool:
        self.pools.append(FakePool(self))
        return self.pools[-1]

    def close(self) -> None:
        self.note("closed")
