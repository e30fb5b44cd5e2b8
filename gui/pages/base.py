"""What every page is: one document, a network in the middle, and docks around it that can be moved, hidden and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QEnterEvent, QIcon, QMouseEvent, QResizeEvent, QShowEvent, QUndoGroup, QUndoStack
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import InvalidSpec
from engine.snapshot import Snapshot
from gui import fonts, icons
from gui.bar import BarState, OwnBar
from gui.branches import BranchView
from gui.document import Document
from gui.panels.base import Panel
from gui.panels.doctor import DoctorPanel
from gui.racing import Races
from gui.runner import Runner
from gui.settings import Places, Settings
from gui.theme import PANEL_PADDING, Theme

LATEST = Callable[[], Snapshot | None]


class Driver(Protocol):
    """What the keys and the bar do to a run. The laboratory is one; so is a page with a run of its own.

    ``grain`` is how far a step goes when none is named.
    """

    grain: str

    def toggle(self) -> None: ...
    def step(self, grain: str = "") -> None: ...
    def step_back(self) -> None: ...
    def reset(self) -> None: ...
    def dice(self) -> None: ...
    def run_epochs(self, n: int) -> None: ...


class Page(QMainWindow):
    """Panels laid out around a network. It turns what panels ask for into changes of its document.

    ``refused(str)`` tells in one sentence why a change was not made. ``latest`` answers the newest snapshot shown.
    ``findingDismissed(key)``: the doctor is to say no more of it. ``apartRequested()``: the document's ``sample`` is to be
    taken apart, on the page that can.
    ``hold()`` has training stand still for the length of a ``with``: for what must answer a hand at once.

    A page with a run of its own has a ``driver``, and no document. ``own_bar`` says what the bar on top shows instead of an
    experiment's numbers, ``barChanged(BarState)`` their texts. ``noted(str)`` is a sentence for the status line,
    ``experimentProposed(spec, text)`` asks for another experiment on the page that shows such ones, ``trainingRequested(Until |
    None)`` for its run to be trained. ``savedOpened(SavedExperiment, text)``: a kept run is to be shown on the
    page of its data, undoably. ``weightsChosen(Path, activation)``: a file of another library's weights is to be opened.
    """

    refused = Signal(str)
    noted = Signal(str)
    barChanged = Signal(object)
    experimentProposed = Signal(object, str)
    savedOpened = Signal(object, str)
    trainingRequested = Signal(object)
    findingDismissed = Signal(object)
    apartRequested = Signal()
    weightsChosen = Signal(object, str)
    id = ""
    title = ""
    icon = ""
    document: Document
    driver: Driver | None = None
    own_bar: OwnBar | None = None
    # A page is shown snapshots like a panel, for what joins several panels.
    wants_maps = False
    wants_minibatch = False
    frames_per_second = 15.0

    def __init__(self, theme: Theme, document: Document | None, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Widget)
        self.setObjectName(self.id)
        self.theme, self.latest = theme, latest
        self.docks: dict[str, Dock] = {}
        self.doctor: DoctorPanel | None = None
        self._panels: list[Panel] = []
        self._runner: Runner | None = None
        self.hold: Callable[[], AbstractContextManager[None]] = nullcontext
        self._arranged = False
        self.moved = False  # a person has drawn a border or a dock to where it should be: there it stays
        # One timer, not a shot for each wish: a shot that is never fired would hold the page.
        self._arranging = QTimer(self)
        self._arranging.setSingleShot(True)
        self._arranging.setInterval(0)
        self._arranging.timeout.connect(self._arrange)
        self.setDockNestingEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        for corner, area in (
            (Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea),
            (Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea),
        ):
            self.setCorner(corner, area)
        if document is not None:
            self.document = document
            document.changed.connect(self.show_spec)

    def follow(self, document: Document) -> None:
        """Show another experiment from now on: for pages that show whichever was on screen."""
        if document is not self.document:
            self.document.changed.disconnect(self.show_spec)
            self.document = document
            document.changed.connect(self.show_spec)

    # --- building -------------------------------------------------------------------------------------------------

    def set_center(self, panel: Panel, below: Panel | None = None) -> None:
        """The network: it has the middle, and nothing ever covers it. ``below`` is a slim strip under it."""
        card = _card(panel)
        if below is not None:
            card.layout().addWidget(below)
        self.setCentralWidget(card)
        self._listen(panel)

    def add_dock(
        self, panel: Panel, area: Qt.DockWidgetArea, width: int = 0, heading: bool = True, below: Panel | None = None
    ) -> Dock:
        """Put ``panel`` into a dock of its own; ``width`` is the least it takes. Without ``heading`` it can't be moved.

        ``below`` is a slim strip under it.
        """
        dock = Dock(panel, self.theme, self, heading)
        if below is not None:
            dock.widget().layout().setSpacing(0)
            dock.widget().layout().addWidget(below)
        if width:
            dock.setMinimumWidth(width)
        self.addDockWidget(area, dock)
        dock.visibilityChanged.connect(self._arrange_soon)
        dock.topLevelChanged.connect(self._on_floated)
        self.docks[dock.objectName()] = dock
        self._listen(panel)
        return dock

    @Slot()
    def _on_floated(self) -> None:
        self.moved = True

    def add_tool(self, panel: Panel, beside: QDockWidget) -> Dock:
        """A panel for those who look closer: hidden at first, and as a tab in the place of the dock ``beside``."""
        dock = self.add_dock(panel, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.tabifyDockWidget(beside, dock)
        dock.hide()
        for bar in self.findChildren(QTabBar):
            bar.setAccessibleName("Panels in the same place")
            bar.setToolTip("Brings another panel of this place to the front.")
        return dock

    def add_doctor(self, beside: QDockWidget) -> Dock:
        """The doctor's panel, hidden until it is asked for; panels that show marks of findings open it."""
        self.doctor = DoctorPanel(self.theme)
        dock = self.add_tool(self.doctor, beside)
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

    @property
    def tool_height(self) -> int:
        """The same for every tool, so that the network stays where it is when another comes to the front."""
        return min(max(round(0.3 * self.height()), 200), 340)

    def share_with_tools(self, names: Iterable[str]) -> None:
        """Give those on screen their height."""
        for dock in (self.docks[name] for name in names):
            if dock.is_seen:
                # Qt does not resize what stands in tabs, but it keeps to the least; until a person draws the border.
                dock.setMinimumHeight(self.tool_height)
                self.resizeDocks([dock], [self.tool_height], Qt.Orientation.Vertical)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange_soon()

    def event(self, event: QEvent) -> bool:
        pressed = event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent)
        if pressed and self.isSeparator(event.position().toPoint()):
            self.moved = True
            for dock in self.docks.values():
                dock.setMinimumHeight(0)
        return super().event(event)

    @Slot()
    def _arrange_soon(self) -> None:
        """Once Qt has given the docks their places."""
        if self._arranged and not self.moved:
            self._arranging.start()

    @Slot()
    def _arrange(self) -> None:
        self.arrange()
        self.layout().activate()  # the docks take their sizes now, not after this

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

    def show_branches(self, views: tuple[BranchView, ...]) -> None:
        """The branches of the experiment, to those panels that show them."""
        for panel in self.panels():
            if hasattr(panel, "show_branches"):
                panel.show_branches(views)

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
        if self.doctor is not None:
            self.toggle_dock(type(self.doctor).__name__)
            if self.docks[type(self.doctor).__name__].is_seen:
                self.doctor.take_keyboard()

    @Slot(object)
    def open_finding(self, key: object) -> None:
        """Open the doctor's panel at one finding."""
        if self.doctor is not None:
            if not self.docks[type(self.doctor).__name__].is_seen:
                self.toggle_dock(type(self.doctor).__name__)
            self.doctor.choose(key)

    def tab_roots(self) -> list[QWidget]:
        """What Tab walks through, in turn: the settings, the network, the docks in the order they were added."""
        if not self.docks:
            return [self.centralWidget()]
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

    def attach_races(self, races: Races, pause: Callable[[], None]) -> None:
        """For pages that race: what trains the lanes, and what has the run on screen pause meanwhile."""

    def attach_places(self, places: Places) -> None:
        """For pages that keep files of their own; called before :meth:`attach_analyses`."""

    def close_down(self) -> None:
        """The window closes: for pages with processes of their own."""

    def attach_analyses(self, runner: Runner) -> None:
        """Have the questions of the page's panels answered, and the answers brought to those that wait for them."""
        self._runner = runner
        analyses = runner.analyses
        analyses.answered.connect(self._on_answered)
        analyses.progressed.connect(self._on_progressed)
        analyses.failed.connect(self._on_failed)
        for panel in self.panels():
            self._join(panel)

    def _join(self, panel: Panel) -> None:
        if hasattr(panel, "asked") and self._runner is not None:
            panel.asked.connect(self._runner.ask)
        if hasattr(panel, "forgotten") and self._runner is not None:
            panel.forgotten.connect(self._runner.analyses.forget)

    def _waiting_for(self, key: str) -> list[Panel]:
        return [panel for panel in self.panels() if key in panel.answers]

    @Slot(str, object)
    def _on_answered(self, key: str, answer: object) -> None:
        for panel in self._waiting_for(key):
            panel.take_answer(key, answer)

    @Slot(str, float, str)
    def _on_progressed(self, key: str, share: float, words: str) -> None:
        for panel in self._waiting_for(key):
            panel.take_progress(key, share, words)

    @Slot(str, str)
    def _on_failed(self, key: str, sentence: str) -> None:
        for panel in self._waiting_for(key):
            panel.take_failure(key, sentence)

    def recall(self, remembered: Settings) -> None:
        """Pages with something of their own to remember between starts take it from here."""

    def remember(self, settings: Settings) -> Settings:
        """And put it there."""
        return settings

    def attach_undo(self, group: QUndoGroup) -> None:
        """Pages with an undo stack of their own (a canvas) add it here."""

    def undo_stack(self) -> QUndoStack:
        """What Ctrl+Z takes back right now."""
        return self.document.undo_stack

    def toggle_dock(self, name: str) -> None:
        """Show the dock ``name`` where it is hidden or behind another, hide it where it is seen; nothing without one."""
        dock = self.docks.get(name)
        if dock is None:
            return
        if dock.is_seen:
            dock.hide()
        else:
            dock.show()
            dock.raise_()

    def take_apart(self) -> None:
        """Show the numbers behind the document's ``sample``; pages with an inspector can."""

    def pin(self, gradient: bool = False) -> None:
        """Watch what is under the pointer or selected; pages with a network can."""

    def start_over(self) -> None:
        """For a page with a run of its own: begin anew, undoably."""

    def bar_state(self) -> BarState:
        """For such a page: what the bar says now."""
        return BarState()

    def status_text(self) -> str:
        """For such a page: a few words for the line at the bottom."""
        return ""

    def reset_docks(self) -> None:
        """Every panel back where it was at first."""
        self.restoreState(self._first_state)
        self.moved = False
        self._arrange()

    def keep_first_layout(self) -> None:
        """Remember the layout that :meth:`reset_docks` goes back to; called once the page is built."""
        self._first_state = self.saveState()

    def restore_docks(self, state: bytes, moved: bool) -> None:
        """The layout that ``saveState`` gave, and whether a person made it; a state that does not fit is ignored."""
        self.moved = bool(state) and self.restoreState(QByteArray(state)) and moved
        self._arranged = self.moved

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            # Qt shares out the room of docks only once they have some.
            self._arranging.start()

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
            try:
                self.document.edit_weight(text, index, float(snapshot.params[index]), value)
            except InvalidSpec as error:
                self.refused.emit(f"{text} was not changed: {error}.")


class Dock(QDockWidget):
    """A panel with a quiet heading. It can be dragged by the heading, floated and closed."""

    def __init__(self, panel: Panel, theme: Theme, parent: QWidget, heading: bool = True) -> None:
        super().__init__(panel.title, parent)
        self.setObjectName(type(panel).__name__)
        self.panel = panel
        self.heading = _Heading(panel.title, self) if heading else None
        self.setTitleBarWidget(self.heading or QWidget(self))
        self.setWidget(_card(panel, "body" if heading else "panel"))
        if heading:  # the others can't be moved behind a tab
            self.visibilityChanged.connect(self._on_seen)
        if hasattr(panel, "titleChanged") and self.heading:
            panel.titleChanged.connect(self.heading.set_title)
        self.apply_theme(theme)

    @property
    def is_seen(self) -> bool:
        """Shown, and not behind another as a tab."""
        return self.widget().isVisible()

    @Slot(bool)
    def _on_seen(self, seen: bool) -> None:
        """Qt counts a dock behind a tab as visible; what is in it is hidden, so that it is shown nothing and costs nothing."""
        self.widget().setVisible(seen)

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
