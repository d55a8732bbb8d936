"""Mails to operators: problems of the round, and a test of the relay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from briefing.app.rounds.notifications import Notification
from briefing.core.counting import counted
from briefing.mail.body import plain
from briefing.mail.headers import date_field, id_field, mailbox_field, one_line, text_field
from briefing.press.dates import long_date
from briefing.setup.post import Post
from briefing.setup.redaction import redacted
from briefing.store.drafts import StoredDraft


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
    day = draft.stored.day
    where = web or f"briefing editions release {day}"
    end = f"\nIts deadline is {until:%Y-%m-%d %H:%M} ({until.tzname()}).\n" if until else ""
    return (
        f"{one_line(f'[{name}] To release: the page of {long_date(day)}')}\n"
        f"The draft of the page of {long_date(day)} is ready. It leaves when "
        f"{counted(by, 'operator')} have released it:\n\n{where}\n{end}"
    ).replace("1 operator have", "an operator has")


def review_mail(message: str, *, to: str, post: Post, at: datetime) -> bytes:
    """Return a mail to a reviewer, signed; the message is of :func:`review_text`."""
    return _mail("review", message, to=to, post=post, at=at)


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
