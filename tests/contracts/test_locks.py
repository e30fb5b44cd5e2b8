"""What is installed is what was locked: exact versions with hashes, from wherever the person's pip looks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-fast.lock")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def entries(lock: str) -> list[tuple[str, str]]:
    """(name==version with marker, its hashes) of each package."""
    joined = read(lock).replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split("--hash", 1)) if "--hash" in line else (line, "") for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_an_exact_version_with_hashes(lock):
    found = entries(lock)
    assert len(found) > 5
    for requirement, hashes in found:
        assert re.match(r"^[A-Za-z0-9._-]+==[^\s;]+(\s*;.*)?$", requirement.strip()), requirement
        assert re.search(r"sha256:[0-9a-f]{64}", hashes), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_no_index_and_no_path_is_named(lock):
    assert not re.search(r"://|--index|--extra|--find|--trusted|@\s|file:|(^|\s)/", read(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_of_the_project_is_locked(lock):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = list(project["project"]["dependencies"])
    if lock == "requirements-dev.lock":
        wanted += project["dependency-groups"]["dev"]
    if lock == "requirements-fast.lock":
        wanted += project["project"]["optional-dependencies"]["fast"]
    names = {normal(re.match(r"[\w.-]+", requirement)[0]) for requirement in wanted}
    locked = {normal(requirement.split("==")[0].strip()) for requirement, _ in entries(lock)}
    assert names <= locked


def test_the_tests_run_on_what_the_person_runs():
    run, dev, fast = ({requirement.strip() for requirement, _ in entries(lock)} for lock in LOCKS)
    assert run < dev
    assert run < fast


def test_python_311_never_gets_the_pyside_that_aborts():
    pyside = [r for lock in LOCKS for r, _ in entries(lock) if r.startswith(("pyside6", "shiboken6"))]
    assert pyside
    for requirement in pyside:
        version = tuple(map(int, re.search(r"==(\d+)\.(\d+)", requirement).groups()))
        assert version < (6, 12) or "python_full_version >= '3.1" in requirement, requirement
