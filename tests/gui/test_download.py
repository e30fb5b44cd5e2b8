"""The download against a real server on this machine that does what servers do on bad days."""

from __future__ import annotations

import gzip
import hashlib
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.errors import Cancelled
from gui.download import IDX, MIRRORS, NPZ, DownloadFailed, Mirror, Pinned, download_mnist

LARGE = gzip.compress(random.Random(0).randbytes(300_000))
SMALL = gzip.compress(b"labels")
CONTENT = {"images.gz": LARGE, "labels.gz": SMALL}
FILES = tuple(Pinned(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in CONTENT.items())


class Server(ThreadingHTTPServer):
    """``behavior`` says what it does, ``asked`` lists path and range of every request."""

    def __init__(self, behavior: str = "good") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behavior, self.asked = behavior, []
        self.over, self.stalls = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def mirror(self) -> Mirror:
        return Mirror(f"http://127.0.0.1:{self.server_port}/mnist/", FILES)

    def end(self) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        content = CONTENT[self.path.rsplit("/", 1)[-1]]
        asked = self.headers.get("Range")
        self.server.asked.append((self.path, asked))
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        match self.server.behavior:
            case "404":
                self.send_error(404)
            case "page":
                self.answer(200, b"<html>sign in to the hotel</html>", {"Content-Type": "text/html"})
            case "wrong bytes":
                self.answer(200, bytes(len(content)))
            case "wrong size":
                self.answer(200, content + b"more")
            case "endless":
                self.answer(200, content + bytes(100_000), length=False)
            case "wrong range":
                self.answer(206, content, {"Content-Range": f"bytes 7-{len(content) - 1}/{len(content)}"})
            case "no range":
                self.answer(200, content)
            case "cut off" if len(content) > 100_000:
                self.answer(200, content[:100_000], {"Content-Length": str(len(content))})
            case "silent":
                self.server.stalls.set()
                self.server.over.wait(20)
            case "stalling" if len(content) > 100_000:
                self.answer(200, content[:100_000], {"Content-Length": str(len(content))})
                self.wfile.flush()
                self.server.stalls.set()
                self.server.over.wait(20)
            case _ if start:
                headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
                self.answer(206, content[start:], headers)
            case _:
                self.answer(200, content)

    def answer(self, status: int, content: bytes, headers: dict[str, str] | None = None, length: bool = True) -> None:
        self.send_response(status)
        lengths = {"Content-Length": str(len(content))} if length else {}
        for name, value in (lengths | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Put servers into it; they are ended afterwards."""
    made: list[Server] = []
    yield made
    for server in made:
        server.end()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    return tmp_path / "images"


def start(servers: list[Server], *behaviors: str) -> list[Mirror]:
    servers += [Server(behavior) for behavior in behaviors]
    return [server.mirror for server in servers]


def never() -> bool:
    return False


def silent(share: float, words: str) -> None:
    pass


def download(folder: Path, mirrors: list[Mirror], timeout: float = 5.0) -> tuple[Path, ...]:
    return download_mnist(folder, silent, never, mirrors, timeout)


def assert_whole(paths: tuple[Path, ...], folder: Path) -> None:
    """Both files, and nothing else in the folder."""
    assert {path.name: path.read_bytes() for path in paths} == CONTENT
    assert {path.name for path in folder.iterdir()} == set(CONTENT)


def test_what_is_pinned() -> None:
    assert [mirror.files for mirror in MIRRORS] == [IDX, IDX, NPZ]
    assert sum(file.n_bytes for file in IDX) == 11_594_722
    assert all(mirror.url.startswith("https://") and mirror.url.endswith("/") for mirror in MIRRORS)
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in (*IDX, *NPZ))


def test_the_pins_are_those_of_the_real_files() -> None:
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "mnist"
    if not folder.is_dir():
        pytest.skip("the MNIST files for development are not there")
    for file in IDX:
        content = (folder / file.name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.n_bytes, file.sha256)
    # They are there already, so no server is asked: the one named here does not exist.
    nowhere = Mirror("http://127.0.0.1:9/", IDX)
    assert download(folder, [nowhere]) == tuple(folder / file.name for file in IDX)


def test_all_goes_well(folder: Path, servers: list[Server]) -> None:
    told: list[tuple[float, str]] = []
    mirrors = start(servers, "good")
    folder = folder / "made" / "for it"
    paths = download_mnist(folder, lambda share, words: told.append((share, words)), never, mirrors)
    assert_whole(paths, folder)
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert told[0][1] == "0.0 of 0.3 MB from 127.0.0.1"
    assert download(folder, mirrors) == paths
    assert len(servers[0].asked) == 2  # the second time nothing was fetched


@pytest.mark.parametrize("bad", ["404", "page", "wrong bytes", "wrong size", "endless", "cut off", "wrong range"])
def test_the_next_mirror_helps(folder: Path, servers: list[Server], bad: str) -> None:
    assert_whole(download(folder, start(servers, bad, "good")), folder)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("404", "answers 404 Not Found"), ("page", "answers with a web page"), ("wrong size", "answers with another file"),
        ("wrong bytes", "sends something else than MNIST"), ("endless", "sends something else than MNIST"),
        ("cut off", "ends after 100,000 of 300,"), ("wrong range", "answers with another file"),
    ],
)  # fmt: skip
def test_without_a_good_mirror_it_says_why(folder: Path, servers: list[Server], bad: str, says: str) -> None:
    with pytest.raises(DownloadFailed) as caught:
        download(folder, start(servers, bad))
    assert f"127.0.0.1 {says}" in str(caught.value)
    assert "If you have MNIST as files" in str(caught.value)
    assert not list(folder.glob("*.gz"))
    assert [path.name for path in folder.iterdir() if path.stat().st_size] == (
        ["images.gz.part"] if bad == "cut off" else []
    )


def test_nobody_there(folder: Path) -> None:
    mirrors = [Mirror(f"http://127.0.0.1:{port}/", FILES) for port in (9, 1)]
    with pytest.raises(DownloadFailed, match=r"seems to be offline\. If you have MNIST as files"):
        download(folder, mirrors)


def test_a_server_that_is_silent(folder: Path, servers: list[Server]) -> None:
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1 does not answer"):
        download(folder, start(servers, "silent"), timeout=0.2)


def test_it_goes_on_where_another_mirror_broke_off(folder: Path, servers: list[Server]) -> None:
    assert_whole(download(folder, start(servers, "cut off", "good")), folder)
    assert servers[1].asked == [("/mnist/images.gz", "bytes=100000-"), ("/mnist/labels.gz", None)]


def test_a_server_that_can_only_begin_anew(folder: Path, servers: list[Server]) -> None:
    (folder / "images.gz.part").write_bytes(LARGE[:290_000])
    assert_whole(download(folder, start(servers, "no range")), folder)
    assert servers[0].asked == [("/mnist/images.gz", "bytes=290000-"), ("/mnist/labels.gz", None)]


@pytest.mark.parametrize("part", [b"rubbish" * 100, LARGE, bytes(len(LARGE)), LARGE + b"more", b""])
def test_a_part_is_finished_or_thrown_away(folder: Path, servers: list[Server], part: bytes) -> None:
    (folder / "images.gz.part").write_bytes(part)
    assert_whole(download(folder, start(servers, "good")), folder)
    asked = [range_ for path, range_ in servers[0].asked if "images" in path]
    assert asked == {b"rubbish" * 100: ["bytes=700-", None], LARGE: []}.get(part, [None])


def test_a_damaged_file_is_fetched_again(folder: Path, servers: list[Server]) -> None:
    (folder / "images.gz").write_bytes(LARGE[:-1] + b"?")
    (folder / "labels.gz").write_bytes(SMALL)
    assert_whole(download(folder, start(servers, "good")), folder)
    assert servers[0].asked == [("/mnist/images.gz", None)]


@pytest.mark.parametrize("behavior", ["stalling", "silent"])
def test_it_gives_up_while_a_server_is_silent(folder: Path, servers: list[Server], behavior: str) -> None:
    """The server waits for the end of the test and its time is not up: only the question ends this."""
    mirrors = start(servers, behavior)
    asked_after = 0

    def stop() -> bool:
        nonlocal asked_after
        asked_after += servers[0].stalls.is_set()
        return asked_after > 2

    with pytest.raises(Cancelled):
        download_mnist(folder, silent, stop, mirrors, timeout=1.5)
    assert asked_after == 3
    assert not servers[0].over.is_set()
    part = folder / "images.gz.part"
    assert part.read_bytes() == LARGE[: part.stat().st_size]
    assert not (folder / "images.gz").exists()
    servers[0].over.set()
    servers[0].behavior = "good"
    assert_whole(download(folder, mirrors), folder)


def test_asked_to_stop_before_it_began(folder: Path, servers: list[Server]) -> None:
    with pytest.raises(Cancelled):
        download_mnist(folder, silent, lambda: True, start(servers, "good"))
    assert servers[0].asked == []


def test_a_full_disk(folder: Path, servers: list[Server], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DownloadFailed, match=r"can't be written to \(No space left on device\). Free some space"):
        download(folder, start(servers, "good", "good"))
    assert servers[1].asked == []  # another mirror would not help


def test_a_folder_that_can_not_be(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    with pytest.raises(DownloadFailed, match=r"file.in: can't be written to"):
        download(folder / "file" / "in", [])


def test_in_a_thread_without_an_event_loop(folder: Path, servers: list[Server]) -> None:
    mirrors = start(servers, "good")
    found: list[tuple[Path, ...]] = []
    thread = threading.Thread(target=lambda: found.append(download(folder, mirrors)))
    thread.start()
    thread.join()
    assert_whole(found[0], folder)
