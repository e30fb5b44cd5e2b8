"""The estimators beside scikit-learn: its own checks, its parameters and attributes, its weights step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from engine.estimator import NeuralNetworkClassifier, NeuralNetworkRegressor

# Most runs here are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(7)
X = RNG.normal(0, 1, (26, 3))
THREE = np.digitize(X[:, 0] * X[:, 1] + X[:, 2], [-0.5, 0.5])
LABELS = (X[:, :3] + X[:, [1, 2, 0]] > 0).astype(int)
NUMBERS = np.stack([X[:, 0] * X[:, 1], X[:, 2] - X[:, 0]], axis=1)
TARGETS = {
    "two": THREE > 0,
    "three": THREE,
    "labels": LABELS,
    "number": NUMBERS[:, 0],
    "numbers": NUMBERS,
}


# --- scikit-learn's contract --------------------------------------------------------------------------------------


# max_iter as scikit-learn sets it for its own in these checks; nothing is expected to fail.
@parametrize_with_checks([NeuralNetworkClassifier(max_iter=100), NeuralNetworkRegressor(max_iter=100)])
def test_every_check_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(NeuralNetworkClassifier(), MLPClassifier()), (NeuralNetworkRegressor(), MLPRegressor())],
)
def test_parameters_and_attributes_are_scikit_learn_s(ours, theirs):
    mine, peers = ours.get_params(), theirs.get_params()
    assert set(peers) - set(mine) == {"max_fun"}
    shared = (set(mine) & set(peers)) - {"loss"}
    assert {name: mine[name] for name in shared} == {name: peers[name] for name in shared}
    y = THREE if isinstance(theirs, MLPClassifier) else NUMBERS
    fitted = [{n for n in vars(model.set_params(max_iter=2).fit(X, y)) if n[-1] == "_"} for model in (ours, theirs)]
    assert fitted[0] == fitted[1]
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_iter_", "t_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert [w.shape for w in ours.coefs_] == [w.shape for w in theirs.coefs_]


def test_column_names_are_kept():
    pandas = pytest.importorskip("pandas", reason="pandas is not installed: no columns with names")
    table = pandas.DataFrame(X, columns=["a", "b", "c"])
    assert NeuralNetworkClassifier(max_iter=1).fit(table, THREE).feature_names_in_.tolist() == ["a", "b", "c"]


# --- the same weights as scikit-learn's -----------------------------------------------------------------------------

SOLVERS = {
    "sgd": {"solver": "sgd", "momentum": 0.0},
    "momentum": {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False},
    "nesterov": {"solver": "sgd", "momentum": 0.9},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
    "adam": {"solver": "adam", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
}


def pair(target: str, **settings: Any) -> tuple[Any, Any]:
    """Ours and scikit-learn's with the same first weights, each after one step of them by a fresh optimizer."""
    common = {"hidden_layer_sizes": (7, 5), "alpha": 0.05, "learning_rate_init": 0.02, "shuffle": False} | settings
    numbers = target.startswith("number")
    ours = (NeuralNetworkRegressor if numbers else NeuralNetworkClassifier)(**common, random_state=1, max_iter=1)
    theirs = (MLPRegressor if numbers else MLPClassifier)(**common, random_state=1, max_iter=1)
    for model in (ours, theirs):
        model.fit(X, TARGETS[target]).set_params(warm_start=True)
    for mine, peer in zip((*ours.coefs_, *ours.intercepts_), (*theirs.coefs_, *theirs.intercepts_), strict=True):
        mine[:] = peer
    return ours, theirs


def assert_same_weights(ours: Any, theirs: Any) -> None:
    for mine, peer in zip((*ours.coefs_, *ours.intercepts_), (*theirs.coefs_, *theirs.intercepts_), strict=True):
        np.testing.assert_allclose(mine, peer, rtol=0, atol=1e-10)


@pytest.mark.parametrize("batch_size", ["auto", 10])
@pytest.mark.parametrize("target", list(TARGETS))
@pytest.mark.parametrize("solver", [name for name in SOLVERS if name != "invscaling"])
def test_fit_and_partial_fit_give_scikit_learn_s_weights(solver: str, target: str, batch_size: Any) -> None:
    ours, theirs = pair(target, activation="tanh", batch_size=batch_size, **SOLVERS[solver])
    for model in (ours, theirs):
        model.set_params(max_iter=20, n_iter_no_change=100).fit(X, TARGETS[target])
    assert_same_weights(ours, theirs)
    for model in (ours, theirs):
        for _ in range(5):
            model.partial_fit(X, TARGETS[target])
    assert_same_weights(ours, theirs)
    assert (ours.t_, ours.n_iter_, len(ours.loss_curve_)) == (theirs.t_, theirs.n_iter_, len(theirs.loss_curve_))
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-9)
    if hasattr(theirs, "predict_proba"):
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-9)
        np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), atol=1e-8)


@pytest.mark.parametrize("activation", ["identity", "logistic", "relu"])
def test_activations_by_scikit_learn_s_names(activation: str) -> None:
    ours, theirs = pair("three", activation=activation, batch_size=10)
    for model in (ours, theirs):
        model.set_params(max_iter=20, n_iter_no_change=100).fit(X, THREE)
    assert_same_weights(ours, theirs)


def test_inverse_scaling_counts_samples_over_chunks_of_any_size():
    settings = {"shuffle": False, "hidden_layer_sizes": (4,), "random_state": 1, "learning_rate_init": 0.5}
    ours = NeuralNetworkRegressor(**settings, **SOLVERS["invscaling"])
    theirs = MLPRegressor(**settings, **SOLVERS["invscaling"])
    for model in (ours, theirs):
        # With weights of zero and targets of zero nothing moves, but t does.
        model.partial_fit(X[:9], np.zeros(9))
        for array in (*model.coefs_, *model.intercepts_):
            array[:] = 0.1
    for velocity in theirs._optimizer.velocities:
        velocity[:] = 0
    ours._state["slots"][0][:] = 0
    for model in (ours, theirs):
        for rows in (slice(0, 5), slice(5, 20), slice(20, 26)):
            model.partial_fit(X[rows], NUMBERS[rows, 0])
    assert_same_weights(ours, theirs)
