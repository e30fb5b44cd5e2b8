"""What lies together is alike to a layer: the test images as points, by principal components, t-SNE or UMAP."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.activity import layer_name
from engine.data import Data
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.controls.combos import ChoiceCombo
from gui.controls.segments import Segments
from gui.embedding import TITLES, offered
from gui.graphics import ticks
from gui.graphics.class_legend import ClassLegend
from gui.graphics.picture_card import PictureCard
from gui.graphics.point_map import PointMap
from gui.graphics.tiles import grey, grey_table, image_of
from gui.maps import EMBED_KEY, PCA, PCA_KEY, Map, map_question
from gui.panels.base import Panel
from gui.theme import GRID, Theme

_SIDE = 232
_NO_IMAGES = "Maps are made of networks that read images. Open an experiment with digits on the Digits page."
_MAKE, _CANCEL = "Make map", "Cancel"
_METHODS = {
    PCA: ("PCA", "The plane in which the points differ most. It is there at once, and moves while the network trains."),
    "tsne": ("t-SNE", "Keeps neighbours together. It takes up to half a minute; distances between groups mean little."),
    "umap": ("UMAP", "Keeps neighbours together, and more of the whole than t-SNE. It takes a while."),
}
_HINT = "The wheel zooms, dragging moves, a double-click fits. Page Down walks through the mistakes."


class MapView(Panel):
    """One map on screen; the last of each layer and method is kept as long as the run goes on."""

    title = "Map"
    frames_per_second = 5.0
    answers = (PCA_KEY, EMBED_KEY)
    asked = Signal(object)
    forgotten = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._spec: ExperimentSpec | None = None
        self._snapshot: Snapshot | None = None
        self._maps: dict[tuple[str, int], Map] = {}
        self.map: Map | None = None  # the one on screen
        self._data: Data | None = None  # whose test images it shows
        self._run = 0
        self._asked_of: NDArray | None = None  # the parameters of the newest principal components
        self._waits: dict[str, tuple[str, int]] = {}
        self._said = ""  # what became of the last question, or how far it is
        self._build(theme)

    def _build(self, theme: Theme) -> None:
        self.layers = ChoiceCombo(
            [("1", "Hidden 1", "")], "Layer", "Whose activations are mapped. The input is the images."
        )
        self.layers.setFixedWidth(152)
        self.methods = Segments("Method", [(key, *_METHODS[key]) for key in (PCA, *offered())])
        self.button = QPushButton(_MAKE)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setFixedWidth(self.button.fontMetrics().horizontalAdvance(_MAKE) + 28)
        self.button.setToolTip("Maps the layer as it is now. The map on screen stays until the new one is there.")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 100)
        self.progress.setFixedWidth(120)
        self.progress.setAccessibleName("How far the map is")
        self.progress.hide()
        self.state = QLabel()
        self.state.setFont(fonts.tabular(fonts.caption()))
        self.state.setProperty("role", "caption")
        self.state.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.plot = PointMap(theme)
        self.plot.setWhatsThis(
            "Each point is a test image; what lies together is alike to the layer. "
            + _HINT
            + " Keys: + and − zoom, the arrows "
            "move, 0 fits."
        )
        self.card = PictureCard(theme, self.plot)
        self.legend = ClassLegend(theme)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setFont(fonts.tabular(fonts.caption()))
        self.words.setProperty("role", "caption")
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setContentsMargins(GRID, 0, 0, 0)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        for text, control in (("Layer", self.layers), ("Method", self.methods)):
            label = QLabel(text)
            label.setBuddy(control)
            head.addWidget(label)
            head.addWidget(control)
            head.addSpacing(GRID)
        head.addWidget(self.button)
        head.addWidget(self.progress)
        head.addWidget(self.state, 1)
        side = QWidget()
        side.setFixedWidth(_SIDE)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.legend)
        column.addWidget(self.words, 1)
        body = QHBoxLayout()
        body.setSpacing(2 * GRID)
        body.addWidget(self.plot, 1)
        body.addWidget(side)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addLayout(head)
        box.addLayout(body, 1)
        self.layers.chosen.connect(self._on_chosen)
        self.methods.chosen.connect(self._on_chosen)
        self.button.clicked.connect(self._on_button)
        self.plot.hovered.connect(self._on_hovered)
        self.legend.lit.connect(self.plot.light)
        self._show_button()

    @property
    def layer(self) -> int:
        """The one that is mapped; 0 is the input."""
        return int(self.layers.key())

    @property
    def method(self) -> str:
        return self.methods.key()

    # --- what it is shown -----------------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self.card.theme = theme
        self.plot.apply_theme(theme)
        self.legend.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        """Offer the layers there are."""
        before, self._spec = self._spec, spec
        images = bool(spec.image_side)
        for control in (self.layers, self.methods, self.button, self.legend):
            control.setEnabled(images)
        if not images:
            self._forget_maps()
            self._clear(_NO_IMAGES)
        elif before is None or before.layer_sizes != spec.layer_sizes:
            last = len(spec.layer_sizes) - 1
            first = before is None or not before.image_side
            names = ["Input", *(f"Hidden {layer}" for layer in range(1, last)), "Output"]
            choices = [(str(i), f"{name} · {spec.layer_sizes[i]:,}", "") for i, name in enumerate(names)]
            at = max(last - 1, 0) if first else min(self.layer, last)
            self.layers.set_choices(choices)
            self.layers.set_key(str(at))
            self._forget_maps()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if self._spec is None or not self._spec.image_side or snapshot.layout.sizes != self._spec.layer_sizes:
            return
        if snapshot.run != self._run or self._data is None or snapshot.data.test is not self._data.test:
            self._forget_maps()
            self._run, self._data = snapshot.run, snapshot.data
        self._snapshot = snapshot
        if self.method == PCA:
            self._keep_up(snapshot)
        elif self.map is None and EMBED_KEY not in self._waits:
            self._say_how()
        self._tell_state()

    def _keep_up(self, snapshot: Snapshot) -> None:
        """Ask for the principal components of a moment that nobody has asked about; one question at a time."""
        if PCA_KEY not in self._waits and snapshot.params is not self._asked_of:
            self._ask_map()

    def _forget_maps(self) -> None:
        """Another run or other layers: nothing that is kept or on its way is about them."""
        self._maps.clear()
        self._data = self._asked_of = self._snapshot = None
        self._said = ""
        for key in list(self._waits):
            self._forget(key)
        self._clear("")

    def _clear(self, message: str) -> None:
        self.map = None
        self.legend.show_counts(())
        self.words.setText("")
        self.plot.show_message(message)

    # --- asking ---------------------------------------------------------------------------------------------------

    def _on_chosen(self, _key: str) -> None:
        kept = self._maps.get((self.method, self.layer))
        if EMBED_KEY not in self._waits:
            self._said = ""
        if kept is not None:
            self._show_map(kept)
        if self.method == PCA or kept is None:
            self._ask_map()
        self._tell_state()

    def _say_how(self) -> None:
        words = f"There is no {TITLES[self.method]} map of this run yet. {_MAKE} has one made; it takes up to half a minute."
        if not self.plot.message:  # not over the reason why there is none
            self._clear(words)

    def _ask_map(self) -> None:
        if self._snapshot is None:
            return
        question = map_question(
            self._snapshot, self.layer, self.method, self.map.points if self.map is not None else None
        )
        if self.method == PCA:
            self._asked_of = self._snapshot.params
        self._waits[question.key] = (self.method, self.layer)
        if question.key == EMBED_KEY:
            self._said = ""
        self.progress.setValue(0)
        self.asked.emit(question)
        self._tell_state()

    def _forget(self, key: str) -> None:
        self._waits.pop(key, None)
        self.forgotten.emit(key)
        self._show_button()

    def _on_button(self) -> None:
        if EMBED_KEY in self._waits:
            self._forget(EMBED_KEY)
            self._tell_state("Given up.")
            if self.map is None:
                self._say_how()
        else:
            self._ask_map()

    def take_answer(self, key: str, answer: object) -> None:
        self._waits.pop(key, None)
        if key == EMBED_KEY or self.method == PCA:
            self._said = ""
        if isinstance(answer, Map) and answer.run == self._run:
            self._maps[answer.method, answer.layer] = answer
            if (answer.method, answer.layer) == (self.method, self.layer):
                self._show_map(answer)
        self._tell_state()
        snapshot = self._snapshot
        if key == PCA_KEY and self.method == PCA and snapshot is not None and snapshot.state is not RunState.RUNNING:
            self._keep_up(snapshot)  # it was asked of a moment before the run stopped, and no other frame follows

    def take_progress(self, key: str, share: float, words: str) -> None:
        if key == EMBED_KEY and key in self._waits:
            self.progress.setValue(round(100 * share))
            self._tell_state(words)

    def take_failure(self, key: str, sentence: str) -> None:
        failed = self._waits.pop(key, None)
        if failed == (self.method, self.layer):
            if self.map is None or (self.map.method, self.map.layer) != failed:
                self._clear(sentence)
                sentence = ""
            self._tell_state(sentence)

    # --- showing --------------------------------------------------------------------------------------------------

    def _show_map(self, made: Map) -> None:
        before, self.map = self.map, made
        anew = before is None or (before.method, before.layer) != (made.method, made.layer)
        self._data = self._snapshot.data if self._snapshot is not None else self._data
        n_classes = self._data.spec.dataset.n_classes if self._data is not None else 10
        self.plot.show_points(made.points, made.labels, made.wrong, n_classes, anew)
        counts = np.bincount(made.labels, minlength=n_classes).tolist()
        wrong = np.bincount(made.labels[made.wrong], minlength=n_classes).tolist()
        self.legend.show_counts(tuple(zip(counts, wrong, strict=True)))
        self.words.setText(self._caption(made))
        self.plot.setAccessibleDescription(self.words.text())
        if self.plot.current >= 0:
            self._on_hovered(self.plot.current)

    def _caption(self, made: Map) -> str:
        n, wrong = len(made.rows), int(made.wrong.sum())
        of = f" of {len(self._data.test):,}" if self._data is not None and len(self._data.test) > n else ""
        marks = (
            "A ring marks a mistake."
            if self.plot.has_rings
            else "Mistakes wear a ring once they are fewer than one in five."
        )
        parts = [f"{n:,}{of} test images; {ticks.percent(1 - wrong / n)} of them are read right. {marks}"]
        if made.flat:
            parts.append("One neuron: its activation runs from left to right, and each digit has a line of its own.")
        elif made.method == PCA:
            first, second = (ticks.percent(share) for share in made.shares)
            parts.append(
                f"The two main directions hold {first} and {second} of all variance. It is turned to lie as the map before it."
            )
        else:
            parts.append("Near means alike. How far groups lie apart, and how large they are, means little.")
        return "\n\n".join([*parts, _HINT])

    def _tell_state(self, words: str = "") -> None:
        """Of which epoch the map is, and what is on its way. ``words`` stay until the next question or its answer."""
        self._said = words or self._said
        waits = self._waits.get(EMBED_KEY) if self.method != PCA else None
        said = []
        if self.map is not None and self._spec is not None:
            shown = self.map
            if (shown.method, shown.layer) != (self.method, self.layer):
                name = layer_name(shown.layer, len(self._spec.layer_sizes) - 1)
                said.append(f"Still {TITLES.get(shown.method, 'PCA')} of {name}, epoch {shown.epoch:,}.")
            elif self.method != PCA and self._snapshot is not None and self._snapshot.epoch != shown.epoch:
                said.append(f"Of epoch {shown.epoch:,}; the run is at {self._snapshot.epoch:,}.")
            else:
                said.append(f"Of epoch {shown.epoch:,}.")
        if self._said and (waits or EMBED_KEY not in self._waits):
            said.append(self._said[0].upper() + self._said[1:])
        elif waits:
            said.append("On its way …")
        self.state.setText("  ".join(said))
        self.state.setToolTip(self.state.text())
        self._show_button()

    def _show_button(self) -> None:
        embeds = self.method != PCA
        busy = embeds and EMBED_KEY in self._waits
        self.button.setVisible(embeds)
        self.button.setText(_CANCEL if busy else _MAKE)
        self.progress.setVisible(busy)

    def _on_hovered(self, i: int) -> None:
        made = self.map
        if made is None or self._data is None or not 0 <= i < len(made.rows):
            self.card.hide()
            return
        side, row = self._data.spec.dataset.image_side, int(made.rows[i])
        image = image_of(grey(self._data.test.x[row].reshape(side, side)), grey_table(self.theme))
        lines = (
            f"meant: {int(made.labels[i])}",
            f"read: {int(made.predicted[i])}, {ticks.percent(float(made.confidence[i]))}",
            "a mistake" if made.wrong[i] else "right",
        )
        self.card.show_card(image, f"Test image {row + 1:,}", lines, self.plot.rect_of(i).toRect())
