"""What neurons look for: the first layer's weights as images, live, and the input that one neuron likes most."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from engine.favourite import Favourite
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.analyses import Question
from gui.controls.buttons import CheckBox
from gui.controls.combos import ChoiceCombo
from gui.controls.segments import Segments
from gui.graphics import ticks
from gui.graphics.color_key import ColorKey
from gui.graphics.favourite_card import FavouriteCard
from gui.graphics.graph_words import neuron_name
from gui.graphics.picture_card import PictureCard
from gui.graphics.scale import reference, steady_scale
from gui.graphics.tiles import ScrollingTiles, Tiles, image_of, profiles, ramp, signed, signed_table
from gui.neurons import ACTIVITY, FAVOURITE, Activity, activity_question, favourite_question
from gui.panels.base import Panel
from gui.theme import GRID, Theme

_LEAST_SCALE = 0.01
_EVERY_SECONDS = 0.3
_NO_IMAGES = "Neurons are shown of networks that read images. Open an experiment with digits on the Digits page."
_WEIGHTS = "Weights of each neuron, as images: blue where ink speaks for it, orange where ink speaks against it."
_PROFILES = "Each neuron's mean {} for the digits 0 to 9, as ten bars; a bar of full height is {}."
_SORTS = [
    ("number", "Number", "In the order that the network has them."),
    (
        "length",
        "Weights",
        "Longest vector of incoming weights first. While it trains the order stays, so that nothing jumps.",
    ),
    ("activity", "Activity", "Largest mean activation first. While it trains the order stays, so that nothing jumps."),
]


class NeuronsView(Panel):
    """One layer's neurons in a grid, and the chosen one beside it."""

    title = "Neurons"
    frames_per_second = 10.0
    answers = (FAVOURITE, ACTIVITY)
    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self._snapshot: Snapshot | None = None
        self.layer, self.neuron = 1, 0
        self.order: NDArray = np.zeros(0, np.int64)
        self._activity: Activity | None = None
        self._favourite: Favourite | None = None
        self._worked_out: NDArray | None = None  # the parameters that the favourite is, or is being, worked out for
        self._active_of: NDArray | None = None  # the same for the activity
        self._asked_at = 0.0
        self._waits: set[str] = set()
        self._scale: float | None = None
        self._hovered = -1
        self._table = signed_table(theme)
        self._build(theme)

    def _build(self, theme: Theme) -> None:
        self.layers = ChoiceCombo([("1", "Hidden 1", "")], "Layer", "Whose neurons are shown.")
        self.layers.setFixedWidth(152)
        self.sorting = Segments("Order", _SORTS)
        self.common = CheckBox("One scale")
        self.common.setChecked(True)
        self.common.setToolTip(
            "All neurons in the same colours, so that they compare. Off: each by its own largest weight."
        )
        self.common.setWhatsThis(self.common.toolTip())
        self.key = ColorKey(theme)
        self.words = QLabel()
        self.words.setFont(fonts.caption())
        self.words.setProperty("role", "caption")
        self.tiles = Tiles(theme, "Neurons of the layer", choosing=True, least=48, largest=240)
        self.tiles.setWhatsThis(
            "The neurons of one layer. Click one to see the input it likes most; the arrow keys walk from one to the next."
        )
        self.scrolling = ScrollingTiles(self.tiles)
        self.card = FavouriteCard(theme)
        self.hover_card = PictureCard(theme, self)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        for text, control in (("Layer", self.layers), ("Sort by", self.sorting)):
            label = QLabel(text)
            label.setBuddy(control)
            head.addWidget(label)
            head.addWidget(control)
            head.addSpacing(GRID)
        head.addWidget(self.common)
        head.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(self.words, 1)
        foot.addWidget(self.key)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addLayout(head)
        left.addWidget(self.scrolling, 1)
        left.addLayout(foot)
        side = QScrollArea()
        side.setFrameShape(QScrollArea.Shape.NoFrame)
        side.setWidgetResizable(True)
        side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        side.setFixedWidth(self.card.width() + 12)
        self.card.setProperty("surface", "none")
        side.setWidget(self.card)
        self._content = QWidget()
        row = QHBoxLayout(self._content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * GRID)
        row.addLayout(left, 1)
        row.addWidget(side)
        self.empty = QLabel(_NO_IMAGES)
        self.empty.setProperty("role", "caption")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._content)
        self._stack.addWidget(self.empty)
        self.layers.chosen.connect(self._on_layer)
        self.sorting.chosen.connect(self._on_sort)
        self.common.committed.connect(self._on_scale)
        self.tiles.picked.connect(self._on_picked)
        self.tiles.hovered.connect(self._on_hovered)
        self.card.wanted.connect(self._ask_favourite)
        self.card.cancelled.connect(self._on_cancelled)
        self.scrolling.verticalScrollBar().valueChanged.connect(self.hover_card.hide)

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._table = signed_table(theme)
        self.tiles.theme = self.hover_card.theme = theme
        self.key.apply_theme(theme)
        self.card.apply_theme(theme)
        self._paint_tiles()

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Offer the layers there are; the chosen neuron stays where there is one like it."""
        images = bool(spec.image_side)
        self._stack.setCurrentWidget(self._content if images else self.empty)
        before, self._spec = self._spec, spec
        if not images:
            self._snapshot = None
            return
        if before is None or before.layer_sizes != spec.layer_sizes or before.image_side != spec.image_side:
            sizes = spec.layer_sizes
            last = len(sizes) - 1
            names = [f"Hidden {layer}" for layer in range(1, last)] + ["Output"]
            choices = [(str(i), f"{name} · {sizes[i]:,}", "") for i, name in enumerate(names, 1)]
            self.layers.set_choices(choices)
            self._snapshot = None
            self._open_layer(min(self.layer, last), self.neuron)

    def _open_layer(self, layer: int, neuron: int = 0) -> None:
        assert self._spec is not None
        self.layer, self._scale, self._activity, self._active_of = layer, None, None, None
        self._waits.discard(ACTIVITY)  # what is on its way is of another layer
        self._asked_at = 0.0
        self.layers.set_key(str(layer))
        self.order = np.arange(self._spec.layer_sizes[layer])
        self.neuron = min(neuron, len(self.order) - 1)
        self.words.setText(_WEIGHTS if layer == 1 else "")
        self.common.setVisible(layer == 1)
        self.key.setVisible(layer == 1)
        self._forget_favourite()
        self._sort()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if self._spec is None or not self._spec.image_side or snapshot.layout.sizes != self._spec.layer_sizes:
            return
        if self._snapshot is not None and snapshot.run != self._snapshot.run:
            self._activity = None
        self._snapshot = snapshot
        running = snapshot.state is RunState.RUNNING
        if not running:
            self._sort()
        self._paint_tiles()
        self._keep_up(snapshot)
        if (not running or self._worked_out is None) and snapshot.params is not self._worked_out:
            self._ask_favourite()
        elif FAVOURITE not in self._waits:
            self._tell_state()

    def _keep_up(self, snapshot: Snapshot) -> None:
        """Ask for the activity of a moment that nobody has asked about, seldom while it trains; one question at a time."""
        due = snapshot.state is not RunState.RUNNING or time.monotonic() - self._asked_at > _EVERY_SECONDS
        if due and ACTIVITY not in self._waits and snapshot.params is not self._active_of:
            self._asked_at, self._active_of = time.monotonic(), snapshot.params
            self._ask(activity_question(snapshot, self.layer))

    def _tell_state(self) -> None:
        if self._favourite is not None and self._snapshot is not None:
            words = self._of_epoch()
            if (self._snapshot.run, self._snapshot.epoch) != (self._favourite.run, self._favourite.epoch):
                words += " Training has gone on since."
            self.card.show_state(words)

    def _of_epoch(self) -> str:
        return f"Of epoch {self._favourite.epoch:,}." if self._favourite is not None else ""

    # --- the grid -------------------------------------------------------------------------------------------------

    def _weights(self) -> NDArray:
        assert self._snapshot is not None
        return self._snapshot.weights(self.layer - 1)

    def _norms(self) -> NDArray:
        with np.errstate(all="ignore"):
            norms: NDArray = np.sqrt((self._weights().astype(np.float64) ** 2).sum(axis=0))
        return norms

    def _sort(self) -> None:
        """Bring the neurons into the chosen order, as far as what it goes by is known."""
        key = self.sorting.key()
        values = None
        if key == "length" and self._snapshot is not None:
            values = self._norms()
        elif key == "activity" and self._activity is not None:
            values = self._activity.overall
        n = len(self.order)
        self.order = np.arange(n) if values is None else np.argsort(-np.nan_to_num(values), kind="stable")
        self.tiles.choose(int(np.flatnonzero(self.order == self.neuron)[0]))

    def _paint_tiles(self) -> None:
        if self._snapshot is None or self._spec is None:
            return
        if self.layer == 1:
            pictures = self._templates(self._spec.image_side)
        elif self._activity is not None:
            means = self._activity.means[:, self.order]
            finite = means[np.isfinite(means)]
            peak = float(np.abs(finite).max(initial=0.0)) or 1.0
            pictures = profiles(means / peak)
            self.words.setText(_PROFILES.format(self._what(), f"{peak:.3g}"))
        else:
            pictures = profiles(np.zeros((self._spec.data.dataset.n_classes, len(self.order))))
        last = self.layer == len(self._spec.layer_sizes) - 1
        names = [str(i) if last else str(i + 1) for i in self.order.tolist()]
        self.tiles.show_tiles(pictures, names, self._table)
        self._show_hovered()

    def _templates(self, side: int) -> NDArray:
        weights = self._weights()
        if self.common.isChecked():
            self._scale = peak = steady_scale(self._scale, reference(weights.ravel()), _LEAST_SCALE)
            scaled = weights * np.float32(1.0 / peak)
            self._set_key(peak)
        else:
            finite = np.where(np.isfinite(weights), np.abs(weights), 0.0)
            scaled = weights / np.maximum(finite.max(axis=0), 1e-12)
            self._set_key(None)
        # The pixels first, while the rows lie together; then as one picture for each neuron.
        pictures: NDArray = np.ascontiguousarray(signed(scaled)[:, self.order].T).reshape(-1, side, side)
        return pictures

    def _set_key(self, peak: float | None) -> None:
        text = "its largest" if peak is None else f"{peak:.3g}"
        stops = tuple(ramp(i / 4) for i in range(-4, 5))
        self.key.set_bar(f"{ticks.MINUS}{text}" if peak is not None else ticks.MINUS, text, stops)

    def _on_layer(self, key: str) -> None:
        self._open_layer(int(key))
        self.scrolling.verticalScrollBar().setValue(0)
        self._refresh()

    def _on_sort(self, _key: str) -> None:
        self._sort()
        self.scrolling.verticalScrollBar().setValue(0)
        self._paint_tiles()

    def _on_scale(self, _common: object) -> None:
        self._paint_tiles()

    def _on_picked(self, place: int) -> None:
        self.neuron = int(self.order[place])
        self._forget_favourite()
        self._refresh()

    def _refresh(self) -> None:
        if self._snapshot is not None:
            self.show_snapshot(self._snapshot)

    # --- what the pointer is on -----------------------------------------------------------------------------------

    def _on_hovered(self, place: int) -> None:
        self._hovered = place
        if place < 0:
            self.hover_card.hide()
        self._show_hovered()

    def _show_hovered(self) -> None:
        if not 0 <= self._hovered < len(self.order) or self._snapshot is None or self._spec is None:
            return
        neuron = int(self.order[self._hovered])
        name = neuron_name(self._spec, self.layer, neuron)
        bias = float(self._snapshot.biases(self.layer - 1)[neuron])
        lines = [f"weights {ticks.short(float(self._norms()[neuron]))} long, bias {ticks.short(bias)}"]
        if self._activity is not None:
            means = self._activity.means[:, neuron]
            lines.append(f"mean {self._what()} {ticks.short(float(self._activity.overall[neuron]))}")
            best = np.argsort(-np.nan_to_num(means, nan=-np.inf), kind="stable")[:3].tolist()
            if float(np.nan_to_num(np.abs(means)).max()) > 0:
                lines.append("most active for")
                lines += [f"   {label}   {ticks.short(float(means[label]))}" for label in best]
            else:
                lines.append("silent for every digit")
        corner = self.tiles.mapTo(self, self.tiles.rect_of(self._hovered).topLeft().toPoint())
        about = QRect(corner, self.tiles.rect_of(self._hovered).size().toSize())
        image = image_of(self.tiles.tile(self._hovered), self._table)
        self.hover_card.show_card(image, name[0].upper() + name[1:], tuple(lines), about)

    def _what(self) -> str:
        assert self._spec is not None
        return "logit" if self.layer == len(self._spec.layer_sizes) - 1 else "activation"

    # --- questions ------------------------------------------------------------------------------------------------

    def _ask(self, question: Question) -> None:
        self._waits.add(question.key)
        self.asked.emit(question)

    def _ask_favourite(self) -> None:
        if self._snapshot is None:
            return
        self._worked_out = self._snapshot.params
        self.card.show_state(f"{self._of_epoch()} Working it out …".lstrip(), 0.0)
        self._ask(favourite_question(self._snapshot, self.layer, self.neuron))

    def _forget_favourite(self) -> None:
        """Another neuron: what is shown goes, and what is on its way is not for this one."""
        self._favourite = self._worked_out = None
        self._waits.discard(FAVOURITE)
        self.forgotten.emit(FAVOURITE)
        if self._spec is not None:
            self.card.show_neuron(self._spec, self.layer, self.neuron)
            self.card.show_state("")
            self.tiles.setAccessibleDescription(self.card.name.text())

    def _on_cancelled(self) -> None:
        self._waits.discard(FAVOURITE)
        self.forgotten.emit(FAVOURITE)
        self.card.show_state(f"{self._of_epoch()} Given up.".lstrip())

    def take_answer(self, key: str, answer: object) -> None:
        self._waits.discard(key)
        snapshot = self._snapshot
        if isinstance(answer, Activity) and answer.layer == self.layer and answer.means.shape[1] == len(self.order):
            first = self._activity is None
            self._activity = answer
            if first or (snapshot is not None and snapshot.state is not RunState.RUNNING):
                self._sort()
            self._paint_tiles()
            if snapshot is not None and snapshot.state is not RunState.RUNNING:
                self._keep_up(snapshot)  # it was asked of a moment before the run stopped, and no other frame follows
        elif isinstance(answer, Favourite) and (answer.layer, answer.neuron) == (self.layer, self.neuron):
            self._favourite = answer
            if snapshot is not None:
                self.card.show_favourite(answer, snapshot.data.train.x[answer.rows])
                self._tell_state()

    def take_progress(self, key: str, share: float, words: str) -> None:
        if key == FAVOURITE and key in self._waits:
            self.card.show_state(f"{self._of_epoch()} {words.capitalize()} …".lstrip(), share)

    def take_failure(self, key: str, sentence: str) -> None:
        self._waits.discard(key)
        if key == FAVOURITE:
            self._favourite = None
            self.card.show_favourite(None)
            self.card.show_state(sentence)
