"""The store in the settings: opened, and backed up and restored with settings and secrets."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from briefing.core.errors import InputError, writing
from briefing.core.frozen import frozen
from briefing.settings import FILE_NAME, Settings, find
from briefing.setup.clock import now
from briefing.store import Store, backup, identity, open_store
from briefing.store.location import write_private


@frozen
class Restored:
    """The result of a restore."""

    #: Location of the store, as written in the settings.
    store: str
    #: Where the previous store is kept, if it had content.
    kept: Path | None
    #: Settings and secrets that were written.
    written: tuple[Path, ...] = ()
    #: Those that exist with other content and were left unchanged.
    left: tuple[Path, ...] = ()
    #: Deliveries that may have been sent after the backup was made.
    doubtful: int = 0


def back_up(  # noqa: PLR0913  one parameter an option of the command
    store: Store,
    to: Path,
    *,
    settings: Settings,
    config: Path | None,
    keep: int = 0,
    force: bool = False,
) -> tuple[backup.Saved, tuple[Path, ...]]:
    """Write the store, settings and secrets into one file.

    Returns the backup, and the files named in the settings that are not in it because they are
    outside the settings' folder. Raises InputError if a file cannot be read, and the errors of
    :func:`briefing.store.backup.save`.
    """
    path = config or Path(FILE_NAME)
    folder = path.parent
    named = {name: folder / name for name in _names(settings) if (folder / name).is_file()}
    inside = {name: file for name, file in named.items() if backup.is_inside(name)}
    outside = tuple(file for name, file in named.items() if name not in inside)
    if path.is_file():
        inside[path.name] = path
    beside = backup.Beside(
        path.absolute() if path.is_file() else None,
        {name: _read(file) for name, file in inside.items()},
    )
    return backup.save(store, to, at=now(), beside=beside, keep=keep, force=force), outside


def bring_back(source: Path, *, config: Path | None, replace: bool, force: bool) -> Restored:
    """Restore the store, and those settings and secrets that are missing.

    If there are no settings, those of the backup are written to ``config``. With ``replace``, a
    store with content is replaced and kept under another name; with ``force``, settings and secrets
    with other content are overwritten. For errors see :func:`briefing.store.backup.restore`.
    """
    folder = config.parent if config else Path()
    if not backup.is_bundle(source):
        settings = find(config, Path())
        old_store = backup.restore(settings.store.at, folder=folder, source=source, replace=replace)
        return Restored(settings.store.at, old_store)
    path = config or Path(FILE_NAME)
    room = folder / f".{source.name}.restore"
    with writing(folder.absolute()), backup.unpacked(source, room=room) as packed:
        # The settings go to the given path, everything else beside them.
        contents = {
            path if name == packed.manifest.settings else folder / name: content
            for name, content in packed.files.items()
        }
        written, left = list[Path](), list[Path]()
        for file, content in contents.items():
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            elif _read(file) == content:
                continue
            elif not force:
                left.append(file)
                continue
            else:
                tries = (f"{file.name}.old{'' if n == 1 else f'-{n}'}" for n in count(1))
                unused = next(name for name in tries if not file.with_name(name).exists())
                file.rename(file.with_name(unused))
            write_private(file, content)
            written.append(file)
        at = find(config, Path()).store.at
        old_store = backup.restore(
            at, folder=folder, source=packed.store, replace=replace, name=source
        )
    with open_store(at, folder=folder) as store, store.read() as tx:
        doubtful = identity.doubt(tx, store.place)
    return Restored(at, old_store, tuple(written), tuple(left), doubtful)


def _names(settings: Settings) -> Iterator[str]:
    """Yield the files named in the settings that a briefing cannot do without."""
    files = (name for _, name, _ in settings.secret_files)
    models = (
        os.path.relpath(table.model, settings.folder) for table in settings.sections if table.model
    )
    examples = (f"sections/{table.name}.jsonl" for table in settings.sections)
    every = (*files, settings.model, *models, *examples)
    yield from dict.fromkeys(name for name in every if name)


def _read(file: Path) -> bytes:
    with writing(file, "cannot be read", kind=InputError), file.open("rb") as opened:
        content = opened.read(backup.LARGEST_FILE + 1)
    if len(content) > backup.LARGEST_FILE:
        raise InputError(f"{file}: larger than a backup holds of one file; move it elsewhere")
    return content


def open_the_store(settings: Settings) -> Store:
    """Open the store named in the settings."""
    return open_store(settings.store.at, folder=settings.folder)
