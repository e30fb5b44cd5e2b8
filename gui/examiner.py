"""Examiner: lives in the doctor's own thread and examines snapshots there, so that neither window nor training waits."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from engine.doctor import examine
from engine.doctor.checkup import Checkup
from engine.snapshot import Snapshot


class Examiner(QObject):
    """``examined(snapshot, findings)`` answers each :meth:`examine`."""

    examined = Signal(object, object)

    @Slot(object, object)
    def examine(self, snapshot: Snapshot, since: int) -> None:
        """What the rules find; ``since`` is the epoch from which the settings are those of now."""
        self.examined.emit(snapshot, examine(Checkup(snapshot, since)))
