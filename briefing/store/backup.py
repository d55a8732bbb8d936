"""Backups in one file: made while others write, verified, and restored without loss.

The file is a tar archive of ``manifest.json``, which has a digest of everything else, ``store``,
and ``files/NAME`` for each file. Members are read only by these names: nothing is unpacked to a
path that the archive chooses.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import stat
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from pydantic import TypeAdapter

from briefing.core.errors import InputError, StoreError, UsageError, printable
from briefing.core.frozen import frozen
from briefing.store import copies, location
from briefing.store.claims import settle_journal
from briefing.store.identity import Inventory
from briefing.store.location import (
    COUNTED,
    NotedBackup,
    StoreLocation,
    find_place,
    noted_backups,
    restoring,
)
from briefing.store.store import Store

#: First bytes of a copy of a store, by database.
_HEADS = {b"SQLite format 3\0": "SQLite", b"PGDMP": "PostgreSQL"}
#: Number of backups recorded beside the store.
_NOTED = 30


@frozen
class Saved:
    """A finished backup."""

    #: Where it is.
    file: Path
    #: Inventory of the store in it.
    held: Inventory
    #: Older backups that were deleted.
    pruned: tuple[Path, ...] = ()


def save(  # noqa: PLR0913  one parameter per option of the command
    store: Store, to: Path, *, at: datetime, beside: Beside, keep: int = 0, force: bool = False
) -> Saved:
    """Write a store, its settings and secrets into one file, while others may write.

    In a folder, the file is named after the store and the time. It gets its name only when it is
    complete, verified and synced to disk. ``keep`` backups stay in the folder (0: all). ``force``
    allows a backup even if the last one holds much more, or the file to replace is not a backup.

    UsageError: the file is the store, or an existing file that is not a backup. StoreError: the
    store cannot be read, or holds much less than the last backup. OutputError: the file cannot be
    written. BusyError: another process is making a backup of the store. MissingPartError: pg_dump
    is not installed.
    """
    place, to = store.place, to.absolute()
    if place.file and to.resolve() in {place.file.resolve(), place.beside("lock").resolve()}:
        raise UsageError(f"{printable(to)}: the store itself; give the backup another name")
    dated = _dated(place, to) if to.is_dir() else []
    with store.alone("backup"):
        name = f"{_prefix(place)}{at:%Y-%m-%dT%H%M%SZ}"
        file = copies.free_name(to / name, ".tar") if to.is_dir() else to
        # A full disk must not prevent a backup to another disk.
        with contextlib.suppress(StoreError), store.write() as tx:
            settle_journal(tx)
        held = store.remember()
        if not force:
            _refuse_shrunken(place, held, replaced=file, newest=dated[-1] if dated else None)
        if to.is_dir():
            # Drafts left by a killed backup; only one backup runs at a time.
            for left in to.glob(f"{_prefix(place)}*.tar*.draft*"):
                with contextlib.suppress(OSError):
                    left.unlink()
        room = file.with_name(f"{file.name}.copy.draft")
        with copies.atomic_write(file) as draft, location.scratch(room) as copied:
            if place.file:
                copies.copy(place.file, copied, place=place, label=printable(file))
            else:
                copies.dump(place, copied)
            pack(draft, made=at.isoformat(), store=copied, held=held, beside=beside)
        # Recorded beside the store, for the remedy in messages.
        earlier = [entry for entry in noted_backups(place) if entry.file != file]
        counts = {name: getattr(held, name) for name in COUNTED}
        settings = str(beside.path or "")
        latest = NotedBackup(file, f"{at:%Y-%m-%d %H:%M} UTC", **counts, settings=settings)
        entries = [
            {**asdict(entry), "file": str(entry.file)} for entry in [*earlier, latest][-_NOTED:]
        ]
        # Without this record, as in a read-only folder, the remedy is less specific.
        with contextlib.suppress(OSError):
            content = json.dumps({"backups": entries}, indent=1) + "\n"
            location.write_private(place.beside("backup"), content.encode())
        pruned = tuple(_prune([*dated, file], keep=keep)) if to.is_dir() else ()
    return Saved(file, held, pruned)


def restore(
    at: str, *, folder: Path, source: Path, replace: bool, name: Path | None = None
) -> Path | None:
    """Replace a store with a copy; return where the old one is kept, if there was one.

    Nothing is changed before the whole copy is verified. A store with content is replaced only with
    ``replace``. Messages call the copy ``name``, if given, else ``source``.

    InputError: the file does not exist or is not a backup. StoreError: the backup is damaged or
    newer than this version, or the store has content or no folder. BusyError: another process has
    the store open or is restoring it. OutputError: the store or the copy of the old one cannot be
    written. MissingPartError: pg_restore is not installed.
    """
    place = find_place(at, folder=folder)
    label = printable(name or source)
    made_by, needed = _made_by(source, label=label), "SQLite" if place.file else "PostgreSQL"
    if made_by != needed:
        raise StoreError(
            f"{label}: a backup of a store on {made_by}; {place.label} is on {needed}, so give "
            "another address in [store]"
        )
    busy = f"{place.label}: another process is restoring it; wait until it ends"
    # No other process may overwrite the copy that this one has verified.
    with location.hold(place.beside("restore.lock"), busy=busy):
        if place.file:
            return copies.put_back(source, place.file, place=place, label=label, replace=replace)
        return copies.restore_dump(source, place=place, label=label, replace=replace)


def is_bundle(source: Path) -> bool:
    """Tell whether a file is a bundle of store, settings and secrets; InputError if unreadable."""
    return _head(source, label=printable(source)).startswith(HEAD)


def _prefix(place: StoreLocation) -> str:
    return f"{place.beside('x').name.removesuffix('.x')}-"


def _dated(place: StoreLocation, folder: Path) -> list[Path]:
    """Return the dated backups of a store in a folder, oldest first."""
    name = re.compile(rf"{re.escape(_prefix(place))}\d{{4}}-\d\d-\d\dT\d{{6}}Z(-\d+)?\.tar")
    dated = [file for file in folder.iterdir() if name.fullmatch(file.name)]
    return sorted(
        dated, key=lambda file: (file.stem[: len(_prefix(place)) + 18], len(file.name), file)
    )


def _prune(dated: list[Path], *, keep: int) -> Iterator[Path]:
    for old in dated[:-keep] if keep else []:
        with contextlib.suppress(OSError):
            old.unlink()
            yield old


def _refuse_shrunken(
    place: StoreLocation, held: Inventory, *, replaced: Path, newest: Path | None
) -> None:
    """Refuse a backup that holds much less than the previous one."""
    before = [
        (noted.file, Inventory(**{noun: getattr(noted, noun) for noun in COUNTED}))
        for noted in noted_backups(place)[-1:]
    ]
    before += [
        (old, _inventory_of(old))
        for old in (newest, replaced)
        if old and old.is_file() and old.stat().st_size
    ]
    for file, previous in before:
        counts = ((getattr(held, noun), getattr(previous, noun), noun) for noun in COUNTED)
        fewer = ", ".join(f"{now:,} {noun}" for now, was, noun in counts if now * 2 < was)
        if fewer:
            raise StoreError(
                f"{printable(replaced)}: not written, since {place.label} holds {fewer}, and "
                f"the last backup more ({previous.words}); restore it with: {restoring(file)}; or "
                "allow it with --force"
            )


def _inventory_of(file: Path) -> Inventory:
    label = printable(file)
    try:
        if is_bundle(file):
            with _opened(file) as packed:
                manifest = _manifest(packed, file)
            return replace(manifest.held, last=manifest.last)
        return copies.held_by(file) if _made_by(file, label=label) == "SQLite" else Inventory()
    except InputError as error:
        raise UsageError(
            f"{label}: exists and is not a readable backup; give another name, or --force"
        ) from error


def _made_by(source: Path, *, label: str) -> str:
    head = _head(source, label=label)
    for begin, name in _HEADS.items():
        if head.startswith(begin):
            return name
    raise InputError(f"{label}: not a backup; give a file that `briefing backup` made")


def _head(source: Path, *, label: str) -> bytes:
    """Return the first bytes of a file; none if it is not a regular file."""
    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not block
    except OSError as error:
        raise InputError(f"{label}: cannot be opened ({error.strerror})") from error
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        return os.read(descriptor, max(map(len, (*_HEADS, HEAD)))) if is_file else b""
    finally:
        os.close(descriptor)


#: First bytes of every bundle: the name of its first member.
HEAD = b"manifest.json\0"
#: Version of the format.
_FORMAT = 1
#: Most bytes read of a manifest, and of a file other than the store.
_LARGEST_MANIFEST, LARGEST_FILE = 1_000_000, 100_000_000
#: Bytes read at a time.
_PIECE = 1_048_576


@frozen
class Beside:
    """Settings and secrets of a store, which are not in it."""

    #: The settings file; None if there is none.
    path: Path | None = None
    #: Settings, secrets and keys, by their path from the folder of the settings.
    contents: Mapping[str, bytes] = field(default_factory=dict)


@frozen
class Manifest:
    """The manifest of a bundle."""

    format: int
    #: When it was made; ISO 8601, UTC.
    made: str
    #: SHA-256 of the copy of the store.
    store: str
    #: Inventory of the store, and the last edition in it.
    held: Inventory
    last: str
    #: Name of the settings among the files; empty if there are none.
    settings: str
    #: SHA-256 of the files, by their path from the folder of the settings.
    files: Mapping[str, str]


_MANIFEST = TypeAdapter(Manifest)


@frozen
class Bundle:
    """A bundle that was read and verified."""

    manifest: Manifest
    #: The copy of the store.
    store: Path
    #: Contents by name.
    files: Mapping[str, bytes]


def pack(to: Path, *, made: str, store: Path, held: Inventory, beside: Beside) -> None:
    """Write a bundle into an existing file, and verify it by reading it back."""
    contents = sorted(beside.contents.items())
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents}
    with store.open("rb") as copied:
        digest = hashlib.file_digest(copied, "sha256").hexdigest()
    settings = beside.path.name if beside.path else ""
    header = Manifest(_FORMAT, made, digest, held, held.last, settings, digests)
    manifest = _MANIFEST.dump_json(header, indent=1) + b"\n"
    with tarfile.open(to, "w", format=tarfile.PAX_FORMAT) as packed:
        _add(packed, "manifest.json", io.BytesIO(manifest), size=len(manifest))
        with store.open("rb") as copied:
            _add(packed, "store", copied, size=store.stat().st_size)
        for name, content in contents:
            _add(packed, f"files/{name}", io.BytesIO(content), size=len(content))
    with _opened(to) as packed:
        written = _manifest(packed, to)
        _read(packed, "store", written.store, source=to, into=None)
        for name, digest in written.files.items():
            _content(packed, name, digest, source=to)


@contextmanager
def unpacked(source: Path, *, room: Path) -> Iterator[Bundle]:
    """Read and verify a bundle; its copy of the store is in ``room``, deleted at the end.

    InputError: the bundle is damaged or of a newer version; OSError: ``room`` cannot be written.
    """
    with location.scratch(room):
        with _opened(source) as packed:
            manifest = _manifest(packed, source)
            with room.open("wb") as copied:
                _read(packed, "store", manifest.store, source=source, into=copied)
            contents = {
                name: _content(packed, name, digest, source=source)
                for name, digest in manifest.files.items()
            }
        yield Bundle(manifest, room, contents)


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:") as packed:
            yield packed
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(source, str(error)) from error


def _damaged(source: Path, why: str) -> InputError:
    return InputError(f"{printable(source)}: damaged ({printable(why)}); give another backup")


def _manifest(packed: tarfile.TarFile, source: Path) -> Manifest:
    first = packed.next()
    if first is None or first.name != "manifest.json" or first.size > _LARGEST_MANIFEST:
        raise _damaged(source, "it has no manifest")
    member = packed.extractfile(first)
    try:
        manifest = _MANIFEST.validate_json(member.read() if member else b"")
    except ValueError as error:
        raise _damaged(source, "its manifest cannot be read") from error
    if manifest.format > _FORMAT:
        raise InputError(
            f"{printable(source)}: made by a newer version of Briefing; update Briefing first"
        )
    for name in manifest.files:
        if not is_inside(name):
            raise _damaged(source, f"it has a file outside its folder: {name}")
    return manifest


def is_inside(name: str) -> bool:
    """Tell whether a path relative to a folder stays inside it."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\0" not in name


def _content(packed: tarfile.TarFile, name: str, digest: str, *, source: Path) -> bytes:
    content = io.BytesIO()
    _read(packed, f"files/{name}", digest, source=source, into=content, most=LARGEST_FILE)
    return content.getvalue()


def _read(  # noqa: PLR0913  the member, its digest and limit, and where it goes
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


def _add(packed: tarfile.TarFile, name: str, content: IO[bytes], *, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    packed.addfile(info, content)
