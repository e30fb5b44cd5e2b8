"""docs/engine.md is true: its examples run, its quotations and formulas stand in the files, what it names exists.

And so do the README's examples of the engine.
"""

from __future__ import annotations

import ast
import doctest
import re
import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from engine.activations import ACTIVATIONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
# Names of other libraries that the page compares with.
FOREIGN = {
    "BCEWithLogitsLoss", "CrossEntropyLoss", "GridSearchCV", "Linear", "MLPClassifier", "MLPRegressor", "MSELoss", "Pipeline",
    "parametrize_with_checks", "train_test_split",
}  # fmt: skip


def fences(page: str) -> list[tuple[int, str, str]]:
    """(line, text before, code) of every block of Python; the line is that of its first line of code, from 0."""
    found = re.finditer(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [(page.count("\n", 0, match.start(1)), page[: match.start()], match[1]) for match in found]


def examples(page: str) -> doctest.DocTest:
    """All blocks with ``>>>`` as one session, so that a later one may use what an earlier one made."""
    parser, steps = doctest.DocTestParser(), []
    for line, _, code in fences(page):
        if ">>>" in code:
            block = parser.get_examples(code, "engine.md")
            for example in block:
                example.lineno += line
            steps += block
    return doctest.DocTest(steps, {"__name__": "engine.md"}, "engine.md", "docs/engine.md", 0, page)


def failures(page: str) -> list[str]:
    complaints: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(examples(page), out=complaints.append)
    return complaints


def quotations(page: str) -> list[tuple[str, str]]:
    """(file, code) of every block without ``>>>``: it is a quotation of the file named last before it."""
    return [
        (re.findall(r"`(engine/[\w/]+\.py)`", before)[-1], code)
        for _, before, code in fences(page)
        if ">>>" not in code
    ]


def is_quoted_right(file: str, code: str) -> bool:
    source = (ROOT / file).read_text(encoding="utf-8")
    # Trailing newlines count: the last line must be whole, too.
    return any(f"\n{textwrap.indent(code, ' ' * spaces)}" in source for spaces in (0, 4, 8, 12, 16))


def formulas(page: str) -> list[tuple[str, str]]:
    """(file, formula) of every row of a table that ends with a file of the engine: `| name | `formula` | `file` |`."""
    rows = re.findall(r"^\|[^|]*\| `([^`]+)` \| `(engine/[\w/]+\.py)` \|$", page, re.MULTILINE)
    return [(file, formula.replace("\\|", "|")) for formula, file in rows]  # Markdown wants \| in a table


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def stands_in(file: str, formula: str) -> bool:
    """In a docstring of ``file``, in these very signs."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented)]
    return any(plain(formula) in plain(text) for text in texts)


@cache
def known_names() -> frozenset[str]:
    """Everything that the engine defines or gives a name: modules, classes, functions, parameters, attributes."""
    names: set[str] = set()
    for path in (ROOT / "engine").rglob("*.py"):
        names |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef() | ast.FunctionDef():
                    names.add(node.name)
                case ast.arg():
                    names.add(node.arg)
                case ast.Attribute():
                    names.add(node.attr)
                case ast.Name(ctx=ast.Store()):
                    names.add(node.id)
                case ast.Constant(value=str(word)) if word.isidentifier():
                    names.add(word)
    return frozenset(names)


def unknown_names(page: str) -> list[str]:
    """What stands in backticks, looks like a name, and is none."""
    text = re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)
    written = re.findall(r"`([A-Za-z_]\w+(?:\.[A-Za-z_]\w*)*)(?:\(\)|=\w+)?`", text)
    parts = {part for name in written if not name.endswith(".py") for part in name.split(".")}
    return sorted(parts - known_names() - FOREIGN)


def test_the_examples_compute_what_the_page_says() -> None:
    assert len(examples(PAGE).examples) > 60
    assert failures(PAGE) == []


def test_the_readmes_examples_of_the_engine_run() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.search(r"^## Use the engine from Python\n(.*?)^## ", readme, re.DOTALL | re.MULTILINE)[1]
    runner, complaints = doctest.DocTestRunner(optionflags=FLAGS, verbose=False), []
    runner.run(doctest.DocTestParser().get_doctest(section, {}, "README.md", "README.md", 0), out=complaints.append)
    assert complaints == []
    assert runner.tries >= 10


def test_what_is_quoted_stands_in_the_files() -> None:
    quoted = quotations(PAGE)
    assert {"engine/network.py", "engine/descent.py"} <= {file for file, _ in quoted}
    assert [file for file, code in quoted if not is_quoted_right(file, code)] == []


def test_the_core_of_backpropagation_is_quoted_whole() -> None:
    (code,) = (code for file, code in quotations(PAGE) if file == "engine/network.py" and "self.loss.delta" in code)
    source = (ROOT / "engine/network.py").read_text(encoding="utf-8")
    body = re.search(r"    def backward\(.*?\"\"\".*?\"\"\"\n(.*?)\n    def ", source, re.DOTALL)[1]
    assert textwrap.dedent(body).strip() == code.strip()


def test_every_formula_stands_in_the_docstring_of_its_file() -> None:
    rows = formulas(PAGE)
    assert len(rows) >= 18
    assert [row for row in rows if not stands_in(*row)] == []


def test_the_activations_are_those_of_the_engine() -> None:
    rows = re.findall(r"^\| (\w+) \| `([^`]+)` \| `([^`]+)` \| (.+?) to (.+?) \|$", PAGE, re.MULTILINE)
    assert len(rows) >= 5
    for name, formula, derivative, low, high in rows:
        bounds = [float(text.replace("−", "-").replace("∞", "inf")) for text in (low, high)]
        activation = ACTIVATIONS[name]
        assert (formula, derivative, *bounds) == (activation.formula, activation.derivative, *activation.range)


def test_every_name_and_file_exists() -> None:
    assert unknown_names(PAGE) == []
    files = set(re.findall(r"`((?:engine|gui|tests|docs)/[\w/.-]*)`", PAGE))
    assert len(files) > 20
    assert [name for name in files if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("check", "page"),
    [
        (failures, "```python\n>>> 1 + 1\n3\n```\n"),
        (unknown_names, "`Network.forwards`"),
        (lambda page: [q for q in quotations(page) if not is_quoted_right(*q)],
         "`engine/network.py`\n\n```python\nlast = layers[-2]\n```\n"),
        (lambda page: [f for f in formulas(page) if not stands_in(*f)],
         "| SGD | `w ← w + ηg` | `engine/optimizers/sgd.py` |\n"),
    ],
)  # fmt: skip
def test_the_checks_find_what_is_wrong(check: Callable[[str], list[object]], page: str) -> None:
    assert check(page)
