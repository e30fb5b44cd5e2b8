"""Run by gui/comparing/baselines.py as a program of its own: ``python -m gui.comparing.baselines_process FOLDER``.

It reads ``request.json`` and ``data.npz`` in FOLDER and fits the models one by one. When each begins and what it came to
it says on standard output, in lines of JSON; what it answers over the plane is left in FOLDER as ``NAME.npy``.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NEIGHBORS = 5


def makers(regression: bool, n: int) -> dict[str, Callable[[], Any]]:
    """Each model by its name, as scikit-learn comes with it; where distances or slopes count, on inputs of one scale."""
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC, SVR

    k = min(NEIGHBORS, n)
    if regression:
        return {
            "linear": lambda: make_pipeline(StandardScaler(), LinearRegression()),
            "neighbors": lambda: make_pipeline(StandardScaler(), KNeighborsRegressor(k)),
            "svm": lambda: make_pipeline(StandardScaler(), SVR()),
            "forest": lambda: RandomForestRegressor(random_state=0),
            "boosting": lambda: HistGradientBoostingRegressor(random_state=0),
        }
    return {
        "linear": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "neighbors": lambda: make_pipeline(StandardScaler(), KNeighborsClassifier(k)),
        "svm": lambda: make_pipeline(StandardScaler(), SVC()),
        "forest": lambda: RandomForestClassifier(random_state=0),
        "boosting": lambda: HistGradientBoostingClassifier(random_state=0),
    }


def over_the_plane(model: Any, grid: NDArray, n_classes: int, regression: bool) -> NDArray:
    """(k, n) float32 in 0..1 of the model's answers at ``grid`` (n, n_inputs), as the window paints a network's.

    Numbers of −1..1 are brought to 0..1. Of a model without probabilities, two classes take the sigmoid of its margin, and more
    the decision alone.
    """
    if regression:
        field = 0.5 + 0.5 * model.predict(grid)[None]
    elif hasattr(model, "predict_proba"):
        known, shares = model.classes_, model.predict_proba(grid)
        field = np.zeros((max(n_classes, 2), len(grid)))
        field[known] = shares.T
        field = field[1:] if n_classes == 2 else field
    elif n_classes == 2 and len(model.classes_) == 2:
        field = 1 / (1 + np.exp(-2 * np.clip(model.decision_function(grid), -50, 50)))[None]
    else:
        answers = model.predict(grid)
        field = (answers == (np.ones((1, 1)) if n_classes == 2 else np.arange(n_classes)[:, None])).astype(float)
    return np.asarray(field, np.float32)


def recalls(answers: NDArray, labels: NDArray, n_classes: int) -> list[float | None]:
    """The share of each class that is answered right; None of a class without samples."""
    right = [answers[labels == label] == label for label in range(n_classes)]
    return [float(one.mean()) if len(one) else None for one in right]


def main(folder: Path) -> None:
    """Fit and tell."""
    request = json.loads((folder / "request.json").read_text("utf-8"))
    regression, n_classes = bool(request["regression"]), int(request["n_classes"])
    with np.load(folder / "data.npz", allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    x, test_x = arrays["train.x"], arrays["test.x"]
    y, test_y = arrays["train.y"], arrays["test.y"]
    for name, make in makers(regression, len(x)).items():
        say({"begins": name})
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                began = time.perf_counter()
                model = make().fit(x, y)
                seconds = time.perf_counter() - began
                scores = [float(model.score(x, y)), float(model.score(test_x, test_y))]
                each = [] if regression else recalls(model.predict(test_x), test_y, n_classes)
                if "grid" in arrays:
                    np.save(folder / f"{name}.npy", over_the_plane(model, arrays["grid"], n_classes, regression),
                            allow_pickle=False)  # fmt: skip
        except Exception as error:  # of one model: the others go on
            say({"failed": name, "why": " ".join(str(error).split())[:160] or type(error).__name__})
        else:
            say({"fitted": name, "seconds": seconds, "scores": scores, "recalls": each})


def say(message: dict[str, Any]) -> None:
    """A line of JSON to whoever waits."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(5)  # the window and its training come first
    main(Path(sys.argv[1]))
