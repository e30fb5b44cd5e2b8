"""Rounds: which findings are shown. One comes after it held for several checkups and goes likewise, so that none flickers."""

from __future__ import annotations

from collections.abc import Iterable

from engine.doctor import Finding

HELD = 3  # checkups in a row
Key = tuple[str, int, str]


class Rounds:
    """Takes the findings of one checkup after another; :attr:`shown` are those that stay."""

    def __init__(self) -> None:
        self._seen: dict[Key, int] = {}  # checkups in a row with it; below 0 without it, for what is shown
        self._shown: dict[Key, Finding] = {}

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The findings that hold, the gravest first as the rules gave them."""
        return tuple(self._shown.values())

    def forget(self) -> None:
        """Another run, or other settings: nothing that was found holds."""
        self._seen.clear()
        self._shown.clear()

    def take(self, findings: Iterable[Finding], settled: bool) -> tuple[Finding, ...]:
        """What is shown after this checkup. ``settled``: the run stands still, so this is what it has."""
        found = {finding.key: finding for finding in findings}
        if settled:
            self._seen = dict.fromkeys(found, HELD)
            self._shown = found
            return self.shown
        for key in found.keys() | self._seen.keys():
            self._seen[key] = self._count(key, key in found)
        held = {key: finding for key, finding in found.items() if key in self._shown or self._seen[key] >= HELD}
        staying = {key: finding for key, finding in self._shown.items() if key not in found and self._seen[key] > -HELD}
        self._seen = {key: seen for key, seen in self._seen.items() if key in found or key in staying}
        self._shown = held | staying
        return self.shown

    def _count(self, key: Key, found: bool) -> int:
        before = self._seen.get(key, 0)
        return max(before, 0) + 1 if found else min(before, 0) - 1
