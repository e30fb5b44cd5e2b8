"""The network as an ONNX model, float32, with its inputs' features, its activations and its answers inside. No Qt."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import formula
from engine.activations import Activation
from engine.activations.leaky_relu import LeakyReLU
from engine.activations.typed import Typed
from engine.expression import parse
from engine.features import scaling
from gui.exporting import parts
from gui.exporting.data_code import data_code, data_imports
from gui.exporting.functions import function
from gui.exporting.model import Model, NotCarried, Options, Script

FILE = "network.onnx"
OPSET = 20  # the first with Gelu
IR_VERSION = 9
FLOAT = 1  # TensorProto.FLOAT
_BINARY = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "max": "Max", "min": "Min"}
_CALLS = {
    "exp": "Exp", "log": "Log", "tanh": "Tanh", "sin": "Sin", "cos": "Cos", "abs": "Abs", "sqrt": "Sqrt", "sign": "Sign",
    "sigmoid": "Sigmoid", "relu": "Relu", "softplus": "Softplus",
}  # fmt: skip
_ONE_NODE = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid", "identity": "Identity", "softplus": "Softplus"}


class _Graph:
    """Nodes (kind, inputs, output, attributes) and constants, each with a name of its own."""

    def __init__(self) -> None:
        self.nodes: list[tuple[str, tuple[str, ...], str, dict[str, Any]]] = []
        self.constants: dict[str, np.ndarray] = {}

    def add(self, kind: str, *inputs: str, to: str = "", **attributes: Any) -> str:
        """A node; the name of what it gives."""
        name = to or f"{kind.lower()}_{len(self.nodes) + 1}"
        self.nodes.append((kind, inputs, name, attributes))
        return name

    def number(self, value: float, dtype: type = np.float32) -> str:
        """A constant; equal ones are kept once."""
        name = f"c_{np.dtype(dtype).name}_{value!r}"
        self.constants[name] = np.array(value, dtype)
        return name

    def array(self, name: str, values: np.ndarray) -> str:
        self.constants[name] = values
        return name


def onnx_bytes(model: Model) -> bytes:
    """The file. Raises :class:`NotCarried`.

    Its input is ``points`` (n, 2) or ``pixels`` (n, side²) in 0..1, its output ``answer`` (n, n_outputs), both float32; points
    of which features are made are float64, so that squares and sines are as exact as in the window.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    spec, graph = model.spec, _Graph()
    name, wide = input_of(model)
    a = _inputs(model, graph, name)
    for i, (weights, biases) in enumerate(model.layers, 1):
        w, b = graph.array(f"W{i}", weights), graph.array(f"b{i}", biases)
        z = graph.add("Gemm", a, w, b, to=f"z{i}")
        a = _activation(graph, spec.activations[i - 1], z) if i < len(model.layers) else z
    _answer(model, graph, a)
    input_kind = TensorProto.DOUBLE if wide else TensorProto.FLOAT
    onnx_graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **more) for kind, inputs, output, more in graph.nodes], "network",
        [helper.make_tensor_value_info(name, input_kind, ["n", spec.data.dataset.n_inputs])],
        [helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["n", spec.data.n_outputs])],
        [numpy_helper.from_array(np.ascontiguousarray(values), key) for key, values in graph.constants.items()],
    )  # fmt: skip
    made = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="Neuroloom")
    made.ir_version = IR_VERSION
    made.doc_string = f"{model.shape}, after {model.epoch:,} epochs; {name} as they come -> {parts.answers(model)}"
    checker.check_model(made)
    content: bytes = made.SerializeToString()
    return content


def input_of(model: Model) -> tuple[str, bool]:
    """The input's name, and whether it is float64."""
    data = model.spec.data
    if not data.dataset.planar:
        return "pixels", False
    return "points", data.features != ("x1", "x2") or data.scaled_over is not None


def _inputs(model: Model, graph: _Graph, name: str) -> str:
    data = model.spec.data
    _, wide = input_of(model)
    if not wide:
        return name
    for i in range(2):
        graph.array(f"at_{i}", np.array([i], np.int64))
    x1, x2 = (graph.add("Gather", name, f"at_{i}", to=f"x{i + 1}", axis=1) for i in range(2))
    made = {
        "x1": lambda: x1, "x2": lambda: x2, "x1_squared": lambda: graph.add("Mul", x1, x1),
        "x2_squared": lambda: graph.add("Mul", x2, x2), "x1_x2": lambda: graph.add("Mul", x1, x2),
        "sin_x1": lambda: graph.add("Sin", x1), "sin_x2": lambda: graph.add("Sin", x2),
    }  # fmt: skip
    columns = graph.add("Concat", *(made[feature]() for feature in data.features), axis=1)
    if data.scaled_over is not None:
        mean, spread = scaling(data.features, data.scaled_over)
        columns = graph.add("Sub", columns, graph.array("mean", mean))
        columns = graph.add("Div", columns, graph.array("spread", spread))
    graph.nodes.append(("Cast", (columns,), "features", {"to": FLOAT}))
    return "features"


def _activation(graph: _Graph, activation: Activation, z: str) -> str:
    if activation.name in _ONE_NODE:
        return graph.add(_ONE_NODE[activation.name], z)
    if isinstance(activation, LeakyReLU):
        return graph.add("LeakyRelu", z, alpha=float(activation.alpha))
    if isinstance(activation, Typed):
        node = parse(activation.expression).node
        value = _expression(graph, node, z)
        if isinstance(node, formula.Number):
            return graph.add("Add", graph.add("Mul", z, graph.number(0.0)), value)
        return value
    if activation.name == "elu":
        return graph.add("Elu", z, alpha=1.0)
    if activation.name == "gelu":
        return graph.add("Gelu", z)
    if activation.name == "silu":
        return graph.add("Mul", z, graph.add("Sigmoid", z))
    if activation.name == "step":
        at_least = graph.add("GreaterOrEqual", z, graph.number(0.0))
        return graph.add("Where", at_least, graph.number(1.0), graph.number(0.0))
    raise NotCarried(f"{activation.label} can't be written as ONNX yet; choose another activation.")


def _expression(graph: _Graph, node: formula.Node, z: str) -> str:
    """A typed function, operation by operation."""
    if isinstance(node, formula.Number):
        return graph.number(float(node.value))
    if isinstance(node, formula.Variable):
        return z
    if isinstance(node, formula.Binary):
        return graph.add(_BINARY[node.op], _expression(graph, node.left, z), _expression(graph, node.right, z))
    if isinstance(node, formula.Power):
        base = _expression(graph, node.base, z)
        if node.exponent == 2:
            return graph.add("Mul", base, base)
        return graph.add("Pow", base, graph.number(float(node.exponent)))
    if isinstance(node, formula.Choice):
        left, right, then, other = (
            _expression(graph, one, z) for one in (node.left, node.right, node.then, node.otherwise)
        )
        return graph.add("Where", graph.add("Greater", left, right), then, other)
    args = [_expression(graph, arg, z) for arg in node.args]
    kind = _BINARY.get(node.name) or _CALLS.get(node.name)
    if kind is None:
        raise NotCarried(f"The function {node.name} can't be written as ONNX yet; type another activation.")
    return graph.add(kind, *args)


def _answer(model: Model, graph: _Graph, z: str) -> str:
    if model.output == "softmax":
        return graph.add("Softmax", z, to="answer", axis=1)
    if model.output == "sigmoid":
        return graph.add("Sigmoid", z, to="answer")
    if model.output == "identity":
        return graph.add("Identity", z, to="answer")
    half = graph.number(0.5)
    middle = graph.add("Add", graph.add("Mul", z, half), half)
    return graph.add("Clip", middle, graph.number(0.0), graph.number(1.0), to="answer")


def onnx_script(model: Model, options: Options) -> Script:
    """A script that has onnxruntime answer with the model beside it."""
    for activation in model.spec.activations:
        _activation(_Graph(), activation, "z")  # refuses what can't be written
    data = data_code(model)
    name, wide = input_of(model)
    imports = ["import numpy as np", "import onnxruntime", "from pathlib import Path", *data_imports(model.spec.data)]
    if model.spec.data.dataset.on_shelf:
        imports.append("import sys")
    dtype = "float" if wide else "np.float32"
    says = f'"""Samples as they come -> {parts.answers(model)}: (n, {model.spec.data.n_outputs})."""'
    lines = [
        "", f'session = onnxruntime.InferenceSession(Path(__file__).with_name("{FILE}"))',
        *function("predict", "x", says, f'return session.run(["answer"], {{"{name}": np.asarray(x, {dtype})}})[0]'),
        *data.lines, *parts.score_code(model),
    ]  # fmt: skip
    notes = list(data.notes)
    notes.append(
        "An ONNX file answers; it holds no settings of the training, and no dropout, which only training needs."
    )
    if wide:
        notes.append("It takes points as float64, so that squares, sines and scaling are as exact as in the window.")
    text = "\n".join(
        [*parts.head(model, options, "onnxruntime answers with it."), *parts.import_lines(*imports), *lines, ""]
    )
    return Script(text, tuple(notes), FILE)
