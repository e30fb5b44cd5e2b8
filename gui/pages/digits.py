"""The Digits page: a network learns to read, and reads what is drawn while the pen moves."""

from __future__ import annotations

from dataclasses import replace

from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent, QUndoGroup, QUndoStack
from PySide6.QtWidgets import QApplication, QWidget

from engine.evidence import evidence
from engine.pen import Prepared, prepare_for, steps_for
from engine.predictions import logits_of, probabilities
from engine.probes import sample_activations
from engine.snapshot import Snapshot
from gui.document import Document
from gui.graphics.sample_choice import Choice
from gui.graphics.targets import Target
from gui.pages.base import LATEST, Page
from gui.pages.inspecting import Inspecting
from gui.pages.observing import Observing
from gui.pages.teaching import Teaching
from gui.panels.code import Code
from gui.panels.digit_canvas import DigitCanvas
from gui.panels.digit_readout import DigitReadout
from gui.panels.digit_samples import DigitSamples
from gui.panels.inspector import Inspector
from gui.panels.loss_curves import LossCurves
from gui.panels.network_graph import NetworkGraph
from gui.panels.pen_stages import PenStrip
from gui.panels.settings_column import SettingsColumn
from gui.panels.teach import Teach
from gui.panels.time_slider import TimeSlider
from gui.panels.your_drawings import YourDrawings
from gui.runner import Runner
from gui.settings import Settings
from gui.theme import Theme

TOOLS = ("Inspector", "Code", "Weights", "Watch", "DoctorPanel", "YourDrawings")
ROOMY = 900  # from this height on there is room for tools, strip and curves at once


class DigitsPage(Page):
    """The drawing is prepared as the training images were, and read by the newest weights, while training too.

    How it is read, by which temperature and from which probability on, is the document's: other pages choose it too.
    """

    id = "digits"
    title = "Digits"
    icon = "digits"

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(theme, document, latest, parent)
        self.graph = NetworkGraph(theme, max_width=4096, max_layers=16)
        self.settings = SettingsColumn(theme)
        self.samples = DigitSamples(theme)
        self.settings.set_data_header(self.samples)
        self._listen(self.samples)
        self.canvas = DigitCanvas(theme)
        self.teach = Teach(theme)
        self.drawings = YourDrawings(theme)
        self.readout = DigitReadout(theme)
        self.stages = PenStrip(theme)
        self.curves = LossCurves(theme)
        self.inspector = Inspector(theme)
        self.time = TimeSlider(theme)
        self._prepared: Prepared | None = None
        self.probabilities: NDArray | None = None
        self.code = Code(theme)
        self.set_center(self.graph, self.time)
        area = Qt.DockWidgetArea
        self.add_dock(self.settings, area.LeftDockWidgetArea, heading=False)
        self.add_dock(self.canvas, area.RightDockWidgetArea, 344, below=self.teach)
        self.add_dock(self.readout, area.RightDockWidgetArea, 344)
        inspector = self.add_dock(self.inspector, area.BottomDockWidgetArea)
        stages = self.add_dock(self.stages, area.BottomDockWidgetArea)
        curves = self.add_dock(self.curves, area.BottomDockWidgetArea)
        self.splitDockWidget(inspector, stages, Qt.Orientation.Vertical)
        self.splitDockWidget(stages, curves, Qt.Orientation.Horizontal)
        inspector.hide()
        self.inspecting = Inspecting(self.graph, inspector, self.inspector, self.samples)
        self.add_tool(self.code, beside=inspector)
        self.observing = Observing(self, self.graph, beside=inspector)
        self.add_tool(self.drawings, beside=inspector)
        self.teaching = Teaching(self, self.canvas, self.teach, self.drawings, self.toggle_drawings)
        self.add_doctor(beside=inspector)
        self._gave_way: tuple[str, ...] = ()
        self._room = QTimer(self)  # once the docks stand where they will
        self._room.setSingleShot(True)
        self._room.setInterval(0)
        self._room.timeout.connect(self._share_room)
        for name in TOOLS:
            self.docks[name].visibilityChanged.connect(self._make_room)
        self.canvas.inkChanged.connect(self._read)
        self.stages.switched.connect(self._read)
        self.readout.evidenceChanged.connect(self._reread)
        self.readout.thresholdChosen.connect(self._on_threshold)
        document.readingChanged.connect(self._reread)
        self.graph.parameterEdited.connect(self.edit_weight)
        self.show_spec()

    def arrange(self) -> None:
        docks = self.docks
        square = self.side_width + 60 + self.teach.height()
        self.resizeDocks([docks["DigitCanvas"]], [self.side_width], Qt.Orientation.Horizontal)
        self.resizeDocks(
            [docks["DigitCanvas"], docks["DigitReadout"]], [square, max(self.height() - square - 8, 236)],
            Qt.Orientation.Vertical,
        )  # fmt: skip
        self.resizeDocks([docks["PenStrip"], docks["LossCurves"]], [430, 300], Qt.Orientation.Horizontal)
        self.resizeDocks([docks["PenStrip"]], [max(196, round(0.23 * self.height()))], Qt.Orientation.Vertical)
        self.share_with_tools(TOOLS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._room.start()

    @Slot()
    def _make_room(self) -> None:
        self._room.start()

    @Slot()
    def _share_room(self) -> None:
        """In a low window the strip and the curves give way to what takes the network apart, and come back after it."""
        tight = self.height() < ROOMY and self._tools_open()
        if not self.isVisible() or tight == bool(self._gave_way):
            return
        changed = self._closed(False) if tight else self._gave_way
        self._gave_way = changed if tight else ()
        for name in changed:
            self.docks[name].setVisible(not tight)
        self._arrange_soon()

    def _tools_open(self) -> bool:
        return any(not self.docks[name].isHidden() for name in TOOLS)

    def _closed(self, closed: bool) -> tuple[str, ...]:
        return tuple(name for name in ("PenStrip", "LossCurves") if self.docks[name].isHidden() == closed)

    def restore_docks(self, state: bytes, moved: bool) -> None:
        super().restore_docks(state, moved)
        if self._tools_open():  # they gave way when this was kept
            self._gave_way = self._closed(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.document.sample is not None:  # chosen on another page that shows this run
            choice, self.document.sample = self.document.sample, None
            self.inspector.show_sample(choice)

    def take_apart(self) -> None:
        """The sample chosen elsewhere, from the output of its class on."""
        choice, latest = self.inspector.choice, self.latest()
        if choice is None or latest is None or choice.part == "drawing":
            return
        part = latest.data.train if choice.part == "train" else latest.data.test
        if choice.row < len(part):
            last = latest.layout.depth
            label = int(part.labels[choice.row]) if latest.layout.sizes[last] > 1 else 0
            self.graph.select(Target("neuron", last, label))
            self.docks["Inspector"].show()
            self.docks["Inspector"].raise_()

    def pin(self, gradient: bool = False) -> None:
        self.observing.pin(gradient)

    def attach_analyses(self, runner: Runner) -> None:
        super().attach_analyses(runner)
        self.teaching.begin()

    @Slot()
    def toggle_drawings(self) -> None:
        """Show or hide the list of own drawings."""
        self.toggle_dock(type(self.drawings).__name__)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        self._reread()  # evidence is in the theme's colours

    def recall(self, remembered: Settings) -> None:
        self.canvas.set_brush(remembered.brush)

    def remember(self, settings: Settings) -> Settings:
        return replace(settings, brush=self.canvas.brush)

    def attach_undo(self, group: QUndoGroup) -> None:
        group.addStack(self.canvas.undo_stack)

    def undo_stack(self) -> QUndoStack:
        """The canvas's while it has the focus and something to take back, else the document's; that too where it is told
        what the network has just been taught.
        """
        if self.teach.tells:
            return self.document.undo_stack
        drawing = self.canvas.isAncestorOf(QApplication.focusWidget()) if QApplication.focusWidget() else False
        stack = self.canvas.undo_stack
        return stack if drawing and (stack.canUndo() or stack.canRedo()) else self.document.undo_stack

    @Slot()
    def show_spec(self) -> None:
        super().show_spec()
        side = self.document.spec.image_side
        if self._prepared is not None and self._prepared.side != side:
            self._read()  # the same drawing, as the other images are made

    @Slot()
    def _read(self) -> None:
        """The drawing changed: prepare it and read it with the weights last shown."""
        # Dozens of calls that each give the GIL up: with training at large, each would have to win it back.
        with self.hold():
            side = self.document.spec.image_side
            self._prepared = prepare_for(side, self.canvas.ink(), self.stages.without) if steps_for(side) else None
            self.stages.show_prepared(self._prepared)
            self.teaching.draw(self._prepared is not None)
            drawn = self.inspector.choice is not None and self.inspector.choice.part == "drawing"
            if self._prepared is not None or drawn:  # what was drawn last is what one wonders about
                self.inspector.show_sample(self._prepared and Choice("drawing", input=self._prepared.input))
            self.read_with(self.latest())

    @Slot(float)
    def _on_threshold(self, threshold: float) -> None:
        self.document.read_with(threshold=threshold)

    @Slot()
    def _reread(self) -> None:
        self.readout.show_reading(self.document.temperature, self.document.threshold)
        with self.hold():
            self.read_with(self.latest())

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """What it reads changes while it learns, though nothing is drawn."""
        self.teaching.see(snapshot)
        if self._prepared is not None:
            self.read_with(snapshot)

    def read_with(self, snapshot: Snapshot | None) -> None:
        """Show what the network of ``snapshot`` reads in the drawing; nothing for an empty canvas."""
        prepared = self._prepared
        if snapshot is None or prepared is None or snapshot.layout.sizes[0] != len(prepared.input):
            self.probabilities = None
            self.readout.show_probabilities(None)
            self.graph.show_activations(None)
            self.canvas.show_evidence(None)
            self.stages.show_reading(None)
            return
        network = snapshot.spec, snapshot.layout, snapshot.params
        activations = sample_activations(*network, prepared.input)
        logits = logits_of(*network, prepared.input[None])
        self.probabilities = probabilities(logits, self.document.temperature)[0]
        self.readout.show_probabilities(self.probabilities)
        self.graph.show_activations(activations)
        spoke = self._evidence(snapshot, prepared.input)
        self.canvas.show_evidence(None if spoke is None else prepared.on_canvas(spoke), prepared.box)
        self.stages.temperature = self.document.temperature
        self.stages.show_reading(self.readout.best(), spoke)

    def _evidence(self, snapshot: Snapshot, x: NDArray) -> NDArray | None:
        """What spoke for the digit that is explained, where somebody wants to see it."""
        digit = self.readout.explained
        return None if digit is None else evidence(snapshot.spec, snapshot.layout, snapshot.params, x, digit)
