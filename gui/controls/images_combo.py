"""The drop-down of image sets: the embedded digits, what a person brought, and the way to more."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStyleOptionComboBox, QWidget

from engine.datasets import DATASETS, Dataset
from engine.datasets.digits import N_IMAGES
from engine.datasets.images import Images
from engine.shelf import Kept
from gui.controls.combos import ChoiceCombo

EMBEDDED, GET = "", "get"
HELP = (
    "The images that the network learns to read. The network stays as you built it; Undo brings the other images back."
)
_GET = "Finds image sets on this computer, opens a file, or downloads MNIST."
WRITERS_MIXED = (
    "Written by 13 people. The split is drawn by lot, so it has each of them train and test, and that flatters: a network "
    "with 98 % here reads 95.7 to 96.0 % of what other people wrote."
)


class ImagesCombo(ChoiceCombo):
    """``datasetChosen(Dataset)`` when a person takes other images, ``getRequested()`` when none of these will do."""

    datasetChosen = Signal(object)
    getRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self._sets: tuple[Kept, ...] = ()
        self._dataset: Dataset = DATASETS["digits"]()
        super().__init__(self._entries(), "Images", HELP, parent)
        self.setMaxVisibleItems(12)
        self.chosen.connect(self._on_chosen)

    def show_sets(self, sets: Sequence[Kept]) -> None:
        """Offer these beside the embedded digits; emits nothing."""
        self._sets = tuple(sets)
        self._refill()

    def show_dataset(self, dataset: Dataset) -> None:
        """Show which one is at hand, even one that is missing; emits nothing."""
        self._dataset = dataset
        self._refill()

    @property
    def missing(self) -> bool:
        """The set at hand is one that a person brought, and not here any more."""
        return isinstance(self._dataset, Images) and all(kept.key != self._dataset.key for kept in self._sets)

    def _refill(self) -> None:
        self.set_choices(self._entries())
        self.set_key(_key(self._dataset))

    def _entries(self) -> list[tuple[str, str, str]]:
        digits = DATASETS["digits"]
        entries = [(EMBEDDED, f"{digits.label} · {N_IMAGES:,}", f"They come with Neuroloom. {WRITERS_MIXED}")]
        entries += [(kept.key, f"{kept.title} · {size_of(kept)}", kept.source) for kept in self._sets]
        if self.missing:
            entries.append((_key(self._dataset), f"{self._dataset.title} · not here", "Get images brings it back."))
        return [*entries, (GET, "Get images…", _GET)]

    def _on_chosen(self, key: str) -> None:
        # The page decides: until it shows other images, the old ones are at hand.
        self.set_key(_key(self._dataset))
        if key == GET:
            self.getRequested.emit()
        elif key == EMBEDDED:
            self.datasetChosen.emit(DATASETS["digits"]())
        elif (kept := next((one for one in self._sets if one.key == key), None)) is not None:
            self.datasetChosen.emit(Images.of(kept))

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        # The closed box has room for the name alone.
        name = option.currentText.split(" · ")[0]
        room = self.width() - 40
        option.currentText = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room)


def size_of(kept: Kept) -> str:
    """``28×28 · 70,000``."""
    return f"{kept.side}×{kept.side} · {kept.n:,}"


def _key(dataset: Dataset) -> str:
    return dataset.key if isinstance(dataset, Images) else EMBEDDED
