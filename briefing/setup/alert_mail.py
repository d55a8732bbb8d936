"""Mails to operators: problems of the round, and a test of the relay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from briefing.app.rounds.notifications import Notification
from briefing.core.counting import counted
from briefing.core.model import EditionId
from briefing.core.text.watch_alerts import WatchAlert
from briefing.mail.body import plain
from briefing.mail.headers import date_field, id_field, mailbox_field, one_line, text_field
from briefing.press.dates import long_date
from briefing.press.lines import safe_url
from briefing.setup.post import Post
from briefing.setup.redaction import escaped, redacted
from briefing.store.drafts import StoredDraft

#: Characters of a title in an alert; longer than any headline.
_LONGEST_TITLE = 300


def alert_text(notices: Sequence[Notification], *, name: str) -> str:
    """Return the subject of an alert mail and, after a line break, its text.

    Args:
        notices: at least one, the gravest first; they may hold text from outside.
        name: of the briefing.
    """
    first, *others = notices
    more = f" (and {len(others)} more)" if others else ""
    subject = one_line(f"[{name}] {redacted(first.message[:200])}{more}")
    text = "".join(f"- {redacted(notice.message)}\n" for notice in notices)
    return f"{subject}\n{one_line(name)}:\n\n{text}\n`briefing doctor` checks everything."


def alert_mail(message: str, *, to: str, post: Post, at: datetime) -> bytes:
    """Return an alert as a signed mail.

    Args:
        message: of :func:`alert_text`.
        to: address of the operator.
        post: the sender.
        at: when it was noticed, aware.
    """
    return _mail("alert", message, to=to, post=post, at=at)


def review_text(draft: StoredDraft, *, name: str, by: int, web: str, until: datetime | None) -> str:
    """Return the subject of a mail to a reviewer and, after a line break, its text.

    Args:
        draft: that waits.
        name: of the briefing.
        by: how many operators must release it.
        web: address of the page on which it is released; empty: there is none.
        until: its deadline, in the zone of the briefing, if any.
    """
    day, is_week = draft.stored.day, EditionId.parse(draft.stored.id).is_week
    what = f"the {'week in review to' if is_week else 'page of'} {long_date(day)}"
    command = f"briefing editions release {day}{' --week' if is_week else ''} --operator NAME"
    where = f"{web}{'?week=1' if is_week else ''}" if web else command
    end = f"\nIts deadline is {until:%Y-%m-%d %H:%M} ({until.tzname()}).\n" if until else ""
    return (
        f"{one_line(f'[{name}] To release: {what}')}\n"
        f"The draft of {what} is ready. It leaves when "
        f"{counted(by, 'operator')} {'has' if by == 1 else 'have'} released it:\n\n{where}\n{end}"
    )


def review_mail(message: str, *, to: str, post: Post, at: datetime) -> bytes:
    """Return a mail to a reviewer, signed; the message is of :func:`review_text`."""
    return _mail("review", message, to=to, post=post, at=at)


def watch_line(found: WatchAlert) -> str:
    """Return an alert to watched news as one line: list, publishers, title and address."""
    title, _, url = _about(found)
    reports = f"{counted(found.publishers, 'publisher')} with a new story"
    return f"{found.list.heading}: {reports}: {title}{f' {url}' if url else ''}"


def watch_text(found: WatchAlert, *, name: str, web: str) -> str:
    """Return the subject of a mail about watched news and, after a line break, its text.

    Args:
        found: what is watched.
        name: of the briefing.
        web: begin of every address on the web; empty: there are no pages.
    """
    title, publisher, url = _about(found)
    watched = found.list
    reports = counted(found.publishers, "publisher")
    verb = "reports" if found.publishers == 1 else "report"
    lines = (title, publisher, url)
    where = f":\n{web}/admin/settings/watch/{watched.name}" if web else "."
    return (
        f"{one_line(f'[{name}] {watched.heading}: {title}')}\n"
        f"{reports} {verb} a new story that names {escaped(', '.join(found.entries))}:\n\n"
        + "".join(f"{line}\n" for line in lines if line)
        + f"\nIt is not on a page yet. The watch-list is {watched.heading}{where}\n"
    )


def watch_digest(*, name: str) -> str:
    """Return subject and begin of a mail with all that is above the budget of an hour."""
    return (
        f"{one_line(f'[{name}] More new stories that are watched for')}\n"
        "Within an hour more was reported than is mailed one by one; this is all the rest:\n"
    )


def source_of(found: WatchAlert) -> str:
    """Return the publisher who alone reports a story; empty: several do."""
    return _about(found)[1] if found.publishers == 1 else ""


def _about(found: WatchAlert) -> tuple[str, str, str]:
    """Return title, publisher and address of a report of a story, each on one line."""
    documents = found.story.documents
    first = next((one for one in documents if one.headline), documents[0])
    title = escaped(" ".join(first.title.split()))[:_LONGEST_TITLE]
    publisher = escaped(" ".join(first.publisher.split()))[:_LONGEST_TITLE]
    return title or found.entries[0], publisher, safe_url(first.url)


def watch_mail(message: str, *, to: str, post: Post, at: datetime) -> bytes:
    """Return a mail about watched news, signed; the message is of :func:`watch_text`."""
    return _mail("watch", message, to=to, post=post, at=at)


def trial_mail(*, to: str, post: Post, at: datetime) -> bytes:
    """Return a signed mail that only shows that mail arrives.

    Args:
        to: address of who tries it.
        post: the sender.
        at: now, aware.
    """
    name = one_line(post.sender.name)
    text = f"This is a test. Mail of {name} reaches you through the relay that is set."
    return _mail("trial", f"[{name}] Test of the relay\n{text}", to=to, post=post, at=at)


def _mail(kind: str, message: str, *, to: str, post: Post, at: datetime) -> bytes:
    """Return a signed mail of a subject and, after a line break, a text."""
    subject, _, text = message.partition("\n")
    body = plain(text, blanks={})
    mail = b"".join(
        (
            mailbox_field("From", post.sender.address, display_name=post.sender.name),
            mailbox_field("To", to),
            text_field("Subject", subject),
            date_field(at),
            id_field(kind, f"{at.isoformat()} {to} {message}", domain=post.sender.domain),
            b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
            body.filled({}),
        )
    )
    return post.signed(mail, at=at)
