"""The gallery of predictions: images with what was read in them and what they are. Only what is seen is painted."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from engine.predictions import Predictions
from gui import fonts
from gui.graphics.gallery_card import GalleryCard, words
from gui.graphics.gallery_marks import BADGE, LINE, GalleryMarks
from gui.graphics.gallery_order import MISTAKES, Filter, kept_in_place, order
from gui.graphics.image_atlas import ImageAtlas
from gui.theme import GRID, Theme

ROOM = 60  # an image's side at most
INSET = 6  # for the rings
SORT_EVERY_SECONDS = 1.0
_KEYS = {
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
    Qt.Key.Key_Home, Qt.Key.Key_End,
}  # fmt: skip


class Gallery(QAbstractScrollArea):
    """``chosen(row)``: a click or a key put the ring around test image ``row``; None took it away. ``opened(row)``: a
    double click or Enter.

    While it trains, an image keeps its place as long as it belongs on its screen, others take their places once a second,
    and nothing moves under the pointer. What is written at the images is always the newest.
    """

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.sort, self.only = MISTAKES, Filter()
        self.predictions: Predictions | None = None
        self.places: NDArray = np.empty(0, np.int64)  # which predictions are shown, in their order
        self.row: int | None = None  # the test image with the ring
        self.empty = ""
        self._atlas: ImageAtlas | None = None
        self._running = False
        self._sorted_at = 0.0
        self._hovered = -1
        self._pointed = self._ringed = False
        self._marks: GalleryMarks | None = None
        self._card = GalleryCard(theme, self)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Gallery of predictions")
        self.setWhatsThis(
            "The test images, each with what the network reads in it and what it is. A red cross marks a wrong one. Rest "
            "the pointer on an image for the likeliest classes, click it to choose it; a double click or Enter takes it "
            "apart on the Digits page. Arrows, Page Up and Down, Home and End move the ring."
        )

    # --- what it shows --------------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = self._card.theme = theme
        self._marks = None
        self.viewport().update()

    def set_images(self, atlas: ImageAtlas) -> None:
        """Other data: nothing is known of them yet."""
        self._atlas, self.predictions, self.row = atlas, None, None
        self.places = np.empty(0, np.int64)
        self.verticalScrollBar().setValue(0)
        self._lay_out()

    def show_predictions(self, predictions: Predictions, running: bool) -> None:
        """Newer answers to these images, or to some of them."""
        old, self.predictions, self._running = self.predictions, predictions, running
        same = old is not None and len(old) == len(predictions)
        if not (same and running and (self.holds or time.monotonic() - self._sorted_at < SORT_EVERY_SECONDS)):
            self._put_in_order(keep=same and running)
        self._refresh_card()
        self.viewport().update()

    @property
    def holds(self) -> bool:
        """The order is left alone, since the pointer is on it."""
        return self._running and self._pointed

    def set_sort(self, sort: str) -> None:
        """By "mistakes", "unsure", "sure" or "index"."""
        self.sort = sort
        self._show_from_the_top()

    def set_filter(self, only: Filter) -> None:
        """Show only these."""
        if only != self.only:
            self.only = only
            self._show_from_the_top()

    def _show_from_the_top(self) -> None:
        self.verticalScrollBar().setValue(0)
        self._put_in_order()

    def _put_in_order(self, keep: bool = False) -> None:
        if self.predictions is None:
            return
        self._sorted_at = time.monotonic()
        places = order(self.predictions, self.sort, self.only)
        if keep:
            wrong = int((~self.predictions.right[places]).sum()) if self.sort == MISTAKES else 0
            places = kept_in_place(self.places, places, self._columns * self._rows_seen, wrong)
        self.places = places
        self._lay_out()

    def choose(self, row: int | None) -> None:
        """Put the ring around a test image, and bring it into sight."""
        if row != self.row:
            self.row = row
            self.chosen.emit(row)
        if row is not None and (place := self._place_of(row)) >= 0:
            bar, top = self.verticalScrollBar(), place // self._columns * self._pitch.height()
            if top < bar.value():
                bar.setValue(top)
            elif top + self._pitch.height() + INSET > bar.value() + self._height:
                bar.setValue(top + self._pitch.height() + INSET - self._height)
        self._describe()
        self.viewport().update()

    def _place_of(self, row: int) -> int:
        """Where test image ``row`` stands, −1 where it is not shown."""
        if self.predictions is None:
            return -1
        found = np.flatnonzero(self.predictions.rows[self.places] == row)
        return int(found[0]) if len(found) else -1

    def _describe(self) -> None:
        text = ""
        if self.row is not None and self.predictions is not None and (place := self._place_of(self.row)) >= 0:
            said = words(self.row, *self._answer(int(self.places[place])))
            text = f"{said.title}. {said.line}"
        self.setAccessibleDescription(text)

    def _answer(self, at: int) -> tuple[int, NDArray | None]:
        """The true class and the shares of prediction ``at``."""
        assert self.predictions is not None
        some = bool(self.predictions.answered[at])
        return int(self.predictions.labels[at]), self.predictions.probabilities[at] if some else None

    # --- measures -------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        ratio = self.devicePixelRatioF()
        self._side = self._atlas.fitting(ROOM, ratio) if self._atlas is not None else float(ROOM)
        caption = fonts.tabular(fonts.caption())
        self.viewport().setFont(caption)
        least = max(self._side, self.viewport().fontMetrics().horizontalAdvance("Pred: 0")) + GRID
        bar = self.verticalScrollBar()
        width = self.width() - bar.sizeHint().width() - INSET  # whether there is a bar or not: nothing is to jump
        self._columns = max(int(width // least), 1)
        self._pitch = QSize(max(int(width // self._columns), 1), int(self._side) + 2 * LINE + GRID)
        whole = -(-len(self.places) // self._columns) * self._pitch.height() + INSET
        bar.setRange(0, max(whole - self._height, 0))
        bar.setPageStep(max(self._rows_seen * self._pitch.height(), 1))
        bar.setSingleStep(self._pitch.height() // 3)
        self._refresh_card()
        self.viewport().update()

    @property
    def _height(self) -> int:
        return self.viewport().height()

    @property
    def _rows_seen(self) -> int:
        """How many rows are seen whole."""
        return max(self._height // self._pitch.height(), 1)

    def box(self, place: int) -> QRectF:
        """The image at ``place`` of the order, in the viewport."""
        ratio = self.devicePixelRatioF()
        x = place % self._columns * self._pitch.width() + INSET
        y = place // self._columns * self._pitch.height() - self.verticalScrollBar().value() + INSET
        return QRectF(round(x * ratio) / ratio, round(y * ratio) / ratio, self._side, self._side)

    def at(self, point: QPoint) -> int:
        """The place that is pointed at, −1 for none."""
        column = (point.x() - INSET // 2) // self._pitch.width()
        row = (point.y() - INSET // 2 + self.verticalScrollBar().value()) // self._pitch.height()
        place = row * self._columns + column
        return place if 0 <= column < self._columns and 0 <= place < len(self.places) else -1

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 160)

    # --- painting -------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self.theme.panel)
        if self.predictions is not None and self._atlas is not None and len(self.places):
            self._paint_images(painter, event.rect().top(), event.rect().bottom())
        elif self.empty:
            painter.setPen(self.theme.quiet)
            painter.setFont(fonts.body())
            area = self.viewport().rect().adjusted(24, 24, -24, -24)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty)
        if self._ringed:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.theme.accent, 2))
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_images(self, painter: QPainter, top: int, bottom: int) -> None:
        """Those between two heights of the viewport."""
        predictions, atlas = self.predictions, self._atlas
        assert predictions is not None
        assert atlas is not None
        if self._marks is None or self._marks.ratio != self.devicePixelRatioF():
            self._marks = GalleryMarks(self.theme, self.devicePixelRatioF())
        marks = self._marks
        scrolled, height = self.verticalScrollBar().value(), self._pitch.height()
        first = max((top + scrolled) // height, 0) * self._columns
        last = min(((bottom + scrolled) // height + 1) * self._columns, len(self.places))
        at = self.places[first:last]
        rows = predictions.rows[at]
        atlas.prepare(rows)
        read = np.where(predictions.answered[at], predictions.predicted[at], -1)
        for place, row, answer, true, right in zip(
            range(first, last), rows.tolist(), read.tolist(), predictions.labels[at].tolist(),
            predictions.right[at].tolist(), strict=True,
        ):  # fmt: skip
            box = self.box(place)
            painter.drawImage(box, atlas.picture, atlas.place(row))
            painter.drawPixmap(QPointF(box.left(), box.bottom() + 2), marks.caption(answer, true, right))
            if not right:
                painter.drawPixmap(QPointF(box.right() - BADGE + 3, box.top() - 3), marks.cross)
            if row == self.row:
                self._paint_ring(painter, box)

    def _paint_ring(self, painter: QPainter, box: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.accent, 2))
        painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # --- the pointer ----------------------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.at(event.position().toPoint()))

    def _hover(self, place: int) -> None:
        self._hovered = place
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if place >= 0 else Qt.CursorShape.ArrowCursor)
        self._refresh_card()

    @property
    def card(self) -> GalleryCard:
        """What is shown of the image under the pointer; hidden when there is none."""
        return self._card

    def _refresh_card(self) -> None:
        """Beside the image that the pointer is on, inside the gallery."""
        place = self._hovered
        if not 0 <= place < len(self.places) or self.predictions is None or self._atlas is None:
            self._card.hide()
            return
        at = int(self.places[place])
        row = int(self.predictions.rows[at])
        self._atlas.prepare(self.predictions.rows[at : at + 1])
        self._card.show_image(self._atlas, row, words(row, *self._answer(at)))
        box, card = self.box(place), self._card
        x = (
            box.right() + 10
            if box.right() + 10 + card.width() <= self.viewport().width()
            else box.left() - 10 - card.width()
        )
        y = min(max(box.center().y() - card.height() / 2, 2), self._height - card.height() - 2)
        card.move(round(max(x, 2)), round(max(y, 2)))
        card.show()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.Leave):
            self._pointed = event.type() == QEvent.Type.Enter
            if not self._pointed:
                self._hover(-1)
        return super().viewportEvent(event)

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        at = self.viewport().mapFromGlobal(self.cursor().pos())
        if self._hovered >= 0:
            self._hover(self.at(at))
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self.at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.choose(self._row_at(place))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()  # a scroll area would pass it on

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        place = self.at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place >= 0:
            self.choose(self._row_at(place))
            self.opened.emit(self.row)

    def _row_at(self, place: int) -> int:
        assert self.predictions is not None
        return int(self.predictions.rows[self.places[place]])

    # --- keys -----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        # Arrows, Home and End are the window's for training; here they move the ring. Space goes on playing.
        if event.type() == QEvent.Type.ShortcutOverride and event.key() in _KEYS and not event.modifiers():  # type: ignore[attr-defined]
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, n = event.key(), len(self.places)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.row is not None:
            self.opened.emit(self.row)
        elif key == Qt.Key.Key_Escape and self.row is not None:
            self.choose(None)
        elif key in _KEYS and n:
            self.choose(self._row_at(self._next(Qt.Key(key), n)))
        else:
            event.ignore()

    def _next(self, key: Qt.Key, n: int) -> int:
        """Where a key takes the ring among ``n`` images; without a ring to the first one that is seen whole."""
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            return 0 if key == Qt.Key.Key_Home else n - 1
        place = -1 if self.row is None else self._place_of(self.row)
        if place < 0:
            return min(-(-self.verticalScrollBar().value() // self._pitch.height()) * self._columns, n - 1)
        page = self._columns * self._rows_seen
        step = {
            Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns,
            Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page,
        }[key]  # fmt: skip
        if abs(step) == page:
            return min(max(place + step, 0), n - 1)
        return place + step if 0 <= place + step < n else place

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ringed = event.reason() != Qt.FocusReason.MouseFocusReason  # a click shows by the image that it chose
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ringed = False
        self.viewport().update()
