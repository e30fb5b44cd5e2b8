"""What the lines and arrows in a perceptron's plane mean: a row of small samples with their names."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui import fonts
from gui.graphics.perceptron_picture import move_color, move_words
from gui.graphics.perceptron_words import value
from gui.graphics.plane import arrow
from gui.perceptron_view import PerceptronView
from gui.theme import Theme, mix

_SAMPLE, _GAP, _BETWEEN = 26, 6, 18


class PlaneLegend(QWidget):
    """``entries``: (kind, name) in their order. What has no room at the right end is left out."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.entries: tuple[tuple[str, str], ...] = ()
        self._error = 0
        self._font = fonts.tabular(fonts.caption())
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend of the plane")
        self.setToolTip(
            "The line is where w·x + b is 0; w stands upright on it and points to the side of 1. A mistake puts η·error·x to "
            "the end of w."
        )

    def sizeHint(self) -> QSize:
        return QSize(200, 18)

    minimumSizeHint = sizeHint

    def show_view(self, view: PerceptronView, scale: float, overlay: str) -> None:
        """Name what is painted now; arrows are drawn ``scale`` times their length, ``overlay`` is another line's name."""
        drawn = "" if scale == 1 else f", drawn ×{value(scale)}"
        entries = [("line", "line"), ("weights", f"w{drawn}")] if view.line is not None else []
        self._error = view.mistake.error if view.mistake is not None and view.converged_epoch is None else 0
        if self._error:
            entries += [("move", f"{move_words(view)}, the last mistake"), ("before", "line before it")]
        if overlay:
            entries.append(("overlay", overlay))
        if tuple(entries) != self.entries:
            self.entries = tuple(entries)
            self.setAccessibleDescription(", ".join(name for _, name in entries))
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        metrics, x, y = QFontMetricsF(self._font), 0.0, self.height() / 2
        theme = self.theme
        for kind, name in self.entries:
            width = metrics.horizontalAdvance(name)
            if x + _SAMPLE + _GAP + width > self.width():
                break
            a, b = QPointF(x, y), QPointF(x + _SAMPLE, y)
            if kind == "weights":
                arrow(painter, a, b, theme.accent, 2.5, theme.panel)
            elif kind == "move":
                arrow(painter, a, b, move_color(theme, self._error), 2.5, theme.panel)
            else:
                painter.setPen(
                    {"line": QPen(theme.text, 2.25), "overlay": QPen(theme.accent, 2, Qt.PenStyle.DotLine),
                     "before": QPen(mix(theme.panel, theme.quiet, 0.75), 1.5, Qt.PenStyle.DashLine)}[kind]
                )  # fmt: skip
                painter.drawLine(a, b)
            painter.setPen(theme.quiet)
            painter.drawText(
                QRectF(x + _SAMPLE + _GAP, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, name
            )
            x += _SAMPLE + _GAP + width + _BETWEEN
        painter.end()
