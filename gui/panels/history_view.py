"""The History view: every run that was trained, to be found, reopened, laid over others and compared."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from engine.snapshot import RunState, Snapshot
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import TextButton
from gui.controls.run_compare import RunCompare
from gui.controls.run_overlay import RunOverlay
from gui.controls.run_table import RunTable
from gui.controls.segments import Segments
from gui.history.comparing import MOST, RunLook, looks_at
from gui.history.record import RunRecord
from gui.history.store import RunStore
from gui.panels.base import Panel
from gui.theme import CONTROL_HEIGHT, GRID, Theme

LIST, ROWS, COMPARED = "runs", "runs on screen", "runs compared"
FIRST_ROWS = 40
TYPING_MS = 150
SELECTING_MS = 40
ANY = "any"
EMPTY = (
    "Every run that you train is kept here with its weights, its curves and a small picture.\n"
    "Train the network in the Playground or on the Digits page for an epoch or more; then it stands here."
)
UNFOUND = "No run has {} in its name or its settings. Fewer words find more."
CHOOSE = "Select a run to see its curves and settings; select several (Ctrl or Shift) to lay them over each other and compare."
_PAGES = [
    (ANY, "All", "Shows the runs of every page."),
    ("playground", "Playground", "Shows only runs on planar data."),
    ("digits", "Digits", "Shows only runs on images."),
]


@dataclass(frozen=True, slots=True)
class _Listed:
    ids: list[int]
    records: dict[int, RunRecord]
    total: int


class HistoryView(Panel):
    """``reopenRequested(id)``, ``renameRequested(id, name)``, ``deleteRequested(ids)`` and ``restoreRequested(ids)`` are what a
    person wants done; ``opened()``: it came on screen, and what is being trained should be in it."""

    title = "History"
    frames_per_second = 4.0
    answers = (LIST, ROWS, COMPARED)
    asked = Signal(object)
    opened = Signal()
    reopenRequested = Signal(int)
    renameRequested = Signal(int, str)
    deleteRequested = Signal(object)
    restoreRequested = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._store: RunStore | None = None
        self._live_run = self._live_row = 0
        self._deleted: list[tuple[int, ...]] = []  # what the bar can bring back, the newest last
        self._total: int | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search runs")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search the runs")
        self.search.setToolTip(
            "Shows the runs that have every word in their name, their settings or what differs, as in “adam moons”."
        )
        self.search.setFixedHeight(CONTROL_HEIGHT)
        self.search.setMinimumWidth(120)
        self.search.setMaximumWidth(240)
        self.pages = Segments("Runs of which page", _PAGES)
        self.count = QLabel()
        self.count.setFont(fonts.tabular(fonts.caption()))
        self.count.setProperty("role", "caption")
        self.reopen = TextButton(
            "Reopen", "Shows the run on its page with the weights it ended with (Enter). Undo goes back."
        )
        self.rename = TextButton("Rename", "Gives the run another name, in its place in the table (F2).")
        self.remove = TextButton(
            "Delete", "Takes the selected runs off the list, with their weights (Delete). Undo brings them back."
        )
        self.reopen.setProperty("look", "primary")
        self.table = RunTable(theme)
        self.empty = QLabel(EMPTY)
        self.overlay = RunOverlay(theme)
        self.compare = RunCompare(theme)
        self.hint = QLabel(CHOOSE)
        for label in (self.empty, self.hint):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setProperty("role", "caption")
            label.setFont(fonts.body())
            label.setMargin(24)
        self.bar = _UndoBar()
        self._lay_out()
        self._typing, self._selecting = _timer(self, TYPING_MS), _timer(self, SELECTING_MS)
        self._connect()
        self.setWhatsThis(
            "Every run is kept by itself: its weights, its curves, what differs from the run before. Enter or a double click "
            "opens one again on its page, and it goes on from there as a run of its own. Several that are selected are laid "
            "over each other on the right, with the settings that they do not share."
        )
        self._show_choice(())

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(GRID)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.pages)
        tools.addWidget(self.count)
        tools.addStretch(1)
        for button in (self.reopen, self.rename, self.remove):
            tools.addWidget(button)
        self._place = QStackedWidget()
        self._place.addWidget(self.table)
        self._place.addWidget(self.empty)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(tools)
        left.addWidget(self._place, 1)
        left.addWidget(self.bar)
        shown = QWidget()
        box = QVBoxLayout(shown)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addWidget(self.overlay, 3)
        box.addWidget(self.compare, 2)
        self._side = QStackedWidget()
        self._side.addWidget(shown)
        self._side.addWidget(self.hint)
        both = QHBoxLayout(self)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(2 * GRID)
        both.addLayout(left, 1)
        both.addWidget(self._side)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._typing.start)
        self.search.returnPressed.connect(self._to_table)
        self._typing.timeout.connect(self.refresh)
        self._selecting.timeout.connect(self._compare)
        self.pages.chosen.connect(self.refresh)
        table = self.table
        table.sorted.connect(self.refresh)
        table.wanted.connect(self._read)
        table.chosen.connect(self._on_chosen)
        table.opened.connect(self.reopenRequested)
        table.removeAsked.connect(self._delete)
        table.runs.renamed.connect(self.renameRequested)
        self.reopen.clicked.connect(self._reopen)
        self.rename.clicked.connect(table.rename)
        self.remove.clicked.connect(self._delete)
        self.bar.undone.connect(self._restore)
        self.bar.dismiss.clicked.connect(self._dismiss)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._side.setFixedWidth(min(max(round(0.34 * self.width()), 360), 720))

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for part in (self.table, self.overlay, self.compare):
            part.apply_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.opened.emit()
        self.refresh()

    # --- what is listed ----------------------------------------------------------------------------------------------

    def use_store(self, store: RunStore) -> None:
        """Show the runs of ``store``."""
        self._store = store
        self.refresh()

    def set_live(self, run: int, row: int) -> None:
        """Which run is on screen, and its row, 0 while it has none."""
        self._live_run, self._live_row = run, row
        self.table.runs.set_live(row, False)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if snapshot.run == self._live_run and self._live_row and not snapshot.viewed:
            self.table.runs.set_live(self._live_row, snapshot.state is RunState.RUNNING, snapshot.metrics)

    @Slot()
    def refresh(self) -> None:
        """Ask for the list as it is now."""
        store, table = self._store, self.table
        if store is None or not self.isVisible():
            return
        page, search = self.pages.key(), self.search.text()
        sort, descending, seen = table.sort_key, table.descending, table.on_screen()

        def work(_tell: TELL, _stop: STOP) -> _Listed:
            ids = store.ids(search, "" if page == ANY else page, sort, descending)
            shown = set(ids) & set(seen)
            first = seen if len(shown) == len(seen) and seen else ids[:FIRST_ROWS]
            return _Listed(ids, store.rows(first), store.count())

        self.asked.emit(Question(LIST, work))

    @Slot(object)
    def _read(self, runs: tuple[int, ...]) -> None:
        if (store := self._store) is not None:
            self.asked.emit(Question(ROWS, lambda _tell, _stop: store.rows(runs)))

    def take_answer(self, key: str, answer: object) -> None:
        if key == LIST and isinstance(answer, _Listed):
            self._show_list(answer)
        elif key == ROWS and isinstance(answer, dict):
            self.table.runs.add(answer)
        elif key == COMPARED and isinstance(answer, tuple):
            self._show_choice(answer)

    def take_failure(self, key: str, sentence: str) -> None:
        if key == LIST:
            self.table.show_runs([], {})
            self._say(sentence)

    def _show_list(self, listed: _Listed) -> None:
        self._total = listed.total
        self.table.show_runs(listed.ids, listed.records)
        n, search = len(listed.ids), self.search.text().strip()
        runs = "1 run" if listed.total == 1 else f"{listed.total:,} runs"
        self.count.setText(runs if n == listed.total else f"{n:,} of {runs}")
        if n:
            self._place.setCurrentWidget(self.table)
        else:
            what = f"“{search}”" if search else ""
            self._say(UNFOUND.format(what) if what else EMPTY if not listed.total else "No run of this page yet.")
        self._enable()
        self._side.setVisible(bool(n))
        if self.table.selected():
            self._selecting.start()  # what is compared may have trained on

    def _say(self, sentence: str) -> None:
        self.empty.setText(sentence)
        self._side.hide()
        self._place.setCurrentWidget(self.empty)

    @Slot()
    def _to_table(self) -> None:
        """Enter in the search field: the first run that it found."""
        self._typing.stop()
        self.refresh()
        self.table.setFocus(Qt.FocusReason.TabFocusReason)
        if self.table.currentIndex().row() < 0 and self.table.runs.ids:
            self.table.selectRow(0)

    # --- what is selected --------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_chosen(self, runs: tuple[int, ...]) -> None:
        self.table.runs.set_chips({run: place for place, run in enumerate(runs[:MOST])} if len(runs) > 1 else {})
        self._enable()
        self._selecting.start()

    def _enable(self) -> None:
        chosen = self.table.selected()
        self.reopen.setEnabled(len(chosen) == 1)
        self.rename.setEnabled(len(chosen) == 1)
        self.remove.setEnabled(bool(chosen))

    @Slot()
    def _compare(self) -> None:
        store, runs = self._store, tuple(self.table.selected())
        if not runs:
            self._show_choice(())
        elif store is not None:
            self.asked.emit(Question(COMPARED, lambda _tell, _stop: looks_at(store, runs)))

    def _show_choice(self, looks: tuple[RunLook, ...]) -> None:
        chosen = len(self.table.selected())
        self._side.setCurrentIndex(0 if looks else 1)
        self.overlay.heading.setText(f"Loss curves, the first {MOST} of {chosen:,}" if chosen > MOST else "Loss curves")
        self.overlay.show_runs(looks)
        self.compare.show_runs(looks)
        self._enable()

    @Slot()
    def _reopen(self) -> None:
        for run in self.table.selected()[:1]:
            self.reopenRequested.emit(run)

    @Slot()
    def _delete(self) -> None:
        if not (runs := tuple(self.table.selected())):
            return
        places = self.table.runs.places
        below = max(places[run] for run in runs) + 1
        rest = [run for run in (self.table.runs.ids[below : below + 1] or self.table.runs.ids[:1]) if run not in runs]
        self._deleted.append(runs)
        self.bar.tell(f"Deleted {self._called(runs)}.")
        self.table.select(rest, rest[0] if rest else 0)
        self._on_chosen(tuple(rest))
        self.deleteRequested.emit(runs)

    def _called(self, runs: tuple[int, ...]) -> str:
        record = self.table.runs.records.get(runs[0])
        if len(runs) > 1:
            return f"{len(runs):,} runs"
        return record.name if record is not None else "1 run"

    @Slot()
    def _restore(self) -> None:
        if self._deleted:
            self.restoreRequested.emit(self._deleted.pop())
        if self._deleted:
            self.bar.tell(f"Deleted {self._called(self._deleted[-1])} before.")
        else:
            self.bar.hide()

    @Slot()
    def _dismiss(self) -> None:
        self._deleted.clear()
        self.bar.hide()


class _UndoBar(QFrame):
    """A sentence on what was deleted, and the way back. ``undone()``."""

    undone = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "banner")
        self._text = QLabel()
        self.undo = TextButton("Undo", "Brings back what was just deleted.")
        self.dismiss = TextButton(
            "Dismiss", "Hides this line. What was deleted goes for good when the window is closed."
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        row.setSpacing(GRID)
        row.addWidget(self._text, 1)
        row.addWidget(self.undo)
        row.addWidget(self.dismiss)
        self.undo.clicked.connect(self.undone)
        self.hide()

    def tell(self, text: str) -> None:
        """Show a sentence."""
        self._text.setText(text)
        self.setAccessibleName(text)
        self.show()


def _timer(parent: QWidget, ms: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(ms)
    return timer
