"""The network in plain NumPy: what it answers, and how it is trained from scratch. No Qt."""

from __future__ import annotations

from engine.optimizers import Optimizer
from engine.optimizers.adam import Adam
from engine.optimizers.adamw import AdamW
from gui.exporting import parts
from gui.exporting.data_code import data_code, data_imports, inputs_code
from gui.exporting.functions import OUTPUT, activation_functions, function, loss_code, names
from gui.exporting.model import Model, NotCarried, Options, Script

NPZ = "network.npz"


def numpy_script(model: Model, options: Options) -> Script:
    """The script. Raises :class:`NotCarried`."""
    spec = model.spec
    data = data_code(model)
    notes = list(data.notes)
    imports = ["import numpy as np", *data_imports(spec.data)]
    if any(activation.name == "gelu" for activation in spec.activations):
        imports.append("import math")
    if spec.data.dataset.on_shelf:
        imports.append("import sys")
    lines: list[str] = []
    if not options.weights:
        lines += ["", "# The first weights, as the seed draws them.", *parts.drawn_weights(model)]
    elif options.inline:
        lines += ["", "# Weights (inputs, outputs) and biases of each layer.", *parts.inline_weights(model)]
    else:
        imports.append("from pathlib import Path")
        lines += ["", "# Weights (inputs, outputs) and biases of each layer.", *parts.layers_from_npz(model, NPZ)]
    lines += inputs_code(spec.data)
    lines += activation_functions(model, slopes=options.training)
    lines += function("answer", "z", *OUTPUT[model.output])
    lines += _predict(model, options.training)
    lines += data.lines
    if options.training:
        lines += _training(model)
        if missing := parts.left_out(model):
            notes.append(f"The training loop has no {parts.in_words(missing)}.")
    lines += parts.score_code(model)
    if options.training:
        does = "it trains, then answers." if not options.weights else "it trains on, then answers."
    else:
        does = "it answers."
    text = "\n".join([*parts.head(model, options, does), *parts.import_lines(*imports), *lines, ""])
    return Script(text, tuple(notes), "" if options.inline or not options.weights else NPZ)


def _predict(model: Model, slopes: bool) -> list[str]:
    known, hidden = names(model, slopes), model.spec.activations
    n = len(hidden)
    says = f'"""Samples as they come -> {parts.answers(model)}: (n, {model.spec.data.n_outputs})."""'
    body = [says, "a = inputs(x)"]
    if len(known) == 1:
        body += ["for W, b in layers[:-1]:", f"    a = {known[hidden[0]]}(a @ W + b)"]
    elif n:
        body += [
            f"for (W, b), f in zip(layers, [{', '.join(known[one] for one in hidden)}]):",
            "    a = f(a @ W + b)",
        ]
    return function("predict", "x", *body, "W, b = layers[-1]", "return answer(a @ W + b)")


def _training(model: Model) -> list[str]:
    spec, training = model.spec, model.spec.training
    if spec.optimizer.full_batch:
        raise NotCarried(
            f"{spec.optimizer.label} needs SciPy's line search, which plain NumPy has not; "
            "leave the training loop out, or choose another optimizer."
        )
    value, delta = loss_code(model)
    known, hidden = names(model, slopes=True), spec.activations
    n_out, dropped = spec.data.n_outputs, spec.dropout
    lines = []
    if parts.adapts(training.schedule):
        lines += function("loss", "z, t", *value)
    lines += function(
        "delta", "z, t", '"""The slope of the loss at the last layer\'s sums z, with targets t."""', *delta
    )
    lines += parts.rate_functions(training.schedule)
    targets = f"np.eye({n_out}, dtype=np.float32)[y[train]]" if n_out > 1 else "y[train, None].astype(np.float32)"
    lines += ["", "", "X, T = inputs(x[train]), " + targets]
    if training.label_smoothing and not spec.loss.regression:
        share = training.label_smoothing
        lines.append(f"T = T * {1 - share!r} + {share / max(n_out, 2)!r}  # smooth labels")
    lines += ["params = [part for layer in layers for part in layer]", *_slots(spec.optimizer), "updates = 0"]
    if len(known) > 1:
        pairs = ", ".join(f"({known[one]}, {known[one]}_slope)" for one in hidden)
        lines.append(f"functions = [{pairs}]")
    lines.append(f"rng = np.random.default_rng([{training.seed}, 1])")
    if parts.adapts(training.schedule):
        lines += parts.adaptive_start()
    lines += [
        f"for epoch in range({model.epochs}):",
        f"    rate = {parts.rate_code(training.schedule, spec.optimizer.learning_rate)}",
    ]
    lines.append("    order = rng.permutation(len(X))" if training.shuffle else "    order = np.arange(len(X))")
    size = spec.batch_size(10**9)
    lines += [
        f"    for rows in np.split(order, range({size}, len(X), {size})):",
        "        # Forward: z = a W + b, a = f(z), kept for the way back.",
    ]
    batch = []
    if any(dropped):
        batch.append(f"shares = {[float(share) for share in dropped]}  # dropout")
        batch.append("masks = [(rng.random((len(rows), len(b)), np.float32) >= s) / np.float32(1 - s) if s else 1")
        batch.append("         for (W, b), s in zip(layers, shares)]")
    first = "X[rows]"
    if training.input_noise:
        first = f"X[rows] + {training.input_noise!r} * rng.standard_normal(X[rows].shape, np.float32)"
    batch.append(f"a, kept = {first}, []")
    if hidden:
        f = known[hidden[0]] if len(known) == 1 else "functions[i][0]"
        batch += [
            "for i, (W, b) in enumerate(layers[:-1]):",
            "    z = a @ W + b",
            f"    kept.append((a, z, {f}(z)))",
            "    a = kept[-1][2]" + (" * masks[i]" if any(dropped) else ""),
        ]
    batch += ["z = a @ layers[-1][0] + layers[-1][1]", "# Backward: the chain rule, layer by layer."]
    batch += ["d = delta(z, T[rows]) / np.float32(len(rows))", "grads = [a.T @ d, d.sum(axis=0)]"]
    if hidden:
        slope = f"{known[hidden[0]]}_slope" if len(known) == 1 else "functions[i][1]"
        batch += [
            "for i in reversed(range(len(kept))):",
            "    a_in, z, a_out = kept[i]",
            f"    d = d @ layers[i + 1][0].T * {slope}(z, a_out)" + (" * masks[i]" if any(dropped) else ""),
            "    grads = [a_in.T @ d, d.sum(axis=0), *grads]",
        ]
    batch += _penalties(model)
    batch += ["updates += 1", *_update(spec.optimizer)]
    if training.max_norm:
        batch += [
            "for W, b in layers:",
            f"    W *= {training.max_norm!r} / np.maximum(np.sqrt((W**2).sum(axis=0)), {training.max_norm!r})  # max-norm",
        ]
    lines += [f"        {line}" for line in batch]
    if parts.adapts(training.schedule):
        lines += [f"    {line}" for line in ("a = X", *_sums(model))]
        lines += [f"    {line}" for line in parts.adaptive_step(training.schedule, "loss(z, T)")]
    return lines


def _sums(model: Model) -> list[str]:
    """The last layer's sums of all training samples, without dropout."""
    known, hidden = names(model, slopes=True), model.spec.activations
    f = known[hidden[0]] if len(known) == 1 else "functions[i][0]"
    loop = ["for i, (W, b) in enumerate(layers[:-1]):", f"    a = {f}(a @ W + b)"] if hidden else []
    return [*loop, "z = a @ layers[-1][0] + layers[-1][1]"]


def _penalties(model: Model) -> list[str]:
    training = model.spec.training
    lines = []
    if training.clip_norm:
        lines += [
            "length = np.sqrt(sum((g**2).sum() for g in grads))",
            f"grads = [g * min(1, {training.clip_norm!r} / max(length, 1e-30)) for g in grads]  # clipped",
        ]
    if training.l2 or training.l1:
        lines.append("for g, (W, b) in zip(grads[::2], layers):  # biases are free")
        per = " / len(rows)" if training.l2_per_sample else ""
        if training.l2:
            lines.append(f"    g += {training.l2!r}{per} * W  # L2")
        if training.l1:
            lines.append(f"    g += {training.l1!r} * np.sign(W)  # L1")
    return lines


def _slots(optimizer: Optimizer) -> list[str]:
    if optimizer.name == "sgd" and not optimizer.momentum:  # type: ignore[attr-defined]
        return []
    letters = {"sgd": "v", "rmsprop": "s", "adagrad": "s"}
    if optimizer.name in letters:
        return [f"{letters[optimizer.name]} = [np.zeros_like(p) for p in params]"]
    return ["m, v = ([np.zeros_like(p) for p in params] for _ in range(2))"]


def _update(optimizer: Optimizer) -> list[str]:
    """One step against the gradient, for every weight and bias."""
    o = optimizer
    loop = "for i, (p, g) in enumerate(zip(params, grads)):"
    if o.name == "sgd":
        if not o.momentum:  # type: ignore[attr-defined]
            return ["for p, g in zip(params, grads):", "    p -= rate * g"]
        mu = repr(o.momentum)  # type: ignore[attr-defined]
        ahead = f"p += {mu} * v[i] - rate * g" if o.nesterov else "p += v[i]"  # type: ignore[attr-defined]
        return [loop, f"    v[i] = {mu} * v[i] - rate * g", f"    {ahead}"]
    if o.name in ("rmsprop", "adagrad"):
        rho = getattr(o, "rho", None)
        new = "s[i] + g**2" if rho is None else f"{rho!r} * s[i] + (1 - {rho!r}) * g**2"
        return [loop, f"    s[i] = {new}", f"    p -= rate * g / (np.sqrt(s[i]) + {o.epsilon!r})"]  # type: ignore[attr-defined]
    if isinstance(o, Adam):
        epsilon = f"{o.epsilon!r} * np.sqrt(1 - {o.beta_2!r}**updates)" if o.torch_epsilon else repr(o.epsilon)
        decay = [f"    p *= 1 - rate * {o.weight_decay!r}"] if isinstance(o, AdamW) else []
        return [
            f"eta = rate * np.sqrt(1 - {o.beta_2!r}**updates) / (1 - {o.beta_1!r}**updates)",
            f"epsilon = {epsilon}",
            loop,
            *decay,
            f"    m[i] = {o.beta_1!r} * m[i] + (1 - {o.beta_1!r}) * g",
            f"    v[i] = {o.beta_2!r} * v[i] + (1 - {o.beta_2!r}) * g**2",
            "    p -= (eta * m[i] / (np.sqrt(v[i]) + epsilon)).astype(np.float32)",
        ]
    raise NotCarried(
        f"{o.label} can't be written in NumPy yet; leave the training loop out, or choose another optimizer."
    )
