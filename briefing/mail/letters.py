"""The confirmation mail to a new subscriber."""

from __future__ import annotations

from datetime import datetime

from briefing.core.model import Subscriber
from briefing.mail.body import html, multipart, plain
from briefing.mail.headers import date_field, id_field, mailbox_field, text_field
from briefing.mail.message import Sender

#: Suppresses automatic replies. Not "Precedence: bulk", since one person has just requested it.
_MACHINE_FIELDS = b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"


def confirmation(
    texts: tuple[str, str], *, subject: str, to: Subscriber, sender: Sender, at: datetime
) -> bytes:
    """Return the whole confirmation message, lines ending with CRLF.

    It has no List fields: the recipient is not subscribed yet. ``texts`` are plain text and HTML,
    personal values already filled in.

    Raises:
        InputError: no mail can be sent to the address.
    """
    text, page = texts
    body = multipart("alternative", plain(text, blanks={}), html(page, blanks={}))
    return b"".join(
        (
            sender.fields(),
            mailbox_field("To", to.address, display_name=to.name),
            text_field("Subject", subject),
            date_field(at),
            id_field("confirm", f"{to.id} {at.isoformat()}", domain=sender.domain),
            _MACHINE_FIELDS,
            body.filled({}),
        )
    )
