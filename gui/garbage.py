"""Keeps Python's garbage collector in the window's thread while another thread runs."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

EVERY_MS = 500


class GarbageKeeper(QObject):
    """Collects on a timer of the window's thread, and nowhere else, from its making until :meth:`stop`.

    By itself Python collects in whichever thread allocates next. A widget that waits in a reference cycle would then be
    destroyed in the training thread, which Qt forbids: timers that can't be stopped at best, a crash at worst.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        self._frozen = False
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._collect)
        self._timer.start(EVERY_MS)

    @Slot()
    def _collect(self) -> None:
        """What Python itself would collect by now, generation by generation."""
        if not self._frozen:
            # Modules and the window itself live as long as the program: set aside once, so that no later full
            # collection has to walk over them (57 ms where it was measured, a visible stutter).
            self._frozen = True
            gc.collect()
            gc.freeze()
            return
        for generation in (2, 1, 0):
            if all(n > most > 0 for n, most in zip(gc.get_count()[: generation + 1], gc.get_threshold(), strict=False)):
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Python collects by itself again, as it did before."""
        self._timer.stop()
        if self._frozen:
            gc.unfreeze()
        if self._was_enabled:
            gc.enable()
