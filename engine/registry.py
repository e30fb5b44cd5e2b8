"""name -> class: a package's modules register themselves, so that adding one thing is adding one file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar

from engine.errors import InvalidSpec


@dataclass(frozen=True, slots=True)
class Range:
    """What a number may be: the bounds, and how a form offers it.

    ``ladder`` lists the values a drop-down offers; any value within the bounds is still valid.
    """

    low: float
    high: float
    label: str
    help: str = ""
    step: float | None = None
    ladder: tuple[float, ...] = ()
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What a text may be: at most ``most`` characters for which ``problem(text)`` answers "", else what is wrong."""

    label: str
    problem: Callable[[str], str]
    most: int
    help: str = ""


def ranged(default: float | int | bool, low: float, high: float, label: str, **more: Any) -> Any:
    """A dataclass field that carries its :class:`Range`; forms and validation both read it."""
    return field(default=default, metadata={"range": Range(low, high, label, **more)})


def switch(default: bool, label: str, help: str = "") -> Any:
    """A yes-or-no dataclass field with the label a form shows."""
    return field(default=default, metadata={"range": Range(0, 1, label, help)})


def listed(read: Callable[[Any, str], Any], default: Any) -> Any:
    """A field that no form edits; ``read(value, path)`` makes it from JSON or raises :class:`InvalidSpec`."""
    return field(default=default, metadata={"read": read})


def written(default: str, label: str, problem: Callable[[str], str], most: int, help: str = "") -> Any:
    """A dataclass field that a person writes; forms and validation both read its :class:`Text`."""
    return field(default=default, metadata={"text": Text(label, problem, most, help)})


def ladder(low_exponent: int, high_exponent: int, zero: bool = False) -> tuple[float, ...]:
    """The 1-3-10 ladder, ``1e-3, 3e-3, 1e-2 ...``.

    >>> ladder(-2, -1)
    (0.01, 0.03, 0.1)
    """
    rungs = [float(f"{digit}e{e}") for e in range(low_exponent, high_exponent + 1) for digit in (1, 3)]
    return ((0.0,) if zero else ()) + tuple(rungs[:-1])


@dataclass(frozen=True)
class Entry:
    """Base of everything that can be chosen by name. Its dataclass fields are its settings."""

    name: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]


T = TypeVar("T", bound=Entry)


class Registry(Generic[T]):
    """The classes of one kind, in the order of their ``order`` (then name)."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind, self._package = kind, package
        self._entries: dict[str, type[T]] = {}
        self._loaded = False

    def register(self, cls: type[T]) -> type[T]:
        """Class decorator. Raises ``ValueError`` when the name is taken by another class."""
        if cls.name in self._entries:
            raise ValueError(f"two classes register the {self.kind} {cls.name!r}")
        self._entries[cls.name] = cls
        return cls

    def _load(self) -> dict[str, type[T]]:
        if not self._loaded:
            package = importlib.import_module(self._package)
            for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
                importlib.import_module(f"{self._package}.{module}")
            self._entries = dict(sorted(self._entries.items(), key=lambda kv: (getattr(kv[1], "order", 100), kv[0])))
            self._loaded = True
        return self._entries

    def __getitem__(self, name: str) -> type[T]:
        """The class called ``name``. Raises :class:`InvalidSpec` naming what is known."""
        entries = self._load()
        if name not in entries:
            raise InvalidSpec(f"unknown {self.kind} {name!r}; known are {', '.join(entries)}")
        return entries[name]

    def __iter__(self) -> Iterator[type[T]]:
        return iter(self._load().values())

    def __contains__(self, name: object) -> bool:
        return name in self._load()

    def names(self) -> tuple[str, ...]:
        return tuple(self._load())


def switch_kind(old: Entry, cls: type[T]) -> T:
    """``cls()`` with every setting that ``old`` shares by name: Adam keeps SGD's learning rate."""
    if type(old) is cls:
        return old
    shared = {f.name for f in fields(old)} & {f.name for f in fields(cls)}
    return cls(**{name: getattr(old, name) for name in shared})
