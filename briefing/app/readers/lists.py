"""Subscriber lists: read, uploaded, previewed, imported and exported."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import count, islice
from pathlib import Path
from types import MappingProxyType

from pydantic import TypeAdapter

from briefing.app.readers.decide import not_written_to
from briefing.app.readers.fields import Agreement, read_preferences
from briefing.app.readers.subscribers_csv import (
    RowError,
    SubscriberList,
    SubscriberRow,
    read_list,
    read_rows,
    write_report_csv,
    write_subscribers_csv,
)
from briefing.core.counting import counted
from briefing.core.errors import InputError, UsageError, naming, reading, writing
from briefing.core.model import Consent, Preferences, Subscriber
from briefing.mail.headers import one_line
from briefing.store import Store, Transaction, reader_list, subscribers
from briefing.store.audit import Actor
from briefing.store.location import write_private
from briefing.store.reader_list import KEPT, Upload

#: Bytes of a list: a hundred bytes each for a million subscribers.
_LARGEST = 100_000_000
#: Lines of a list in one transaction, which holds up other writers for a second.
_LOT = 5_000
#: Valid lines that are shown.
_SHOWN = 10


class RowVerdict(StrEnum):
    """What becomes of a line of a list."""

    #: It is added, or would be.
    GOOD = "added"
    #: An earlier line has the same address.
    TWICE = "twice in the list"
    KNOWN = "already subscribed"
    #: The address left, bounced or complained.
    SUPPRESSED = "suppressed"
    #: It cannot be read.
    WRONG = "not valid"


#: What is refused, not only needless.
REFUSED = (RowVerdict.SUPPRESSED, RowVerdict.WRONG)


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """A line of a list, and what becomes of it."""

    line: int
    verdict: RowVerdict
    address: str
    #: Why it is not added, where the verdict does not say all.
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ListRules:
    """What a list may say, by the settings of a briefing."""

    #: Sections that a line may name.
    sections: tuple[str, ...]
    #: What those get who wish nothing else.
    usual: Preferences
    #: Watch-lists that it may name, as :attr:`Offered.lists` has them.
    lists: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ListImport:
    """A request to add the subscribers of a list."""

    #: Of its file, for the logs.
    name: str
    listed: SubscriberList
    rules: ListRules
    #: Of those whose line says nothing itself; None: such lines are refused.
    agreement: Agreement | None = None


@dataclass(slots=True)
class ListReport:
    """What a list brought, or would bring."""

    counts: Counter[RowVerdict] = field(default_factory=Counter)
    #: The first of those added.
    good: list[JudgedLine] = field(default_factory=list)
    #: All that are not added, in the order of the list.
    rest: list[JudgedLine] = field(default_factory=list)
    #: How many of those added do not say themselves how they agreed.
    unsaid: int = 0
    #: The first line of each address, by its key.
    lines: dict[bytes, int] = field(default_factory=dict)

    def of(self, *verdicts: RowVerdict) -> tuple[JudgedLine, ...]:
        """Return the lines that are not added for some reasons."""
        return tuple(line for line in self.rest if line.verdict in verdicts)

    def as_csv(self) -> Iterator[str]:
        """Yield all lines that are not added as CSV."""
        return write_report_csv(
            (judged.line, judged.address, judged.verdict.value, judged.reason)
            for judged in self.rest
        )


def open_list(path: Path) -> SubscriberList:
    """Return the list in a file.

    InputError: it cannot be read, or is no list.
    """
    with reading(path), path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise InputError(f"{path}: larger than {_LARGEST:,} bytes; split it")
    with naming(path):
        return read_list(content)


def import_list(store: Store, asked: ListImport, *, dry: bool = False, actor: Actor) -> ListReport:
    """Add all subscribers of a list that can be added, or only judge them; a wrong line stops none.

    Each transaction adds its lines and notes them: when the process ends between two, what was
    added is known, and the same list again adds the rest.
    """
    report, rules, asks = ListReport(), asked.rules, not (dry or asked.agreement)
    preferences = partial(
        read_preferences, sections=rules.sections, lists=rules.lists, usual=rules.usual
    )
    rows = read_rows(asked.listed, preferences=preferences)
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
    """Yield all subscribers as CSV, line by line; no transaction lasts as long as its reader."""

    def people() -> Iterator[tuple[Subscriber, Consent | None]]:
        after = 0
        while True:
            with store.read() as tx:
                page = reader_list.exported(tx, after=after)
            if not page:
                return
            yield from page
            after = page[-1][0].id

    return write_subscribers_csv(people())


def note_export(tx: Transaction, *, actor: Actor) -> int:
    """Note that somebody takes all subscribers along; return how many there are."""
    count = sum(subscribers.counts(tx).values())
    actor.note(tx, "export subscribers", counted(count, "subscriber"))
    return count


def write_file(to: Path, lines: Iterable[str]) -> int:
    """Write lines to a file that its owner alone may read; return how many.

    OutputError: the file cannot be written; its earlier content is unchanged.
    """
    written = count()
    with writing(to):
        write_private(to, (line.encode() for line, _number in zip(lines, written, strict=False)))
    return next(written)


def _judge(
    tx: Transaction,
    batch: Sequence[SubscriberRow | RowError],
    report: ListReport,
    *,
    asks: bool,
    at: datetime,
) -> dict[bytes, SubscriberRow]:
    """Report what becomes of some lines, and return those to add by the keys of their addresses."""
    rows = {
        row.line: subscribers.key(row.subscriber.address)
        for row in batch
        if isinstance(row, SubscriberRow)
    }
    known = subscribers.known(tx, rows.values())
    suppressed = subscribers.suppressed(tx, rows.values())
    good: dict[bytes, SubscriberRow] = {}
    for row in batch:
        if isinstance(row, RowError):
            _note(report, JudgedLine(row.line, RowVerdict.WRONG, row.address, row.reason))
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
        elif row.agreed is not None and row.agreed > at.date():
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


#: Key of the list of a session, of which there is at most one.
LIST_KEY = "subscribers"
#: Lines of each verdict that are shown, and characters of the name of a file.
_SHOWN_UPLOAD, _LONGEST_NAME = 10, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """What is known of a list that was brought."""

    name: str
    #: Names the list in the form that confirms it.
    digest: str
    #: Until when it is kept, aware UTC.
    until: datetime
    #: Whether the import has begun, and whether it has ended.
    begun: bool
    imported: bool = False
    #: How it is written, and which columns are not read.
    form: str
    unread: tuple[str, ...]
    counts: Counter[RowVerdict]
    #: How many of those added do not say how they agreed.
    unsaid: int
    #: The first of each verdict.
    first: tuple[JudgedLine, ...]
    #: CSV of all lines that are not added.
    report: str


_VIEW = TypeAdapter(UploadView)


def bring(  # noqa: PLR0913  what, of whom, by which rules
    store: Store, session: bytes, content: bytes, *, name: str, rules: ListRules, actor: Actor
) -> None:
    """Keep a list for a session and look at it; no subscriber is added.

    InputError: it is no list.
    """
    short = one_line(name)[:_LONGEST_NAME] or "list.csv"
    listed = read_list(content)
    report = import_list(store, ListImport(short, listed, rules), dry=True, actor=actor)
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
    rules: ListRules,
    agreement: Agreement | None,
    actor: Actor,
) -> ListReport:
    """Import the list of a session, once, and keep its report.

    UsageError: no such list, or it is being imported.
    """
    with store.write() as tx:
        upload = reader_list.take(tx, session, LIST_KEY, digest, since=actor.at - KEPT)
    if upload is None or upload.content is None:
        raise UsageError("the list no longer exists")
    listed = read_list(upload.content.encode("utf-8", "replace"))
    done = import_list(store, ListImport(upload.name, listed, rules, agreement), actor=actor)
    summary = _summary(listed, done, form=json.loads(upload.summary)["form"], done=True)
    with store.write() as tx:
        after = Upload(actor.at, upload.name, digest, None, summary, "".join(done.as_csv()))
        reader_list.finish(tx, session, LIST_KEY, after)
    return done


def discard(tx: Transaction, session: bytes, *, actor: Actor) -> None:
    """Forget the list of a session."""
    if reader_list.drop(tx, session, LIST_KEY):
        actor.note(tx, "discard subscribers")


def _summary(
    listed: SubscriberList, report: ListReport, *, form: str = "", done: bool = False
) -> str:
    shown = list(report.good)
    for verdict in RowVerdict:
        shown += report.of(verdict)[:_SHOWN_UPLOAD]
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
