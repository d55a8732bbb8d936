"""Tells what a mail that came back says, and of whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from enum import StrEnum
from itertools import islice, takewhile
from typing import TypeVar

from flufl.bounce import all_failures

from briefing.mail.automatic import is_automatic, is_away, is_no_failure
from briefing.mail.incoming import (
    MAIL_LIMIT,
    Part,
    address,
    addresses,
    body,
    inside,
    kind,
    one_line,
    read,
    said,
    text,
    tried,
)
from briefing.mail.report import Recipient, complaint, delivery_report, judge, status_in
from briefing.model import BounceKind

#: Headers in which mail servers leave the address that a mail was delivered to, the surest first.
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
#: Addresses that are kept of one mail.
_ADDRESSES = 50
#: Lines of a body that flufl.bounce gets, the characters of one, and how many times "<" may stand
#: in it. Its patterns are cubic in the length of a line; the longest notice among 117 samples
#: names its last address in line 45. Addresses have up to 320 characters, nearly all below 100.
_LINES = 300
_LINE = 240
_ANGLES = 6
#: Headers that flufl.bounce looks at.
_HEADERS = ("content-type", "content-transfer-encoding", "x-mailer")
#: Lines around an address in which the server says why.
_NEAR = 8
#: Words from which a line says more than an address.
_SENTENCE = 3

_DAEMON = re.compile(r"mailer-daemon|mail[. _-]?delivery|<>|mdaemon|smtp_mail_service", re.I)
_POSTMASTER = re.compile(r"postmaster|system administrator|mail administrator|<?imss@", re.I)
#: How reports of failed delivery begin their subjects, and how some end theirs.
_RETURNED = re.compile(
    r"(?:\[[^\]]{1,40}\]\s?|warning:\s?|e-?mail\s){0,2}(?:undeliver|non-?deliver|non remis"
    r"|unzustell|returned (?:e?mail|message)|(?:permanent |final |message |mail )?delivery (?:fail"
    r"|status|not|report|warning|problem|has failed|unsuccess|delay|subsystem)"
    r"|fail(?:ed|ure) (?:mail|notice|delivery|message)|mail (?:system )?(?:error|fail)"
    r"|(?:mail|message) (?:has )?(?:could )?not (?:yet )?(?:been |be )?deliver"
    r"|message (?:delayed|undeliver)|delayed mail|processing error|could not (?:be )?deliver"
    r"|automatically rejected|rejected mail|your message .{0,200}could not be deliver)"
    r"|.{0,400}\b(?:non remis|unzustellbar|undeliverable|user unknown|delivery failed)\W{0,9}$",
    re.IGNORECASE,
)
#: A postmaster is also a person; without a word of these nothing of theirs tells of a failure.
_FAILURE = re.compile(
    r"undeliver|not (?:be )?deliver|did not reach|not receive|delivery|fail|unknown|unable|reject"
    r"|returned|quota|no such|\b[45]\d\d[ -]",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])[45]\d\d[ -]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
#: A line that says something: no rule, no boundary, no header.
_SAYS = re.compile(r"(?![\w-]{1,40}: )\w.*\s")
#: Where the mail that came back begins.
_END = re.compile(r"original message|message (?:text )?follows|copy of (?:the|your) message", re.I)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ASKED = re.compile(r"(?:re\s?:\s?)?[\W_]{0,5}unsubscribe\b", re.IGNORECASE)
#: Words of a first line that asks for nothing else, such as "Please unsubscribe me. Thanks".
_ASKED_LINE = re.compile(r"\W{0,5}(?:please )?unsubscribe\b.{0,30}$", re.IGNORECASE)


T = TypeVar("T")


class MailKind(StrEnum):
    """What kind of mail came in."""

    #: A mail of ours was not delivered, or not yet.
    BOUNCE = "bounce"
    #: A reader called a mail of ours spam (RFC 5965).
    COMPLAINT = "complaint"
    #: A machine has answered: an absence, a ticket, a receipt.
    AUTOMATIC = "automatic"
    #: Somebody asks to be written to no more; who, the address tells that it was sent to.
    UNSUBSCRIBE = "unsubscribe"
    #: Anything else, for a person to read.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one mail says."""

    kind: MailKind
    #: Of a bounce whom it did not reach, of a complaint who complains; else none.
    recipients: tuple[Recipient, ...] = ()
    #: Addresses that it was delivered to, the surest first.
    to: tuple[str, ...] = ()
    #: Envelope senders that a report gives of the mail that came back. They are only its word.
    senders: tuple[str, ...] = ()
    #: Why it is of this kind, one line.
    words: str = ""

    @property
    def permanent(self) -> tuple[str, ...]:
        """Addresses that a report calls failed for good."""
        return tuple(one.address for one in self._failed if one.permanent)

    @property
    def temporary(self) -> tuple[str, ...]:
        """Addresses that a report calls not reached yet."""
        return tuple(one.address for one in self._failed if not one.permanent)

    @property
    def worst(self) -> Recipient | None:
        """The recipient that counts for a mail sent to one: a dead address before a full one."""
        kinds = list(BounceKind)
        return min(self.recipients, key=lambda one: kinds.index(one.kind), default=None)

    @property
    def _failed(self) -> tuple[Recipient, ...]:
        bounced = self.kind is MailKind.BOUNCE
        return tuple(one for one in self.recipients if bounced and one.address)


def classify(raw: bytes) -> Verdict:
    """Tell what a mail says; whatever the bytes, in bounded time and without an error.

    The order decides what can be two things: a complaint, an answer for somebody who is away, a
    delivery report, a wish to leave, a notice in the words of an old mail server, an answer of
    another machine.
    """
    if len(raw) > MAIL_LIMIT:
        return Verdict(MailKind.OTHER, words=f"larger than {MAIL_LIMIT:,} bytes")
    mail = read(raw)
    found = _complaint(mail) or _away(mail) or _report(mail) or _wish(mail) or _notice(mail, raw)
    kind_, recipients, words = found or _rest(mail)
    return Verdict(
        kind_,
        recipients=recipients,
        to=addresses(mail, *_DELIVERED)[:_ADDRESSES],
        senders=_senders(mail) if recipients else (),
        words=words,
    )


def owner_of(verdict: Verdict, *, read_path: Callable[[str], T | None]) -> T | None:
    """Return for what mail of ours a mail came back; None when nothing proves that it was ours.

    Anybody can write a report. Only a return path with our mark proves that it answers a mail
    that we sent, and to whom.

    Args:
        verdict: of the mail.
        read_path: returns what a return path with a right mark stands for, None for any other
            address.
    """
    found = (read_path(one) for one in (*verdict.to, *verdict.senders))
    return next((one for one in found if one is not None), None)


_Found = tuple[MailKind, tuple[Recipient, ...], str]


def _complaint(mail: Part) -> _Found | None:
    found = complaint(mail)
    return (MailKind.COMPLAINT, found.recipients, "a complaint (RFC 5965)") if found else None


def _away(mail: Part) -> _Found | None:
    words = one_line(f"an automatic answer: {said(mail, 'subject')}")
    return (MailKind.AUTOMATIC, (), words) if is_away(mail) else None


def _report(mail: Part) -> _Found | None:
    found = delivery_report(mail) or ()
    named = any(one.address for one in found)
    return (MailKind.BOUNCE, found, "a delivery report (RFC 3464)") if named else None


def _wish(mail: Part) -> _Found | None:
    if is_automatic(mail) or _looks_returned(mail, ()):
        return None
    asked = _ASKED.match(said(mail, "subject")) or _ASKED_LINE.match(_first_line(text(mail)))
    return (MailKind.UNSUBSCRIBE, (), "asks to be unsubscribed") if asked else None


def _first_line(words: str) -> str:
    lines = (one_line(line) for line in islice(words.splitlines(), 20))
    return next((line for line in lines if line and not line.startswith(">")), "")


def _notice(mail: Part, raw: bytes) -> _Found | None:
    """Read the notice of a server that writes no delivery report, in the words it is known for."""
    lines = _lines(raw)
    if not _looks_returned(mail, lines):
        return None
    temporary, permanent = _failures(mail, lines)
    found = tuple(_noticed(one, lines, permanent=True) for one in sorted(permanent))
    found += tuple(_noticed(one, lines, permanent=False) for one in sorted(temporary - permanent))
    return (MailKind.BOUNCE, found, "a notice of failed delivery") if found else None


def _looks_returned(mail: Part, lines: Sequence[str]) -> bool:
    """Tell whether sender or subject are those of a mail system that gives a mail back.

    Answers of people and their machines name addresses too ("write to a@example.org, or ..."),
    so nothing else is searched for addresses that failed.
    """
    if _RETURNED.match(said(mail, "subject")):
        return True
    if is_no_failure(mail):
        return False
    sender = said(mail, "from") or "<>"
    if _DAEMON.search(sender):
        return True
    tells = any(_FAILURE.search(line) for line in lines)
    return tells and not is_automatic(mail) and _POSTMASTER.search(sender) is not None


def _failures(mail: Part, lines: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the addresses that flufl.bounce finds, temporary ones first, all in bounds."""
    failed = ", ".join(addresses(mail, "x-failed-recipients")[:_ADDRESSES])
    # One of its detectors raises without a sender that has an address.
    sender = next(iter(addresses(mail, "from")), "unknown@invalid")
    heads = [f"{name}: {_flat(mail.get(name))}" for name in _HEADERS if mail.get(name)]
    heads += [f"from: {sender}"]
    heads += [f"x-failed-recipients: {failed}"] if failed else []
    # Others expect headers of ASCII. What stands for other characters is in no valid address.
    source = _NOT_ASCII.sub("\x7f", "\n".join([*heads, "", *lines])).encode()
    none: frozenset[bytes] = frozenset()
    temporary, permanent = tried(lambda: all_failures(message_from_bytes(source)), (none, none))
    return _valid(temporary), _valid(permanent)


def _valid(found: frozenset[bytes]) -> set[str]:
    return {valid for one in found if (valid := address(one.decode("utf-8", "replace")))}


def _flat(value: object) -> str:
    return " ".join(str(value).split())


def _lines(raw: bytes) -> list[str]:
    """Return the first lines after the headers, as short as flufl.bounce can bear."""
    lines = iter(raw[: 1_000 * _LINES].decode("ascii", "surrogateescape").splitlines())
    for line in lines:
        if not line:
            break
    return [line[:_LINE] for line in islice(lines, _LINES) if line.count("<") <= _ANGLES]


def _noticed(found: str, lines: Sequence[str], *, permanent: bool) -> Recipient:
    words = _reason(found, lines)
    status = status_in(words)
    return Recipient(found, permanent, judge(status, words, permanent=permanent), status, words)


def _reason(found: str, lines: Sequence[str]) -> str:
    """Return what the server said at an address: a line with a code, else the next of words."""
    start = next((at for at, line in enumerate(lines) if found in line), len(lines))
    shown = map(one_line, lines[start : start + _NEAR])
    near = list(takewhile(lambda line: not _END.search(line), shown))
    said_ = [line for line in near[:1] if len(line.split()) >= _SENTENCE] + near[1:]
    coded = (line for line in near if _CODE.search(line))
    return next(coded, next((line for line in said_ if _SAYS.match(line)), ""))


def _senders(mail: Part) -> tuple[str, ...]:
    """Return the envelope senders that a report gives of the mail it is about."""
    found = complaint(mail)
    named = found.senders if found else ()
    for part in inside(mail):
        if kind(part) == "message/rfc822":
            named += tuple(one for held in inside(part) for one in addresses(held, "return-path"))
        elif kind(part) in {"text/rfc822-headers", "message/rfc822-headers"}:
            named += _return_path(part)
    return tuple(dict.fromkeys(named))[:_ADDRESSES]


def _return_path(part: Part) -> tuple[str, ...]:
    held = inside(part)
    return addresses(held[0] if held else read(body(part).encode()), "return-path")


def _rest(mail: Part) -> _Found:
    """Return what a mail is that tells of nobody by an address."""
    found = delivery_report(mail)
    if found:
        return MailKind.BOUNCE, found, "a delivery report that names no address"
    if is_automatic(mail):
        return MailKind.AUTOMATIC, (), one_line(f"an automatic answer: {said(mail, 'subject')}")
    return MailKind.OTHER, (), "nothing that is known"
