"""The doctor's mark beside a control that a finding is about."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from engine.doctor import Finding
from gui.controls.buttons import keeps_space
from gui.graphics.badges import SIDE, paint_mark
from gui.theme import Theme

WIDTH = 18


class FindingBadge(QAbstractButton):
    """Lies just left of ``control``, over the end of its label's room. ``chosen(key)`` of the finding when it is pressed."""

    chosen = Signal(object)

    def __init__(self, theme: Theme, control: QWidget) -> None:
        super().__init__(control.parentWidget())
        self._theme, self.control = theme, control
        self._finding: Finding | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._on_clicked)
        self.hide()

    def show_finding(self, theme: Theme, finding: Finding | None) -> None:
        """Mark what ``finding`` is about, or nothing."""
        self._theme, self._finding = theme, finding
        self.setVisible(finding is not None)
        if finding is not None:
            self.setAccessibleName(f"Doctor: {finding.title}")
            self.setAccessibleDescription(finding.sentence)
            self.setToolTip(f"{finding.sentence} A click shows why, and what may help.")
            self.setGeometry(self.control.x() - WIDTH - 1, 0, WIDTH, self.control.height())
            self.raise_()
        self.update()

    def _on_clicked(self) -> None:
        if self._finding is not None:
            self.chosen.emit(self._finding.key)

    def event(self, event: QEvent) -> bool:
        return keeps_space(self, event) or super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._finding is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF((self.width() - SIDE) / 2, (self.height() - SIDE) / 2, SIDE, SIDE)
        paint_mark(painter, self._theme, self._finding.severity, box)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(box.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.end()
