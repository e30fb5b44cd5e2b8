"""What is no image set, known by its first bytes, and the sentence that says what to do about it."""

from __future__ import annotations

import re

from engine.errors import UnreadableFile
from engine.readers.source import CUT_OFF, Source

CONVERT = "Convert it to .npz: np.savez('digits.npz', images=..., labels=...)."
PICKLE = (
    "is a pickle, and reading a pickle can run any code that somebody hid in it.",
    "Choose the idx files, a table or an .npz of the same images.",
)
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PAR1", "is a Parquet file, which is not supported.", CONVERT),
    (b"ARROW1", "is an Arrow file, which is not supported.", CONVERT),
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file, which is not supported.", CONVERT),
    (b"MATLAB ", "is a MATLAB file, which is not supported.", CONVERT),
    (b"SQLite format 3\0", "is a database, which is not supported.", CONVERT),
    (b"\x93NUMPY", "is a single array, which can't hold images and labels.", CONVERT),
    (b"\x89PNG", "is a single picture.", "Choose a set of images with labels."),
    (b"\xff\xd8\xff", "is a single picture.", "Choose a set of images with labels."),
    (b"%PDF", "is a PDF document.", "Choose another file."),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive.", "Unpack it and choose the files in it."),
    (b"Rar!", "is a RAR archive.", "Unpack it and choose the files in it."),
    (b"BZh", "is packed with bzip2.", "Unpack it and choose the files in it."),
    (b"\xfd7zXZ\0", "is packed with xz.", "Unpack it and choose the files in it."),
    (b"\x28\xb5\x2f\xfd", "is packed with Zstandard.", "Unpack it and choose the files in it."),
    (b"\x1f\x8b", "is packed twice.", "Unpack it and choose what is in it."),
    (b"PK\x03\x04", "is a zip archive within another.", "Unpack it and choose what is in it."),
)
# Protocols 2 to 5 say so; the older ones begin with a bracket, or name a module and something in it.
_PICKLE = re.compile(rb"\x80[\x02-\x05]|[(\]}]|c[\w.]+\r?\n\w+\r?\n")
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))


def is_text(head: bytes) -> bool:
    """Whether these could be the first bytes of a text in ASCII, Latin-1 or UTF-8."""
    known = _PICKLE.match(head) or head.startswith(tuple(magic for magic, _, _ in MAGIC))
    return not known and len(head.translate(None, _CONTROL)) == len(head)


def refusal(source: Source) -> UnreadableFile:
    """The error about a file that no reader takes."""
    head = source.head
    for magic, reason, advice in MAGIC:
        if head.startswith(magic):
            return source.refusal(reason, advice)
    if head[257:262] == b"ustar":
        return source.refusal("is a tar archive.", "Unpack it and choose the files in it.")
    if not any(head):
        return source.refusal("holds nothing but zeros.", CUT_OFF)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        len(head) >= 8 and not (any(head[1:200:2]) and any(head[:200:2]))
    ):
        return source.refusal("is a text in UTF-16.", "Save it again as UTF-8.")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return source.refusal(
            "is a web page, so what was saved is a message of the server and not the images.", CUT_OFF
        )
    if _PICKLE.match(head):
        return source.refusal(*PICKLE)
    if is_text(head):
        return source.refusal("is a text, but not a table of numbers.")
    if _is_tfrecord(head):
        return source.refusal("is a TFRecord file, which is not supported.", CONVERT)
    return source.refusal(f"is no image set that is known: it begins with {head[:4].hex(' ')}.")


def _is_tfrecord(head: bytes) -> bool:
    """A length of 8 bytes, its checksum of 4, and then a protocol buffer whose first field is a message."""
    return len(head) > 12 and 0 < int.from_bytes(head[:8], "little") < 1 << 24 and head[12] == 0x0A
