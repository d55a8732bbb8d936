"""A backup in one file: the copy of a store with its settings and secrets.

A tar archive of ``manifest.json``, which has a digest of everything else, ``store``, and
``files/NAME`` for each file. It is read by these names alone: nothing is unpacked to a path that
the archive chooses.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from briefing.core.errors import InputError
from briefing.store import files
from briefing.store.identity import Inventory
from briefing.store.location import printable

#: First bytes of every bundle: the name of its first member.
HEAD = b"manifest.json\0"
#: Version of the format.
_FORMAT = 1
#: Bytes of a manifest and of a file beside the store that are read.
_LARGEST_MANIFEST, LARGEST_FILE = 1_000_000, 100_000_000
#: Counts of an inventory.
_COUNTED = ("editions", "readers", "sources")
#: Bytes read at a time.
_PIECE = 1_048_576


@dataclass(frozen=True, slots=True)
class Beside:
    """Settings and secrets of a store, which are not in it."""

    #: The settings; None when there are none.
    path: Path | None = None
    #: Settings, secrets and keys, by their path from the folder of the settings.
    contents: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a bundle."""

    #: When it was made; ISO 8601, UTC.
    made: str
    #: Digest of the copy of the store.
    store: str
    #: Inventory of the store.
    held: Inventory
    #: The name of the settings among the files; empty when there were none.
    settings: str = ""
    #: Digests of the files, by their path from the folder of the settings.
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was read and verified."""

    manifest: Manifest
    #: The copy of the store.
    store: Path
    #: Contents by name.
    files: Mapping[str, bytes]


def pack(to: Path, *, made: str, store: Path, held: Inventory, beside: Beside) -> None:
    """Write a bundle into an existing file, and verify it by reading it again.

    Raises:
        OSError: it cannot be written.
        InputError: verification failed.
    """
    digests = {
        name: _digest(io.BytesIO(content)) for name, content in sorted(beside.contents.items())
    }
    with store.open("rb") as copied:
        header = {
            "format": _FORMAT,
            "made": made,
            "store": _digest(copied),
            "held": {name: getattr(held, name) for name in _COUNTED},
            "last": held.last,
            "settings": beside.path.name if beside.path else "",
            "files": digests,
        }
    manifest = json.dumps(header, indent=1).encode() + b"\n"
    with tarfile.open(to, "w", format=tarfile.PAX_FORMAT) as packed:
        _add(packed, "manifest.json", io.BytesIO(manifest), size=len(manifest))
        with store.open("rb") as copied:
            _add(packed, "store", copied, size=store.stat().st_size)
        for name in digests:
            content = beside.contents[name]
            _add(packed, f"files/{name}", io.BytesIO(content), size=len(content))
    _check(to)


def manifest_of(source: Path) -> Manifest:
    """Return the manifest of a bundle, without reading the rest.

    Raises:
        InputError: it is not a bundle, damaged or of a newer version.
    """
    with _opened(source) as packed:
        return _manifest(packed, source)


@contextmanager
def unpacked(source: Path, *, room: Path) -> Iterator[Bundle]:
    """Read and verify a bundle; its copy of the store is in a temporary private file.

    Args:
        source: the bundle.
        room: path of that file, which is deleted at the end.

    Raises:
        InputError: the bundle is damaged or of a newer version.
        OSError: the file cannot be written.
    """
    room.unlink(missing_ok=True)
    try:
        with _opened(source) as packed:
            manifest = _manifest(packed, source)
            files.make_private(room)
            with room.open("wb") as copied:
                _read(packed, "store", manifest.store, source=source, into=copied)
            contents = {
                name: _content(packed, name, digest, source=source)
                for name, digest in manifest.files.items()
            }
        yield Bundle(manifest, room, contents)
    finally:
        room.unlink(missing_ok=True)


def _check(source: Path) -> None:
    with _opened(source) as packed:
        manifest = _manifest(packed, source)
        _read(packed, "store", manifest.store, source=source, into=None)
        for name, digest in manifest.files.items():
            _content(packed, name, digest, source=source)


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:") as packed:
            yield packed
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(source, str(error)) from error


def _damaged(source: Path, why: str) -> InputError:
    return InputError(f"{printable(str(source))}: damaged ({printable(why)}); give another backup")


def _manifest(packed: tarfile.TarFile, source: Path) -> Manifest:
    first = packed.next()
    if first is None or first.name != "manifest.json" or first.size > _LARGEST_MANIFEST:
        raise _damaged(source, "it has no manifest")
    member = packed.extractfile(first)
    try:
        header: dict[str, Any] = json.loads(member.read() if member else b"")
        newer = int(header["format"]) > _FORMAT
        editions, readers, sources = (int(header["held"][name]) for name in _COUNTED)
        digests = {str(name): str(digest) for name, digest in header["files"].items()}
        manifest = Manifest(
            str(header["made"]),
            str(header["store"]),
            Inventory("", 0, editions, readers, sources, str(header["last"])),
            str(header["settings"]),
            digests,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(source, "its manifest cannot be read") from error
    if newer:
        raise InputError(
            f"{printable(str(source))}: made by a newer version of Briefing; update Briefing first"
        )
    for name in digests:
        if not is_inside(name):
            raise _damaged(source, f"it has a file outside its folder: {name}")
    return manifest


def is_inside(name: str) -> bool:
    """Tell whether a path from a folder stays in it."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _content(packed: tarfile.TarFile, name: str, digest: str, *, source: Path) -> bytes:
    content = io.BytesIO()
    _read(packed, f"files/{name}", digest, source=source, into=content, most=LARGEST_FILE)
    return content.getvalue()


def _read(  # noqa: PLR0913  one parameter a part of the question
    packed: tarfile.TarFile,
    name: str,
    digest: str,
    *,
    source: Path,
    into: IO[bytes] | None,
    most: int | None = None,
) -> None:
    """Read a member in chunks, and refuse it if its digest differs."""
    try:
        info = packed.getmember(name)
        member = packed.extractfile(info)
    except KeyError:
        member = None
    if member is None or (most is not None and info.size > most):
        raise _damaged(source, f"it has no {name}")
    read = hashlib.sha256()
    while piece := member.read(_PIECE):
        read.update(piece)
        if into is not None:
            into.write(piece)
    if read.hexdigest() != digest:
        raise _damaged(source, f"{name} differs from what was saved")


def _digest(content: IO[bytes]) -> str:
    read = hashlib.sha256()
    while piece := content.read(_PIECE):
        read.update(piece)
    return read.hexdigest()


def _add(packed: tarfile.TarFile, name: str, content: IO[bytes], *, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    packed.addfile(info, content)
