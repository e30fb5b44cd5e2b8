"""The activation page: every activation on one axis, tied to the Playground's network, raced, and one of your own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QColor, QHideEvent
from PySide6.QtWidgets import QWidget

from engine.activations import ACTIVATIONS, Activation
from engine.activations.typed import Typed
from engine.race import Finish, LaneView
from engine.slopes import Passage, passage
from engine.snapshot import Snapshot
from engine.spec import ExperimentSpec
from gui.document import Document
from gui.functions import TYPED, Function, color_of
from gui.pages.base import LATEST, Page
from gui.pages.race_driver import RaceDriver
from gui.panels.activation_card import ActivationCard
from gui.panels.activation_curves import ActivationCurves
from gui.panels.activation_list import ActivationList
from gui.panels.activation_race import ActivationRace
from gui.panels.signal_passage import SignalPassage
from gui.racing import Races
from gui.theme import Theme

FIRST_DRAWN = ("tanh", "relu", "sigmoid", "silu")


class ActivationsPage(Page):
    """It shows the Playground's run, which goes on while one looks, and pauses it for a race.

    ``checked`` are the keys of the functions that are drawn and race, ``selected`` the one described.
    """

    id = "activations"
    title = "Activations"
    icon = "activations"
    frames_per_second = 10.0

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(theme, document, latest, parent)
        self._activations: dict[str, Activation] = {cls.name: cls() for cls in ACTIVATIONS}
        self.checked: set[str] = set(FIRST_DRAWN)
        self.selected = document.spec.network.activation.name
        self.layer = 0
        self._driver: RaceDriver | None = None
        self.curves = ActivationCurves(theme)
        self.list = ActivationList(theme)
        self.card = ActivationCard(theme)
        self.passage = SignalPassage(theme)
        self.race = ActivationRace(theme)
        self.set_center(self.curves)
        area = Qt.DockWidgetArea
        self.add_dock(self.list, area.LeftDockWidgetArea, 232, heading=False)
        self.add_dock(self.card, area.LeftDockWidgetArea, 232)
        self.add_dock(self.passage, area.RightDockWidgetArea, 320)
        self.add_dock(self.race, area.BottomDockWidgetArea)
        self.list.drawnChanged.connect(self._on_drawn)
        self.list.selected.connect(self._on_selected)
        self.list.expressionTyped.connect(self._on_typed)
        self.card.settingChanged.connect(self._on_setting)
        self.card.useRequested.connect(self._on_use)
        self.passage.layerChosen.connect(self._on_layer)
        self.race.raceRequested.connect(self._on_race)
        self.show_spec()

    def arrange(self) -> None:
        docks = self.docks
        self.resizeDocks(
            [docks["ActivationList"], docks["SignalPassage"]],
            [240, min(self.side_width, 400)],
            Qt.Orientation.Horizontal,
        )
        self.resizeDocks([docks["ActivationList"], docks["ActivationCard"]], [436, 250], Qt.Orientation.Vertical)
        self.resizeDocks([docks["ActivationRace"]], [max(round(0.41 * self.height()), 280)], Qt.Orientation.Vertical)

    # --- what it shows --------------------------------------------------------------------------------------------

    def functions(self) -> tuple[Function, ...]:
        """One of each kind in the order of the menus; the network's own with its settings."""
        used = self.document.spec.activations
        return tuple(Function(f, f.name in self.checked, f in used) for f in self._activations.values())

    @Slot()
    def show_spec(self) -> None:
        spec = self.document.spec
        for activation in (*spec.activations[::-1], spec.network.activation):
            self._activations[activation.name] = activation
        self.layer = min(self.layer, max(len(spec.activations) - 1, 0))
        super().show_spec()
        self._show_functions()
        latest = self.latest()
        self.show_snapshot(latest) if latest is not None else self._show_passage(None)

    def _show_functions(self) -> None:
        functions = self.functions()
        self.list.show_functions(functions, self.selected)
        self.curves.show_functions(functions, self.selected)
        self.card.show_function(next((f for f in functions if f.key == self.selected), None))
        self.race.show_entrants(tuple(f.title for f in functions if f.drawn), self._color_of)

    def _color_of(self, lane: LaneView) -> QColor:
        return color_of(self.theme, lane.spec.network.activation.name)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """The weighted sums of the newest weights; a run that is started meanwhile has the race wait."""
        if self._driver is not None:
            self._driver.see(snapshot)
        if snapshot.spec.network != self.document.spec.network or snapshot.run != self.document.run:
            self._show_passage(None)
            return
        self._show_passage(passage(snapshot.spec, snapshot.layout, snapshot.params, snapshot.data.train.x))

    def _show_passage(self, found: Passage | None) -> None:
        self.passage.show_passage(found, self.layer)
        if found is None or not found.sums:
            self.curves.show_sums(0, None, None)
        else:
            self.curves.show_sums(self.layer + 1, self.document.spec.activations[self.layer], found.sums[self.layer])

    # --- what a person does ---------------------------------------------------------------------------------------

    @Slot(str, bool)
    def _on_drawn(self, key: str, drawn: bool) -> None:
        self.checked = self.checked | {key} if drawn else self.checked - {key}
        self._show_functions()

    @Slot(str)
    def _on_selected(self, key: str) -> None:
        self.selected = key
        self._show_functions()

    @Slot(str)
    def _on_typed(self, expression: str) -> None:
        self._activations[TYPED] = Typed(expression)
        self.checked = self.checked | {TYPED}
        self.selected = TYPED
        self._show_functions()

    @Slot(object)
    def _on_setting(self, activation: Activation) -> None:
        self._activations[activation.name] = activation
        self._show_functions()

    @Slot(object)
    def _on_use(self, activation: Activation) -> None:
        self.propose("Activation", _with(self.document.spec, activation), "")

    @Slot(int)
    def _on_layer(self, layer: int) -> None:
        self.layer = layer
        latest = self.latest()
        if latest is not None:
            self.show_snapshot(latest)

    # --- the race -------------------------------------------------------------------------------------------------

    def attach_races(self, races: Races, pause: Callable[[], None]) -> None:
        self._driver = RaceDriver(self.race, races, pause, self.latest)
        self._driver.refused.connect(self.refused)

    @Slot(object)
    def _on_race(self, finish: Finish) -> None:
        """The network on screen from its first weights, once with each function that is checked."""
        if self._driver is not None:
            spec = self.document.spec
            self._driver.start([(f.title, _with(spec, f.activation)) for f in self.functions() if f.drawn], finish)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: the race waits, and what is looked at now has the processor to itself."""
        if self._driver is not None:
            self._driver.pause()
        super().hideEvent(event)


def _with(spec: ExperimentSpec, activation: Activation) -> ExperimentSpec:
    """``spec`` with this activation in every hidden layer."""
    return replace(spec, network=replace(spec.network, activation=activation, layer_activations=()))
