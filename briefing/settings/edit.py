"""PURE: changes to the text of a settings file; its comments, order and blank lines stay."""

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date, time
from typing import Any, cast

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item, Table
from tomlkit.toml_document import TOMLDocument

from briefing.core.errors import SettingsError

#: A value as TOML has it; a list of mappings is a list of tables, such as [[sections]].
Value = str | int | float | bool | date | Sequence["Value"] | Mapping[str, "Value"]
#: By dotted name, such as "page.paper"; None takes the setting out of the file.
Changes = Mapping[str, Value | None]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


def parse(text: str) -> dict[str, Any]:
    """Return what a settings file says, unchecked.

    TOMLDecodeError, RecursionError: it is no TOML.
    """
    return tomllib.loads(text.removeprefix(_BOM))


def edited(text: str, changes: Changes) -> str:
    """Return the text of a settings file with some settings changed, and nothing else.

    What is set already, in whatever notation, is left as it is. In a list of tables comments stay
    where they are, and keys that a row does not name are taken out; it cannot be emptied.

    SettingsError: the text is no TOML, or is written in a way that cannot be edited safely.
    """
    body = text.removeprefix(_BOM)
    is_crlf = 0 < body.count("\n") == body.count("\r\n")
    plain = body.replace("\r\n", "\n") if is_crlf else body
    try:
        document = tomlkit.parse(plain)
        for name, value in changes.items():
            _change(document, name.split("."), value)
        new = tomlkit.dumps(document)
        is_wanted = comparable(tomllib.loads(new)) == comparable(changed(parse(plain), changes))
    except (TOMLKitError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"cannot be edited as TOML ({error})") from error
    if not is_wanted:
        raise SettingsError(f"cannot be edited safely ({', '.join(changes)}); change it by hand")
    return text[: len(text) - len(body)] + (new.replace("\n", "\r\n") if is_crlf else new)


def changed(values: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Return what a settings file says once it is changed."""
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
    """Tell whether two values say the same, in whatever notation of a date or a list."""
    return comparable(left) == comparable(right)


def comparable(value: object) -> object:
    """Return a value with dates as text, whole numbers of one kind, and no table without a key."""
    if isinstance(value, Mapping):
        inner = {str(key): comparable(part) for key, part in value.items()}
        return {key: part for key, part in inner.items() if part != {}}
    if isinstance(value, list | tuple):
        return [comparable(part) for part in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, date | time):
        return value.isoformat()
    # True equals 1, and a setting of the one kind refuses the other.
    return (type(value), value) if isinstance(value, bool) else value


def _change(document: TOMLDocument, path: Sequence[str], value: Value | None) -> None:
    *tables, key = path
    table: Any = document
    for part in tables:
        if part not in table:
            table[part] = tomlkit.table()
        table = table[part]
    _change_in(table, key, value)


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
    """Add a key below the last one of a table, above comments that belong to what follows."""
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
            # A table is a dictionary beside the container that it holds.
            dict.__setitem__(table, key, item)


def _change_tables(tables: AoT, rows: Sequence[Mapping[str, Value]]) -> None:
    """Make a list of tables say other rows, place by place; comments stay where they are."""
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
