"""The square of the plane: a field as background, the samples on it, quiet axes, and what the pointer is on.

Everything that does not change with training is kept in one pixmap; a frame is one image, one pixmap and little else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.data import Data, Part
from gui import fonts
from gui.graphics import fields, ticks
from gui.graphics.sample_choice import nearest_sample
from gui.theme import Theme, mix

SIDE = 320  # the smallest picture, in device-independent pixels
MAX_PIXELS = 720  # a larger picture is painted at this size and stretched
MAX_PIXELS_CLASSES = 480  # the same where several maps are compared, which takes longer
CORNER = 4.0
VALUE_STRENGTH = 0.85  # numbers of -1 and 1, of samples and of the field under them: one scale for both
SHADES = 16  # in which the numbers of samples are told apart, on either side of zero
REACH = 12.0  # a click so near to a sample means it, in device-independent pixels
MOST_RINGS = 60  # more of them would hide the samples they are about


@dataclass(frozen=True)
class Field:
    """What to paint: ``values`` (k, side, side) in 0..1 over ``domain``; ``strength`` of the colours at full confidence.

    ``step`` > 0 paints signed colors in steps of that size.
    """

    values: NDArray
    domain: tuple[float, float]
    strength: float
    step: float = 0.0


class BoundaryPicture(QWidget):
    """Paints a :class:`Field` and samples. ``hovered(object)``: the point (x1, x2) under the pointer, or None.

    ``clicked(Choice | None)``: the sample that a click is near.
    """

    hovered = Signal(object)
    clicked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.field: Field | None = None
        self.message = ""
        self.caption = ""
        self._data: Data | None = None
        self._domain = (-1.0, 1.0)
        self._shown = (True, True)
        self._hard = False
        self._wrong: tuple[NDArray, NDArray] | None = None
        self._sample: tuple[float, float] | None = None
        self._chosen: tuple[float, float] | None = None
        self._image: QImage | None = None
        self._pixels: NDArray | None = None  # the image's memory
        self._static: QPixmap | None = None
        self._luts: dict[tuple[int, float, float], NDArray] = {}
        self.static_paints = 0
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Output over the plane")

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def minimumSizeHint(self) -> QSize:
        return QSize(SIDE // 2, SIDE // 2)

    # --- what it shows --------------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self._luts.clear()
        self._image = self._static = None
        self.update()

    def set_field(self, field: Field | None) -> None:
        """The background; None for none."""
        if field is not self.field:
            self.field, self._image = field, None
            if field is not None:
                self._set_domain(field.domain)
            self.update()

    def set_data(self, data: Data | None) -> None:
        """The samples; ``raw`` of both parts is (n, 2)."""
        if data is not self._data:
            self._data, self._static, self._wrong = data, None, None
            if data is not None:
                self._set_domain(data.spec.dataset.domain)
            self.update()

    def set_options(self, train: bool, test: bool, hard: bool) -> None:
        """Which samples are shown, and whether only the decision is painted."""
        if (train, test) != self._shown:
            self._shown, self._static = (train, test), None
        if hard != self._hard:
            self._hard, self._image = hard, None
        self.update()

    @property
    def wrong(self) -> tuple[NDArray, NDArray] | None:
        """Indices of the train and test samples that the network gets wrong."""
        return self._wrong

    @property
    def has_rings(self) -> bool:
        """The wrong samples wear a ring: when they are few."""
        if self._wrong is None or self._data is None:
            return False
        train, test = map(len, self._wrong)
        return train + (0 if self._data.same else test) <= MOST_RINGS

    def set_wrong(self, wrong: tuple[NDArray, NDArray] | None) -> None:
        """Indices of the train and test samples that are wrong, ringed when they are few; None: nothing to tell."""
        if wrong is None and self._wrong is None:
            return
        if wrong is None or self._wrong is None or not all(map(np.array_equal, wrong, self._wrong)):
            self._wrong = wrong
            self.update()

    def set_sample(self, point: tuple[float, float] | None) -> None:
        """The sample that training looks at."""
        if point != self._sample:
            self._sample = point
            self.update()

    def set_chosen(self, point: tuple[float, float] | None) -> None:
        """The sample that a person chose."""
        if point != self._chosen:
            self._chosen = point
            self.update()

    def set_words(self, message: str = "", caption: str = "") -> None:
        """``message`` instead of a picture; ``caption`` over it."""
        if (message, caption) != (self.message, self.caption):
            self.message, self.caption, self._static = message, caption, None
            self.update()

    def _set_domain(self, domain: tuple[float, float]) -> None:
        if domain != self._domain:
            self._domain, self._static = domain, None

    # --- geometry -------------------------------------------------------------------------------------------------

    @property
    def square(self) -> QRectF:
        """Where the picture is: the largest square, in the middle."""
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) // 2, (self.height() - side) // 2, side, side)

    def position(self, point: tuple[float, float]) -> QPointF:
        """Where (x1, x2) is, in the widget's coordinates."""
        low, high = self._domain
        square = self.square
        scale = square.width() / (high - low)
        return QPointF(square.left() + (point[0] - low) * scale, square.top() + (high - point[1]) * scale)

    def point(self, position: QPointF) -> tuple[float, float] | None:
        """The (x1, x2) at a position; None outside the picture."""
        square = self.square
        if not square.contains(position) or not square.width():
            return None
        low, high = self._domain
        scale = (high - low) / square.width()
        return low + (position.x() - square.left()) * scale, high - (position.y() - square.top()) * scale

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        square = self.square
        if self.message or square.width() != self.width() or square.height() != self.height():
            painter.fillRect(self.rect(), self.theme.panel)
        if self.message:
            painter.fillRect(square, self.theme.sunken)
            painter.setPen(self.theme.quiet)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(square.adjusted(32, 32, -32, -32), flags, self.message)
        elif self.field is None:
            painter.fillRect(square, self.theme.sunken)
        else:
            if self._image is None:
                self._image = self._paint_image(self.field)
            stretched = self._image.width() < round(square.width() * self.devicePixelRatioF())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, stretched)
            painter.drawImage(square, self._image)
        if self._static is None or self._static.devicePixelRatio() != self.devicePixelRatioF():
            self._static = self._paint_static()
        painter.drawPixmap(square.topLeft(), self._static)
        if not self.message and self._data is not None and self._wrong is not None and self.has_rings:
            self._paint_rings(painter, self._data, self._wrong)
        if not self.message and self._sample is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for pen in (QPen(self.theme.panel, 5), QPen(self.theme.accent, 2.5)):
                painter.setPen(pen)
                painter.drawEllipse(self.position(self._sample), 9, 9)
        if not self.message and self._chosen is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_chosen(painter, self.position(self._chosen))
        painter.end()

    def _paint_chosen(self, painter: QPainter, at: QPointF) -> None:
        """A ring with four ticks, like a sight: another form than the sample that training looks at."""
        for color, width in ((self.theme.panel, 4.5), (self.theme.text, 1.8)):
            painter.setPen(QPen(color, width))
            painter.drawEllipse(at, 8, 8)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(at + QPointF(8 * dx, 8 * dy), at + QPointF(13 * dx, 13 * dy))

    def _paint_image(self, field: Field) -> QImage:
        most = MAX_PIXELS if len(field.values) == 1 else MAX_PIXELS_CLASSES
        pixels = max(1, min(round(self.square.width() * self.devicePixelRatioF()), most))
        key = (len(field.values), field.strength, field.step)
        if key not in self._luts:
            self._luts[key] = (fields.signed_lut(self.theme, *key[1:]) if key[0] == 1
                               else fields.class_lut(self.theme, *key[:2]))  # fmt: skip
        broken = fields.broken_color(self.theme).rgb()
        self._pixels = fields.paint_field(field.values, pixels, self._luts[key], self._hard, broken)
        return QImage(self._pixels.data, pixels, pixels, 4 * pixels, QImage.Format.Format_RGB32)

    def _paint_static(self) -> QPixmap:
        """Samples, axes and caption: what training does not change."""
        self.static_paints += 1
        ratio = self.devicePixelRatioF()
        side = max(round(self.square.width() * ratio), 1)
        result = QPixmap(side, side)
        result.setDevicePixelRatio(ratio)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-self.square.topLeft())
        if not self.message:
            if self._data is not None:
                self._paint_points(painter, self._data)
            self._paint_axes(painter)
        corners = QPainterPath()
        corners.addRect(self.square)
        corners.addRoundedRect(self.square, CORNER, CORNER)
        painter.fillPath(corners, self.theme.panel)
        painter.end()
        return result

    def _radius(self, data: Data) -> float:
        n = len(data.train) + (0 if data.same else len(data.test))
        return 6.0 if n <= 8 else 3.6 if n <= 1500 else 2.6 if n <= 5000 else 1.8

    def _parts(self, data: Data) -> list[tuple[Part, int]]:
        """The samples to show, and 0 for those of training, 1 for those of the test."""
        parts = [(data.train, 0)] if self._shown[0] else []
        if self._shown[1] and not (data.same and self._shown[0]):  # the same samples need no second mark
            parts.append((data.test, 1))
        return parts

    def _paint_points(self, painter: QPainter, data: Data) -> None:
        radius = self._radius(data)
        for part, which in self._parts(data):
            dot = self._value_dot if data.spec.dataset.regression else self._dot
            for color, chosen in self._colored(data, part):
                self._stamp(painter, part.raw[chosen], dot(color, radius, which == 1))

    def _paint_rings(self, painter: QPainter, data: Data, wrong: tuple[NDArray, NDArray]) -> None:
        """Around the samples that are wrong now. Few, and others at each moment: they are not part of what stays."""
        for part, which in self._parts(data):
            self._stamp(painter, part.raw[wrong[which]], self._ring(self._radius(data)))

    def _colored(self, data: Data, part: Part) -> Iterator[tuple[QColor, NDArray]]:
        """Colors, and which samples (n,) wear them: that of their class, or of their number as the field paints it."""
        dataset = data.spec.dataset
        keys = np.round(np.clip(part.targets[:, 0], -1, 1) * SHADES) if dataset.regression else part.labels
        for key in np.unique(keys).tolist():
            if dataset.regression:
                yield self.theme.signed(VALUE_STRENGTH * key / SHADES), keys == key
            else:
                yield self.theme.class_color(key, dataset.n_classes), keys == key

    def _stamp(self, painter: QPainter, points: NDArray, stamp: QPixmap) -> None:
        """The same pixmap at every point: three times as fast as drawing so many circles."""
        low, high = self._domain
        square = self.square
        scale, half = square.width() / (high - low), stamp.deviceIndependentSize().width() / 2
        inside = points[((points >= low) & (points <= high)).all(axis=1)]
        xs = square.left() - half + (inside[:, 0] - low) * scale
        ys = square.top() - half + (high - inside[:, 1]) * scale
        for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
            painter.drawPixmap(QPointF(x, y), stamp)

    def _blank(self, size: float) -> tuple[QPixmap, QPainter, QPointF]:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(size * ratio), round(size * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = pixmap.deviceIndependentSize().width() / 2
        return pixmap, painter, QPointF(middle, middle)

    def _dot(self, color: QColor, radius: float, hollow: bool) -> QPixmap:
        """Train: a filled dot. Test: hollow. Both with a rim of the panel's colour, to stand out from their own class."""
        pixmap, painter, middle = self._blank(2 * radius + 4)
        painter.setPen(Qt.PenStyle.NoPen)
        rings = [(self.theme.panel, radius + min(1.2, radius / 2.4)), (color, radius)]
        if hollow:
            rings.append((self.theme.panel, 0.52 * radius))
        for brush, size in rings:
            painter.setBrush(brush)
            painter.drawEllipse(middle, size, size)
        painter.end()
        return pixmap

    def _value_dot(self, color: QColor, radius: float, hollow: bool) -> QPixmap:
        """The same for a number: with a fine dark outline, so that a dot is seen whose own color is that of nothing."""
        pixmap, painter, middle = self._blank(2 * radius + 4)
        painter.setPen(QPen(mix(self.theme.panel, self.theme.text, 0.62), min(0.8, radius / 4)))
        for brush, size in ((color, radius + 0.2), (self.theme.panel, 0.45 * radius)):
            painter.setBrush(brush)
            painter.drawEllipse(middle, size, size)
            if not hollow:
                break
        painter.end()
        return pixmap

    def _ring(self, radius: float) -> QPixmap:
        """Around a sample that the network gets wrong."""
        outer = radius + 3.2
        pixmap, painter, middle = self._blank(2 * outer + 4)
        painter.setPen(QPen(self.theme.panel, 2.6))
        painter.drawEllipse(middle, outer, outer)
        painter.setPen(QPen(self.theme.danger, 1.4))
        painter.drawEllipse(middle, outer, outer)
        painter.end()
        return pixmap

    def _paint_axes(self, painter: QPainter) -> None:
        """Ticks and their numbers inside the edges, with a halo, so that the picture keeps all of the width."""
        low, high = self._domain
        square = self.square
        step = ticks.nice_step(high - low, 6)
        painter.setFont(fonts.figures(10))
        metrics = painter.fontMetrics()
        words = QPainterPath()
        lines: list[tuple[QPointF, QPointF]] = []
        base = square.bottom() - 8
        for value in ticks.nice_ticks(low, high, 6):
            text = ticks.tick_label(value, step)
            at, width = self.position((value, value)), metrics.horizontalAdvance(text)
            if square.left() + 34 < at.x() < square.right() - 36:
                lines.append((QPointF(at.x(), square.bottom()), QPointF(at.x(), square.bottom() - 4)))
                words.addText(QPointF(at.x() - width / 2, base), painter.font(), text)
            if square.top() + 34 < at.y() < square.bottom() - 34:
                lines.append((QPointF(square.left(), at.y()), QPointF(square.left() + 4, at.y())))
                words.addText(QPointF(square.left() + 8, at.y() + metrics.ascent() / 2 - 1), painter.font(), text)
        painter.setFont(fonts.caption())
        words.addText(QPointF(square.right() - 20, base), painter.font(), "x₁")
        words.addText(QPointF(square.left() + 8, square.top() + 18), painter.font(), "x₂")
        for color, width in ((self.theme.panel, 3.0), (self.theme.text, 1.0)):
            painter.setPen(QPen(color, width))
            for start, stop in lines:
                painter.drawLine(start, stop)
        halo = QPen(self.theme.panel, 3.0)
        halo.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(words, halo)
        painter.fillPath(words, self.theme.text)
        if self.caption:
            painter.setFont(fonts.caption())
            width = painter.fontMetrics().horizontalAdvance(self.caption) + 16
            label = QRectF(square.right() - width - 8, square.top() + 8, width, 22)
            painter.setPen(QPen(self.theme.line, 1))
            painter.setBrush(self.theme.panel)
            painter.drawRoundedRect(label, CORNER, CORNER)
            painter.setPen(self.theme.text)
            painter.drawText(label, Qt.AlignmentFlag.AlignCenter, self.caption)

    # --- the pointer ----------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.hovered.emit(None if self.message else self.point(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.message and self._data is not None:
            low, high = self._domain
            reach = REACH * (high - low) / max(self.square.width(), 1)
            point = self.point(event.position())
            self.clicked.emit(None if point is None else nearest_sample(self._data, self._shown, point, reach))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._image = self._static = None
