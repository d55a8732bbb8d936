"""Notices to readers: an edition was withdrawn, or a day has no page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from briefing.core.edition import slug
from briefing.core.errors import StoreError
from briefing.core.model import EditionId, Form, NoticeKind, State, digest
from briefing.mail.message import Letter, compose
from briefing.press.dates import long_date
from briefing.store import Store, Transaction, editions, notices, subscribers

_TEXT = """\
There is no page of {name} today, {today}: no report has come in that could be printed.

The next one is due on {coming}.
"""
#: Ends a notice; what was withdrawn is nothing to wish otherwise.
_PREFERENCES = """
Change what you get: {preferences}"""
_LEAVE = """
Unsubscribe: {leave}
"""


def notice_letter(store: Store, edition: str) -> Letter:
    """Return the mail of a notice, plain text in every form.

    Raises:
        StoreError: the notice is not there.
    """
    with store.read() as tx:
        stored = editions.get(tx, edition)
    if stored is None:
        raise StoreError(f"notice {edition}: not in the store; restore the last backup")
    subject, _, text = stored.files["notice"].decode().partition("\n")
    end = (_PREFERENCES if EditionId.parse(edition).notice is NoticeKind.NO_PAGE else "") + _LEAVE
    key = digest(text)
    blanks = {what: f"{what}-{key}" for what in ("preferences", "leave") if f"{{{what}}}" in end}
    text = text + end.format(**blanks)
    texts = {"text": text, "html": "", "link": text}
    letter = compose(edition, subject=subject, texts=texts, blanks=blanks)
    return replace(letter, bodies=dict.fromkeys(Form, letter.bodies[Form.TEXT]))


def put_notes(  # noqa: PLR0913  what a note says, and for how long
    tx: Transaction, *, name: str, day: date, coming: date, at: datetime, life: timedelta
) -> int:
    """Queue a note for each active reader of that weekday; return how many.

    Each day gets one note, which may be sent for as long as ``life``.
    """
    values = {"name": name, "today": long_date(day), "coming": long_date(coming)}
    text = f"No page of {name} today\n{_TEXT.format(**values)}"
    id_ = str(EditionId(slug(name), day, notice=NoticeKind.NO_PAGE))
    active = subscribers.listed(tx, state=State.ACTIVE)
    readers = [
        subscriber.id for subscriber in active if day.weekday() in subscriber.preferences.days
    ]
    return notices.put(tx, id_, text, readers, day=day, at=at, life=life)
