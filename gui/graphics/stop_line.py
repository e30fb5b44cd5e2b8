"""What early stopping is at, under the curves: a bar of patience, what was restored, and which samples decide."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.snapshot import RunState, Snapshot
from gui import fonts
from gui.graphics.ticks import counted
from gui.theme import CAPTION_PX, Theme

LINE, BAR, GAP = 16, 56.0, 8.0
_TIP = (
    "How many epochs went by without progress, out of those that early stopping allows. "
    "When the bar is full, training pauses and the weights of the best epoch, the flag, come back."
)


def patience_text(waited: int, patience: int) -> str:
    """``12 of 20 epochs without progress``."""
    return f"{waited:,} of {patience:,} epochs without progress"


def validation_text(n_validation: int, n_train: int, samples: str = "points") -> str:
    """``validation: 28 of 280 training points (10 %)``; ``n_train`` are those that are left for training."""
    whole = n_train + n_validation
    return f"validation: {n_validation:,} of {whole:,} training {samples} ({counted(n_validation, whole)})"


class StopLine(QWidget):
    """One line for early stopping and one for validation samples; it takes no room where neither is asked for."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.share: float | None = None
        self.texts: tuple[str, ...] = ()
        self._run: int | None = None
        self._restored: tuple[int, int] | None = None  # stopped at, weights of
        self.setFont(fonts.figures(CAPTION_PX))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Early stopping")
        self.setToolTip(_TIP)
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Say how patient training still is, and what it brought back."""
        patience, best = snapshot.spec.training.patience, snapshot.best_epoch
        self._remember(snapshot)
        lines = []
        share: float | None = None
        if patience and best is not None:
            stopped = self._is_stopped(snapshot)
            share = 1.0 if stopped else min(snapshot.waited / patience, 1.0)
            lines.append(self._first_line(stopped, snapshot.waited, patience))
        if snapshot.data.validation is not None:
            samples = "points" if snapshot.spec.data.dataset.planar else "images"
            lines.append(validation_text(len(snapshot.data.validation), len(snapshot.data.train), samples))
        if (tuple(lines), share) != (self.texts, self.share):
            self.texts, self.share = tuple(lines), share
            self.setAccessibleDescription(". ".join(lines))
            self.setFixedHeight(LINE * max(len(lines), 1))
            self.setVisible(bool(lines))
            self.update()

    @staticmethod
    def _is_stopped(snapshot: Snapshot) -> bool:
        return snapshot.state is RunState.PAUSED and bool(snapshot.message)

    def _remember(self, snapshot: Snapshot) -> None:
        """What came back stays written for the rest of the run, unless the run is taken back to before it."""
        at = self._restored
        if snapshot.run != self._run or not snapshot.spec.training.patience or (at and snapshot.epoch < at[0]):
            self._run, self._restored = snapshot.run, None
        if self._is_stopped(snapshot) and snapshot.best_epoch is not None:
            self._restored = snapshot.epoch, snapshot.best_epoch

    def _first_line(self, stopped: bool, waited: int, patience: int) -> str:
        if self._restored is None:
            return patience_text(waited, patience)
        at, best = self._restored
        if stopped:
            return f"stopped at {at:,}: weights of epoch {best:,} restored"
        return f"{waited:,} of {patience:,} epochs, weights of epoch {best:,} restored at {at:,}"

    def sizeHint(self) -> QSize:
        return QSize(240, LINE * max(len(self.texts), 1))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, LINE * max(len(self.texts), 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        for number, text in enumerate(self.texts):
            middle, left = (number + 0.5) * LINE, 0.0
            if number == 0 and self.share is not None:
                self._paint_bar(painter, QRectF(0, middle - 3, BAR, 6), self.share)
                left = BAR + GAP
                text = self._fitting(text, self.width() - left)
            painter.setPen(self.theme.quiet)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(self.width() - left))
            painter.drawText(QPointF(left, middle + (metrics.ascent() - metrics.descent()) / 2), text)
        painter.end()

    def _fitting(self, text: str, room: float) -> str:
        """In a narrow panel what came back is worth more than where it stopped."""
        if self._restored is None or self.fontMetrics().horizontalAdvance(text) <= room:
            return text
        return f"weights of epoch {self._restored[1]:,} restored"

    def _paint_bar(self, painter: QPainter, box: QRectF, share: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.line)
        painter.drawRoundedRect(box, 3, 3)
        if share > 0:
            painter.setBrush(self.theme.accent)
            painter.drawRoundedRect(QRectF(box.left(), box.top(), max(share * box.width(), 6.0), box.height()), 3, 3)
