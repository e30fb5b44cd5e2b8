"""The network as PyTorch's nn.Sequential, and its training loop. No Qt, and PyTorch is not imported."""

from __future__ import annotations

import itertools

from engine.activations import Activation
from engine.activations.leaky_relu import LeakyReLU
from engine.activations.typed import Typed
from engine.losses.residual import LinearOutput
from engine.optimizers import Optimizer
from engine.optimizers.adam import Adam
from engine.optimizers.adamw import AdamW
from gui.exporting import parts
from gui.exporting.data_code import data_code, data_imports, inputs_code
from gui.exporting.functions import function, names, typed_code
from gui.exporting.model import Model, NotCarried, Options, Script

SAFETENSORS = "network.safetensors"
MODULES = {
    "tanh": "nn.Tanh()", "relu": "nn.ReLU()", "sigmoid": "nn.Sigmoid()", "identity": "nn.Identity()", "elu": "nn.ELU()",
    "gelu": "nn.GELU()", "silu": "nn.SiLU()", "softplus": "nn.Softplus()",
}  # fmt: skip
OUTPUT = {
    "softmax": "z.softmax(dim=1)", "sigmoid": "z.sigmoid()", "margin": "(0.5 + 0.5 * z).clamp(0, 1)", "identity": "z",
}  # fmt: skip


def modules(model: Model) -> list[str]:
    """The modules of the ``nn.Sequential``, one line each."""
    sizes, spec = model.spec.layer_sizes, model.spec
    known, lines = names(model, slopes=True), []
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes)):
        lines.append(f"nn.Linear({n_in}, {n_out})")
        if i < len(spec.activations):
            lines.append(_module(spec.activations[i], known[spec.activations[i]]))
            if spec.dropout[i]:
                lines.append(f"nn.Dropout({spec.dropout[i]!r})")
    return lines


def linear_places(model: Model) -> list[int]:
    """At which places of the ``nn.Sequential`` the layers of weights stand."""
    return [i for i, line in enumerate(modules(model)) if line.startswith("nn.Linear")]


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _module(activation: Activation, name: str) -> str:
    if isinstance(activation, LeakyReLU):
        return f"nn.LeakyReLU({activation.alpha!r})"
    if activation.name == "step" or isinstance(activation, Typed):
        return f"{_class_name(name)}()"
    if activation.name not in MODULES:
        raise NotCarried(f"{activation.label} can't be written for PyTorch yet; choose another activation.")
    return MODULES[activation.name]


def _own_modules(model: Model) -> list[str]:
    lines: list[str] = []
    for activation, name in names(model, slopes=True).items():
        if isinstance(activation, Typed):
            code = typed_code(activation, library="torch")
        elif activation.name == "step":
            code = "(z >= 0).to(z.dtype) + 0 * z  # its slope is 0 everywhere"
        else:
            continue
        lines += [
            "",
            "",
            f"class {_class_name(name)}(nn.Module):",
            "    def forward(self, z):",
            f"        return {code}",
        ]
    return lines


def torch_script(model: Model, options: Options) -> Script:
    """The script. Raises :class:`NotCarried`."""
    spec = model.spec
    data = data_code(model)
    notes = list(data.notes)
    imports = ["import numpy as np", "import torch", "from torch import nn", *data_imports(spec.data)]
    if spec.data.dataset.on_shelf:
        imports.append("import sys")
    lines = _own_modules(model)
    lines += (
        ["", "", f"torch.manual_seed({spec.training.seed})"]
        if lines
        else ["", f"torch.manual_seed({spec.training.seed})"]
    )
    lines += ["model = nn.Sequential(", *(f"    {line}," for line in modules(model)), ")"]
    if options.weights and options.inline:
        places = linear_places(model)
        lines += [
            "# Weights (inputs, outputs) and biases of each layer; PyTorch keeps them the other way round.",
            *parts.inline_weights(model),
            "with torch.no_grad():",
            f"    for i, (W, b) in zip({places}, layers):",
            "        model[i].weight.copy_(torch.from_numpy(W.T))",
            "        model[i].bias.copy_(torch.from_numpy(b))",
        ]
    elif options.weights:
        imports += ["from safetensors.torch import load_file", "from pathlib import Path"]
        lines.append(f'model.load_state_dict(load_file(Path(__file__).with_name("{SAFETENSORS}")))')
    else:
        lines += _first_weights(model)
    lines += inputs_code(spec.data)
    says = f'"""Samples as they come -> {parts.answers(model)}: (n, {spec.data.n_outputs})."""'
    lines += function(
        "predict", "x", says, "model.eval()", "with torch.no_grad():",
        "    z = model(torch.from_numpy(inputs(x)))", f"    return {OUTPUT[model.output]}.numpy()",
    )  # fmt: skip
    lines += data.lines
    if options.training:
        lines += _training(model)
        if missing := parts.left_out(model):
            notes.append(f"The training loop has no {parts.in_words(missing)}.")
        if isinstance(spec.optimizer, Adam) and not spec.optimizer.torch_epsilon:
            notes.append(
                "PyTorch adds Adam's epsilon after the bias correction, this network before it: tiny differences."
            )
        notes.append("PyTorch shuffles and drops by its own random numbers, so trained weights differ from those here.")
    lines += parts.score_code(model)
    does = "it trains, then answers." if options.training else "it answers."
    text = "\n".join([*parts.head(model, options, does), *parts.import_lines(*imports), *lines, ""])
    return Script(text, tuple(notes), SAFETENSORS if options.weights and not options.inline else "")


def _first_weights(model: Model) -> list[str]:
    """The initializer of the experiment in PyTorch's words; its own draw."""
    initializer = model.spec.network.initializer
    scale = repr(getattr(initializer, "scale", 1.0))
    codes = {
        "glorot_uniform": "nn.init.xavier_uniform_(layer.weight)",
        "he_normal": 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")',
        "lecun_normal": 'nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")',
        "normal": f"nn.init.normal_(layer.weight, std={scale})",
        "uniform": f"nn.init.uniform_(layer.weight, -{scale}, {scale})",
        "zeros": "nn.init.zeros_(layer.weight)",
    }
    if initializer.name not in codes:
        raise NotCarried(f"{initializer.label} can't be written for PyTorch yet; choose another initializer.")
    return [
        f"for layer in model:  # {initializer.label}",
        "    if isinstance(layer, nn.Linear):",
        f"        {codes[initializer.name]}",
        "        nn.init.zeros_(layer.bias)",
    ]


def loss_code(model: Model) -> str:
    """The mean loss of ``z`` against ``t``."""
    loss, k = model.spec.loss, model.spec.data.n_outputs
    if model.output == "softmax":
        smoothing = model.spec.training.label_smoothing
        return f"nn.functional.cross_entropy(z, t{f', label_smoothing={smoothing!r}' if smoothing else ''})"
    if loss.name == "cross_entropy" if not isinstance(loss, LinearOutput) else False:
        return "nn.functional.binary_cross_entropy_with_logits(z, t)"
    if model.output == "margin":
        return "(1 - (2 * t - 1) * z).clamp(min=0).sum(dim=1).mean()"
    inner = loss.loss if isinstance(loss, LinearOutput) else loss
    p = "z" if model.output == "identity" else "z.sigmoid()"
    columns = f" * {k}" if k > 1 else ""  # PyTorch's mean is over the columns too, ours sums them
    if inner.name == "squared_error":
        return f"0.5 * nn.functional.mse_loss({p}, t){columns}"
    if inner.name == "absolute_error":
        return f"nn.functional.l1_loss({p}, t){columns}"
    if inner.name == "huber":
        return f"nn.functional.huber_loss({p}, t, delta={inner.threshold!r}){columns}"  # type: ignore[attr-defined]
    raise NotCarried(f"The loss {inner.label} can't be written for PyTorch yet; choose another one.")


def optimizer_code(o: Optimizer) -> str:
    """``torch.optim.…(model.parameters(), …)``."""
    rate = f"lr={o.learning_rate!r}"
    if o.name == "sgd":
        momentum = f", momentum={o.momentum!r}, nesterov={o.nesterov!r}" if o.momentum else ""  # type: ignore[attr-defined]
        return f"torch.optim.SGD(model.parameters(), {rate}{momentum})"
    if o.name == "rmsprop":
        return f"torch.optim.RMSprop(model.parameters(), {rate}, alpha={o.rho!r}, eps={o.epsilon!r})"  # type: ignore[attr-defined]
    if o.name == "adagrad":
        return f"torch.optim.Adagrad(model.parameters(), {rate}, eps={o.epsilon!r})"  # type: ignore[attr-defined]
    if isinstance(o, Adam):
        decay = f", weight_decay={o.weight_decay!r}" if isinstance(o, AdamW) else ""
        kind, betas = "AdamW" if isinstance(o, AdamW) else "Adam", f"betas=({o.beta_1!r}, {o.beta_2!r})"
        return f"torch.optim.{kind}(model.parameters(), {rate}, {betas}, eps={o.epsilon!r}{decay})"
    if o.name == "lbfgs":
        return f'torch.optim.LBFGS(model.parameters(), max_iter={o.iterations}, line_search_fn="strong_wolfe")'  # type: ignore[attr-defined]
    raise NotCarried(f"{o.label} can't be written for PyTorch yet; choose another optimizer.")


def _training(model: Model) -> list[str]:
    spec, training, k = model.spec, model.spec.training, model.spec.data.n_outputs
    lines = parts.rate_functions(training.schedule)
    penalty = []
    per = " / len(rows)" if training.l2_per_sample else ""
    if training.l2:
        penalty.append(f"0.5 * {training.l2!r}{per} * sum((w**2).sum() for w in weights)")
    if training.l1:
        penalty.append(f"{training.l1!r} * sum(w.abs().sum() for w in weights)")
    if penalty:
        lines += ["", "", "weights = [p for p in model.parameters() if p.ndim == 2]  # biases are free", ""]
    else:
        lines += ["", ""]
    lines += ["X = torch.from_numpy(inputs(x[train]))"]
    if model.output == "softmax":
        lines.append("T = torch.from_numpy(y[train].astype(np.int64))")
    elif k > 1:
        lines.append(f"T = torch.from_numpy(np.eye({k}, dtype=np.float32)[y[train]])")
    else:
        lines.append("T = torch.from_numpy(y[train, None].astype(np.float32))")
    if training.label_smoothing and model.output not in ("softmax", "identity"):
        share = training.label_smoothing
        lines.append(f"T = T * {1 - share!r} + {share / max(k, 2)!r}  # smooth labels")
    adapts = parts.adapts(training.schedule)
    lines += [f"optimizer = {optimizer_code(spec.optimizer)}", *(parts.adaptive_start() if adapts else [])]
    lines += ["model.train()", f"for epoch in range({model.epochs}):"]
    rate = parts.rate_code(training.schedule, spec.optimizer.learning_rate)
    body = []
    if rate != repr(spec.optimizer.learning_rate) and not spec.optimizer.full_batch:
        body += ["for group in optimizer.param_groups:", f'    group["lr"] = {rate}']
    if spec.optimizer.full_batch:
        body += ["rows = torch.arange(len(X))", *_closure(model, penalty), "optimizer.step(closure)"]
    else:
        order = "torch.randperm(len(X))" if training.shuffle else "torch.arange(len(X))"
        body.append(f"for rows in {order}.split({training.batch_size}):")
        body += [f"    {line}" for line in _batch(model, penalty)]
    if adapts:
        body += ["model.eval()", "with torch.no_grad():", "    z, t = model(X), T",
                 *(f"    {line}" for line in parts.adaptive_step(training.schedule, f"float({loss_code(model)})")),
                 "model.train()"]  # fmt: skip
    return [*lines, *(f"    {line}" for line in body)]


def _noisy(model: Model) -> str:
    noise = model.spec.training.input_noise
    return f"X[rows] + {noise!r} * torch.randn_like(X[rows])" if noise else "X[rows]"


def _forward(model: Model, penalty: list[str]) -> list[str]:
    lines = [f"z, t = model({_noisy(model)}), T[rows]", f"loss = {loss_code(model)}"]
    return lines + [f"loss = loss + {part}" for part in penalty]


def _closure(model: Model, penalty: list[str]) -> list[str]:
    body = ["optimizer.zero_grad()", *_forward(model, penalty), "loss.backward()", "return loss"]
    return ["", "def closure():", *(f"    {line}" for line in body), ""]


def _batch(model: Model, penalty: list[str]) -> list[str]:
    training = model.spec.training
    clips = training.clip_norm > 0
    lines = ["optimizer.zero_grad()", *_forward(model, [] if clips else penalty), "loss.backward()"]
    if clips:
        lines.append(f"nn.utils.clip_grad_norm_(model.parameters(), {training.clip_norm!r})")
        if penalty:  # not clipped, as in the window
            lines.append(f"({' + '.join(penalty)}).backward()  # L1 and L2 are not clipped")
    lines.append("optimizer.step()")
    if training.max_norm:
        limit = repr(training.max_norm)
        lines += [
            "with torch.no_grad():  # max-norm",
            "    for p in model.parameters():",
            "        if p.ndim == 2:",
            f"            p *= {limit} / p.norm(dim=1, keepdim=True).clamp(min={limit})",
        ]
    return lines
