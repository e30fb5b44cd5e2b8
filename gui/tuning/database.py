"""Where studies lie: Optuna's tables in SQLite or PostgreSQL, opened once for each address.

SQLite is opened in WAL mode and waits for a lock instead of giving up. Measured with four processes on two busy cores that
report as fast as they can for 6 s: 1,440 reports, the slowest after 0.4 s; in the rollback journal, SQLite's usual mode, 460
and 2.5 s; by Optuna's JournalStorage 2,280, but one waited for 8 s, and it has no heartbeat, so that nobody would see that
a worker was killed. No process met "database is locked" in any of them.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sqlite3
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from engine.errors import NeuroloomError
from gui.installing import pip_install
from gui.tuning import weights

FILE = "studies.sqlite"
LOCK_SECONDS = 60.0
# Any number will do, as long as it is the same everywhere: PostgreSQL's advisory locks have no names.
ADVISORY_LOCK = 7_201_153

optuna.logging.set_verbosity(optuna.logging.ERROR)
_opened: dict[str, RDBStorage] = {}
_opening = threading.RLock()


class TuningError(NeuroloomError):
    """A study can't be opened, begun or read; the sentence says why and what to do."""


def default_url(folder: Path) -> str:
    """The SQLite file of this person: ``folder`` is ``Places.sessions``."""
    return f"sqlite:///{(folder / FILE).resolve().as_posix()}"


def address(storage: str) -> str:
    """The address as SQLAlchemy wants it. A path is a SQLite file; ``postgresql://`` and ``postgres://`` go by psycopg.

    Raises :class:`TuningError` where it is none, or its driver is not installed.
    """
    storage = storage.strip()
    if "://" not in storage:
        if not storage:
            raise TuningError("There is no storage: name a file, or postgresql://USER@HOST/DATABASE.")
        return f"sqlite:///{Path(storage).expanduser().resolve().as_posix()}"
    scheme, _, rest = storage.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        if importlib.util.find_spec("psycopg") is None:
            raise TuningError(f"PostgreSQL needs its driver: install it with {pip_install('psycopg[binary]')}")
        return f"postgresql+psycopg://{rest}"
    if scheme != "sqlite":
        raise TuningError(f"Studies lie in SQLite or PostgreSQL, not in {scheme}: use postgresql://USER@HOST/DATABASE.")
    return storage


def shown(storage: str) -> str:
    """The address without its password, for a person to see."""
    try:
        return make_url(storage).render_as_string(hide_password=True)
    except ArgumentError:
        return storage


def is_local(storage: str) -> bool:
    """True for a file of this machine."""
    return address(storage).startswith("sqlite")


def opened(storage: str) -> RDBStorage:
    """The database, with all its tables; the same object for the same address. Raises :class:`TuningError`."""
    url = address(storage)
    with _opening:
        if url not in _opened:
            try:
                _opened[url] = _open(url)
            except (SQLAlchemyError, StorageInternalError, sqlite3.Error, OSError, ValueError, RuntimeError) as error:
                raise TuningError(f"{shown(url)} can't be opened ({_reason(error)}): check the address.") from error
        return _opened[url]


def close(storage: str | None = None) -> None:
    """Let go of one database, or of all."""
    with _opening:
        for url in list(_opened) if storage is None else [address(storage)]:
            if (rdb := _opened.pop(url, None)) is not None:
                rdb.remove_session()
                rdb.engine.dispose()


def _open(url: str) -> RDBStorage:
    options: dict[str, Any] = {"pool_pre_ping": True}
    if url.startswith("sqlite"):
        path = Path(make_url(url).database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        options = {"connect_args": {"timeout": LOCK_SECONDS}}
        # Before Optuna makes its tables: the mode stays with the file.
        with contextlib.closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as file:
            file.execute("PRAGMA journal_mode=WAL")
        with _file_lock(path):
            rdb = _storage(url, options)
        event.listen(rdb.engine, "connect", _be_quick)
        rdb.engine.dispose()  # so that every connection is told
        return rdb
    engine = create_engine(url)
    try:
        # Two that make the tables at once would fail at each other's.
        with engine.connect() as connection, _advisory_lock(connection):
            return _storage(url, options)
    finally:
        engine.dispose()


def _storage(url: str, options: dict[str, Any]) -> RDBStorage:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Braces would be filled in by Optuna.
        escaped = url.replace("{", "{{").replace("}", "}}")
        rdb = RDBStorage(escaped, options)
    weights.create_table(rdb.engine)
    return rdb


def _be_quick(connection: Any, _record: Any) -> None:
    """In WAL mode this is safe against a killed process; only a power cut may lose the last moments, never the file."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


@contextlib.contextmanager
def alone(rdb: RDBStorage) -> Iterator[None]:
    """One process at a time: whoever is killed in here lets go of it."""
    if rdb.engine.dialect.name == "sqlite":
        with _file_lock(Path(rdb.engine.url.database or "")):
            yield
    else:
        with rdb.engine.connect() as connection, _advisory_lock(connection):
            yield


@contextlib.contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    """SQLite's own lock on an empty file beside the database: it is the same on every platform."""
    beside = path.with_name(path.name + ".lock")
    with contextlib.closing(sqlite3.connect(beside, timeout=LOCK_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextlib.contextmanager
def _advisory_lock(connection: Any) -> Iterator[None]:
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    try:
        yield
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})


def _reason(error: BaseException) -> str:
    lines = str(error.__cause__ or error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
