"""Formulas of one variable as trees: built in their simplest form, differentiated by rule, written as text."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MIDDLE DOT}"


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Variable:
    """What the function is a function of."""


@dataclass(frozen=True)
class Binary:
    """``left`` + ``right``, or with another ``op``: ``-``, ``*``, ``/``."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Power:
    """``base`` to a constant power."""

    base: Node
    exponent: float


@dataclass(frozen=True)
class Call:
    """A function of one or two arguments, by name."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """``then`` where ``left`` > ``right``, else ``otherwise``: the slope of what has a corner."""

    left: Node
    right: Node
    then: Node
    otherwise: Node


Node: TypeAlias = Number | Variable | Binary | Power | Call | Choice
ZERO, ONE, X = Number(0.0), Number(1.0), Variable()


# --- building ---------------------------------------------------------------------------------------------------------


def add(left: Node, right: Node) -> Node:
    """left + right."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value + right.value)
    if left == ZERO:
        return right
    if right == ZERO:
        return left
    return Binary("-", left, negate(right)) if _is_negative(right) else Binary("+", left, right)


def subtract(left: Node, right: Node) -> Node:
    """left − right."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value - right.value)
    if right == ZERO:
        return left
    if left == ZERO:
        return negate(right)
    return Binary("+", left, negate(right)) if _is_negative(right) else Binary("-", left, right)


def multiply(left: Node, right: Node) -> Node:
    """left · right; a number stands in front."""
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value * right.value)
    if ZERO in (left, right):
        return ZERO
    if left == ONE:
        return right
    if right == ONE:
        return left
    if isinstance(right, Number):
        left, right = right, left
    if isinstance(left, Number) and isinstance(right, Binary) and right.op == "*" and isinstance(right.left, Number):
        return multiply(Number(left.value * right.left.value), right.right)
    if isinstance(right, Binary) and right.op == "*" and isinstance(right.left, Number):
        return multiply(right.left, multiply(left, right.right))
    return Binary("*", left, right)


def divide(left: Node, right: Node) -> Node:
    """left / right. Raises ``ZeroDivisionError`` where ``right`` is the number 0."""
    if right == ZERO:
        raise ZeroDivisionError
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(left.value / right.value)
    if left == ZERO:
        return ZERO
    if isinstance(right, Number) and isinstance(left, Binary) and left.op == "*" and isinstance(left.left, Number):
        return multiply(Number(left.left.value / right.value), left.right)
    return left if right == ONE else Binary("/", left, right)


def negate(node: Node) -> Node:
    """−node."""
    return multiply(Number(-1.0), node)


def _is_negative(node: Node) -> bool:
    """A negative number, or a product with one in front."""
    front = node.left if isinstance(node, Binary) and node.op == "*" else node
    return isinstance(front, Number) and front.value < 0


def power(base: Node, exponent: float) -> Node:
    """base ^ exponent. Raises ``ArithmeticError`` or ``ValueError`` where numbers have no such power."""
    if exponent == 0:
        return ONE
    if exponent == 1:
        return base
    return Number(math.pow(base.value, exponent)) if isinstance(base, Number) else Power(base, exponent)


def call(name: str, *args: Node) -> Node:
    """name(args). Raises ``ArithmeticError`` or ``ValueError`` where numbers have no such value."""
    if all(isinstance(arg, Number) for arg in args):
        return Number(float(_OF_NUMBERS[name](*(arg.value for arg in args))))  # type: ignore[union-attr]
    return Call(name, args)


def choose(left: Node, right: Node, then: Node, otherwise: Node) -> Node:
    """``then`` where left > right, else ``otherwise``."""
    return then if then == otherwise else Choice(left, right, then, otherwise)


_OF_NUMBERS: dict[str, Callable[..., float]] = {
    "exp": math.exp, "log": math.log, "tanh": math.tanh, "sin": math.sin, "cos": math.cos, "abs": abs, "sqrt": math.sqrt,
    "sigmoid": lambda v: (1 + math.tanh(v / 2)) / 2, "relu": lambda v: max(v, 0.0), "max": max, "min": min,
    "sign": lambda v: float(v > 0) - float(v < 0),
    "softplus": lambda v: max(v, 0.0) + math.log1p(math.exp(-abs(v))),
}  # fmt: skip
ARGUMENTS = {name: 2 if name in ("max", "min") else 1 for name in sorted(_OF_NUMBERS)}


# --- the derivative -----------------------------------------------------------------------------------------------------


def derivative(node: Node) -> Node:
    """d node / dx by the rules of calculus; at a corner the slope of one side, as ReLU's is 0 at 0."""
    if isinstance(node, Number):
        return ZERO
    if isinstance(node, Variable):
        return ONE
    if isinstance(node, Binary):
        return _of_binary(node)
    if isinstance(node, Power):
        outer = multiply(Number(node.exponent), power(node.base, node.exponent - 1))
        return multiply(outer, derivative(node.base))
    if isinstance(node, Choice):
        return choose(node.left, node.right, derivative(node.then), derivative(node.otherwise))
    return _of_call(node)


def _of_binary(node: Binary) -> Node:
    left, right = node.left, node.right
    d_left, d_right = derivative(left), derivative(right)
    if node.op == "+":
        return add(d_left, d_right)
    if node.op == "-":
        return subtract(d_left, d_right)
    if node.op == "*":
        return add(multiply(d_left, right), multiply(left, d_right))
    if isinstance(right, Number):
        return divide(d_left, right)
    return divide(subtract(multiply(d_left, right), multiply(left, d_right)), power(right, 2.0))


def _of_call(node: Call) -> Node:
    u = node.args[0]
    du = derivative(u)
    if node.name == "relu":
        return choose(u, ZERO, du, ZERO)
    if node.name in ("max", "min"):
        v = node.args[1]
        first, second = (u, v) if node.name == "max" else (v, u)
        return choose(first, second, du, derivative(v))
    if node.name == "sqrt":
        return divide(du, multiply(Number(2.0), node))
    if node.name == "log":
        return divide(du, u)
    return multiply(_SLOPES[node.name](u), du)


_SLOPES: dict[str, Callable[[Node], Node]] = {
    "exp": lambda u: call("exp", u),
    "tanh": lambda u: subtract(ONE, power(call("tanh", u), 2.0)),
    "sigmoid": lambda u: multiply(call("sigmoid", u), subtract(ONE, call("sigmoid", u))),
    "sin": lambda u: call("cos", u),
    "cos": lambda u: negate(call("sin", u)),
    "abs": lambda u: call("sign", u),
    "sign": lambda u: ZERO,
    "softplus": lambda u: call("sigmoid", u),
}


# --- as text ------------------------------------------------------------------------------------------------------------

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)  # how tightly an operation binds


def text(node: Node) -> str:
    """The formula as a person writes it: ``tanh(x) + x·(1 − tanh(x)^2)``.

    Read again by :func:`engine.expression.parse` it means the same, but for choices, which nobody can type.
    """
    return _written(node)[0]


def _written(node: Node) -> tuple[str, int]:
    if isinstance(node, Number):
        digits = f"{abs(node.value):.12g}"
        return (MINUS + digits, _SIGN) if node.value < 0 else (digits, _ATOM)
    if isinstance(node, Variable):
        return "x", _ATOM
    if isinstance(node, Binary):
        return _written_binary(node)
    if isinstance(node, Power):
        exponent = f"{node.exponent:.12g}".replace("-", MINUS)
        return f"{_within(node.base, _ATOM)}^{exponent if node.exponent > 0 else f'({exponent})'}", _POWER
    if isinstance(node, Choice):
        return f"({text(node.then)} if {text(node.left)} > {text(node.right)} else {text(node.otherwise)})", _ATOM
    return f"{node.name}({', '.join(map(text, node.args))})", _ATOM


def _written_binary(node: Binary) -> tuple[str, int]:
    if node.op == "*" and node.left == Number(-1.0):
        return MINUS + _within(node.right, _PRODUCT), _SIGN
    if node.op in "+-":
        sign = MINUS if node.op == "-" else "+"
        return f"{_within(node.left, _SUM)} {sign} {_within(node.right, _PRODUCT)}", _SUM
    sign = TIMES if node.op == "*" else " / "
    return f"{_within(node.left, _PRODUCT)}{sign}{_within(node.right, _SIGN + 1)}", _PRODUCT


def _within(node: Node, least: int) -> str:
    """``node`` as a part of something that binds as tightly as ``least``: in brackets where it binds less."""
    words, binds = _written(node)
    return words if binds >= least else f"({words})"
