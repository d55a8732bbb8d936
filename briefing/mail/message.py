"""One edition as a mail: what all share is made once, then each subscriber's whole message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from briefing.core.errors import InputError, SettingsError
from briefing.core.model import Form, Subscriber, digest
from briefing.mail.body import Body, html, multipart, plain, values
from briefing.mail.headers import (
    checked_address,
    date_field,
    id_field,
    list_field,
    mailbox_field,
    one_line,
    text_field,
)

#: Of the sender's name in Feedback-ID, which Gmail wants 5 to 15 characters long.
_FEEDBACK_DIGITS = 10
#: An address in a header stands on one line, which ends after 998 bytes (RFC 5322, 2.1.1).
_LONGEST_URL = 400

#: Programs that answer by themselves keep still: RFC 3834 names Auto-Submitted; older ones, such as
#: vacation notices, know only Precedence.
_MACHINE_FIELDS = b"Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n"

_URL = re.compile(r"https?://[!-+\--;=?-~]+")
_LIST_ID = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a mail is from.

    Raises:
        SettingsError: an address or the identity of the list cannot stand in a header.
    """

    #: As subscribers see it, such as "World Desk".
    name: str
    address: str
    #: Where answers go; empty: to the address.
    reply_to: str = ""
    #: Identity of the list (RFC 2919), such as "world-desk.desk.example".
    list_id: str = ""

    def __post_init__(self) -> None:
        for address in (self.address, *filter(None, (self.reply_to,))):
            _check(address)
        if self.list_id and not _LIST_ID.fullmatch(self.list_id):
            raise SettingsError(
                f"list identity {self.list_id[:80]!a}: write letters, digits and hyphens "
                "between dots, such as world-desk.desk.example"
            )

    @property
    def domain(self) -> str:
        """What stands behind the @ of its address."""
        return self.address.rpartition("@")[2]

    def fields(self) -> bytes:
        """Return From and, where answers go elsewhere, Reply-To."""
        own = mailbox_field("From", self.address, called=self.name)
        return own + (mailbox_field("Reply-To", self.reply_to) if self.reply_to else b"")


@dataclass(frozen=True, slots=True)
class Links:
    """Where one subscriber goes; at least one way to leave.

    Raises:
        ValueError: an address is too long or cannot stand in a header, or there is no way to leave.
    """

    #: Page with the button that unsubscribes; a one-click POST (RFC 8058) goes there too.
    leave: str = ""
    #: Page of preferences.
    preferences: str = ""
    #: Mail address to which any mail unsubscribes.
    leave_by_mail: str = ""

    def __post_init__(self) -> None:
        for url in filter(None, (self.leave, self.preferences)):
            if len(url) > _LONGEST_URL or not _URL.fullmatch(url):
                raise ValueError(f"address {url[:80]!a} cannot stand in a header")
        if self.leave_by_mail:
            checked_address(self.leave_by_mail)
        if not (self.leave or self.leave_by_mail):
            raise ValueError("a mail needs a way to unsubscribe: give leave or leave_by_mail")

    @property
    def by_mail(self) -> str:
        """The address that opens a new mail; empty without one."""
        address = quote(self.leave_by_mail, safe="@+")
        return f"mailto:{address}?subject=unsubscribe" if address else ""

    def fields(self) -> bytes:
        """Return the fields by which a mail program unsubscribes (RFC 2369, RFC 8058).

        Each address as it is, on one line: programs that offer one click read no encoded words.
        One click needs https.
        """
        ways = ", ".join(f"<{way}>" for way in (self.by_mail, self.leave) if way)
        one_click = self.leave.startswith("https:")
        post = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if one_click else b""
        return f"List-Unsubscribe: {ways}\r\n".encode() + post


@dataclass(frozen=True, slots=True)
class Letter:
    """What all subscribers of one edition share who chose the same sections."""

    #: Id of the edition.
    edition: str
    #: Encoded fields that are the same for everybody.
    fields: bytes
    bodies: Mapping[Form, Body]


def subject_line(template: str, *, headline: str, name: str, date: str) -> str:
    """Return the subject: ``{headline}``, ``{name}`` and ``{date}`` replaced, all whole.

    Without a headline it is name and date, whatever the template says.
    """
    told = {"headline": headline, "name": name, "date": date}
    if not one_line(headline):
        return f"{name}, {date}"
    return re.sub(r"\{(headline|name|date)\}", lambda found: told[found[1]], template)


def compose(
    edition: str,
    *,
    subject: str,
    texts: Mapping[str, str],
    blanks: Mapping[str, str],
    pdf: Body | None = None,
) -> Letter:
    """Encode what all share.

    Args:
        edition: its id, such as "asia-desk/2026-01-04".
        subject: see :func:`subject_line`.
        texts: the parts by name: "html", "text", and "link" for those who want headlines only.
        blanks: what stands in them for "address", "wishes" and "leave".
        pdf: the page (:func:`briefing.mail.body.attachment`), shared by all letters; without one,
            those who want it get the rest.
    """
    text = plain(texts["text"], blanks=blanks)
    both = multipart("alternative", text, html(texts["html"], blanks=blanks))
    bodies = {
        Form.PDF: multipart("mixed", both, pdf) if pdf else both,
        Form.HTML: both,
        Form.TEXT: text,
        Form.LINK: plain(texts["link"], blanks=blanks),
    }
    return Letter(edition, text_field("Subject", subject) + _MACHINE_FIELDS, bodies)


def personal(
    letter: Letter, *, to: Subscriber, sender: Sender, links: Links, at: datetime
) -> bytes:
    """Return the whole message for one subscriber, in the form they wish, lines ended by CRLF.

    The same letter and subscriber have the same Message-ID however often they are sent.

    Args:
        letter: of :func:`compose`.
        to: the subscriber.
        sender: who it is from.
        links: the subscriber's own.
        at: for the Date field, aware.

    Raises:
        InputError: no mail can be sent to the subscriber's address.
    """
    form = to.preferences.form
    filling = values(
        {"address": to.address, "wishes": links.preferences, "leave": links.leave or links.by_mail}
    )
    return b"".join(
        (
            sender.fields(),
            mailbox_field("To", to.address, called=to.name),
            date_field(at),
            id_field(letter.edition, f"{letter.edition} {to.id}", domain=sender.domain),
            list_field("List-Id", sender.list_id, called=sender.name) if sender.list_id else b"",
            links.fields(),
            _feedback(letter.edition, form, sender),
            letter.fields,
            letter.bodies[form].filled(filling),
        )
    )


def _check(address: str) -> None:
    try:
        checked_address(address)
    except InputError as error:
        raise SettingsError(f"mail: {error}") from error


def _feedback(edition: str, form: Form, sender: Sender) -> bytes:
    """Return the field by which Gmail counts complaints: day, form, briefing and sender."""
    slug, _, day = re.sub("[^A-Za-z0-9/-]", "", edition[:100]).rpartition("/")
    source = digest(sender.domain)[:_FEEDBACK_DIGITS]
    return f"Feedback-ID: {day}:{form}:{slug}:{source}\r\n".encode()
