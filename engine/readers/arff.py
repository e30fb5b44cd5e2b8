"""ARFF, in which OpenML gives out data and scikit-learn keeps them: names of columns, then @DATA, then rows."""

from __future__ import annotations

import re

from engine.readers.foreign import is_text
from engine.readers.parts import Part
from engine.readers.pixels import SIZES
from engine.readers.rows import read_rows
from engine.readers.source import Source

MAX_HEADER = 1_000_000
_BEGINS = re.compile(rb"\s*(%[^\n]*\n\s*)*@relation\b", re.I)
_DATA = re.compile(rb"^[ \t]*@data[^\n]*\n", re.I | re.M)
_ATTRIBUTE = re.compile(rb"^[ \t]*@attribute\b", re.I | re.M)


def recognises(source: Source) -> bool:
    """A text that begins with the name of a relation, comments aside."""
    return is_text(source.head) and _BEGINS.match(source.head) is not None


def looks(source: Source) -> str:
    """A set if it has as many columns as 8×8 images at least: more of its header may not fit into the head."""
    return "set" if len(_ATTRIBUTE.findall(source.head)) >= min(SIZES) else ""


def read(source: Source) -> list[Part]:
    """Images with their labels, which OpenML puts last."""
    header = source.read(MAX_HEADER)
    found = _DATA.search(header)
    if found is None:
        raise source.refusal("is an ARFF file without @DATA.")
    source.put_back(header[found.end() :])
    if header[found.end() :].lstrip()[:1] == b"{":
        raise source.refusal("is a sparse ARFF file.", "Save it with all its numbers, or as .npz.")
    return [read_rows(source, header.count(b"\n", 0, found.end()) + 1, None, last_by_habit=True)]
