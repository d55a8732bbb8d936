"""Tells what a mail that came back says, and of whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes
from enum import StrEnum
from itertools import islice, takewhile
from typing import TypeVar

from flufl.bounce import all_failures

from briefing.core.model import BounceKind
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
    walk,
)
from briefing.mail.notice import (
    from_system,
    is_delayed,
    is_system,
    lines_of,
    looks_returned,
    named,
    reason,
    tells_failure,
)
from briefing.mail.report import (
    Recipient,
    complaint,
    delivery_report,
    has_failed_nobody,
    judge,
    status_in,
)

#: Headers in which mail servers leave the address that a mail was delivered to, the surest first.
_DELIVERED = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to",
    "x-real-to", "original-recipient", "x-forwarded-to", "to", "apparently-to", "cc", "resent-to",
)  # fmt: skip
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
    r"|status|not\b|report|warning|problem|has failed|unsuccess|delay|subsystem)"
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
_CODE = re.compile(r"(?<![\d.])[45]\d\d[ :-]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
#: A line that says something: no rule, no boundary, no header.
_SAYS = re.compile(r"(?![\w-]{1,40}: )\w.*\s")
#: Servers on the way whose word for whom a mail was is looked at.
_HOPS = 10
_FOR = re.compile(r"\sfor <([^<>\s]{3,320})>")
#: What return paths of ours look like, and how far into a mail they are looked for.
_PATH = re.compile(rb"bounce\+[A-Za-z2-7]{40}@[A-Za-z0-9.-]{1,255}")
_QUOTED = 200_000
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
    #: A mail system sent it, not a person or a machine of theirs.
    from_system: bool = False

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
    found = (
        _complaint(mail)
        or _away(mail)
        or _success(mail)
        or _report(mail)
        or _wish(mail)
        or _notice(mail, raw)
        or _plain_notice(mail)
    )
    kind_, recipients, words = found or _rest(mail)
    return Verdict(
        kind_,
        recipients=recipients,
        to=(*addresses(mail, *_DELIVERED), *_received_for(mail))[:_ADDRESSES],
        senders=(*_senders(mail), *_quoted_paths(raw))[:_ADDRESSES] if recipients else (),
        words=words,
        from_system=from_system(mail),
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


def on_return_path(verdict: Verdict) -> Verdict:
    """Return what a mail says that is proved to answer one of ours.

    What a mail system sends to the return path of a mail tells that it did not arrive, whatever
    the words.
    """
    if verdict.kind not in {MailKind.OTHER, MailKind.AUTOMATIC} or not verdict.from_system:
        return verdict
    words = "a mail system's answer to a return path"
    soft = Recipient("", permanent=False, kind=BounceKind.SOFT, words=words)
    return replace(verdict, kind=MailKind.BOUNCE, recipients=(soft,), words=words)


_Found = tuple[MailKind, tuple[Recipient, ...], str]


def _complaint(mail: Part) -> _Found | None:
    found = complaint(mail)
    return (MailKind.COMPLAINT, found.recipients, "a complaint (RFC 5965)") if found else None


def _away(mail: Part) -> _Found | None:
    words = one_line(f"an automatic answer: {said(mail, 'subject')}")
    return (MailKind.AUTOMATIC, (), words) if is_away(mail) else None


def _success(mail: Part) -> _Found | None:
    fine = has_failed_nobody(mail)
    return (MailKind.OTHER, (), "a report of success (RFC 3464)") if fine else None


def _received_for(mail: Part) -> tuple[str, ...]:
    """Return for whom mail servers on the way received a mail, the last one first."""
    lines = (str(value) for value in (mail.get_all("received") or [])[:_HOPS])
    found = (match[1] for line in lines for match in _FOR.finditer(line))
    return tuple(dict.fromkeys(one for one in map(address, found) if one))


def _quoted_paths(raw: bytes) -> tuple[str, ...]:
    """Return what looks like return paths of ours in a notice that quotes the mail as text."""
    found = (match[0].decode("ascii") for match in _PATH.finditer(raw[:_QUOTED]))
    return tuple(dict.fromkeys(islice(found, _ADDRESSES)))


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
    found = tuple(_by_whole(one, mail) for one in found) if len(found) == 1 else found
    return (MailKind.BOUNCE, found, "a notice of failed delivery") if found else None


def _plain_notice(mail: Part) -> _Found | None:
    """Read the notice of any other mail system, in its own words and language."""
    if is_no_failure(mail) or not (looks_returned(mail) or is_system(said(mail, "from"))):
        return None
    lines = lines_of(mail)
    if not is_system(said(mail, "from")) and not _gives_back(mail, lines):
        return None
    if not (looks_returned(mail) or tells_failure(lines)):
        return None
    permanent = not is_delayed(mail, lines)
    words = reason(lines)
    status = status_in(words) or status_in(" ".join(lines)[:4_000])
    whole = words if status else one_line(" ".join(lines), limit=2_000)
    judged = judge(status, whole, permanent=permanent)
    who = named(mail, lines)
    if not who and not looks_returned(mail):
        return None
    found = tuple(Recipient(one, permanent, judged, status, words) for one in who or ("",))
    return MailKind.BOUNCE, found, "a notice of failed delivery in words"


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


def _gives_back(mail: Part, lines: Sequence[str]) -> bool:
    """Tell whether a mail from no known system holds what a person would not write."""
    held = {"message/rfc822", "text/rfc822-headers", "message/delivery-status"}
    machine = not is_automatic(mail) or said(mail, "return-path") == "<>"
    coded = any(_CODE.search(line) for line in lines)
    return machine and (coded or any(kind(part) in held for part in walk(mail)))


def _by_whole(one: Recipient, mail: Part) -> Recipient:
    """Judge by the whole notice where the words beside the only address say nothing."""
    if one.status or one.kind is BounceKind.HARD:
        return one
    whole = " ".join(lines_of(mail))[:2_000]
    status = status_in(whole)
    judged = judge(status, whole, permanent=one.permanent)
    return replace(one, kind=judged, status=status, words=one.words or reason(lines_of(mail)))


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
