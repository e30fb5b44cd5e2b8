"""The network on screen as a script that runs by itself: to read, copy, save and try. And weights of others, to open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import CheckBox, TextButton
from gui.controls.code_view import CodeView
from gui.controls.import_box import ImportBox
from gui.controls.segments import Segments
from gui.exporting.model import MAX_INLINE, NUMPY, ONNX, SKLEARN, TITLES, TORCH, Model, NotCarried, Options, Script
from gui.exporting.trial import Trial, try_script
from gui.exporting.writing import possible, save, write
from gui.listing import Passage
from gui.panels.base import Panel
from gui.style import set_property
from gui.theme import GRID, Theme

SAVE_KEY, TRY_KEY = "a script to save", "a script to try"
WIDTH = 344
_TRY, _CANCEL = "Try it", "Cancel"
_KINDS = {
    NUMPY: "Nothing but NumPy: every step of the network in sight.",
    SKLEARN: "MLPClassifier or MLPRegressor with the same settings, as far as scikit-learn has them.",
    TORCH: "nn.Sequential with its optimizer and training loop.",
    ONNX: "A model file that runs nearly everywhere, and a script that has onnxruntime answer with it.",
}
_NOTHING = (
    "Here stands the network as a script, as soon as there is one. Open an experiment in the Playground or with digits."
)


class ExportView(Panel):
    """Left what is written and how, right the script. It follows the run, but not frame by frame: weights are read when it
    pauses, and anew whenever the script is copied, saved or tried."""

    title = "Code"
    frames_per_second = 4.0
    answers = (SAVE_KEY, TRY_KEY)
    asked = Signal(object)
    forgotten = Signal(str)
    weightsChosen = Signal(object, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._snapshot: Snapshot | None = None
        self._spec: ExperimentSpec | None = None
        self._read: tuple[object, ...] = ()  # of which moment the script is
        self._waits: set[str] = set()
        self.model: Model | None = None
        self.script: Script | None = None
        self.trial: Trial | None = None  # of the script on screen
        self._build(theme)
        self._show_script()

    def _build(self, theme: Theme) -> None:
        self.kinds = Segments("Library", [(key, TITLES[key], tip) for key, tip in _KINDS.items()])
        self.weights = CheckBox("Trained weights")
        self.weights.setToolTip("The weights as they are now. Off: first weights, as the initializer draws them.")
        self.training = CheckBox("Training loop")
        self.training.setToolTip(
            "Trains with the settings here, as long as this run did. Off: the script only answers."
        )
        self.inline = CheckBox("Weights in the script")
        self.inline.setToolTip(f"One file instead of two, for networks of up to {MAX_INLINE:,} weights.")
        self.weights.setChecked(True)
        for box in (self.weights, self.training, self.inline):
            box.setAccessibleName(box.text())
            box.committed.connect(self._on_option)
        self.notes = QLabel()
        self.notes.setProperty("role", "caption")
        self.notes.setFont(fonts.caption())
        self.notes.setWordWrap(True)
        self.notes.setAccessibleName("What the script leaves out")
        self.copy = TextButton("Copy", "Puts the script into the clipboard.")
        self.save = TextButton(
            "Save…", "Writes the script, and its weights beside it where they are in a file of their own."
        )
        self.try_ = TextButton(_TRY)
        self.try_.setFixedWidth(self.try_.fontMetrics().horizontalAdvance(_CANCEL) + 28)
        self.result = QLabel()
        self.result.setWordWrap(True)
        self.result.setFont(fonts.tabular(fonts.caption()))
        self.result.setAccessibleName("What came of it")
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # it may be a line to be run
        self.output = QPlainTextEdit()
        self.output.setReadOnly(True)
        self.output.setFont(fonts.code())
        self.output.setFrameShape(QFrame.Shape.NoFrame)
        self.output.setFixedHeight(72)
        self.output.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.output.setAccessibleName("What the script prints")
        self.output.hide()
        self.importing = ImportBox()
        self.about = QLabel()
        self.about.setProperty("role", "caption")
        self.about.setFont(fonts.tabular(fonts.caption()))
        self.code = CodeView(theme)
        self.code.setAccessibleName("Script")
        self._lay_out()
        self.kinds.chosen.connect(self._on_option)
        self.copy.clicked.connect(self._on_copy)
        self.save.clicked.connect(self._on_save)
        self.try_.clicked.connect(self._on_try)
        self.importing.chosen.connect(self.weightsChosen)
        self._show_try()
        self.setWhatsThis(
            "The network on screen as a Python script that gives the same answers. Try it runs the script in a process of its "
            "own and holds its answers to those here."
        )

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (self.copy, self.save, self.try_):
            buttons.addWidget(button)
        buttons.addStretch(1)
        left = QWidget()
        left.setProperty("surface", "none")
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID)
        column.addWidget(self.kinds)
        options = QVBoxLayout()
        options.setSpacing(4)
        for box in (self.weights, self.training, self.inline):
            options.addWidget(box)
        column.addLayout(options)
        column.addWidget(self.notes)
        column.addLayout(buttons)
        column.addWidget(self.result)
        column.addWidget(self.output)
        column.addStretch(1)
        column.addWidget(self.importing)
        scroll = QScrollArea()
        scroll.setWidget(left)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setFixedWidth(WIDTH)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self.about)
        right.addWidget(self.code, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * GRID)
        row.addWidget(scroll)
        row.addLayout(right, 1)

    @property
    def options(self) -> Options:
        """What is asked for; what can't be for this network is left out."""
        wanted = Options(self.kinds.key(), self.weights.isChecked(), self.training.isChecked(), self.inline.isChecked())
        return possible(self.model, wanted) if self.model is not None else wanted

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.code.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        self._spec = spec

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """While it trains, only another network or other settings are written anew."""
        self._snapshot = snapshot
        running = snapshot.state is RunState.RUNNING
        now = (snapshot.run, snapshot.spec, *(() if running else (snapshot.epoch, snapshot.batch, id(snapshot.params))))
        if now != self._read[: len(now)]:
            self._take()

    def _take(self) -> None:
        """Read the newest weights and write the script."""
        snapshot = self._snapshot
        if snapshot is None:
            return
        if self.model is None or (snapshot.run, snapshot.spec) != self._read[:2]:
            self._forget(TRY_KEY)
            self._tell("")
        self._read = (snapshot.run, snapshot.spec, snapshot.epoch, snapshot.batch, id(snapshot.params))
        self.model = Model.of(snapshot.spec, snapshot.params, snapshot.epoch)
        self._show_script()

    def _show_script(self) -> None:
        options, refusal = self.options, "" if self.model else _NOTHING
        self.script = None
        if self.model is not None:
            try:
                self.script = write(self.model, options)
            except NotCarried as error:
                refusal = str(error)
        lines = tuple(enumerate(self.script.text.rstrip().split("\n"), 1)) if self.script else ()
        self.code.show_passages((Passage(f"network.py · {TITLES[options.kind]}", lines),) if lines else ())
        self.code.setPlaceholderText(refusal)
        notes = self.script.notes if self.script else ()
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))
        self.about.setText(self._about(options, len(lines)))
        onnx, model = options.kind == ONNX, self.model
        self.weights.setEnabled(not onnx)
        self.training.setEnabled(not onnx)
        small = model is None or model.spec.n_parameters <= MAX_INLINE
        self.inline.setEnabled(not onnx and self.weights.isChecked() and small)
        for button in (self.copy, self.save, self.try_):
            button.setEnabled(self.script is not None)

    def _about(self, options: Options, n: int) -> str:
        if self.script is None or self.model is None:
            return ""
        parts = [f"{n:,} lines"]
        if options.weights:
            parts.append(f"weights of epoch {self.model.epoch:,}")
        if self.script.needs:
            parts.append(f"beside it {self.script.needs}")
        return " · ".join(parts)

    def _on_option(self) -> None:
        self._forget(TRY_KEY)
        self._tell("")
        if self._snapshot is None:
            self._show_script()
        else:
            self._take()

    # --- copy, save, try ------------------------------------------------------------------------------------------

    def _on_copy(self) -> None:
        self._take()
        if self.script is not None:
            QGuiApplication.clipboard().setText(self.script.text)
            beside = f" It needs {self.script.needs} beside it, which Save writes." if self.script.needs else ""
            self._tell(f"Copied.{beside}")

    def _on_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save script", "network.py", "Python scripts (*.py)")
        if not path:
            return
        self._take()
        model, options = self.model, self.options
        if model is None:
            return
        target = Path(path if Path(path).suffix else path + ".py")

        def work(tell: TELL, stop: STOP) -> list[Path]:
            return save(target, model, options)

        self._ask(Question(SAVE_KEY, work))

    def _on_try(self) -> None:
        if TRY_KEY in self._waits:
            self._forget(TRY_KEY)
            self._tell("Given up.")
            return
        self._take()
        self.trial = None
        model, options = self.model, self.options
        if model is None or self.script is None:
            return

        def work(tell: TELL, stop: STOP) -> Trial | None:
            return try_script(model, options, tell, stop)

        self._ask(Question(TRY_KEY, work, long=True))
        self._tell("The script runs in a process of its own…")

    def _ask(self, question: Question) -> None:
        self._waits.add(question.key)
        self.asked.emit(question)
        self._show_try()

    def _forget(self, key: str) -> None:
        if key in self._waits:
            self._waits.discard(key)
            self.forgotten.emit(key)
        self._show_try()

    def take_answer(self, key: str, answer: object) -> None:
        self._waits.discard(key)
        if isinstance(answer, Trial):
            self.trial = answer
            self._tell(answer.sentence, bad=not (answer.agrees or answer.trained), output=answer.output)
        elif isinstance(answer, list):
            self._tell(f"Saved {' and '.join(path.name for path in reversed(answer))} in {answer[0].parent}.")
        self._show_try()

    def take_progress(self, key: str, share: float, words: str) -> None:
        if key == TRY_KEY and key in self._waits and words:
            self._show_output(words)

    def take_failure(self, key: str, sentence: str) -> None:
        self._waits.discard(key)
        self._tell(sentence, bad=True)
        self._show_try()

    def _tell(self, sentence: str, bad: bool = False, output: str = "") -> None:
        self.result.setText(sentence)
        self.result.setVisible(bool(sentence))
        set_property(self.result, "role", "error" if bad else "")
        self._show_output(output)
        if not sentence:
            self.trial = None

    def _show_output(self, output: str) -> None:
        self.output.setVisible(bool(output.strip()))
        if output.rstrip() != self.output.toPlainText():
            self.output.setPlainText(output.rstrip())
            bar = self.output.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _show_try(self) -> None:
        waits = TRY_KEY in self._waits
        self.try_.setText(_CANCEL if waits else _TRY)
        self.try_.setAccessibleName(self.try_.text())
        self.try_.setToolTip(
            "Ends the script."
            if waits
            else "Runs the script in a process of its own, and holds its answers to the window's."
        )
