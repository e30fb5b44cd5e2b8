"""What the Perceptron page says: the neuron by numbers, as one writes it on paper, and how training stands."""

from __future__ import annotations

import html
import math
import re

from engine.contradiction import SUBSCRIPTS, Contradiction
from engine.line import Line
from engine.perceptron import Update
from gui.graphics import ticks
from gui.perceptron_view import PerceptronView

MOST_INEQUALITIES = 8
NO_POINTS = ("No points yet", "Click into the plane: each click places a point of the chosen class.")
NO_NUMBERS = "What becomes of a sample is written here, step by step."
NOT_YET = "Press → for the first sample, or Space to play."


def value(number: float) -> str:
    """A weight, as short as four decimals allow: 0.1, −0.0123, 2.5·10⁻⁵.

    >>> [value(v) for v in (0.1, -0.01234, 1.0, 0.0, 0.000025)]
    ['0.1', '−0.0123', '1', '0', '2.5·10⁻⁵']
    """
    if number and (abs(number) < 5e-4 or abs(number) >= 1e6) and math.isfinite(number):
        return ticks.power(float(f"{number:.2g}"))
    text = f"{number:,.4f}".rstrip("0").rstrip(".")
    return text.replace("-", "" if not text.strip("-0.,") else ticks.MINUS)


def factor(number: float) -> str:
    """The same behind a sign of multiplication or a plus: negative ones stand in brackets."""
    return f"({value(number)})" if number < 0 else value(number)


def pair(numbers: tuple[float, ...]) -> str:
    """``(0.1, −0.2)``."""
    return f"({', '.join(map(value, numbers))})"


def weighted_sum(update: Update) -> tuple[str, str]:
    """``w₁x₁ + w₂x₂ + b``, and with its numbers: ``0.1·1 + 0.2·0 + (−0.1)``."""
    w = update.before.w.tolist()
    names = [f"w{i}x{i}".translate(SUBSCRIPTS) for i in range(1, len(w) + 1)]
    terms = [f"{factor(a)}·{factor(x)}" for a, x in zip(w, update.x, strict=True)]
    first = terms[0].removeprefix("(").replace(")", "", 1) if w[0] < 0 else terms[0]
    return " + ".join([*names, "b"]), " + ".join([first, *terms[1:], factor(update.before.b)])


def weights_move(update: Update, rate: float) -> str:
    """``(0.1, 0) + 0.1·1·(1, 1)``: what becomes of w."""
    return f"{pair(weights(update.before))} + {value(rate)}·{factor(update.error)}·{pair(update.x)}"


def bias_move(update: Update, rate: float) -> str:
    """``−0.1 + 0.1·1``: what becomes of b."""
    return f"{value(update.before.b)} + {value(rate)}·{factor(update.error)}"


def weights(line: Line) -> tuple[float, ...]:
    """w, as numbers."""
    return tuple(line.w.tolist())


def verdict(view: PerceptronView) -> tuple[str, str]:
    """A headline, and a sentence or two."""
    if view.line is None:
        return NO_POINTS
    n = len(view.labels)
    if view.converged_epoch is not None:
        return f"Converged at epoch {view.converged_epoch}", f"It is the first without an error. {_margin(view)}"
    if view.cycle is not None:
        cycle = view.cycle
        turn = "1 epoch" if cycle.epochs == 1 else f"{cycle.epochs:,} epochs"
        return (
            f"A cycle of {turn}: no line exists",
            f"The weights after epoch {cycle.first_epoch:,} came back after epoch {cycle.first_epoch + cycle.epochs:,}, "
            f"{cycle.updates:,} mistakes later. From the same weights the same mistakes follow, for ever.",
        )
    if view.finished:
        return (
            f"Stopped after {count(view.epoch, 'epoch')}",
            f"{count(view.errors_per_epoch[-1], 'error')} in the last one. A line may still exist, or not: "
            "give it more epochs, or turn Shuffle off so that a cycle can be found.",
        )
    if view.update is None:
        return "Not trained yet", NOT_YET
    return (
        f"Epoch {view.epoch + 1:,}",
        f"{count(view.errors, 'error')} in {view.position} of {count(n, 'sample')}. "
        f"The line of now answers {view.correct} of {n} right.",
    )


def inequalities(found: Contradiction, view: PerceptronView) -> list[tuple[str, str]]:
    """Each demand with the point that makes it: ``("(2)  w₂ + b > 0", "(0, 1) is 1")``; the rest of many is counted."""
    rows = [
        (f"({i})  {inequality}", f"{pair(tuple(view.points[sample].tolist()))} is {view.labels[sample]}")
        for i, (inequality, sample) in enumerate(zip(found.inequalities, found.samples, strict=True), 1)
    ]
    if len(rows) > MOST_INEQUALITIES:
        rest = len(rows) - MOST_INEQUALITIES + 1
        rows = [*rows[: MOST_INEQUALITIES - 1], (f"… {rest} more", "")]
    return rows


def added_up(found: Contradiction) -> list[str]:
    """How they contradict each other, in three lines; of many only what they add up to."""
    above, below = found.sums
    if len(found.inequalities) > MOST_INEQUALITIES:
        return [f"Those > 0 add up to {above},", f"the others to {below}.", "Both cannot be."]
    sides = [
        " + ".join(
            f"({place})" if times == 1 else f"{times}×({place})"
            for place, (inequality, times) in enumerate(zip(found.inequalities, found.times, strict=True), 1)
            if inequality.above == side
        )
        for side in (True, False)
    ]
    return [f"{sides[0]}:  {above}", f"{sides[1]}:  {below}", "Both cannot be."]


def _margin(view: PerceptronView) -> str:
    if view.margin is None:
        return "The weights are 0: there is no line, and one answer for all."
    if not view.margin:
        return "The margin is 0: a point lies on the line, which counts as 0."
    return f"The margin is {value(view.margin)}: so far from the line is the nearest point."


def count(n: int, what: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def unmarked(rich: str) -> str:
    """A rich text as plain one.

    >>> unmarked("z &gt; 0, so&nbsp;<b>1</b>")
    'z > 0, so 1'
    """
    return html.unescape(re.sub(r"<[^>]*>", "", rich)).replace("\N{NO-BREAK SPACE}", " ").strip()
