"""Subscriber lists as CSV: errors are reported by line, and no cell runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from briefing.app.readers.address import address_of
from briefing.app.readers.preferences import preferences_as_text, read_preferences
from briefing.core.errors import InputError
from briefing.core.model import State, Subscriber
from briefing.mail.headers import one_line

#: Columns in the order in which they are written; only the address is required.
COLUMNS = ("address", "name", "sections", "format", "days", "at", "zone", "state")
_PREFERENCES = COLUMNS[2:-1]
#: Characters within which the first line must end.
_HEAD = 1_000
#: Characters of a name.
LONGEST_NAME = 100
#: First characters that make a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Prefix of such a cell; spreadsheets do not display it, and it is removed when read.
_ESCAPE = "'"


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """One valid line of a list."""

    #: Its number in the file, from 1; the last one of a row over several lines.
    line: int
    #: Not stored yet: without an id.
    subscriber: Subscriber


@dataclass(frozen=True, slots=True)
class RowError:
    """One invalid line of a list, and why."""

    line: int
    reason: str


def read_subscribers_csv(
    text: str, *, sections: tuple[str, ...]
) -> Iterator[SubscriberRow | RowError]:
    """Yield the lines of a list in order, without empty ones.

    The first line names the columns, in any order and case; the delimiter is a comma or, as some
    spreadsheets write, a semicolon.

    Raises:
        InputError: the first line names no column "address", or an unknown column.
    """
    text = text.removeprefix("\ufeff")
    head = "".join(text[:_HEAD].splitlines()[:1])
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    columns = _columns(head, delimiter)
    next(rows, None)
    while True:
        try:
            cells = next(rows)
            if any(map(str.strip, cells)):
                values = _named_cells(cells, columns)
                yield SubscriberRow(rows.line_num, _subscriber(values, sections))
        except StopIteration:
            return
        except (InputError, csv.Error) as error:
            yield RowError(rows.line_num, str(error))


def write_subscribers_csv(subscribers: Iterable[Subscriber]) -> Iterator[str]:
    """Yield a list line by line, column names first."""
    yield _line(COLUMNS)
    for subscriber in subscribers:
        values = preferences_as_text(subscriber.preferences)
        preferences = (values[name] for name in _PREFERENCES)
        yield _line((subscriber.address, subscriber.name, *preferences, subscriber.state.value))


def _columns(head: str, delimiter: str) -> list[str]:
    names = [one_line(cell).strip(" \"'").lower() for cell in head.split(delimiter)]
    unknown = next((name for name in names if name not in COLUMNS), None)
    if unknown is not None or "address" not in names or len(set(names)) < len(names):
        what = (
            f"no column {unknown[:40]!a}" if unknown else "no column 'address', or a column twice"
        )
        raise InputError(f"line 1: {what}; name the columns {', '.join(COLUMNS)}")
    return names


def _named_cells(cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        raise InputError(f"{len(cells)} cells for {len(columns)} columns; quote what holds a comma")
    return dict.fromkeys(COLUMNS, "") | dict(zip(columns, map(_unescaped, cells), strict=False))


def _subscriber(values: Mapping[str, str], sections: tuple[str, ...]) -> Subscriber:
    return Subscriber(
        id=0,
        address=address_of(values["address"]),
        name=checked_name(values["name"]),
        state=_state(values["state"]),
        preferences=read_preferences(
            {name: values[name] for name in _PREFERENCES}, sections=sections
        ),
    )


def checked_name(name: str) -> str:
    """Return a name as one line.

    Raises:
        InputError: it is too long.
    """
    if len(name) > LONGEST_NAME:
        raise InputError(f"name: longer than {LONGEST_NAME} characters")
    return one_line(name)


def _state(value: str) -> State:
    states = {state.value: state for state in State}
    if value and value.lower() not in states:
        raise InputError(f"state {value[:40]!a}: give {', '.join(states)}")
    return states[value.lower()] if value else State.ACTIVE


def _unescaped(cell: str) -> str:
    """Return a cell without the escape that this module or a spreadsheet added."""
    cell = cell.strip(" ")
    escaped = cell.startswith(_ESCAPE) and cell[1:].startswith(_FORMULA)
    return cell[1:] if escaped else cell


def _line(cells: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(map(_escaped, cells))
    return out.getvalue()


def _escaped(cell: str) -> str:
    return f"{_ESCAPE}{cell}" if cell.startswith(_FORMULA) else cell
