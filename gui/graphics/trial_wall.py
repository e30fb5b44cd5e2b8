"""The wall of a study: a tile for every trial, with its picture, its curve, its number and what came of it."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QHideEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QPolygonF, QShowEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from gui import fonts
from gui.graphics.trial_axes import Trials, goal_words
from gui.graphics.trial_picture import picture_of
from gui.graphics.trial_plot import TrialPlot
from gui.style import selected
from gui.theme import GRID, Theme, mix
from gui.tuning.study import COMPLETE, FAILED, PRUNED, RUNNING, WAITING, TrialView

PICTURE = 112  # about so many px along a side; the tiles fill the width
CURVE = 30
_PAD = 8
TILE_W = PICTURE + 2 * _PAD
_BELOW = CURVE + 34 + 2 * _PAD
_PERIOD_MS = 80
_ROUND = 40  # ticks of the dot's way around a running tile
EMPTY = (
    "A tile for each trial will stand here, with its picture and its curve. Choose what is searched, then press Start."
)


def curve_path(trial: TrialView, box: QRectF, epochs: int) -> QPainterPath:
    """The curve within ``box``: from its first epoch to ``epochs``, from its least to its largest value."""
    points = [(epoch, value) for epoch, value in trial.curve if math.isfinite(value)]
    path = QPainterPath()
    if not points:
        return path
    low, high = min(v for _, v in points), max(v for _, v in points)
    span, last = (high - low) or 1.0, max(epochs, points[-1][0], 2)
    for i, (epoch, value) in enumerate(points):
        x = box.left() + box.width() * (epoch - 1) / (last - 1)
        y = box.bottom() - box.height() * ((value - low) / span if high > low else 0.5)
        if i:
            path.lineTo(x, y)
        else:
            path.moveTo(x, y)
    return path


def star(center: QPointF, radius: float) -> QPolygonF:
    """Five points."""
    points = []
    for i in range(10):
        r = radius if i % 2 == 0 else radius * 0.42
        angle = math.pi * (i / 5 - 0.5)
        points.append(QPointF(center.x() + r * math.cos(angle), center.y() + r * math.sin(angle)))
    return QPolygonF(points)


_NO_PICTURE = {RUNNING: "in training", FAILED: "failed", PRUNED: "pruned early", WAITING: "waits its turn"}


class TrialWall(TrialPlot):
    """Only the tiles in sight are painted. The arrow keys walk as the tiles stand."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "Wall of trials", EMPTY, parent)
        self.by_value = False
        self.reduce_motion = False
        self._order: tuple[int, ...] = ()
        self._room = QSize(600, 400)
        self._columns, self._tile = 1, TILE_W
        self._pixmaps: dict[int, tuple[bytes, int, QPixmap]] = {}
        self._tick = 0
        self._clock = QTimer(self)
        self._clock.setInterval(_PERIOD_MS)
        self._clock.timeout.connect(self._on_tick)

    # --- what it shows --------------------------------------------------------------------------------------------

    def show_trials(self, trials: Trials | None) -> None:
        if trials is None or self.trials is None or trials.view.settings != self.trials.view.settings:
            self._pixmaps.clear()
        self._order = () if trials is None else trials.sorted_rows(self.by_value)
        super().show_trials(trials)
        self._arrange()
        self._breathe()

    def sort(self, by_value: bool) -> None:
        """The best first, or by number."""
        self.by_value = by_value
        self._order = () if self.trials is None else self.trials.sorted_rows(by_value)
        self.update()

    def walk(self) -> tuple[int, ...]:
        if self.trials is None:
            return ()
        return tuple(self.trials.view.trials[row].number for row in self._order)

    def steps(self) -> dict[Qt.Key, int]:
        return {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns}

    def lacks(self) -> str:
        return "" if self._order else self._empty

    def set_room(self, room: QSize) -> None:
        """So much of it is seen at once."""
        self._room = room
        self._arrange()

    def _arrange(self) -> None:
        width = max(self._room.width(), TILE_W + 2)
        self._columns = max(round((width + GRID) / (TILE_W + GRID)), 1)
        self._tile = (width + GRID) // self._columns - GRID
        rows = -(-len(self._order) // self._columns)
        self.resize(width, max(self._room.height(), rows * self._down - GRID))

    @property
    def _across(self) -> int:
        """From one tile to the next."""
        return self._tile + GRID

    @property
    def _down(self) -> int:
        return self._side + _BELOW + GRID

    @property
    def _side(self) -> int:
        """Of the picture."""
        return self._tile - 2 * _PAD

    def spot(self, number: int) -> QRectF:
        walk = self.walk()
        if number not in walk:
            return QRectF()
        return self.box(walk.index(number))

    def box(self, place: int) -> QRectF:
        """Where the tile at ``place`` in the order shown is."""
        row, column = divmod(place, self._columns)
        return QRectF(column * self._across + 1, row * self._down + 1, self._tile - 2, self._side + _BELOW - 2)

    def hit(self, at: QPointF) -> int:
        column, row = int(at.x() // self._across), int(at.y() // self._down)
        place = row * self._columns + column
        if 0 <= column < self._columns and 0 <= place < len(self._order) and self.box(place).contains(at):
            assert self.trials is not None
            return self.trials.view.trials[self._order[place]].number
        return -1

    def apply_theme(self, theme: Theme) -> None:
        self._pixmaps.clear()
        super().apply_theme(theme)

    # --- what moves -----------------------------------------------------------------------------------------------

    def _running(self) -> list[int]:
        """The places of tiles that are being trained."""
        if self.trials is None:
            return []
        trials = self.trials.view.trials
        return [place for place, row in enumerate(self._order) if trials[row].state == RUNNING]

    def _breathe(self) -> None:
        moving = bool(self._running()) and self.isVisible() and not self.reduce_motion
        if moving != self._clock.isActive():
            (self._clock.start if moving else self._clock.stop)()

    @Slot()
    def _on_tick(self) -> None:
        self._tick = (self._tick + 1) % _ROUND
        for place in self._running():
            self.update(self.box(place).toAlignedRect())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._breathe()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._clock.stop()

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), self.theme.panel)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.trials is None or not self._order:
            self._say(painter, self._empty)
            return
        seen = QRectF(event.rect())
        first = max(int(seen.top() // self._down), 0) * self._columns
        last = (int(seen.bottom() // self._down) + 1) * self._columns
        for place in range(first, min(last, len(self._order))):
            box = self.box(place)
            if box.intersects(seen):
                self._paint_tile(painter, self.trials, self.trials.view.trials[self._order[place]], box)

    def _paint_tile(self, painter: QPainter, trials: Trials, trial: TrialView, box: QRectF) -> None:
        theme, chosen = self.theme, trial.number == self.selected
        lit = trial.number == self.hovered
        grey = trial.state in (PRUNED, FAILED)
        best = trial.number in trials.view.best
        painter.setPen(
            QPen(theme.accent, 3 if self.hasFocus() else 2) if chosen else QPen(theme.quiet if lit else theme.line)
        )
        painter.setBrush(selected(theme) if chosen else theme.panel)
        painter.drawRoundedRect(box, 6, 6)
        picture = QRectF(box.left() + _PAD - 1, box.top() + _PAD - 1, self._side, self._side)
        pixmap = self._pixmap(trial)
        if pixmap is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.sunken)
            painter.drawRoundedRect(picture, 4, 4)
            words = _NO_PICTURE.get(trial.state, "no picture")
            painter.setPen(theme.quiet)
            painter.setFont(fonts.caption())
            painter.drawText(picture, Qt.AlignmentFlag.AlignCenter, words)
        else:
            painter.setOpacity(0.3 if grey else 1.0)
            painter.drawPixmap(picture.toRect(), pixmap)
            painter.setOpacity(1.0)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.line, 1))
            painter.drawRect(picture)
        curve = QRectF(picture.left(), picture.bottom() + 5, self._side, CURVE - 6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(mix(theme.panel, theme.quiet, 0.6) if grey else theme.ink(theme.accent, ratio=3.0), 1.5))
        painter.drawPath(curve_path(trial, curve.adjusted(1, 1, -1, -1), trials.view.settings.epochs))
        self._paint_words(painter, trials, trial, QRectF(picture.left(), curve.bottom() + 2, self._side, 34), grey)
        if best:
            self._paint_best(painter, picture, "front" if len(trials.goals) > 1 else "best")
        if trial.state == RUNNING:
            self._paint_moving(painter, box)

    def _paint_words(self, painter: QPainter, trials: Trials, trial: TrialView, box: QRectF, grey: bool) -> None:
        theme = self.theme
        top, below = QRectF(box.left(), box.top(), box.width(), 18), QRectF(box.left(), box.top() + 17, box.width(), 15)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(fonts.tabular(fonts.caption()))
        painter.setPen(theme.quiet)
        painter.drawText(top, left, f"#{trial.number}")
        done = trial.state == COMPLETE and len(trial.values) >= len(trials.goals)
        painter.setPen(theme.ink(theme.danger) if trial.state == FAILED else theme.quiet if grey else theme.text)
        if done:
            painter.setFont(fonts.figures(weight=fonts.SEMIBOLD))
            painter.drawText(top, right, goal_words(trials.goals[0], trial.values[0]))
            painter.setFont(fonts.tabular(fonts.caption()))
            painter.setPen(theme.quiet)
            if len(trials.goals) > 1:
                painter.drawText(below, right, f"{goal_words(trials.goals[1], trial.values[1])} parameters")
            elif trial.seconds:
                painter.drawText(below, right, f"{trial.seconds:,.1f} s")
        else:
            painter.setFont(fonts.body())
            painter.drawText(top, right, trial.state)
            if trial.curve:
                epoch, value = trial.curve[-1]
                painter.setPen(theme.quiet)
                painter.setFont(fonts.tabular(fonts.caption()))
                painter.drawText(below, left, f"epoch {epoch:,}")
                painter.drawText(below, right, goal_words(trials.goals[0], value))

    def _paint_best(self, painter: QPainter, picture: QRectF, word: str) -> None:
        theme = self.theme
        painter.setFont(fonts.caption(fonts.SEMIBOLD))
        width = painter.fontMetrics().horizontalAdvance(word) + 28
        badge = QRectF(picture.left() + 4, picture.top() + 4, width, 20)
        painter.setPen(QPen(theme.accent, 1))
        painter.setBrush(theme.panel)
        painter.drawRoundedRect(badge, 10, 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.ink(theme.accent))
        painter.drawPolygon(star(QPointF(badge.left() + 11, badge.center().y() + 0.5), 6))
        painter.setPen(theme.text)
        painter.drawText(badge.adjusted(20, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, word)

    def _paint_moving(self, painter: QPainter, box: QRectF) -> None:
        """A dot that goes around the tile while it is trained."""
        edge = QPainterPath()
        edge.addRoundedRect(box, 6, 6)
        at = (
            edge.pointAtPercent(self._tick / _ROUND)
            if not self.reduce_motion
            else QPointF(box.right() - 12, box.top() + 12)
        )
        painter.setPen(QPen(self.theme.panel, 1))
        painter.setBrush(self.theme.accent)
        painter.drawEllipse(at, 4.5, 4.5)

    def _pixmap(self, trial: TrialView) -> QPixmap | None:
        """Its picture as large as the tile has it; made once."""
        if not trial.picture:
            return None
        ratio = self.devicePixelRatioF()
        side = round(self._side * ratio)
        kept = self._pixmaps.get(trial.number)
        if kept is not None and kept[1] == side and kept[0] == trial.picture:
            return kept[2]
        assert self.trials is not None
        image = picture_of(trial, self.trials.view.settings.base, self.theme)
        if image.isNull():
            return None
        smooth = Qt.TransformationMode.SmoothTransformation
        pixmap = QPixmap.fromImage(image.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))
        pixmap.setDevicePixelRatio(ratio)
        self._pixmaps[trial.number] = (trial.picture, side, pixmap)
        return pixmap


class ScrollingWall(QScrollArea):
    """The wall, scrolling where there are more tiles than fit; the chosen one is kept in sight."""

    def __init__(self, wall: TrialWall, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wall = wall
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(wall)
        wall.picked.connect(self.reveal)

    @Slot(int)
    def reveal(self, number: int) -> None:
        """Scroll to a trial."""
        box = self.wall.spot(number).toAlignedRect()
        self.ensureVisible(box.center().x(), box.center().y(), 0, box.height() // 2 + GRID)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        bar = self.verticalScrollBar().sizeHint().width()
        self.wall.set_room(QSize(self.width() - bar, self.height()))
