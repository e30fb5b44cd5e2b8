"""Open, Save and Save picture: the dialogs, and what is done with the file that was chosen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.laboratory import Laboratory
from gui.messages import Banner
from gui.weight_files import WeightFiles

FILES = "Neuroloom experiments (*.json);;All files (*)"
OPENED = "Experiments and weights (*.json *.skops *.safetensors);;All files (*)"


class FileActions(QObject):
    """The File menu's work. ``window`` is what a picture shows."""

    def __init__(self, window: QWidget, lab: Laboratory, banner: Banner, weights: WeightFiles) -> None:
        super().__init__(window)
        self._window, self._lab, self._banner, self._weights = window, lab, banner, weights

    @Slot()
    def open(self) -> None:
        """Ask for an experiment; what is open stays until the chosen file is known to be good."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open experiment", "", OPENED)
        if path and WeightFiles.knows(Path(path)):
            self._weights.open(Path(path))
        elif path:
            self._lab.open(Path(path))

    @Slot()
    def save(self) -> None:
        """Into the experiment's own file, or ask for one."""
        if self._lab.document.path is None:
            self.save_as()
        else:
            self._lab.save(self._lab.document.path)

    @Slot()
    def save_as(self) -> None:
        """Ask for a file; it becomes the experiment's own."""
        name = f"{self._lab.document.name}.json"
        path, _ = QFileDialog.getSaveFileName(self._window, "Save experiment", name, FILES)
        if path:
            self._lab.save(Path(path if Path(path).suffix else path + ".json"))

    @Slot()
    def save_picture(self) -> None:
        """The whole window as it is, as a PNG."""
        path, _ = QFileDialog.getSaveFileName(self._window, "Save picture", "neuroloom.png", "PNG pictures (*.png)")
        if path and not self._window.grab().save(path if path.endswith(".png") else path + ".png"):
            self._banner.tell(f"{Path(path).name} can't be written. Choose another folder or free some space.")
