"""What every picture of a study is: trials that can be pointed at, chosen and opened, by mouse and by key."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from gui import fonts
from gui.graphics.trial_axes import Axis, Trials
from gui.theme import Theme, mix

_WALK = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
_KEYS = frozenset({*_WALK, Qt.Key.Key_Home, Qt.Key.Key_End})
NEAR = 9.0
DOT = 3.5


def rank_color(theme: Theme, rank: float) -> QColor:
    """One hue from pale (0, the worst) to strong (1, the best); what has no rank is grey."""
    if math.isnan(rank):
        return mix(theme.panel, theme.quiet, 0.35)
    return mix(mix(theme.panel, theme.accent, 0.22), mix(theme.accent, theme.text, 0.18), rank)


class TrialPlot(QWidget):
    """``picked(number)`` by click or key, ``opened(number)`` by double-click or Enter, ``pointed(number, QRect)`` for the
    trial under the pointer and where it is, −1 for none.

    A subclass paints what stands still (:meth:`paint_still`, kept as a picture) and what is lit (:meth:`paint_lit`), and says
    which trial lies where (:meth:`hit`). ``empty`` is said while there is nothing to show.
    """

    picked = Signal(int)
    opened = Signal(int)
    pointed = Signal(int, QRect)

    def __init__(self, theme: Theme, name: str, empty: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self._empty = theme, empty
        self.trials: Trials | None = None
        self.selected = self.hovered = -1
        self._still: QPixmap | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    # --- what it shows --------------------------------------------------------------------------------------------

    def show_trials(self, trials: Trials | None) -> None:
        """Show these; None for no study."""
        self.trials, self._still = trials, None
        if trials is None or self.hovered not in trials.rows:
            self._point(-1)
        self.update()

    def select(self, number: int) -> None:
        """Put the mark on a trial; emits nothing."""
        if number != self.selected:
            self.selected = number
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        self.theme, self._still = theme, None
        self.update()

    def walk(self) -> tuple[int, ...]:
        """The numbers that the arrow keys go through: the best first."""
        if self.trials is None:
            return ()
        return tuple(self.trials.view.trials[row].number for row in self.trials.best_first)

    def lacks(self) -> str:
        """What to say in place of the picture, "" where there is something to show."""
        return self._empty if self.trials is None or not self.trials.best_first else ""

    def hit(self, at: QPointF) -> int:
        """The number of the trial at a place, −1 for none."""
        return -1

    def spot(self, number: int) -> QRectF:
        """Where a trial is, for the card beside it."""
        return QRectF()

    def paint_still(self, painter: QPainter) -> None:
        """Everything that does not hang on pointer and choice."""

    def paint_lit(self, painter: QPainter) -> None:
        """What the pointer is on, and the choice."""

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if words := self.lacks():
            self._say(painter, words)
        else:
            ratio = self.devicePixelRatioF()
            if self._still is None or self._still.devicePixelRatio() != ratio:
                self._still = QPixmap(self.size() * ratio)
                self._still.setDevicePixelRatio(ratio)
                self._still.fill(self.theme.panel)
                with QPainter(self._still) as still:
                    still.setRenderHint(QPainter.RenderHint.Antialiasing)
                    self.paint_still(still)
            painter.drawPixmap(0, 0, self._still)
            self.paint_lit(painter)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.theme.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)

    def _say(self, painter: QPainter, words: str) -> None:
        painter.setPen(self.theme.quiet)
        painter.setFont(fonts.body())
        room = QRectF(self.rect()).adjusted(48, 0, -48, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)

    def paint_frame(
        self, painter: QPainter, box: QRectF, x: Axis, y: Axis, at_most: int = 5, name_y: bool = True
    ) -> None:
        """Grid, marks and names of the two axes around ``box``."""
        theme = self.theme
        painter.setFont(fonts.tabular(fonts.caption()))
        metrics = painter.fontMetrics()
        grid = mix(theme.panel, theme.line, 0.7)
        right = -1e9
        most = max(int(box.width() // 56), 2)
        for place, text in x.marks(min(at_most, most)):
            at = box.left() + place * box.width()
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(at, box.top()), QPointF(at, box.bottom()))
            width = metrics.horizontalAdvance(text)
            if at - width / 2 > right + 6:  # what would run into its neighbour is left out
                painter.setPen(theme.quiet)
                painter.drawText(
                    QRectF(at - width, box.bottom() + 3, 2 * width, 15), Qt.AlignmentFlag.AlignHCenter, text
                )
                right = at + width / 2
        for place, text in y.marks(max(min(at_most, int(box.height() // 28)), 2)):
            at = box.bottom() - place * box.height()
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(box.left(), at), QPointF(box.right(), at))
            painter.setPen(theme.quiet)
            painter.drawText(
                QRectF(box.left() - 78, at - 8, 72, 16),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                text,
            )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.line, 1))
        painter.drawRect(box)
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        painter.setPen(theme.text)
        painter.drawText(QRectF(box.left(), box.bottom() + 18, box.width(), 16), Qt.AlignmentFlag.AlignHCenter, x.label)
        if name_y:
            painter.drawText(QRectF(box.left() - 72, box.top() - 22, 260, 16), Qt.AlignmentFlag.AlignLeft, y.label)

    def paint_dot(self, painter: QPainter, at: QPointF, rank: float, radius: float = DOT) -> None:
        """One trial, with a rim that sets it apart from what lies under it."""
        painter.setPen(QPen(self.theme.panel, 1))
        painter.setBrush(rank_color(self.theme, rank))
        painter.drawEllipse(at, radius, radius)

    def paint_ring(self, painter: QPainter, at: QPointF, chosen: bool) -> None:
        """Around the chosen trial, or the one that the pointer is on."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.theme.text if chosen else self.theme.quiet, 2.5 if chosen else 1.5))
        painter.drawEllipse(at, DOT + 4, DOT + 4)

    def paint_ramp(self, painter: QPainter, corner: QPointF) -> None:
        """The legend of ranks: worst to best, 180 px wide, its right upper corner at ``corner``."""
        theme = self.theme
        bar = QRectF(corner.x() - 112, corner.y() + 4, 80, 8)
        shades = QLinearGradient(bar.topLeft(), bar.topRight())
        shades.setColorAt(0, rank_color(theme, 0.0))
        shades.setColorAt(1, rank_color(theme, 1.0))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shades)
        painter.drawRoundedRect(bar, 3, 3)
        painter.setPen(theme.quiet)
        painter.setFont(fonts.caption())
        side, middle = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(bar.left() - 66, bar.top() - 4, 60, 16), side | middle, "worst")
        painter.drawText(QRectF(bar.right() + 6, bar.top() - 4, 40, 16), middle, "best")

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def _point(self, number: int) -> None:
        if number != self.hovered:
            self.hovered = number
            where = self.spot(number).toAlignedRect() if number >= 0 else QRect()
            self.pointed.emit(number, where)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(-1 if self.lacks() else self.hit(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point(-1)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = -1 if self.lacks() else self.hit(event.position())
        if number >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._pick(number)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        number = -1 if self.lacks() else self.hit(event.position())
        if number >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._pick(number)
            self.opened.emit(number)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _pick(self, number: int) -> None:
        self.select(number)
        self.picked.emit(number)

    def steps(self) -> dict[Qt.Key, int]:
        """How far each arrow key goes."""
        return _WALK

    def event(self, event: QEvent) -> bool:
        # The arrows step the training as the window's shortcuts; here they walk. Space goes on playing.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, walk, steps = Qt.Key(event.key()), self.walk(), self.steps()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.selected >= 0:
            self.opened.emit(self.selected)
        elif walk and key in steps:
            at = walk.index(self.selected) + steps[key] if self.selected in walk else 0
            if 0 <= at < len(walk):
                self._pick(walk[at])
        elif walk and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._pick(walk[0 if key == Qt.Key.Key_Home else -1])
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._still = None

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
