"""Lists of subscribers as CSV: each mistake told by its line, nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from briefing.core.errors import InputError
from briefing.core.model import Preferences, State, Subscriber
from briefing.mail.headers import one_line
from briefing.mail.preferences import written

#: The columns, in the order in which they are written; only the address must be there.
COLUMNS = ("address", "name", "sections", "format", "days", "at", "zone", "state")
_PREFERENCES = COLUMNS[2:-1]
#: Characters in which the first line ends.
_HEAD = 1_000
#: Characters of a name that is kept.
LONGEST_NAME = 100
#: What makes a spreadsheet take a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Put before such a cell; spreadsheets do not show it, and it is taken off again when read.
_HARMLESS = "'"


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """One line of a list that can be used."""

    #: Its number in the file, from 1; of an entry over several lines the last.
    line: int
    #: Not kept yet: without a number.
    subscriber: Subscriber


@dataclass(frozen=True, slots=True)
class RowError:
    """One line of a list that cannot be used, and why."""

    line: int
    reason: str


def read_subscribers_csv(
    text: str,
    *,
    address: Callable[[str], str],
    preferences: Callable[[Mapping[str, str]], Preferences],
) -> Iterator[SubscriberRow | RowError]:
    """Yield each line of a list in its order, empty ones left out.

    The columns are found by the names in the first line, in any order and case; they are parted by
    commas or, as some spreadsheets write, semicolons.

    Args:
        text: the whole file.
        address: returns an address as it is kept; an InputError refuses the line.
        preferences: reads the columns that tell wishes; likewise.

    Raises:
        InputError: the first line names no column "address", or a column that there is not.
    """
    text = text.removeprefix("\ufeff")
    head = "".join(text[:_HEAD].splitlines()[:1])
    between = ";" if head.count(";") > head.count(",") else ","
    rows = csv.reader(StringIO(text, newline=""), delimiter=between)
    columns = _columns(head, between)
    next(rows, None)
    while True:
        try:
            cells = next(rows)
            if any(map(str.strip, cells)):
                told = _told(cells, columns)
                yield SubscriberRow(
                    rows.line_num, _subscriber(told, address=address, preferences=preferences)
                )
        except StopIteration:
            return
        except (InputError, csv.Error) as error:
            yield RowError(rows.line_num, str(error))


def write_subscribers_csv(subscribers: Iterable[Subscriber]) -> Iterator[str]:
    """Yield a list line by line, the names of the columns first."""
    yield _line(COLUMNS)
    for one in subscribers:
        told = written(one.preferences)
        preferences = (told[name] for name in _PREFERENCES)
        yield _line((one.address, one.name, *preferences, one.state.value))


def _columns(head: str, between: str) -> list[str]:
    names = [one_line(cell).strip(" \"'").lower() for cell in head.split(between)]
    strange = next((one for one in names if one not in COLUMNS), None)
    if strange is not None or "address" not in names or len(set(names)) < len(names):
        what = f"no column {strange[:40]!a}" if strange else "no column 'address', or one twice"
        raise InputError(f"line 1: {what}; name the columns {', '.join(COLUMNS)}")
    return names


def _told(cells: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    if len(cells) > len(columns):
        raise InputError(f"{len(cells)} cells for {len(columns)} columns; quote what holds a comma")
    return dict.fromkeys(COLUMNS, "") | dict(zip(columns, map(_shown, cells), strict=False))


def _subscriber(
    told: Mapping[str, str],
    *,
    address: Callable[[str], str],
    preferences: Callable[[Mapping[str, str]], Preferences],
) -> Subscriber:
    return Subscriber(
        id=0,
        address=address(told["address"]),
        name=checked_name(told["name"]),
        state=_state(told["state"]),
        preferences=preferences({name: told[name] for name in _PREFERENCES}),
    )


def checked_name(name: str) -> str:
    """Return a name as one line.

    Raises:
        InputError: it is longer than any name.
    """
    if len(name) > LONGEST_NAME:
        raise InputError(f"name: longer than {LONGEST_NAME} characters")
    return one_line(name)


def _state(word: str) -> State:
    states = {one.value: one for one in State}
    if word and word.lower() not in states:
        raise InputError(f"state {word[:40]!a}: give {', '.join(states)}")
    return states[word.lower()] if word else State.ACTIVE


def _shown(cell: str) -> str:
    """Return a cell without what :func:`write_roster` or a spreadsheet put before it."""
    cell = cell.strip(" ")
    guarded = cell.startswith(_HARMLESS) and cell[1:].startswith(_FORMULA)
    return cell[1:] if guarded else cell


def _line(cells: Iterable[str]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(map(_guarded, cells))
    return out.getvalue()


def _guarded(cell: str) -> str:
    return f"{_HARMLESS}{cell}" if cell.startswith(_FORMULA) else cell
