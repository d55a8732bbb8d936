"""Composes an edition or a confirmation as mail; a body shared by readers is encoded only once."""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from html import escape
from itertools import chain, zip_longest
from urllib.parse import quote

from briefing.core.errors import SettingsError, naming
from briefing.core.frozen import frozen
from briefing.core.model import Form, Subscriber, digest
from briefing.mail.headers import (
    checked_address,
    date_field,
    id_field,
    list_field,
    mailbox_field,
    one_line,
    subject_field,
)

#: Digits of the sender id in Feedback-ID; Gmail requires 5 to 15 characters.
_FEEDBACK_DIGITS = 10
#: A URL in a header is not folded, and a line has at most 998 bytes (RFC 5322, 2.1.1).
_LONGEST_URL = 400

#: Suppress automatic replies: RFC 3834 defines Auto-Submitted; older autoresponders know only
#: Precedence.
_MACHINE_FIELDS = b"Auto-Submitted: auto-generated\r\nPrecedence: bulk\r\nMIME-Version: 1.0\r\n"

_URL = re.compile(r"https?://[!-+\--;=?-~]+")
_LIST_ID = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@frozen
class Sender:
    """The sender of a mail.

    SettingsError: an address or the list identity is not valid in a header.
    """

    #: As subscribers see it, such as "World Desk".
    name: str
    address: str
    #: Where replies go; empty for the address itself.
    reply_to: str = ""
    #: List identifier (RFC 2919), such as "world-desk.desk.example".
    list_id: str = ""

    def __post_init__(self) -> None:
        with naming("mail", kind=SettingsError):
            for address in filter(None, (self.address, self.reply_to)):
                checked_address(address)
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


@frozen
class Links:
    """The links of one subscriber, including at least one to unsubscribe.

    ValueError: a URL is too long or not valid in a header, or there is no way to unsubscribe.
    """

    #: Page with the button to unsubscribe; also the target of a one-click POST (RFC 8058).
    leave: str = ""
    #: Page of preferences.
    preferences: str = ""
    #: Address to which any mail unsubscribes.
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
        """The mailto URL that unsubscribes; empty if there is none."""
        address = quote(self.leave_by_mail, safe="@+")
        return f"mailto:{address}?subject=unsubscribe" if address else ""

    def fields(self) -> bytes:
        """Return the List-Unsubscribe fields (RFC 2369, RFC 8058).

        Each URL is on one line and not encoded, since mail programs that offer one-click do not
        decode encoded words. One-click requires https.
        """
        ways = ", ".join(f"<{way}>" for way in (self.by_mail, self.leave) if way)
        one_click = self.leave.startswith("https:")
        post = b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" if one_click else b""
        return f"List-Unsubscribe: {ways}\r\n".encode() + post


@frozen
class Letter:
    """The content shared by all subscribers who get the same page."""

    #: Id of the edition.
    edition: str
    #: Encoded fields that are the same for everyone.
    fields: bytes
    bodies: Mapping[Form, Body]


def subject_line(template: str, *, headline: str, name: str, date: str) -> str:
    """Return the subject with ``{headline}``, ``{name}`` and ``{date}`` replaced, never shortened.

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

    ``texts`` are the parts by name: "html", "text", and "link" for those who want only headlines.
    ``blanks`` are the placeholders in them for "address", "preferences" and "leave". ``pdf`` is the
    page (:func:`attachment`), without which subscribers to the PDF get only the other parts.
    """
    text = plain(texts["text"], blanks=blanks)
    both = multipart("alternative", text, html(texts["html"], blanks=blanks))
    bodies = {
        Form.PDF: multipart("mixed", both, pdf) if pdf else both,
        Form.HTML: both,
        Form.TEXT: text,
        Form.LINK: plain(texts["link"], blanks=blanks),
    }
    return Letter(edition, subject_field(subject) + _MACHINE_FIELDS, bodies)


def personal(
    letter: Letter, *, to: Subscriber, sender: Sender, links: Links, at: datetime
) -> bytes:
    """Return the complete message for one subscriber in their format, lines ending with CRLF.

    The same letter and subscriber always have the same Message-ID.

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
    # Feedback-ID, by which Gmail groups complaints: day, form, briefing, sender.
    slug, _, day = re.sub("[^A-Za-z0-9/-]", "", letter.edition[:100]).rpartition("/")
    source = digest(sender.domain)[:_FEEDBACK_DIGITS]
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
            f"Feedback-ID: {day}:{form}:{slug}:{source}\r\n".encode(),
            letter.fields,
            letter.bodies[form].filled(filling),
        )
    )


#: Suppresses automatic replies. Not "Precedence: bulk", since one person has just requested it.
_AUTOMATIC_FIELDS = b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"


def confirmation(
    texts: tuple[str, str], *, subject: str, to: Subscriber, sender: Sender, at: datetime
) -> bytes:
    """Return the complete confirmation message, lines ending with CRLF.

    It has no List fields: the recipient is not subscribed yet. ``texts`` are plain text and HTML
    with personal values already filled in.

    InputError: no mail can be sent to the address.
    """
    text, page = texts
    body = multipart("alternative", plain(text, blanks={}), html(page, blanks={}))
    return b"".join(
        (
            sender.fields(),
            mailbox_field("To", to.address, display_name=to.name),
            subject_field(subject),
            date_field(at),
            id_field("confirm", f"{to.id} {at.isoformat()}", domain=sender.domain),
            _AUTOMATIC_FIELDS,
            body.filled({}),
        )
    )


#: Columns of quoted-printable (RFC 2045, 6.7) without the "=" of a soft line break.
_COLUMNS = 75
#: Most characters of a file name, so that it fits on one line.
_LONGEST_NAME = 60
#: Soft line break.
_SOFT = b"=\r\n"
#: Control characters that mail does not need; a bare carriage return is an error in SMTP (RFC 5321,
#: 2.3.8).
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
#: Lines that mail stores escape with ">", which would break a signature (RFC 4155).
_FROM = re.compile(rb"(?m)^From ")


@frozen
class Body:
    """A body with its content headers: constant bytes alternating with placeholders."""

    #: Constant bytes; one piece more than there are placeholders.
    pieces: tuple[bytes, ...]
    #: Name of each placeholder, such as "html:address".
    placeholders: tuple[str, ...] = ()

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """Return the body with each placeholder replaced by its value."""
        between = (values[placeholder] for placeholder in self.placeholders)
        return b"".join(chain.from_iterable(zip_longest(self.pieces, between, fillvalue=b"")))


def attachment(name: str, content: bytes) -> Body:
    """Return a PDF attachment; hyphens replace all but ``A-Z a-z 0-9 . _ -`` in its name."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-_LONGEST_NAME:]
    head = (
        "Content-Type: application/pdf\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment;\r\n filename="{safe}"\r\n\r\n'
    )
    return Body((head.encode() + encodebytes(content).replace(b"\n", b"\r\n"),))


def multipart(kind: str, *parts: Body) -> Body:
    """Return parts combined into one body of a kind such as "alternative" or "mixed".

    The boundary begins with ``=_``, which occurs in neither quoted-printable nor base64.
    """
    boundary = f"=_{kind}".encode()
    pieces = [b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (kind.encode(), boundary)]
    for part in parts:
        pieces[-1] += b"--%s\r\n%s" % (boundary, part.pieces[0])
        pieces += part.pieces[1:]
        pieces[-1] += b"\r\n"
    pieces[-1] += b"--%s--\r\n" % boundary
    return Body(
        tuple(pieces), tuple(placeholder for part in parts for placeholder in part.placeholders)
    )


def values(personal: Mapping[str, str]) -> Mapping[str, bytes]:
    """Return the encoded value of each placeholder for both kinds of parts, escaped in HTML."""
    kinds: dict[str, Callable[[str], str]] = {"plain": str, "html": escape}
    return {
        f"{kind}:{name}": _quoted(written(value)) + _SOFT
        for kind, written in kinds.items()
        for name, value in personal.items()
    }


def _part(kind: str, text: str, *, blanks: Mapping[str, str]) -> Body:
    head = (
        f'Content-Type: text/{kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    names = {blank: name for name, blank in blanks.items()}
    pieces_and_blanks = re.split(f"({'|'.join(map(re.escape, names))})", text) if names else [text]
    *shared, last = (_quoted(piece) for piece in pieces_and_blanks[::2])
    pieces = [*(piece + _SOFT for piece in shared), last + b"\r\n"]
    return Body(
        (head.encode() + pieces[0], *pieces[1:]),
        tuple(f"{kind}:{names[blank]}" for blank in pieces_and_blanks[1::2]),
    )


#: Encode plain text and HTML; ``blanks`` maps names to the placeholders of personal values.
plain, html = partial(_part, "plain"), partial(_part, "html")


def _quoted(text: str) -> bytes:
    """Return a text as quoted-printable, so that a soft line break and more text may follow.

    Trailing white space is dropped: it is invisible, and relays strip it.
    """
    *lines, last_line = text.replace("\r\n", "\n").split("\n")
    clean = "\n".join((*(line.rstrip(" \t") for line in lines), last_line))
    encoded = b2a_qp(_CONTROLS.sub(" ", clean).encode("utf-8", "replace"))
    ahead, end, last = _FROM.sub(b"=46rom=\n ", encoded).rpartition(b"\n")
    if len(last) > _COLUMNS:
        # b2a_qp allows one more column at the end of a text, but never inside a code
        last = last[:-1] + b"=\n" + last[-1:]
    return (ahead + end + last).replace(b"\n", b"\r\n")
