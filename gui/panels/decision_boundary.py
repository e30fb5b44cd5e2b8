"""The output: what the network answers over the plane, with the samples on it; or one neuron's map in large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.data import Part
from engine.features import FEATURES
from engine.snapshot import Maps, RunState, Snapshot
from engine.spec import ExperimentSpec
from gui import fonts
from gui.graphics import boundary_words as words
from gui.graphics import fields, ticks
from gui.graphics.boundary_picture import SIDE, VALUE_STRENGTH, BoundaryPicture, Field
from gui.graphics.color_key import ColorKey, LegendSwitch
from gui.graphics.sample_choice import Choice
from gui.panels.base import Panel
from gui.theme import CAPTION_PX, CONTROL_HEIGHT, GRID, PANEL_PADDING, Theme

STRENGTH = 0.6  # the background stays paler than the samples on it
NEURON_STRENGTH = 0.85
LINE = 20
_STRENGTHS = {"output": STRENGTH, "classes": STRENGTH, "values": VALUE_STRENGTH, "neuron": NEURON_STRENGTH}


@dataclass(frozen=True)
class _View:
    """What is looked at: the values as the network gives them, and how they become colours."""

    values: NDArray  # (k, side, side), as computed
    domain: tuple[float, float]
    title: str
    low: float = 0.0
    high: float = 1.0
    scale: float = 1.0
    is_output: bool = True
    is_number: bool = False  # the output is no share of a class: 0..1 stands for -1..1

    @property
    def kind(self) -> str:
        """Which words fit it: neuron, values, classes or output."""
        if not self.is_output:
            return "neuron"
        return "values" if self.is_number else "classes" if len(self.values) > 1 else "output"


class DecisionBoundary(Panel):
    """The last layer's answer over the plane at every moment.

    ``titleChanged(str)``: "Output", or the neuron that :meth:`show_neuron` put there instead. ``sampleChosen(Choice | None)``:
    a click on a sample, or beside all of them.
    """

    title = "Output"
    wants_maps = True
    frames_per_second = 10.0
    titleChanged = Signal(str)
    sampleChosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._snapshot: Snapshot | None = None
        self._maps: Maps | None = None
        self._maps_of: tuple[int, ExperimentSpec | None] = (-1, None)
        self._neuron = (-1, -1)
        self._view: _View | None = None
        self._values: NDArray | None = None  # of the view, brought to 0..1
        self._off: tuple[float, float] | None = None
        self._pointer: tuple[float, float] | None = None
        self._title = self.title
        self._explained = ""

        self.picture = BoundaryPicture(theme, self)
        self.picture.hovered.connect(self._on_hovered)
        self.picture.clicked.connect(self._on_clicked)
        self._choice: Choice | None = None
        self.readout = QLabel(self)
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setFont(fonts.figures(CAPTION_PX))
        self.readout.setFixedHeight(LINE)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.readout.setAccessibleName("The network's answer under the pointer")
        self.picture.setToolTip("What the network answers at every point. Click a sample to take its numbers apart.")
        self.key = ColorKey(theme, self)
        self.train_switch = LegendSwitch("Train", False, theme, self)
        self.test_switch = LegendSwitch("Test", True, theme, self)
        self.discretize_box = QCheckBox("Discretize", self)
        self.discretize_box.setMinimumHeight(CONTROL_HEIGHT)
        for button, name in ((self.train_switch, "Train points"), (self.test_switch, "Test points"),
                             (self.discretize_box, "Discretize")):  # fmt: skip
            button.setAccessibleName(name)
            button.setObjectName(name.lower().replace(" ", "_"))
            button.toggled.connect(self._on_option)

        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.readout, 1)
        line.addWidget(self.key)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.train_switch)
        row.addWidget(self.test_switch)
        row.addStretch(1)
        row.addWidget(self.discretize_box)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(PANEL_PADDING, GRID // 2, PANEL_PADDING, GRID)
        layout.setSpacing(2)
        layout.addWidget(self.picture, 1)
        layout.addSpacing(2)
        layout.addLayout(line)
        layout.addLayout(row)
        self.apply_theme(theme)
        self._regression: bool | None = None
        self._speak_of(numbers=False)
        self.picture.set_words(message=words.NOTHING_YET)
        self._show_controls(False)

    def minimumSizeHint(self) -> QSize:
        # On a small screen the square gives way a little: better small than cut off.
        return self.sizeHint() - QSize(0, SIDE // 4)

    def sizeHint(self) -> QSize:
        margins = self.layout().contentsMargins()
        height = SIDE + LINE + CONTROL_HEIGHT + 6 + margins.top() + margins.bottom()
        return QSize(SIDE + margins.left() + margins.right(), height)

    # --- what the window shows it ---------------------------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for part in (self.picture, self.key, self.train_switch, self.test_switch):
            part.apply_theme(theme)

    def show_spec(self, spec: ExperimentSpec) -> None:
        self._speak_of(spec.data.dataset.regression)

    def _speak_of(self, numbers: bool) -> None:
        """The words of the controls: of numbers, or of classes."""
        if numbers == self._regression:
            return
        self._regression = numbers
        text, tip = words.DISCRETIZE[numbers]
        self.discretize_box.setText(text)
        self.discretize_box.setAccessibleName(text)
        self.discretize_box.setToolTip(tip)
        self.key.setToolTip(words.KEY_TIP[numbers])
        what = words.FAR_OFF if numbers else words.RINGED
        self.train_switch.setToolTip(f"Show or hide the points that training sees (filled). {what}")
        self.test_switch.setToolTip(f"Show or hide the points that only test the network (hollow). {what}")
        ending = "how far the samples are off" if numbers else "how many samples are wrong"
        self.readout.setToolTip(f"The answer at the pointer; at a pause without one, {ending}.")
        self.readout.setWhatsThis(words.ABOUT_VALUES_READOUT if numbers else words.ABOUT_READOUT)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if not snapshot.spec.data.dataset.planar:
            self._maps = self._view = None
            self.picture.set_field(None)
            self.picture.set_data(None)
            self.picture.set_words(message=words.NOT_PLANAR)
            self._show_controls(False)
            self._set_title(self.title)
            return
        shape = (snapshot.run, snapshot.spec)
        moving = snapshot.state is RunState.RUNNING
        if moving and snapshot.maps is None and self._view is not None and shape == self._maps_of:
            return  # between two maps there is nothing new to paint
        if snapshot.maps is not None:
            self._maps = snapshot.maps
        elif shape != self._maps_of:
            self._maps = None  # the maps at hand are of another network
        self._maps_of = shape
        self.picture.set_data(snapshot.data)
        self._mark(snapshot)
        index = snapshot.sample_index
        self.picture.set_sample(None if index is None else tuple(snapshot.data.train.raw[index].tolist()))
        self._refresh()

    def show_sample(self, choice: Choice | None) -> None:
        """Mark the sample that is taken apart."""
        self._choice = choice
        if self._snapshot is not None:
            self._mark(self._snapshot)

    def _mark(self, snapshot: Snapshot) -> None:
        choice = self._choice
        if choice is None or choice.part not in ("train", "test"):
            self.picture.set_chosen(None)
            return
        part = snapshot.data.train if choice.part == "train" else snapshot.data.test
        point = part.raw[choice.row].tolist() if 0 <= choice.row < len(part) else None
        self.picture.set_chosen(None if point is None else (point[0], point[1]))

    def show_neuron(self, layer: int, index: int) -> None:
        """Show the map of neuron ``index`` of ``layer`` (0: the inputs) in large; (-1, -1): the output again."""
        if (layer, index) != self._neuron:
            self._neuron = (layer, index)
            self._refresh()

    # --- drawing --------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        snapshot, maps = self._snapshot, self._maps
        if snapshot is None or maps is None:
            self._view = None
            self.picture.set_field(None)
            if snapshot is None or snapshot.spec.data.dataset.planar:
                self.picture.set_words(message=words.NOTHING_YET)
            self._show_controls(False)
            return
        self._view = view = self._look(snapshot, maps)
        values = view.values
        if not view.is_output:
            # brought to 0..1 with zero in the middle, as the signed colours want it
            values = values * np.float32(0.5 / view.scale) + np.float32(0.5)
        self.picture.set_words(caption="" if view.is_output else view.title)
        self._values = values
        self._paint_field()
        self.picture.set_wrong(self._find_wrong(snapshot, view))
        self._off = self._find_off(snapshot, view)
        self._set_title(view.title)
        self._show_options(view)
        self._show_key(view)
        self._show_readout()
        self._show_controls(True)
        self._explain(view)

    def _paint_field(self) -> None:
        view = self._view
        if view is not None and self._values is not None:
            step = words.STEP if view.is_number and self.discretize_box.isChecked() else 0.0
            self.picture.set_field(Field(self._values, view.domain, _STRENGTHS[view.kind], step))

    def _look(self, snapshot: Snapshot, maps: Maps) -> _View:
        layer, index = self._neuron
        last = len(maps.layers) - 1
        exists = 0 <= layer <= last and 0 <= index < len(maps.layers[layer])
        if not exists or (layer == last and len(maps.layers[last]) == 1):
            numbers = snapshot.spec.data.dataset.regression
            return _View(maps.layers[last], maps.domain, self.title, is_number=numbers)
        values = maps.layers[layer][index : index + 1]
        if layer == 0:
            label = FEATURES[snapshot.spec.data.features[index]][0]
            low, high = -np.inf, np.inf
            title = f"Input {label}"
        elif layer == last:
            title, (low, high) = f"Output, class {index}", (0.0, 1.0)
        else:
            title, (low, high) = f"Hidden {layer}, neuron {index + 1}", snapshot.activation_range(layer)
        if not np.isfinite([low, high]).all():
            finite = values[np.isfinite(values)]
            most = float(np.abs(finite).max()) if len(finite) else 1.0
            low, high = max(low, -most), min(high, most)
        scale = max(abs(low), abs(high)) or 1.0
        return _View(values, maps.domain, title, low, high, scale, False)

    def _find_wrong(self, snapshot: Snapshot, view: _View) -> tuple[NDArray, NDArray] | None:
        """Only at a pause: while it trains, rings that come and go would be all one sees."""
        if snapshot.state is RunState.RUNNING or not view.is_output or view.is_number:
            return None
        if snapshot.maps is None:  # nothing new to judge by
            return self.picture.wrong
        data, metrics = snapshot.data, snapshot.metrics
        return (
            fields.wrong_points(view.values, view.domain, data.train.raw, data.train.labels, metrics.train_accuracy),
            fields.wrong_points(view.values, view.domain, data.test.raw, data.test.labels, metrics.test_accuracy),
        )

    def _find_off(self, snapshot: Snapshot, view: _View) -> tuple[float, float] | None:
        """Of numbers, at a pause: how far the answers are off on average, for train and test samples."""
        if snapshot.state is RunState.RUNNING or not view.is_number:
            return None
        if snapshot.maps is None:
            return self._off
        train, test = snapshot.data.train, snapshot.data.test
        return _mean_miss(view, train), _mean_miss(view, test)

    def _show_options(self, view: _View) -> None:
        hard = self.discretize_box.isChecked() and view.is_output and not view.is_number
        self.picture.set_options(self.train_switch.isChecked(), self.test_switch.isChecked(), hard)

    def _show_key(self, view: _View) -> None:
        if view.is_output and len(view.values) > 1:
            self.key.set_classes(len(view.values), STRENGTH)
        elif view.is_number:
            hard = self.discretize_box.isChecked()
            stops = tuple(np.arange(-1, 1 + words.STEP / 2, words.STEP).tolist()) if hard else (-1.0, 0.0, 1.0)
            self.key.set_bar(f"{ticks.MINUS}1", "1", stops, VALUE_STRENGTH, hard, middle="0")
        elif view.is_output:
            hard = self.discretize_box.isChecked()
            self.key.set_bar("class 0", "1", (-1.0, 1.0) if hard else (-1.0, 0.0, 1.0), STRENGTH, hard)
        else:
            low, high = view.low / view.scale, view.high / view.scale
            stops = tuple(float(s) for s in np.linspace(low, high, 9))
            self.key.set_bar(_bound(view.low), _bound(view.high), stops, NEURON_STRENGTH)

    def _show_readout(self) -> None:
        view = self._view
        if view is None:
            self.readout.clear()
        elif self._pointer is not None:
            shares = fields.look_up(view.values, view.domain, np.array([self._pointer]))[:, 0]
            place = f"x₁{_padded(self._pointer[0])} x₂{_padded(self._pointer[1])}  "
            self.readout.setText(place + _answer(shares, view))
        elif view.is_number:
            off = self._off
            self.readout.setText("" if off is None else f"off by {_off(off[0])} train, {_off(off[1])} test")
        else:
            self.readout.setText(self._count_wrong())

    def _count_wrong(self) -> str:
        """How many samples are wrong, when some are, and whether that is what the rings say."""
        wrong, snapshot = self.picture.wrong, self._snapshot
        if wrong is None or snapshot is None:
            return ""
        train, test = map(len, wrong)
        if not train and (snapshot.data.same or not test):
            return ""
        counts = f"{train:,}" if snapshot.data.same else f"{train:,} train, {test:,} test"
        return f"ringed: {counts} wrong" if self.picture.has_rings else f"wrong: {counts}"

    def _explain(self, view: _View) -> None:
        """What F1 says about the picture and its colours."""
        kind = view.kind
        if kind != self._explained:
            self._explained = kind
            samples = words.ABOUT_VALUES if self._regression else words.ABOUT_SAMPLES
            self.key.setWhatsThis(words.ABOUT_COLORS[kind])
            self.picture.setWhatsThis(f"{words.ABOUT_PICTURE[kind]} {words.ABOUT_COLORS[kind]} {samples}")

    def _show_controls(self, shown: bool) -> None:
        for widget in (self.train_switch, self.test_switch, self.discretize_box, self.key):
            if widget.isVisibleTo(self) != shown:
                widget.setVisible(shown)
        if not shown:
            self.readout.clear()

    def _set_title(self, title: str) -> None:
        if title != self._title:
            self._title = title
            self.titleChanged.emit(title)

    # --- what the person does -------------------------------------------------------------------------------------

    def _on_option(self, _checked: bool) -> None:
        if self._view is not None:
            self._show_options(self._view)
            self._show_key(self._view)
            self._paint_field()

    def _on_clicked(self, choice: Choice | None) -> None:
        if choice != self._choice:
            self.show_sample(choice)
            self.sampleChosen.emit(choice)

    def _on_hovered(self, point: tuple[float, float] | None) -> None:
        self._pointer = point
        self._show_readout()


def _bound(value: float) -> str:
    """An end of the colour key: −1, +1, 0, +12.3."""
    if not value:
        return "0"
    return ("+" if value > 0 else ticks.MINUS) + f"{abs(value):.3g}"


def _padded(value: float) -> str:
    """Two places, as wide with a sign as without, so that what follows stays where it is."""
    return ticks.number(value, 2).rjust(6, "\N{FIGURE SPACE}")


def _mean_miss(view: _View, part: Part) -> float:
    """The mean distance between the numbers of samples and the answers, as far as the map can tell."""
    answers = 2 * fields.look_up(view.values, view.domain, part.raw)[0] - 1
    return float(np.abs(answers - part.targets[:, 0]).mean())


def _off(miss: float) -> str:
    return f"{miss:.3f}" if miss < 100 else ticks.short(miss)


def _answer(values: NDArray, view: _View) -> str:
    if not view.is_output:
        return f"a = {ticks.short(float(values[0]))}"
    if not np.isfinite(values).all():
        return "not a number"
    if view.is_number:
        return ticks.short(2 * float(values[0]) - 1)
    if len(values) == 1:
        return f"class 1: {ticks.percent(float(values[0]))}"
    best = np.argsort(values)[::-1][:3] if len(values) > 4 else range(len(values))
    return "  ".join(f"{label}: {100 * values[label]:.0f} %" for label in sorted(int(i) for i in best))
