"""Classifies incoming mail: bounces, complaints, automatic replies, requests to unsubscribe."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import TypeVar

from briefing.core.model import BounceKind
from briefing.mail.incoming import (
    MAIL_LIMIT,
    Part,
    address,
    addresses,
    body,
    content_type,
    header,
    one_line,
    read,
    subparts,
    text,
)
from briefing.mail.notice import (
    from_system,
    is_automatic,
    is_away,
    old_notice,
    plain_notice,
    returns_mail,
)
from briefing.mail.report import Recipient, complaint, delivery_report, has_failed_nobody

#: Headers in which mail servers record the delivery address, most reliable first.
_DELIVERED = tuple(
    (
        "delivered-to x-original-to envelope-to x-envelope-to x-delivered-to x-rcpt-to "
        "x-real-to original-recipient x-forwarded-to to apparently-to cc resent-to"
    ).split()
)
#: Addresses taken from one mail.
_ADDRESSES = 50
#: Received headers whose "for" clause is read.
_HOPS = 10
_FOR = re.compile(r"\sfor <([^<>\s]{3,320})>")
#: What our return paths look like, and how many bytes of a mail are searched for them.
_PATH = re.compile(rb"bounce\+[A-Za-z2-7]{40}@[A-Za-z0-9.-]{1,255}")
_QUOTED = 200_000
_ASKED = re.compile(r"(?:re\s?:\s?)?[\W_]{0,5}unsubscribe\b", re.IGNORECASE)
#: A first line that asks for nothing else, such as "Please unsubscribe me. Thanks".
_ASKED_LINE = re.compile(r"\W{0,5}(?:please )?unsubscribe\b.{0,30}$", re.IGNORECASE)


T = TypeVar("T")


class IncomingKind(StrEnum):
    """Kinds of incoming mail."""

    #: One of our mails was not delivered, or not yet.
    BOUNCE = "bounce"
    #: A reader reported one of our mails as spam (RFC 5965).
    COMPLAINT = "complaint"
    #: An automatic reply: an absence, a ticket, a receipt.
    AUTOMATIC = "automatic"
    #: A request to unsubscribe; the address it was sent to identifies the subscriber.
    UNSUBSCRIBE = "unsubscribe"
    #: Anything else, for a person to read.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The classification of one mail."""

    kind: IncomingKind
    #: Of a bounce, the failed recipients; of a complaint, who complains; else none.
    recipients: tuple[Recipient, ...] = ()
    #: Addresses that it was delivered to, most reliable first.
    to: tuple[str, ...] = ()
    #: Envelope senders of the returned mail, as the report states them; unproven.
    senders: tuple[str, ...] = ()
    #: Why it was classified so, one line.
    reason: str = ""
    #: A mail system sent it, not a person or a person's autoresponder.
    from_system: bool = False

    @property
    def worst(self) -> Recipient | None:
        """The recipient that decides for a mail sent to one: a dead address before a full one."""
        kinds = list(BounceKind)
        return min(self.recipients, key=lambda recipient: kinds.index(recipient.kind), default=None)


def classify(raw: bytes) -> Verdict:
    """Classify a mail; any bytes, in bounded time and without raising.

    The order decides what could be two things: a complaint, an out-of-office reply, a delivery
    report, a request to unsubscribe, a notice of an old mail server in plain text, any other
    automatic reply.
    """
    if len(raw) > MAIL_LIMIT:
        return Verdict(IncomingKind.OTHER, reason=f"larger than {MAIL_LIMIT:,} bytes")
    mail = read(raw)
    kind, recipients, summary = next(_classified(mail, raw))
    # what looks like our return paths in a notice that quotes the mail as text
    paths = (match[0].decode("ascii") for match in _PATH.finditer(raw[:_QUOTED]))
    quoted = dict.fromkeys(islice(paths, _ADDRESSES))
    # for whom mail servers on the way received it, latest first
    hops = (str(value) for value in (mail.get_all("received") or [])[:_HOPS])
    received = (address(match[1]) for hop in hops for match in _FOR.finditer(hop))
    return Verdict(
        kind,
        recipients=recipients,
        to=(*addresses(mail, *_DELIVERED), *dict.fromkeys(filter(None, received)))[:_ADDRESSES],
        senders=(*_senders(mail), *quoted)[:_ADDRESSES] if recipients else (),
        reason=summary,
        from_system=from_system(mail),
    )


def _classified(
    mail: Part, raw: bytes
) -> Iterator[tuple[IncomingKind, tuple[Recipient, ...], str]]:
    """Yield what a mail may be, likeliest first: its kind, who failed or complains, and why."""
    report = complaint(mail)
    if report:
        yield IncomingKind.COMPLAINT, report.recipients, "a complaint (RFC 5965)"
    automatic = one_line(f"an automatic reply: {header(mail, 'subject')}")
    if is_away(mail):
        yield IncomingKind.AUTOMATIC, (), automatic
    if has_failed_nobody(mail):
        yield IncomingKind.OTHER, (), "a report of success (RFC 3464)"
    reported = delivery_report(mail) or ()
    if any(recipient.address for recipient in reported):
        yield IncomingKind.BOUNCE, reported, "a delivery report (RFC 3464)"
    lines = (one_line(line) for line in islice(text(mail).splitlines(), 20))
    first = next((line for line in lines if line and not line.startswith(">")), "")
    if not (is_automatic(mail) or returns_mail(mail)) and (
        _ASKED.match(header(mail, "subject")) or _ASKED_LINE.match(first)
    ):
        yield IncomingKind.UNSUBSCRIBE, (), "asks to be unsubscribed"
    if recipients := old_notice(mail, raw):
        yield IncomingKind.BOUNCE, recipients, "a notice of failed delivery"
    if recipients := plain_notice(mail):
        yield IncomingKind.BOUNCE, recipients, "a notice of failed delivery in plain text"
    if reported:
        yield IncomingKind.BOUNCE, reported, "a delivery report that names no address"
    if is_automatic(mail):
        yield IncomingKind.AUTOMATIC, (), automatic
    yield IncomingKind.OTHER, (), "not recognized"


def owner_of(verdict: Verdict, *, read_path: Callable[[str], T | None]) -> T | None:
    """Return which of our mails a mail answers; None when nothing proves that it was ours.

    Anybody can forge a report. Only a signed return path of ours proves that it answers a mail that
    we sent, and to whom: ``read_path`` returns what one stands for, None for any other address.
    """
    owners = (read_path(path) for path in (*verdict.to, *verdict.senders))
    return next((owner for owner in owners if owner is not None), None)


def on_return_path(verdict: Verdict) -> Verdict:
    """Return the verdict on a mail that is proved to answer one of ours.

    What a mail system sends to the return path of a mail is a bounce, whatever its wording.
    """
    if verdict.kind not in {IncomingKind.OTHER, IncomingKind.AUTOMATIC} or not verdict.from_system:
        return verdict
    summary = "a mail system's answer to a return path"
    soft = Recipient("", permanent=False, kind=BounceKind.SOFT, diagnostic=summary)
    return replace(verdict, kind=IncomingKind.BOUNCE, recipients=(soft,), reason=summary)


def _senders(mail: Part) -> tuple[str, ...]:
    """Return the envelope senders of the returned mail that a report states."""
    report = complaint(mail)
    senders = report.senders if report else ()
    for part in subparts(mail):
        if content_type(part) == "message/rfc822":
            senders += tuple(
                sender for held in subparts(part) for sender in addresses(held, "return-path")
            )
        elif content_type(part) in {"text/rfc822-headers", "message/rfc822-headers"}:
            held = next(iter(subparts(part)), None) or read(body(part).encode())
            senders += addresses(held, "return-path")
    return tuple(dict.fromkeys(senders))[:_ADDRESSES]
