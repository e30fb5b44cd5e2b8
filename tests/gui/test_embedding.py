"""t-SNE in a process of its own: what comes back, giving up, and what goes wrong there."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from engine.datasets.digits import digits_path, read_digits
from engine.errors import NeuroloomError
from gui import embedding, embedding_process
from gui.embedding import embed, progress


@pytest.fixture
def children(monkeypatch) -> list[subprocess.Popen]:
    """Every process that is started, to see that it has ended."""
    started: list[subprocess.Popen] = []
    original = subprocess.Popen

    def start(*arguments, **options):
        child = original(*arguments, **options)
        started.append(child)
        return child

    monkeypatch.setattr(embedding.subprocess, "Popen", start)
    return started


def program(monkeypatch, code: str) -> None:
    """Run ``code`` in place of the module."""
    original = subprocess.Popen

    def start(command, **options):
        return original([sys.executable, "-c", code, *command[4:]], **options)

    monkeypatch.setattr(embedding.subprocess, "Popen", start)


def never() -> bool:
    return False


def test_digits_come_to_lie_beside_their_like(children):
    x, labels = read_digits(digits_path())
    x, labels = x[:150], labels[:150]
    told: list[tuple[float, str]] = []
    points = embed(x, "tsne", lambda share, words: told.append((share, words)), never)
    assert points is not None
    assert points.shape == (150, 2)
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(axis=1)] == labels).mean() > 0.85
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert [child.returncode for child in children] == [0]


def test_giving_up_ends_the_process(children):
    told: list[float] = []
    values = np.random.default_rng(0).random((300, 8))
    assert embed(values, "tsne", lambda share, words: told.append(share), lambda: len(told) >= 3) is None
    assert len(told) == 3
    assert len(children) == 1
    assert children[0].returncode not in (None, 0), "it was killed, and waited for"


@pytest.mark.skipif(importlib.util.find_spec("umap") is not None, reason="umap-learn is installed here")
def test_a_library_that_is_not_there_is_told_in_a_sentence(children):
    assert embedding.offered() == ("tsne",)
    with pytest.raises(
        NeuroloomError, match=r"^There is no UMAP map: its process ended with code 1 \(ModuleNotFoundError"
    ):
        embed(np.eye(6), "umap", lambda share, words: None, never)
    assert children[0].returncode == 1


def test_umap_is_offered_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "umap" else None)
    assert embedding.offered() == ("tsne", "umap")


def test_a_crash_is_told_in_a_sentence(monkeypatch):
    program(monkeypatch, "import os; os._exit(7)")
    with pytest.raises(NeuroloomError, match=r"^There is no t-SNE map: its process ended with code 7\. Make it again"):
        embed(np.eye(6), "tsne", lambda share, words: None, never)


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "import sys; open(sys.argv[2] + '/map.npy', 'w').write('<html>')",
        "import sys, numpy as np; np.save(sys.argv[2] + '/map.npy', np.zeros((3, 2)))",
        "import sys, numpy as np; np.save(sys.argv[2] + '/map.npy', np.full((6, 2), np.nan))",
        "import sys, numpy as np; np.save(sys.argv[2] + '/map.npy', np.array([{}], object), allow_pickle=True)",
    ],
    ids=["nothing", "a page", "too few", "no numbers", "objects"],
)
def test_an_answer_that_is_no_map_is_refused(monkeypatch, code):
    program(monkeypatch, code)
    with pytest.raises(NeuroloomError, match=r"^There is no t-SNE map: its process .* Make it again\.$"):
        embed(np.eye(6), "tsne", lambda share, words: None, never)


def test_values_that_cannot_be_mapped_start_no_process(children):
    with pytest.raises(NeuroloomError, match="not finite"):
        embed(np.full((10, 3), np.nan), "tsne", lambda share, words: None, never)
    with pytest.raises(NeuroloomError, match="takes 5 or more"):
        embed(np.zeros((4, 3)), "tsne", lambda share, words: None, never)
    assert not children


def test_what_the_libraries_say_of_their_progress():
    assert progress("") == (0.0, "starting")
    assert progress("[t-SNE] Computing 91 nearest neighbors...\n") == (0.05, "finding neighbours")
    said = "[t-SNE] Iteration 50: error = 61.2\n[t-SNE] Iteration 500: error = 1.2 (50 iterations in 0.1s)\n"
    assert progress(said) == (pytest.approx(0.525), "step 500 of 1,000")
    assert progress("\tcompleted  40  /  200 epochs\n") == (0.2, "step 40 of 200")


def test_a_single_column_has_a_map_too(tmp_path, monkeypatch):
    class Copy:
        def fit_transform(self, values):
            return values[:, :2]

    monkeypatch.setattr(embedding_process, "method_of", lambda name, n, seed: Copy())
    for d in (1, 2, 80):
        np.save(tmp_path / "values.npy", np.random.default_rng(0).random((12, d)))
        embedding_process.main("tsne", tmp_path, 0)
        assert np.load(tmp_path / "map.npy").shape == (12, 2)
