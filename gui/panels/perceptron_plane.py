"""The plane: a perceptron's points and its line. Points are placed, moved, changed and removed here."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.datasets.points import MAX_POINTS, Point
from engine.line import Line
from gui import fonts
from gui.controls.class_picker import ClassPicker
from gui.graphics import perceptron_picture as picture
from gui.graphics.perceptron_words import NO_POINTS, pair
from gui.graphics.plane import Frame, fit
from gui.graphics.plane_legend import PlaneLegend
from gui.panels.base import Panel
from gui.perceptron_view import PerceptronView
from gui.theme import GRID, PANEL_PADDING, RADIUS, Theme

Points = tuple[Point, ...]

PLACES = 2  # decimals of a placed point: what is read on the screen is what is learned
STEP, LEAP = 0.05, 0.25  # of the keyboard's cursor
DRAG_PIXELS = 4
_CURSOR = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DELETE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_CLASSES = {Qt.Key.Key_0: 0, Qt.Key.Key_1: 1}
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
TIP = (
    "Click to place a point, with Shift or the right button one of the other class; drag a point to move it, click it to "
    "change its class, Ctrl+click to remove it. Each change starts again from the first weights; undo brings the trained "
    "line back. By keyboard: arrows move a cursor, Enter places a point or picks one up, 0 and 1 choose a class, Delete "
    "removes."
)


class PerceptronPlane(Panel):
    """``pointsProposed(text, points)`` asks for other points; ``refused(text)`` says why one was not placed."""

    title = "Plane"
    pointsProposed = Signal(str, object)
    refused = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName("Plane with the points and the line")
        self.picker = ClassPicker(theme)
        self.correct = QLabel()
        self.correct.setFont(fonts.figures())
        self.correct.setToolTip(
            "How many of all points the line of now answers right. The epoch's errors count differently: the line moves "
            "between them."
        )
        self.surface = PlaneSurface(theme, self)
        self.legend = PlaneLegend(theme)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.picker)
        row.addStretch(1)
        row.addWidget(self.correct)
        box = QVBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, GRID, PANEL_PADDING, GRID)
        box.setSpacing(4)
        box.addLayout(row)
        box.addWidget(self.surface, 1)
        box.addWidget(self.legend)
        self.surface.pointsProposed.connect(self.pointsProposed)
        self.surface.refused.connect(self.refused)
        self.surface.classChosen.connect(self.picker.set_label)
        self.picker.chosen.connect(self.surface.set_label)

    def show_view(self, view: PerceptronView, overlay: Line | None = None, overlay_name: str = "") -> None:
        """A moment of the run, and another line to lay over it."""
        self.surface.show_view(view, overlay)
        self.legend.show_view(view, picture.scale_of(self.surface.frame, view), overlay_name if overlay else "")
        n = len(view.labels)
        self.correct.setText(f"Correct: {view.correct}/{n}" if n else "")

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for part in (self.picker, self.surface, self.legend):
            part.apply_theme(theme)


class PlaneSurface(QWidget):
    """The picture itself, and the hand on it. ``classChosen(label)``: a key chose the class to place."""

    pointsProposed = Signal(str, object)
    refused = Signal(str)
    classChosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.frame = Frame(QRectF())
        self.cursor_at = (0.5, 0.5)
        self._view: PerceptronView | None = None
        self._overlay: Line | None = None
        self._points: Points = ()
        self._label = 1
        self._pressed: QPointF | None = None
        self._held: int | None = None  # the point under a pressed button, or picked up by a key
        self._at: tuple[float, float] | None = None  # where it is held now
        self._keyboard = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # not by a click: Space plays and arrows step right after it
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Points in the plane")
        self.setToolTip(TIP)

    def sizeHint(self) -> QSize:
        return QSize(480, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)

    # --- showing --------------------------------------------------------------------------------------------------

    def show_view(self, view: PerceptronView, overlay: Line | None) -> None:
        """A moment of the run. A point that is held stays in the hand as long as there are as many."""
        if self._view is None or view.points is not self._view.points:
            if len(view.points) != len(self._points):
                self._let_go()
            self._points = view.problem.points()
            self._fit(view)
        self._view, self._overlay = view, overlay
        self.setAccessibleDescription(f"{len(self._points)} points, {view.correct} answered right")
        self.update()

    def set_label(self, label: int) -> None:
        """The class of the next point."""
        self._label = label

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def _fit(self, view: PerceptronView) -> None:
        rect = QRectF(self.rect()).adjusted(picture.LEFT, 4, -4, -picture.BOTTOM + 14)
        self.frame = fit(rect, view.points)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._view is not None:
            self._fit(self._view)

    def explain_at(self, at: object) -> str:
        """For F1: the point there, or nothing."""
        i = self._hit(QPointF(at))  # type: ignore[call-overload]
        if i is None or self._view is None or self._view.answers is None:
            return ""
        x, y, label = self._points[i]
        right = "right" if self._view.answers[i] == label else "wrong"
        return f"Sample {i + 1}, {pair((x, y))}, is {label}. The line of now answers {self._view.answers[i]}: {right}."

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._view is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        picture.paint(painter, self.theme, self.frame, self._view, self._overlay)
        picture.paint_axes(painter, self.theme, self.frame)
        if not self._points:
            painter.setFont(fonts.body())
            text = f"{NO_POINTS[0]}. {NO_POINTS[1]}"
            middle = Qt.AlignmentFlag.AlignCenter
            ground = painter.boundingRect(self.frame.rect, middle, text).adjusted(-12, -6, 12, 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.theme.panel)
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
            painter.setPen(self.theme.quiet)
            painter.drawText(self.frame.rect, middle, text)
        if self._held is not None and self._at is not None:
            picture.paint_point(
                painter, self.theme, self.frame.to_pixels(*self._at), self._points[self._held][2], len(self._points)
            )
        if self._keyboard and self.hasFocus():
            self._paint_cursor(painter)
        painter.end()

    def _paint_cursor(self, painter: QPainter) -> None:
        at = self.frame.to_pixels(*self.cursor_at)
        for color, width in ((self.theme.panel, 4.0), (self.theme.accent, 2.0)):
            painter.setPen(QPen(color, width))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(at + QPointF(6 * dx, 6 * dy), at + QPointF(16 * dx, 16 * dy))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self.frame.rect.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.setFont(fonts.figures(11))
        painter.setPen(self.theme.text)
        painter.drawText(at + QPointF(10, -10), pair(self.cursor_at))

    # --- the hand -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) or self._pressed is not None:
            event.ignore()
            return
        at, hit = event.position(), self._hit(event.position())
        if hit is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._remove(hit)
        elif hit is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._held, self._at = at, hit, None
        elif hit is None and self.frame.rect.contains(at):
            other = (
                event.button() == Qt.MouseButton.RightButton or event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            )
            self._add(self._rounded(self.frame.to_plane(at)), 1 - self._label if other else self._label)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None:
            over = self._hit(event.position()) is not None
            self.setCursor(Qt.CursorShape.OpenHandCursor if over else Qt.CursorShape.CrossCursor)
        elif not event.buttons() & Qt.MouseButton.LeftButton:
            self._let_go()  # the release went to somebody else
        elif self._at is not None or (event.position() - self._pressed).manhattanLength() > DRAG_PIXELS:
            self._at = self._rounded(self.frame.to_plane(self._inside(event.position())))
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None or self._held is None:
            return
        held, at = self._held, self._at
        self._let_go()
        if at is None:
            self._relabel(held, 1 - self._points[held][2])
        else:
            self._move(held, at)

    # --- the keyboard ---------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # The arrows are the window's keys for a step; with a cursor to move they belong here. Space and R stay the window's.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_ours(event):
            event.accept()
            return True
        return super().event(event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        return plain and (
            key in _CURSOR or key in _ENTER or key in _DELETE or key in _CLASSES or key == Qt.Key.Key_Escape
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        under = self._hit(self.frame.to_pixels(*self.cursor_at))
        if not self._is_ours(event) or (key == Qt.Key.Key_Escape and self._held is None):
            super().keyPressEvent(event)
            return
        self._keyboard = True
        if key in _CURSOR:
            self._move_cursor(*_CURSOR[key], LEAP if shift else STEP)
        elif key == Qt.Key.Key_Escape:
            self._let_go()
        elif key in _ENTER and self._held is not None:
            held = self._held
            self._let_go()
            self._move(held, self.cursor_at)
        elif key in _ENTER and under is not None:
            self._held, self._at = under, self._points[under][:2]
            self.cursor_at = self._points[under][:2]
        elif key in _ENTER:
            self._add(self.cursor_at, 1 - self._label if shift else self._label)
        elif key in _DELETE and under is not None:
            self._remove(under)
        elif key in _CLASSES:
            if under is not None:
                self._relabel(under, _CLASSES[key])
            else:
                self._label = _CLASSES[key]
                self.classChosen.emit(self._label)
        self.update()

    def _move_cursor(self, dx: int, dy: int, step: float) -> None:
        x, y = self.frame.to_pixels(self.cursor_at[0] + dx * step, self.cursor_at[1] + dy * step).toTuple()
        self.cursor_at = self._rounded(self.frame.to_plane(self._inside(QPointF(x, y))))
        if self._held is not None:
            self._at = self.cursor_at

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._keyboard = event.reason() in _BY_KEY
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if self._pressed is None:
            self._let_go()
        super().focusOutEvent(event)
        self.update()

    # --- what both come to ----------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        self._pressed = self._held = self._at = None
        self.update()

    def _hit(self, at: QPointF) -> int | None:
        """The topmost point there."""
        reach = picture.radius(len(self._points)) + 3
        for i in range(len(self._points) - 1, -1, -1):
            x, y = (self.frame.to_pixels(*self._points[i][:2]) - at).toTuple()
            if x * x + y * y <= reach * reach:
                return i
        return None

    def _inside(self, at: QPointF) -> QPointF:
        rect = self.frame.rect
        return QPointF(min(max(at.x(), rect.left()), rect.right()), min(max(at.y(), rect.top()), rect.bottom()))

    def _rounded(self, place: tuple[float, float]) -> tuple[float, float]:
        # Two decimals where the plane is as large as a gate, fewer where it is larger.
        decimals = PLACES - max(int(np.floor(np.log10(max(self.frame.half) / 2))), 0)
        x, y = (round(value, decimals) + 0.0 for value in place)
        return x, y

    def _add(self, place: tuple[float, float], label: int) -> None:
        if len(self._points) >= MAX_POINTS:
            self.refused.emit(f"{MAX_POINTS} points are the most that fit. Remove some with Ctrl+click.")
            return
        self.pointsProposed.emit("Add a point", (*self._points, (*place, label)))

    def _move(self, i: int, place: tuple[float, float]) -> None:
        self._replace("Move a point", i, ((*place, self._points[i][2]),))

    def _relabel(self, i: int, label: int) -> None:
        self._replace("Change a class", i, ((*self._points[i][:2], label),))

    def _remove(self, i: int) -> None:
        self._replace("Remove a point", i, ())

    def _replace(self, text: str, i: int, point: Points) -> None:
        points = (*self._points[:i], *point, *self._points[i + 1 :])
        if points != self._points:
            self.pointsProposed.emit(text, points)
