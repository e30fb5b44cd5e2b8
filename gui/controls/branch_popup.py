"""The small window under "Branches": every branch with its color, its name and what it came to, to compare and to choose."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.differences import differences
from engine.snapshot import Metrics, Snapshot
from gui import fonts
from gui.branches import BranchView
from gui.controls.buttons import CheckBox, IconButton
from gui.controls.fields import CheckedField
from gui.graphics import ticks
from gui.theme import Theme

_HEADS = ("", "", "Name", "Epoch", "Train loss", "Test loss", "Test acc.", "Differs in", "", "")
_NAME_WIDTH, _DIFFERENCE_WIDTH = 176, 200


class BranchPopup(QFrame):
    """``chosen(run)`` goes on with a branch, ``shownToggled(run, shown)`` draws its curves or not."""

    chosen = Signal(object)
    renamed = Signal(object, str)
    deleted = Signal(object)
    shownToggled = Signal(object, bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("surface", "popup")
        self.setAccessibleName("Branches")
        self.theme = theme
        self.rows: dict[int, Row] = {}
        self._views: tuple[BranchView, ...] = ()
        self._now: Snapshot | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(12, 8, 12, 12)
        self._table: QWidget | None = None

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._fill()

    def show_branches(self, views: tuple[BranchView, ...]) -> None:
        """Show these; with less than two there is nothing to compare, and it closes."""
        same = [view.branch for view in views] == [view.branch for view in self._views] and (
            [view.current for view in views] == [view.current for view in self._views]
        )
        self._views = views
        if len(views) < 2:
            self.close()
        if not same:
            self._fill()
        self._show_figures()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The branch at hand came further."""
        self._now = snapshot
        if self.isVisible():
            self._show_figures()

    def open_above(self, widget: QWidget) -> None:
        """Show over ``widget``, its right edge at that of the widget."""
        self._show_figures()
        self.adjustSize()
        corner = widget.mapToGlobal(QPoint(widget.width() - self.width(), -self.height() - 4))
        left = widget.window().mapToGlobal(QPoint(8, 0)).x()
        self.move(max(corner.x(), left), corner.y())
        self.show()
        for row in self.rows.values():
            row.choose.setFocus() if not row.view.current else None

    def _fill(self) -> None:
        if self._table is not None:
            self._box.removeWidget(self._table)
            self._table.hide()
            self._table.deleteLater()
        self._table = QWidget(self)
        grid = QGridLayout(self._table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for column, head in enumerate(_HEADS):
            label = QLabel(head)
            label.setProperty("role", "heading")
            label.setFont(fonts.caption())
            right = 3 <= column <= 6
            grid.addWidget(label, 0, column, Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft)
        self.rows = {view.branch.run: Row(self, view, i, grid) for i, view in enumerate(self._views, 1)}
        self._box.addWidget(self._table)
        if self.isVisible():
            self._table.show()
            self.adjustSize()

    def _show_figures(self) -> None:
        if not self._views:
            return
        first = self._views[0].branch.spec
        for view in self._views:
            end = self._now if view.current else view.end
            if end is not None and end.run == view.branch.run:
                self.rows[view.branch.run].show_end(end)
            if view is not self._views[0]:
                self.rows[view.branch.run].show_differences(differences(first, view.branch.spec))


class Row:
    """One line of the table."""

    def __init__(self, popup: BranchPopup, view: BranchView, line: int, grid: QGridLayout) -> None:
        self.view, self._popup = view, popup
        name = view.branch.name
        self.shown = CheckBox("")
        self.shown.setChecked(view.shown or view.current)
        self.shown.setEnabled(not view.current)
        self.shown.setAccessibleName(f"Show {name} in the curves")
        self.shown.setToolTip("Draws the curves of this branch, or leaves them out. The one at hand is always drawn.")
        self.shown.committed.connect(self._on_shown)
        swatch = _Swatch(popup.theme, view)
        self.name = NameField(name)
        self.name.setFixedWidth(_NAME_WIDTH)
        self.name.committed.connect(self._on_name)
        self.figures = [QLabel() for _ in range(4)]
        for label in self.figures:
            label.setFont(fonts.figures())
        self.difference = QLabel()
        self.difference.setProperty("role", "caption")
        self.difference.setFixedWidth(_DIFFERENCE_WIDTH)
        self.choose = QPushButton("at hand" if view.current else "Switch")
        self.choose.setEnabled(not view.current)
        self.choose.setAutoDefault(False)
        self.choose.setAccessibleName(f"Switch to {name}")
        self.choose.setToolTip("Goes on with this branch. The one at hand stays as it is.")
        self.choose.clicked.connect(self._on_choose)
        self.delete = IconButton(popup.theme, "trash", f"Delete {name}", "Takes it from the list; undo brings it back.")
        self.delete.clicked.connect(self._on_delete)
        widgets = (self.shown, swatch, self.name, *self.figures, self.difference, self.choose, self.delete)
        for column, widget in enumerate(widgets):
            grid.addWidget(widget, line, column, Qt.AlignmentFlag.AlignVCenter | (
                Qt.AlignmentFlag.AlignRight if 3 <= column <= 6 else Qt.AlignmentFlag.AlignLeft))  # fmt: skip

    def show_end(self, end: Snapshot) -> None:
        """Where the branch stands."""
        metrics = Metrics(*end.history[-1].tolist())
        write = ticks.score if end.spec.data.dataset.regression else ticks.percent
        texts = (f"{metrics.epoch:,.0f}", ticks.loss(metrics.train_loss), ticks.loss(metrics.test_loss),
                 write(metrics.test_accuracy))  # fmt: skip
        for label, text in zip(self.figures, texts, strict=True):
            label.setText(text)

    def show_differences(self, phrases: tuple[str, ...]) -> None:
        """How its settings differ from those of the first."""
        text = ", ".join(phrases) or "the same settings"
        metrics = self.difference.fontMetrics()
        self.difference.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, _DIFFERENCE_WIDTH))
        self.difference.setToolTip(f"Against the first of the list: {text}.")

    def _on_shown(self, shown: bool) -> None:
        self._popup.shownToggled.emit(self.view.branch.run, shown)

    def _on_name(self, name: str) -> None:
        self._popup.renamed.emit(self.view.branch.run, name)

    def _on_choose(self) -> None:
        self._popup.chosen.emit(self.view.branch.run)

    def _on_delete(self) -> None:
        self._popup.deleted.emit(self.view.branch.run)


class NameField(CheckedField):
    """The name of a branch, to be typed over."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setMaxLength(60)
        self.setProperty("look", "plain")
        self.setAccessibleName("Name of the branch")
        self.setToolTip("The branch's name. Type another and press Enter.")

    def text_of(self, value: str) -> str:
        return value

    def value_of(self, text: str) -> str:
        name = " ".join(text.split())
        if not name:
            raise ValueError("A branch needs a name.")
        return name


class _Swatch(QWidget):
    """A piece of the branch's line."""

    def __init__(self, theme: Theme, view: BranchView) -> None:
        super().__init__()
        self._pen = QPen(theme.branch_color(view.branch.color), 3.0 if view.current else 2.0)
        self.setFixedSize(20, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._pen)
        painter.drawLine(0, 10, 20, 10)
        painter.end()
