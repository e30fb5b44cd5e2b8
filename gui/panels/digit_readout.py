"""What the network reads: ten bars that move while the pen does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.registry import Range
from gui import fonts
from gui.controls.buttons import CheckBox
from gui.controls.fields import NumberField
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, PANEL_PADDING, Theme, mix

EMPTY = "Draw a digit to see what the network reads"
ANSWER_FROM = Range(
    0, 0.99, "Answer from", "Below this probability the network says that it doesn't know. At 0 % it always answers.",
    step=0.05, percent=True,
)  # fmt: skip
_ROW = 23
_BAR = 12
_CAPTION_ROW = 20
_UNSURE = 0.5
_LEAST = 0.0005  # below it a share reads as 0.0 %, and has no bar
_SURE = "> 99.9 %"  # a network is never quite sure


class DigitReadout(Panel):
    """A probability bar for each digit; the likeliest one is bold and in the accent colour.

    ``evidenceChanged()``: what is asked for of the evidence, in :attr:`wants_evidence` and :attr:`chosen`, is another.
    ``thresholdChosen(share)``: below it the answer is to be "I don't know".
    """

    title = "What it reads"
    evidenceChanged = Signal()
    thresholdChosen = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._shares: list[float] | None = None
        self._ranks: list[int] = []
        self._chosen: int | None = None
        self._temperature = 1.0
        self.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        self.setAccessibleName(self.title)
        self.setToolTip(
            "How likely each digit is, by the network. They add up to 100 %, even for a scribble. Click a bar, or walk with "
            "the arrow keys, to see which pixels spoke for its digit."
        )
        self.setWhatsThis(self.toolTip())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._plain, self._bold, self._small = (
            fonts.figures(),
            fonts.figures(weight=QFont.Weight.DemiBold),
            fonts.caption(),
        )
        metrics = QFontMetricsF(self._bold)
        self._digit_width = metrics.horizontalAdvance("0") + 2 * GRID
        self._share_width = metrics.horizontalAdvance(_SURE) + GRID
        self.evidence_box = CheckBox("Evidence", self)
        self.evidence_box.setAccessibleName("Evidence")
        self.evidence_box.setToolTip(
            "Tints the drawing: blue pixels spoke for the digit, orange ones against it (gradient × input). Click a bar to ask "
            "about another digit, and again to follow the likeliest."
        )
        self.evidence_box.setWhatsThis(self.evidence_box.toolTip())
        self.evidence_box.committed.connect(self._on_switched)
        self.legend = QLabel(self)
        self.legend.setFont(self._small)
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.answer_from = NumberField(ANSWER_FROM, 0.0)
        self.answer_from.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.answer_from.setFixedSize(48, CONTROL_HEIGHT)
        self.answer_from.committed.connect(self._on_answer_from)
        label = QLabel(ANSWER_FROM.label)
        label.setBuddy(self.answer_from)
        label.setToolTip(self.answer_from.toolTip())
        row = QHBoxLayout()
        row.setSpacing(6)
        for widget, stretch in ((self.evidence_box, 0), (self.legend, 1), (label, 0), (self.answer_from, 0)):
            row.addWidget(widget, stretch)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addStretch(1)
        box.addLayout(row)
        self.show_probabilities(None)

    # --- evidence ---------------------------------------------------------------------------------------------------

    @property
    def wants_evidence(self) -> bool:
        """Whether it is to be seen which pixels spoke for a digit."""
        return self.evidence_box.value()

    @property
    def chosen(self) -> int | None:
        """The digit that evidence is asked for; None follows the likeliest."""
        return self._chosen

    def ask_evidence(self, wanted: bool, digit: int | None = None) -> None:
        """Ask for the evidence for ``digit``, None for the likeliest; or no longer."""
        digit = digit if wanted else None
        if (wanted, digit) != (self.wants_evidence, self._chosen):
            self.evidence_box.set_value(wanted)
            self._chosen = digit
            self._show_legend()
            self.update()
            self.evidenceChanged.emit()

    def _choose(self, digit: int) -> None:
        """A bar was clicked: its digit, or once more, whatever is likeliest."""
        self.ask_evidence(True, None if digit == self._chosen else digit)

    def _on_switched(self) -> None:
        self._chosen = None
        self._show_legend()
        self.update()
        self.evidenceChanged.emit()

    @property
    def explained(self) -> int | None:
        """The digit whose evidence is shown."""
        digit = self.best() if self._chosen is None else self._chosen
        return digit if self.wants_evidence and self._shares else None

    def _show_legend(self) -> None:
        digit, text = self.explained, ""
        if digit is not None:
            blue, orange = (self.theme.ink(c).name() for c in (self.theme.positive, self.theme.negative))
            text = (
                f'<span style="color:{blue}">■ for {digit}</span>&nbsp; <span style="color:{orange}">■ against</span>'
            )
        if text != self.legend.text():
            self.legend.setText(text)

    # --- what is read -----------------------------------------------------------------------------------------------

    def show_probabilities(self, probabilities: NDArray | None) -> None:
        """probabilities: (10,) in 0..1, or None when nothing is drawn. Values that aren't finite count as nothing."""
        if probabilities is not None and not np.isfinite(probabilities).all():
            probabilities = None
        shares = None if probabilities is None else [float(p) for p in probabilities]
        if shares == self._shares and self._ranks:
            return
        self._shares = shares
        self._ranks = sorted(range(10), key=lambda digit: -shares[digit] if shares else digit)
        self.setAccessibleDescription(self.summary())
        self._show_legend()
        self.update(self._area())

    def best(self) -> int | None:
        """The digit that is read, None without a drawing."""
        return self._ranks[0] if self._shares else None

    def summary(self) -> str:
        """One sentence that says what the bars show."""
        if self._shares is None:
            return EMPTY
        first, second = self._ranks[:2]
        likely, how = self._shares[first], f" (temperature {self._temperature:.3g})" if self._temperature != 1 else ""
        if likely < self.answer_from.value():
            return f"I don't know: {first} with {_percent(likely)}{how}"
        if likely < _UNSURE:
            return f"Not sure: {first} with {_percent(likely)}, {second} with {_percent(self._shares[second])}{how}"
        then = f", then {second} with {_percent(self._shares[second])}" if self._shares[second] >= _LEAST else ""
        return f"Reads {first} with {_percent(likely)}{then}{how}"

    def show_reading(self, temperature: float, threshold: float) -> None:
        """By which temperature the answer is read, and from which probability on it is one; emits nothing."""
        self._temperature = temperature
        self.answer_from.set_value(threshold)
        self.setAccessibleDescription(self.summary())
        self.update(self._area())

    def _on_answer_from(self) -> None:
        self.setAccessibleDescription(self.summary())
        self.update(self._area())
        self.thresholdChosen.emit(self.answer_from.value())

    # --- looks ------------------------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._show_legend()

    def _area(self) -> QRect:
        """Where the bars and the sentence are."""
        return self.contentsRect().adjusted(0, 0, 0, -CONTROL_HEIGHT - GRID // 2)

    @property
    def _row_height(self) -> float:
        return min((self._area().height() - _CAPTION_ROW) / 10, _ROW * 1.4)

    def digit_at(self, at: QPoint) -> int | None:
        """The digit whose row is at a point."""
        row = (at.y() - self._area().top()) / max(self._row_height, 1.0)
        return int(row) if 0 <= row < 10 and self._area().left() <= at.x() <= self._area().right() else None

    def sizeHint(self) -> QSize:
        return QSize(320, 10 * _ROW + _CAPTION_ROW + CONTROL_HEIGHT).grownBy(self.contentsMargins())

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 10 * 17 + _CAPTION_ROW + CONTROL_HEIGHT).grownBy(self.contentsMargins())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, shares = self.theme, self._shares
        best = self.best()
        area, row = self._area(), self._row_height
        bar = min(_BAR, row - 4)
        left, width = self._digit_width, area.width() - self._digit_width - self._share_width
        painter = QPainter(self)
        painter.translate(area.topLeft())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        explained = self.explained
        if explained is not None:
            painter.setBrush(mix(theme.panel, theme.accent, 0.12))
            painter.drawRoundedRect(QRectF(-4, explained * row, area.width() + 8, row), 4, 4)
        # All shapes first, then all texts: a change of font or pen costs more than what it paints.
        painter.setBrush(theme.sunken)
        for digit in range(10):
            painter.drawRoundedRect(QRectF(left, (digit + 0.5) * row - bar / 2, width, bar), 3, 3)
        if shares is not None:
            painter.setBrush(theme.quiet)
            for digit, share in enumerate(shares):
                if share < _LEAST:
                    continue
                if digit == best:
                    painter.setBrush(theme.accent)
                length = max(width * share, 2.0)
                painter.drawRoundedRect(QRectF(left, (digit + 0.5) * row - bar / 2, length, bar), min(3, length / 2), 3)
                if digit == best:
                    painter.setBrush(theme.quiet)
        left_middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right_middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._bold)
        for digit in range(10):
            painter.setPen(theme.quiet if shares is None else theme.accent if digit == best else theme.text)
            painter.drawText(QRectF(0, digit * row, left, row), left_middle, str(digit))
        if shares is not None and best is not None:
            painter.setPen(theme.accent)
            painter.drawText(QRectF(0, best * row, area.width(), row), right_middle, _percent(shares[best]))
            painter.setFont(self._plain)
            painter.setPen(theme.text)
            for digit, share in enumerate(shares):
                if digit != best:
                    painter.drawText(QRectF(0, digit * row, area.width(), row), right_middle, _percent(share))
        painter.setFont(self._small)
        painter.setPen(theme.quiet)
        painter.drawText(QRectF(0, 10 * row, area.width(), _CAPTION_ROW), left_middle, self.summary())
        if self.hasFocus():
            painter.setPen(QPen(theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(-6, 0, area.width() + 12, 10 * row), 4, 4)

    # --- mouse and keys ---------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        digit = self.digit_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and digit is not None:
            self._choose(digit)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, at = event.key(), self._chosen if self._chosen is not None else self.best()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            step = 1 if key == Qt.Key.Key_Down else -1
            self.ask_evidence(True, min(max((0 if at is None else at + step), 0), 9))
        elif key == Qt.Key.Key_Escape and self._chosen is not None:
            self.ask_evidence(True)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


def _percent(share: float) -> str:
    return _SURE if share >= 1 - _LEAST else f"{share * 100:.1f} %"
