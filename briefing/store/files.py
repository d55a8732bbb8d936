"""Files private to their owner, written atomically."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

#: Permissions of the owner alone; the umask can only take away from them.
_PRIVATE = 0o600


def make_private(file: Path) -> None:
    """Create an empty file private to its owner, unless it exists.

    Raises:
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _PRIVATE))


def write_private(file: Path, content: bytes, *, lasting: bool = True) -> None:
    """Write a file private to its owner, under a temporary name that is then replaced.

    Unless it is lasting, a power loss may leave the old one.

    Raises:
        OSError: it cannot be written; an old file is unchanged.
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
    """Wait until a file or the entries of a folder are synced to disk.

    Raises:
        OSError: the disk does not write.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
