"""Robustness: how test accuracy falls while the images are turned, moved, resized, thickened and made noisy."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.robustness import STRESSES, Robustness, robustness
from engine.snapshot import Snapshot
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import CheckBox, IconButton
from gui.graphics.curve_key import CurveKey
from gui.graphics.example_grid import ExampleGrid
from gui.graphics.response_plot import Axes, ResponsePlot
from gui.theme import GRID, Theme

ROBUSTNESS = "robustness"
MOST = 2_000
EMPTY = (
    "Here will be how well it reads test images that are turned, moved, resized, thickened and made noisy. Press Measure; it "
    "takes some seconds."
)
MEASURING = "Measuring. Training may go on meanwhile: the network is measured as it is now."
POINT = (
    "Point at a curve, or walk along it with the arrow keys, to see a few images changed that much and what it reads."
)


class RobustnessBoard(QWidget):
    """``asked(Question)``, ``forgotten(key)`` as a panel has them. It keeps its last result while training goes on."""

    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.result: Robustness | None = None
        self.kept: Robustness | None = None
        self._snapshot: Snapshot | None = None
        self._reason = ""
        self._measuring = False
        self._pointed: tuple[str, int] | None = None
        self.measure_button = QPushButton("Measure")
        self.measure_button.setProperty("look", "primary")
        self.keep_button = QPushButton("Keep as comparison")
        self.keep_button.setToolTip(
            "Keeps these curves, dashed, to lay them under those of a later network. Try it before and after training with "
            "augmentation."
        )
        for button in (self.measure_button, self.keep_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.forget_button = IconButton(theme, "close", "Forget the comparison", "Takes the dashed curves away.")
        self.all_box = CheckBox("All images")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName("Progress of the measurement")
        self.heading = QLabel("Robustness")
        self.heading.setFont(fonts.body(fonts.SEMIBOLD))
        self.words = QLabel()
        self.words.setProperty("role", "caption")
        self.words.setFont(fonts.tabular(fonts.caption()))
        self.now_key, self.kept_key = CurveKey(theme), CurveKey(theme, dashed=True)
        self.plots = {s.key: ResponsePlot(theme, Axes(s.title, s.unit, sign=s.sign)) for s in STRESSES}
        for plot in self.plots.values():
            plot.setToolTip(
                f"Test accuracy against {plot.axes.title.lower()} of the test images. A network that learned from few such "
                "images falls steeply; the dot is the images as they are."
            )
        self.examples = ExampleGrid(theme, EMPTY)
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        top, keys = QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (top, (self.heading, self.words)),
            (keys, (self.now_key, self.kept_key, self.forget_button)),
        ):
            row.setSpacing(GRID)
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
        for widget in (self.all_box, self.keep_button, self.measure_button):
            top.addWidget(widget)
        keys.setSpacing(2 * GRID)
        grid = QGridLayout()
        grid.setSpacing(GRID)
        for place, widget in enumerate((*self.plots.values(), self.examples)):
            grid.addWidget(widget, place // 2, place % 2)
        for line in range(3):
            grid.setRowStretch(line, 1)
        for column in range(2):
            grid.setColumnStretch(column, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(top)
        box.addWidget(self.progress)
        box.addLayout(keys)
        box.addLayout(grid, 1)
        self.forget_button.setFixedSize(28, 28)
        for widget in (self.forget_button, self.progress):  # nothing moves when they come and go
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)

    def _connect(self) -> None:
        self.measure_button.clicked.connect(self._on_measure)
        self.keep_button.clicked.connect(self._on_keep)
        self.forget_button.clicked.connect(self._on_forget)
        for key, plot in self.plots.items():
            plot.pointed.connect(self._pointer_at(key))

    def _pointer_at(self, key: str) -> Callable[[object], None]:
        def pointed(at: object) -> None:
            if isinstance(at, int):  # what was seen last stays when the pointer leaves
                self._pointed = key, at
                self._show_examples()

        return pointed

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for widget in (*self.plots.values(), self.examples, self.forget_button, self.now_key, self.kept_key):
            widget.apply_theme(theme)

    # --- showing --------------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot, reason: str) -> None:
        """A newer moment; ``reason`` says why it can't be measured, "" where it can."""
        self._snapshot, self._reason = snapshot, reason
        side = snapshot.spec.image_side
        if self.result is not None and self.result.side != side:
            self.result, self._pointed = None, None
        if self.kept is not None and self.kept.side != side:
            self.kept = None
        self._show()

    def take_answer(self, answer: object) -> None:
        self._measuring = False
        if isinstance(answer, Robustness):
            self.result = answer
        self._show()
        self._show_examples()

    def take_progress(self, share: float, words: str) -> None:
        if self._measuring:
            self.progress.setValue(round(1000 * share))
            self.words.setText(f"{words}, {100 * share:.0f} %")

    def take_failure(self, sentence: str) -> None:
        self._measuring = False
        self._show()
        self.words.setText(sentence)

    def _show(self) -> None:
        snapshot, result = self._snapshot, self.result
        n = 0 if snapshot is None else len(snapshot.data.test)
        can = snapshot is not None and not self._reason and n > 0
        self.measure_button.setText("Cancel" if self._measuring else "Measure")
        self.measure_button.setEnabled(can or self._measuring)
        self.measure_button.setToolTip(
            "Stops measuring; the last curves stay." if self._measuring else
            "Reads the test images changed in five ways, each by more and more. Training may go on meanwhile."
        )  # fmt: skip
        self.all_box.setEnabled(n > MOST)
        self.all_box.setToolTip(
            f"Measures on all {n:,} test images instead of {min(n, MOST):,}, evenly spread. It takes longer and dances less."
        )
        self.keep_button.setEnabled(result is not None and result is not self.kept)
        self.forget_button.setVisible(self.kept is not None)
        self.progress.setVisible(self._measuring)
        if not self._measuring:
            self.progress.setValue(0)
            self.words.setText(self._reason if self._reason and result is None else self._advice())
        self.words.setToolTip(self.words.text())
        self.now_key.set_text("" if result is None else f"{self._name(result)}, {result.n:,} test images")
        self.kept_key.set_text("" if self.kept is None else f"kept: {self._name(self.kept)}")
        self.examples.set_hint(self._hint())
        self._show_curves()

    def _hint(self) -> str:
        if self.result is not None:
            return POINT
        return self._reason or (MEASURING if self._measuring else EMPTY)

    def _advice(self) -> str:
        """That it has learned on since."""
        snapshot, result = self._snapshot, self.result
        if result is None or snapshot is None or (result.run, result.epoch) == (snapshot.run, snapshot.epoch):
            return ""
        return f"now at epoch {snapshot.epoch:,}"

    def _name(self, one: Robustness) -> str:
        earlier = self._snapshot is not None and one.run != self._snapshot.run
        name = f"epoch {one.epoch:,}{' of another run' if earlier else ''}"
        return f"{name}, {'with' if one.augmented else 'without'} augmentation"

    def _show_curves(self) -> None:
        side = 28 if self._snapshot is None else self._snapshot.spec.image_side
        for stress in STRESSES:
            plot, amounts = self.plots[stress.key], stress.amounts(side)
            chance = None if self.result is None else 1 / self.result.n_classes
            plot.set_range(float(amounts[0]), float(amounts[-1]), stress.unchanged, chance)
            curve = None if self.result is None else self.result.curves[stress.key]
            plot.set_curve(*((amounts[:0], amounts[:0]) if curve is None else (curve.amounts, curve.accuracy)))
            kept = None if self.kept is None else self.kept.curves[stress.key]
            plot.set_kept(None if kept is None else (kept.amounts, kept.accuracy))

    def _show_examples(self) -> None:
        if self.result is None or self._pointed is None:
            self.examples.clear()
            return
        key, at = self._pointed
        curve = self.result.curves[key]
        axes = self.plots[key].axes
        heading = f"{axes.title} {axes.amount(float(curve.amounts[at]))}"
        self.examples.show_examples(heading, curve.examples[at], self.result.labels, curve.read[at])

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_measure(self) -> None:
        if self._measuring:
            self._measuring = False
            self.forgotten.emit(ROBUSTNESS)
        elif self._snapshot is not None:
            self._measuring = True
            self.asked.emit(_measuring(self._snapshot, None if self.all_box.isChecked() else MOST))
        self._show()
        if self._measuring:
            self.words.setText("Waiting its turn")

    @Slot()
    def _on_keep(self) -> None:
        self.kept = self.result
        self._show()

    @Slot()
    def _on_forget(self) -> None:
        self.kept = None
        self._show()


def _measuring(snapshot: Snapshot, most: int | None) -> Question:
    def work(tell: TELL, stop: STOP) -> Robustness | None:
        return robustness(
            snapshot.spec, snapshot.layout, snapshot.params, snapshot.data.test, most,
            run=snapshot.run, epoch=snapshot.epoch, tell=tell, stop=stop,
        )  # fmt: skip

    return Question(ROBUSTNESS, work, long=True)
