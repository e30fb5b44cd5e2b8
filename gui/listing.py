"""The engine's own source: which lines of which files run in a phase, found in the files themselves. No Qt."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import engine
from engine.compiled import is_quicker
from engine.descent import Descent
from engine.network import Network
from engine.phases import Kind, Phase
from engine.spec import ExperimentSpec

_ROOT = Path(engine.__file__).resolve().parent.parent
_THERE = object()  # stands for a mask, or a penalty
_BY_GRADIENT = "the optimizer moves the weights against the gradient."
_BY_ITSELF = (
    "the optimizer makes as many more passes over all samples as it likes, on its own search for better weights."
)
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Passage:
    """One function as it stands in its file.

    ``lines`` are (number in the file, text) without the longer part of its docstring, ``running`` the numbers of those that
    run in the phase, ``notes`` (number, shapes of the arrays in that line). ``title`` names file and function.
    """

    title: str
    lines: tuple[tuple[int, str], ...]
    running: frozenset[int] = frozenset()
    notes: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Listing:
    """What there is to read: a sentence about it, and passages, the one that runs the others first."""

    sentence: str
    passages: tuple[Passage, ...]


def listing(spec: ExperimentSpec, phase: Phase | None, n: int, training: bool = False) -> Listing:
    """The lines behind ``phase`` of a mini-batch of ``n`` samples; without a phase the training loop, no line marked.

    Raises ``OSError`` where the program has come without its source.
    """
    step = Descent._minimize if spec.optimizer.full_batch else Descent._take_step
    compiled = " Here engine/kernels.py does the same in machine code." if is_quicker(spec) else ""
    if phase is None:
        todo = "" if training else " Step by phases to walk through them."
        return Listing(f"What every mini-batch goes through.{todo}{compiled}", (_passage(step),))
    passages = {Kind.FORWARD: _forward, Kind.LOSS: _loss, Kind.BACKWARD: _backward, Kind.UPDATE: _update}[phase.kind]
    sentence = {
        Kind.FORWARD: "Forward: each layer's weighted sums z, and what its activation makes of them.",
        Kind.LOSS: "Loss: how far the answers are from the targets. The update does not need this number, only its slope.",
        Kind.BACKWARD: "Backward: from δ of a layer the gradient of its weights, and δ of the layer before.",
        Kind.UPDATE: f"Update: {_BY_ITSELF if spec.optimizer.full_batch else _BY_GRADIENT}{compiled}",
    }[phase.kind]
    return Listing(sentence, tuple(passages(spec, phase.layer, n)))


# --- the phases -------------------------------------------------------------------------------------------------------


def _forward(spec: ExperimentSpec, layer: int, n: int) -> Iterator[Passage]:
    n_in, n_out = spec.layer_sizes[layer : layer + 2]
    depth = len(spec.layer_sizes) - 1
    shapes = {"a": (n, n_in), "layer.w": (n_in, n_out), "layer.b": (n_out,)}
    shapes |= dict.fromkeys(("layer.z", "layer.a", "layer.mask", "layer.out"), (n, n_out))
    yield _passage(Network.forward, _round_of(layer == 0, layer == depth - 1), {"layer": _at_work(spec, layer)}, shapes)
    if layer < depth - 1:
        activation = spec.activations[layer]
        yield _passage(type(activation).forward, _all, {"self": activation})


def _loss(spec: ExperimentSpec, layer: int, n: int) -> Iterator[Passage]:
    yield _passage(type(spec.loss).value, _all, _of_loss(spec, n))


def _backward(spec: ExperimentSpec, layer: int, n: int) -> Iterator[Passage]:
    n_in, n_out = spec.layer_sizes[layer : layer + 2]
    last = layer == len(spec.layer_sizes) - 2
    shapes = {"a_t": (n_in, n), "layer.w_grad": (n_in, n_out), "layer.ones": (n,), "layer.b_grad": (n_out,)}
    shapes |= {"layer.w_t": (n_out, n_in)} | dict.fromkeys(
        ("layer.delta", "last.a", "targets", "last.delta"), (n, n_out)
    )
    shapes |= dict.fromkeys(("earlier.delta", "earlier.z", "earlier.a", "earlier.slope"), (n, n_in))
    values = {"layer": _at_work(spec, layer), "earlier": _at_work(spec, layer - 1) if layer else None}
    yield _passage(Network.backward, _round_of(last, False), values, shapes)
    if last:
        yield _passage(type(spec.loss).delta, _all, _of_loss(spec, n))
    if layer:
        activation = spec.activations[layer - 1]
        yield _passage(type(activation).gradient, _all, {"self": activation})


def _update(spec: ExperimentSpec, layer: int, n: int) -> Iterator[Passage]:
    optimizer, training = spec.optimizer, spec.training
    penalty = _THERE if training.l1 or training.l2 else None
    values = {"self": SimpleNamespace(_clip_norm=training.clip_norm, _penalty=penalty)}
    if optimizer.full_batch:
        yield _passage(Descent._minimize, _all, values)
        yield _passage(type(optimizer).minimize, _all, {"self": optimizer})
        return
    yield _passage(Descent._take_step, _after_backward, values)
    yield _passage(type(optimizer).update, _all, {"self": optimizer})


def _at_work(spec: ExperimentSpec, layer: int) -> SimpleNamespace:
    """What the passes ask of a :class:`engine.network.LayerWork`."""
    hidden = layer < len(spec.activations)
    drops = hidden and spec.dropout[layer] > 0
    return SimpleNamespace(activation=spec.activations[layer] if hidden else None, mask=_THERE if drops else None)


def _of_loss(spec: ExperimentSpec, n: int) -> dict[str, Any]:
    array = SimpleNamespace(shape=(n, spec.layer_sizes[-1]))
    return {"self": spec.loss, "logits": array, "targets": array}


# --- reading the source -----------------------------------------------------------------------------------------------

Choice = Callable[[Sequence[ast.stmt]], Sequence[ast.stmt]]


def _all(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    return body


def _round_of(first: bool, last: bool) -> Choice:
    """One round of a function's loop; with the ``first`` round what stands before the loop, with the ``last`` what follows."""

    def choose(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
        at = next(i for i, statement in enumerate(body) if isinstance(statement, ast.For))
        return body[0 if first else at : len(body) if last else at + 1]

    return choose


def _after_backward(body: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
    """What follows the call of ``backward``."""
    calls = (isinstance(s, ast.Expr) and ast.unparse(s).startswith("network.backward(") for s in body)
    return body[next(i for i, found in enumerate(calls) if found) + 1 :]


@cache
def _source(function: Callable[..., Any]) -> tuple[str, int, tuple[str, ...], ast.FunctionDef]:
    """(file, number of its first line, its lines without their common indentation, its tree)."""
    lines, first = inspect.getsourcelines(function)
    path = Path(inspect.getsourcefile(function) or "").resolve()
    tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    shown = textwrap.dedent("".join(lines)).splitlines()
    return path.relative_to(_ROOT).as_posix(), first, tuple(shown), tree


def _passage(
    function: Callable[..., Any], choose: Choice | None = None, values: Mapping[str, Any] | None = None,
    shapes: Shapes | None = None,
) -> Passage:  # fmt: skip
    """``function`` with the statements marked that ``choose`` picks from its body; ``values`` decide its conditions."""
    file, first, lines, tree = _source(function)
    body, docstring = tree.body, range(0)
    if ast.get_docstring(tree) is not None:
        docstring, body = range(body[0].lineno + 1, (body[0].end_lineno or 0) + 1), body[1:]
    marked = _running(choose(body), values or {})[0] if choose else []
    running = {number for a, b, _ in marked for number in range(a, b + 1)}
    notes = ((b, _note(node, shapes)) for _, b, node in marked) if shapes else ()
    return Passage(
        f"{file} · {function.__qualname__}",
        tuple((first + i, line) for i, line in enumerate(lines) if i + 1 not in docstring),
        frozenset(first + number - 1 for number in running),
        tuple((first + number - 1, note) for number, note in notes if note),
    )


Marked = tuple[int, int, ast.AST]


def _running(body: Sequence[ast.stmt], values: Mapping[str, Any]) -> tuple[list[Marked], bool]:
    """(first line, last line, node) of every statement that runs, and whether they end with a return.

    Of a condition that can't be decided both branches run.
    """
    found: list[Marked] = []
    for statement in body:
        if isinstance(statement, ast.If):
            found.append((statement.lineno, statement.test.end_lineno or statement.lineno, statement.test))
            truth = _truth(statement.test, values)
            branches = [statement.body] * (truth is not False) + [statement.orelse] * (truth is not True)
            inside = [_running(branch, values) for branch in branches]
            found += [marked for part, _ in inside for marked in part]
            if all(returns for _, returns in inside):
                return found, True
        elif isinstance(statement, ast.For | ast.FunctionDef):
            header = statement.iter if isinstance(statement, ast.For) else statement.args
            last = statement.iter.end_lineno if isinstance(statement, ast.For) else None
            found.append((statement.lineno, last or statement.lineno, header))
            found += _running(statement.body, values)[0]
        else:
            found.append((statement.lineno, statement.end_lineno or statement.lineno, statement))
            if isinstance(statement, ast.Return | ast.Raise):
                return found, True
    return found, False


class _UnknownError(Exception):
    """A name that no value is known of."""


def _truth(test: ast.expr, values: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds; None where that can't be told."""
    try:
        return bool(_value(test, values))
    except _UnknownError:
        return None


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    """The value of a name, an attribute, an item, ``not``, ``and``, ``or``, ``is``, ``==``, ``>``. Nothing is ever called."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in values:
        return values[node.id]
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, values)
        if hasattr(owner, node.attr):
            return getattr(owner, node.attr)
    if isinstance(node, ast.Subscript):
        return _value(node.value, values)[_value(node.slice, values)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _value(node.operand, values)
    if isinstance(node, ast.BoolOp):
        wanted = isinstance(node.op, ast.Or)
        return wanted if any(bool(_value(part, values)) is wanted for part in node.values) else not wanted
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        left, right = _value(node.left, values), _value(node.comparators[0], values)
        for kind, answer in ((ast.Is, left is right), (ast.IsNot, left is not right), (ast.Eq, left == right)):
            if isinstance(node.ops[0], kind):
                return answer
        if isinstance(node.ops[0], ast.Gt):
            return left > right
    raise _UnknownError


def _note(node: ast.AST, shapes: Shapes | None) -> str:
    """``a (10, 2) · w (2, 8) → z (10, 8)`` for a call whose arrays are all known; the last argument is written to."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not shapes or not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return ""
    product = call.func.attr == "dot"
    parts = [*([call.func.value] if product else []), *call.args]
    names = [ast.unparse(part) for part in parts]
    if len(names) < 2 or any(name not in shapes for name in names):
        return ""
    told = [f"{name.rsplit('.')[-1]} {_shape(shapes[name])}" for name in names]
    return f"{(' · ' if product else ', ').join(told[:-1])} → {told[-1]}"


def _shape(shape: tuple[int, ...]) -> str:
    return f"({shape[0]:,},)" if len(shape) == 1 else f"({', '.join(f'{n:,}' for n in shape)})"
