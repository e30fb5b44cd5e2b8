"""The scikit-learn face of the engine: a classifier and a regressor with the names of its MLPClassifier and MLPRegressor.

It is the only module that imports scikit-learn, and nothing in the engine or the window imports it: that takes seconds.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, check_scalar
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from engine.data import Data
from engine.evaluation import decide
from engine.given import LabelwiseCrossEntropy, fill, given, logits_of, penalized_loss, stand, train_epoch
from engine.losses import LOSSES, Loss
from engine.metrics import accuracy, r2_score
from engine.network import Layout, Network
from engine.optimizers import OPTIMIZERS
from engine.parameters import activation_of, spec_of
from engine.schedules.adaptive import Adaptive
from engine.spec import MAX_SEED, ExperimentSpec
from engine.stopping import Watch
from engine.trainer import Trainer

SMALLEST_RATE = 1e-6  # where "adaptive" stops, as in scikit-learn
CARRIED = ("slots", "step", "rng", "memory")  # what partial_fit takes along of the moment before, besides the weights


def _has_mini_batches(estimator: Any) -> bool:
    return not OPTIMIZERS[estimator.solver].full_batch


class _NeuralNetwork(BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor share: parameters, the way to a Trainer and back, and when to stop."""

    _regression: ClassVar[bool]
    _default_loss: ClassVar[str]

    def __init__(
        self, hidden_layer_sizes: Any = (100,), activation: str = "relu", *, solver: str = "adam",
        alpha: float = 0.0001, batch_size: Any = "auto", learning_rate: str = "constant",
        learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter: int = 200, shuffle: bool = True,
        random_state: Any = None, tol: float = 1e-4, verbose: bool = False, warm_start: bool = False,
        momentum: float = 0.9, nesterovs_momentum: bool = True, early_stopping: bool = False,
        validation_fraction: float = 0.1, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8,
        n_iter_no_change: float = 10, loss: str = "auto", dropout: float = 0.0, initializer: str = "glorot_uniform",
    ) -> None:  # fmt: skip
        self.hidden_layer_sizes, self.activation, self.solver = hidden_layer_sizes, activation, solver
        self.alpha, self.batch_size, self.learning_rate = alpha, batch_size, learning_rate
        self.learning_rate_init, self.power_t, self.max_iter = learning_rate_init, power_t, max_iter
        self.shuffle, self.random_state, self.tol, self.verbose = shuffle, random_state, tol, verbose
        self.warm_start, self.momentum, self.nesterovs_momentum = warm_start, momentum, nesterovs_momentum
        self.early_stopping, self.validation_fraction = early_stopping, validation_fraction
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.n_iter_no_change, self.loss, self.dropout, self.initializer = n_iter_no_change, loss, dropout, initializer

    def _loss(self) -> Loss:
        return LOSSES[self._default_loss if self.loss == "auto" else self.loss]()

    def _spec(self, data: Data, seed: int) -> ExperimentSpec:
        """Raises ``ValueError`` or ``TypeError`` for what the engine can't do."""
        check_scalar(self.max_iter, "max_iter", Integral, min_val=1)
        check_scalar(self.n_iter_no_change, "n_iter_no_change", Real, min_val=1)
        check_scalar(self.tol, "tol", Real, min_val=0)
        return spec_of(self.get_params(deep=False), self._loss(), data.spec, len(data.train), seed)

    def fit(self, X: Any, y: Any) -> Any:
        """Train on X (n, n_features) and y until the loss or the validation score stands still, or for ``max_iter`` epochs.

        Warns with ``ConvergenceWarning`` when it stands still in neither, or when training diverges: then the last finite
        weights stay. Raises ``ValueError`` for parameters and data that can't be.
        """
        return self._fit(X, y, incremental=False)

    def _fit(self, X: Any, y: Any, incremental: bool, classes: Any = None) -> Any:
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        first = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, targets = self._validated(X, y, first, incremental, classes)
        random = check_random_state(self.random_state)
        validation = None
        stops_early = self.early_stopping and _has_mini_batches(self)
        if stops_early:
            X, x_kept, targets, kept = train_test_split(
                X, targets, test_size=self.validation_fraction, random_state=random, stratify=self._strata(targets)
            )
            if len(x_kept) < 2:
                raise ValueError("two validation samples are needed; raise validation_fraction or give more samples")
            validation = x_kept, kept
        data = given(np.ascontiguousarray(X), np.ascontiguousarray(targets, X.dtype), self._regression)
        trainer = Trainer(self._spec(data, random.randint(MAX_SEED)), data, X.dtype.type)
        if first:
            self.loss_curve_: list[float] = []
            self.t_ = 0
        else:
            self._go_on(trainer, incremental)
        if first or stops_early != (self.validation_scores_ is not None):
            self.validation_scores_: list[float] | None = [] if stops_early else None
            self._watch = Watch()
        self.n_layers_ = trainer.network.layout.depth + 1
        self.n_outputs_ = targets.shape[1]
        self.out_activation_ = self._output_name()
        problem = self._train(trainer, validation, incremental)
        self.coefs_ = [weights.copy() for weights in trainer.network.weights]
        self.intercepts_ = [biases.copy() for biases in trainer.network.biases]
        moment = trainer.capture()
        self._state: dict[str, Any] = {name: getattr(moment, name) for name in CARRIED}
        self._state_of = self.solver, self.learning_rate
        if problem:
            warnings.warn(problem, ConvergenceWarning, stacklevel=3)
        return self

    def _go_on(self, trainer: Trainer, incremental: bool) -> None:
        """Put the weights there were into ``trainer``, and for ``partial_fit`` the optimizer's state as well."""
        if [w.shape for w in self.coefs_] != [w.shape for w in trainer.network.weights]:
            raise ValueError("hidden_layer_sizes or the outputs have changed: fit without warm_start first")
        fill(trainer.network, self.coefs_, self.intercepts_)
        same = self._state_of == (self.solver, self.learning_rate)
        stand(trainer, **(self._state if incremental and same else {}))

    def _train(self, trainer: Trainer, validation: tuple[NDArray, NDArray] | None, incremental: bool) -> str:
        """Epochs until progress ends, and what scikit-learn writes down of each; returns what there is to warn of."""
        patience = 0 if trainer.spec.optimizer.full_batch else self.n_iter_no_change
        max_iter = 1 if incremental else self.max_iter
        problem, self.n_iter_ = "", 0
        while self.n_iter_ < max_iter:
            iterations = train_epoch(trainer, max_iter - self.n_iter_)
            if trainer.diverged is not None:
                at = f"epoch {trainer.diverged.epoch + 1} ({trainer.diverged.what})"
                problem = f"Training diverged in {at} and ended with the last finite weights: lower learning_rate_init."
                break
            self.n_iter_ += iterations
            self.t_ += len(trainer.data.train) * iterations
            self.loss_curve_.append(penalized_loss(trainer))
            value = self.loss_curve_[-1]
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {value:.8f}")  # noqa: T201
            if validation is not None:
                value = -self._score(logits_of(trainer.network, validation[0]), validation[1])
                self.validation_scores_ = [*(self.validation_scores_ or ()), -value]
                if self.verbose:
                    print(f"Validation score: {-value:.6f}")  # noqa: T201
            self._watch = self._watch.after(value, len(self.loss_curve_), trainer.network.params, self.tol)
            adapts = isinstance(trainer.spec.training.schedule, Adaptive)
            may_slow_down = adapts and trainer.descent.optimizer.learning_rate > SMALLEST_RATE
            if self._watch.waited > patience and not may_slow_down:
                break
        else:
            problem = "" if incremental else f"max_iter={max_iter} is reached and training has not converged yet."
        self.loss_ = penalized_loss(trainer)
        self._keep_best(trainer.network, validation is not None)
        return problem

    def _keep_best(self, network: Network, validated: bool) -> None:
        """With early stopping the best weights come back; else only the best loss is of interest."""
        best = self._watch.best if self.loss_curve_ else None
        if validated and self._watch.params is not None:
            network.params[:] = self._watch.params
        else:
            self._watch = replace(self._watch, params=None)
        self.best_validation_score_ = -best if validated and best is not None else None
        self.best_loss_ = None if validated else best

    def _validated(self, X: Any, y: Any, first: bool, incremental: bool, classes: Any) -> tuple[NDArray, NDArray]:
        """X (n, n_features) float32 or float64 and the targets (n, n_outputs)."""
        raise NotImplementedError

    def _score(self, logits: NDArray, targets: NDArray) -> float:
        """Of validation samples, 1 at best."""
        raise NotImplementedError

    def _strata(self, targets: NDArray) -> NDArray | None:
        """What validation samples must have in the same shares, (n,)."""
        return None

    def _output_name(self) -> str:
        return "identity"

    def _forward(self, X: Any) -> tuple[NDArray, Network]:
        """Logits (n, n_outputs) and the network they are of: the weights are those of ``coefs_`` and ``intercepts_``."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        loss = (self._loss().linear() if self._regression else None) or self._loss()
        sizes = (len(self.coefs_[0]), *(weights.shape[1] for weights in self.coefs_))
        network = Network(Layout(sizes), activation_of(self.activation), loss, self.coefs_[0].dtype.type)
        fill(network, self.coefs_, self.intercepts_)
        return logits_of(network, x), network


class NeuralNetworkClassifier(ClassifierMixin, _NeuralNetwork):  # type: ignore[misc]
    """A multilayer perceptron for two classes, many, or several labels at once.

    The parameters mean what they mean in scikit-learn's ``MLPClassifier``, with its defaults; what the engine has besides
    can be named as well. A value outside the engine's range (see :mod:`engine.spec`) is a ``ValueError`` when it is fitted.
    float64 data gives a float64 network, float32 a float32 one, which trains faster.

    Parameters
    ----------
    hidden_layer_sizes : neurons of each hidden layer, default=(100,).
    activation : "identity", "logistic", "tanh", "relu" or any other name in ``ACTIVATIONS``.
    solver : "sgd", "adam", "lbfgs" or any other name in ``OPTIMIZERS``.
    alpha : L2 on the weights, divided by the samples of the mini-batch.
    batch_size : samples in a mini-batch; "auto" is min(200, n_samples). L-BFGS takes all at once.
    learning_rate : "constant", "invscaling" (learning_rate_init / (t + 1)**power_t after t samples) or "adaptive" (a fifth
        whenever the training loss stands still); with solver="sgd" only.
    learning_rate_init, power_t : of the above.
    max_iter : most epochs; with L-BFGS, iterations.
    shuffle : whether every epoch has an order of its own.
    random_state : seeds first weights, order, dropout and the validation split. None draws a new one at every fit.
    tol, n_iter_no_change : training stops after more than so many epochs in which the loss did not fall by ``tol``; with
        ``early_stopping`` the validation score did not rise by it. L-BFGS stops when 50 iterations gain less than ``tol``.
    verbose : whether to print the loss of every epoch.
    warm_start : whether ``fit`` goes on from the weights there are.
    momentum, nesterovs_momentum : of solver="sgd".
    early_stopping, validation_fraction : keep that share aside, stop by the score on it, bring the best weights back.
    beta_1, beta_2, epsilon : of Adam and its kin.
    loss : "auto" (cross-entropy) or any name in ``LOSSES``.
    dropout : the share of hidden neurons that every update leaves out.
    initializer : any name in ``INITIALIZERS``; biases start at zero.

    Attributes
    ----------
    classes_ : (n_classes,) the labels, ascending.
    coefs_, intercepts_ : weights (n_in, n_out) and biases (n_out,) of every layer. What is written into them counts.
    loss_, loss_curve_, best_loss_ : the loss with alpha's share, measured at the end of an epoch (scikit-learn's is gathered
        during the epoch); ``best_loss_`` is None with ``early_stopping``.
    validation_scores_, best_validation_score_ : accuracies of early stopping, else None.
    n_iter_, t_ : epochs of the last fit; samples trained on in all.
    n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_ : as in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> model = NeuralNetworkClassifier((4,), "tanh", solver="lbfgs", random_state=1)
    >>> model.fit(X, ["no", "yes", "yes", "no"]).predict(X).tolist()
    ['no', 'yes', 'yes', 'no']
    >>> model.out_activation_, [weights.shape for weights in model.coefs_]
    ('logistic', [(2, 4), (4, 1)])
    """

    _regression = False
    _default_loss = "cross_entropy"

    @available_if(_has_mini_batches)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> NeuralNetworkClassifier:
        """One epoch on X and y from where training stands. The first call must name all ``classes``."""
        self._fit(X, y, incremental=True, classes=classes)
        return self

    def predict(self, X: Any) -> NDArray:
        """The class of each row: (n,); of several labels a 1 for each that applies: (n, n_labels)."""
        logits, _ = self._forward(X)
        if self._several:
            return (logits > 0).astype(np.int64)
        chosen: NDArray = self.classes_.take(decide(logits), mode="clip")  # of a single class there is only that
        return chosen

    def predict_proba(self, X: Any) -> NDArray:
        """Probabilities (n, n_classes) in the order of ``classes_``. Of several labels each row need not sum to 1.

        Of losses without softmax the answers of each class are divided by their sum, as one against the rest.
        """
        answers, network = self._forward(X)
        network.loss.output(answers, answers)
        if self._several:
            return answers
        if len(self.classes_) == 1:
            return np.ones_like(answers)
        if self.n_outputs_ == 1:
            return np.hstack([1 - answers, answers])
        answers[~answers.any(axis=1)] = 1  # none of them speaks: all alike
        shares: NDArray = answers / answers.sum(axis=1, keepdims=True)
        return shares

    def predict_log_proba(self, X: Any) -> NDArray:
        """The logarithm of :meth:`predict_proba`."""
        with np.errstate(divide="ignore"):
            logarithms: NDArray = np.log(self.predict_proba(X))
        return logarithms

    def _validated(self, X: Any, y: Any, first: bool, incremental: bool, classes: Any) -> tuple[NDArray, NDArray]:
        X, y = validate_data(self, X, y, multi_output=True, dtype=(np.float64, np.float32), reset=first)
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind == "multiclass-multioutput":
            raise ValueError("y may have one column of classes, or columns of 0 and 1, one a label")
        y = y.toarray() if hasattr(y, "toarray") else y
        several = kind == "multilabel-indicator"
        y = y if several else column_or_1d(y, warn=True)
        if incremental:
            self._check_classes(classes, first)
        if first:
            self._several = several
            self.classes_ = unique_labels(y if classes is None else classes)
        missing = np.setdiff1d(self.classes_, unique_labels(y))
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if several != self._several or len(unknown):
            raise ValueError(f"`y` has classes not in `self.classes_`: {unknown}, which has {self.classes_}")
        if not first and not incremental and len(missing):
            raise ValueError(
                f"warm_start can only be used where `y` has the same classes as before, not without {missing}"
            )
        if several:
            return X, y
        labels = np.searchsorted(self.classes_, y)
        return X, labels[:, None] if len(self.classes_) <= 2 else labels[:, None] == np.arange(len(self.classes_))

    def _check_classes(self, classes: Any, first: bool) -> None:
        if classes is None and first:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if classes is not None and not first and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(f"`classes={classes}` is not the same as on the last call: {self.classes_}")

    def _loss(self) -> Loss:
        if self._several and self.loss in ("auto", "cross_entropy"):
            return LabelwiseCrossEntropy()
        return super()._loss()

    def _strata(self, targets: NDArray) -> NDArray | None:
        # As scikit-learn: two classes only. Of many, a small validation set can't have every one.
        return targets[:, 0] if targets.shape[1] == 1 else None

    def _score(self, logits: NDArray, targets: NDArray) -> float:
        if self._several:
            return float(((logits > 0) == targets).all(axis=1).mean())
        return accuracy(decide(targets), decide(logits))

    def _output_name(self) -> str:
        name = self._loss().name
        if name == "cross_entropy" and self.n_outputs_ > 1:
            return "softmax"
        return "identity" if name == "hinge" else "logistic"

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class NeuralNetworkRegressor(RegressorMixin, _NeuralNetwork):  # type: ignore[misc]
    """A multilayer perceptron for one number, or several at once.

    Scale the inputs, and numbers far from the size of 1 as well (``TransformedTargetRegressor``).

    Parameters
    ----------
    loss : "auto" (half the squared error, summed over the outputs), "absolute_error", "huber", all that fit numbers.
    hidden_layer_sizes, activation, ... : all others are those of :class:`NeuralNetworkClassifier`.

    Attributes
    ----------
    coefs_, ... : as of :class:`NeuralNetworkClassifier`, without ``classes_``; ``validation_scores_`` are R².

    Examples
    --------
    >>> import numpy as np
    >>> X = np.linspace(-1, 1, 21)[:, None]
    >>> model = NeuralNetworkRegressor((8,), "tanh", solver="lbfgs", alpha=0, random_state=1).fit(X, X[:, 0] ** 2)
    >>> bool(model.score(X, X[:, 0] ** 2) > 0.99), model.out_activation_
    (True, 'identity')
    """

    _regression = True
    _default_loss = "squared_error"

    @available_if(_has_mini_batches)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any) -> NeuralNetworkRegressor:
        """One epoch on X and y from where training stands."""
        self._fit(X, y, incremental=True)
        return self

    def predict(self, X: Any) -> NDArray:
        """The numbers: (n,), or (n, n_outputs) where there are several."""
        logits, _ = self._forward(X)
        return logits[:, 0] if self.n_outputs_ == 1 else logits

    def _validated(self, X: Any, y: Any, first: bool, incremental: bool, classes: Any) -> tuple[NDArray, NDArray]:
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=(np.float64, np.float32), reset=first)
        y = column_or_1d(y, warn=True)[:, None] if y.ndim == 1 or y.shape[1] == 1 else y
        return X, y

    def _score(self, logits: NDArray, targets: NDArray) -> float:
        return r2_score(targets, logits)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
