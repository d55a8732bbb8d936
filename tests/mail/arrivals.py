"""Invented mails that lie in a mailbox, and the caller who reads it."""

from __future__ import annotations

from briefing.mail.mailbox import Arrived, Mailbox

KNOWN = b"Subject: Undelivered\r\n\r\nfor ada@readers.example\r\n.\r\n..two\r\n"
LETTER = b"Subject: A question\r\n\r\nDear desk\r\n"
LONG = b"Subject: long\r\n\r\n" + b"x" * 5_000 + b"\r\n"


def read_all(mailbox: Mailbox, *, settle: bool = True) -> list[Arrived]:
    """Read as a caller does: what is known is settled after it has been stored."""
    found = []
    for mail in mailbox:
        found.append(mail)
        if settle:
            mailbox.settle(mail.handle, known=b"Undelivered" in mail.raw)
    return found
