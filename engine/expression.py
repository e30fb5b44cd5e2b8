"""A function typed by a person, ``x*tanh(x)``: read by a grammar of our own, never run as code, and computed with NumPy.

sum      product { (+ | −) product }
product  signed { (* | /) signed }
signed   [ − | + ] signed, or power
power    atom [ ^ signed ]
atom     number, x, pi, e, name(sum), name(sum, sum), or (sum)
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import formula
from engine.errors import InvalidSpec
from engine.formula import ARGUMENTS, Node, Number

MAX_LENGTH = 120
MAX_DEPTH = 24
MAX_POWER = 20.0
SPAN = (-5.0, 5.0)  # where a function is drawn, and where its derivative is checked
CONSTANTS = {"pi": math.pi, "e": math.e}
VARIABLES = ("x", "z")
KNOWN = ", ".join(("x", *CONSTANTS, *ARGUMENTS))

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>\*\*|[-+*/^(),]))"
)
_ALIASES = str.maketrans({"−": "-", "·": "*", "×": "*", "÷": "/", "π": "pi"})


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int  # counted from 1, as a person counts


class _Parser:
    """Recursive descent, one method for each line of the grammar. Raises :class:`InvalidSpec`."""

    def __init__(self, source: str) -> None:
        self._tokens = _tokens(source)
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._sum()
        if self._token.kind != "end":
            raise _unexpected(
                self._token, after_number=self._next > 0 and self._tokens[self._next - 1].kind == "number"
            )
        return node

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, *texts: str) -> _Token | None:
        """The token at hand if it is one of ``texts``, and on to the next."""
        token = self._token
        if token.kind != "sign" or token.text not in texts:
            return None
        self._next += 1
        return token

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            raise InvalidSpec(f"a {text!r} is missing {_place(self._token)}")

    def _build(self, make: Callable[..., Node], *args: Any, at: int) -> Node:
        """What ``make`` builds. What numbers are computed on the way must be finite numbers again."""
        try:
            node = make(*args)
        except (ArithmeticError, ValueError):
            raise InvalidSpec(f"the part at place {at} is not a finite number") from None
        if isinstance(node, Number) and not math.isfinite(node.value):
            raise InvalidSpec(f"the part at place {at} is not a finite number")
        return node

    def _sum(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidSpec(f"it is nested more than {MAX_DEPTH} deep {_place(self._token)}")
        node = self._product()
        while token := self._take("+", "-"):
            make = formula.add if token.text == "+" else formula.subtract
            node = self._build(make, node, self._product(), at=token.at)
        self._depth -= 1
        return node

    def _product(self) -> Node:
        node = self._signed()
        while token := self._take("*", "/"):
            make = formula.multiply if token.text == "*" else formula.divide
            node = self._build(make, node, self._signed(), at=token.at)
        return node

    def _signed(self) -> Node:
        negative = False
        while token := self._take("-", "+"):
            negative ^= token.text == "-"
        node = self._power()
        return formula.negate(node) if negative else node

    def _power(self) -> Node:
        base = self._atom()
        token = self._take("^", "**")
        if token is None:
            return base
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidSpec(f"it is nested more than {MAX_DEPTH} deep {_place(self._token)}")
        exponent = self._signed()
        self._depth -= 1
        if isinstance(exponent, Number):
            if abs(exponent.value) > MAX_POWER:
                raise InvalidSpec(
                    f"the power at place {token.at} is outside {formula.MINUS}{MAX_POWER:g} to {MAX_POWER:g}"
                )
            return self._build(formula.power, base, exponent.value, at=token.at)
        if not isinstance(base, Number) or base.value <= 0:
            raise InvalidSpec(f"the power at place {token.at} must be a number, or its base a number above 0")
        # c^u is e^(u · ln c).
        inner = formula.multiply(Number(1.0 if base.value == math.e else math.log(base.value)), exponent)
        return self._build(formula.call, "exp", inner, at=token.at)

    def _atom(self) -> Node:
        token = self._token
        if token.kind == "number":
            self._next += 1
            return self._build(Number, float(token.text), at=token.at)
        if token.kind == "name":
            self._next += 1
            return self._named(token)
        if self._take("("):
            node = self._sum()
            self._expect(")")
            return node
        raise _unexpected(token)

    def _named(self, token: _Token) -> Node:
        if token.text in VARIABLES:
            return formula.X
        if token.text in CONSTANTS:
            return Number(CONSTANTS[token.text])
        if token.text not in ARGUMENTS:
            raise InvalidSpec(f"{token.text[:20]!r} {_place(token)} is not known; known are {KNOWN}")
        if self._take("(") is None:
            raise InvalidSpec(f"{token.text} needs brackets, as in {token.text}(x)")
        args = [self._sum()]
        while self._take(","):
            args.append(self._sum())
        self._expect(")")
        if len(args) != (wanted := ARGUMENTS[token.text]):
            things = f"{wanted} argument" + "s" * (wanted > 1)
            raise InvalidSpec(f"{token.text} takes {things}, not {len(args)} {_place(token)}")
        return self._build(formula.call, token.text, *args, at=token.at)


def _tokens(source: str) -> list[_Token]:
    if len(source) > MAX_LENGTH:
        raise InvalidSpec(f"it is {len(source):,} characters long; at most {MAX_LENGTH} are possible")
    source = source.translate(_ALIASES).rstrip()
    if not source:
        raise InvalidSpec("it is empty; write a function of x, as x*tanh(x)")
    if not source.isascii():
        at = next(i for i, letter in enumerate(source) if not letter.isascii())
        raise InvalidSpec(f"{source[at]!r} means nothing here (place {at + 1})")
    tokens, at = [], 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            at += len(source[at:]) - len(source[at:].lstrip())
            raise InvalidSpec(f"{source[at]!r} means nothing here (place {at + 1})")
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match[kind], match.start(kind) + 1))
        at = match.end()
    return [*tokens, _Token("end", "", len(source) + 1)]


def _place(token: _Token) -> str:
    return "at the end" if token.kind == "end" else f"at place {token.at}"


def _unexpected(token: _Token, after_number: bool = False) -> InvalidSpec:
    if token.kind == "end":
        return InvalidSpec("it breaks off at the end")
    if after_number and token.kind == "name":
        return InvalidSpec(f"a * is missing before {token.text[:20]!r} {_place(token)}")
    return InvalidSpec(f"{token.text[:20]!r} can't stand {_place(token)}")


# --- computing ----------------------------------------------------------------------------------------------------------


def _sigmoid(u: NDArray) -> NDArray:
    result: NDArray = np.tanh(u * 0.5) * 0.5 + 0.5
    return result


def _choose(left: Any, right: Any, then: Any, otherwise: Any) -> NDArray:
    chosen: NDArray = np.where(np.greater(left, right), then, otherwise)
    dtype = (left if isinstance(left, np.ndarray) else right).dtype
    return chosen if chosen.dtype == dtype else np.asarray(chosen, dtype)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "power": np.power, "choose": _choose,
    "exp": np.exp, "log": np.log, "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "abs": np.abs, "sqrt": np.sqrt,
    "sign": np.sign, "max": np.maximum, "min": np.minimum, "sigmoid": _sigmoid,
    "relu": lambda u: np.maximum(u, 0.0), "softplus": lambda u: np.logaddexp(u, 0.0),
}  # fmt: skip


class Program:
    """A formula as a list of NumPy calls, no part computed twice. It is called with z (any shape) and an array to fill."""

    def __init__(self, node: Node) -> None:
        self._steps: list[tuple[Callable[..., Any], tuple[int | float, ...], int]] = []
        self._result = self._place_of(node, {}, {})
        last = {arg: step for step, (_, args, _) in enumerate(self._steps) for arg in args if isinstance(arg, int)}
        # What no later step reads is let go, so that a long formula needs few arrays at a time.
        free: list[list[int]] = [[] for _ in self._steps]
        for place, step in last.items():
            if place not in (0, self._result):
                free[step].append(place)
        self._free = free

    def _place_of(self, node: Node, seen: dict[int, int], known: dict[tuple[Any, ...], int]) -> int | float:
        """Where the value of ``node`` will lie: an int, 0 for z. A number stands for itself: a float.

        ``seen`` knows nodes by identity, ``known`` what is computed already by operation and places: comparing whole
        trees would take time that grows with their square.
        """
        if isinstance(node, Number):
            return float(node.value)
        if isinstance(node, formula.Variable):
            return 0
        if id(node) not in seen:
            name, args = _parts(node)
            places = tuple(arg if isinstance(arg, float) else self._place_of(arg, seen, known) for arg in args)
            key = (name, *((type(place), place) for place in places))  # the place 2 is not the number 2.0
            if key not in known:
                known[key] = len(known) + 1
                self._steps.append((_OPERATIONS[name], places, known[key]))
            seen[id(node)] = known[key]
        return seen[id(node)]

    def __call__(self, z: NDArray, out: NDArray) -> None:
        """Write the values at ``z`` into ``out``; what is not a number becomes NaN without a warning."""
        if isinstance(self._result, float):
            out.fill(self._result)
            return
        values: list[Any] = [z] + [None] * len(self._steps)
        with np.errstate(all="ignore"):
            for (operation, args, place), free in zip(self._steps, self._free, strict=True):
                values[place] = operation(*(values[arg] if isinstance(arg, int) else arg for arg in args))
                for done in free:
                    values[done] = None
            out[...] = values[self._result]


def _parts(node: Node) -> tuple[str, tuple[Any, ...]]:
    if isinstance(node, formula.Binary):
        return node.op, (node.left, node.right)
    if isinstance(node, formula.Power):
        return ("*", (node.base, node.base)) if node.exponent == 2 else ("power", (node.base, node.exponent))
    if isinstance(node, formula.Choice):
        return "choose", (node.left, node.right, node.then, node.otherwise)
    assert isinstance(node, formula.Call)
    return node.name, node.args


@dataclass(frozen=True)
class Expression:
    """A typed function that was understood, with its derivative."""

    node: Node

    @cached_property
    def slope(self) -> Node:
        """The derivative."""
        return formula.derivative(self.node)

    @cached_property
    def value_program(self) -> Program:
        return Program(self.node)

    @cached_property
    def slope_program(self) -> Program:
        return Program(self.slope)

    def value(self, z: NDArray) -> NDArray:
        """f(z), newly allocated."""
        out = np.empty_like(z)
        self.value_program(z, out)
        return out

    def derivative(self, z: NDArray) -> NDArray:
        """f'(z), newly allocated."""
        out = np.empty_like(z)
        self.slope_program(z, out)
        return out


@lru_cache(maxsize=64)
def parse(source: str) -> Expression:
    """The function that ``source`` means. Raises :class:`InvalidSpec` with what is wrong, and where.

    >>> formula.text(parse("x*tanh(x)").slope)
    'tanh(x) + x·(1 − tanh(x)^2)'
    """
    return Expression(_Parser(source).whole())


def problem(source: str) -> str:
    """What is wrong with a typed function, as the end of a sentence; "" for nothing."""
    try:
        expression = parse(source)
    except InvalidSpec as error:
        return str(error)
    if not np.isfinite(expression.value(_places())).any():
        return f"it is not a number anywhere from {formula.MINUS}{-SPAN[0]:g} to {SPAN[1]:g}"
    return ""


def check_derivative(source: str) -> float:
    """The largest relative error of the derivative against central differences, in float64 over :data:`SPAN`.

    Left out are places where f is not finite and corners, where the slopes of both sides differ. Raises
    :class:`InvalidSpec`; NaN where no place is left.
    """
    expression, z, h = parse(source), _places(), 1e-5
    with np.errstate(all="ignore"):
        before, here, after = (expression.value(z + step) for step in (-h, 0.0, h))
        slope = expression.derivative(z)
        central, left, right = (after - before) / (2 * h), (here - before) / h, (after - here) / h
        size = np.maximum(1.0, np.maximum(np.abs(slope), np.abs(here)))
        smooth = np.abs(left - right) <= 1e-2 * np.maximum(size, np.abs(central))
        error = (np.abs(slope - central) / size)[smooth & np.isfinite(central)]
    if not len(error):
        return math.nan
    return float(np.where(np.isnan(error), math.inf, error).max())


def _places() -> NDArray:
    """Some hundred places over the span, none of them a round number, where corners are."""
    return np.linspace(SPAN[0] + 0.0137, SPAN[1] - 0.0119, 401)
