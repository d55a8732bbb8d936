"""The mail that tells the operator what the round cannot mend by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from briefing.app.rounds.notifications import Notification
from briefing.mail.body import plain
from briefing.mail.headers import date_field, id_field, mailbox_field, one_line, text_field
from briefing.setup.post import Post
from briefing.setup.redaction import redacted


def alert_words(notices: Sequence[Notification], *, name: str) -> str:
    """Return the subject, and behind a line break the text, that tell some notices.

    Args:
        notices: at least one, the gravest first; their words may hold text from outside.
        name: of the briefing.
    """
    first, *others = notices
    more = f" (and {len(others)} more)" if others else ""
    subject = one_line(f"[{name}] {redacted(first.words[:200])}{more}")
    text = "".join(f"- {redacted(one.words)}\n" for one in notices)
    return f"{subject}\n{one_line(name)}:\n\n{text}\n`briefing doctor` looks at all parts."


def alert_mail(words: str, *, to: str, post: Post, at: datetime) -> bytes:
    """Return a mail of such words, signed.

    Args:
        words: of :func:`alert_words`.
        to: who is told.
        post: who sends.
        at: when it was noticed, aware.
    """
    subject, _, text = words.partition("\n")
    body = plain(text, blanks={})
    message = b"".join(
        (
            mailbox_field("From", post.sender.address, display_name=post.sender.name),
            mailbox_field("To", to),
            text_field("Subject", subject),
            date_field(at),
            id_field("alert", f"{at.isoformat()} {words}", domain=post.sender.domain),
            b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
            body.filled({}),
        )
    )
    return post.signed(message, at=at)
