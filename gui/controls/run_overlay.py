"""The loss curves of several runs over each other, and a line for each that says which is which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui import fonts
from gui.controls.buttons import CheckBox
from gui.graphics import ticks
from gui.graphics.curve_plot import BranchLines, CurvePlot
from gui.graphics.run_cells import CHIP, paint_chip
from gui.history.comparing import RunLook
from gui.theme import CAPTION_PX, GRID, Theme

LOG_FLOOR = 1e-12
LINE = 22
SAMPLE = 22
NUMBER = 132  # "0.0000 / 0.0000"


class RunOverlay(QWidget):
    """Shows up to six runs: train solid, test dashed, each in its colour and with its number."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.looks: tuple[RunLook, ...] = ()
        self.heading = QLabel("Loss curves")
        self.heading.setProperty("role", "heading")
        self.heading.setFont(fonts.caption(fonts.SEMIBOLD))
        self.log: QCheckBox = CheckBox("Log scale")
        self.log.setChecked(True)
        self.log.setToolTip(
            "Draw the loss on a logarithmic axis. Progress stays visible when the loss is small already."
        )
        self.plot = CurvePlot(theme)
        self.plot.setAccessibleName("Loss curves of the selected runs")
        self.plot.setToolTip("Wheel zooms, drag moves, double-click fits.")
        self.legend = RunLegend(theme)
        row = QHBoxLayout()
        row.addWidget(self.heading, 1)
        row.addWidget(self.log)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID // 2)
        box.addLayout(row)
        box.addWidget(self.plot, 1)
        box.addWidget(self.legend)
        self.log.toggled.connect(self._draw)
        self.plot.fitRequested.connect(self.fit)
        self.plot.hovered.connect(self._on_hovered)
        self._draw()

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.plot.apply_theme(theme)
        self.legend.apply_theme(theme)
        self._draw()

    def show_runs(self, looks: tuple[RunLook, ...]) -> None:
        """Draw these."""
        same = [look.record.id for look in looks] == [look.record.id for look in self.looks]
        self.looks = looks
        self.legend.show_runs(looks)
        self._draw(fit=not same)

    def _lines(self, look: RunLook) -> tuple[tuple[NDArray, NDArray], ...]:
        return tuple(self._line(look.curves[:, 0], look.curves[:, which]) for which in (1, 2))

    def _line(self, x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        sound = np.isfinite(y)
        x, y = x[sound], y[sound]
        return x, np.log10(np.maximum(y, LOG_FLOOR)) if self.log.isChecked() else y

    @Slot()
    def _draw(self, _checked: bool = False, fit: bool = True) -> None:
        logarithmic = self.log.isChecked()
        self.plot.set_titles("loss", "epoch")
        self.plot.set_scale(logarithmic=logarithmic)
        self.plot.set_others(
            tuple(BranchLines(place, *self._lines(look)) for place, look in enumerate(self.looks)), strong=True
        )
        if fit:
            self.fit()
        self.plot.viewport().update()

    @Slot()
    def fit(self) -> None:
        """Show all of every curve; a loss that exploded may leave the picture at the top."""
        lines = [line for look in self.looks for line in self._lines(look)]
        ys = np.concatenate([y for _, y in lines]) if lines else np.empty(0)
        if not len(ys):
            self.plot.set_view((0.0, 10.0), (-2.0, 0.0) if self.log.isChecked() else (0.0, 1.0))
            return
        end = max(float(x[-1]) for x, _ in lines if len(x))
        firsts = max(float(y[0]) for _, y in lines if len(y))
        low, high = float(ys.min()), float(ys.max())
        if not self.log.isChecked():
            low, high = min(low, 0.0), min(high, max(3 * firsts, low + 1e-9))
        else:
            high = min(high, firsts + 1)
        room = 0.06 * max(high - low, 0.3 if self.log.isChecked() else 1e-9)
        self.plot.set_view((0.0, max(end, 1.0)), (low - room if self.log.isChecked() or low else 0.0, high + room))

    @Slot(object)
    def _on_hovered(self, epoch: float | None) -> None:
        inside = epoch is not None and bool(self.looks)
        self.plot.set_crosshair((epoch, ()) if inside else None)  # type: ignore[arg-type]
        self.legend.point(epoch if inside else None)


class RunLegend(QWidget):
    """A line a run: its number on its colour, its name, its losses at the end or where the pointer is."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._looks: tuple[RunLook, ...] = ()
        self._epoch: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend of the curves")
        self.setToolTip("Solid is train, dashed test, with their losses at the end or under the pointer.")

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self.update()

    def show_runs(self, looks: tuple[RunLook, ...]) -> None:
        """Name these."""
        self._looks = looks
        self.setFixedHeight(LINE * (len(looks) + 1) if looks else 0)
        self._describe()
        self.update()

    def point(self, epoch: float | None) -> None:
        """Say the losses at an epoch; None for the last ones."""
        if epoch != self._epoch:
            self._epoch = epoch
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, self.height())

    def losses(self, look: RunLook) -> str:
        """``0.0412 / 0.0587``, or a dash where the run had ended."""
        curves = look.curves
        if not len(curves):
            return "–"
        row = curves[-1]
        if self._epoch is not None:
            if not curves[0, 0] <= self._epoch <= curves[-1, 0] + 0.5:
                return "–"
            row = curves[int(np.abs(curves[:, 0] - self._epoch).argmin())]
        return f"{ticks.loss(float(row[1]))} / {ticks.loss(float(row[2]))}"

    def _describe(self) -> None:
        self.setAccessibleDescription("; ".join(f"{look.record.name}: {self.losses(look)}" for look in self._looks))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._looks:
            return
        painter, theme = QPainter(self), self.theme
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(fonts.figures(CAPTION_PX))
        painter.setPen(theme.quiet)
        where = "at the end" if self._epoch is None else f"epoch {max(round(self._epoch), 0):,}"
        head = QRectF(0, 0, self.width(), LINE)
        painter.drawText(head, middle | Qt.AlignmentFlag.AlignRight, f"train / test, {where}")
        for x, dashes, word in ((CHIP + 8, [], "train"), (CHIP + 96, [4.0, 3.0], "test")):
            pen = QPen(theme.text, 1.6)
            if dashes:
                pen.setDashPattern(dashes)
            painter.setPen(pen)
            painter.drawLine(x, LINE // 2, x + SAMPLE, LINE // 2)
            painter.setPen(theme.quiet)
            painter.drawText(QRectF(x + SAMPLE + 6, 0, 60, LINE), middle, word)
        for place, look in enumerate(self._looks):
            row = QRectF(0, LINE * (place + 1), self.width(), LINE)
            paint_chip(painter, theme, QRectF(0, row.top() + 3, CHIP, CHIP), place)
            painter.setFont(fonts.body())
            painter.setPen(theme.text)
            name = painter.fontMetrics().elidedText(
                look.record.name, Qt.TextElideMode.ElideRight, int(row.width()) - NUMBER - CHIP - 16
            )
            painter.drawText(row.adjusted(CHIP + 8, 0, 0, 0), middle, name)
            painter.setFont(fonts.figures(CAPTION_PX + 1))
            painter.drawText(row, middle | Qt.AlignmentFlag.AlignRight, self.losses(look))
        painter.end()
