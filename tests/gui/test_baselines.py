"""Models that are no network, fitted by a child process: what they come to, giving up, and what goes wrong there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.datasets import DATASETS
from engine.errors import NeuroloomError
from engine.features import expand
from engine.trainer import Trainer
from gui.comparing import baselines, baselines_process, child
from gui.comparing.baselines import MODELS, OURS, SIDE, Baselines, Fitted, cells, fit
from gui.comparing.baselines_process import over_the_plane, recalls
from tests.engine.helpers import experiment


def made_of(dataset: str = "circles", **more: Any) -> Baselines:
    return Baselines(Trainer(experiment(dataset, samples=200, **more)).snapshot())


def quiet(share: float, words: str = "") -> None:
    pass


def program(monkeypatch, code: str) -> None:
    original = subprocess.Popen
    monkeypatch.setattr(
        child.subprocess,
        "Popen",
        lambda command, **options: original([sys.executable, "-c", code, command[-1]], **options),
    )


def here(monkeypatch) -> list[dict[str, Any]]:
    """Fit in this process; what it says is heard all the same."""
    said: list[dict[str, Any]] = []

    def run(module: str, folder: Path, what: str, heard: Callable, stop: Callable) -> bool:
        def say(message: dict[str, Any]) -> None:
            said.append(message)
            heard(message)

        monkeypatch.setattr(baselines_process, "say", say)
        baselines_process.main(folder)
        return True

    monkeypatch.setattr(child, "run", run)
    return said


def test_five_models_on_circles_in_a_process_of_their_own() -> None:
    made, told = made_of(), []
    assert fit(made, lambda share, words: told.append((share, words)), lambda: False) is made
    assert made.done
    assert set(made.fitted) == {OURS, *(model.key for model in MODELS)}
    for key, one in made.fitted.items():
        assert not one.why
        assert one.field is not None
        assert one.field.shape == (1, SIDE, SIDE)
        assert key == OURS or (0 <= one.test <= 1 and one.seconds > 0)
    assert made.fitted["linear"].test < 0.75, "no straight line parts a ring from what is in it"
    assert all(made.fitted[key].test > 0.9 for key in ("neighbors", "svm", "forest"))
    assert told[0] == (0.0, "starting scikit-learn")
    assert (0.2, "fitting k nearest neighbours") in told
    # The middle is the inner class, a corner the outer: on every map but that of the straight line.
    inner = int(made.data.train.labels[np.abs(made.data.train.raw).sum(axis=1).argmin()])
    for key in ("neighbors", "svm", "forest", "boosting"):
        plane = made.fitted[key].field[0]
        assert (plane[SIDE // 2, SIDE // 2] > 0.5) == bool(inner), key


def test_three_classes_and_numbers(monkeypatch) -> None:
    here(monkeypatch)
    classes = made_of("spiral3")
    fit(classes, quiet, lambda: False)
    for one in classes.fitted.values():
        assert one.field is not None
        assert one.field.shape == (3, SIDE, SIDE)
        np.testing.assert_allclose(one.field.sum(axis=0), 1, atol=1e-5)
    numbers = made_of("plane", loss="squared_error")
    fit(numbers, quiet, lambda: False)
    assert numbers.fitted["linear"].test > 0.9
    plane = numbers.fitted["linear"].field
    expected = expand(cells(numbers.data.spec.dataset.domain), numbers.data.spec.features, None)
    assert plane is not None
    assert plane.reshape(-1).shape == (len(expected),)


def test_the_cells_of_the_plane_go_from_the_top_left() -> None:
    np.testing.assert_array_equal(cells((-1.0, 1.0), 2), [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])


class Margin:
    """A model without probabilities: two classes by the sign of the first input."""

    classes_ = np.array([0, 1])

    def decision_function(self, grid):
        return grid[:, 0]

    def predict(self, grid):
        return (grid[:, 0] > 0).astype(int)


class Shares(Margin):
    """One that knows two of three classes."""

    classes_ = np.array([0, 2])

    def predict_proba(self, grid):
        return np.tile([0.25, 0.75], (len(grid), 1))


def test_answers_over_the_plane_by_hand() -> None:
    grid = np.array([[0.0, 0.0], [0.5 * np.log(3), 0.0]])
    np.testing.assert_allclose(over_the_plane(Margin(), grid, 2, False), [[0.5, 0.75]])
    np.testing.assert_allclose(over_the_plane(Margin(), grid, 2, True), [[0.5, 1.0]])
    np.testing.assert_allclose(over_the_plane(Margin(), grid, 3, False), [[1, 0], [0, 1], [0, 0]])
    np.testing.assert_allclose(over_the_plane(Shares(), grid, 3, False), [[0.25, 0.25], [0, 0], [0.75, 0.75]])


def test_recalls_by_hand() -> None:
    answers, labels = np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1])
    assert recalls(answers, labels, 3) == [0.5, 1.0, None]


def test_of_a_large_set_a_fair_part_is_fitted(monkeypatch) -> None:
    monkeypatch.setattr(baselines, "MOST", 50)
    here(monkeypatch)
    made = made_of()
    fit(made, quiet, lambda: False)
    assert made.n_train == 50
    assert len(made.data.train) > 50


def test_one_model_that_fails_is_told_of_and_the_others_go_on(monkeypatch) -> None:
    def makers(regression: bool, n: int) -> dict[str, Any]:
        def broken() -> Any:
            raise ValueError("no luck\n today")

        return {"linear": broken, "neighbors": original(regression, n)["neighbors"]}

    original = baselines_process.makers
    monkeypatch.setattr(baselines_process, "makers", makers)
    here(monkeypatch)
    made = made_of()
    fit(made, quiet, lambda: False)
    assert made.fitted["linear"] == Fitted(why="no luck today")
    assert made.fitted["neighbors"].test > 0.9


def test_what_cannot_be_fitted_is_told_in_a_sentence(monkeypatch) -> None:
    one_class = DATASETS["points"](points=((0.0, 0.0, 1), (1.0, 0.0, 1), (0.0, 1.0, 1)))
    spec = experiment()
    made = Baselines(Trainer(replace(spec, data=replace(spec.data, dataset=one_class))).snapshot())
    with pytest.raises(NeuroloomError, match="all of one class"):
        fit(made, quiet, lambda: False)
    program(monkeypatch, "import os; os._exit(3)")
    with pytest.raises(NeuroloomError, match=r"^There is no comparison: its process ended with code 3"):
        fit(made_of(), quiet, lambda: False)


@pytest.mark.parametrize(
    "message",
    [None, {"fitted": "linear"}, {"fitted": "linear", "seconds": 1, "scores": [1]}, {"fitted": "../x", "scores": [1, 1]},
     {"fitted": "linear", "seconds": 1, "scores": [1, 1]}, {"fitted": "linear", "seconds": 1, "scores": [1, 1], "recalls": []}],
    ids=["nothing", "no scores", "one score", "no such model", "no recalls", "no map"],
)  # fmt: skip
def test_an_answer_that_is_none_is_refused(monkeypatch, message: dict | None) -> None:
    program(monkeypatch, f"print({json.dumps(json.dumps(message))})")
    with pytest.raises(NeuroloomError, match=r"^There are no baselines: their process .* Fit them again\.$"):
        fit(made_of(), quiet, lambda: False)


def test_giving_up_keeps_what_is_fitted(monkeypatch) -> None:
    made = made_of()
    program(
        monkeypatch,
        "import json, sys, time, numpy as np\n"
        "np.save(sys.argv[1] + '/linear.npy', np.zeros((1, 64 * 64)))\n"
        "print(json.dumps({'fitted': 'linear', 'seconds': 1, 'scores': [0.5, 0.5], 'recalls': [None]}), flush=True)\n"
        "time.sleep(600)",
    )
    assert fit(made, quiet, lambda: "linear" in made.fitted) is None
    assert not made.done
    assert made.fitted["linear"].test == 0.5
