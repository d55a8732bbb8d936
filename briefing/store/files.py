"""Files that hold what only their owner may read: made so, and written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

#: Permissions of the owner alone; the umask can only take away from them.
_PRIVATE = 0o600


def make_private(file: Path) -> None:
    """Make an empty file for its owner alone, unless there is one.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE))


def write_private(file: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file for its owner alone: beside its place first, then moved there.

    Args:
        file: where it belongs.
        content: what it holds then.
        lasting: wait until it is on the disk; without, a loss of power may leave the old one.

    Raises:
        OSError: it cannot be written; what stood there before still does.
    """
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
            opened.flush()
            if lasting:
                os.fsync(opened.fileno())
        Path(draft).replace(file)
        if lasting:
            sync(file.parent)
    finally:
        Path(draft).unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk.

    Raises:
        OSError: the disk does not write.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
