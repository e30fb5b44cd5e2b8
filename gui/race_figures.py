"""The table of a race: figures of every lane, their difference to one of them, and which is best. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.race import LaneView, RaceView
from gui.graphics import ticks

LOSS, SCORE, EPOCHS, SECONDS, PARAMETERS = range(5)


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as written, its ``spread`` over seeds, its difference to the baseline's, and a word where it is the best."""

    text: str
    spread: str = ""
    difference: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One lane: ``note`` says what else is to be known of it, ``bad`` that it is nothing good."""

    name: str
    cells: tuple[Cell, ...]
    note: str = ""
    bad: bool = False


def heads(test: bool, regression: bool) -> tuple[tuple[str, str], ...]:
    """(name, explanation) of each column."""
    part = "Test" if test else "Train"
    score = (
        (f"{part} R²", "1 at best; 0 is what the mean would do.") if regression else
        (f"{part} accuracy", "The share of samples that are right; differences are in percentage points.")
    )  # fmt: skip
    return (
        (f"{part} loss", "Without the penalty of L1 and L2."), score,
        ("Epochs", "How many it was trained."), ("Seconds", "Training time of its own."),
        ("Parameters", "Weights and biases."),
    )  # fmt: skip


def rows(view: RaceView, baseline: int, test: bool) -> list[Row]:
    """One row a lane, in their order."""
    regression = view.lanes[0].spec.data.dataset.regression
    # Columns of what a lane comes to: epoch, train loss, test loss, train accuracy, test accuracy, seconds.
    picked = (2 if test else 1, 4 if test else 3, 0, 5)
    values = [[*(_value(view, i, column) for column in picked), float(lane.spec.n_parameters)]
              for i, lane in enumerate(view.lanes)]  # fmt: skip
    spreads = [[*(_deviation(view, i, column) for column in picked), math.nan] for i in range(len(view.lanes))]
    marks = _marks(view, values) if view.done or view.seeds_done else {}
    write = _writers(regression)
    result = []
    for i, lane in enumerate(view.lanes):
        cells = []
        for column, (text, change) in enumerate(write):
            value, deviation = values[i][column], spreads[i][column]
            written = text(value) if math.isfinite(value) else "–"
            around = f"±{text(deviation).removesuffix(' %').removesuffix(' s')}" if deviation > 0 else ""
            step = value - values[baseline][column]
            apart = change(step) if i != baseline and math.isfinite(step) else ""
            if column in (EPOCHS, PARAMETERS) and not step:
                apart = ""  # as a rule they are the same
            cells.append(Cell(written, around, apart, marks.get((i, column), "")))
        note, bad = _note(view, i, lane)
        result.append(Row(lane.name, tuple(cells), note, bad))
    return result


def words(view: RaceView, lane: LaneView, test: bool) -> tuple[str, ...]:
    """What stands under a lane's picture: ``loss 0.0412``, ``98.4 %``, ``epoch 300``."""
    epochs = f"epoch {lane.metrics.epoch:,.0f}"
    if not lane.compiled and any(other.compiled for other in view.lanes):
        epochs += ", NumPy"  # it needs more time for an epoch than the others, which is not its fault
    if lane.state == "diverged":
        return "diverged", epochs
    metrics = lane.metrics
    loss, score = (
        (metrics.test_loss, metrics.test_accuracy) if test else (metrics.train_loss, metrics.train_accuracy)
    )  # fmt: skip
    shown = f"R² {ticks.score(score)}" if lane.spec.data.dataset.regression else ticks.percent(score)
    return f"loss {ticks.loss(loss)}", shown, epochs


def _value(view: RaceView, lane: int, column: int) -> float:
    if view.spreads:
        return view.spreads[lane].mean(column)
    shown = view.lanes[lane]
    return float((*shown.metrics[:5], shown.seconds)[column])


def _deviation(view: RaceView, lane: int, column: int) -> float:
    return view.spreads[lane].deviation(column) if view.spreads else math.nan


def _note(view: RaceView, place: int, lane: LaneView) -> tuple[str, bool]:
    if view.spreads:
        diverged = view.spreads[place].diverged
        return (f"{diverged} of {view.seeds_done} diverged", True) if diverged else ("", False)
    if lane.state == "diverged":
        return "diverged", True
    if lane.state == "stopped":
        return "stopped early", False
    if lane.state == "arrived" and not lane.reached:
        return "not reached", True
    if not lane.compiled and any(other.compiled for other in view.lanes):
        return "NumPy", False  # it needs more time for an epoch than the others, which is not its fault
    return "", False


def _marks(view: RaceView, values: list[list[float]]) -> dict[tuple[int, int], str]:
    """(lane, column) -> the word. A lane that diverged is best at nothing; nor is anybody where all are the same."""
    sound = [
        i for i, lane in enumerate(view.lanes)
        if (len(view.spreads[i].finals) > 0 if view.spreads else lane.state != "diverged")
    ]  # fmt: skip
    goal = view.finish.goal is not None
    words = {LOSS: "best", SCORE: "best", SECONDS: "least", PARAMETERS: "least"} | ({EPOCHS: "least"} if goal else {})
    if goal and not view.spreads:
        sound_at_end = [i for i in sound if view.lanes[i].reached]
    else:
        sound_at_end = sound
    found = {}
    for column, word in words.items():
        # Who gave up before the goal is not fast.
        lanes = [
            i for i in (sound_at_end if column in (EPOCHS, SECONDS) else sound) if math.isfinite(values[i][column])
        ]
        figures = {values[i][column] for i in lanes}
        if len(lanes) > 1 and len(figures) > 1:
            best = max(figures) if column == SCORE else min(figures)
            found |= {(i, column): word for i in lanes if values[i][column] == best}
    return found


def _writers(regression: bool) -> list[tuple[Callable[[float], str], Callable[[float], str]]]:
    """How a figure of each column is written, and a difference of two."""
    score = (ticks.score, lambda d: signed(d, ticks.score)) if regression else (
        ticks.percent, lambda d: signed(100 * d, lambda v: f"{v:.1f}"))  # fmt: skip
    return [
        (ticks.loss, lambda d: signed(d, ticks.loss)), score,
        (_count, lambda d: signed(d, _count)),
        (lambda v: f"{v:.2f} s", lambda d: signed(d, lambda v: f"{v:.2f}")),
        (_count, lambda d: signed(d, _count)),
    ]  # fmt: skip


def _count(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def signed(value: float, write: Callable[[float], str]) -> str:
    """``+0.0103``, ``−12``, ``±0``.

    >>> [signed(v, lambda v: f"{v:.1f}") for v in (1.25, -3.0, 0.01)]
    ['+1.2', '−3.0', '±0']
    """
    text = write(abs(value))
    if not text.strip("0.,"):
        return "±0"
    return f"{'+' if value > 0 else ticks.MINUS}{text}"


def room_for(far: float, most: float) -> float:
    """Where an axis ends for lines that have come as far as ``far`` of ``most``, so that a long race is seen from the start.

    >>> [room_for(far, 3000) for far in (0, 3, 70, 700, 2500)]
    [10.0, 10.0, 100.0, 1000.0, 3000]
    >>> room_for(0.3, 5.0), room_for(2.0, 0.0)
    (1.0, 0.0)
    """
    end = ticks.nice_step(far * 1.0001, 1) if far > 0 else 0.0
    return min(max(end, 10.0 if most > 100 else 1.0), most)
