"""Subscriber lists as CSV: read, uploaded, previewed, imported and exported.

Errors are reported by line, and no cell can run as a formula.
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache, partial
from io import StringIO
from itertools import count, islice
from pathlib import Path

from pydantic import TypeAdapter

from briefing.app.readers.decide import not_written_to
from briefing.app.readers.fields import (
    LONGEST_AGREEMENT,
    WRITTEN,
    Agreement,
    address_of,
    preferences_as_text,
)
from briefing.core.errors import InputError, UsageError, naming, reading, writing
from briefing.core.frozen import frozen
from briefing.core.messages import counted
from briefing.core.model import Consent, Preferences, State, Subscriber
from briefing.mail.headers import one_line
from briefing.store import Store, Transaction, reader_list, subscribers
from briefing.store.audit import Actor
from briefing.store.location import write_private
from briefing.store.reader_list import KEPT, Upload

#: Columns that are read; only the address is required.
COLUMNS = ("address", "name", *WRITTEN, "state", "consent", "agreed")
#: Columns in the order in which they are written.
_WRITTEN = (*COLUMNS[:-2], "since", *COLUMNS[-2:])
_REPORTED = ("line", "address", "result", "reason")
#: Other accepted names of columns.
_ALIASES = {"email": "address", "e-mail": "address", "mail": "address", "time": "at"}
#: Characters within which the first line must end, and characters of a column name shown.
_HEAD, _COLUMN = 4_000, 40
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab"}
#: Most characters of a name, and of an address repeated in a message.
LONGEST_NAME, _LONGEST_ADDRESS = 100, 300
#: Number of parsed preferences cached by their text, as most lines are the same.
_REMEMBERED = 1_000
#: First characters that make a spreadsheet treat a cell as a formula, including full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
#: Prefix for such cells; spreadsheets hide it, and it is removed when a list is read.
_ESCAPE = "'"
#: First bytes of spreadsheet files, which are not text, and of texts in UTF-16.
_PACKED, _WIDE = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"), (b"\xff\xfe", b"\xfe\xff")

#: Reads the preferences in a line of a list, from its cells by column name.
Wishes = Callable[[Mapping[str, str]], Preferences]


@frozen
class SubscriberList:
    """A list as it was read."""

    text: str
    #: "UTF-8", "UTF-16" or "Windows-1252".
    encoding: str
    delimiter: str
    #: Names of the columns in order; empty for a column that is not read.
    columns: tuple[str, ...]
    #: Names of the columns that are not read.
    unread: tuple[str, ...]

    @property
    def form(self) -> str:
        """Its format in a few words."""
        return f"{self.encoding}, separated by {_DELIMITERS[self.delimiter]}"


@frozen
class SubscriberRow:
    """One valid line of a list."""

    #: Line number in the file, from 1; the last one of a row over several lines.
    line: int
    #: Not stored yet, so without an id.
    subscriber: Subscriber
    #: How and when they agreed, if the line says so.
    consent: str = ""
    agreed: date | None = None


class RowVerdict(StrEnum):
    """What becomes of a line of a list."""

    #: It is added, or would be.
    GOOD = "added"
    #: An earlier line has the same address.
    TWICE = "twice in the list"
    KNOWN = "already subscribed"
    #: The address left, bounced or complained.
    SUPPRESSED = "suppressed"
    #: It is not valid.
    WRONG = "not valid"


#: Verdicts that are refusals, not just needless lines.
REFUSED = (RowVerdict.SUPPRESSED, RowVerdict.WRONG)


@frozen
class JudgedLine:
    """A line of a list, and what becomes of it."""

    line: int
    verdict: RowVerdict
    address: str
    #: Why it is not added, if the verdict does not say everything.
    reason: str = ""


def read_list(content: bytes) -> SubscriberList:
    """Read a list, and recognize the format in which a spreadsheet has saved it.

    The first line names the columns, in any order and case, separated by comma, semicolon or tab.
    Text that is not UTF-8 is read as Windows-1252.

    InputError: it is not text, or its first line has no column for addresses.
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
        name[:_COLUMN] or f"column {place}"
        for place, (name, column) in enumerate(zip(names, columns, strict=True), 1)
        if not column
    )
    return SubscriberList(text, encoding, delimiter, columns, unread)


def read_rows(
    listed: SubscriberList, *, preferences: Wishes
) -> Iterator[SubscriberRow | JudgedLine]:
    """Yield the lines of a list in order, without empty ones."""
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
            yield JudgedLine(rows.line_num, RowVerdict.WRONG, one_line(address), str(error))


def subscribers_csv(subscribers: Iterable[tuple[Subscriber, Consent | None]]) -> Iterator[str]:
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


def checked_name(name: str) -> str:
    """Return a name on one line.

    InputError: it is too long.
    """
    if len(name) > LONGEST_NAME:
        raise InputError(f"name: longer than {LONGEST_NAME} characters")
    return one_line(name)


def csv_line(cells: Iterable[str]) -> str:
    """Return a line of CSV in which a spreadsheet runs no cell as a formula."""
    out = StringIO()
    escaped = (f"{_ESCAPE}{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    csv.writer(out, lineterminator="\r\n").writerow(escaped)
    return out.getvalue()


def _named_cells(cells: Sequence[str], listed: SubscriberList) -> dict[str, str]:
    columns = listed.columns
    if any(map(str.strip, cells[len(columns) :])):
        held = _DELIMITERS[listed.delimiter]
        raise InputError(
            f"{len(cells)} cells for {len(columns)} columns; quote values that contain a {held}"
        )
    return dict.fromkeys(COLUMNS, "") | dict(zip(columns, map(_unescaped, cells), strict=False))


def _row(
    line: int, values: Mapping[str, str], wishes: Callable[..., Preferences | InputError]
) -> SubscriberRow:
    address, name, state = (
        address_of(values["address"]),
        checked_name(values["name"]),
        values["state"],
    )
    if (state.lower() or State.ACTIVE) not in {*State}:
        raise InputError(f"state {state[:40]!a}: give {', '.join(State)}")
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
    new = Subscriber(0, address, name, State(state.lower() or State.ACTIVE), wished)
    return SubscriberRow(line, new, one_line(consent), day)


def _agreement_cells(consent: Consent) -> tuple[str, str]:
    """Return how and when somebody agreed, as cells that can be imported again."""
    parts = (f"{consent.what} by {consent.how}", consent.origin, consent.words)
    words = consent.words if consent.what == "imported" else ", ".join(filter(None, parts))
    return words[:LONGEST_AGREEMENT], f"{consent.agreed or consent.at.date()}"


def _unescaped(cell: str) -> str:
    """Return a cell without the escape that this module or a spreadsheet added."""
    cell = cell.strip(" ")
    escaped = cell.startswith(_ESCAPE) and cell[1:].startswith(_FORMULA)
    return cell[1:] if escaped else cell


#: Most bytes of a list: a million subscribers with a hundred bytes each.
_LARGEST = 100_000_000
#: Lines of a list imported in one transaction, which blocks other writers for a second.
_LOT = 5_000
#: Lines shown for each verdict.
_SHOWN = 10


@frozen
class ListImport:
    """A request to import a list of subscribers."""

    #: File name, for the logs.
    name: str
    listed: SubscriberList
    preferences: Wishes
    #: Agreement for lines without one; None: such lines are refused.
    agreement: Agreement | None = None


@dataclass(slots=True)
class ListReport:
    """The result of an import, or its preview."""

    counts: Counter[RowVerdict] = field(default_factory=Counter)
    #: The first lines that are added.
    good: list[JudgedLine] = field(default_factory=list)
    #: All lines that are not added, in the order of the list.
    rest: list[JudgedLine] = field(default_factory=list)
    #: Number of added lines that do not say how the subscriber agreed.
    unsaid: int = 0
    #: First line number of each address, by its key.
    lines: dict[bytes, int] = field(default_factory=dict)

    def of(self, *verdicts: RowVerdict) -> tuple[JudgedLine, ...]:
        """Return the lines that are not added because of some verdicts."""
        return tuple(line for line in self.rest if line.verdict in verdicts)

    def as_csv(self) -> Iterator[str]:
        """Yield all lines that are not added as CSV."""
        yield csv_line(_REPORTED)
        for judged in self.rest:
            cells = str(judged.line), judged.address, judged.verdict.value, judged.reason
            yield csv_line(cells)


def open_list(path: Path) -> SubscriberList:
    """Read the list in a file.

    InputError: it cannot be read, or is not a list.
    """
    with reading(path), path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise InputError(f"{path}: larger than {_LARGEST:,} bytes; split it")
    with naming(path):
        return read_list(content)


def import_list(store: Store, asked: ListImport, *, dry: bool = False, actor: Actor) -> ListReport:
    """Import a list; with ``dry``, only judge its lines. Invalid lines are skipped.

    Each transaction adds some lines and audits them. So if the process dies, it is known who was
    added, and importing the same list again adds the rest.
    """
    report, asks = ListReport(), not (dry or asked.agreement)
    rows = read_rows(asked.listed, preferences=asked.preferences)
    while batch := list(islice(rows, _LOT)):
        with store.read() if dry else store.write() as tx:
            good = _judge(tx, batch, report, asks=asks, at=actor.at)
            if good and not dry:
                all_agreed = asked.agreement
                words, since = (all_agreed.words, all_agreed.since) if all_agreed else ("", None)
                by = partial(Consent, actor.at, "imported", "import", asked.name)
                new = {
                    key: (
                        replace(row.subscriber, since=actor.at),
                        by(row.consent or words, row.agreed or since),
                    )
                    for key, row in good.items()
                }
                added = subscribers.add_all(tx, new)
                about = f"{asked.name}: {counted(len(added), 'subscriber')}"
                actor.note(tx, "import subscribers", about)
    return report


def export_subscribers(store: Store) -> Iterator[str]:
    """Yield all subscribers as CSV, line by line; a slow reader holds no transaction open."""

    def people() -> Iterator[tuple[Subscriber, Consent | None]]:
        after = 0
        while True:
            page = store.look(reader_list.exported, after=after)
            if not page:
                return
            yield from page
            after = page[-1][0].id

    return subscribers_csv(people())


def note_export(tx: Transaction, *, actor: Actor) -> int:
    """Audit that somebody exports all subscribers; return how many there are."""
    count = sum(subscribers.counts(tx).values())
    actor.note(tx, "export subscribers", counted(count, "subscriber"))
    return count


def write_file(to: Path, lines: Iterable[str]) -> int:
    """Write lines to a file readable only by its owner; return how many.

    OutputError: the file cannot be written; its earlier content is unchanged.
    """
    written = count()
    with writing(to):
        write_private(to, (line.encode() for line, _number in zip(lines, written, strict=False)))
    return next(written)


def _judge(
    tx: Transaction,
    batch: Sequence[SubscriberRow | JudgedLine],
    report: ListReport,
    *,
    asks: bool,
    at: datetime,
) -> dict[bytes, SubscriberRow]:
    """Report what becomes of some lines; return those to add, by the keys of their addresses."""
    rows = {
        row.line: subscribers.key(row.subscriber.address)
        for row in batch
        if isinstance(row, SubscriberRow)
    }
    known = subscribers.known(tx, rows.values())
    suppressed = subscribers.suppressed(tx, rows.values())
    good: dict[bytes, SubscriberRow] = {}
    for row in batch:
        if isinstance(row, JudgedLine):
            _note(report, row)
            continue
        key, address = rows[row.line], row.subscriber.address
        first = report.lines.setdefault(key, row.line)
        verdict, reason = RowVerdict.GOOD, ""
        if first != row.line:
            verdict, reason = RowVerdict.TWICE, f"the same address as in line {first}"
        elif key in suppressed:
            verdict, reason = RowVerdict.SUPPRESSED, not_written_to(*suppressed[key])
        elif key in known:
            verdict = RowVerdict.KNOWN
        elif row.agreed and row.agreed > at.date():
            verdict, reason = RowVerdict.WRONG, f"agreed '{row.agreed}': it is in the future"
        elif asks and not row.consent:
            verdict, reason = RowVerdict.WRONG, "consent: is empty; write how they agreed"
        else:
            good[key] = row
            report.unsaid += not row.consent
        _note(report, JudgedLine(row.line, verdict, address, reason))
    return good


def _note(report: ListReport, judged: JudgedLine) -> None:
    report.counts[judged.verdict] += 1
    if judged.verdict is not RowVerdict.GOOD:
        report.rest.append(judged)
    elif len(report.good) < _SHOWN:
        report.good.append(judged)


#: Key of the list that a session has uploaded; there is at most one.
LIST_KEY = "subscribers"
#: Most characters of a file name.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """What is known about an uploaded list."""

    name: str
    #: Identifies the list in the form that confirms it.
    digest: str
    #: Until when it is kept, aware UTC.
    until: datetime
    #: Whether the import has begun, and whether it has ended.
    begun: bool
    imported: bool = False
    #: Its format, and the columns that are not read.
    form: str
    unread: tuple[str, ...]
    counts: Counter[RowVerdict]
    #: Number of added lines that do not say how the subscriber agreed.
    unsaid: int
    #: The first lines with each verdict.
    first: tuple[JudgedLine, ...]
    #: All lines that are not added, as CSV.
    report: str


_VIEW = TypeAdapter(UploadView)


def bring(  # noqa: PLR0913  what, of whom, by which rules
    store: Store, session: bytes, content: bytes, *, name: str, preferences: Wishes, actor: Actor
) -> None:
    """Keep an uploaded list for a session, and judge its lines; nobody is added.

    InputError: it is not a list.
    """
    short = one_line(name)[:_LONGEST_NAME] or "list.csv"
    listed = read_list(content)
    report = import_list(store, ListImport(short, listed, preferences), dry=True, actor=actor)
    digest = hashlib.sha256(content).hexdigest()
    summary, rest = _summary(listed, report), "".join(report.as_csv())
    upload = Upload(actor.at, short, digest, listed.text, summary, rest)
    with store.write() as tx:
        reader_list.put(tx, session, LIST_KEY, upload)
        lines = sum(report.counts.values())
        actor.note(tx, "upload subscribers", f"{short}: {counted(lines, 'line')}")


def look_at(tx: Transaction, session: bytes, *, at: datetime) -> UploadView | None:
    """Return the list of a session; None if it has none any more."""
    upload = reader_list.get(tx, session, LIST_KEY, since=at - KEPT)
    if upload is None:
        return None
    kept = {name: getattr(upload, name) for name in ("name", "digest", "report")}
    kept |= {"until": upload.at + KEPT, "begun": upload.content is None}
    return _VIEW.validate_python(json.loads(upload.summary) | kept)


def take_in(  # noqa: PLR0913  what, of whom, by which rules
    store: Store,
    session: bytes,
    digest: str,
    *,
    preferences: Wishes,
    agreement: Agreement | None,
    actor: Actor,
) -> ListReport:
    """Import the list of a session, only once, and keep its report.

    UsageError: the list does not exist, or is being imported.
    """
    upload = store.apply(reader_list.take, session, LIST_KEY, digest, since=actor.at - KEPT)
    if upload is None or upload.content is None:
        raise UsageError("the list no longer exists")
    listed = read_list(upload.content.encode("utf-8", "replace"))
    done = import_list(store, ListImport(upload.name, listed, preferences, agreement), actor=actor)
    summary = _summary(listed, done, form=json.loads(upload.summary)["form"], done=True)
    with store.write() as tx:
        after = Upload(actor.at, upload.name, digest, None, summary, "".join(done.as_csv()))
        reader_list.finish(tx, session, LIST_KEY, after)
    return done


def discard(tx: Transaction, session: bytes, *, actor: Actor) -> None:
    """Delete the list of a session."""
    if reader_list.drop(tx, session, LIST_KEY):
        actor.note(tx, "discard subscribers")


def _summary(
    listed: SubscriberList, report: ListReport, *, form: str = "", done: bool = False
) -> str:
    shown = list(report.good)
    for verdict in RowVerdict:
        shown += report.of(verdict)[:_SHOWN]
    return json.dumps(
        {
            "form": form or listed.form,
            "imported": done,
            "unread": listed.unread,
            "counts": report.counts,
            "unsaid": report.unsaid,
            "first": [asdict(line) for line in shown],
        }
    )
