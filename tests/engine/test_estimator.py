"""The estimators at work: what they learn, when they stop, how they go on, in the tools of scikit-learn."""

from __future__ import annotations

import copy
import doctest
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import engine.estimator
from engine.activations import ACTIVATIONS
from engine.data import load_data
from engine.datasets import DATASETS
from engine.estimator import NeuralNetworkClassifier, NeuralNetworkRegressor
from engine.given import given
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.spec import DataSpec

# Most runs here are short on purpose; the tests of the warning ask for it themselves.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(7)
X = RNG.normal(0, 1, (26, 3))
THREE = np.digitize(X[:, 0] * X[:, 1] + X[:, 2], [-0.5, 0.5])
NUMBERS = np.stack([X[:, 0] * X[:, 1], X[:, 2] - X[:, 0]], axis=1)
TARGETS = {"two": THREE > 0, "three": THREE, "labels": (X + X[:, [1, 2, 0]] > 0).astype(int)}


def test_one_step_by_hand():
    """w = b = 0, x = 1, 2 and y = 1, 3: the gradient is (−1·1 − 3·2)/2 = −3.5 for w and (−1 − 3)/2 = −2 for b."""
    model = NeuralNetworkRegressor(
        (), solver="sgd", momentum=0, learning_rate_init=0.1, alpha=0.2, initializer="zeros", random_state=0
    )
    model.partial_fit([[1.0], [2.0]], [1.0, 3.0])
    assert model.coefs_[0].item() == pytest.approx(0.35)
    assert model.intercepts_[0].item() == pytest.approx(0.2)
    assert model.predict([[2.0]]).tolist() == pytest.approx([0.9])
    # ½ · mean(0.45², 2.1²) and alpha's ½ · 0.2 · 0.35² / 2.
    assert model.loss_curve_ == pytest.approx([1.153125 + 0.006125])
    assert (model.n_iter_, model.t_, model.n_layers_, model.n_outputs_) == (1, 2, 2, 1)


def test_examples_of_the_docstrings():
    result = doctest.testmod(engine.estimator)
    assert result.attempted >= 8
    assert not result.failed


def digits() -> tuple[Any, Any, Any, Any]:
    pixels, labels = DATASETS["digits"]().make(np.random.default_rng(0))
    return tuple(train_test_split(pixels.astype(np.float32), labels, test_size=0.2, random_state=42))


def test_reads_digits():
    x, x_test, y, y_test = digits()
    model = NeuralNetworkClassifier((100, 50), max_iter=40, random_state=1).fit(x, y)
    assert model.score(x_test, y_test) >= 0.95
    assert model.loss_curve_[-1] < 0.1 * model.loss_curve_[0]


def test_l_bfgs_learns_the_digits_and_converges():
    x, x_test, y, y_test = digits()
    model = NeuralNetworkClassifier((30,), solver="lbfgs", alpha=0.01, max_iter=500, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(x, y)
    assert model.score(x_test, y_test) >= 0.95
    assert model.n_iter_ < 500
    assert not hasattr(model, "partial_fit")


def test_l_bfgs_does_no_more_iterations_than_allowed():
    model = NeuralNetworkClassifier((4,), solver="lbfgs", max_iter=60, tol=0, random_state=1)
    with pytest.warns(ConvergenceWarning, match="max_iter=60"):
        model.fit(X, THREE)
    assert model.n_iter_ == 60
    assert len(model.loss_curve_) == 2


def test_fits_a_plane():
    data = load_data(DataSpec(DATASETS["plane"]()), np.float64)
    model = NeuralNetworkRegressor((8,), "tanh", learning_rate_init=0.01, batch_size=10, random_state=1)
    model.fit(data.train.x, data.train.targets[:, 0])
    assert model.score(data.test.x, data.test.targets[:, 0]) >= 0.95


def test_predicts_diabetes_in_scikit_learn_s_tools():
    x, y = load_diabetes(return_X_y=True)
    network = NeuralNetworkRegressor((10,), "tanh", solver="lbfgs", alpha=10.0, max_iter=100, random_state=1)
    model = TransformedTargetRegressor(make_pipeline(StandardScaler(), network), transformer=StandardScaler())
    assert cross_val_score(model, x, y, cv=3).mean() >= 0.4


def test_grid_search_over_a_pipeline():
    x, y = DATASETS["circles"]().make(np.random.default_rng(1))
    pipeline = make_pipeline(
        StandardScaler(), NeuralNetworkClassifier(learning_rate_init=0.02, max_iter=60, random_state=0)
    )
    grid = {
        "neuralnetworkclassifier__hidden_layer_sizes": [(1,), (12,)],
        "neuralnetworkclassifier__alpha": np.array([1e-4, 1e-2]),
    }
    search = GridSearchCV(pipeline, grid, cv=3).fit(x, y)
    assert search.best_params_["neuralnetworkclassifier__hidden_layer_sizes"] == (12,)
    assert search.best_score_ >= 0.95


@pytest.mark.parametrize("name", ACTIVATIONS.names())
def test_every_activation_is_at_hand(name: str) -> None:
    assert np.isfinite(NeuralNetworkClassifier((4,), name, max_iter=3, random_state=0).fit(X, THREE).loss_)


@pytest.mark.parametrize("name", OPTIMIZERS.names())
def test_every_optimizer_goes_down(name: str) -> None:
    model = NeuralNetworkClassifier((6,), "tanh", solver=name, learning_rate_init=0.01, max_iter=40, random_state=0)
    curve = model.fit(X, THREE > 0).loss_curve_
    assert min(curve) < 0.6931  # a coin's


@pytest.mark.parametrize("name", LOSSES.names())
@pytest.mark.parametrize("target", ["two", "three", "labels"])
def test_every_loss_gives_probabilities(name: str, target: str) -> None:
    model = NeuralNetworkClassifier((8,), "tanh", loss=name, learning_rate_init=0.05, max_iter=150, random_state=0)
    answers = model.fit(X, TARGETS[target]).predict_proba(X)
    assert ((answers >= 0) & (answers <= 1)).all()
    if target != "labels":
        np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert model.score(X, TARGETS[target]) >= 0.7


@pytest.mark.parametrize("name", ["squared_error", "absolute_error", "huber"])
def test_losses_for_numbers(name: str) -> None:
    model = NeuralNetworkRegressor((16,), "tanh", loss=name, learning_rate_init=0.02, max_iter=300, random_state=0)
    assert model.fit(X, NUMBERS).score(X, NUMBERS) >= 0.9


def test_dropout_is_for_training_only():
    model = NeuralNetworkClassifier((30,), dropout=0.5, max_iter=5, random_state=0).fit(X, THREE)
    assert not np.array_equal(
        model.coefs_[0], NeuralNetworkClassifier((30,), max_iter=5, random_state=0).fit(X, THREE).coefs_[0]
    )
    assert np.array_equal(model.predict_proba(X), model.predict_proba(X))


def test_says_when_max_iter_is_reached_and_nothing_when_it_converged():
    with pytest.warns(ConvergenceWarning, match="max_iter=3"):
        NeuralNetworkClassifier((4,), max_iter=3).fit(X, THREE)
    model = NeuralNetworkClassifier((4,), max_iter=500, tol=0.1, n_iter_no_change=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, THREE)
    # No epoch after the first gains 0.1: five may pass, and the sixth is one too many.
    assert model.n_iter_ == 7
    assert model.best_loss_ == min(model.loss_curve_)


def test_infinite_patience_never_stops():
    model = NeuralNetworkClassifier((2,), tol=1.0, n_iter_no_change=np.inf, max_iter=30).fit(X, THREE)
    assert model.n_iter_ == 30


def test_adaptive_falls_to_the_smallest_rate_and_then_stops():
    model = NeuralNetworkClassifier(
        (2,), solver="sgd", learning_rate="adaptive", learning_rate_init=1e-3, tol=1.0, n_iter_no_change=2, max_iter=99
    ).fit(X, THREE)
    # 0.001 / 5⁵ is the first rate below 1e-6; a fall takes three epochs, the first four.
    assert model.n_iter_ == 4 + 4 * 3


@pytest.mark.parametrize("estimator", [NeuralNetworkClassifier, NeuralNetworkRegressor])
def test_a_run_that_diverges_ends_with_finite_weights_and_says_so(estimator: Any) -> None:
    model = estimator((8,), solver="sgd", learning_rate_init=1e5, batch_size=5, random_state=0)
    with pytest.warns(ConvergenceWarning, match="diverged in epoch") as caught:
        model.fit(X * 1000, THREE)
    assert f"epoch {model.n_iter_ + 1} " in str(caught[0].message)
    assert caught[0].filename == __file__
    assert all(np.isfinite(array).all() for array in (*model.coefs_, *model.intercepts_))
    assert np.isfinite(model.loss_)
    assert np.isfinite(model.predict(X)).all()
    assert len(model.loss_curve_) == model.n_iter_ < 5


def test_a_run_that_diverges_without_shuffling_ends_finite_too():
    model = NeuralNetworkRegressor((8,), solver="sgd", learning_rate_init=30.0, batch_size=5, shuffle=False)
    with pytest.warns(ConvergenceWarning, match="diverged in epoch"):
        model.set_params(random_state=0).fit(X * 1000, NUMBERS)
    assert all(np.isfinite(array).all() for array in (*model.coefs_, *model.intercepts_))


@pytest.mark.parametrize("estimator", [NeuralNetworkClassifier, NeuralNetworkRegressor])
def test_early_stopping_keeps_the_best_weights(estimator: Any) -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(0, 1, (120, 2))
    y = ((x[:, 0] + rng.normal(0, 1, 120)) > 0).astype(int)
    model = estimator((30,), early_stopping=True, validation_fraction=0.25, learning_rate_init=0.1, random_state=5)
    model.fit(x, y)
    stratify = y if estimator is NeuralNetworkClassifier else None
    _, kept, _, answers = train_test_split(
        x, y, test_size=0.25, random_state=np.random.RandomState(5), stratify=stratify
    )
    assert model.score(kept, answers) == pytest.approx(model.best_validation_score_)
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.validation_scores_[-1] < model.best_validation_score_
    assert len(model.validation_scores_) == len(model.loss_curve_) == model.n_iter_ < 200
    assert model.best_loss_ is None
    assert model.t_ == 90 * model.n_iter_


def test_early_stopping_of_many_classes_and_of_several_labels():
    x, y = make_multilabel_classification(n_samples=60, random_state=0)
    for target in (y, y.sum(axis=1)):
        model = NeuralNetworkClassifier((20,), early_stopping=True, learning_rate_init=0.05, random_state=0)
        model.set_params(validation_fraction=0.3, n_iter_no_change=30).fit(x, target)
        assert model.best_validation_score_ == max(model.validation_scores_) > 0
    with pytest.raises(ValueError, match="two validation samples"):
        NeuralNetworkClassifier(early_stopping=True, validation_fraction=0.01).fit(X, THREE)


def test_partial_fit_over_chunks():
    x, x_test, y, y_test = digits()
    model = NeuralNetworkClassifier((50,), learning_rate_init=0.003, random_state=0)
    for _ in range(15):
        for start in range(0, len(x), 300):
            model.partial_fit(x[start : start + 300], y[start : start + 300], classes=np.arange(10))
    assert model.score(x_test, y_test) >= 0.93
    assert (model.n_iter_, len(model.loss_curve_), model.t_) == (1, 75, 15 * len(x))


def test_partial_fit_knows_its_classes():
    model = NeuralNetworkClassifier((4,), random_state=0)
    with pytest.raises(ValueError, match="classes must be passed"):
        model.partial_fit(X, THREE)
    only_one = THREE == 1
    model.partial_fit(X[only_one], THREE[only_one], classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (26, 3)
    model.partial_fit(X, THREE)
    with pytest.raises(ValueError, match=r"classes not in .*\[3\]"):
        model.partial_fit(X, THREE + 1)
    with pytest.raises(ValueError, match="not the same as on the last call"):
        model.partial_fit(X, THREE, classes=[0, 1])
    with pytest.raises(ValueError, match="early_stopping"):
        model.set_params(early_stopping=True).partial_fit(X, THREE)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_with_the_same_bits(duplicate: Any) -> None:
    model = NeuralNetworkClassifier((6,), batch_size=5, dropout=0.2, random_state=0).partial_fit(X, THREE, [0, 1, 2])
    other = duplicate(model)
    for one in (model, other):
        one.partial_fit(X, THREE).partial_fit(X[:9], THREE[:9])
    assert np.array_equal(model.predict_proba(X), other.predict_proba(X))
    assert all(np.array_equal(a, b) for a, b in zip(model.coefs_, other.coefs_, strict=True))


def test_partial_fit_is_epoch_by_epoch_what_fit_is():
    settings = {"hidden_layer_sizes": (6,), "batch_size": 5, "random_state": 0, "dropout": 0.2}
    whole = NeuralNetworkRegressor(**settings, max_iter=6).fit(X, NUMBERS)
    model = NeuralNetworkRegressor(**settings)
    for _ in range(6):
        model.partial_fit(X, NUMBERS)
    assert np.array_equal(model.predict(X), whole.predict(X))
    assert model.loss_curve_ == whole.loss_curve_


@pytest.mark.parametrize("changed", [{"solver": "rmsprop"}, {"solver": "adam"}, {"learning_rate": "invscaling"}])
def test_another_solver_takes_over_with_a_state_of_its_own(changed: dict[str, str]) -> None:
    model = NeuralNetworkRegressor((6,), solver="sgd", learning_rate_init=0.01, random_state=0).partial_fit(X, NUMBERS)
    fresh = copy.deepcopy(model).set_params(**changed, warm_start=True, max_iter=1, shuffle=False).fit(X, NUMBERS)
    model.set_params(**changed, shuffle=False).partial_fit(X, NUMBERS)
    assert all(np.array_equal(a, b) for a, b in zip(model.coefs_, fresh.coefs_, strict=True))


def test_warm_start_goes_on():
    model = NeuralNetworkClassifier((6,), warm_start=True, max_iter=10, learning_rate_init=0.01, random_state=0)
    first = model.fit(X, THREE).loss_
    weights = [w.copy() for w in model.coefs_]
    assert model.fit(X, THREE).loss_ < first
    assert (model.n_iter_, len(model.loss_curve_), model.t_) == (10, 20, 20 * 26)
    cold = clone(model).set_params(warm_start=False).fit(X, THREE)
    assert cold.loss_ == first
    assert all(np.array_equal(a, b) for a, b in zip(cold.coefs_, weights, strict=True))
    with pytest.raises(ValueError, match="same classes"):
        model.fit(X[THREE > 0], THREE[THREE > 0])
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        model.set_params(hidden_layer_sizes=(5,)).fit(X, THREE)
    # Early stopping may begin in a run that went without.
    model.set_params(hidden_layer_sizes=(6,), early_stopping=True).fit(X, THREE)
    assert len(model.validation_scores_) == model.n_iter_


def test_the_seed_decides():
    def weights(state: Any) -> Any:
        return NeuralNetworkClassifier((6,), batch_size=5, max_iter=3, random_state=state).fit(X, THREE).coefs_[0]

    assert np.array_equal(weights(1), weights(1))
    assert not np.array_equal(weights(1), weights(2))
    assert not np.array_equal(weights(None), weights(None))
    state = np.random.RandomState(1)
    assert np.array_equal(weights(state), weights(1))
    assert not np.array_equal(weights(state), weights(1))  # it has moved on


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_network_is_as_precise_as_its_data(dtype: type) -> None:
    model = NeuralNetworkRegressor((4,), max_iter=3).fit(X.astype(dtype), NUMBERS)
    assert {array.dtype for array in (*model.coefs_, *model.intercepts_)} == {np.dtype(dtype)}
    assert model.predict(X.astype(dtype)).dtype == dtype


def test_data_is_left_as_it_was():
    x, y = X.copy(), NUMBERS.copy()
    NeuralNetworkRegressor((4,), max_iter=3, batch_size=5).fit(x, y)
    assert np.array_equal(x, X)
    assert np.array_equal(y, NUMBERS)
    part = given(x, y, regression=True).train
    assert not part.x.flags.writeable
    assert not part.targets.flags.writeable
    x[0] = y[0] = 0  # the caller may still write


def test_weights_written_into_count():
    model = NeuralNetworkRegressor((), max_iter=1).fit(X, NUMBERS[:, 0])
    model.coefs_[0][:, 0], model.intercepts_[0][:] = (1, 2, 0), 3
    np.testing.assert_allclose(model.predict(X), X[:, 0] + 2 * X[:, 1] + 3)


def test_more_rows_than_one_stretch():
    model = NeuralNetworkRegressor((4,), max_iter=1).fit(X, NUMBERS)
    many = np.tile(X, (200, 1))
    np.testing.assert_allclose(model.predict(many), np.tile(model.predict(X), (200, 1)))


def test_a_single_class_is_always_answered():
    model = NeuralNetworkClassifier((4,), max_iter=1).fit(X, ["only"] * 26)
    assert set(model.predict(X)) == {"only"}
    assert model.predict_proba(X).tolist() == [[1.0]] * 26


def test_prints_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    model = NeuralNetworkClassifier((4,), max_iter=2, verbose=True, early_stopping=True, validation_fraction=0.2)
    model.fit(X, THREE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == f"Iteration 2, loss = {model.loss_curve_[1]:.8f}"
    assert lines[3] == f"Validation score: {model.validation_scores_[1]:.6f}"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"activation": "softer"}, "unknown activation 'softer'"),
        ({"solver": "newton"}, "unknown optimizer 'newton'"),
        ({"loss": "joy"}, "unknown loss 'joy'"),
        ({"initializer": "ones"}, "unknown initializer 'ones'"),
        ({"learning_rate": "cosine"}, "known are constant, invscaling, adaptive"),
        ({"hidden_layer_sizes": (4, 0)}, "a hidden layer of 0 neurons"),
        ({"hidden_layer_sizes": -1}, "a hidden layer of -1 neurons"),
        ({"learning_rate_init": 0.0}, "learning_rate is 0"),
        ({"alpha": -1.0}, "l2 is -1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"max_iter": 0}, "max_iter == 0"),
        ({"n_iter_no_change": 0}, "n_iter_no_change == 0"),
        ({"tol": -1e-4}, "tol == -0.0001"),
    ],
)
def test_what_can_not_be_is_refused_in_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        NeuralNetworkClassifier(**settings).fit(X, THREE)


def test_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="needs classes"):
        NeuralNetworkRegressor(loss="cross_entropy").fit(X, NUMBERS)
    with pytest.raises(ValueError, match="one column of classes"):
        NeuralNetworkClassifier().fit(X, np.stack([THREE, THREE], axis=1))
    with pytest.raises(NotFittedError):
        NeuralNetworkRegressor().predict(X)
    with pytest.raises(ValueError, match="NaN"):
        NeuralNetworkClassifier().fit(np.where(X > 1, np.nan, X), THREE)
