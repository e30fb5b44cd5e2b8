"""The network as scikit-learn's MLPClassifier or MLPRegressor. No Qt, and scikit-learn is not imported."""

from __future__ import annotations

from engine.activations.leaky_relu import LeakyReLU
from engine.losses.residual import LinearOutput
from engine.optimizers.adam import Adam
from gui.exporting import parts
from gui.exporting.data_code import data_code, data_imports, inputs_code
from gui.exporting.functions import function
from gui.exporting.model import Model, NotCarried, Options, Script
from gui.exporting.numpy_script import NPZ

ACTIVATIONS = {"identity": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
SOLVERS = {"sgd": "sgd", "adam": "adam", "lbfgs": "lbfgs"}


def activation_of(model: Model) -> str:
    """scikit-learn's name for the activation of all hidden layers. Raises :class:`NotCarried`."""
    hidden = model.spec.activations
    for one in hidden:
        if one.name not in ACTIVATIONS and not (isinstance(one, LeakyReLU) and one.alpha in (0.0, 1.0)):
            raise NotCarried(
                f"scikit-learn has no {one.label.split(' (')[0]}, only identity, logistic, tanh and ReLU; "
                "choose one of these under Network, or NumPy or PyTorch here."
            )
    kinds = {
        ("relu" if one.alpha == 0 else "identity") if isinstance(one, LeakyReLU) else ACTIVATIONS[one.name]
        for one in hidden
    }
    if len(kinds) > 1:
        raise NotCarried(
            "scikit-learn has one activation for all hidden layers, and this network has several; choose NumPy or PyTorch."
        )
    return kinds.pop() if kinds else "relu"


def _check_answers(model: Model) -> None:
    loss = model.spec.network.loss
    if model.output == "identity" or loss.name == "cross_entropy":
        return
    if model.output == "sigmoid" and model.spec.data.n_outputs == 1:
        return  # answers the same, trains with cross-entropy instead
    raise NotCarried(
        f"scikit-learn's MLPClassifier gives no such answers as {loss.label} with "
        f"{model.spec.data.n_outputs} output{'s' * (model.spec.data.n_outputs > 1)}; "
        "choose Cross-entropy under Network, or NumPy or PyTorch here."
    )


def lacks(model: Model) -> list[str]:
    """What of the training settings scikit-learn has not, in words."""
    spec, training = model.spec, model.spec.training
    found = []
    if any(spec.dropout):
        found.append("dropout")
    for name, words in (("l1", "L1"), ("input_noise", "input noise"), ("label_smoothing", "smooth labels"),
                        ("clip_norm", "gradient clipping"), ("max_norm", "max-norm")):  # fmt: skip
        if getattr(training, name):
            found.append(words)
    if training.schedule.warm_up:
        found.append("warm-up")
    if training.schedule.name not in ("constant", "inverse_scaling", "adaptive") or (
        training.schedule.name != "constant" and spec.optimizer.name != "sgd"
    ):
        found.append(
            f"{training.schedule.label.lower()} schedule" + ("" if spec.optimizer.name == "sgd" else " for this solver")
        )
    return parts.left_out(model, found)


def sklearn_script(model: Model, options: Options) -> Script:
    """The script. Raises :class:`NotCarried`."""
    spec = model.spec
    activation, regression = activation_of(model), spec.loss.regression
    _check_answers(model)
    data = data_code(model)
    notes = list(data.notes)
    name = "MLPRegressor" if regression else "MLPClassifier"
    imports = ["import numpy as np", *data_imports(spec.data), f"from sklearn.neural_network import {name}"]
    if spec.data.dataset.on_shelf:
        imports.append("import sys")
    lines = [*inputs_code(spec.data), *data.lines, ""]
    solver = SOLVERS.get(spec.optimizer.name, "adam")
    comments = []
    if options.training:
        if missing := lacks(model):
            comments.append(f"scikit-learn has no {parts.in_words(missing)}.")
        if spec.optimizer.name not in SOLVERS:
            comments.append(f"scikit-learn has no {spec.optimizer.label}: Adam takes its place.")
        loss = spec.loss.loss if isinstance(spec.loss, LinearOutput) else spec.loss
        if loss.name not in ("cross_entropy", "squared_error") or (not regression and loss.name != "cross_entropy"):
            trained = "squared error" if regression else "cross-entropy"
            comments.append(f"scikit-learn trains with {trained}, not with {loss.label}.")
        if spec.training.schedule.name == "inverse_scaling" and solver == "sgd":
            comments.append("scikit-learn's invscaling counts samples, this network's schedule epochs.")
        if spec.training.l2 and not spec.training.l2_per_sample:
            comments.append("scikit-learn divides alpha by the mini-batch; it is multiplied here to mean the same.")
    notes += comments
    if options.training:
        notes.append(
            "scikit-learn draws and shuffles by its own random numbers, so trained weights differ from those here."
        )
    lines += [f"# {comment}" for comment in comments]
    lines += [f"model = {name}(", *(f"    {line}," for line in _parameters(model, activation, solver)), ")"]
    if options.weights:
        classes = "" if regression else f", classes=range({spec.data.dataset.n_classes})"
        lines += [
            "# One step has scikit-learn lay the network out; then the trained weights take the place of its own."
        ]
        first = f"model.partial_fit(inputs(x[train]), y[train]{classes})"
        if solver == "lbfgs":
            lines += ['model.set_params(solver="adam", batch_size="auto")', first,
                      'model.set_params(solver="lbfgs")']  # fmt: skip
        else:
            lines.append(first)
        if options.inline:
            lines += parts.inline_weights(model)
        else:
            imports.append("from pathlib import Path")
            lines += parts.layers_from_npz(model, NPZ)
        lines += ["model.coefs_ = [W for W, b in layers]", "model.intercepts_ = [b for W, b in layers]"]
        if options.training:
            lines += _train_on(model, solver)
    else:
        lines += ["model.fit(inputs(x[train]), y[train])"]
        if not options.training:
            notes.append("Without trained weights scikit-learn has to train: it has no untrained network.")
    says = f'"""Samples as they come -> {parts.answers(model)}: (n, {spec.data.n_outputs})."""'
    if regression:
        body = "return model.predict(inputs(x))[:, None]"
    else:
        body = "return model.predict_proba(inputs(x))" + ("" if spec.data.n_outputs > 1 else "[:, 1:]")
    lines += [*function("predict", "x", says, body), *parts.score_code(model)]
    does = "it answers." if options.weights and not options.training else "it trains, then answers."
    text = "\n".join([*parts.head(model, options, does), *parts.import_lines(*imports), *lines, ""])
    return Script(text, tuple(notes), NPZ if options.weights and not options.inline else "")


def _train_on(model: Model, solver: str) -> list[str]:
    if solver == "lbfgs":
        return [
            "model.set_params(warm_start=True)  # trains on from these weights",
            "model.fit(inputs(x[train]), y[train])",
        ]
    return [f"for _ in range({model.epochs}):  # trains on from these weights",
            "    model.partial_fit(inputs(x[train]), y[train])"]  # fmt: skip


def _parameters(model: Model, activation: str, solver: str) -> list[str]:
    spec, training, optimizer = model.spec, model.spec.training, model.spec.optimizer
    n_trained = _n_train(model)
    size = spec.batch_size(n_trained)
    alpha = training.l2 if training.l2_per_sample else training.l2 * size
    found = [
        f"hidden_layer_sizes={spec.network.hidden_layer_sizes!r}",
        f'activation="{activation}"',
        f'solver="{solver}"',
        f"alpha={alpha!r}",
    ]
    if solver == "lbfgs":
        iterations = getattr(optimizer, "iterations", 1) * model.epochs
        return [*found, f"max_iter={iterations}", f"random_state={training.seed}"]
    found = [*found, f"batch_size={size}", f"learning_rate_init={optimizer.learning_rate!r}"]
    if solver == "sgd":
        found += [f"momentum={optimizer.momentum!r}", f"nesterovs_momentum={optimizer.nesterov!r}"]  # type: ignore[attr-defined]
        kinds = {"inverse_scaling": "invscaling", "adaptive": "adaptive"}
        if training.schedule.name in kinds:
            found.append(f'learning_rate="{kinds[training.schedule.name]}"')
            if training.schedule.name == "inverse_scaling":
                found.append(f"power_t={training.schedule.power_t!r}")  # type: ignore[attr-defined]
    elif isinstance(optimizer, Adam):
        found += [f"beta_1={optimizer.beta_1!r}", f"beta_2={optimizer.beta_2!r}", f"epsilon={optimizer.epsilon!r}"]
    if training.schedule.name == "adaptive" and solver == "sgd":
        found += [f"tol={training.schedule.tolerance!r}", f"n_iter_no_change={training.schedule.patience}"]  # type: ignore[attr-defined]
    else:
        found.append(f"n_iter_no_change={model.epochs + 1}")
    return [*found, f"shuffle={training.shuffle!r}", f"max_iter={model.epochs}", f"random_state={training.seed}"]


def _n_train(model: Model) -> int:
    """How many samples train: what a batch can't be larger than."""
    dataset = model.spec.data.dataset
    n = getattr(dataset, "n_samples", None) or len(getattr(dataset, "points", ())) or 1797
    if n <= 4 or not dataset.is_split:
        return int(n)
    if dataset.on_shelf:
        return 10**9
    n_train = min(max(int(model.spec.data.train_share * n + 1e-9), 1), n - 1)
    return int(n_train - min(round(model.spec.data.validation_share * n_train), n_train - 1))
