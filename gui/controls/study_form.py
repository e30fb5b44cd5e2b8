"""The column of a study: which one, what is searched and how, and for how long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.registry import Range
from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.buttons import Disclosure, IconButton, TextButton
from gui.controls.combos import ChoiceCombo, LadderCombo
from gui.controls.fields import CheckedField, NumberField
from gui.controls.labels import caption
from gui.controls.space_list import SpaceList
from gui.theme import GRID, Theme
from gui.tuning.study import Choice, StudySettings

SAMPLERS = [
    ("tpe", "TPE", "Learns from finished trials where good values lie (tree-structured Parzen estimator)."),
    ("random", "Random", "Draws every value by chance; hard to beat with few trials."),
    ("grid", "Grid", "Tries every combination, bounds in even steps."),
    ("cmaes", "CMA-ES", "Moves a cloud of numbers towards better ones; for bounds, not for options."),
]
PRUNERS = [
    ("median", "Median", "Ends a trial that is worse than the median of those before it at the same epoch."),
    ("hyperband", "Hyperband", "Gives many trials few epochs, and the good ones more."),
    ("none", "None", "Trains every trial to its end."),
]
OBJECTIVES = [
    ("validation_loss", "Validation loss", "Looks for the lowest loss on samples kept aside."),
    ("validation_accuracy", "Validation accuracy", "Looks for the most right answers on samples kept aside."),
    ("accuracy_and_parameters", "Accuracy against parameters",
     "Looks for both at once: more right answers, fewer parameters. The result is a front, not one winner."),
]  # fmt: skip
TRIALS = Range(
    0, 100_000, "Trials", ladder=(10, 20, 60, 100, 200, 500, 1000),
    help="The study ends after so many trials; 0: it is not counted.",
)  # fmt: skip
MINUTES = Range(
    0.0, 100_000.0, "Minutes", ladder=(0, 1, 5, 10, 30, 60, 480),
    help="The study ends after so many minutes; 0: it is not timed.",
)  # fmt: skip
EPOCHS = Range(
    1, 100_000, "Epochs a trial", ladder=(5, 10, 20, 30, 50, 100, 200), help="How long each trial is trained at most."
)
SEED = Range(0, 2**31 - 1, "Seed of the study", step=1, help="The same seed and one worker draw the same trials.")
LOCAL = "This computer"
DRAFT = "\N{EM DASH}"  # the key of the study that is not begun; no study may be called so
_NAME = re.compile(r"[\w .()+-]{1,60}")


class NameField(CheckedField):
    """What a study is called."""

    def text_of(self, value: Any) -> str:
        return str(value)

    def value_of(self, text: str) -> str:
        if not _NAME.fullmatch(text.strip()):
            raise ValueError("A name has 1 to 60 letters, figures, spaces, dots, dashes.")
        return text.strip()


class StorageField(CheckedField):
    """Where studies lie: "" for this computer, or the address of a PostgreSQL server."""

    def text_of(self, value: Any) -> str:
        return str(value) or LOCAL

    def value_of(self, text: str) -> str:
        text = text.strip()
        if not text or text.casefold() == LOCAL.casefold():
            return ""
        if not re.match(r"postgresql(\+\w+)?://[^\s/]+/\S+", text):
            raise ValueError(f"Write postgresql://user:password@computer/database, or {LOCAL}.")
        return text


class StudyForm(QScrollArea):
    """``studyChosen(name)``, ``newRequested()``, ``deleteRequested()``, ``storageChosen(address)``, ``workersChosen(int)``."""

    studyChosen = Signal(str)
    newRequested = Signal()
    deleteRequested = Signal()
    storageChosen = Signal(str)
    workersChosen = Signal(int)

    def __init__(self, theme: Theme, cores: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        most = max(cores - 1, 1)
        self.studies = ChoiceCombo(
            [(DRAFT, "New study", "Not begun yet")], "Study", "Which study is shown; all are kept."
        )
        self.new = TextButton("New", "Begins another study of the experiment on screen. This one is kept.")
        self.delete = IconButton(theme, "trash", "Delete this study", "Its trials and their weights are gone for good.")
        self.name = NameField("study")
        self.name.setAccessibleName("Name of the study")
        self.name.setToolTip("What the new study is called.")
        self.based_on = QLabel()
        self.based_on.setProperty("role", "caption")
        self.based_on.setFont(fonts.caption())
        self.based_on.setWordWrap(True)
        self.searched = SpaceList()
        self.sampler = ChoiceCombo(SAMPLERS, "Sampler", "How the next trial's values are found.")
        self.pruner = ChoiceCombo(PRUNERS, "Pruner", "When a poor trial is ended early.")
        self.objective = ChoiceCombo(OBJECTIVES, "Objective", "What a good trial is.")
        self.trials, self.minutes = LadderCombo(TRIALS, 60), LadderCombo(MINUTES, 0.0)
        self.epochs, self.seed = LadderCombo(EPOCHS, 30), NumberField(SEED, 0)
        self.workers = NumberField(
            Range(1, max(cores, 1) * 4, "Workers", step=1,
                  help=f"Processes that train trials at the same time. {most} leaves a core to this window."),
            most,
        )  # fmt: skip
        self.storage = StorageField("")
        self.storage.setAccessibleName("Storage")
        self.storage.setToolTip(
            "Where studies lie: this computer, or a PostgreSQL server (postgresql://…) whose study many computers work on."
        )
        self._more = QWidget()
        self.more = Disclosure(theme, self._more)
        self._build()
        self.more.describe("seed, storage on a server")
        self.studies.chosen.connect(self._on_study)
        self.new.clicked.connect(self.newRequested)
        self.delete.clicked.connect(self.deleteRequested)
        self.storage.committed.connect(self._on_storage)
        self.workers.committed.connect(self._on_workers)
        self.set_draft(True)

    def _build(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(4)
        first.addWidget(self.studies, 1)
        first.addWidget(self.new)
        first.addWidget(self.delete)
        more = QGridLayout(self._more)
        more.setContentsMargins(0, 0, 0, 0)
        more.setHorizontalSpacing(GRID)
        more.setVerticalSpacing(2)
        _row(more, 0, (2, "Seed", self.seed), (4, "Storage", self.storage))
        how = QGridLayout()
        how.setHorizontalSpacing(GRID)
        how.setVerticalSpacing(2)
        _row(how, 0, (3, "Sampler", self.sampler), (3, "Pruner", self.pruner))
        _row(how, 2, (4, "Objective", self.objective), (2, "Epochs a trial", self.epochs))
        _row(how, 4, (2, "Trials", self.trials), (2, "or minutes", self.minutes), (2, "Workers", self.workers))
        inner = QWidget()
        inner.setProperty("surface", "none")
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, GRID, 0)
        box.setSpacing(4)
        box.addLayout(first)
        box.addWidget(self.name)
        box.addWidget(self.based_on)
        box.addSpacing(4)
        box.addWidget(_heading("Searched"))
        box.addWidget(self.searched)
        box.addSpacing(4)
        box.addWidget(_heading("How"))
        box.addLayout(how)
        box.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        box.addWidget(self._more)
        box.addStretch(1)
        self.setWidget(inner)

    # --- what it shows --------------------------------------------------------------------------------------------

    @property
    def draft(self) -> bool:
        """Whether a study is being prepared, not one shown that has begun."""
        return self.studies.key() == DRAFT

    def set_draft(self, draft: bool, name: str = "") -> None:
        """Prepare a new study, or show the one called ``name``, which keeps its settings."""
        self.studies.set_key(DRAFT if draft else name)
        self.name.setVisible(draft)
        self.new.setEnabled(not draft)
        self.delete.setEnabled(not draft)
        self.searched.set_locked(not draft)
        fixed = (self.sampler, self.pruner, self.objective, self.trials, self.minutes, self.epochs, self.seed)
        for control in fixed:
            control.setEnabled(draft)

    def show_studies(self, names: Sequence[str]) -> None:
        """Offer these studies; emits nothing."""
        kept = [(name, name, "") for name in names]
        self.studies.set_choices([(DRAFT, "New study", "Not begun yet"), *kept])

    def show_base(self, spec: ExperimentSpec, where: str = "") -> None:
        """Say which experiment the trials vary."""
        layers = "-".join(map(str, spec.layer_sizes))
        title = spec.data.dataset.title
        self.based_on.setText(f"Varies {title}{where}: {layers}, {spec.optimizer.label}")

    def show_settings(self, settings: StudySettings) -> None:
        """Show a study that has begun; emits nothing."""
        self.searched.show_space(settings.space)
        self.sampler.set_key(settings.sampler)
        self.pruner.set_key(settings.pruner)
        self.objective.set_key(settings.objective)
        self.trials.set_value(settings.trials)
        self.minutes.set_value(settings.minutes)
        self.epochs.set_value(settings.epochs)
        self.seed.set_value(settings.seed)
        self.show_base(settings.base)

    def show_space(self, space: Sequence[Choice], ticked: Sequence[str] | None = None) -> None:
        """Offer these hyperparameters."""
        self.searched.show_space(space, ticked)

    def settings(self, base: ExperimentSpec) -> StudySettings:
        """The study as it stands in the form, of ``base``."""
        return StudySettings(
            self.name.value(), base, self.searched.space(), self.sampler.key(), self.pruner.key(), self.objective.key(),
            self.trials.value(), self.minutes.value(), self.epochs.value(), self.seed.value(),
        )  # fmt: skip

    def problem(self) -> str:
        """What is wrong with it, in a sentence; "" where nothing is."""
        if not self.trials.value() and not self.minutes.value():
            return "The study would never end. Give it a number of trials, or of minutes."
        return self.searched.problem()

    def apply_theme(self, theme: Theme) -> None:
        self.delete.apply_theme(theme)
        self.more.apply_theme(theme)

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot(str)
    def _on_study(self, key: str) -> None:
        if key == DRAFT:
            self.newRequested.emit()
        else:
            self.studyChosen.emit(key)

    @Slot(object)
    def _on_storage(self, address: str) -> None:
        self.storageChosen.emit(address)

    @Slot(object)
    def _on_workers(self, n: int) -> None:
        self.workersChosen.emit(n)


def _heading(text: str) -> QLabel:
    return caption(text, fonts.SEMIBOLD)


def _row(grid: QGridLayout, row: int, *entries: tuple[int, str, QWidget]) -> None:
    """Controls beside each other with their names above, each so many of six columns wide."""
    column = 0
    for span, name, control in entries:
        grid.addWidget(caption(name), row, column, 1, span)
        grid.addWidget(control, row + 1, column, 1, span)
        column += span
    for i in range(column):
        grid.setColumnStretch(i, 1)
