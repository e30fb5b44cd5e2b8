"""A real PostgreSQL server for a test, on 127.0.0.1 and a free port; gone with its files when the test ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ANY = "postgres"


def programs() -> Path | None:
    """The folder of initdb and pg_ctl, the newest where there are several."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """``postgresql://`` of an empty database. Skips with the reason where there can be none."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if (folder := programs()) is None:
        pytest.skip("no PostgreSQL here: initdb and pg_ctl are not found")
    home = Path(tempfile.mkdtemp(prefix="neuroloom-postgres-"))
    as_user: list[str] = []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # root may not run a server
        try:
            shutil.chown(home, ANY)
        except LookupError:
            pytest.skip("the tests run as root, and there is no user postgres")
        if (runuser := shutil.which("runuser")) is None:
            pytest.skip("the tests run as root, and there is no runuser to be another user with")
        as_user = [runuser, "-u", ANY, "--"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data, log = home / "data", home / "log"

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run([*as_user, str(folder / program), *arguments], cwd=home, capture_output=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60, text=True)  # fmt: skip
        if done.returncode:
            pytest.skip(f"PostgreSQL does not start here: {(done.stderr.strip() or program).splitlines()[-1]}")

    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
    run("initdb", "-D", str(data), "-U", ANY, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    try:
        run("pg_ctl", "-D", str(data), "-l", str(log), "-w", "-o", options, "start")
        yield f"postgresql://{ANY}@127.0.0.1:{port}/{ANY}"
    finally:
        with contextlib.suppress(BaseException):
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)
