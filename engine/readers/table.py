"""Tables in a text: one digit a row, its label first or last, with a line of names above them or without.

Known shapes: 785 columns without names, the label first; ``label,1x1,...,28x28``; Kaggle's ``label,pixel0,...``; and the
digits of the UCI repository, 64 numbers from 0 to 16 and then the label.
"""

from __future__ import annotations

import re

from engine.readers.foreign import is_text
from engine.readers.parts import Part
from engine.readers.rows import COLUMNS, check_columns, read_rows, separator_of
from engine.readers.source import Source

NAMES_OF_LABELS = frozenset({b"label", b"labels", b"class", b"target", b"y", b"digit"})
_LETTER = re.compile(rb"[A-Za-z]")


def recognises(source: Source) -> bool:
    """Any text that is not the beginning of something else."""
    return is_text(source.head) and source.head.lstrip()[:1] not in (b"<", b"{", b"[")


def looks(source: Source) -> str:
    """A set, if the first line has as many columns as one needs."""
    line = _first_line(source)
    return "set" if line.count(separator_of(line)) + 1 in COLUMNS else ""


def read(source: Source) -> list[Part]:
    """Images with their labels."""
    if source.head.startswith(b"\xef\xbb\xbf"):
        source.read(3)
    line = _first_line(source)
    names = [name.strip(b"\"' ").lower() for name in line.split(separator_of(line))]
    label_at, skipped = None, 0
    if any(map(_is_name, names)):
        known = [at for at, name in enumerate(names) if name in NAMES_OF_LABELS]
        label_at = known[0] if len(known) == 1 else None
        check_columns(source, len(names), 1)
        skipped = 1
        _skip_line(source)
    return [read_rows(source, 1 + skipped, label_at, last_by_habit=len(names) == COLUMNS[0])]


def _is_name(field: bytes) -> bool:
    """A word; "nan" and "1e3" are numbers, and what is empty or "?" is a number that is missing."""
    try:
        float(field)
    except ValueError:
        return _LETTER.search(field) is not None
    return False


def _first_line(source: Source) -> bytes:
    return source.head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].removesuffix(b"\r")


def _skip_line(source: Source) -> None:
    content = source.read(len(source.head))
    source.put_back(content.partition(b"\n")[2])
