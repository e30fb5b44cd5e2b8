"""The Tuner page: a study of many trials of the experiment that was last on screen."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from gui.document import Document
from gui.pages.base import LATEST, Page
from gui.panels.tuner_view import TunerView
from gui.theme import Theme


class TunerPage(Page):
    """It shows the experiment that was last on screen."""

    id = "tuner"
    title = "Tuner"
    icon = "tuner"

    def __init__(self, theme: Theme, document: Document, latest: LATEST, parent: QWidget | None = None) -> None:
        super().__init__(theme, document, latest, parent)
        self.set_center(TunerView(theme))
