"""Invented mails in a mailbox, and a caller that reads it."""

from __future__ import annotations

from briefing.mail.mailbox import Arrived, Mailbox

KNOWN = b"Subject: Undelivered\r\n\r\nfor ada@readers.example\r\n.\r\n..two\r\n"
LETTER = b"Subject: A question\r\n\r\nDear desk\r\n"
LONG = b"Subject: long\r\n\r\n" + b"x" * 5_000 + b"\r\n"


def read_all(mailbox: Mailbox, *, settle: bool = True) -> list[Arrived]:
    """Read as a caller does: settle each mail after it has been stored."""
    mails = []
    for mail in mailbox:
        mails.append(mail)
        if settle:
            mailbox.settle(mail.handle, understood=b"Undelivered" in mail.raw)
    return mails
