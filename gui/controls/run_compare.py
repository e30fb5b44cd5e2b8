"""What several runs do not share, side by side: their figures, then the settings that differ."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from gui import fonts
from gui.controls.run_table import duration, score
from gui.graphics import ticks
from gui.graphics.run_cells import CHIP, paint_chip
from gui.history.comparing import Line, RunLook, lines_of
from gui.theme import CAPTION_PX, Theme

ROW = 24
NAMES = 140
LEAST = 72


class RunCompare(QTableWidget):
    """A column a run, with the same number and colour as its curves. The better figure of a line is semi-bold."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.lines: tuple[Line, ...] = ()
        self._looks: tuple[RunLook, ...] = ()
        self.setFont(fonts.figures(CAPTION_PX + 1))
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.horizontalHeader().hide()
        self.horizontalHeader().setMinimumSectionSize(LEAST)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(ROW)
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.setAccessibleName("Comparison of the selected runs")
        self.setToolTip(
            "Figures at the end of each run, and the settings that are not the same. Semi-bold is the best of a line."
        )

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = theme
        self._fill()

    def show_runs(self, looks: tuple[RunLook, ...]) -> None:
        """Compare these."""
        self._looks = looks
        self._fill()

    def _fill(self) -> None:
        looks = self._looks
        self.lines = lines_of(looks, _figures(looks)) if looks else ()
        self.setColumnCount(1 + len(looks) if looks else 0)
        self.setRowCount(1 + len(self.lines) if looks else 0)
        if not looks:
            return
        self._put(0, 0, "Run", quiet=True)
        for place, look in enumerate(looks):
            self._put(0, place + 1, look.record.name, tip=f"{look.record.name}\n{look.record.settings}", chip=place)
        for row, line in enumerate(self.lines, 1):
            self._put(row, 0, line.name, quiet=True)
            for place, value in enumerate(line.values):
                self._put(row, place + 1, value, bold=line.best == place)
        head = self.horizontalHeader()
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(0, NAMES)
        for column in range(1, len(looks) + 1):
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def _put(
        self, row: int, column: int, text: str, *, quiet: bool = False, bold: bool = False, tip: str = "",
        chip: int | None = None,
    ) -> None:  # fmt: skip
        item = QTableWidgetItem(text)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        item.setToolTip(tip or text)
        item.setForeground(self.theme.quiet if quiet else self.theme.text)
        if bold:
            item.setFont(fonts.figures(CAPTION_PX + 1, fonts.SEMIBOLD))
        if chip is not None:
            item.setIcon(self._icon(chip))
        self.setItem(row, column, item)

    def _icon(self, place: int) -> QIcon:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(CHIP * ratio), round(CHIP * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(self.theme.panel)
        painter = QPainter(pixmap)
        paint_chip(painter, self.theme, QRectF(0, 0, CHIP, CHIP), place)
        painter.end()
        return QIcon(pixmap)


def _figures(looks: tuple[RunLook, ...]) -> dict[str, tuple[str, ...]]:
    records = [look.record for look in looks]
    return {
        "Test loss": tuple(ticks.loss(r.test_loss) for r in records),
        "Accuracy": tuple(score(r.test_accuracy, r.regression) for r in records),
        "Train loss": tuple(ticks.loss(r.train_loss) for r in records),
        "Epochs": tuple(f"{r.epochs:,}" for r in records),
        "Training time": tuple(duration(r.seconds) for r in records),
        "Parameters": tuple("?" if look.spec is None else f"{look.spec.n_parameters:,}" for look in looks),
    }
