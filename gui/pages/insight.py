"""The Insight page: what the digit network sees and what it misses, one view at a time over the whole page."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from engine.predictions import Predictions, predict
from engine.snapshot import RunState, Snapshot
from engine.spec import ExperimentSpec
from gui.analyses import STOP, TELL, Question
from gui.document import Document
from gui.graphics.sample_choice import Choice
from gui.pages.base import LATEST
from gui.pages.views import ViewEntry, ViewsPage
from gui.panels.base import Panel
from gui.theme import Theme

PREDICTIONS = "predictions"
# While it trains so many of the test images are read, the same ones every time; once it stands still, all of them.
WHILE_TRAINING = 2_000


VIEWS = (
    ViewEntry("data", "Data", "The images: by class, the average of each, how the pixels are spread, any by its number.",
              "gui.panels.data_view", "DataView"),
    ViewEntry("predictions", "Predictions", "What it says of the test images: which it gets wrong, what it takes them for.",
              "gui.panels.predictions_view", "PredictionsView"),
    ViewEntry("neurons", "Neurons", "What neurons look for: first weights as images, and the input that each likes most.",
              "gui.panels.neurons_view", "NeuronsView"),
    ViewEntry("map", "Map", "The test images as points: what lies together is alike to a layer.",
              "gui.panels.map_view", "MapView"),
    ViewEntry("stress", "Stress test", "How much it stands: turned, moved, noisy images; neurons and weights taken away.",
              "gui.panels.stress_view", "StressView"),
    ViewEntry("calibration", "Calibration", "Whether it is right as often as it says, and how to make it so.",
              "gui.panels.calibration_view", "CalibrationView"),
)  # fmt: skip


class InsightPage(ViewsPage):
    """It shows the Digits page's run, which goes on while one looks.

    Several views want to know what the network says of the test images. The page asks once for all of them, in the
    background, as often as the answers come; each visible view that ``wants_predictions`` is given them.
    """

    id = "insight"
    title = "Insight"
    icon = "insight"
    answers = (PREDICTIONS,)
    frames_per_second = 10.0  # so often are the answers asked for at most

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        self.predictions: Predictions | None = None
        self._of: object = None
        self._asked_of: object = None
        super().__init__(theme, document, latest, VIEWS, parent)
        document.readingChanged.connect(self._show_reading)
        self.open_view("predictions")

    def join(self, panel: Panel) -> None:
        if hasattr(panel, "sampleChosen"):
            panel.sampleChosen.connect(self._on_sample)
        if hasattr(panel, "apartRequested"):
            panel.apartRequested.connect(self.apartRequested)
        if hasattr(panel, "temperatureChosen"):
            panel.temperatureChosen.connect(self._on_temperature)
        if hasattr(panel, "thresholdChosen"):
            panel.thresholdChosen.connect(self._on_threshold)
        self._show_reading()

    @Slot(float)
    def _on_temperature(self, temperature: float) -> None:
        self.document.read_with(temperature=temperature)

    @Slot(float)
    def _on_threshold(self, threshold: float) -> None:
        self.document.read_with(threshold=threshold)

    @Slot()
    def _show_reading(self) -> None:
        """How the Digits page reads a drawing, to the views that show it."""
        for panel in self.panels():
            if hasattr(panel, "show_reading"):
                panel.show_reading(self.document.temperature, self.document.threshold)

    def _wanting(self) -> list[Panel]:
        return [panel for panel in self._shown() if getattr(panel, "wants_predictions", False)]

    def show_snapshot(self, snapshot: Snapshot) -> None:
        if not self._wanting() or self._runner is None or snapshot.spec.data.dataset.planar:
            return
        running = snapshot.state is RunState.RUNNING
        of = (snapshot.run, snapshot.epoch, snapshot.batch, snapshot.edited, snapshot.viewed, running)
        if of == self._of:
            if self.predictions is not None:
                self._give(self.predictions)
        elif of != self._asked_of and not (running and self._runner.analyses.waits(PREDICTIONS)):
            self._asked_of = of
            self._runner.ask(_reading(snapshot, WHILE_TRAINING if running else None))

    @Slot(str, object)
    def _on_answered(self, key: str, answer: object) -> None:
        if key == PREDICTIONS and isinstance(answer, Predictions):
            self._of, self.predictions = self._asked_of, answer
            with self.hold():
                self._give(answer)
            return
        super()._on_answered(key, answer)

    @Slot(object)
    def _on_sample(self, choice: Choice | None) -> None:
        """The Digits page takes it apart once one goes there."""
        self.document.sample = choice

    def _give(self, predictions: Predictions) -> None:
        latest = self.latest()
        if latest is None or latest.run != predictions.run:
            return  # of a run that is not on screen any more
        for panel in self._wanting():
            if panel.isVisible():
                panel.show_predictions(latest, predictions)  # type: ignore[attr-defined]


def _reading(snapshot: Snapshot, most: int | None) -> Question:
    spec: ExperimentSpec = snapshot.spec

    def work(_tell: TELL, _stop: STOP) -> Predictions:
        made = predict(
            spec, snapshot.layout, snapshot.params, snapshot.data.test, most, run=snapshot.run, epoch=snapshot.epoch
        )
        # Once, and here: in the window's thread every view looks at them.
        _ = made.right, made.confidence
        return made

    return Question(PREDICTIONS, work)
