"""What the window remembers between starts: one JSON file, read field by field, so that no damage stops a start."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

from engine.atomic import write_atomic

APP = "neuroloom"
VERSION = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """``geometry`` and ``docks`` (by page) are Qt's own bytes in base64; ``theme`` is system, light or dark.

    ``moved`` are the pages on which a person has moved a border: there a larger window shares nothing out anew.
    ``speed``: epochs a second at most, or what ``speed_unit`` says; 0 without a limit. ``brush``: the pen on the canvas.
    """

    theme: str = "system"
    page: str = "playground"
    grain: str = "epoch"
    reduce_motion: bool = False
    geometry: str = ""
    docks: dict[str, str] = field(default_factory=dict)
    speed: float = 0.0
    speed_unit: str = "epoch"
    doctor: bool = True
    moved: list[str] = field(default_factory=list)
    brush: int = 20


@dataclass(frozen=True)
class Places:
    """Where files lie: the platform's folders for this application."""

    settings: Path
    sessions: Path

    @classmethod
    def of_platform(cls) -> Places:
        return cls(
            Path(platformdirs.user_config_dir(APP, appauthor=False)) / "settings.json",
            Path(platformdirs.user_data_dir(APP, appauthor=False)),
        )

    def session(self, document: str) -> Path:
        """The file that holds the last experiment of a document."""
        return self.sessions / f"last-{document}.json"

    @property
    def images(self) -> Path:
        """The folder of the image sets that a person brought."""
        return self.sessions / "images"

    @property
    def drawings(self) -> Path:
        """The file of the person's own drawings."""
        return self.sessions / "drawings.jsonl"


def set_aside(path: Path) -> Path | None:
    """Rename a damaged file to ``<name>.bad`` so that nothing of it is lost; None when that is not possible."""
    bad = path.with_name(path.name + ".bad")
    try:
        os.replace(path, bad)
    except OSError:
        return None
    return bad


def load(path: Path) -> tuple[Settings, str]:
    """(settings, a sentence for the person or ""). Whatever the file holds, settings come back."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Settings(), ""
    except OSError as error:
        log.warning("settings not read: %s", error)
        return Settings(), f"The settings can't be read ({error.strerror}), so the usual ones are used."
    try:
        raw = json.loads(text)
        if not isinstance(raw, dict) or type(raw.get("version")) is not int:
            raise ValueError("not a settings object")
    except (ValueError, RecursionError) as error:
        log.warning("settings damaged: %s", error)
        bad = set_aside(path)
        kept = f"; the damaged file is kept as {bad.name}" if bad else ""
        return Settings(), f"The settings file was damaged, so the usual settings are used{kept}."
    return _sound(raw), ""


def _sound(raw: dict[str, Any]) -> Settings:
    """Every field that is valid; the usual value for the rest."""
    usual = Settings()
    values: dict[str, Any] = {}
    for f in fields(Settings):
        value = raw.get(f.name)
        if type(value) is type(getattr(usual, f.name)):
            values[f.name] = value
    settings = replace(usual, **values)
    docks = {k: v for k, v in settings.docks.items() if isinstance(k, str) and isinstance(v, str) and decode(v)}
    theme = settings.theme if settings.theme in ("system", "light", "dark") else usual.theme
    grain = settings.grain if settings.grain in ("phase", "sample", "batch", "epoch") else usual.grain
    moved = settings.moved if all(isinstance(name, str) for name in settings.moved) else []
    return replace(settings, docks=docks, theme=theme, grain=grain, moved=moved)


def save(path: Path, settings: Settings) -> None:
    """Write atomically; a folder that can't be written is logged, since nothing of the work depends on it."""
    try:
        write_atomic(path, json.dumps({"version": VERSION} | asdict(settings), indent=1).encode())
    except OSError:
        log.warning("settings not saved", exc_info=True)


def encode(content: Any) -> str:
    """Qt's bytes as text."""
    return base64.b64encode(bytes(content)).decode()


def decode(text: str) -> bytes:
    """The bytes :func:`encode` took; empty when the text is damaged."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
