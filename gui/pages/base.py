"""What every page is: one document, a network in the middle, and docks around it that can be moved, hidden and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QEnterEvent, QIcon, QResizeEvent, QShowEvent, QUndoGroup, QUndoStack
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QMainWindow, QToolButton, QVBoxLayout, QWidget

from engine.errors import InvalidSpec
from engine.snapshot import Snapshot
from gui import fonts, icons
from gui.document import Document
from gui.panels.base import Panel
from gui.panels.doctor import DoctorPanel
from gui.theme import PANEL_PADDING, Theme

LATEST = Callable[[], Snapshot | None]


class Driver(Protocol):
    """What the keys and the bar do to a run. The laboratory is one; so is a page with a run of its own."""

    def toggle(self) -> None: ...
    def step(self, grain: str = "") -> None: ...
    def step_back(self) -> None: ...
    def reset(self) -> None: ...
    def dice(self) -> None: ...
    def run_epochs(self, n: int) -> None: ...


class Page(QMainWindow):
    """Panels laid out around a network. It turns what panels ask for into changes of its document.

    ``refused(str)`` tells in one sentence why a change was not made. ``latest`` answers the newest snapshot shown.
    ``findingDismissed(key)``: the doctor is to say no more of it.
    ``hold()`` has training stand still for the length of a ``with``: for what must answer a hand at once.
    """

    refused = Signal(str)
    findingDismissed = Signal(object)
    id = ""
    title = ""
    icon = ""
    driver: Driver | None = None  # a page with a run of its own names what drives it
    # A page is shown snapshots like a panel, for what joins several panels.
    wants_maps = False
    wants_minibatch = False
    frames_per_second = 15.0

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self.setObjectName(self.id)
        self.theme, self.document, self.latest = theme, document, latest
        self.docks: dict[str, Dock] = {}
        self.doctor: DoctorPanel | None = None
        self._doctor_sized = False
        self._panels: list[Panel] = []
        self.hold: Callable[[], AbstractContextManager[None]] = nullcontext
        self._arranged = False
        self._given_sizes: dict[str, int] = {}
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            self.setCorner(corner, area)
        document.changed.connect(self.show_spec)

    # --- building -------------------------------------------------------------------------------------------------

    def set_center(self, panel: Panel) -> None:
        """The network: it has the middle, and nothing ever covers it."""
        self.setCentralWidget(_card(panel))
        self._listen(panel)

    def add_dock(self, panel: Panel, area: Qt.DockWidgetArea, width: int = 0, heading: bool = True) -> Dock:
        """Put ``panel`` into a dock of its own; ``width`` is the least it takes. Without ``heading`` it can't be moved."""
        dock = Dock(panel, self.theme, self, heading)
        if width:
            dock.setMinimumWidth(width)
        self.addDockWidget(area, dock)
        self.docks[dock.objectName()] = dock
        self._listen(panel)
        return dock

    def add_doctor(self, area: Qt.DockWidgetArea) -> Dock:
        """The doctor's panel, hidden until it is asked for; panels that show marks of findings open it."""
        self.doctor = DoctorPanel(self.theme)
        dock = self.add_dock(self.doctor, area)
        self.addDockWidget(area, dock, Qt.Orientation.Vertical)  # under whatever else is there, across its whole width
        dock.hide()
        self.doctor.dismissed.connect(self.findingDismissed)
        for panel in self.findChildren(Panel):
            if hasattr(panel, "findingChosen"):
                panel.findingChosen.connect(self.open_finding)
        return dock

    def arrange(self) -> None:
        """Share the page out among the docks. Called at first, and again while nobody has moved a border."""

    @property
    def side_width(self) -> int:
        """How wide the column on the right should be: what the network achieves is seen large on a large screen."""
        return min(max(round(0.26 * self.width()), 352), 560)

    def resizeEvent(self, event: QResizeEvent) -> None:
        given = self._given_sizes
        untouched = self._arranged and all(given.get(name, size) == size for name, size in self._sizes().items())
        super().resizeEvent(event)
        if untouched:
            QTimer.singleShot(0, self, self._arrange)

    @Slot()
    def _arrange(self) -> None:
        self.arrange()
        self._given_sizes = self._sizes()

    def _sizes(self) -> dict[str, int]:
        """The widths of what is on screen: a panel that is opened later moves no border of the others."""
        return {name: dock.width() for name, dock in self.docks.items() if dock.isVisible()}

    def _listen(self, panel: Panel) -> None:
        if hasattr(panel, "specProposed"):
            panel.specProposed.connect(self.propose)

    # --- what the window needs ------------------------------------------------------------------------------------

    def panels(self) -> Iterable[Panel]:
        """Every panel of the page, those inside other panels too."""
        if not self._panels:
            self._panels = self.findChildren(Panel)
        return self._panels

    @Slot()
    def show_spec(self) -> None:
        """Show the document's spec in every panel."""
        for panel in self.panels():
            panel.show_spec(self.document.spec)

    def show_findings(self, findings: tuple, enabled: bool = True) -> None:
        """What the doctor says of the run on screen, to every panel that marks or lists it."""
        for panel in self.panels():
            if hasattr(panel, "show_findings"):
                panel.show_findings(findings)
        if self.doctor is not None:
            self.doctor.set_enabled(enabled)

    @Slot()
    def toggle_doctor(self) -> None:
        """Open the doctor's panel and give it the keyboard, or close it."""
        if self.doctor is None:
            return
        dock = self.docks[type(self.doctor).__name__]
        if dock.isVisible():
            dock.hide()
        else:
            self._show_doctor(dock)
            self.doctor.take_keyboard()

    def _show_doctor(self, dock: Dock) -> None:
        dock.show()
        if not self._doctor_sized:
            # Once: from then on its height is a person's.
            self._doctor_sized = True
            self.resizeDocks([dock], [dock.sizeHint().height()], Qt.Orientation.Vertical)

    @Slot(object)
    def open_finding(self, key: object) -> None:
        """Open the doctor's panel at one finding."""
        if self.doctor is not None:
            self._show_doctor(self.docks[type(self.doctor).__name__])
            self.doctor.choose(key)

    def tab_roots(self) -> list[QWidget]:
        """What Tab walks through, in turn: the settings, the network, the docks in the order they were added."""
        settings, *others = self.docks.values()
        return [dock for dock in (settings, self.centralWidget(), *others) if dock.isVisible()]

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """A newer moment of the run."""

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for panel in self.panels():
            panel.apply_theme(theme)
        for dock in self.docks.values():
            dock.apply_theme(theme)

    def apply_reduced_motion(self, reduced: bool) -> None:
        """Turn glides off or on."""
        for panel in self.panels():
            if hasattr(panel, "reduce_motion"):
                panel.reduce_motion = reduced

    def attach_undo(self, group: QUndoGroup) -> None:
        """Pages with an undo stack of their own (a canvas) add it here."""

    def undo_stack(self) -> QUndoStack:
        """What Ctrl+Z takes back right now."""
        return self.document.undo_stack

    def reset_docks(self) -> None:
        """Every panel back where it was at first."""
        self.restoreState(self._first_state)
        self._arrange()

    def keep_first_layout(self) -> None:
        """Remember the layout that :meth:`reset_docks` goes back to; called once the page is built."""
        self._first_state = self.saveState()

    def restore_docks(self, state: bytes) -> None:
        """The layout that ``saveState`` gave; a state that does not fit is ignored."""
        self._arranged = bool(state) and self.restoreState(QByteArray(state))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            # Qt shares out the room of docks only once they have some.
            QTimer.singleShot(0, self, self._arrange)

    # --- what panels ask for --------------------------------------------------------------------------------------

    @Slot(str, object, str)
    def propose(self, text: str, spec: object, merge_key: str) -> None:
        """Change the experiment as a panel asks; a value that can't be is refused in one sentence."""
        try:
            self.document.apply(text, spec, merge_key)
        except InvalidSpec as error:
            self.refused.emit(f"{text} was not changed: {error}.")
            self.show_spec()

    @Slot(int, float, str)
    def edit_weight(self, index: int, value: float, text: str) -> None:
        """Set one parameter, undoably."""
        snapshot = self.latest()
        if snapshot is not None and snapshot.run == self.document.run and index < len(snapshot.params):
            self.document.edit_weight(text, index, float(snapshot.params[index]), value)


class Dock(QDockWidget):
    """A panel with a quiet heading. It can be dragged by the heading, floated and closed."""

    def __init__(self, panel: Panel, theme: Theme, parent: QWidget, heading: bool = True) -> None:
        super().__init__(panel.title, parent)
        self.setObjectName(type(panel).__name__)
        self.panel = panel
        self.heading = _Heading(panel.title, self) if heading else None
        self.setTitleBarWidget(self.heading or QWidget(self))
        self.setWidget(_card(panel, "body" if heading else "panel"))
        if hasattr(panel, "titleChanged") and self.heading:
            panel.titleChanged.connect(self.heading.set_title)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        if self.heading:
            self.heading.apply_theme(theme)


class _Heading(QFrame):
    """The title of a dock: small, semi-bold, quiet, and a close button that shows under the pointer."""

    def __init__(self, title: str, dock: QDockWidget) -> None:
        super().__init__(dock)
        self.setProperty("surface", "heading")
        self.setToolTip(
            "Drag to move this panel, double-click to float it. Menu ▸ View ▸ Panels brings a closed one back."
        )
        self._label = QLabel(title)
        self._label.setProperty("role", "heading")
        self._label.setFont(fonts.caption(fonts.SEMIBOLD))
        self._close = QToolButton()
        self._close.setFixedSize(28, 28)
        self._close.setAccessibleName(f"Close {title}")
        self._close.setToolTip(f"Closes the panel {title}. Menu ▸ View ▸ Panels brings it back.")
        # Seen only under the pointer, so no stop of Tab; the menu closes panels by key.
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close.clicked.connect(dock.close)
        self._icon: QIcon | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(PANEL_PADDING, 2, 2, 0)
        row.addWidget(self._label, 1)
        row.addWidget(self._close)

    @Slot(str)
    def set_title(self, title: str) -> None:
        self._label.setText(title)

    def apply_theme(self, theme: Theme) -> None:
        self._icon = icons.icon("close", theme.quiet)
        self._close.setIcon(self._icon if self.underMouse() else QIcon())

    def enterEvent(self, event: QEnterEvent) -> None:
        if self._icon is not None:
            self._close.setIcon(self._icon)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._close.setIcon(QIcon())
        super().leaveEvent(event)


def _card(panel: QWidget, surface: str = "panel") -> QFrame:
    frame = QFrame()
    frame.setProperty("surface", surface)
    box = QVBoxLayout(frame)
    box.setContentsMargins(0, 0, 0, 0)
    box.addWidget(panel)
    return frame
