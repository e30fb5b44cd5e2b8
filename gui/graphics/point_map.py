"""A map of points with a colour for each class: zoomed by the wheel, moved by dragging, read by pointing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.theme import Theme, mix

RADIUS, LARGE_RADIUS = 3.2, 4.2
FEW = 600  # points that have room to be larger
REACH = 12.0  # so near to a point the pointer means it, in device-independent pixels
FADED = 0.25
_MARGIN = 28.0
_NOTCH = 1.25
_ZOOMS = (0.5, 60.0)
MOST_RINGS = 0.2  # a larger share of them would hide the classes they are about
_ARROWS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down})
_LEAST_FILLED = 0.75  # a map that shrinks below this share of the picture is fitted anew


class PointMap(QWidget):
    """``hovered(i)``: the point that the pointer or a key is on, −1 for none."""

    hovered = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.message = ""
        self._points: NDArray = np.zeros((0, 2))
        self._labels: NDArray = np.zeros(0, np.int64)
        self._wrong: NDArray = np.zeros(0, bool)
        self._n_classes = 10
        self.lit: int | None = None
        self.current = -1
        self._center, self._fit_scale, self.zoom = (0.0, 0.0), 1.0, 1.0
        self.moved = False
        self._static: QPixmap | None = None
        self._grabbed: QPointF | None = None
        self._font = fonts.sized(16, fonts.SEMIBOLD)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Map of the test images")

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 200)

    # --- what it shows --------------------------------------------------------------------------------------------

    def show_points(self, points: NDArray, labels: NDArray, wrong: NDArray, n_classes: int, anew: bool = False) -> None:
        """``points`` (n, 2), their ``labels`` and who is ``wrong`` (n,). With ``anew`` all of them are brought into sight.

        Otherwise the picture keeps its place and scale while the points stay in it, so that it does not tremble.
        """
        if len(points) != len(self._points):
            self.point_at(-1)
        self._points, self._labels, self._wrong, self._n_classes = points, labels, wrong, n_classes
        self.message, self._static = "", None
        if anew or not (self.moved or self._fits()):
            self.fit()
        self.update()

    def show_message(self, message: str) -> None:
        """Words instead of a map."""
        self._points, self.message, self._static = np.zeros((0, 2)), message, None
        self.point_at(-1)
        self.update()

    def light(self, label: int | None) -> None:
        """Fade all classes but this one; None for none."""
        if label != self.lit:
            self.lit, self._static = label, None
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme, self._static = theme, None
        self.update()

    # --- geometry -------------------------------------------------------------------------------------------------

    @property
    def scale(self) -> float:
        """Pixels a unit."""
        return self._fit_scale * self.zoom

    def _room(self) -> tuple[float, float]:
        return max(self.width() - 2 * _MARGIN, 20.0), max(self.height() - 2 * _MARGIN, 20.0)

    def _fits(self) -> bool:
        """Whether the points are in sight and fill the picture well enough."""
        if not len(self._points):
            return True
        xy = np.abs(self.positions() - (self.width() / 2, self.height() / 2)).max(axis=0)
        filled = xy / (self.width() / 2, self.height() / 2)
        return bool(_LEAST_FILLED < filled.max() <= 1.0 - 8.0 / max(self.width(), 1))

    def fit(self) -> None:
        """All points in sight."""
        self.zoom, self.moved, self._static = 1.0, False, None
        if len(self._points):
            low, high = self._points.min(axis=0), self._points.max(axis=0)
            spans, room = (high - low).tolist(), self._room()
            scales = [r / span for r, span in zip(room, spans, strict=True) if span > 0]
            self._center = tuple(((low + high) / 2).tolist())
            self._fit_scale = min(scales, default=1.0)
        self.update()

    def positions(self) -> NDArray:
        """(n, 2): where the points are in the widget."""
        middle = np.array((self.width() / 2, self.height() / 2))
        at: NDArray = middle + (self._points - self._center) * (self.scale, -self.scale)
        return at

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Closer or further; what lies under ``about`` (the middle) stays there."""
        zoom = min(max(self.zoom * factor, _ZOOMS[0]), _ZOOMS[1])
        about = about if about is not None else QPointF(self.rect().center())
        dx, dy = about.x() - self.width() / 2, about.y() - self.height() / 2
        before, after = self.scale, self._fit_scale * zoom
        shift = 1 / before - 1 / after
        self._center = self._center[0] + dx * shift, self._center[1] - dy * shift
        self.zoom, self.moved, self._static = zoom, True, None
        self.update()

    def move_by(self, dx: float, dy: float) -> None:
        """Push the map by so many pixels."""
        self._center = self._center[0] - dx / self.scale, self._center[1] + dy / self.scale
        self.moved, self._static = True, None
        self.update()

    def nearest(self, at: QPointF) -> int:
        """The point within reach, −1 for none; of a lit class before all others."""
        if not len(self._points):
            return -1
        distances = np.hypot(*(self.positions() - (at.x(), at.y())).T)
        if self.lit is not None:
            distances = np.where(self._labels == self.lit, distances, distances + REACH / 2)
        i = int(distances.argmin())
        return i if distances[i] <= REACH else -1

    def point_at(self, i: int) -> None:
        """Mark one and say so."""
        if i != self.current:
            self.current = i
            self.hovered.emit(i)
            self.update()

    @property
    def has_rings(self) -> bool:
        """The wrong points wear a ring: when they are few."""
        return bool(self._wrong.mean() <= MOST_RINGS) if len(self._wrong) else False

    def rect_of(self, i: int) -> QRectF:
        """Around the mark of a point."""
        x, y = self.positions()[i].tolist()
        return QRectF(x - 8, y - 8, 16, 16)

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._static is None or self._static.devicePixelRatio() != self.devicePixelRatioF():
            self._static = self._paint_static()
        painter.drawPixmap(QPointF(0, 0), self._static)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if 0 <= self.current < len(self._points):
            at = self.rect_of(self.current).center()
            for color, width in ((self.theme.panel, 5.0), (self.theme.accent, 2.5)):
                painter.setPen(QPen(color, width))
                painter.drawEllipse(at, 7, 7)
        if self.hasFocus():
            painter.setPen(QPen(self.theme.accent, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def _paint_static(self) -> QPixmap:
        """Points and names; painted anew only when one of them moves."""
        ratio = self.devicePixelRatioF()
        result = QPixmap(max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1))
        result.setDevicePixelRatio(ratio)
        result.fill(self.theme.panel)
        painter = QPainter(result)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.sunken)
        frame = QPainterPath()
        frame.addRoundedRect(QRectF(self.rect()), 8, 8)
        painter.fillPath(frame, mix(self.theme.panel, self.theme.sunken, 0.5))
        if self.message:
            painter.setPen(self.theme.quiet)
            words = QRectF(self.rect()).adjusted(32, 32, -32, -32)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self.message)
        elif len(self._points):
            painter.setClipPath(frame)
            self._paint_points(painter)
            self._paint_names(painter)
        painter.end()
        return result

    def _paint_points(self, painter: QPainter) -> None:
        """One stamp a class and state, put down wherever it belongs: what is faded first, what is wrong last."""
        at = self.positions()
        seen = ((at > -8) & (at < (self.width() + 8, self.height() + 8))).all(axis=1)
        lit = np.ones(len(at), bool) if self.lit is None else self._labels == self.lit
        ringed = self._wrong if self.has_rings else np.zeros(len(at), bool)
        for bright in (False, True):
            for wrong in (False, True):
                chosen = seen & (lit == bright) & (ringed == wrong)
                for label in np.unique(self._labels[chosen]).tolist():
                    stamp = self._stamp(label, bright, wrong)
                    half = stamp.deviceIndependentSize().width() / 2
                    for x, y in (at[chosen & (self._labels == label)] - half).tolist():
                        painter.drawPixmap(QPointF(x, y), stamp)

    def _stamp(self, label: int, bright: bool, wrong: bool) -> QPixmap:
        theme, ratio = self.theme, self.devicePixelRatioF()
        color: QColor = theme.class_color(label, self._n_classes)
        radius = LARGE_RADIUS if len(self._points) <= FEW else RADIUS
        share = 1.0 if bright else FADED
        side = math.ceil((2 * radius + 6) * ratio)
        pixmap = QPixmap(side, side)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(side / ratio / 2, side / ratio / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(theme.panel, theme.text, share) if wrong else theme.panel)
        painter.drawEllipse(middle, radius + (2.4 if wrong else 0.8), radius + (2.4 if wrong else 0.8))
        if wrong:
            painter.setBrush(theme.panel)
            painter.drawEllipse(middle, radius + 1.0, radius + 1.0)
        painter.setBrush(mix(theme.panel, color, share))
        painter.drawEllipse(middle, radius, radius)
        painter.end()
        return pixmap

    def _paint_names(self, painter: QPainter) -> None:
        """The name of each class at the median of its points: colour alone would not say enough."""
        at = self.positions()
        painter.setFont(self._font)
        metrics = painter.fontMetrics()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for label in np.unique(self._labels).tolist():
            x, y = np.median(at[self._labels == label], axis=0).tolist()
            name = QPainterPath()
            name.addText(
                x - metrics.horizontalAdvance(str(label)) / 2, y + metrics.capHeight() / 2, self._font, str(label)
            )
            bright = self.lit is None or self.lit == label
            painter.strokePath(name, QPen(self.theme.panel, 5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                                          Qt.PenJoinStyle.RoundJoin))  # fmt: skip
            painter.fillPath(name, self.theme.text if bright else mix(self.theme.panel, self.theme.text, 0.4))

    # --- pointer and keys -----------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._grabbed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            step = event.position() - self._grabbed
            self._grabbed = event.position()
            self.point_at(-1)
            self.move_by(step.x(), step.y())
        else:
            self.point_at(self.nearest(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(-1)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if notches:
            self.zoom_by(_NOTCH**notches, event.position())
            self.point_at(self.nearest(event.position()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        # The arrows step the training as the window's shortcuts; here they move. Space goes on playing.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _ARROWS:  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = 40.0
        pushes = {Qt.Key.Key_Left: (step, 0.0), Qt.Key.Key_Right: (-step, 0.0), Qt.Key.Key_Up: (0.0, step),
                  Qt.Key.Key_Down: (0.0, -step)}  # fmt: skip
        if key in pushes:
            self.move_by(*pushes[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_NOTCH)
        elif key == Qt.Key.Key_Minus:
            self.zoom_by(1 / _NOTCH)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._walk(1 if key == Qt.Key.Key_PageDown else -1)
        elif key == Qt.Key.Key_Escape and self.current >= 0:
            self.point_at(-1)
        else:
            super().keyPressEvent(event)

    def _walk(self, step: int) -> None:
        """To the next point that is wrong, of the lit class if one is; where none is wrong, to the next of all."""
        among = self._wrong if self._wrong.any() else np.ones(len(self._points), bool)
        if self.lit is not None:
            among = among & (self._labels == self.lit)
        places = np.flatnonzero(among)
        if len(places):
            at = int(np.searchsorted(places, self.current, side="right" if step > 0 else "left"))
            i = int(places[(at if step > 0 else at - 1) % len(places)])
            x, y = self.positions()[i].tolist()
            if not self.rect().adjusted(8, 8, -8, -8).contains(round(x), round(y)):
                self.move_by(self.width() / 2 - x, self.height() / 2 - y)
            self.point_at(i)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._static = None
        if not self.moved:
            self.fit()
