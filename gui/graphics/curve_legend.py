"""The line under the curves' switch: which line is which, what they are worth now or under the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics.curve_plot import gap_color, look_of
from gui.theme import CAPTION_PX, Theme

SAMPLE = 18
SHORT_SAMPLE = 14  # where three of them have little room
_LONGEST = ("train 0.0000", "test 0.0000", "val. 0.0000")
HEIGHT = 16


class CurveLegend(QWidget):
    """Shows "— train 0.0412   - - test 0.0587", painted in one go because it changes with every frame."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.texts: tuple[str, ...] = ("train", "test")
        self.epoch = ""
        self._branch = 0
        self.gap = False
        self.setFont(fonts.figures(CAPTION_PX))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend of the curves")

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def set_texts(self, *texts: str, epoch: str = "") -> None:
        """What stands beside the line samples (train, test, validation), and at which epoch when it is not the newest."""
        if (self.texts, self.epoch) != (texts, epoch):
            self.texts, self.epoch = texts, epoch
            self.setAccessibleDescription(", ".join(filter(None, (epoch, *texts))))
            self.update()

    def set_branch(self, color: int) -> None:
        """The sample of the train curve in the color of this branch, by its place."""
        if color != self._branch:
            self._branch = color
            self.update()

    def set_gap(self, shown: bool) -> None:
        """Name the shaded area, or not."""
        if shown != self.gap:
            self.gap = shown
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = self.fontMetrics()
        baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
        middle = self.height() / 2 + 0.5
        x = 0.0
        if self.epoch:
            painter.setPen(self.theme.text)
            painter.drawText(QPointF(x, baseline), self.epoch)
            x += metrics.horizontalAdvance(self.epoch) + 10
        # The box of a running number is as wide as its longest value: what follows it stays where it is.
        boxes = [
            max(metrics.horizontalAdvance(text), 0 if self.epoch else metrics.horizontalAdvance(_LONGEST[which]))
            for which, text in enumerate(self.texts)
        ]
        sample, gap = SAMPLE, 12 if len(self.texts) < 3 else 8
        if x + sum(boxes) + (sample + 5) * len(boxes) + gap * (len(boxes) - 1) > self.width():
            sample, gap = SHORT_SAMPLE, 5
        for which, (text, box) in enumerate(zip(self.texts, boxes, strict=True)):
            color, dashes = look_of(which, self.theme, self._branch)
            pen = QPen(color, 1.6)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if dashes:
                pen.setDashPattern(dashes)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + sample, middle))
            x += sample + 5
            painter.setPen(self.theme.text if self.epoch else self.theme.quiet)
            painter.drawText(QPointF(x, baseline), text)
            x += box + gap
        if self.gap and x + 10 + 5 + metrics.horizontalAdvance("gap") <= self.width():
            painter.setPen(QPen(self.theme.ink(gap_color(self.theme), ratio=2.0), 1))
            painter.setBrush(gap_color(self.theme))
            painter.drawRect(QRectF(x + 0.5, middle - 5, 9, 9))
            painter.setPen(self.theme.quiet)
            painter.drawText(QPointF(x + 15, baseline), "gap")
        painter.end()


class BranchLegend(QWidget):
    """Shows "— Original   — Branch 1 from epoch 41" under it while there are branches; the one at hand stands out."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._names: tuple[tuple[str, int, bool], ...] = ()
        self.setFont(fonts.caption())
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Branches in the curves")
        self.setToolTip(
            "Which color is which branch, the one at hand first. Branches under the network lists them all."
        )
        self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def set_names(self, names: tuple[tuple[str, int, bool], ...]) -> None:
        """Show these branches: name, the color's place, whether it is the one at hand."""
        if names != self._names:
            self._names = names
            self.setAccessibleDescription(", ".join(name for name, _, _ in names))
            self.setVisible(bool(names))
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics = self.fontMetrics()
        baseline, middle = (self.height() + metrics.ascent() - metrics.descent()) / 2, self.height() / 2 + 0.5
        # Each gets its share of the width; what is shorter leaves the rest to the others.
        left, x = self.width(), 0.0
        for i, (name, color, current) in enumerate(self._names):
            share = left / (len(self._names) - i) - 14 - 5 - 12
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(share))
            painter.setPen(QPen(self.theme.branch_color(color), 2.4 if current else 1.4))
            painter.drawLine(QPointF(x, middle), QPointF(x + 14, middle))
            painter.setPen(self.theme.text if current else self.theme.quiet)
            painter.drawText(QPointF(x + 19, baseline), text)
            used = 14 + 5 + metrics.horizontalAdvance(text) + 12
            x, left = x + used, left - used
        painter.end()
