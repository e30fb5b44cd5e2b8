"""Every test runs offscreen, offline, with one BLAS thread, away from the person's settings, and leaves no thread."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import guards

# At import, because NumPy and Qt read these once, when they are first imported.
assert "numpy" not in sys.modules, "NumPy is imported before the tests could limit its threads"
guards.one_blas_thread(os.environ)
os.environ.setdefault(
    "SCIPY_ARRAY_API", "1"
)  # SciPy reads it once; scikit-learn's checks of estimators are whole with it
_home = tempfile.TemporaryDirectory(prefix="neuroloom-tests-", ignore_cleanup_errors=True)
guards.isolate(os.environ, Path(_home.name))

from hypothesis import settings  # noqa: E402

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("fixed", parent=settings.get_profile("default"), derandomize=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--headed", action="store_true", help="show the windows on the screen")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    guards.default_platform(config.getoption("--headed"))
    guards.network.install()
    # The same examples at every run; a seed of one's own looks further.
    settings.load_profile("fixed" if config.getoption("--hypothesis-seed", None) is None else "default")


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.getoption("--hypothesis-seed", None)
    return "hypothesis: always the same examples" if seed is None else f"hypothesis: seed {seed}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    window_tests = Path(__file__).parent / "gui"
    for item in items:
        if window_tests in item.path.parents:
            item.add_marker("gui")


def pytest_collection_finish() -> None:
    guards.garbage.set_aside()


def pytest_unconfigure() -> None:
    _home.cleanup()


@pytest.fixture(autouse=True)
def _no_thread_left(request: pytest.FixtureRequest) -> Iterator[None]:
    with guards.no_python_thread_left():
        if request.node.get_closest_marker("gui") is None:
            yield
        else:
            with pytest.MonkeyPatch.context() as patch, guards.no_qthread_left(patch):
                yield


@pytest.fixture(autouse=True)
def _numpy_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that has the compiled step loaded leaves it to nobody: which step trains must not depend on the order of tests."""
    if (compiled := sys.modules.get("engine.compiled")) is not None:
        monkeypatch.setattr(compiled, "_kernels", None)


@pytest.fixture
def pythons_own_garbage() -> Iterator[None]:
    """A window of this test sets aside what lives, as a real one does."""
    with guards.garbage.as_it_is():
        yield


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    guards.network.take()
    yield
    if attempts := guards.network.take():
        pytest.fail(f"the test reached for the network: {'; '.join(attempts)}", pytrace=False)


@pytest.fixture(autouse=True)
def _own_settings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A window test finds no settings of the test before it."""
    if request.node.get_closest_marker("gui") is not None:
        folder: Path = request.getfixturevalue("tmp_path") / "person"
        folder.mkdir()
        environment: dict[str, str] = {}
        guards.isolate(environment, folder)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
