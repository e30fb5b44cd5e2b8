"""Image sets for the window: finds, reads and downloads them in the background, keeps them, has the Digits page use them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from engine.datasets.images import Images
from engine.errors import InvalidSpec
from engine.shelf import SHELF, Kept
from gui.analyses import STOP, TELL, Question
from gui.edits import with_images
from gui.laboratory import Laboratory

if TYPE_CHECKING:  # the dialog is made when it is first wanted
    from gui.get_images import GetImages
    from gui.pages.base import Page

READ, LOOK = "images", "images found"
PAGE = "digits"
# Most of the time goes into the download; what comes after is read and kept in a second.
_DOWNLOADED = 0.95


class ImageSets(QObject):
    """Images that a person brings, in front of ``window``; panels with ``show_sets`` are told what there is."""

    def __init__(self, lab: Laboratory, window: QWidget) -> None:
        super().__init__(window)
        self._lab, self._window = lab, window
        self.dialog: GetImages | None = None
        self._panels: list[QWidget] = []
        analyses = lab.runner.analyses
        analyses.answered.connect(self._on_answered)
        analyses.progressed.connect(self._on_progressed)
        analyses.failed.connect(self._on_failed)
        lab.documents[PAGE].changed.connect(self._on_document)

    def attach(self, page: Page) -> None:
        """Tell the page's panels which sets there are, and hear when they want others."""
        for panel in page.panels():
            if hasattr(panel, "show_sets"):
                self._panels.append(panel)
                panel.getRequested.connect(self.open)  # type: ignore[attr-defined]
                panel.show_sets(SHELF.kept())

    @Slot()
    def open(self) -> None:
        """Show the dialog, and look around for sets; nothing is read before the person says so."""
        dialog = self._opened()
        if not self._lab.runner.analyses.waits(LOOK):
            self.look()
        dialog.activateWindow()

    def _opened(self) -> GetImages:
        if self.dialog is None:
            from gui.get_images import GetImages

            self.dialog = dialog = GetImages(self._window)
            dialog.lookRequested.connect(self.look)
            dialog.readRequested.connect(self.read)
            dialog.downloadRequested.connect(self.download)
            dialog.cancelRequested.connect(self.cancel)
            dialog.useRequested.connect(self.use)
            dialog.removeRequested.connect(self.remove)
        if not self.dialog.isVisible():
            self.dialog.begin()
            self._show_sets()
            self.dialog.show()
        return self.dialog

    def close(self) -> None:
        """The window closes, and the dialog with it."""
        if self.dialog is not None:
            self.dialog.close()

    # --- what a person asks for -----------------------------------------------------------------------------------

    @Slot()
    def look(self) -> None:
        """Search the places where people keep such sets."""
        self._opened().show_looking()
        self._lab.runner.ask(Question(LOOK, _look))

    @Slot(object)
    def read(self, paths: Sequence[Path]) -> None:
        """Read a set from its files or its folder, keep it, and use it."""
        paths = tuple(paths)
        self._opened().show_busy(f"Reading {paths[0].name}" if len(paths) == 1 else f"Reading {len(paths)} files")

        def work(tell: TELL, stop: STOP) -> Kept | None:
            return _read_and_keep(paths, tell, stop)

        self._lab.runner.ask(Question(READ, work, long=True))

    @Slot()
    def download(self) -> None:
        """Fetch MNIST, keep it, and use it; a download that was stopped goes on where it was."""
        self._opened().show_busy("Asking for MNIST")
        folder = self._lab.places.sessions / "downloads"

        def work(tell: TELL, stop: STOP) -> Kept | None:
            from gui.download import download_mnist

            paths = download_mnist(folder, lambda share, words="": tell(share * _DOWNLOADED, words), stop)
            kept = _read_and_keep(
                paths, lambda share, words="": tell(_DOWNLOADED + share * (1 - _DOWNLOADED), words), stop
            )
            if kept is not None:
                shutil.rmtree(folder, ignore_errors=True)  # it is on the shelf now
            return kept

        self._lab.runner.ask(Question(READ, work, long=True))

    @Slot()
    def cancel(self) -> None:
        """Nobody waits for the set any more."""
        self._lab.runner.analyses.forget(READ)

    @Slot(str)
    def use(self, key: str) -> None:
        """Have the Digits page train on a set from the shelf, undoably."""
        if (kept := SHELF.find(key)) is not None:
            self._use(kept)

    @Slot(str)
    def remove(self, key: str) -> None:
        """Forget a set."""
        SHELF.remove(key)
        self._show_sets()

    # --- answers --------------------------------------------------------------------------------------------------

    @Slot(str, object)
    def _on_answered(self, key: str, answer: object) -> None:
        if self.dialog is not None and key == LOOK and isinstance(answer, (list, tuple)):
            self.dialog.show_found(answer)
        elif key == READ and isinstance(answer, Kept):
            self._use(answer)

    @Slot(str, float, str)
    def _on_progressed(self, key: str, share: float, words: str) -> None:
        if self.dialog is not None and key == READ:
            self.dialog.show_progress(share, words)

    @Slot(str, str)
    def _on_failed(self, key: str, sentence: str) -> None:
        if self.dialog is None:
            return
        if key == READ:
            self.dialog.show_failure(sentence)
        elif key == LOOK:
            self.dialog.show_found(())

    def _use(self, kept: Kept) -> None:
        self.close()
        self._show_sets()
        # The page's last experiment comes back first, so that undo finds it.
        self._lab.activate(PAGE)
        document = self._lab.documents[PAGE]
        try:
            document.apply(f"Images: {kept.title}", with_images(document.spec, Images.of(kept)))
        except InvalidSpec as error:
            self._lab.told.emit(f"{kept.title} is kept, but not used: {error}.", "", None, "failed")
        else:
            self._lab.begun.emit(PAGE)
            self._lab.noted.emit(f"{kept.title}: {kept.n:,} images of {kept.side}×{kept.side} pixels. Undo goes back.")

    @Slot()
    def _show_sets(self) -> None:
        sets = SHELF.kept()
        for panel in self._panels:
            panel.show_sets(sets)  # type: ignore[attr-defined]
        if self.dialog is not None:
            dataset = self._lab.documents[PAGE].spec.data.dataset
            self.dialog.show_kept(sets, dataset.key if isinstance(dataset, Images) else "")

    @Slot()
    def _on_document(self) -> None:
        if self.dialog is not None and self.dialog.isVisible():  # it says which set is in use
            self._show_sets()


def _look(_tell: TELL, _stop: STOP) -> object:
    from engine.readers.places import find_sets

    return find_sets()


def _read_and_keep(paths: Sequence[Path], tell: TELL, stop: STOP) -> Kept | None:
    from engine.readers import read_images

    images = read_images(paths, tell, stop)
    if stop():
        return None
    tell(1.0, "Keeping them")
    return SHELF.put(images)
