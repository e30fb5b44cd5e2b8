"""One neuron in pictures: the input it likes most, the images that excite it most, and which digits it answers to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.favourite import N_BEST, Favourite
from engine.spec import ExperimentSpec
from gui import fonts
from gui.graphics import ticks
from gui.graphics.class_bars import ClassBars
from gui.graphics.graph_words import neuron_name
from gui.graphics.tiles import GAP, Tiles, grey, grey_table
from gui.theme import GRID, Theme

WIDTH = 368
_PICTURE = 168
_AGAIN, _CANCEL = "Work out again", "Cancel"
_LIKES = (
    "The input that raises this neuron's weighted sum most: white where it wants ink, black where it wants none, grey where "
    "it does not care. It is climbed to from even grey, always by the same steps."
)
_EXCITED = (
    "The nine training images with the largest weighted sums in this neuron, the strongest first, each with its digit."
)


class FavouriteCard(QWidget):
    """``wanted()``: work it out now. ``cancelled()``: never mind."""

    wanted = Signal()
    cancelled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._shown: Favourite | None = None
        self._images: NDArray | None = None
        self._spec: ExperimentSpec | None = None
        self.setFixedWidth(WIDTH)
        self.name = QLabel()
        self.name.setFont(fonts.body(fonts.SEMIBOLD))
        self.state = _caption("")
        self.state.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 100)
        self.progress.setAccessibleName("How far it is")
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.hide()
        self.button = QPushButton(_AGAIN)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.setFixedWidth(self.button.fontMetrics().horizontalAdvance(_AGAIN) + 28)
        self.button.setToolTip(
            "Finds it for the weights as they are now. It is done by itself whenever training pauses."
        )
        self.likes = Tiles(theme, "The input it likes most", largest=_PICTURE, columns=1)
        self.likes.set_room(QSize(_PICTURE, _PICTURE))
        self.excited = Tiles(theme, "Images that excite it most", least=24, largest=56, columns=3)
        self.excited.set_room(QSize(_PICTURE + 16, 4 * _PICTURE))
        for pictures, tip in ((self.likes, _LIKES), (self.excited, _EXCITED)):
            pictures.setToolTip(tip)
            pictures.setWhatsThis(tip)
        self.climbed = _caption("")
        self.climbed.setWordWrap(True)
        self.bars = ClassBars(theme, "Mean activation by digit")
        self.bars.setToolTip(
            "Its mean activation over the training images of each digit. One that answers to one digit alone has one long bar."
        )
        self.heading = _heading("Mean activation by digit")
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.name)
        words.addWidget(self.state)
        head.addLayout(words, 1)
        head.addWidget(self.button)
        pictures_grid = QGridLayout()
        pictures_grid.setHorizontalSpacing(GRID)
        pictures_grid.setVerticalSpacing(4)
        pictures_grid.addWidget(_heading("The input it likes most"), 0, 0)
        pictures_grid.addWidget(_heading("Images that excite it most"), 0, 1)
        top = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self.likes, 0, top)
        left.addWidget(self.climbed)
        left.addStretch(1)
        pictures_grid.addLayout(left, 1, 0)
        pictures_grid.addWidget(self.excited, 1, 1, top)
        pictures_grid.setColumnMinimumWidth(0, _PICTURE)
        pictures_grid.setColumnStretch(1, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(GRID)
        box.addLayout(head)
        box.addWidget(self.progress)
        box.addLayout(pictures_grid)
        box.addWidget(self.heading)
        box.addWidget(self.bars)
        box.addStretch(1)
        self.button.clicked.connect(self._on_clicked)

    def apply_theme(self, theme: Theme) -> None:
        """Paint with other colours."""
        self.theme = self.likes.theme = self.excited.theme = self.bars.theme = theme
        self.show_favourite(self._shown, self._images)
        self.bars.update()

    def show_neuron(self, spec: ExperimentSpec, layer: int, neuron: int) -> None:
        """Name the neuron that it is about. What is shown of another one goes."""
        self._spec = spec
        name = neuron_name(spec, layer, neuron)
        self.name.setText(name[0].upper() + name[1:])
        output = layer == len(spec.layer_sizes) - 1
        self.heading.setText("Mean logit by digit" if output else "Mean activation by digit")
        if self._shown is not None and (self._shown.layer, self._shown.neuron) != (layer, neuron):
            self.show_favourite(None)

    def show_favourite(self, favourite: Favourite | None, images: NDArray | None = None) -> None:
        """Show it, with the ``images`` (m, side²) in 0..1 of its rows; None leaves the places empty."""
        self._shown, self._images = favourite, images
        side = (self._spec.image_side if self._spec is not None else 0) or 8
        table = grey_table(self.theme)
        if favourite is None or images is None:
            empty = np.full((N_BEST, side, side), GAP, np.uint8)
            self.likes.show_tiles(empty[:1], (), table)
            self.excited.show_tiles(empty, (" ",) * N_BEST, table)
            self.climbed.setText("")
            self.bars.show_values(None)
            return
        self.likes.show_tiles(grey(favourite.image.reshape(1, side, side)), (), table)
        labels = [str(int(label)) for label in favourite.labels]
        self.excited.show_tiles(grey(images.reshape(-1, side, side)), labels, table)
        pairs = zip(labels, favourite.sums, strict=True)
        self.excited.setAccessibleDescription(", ".join(f"{label} ({ticks.short(one)})" for label, one in pairs))
        if favourite.climbed:
            words = f"Sum {ticks.short(favourite.best_sum)}; even grey gives {ticks.short(favourite.grey_sum)}."
        else:
            words = "No small change of an even grey changes its sum."
        self.climbed.setText(words)
        self.bars.show_values(favourite.means)

    def show_state(self, words: str, share: float | None = None) -> None:
        """A few words under the name; with ``share`` it is being worked out, and can be given up."""
        self.state.setText(words)
        self.progress.setVisible(share is not None)
        self.progress.setValue(round(100 * (share or 0.0)))
        self.button.setText(_AGAIN if share is None else _CANCEL)

    def _on_clicked(self) -> None:
        (self.wanted if self.button.text() == _AGAIN else self.cancelled).emit()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(fonts.caption(fonts.SEMIBOLD))
    label.setProperty("role", "heading")
    return label


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(fonts.tabular(fonts.caption()))
    label.setProperty("role", "caption")
    return label
