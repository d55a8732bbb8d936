"""One edition as mail: the shared parts are composed once, then each subscriber's message."""

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

#: Digits of the sender id in Feedback-ID, which Gmail wants 5 to 15 characters long.
_FEEDBACK_DIGITS = 10
#: A URL in a header is not folded; a line has at most 998 bytes (RFC 5322, 2.1.1).
_LONGEST_URL = 400

#: Suppress automatic replies: RFC 3834 defines Auto-Submitted; older autoresponders know only
#: Precedence.
_MACHINE_FIELDS = b"Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n"

_URL = re.compile(r"https?://[!-+\--;=?-~]+")
_LIST_ID = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a mail.

    Raises:
        SettingsError: an address or the list identity is not valid in a header.
    """

    #: As subscribers see it, such as "World Desk".
    name: str
    address: str
    #: Where replies go; empty: to the address.
    reply_to: str = ""
    #: List identifier (RFC 2919), such as "world-desk.desk.example".
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
        """Domain of its address."""
        return self.address.rpartition("@")[2]

    def fields(self) -> bytes:
        """Return From and, if replies go elsewhere, Reply-To."""
        own = mailbox_field("From", self.address, display_name=self.name)
        return own + (mailbox_field("Reply-To", self.reply_to) if self.reply_to else b"")


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one subscriber, at least one of them to unsubscribe.

    Raises:
        ValueError: a URL is too long or not valid in a header, or there is no way to unsubscribe.
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
                raise ValueError(f"URL {url[:80]!a} is not valid in a header")
        if self.leave_by_mail:
            checked_address(self.leave_by_mail)
        if not (self.leave or self.leave_by_mail):
            raise ValueError("a mail needs a way to unsubscribe: give leave or leave_by_mail")

    @property
    def by_mail(self) -> str:
        """The mailto URL that unsubscribes; empty without one."""
        address = quote(self.leave_by_mail, safe="@+")
        return f"mailto:{address}?subject=unsubscribe" if address else ""

    def fields(self) -> bytes:
        """Return the List-Unsubscribe fields (RFC 2369, RFC 8058).

        Each URL is on one line and not encoded: mail programs that offer one-click decode no
        encoded words. One-click needs https.
        """
        ways = ", ".join(f"<{way}>" for way in (self.by_mail, self.leave) if way)
        one_click = self.leave.startswith("https:")
        post = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if one_click else b""
        return f"List-Unsubscribe: {ways}\r\n".encode() + post


@dataclass(frozen=True, slots=True)
class Letter:
    """What all subscribers who get the same page share."""

    #: Id of the edition.
    edition: str
    #: Encoded fields that are the same for everybody.
    fields: bytes
    bodies: Mapping[Form, Body]


def subject_line(template: str, *, headline: str, name: str, date: str) -> str:
    """Return the subject: ``{headline}``, ``{name}`` and ``{date}`` replaced, never shortened.

    Without a headline it is name and date, whatever the template.
    """
    replacements = {"headline": headline, "name": name, "date": date}
    if not one_line(headline):
        return f"{name}, {date}"
    return re.sub(r"\{(headline|name|date)\}", lambda match: replacements[match[1]], template)


def compose(
    edition: str,
    *,
    subject: str,
    texts: Mapping[str, str],
    blanks: Mapping[str, str],
    pdf: Body | None = None,
) -> Letter:
    """Encode the parts that all subscribers share.

    Args:
        edition: its id, such as "asia-desk/2026-01-04".
        subject: see :func:`subject_line`.
        texts: the parts by name: "html", "text", and "link" for those who want headlines only.
        blanks: the texts in them that stand for "address", "preferences" and "leave".
        pdf: the page (:func:`briefing.mail.body.attachment`), shared by all letters; without one,
            subscribers to the PDF get the other parts.
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
    """Return the whole message for one subscriber in their format, lines ending with CRLF.

    The same letter and subscriber always have the same Message-ID.

    Raises:
        InputError: no mail can be sent to the subscriber's address.
    """
    form = to.preferences.form
    filling = values(
        {
            "address": to.address,
            "preferences": links.preferences,
            "leave": links.leave or links.by_mail,
        }
    )
    return b"".join(
        (
            sender.fields(),
            mailbox_field("To", to.address, display_name=to.name),
            date_field(at),
            id_field(letter.edition, f"{letter.edition} {to.id}", domain=sender.domain),
            list_field("List-Id", sender.list_id, display_name=sender.name)
            if sender.list_id
            else b"",
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
    """Return the Feedback-ID, by which Gmail counts complaints: day, form, briefing, sender."""
    slug, _, day = re.sub("[^A-Za-z0-9/-]", "", edition[:100]).rpartition("/")
    source = digest(sender.domain)[:_FEEDBACK_DIGITS]
    return f"Feedback-ID: {day}:{form}:{slug}:{source}\r\n".encode()
