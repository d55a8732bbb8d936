"""PURE: changes to the text of a settings file; its comments, order and blank lines stay."""

import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date, time
from difflib import SequenceMatcher
from typing import Any, cast

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array, Item, Table, Whitespace
from tomlkit.toml_document import TOMLDocument

from briefing.core.errors import SettingsError

#: A value as TOML has it; a list of mappings is a list of tables, such as [[sections]].
Value = str | int | float | bool | date | Sequence["Value"] | Mapping[str, "Value"]
#: By dotted name, such as "page.paper"; None takes the setting out of the file.
Changes = Mapping[str, Value | None]

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
#: What tells one table of a list from another, so that its comments move with it.
_NAMES = ("name", "selector")


def parse(text: str) -> dict[str, Any]:
    """Return what a settings file says, unchecked.

    TOMLDecodeError, RecursionError: it is no TOML.
    """
    return tomllib.loads(text.removeprefix(_BOM))


def edited(text: str, changes: Changes) -> str:
    """Return the text of a settings file with some settings changed, and nothing else.

    What is set already, in whatever notation, is left as it is. A table of a list keeps its
    comments when it is moved or renamed; keys that a row does not name are taken out of it. A list
    of tables cannot be emptied.

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
    if key not in table:
        if value is not None:
            _add(table, key, _item(value))
    elif value is None:
        table.remove(key)
    elif not is_same(table[key], value):
        _set(table, key, value)


def _set(table: Any, key: str, value: Value) -> None:  # noqa: ANN401  any table of tomlkit
    before = table[key]
    if isinstance(before, AoT) and _is_tables(value):
        _change_tables(before, cast("Sequence[Mapping[str, Value]]", value))
    elif isinstance(before, Array) and isinstance(value, list | tuple):
        table[key] = _changed_array(before, value)
    else:
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


def _changed_array(array: Array, values: Sequence[Value]) -> Item:
    """Return an array with other values; what stays keeps its comment and its line."""
    old = [str(comparable(part)) for part in array.unwrap()]
    new = [str(comparable(part)) for part in values]
    kept = deepcopy(array)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, begin, end, first, last in reversed(matcher.get_opcodes()):
        if kind == "equal":
            continue
        for at in reversed(range(begin, end)):
            del kept[at]
        for at, value in enumerate(values[first:last], begin):
            kept.insert(at, _item(value))
    written = f"array = {kept.as_string()}\n"
    try:
        is_right = is_same(tomllib.loads(written)["array"], values)
    except tomllib.TOMLDecodeError:
        is_right = False
    return kept if is_right else _item(values)


def _change_tables(tables: AoT, rows: Sequence[Mapping[str, Value]]) -> None:
    """Make a list of tables say other rows; each keeps the comments above and in it."""
    old = list(tables.body)
    # Above a table stands what the one before it ends with.
    ends = [_cut_end(table) for table in old]
    leads = {id(table): _text(end) for table, end in zip(old[1:], ends, strict=False)}
    new = [_changed_table(table, row) for table, row in zip(_chosen(old, rows), rows, strict=True)]
    while len(tables):
        del tables[0]
    for number, table in enumerate(new):
        lead = leads.get(id(table), "\n")
        table.trivia.indent = lead if number else lead.lstrip("\n")
        tables.append(table)
    new[-1].value.body.extend(ends[-1])


def _text(items: Sequence[tuple[Any, Item]]) -> str:
    return "".join(
        item.s if isinstance(item, Whitespace) else f"{item.trivia.indent}{item.as_string()}"
        for _, item in items
    )


def _chosen(old: Sequence[Table], rows: Sequence[Mapping[str, Value]]) -> list[Table | None]:
    """Return the table that becomes each row: that of its name, else a renamed one in its place."""
    free = {at: _name(table.unwrap()) for at, table in enumerate(old)}
    chosen: dict[int, int] = {}
    for number, row in enumerate(rows):
        same = next((at for at, name in free.items() if name == _name(row)), None)
        if same is not None:
            chosen[number] = same
            del free[same]
    chosen.update({at: at for at in free if at < len(rows) and at not in chosen})
    return [old[chosen[at]] if at in chosen else None for at in range(len(rows))]


def _name(row: Mapping[str, Any]) -> str:
    return next((str(row[key]) for key in _NAMES if key in row), "")


def _changed_table(table: Table | None, row: Mapping[str, Value]) -> Table:
    if table is None:
        return _table(row)
    for key in [key for key in table if key not in row]:
        table.remove(key)
    holder = tomlkit.document()
    holder["row"] = table
    for key, value in row.items():
        _change(holder, ("row", key), value)
    return table


def _cut_end(table: Table) -> list[tuple[Any, Item]]:
    """Take off the blank lines and comments that end a table, from its first blank line on."""
    body = table.value.body
    begin = len(body)
    while begin and body[begin - 1][0] is None:
        begin -= 1
    while begin < len(body) and not isinstance(body[begin][1], Whitespace):
        begin += 1
    end = body[begin:]
    del body[begin:]
    return end
