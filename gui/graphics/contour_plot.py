"""Contour: the objective over two hyperparameters, between the trials and not beyond them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QWidget

from gui.graphics.slice_plot import ScatterPlot
from gui.graphics.trial_axes import Trials, higher_is_better
from gui.graphics.trial_plot import rank_color
from gui.theme import Theme, mix

EMPTY = "Two settings and the objective between them will be a map here, once a few trials are finished."
SIDE = 160
_WIDTH = 0.09  # of the kernel, as a share of an axis
_STEPS = 9


def field_of(x: NDArray, y: NDArray, values: NDArray, side: int = SIDE) -> NDArray:
    """(side, side) means of ``values`` (n,) weighted by a Gaussian around places ``x``, ``y`` (n,) in 0..1; row 0 on top.

    Not a number where no trial is near: nothing is known there. Nadaraya and Watson, 1964.
    """
    grid = (np.arange(side) + 0.5) / side
    across = np.exp(-0.5 * ((grid[:, None] - x) / _WIDTH) ** 2)
    up = np.exp(-0.5 * ((grid[::-1, None] - y) / _WIDTH) ** 2)
    weight = up @ across.T
    result: NDArray = np.full((side, side), np.nan)
    known = weight > 0.08
    result[known] = ((up * values) @ across.T)[known] / weight[known]
    return result


class ContourPlot(ScatterPlot):
    """``choose(x, y)`` takes the places of two hyperparameters in the space."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Contour", EMPTY, parent)
        self.pair = (0, 1)

    def choose(self, x: int, y: int) -> None:
        """Show these two."""
        self.pair, self._still = (x, y), None
        self.update()

    def show_trials(self, trials: Trials | None) -> None:
        if trials is None or max(self.pair) >= len(trials.axes):
            self.pair = (0, 1)
        super().show_trials(trials)

    def lacks(self) -> str:
        if self.trials is not None and self.trials.best_first and len(self.trials.axes) < 2:
            return "This study varies one setting only; a map needs two. See Slice."
        return super().lacks()

    def columns(self, panel: int) -> tuple[int, int]:
        return self.pair

    def boxes(self) -> list[QRectF]:
        return [QRectF(84, 32, max(self.width() - 84 - 24, 20), max(self.height() - 32 - 44, 20))]

    def paint_still(self, painter: QPainter) -> None:
        trials, box = self.trials, self.boxes()[0]
        assert trials is not None
        x, y = self.pair
        rows = [r for r in trials.best_first if np.isfinite(trials.places[r, [x, y]]).all()]
        places, goal = trials.places[rows], trials.goal_axes[0]
        if rows:
            # Ranks, not values: one bad trial must not make all others look the same.
            field = field_of(places[:, x], places[:, y], trials.rank[rows])
            painter.drawImage(box, self._image(field))
        self.paint_frame(painter, box, trials.axes[x], trials.axes[y])
        for row in reversed(rows):
            point = self.at(row, 0, box)
            if point is not None:
                painter.setPen(QPen(self.theme.text, 1))
                painter.setBrush(rank_color(self.theme, float(trials.rank[row])))
                painter.drawEllipse(point, 4, 4)
        best = "highest" if higher_is_better(goal.goal) else "lowest"
        self.setAccessibleDescription(f"Darkest where the {goal.label.lower()} is {best}.")
        self.paint_ramp(painter, QPointF(self.width() - 24, 4))

    def _image(self, field: NDArray) -> QImage:
        """In steps, so that equal heights are seen as lines."""
        colors = [rank_color(self.theme, i / (_STEPS - 1)) for i in range(_STEPS)]
        pale = [mix(self.theme.panel, color, 0.7).rgb() for color in colors]
        table = np.array([*pale, self.theme.panel.rgb()], np.uint32)
        index = np.where(np.isnan(field), _STEPS, np.clip(np.nan_to_num(field) * _STEPS, 0, _STEPS - 1)).astype(int)
        pixels = table[index]
        return QImage(
            pixels.data, field.shape[1], field.shape[0], 4 * field.shape[1], QImage.Format.Format_RGB32
        ).copy()
