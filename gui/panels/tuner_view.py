"""The Tuner: on the left what is searched and how, in the middle the trials, seen in seven ways that share one choice."""

from __future__ import annotations

import os

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.buttons import TextButton
from gui.controls.combos import ChoiceCombo
from gui.controls.labels import caption
from gui.controls.segments import Segments
from gui.controls.study_form import StudyForm
from gui.controls.study_run import BUSY, IDLE, StudyRun
from gui.controls.trial_table import TrialTable
from gui.graphics.contour_plot import ContourPlot
from gui.graphics.importance_bars import ImportanceBars
from gui.graphics.parallel_plot import ParallelPlot
from gui.graphics.pareto_plot import ParetoPlot
from gui.graphics.picture_card import PictureCard
from gui.graphics.slice_plot import SlicePlot
from gui.graphics.trial_axes import Trials
from gui.graphics.trial_picture import picture_of
from gui.graphics.trial_plot import TrialPlot
from gui.graphics.trial_wall import ScrollingWall, TrialWall, curve_path
from gui.panels.base import Panel
from gui.theme import GRID, PANEL_PADDING, Theme
from gui.tuning.study import Choice, StudyView, TrialView

COLUMN = 336
VIEWS = [
    ("wall", "Wall", "A tile for each trial, with its picture and its curve."),
    (
        "parallel",
        "Parallel",
        "A line for each trial through all its settings. Drag along an axis to keep some of them.",
    ),
    ("importance", "Importance", "How much each setting mattered."),
    ("slice", "Slice", "The objective against each setting."),
    ("contour", "Contour", "The objective over two settings."),
    ("pareto", "Pareto front", "Two objectives against each other, and the trials that no other one beats."),
    ("table", "Table", "All trials in figures; a click on a header sorts."),
]
NUMBER, VALUE, BEST, ALL = "number", "value", "best", "all"
NONE_CHOSEN = "No trial chosen. Click one to see its settings here; a double-click opens it with its weights."


class TunerView(Panel):
    """What it is asked for goes to the tuning desk: ``startRequested(StudySettings | None)`` with the settings of a study that
    is not begun yet, ``trialRequested(number)`` to be opened, ``exportRequested()``, ``importanceRequested()`` and the rest.
    """

    title = "Tuner"
    startRequested = Signal(object)
    pauseRequested = Signal()
    stopRequested = Signal()
    studyChosen = Signal(str)
    newRequested = Signal()
    deleteRequested = Signal()
    storageChosen = Signal(str)
    workersChosen = Signal(int)
    trialRequested = Signal(int)
    exportRequested = Signal()
    importanceRequested = Signal()
    spaceRequested = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.view: StudyView | None = None
        self.trials: Trials | None = None
        self.selected = -1
        self._spec: ExperimentSpec | None = None
        self._measured = -1
        self._names: tuple[str, ...] = ()
        self.form = StudyForm(theme, os.cpu_count() or 1)
        self.run = StudyRun()
        self.segments = Segments("Views of the study", VIEWS)
        self.wall = TrialWall(theme)
        self.parallel, self.importance = ParallelPlot(theme), ImportanceBars(theme)
        self.slice, self.contour, self.pareto = SlicePlot(theme), ContourPlot(theme), ParetoPlot(theme)
        self.table = TrialTable(theme)
        self.order = ChoiceCombo(
            [(NUMBER, "By number", "As they were begun"), (VALUE, "Best first", "By the objective")],
            "Order of the wall",
        )
        self.order.setFixedWidth(120)
        self.across, self.up = (ChoiceCombo([("", "–", "")], name) for name in ("Setting across", "Setting upwards"))
        for combo in (self.across, self.up):
            combo.setFixedWidth(150)
        self.measured = ChoiceCombo(
            [(BEST, "Among the best", "What sets the best tenth of the trials apart (PED-ANOVA); at once."),
             (ALL, "Over all trials", "How much of all differences goes back to each setting (fANOVA); takes a few seconds.")],
            "What importance is of",
        )  # fmt: skip
        self.measured.setFixedWidth(140)
        self.kept = caption()
        self.clear = TextButton("Clear brushes", "Lights all trials again (Escape).")
        self.chosen = QLabel(NONE_CHOSEN)
        self.chosen.setFont(fonts.figures())
        self.chosen.setMinimumWidth(1)
        self.open = TextButton(
            "Open trial", "Shows it with its weights on the page of its data; undo brings yours back."
        )
        self.export = TextButton("Export CSV…", "Writes every trial to a file that a spreadsheet reads.")
        self._build()
        self.card = PictureCard(theme, self)
        self._connect()
        self._show_tools()
        self._show_chosen()
        self.show_study(None)

    def _build(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addWidget(self.form, 1)
        left.addWidget(self.run)
        column = QWidget()
        column.setFixedWidth(COLUMN)
        column.setLayout(left)
        left.setContentsMargins(0, 0, 0, 0)
        self.stack = QStackedWidget()
        self.pages: dict[str, QWidget] = {
            "wall": ScrollingWall(self.wall), "parallel": self.parallel, "importance": self.importance,
            "slice": self.slice, "contour": self.contour, "pareto": self.pareto, "table": self.table,
        }  # fmt: skip
        for page in self.pages.values():
            self.stack.addWidget(page)
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.segments, 1)
        for tool in (self.kept, self.clear, self.order, self.measured, self.across, self.up):
            top.addWidget(tool)
        bottom = QHBoxLayout()
        bottom.setSpacing(GRID)
        bottom.addWidget(self.chosen, 1)
        bottom.addWidget(self.open)
        bottom.addWidget(self.export)
        middle = QVBoxLayout()
        middle.setSpacing(GRID)
        middle.addLayout(top)
        middle.addWidget(self.stack, 1)
        middle.addLayout(bottom)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.NoFrame)
        line.setFixedWidth(PANEL_PADDING)
        box = QHBoxLayout(self)
        box.setContentsMargins(PANEL_PADDING, PANEL_PADDING, PANEL_PADDING, PANEL_PADDING)
        box.setSpacing(0)
        box.addWidget(column)
        box.addWidget(line)
        box.addLayout(middle, 1)

    def _connect(self) -> None:
        self.segments.chosen.connect(self.open_view)
        self.order.chosen.connect(self._on_order)
        self.measured.chosen.connect(self._on_measured)
        self.across.chosen.connect(self._on_pair)
        self.up.chosen.connect(self._on_pair)
        self.clear.clicked.connect(self.parallel.clear)
        self.parallel.brushed.connect(self._on_brushed)
        for plot in (*self.plots, self.table):
            plot.picked.connect(self.select)
            plot.opened.connect(self._on_opened)
        for plot in self.plots:
            plot.pointed.connect(self._on_pointed)
        self.open.clicked.connect(self._on_open)
        self.export.clicked.connect(self.exportRequested)
        form, run = self.form, self.run
        form.studyChosen.connect(self.studyChosen)
        form.newRequested.connect(self.newRequested)
        form.deleteRequested.connect(self.deleteRequested)
        form.storageChosen.connect(self.storageChosen)
        form.workersChosen.connect(self.workersChosen)
        run.startRequested.connect(self._on_start)
        run.pauseRequested.connect(self.pauseRequested)
        run.stopRequested.connect(self.stopRequested)

    @property
    def plots(self) -> tuple[TrialPlot, ...]:
        """Every picture of the trials."""
        return self.wall, self.parallel, self.importance, self.slice, self.contour, self.pareto

    # --- what it shows --------------------------------------------------------------------------------------------

    @property
    def reduce_motion(self) -> bool:
        """Whether nothing glides or circles."""
        return self.wall.reduce_motion

    @reduce_motion.setter
    def reduce_motion(self, reduced: bool) -> None:
        self.wall.reduce_motion = reduced

    def show_spec(self, spec: ExperimentSpec) -> None:
        if spec == self._spec:
            return
        old, self._spec = self._spec, spec
        if self.form.draft:
            self.form.show_base(spec)
            if old is not None and old.data.dataset.planar != spec.data.dataset.planar:
                self.spaceRequested.emit(spec)

    def show_studies(self, names: tuple[str, ...]) -> None:
        """The kept studies."""
        self._names = names
        self.form.show_studies(names)

    def show_space(self, space: tuple[Choice, ...]) -> None:
        """What a new study could search."""
        if self.form.draft:
            self.form.show_space(space)

    def begin_draft(self) -> None:
        """Prepare a new study of the experiment on screen."""
        self.form.set_draft(True)
        self.form.name.set_value(self._fresh_name())
        self.show_study(None)
        if self._spec is not None:
            self.form.show_base(self._spec)
            self.spaceRequested.emit(self._spec)

    def _fresh_name(self) -> str:
        """``Spiral``, ``Spiral 2`` and so on: the first that no study has."""
        title = self._spec.data.dataset.title if self._spec is not None else "Study"
        stem = "".join(c for c in title.replace("×", "x") if c.isalnum() or c in " .()+-_")[:50].strip() or "Study"
        numbers = (stem if i == 1 else f"{stem} {i}" for i in range(1, len(self._names) + 2))
        return next(name for name in numbers if name not in self._names)

    def show_study(self, view: StudyView | None) -> None:
        """A study as it is now; None while a new one is prepared."""
        other = view is not None and (self.view is None or view.settings != self.view.settings)
        self.view = view
        self.trials = Trials(view) if view is not None else None
        if view is not None:
            if view.settings.name not in self._names:
                self.show_studies((*self._names, view.settings.name))
            if other:
                self.form.set_draft(False, view.settings.name)
                self.form.show_settings(view.settings)
                self.form.set_draft(False, view.settings.name)
        if other or view is None:
            self._measured = -1
            self.importance.measure(self.importance.over_all)
            self.run.show_failure("")
        for plot in self.plots:
            plot.show_trials(self.trials)
        self.table.show_trials(self.trials)
        self.run.show_study(view)
        self._offer_pair()
        if self.trials is None or self.selected not in self.trials.rows:
            self.select(-1)
        self.export.setEnabled(view is not None and bool(view.trials))
        self._show_chosen()
        self._show_tools()
        self._want_importance()

    def show_state(self, state: str) -> None:
        """What our workers do."""
        self._state = state
        self.run.show_state(state)
        busy = state == BUSY
        self.form.studies.setEnabled(not busy)
        self.form.new.setEnabled(not busy and not self.form.draft)
        self.form.delete.setEnabled(state == IDLE and not self.form.draft)
        self.form.storage.setEnabled(state == IDLE)
        self.form.workers.setEnabled(state == IDLE)

    def show_importance(self, shares: dict[str, float]) -> None:
        """How much each setting mattered."""
        self.importance.show_shares(shares)

    def show_failure(self, sentence: str) -> None:
        """What went wrong, where it was asked for."""
        self.run.show_failure(sentence)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.form.apply_theme(theme)
        for plot in self.plots:
            plot.apply_theme(theme)
        self.table.apply_theme(theme)
        self.card.theme = theme
        self.card.hide()

    @Slot(str)
    def open_view(self, key: str) -> None:
        """Look at the study another way; the choice stays."""
        self.segments.set_key(key)
        self.card.hide()
        self.stack.setCurrentWidget(self.pages[key])
        self._show_tools()
        self._want_importance()

    def _show_tools(self) -> None:
        """Only what goes with the view on screen."""
        key, there = self.segments.key(), self.trials is not None
        self.order.setVisible(key == "wall" and there)
        self.measured.setVisible(key == "importance" and there)
        brushed = key == "parallel" and bool(self.parallel.brushes)
        self.kept.setVisible(brushed)
        self.clear.setVisible(brushed)
        for combo in (self.across, self.up):
            combo.setVisible(key == "contour" and self.trials is not None and len(self.trials.axes) > 1)

    def _want_importance(self) -> None:
        """That over all trials is asked for when it is looked at and more trials are finished than were measured."""
        if self.trials is None or self.segments.key() != "importance" or not self.importance.over_all:
            return
        n = len(self.trials.best_first)
        if n > 1 and n != self._measured:  # one that is asked for while another is worked out takes its place
            self._measured = n
            self.importanceRequested.emit()

    def _offer_pair(self) -> None:
        if self.trials is None or len(self.trials.axes) < 2:
            return
        choices = [(axis.name, axis.label, "") for axis in self.trials.axes]
        fresh = choices != self.across._choices
        for combo in (self.across, self.up):
            combo.set_choices(choices)
        if fresh:
            names = [axis.name for axis in self.trials.axes]
            first = names.index("learning_rate") if "learning_rate" in names else 0
            second = names.index("width") if "width" in names else (1 if first == 0 else 0)
            self.across.set_key(names[first])
            self.up.set_key(names[second])
            self.contour.choose(first, second)

    # --- one choice for all views ---------------------------------------------------------------------------------

    @Slot(int)
    def select(self, number: int) -> None:
        """Choose a trial, −1 for none, in every view."""
        self.selected = number
        for plot in self.plots:
            plot.select(number)
        self.table.select(number)
        self._show_chosen()

    def _trial(self, number: int) -> TrialView | None:
        return None if self.trials is None else self.trials.trial(number)

    def _show_chosen(self) -> None:
        trial = self._trial(self.selected)
        self.open.setEnabled(trial is not None and trial.has_weights)
        if trial is None or self.trials is None:
            words = NONE_CHOSEN if self.trials is not None and self.trials.view.trials else ""
            self.chosen.setToolTip("")
        else:
            title, lines = self.trials.card(trial)
            words = " · ".join((title, *lines))
            self.chosen.setToolTip("\n".join((title, *lines)))
        room = max(self.chosen.width() - 4, 40)
        self.chosen.setAccessibleName(words)
        self.chosen.setText(QFontMetrics(self.chosen.font()).elidedText(words, Qt.TextElideMode.ElideRight, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.layout().activate()
        self._show_chosen()

    @Slot(int, QRect)
    def _on_pointed(self, number: int, where: QRect) -> None:
        trial = self._trial(number)
        plot = self.sender()
        if trial is None or self.trials is None or not isinstance(plot, TrialPlot):
            self.card.hide()
            return
        title, lines = self.trials.card(trial)
        about = QRect(plot.mapTo(self, where.topLeft()), where.size())
        self.card.show_card(self._thumbnail(trial), title, lines, about)

    def _thumbnail(self, trial: TrialView) -> QImage:
        """Its picture, or its curve where it has none."""
        assert self.trials is not None
        settings = self.trials.view.settings
        image = picture_of(trial, settings.base, self.theme)
        if not image.isNull():
            return image
        ratio = self.devicePixelRatioF()
        side = round(112 * ratio)
        image = QImage(side, side, QImage.Format.Format_RGB32)
        image.fill(self.theme.sunken)
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.theme.ink(self.theme.accent, ratio=3.0), 2 * ratio))
            box = image.rect().toRectF().adjusted(10 * ratio, 24 * ratio, -10 * ratio, -24 * ratio)
            painter.drawPath(curve_path(trial, box, settings.epochs))
        return image

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_start(self) -> None:
        if not self.form.draft:
            self.run.show_failure("")
            self.startRequested.emit(None)
            return
        sentence = self.form.problem()
        if not sentence and self.form.name.value() in self._names:
            sentence = f"There is a study called {self.form.name.value()} already. Give this one another name."
        self.run.show_failure(sentence)
        if not sentence and self._spec is not None:
            self.startRequested.emit(self.form.settings(self._spec))

    @Slot()
    def _on_open(self) -> None:
        self._on_opened(self.selected)

    @Slot(int)
    def _on_opened(self, number: int) -> None:
        trial = self._trial(number)
        if trial is None:
            return
        if trial.has_weights:
            self.trialRequested.emit(number)
        else:
            self.run.show_failure(
                f"Trial {number} is {trial.state} and has kept no weights. Open one that is finished."
            )

    @Slot(str)
    def _on_order(self, key: str) -> None:
        self.wall.sort(key == VALUE)

    @Slot(str)
    def _on_measured(self, key: str) -> None:
        self._measured = -1
        self.importance.measure(key == ALL)
        self._want_importance()

    @Slot(str)
    def _on_pair(self, _key: str) -> None:
        if self.trials is not None:
            names = [axis.name for axis in self.trials.axes]
            self.contour.choose(names.index(self.across.key()), names.index(self.up.key()))

    @Slot(int)
    def _on_brushed(self, n: int) -> None:
        self.kept.setText(f"{n:,} kept")
        self._show_tools()
