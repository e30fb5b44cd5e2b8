"""What lies between the training thread and the window: a one-slot mailbox and a gate. No Qt here."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """One slot, the newest wins. A deque's append and popleft are atomic, so no lock is needed."""

    def __init__(self) -> None:
        self._slot: deque[T] = deque(maxlen=1)

    def wants(self) -> bool:
        """True when the last thing put was taken: the reader's pace is the writer's."""
        return not self._slot

    def put(self, item: T) -> None:
        self._slot.append(item)

    def take(self) -> T | None:
        """The newest item, or None."""
        try:
            return self._slot.popleft()
        except IndexError:
            return None


class FrameGate:
    """Closed while a frame is prepared and painted: training stands still so that painting need not fight for the GIL."""

    LONGEST_WAIT_SECONDS = 0.05

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.closed = False  # read before every mini-batch, so a plain attribute

    def close(self) -> None:
        self.closed = True
        self._open.clear()

    def open(self) -> None:
        self.closed = False
        self._open.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Closed for the length of a ``with``. Who finds it closed leaves opening it to whoever closed it."""
        if self.closed:
            yield
            return
        self.close()
        try:
            yield
        finally:
            self.open()

    def wait(self) -> bool:
        """True when the gate is open; False after 50 ms: a lost opening must not stop training for good."""
        return self._open.wait(self.LONGEST_WAIT_SECONDS)
