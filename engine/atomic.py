"""Files that are either whole or as they were before, whatever happens while they are written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write into; ``path`` holds its old bytes until the block ends well, then the new ones. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    try:
        with os.fdopen(handle, "wb") as file:
            # mkstemp lets nobody else read; a file in a shared folder is for the others too.
            os.chmod(name, path.stat().st_mode if path.exists() else 0o666 & ~_umask())
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_atomic(path: Path, content: bytes) -> None:
    """Write so that ``path`` always holds either the old bytes or the new ones. Raises ``OSError``."""
    with replacing(path) as file:
        file.write(content)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
