"""The data of a script: the same points or images, and the same split, as in the window. No Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.data import load_data
from engine.datasets import Dataset, PlanarDataset
from engine.datasets.curves import Spiral
from engine.datasets.gates import Gate
from engine.datasets.images import Images
from engine.datasets.points import Points
from engine.features import scaling
from engine.spec import DataSpec
from gui.exporting.functions import function
from gui.exporting.model import IMAGES_FILE, Model, NotCarried, plain

FEATURES = {
    "x1": "x1", "x2": "x2", "x1_squared": "x1 * x1", "x2_squared": "x2 * x2", "x1_x2": "x1 * x2",
    "sin_x1": "np.sin(x1)", "sin_x2": "np.sin(x2)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataCode:
    """``lines`` define x, y (all samples), train, test (rows of them); ``notes`` say what is not the same as here."""

    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()


def inputs_code(spec: DataSpec) -> list[str]:
    """``inputs(x)``: what the network is shown of samples as they come, float32."""
    if not spec.dataset.planar:
        return [
            "",
            "",
            "def inputs(x):",
            '    """Pixels in 0..1, row by row."""',
            "    return np.asarray(x, np.float32)",
        ]
    columns = ", ".join(FEATURES[name] for name in spec.features)
    body = ["x1, x2 = np.asarray(x, float).T", f"columns = np.stack([{columns}], axis=1)"]
    if spec.scaled_over is not None:
        mean, spread = scaling(spec.features, spec.scaled_over)
        body += [
            f"mean = {_numbers(mean.tolist())}  # over the whole picture",
            f"spread = {_numbers(spread.tolist())}",
            "columns = (columns - mean) / spread",
        ]
    elif spec.features == ("x1", "x2"):
        return function("inputs", "x", '"""Points (n, 2) are shown as they are."""', "return np.asarray(x, np.float32)")
    return function("inputs", "x", '"""What the network is shown of points (n, 2)."""', *body,
                    "return columns.astype(np.float32)")  # fmt: skip


def _numbers(values: Sequence[float]) -> str:
    return f"[{', '.join(repr(float(value)) for value in values)}]"


def data_code(model: Model) -> DataCode:
    """The lines that make or load the samples. Raises :class:`NotCarried` for data that nobody has written down here."""
    spec = model.spec.data
    dataset = spec.dataset
    notes = [f"Your own drawings ({len(spec.taught)}) are not in the script."] if spec.taught else []
    if isinstance(dataset, Images):
        lines = _images(spec, dataset)
        if dataset.n_test is None:
            notes.append(
                "Where a set says who wrote an image, the window keeps each writer on one side; the script doesn't."
            )
    elif isinstance(dataset, PlanarDataset | Points):
        lines = [*_generator(dataset, spec.seed), "", "", "x, y = samples()", *_split(spec, _count(dataset))]
    elif dataset.name == "digits":
        lines = [
            "", "", "x, y = load_digits(return_X_y=True)", "x = x / 16  # ink in 0..1", *_split(spec, 1797),
        ]  # fmt: skip
    else:
        raise NotCarried(f"The data {plain(dataset.title)} can't be written as a script yet; choose other data.")
    return DataCode(tuple(lines), tuple(notes))


def _count(dataset: Dataset) -> int:
    return len(dataset.points) if isinstance(dataset, Points) else dataset.n_samples  # type: ignore[attr-defined]


def _generator(dataset: Dataset, seed: int) -> list[str]:
    if isinstance(dataset, Points):
        rows = [f"    ({x1!r}, {x2!r}, {label})," for x1, x2, label in dataset.points]
        return function(
            "samples", "", '"""Points placed by hand: x1, x2, class."""', "table = np.array([", *rows, "])",
            "return table[:, :2], table[:, 2].astype(int)",
        )  # fmt: skip
    assert isinstance(dataset, PlanarDataset)
    n, noise = dataset.n_samples, dataset.noise
    stray = _stray(noise * 2)
    if isinstance(dataset, Gate):
        body = [
            f"which = np.arange({n}) % 4",
            "points = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])[which]",
            _stray(noise * 0.5),
            f"return points, np.array({list(dataset.table)})[which]",
        ]
    elif isinstance(dataset, Spiral):
        arms = dataset.n_classes
        body = [
            f"labels = np.arange({n}) % {arms}",
            f"along = (np.arange({n}) // {arms} + 0.5) * {arms} / {n}",
            f"angle = 2 * np.pi * ({dataset.turns!r} * along + labels / {arms})",
            "points = 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)",
            _stray(noise / 2 * 2),
            "return points, labels",
        ]
    else:
        body = _BODIES.get(dataset.name, lambda *_: [])(n, noise, stray)
        if not body:
            raise NotCarried(f"The data {plain(dataset.title)} can't be written as a script yet; choose other data.")
    if any("rng." in line for line in body):
        body = [f"rng = np.random.default_rng({seed})", *body]
    says = f'"""{n} samples of "{dataset.label}", the same as in Neuroloom."""'
    return function("samples", "", says, *filter(None, body))


def _stray(spread: float) -> str:
    """The line that has points stray; none without noise."""
    return f"points += rng.normal(0, 1, points.shape) * {spread!r}" if spread else ""


def _gaussians(n: int, noise: float, stray: str) -> list[str]:
    return [
        f"labels = np.arange({n}) % 2",
        "centers = np.where(labels == 1, 2.0, -2.0)[:, None]",
        f"return centers + rng.normal(0, {0.7 + 3.0 * noise!r}, ({n}, 2)), labels",
    ]


def _quadrants(n: int, noise: float, stray: str) -> list[str]:
    return [
        f"points = rng.uniform(-5, 5, ({n}, 2))",
        "points += np.where(points > 0, 0.3, -0.3)",
        "labels = (points[:, 0] * points[:, 1] > 0).astype(int)",
        stray,
        "return points, labels",
    ]


def _circles(n: int, noise: float, stray: str) -> list[str]:
    return [
        f"labels = np.arange({n}) % 2",
        f"radius = np.where(labels == 1, rng.uniform(0, 2.5, {n}), rng.uniform(3.5, 5, {n}))",
        f"angle = rng.uniform(0, 2 * np.pi, {n})",
        "points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)",
        stray,
        "return points, labels",
    ]


def _moons(n: int, noise: float, stray: str) -> list[str]:
    return [
        f"labels = np.arange({n}) % 2",
        f"angle = rng.uniform(0, np.pi, {n})",
        "upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)",
        "lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)",
        "points = (np.where(labels[:, None] == 1, lower, upper) - [0.5, 0.25]) * 3",
        stray,
        "return points, labels",
    ]


def _plane(n: int, noise: float, stray: str) -> list[str]:
    return [
        f"points = rng.uniform(-5, 5, ({n}, 2))",
        "heights = points.sum(axis=1) / 10",
        stray,
        "return points, heights",
    ]


def _bumps(n: int, noise: float, stray: str) -> list[str]:
    return [
        f"points = rng.uniform(-5, 5, ({n}, 2))",
        "heights = np.zeros(len(points))",
        "for x1, x2, sign in ((-2.5, 2.5, 1), (2.5, -2.5, 1), (2.5, 2.5, -1), (-2.5, -2.5, -1)):",
        "    heights += sign * np.exp(-((points - [x1, x2]) ** 2).sum(axis=1) / 3)",
        stray,
        "return points, heights",
    ]


_BODIES = {
    "gaussians": _gaussians, "quadrants": _quadrants, "circles": _circles, "moons": _moons, "plane": _plane,
    "bumps": _bumps,
}  # fmt: skip


def _split(spec: DataSpec, n: int) -> list[str]:
    """Which rows train and which test: the permutation of scikit-learn's ``train_test_split``."""
    if n <= 4 or not spec.dataset.is_split:
        return ["train = test = np.arange(len(x))  # every sample trains and tests"]
    n_train = min(max(math.floor(spec.train_share * n + 1e-9), 1), n - 1)
    n_test, n_kept = n - n_train, min(round(spec.validation_share * n_train), n_train - 1)
    kept = f"  # {n_kept} in between only validate" if n_kept else ""
    return [
        f"order = np.random.RandomState({spec.seed}).permutation(len(x))  # as scikit-learn's train_test_split",
        f"test, train = order[:{n_test}], order[{n_test + n_kept}:]{kept}",
    ]


def _images(spec: DataSpec, dataset: Images) -> list[str]:
    called = plain(dataset.title)
    lines = [
        "",
        "",
        f"# {called}, images of {dataset.side}x{dataset.side}: a file as Keras has it, or its path behind the script's name.",
        f'path = sys.argv[1] if len(sys.argv) > 1 else "{IMAGES_FILE}"',
        "with np.load(path) as file:",
        '    x = np.concatenate([file["x_train"], file["x_test"]])',
        '    y = np.concatenate([file["y_train"], file["y_test"]]).astype(int)',
        f"x = x.reshape(len(x), -1).astype(np.float32) / {dataset.full!r}  # ink in 0..1",
    ]
    if dataset.n_test is None:
        lines += [
            f"n_train = int({spec.train_share!r} * len(x) + 1e-9)",
            f"order = np.random.RandomState({spec.seed}).permutation(len(x))  # as scikit-learn's train_test_split",
            f"n_kept = round({spec.validation_share!r} * n_train)  # that only validate",
            "test, train = order[: len(x) - n_train], order[len(x) - n_train + n_kept :]",
        ]
        return lines
    lines.append(f"train, test = np.arange(len(x) - {dataset.n_test}), np.arange(len(x) - {dataset.n_test}, len(x))")
    if spec.validation_share:
        lines += [
            f"order = np.random.RandomState({spec.seed}).permutation(len(train))",
            f"train = order[round({spec.validation_share!r} * len(train)) :]  # the others only validate",
        ]
    return lines


def data_imports(spec: DataSpec) -> list[str]:
    """Third-party imports that the lines of the data need."""
    return ["from sklearn.datasets import load_digits"] if spec.dataset.name == "digits" else []


def raw_samples(spec: DataSpec, most: int = 2_000) -> tuple[np.ndarray, np.ndarray]:
    """Up to ``most`` test samples: as they come, (n, 2) or (n, side²), and as the network sees them, float32."""
    part = load_data(spec.untaught).test
    return np.asarray(part.raw[:most]), part.x[:most]
