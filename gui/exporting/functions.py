"""Activations, answers and losses written as NumPy: the text of the functions that a script defines. No Qt."""

from __future__ import annotations

from engine import formula
from engine.activations import Activation
from engine.activations.leaky_relu import LeakyReLU
from engine.activations.typed import Typed
from engine.expression import parse
from engine.losses import Loss
from engine.losses.residual import LinearOutput
from gui.exporting.model import Model, NotCarried

# f(z), and f'(z) given z and a = f(z), exactly as the engine computes them.
FORWARD = {
    "tanh": "np.tanh(z)",
    "relu": "np.maximum(z, 0)",
    "sigmoid": "0.5 * (1 + np.tanh(0.5 * z))",
    "identity": "z",
    "elu": "np.maximum(z, np.expm1(np.minimum(z, 0)))",
    "gelu": "z * normal_cdf(z)",
    "silu": "z * 0.5 * (1 + np.tanh(0.5 * z))",
    "softplus": "np.logaddexp(0, z)",
    "step": "(z >= 0).astype(z.dtype)",
}
SLOPE = {
    "tanh": "1 - a * a",
    "relu": "(z > 0).astype(z.dtype)",
    "sigmoid": "a * (1 - a)",
    "identity": "np.ones_like(z)",
    "elu": "1 + np.minimum(a, 0)",
    "gelu": "normal_cdf(z) + z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi).astype(z.dtype)",
    "silu": "0.5 * (1 + np.tanh(0.5 * z)) * (1 + z - a)",
    "softplus": "1 - np.exp(-a)",
    "step": "np.zeros_like(z)",
}
NORMAL_CDF = (
    "erf = np.vectorize(math.erf, otypes=[np.float32])  # NumPy has none",
    "",
    "",
    "def normal_cdf(z):",
    "    return 0.5 * (1 + erf(z / np.float32(np.sqrt(2))))",
)
OUTPUT = {
    "softmax": ("e = np.exp(z - z.max(axis=1, keepdims=True))", "return e / e.sum(axis=1, keepdims=True)"),
    "sigmoid": ("return 0.5 * (1 + np.tanh(0.5 * z))  # 1 / (1 + exp(-z)), which can't overflow",),
    "margin": ("return np.clip(0.5 + 0.5 * z, 0, 1)  # the hinge loss's margin -1..1, brought to 0..1",),
    "identity": ("return z",),
}

_NUMPY_CALLS = {
    "max": "np.maximum({0}, {1})", "min": "np.minimum({0}, {1})", "sigmoid": "0.5 * (1 + np.tanh(0.5 * ({0})))",
    "relu": "np.maximum({0}, 0)", "softplus": "np.logaddexp({0}, 0)",
}  # fmt: skip
_TORCH_CALLS = {
    "max": "torch.maximum(z.new_tensor(0) + {0}, z.new_tensor(0) + {1})",
    "min": "torch.minimum(z.new_tensor(0) + {0}, z.new_tensor(0) + {1})",
    "softplus": "nn.functional.softplus({0})",
}
MAX_CODE = 20_000


def expression_code(node: formula.Node, library: str = "np") -> str:
    """A typed function as Python over ``z``. It is written from its tree, so nothing but arithmetic can be in it."""
    if isinstance(node, formula.Number):
        return repr(node.value) if node.value >= 0 else f"({node.value!r})"
    if isinstance(node, formula.Variable):
        return "z"
    if isinstance(node, formula.Binary):
        return f"({expression_code(node.left, library)} {node.op} {expression_code(node.right, library)})"
    if isinstance(node, formula.Power):
        return f"{_bracketed(expression_code(node.base, library))} ** {_bracketed(repr(node.exponent))}"
    if isinstance(node, formula.Choice):
        parts = [expression_code(part, library) for part in (node.left, node.right, node.then, node.otherwise)]
        return f"{library}.where({parts[0]} > {parts[1]}, {parts[2]}, {parts[3]})"
    args = [expression_code(arg, library) for arg in node.args]
    calls = _NUMPY_CALLS if library == "np" else _TORCH_CALLS
    return calls.get(node.name, f"{library}.{node.name}({{0}})").format(*args)


def _bracketed(code: str) -> str:
    return code if code.isidentifier() or (code.startswith("(") and code.endswith(")")) else f"({code})"


def typed_code(activation: Typed, slope: bool = False, library: str = "np") -> str:
    """f(z), or f'(z), of a typed function. Raises :class:`NotCarried` where it would fill pages."""
    expression = parse(activation.expression)
    node = expression.slope if slope else expression.node
    if isinstance(node, formula.Number):
        return f"{library}.full_like(z, {node.value!r})"
    code = expression_code(node, library)
    if len(code) > MAX_CODE:
        raise NotCarried("The typed function is too long to be written as code; type a shorter one.")
    return code[1:-1] if isinstance(node, formula.Binary) else code


def forward_code(activation: Activation) -> str:
    """The Python of f(z). Raises :class:`NotCarried` for an activation nobody has written down here."""
    if isinstance(activation, LeakyReLU):
        return f"np.maximum(z, {activation.alpha!r} * z)"
    if isinstance(activation, Typed):
        return typed_code(activation)
    if activation.name not in FORWARD:
        raise NotCarried(f"{activation.label} can't be written as a script yet; choose another activation.")
    return FORWARD[activation.name]


def slope_code(activation: Activation) -> str:
    """The Python of f'(z), given z and a = f(z)."""
    if isinstance(activation, LeakyReLU):
        return f"np.where(z > 0, 1, {activation.alpha!r}).astype(z.dtype)"
    if isinstance(activation, Typed):
        return typed_code(activation, slope=True)
    return SLOPE[activation.name]


def names(model: Model, slopes: bool = False) -> dict[Activation, str]:
    """What each activation of the hidden layers is called in a script; with ``slopes`` it has a derivative beside it."""
    if not slopes:
        return {one: "np.tanh" if one.name == "tanh" else name for one, name in names(model, slopes=True).items()}
    found: dict[Activation, str] = {}
    for activation in model.spec.activations:
        if activation not in found:
            name = activation.name
            taken = sum(1 for other in found.values() if other.rstrip("_0123456789") == name)
            found[activation] = f"{name}_{taken + 1}" if taken else name
    return found


def function(name: str, arguments: str, *body: str) -> list[str]:
    """The lines of ``def name(arguments):``, with the two empty ones before it."""
    return ["", "", f"def {name}({arguments}):", *(f"    {line}" if line else "" for line in body)]


def activation_functions(model: Model, slopes: bool = False) -> list[str]:
    """Definitions of the hidden layers' activations; with ``slopes`` of their derivatives too."""
    lines: list[str] = []
    known = names(model, slopes)
    if any(activation.name == "gelu" for activation in known):
        lines += ["", *NORMAL_CDF]
    for activation, name in known.items():
        if name == "np.tanh":
            continue
        lines += function(name, "z", f"return {forward_code(activation)}")
        if slopes:
            lines += function(f"{name}_slope", "z, a", f"return {slope_code(activation)}")
    return lines


def loss_code(model: Model) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The bodies of ``loss(z, t)``, the mean over the rows, and of ``delta(z, t)``, its slope times the rows."""
    loss: Loss = model.spec.loss
    if loss.name == "cross_entropy" if not isinstance(loss, LinearOutput) else False:
        if model.output == "sigmoid":
            return ("return np.mean(np.logaddexp(0, z) - t * z)",), ("return answer(z) - t",)
        value = ("z = z - z.max(axis=1, keepdims=True)",
                 "return np.mean(np.log(np.exp(z).sum(axis=1)) - (z * t).sum(axis=1))")  # fmt: skip
        return value, ("return answer(z) - t",)
    if model.output == "margin":
        return (
            ("return np.mean(np.maximum(1 - (2 * t - 1) * z, 0).sum(axis=1))",),
            ("sign = 2 * t - 1", "return np.where(sign * z < 1, -sign, 0).astype(z.dtype)"),
        )
    inner = loss.loss if isinstance(loss, LinearOutput) else loss
    if inner.name == "squared_error":
        cost, slope = "0.5 * r**2", "r"
    elif inner.name == "absolute_error":
        cost, slope = "np.abs(r)", "np.sign(r)"
    elif inner.name == "huber":
        d = repr(inner.threshold)  # type: ignore[attr-defined]
        cost = f"np.where(np.abs(r) <= {d}, 0.5 * r**2, {d} * (np.abs(r) - 0.5 * {d}))"
        slope = f"np.clip(r, -{d}, {d})"
    else:
        raise NotCarried(f"The loss {inner.label} can't be written as a script yet; choose another one.")
    value = ("r = answer(z) - t", f"return np.mean(({cost}).sum(axis=1))")
    if model.output == "identity":
        return value, ("r = z - t", f"return {slope}")
    return value, ("p = answer(z)", "r = p - t", f"return ({slope}) * p * (1 - p)")
