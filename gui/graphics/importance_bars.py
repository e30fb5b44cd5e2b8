"""How much each hyperparameter mattered: a bar each, the longest on top."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics.ticks import percent
from gui.graphics.trial_axes import Trials, label_of
from gui.graphics.trial_plot import TrialPlot
from gui.theme import PANEL_PADDING, Theme

FEW = "How much each setting mattered shows here once ten trials are finished."
WAITS = "Working out how much each setting mattered."
_ROW, _BAR = 40, 16
_NAME = 160


class ImportanceBars(TrialPlot):
    """Shares of the objective's variance, 0..1, by the names of the space."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Importance of hyperparameters", FEW, parent)
        self.shares: dict[str, float] = {}
        self.over_all = False
        self.failure = ""

    def show_trials(self, trials: Trials | None) -> None:
        if trials is None or not trials.best_first:
            self.shares, self.failure = {}, ""
        elif not self.over_all:
            self._take(trials.view.importance)
        super().show_trials(trials)

    def measure(self, over_all: bool) -> None:
        """Among the best tenth, which a study always knows; or over all trials, which has to be given."""
        self.over_all = over_all
        self._take({} if over_all or self.trials is None else self.trials.view.importance)
        self.failure = WAITS if over_all else ""

    def show_shares(self, shares: dict[str, float]) -> None:
        """Those over all trials have been worked out."""
        if self.over_all:
            self._take(shares)

    def _take(self, shares: dict[str, float]) -> None:
        self.shares, self.failure, self._still = dict(shares), "", None
        self.setAccessibleDescription(", ".join(f"{label_of(n)} {percent(s)}" for n, s in self._ordered()))
        self.update()

    def show_failure(self, sentence: str) -> None:
        """There are none, and why."""
        self.shares, self.failure = {}, sentence
        self.update()

    def lacks(self) -> str:
        return super().lacks() or ("" if self.shares else self.failure or FEW)

    def _ordered(self) -> list[tuple[str, float]]:
        return sorted(self.shares.items(), key=lambda pair: -pair[1])

    def bar(self, place: int) -> QRectF:
        """The box of a bar at its full length."""
        width = min(self.width() - _NAME - 3 * PANEL_PADDING - 72, 720)
        return QRectF(_NAME + PANEL_PADDING, 56 + place * _ROW + (_ROW - _BAR) / 2, max(width, 40), _BAR)

    def paint_still(self, painter: QPainter) -> None:
        theme, ordered = self.theme, self._ordered()
        top = ordered[0][1] or 1.0
        painter.setFont(fonts.caption())
        painter.setPen(theme.quiet)
        assert self.trials is not None
        n = len(self.trials.best_first)
        goal = self.trials.goals[0].lower()
        words = f"Share of what sets the best tenth of {n:,} finished trials apart, by {goal} (PED-ANOVA)"
        if self.over_all:
            words = f"Share of how much the {goal} of {n:,} finished trials varied (fANOVA)"
        painter.drawText(QRectF(0, 8, self.width(), 18), Qt.AlignmentFlag.AlignLeft, words)
        for place, (name, share) in enumerate(ordered):
            box = self.bar(place)
            if box.bottom() > self.height():
                break
            painter.setPen(theme.text)
            painter.setFont(fonts.body())
            painter.drawText(QRectF(0, box.top() - 4, _NAME, _BAR + 8), Qt.AlignmentFlag.AlignVCenter, label_of(name))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.accent)
            filled = QRectF(box.left(), box.top(), max(box.width() * max(share, 0.0) / top, 2), box.height())
            painter.drawRoundedRect(filled, 4, 4)
            painter.setPen(theme.text)
            painter.setFont(fonts.figures())
            words = QRectF(filled.right() + 8, box.top() - 4, 72, _BAR + 8)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, percent(share))
