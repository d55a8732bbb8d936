"""The settings file as forms read and edit it: checked as a whole, and written atomically.

A form is made from :func:`read`: ``file.get(name)`` is the value of a setting, and
``file.seen(names)`` goes into a hidden field. Submitted values become changes by name;
:func:`propose` checks them without writing, and :func:`save` writes them. A list of tables is one
setting::

    file = read(path)
    sections = [*file.get("sections"), {"name": "trade", "words": ["tariff"]}]
    save(path, {"sections": sections}, seen=seen_of_the_form)

Somebody else may have saved between the two. Their changes to other settings are kept; if they
changed one of the same settings, :class:`ChangedMeanwhileError` is raised, and nothing is written.
To apply the changes all the same, save them with ``error.seen``.
"""

from __future__ import annotations

import fcntl
import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from datetime import date, time
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import tomlkit
from pydantic import ValidationError
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table

from briefing.core.errors import OutputError, SettingsError, reason_of, remedy_of
from briefing.core.frozen import frozen
from briefing.settings import Settings, parsed
from briefing.settings.mistakes import mistakes, reasons
from briefing.store.location import staged, sync, take

#: Most bytes of a settings file that is edited; a file with thousands of words has a tenth of it.
_LARGEST = 1 << 20
#: Characters of a digest that identify a value.
_DIGITS = 16
#: Seconds to wait for another process that is writing, which takes milliseconds.
_WAIT = 10
_NEW_FILE = 0o644

#: Returns errors of otherwise valid settings by name, such as a theme that is not installed.
Check = Callable[[Settings], Mapping[str, str]]


class WrongSettingsError(SettingsError):
    """Changes that make the settings invalid; nothing was written."""

    def __init__(self, message: str, wrong: Mapping[str, str]) -> None:
        super().__init__(message)
        #: What is wrong and what is allowed, by name such as "page.paper" or "sections.2.name".
        self.wrong = dict(wrong)


class ChangedMeanwhileError(SettingsError):
    """Settings that somebody else changed after the form was made; nothing was written."""

    def __init__(self, path: Path, file: SettingsFile, names: Sequence[str]) -> None:
        super().__init__(f"{path}: changed in the meantime: {', '.join(names)}; nothing was saved")
        #: The file as it is now.
        self.file = file
        self.names = tuple(names)

    @property
    def seen(self) -> str:
        """The value for a form that changes these settings all the same."""
        return self.file.seen(self.names)


class UnwritableSettingsError(OutputError):
    """The file cannot be written; it is unchanged."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"{path}: cannot be written ({reason_of(error)}); "
            + remedy_of(error, otherwise="check its folder and permissions")
        )


@frozen
class SettingChange:
    """A changed setting."""

    #: For example "page.paper".
    name: str
    #: As in TOML; the default if the file did not have it.
    old: Value
    new: Value


@frozen
class SettingsFile:
    """A settings file as read."""

    path: Path
    #: With its byte order mark and line ends; empty if there is no file.
    text: str
    #: Its content, unchecked.
    values: Mapping[str, Any]

    def get(self, name: str) -> Any:  # noqa: ANN401  any value of TOML
        """Return the value of a setting, unchecked: that of the file, otherwise its default."""
        return _get(self.values, name)

    def seen(self, names: Sequence[str]) -> str:
        """Return digests of settings, which reveal later changes by somebody else."""
        return " ".join(f"{name}={_mark(self.get(name))}" for name in names)


@frozen
class Proposal:
    """A settings file with changes that are valid."""

    #: The whole file.
    text: str
    settings: Settings
    #: Only actual differences; empty if nothing would be written.
    changes: tuple[SettingChange, ...]


def read(path: Path) -> SettingsFile:
    """Return a settings file, or an empty one if it does not exist.

    Raises SettingsError if it cannot be read, or is not TOML.
    """
    try:
        raw = path.read_bytes() if path.exists() else b""
        if len(raw) > _LARGEST:
            raise SettingsError(f"{path}: is larger than {_LARGEST:,} bytes; change it by hand")
        text = raw.decode()
        return SettingsFile(path, text, parse(text))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise SettingsError(f"{path}: cannot be read as settings ({why})") from error


def propose(file: SettingsFile, changes: Changes, *, check: Check = lambda _: {}) -> Proposal:
    """Return a settings file with changes by name, without writing it.

    The value None removes a setting from the file. ``check`` returns further errors of valid
    settings. Raises WrongSettingsError if it would have mistakes, from these changes or before; and
    SettingsError if its notation cannot be edited safely.
    """
    new = changed(file.values, changes)
    pairs = [SettingChange(name, file.get(name), _get(new, name)) for name in changes]
    differing = tuple(pair for pair in pairs if not is_same(pair.old, pair.new))
    named = {pair.name for pair in differing}
    try:
        text = edited(file.text, {name: changes[name] for name in changes if name in named})
    except SettingsError as error:
        raise SettingsError(f"{file.path}: {error}") from error
    return Proposal(text, _checked(file.path, text, check), differing)


def save(
    path: Path,
    changes: Changes,
    *,
    seen: str,
    check: Check = lambda _: {},
    record: Callable[[Sequence[SettingChange]], None] = lambda _: None,
) -> Proposal:
    """Write changes into a settings file, which is created if missing; return what was changed.

    A symbolic link is followed. ``changes`` and ``check`` are as for :func:`propose`; ``seen`` is
    :meth:`SettingsFile.seen` of all settings to change, from when the form was made. ``record`` is
    called with the changes just before they are written: if it raises, nothing is written.

    Raises:
        ChangedMeanwhileError: somebody else has changed one of the settings since.
        WrongSettingsError: as for :func:`propose`.
        UnwritableSettingsError: the file cannot be written.
        BusyError: another process has been writing it for seconds.
    """
    with alone(path.resolve().parent):
        file = read(path)
        marks = _marks(seen)
        others = [
            name
            for name, value in changes.items()
            if marks.get(name) != _mark(file.get(name)) and not is_same(value, file.get(name))
        ]
        if others:
            raise ChangedMeanwhileError(path, file, others)
        proposal = propose(file, changes, check=check)
        if proposal.changes:
            try:
                _replace(path.resolve(), proposal.text, lambda: record(proposal.changes))
            except OSError as error:
                raise UnwritableSettingsError(path, error) from error
    return proposal


def make_file(path: Path, text: str) -> Settings:
    """Write a new settings file, creating its folder if necessary; return its settings.

    Raises WrongSettingsError if it would have mistakes, or it exists already; and OutputError if it
    cannot be written.
    """
    settings = _checked(path, text, lambda _: {})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with alone(path.parent):
            if path.exists():
                raise WrongSettingsError(f"{path}: already exists", {"name": f"{path} exists"})
            _replace(path, text, lambda: None)
    except OSError as error:
        raise UnwritableSettingsError(path, error) from error
    return settings


def _checked(path: Path, text: str, check: Check) -> Settings:
    plain = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    try:
        settings = parsed(plain, folder=path.parent)
    except ValidationError as error:
        raise WrongSettingsError(mistakes(path, plain, error), reasons(error)) from error
    wrong = check(settings)
    if wrong:
        words = "; ".join(f"{name}: {reason}" for name, reason in wrong.items())
        raise WrongSettingsError(f"{path}: {words}", wrong)
    return settings


def _replace(path: Path, text: str, record: Callable[[], None]) -> None:
    """Replace the file, keeping its permissions and, as far as possible, its owner."""
    with staged(path, text.encode()) as draft:
        try:
            old = path.stat()
        except FileNotFoundError:
            draft.chmod(_NEW_FILE)
        else:
            with suppress(PermissionError):
                os.chown(draft, old.st_uid, old.st_gid)
            draft.chmod(old.st_mode & 0o7777)
        record()
        draft.replace(path)
        sync(path.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lock a folder against other processes and threads that write settings in it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be opened ({reason_of(error)})") from error
    try:
        busy = f"{folder}: its settings are being written by another process; try again"
        take(descriptor, fcntl.LOCK_EX, busy=busy, wait=_WAIT)
        yield
    finally:
        os.close(descriptor)


def _get(values: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  any value of TOML
    """Return the value of a setting, otherwise its default; raise KeyError if it does not exist."""
    value: Any = values
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        value = Settings().model_dump(mode="json")
        for part in name.split("."):
            value = value[part]
    return value


def touched(changes: Mapping[str, Value], *, seen: str) -> dict[str, Value]:
    """Return the changes without those that a form only returns as they were shown.

    Otherwise, changing one setting would undo what somebody else changed in the others.
    """
    marks = _marks(seen)
    return {name: value for name, value in changes.items() if marks.get(name) != _mark(value)}


def _marks(seen: str) -> dict[str, str]:
    return dict(part.rpartition("=")[::2] for part in seen.split())


def _mark(value: object) -> str:
    text = json.dumps(comparable(value), default=str, sort_keys=True)
    return sha256(text.encode()).hexdigest()[:_DIGITS]


#: A TOML value; a list of mappings is a list of tables, such as [[sections]].
Value = str | int | float | bool | date | Sequence["Value"] | Mapping[str, "Value"]
#: By dotted name, such as "page.paper"; None removes a setting from the file.
Changes = Mapping[str, Value | None]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def parse(text: str) -> dict[str, Any]:
    """Return the content of a settings file, unchecked.

    Raises TOMLDecodeError if it is not TOML, and RecursionError if it is nested too deeply.
    """
    return tomllib.loads(text.removeprefix(_BOM))


def edited(text: str, changes: Changes) -> str:
    """Return the text of a settings file with some settings changed, and nothing else.

    A value that is already set, in whatever notation, is left as it is. In lists of tables,
    comments stay in place, and keys missing from a row are removed; such a list cannot be emptied.
    Raises SettingsError if the text is not TOML, or its notation cannot be edited safely.
    """
    body = text.removeprefix(_BOM)
    is_crlf = 0 < body.count("\n") == body.count("\r\n")
    plain = body.replace("\r\n", "\n") if is_crlf else body
    try:
        document = tomlkit.parse(plain)
        for name, value in changes.items():
            *tables, key = name.split(".")
            table: Any = document
            for part in tables:
                if part not in table:
                    table[part] = tomlkit.table()
                table = table[part]
            _change_in(table, key, value)
        new = tomlkit.dumps(document)
        is_wanted = comparable(tomllib.loads(new)) == comparable(changed(parse(plain), changes))
    except (TOMLKitError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"cannot be edited as TOML ({error})") from error
    if not is_wanted:
        raise SettingsError(f"cannot be edited safely ({', '.join(changes)}); change it by hand")
    return text[: len(text) - len(body)] + (new.replace("\n", "\r\n") if is_crlf else new)


def changed(values: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Return the content of a settings file after changes."""
    new = deepcopy(dict(values))
    for name, value in changes.items():
        *tables, key = name.split(".")
        table = new
        for part in tables:
            table = table.setdefault(part, {})
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
    return new


def is_same(left: object, right: object) -> bool:
    """Return whether two values are equal, in whatever notation of a date or a list."""
    return comparable(left) == comparable(right)


def comparable(value: object) -> object:
    """Return a value with dates as text, integral floats as integers, without empty tables."""
    if isinstance(value, Mapping):
        inner = {str(key): comparable(part) for key, part in value.items()}
        return {key: part for key, part in inner.items() if part != {}}
    if isinstance(value, list | tuple):
        return [comparable(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, date | time):
        return value.isoformat()
    # True equals 1 in Python, but a setting of one type rejects the other.
    return (type(value), value) if isinstance(value, bool) else value


def _change_in(table: Any, key: str, value: Value | None) -> None:  # noqa: ANN401  any table of tomlkit
    if key not in table:
        if value is not None:
            _add(table, key, _item(value))
    elif value is None:
        table.remove(key)
    elif isinstance(table[key], AoT) and _is_tables(value):
        _change_tables(table[key], cast("Sequence[Mapping[str, Value]]", value))
    elif not is_same(table[key], value):
        table[key] = _item(value)


def _is_tables(value: Value) -> bool:
    is_list = isinstance(value, list | tuple) and bool(value)
    return is_list and all(isinstance(row, Mapping) for row in cast("Sequence[Value]", value))


def _item(value: Value) -> Item:
    if not _is_tables(value):
        return tomlkit.item(list(value) if isinstance(value, tuple) else value)
    rows = tomlkit.aot()
    for row in cast("Sequence[Mapping[str, Value]]", value):
        rows.append(_table(row))
    return rows


def _table(row: Mapping[str, Value]) -> Table:
    table = tomlkit.table()
    for key, value in row.items():
        table.append(key, _item(value))
    return table


def _add(table: Any, key: str, item: Item) -> None:  # noqa: ANN401  any table of tomlkit
    """Add a key after the last one of a table, above comments that belong to what follows."""
    container = table.value if isinstance(table, Table) else table
    if not isinstance(container, Container) or isinstance(item, AoT | Table):
        table[key] = item
        return
    keys = [own for own, value in container.body if own and not isinstance(value, AoT | Table)]
    if not keys:
        table[key] = item
    else:
        container._insert_after(keys[-1], key, item)
        if table is not container:
            # A tomlkit table is a dictionary beside the container that it wraps.
            dict.__setitem__(table, key, item)


def _change_tables(tables: AoT, rows: Sequence[Mapping[str, Value]]) -> None:
    """Set the rows of a list of tables one by one; comments stay in place."""
    while len(tables) > len(rows):
        del tables[-1]
    for number, row in enumerate(rows):
        if number == len(tables):
            tables.append(_table(row))
            continue
        for key in [key for key in tables[number] if key not in row]:
            tables[number].remove(key)
        for key, value in row.items():
            _change_in(tables[number], key, value)
