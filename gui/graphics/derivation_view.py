"""Shows a derivation: lines that wrap, numbers coloured by their sign in boxes that keep their width, each one a link."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QWidget

from gui import fonts
from gui.graphics.derivation import Derivation, Line, Span, sign, written
from gui.graphics.targets import Target
from gui.theme import BODY_PX, Theme

ROW = 22.0
INDENT = 16.0
CHIP = 8.0
USUAL = "−0.00000"
_SCROLLS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -4, Qt.Key.Key_PageDown: 4}
# A line may break before these.
_BREAKS = ("=", "+", "…", "(off")


@dataclass(frozen=True, slots=True)
class _Box:
    """Where a span, or one word of it, is painted."""

    line: int
    at: int
    text: str
    rect: QRectF


class DerivationView(QWidget):
    """Signals: ``hovered(Target | None)`` for what the pointer or the keyboard is on, ``chosen(Target)`` for a click or Enter.

    Tab walks through the links, and on after the last; Up and Down scroll.
    """

    hovered = Signal(object)
    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: tuple[Line, ...] = ()
        self._texts: list[list[str]] = []
        self._key: object = None
        self._mode: object = None
        self._running = False
        self._boxes: list[_Box] = []
        self._widths: dict[tuple[int, int], float] = {}
        self._advances: dict[tuple[str, bool], float] = {}
        self._current = -1  # the link that the keyboard is on, among the boxes
        self._pointed: Target | None = None
        self._font, self._bold = fonts.figures(BODY_PX), fonts.figures(BODY_PX, QFont.Weight.DemiBold)
        self._measure, self._measure_bold = QFontMetricsF(self._font), QFontMetricsF(self._bold)
        self.setProperty("surface", "none")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # until there is something to go to
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Where it comes from")
        self.setToolTip(
            "Underlined numbers are links. Point at one and its neuron or edge lights up; click to go there."
        )
        self.setWhatsThis(
            "How each number comes about, for one sample: forward sums, then backward by the chain rule, the mean over the "
            "mini-batch that is trained next, and what the optimizer makes of it. Blue is positive, orange negative. With "
            "the keyboard, Tab walks the underlined numbers, Enter goes there, Up and Down scroll."
        )

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self._theme = theme
        self.update()

    def show_lines(self, derivation: Derivation | None, key: object, all_digits: bool, running: bool = False) -> None:
        """Show a derivation; ``key`` says of what. While it is ``running``, every number's box is as wide as usual numbers
        need, and none gets narrower: what runs does not dance.
        """
        lines = () if derivation is None else derivation.lines
        texts = [[written(line.spans, at, all_digits) for at in range(len(line.spans))] for line in lines]
        same_lines = [len(line) for line in texts] == [len(line) for line in self._texts]
        if not same_lines or key != self._key:
            self._current = -1
            self._point_at(None)
        mode = (key, all_digits, running)
        fits = same_lines and mode == self._mode and self._fits(lines, texts)
        if not same_lines or mode != self._mode:
            self._widths.clear()
        self._lines, self._texts, self._key, self._mode, self._running = lines, texts, key, mode, running
        if fits:
            self._boxes = [
                box if self._span(box).number is None else replace(box, text=texts[box.line][box.at])
                for box in self._boxes
            ]
            self.update()
        else:
            self._lay_out()
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus if self._links() else Qt.FocusPolicy.NoFocus)
        if not running:  # nobody can listen to numbers that run
            self.setAccessibleDescription(". ".join(self.texts()))

    def _fits(self, lines: tuple[Line, ...], texts: list[list[str]]) -> bool:
        """Whether ``lines`` say the same words as those shown, with numbers that have room in their boxes."""
        for number, (old, new) in enumerate(zip(self._lines, lines, strict=True)):
            for at, (before, span) in enumerate(zip(old.spans, new.spans, strict=True)):
                if span.number is None or before.number is None:
                    if span != before:
                        return False
                elif self._advance(span, texts[number][at]) > self._widths[number, at]:
                    return False
        return True

    def texts(self) -> list[str]:
        """Every line as it is read."""
        return ["".join(line) for line in self._texts]

    def links(self) -> list[Target]:
        """What the numbers and names link to, in the order of reading."""
        return [self._span(box).target for box in self._links()]

    def place_of(self, target: Target) -> QPoint:
        """The middle of the first link to ``target``. Raises ``ValueError`` when there is none."""
        for box in self._links():
            if self._span(box).target == target:
                return box.rect.center().toPoint()
        raise ValueError(f"nothing leads to {target}")

    # --- laying out -----------------------------------------------------------------------------------------------

    def _span(self, box: _Box) -> Span:
        return self._lines[box.line].spans[box.at]

    def _links(self) -> list[_Box]:
        return [box for box in self._boxes if self._span(box).target is not None]

    def _lay_out(self) -> None:
        self._boxes = []
        y, width = 0.0, float(self.width())
        for number, line in enumerate(self._lines):
            y = self._lay_out_line(number, line, y, width) + ROW
        height = round(y)
        if height != self.height():
            self.setFixedHeight(max(height, 1))
        self.update()

    def _lay_out_line(self, number: int, line: Line, y: float, width: float) -> float:
        """Groups that stay together, one after the other, on as many rows as they need; returns the last row's top."""
        left = CHIP if line.kind == "check" else 0.0
        indent = left + (0.0 if line.kind == "note" else INDENT)
        x = left
        for group in self._groups(number, line):
            if x > left and x + sum([wide for *_, wide in group]) > width:
                x, y = indent, y + ROW
            for at, text, wide in group:
                if x + wide > width and x > left + INDENT:
                    x, y = indent, y + ROW
                self._boxes.append(_Box(number, at, text, QRectF(x, y, wide, ROW)))
                x += wide
        return y

    def _groups(self, number: int, line: Line) -> list[list[tuple[int, str, float]]]:
        """What stays together, as (place of the span, text, width)."""
        groups: list[list[tuple[int, str, float]]] = [[]]
        for at, span in enumerate(line.spans):
            text = self._texts[number][at]
            if span.number is None:
                for piece in self._pieces(text, line.kind):
                    if piece.strip().startswith(_BREAKS) or line.kind == "note":
                        groups.append([])
                    groups[-1].append((at, piece, self._advance(span, piece)))
            else:
                least = self._advance(span, USUAL) if self._running else 0.0
                wide = max(self._widths.get((number, at), least), self._advance(span, text))
                self._widths[number, at] = wide
                groups[-1].append((at, text, wide))
        return [group for group in groups if group]

    @staticmethod
    def _pieces(text: str, kind: str) -> list[str]:
        """Where words may break: between all of a sentence, before the signs of a calculation."""
        if kind == "note":
            return [f"{word} " for word in text.split()]
        if kind == "check":
            return [text]
        pieces, start = [], 0
        for at in range(1, len(text)):
            if text[at - 1] == " " and text[at] in "=+" and text[start:at].strip():
                pieces.append(text[start:at])
                start = at
        return [*pieces, text[start:]] if text else []

    def _advance(self, span: Span, text: str) -> float:
        """How wide ``text`` is. Words are measured once, and of numbers each letter: their figures are all as wide."""
        if span.number is None:
            return self._measured(text, span.strong)
        return sum([self._measured(letter, span.strong) for letter in text])

    def _measured(self, text: str, strong: bool) -> float:
        known = self._advances.get((text, strong))
        if known is None:
            known = (self._measure_bold if strong else self._measure).horizontalAdvance(text)
            self._advances[text, strong] = known
        return known

    # --- Qt -------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(480, max(self.height(), 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_chips(painter)
        colors = {1: theme.ink(theme.positive), -1: theme.ink(theme.negative), 0: theme.text}
        top, bottom = event.rect().top() - ROW, event.rect().bottom()
        base = (ROW + self._measure.ascent() - self._measure.descent()) / 2
        links = self._links()
        focused = links[self._current] if self.hasFocus() and 0 <= self._current < len(links) else None
        for box in self._boxes:
            if not top < box.rect.top() < bottom:
                continue
            span = self._span(box)
            painter.setFont(self._bold if span.strong else self._font)
            painter.setPen(self._color(span, self._lines[box.line], colors))
            painter.drawText(QPointF(box.rect.left(), box.rect.top() + base), box.text)
            if span.target is not None:
                lit = span.target == self._pointed
                painter.setPen(QPen(theme.accent if lit else theme.line, 1.5 if lit else 1.0))
                foot, wide = box.rect.top() + base + 3, self._advance(span, box.text.rstrip())
                painter.drawLine(QPointF(box.rect.left(), foot), QPointF(box.rect.left() + wide, foot))
            if box is focused:
                painter.setPen(QPen(theme.accent, 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.rect.adjusted(-1, 1, 1, -1), 4, 4)
        painter.end()

    def _paint_chips(self, painter: QPainter) -> None:
        """The check stands out as a chip, over as many rows as it has."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.sunken)
        for number, line in enumerate(self._lines):
            if line.kind == "check":
                rows: dict[float, QRectF] = {}
                for box in self._boxes:
                    if box.line == number:
                        rows[box.rect.top()] = rows.get(box.rect.top(), box.rect).united(box.rect)
                for rect in rows.values():
                    painter.drawRoundedRect(rect.adjusted(-CHIP, 1, CHIP, -1), 8, 8)

    def _color(self, span: Span, line: Line, colors: dict[int, QColor]) -> QColor:
        if span.number is not None and line.kind == "sum":
            return colors[sign(span.number)]
        return self._theme.text if span.strong or span.target is not None else self._theme.quiet

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        target = self._target_at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if target is None else Qt.CursorShape.PointingHandCursor)
        self._point_at(target)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        target = self._target_at(event.position())
        if target is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(target)

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def hideEvent(self, event: QEvent) -> None:
        self._point_at(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._go_to(0 if event.reason() is Qt.FocusReason.TabFocusReason else len(self._links()) - 1)

    def focusOutEvent(self, event: QEvent) -> None:
        self._current = -1
        self._point_at(None)
        self.update()

    def focusNextPrevChild(self, forward: bool) -> bool:
        place = self._current + (1 if forward else -1)
        links = self._links()
        if not self.hasFocus() or not 0 <= place < len(links):
            return super().focusNextPrevChild(forward)
        self._go_to(place)
        return True

    def _go_to(self, place: int) -> None:
        """Put the keyboard on one of the links."""
        links = self._links()
        if 0 <= place < len(links):
            self._current = place
            self._point_at(self._span(links[place]).target)
            self.update()
            if (area := self._area()) is not None:
                center = links[place].rect.center()
                area.ensureVisible(round(center.x()), round(center.y()), 0, round(ROW))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        links = self._links()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and 0 <= self._current < len(links):
            self.chosen.emit(self._span(links[self._current]).target)
        elif event.key() in _SCROLLS and (area := self._area()) is not None:
            bar = area.verticalScrollBar()
            bar.setValue(bar.value() + round(_SCROLLS[event.key()] * ROW))
        else:
            super().keyPressEvent(event)

    def _area(self) -> QScrollArea | None:
        """What scrolls it."""
        above = self.parentWidget().parentWidget() if self.parentWidget() is not None else None
        return above if isinstance(above, QScrollArea) else None

    def _target_at(self, position: QPointF) -> Target | None:
        return next((self._span(box).target for box in self._links() if box.rect.contains(position)), None)

    def _point_at(self, target: Target | None) -> None:
        if target != self._pointed:
            self._pointed = target
            self.hovered.emit(target)
            self.update()
