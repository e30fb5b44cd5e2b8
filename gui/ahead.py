"""The thread that works ahead of training: it makes the next images ready while those at hand are trained on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine import ahead


class Ahead:
    """One thread, begun when there is something to prepare, from its making until :meth:`stop`."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "ahead")
        ahead.install(self._submit)

    def _submit(self, function: Callable[..., Any], *args: Any) -> ahead.Prepared:
        try:
            return self._pool.submit(function, *args)
        except RuntimeError:  # it has ended; whoever trains all the same does without
            return ahead.WhenAsked(function, *args)

    def stop(self) -> None:
        """End the thread when it is through with what it was given: milliseconds."""
        ahead.install(ahead.WhenAsked)
        self._pool.shutdown()
