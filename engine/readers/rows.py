"""Rows of numbers in a text, read a megabyte at a time with NumPy alone: what tables and ARFF files have in common."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnreadableFile
from engine.readers.parts import Part
from engine.readers.pixels import SIZES, Pixels, labels_from
from engine.readers.source import PIECE, Source

# A row of 785 numbers, each written with 17 digits, has 20,000 characters.
MAX_LINE = 100_000
SEPARATORS = (b",", b";", b"\t")
COLUMNS = tuple(size + 1 for size in SIZES)


def blocks(source: Source) -> Iterator[bytes]:
    """The rest of a text in blocks of whole lines, each ending with a newline; blank lines at the end are left out."""
    rest, n_lines = b"", 0
    while piece := source.read(PIECE):
        text = (rest + piece).replace(b"\r\n", b"\n")
        # What follows the last line that is not blank is held back: it may be the end of the text.
        end = text.rfind(b"\n", 0, len(text.rstrip())) + 1
        if end:
            n_lines += text.count(b"\n", 0, end)
            yield text[:end]
        rest = text[end:]
        if len(rest) > MAX_LINE:
            raise source.refusal(
                f"goes on for more than {MAX_LINE:,} characters after line {n_lines:,} without another row."
            )
    if rest := rest.strip():
        yield rest + b"\n"


def separator_of(line: bytes) -> bytes:
    """What the fields of this line are most likely separated by."""
    return max(SEPARATORS, key=line.count)


def read_rows(source: Source, first_line: int, label_at: int | None, last_by_habit: bool) -> Part:
    """Images and labels from the rest of a text; ``label_at`` is the column of the labels where that is known.

    Where it is not, it is the first or the last one, whichever is usual, unless only the other holds different digits: what is
    no label is a corner of the images and nearly always blank.
    """
    pixels, labels, line = Pixels(source.refusal), [], first_line
    separator, n_columns = b"", 0
    for block in blocks(source):
        if not n_columns:
            separator = separator_of(block.partition(b"\n")[0])
            n_columns = check_columns(source, block.partition(b"\n")[0].count(separator) + 1, line)
        table = _whole_numbers(block, separator, n_columns)
        if table is None:
            table = _any_numbers(source, block, separator, n_columns, line)
        if label_at is None:
            label_at = _label_column(table, last_by_habit)
        labels.append(table[:, label_at].copy())
        pixels.add(np.delete(table, label_at, axis=1))
        line += len(table)
    if not labels:
        raise source.refusal("holds no rows, so no images.")
    images, full = pixels.finish()
    return Part(source.path, images, labels_from(np.concatenate(labels), source.refusal), full=full)


def check_columns(source: Source, n_columns: int, line: int) -> int:
    """``n_columns`` if a row of a digit has as many, with a sentence of its own for rows without a label."""
    if n_columns in SIZES:
        raise source.refusal(
            f"has {n_columns} columns, pixels without labels (as Kaggle's test.csv).",
            "Choose the file that has a column of labels too.",
        )
    if n_columns not in COLUMNS:
        raise source.refusal(
            f"has {n_columns:,} column{'s' * (n_columns != 1)} in line {line:,}.",
            "Choose a table with 785 or 65 columns, the label and the pixels.",
        )
    return n_columns


def _label_column(table: NDArray, last_by_habit: bool) -> int:
    usual, other = (-1, 0) if last_by_habit else (0, -1)
    at = other if _are_labels(table[:, other]) and not _are_labels(table[:, usual]) else usual
    return at % int(table.shape[1])


def _are_labels(column: NDArray) -> bool:
    digits = (column >= 0) & (column <= 9) & (column == np.rint(column))
    return bool(digits.all() and (column != column[0]).any())


def _whole_numbers(block: bytes, separator: bytes, n_columns: int) -> NDArray | None:
    """(rows, n_columns) uint8, or None unless the block is nothing but numbers of one to three digits up to 255.

    Every byte that is no digit must be the separator or newline that is due there; so the positions of those say where
    each number ends and how long it is, and three passes over its digits are enough.
    """
    text = np.frombuffer(block, np.uint8)
    digits = text - np.uint8(ord("0"))
    ends = np.flatnonzero(digits > 9)
    n_rows = len(ends) // n_columns
    if len(ends) != n_rows * n_columns:
        return None
    marks = text[ends].reshape(n_rows, n_columns)
    if (marks[:, -1] != ord("\n")).any() or (marks[:, :-1] != ord(separator)).any():
        return None
    lengths = np.diff(ends, prepend=-1) - 1
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    values = digits[ends - 1]
    longer = np.flatnonzero(lengths > 1)
    values[longer] += digits[ends[longer] - 2] * np.uint8(10)
    longest = np.flatnonzero(lengths > 2)
    hundreds = digits[ends[longest] - 3]
    if ((hundreds > 2) | ((hundreds == 2) & (values[longest] > 55))).any():
        return None
    values[longest] += hundreds * np.uint8(100)
    return values.reshape(n_rows, n_columns)


def _any_numbers(source: Source, block: bytes, separator: bytes, n_columns: int, line: int) -> NDArray:
    """The same for all other ways to write numbers: (rows, n_columns) float64, or uint8 where only quotes were in the way."""
    plain = block.translate(None, b"'\"")
    table = _whole_numbers(plain, separator, n_columns) if len(plain) < len(block) else None
    if table is None and plain.strip():
        try:
            table = np.loadtxt(
                io.BytesIO(plain), delimiter=separator.decode(), comments=None, ndmin=2, encoding="ascii"
            )
        except ValueError:
            table = None
    # loadtxt passes over blank lines.
    if table is None or table.shape != (block.count(b"\n"), n_columns):
        raise _culprit(source, plain, separator, n_columns, line)
    return table


def _culprit(source: Source, block: bytes, separator: bytes, n_columns: int, line: int) -> UnreadableFile:
    for number, row in enumerate(block[:-1].split(b"\n"), line):
        fields = row.split(separator)
        if not row.strip():
            return source.refusal(f"has an empty line {number:,} in the middle.")
        if len(fields) != n_columns:
            return source.refusal(f"has {len(fields):,} columns in line {number:,}, not {n_columns}.")
        for field in fields:
            try:
                float(field)
            except ValueError:
                shown = field[:20].decode("ascii", "replace").strip()
                return source.refusal(f"holds {shown!r} in line {number:,}, which is not a number.")
    return source.refusal(f"holds something that is not a number after line {line:,}.")
