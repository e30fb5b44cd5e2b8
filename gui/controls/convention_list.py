"""Where libraries differ, one row a convention, each with a switch: all do as ours, or each as it comes."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.spec import ExperimentSpec
from gui import fonts
from gui.comparing.conventions import OURS, TITLES, Convention, conventions
from gui.controls.buttons import CheckBox, TextButton
from gui.theme import GRID

WIDTH = 336
_BAR = 12  # room for the scroll bar beside the rows


class ConventionList(QWidget):
    """``changed()`` when a person switched one; ``apart`` are the keys of those left as they come."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.apart: frozenset[str] = frozenset()
        self.rows: dict[str, _Row] = {}
        self._shown: tuple[Convention, ...] = ()
        self.agree_button = TextButton(
            "All agree", "Has scikit-learn and PyTorch do as we do in everything: the weights lie on each other."
        )
        self.apart_button = TextButton(
            "As they come", "Leaves each library to its own conventions: the weights part, and by how much is shown."
        )
        heading = QLabel("Conventions")
        heading.setFont(fonts.body(fonts.SEMIBOLD))
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(heading, 1)
        for button in (self.agree_button, self.apart_button):
            head.addWidget(button)
        self._content = QWidget()
        self._content.setProperty("surface", "none")
        self._box = QVBoxLayout(self._content)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(GRID)
        self.scroll = QScrollArea()
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll.setWidget(self._content)
        self.setFixedWidth(WIDTH)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addLayout(head)
        box.addWidget(self.scroll, 1)
        self.agree_button.clicked.connect(self._on_all_agree)
        self.apart_button.clicked.connect(self._on_all_apart)
        self.setWhatsThis(
            "Books and libraries agree on the ideas and differ in factors. Checked, all do as ours does; unchecked, each does "
            "as it comes, and the weights part."
        )

    def show_spec(self, spec: ExperimentSpec) -> None:
        """List what differs for ``spec``, what matters to it first; switches stay as they are."""
        shown = conventions(spec)
        if shown == self._shown:
            return
        self._shown = shown
        while (item := self._box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = {}
        for one in shown:
            if not one.matters and (not self.rows or all(row.isEnabled() for row in self.rows.values())):
                rest = QLabel("No matter in this experiment")
                rest.setProperty("role", "caption")
                rest.setFont(fonts.caption())
                rest.setContentsMargins(0, GRID, 0, 0)
                self._box.addWidget(rest)
            row = _Row(one)
            row.box.committed.connect(partial(self._on_switched, one.key))
            self.rows[one.key] = row
            self._box.addWidget(row)
        self._box.addStretch(1)
        self._show()

    @property
    def in_force(self) -> frozenset[str]:
        """Those of ``apart`` that matter to the experiment on screen."""
        return frozenset(one.key for one in self._shown if one.matters and one.key in self.apart)

    def titles(self, keys: frozenset[str]) -> list[str]:
        """What conventions are called, in their order."""
        return [one.title for one in self._shown if one.key in keys]

    def _show(self) -> None:
        for key, row in self.rows.items():
            row.box.set_value(key not in self.apart)
        self.agree_button.setEnabled(bool(self.in_force))
        self.apart_button.setEnabled(any(one.matters and one.key not in self.apart for one in self._shown))

    def set_apart(self, apart: frozenset[str]) -> None:
        """Leave just these as they come."""
        if apart != self.apart:
            self.apart = apart
            self._show()
            self.changed.emit()

    def _on_switched(self, key: str, agrees: bool) -> None:
        self.set_apart(self.apart - {key} if agrees else self.apart | {key})

    @Slot()
    def _on_all_agree(self) -> None:
        self.set_apart(frozenset())

    @Slot()
    def _on_all_apart(self) -> None:
        self.set_apart(frozenset(self.rows))


class _Row(QWidget):
    """A convention: its switch, and what each of those that differ does."""

    def __init__(self, one: Convention) -> None:
        super().__init__()
        self.box = CheckBox(one.title)
        self.box.setToolTip(f"Checked: all do as ours. Unchecked: each as it comes. {one.tip}")
        said = [f"{TITLES[who]}: {one.of(who)}" for who in (OURS, *one.changes)]
        self.box.setAccessibleDescription("; ".join(said))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, _BAR, 0)
        box.setSpacing(0)
        self.box.setMinimumHeight(24)
        box.addWidget(self.box)
        if one.matters:
            label = QLabel("\n".join(said))
            label.setProperty("role", "caption")
            label.setFont(fonts.tabular(fonts.caption()))
            label.setWordWrap(True)
            label.setContentsMargins(24, 0, 0, 0)
            label.setToolTip(one.tip)
            box.addWidget(label)
        self.setEnabled(one.matters)
