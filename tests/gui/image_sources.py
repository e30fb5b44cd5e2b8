"""Stand-ins for what finds, reads and downloads image sets, so that tests of the window decide how each goes."""

from __future__ import annotations

import sys
import threading
import time
import types
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import NeuroloomError
from engine.shelf import ImageSet
from tests.images import bars

PATIENCE = 10.0


@dataclass(frozen=True)
class Found:
    title: str
    paths: tuple[Path, ...]
    where: str
    n_bytes: int


@dataclass
class Sources:
    """What there is. ``refuse`` is raised instead of reading; while ``slow`` is set, reading and downloading don't end.

    ``calls`` says what was done, ``stopped`` that it ended because nobody waited for it any more.
    """

    found: list[Found] = field(default_factory=list)
    images: ImageSet = field(default_factory=bars)
    refuse: NeuroloomError | None = None
    slow: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    calls: list[tuple[str, object]] = field(default_factory=list)

    def find_sets(self, folders=None) -> list[Found]:
        self.calls.append(("find", folders))
        return self.found

    def read_images(self, paths, tell, stop) -> ImageSet:
        self.calls.append(("read", tuple(paths)))
        self._wait(tell, stop, "Reading")
        return self.images

    def download_mnist(self, folder: Path, tell, stop) -> tuple[Path, ...]:
        self.calls.append(("download", folder))
        self._wait(tell, stop, "5.8 of 11.6 MB")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "train.gz"
        path.write_bytes(b"what was fetched")
        return (path,)

    def _wait(self, tell, stop, words: str) -> None:
        tell(0.5, words)
        end = time.monotonic() + PATIENCE
        while self.slow.is_set() and time.monotonic() < end:
            if stop():
                self.stopped.set()
                raise NeuroloomError("Cancelled.")
            time.sleep(0.002)
        if self.refuse is not None:
            raise self.refuse

    def install(self, monkeypatch) -> Sources:
        for name, functions in (
            ("engine.readers", {"read_images": self.read_images}),
            ("engine.readers.places", {"find_sets": self.find_sets}),
            ("gui.download", {"download_mnist": self.download_mnist}),
        ):
            module = types.ModuleType(name)
            vars(module).update(functions)
            monkeypatch.setitem(sys.modules, name, module)
        return self
