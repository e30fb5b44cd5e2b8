"""Where people keep image sets. Finding lists names and sizes and glances at first bytes; nothing is read unasked."""

from __future__ import annotations

import itertools
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.readers.formats import look

# A home folder with 100,000 files must not keep anybody waiting.
MAX_ENTRIES = 200_000
MAX_LOOKS = 300
MAX_SECONDS = 2.0
MIN_BYTES, MAX_BYTES = 20, 2_000_000_000
DEPTH = 3
# Where names end otherwise there is no need to look. Only to be quick: what is found is known by its content.
ENDINGS = re.compile(r"(ubyte|-int|\.npz|\.csv|\.txt|\.data|\.tra|\.tes|\.arff)(\.gz)?$", re.I)
LIKELY = re.compile("mnist|ubyte|digit", re.I)
# A browser's "name (1).gz" and a ".gz" beside its unpacked copy are the same file once more.
_COPY = re.compile(r"( \(\d+\))?(\.gz)?$", re.I)
_ROLE = re.compile("train|t10k|test", re.I)
_VAGUE = frozenset({"raw", "data", "downloads", "datasets", "gzip", ""})


@dataclass(frozen=True, slots=True)
class Found:
    """A set that seems to lie in ``paths``: what to call it, the folder to show a person, and the size on disk."""

    title: str
    paths: tuple[Path, ...]
    where: str
    n_bytes: int


def find_sets(folders: Sequence[Path] | None = None) -> list[Found]:
    """The sets in these folders and below, without ``folders`` in the places where libraries and people keep them.

    Links to folders are not followed. It looks for two seconds at most, and then gives what it has found so far.
    """
    places = usual_places() if folders is None else [(Path(folder), DEPTH) for folder in folders]
    search = _Search()
    found: dict[tuple[Path, ...], Found] = {}
    for folder, depth in places:
        for one in search.sets(folder, depth):
            found.setdefault(tuple(path.resolve() for path in one.paths), one)
    return list(found.values())


def sets_in(folder: Path) -> list[Found]:
    """The sets in the folder itself, or else those below it."""
    return list(_Search(any_name=True).sets(folder, 0)) or find_sets([folder])


def usual_places() -> list[tuple[Path, int]]:
    """Folders, and how many levels below them are looked through."""
    home, here = Path.home(), Path.cwd()
    scikit_learn = Path(os.environ.get("SCIKIT_LEARN_DATA") or home / "scikit_learn_data").expanduser()
    raw = [
        (root / inner / "MNIST" / "raw", 0)
        for root in (here, home, home / "data", home / "datasets")
        for inner in ("", "data")
    ]
    return [
        (home / ".keras" / "datasets", 1), *raw, (scikit_learn / "openml", 6), (home / "Downloads", 2),
        (home / "data", DEPTH), (home / "datasets", DEPTH), (here / "data", DEPTH),
    ]  # fmt: skip


def title_of(paths: Sequence[Path]) -> str:
    """What to call a set that nobody knows: by its file, or by the folder where the names of files say little."""
    stem = _COPY.sub("", paths[0].name).split(".")[0].replace("-", " ").replace("_", " ").strip()
    if len(paths) > 1 or stem.lower() in ("train", "test", "data"):
        folders = itertools.takewhile(lambda folder: folder != Path.home(), paths[0].absolute().parents)
        named = next((folder.name for folder in folders if folder.name.lower() not in _VAGUE), "")
        stem = named or ("" if len(paths) > 1 else stem)
    return stem[:60] or "Images"


class _Search:
    """One search through folders, with what is left of its patience."""

    def __init__(self, any_name: bool = False) -> None:
        self._any_name = any_name
        self._entries, self._looks = MAX_ENTRIES, MAX_LOOKS
        self._deadline = time.monotonic() + MAX_SECONDS

    def sets(self, folder: Path, depth: int) -> Iterator[Found]:
        below: list[tuple[Path, int]] = [(folder, depth)]
        while below and self._entries > 0 and time.monotonic() < self._deadline:
            here, levels = below.pop(0)
            files, folders = self._listed(here)
            yield from self._among(here, files)
            if levels:
                below += [(inner, levels - 1) for inner in folders]

    def _listed(self, folder: Path) -> tuple[dict[Path, int], list[Path]]:
        """Files that may be of use with their sizes, the likely ones first, and folders, both by name."""
        files: dict[Path, int] = {}
        folders = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._entries -= 1
                    if self._entries < 0 or time.monotonic() > self._deadline:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith("."):
                            folders.append(Path(entry.path))
                    elif (self._any_name or ENDINGS.search(entry.name)) and entry.is_file():
                        size = entry.stat().st_size
                        if MIN_BYTES <= size <= MAX_BYTES:
                            files[Path(entry.path)] = size
        except OSError:
            pass
        order = sorted(files, key=lambda path: (LIKELY.search(path.name) is None, path.name))
        return {path: files[path] for path in order}, sorted(folders)

    def _among(self, folder: Path, files: dict[Path, int]) -> Iterator[Found]:
        """What the files of one folder come to. Those whose names are alike but for "train" and "test" belong together."""
        groups: dict[tuple[bool, str], dict[str, list[Path]]] = {}
        for path in files:
            if self._looks <= 0 or time.monotonic() > self._deadline:
                break
            self._looks -= 1
            if kind := look(path):
                alike = _ROLE.sub("", _COPY.sub("", path.name)) if kind == "set" else _ROLE.split(path.name)[0]
                groups.setdefault((kind == "set", alike), {}).setdefault(kind, []).append(path)
        for (whole, _), group in groups.items():
            kinds = ("set",) if whole else ("images", "labels")
            if all(kind in group for kind in kinds):
                paths = tuple(path for kind in kinds for path in _once(group[kind]))
                yield Found(title_of(paths), paths, _shown(folder), sum(files[path] for path in paths))


def _once(paths: Sequence[Path]) -> list[Path]:
    """Without copies: of "images" and "images.gz" the first, which is quicker to read."""
    return list({_COPY.sub("", path.name): path for path in sorted(paths, reverse=True)}.values())[::-1]


def _shown(folder: Path) -> str:
    try:
        return str(Path("~") / folder.absolute().relative_to(Path.home()))
    except ValueError:
        return str(folder)
