"""Marks of the doctor's findings on the network picture: where they are, how they look, which one is under the pointer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from engine.doctor import WARNING, Finding
from gui import fonts
from gui.graphics.layout import GraphLayout
from gui.graphics.targets import ROW_1, ROW_3
from gui.theme import Theme

SIDE = 15.0
REACH = 14.0  # from the middle: 28 px are the least that a shaky hand can hit
_LEAST_CELL = 14.0


@dataclass(frozen=True, slots=True)
class Badge:
    """One mark around (x, y)."""

    x: float
    y: float
    finding: Finding


def place(layout: GraphLayout, findings: Iterable[Finding]) -> list[Badge]:
    """A mark at each neuron that a finding names, else at its layer's header; one a place: the gravest, which come first."""
    taken: dict[tuple[float, float], Badge] = {}
    for finding in findings:
        for x, y in _places(layout, finding):
            taken.setdefault((x, y), Badge(x, y, finding))
    return list(taken.values())


def _places(layout: GraphLayout, finding: Finding) -> list[tuple[float, float]]:
    layer = finding.where.layer
    if not 0 <= layer < len(layout.columns):
        return []
    column = layout.columns[layer]
    if column.cell[0] >= _LEAST_CELL:
        slots = [slot for neuron in finding.where.neurons if (slot := column.slot_of(neuron)) >= 0]
        if slots:
            boxes = [column.rect(slot) for slot in slots]
            return [(x + w - 2, y + 2) for x, y, w, _ in boxes]
    if layout.roomy:
        return [(column.x - 42.0, ROW_1)]
    return [(column.x, ROW_3)]


class Badges:
    """The marks over one picture. They are few, and painted from one pixmap for each look."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._findings: tuple[Finding, ...] = ()
        self._placed: list[Badge] = []
        self._for: GraphLayout | None = None
        self._pixmaps: dict[tuple[str, float], QPixmap] = {}

    def set_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self._pixmaps.clear()

    def set_findings(self, findings: tuple[Finding, ...]) -> None:
        """Mark these, and only these."""
        self._findings, self._for = findings, None

    def placed(self, layout: GraphLayout | None) -> list[Badge]:
        """Every mark on ``layout``."""
        if layout is None:
            return []
        if layout is not self._for:
            self._placed, self._for = place(layout, self._findings), layout
        return self._placed

    def at(self, layout: GraphLayout | None, x: float, y: float) -> Badge | None:
        """The mark under a point; of two the nearer."""
        hits = [b for b in self.placed(layout) if max(abs(b.x - x), abs(b.y - y)) <= REACH / 2 + 4]
        return min(hits, key=lambda b: abs(b.x - x) + abs(b.y - y), default=None)

    def about(self, layer: int, neuron: int) -> Finding | None:
        """What ails a neuron, if anything."""
        about = (f for f in self._findings if f.where.layer == layer and neuron in f.where.neurons)
        return next(about, None)

    def paint(self, painter: QPainter, layout: GraphLayout | None, dpr: float) -> None:
        """All of them, on top of the picture."""
        for badge in self.placed(layout):
            pixmap = self._pixmap(badge.finding.severity, dpr)
            painter.drawPixmap(QPointF(badge.x - SIDE / 2, badge.y - SIDE / 2), pixmap)

    def _pixmap(self, severity: str, dpr: float) -> QPixmap:
        key = (severity, dpr)
        if key not in self._pixmaps:
            side = round(SIDE * dpr)
            pixmap = QPixmap(side, side)
            pixmap.setDevicePixelRatio(dpr)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_mark(painter, self._theme, severity, QRectF(0, 0, SIDE, SIDE))
            painter.end()
            self._pixmaps[key] = pixmap
        return self._pixmaps[key]


def paint_mark(painter: QPainter, theme: Theme, severity: str, box: QRectF) -> None:
    """An exclamation mark in a disc: filled for a warning, hollow for a note."""
    warns = severity == WARNING
    painter.setPen(QPen(theme.panel, 1.5) if warns else QPen(theme.quiet, 1.5))
    painter.setBrush(theme.danger if warns else theme.panel)
    painter.drawEllipse(box.adjusted(1, 1, -1, -1))
    painter.setFont(fonts.sized(10, fonts.SEMIBOLD))
    painter.setPen(theme.panel if warns else theme.quiet)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "!")
