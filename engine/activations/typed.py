"""A function that a person types."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from numpy.typing import NDArray

from engine.activations import ACTIVATIONS, Activation, blocks
from engine.errors import InvalidSpec
from engine.expression import MAX_LENGTH, parse, problem
from engine.formula import text
from engine.registry import written


@ACTIVATIONS.register
@dataclass(frozen=True)
class Typed(Activation):
    """f(z) is what ``expression`` says, f' what the rules of calculus make of it (:mod:`engine.formula`).

    The compiled step does not know it: NumPy trains. Its bounds are not known, so none are claimed.
    """

    expression: str = written(
        "x*tanh(x)", "f(x)", problem, MAX_LENGTH,
        help="Any function of x, as x*tanh(x) or max(x, 0.1*x). Its derivative is found and checked for you.",
    )  # fmt: skip

    name: ClassVar[str] = "typed"
    label: ClassVar[str] = "typed (your own)"
    summary: ClassVar[str] = "A function of your own. Whether a network learns with it is for you to find out."
    formula: ClassVar[str] = "x·tanh(x)"
    derivative: ClassVar[str] = "tanh(x) + x·(1 − tanh(x)^2)"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    order: ClassVar[int] = 90

    def __post_init__(self) -> None:
        try:
            expression = parse(self.expression)
            words = text(expression.node), text(expression.slope)
        except InvalidSpec:
            words = self.expression, ""  # validation says what is wrong with it
        # Not settings, so no fields: what the screen shows of this very function.
        object.__setattr__(self, "formula", words[0])
        object.__setattr__(self, "derivative", words[1])

    @property
    def title(self) -> str:
        return self.expression

    def forward(self, z: NDArray, out: NDArray) -> None:
        program = parse(self.expression).value_program
        for part, z_part in blocks(out, z):
            program(z_part, part)

    def gradient(self, z: NDArray, a: NDArray, out: NDArray) -> None:
        program = parse(self.expression).slope_program
        for part, z_part in blocks(out, z):
            program(z_part, part)
