"""Ablation: neurons switched off, weights pruned, noise on the weights, and what that does to test accuracy at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from engine.ablation import MOST_NOISE, Damage, Effect, Subject, weakest
from engine.registry import Range
from engine.snapshot import RunState, Snapshot
from gui import fonts
from gui.analyses import STOP, TELL, Question
from gui.controls.buttons import CheckBox, IconButton
from gui.controls.neuron_toggles import NeuronToggles
from gui.controls.sliders import NumberSlider
from gui.graphics import ticks
from gui.graphics.class_changes import ClassChanges
from gui.graphics.response_plot import Axes, ResponsePlot
from gui.theme import EPOCH_PX, GRID, Theme

EFFECT, CURVES = "ablation", "ablation curves"
MOST = 2_000  # test images, evenly spread: an answer at every movement of a slider
OFF = Range(
    0.0, 1.0, "Weakest first", step=0.01, percent=True,
    help="Switches off this share of all hidden neurons, first those with the least mean activation × outgoing weights.",
)  # fmt: skip
PRUNED = Range(
    0.0, 1.0, "Smallest first", step=0.01, percent=True,
    help="Sets this share of all weights to zero, the smallest first. Most networks do not miss the first half.",
)  # fmt: skip
NOISE = Range(
    0.0, MOST_NOISE, "Noise", step=0.02,
    help="Adds noise to every weight: its standard deviation, in units of that of the layer's weights.",
)  # fmt: skip
Curves = dict[str, tuple[NDArray, NDArray]]


@dataclass(frozen=True)
class _Way:
    """One kind of damage: its curve and its slider."""

    plot: ResponsePlot
    slider: NumberSlider


class AblationBoard(QWidget):
    """``asked(Question)`` as a panel has it. Nothing here changes the run itself."""

    asked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.effect: Effect | None = None
        self.curves: Curves = {}
        self._subject: Subject | None = None
        self._snapshot: Snapshot | None = None
        self._reason = ""
        self._waiting = False
        self._curves_of: object = None
        self._curves_epoch: int | None = None
        self._seed = 0
        self.heading = QLabel("Ablation")
        self.heading.setFont(fonts.body(fonts.SEMIBOLD))
        self.words = QLabel()
        self.words.setProperty("role", "caption")
        self.words.setFont(fonts.tabular(fonts.caption()))
        self.reset_button = QPushButton("Whole again")
        self.reset_button.setToolTip("Switches everything on, prunes nothing and takes the noise away.")
        self.reset_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.number, self.difference = QLabel(), QLabel()
        self.number.setFont(fonts.figures(EPOCH_PX, fonts.SEMIBOLD))
        for label in (self.difference,):
            label.setFont(fonts.tabular(fonts.caption()))
            label.setProperty("role", "caption")
        self.changes = ClassChanges(theme)
        self.toggles = NeuronToggles(theme)
        self.toggles.setProperty("surface", "none")
        self.scroll = QScrollArea()
        self.scroll.setWidget(self.toggles)
        self.scroll.setWidgetResizable(True)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setMinimumHeight(52)
        self.ways = {
            key: _Way(ResponsePlot(theme, Axes(title, unit, percent=percent)), NumberSlider(limits, 0.0))
            for key, title, unit, limits, percent in (
                ("off", "Neurons off", "of hidden neurons", OFF, True),
                ("pruned", "Weights pruned", "of all weights", PRUNED, True),
                ("noise", "Noise on weights", "× the spread", NOISE, False),
            )
        }
        for way in self.ways.values():
            way.plot.set_range(0.0, way.slider.limits.high)
            way.plot.setToolTip(
                "Test accuracy over the slider's range, with nothing else damaged. The diamond is the network as it is "
                "damaged now."
            )
        self.count = QLabel()
        self.count.setProperty("role", "caption")
        self.count.setFont(fonts.tabular(fonts.caption()))
        self.layer_box = CheckBox("In each layer")
        self.layer_box.setToolTip(
            "Prunes the same share of every layer; else the smallest of all weights, which spares the small layers."
        )
        self.dice = IconButton(theme, "dice", "Draw other noise", "Of the same size: how much of the effect is chance?")
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.heading)
        top.addWidget(self.words)
        top.addStretch(1)
        top.addWidget(self.reset_button)
        caption = QLabel("Test accuracy")
        caption.setFont(fonts.caption())
        caption.setProperty("role", "caption")
        numbers = QVBoxLayout()
        numbers.setSpacing(0)
        for label in (caption, self.number, self.difference):
            numbers.addWidget(label)
        numbers.addStretch(1)
        self.difference.setFixedWidth(148)
        effect = QHBoxLayout()
        effect.setSpacing(GRID)
        effect.addLayout(numbers)
        effect.addWidget(self.changes, 1)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        for way, foot in zip(self.ways.values(), (self.count, self.layer_box, self.dice), strict=True):
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(way.plot, 1)
            column.addWidget(way.slider)
            row = QHBoxLayout()
            row.addWidget(foot)
            row.addStretch(1)
            column.addLayout(row)
            foot.setFixedHeight(28)
            columns.addLayout(column, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addLayout(top)
        box.addLayout(effect, 2)
        box.addWidget(self.scroll, 2)
        box.addLayout(columns, 4)

    def _connect(self) -> None:
        self.reset_button.clicked.connect(self._on_reset)
        self.toggles.changed.connect(self._on_changed)
        self.toggles.walked.connect(self._on_walked)
        self.ways["off"].slider.changed.connect(self._on_weakest)
        for key in ("pruned", "noise"):
            self.ways[key].slider.changed.connect(self._on_changed)
        self.layer_box.committed.connect(self._on_other_way)
        self.dice.clicked.connect(self._on_dice)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for widget in (self.changes, self.toggles, self.dice, *(way.plot for way in self.ways.values())):
            widget.apply_theme(theme)
        self._show()

    # --- showing --------------------------------------------------------------------------------------------------

    @property
    def damage(self) -> Damage:
        """What is switched off, pruned and added now."""
        return Damage(
            tuple(mask.copy() for mask in self.toggles.off), self.ways["pruned"].slider.value(), self.layer_box.isChecked(),
            self.ways["noise"].slider.value(), self._seed,
        )  # fmt: skip

    def show_snapshot(self, snapshot: Snapshot, reason: str) -> None:
        """A newer moment; ``reason`` says why it can't be examined, "" where it can."""
        self._snapshot, self._reason = snapshot, reason
        self.toggles.set_layers(snapshot.layout.sizes[1:-1])
        if reason:
            self._subject, self.effect, self.curves, self._curves_of = None, None, {}, None
            self._show()
            return
        running = snapshot.state is RunState.RUNNING
        if not _same(self._subject, snapshot) and not (running and self._waiting):
            self._subject = Subject(snapshot.spec, snapshot.layout, snapshot.params, snapshot.data.test, MOST)
            self._ask()
        if not running:
            self._ask_curves()
        self._show()

    def take_answer(self, key: str, answer: object) -> None:
        if key == EFFECT:
            self._waiting = False
            if isinstance(answer, Effect) and not self._reason:
                self.effect = answer
                self.toggles.show_importance(answer.importance)
        elif isinstance(answer, tuple) and not self._reason:
            self.curves, self._curves_epoch = answer
        self._show()

    def take_failure(self, key: str, sentence: str) -> None:
        self._waiting = self._waiting and key != EFFECT
        self.words.setText(sentence)

    def _ask(self) -> None:
        subject, damage = self._subject, self.damage
        if subject is not None:
            self._waiting = True
            self.asked.emit(Question(EFFECT, lambda tell, stop: subject.effect(damage)))

    def _ask_curves(self) -> None:
        subject, damage, snapshot = self._subject, self.damage, self._snapshot
        of = (id(subject), damage.per_layer, damage.seed)
        if subject is None or snapshot is None or of == self._curves_of:
            return
        self._curves_of, epoch = of, snapshot.epoch

        def work(tell: TELL, stop: STOP) -> object:
            curves = subject.curves(damage, tell, stop)
            return None if curves is None else (curves, epoch)

        self.asked.emit(Question(CURVES, work, long=True))

    def _show(self) -> None:
        snapshot, effect = self._snapshot, self.effect
        self.setEnabled(not self._reason)
        said = "Nothing of this changes the run itself."
        if self._reason:
            said = self._reason
        elif snapshot is not None and self.curves and self._curves_epoch != snapshot.epoch:
            said += f" Curves of epoch {self._curves_epoch:,}."
        elif effect is not None:
            said += f" Measured on {effect.n:,} test images."
        self.words.setText(said)
        self.words.setToolTip(said)
        damaged = bool(self.damage)
        self.reset_button.setEnabled(damaged)
        self.number.setText(ticks.percent(effect.now) if effect is not None else "–")
        self.difference.setText("" if effect is None else _difference(effect) if damaged else "the whole network")
        self.changes.show_changes(np.zeros(0) if effect is None else effect.class_now - effect.class_whole)
        n, off = self.toggles.n_neurons, self.toggles.n_off
        self.count.setText(f"{off:,} of {n:,} off" if n else "no hidden neurons")
        self.ways["off"].slider.setEnabled(bool(n) and effect is not None)
        marks = {"off": off / n if n else 0.0, "pruned": self.ways["pruned"].slider.value(),
                 "noise": self.ways["noise"].slider.value()}  # fmt: skip
        chance = None if snapshot is None or self._reason else 1 / max(snapshot.spec.data.dataset.n_classes, 1)
        for key, way in self.ways.items():
            way.plot.set_range(0.0, way.slider.limits.high, None, chance)
            way.plot.set_curve(*self.curves.get(key, (np.zeros(0), np.zeros(0))))
            touched = bool(marks[key]) or not damaged
            way.plot.set_mark((marks[key], effect.now) if effect is not None and touched else None)

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot()
    def _on_changed(self) -> None:
        self._ask()
        self._show()

    @Slot(object)
    def _on_walked(self, rect: QRectF) -> None:
        self.scroll.ensureVisible(round(rect.center().x()), round(rect.center().y()), 0, 30)

    @Slot(object, bool)
    def _on_weakest(self, share: float, dragging: bool) -> None:
        if self.effect is not None and len(self.effect.importance) == len(self.toggles.off):
            self.toggles.set_off(weakest(self.effect.importance, share))
            self._on_changed()

    @Slot()
    def _on_other_way(self) -> None:
        """Other weights go first, or other noise is drawn: the curves are others too."""
        self._on_changed()
        if self._snapshot is not None and self._snapshot.state is not RunState.RUNNING:
            self._ask_curves()

    @Slot()
    def _on_dice(self) -> None:
        self._seed += 1
        self._on_other_way()

    @Slot()
    def _on_reset(self) -> None:
        self.toggles.set_off([np.zeros(len(mask), bool) for mask in self.toggles.off])
        for way in self.ways.values():
            way.slider.set_value(0.0)
        self._on_changed()


def _difference(effect: Effect) -> str:
    points = 100 * (effect.now - effect.whole)
    signed = ("+" if points > 0 else "") + ticks.number(points, 1)
    return f"whole {ticks.percent(effect.whole)}, {signed} points"


def _same(subject: Subject | None, snapshot: Snapshot) -> bool:
    """Whether nothing of the network changed: a snapshot may also come for another learning rate."""
    return (
        subject is not None
        and subject.part is snapshot.data.test
        and subject.spec.network == snapshot.spec.network
        and np.array_equal(subject.params, snapshot.params)
    )
