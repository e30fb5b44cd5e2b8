"""The strip under the network: the whole run on a slider, to look back at any moment of it and to go on from there."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.differences import differences
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts, icons
from gui.branches import BranchView
from gui.controls.branch_popup import BranchPopup
from gui.controls.buttons import IconButton, MenuButton
from gui.controls.time_line import TimeLine, TimeMark
from gui.panels.base import Panel
from gui.style import disabled
from gui.theme import CONTROL_HEIGHT, Theme

HEIGHT = 44
_ROOMY = 560  # from this width on the button has its words
KEYS_SECONDS = 0.5
_EMPTY = "Once the run has trained, drag here to look back at any epoch."


class TimeSlider(Panel):
    """It says where a person wants to look; the window shows that moment to every panel.

    ``lookRequested(epoch, tolerance)``: show the run at ``epoch``, or at a kept moment within ``tolerance`` epochs of it;
    None shows it as it stands. ``branchRequested()`` goes on from the moment looked at.
    """

    title = "Time"
    frames_per_second = 10.0
    lookRequested = Signal(object, float)
    branchRequested = Signal()
    branchChosen = Signal(object)
    branchRenamed = Signal(object, str)
    branchDeleted = Signal(object)
    branchShown = Signal(object, bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Time")
        self._spec: ExperimentSpec | None = None
        self._run: int | None = None
        self._branches: tuple[BranchView, ...] = ()
        self._best: int | None = None
        self._asked: int | None = None
        self._asked_at = 0.0
        self._rough = False
        self.label = QLabel(_EMPTY)
        self.label.setProperty("role", "caption")
        self.label.setFont(fonts.tabular(fonts.caption()))
        self.label.setFixedHeight(14)
        self.slider = TimeLine()
        self.slider.setAccessibleName("Epoch looked at")
        self.slider.setToolTip(
            "Looks back at any epoch of this run (Home, End). Nothing is lost: everything shows that moment until you go on."
        )
        self.slider.setEnabled(False)
        self.here = QToolButton(text="Continue from here", objectName="continue_here")
        self.here.setProperty("look", "outlined")
        self.here.setFixedHeight(CONTROL_HEIGHT)
        self.here.setIconSize(QSize(18, 18))
        self.here.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.here.setAccessibleName("Continue from here")
        self.here.setToolTip(
            "Begins a branch at the epoch looked at (B). This run stays as it is, and both are drawn in the curves."
        )
        self.end = IconButton(theme, "to-end", "To the end (End)", "Shows the run as it stands now.")
        self.list = MenuButton(theme, "Branches", "9 branches")
        self.list.setFixedHeight(CONTROL_HEIGHT)
        self.list.setAccessibleName("Branches")
        self.list.setToolTip(
            "Lists the branches, to name, compare, hide and delete them, or to go on with another one."
        )
        self.popup = BranchPopup(theme, self)
        for button in (self.here, self.end, self.list):
            button.setEnabled(False)
        self._lay_out()
        self.slider.valueChanged.connect(self._on_moved)
        self.slider.sliderPressed.connect(self._on_pressed)
        self.slider.sliderReleased.connect(self._on_released)
        self.here.clicked.connect(self.branchRequested)
        self.end.clicked.connect(self._on_end)
        self.list.clicked.connect(self._on_list)
        self.popup.chosen.connect(self.branchChosen)
        self.popup.renamed.connect(self.branchRenamed)
        self.popup.deleted.connect(self.branchDeleted)
        self.popup.shownToggled.connect(self.branchShown)
        self.apply_theme(theme)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.label)
        column.addWidget(self.slider)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 6)
        row.setSpacing(8)
        row.addLayout(column, 1)
        for button in (self.end, self.here, self.list):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        self._set_words(False)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, HEIGHT)

    # --- what the window shows it ---------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.here.setIcon(icons.icon("branch", theme.text, 18, disabled(theme)))
        self.end.apply_theme(theme)
        self.list.apply_theme(theme)
        self.popup.apply_theme(theme)
        self._show_marks()

    def show_branches(self, views: tuple[BranchView, ...]) -> None:
        """The branches of the experiment; none while it has one run only."""
        self._branches = views
        self.popup.show_branches(views)
        self.list.setEnabled(bool(views))
        self.list.setText(f"{len(views)} branches" if views else "Branches")
        self._show_marks()

    def show_spec(self, spec: ExperimentSpec) -> None:
        self._spec = spec

    def show_snapshot(self, snapshot: Snapshot) -> None:
        first, last, slider = snapshot.first_epoch, snapshot.last_epoch, self.slider
        if snapshot.run != self._run:
            self._run = snapshot.run
        has_past = last > first
        slider.setEnabled(has_past)
        # A key held down is ahead of the answers: the handle must not go back to where it was.
        ahead = snapshot.viewed and slider.hasFocus() and self._asked != snapshot.epoch
        if not (slider.isSliderDown() or (ahead and time.monotonic() - self._asked_at < KEYS_SECONDS)):
            slider.place(first, last, snapshot.epoch if snapshot.viewed else last)
        text, since = f"Epoch {last:,}, the newest" if has_past else _EMPTY, ""
        if snapshot.viewed:
            text = f"Epoch {snapshot.epoch:,} of {last:,}, in the past"
            if self._spec is not None and (changes := differences(snapshot.spec, self._spec)):
                text, since = f"{text}, with other settings", f"Changed since then: {', '.join(changes)}."
        self.label.setToolTip(since)
        if text != self.label.text():
            self.label.setText(text)
            if snapshot.state is not RunState.RUNNING:
                slider.setAccessibleDescription(text)
        for button in (self.here, self.end):
            if button.isEnabled() != snapshot.viewed:
                button.setEnabled(snapshot.viewed)
        if snapshot.best_epoch != self._best:
            self._best = snapshot.best_epoch
            self._show_marks()
        self.popup.show_snapshot(snapshot)

    def _show_marks(self) -> None:
        marks = [
            TimeMark(view.branch.epoch, self.theme.branch_color(view.branch.color))
            for view in self._branches
            if view.branch.parent is not None and (view.current or view.branch.parent == self._run)
        ]
        if self._best:
            marks.append(TimeMark(self._best, self.theme.text, flag=True))
        self.slider.set_marks(tuple(marks))

    # --- what the person does -------------------------------------------------------------------------------------

    def _ask(self, epoch: int, rough: bool) -> None:
        """While it is dragged, a pixel stands for many epochs: any of them will do, if it is there at once."""
        self._rough = rough
        at_end = epoch >= self.slider.maximum()
        self._asked, self._asked_at = None if at_end else epoch, time.monotonic()
        self.lookRequested.emit(self._asked, max(self.slider.epochs_a_pixel / 2, 0.5) if rough else 0.0)

    def _on_moved(self, epoch: int) -> None:
        self._ask(epoch, self.slider.isSliderDown())

    def _on_pressed(self) -> None:
        self._ask(self.slider.value(), True)

    def _on_released(self) -> None:
        if self._rough:
            self._ask(self.slider.value(), False)

    def _on_end(self) -> None:
        self.lookRequested.emit(None, 0.0)

    def _on_list(self) -> None:
        self.popup.open_above(self.list)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The window's plain keys step aside while a slider has the keyboard, and it has no use for this one.
        if event.key() == Qt.Key.Key_B and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.branchRequested.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_words(event.size().width() >= _ROOMY)

    def _set_words(self, words: bool) -> None:
        style = Qt.ToolButtonStyle
        self.here.setToolButtonStyle(style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly)
        width = self.here.fontMetrics().horizontalAdvance(self.here.text()) + 46 if words else CONTROL_HEIGHT
        self.here.setFixedWidth(width)
