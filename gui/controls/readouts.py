"""Running numbers: a caption above a value, painted with few Qt calls, in a box that never changes size."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui import fonts
from gui.bar import Reading
from gui.theme import BODY_PX, EPOCH_PX, Theme

_CAPTION_BASELINE = 11
_VALUE_BASELINE = 35
_HEIGHT = 44
_EPOCHS = {
    False: ("Epoch", "How often training has seen every training sample."),
    True: (
        "Epoch in the past",
        "The epoch looked back at, with its figures. Play goes on from here, End goes back to now.",
    ),
}
_BASELINES = ((15, 31), (11, 25, 39))  # of two lines and of three


class Readout(QWidget):
    """One number under its name. The box is as wide as the widest of ``samples``."""

    def __init__(
        self,
        theme: Theme,
        caption: str,
        samples: tuple[str, ...],
        tip: str,
        *,
        pixels: int = BODY_PX,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._caption = caption
        self._text = ""
        self._caption_font = fonts.caption()
        self._font = fonts.figures(pixels, QFont.Weight.DemiBold)
        metrics = QFontMetricsF(self._font)
        widest = max([metrics.horizontalAdvance(sample) for sample in samples])
        self._width = round(max(widest, QFontMetricsF(self._caption_font).horizontalAdvance(caption))) + 2
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(caption)
        self.setToolTip(tip)

    def sizeHint(self) -> QSize:
        return QSize(self._width, _HEIGHT)

    minimumSizeHint = sizeHint

    def text(self) -> str:
        """The value shown."""
        return self._text

    def set_text(self, text: str) -> bool:
        """Show ``text``; repaints and answers True only when it is another."""
        if text == self._text:
            return False
        self._text = text
        self.update()
        return True

    def set_caption(self, caption: str, tip: str) -> None:
        """Show another quantity, whose name has room in the box."""
        if caption != self._caption:
            self._caption = caption
            self.setAccessibleName(caption)
            self.setToolTip(tip)
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._caption_font)
        painter.setPen(self._theme.quiet)
        painter.drawText(QPointF(0, _CAPTION_BASELINE), self._caption)
        painter.setFont(self._font)
        self._paint_value(painter)
        painter.end()

    def _paint_value(self, painter: QPainter) -> None:
        painter.setPen(self._theme.text)
        painter.drawText(QPointF(0, _VALUE_BASELINE), self._text)


class ReadoutRow(QWidget):
    """Readouts side by side, for whatever is to be read: :meth:`set_readings` says what, :meth:`set_texts` how it stands."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._readings: tuple[Reading, ...] = ()
        self.readouts: list[Readout] = []
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(12)

    def set_readings(self, readings: tuple[Reading, ...]) -> None:
        """Other numbers under other names."""
        if readings == self._readings:
            return
        self._readings = readings
        for readout in self.readouts:
            readout.hide()
            readout.deleteLater()
        self.readouts = [Readout(self._theme, r.caption, r.longest, r.tip) for r in readings]
        for readout in self.readouts:
            self._box.addWidget(readout)

    def set_texts(self, texts: tuple[str, ...]) -> None:
        """Their values, in the same order."""
        for readout, text in zip(self.readouts, texts, strict=True):
            readout.set_text(text)

    def texts(self) -> tuple[str, ...]:
        """The values shown."""
        return tuple(readout.text() for readout in self.readouts)

    def describe(self) -> None:
        """Tell a screen reader the values as they stand."""
        for readout in self.readouts:
            readout.setAccessibleDescription(readout.text())

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for readout in self.readouts:
            readout.apply_theme(theme)


class EpochCounter(Readout):
    """The largest number of the window: ``000,214`` with quiet leading zeros."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(
            theme,
            _EPOCHS[False][0],
            ("0,000,000", "000.00 M"),
            _EPOCHS[False][1],
            pixels=EPOCH_PX,
            parent=parent,
        )
        self._past = False
        self._zeros = ""
        self._zeros_width = 0.0
        self._zeros_color = _faint(theme)
        self.set_epoch(0)

    def apply_theme(self, theme: Theme) -> None:
        self._zeros_color = _faint(theme)
        super().apply_theme(theme)

    def set_epoch(self, epoch: int) -> bool:
        """Show ``epoch``; answers True when the text changed."""
        if epoch >= 10_000_000:
            zeros, digits = "", f"{epoch / 1e6:,.2f} M"
        else:
            text = f"{epoch:07,}" if epoch < 1_000_000 else f"{epoch:,}"
            digits = f"{epoch:,}" if epoch else "0"
            zeros = text[: len(text) - len(digits)]
        if len(zeros) != len(self._zeros):
            self._zeros_width = QFontMetricsF(self._font).horizontalAdvance(zeros)
        self._zeros = zeros
        return self.set_text(zeros + digits)

    def set_past(self, past: bool) -> None:
        """Say that this epoch is looked back at: in words, and in the accent's color."""
        if past != self._past:
            self._past = past
            self.set_caption(*_EPOCHS[past])
            self.update()

    def _paint_value(self, painter: QPainter) -> None:
        if self._zeros:
            painter.setPen(self._zeros_color)
            painter.drawText(QPointF(0, _VALUE_BASELINE), self._zeros)
        painter.setPen(self._theme.ink(self._theme.accent) if self._past else self._theme.text)
        left = self._zeros_width if self._zeros else 0.0
        painter.drawText(QPointF(left, _VALUE_BASELINE), self._text[len(self._zeros) :])


class Progress(QWidget):
    """Up to three quiet lines in a place of fixed width, usually empty; under two of them a bar may fill."""

    def __init__(self, theme: Theme, longest: tuple[str, ...], tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: tuple[str, ...] = ()
        self._share: float | None = None
        self._font = fonts.tabular(fonts.caption())
        self._width = round(max(QFontMetricsF(self._font).horizontalAdvance(line) for line in longest)) + 2
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Within the epoch")
        self.setToolTip(tip)

    def sizeHint(self) -> QSize:
        return QSize(self._width, _HEIGHT)

    minimumSizeHint = sizeHint

    def lines(self) -> tuple[str, ...]:
        """What is shown."""
        return self._lines

    def set_lines(self, *lines: str, share: float | None = None) -> None:
        """Show these, three at most, and a bar filled by ``share``, 0..1; repaints only when they are others."""
        if (lines, share) != (self._lines, self._share):
            self._lines, self._share = lines, share
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._lines:
            return
        painter = QPainter(self)
        painter.setFont(self._font)
        painter.setPen(self._theme.quiet)
        for baseline, line in zip(_BASELINES[len(self._lines) == 3], self._lines, strict=False):
            painter.drawText(QPointF(0, baseline), line)
        if self._share is not None:
            for share, color in ((1.0, self._theme.line), (self._share, self._theme.accent)):
                painter.fillRect(QRectF(0, _HEIGHT - 5, share * self.width(), 3), color)
        painter.end()


def _faint(theme: Theme) -> QColor:
    """For the zeros that only hold the place."""
    return theme.ink(theme.line, ratio=2.0)
