"""RunStore: every run that was trained, in one SQLite file, with the weights of each in a file beside it.

The row of a run and its weights are written together: whatever ends the program in between, the next start finds every run
whole. No Qt; any thread may ask.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import math
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import NeuroloomError
from engine.files import SavedExperiment
from gui.history import weights
from gui.history.record import RunRecord

log = logging.getLogger(__name__)

FILE, WEIGHTS, BAD = "runs.sqlite", "runs", "runs.bad"
BUSY_SECONDS = 5.0
# What was deleted can be had back for the session; after a crash a day later it goes.
FORGET_AFTER_SECONDS = 86_400.0
MIGRATIONS = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT, page TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL,
        differs TEXT NOT NULL, started REAL NOT NULL, ended REAL NOT NULL, epochs INTEGER NOT NULL, seconds REAL NOT NULL,
        seed INTEGER NOT NULL, train_loss REAL, test_loss REAL, train_accuracy REAL, test_accuracy REAL,
        regression INTEGER NOT NULL, classes INTEGER NOT NULL, parent INTEGER NOT NULL, mark TEXT NOT NULL, deleted REAL
    );
    CREATE INDEX runs_by_mark ON runs (mark);
    CREATE TABLE details (
        id INTEGER PRIMARY KEY REFERENCES runs (id), spec TEXT NOT NULL, spark BLOB NOT NULL, thumbnail BLOB NOT NULL
    );
    """,
)
_ROW = (
    "page", "name", "settings", "differs", "started", "ended", "epochs", "seconds", "seed", "train_loss", "test_loss",
    "train_accuracy", "test_accuracy", "regression", "classes", "parent", "mark",
)  # fmt: skip
_KEPT = ("name", "started", "page", "parent")  # not written again when a run trains on
_DETAILS = ("spec", "spark", "thumbnail")
SORTS = {
    "started": "started", "name": "name COLLATE NOCASE", "test_loss": "test_loss", "test_accuracy": "test_accuracy",
    "epochs": "epochs", "seconds": "seconds", "seed": "seed",
}  # fmt: skip


class HistoryError(NeuroloomError):
    """The history can't be read or written: the sentence says why and what to do."""


class RunStore:
    """The runs in ``folder``. It is opened when somebody first asks, and made where there is none.

    ``complaint`` is a sentence for the person where a damaged history had to be set aside, else "". Every method raises
    :class:`HistoryError`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.complaint = ""
        self._lock = threading.RLock()
        self._database: sqlite3.Connection | None = None

    @property
    def path(self) -> Path:
        """The file of the rows."""
        return self.folder / FILE

    def weights_of(self, run: int) -> Path:
        """The file of a run's weights."""
        return self.folder / WEIGHTS / f"{run}.safetensors"

    # --- looking ---------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many runs there are, those of other pages and those that no search finds included."""
        with self._open() as database:
            return int(database.execute("SELECT count(*) FROM runs WHERE deleted IS NULL").fetchone()[0])

    def ids(self, search: str = "", page: str = "", sort: str = "started", descending: bool = True) -> list[int]:
        """The runs whose name and settings have every word of ``search``, in the order of a column of ``SORTS``.

        What has no such number comes last either way; among equals the newest comes first.
        """
        where, values = ["deleted IS NULL"], []
        if page:
            where.append("page = ?")
            values.append(page)
        for word in search.split():
            where.append("name || ' ' || differs || ' ' || settings LIKE ? ESCAPE '\\'")
            values.append("%" + "".join(f"\\{c}" if c in "\\%_" else c for c in word) + "%")
        order = SORTS[sort]
        sql = f"SELECT id FROM runs WHERE {' AND '.join(where)} ORDER BY {order} IS NULL, {order}"
        with self._open() as database:
            rows = database.execute(f"{sql} {'DESC' if descending else 'ASC'}, id DESC", values)
            return [row[0] for row in rows]

    def rows(self, ids: Iterable[int]) -> dict[int, RunRecord]:
        """These runs, as far as they are there."""
        result: dict[int, RunRecord] = {}
        wanted = list(ids)
        columns = ", ".join(("runs.id", *_ROW, *_DETAILS))
        with self._open() as database:
            for start in range(0, len(wanted), 500):
                part = wanted[start : start + 500]
                marks = ",".join("?" * len(part))
                sql = f"SELECT {columns} FROM runs JOIN details USING (id) WHERE deleted IS NULL AND id IN ({marks})"
                for row in database.execute(sql, part):
                    result[row[0]] = _record(row)
        return result

    def find(self, mark: str) -> int:
        """The newest run that ended with these weights, 0 where there is none."""
        with self._open() as database:
            row = database.execute("SELECT max(id) FROM runs WHERE mark = ? AND deleted IS NULL", (mark,)).fetchone()
            return row[0] or 0

    def newest(self, page: str) -> RunRecord | None:
        """The run of a page that began last."""
        with self._open() as database:
            row = database.execute("SELECT max(id) FROM runs WHERE page = ? AND deleted IS NULL", (page,)).fetchone()
        return self.rows([row[0]]).get(row[0]) if row[0] else None

    def saved(self, run: int) -> SavedExperiment:
        """A run with its weights, to go on from. Raises :class:`engine.errors.UnreadableFile`."""
        saved = weights.read(self.weights_of(run))
        record = self.rows([run]).get(run)
        return replace(saved, title=record.name if record else "")

    # --- changing --------------------------------------------------------------------------------------------------

    def put(self, record: RunRecord, content: bytes) -> int:
        """Write a run and its weights, a new one where its ``id`` is 0; its id. The name of a run that is there stays."""
        with self._changing() as database:
            run = self._put(database, record)
            # Before the row counts: what is in the history can be opened, whatever ends the program here.
            weights.write(self.weights_of(run), content)
        return run

    def put_all(self, records: Iterable[RunRecord]) -> list[int]:
        """Write many runs at once, without weights; their ids."""
        with self._changing() as database:
            return [self._put(database, record) for record in records]

    def _put(self, database: sqlite3.Connection, record: RunRecord) -> int:
        values, run = {name: _plain(getattr(record, name)) for name in _ROW}, record.id
        if run:
            sets = ", ".join(f"{name} = :{name}" for name in _ROW if name not in _KEPT)
            # One that was deleted while it trained on is a new one.
            sql = f"UPDATE runs SET {sets} WHERE id = :id AND deleted IS NULL"
            if not database.execute(sql, {**values, "id": run}).rowcount:
                run = 0
        if not run:
            sql = f"INSERT INTO runs ({', '.join(_ROW)}) VALUES ({', '.join(f':{name}' for name in _ROW)})"
            run = int(database.execute(sql, values).lastrowid or 0)
        spark = np.asarray(record.spark, "<f4").tobytes()
        database.execute(
            "INSERT OR REPLACE INTO details VALUES (?, ?, ?, ?)", (run, record.spec, spark, record.thumbnail)
        )
        return run

    def rename(self, run: int, name: str) -> None:
        """Call a run ``name``; an empty one changes nothing."""
        name = " ".join(name.split())[:120]
        if name:
            with self._changing() as database:
                database.execute("UPDATE runs SET name = ? WHERE id = ?", (name, run))

    def delete(self, runs: Sequence[int]) -> None:
        """Take runs off the list; :meth:`restore` brings them back until the store is closed."""
        self._mark_deleted(runs, time.time())

    def restore(self, runs: Sequence[int]) -> None:
        """Put deleted runs back."""
        self._mark_deleted(runs, None)

    def _mark_deleted(self, runs: Sequence[int], when: float | None) -> None:
        with self._changing() as database:
            database.executemany("UPDATE runs SET deleted = ? WHERE id = ?", [(when, run) for run in runs])

    def _forget(self, database: sqlite3.Connection, before: float) -> None:
        """What was deleted before then goes for good, with its weights."""
        gone = [row[0] for row in database.execute("SELECT id FROM runs WHERE deleted < ?", (before,))]
        if not gone:
            return
        database.execute("BEGIN IMMEDIATE")
        for table in ("details", "runs"):
            database.executemany(f"DELETE FROM {table} WHERE id = ?", [(run,) for run in gone])
        database.execute("COMMIT")
        for run in gone:
            with contextlib.suppress(OSError):
                self.weights_of(run).unlink(missing_ok=True)

    def close(self) -> None:
        """Forget what was deleted, and let go of the file."""
        with self._lock:
            if self._database is not None:
                try:
                    self._forget(self._database, math.inf)
                except sqlite3.Error:
                    log.warning("deleted runs stay for now", exc_info=True)
                self._let_go()

    # --- the file --------------------------------------------------------------------------------------------------

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The database, for one thread at a time. One that is found damaged is set aside, and a new one begun."""
        with self._lock:
            try:
                if self._database is None:
                    self._database = self._connect()
                yield self._database
            except sqlite3.DatabaseError as error:
                if _is_damage(error):
                    self._set_aside(error)
                    complaint, self.complaint = self.complaint, ""
                    raise HistoryError(complaint) from error
                log.warning("the history of runs: %s", error)
                raise HistoryError(
                    f"{self.path.name} can't be used now ({error}). Training goes on without it."
                ) from error
            except OSError as error:
                advice = "Free some space; training goes on." if error.errno == errno.ENOSPC else "Training goes on."
                reason = f"The history of runs can't be written ({error.strerror or error})."
                raise HistoryError(f"{reason} {advice}") from error

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise

    def _connect(self) -> sqlite3.Connection:
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            return self._prepared()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._set_aside(error)
            return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            # In WAL nothing is half written; without a sync at each commit only a power cut costs the last one.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise HistoryError(
                    f"{self.path.name} was written by a newer Neuroloom. Update this one to see the runs; none is recorded now."
                )
            for number, script in enumerate(MIGRATIONS[version:], version + 1):
                database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")
            database.execute(f"SELECT {', '.join(('id', *_ROW, 'deleted'))} FROM runs LIMIT 1").fetchall()
            database.execute(f"SELECT {', '.join(('id', *_DETAILS))} FROM details LIMIT 1").fetchall()
            self._forget(database, time.time() - FORGET_AFTER_SECONDS)
        except BaseException:
            database.close()
            raise
        return database

    def _let_go(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            with contextlib.suppress(sqlite3.Error):
                database.close()

    def _set_aside(self, error: Exception) -> None:
        """Move the damaged file, and the weights that belong to it, into a folder of their own."""
        log.warning("the history of runs is damaged: %s", error)
        self._let_go()
        names = (BAD if i == 1 else f"{BAD}-{i}" for i in range(1, 10_000))
        place = next(self.folder / name for name in names if not (self.folder / name).exists())
        try:
            place.mkdir()
            for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", WEIGHTS):
                if (self.folder / name).exists():
                    os.replace(self.folder / name, place / name)
        except OSError as problem:
            raise HistoryError(f"The history of runs is damaged and can't be moved away ({problem}).") from problem
        self.complaint = f"The history of runs was damaged, so a new one is begun. The old one is kept in {place.name}."


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """The file is no database of ours, or broken; not only busy, full or read-only."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return (
        code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        or "no such" in str(error)
        or "already exists" in str(error)
    )


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return int(value) if isinstance(value, bool) else value


def _record(row: Sequence[Any]) -> RunRecord:
    values = dict(zip(("id", *_ROW, *_DETAILS), row, strict=True))
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        values[name] = math.nan if values[name] is None else values[name]
    values["regression"] = bool(values["regression"])
    spark = np.frombuffer(values["spark"][: len(values["spark"]) // 12 * 12], "<f4")
    values["spark"] = spark.reshape(-1, 3)
    return RunRecord(**values)
