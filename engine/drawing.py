"""One drawing of a person's own: the ink, what it means, and the line of a file that holds both."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine import pen

INK_SIDE = 280
"""Pixels along a side of the canvas's own picture, which networks' inputs are made from; brush sizes count in these."""

MAX_LINE_BYTES = 1_000_000
MAX_STROKES, MAX_POINTS = 1_000, 20_000
_FAR = 100.0  # a hand may leave the canvas, but not that far

Strokes = tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class OwnDrawing:
    """One drawing and the digit it is; :meth:`of` makes it. ``packed`` is the ink, a byte a pixel, by zlib."""

    id: str
    label: int
    packed: bytes = field(repr=False, compare=False)
    strokes: Strokes = field(default=(), repr=False, compare=False)
    pen: float = field(default=0.07, compare=False)
    at: str = field(default="", compare=False)
    writer: str = field(default="", compare=False)

    @classmethod
    def of(
        cls, ink: NDArray, label: int, strokes: Iterable[Iterable[Sequence[float]]] = (), pen: float = 0.07,
        at: str = "", writer: str = "",
    ) -> OwnDrawing:  # fmt: skip
        """A drawing of ``ink`` (280, 280) float, 0 empty .. 1 ink; ``at`` is now where it is not said.

        Raises ``ValueError`` for what no canvas can have come to, and for ink that no network could read anything in.
        """
        ink = np.asarray(ink)
        if ink.shape != (INK_SIDE, INK_SIDE) or not np.isfinite(ink).all():
            raise ValueError(f"the ink must be {INK_SIDE}×{INK_SIDE} finite numbers")
        pixels = np.round(np.clip(ink, 0.0, 1.0) * 255).astype(np.uint8).tobytes()
        points = tuple(tuple((round(float(x), 4), round(float(y), 4)) for x, y in stroke) for stroke in strokes)
        at = at or datetime.now(UTC).isoformat(timespec="seconds")
        return cls(
            _id(pixels, label), label, zlib.compress(pixels), points, round(float(pen), 4), at, writer
        )._checked()

    @property
    def ink(self) -> NDArray:
        """(280, 280) float32, 0 empty .. 1 ink, as the canvas had it."""
        pixels = np.frombuffer(_unpacked(self.packed), np.uint8).reshape(INK_SIDE, INK_SIDE)
        return pixels * np.float32(1 / 255)

    @property
    def picture(self) -> str:
        """What two drawings have in common that differ in nothing but their labels."""
        return self.id[:-1]

    def labelled(self, label: int) -> OwnDrawing:
        """The same drawing as another digit. Raises ``ValueError``."""
        return replace(self, id=f"{self.picture}{label}", label=label)._checked()

    def line(self) -> bytes:
        """What the file holds of it, without the end of the line."""
        raw: dict[str, Any] = {
            "id": self.id,
            "label": self.label,
            "strokes": self.strokes,
            "pen": self.pen,
            "at": self.at,
        }
        if self.writer:
            raw["writer"] = self.writer
        raw["ink"] = base64.b64encode(self.packed).decode()
        return json.dumps(raw, separators=(",", ":")).encode()

    def _checked(self) -> OwnDrawing:
        if type(self.label) is not int or not 0 <= self.label <= 9:
            raise ValueError("the label must be a digit")
        if len(self.strokes) > MAX_STROKES or sum(map(len, self.strokes)) > MAX_POINTS:
            raise ValueError("there are too many points")
        if not all(abs(value) <= _FAR for stroke in self.strokes for point in stroke for value in point):
            raise ValueError("a point lies nowhere near the canvas")
        if not 0 < self.pen <= 1:
            raise ValueError("the pen must be as wide as the canvas at most")
        pixels = _unpacked(self.packed)
        if max(pixels) < pen.FAINT * 255:
            raise ValueError("there is no ink")
        if self.id != _id(pixels, self.label):
            raise ValueError("the id belongs to another drawing")
        return self


def parse(line: bytes) -> OwnDrawing:
    """The drawing of one line. Raises ``ValueError`` for whatever else the bytes are."""
    if len(line) > MAX_LINE_BYTES:
        raise ValueError("the line is too long")
    try:
        raw = json.loads(line)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(raw, dict):
        raise ValueError("not an object")
    text = {name: raw.get(name, "") for name in ("id", "at", "ink", "writer")}
    if not all(isinstance(value, str) for value in text.values()) or len(text["writer"]) > 100:
        raise ValueError("a text is missing or no text")
    datetime.fromisoformat(text["at"])
    strokes = tuple(tuple(_point(point) for point in _list(stroke)) for stroke in _list(raw.get("strokes")))
    return OwnDrawing(
        text["id"], raw.get("label", -1), base64.b64decode(text["ink"], validate=True), strokes, _number(raw.get("pen")),
        text["at"], text["writer"],
    )._checked()  # fmt: skip


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_POINTS:
        raise ValueError("not a list")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= 1e6:  # neither NaN nor what a float can't hold
        raise ValueError("not a number")
    return float(value)


def _point(value: Any) -> tuple[float, float]:
    x, y = map(_number, _list(value))
    return x, y


def _unpacked(packed: bytes) -> bytes:
    """The ink's pixels. Raises ``ValueError`` where they are not as many as they should be, before there is more of them."""
    n, stream = INK_SIDE**2, zlib.decompressobj()
    try:
        pixels = stream.decompress(packed, n + 1)
    except zlib.error as error:
        raise ValueError("the ink is damaged") from error
    if len(pixels) != n or not stream.eof or stream.unused_data:
        raise ValueError("the ink is damaged")
    return pixels


def _id(pixels: bytes, label: int) -> str:
    """15 hexadecimal digits of the ink and the label behind them: an experiment that names it says what it was taught."""
    return f"{hashlib.sha256(pixels).hexdigest()[:15]}{label}"
