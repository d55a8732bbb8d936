"""Subscriber lists as CSV: errors are reported by line, and no cell runs as a formula."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import lru_cache
from io import StringIO
from types import MappingProxyType

from briefing.app.readers.fields import LONGEST_AGREEMENT, WRITTEN, address_of, preferences_as_text
from briefing.core.errors import InputError
from briefing.core.model import Consent, Preferences, State, Subscriber
from briefing.mail.headers import one_line

#: Columns that are read; only the address is required.
COLUMNS = ("address", "name", *WRITTEN, "state", "consent", "agreed")
#: Columns in the order in which they are written.
_WRITTEN = (*COLUMNS[:-2], "since", *COLUMNS[-2:])
_REPORTED = ("line", "address", "result", "reason")
#: Other names under which columns are known.
_ALIASES: Mapping[str, str] = MappingProxyType(
    {"email": "address", "e-mail": "address", "mail": "address", "time": "at"}
)
#: Characters within which the first line must end, and characters of a name of a column shown.
_HEAD, _SHOWN = 4_000, 40
_DELIMITERS: Mapping[str, str] = MappingProxyType({",": "comma", ";": "semicolon", "\t": "tab"})
#: Characters of a name, and of an address that is repeated.
LONGEST_NAME, _LONGEST_ADDRESS = 100, 300
#: Preferences remembered, by how they are written: most lines say the same.
_REMEMBERED = 1_000
#: First characters that make a spreadsheet take a cell for a formula, also as wide forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: Prefix of such a cell; spreadsheets do not display it, and it is removed when read.
_ESCAPE = "'"
#: How a file begins that is no text: of a spreadsheet, and texts in UTF-16.
_PACKED, _WIDE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"), (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class SubscriberList:
    """A list as it was read."""

    text: str
    #: "UTF-8", "UTF-16" or "Windows-1252".
    encoding: str
    delimiter: str
    #: Names of the columns in order; empty for one that is not read.
    columns: tuple[str, ...]
    #: Names of those that are not read.
    unread: tuple[str, ...]

    @property
    def form(self) -> str:
        """How it is written, in a few words."""
        return f"{self.encoding}, separated by {_DELIMITERS[self.delimiter]}"


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """One valid line of a list."""

    #: Its number in the file, from 1; the last one of a row over several lines.
    line: int
    #: Not stored yet: without an id.
    subscriber: Subscriber
    #: How and when they agreed, if the line says so.
    consent: str = ""
    agreed: date | None = None


@dataclass(frozen=True, slots=True)
class RowError:
    """One invalid line of a list, and why."""

    line: int
    #: As written, cut.
    address: str
    reason: str


def read_list(content: bytes) -> SubscriberList:
    """Return a list with the form in which a spreadsheet has written it.

    The first line names the columns, in any order and case, separated by comma, semicolon or tab.
    What is not UTF-8 is taken for Windows-1252.

    InputError: it is no text, or its first line names no column of addresses.
    """
    if content.startswith(_PACKED):
        raise InputError("a file of a spreadsheet program; save it as CSV")
    try:
        if content.startswith(_WIDE):
            text, encoding = content.decode("utf-16"), "UTF-16"
        else:
            text, encoding = content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        try:
            text, encoding = content.decode("cp1252"), "Windows-1252"
        except UnicodeDecodeError as error:
            raise InputError("neither UTF-8 nor Windows-1252; save it as CSV in UTF-8") from error
    if "\0" in text:
        raise InputError("not a text; save it as CSV in UTF-8")
    head = "".join(text[:_HEAD].splitlines()[:1])
    delimiter = max(_DELIMITERS, key=head.count)
    names = [one_line(cell).strip(" \"'").lower() for cell in head.split(delimiter)]
    known = [_ALIASES.get(name, name) for name in names]
    columns = tuple(name if name in COLUMNS else "" for name in known)
    twice = next((name for name in columns if name and columns.count(name) > 1), "")
    if twice or "address" not in columns:
        what = f"the column {twice!r} is there twice" if twice else "no column 'email' or 'address'"
        raise InputError(f"line 1: {what}; name the columns, such as {', '.join(COLUMNS)}")
    unread = tuple(
        name[:_SHOWN] or f"column {place}"
        for place, (name, column) in enumerate(zip(names, columns, strict=True), 1)
        if not column
    )
    return SubscriberList(text, encoding, delimiter, columns, unread)


def read_rows(
    listed: SubscriberList, *, preferences: Callable[[Mapping[str, str]], Preferences]
) -> Iterator[SubscriberRow | RowError]:
    """Yield the lines of a list in order, without empty ones.

    ``preferences`` reads the wishes of a line from its cells, by the names of their columns.
    """
    rows = csv.reader(StringIO(listed.text, newline=""), delimiter=listed.delimiter)
    place = listed.columns.index("address")

    @lru_cache(_REMEMBERED)
    def wishes(*written: str) -> Preferences | InputError:
        try:
            return preferences(dict(zip(WRITTEN, written, strict=True)))
        except InputError as error:
            return error

    next(rows, None)
    while True:
        cells: list[str] = []
        try:
            cells = next(rows)
            if any(map(str.strip, cells)):
                yield _row(rows.line_num, _named_cells(cells, listed), wishes)
        except StopIteration:
            return
        except (InputError, csv.Error) as error:
            address = "".join(cells[place : place + 1])[:_LONGEST_ADDRESS]
            yield RowError(rows.line_num, one_line(address), str(error))


def write_subscribers_csv(
    subscribers: Iterable[tuple[Subscriber, Consent | None]],
) -> Iterator[str]:
    """Yield a list line by line, column names first; each with the consent that began it."""
    yield csv_line(_WRITTEN)
    for subscriber, consent in subscribers:
        values = preferences_as_text(subscriber.preferences)
        since = subscriber.since.astimezone(UTC) if subscriber.since else None
        yield csv_line(
            (
                subscriber.address,
                subscriber.name,
                *values.values(),
                subscriber.state.value,
                f"{since:%Y-%m-%dT%H:%M:%SZ}" if since else "",
                *(_agreement_cells(consent) if consent else ("", "")),
            )
        )


def write_report_csv(lines: Iterable[tuple[int, str, str, str]]) -> Iterator[str]:
    """Yield the outcome of lines of a list: number, address as written, result and reason."""
    yield csv_line(_REPORTED)
    for number, *cells in lines:
        yield csv_line((str(number), *cells))


def checked_name(name: str) -> str:
    """Return a name as one line.

    InputError: it is too long.
    """
    if len(name) > LONGEST_NAME:
        raise InputError(f"name: longer than {LONGEST_NAME} characters")
    return one_line(name)


def csv_line(cells: Iterable[str]) -> str:
    """Return a line of CSV of which a spreadsheet runs no cell."""
    out = StringIO()
    escaped = (f"{_ESCAPE}{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    csv.writer(out, lineterminator="\r\n").writerow(escaped)
    return out.getvalue()


def _named_cells(cells: Sequence[str], listed: SubscriberList) -> dict[str, str]:
    columns = listed.columns
    if any(map(str.strip, cells[len(columns) :])):
        held = _DELIMITERS[listed.delimiter]
        raise InputError(
            f"{len(cells)} cells for {len(columns)} columns; quote what holds a {held}"
        )
    return dict.fromkeys(COLUMNS, "") | dict(zip(columns, map(_unescaped, cells), strict=False))


def _row(
    line: int, values: Mapping[str, str], wishes: Callable[..., Preferences | InputError]
) -> SubscriberRow:
    who = address_of(values["address"]), checked_name(values["name"]), _state(values["state"])
    wished = wishes(*(values[name] for name in WRITTEN))
    if isinstance(wished, InputError):
        raise InputError(str(wished))
    consent, agreed = values["consent"], values["agreed"]
    if len(consent) > LONGEST_AGREEMENT:
        raise InputError(f"consent: longer than {LONGEST_AGREEMENT} characters")
    try:
        day = date.fromisoformat(agreed) if agreed else None
    except ValueError as error:
        raise InputError(f"agreed {agreed[:40]!a}: write the date like 2026-05-03") from error
    return SubscriberRow(line, Subscriber(0, *who, wished), one_line(consent), day)


def _state(value: str) -> State:
    try:
        return State(value.lower() or State.ACTIVE)
    except ValueError as error:
        raise InputError(f"state {value[:40]!a}: give {', '.join(State)}") from error


def _agreement_cells(consent: Consent) -> tuple[str, str]:
    """Return how and when somebody agreed, as a list says it that is read again."""
    parts = (f"{consent.what} by {consent.how}", consent.origin, consent.words)
    words = consent.words if consent.what == "imported" else ", ".join(filter(None, parts))
    return words[:LONGEST_AGREEMENT], f"{consent.agreed or consent.at.date()}"


def _unescaped(cell: str) -> str:
    """Return a cell without the escape that this module or a spreadsheet added."""
    cell = cell.strip(" ")
    escaped = cell.startswith(_ESCAPE) and cell[1:].startswith(_FORMULA)
    return cell[1:] if escaped else cell
