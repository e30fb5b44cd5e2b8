"""Work done ahead: what will be needed soon is prepared by whoever has a thread for it, else when it is asked for.

The engine knows no threads. The window installs one; what comes out is the same bits with and without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Prepared(Protocol):
    """Something under way. ``concurrent.futures.Future`` is one."""

    def result(self) -> Any:
        """What the function returned, or raised; waits for it."""

    def cancel(self) -> bool:
        """Nobody will ask for it: whoever has not begun with it need not."""


class WhenAsked:
    """Nobody is there to work ahead: computed by whoever asks, at that moment."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self._function, self._args = function, args

    def result(self) -> Any:
        return self._function(*self._args)

    def cancel(self) -> bool:
        return True


Submit = Callable[..., Prepared]
_submit: Submit = WhenAsked


def install(submit: Submit) -> None:
    """From now on ``submit(function, *args)`` prepares; :class:`WhenAsked` is what there is without."""
    global _submit
    _submit = submit


def prepare(function: Callable[..., Any], *args: Any) -> Prepared:
    """Have ``function(*args)`` computed, soon; it may run in another thread, so it must change nothing that others see."""
    return _submit(function, *args)
