"""The window: transport on top, pages in the middle, menu and status line. It joins them, without logic of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QByteArray, QEvent, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent, QUndoStack
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.datasets.images import Images
from engine.shelf import SHELF
from engine.snapshot import Snapshot
from gui import experiments, settings, tab_order
from gui import theme as theme_module
from gui.actions import Actions
from gui.bar import BarState
from gui.commands import Commands
from gui.controls.buttons import IconButton
from gui.controls.combos import LadderCombo
from gui.controls.fields import NumberField
from gui.controls.speed_combo import known
from gui.doctor import Doctor
from gui.file_actions import FileActions
from gui.frame_clock import FrameClock
from gui.help import Help
from gui.image_sets import ImageSets
from gui.laboratory import Laboratory
from gui.main_menu import MainMenu
from gui.messages import Banner
from gui.pages import ACTIVE, BY_ID, PAGES
from gui.pages.base import Page
from gui.panels.base import Panel
from gui.panels.nav_rail import NavRail
from gui.panels.time_slider import TimeSlider
from gui.panels.transport import TransportBar
from gui.run_history import RunHistory
from gui.status_line import StatusLine
from gui.theme import THEMES, Theme
from gui.undo import UndoActions
from gui.weight_files import WeightFiles

if TYPE_CHECKING:
    from gui.pages.digits import DigitsPage


DRAWINGS = ".jsonl"


class MainWindow(QMainWindow):
    """One window for the life of the program. Pages are made when they are first shown."""

    def __init__(self, lab: Laboratory, remembered: settings.Settings) -> None:
        super().__init__()
        self.setWindowTitle("Neuroloom")
        self.setMinimumSize(1200, 640)
        self.resize(1400, 800)
        self.setAcceptDrops(True)
        self.lab = lab
        self.remembered = remembered
        self.theme = self._chosen_theme(remembered.theme)
        self.pages: dict[str, Page] = {}
        self._wanted = PAGES[0].id
        self._bar_of: Page | None = None
        self.transport = TransportBar(self.theme)
        self.rail = NavRail(self.theme, [(p.id, p.title, p.icon, f"Ctrl+{i}") for i, p in enumerate(PAGES, 1)])
        self.menu_button = IconButton(self.theme, "menu", "Menu", size=36)
        self.menu_button.setToolTip("Files, experiments, panels and help. Most of it has a key too, shown beside it.")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.rail.layout().addWidget(self.menu_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.banner = Banner()
        self.stack = QStackedWidget()
        self.actions_by_id = Actions(self)
        self.commands = Commands(lambda: self.page, lab, self)
        self.weights = WeightFiles(lab, self)
        self.files = FileActions(self, lab, self.banner, self.weights)
        self.images = ImageSets(lab, self)
        self.history = RunHistory(lab, self)
        self.help = Help(self, lab.places)
        self._build()
        self.clock = FrameClock(lab.runner, self, self._live_panels, self)
        self.doctor = Doctor(lab.runner, self.clock, remembered.doctor, self)
        self.status = StatusLine(lab, self.clock)
        self.setStatusBar(self.status)
        self.undo = UndoActions(
            lab.undo_group, self.actions_by_id["undo"], self.actions_by_id["redo"], self._undo_stack, self
        )
        self.menu = MainMenu(self.actions_by_id, self._docks, self)
        self.menu_button.setMenu(self.menu)
        self._connect()
        self.apply_theme(self.theme)
        self.lab.grain = remembered.grain
        self.transport.set_grain(remembered.grain)
        speed = known(remembered.speed, remembered.speed_unit)
        self.lab.set_speed(*speed)
        self.transport.set_speed(*speed)
        # Otherwise the first button in the row wears the focus ring at the start.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # no stop of Tab: nothing on the window itself shows a ring
        self.setFocus()
        if remembered.geometry:
            self.restoreGeometry(QByteArray(settings.decode(remembered.geometry)))

    # --- building -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.rail)
        middle = QVBoxLayout()
        middle.setContentsMargins(8, 8, 8, 8)
        middle.setSpacing(8)
        middle.addWidget(self.banner)
        middle.addWidget(self.stack, 1)
        body.addLayout(middle, 1)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.transport)
        whole.addLayout(body, 1)
        center = QWidget()
        center.setLayout(whole)
        self.setCentralWidget(center)
        self._tab_timer = QTimer(self)
        self._tab_timer.setSingleShot(True)
        self._tab_timer.setInterval(200)
        self._tab_timer.timeout.connect(self.order_tabs)

    def _connect(self) -> None:
        lab, transport, files, do = self.lab, self.transport, self.files, self.commands
        for name, slot in (
            ("play", do.toggle), ("step", do.step), ("step_back", do.step_back), ("reset", do.reset), ("dice", do.dice),
            ("run_epochs", do.run_100), ("new", do.new), ("open", files.open), ("save", files.save),
            ("save_as", files.save_as), ("import_drawings", self._import_drawings),
            ("export_drawings", self._export_drawings), ("images", self.images.open),
            ("picture", files.save_picture), ("quit", self.close),
            ("theme", self.toggle_theme), ("full_screen", self._full_screen), ("reset_docks", do.reset_docks),
            ("inspector", do.toggle_inspector), ("code", do.toggle_code), ("weights", do.toggle_weights),
            ("doctor", do.toggle_doctor), ("examine", self._examine), ("pin", do.pin), ("pin_gradient", do.pin_gradient),
            ("reduce_motion", self._reduce_motion), ("explain", self.help.explain), ("keys", self.help.show_keys),
            ("about", self.help.show_about),
            ("first_epoch", lab.time.look_at_first), ("last_epoch", lab.time.look_at_end), ("branch", lab.time.branch),
        ):  # fmt: skip
            self.actions_by_id[name].triggered.connect(slot)
        transport.playToggled.connect(do.toggle)
        transport.stepRequested.connect(do.step)
        transport.stepBackRequested.connect(do.step_back)
        transport.resetRequested.connect(do.reset)
        transport.diceRequested.connect(do.dice)
        transport.runEpochsRequested.connect(do.run_epochs)
        transport.runUntilRequested.connect(lab.play)
        transport.grainChanged.connect(do.set_grain)
        transport.speedChanged.connect(self._on_speed)
        transport.specProposed.connect(do.propose)
        self.rail.pageRequested.connect(self.open_page)
        self.rail.themeToggled.connect(self.toggle_theme)
        self.clock.shown.connect(lab.see)
        self.actions_by_id["examine"].setChecked(self.doctor.enabled)
        self.doctor.changed.connect(self._on_findings)
        self.status.doctorRequested.connect(do.toggle_doctor)
        self.menu.experimentChosen.connect(self.open_ready)
        lab.activated.connect(self._on_activated)
        lab.begun.connect(self._on_begun)
        lab.told.connect(self.banner.tell)
        lab.settled.connect(self.banner.settle)
        lab.noted.connect(self.status.note)
        lab.runChanged.connect(self._on_run)
        lab.time.branchesChanged.connect(self._show_branches)
        for document in lab.documents.values():
            document.changed.connect(self._on_document)
        QApplication.instance().focusChanged.connect(self._on_focus)
        QGuiApplication.styleHints().colorSchemeChanged.connect(
            self._on_system_scheme, Qt.ConnectionType.QueuedConnection
        )

    # --- pages ----------------------------------------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """The page on screen."""
        return self.pages[self.rail.page()]

    @Slot(str)
    def open_page(self, name: str) -> None:
        """Go to a page, and to the experiment it shows. A page with a run of its own has the other one pause."""
        self._wanted = name
        document = BY_ID[name].document
        if document in ("", ACTIVE):
            if not self.lab.has_document:
                self.lab.activate(PAGES[0].document)
            if not document:
                self.lab.pause()
            self.show_page(name)
        elif not self.lab.activate(document):
            self.show_page(name)  # only another view of what is active already

    @Slot()
    def _take_apart(self) -> None:
        """Go to the page that is the document's own, where the sample that was chosen is taken apart."""
        self.open_page(BY_ID[self.rail.page()].document)
        self.page.take_apart()

    @Slot(str)
    def _on_activated(self, document: str) -> None:
        """Another experiment: on the page that was asked for, or on its own."""
        wanted = BY_ID[self._wanted].document
        if wanted:
            self.show_page(self._wanted if wanted in (document, ACTIVE) else document)

    @Slot(str)
    def _on_begun(self, document: str) -> None:
        """Somebody wants to see an experiment: a page that shows none, or any, gives way to its own."""
        if BY_ID[self.rail.page()].document in ("", ACTIVE):
            self.open_page(document)

    def show_page(self, name: str) -> None:
        """Show a page, making it if need be."""
        entry, self._wanted = BY_ID[name], name
        if name not in self.pages:
            document = self.lab.documents.get(entry.document) if entry.document != ACTIVE else self.lab.document
            page = entry.make()(self.theme, document, self._latest)
            page.refused.connect(self.banner.tell)
            page.noted.connect(self.status.note)
            page.barChanged.connect(self._on_bar)
            page.experimentProposed.connect(self.lab.start_over)
            # Once the frame that it comes from has been told of.
            page.trainingRequested.connect(self.lab.play, Qt.ConnectionType.QueuedConnection)
            page.findingDismissed.connect(self.doctor.dismiss)
            page.apartRequested.connect(self._take_apart)
            page.weightsChosen.connect(self.weights.open)
            page.hold = self.lab.runner.gate.held
            page.attach_races(self.lab.runner.races, self.lab.pause)
            page.savedOpened.connect(self.lab.show_saved)
            page.attach_places(self.lab.places)
            page.attach_analyses(self.lab.runner)
            self.images.attach(page)
            self.history.attach(page)
            self.pages[name] = page
            self.stack.addWidget(page)
            for panel in page.panels():
                panel.apply_theme(self.theme)
            page.keep_first_layout()
            page.apply_reduced_motion(self.remembered.reduce_motion)
            page.restore_docks(settings.decode(self.remembered.docks.get(name, "")), name in self.remembered.moved)
            page.recall(self.remembered)
            page.attach_undo(self.lab.undo_group)
            self._connect_time(page)
            self.undo.listen()
        page = self.pages[name]
        if entry.document == ACTIVE:
            page.follow(self.lab.document)
        page.show_spec()
        focus = QApplication.focusWidget()
        self.stack.setCurrentWidget(page)
        if QApplication.focusWidget() is not focus:
            self.setFocus()  # else Qt gives the keyboard, and its ring, to the first thing on the page
        self.rail.set_page(name)
        self.status.clearMessage()  # it was about the page before
        self._on_findings(self.doctor.findings)
        self.lab.runner.want_maps(self.lab.document.spec.data.dataset.planar)
        self._show_run_of(page)
        self._show_branches()
        self._on_document()

    def _connect_time(self, page: Page) -> None:
        """Join the strip that winds back, where a page has one."""
        time = self.lab.time
        for strip in page.findChildren(TimeSlider):
            strip.lookRequested.connect(time.look)
            strip.branchRequested.connect(time.branch)
            strip.branchChosen.connect(time.switch_branch)
            strip.branchRenamed.connect(time.rename_branch)
            strip.branchDeleted.connect(time.delete_branch)
            strip.branchShown.connect(time.show_branch)

    @Slot()
    def _show_branches(self) -> None:
        if self.rail.page() in self.pages and self.page.driver is None:
            self.page.show_branches(self.lab.time.branches)

    def _show_run_of(self, page: Page) -> None:
        """The bar, the line at the bottom, undo and the files belong to the run on screen."""
        own = page.driver is not None
        self.transport.set_own(page.own_bar)
        self._bar_of = page
        self.transport.set_grain(self.commands.driver.grain)
        if own:
            self.transport.show_own(page.bar_state())
        else:
            latest = self.lab.latest
            if latest is not None and latest.run == self.lab.document.run:
                self.transport.show_snapshot(latest)
            self.transport.play.set_playing(self.lab.playing)  # a pause may not have been shown yet
        self.status.own_text = page.status_text if own else None
        for name in ("save", "save_as", "first_epoch", "last_epoch", "branch"):
            self.actions_by_id[name].setEnabled(not own)
        self.undo.choose()

    @Slot(object)
    def _on_bar(self, state: BarState) -> None:
        if self.sender() is self._bar_of:  # until the bar is made for a page, what it says does not fit
            self.transport.show_own(state)

    @Slot()
    def order_tabs(self) -> None:
        """Tab walks as one reads: the bar, the rail, the settings, the network, then the panels beside it."""
        page = self.page
        tab_order.chain([self.transport, self.rail, *page.tab_roots()])

    def _latest(self) -> Snapshot | None:
        return self.lab.latest

    def _live_panels(self) -> Iterable[Panel | Page]:
        if self.rail.page() in self.pages:
            if self.page.driver is not None:
                return  # it shows its own run
            yield self.page
            yield from self.page.panels()
        yield self.transport

    def _docks(self) -> Iterable[QDockWidget]:
        return self.page.docks.values()

    def _undo_stack(self) -> QUndoStack | None:
        return self.page.undo_stack() if self.rail.page() in self.pages else None

    @Slot()
    def _on_document(self) -> None:
        self.transport.show_spec(self.lab.document.spec)
        self._tab_timer.start()
        path = self.lab.document.path if self.page.driver is None else None
        self.setWindowTitle(f"{path.stem} – Neuroloom" if path else "Neuroloom")
        self.undo.show()

    @Slot(object)
    def _on_run(self, run: int) -> None:
        self.clock.run = run

    @Slot(float, str)
    def _on_speed(self, per_second: float, unit: str) -> None:
        self.lab.set_speed(per_second, unit)

    @Slot(object)
    def _on_findings(self, findings: tuple) -> None:
        self.page.show_findings(findings, self.doctor.enabled)
        self.status.show_findings(findings if self.page.driver is None else ())

    @Slot(bool)
    def _examine(self, wanted: bool) -> None:
        self.remembered = replace(self.remembered, doctor=wanted)
        self.doctor.set_enabled(wanted)
        self._on_findings(self.doctor.findings)

    @Slot()
    def _import_drawings(self) -> None:
        self._digits().teaching.ask_import()

    @Slot()
    def _export_drawings(self) -> None:
        self._digits().teaching.ask_export()

    def _digits(self) -> DigitsPage:
        """The page that drawings are drawn on, brought to the front."""
        self.open_page("digits")
        return cast("DigitsPage", self.page)

    @Slot(str)
    def open_ready(self, name: str) -> None:
        """Show a ready experiment by the name of its file, undoably."""
        saved = experiments.all_ready()[name]
        dataset = saved.spec.data.dataset
        if isinstance(dataset, Images) and SHELF.find(dataset.key) is None:
            self.banner.tell(
                f"{dataset.title} is not on this computer yet. Get its images, then choose this experiment again.",
                "Get images…", self.images.open,
            )  # fmt: skip
            return
        self.lab.start_over(saved.spec, saved.title or name)
        if saved.epochs:
            self.lab.propose_epochs(saved.epochs)

    # --- files ----------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Whatever has the window painted (a pen, a pointer, a timer): training stands still meanwhile, as for a frame."""
        if event.type() == QEvent.Type.UpdateRequest:
            with self.lab.runner.gate.held():
                return super().event(event)
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if paths := [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]:
            event.acceptProposedAction()
            self.open_files(paths)

    def open_files(self, paths: list[Path]) -> None:
        """An experiment, own drawings, weights of another library, or files of images."""
        by_ending = {path.suffix.lower(): path for path in reversed(paths)}
        if DRAWINGS in by_ending:
            self._digits().teaching.import_from(by_ending[DRAWINGS])
        elif ".json" in by_ending:
            self.lab.open(by_ending[".json"])
        elif weights := next(filter(WeightFiles.knows, paths), None):
            self.weights.open(weights)
        else:
            self.images.read(paths)

    # --- looks ----------------------------------------------------------------------------------------------------

    def _chosen_theme(self, choice: str) -> Theme:
        if choice in THEMES:
            return THEMES[choice]
        return theme_module.for_system(QApplication.instance())

    @Slot()
    def _on_system_scheme(self) -> None:
        if self.remembered.theme == "system":
            self.apply_theme(self._chosen_theme("system"))

    @Slot()
    def toggle_theme(self) -> None:
        """Light to dark, dark to light; from now on the person's choice and no longer the system's."""
        theme = THEMES["light" if self.theme.is_dark else "dark"]
        self.remembered = replace(self.remembered, theme=theme.name)
        self.apply_theme(theme)

    def apply_theme(self, theme: Theme) -> None:
        """Give everything the colours of ``theme``."""
        self.theme = theme
        theme_module.apply(QApplication.instance(), theme)
        self.transport.apply_theme(theme)
        self.rail.apply_theme(theme)
        self.menu_button.apply_theme(theme)
        for page in self.pages.values():
            page.apply_theme(theme)

    @Slot(bool)
    def _reduce_motion(self, reduced: bool) -> None:
        self.remembered = replace(self.remembered, reduce_motion=reduced)
        for page in self.pages.values():
            page.apply_reduced_motion(reduced)

    @Slot()
    def _full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # --- keys -----------------------------------------------------------------------------------------------------

    @Slot(QWidget, QWidget)
    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        typing = isinstance(new, (QLineEdit, QAbstractSpinBox, QAbstractSlider, QComboBox)) or bool(
            new is not None and new.property("keeps_keys")
        )
        # A number has no spaces and a slider no use for one: Space plays there too.
        plays = isinstance(new, (NumberField, LadderCombo, QAbstractSlider))
        self.actions_by_id.yield_keys(typing, but="Space" if plays else "")
        self.undo.choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focus = QApplication.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(focus, QAbstractButton):
            focus.click()
        elif event.modifiers() == Qt.KeyboardModifier.ControlModifier and 0 <= event.key() - Qt.Key.Key_1 < len(PAGES):
            self.open_page(PAGES[event.key() - Qt.Key.Key_1].id)
        elif event.key() == Qt.Key.Key_Escape and self.isFullScreen():
            self._full_screen()
        else:
            super().keyPressEvent(event)

    # --- the end --------------------------------------------------------------------------------------------------

    def remember(self) -> settings.Settings:
        """What the next start should know."""
        docks = dict(self.remembered.docks) | {
            name: settings.encode(page.saveState()) for name, page in self.pages.items()
        }
        kept = replace(
            self.remembered, page=self.rail.page(), grain=self.lab.grain, speed=self.lab.speed,
            speed_unit=self.lab.speed_unit, geometry=settings.encode(self.saveGeometry()), docks=docks,
            moved=sorted(
                name for name in docks
                if (self.pages[name].moved if name in self.pages else name in self.remembered.moved)
            ),
        )  # fmt: skip
        for page in self.pages.values():
            kept = page.remember(kept)
        return kept

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.lab.ended:
            return
        settings.save(self.lab.places.settings, self.remember())
        # Hiding moves the focus, and by then the undo stacks may be gone.
        QApplication.instance().focusChanged.disconnect(self._on_focus)
        self.images.close()
        for page in self.pages.values():
            page.close_down()
        self.hide()
        self.undo.stop()
        self.status.stop()
        self._tab_timer.stop()
        self.clock.stop()
        if self.lab.shut_down():
            self.history.close()
        for stack in self.lab.undo_group.stacks():
            # Left to the garbage collector, commands may go before the stack that deletes them.
            stack.clear()
        event.accept()
