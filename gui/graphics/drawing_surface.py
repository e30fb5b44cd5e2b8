"""The square one draws on: mouse, pen and touch become strokes, painted while they are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCursor,
    QEventPoint,
    QFocusEvent,
    QHideEvent,
    QImage,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPointingDevice,
    QResizeEvent,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.drawing import INK_SIDE
from engine.pen import FAINT
from gui.graphics.strokes import MIN_STEP, InkLayer, PenPoint, Stroke, curves_of
from gui.theme import NETWORK_INK, NETWORK_PAPER, RADIUS, Theme

_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class DrawingSurface(QWidget):
    """Shows strokes and takes new ones down; whoever owns it decides what becomes of them.

    Signals: ``strokeFinished(Stroke)`` when the pen is lifted, and ``inkChanged()`` soon after every change of
    :meth:`ink`, once for all changes that arrived together.
    """

    strokeFinished = Signal(object)
    inkChanged = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.brush = 20.0
        self.erasing = False
        self._strokes: tuple[Stroke, ...] = ()
        self._points: list[PenPoint] = []  # of the stroke under way; the last one is the tip and may still move
        self._pointer: tuple[str, int] | None = None
        self._erase_stroke = False
        self._ink_before: QImage | None = None  # what an eraser found
        self._blank = True
        self._keyboard_focus = False
        self._ink = InkLayer(INK_SIDE, NETWORK_INK, NETWORK_PAPER)
        self._picture: InkLayer | None = None
        self._overlay: tuple[QImage, QRectF] | None = None  # and where, in shares of the square
        self._corners = QPainterPath()
        # 0 ms: after the input events that wait already, before the next paint.
        self._notify = QTimer(self, singleShot=True, interval=0)
        self._notify.timeout.connect(self.inkChanged)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setMouseTracking(True)  # a move without a button tells that the release was lost
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(120, 120)

    # --- what is on it --------------------------------------------------------------------------------------------

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """The finished strokes, oldest first."""
        return self._strokes

    @property
    def is_drawing(self) -> bool:
        """A stroke is under way."""
        return self._pointer is not None

    def ink(self) -> NDArray:
        """(280, 280) float32, 0 empty .. 1 ink, whatever the theme; a copy."""
        image = self._ink.shown
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(INK_SIDE, INK_SIDE, 4)
        return pixels[:, :, 0] * np.float32(1 / 255)

    def show_strokes(self, strokes: tuple[Stroke, ...]) -> None:
        """Show these finished strokes, and drop one that is under way."""
        if strokes == self._strokes and not self.is_drawing:
            return
        self._pointer, self._points = None, []
        self._strokes = strokes
        self._ink.render(strokes)
        self._look_for_ink()
        self._picture = None
        self._changed(self.rect())

    def show_overlay(self, image: QImage | None, box: tuple[int, int, int, int] = (0, 0, 0, 0)) -> None:
        """Lay ``image`` over ``box`` (top, bottom, left, right) of the ink's pixels; None lays nothing."""
        if image is None and self._overlay is None:
            return
        top, bottom, left, right = (place / INK_SIDE for place in box)
        self._overlay = None if image is None else (image, QRectF(left, top, right - left, bottom - top))
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._picture = None
        self.refresh_cursor()
        self.update()

    # --- drawing --------------------------------------------------------------------------------------------------

    def begin(self, pointer: tuple[str, int], position: QPointF, erase: bool, pressure: float | None = None) -> None:
        """Put the pen down at ``position`` (widget coordinates). ``pressure`` is 0..1, None for a mouse or finger."""
        self._pointer, self._erase_stroke = pointer, erase
        self._ink_before = self._ink.shown.copy() if erase else None
        self._points = [self._pen_point(position, pressure)]
        self._extend([], 0)

    def move(self, position: QPointF, pressure: float | None = None) -> None:
        """Draw on to ``position``."""
        point = self._pen_point(position, pressure)
        points = self._points
        if point[:2] == points[-1][:2]:
            return
        if len(points) < 2 or _far(points[-1], points[-2]):
            points.append(point)
            # With the new point, the direction at the last but one is known: the curve before it is final.
            self._extend(curves_of(points[:-1], len(points) - 4)[:1] if len(points) > 3 else [], len(points) - 3)
        else:
            points[-1] = point
            self._extend([], len(points) - 3)

    def finish(self) -> None:
        """Lift the pen: the stroke under way is done."""
        if not self.is_drawing:
            return
        stroke = Stroke(tuple(self._points), self._erase_stroke)
        rest = curves_of(stroke.points, len(stroke.points) - 3)
        for layer in (self._ink, self._layer()):
            layer.extend(rest, [], stroke.erase)
        if self._ink_before is not None and self._ink.shown == self._ink_before:
            self.cancel()  # the eraser met no ink: there is nothing to take back
            return
        self._pointer, self._points = None, []
        self._strokes = (*self._strokes, stroke)
        self._look_for_ink()
        self._changed(self.rect())
        self.strokeFinished.emit(stroke)

    def _look_for_ink(self) -> None:
        """Blank is what a network is given nothing of, be it never drawn on or rubbed out."""
        erased = any(stroke.erase for stroke in self._strokes)
        self._blank = not self._strokes or (erased and float(self.ink().max()) < FAINT)

    def cancel(self) -> None:
        """Take the stroke under way back."""
        if self.is_drawing:
            self.show_strokes(self._strokes)

    def _extend(self, settled: list, tip_from: int) -> None:
        tip = curves_of(self._points, tip_from)
        self._ink.extend(settled, tip, self._erase_stroke)
        dirty = self._layer().extend(settled, tip, self._erase_stroke)
        scale, corner = self._square().width() / self._layer().side, self._square().topLeft()
        area = QRectF(dirty.x() * scale, dirty.y() * scale, dirty.width() * scale, dirty.height() * scale)
        first = self._blank and len(self._points) < 3  # the hint goes
        self._changed(self.rect() if first else area.toAlignedRect().translated(corner).adjusted(-1, -1, 1, 1))

    def _changed(self, area: QRect) -> None:
        self.update(area)
        if not self._notify.isActive():
            self._notify.start()

    def _pen_point(self, position: QPointF, pressure: float | None) -> PenPoint:
        square = self._square()
        width = self.brush / INK_SIDE * (1.0 if pressure is None else 0.4 + 1.2 * min(max(pressure, 0.0), 1.0))
        side = max(square.width(), 1)
        return PenPoint((position.x() - square.x()) / side, (position.y() - square.y()) / side, width)

    def _layer(self) -> InkLayer:
        """The picture on screen, painted anew when the size, the scaling or the theme changed."""
        side = max(round(self._square().width() * self.devicePixelRatioF()), 1)
        if self._picture is None or self._picture.side != side:
            self._picture = InkLayer(side, self._theme.text, self._theme.sunken)
            self._picture.render(self._strokes)
            if len(self._points) > 3:  # resized in the middle of a stroke
                self._picture.extend(curves_of(self._points)[:-2], [], self._erase_stroke)
        return self._picture

    def _square(self) -> QRect:
        side = min(self.width(), self.height())
        return QRect((self.width() - side) // 2, 0, side, side)

    # --- looks ----------------------------------------------------------------------------------------------------

    def refresh_cursor(self) -> None:
        """A ring as wide as the pen, or as the eraser."""
        ratio = self.devicePixelRatioF()
        width = max(self.brush / INK_SIDE * self._square().width(), 4.0)
        side = int(width) + 5
        pixmap = QPixmap(round(side * ratio), round(side * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF((side - width) / 2, (side - width) / 2, width, width)
        for color, line in ((self._theme.panel, 3.0), (self._theme.quiet, 1.25)):
            painter.setPen(QPen(color, line, Qt.PenStyle.DashLine if self.erasing else Qt.PenStyle.SolidLine))
            painter.drawEllipse(ring)
        painter.end()
        self.setCursor(QCursor(pixmap, side // 2, side // 2))

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width

    def paintEvent(self, event: QPaintEvent) -> None:
        square = self._square()
        picture = self._layer()
        picture.shown.setDevicePixelRatio(picture.side / max(square.width(), 1))
        painter = QPainter(self)
        painter.drawImage(square.topLeft(), picture.shown)
        picture.shown.setDevicePixelRatio(1.0)
        if self._overlay is not None:
            image, place = self._overlay
            side = square.width()
            target = QRectF(place.x() * side, place.y() * side, place.width() * side, place.height() * side)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(target.translated(square.topLeft()), image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(self._corners, self._theme.panel)
        if self._blank and (self._erase_stroke or not self.is_drawing):
            painter.setPen(self._theme.quiet)
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, "Draw a digit here")
        if self._keyboard_focus and self.hasFocus():
            painter.setPen(QPen(self._theme.accent, 2))
            painter.drawRoundedRect(QRectF(square).adjusted(1, 1, -1, -1), RADIUS - 1, RADIUS - 1)

    # --- mouse, pen, touch, keys ----------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        button = event.button()
        if self.is_drawing or button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            event.ignore()
            return
        erase = self.erasing or button == Qt.MouseButton.RightButton
        self.begin(("mouse", button.value), event.position(), erase)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pointer is None or self._pointer[0] != "mouse":
            return
        if not event.buttons().value & self._pointer[1]:
            self.finish()  # the release went to somebody else
        else:
            self.move(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pointer == ("mouse", event.button().value):
            self.move(event.position())
            self.finish()

    def tabletEvent(self, event: QTabletEvent) -> None:
        pointer = ("pen", 0)
        has_pressure = event.pointingDevice().hasCapability(QInputDevice.Capability.Pressure)
        pressure = event.pressure() if has_pressure else None
        kind = event.type()
        if kind == QEvent.Type.TabletPress and not self.is_drawing:
            eraser_end = event.pointerType() == QPointingDevice.PointerType.Eraser
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.begin(pointer, event.position(), self.erasing or eraser_end, pressure)
        elif self._pointer == pointer and kind == QEvent.Type.TabletMove:
            self.move(event.position(), pressure)
        elif self._pointer == pointer and kind == QEvent.Type.TabletRelease:
            self.finish()  # where the last move was: a pen lifts with a pressure of zero
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent):
            self._touch(event)
            event.accept()
            return True
        return super().event(event)

    def _touch(self, event: QTouchEvent) -> None:
        if event.type() == QEvent.Type.TouchCancel:
            self.cancel()
            return
        for point in event.points():
            pointer = ("touch", point.id())
            if point.state() == QEventPoint.State.Pressed and not self.is_drawing:
                self.setFocus(Qt.FocusReason.MouseFocusReason)
                self.begin(pointer, point.position(), self.erasing)
            elif self._pointer == pointer:
                self.move(point.position())
                if point.state() == QEventPoint.State.Released:
                    self.finish()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.is_drawing:
            self.cancel()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._keyboard_focus = event.reason() in _KEYBOARD
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.finish()
        super().focusOutEvent(event)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.finish()
        super().changeEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.finish()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        square, rounded = QPainterPath(), QPainterPath()
        square.addRect(QRectF(self._square()))
        rounded.addRoundedRect(QRectF(self._square()), RADIUS, RADIUS)
        self._corners = square.subtracted(rounded)
        self.refresh_cursor()

    def unit_to_widget(self, x: float, y: float) -> QPoint:
        """The widget coordinates of a place in shares of the square's side."""
        square = self._square()
        return QPoint(round(square.x() + x * square.width()), round(square.y() + y * square.height()))


def _far(a: PenPoint, b: PenPoint) -> bool:
    return (a.x - b.x) ** 2 + (a.y - b.y) ** 2 >= MIN_STEP**2
