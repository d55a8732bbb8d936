"""The mail that asks a new subscriber to confirm; who leaves is written to no more."""

from __future__ import annotations

from datetime import datetime

from briefing.core.model import Subscriber
from briefing.mail.body import html, multipart, plain
from briefing.mail.headers import date_field, id_field, mailbox_field, text_field
from briefing.mail.message import Sender

#: Nobody answers a machine; "bulk" it is not, since one person has just asked for it.
_MACHINE_FIELDS = b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"


def confirmation(
    texts: tuple[str, str], *, subject: str, to: Subscriber, sender: Sender, at: datetime
) -> bytes:
    """Return the whole message that asks for a confirmation, lines ended by CRLF.

    It carries no List fields: nobody is subscribed yet.

    Args:
        texts: plain text and HTML, all personal words in them.
        subject: such as "Confirm World Desk".
        to: who asked.
        sender: who it is from.
        at: for the Date field, aware.

    Raises:
        InputError: no mail can be sent to the address.
    """
    text, page = texts
    body = multipart("alternative", plain(text, blanks={}), html(page, blanks={}))
    return b"".join(
        (
            sender.fields(),
            mailbox_field("To", to.address, called=to.name),
            text_field("Subject", subject),
            date_field(at),
            id_field("confirm", f"{to.id} {at.isoformat()}", domain=sender.domain),
            _MACHINE_FIELDS,
            body.filled({}),
        )
    )
