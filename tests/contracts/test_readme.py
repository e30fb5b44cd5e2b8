"""What the README and its companions say is true: the example works, and every command, key, file and link exists."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

import main
from gui.actions import ACTIONS
from gui.graphics import graph_help
from gui.pages import ACTIVE, PAGES
from gui.panels import digit_canvas
from gui.settings import APP, Places

ROOT = Path(__file__).resolve().parents[2]
PAGES_OF_TEXT = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# Named in a text, made by the program or by make.
MADE = re.compile(
    r"\.venv(/.*)?|build/tour|(bench|summary|settings|last-\w+)\.json|(crash|neuroloom)\.log|uv\.lock|tests/.*<.*>\.py"
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", read("README.md"), re.DOTALL | re.MULTILINE)[1]


def example() -> str:
    """The one block of Python in the README."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", read("README.md"), re.DOTALL | re.MULTILINE)
    return block


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


# --- the example: one file, and nothing else --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A folder that a process of its own adds to ``engine/activations``, with the README's file in it."""
    (tmp_path / "softsign.py").write_text(example(), encoding="utf-8")
    return str(tmp_path)


def test_the_example_is_registered_computes_and_is_saved(folder: str):
    done = run(
        """
        import sys
        import numpy as np
        import engine.activations
        engine.activations.__path__.append(sys.argv[1])
        from dataclasses import replace
        from engine.activations import ACTIVATIONS
        from engine.spec import ExperimentSpec, from_dict, to_dict
        from engine.trainer import Trainer

        softsign = ACTIVATIONS["softsign"]()
        z = np.array([[-3.0, -1.0, 0.0, 1.0, 3.0]])
        a, slope = np.empty_like(z), np.empty_like(z)
        softsign.forward(z, a)
        softsign.gradient(z, a, slope)
        assert np.array_equal(a, [[-0.75, -0.5, 0.0, 0.5, 0.75]]), a
        assert np.array_equal(slope, [[0.0625, 0.25, 1.0, 0.25, 0.0625]]), slope

        spec = ExperimentSpec()
        spec = replace(spec, network=replace(spec.network, activation=softsign))
        assert from_dict(to_dict(spec)) == spec
        trainer = Trainer(spec)
        before = trainer.metrics().train_loss
        for _ in range(20):
            trainer.step_epoch()
        assert trainer.metrics().train_loss < before
        """,
        folder,
    )
    assert done.returncode == 0, done.stderr


def test_the_example_is_in_the_menus(folder: str):
    done = run(
        """
        import os, sys
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
        import engine.activations
        engine.activations.__path__.append(sys.argv[1])
        from PySide6.QtWidgets import QApplication
        from engine.activations import ACTIVATIONS
        from gui.controls.combos import EntryCombo
        app = QApplication([])
        combo = EntryCombo(ACTIVATIONS, "Activation", "")
        assert combo.findText("softsign") >= 0, [combo.itemText(i) for i in range(combo.count())]
        """,
        folder,
    )
    assert done.returncode == 0, done.stderr


def test_the_tests_of_all_activations_take_the_example_up(folder: str):
    done = run(
        """
        import sys
        import pytest

        class OneMoreFile:
            def pytest_sessionstart(self):
                import engine.activations
                engine.activations.__path__.append(sys.argv[1])

        files = ["tests/engine/test_activations.py", "tests/engine/test_gradients.py"]
        sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-k", "softsign", *files], plugins=[OneMoreFile()]))
        """,
        folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 8


# --- commands, keys, files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES_OF_TEXT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_make_target_exists(page: Path):
    targets = set(re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)[1].split())
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES_OF_TEXT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    lost = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not lost


@pytest.mark.parametrize("page", PAGES_OF_TEXT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_named_exists(page: Path):
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    named = re.findall(r"`([\w.-]+(?:/[\w.<>-]+)*/?)`", text)
    files = {name for name in named if re.search(r"/|\.(py|md|json|lock|toml|log|txt)$", name)}
    assert sorted(name for name in files if not MADE.fullmatch(name) and not (ROOT / name).exists()) == []


def test_the_command_line_is_the_one_described():
    text = section("Start")
    named = set(re.findall(r"main\.py.*?(--[a-z-]+)", text)) - {"--no-project"}
    assert named == {"--tour", "--reset-settings", "--version", "--help"}
    assert main.parse(["--tour", "OUT"]).tour == "OUT"
    assert main.parse(["--reset-settings", "FILE"]).file == "FILE"
    assert main.WITHOUT_MAKE in text
    assert main.WITHOUT_MAKE.replace("requirements.lock main.py", "requirements-dev.lock -m pytest -q") in text
    assert f"`{main.TOUR_FOLDER}`" in text


def test_the_keys_of_the_window_are_the_ones_listed():
    window = section("Keys").split("On the network")[0]
    listed = [re.findall(r"`([^`]+)`", row.split("|")[1]) for row in window.splitlines() if row.startswith("| `")]
    pages = [[f"Ctrl+{i}" for i in range(1, len(PAGES) + 1)]]
    wanted = [list(spec.keys) for spec in ACTIONS if spec.keys] + pages
    assert sorted(listed) == sorted(wanted)
    for page in PAGES:
        assert page.title in window


def test_the_keys_of_the_network_and_the_canvas_are_in_their_tooltips():
    network, canvas = section("Keys").split("On the network")[1].split("On the canvas")
    named = [key for row in network.splitlines() if row.startswith("| `") for key in re.findall(r"`([^`]+)`", row)]
    assert len(named) > 8
    assert [key for key in named if key not in graph_help.KEYS] == []
    source = Path(digit_canvas.__file__).read_text(encoding="utf-8")
    for key, words in (("E", "(E;"), ("[", "([ and ])"), ("]", "([ and ])"), ("Delete", "(Delete)")):
        assert f"`{key}`" in canvas
        assert words in source


@pytest.mark.skipif(sys.platform == "win32", reason="the folders of the other platforms are read here")
def test_the_folders_are_the_ones_listed(monkeypatch: pytest.MonkeyPatch):
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    text = section("What it keeps, and where")
    for platform in (Unix, MacOS):
        places = platform(APP, appauthor=False)
        for folder in (places.user_config_dir, places.user_data_dir, places.user_log_dir):
            assert f"`~/{Path(folder).relative_to(Path.home()).as_posix()}`" in text
    places = Places(Path("a/settings.json"), Path("a"))
    for document in {page.document for page in PAGES if page.document not in ("", ACTIVE)}:
        assert f"`{places.session(document).name}`" in text
    assert f'user_log_dir("{APP}"' in read("main.py")


def test_pages_of_decisions_are_all_in_the_index():
    index = read("docs/README.md")
    pages = sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md"))
    assert pages
    assert [name for name in pages if f"(adr/{name})" not in index] == []
    assert [name[:4] for name in pages] == [f"{i:04d}" for i in range(1, len(pages) + 1)]


def test_the_changelog_knows_this_version():
    import engine

    assert f"## [{engine.__version__}]" in read("CHANGELOG.md")


@pytest.mark.parametrize("page", PAGES_OF_TEXT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_words_are_plain(page: Path):
    text = re.sub(r"`[^`]*`|!\[", "", page.read_text(encoding="utf-8"))
    assert "!" not in text
    assert not re.search(r"[\U0001F300-\U0001FAFF]", text)
