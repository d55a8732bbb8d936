"""A list of subscribers from a browser: kept for a while, shown, and imported when confirmed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime

from briefing.app.actor import Actor
from briefing.app.readers.agreement import Agreement
from briefing.app.readers.lists import (
    JudgedLine,
    ListImport,
    ListReport,
    ListRules,
    RowVerdict,
    import_list,
)
from briefing.app.readers.subscribers_csv import SubscriberList, read_list
from briefing.core.counting import counted
from briefing.core.errors import UsageError
from briefing.mail.headers import one_line
from briefing.store import Store, Transaction, uploads
from briefing.store.uploads import KEPT, Upload

#: Key of the list of a session, of which there is at most one.
LIST_KEY = "subscribers"
#: Lines of each verdict that are shown, and characters of the name of a file.
_SHOWN, _LONGEST_NAME = 10, 100


@dataclass(frozen=True, slots=True)
class UploadView:
    """What is known of a list that was brought."""

    name: str
    #: Names the list in the form that confirms it.
    digest: str
    #: Until when it is kept, aware UTC.
    until: datetime
    #: Whether the import has begun, and whether it has ended.
    begun: bool
    imported: bool
    #: How it is written, and which columns are not read.
    form: str
    unread: tuple[str, ...]
    counts: Counter[RowVerdict]
    #: The first of each verdict.
    first: tuple[JudgedLine, ...]
    #: CSV of all lines that are not added.
    report: str


def bring(  # noqa: PLR0913  what, of whom, by which rules
    store: Store,
    session: bytes,
    content: bytes,
    *,
    name: str,
    rules: ListRules,
    actor: Actor,
    at: datetime,
) -> None:
    """Keep a list for a session and look at it; no subscriber is added.

    Raises:
        InputError: it is no list.
    """
    short = one_line(name)[:_LONGEST_NAME] or "list.csv"
    listed = read_list(content)
    found = import_list(store, ListImport(short, listed, rules), actor=actor, at=at)
    digest = hashlib.sha256(content).hexdigest()
    upload = Upload(
        at, short, digest, listed.text, _summary(listed, found), "".join(found.as_csv())
    )
    with store.write() as tx:
        uploads.put(tx, session, LIST_KEY, upload)
        lines = sum(found.counts.values())
        actor.note(tx, "upload subscribers", f"{short}: {counted(lines, 'line')}", at=at)


def look_at(tx: Transaction, session: bytes, *, at: datetime) -> UploadView | None:
    """Return the list of a session; None if it has none any more."""
    upload = uploads.get(tx, session, LIST_KEY, since=at - KEPT)
    if upload is None:
        return None
    told = json.loads(upload.summary)
    return UploadView(
        upload.name,
        upload.digest,
        upload.at + KEPT,
        begun=upload.content is None,
        imported=told["done"],
        form=told["form"],
        unread=tuple(told["unread"]),
        counts=Counter({RowVerdict(name): number for name, number in told["counts"].items()}),
        first=tuple(
            JudgedLine(**one | {"verdict": RowVerdict(one["verdict"])}) for one in told["first"]
        ),
        report=upload.report,
    )


def take_in(  # noqa: PLR0913  what, of whom, by which rules
    store: Store,
    session: bytes,
    digest: str,
    *,
    rules: ListRules,
    agreement: Agreement,
    actor: Actor,
    at: datetime,
) -> ListReport:
    """Import the list of a session, once, and keep its report.

    Raises:
        UsageError: there is no such list any more, or it is being imported.
    """
    with store.write() as tx:
        upload = uploads.take(tx, session, LIST_KEY, digest, since=at - KEPT)
    if upload is None or upload.content is None:
        raise UsageError("there is no such list any more")
    listed = read_list(upload.content.encode("utf-8", "replace"))
    asked = ListImport(upload.name, listed, rules, agreement)
    done = import_list(store, asked, actor=actor, at=at)
    form = json.loads(upload.summary)["form"]
    summary = _summary(listed, done, form=form, done=True)
    with store.write() as tx:
        after = Upload(at, upload.name, digest, None, summary, "".join(done.as_csv()))
        uploads.finish(tx, session, LIST_KEY, after)
    return done


def discard(tx: Transaction, session: bytes, *, actor: Actor, at: datetime) -> None:
    """Forget the list of a session."""
    if uploads.drop(tx, session, LIST_KEY):
        actor.note(tx, "discard subscribers", at=at)


def _summary(
    listed: SubscriberList, found: ListReport, *, form: str = "", done: bool = False
) -> str:
    shown = list(found.good)
    for verdict in RowVerdict:
        shown += found.of(verdict)[:_SHOWN]
    return json.dumps(
        {
            "form": form or listed.form,
            "done": done,
            "unread": listed.unread,
            "counts": found.counts,
            "first": [asdict(one) for one in shown],
        }
    )
