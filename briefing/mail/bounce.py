"""Classifies incoming mail: bounces, complaints, automatic replies, requests to unsubscribe."""

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
    attempt,
    body,
    content_type,
    header,
    one_line,
    read,
    subparts,
    text,
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

#: Headers in which mail servers record the delivery address, most reliable first.
_DELIVERED = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "x-rcpt-to",
    "x-real-to", "original-recipient", "x-forwarded-to", "to", "apparently-to", "cc", "resent-to",
)  # fmt: skip
#: Addresses taken from one mail.
_ADDRESSES = 50
#: Lines of a body passed to flufl.bounce, characters of a line, and occurrences of "<" in it. Its
#: patterns are cubic in the length of a line; the longest notice among 117 samples
#: names its last address in line 45. Addresses have up to 320 characters, nearly all below 100.
_LINES = 300
_LINE = 240
_ANGLES = 6
#: Headers that flufl.bounce reads.
_HEADERS = ("content-type", "content-transfer-encoding", "x-mailer")
#: Lines after an address in which the server gives the reason.
_NEAR = 8
#: A line of at least so many words holds more than an address.
_SENTENCE = 3

_DAEMON = re.compile(r"mailer-daemon|mail[. _-]?delivery|<>|mdaemon|smtp_mail_service", re.I)
_POSTMASTER = re.compile(r"postmaster|system administrator|mail administrator|<?imss@", re.I)
#: How bounces begin their subjects, and how some end them.
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
#: A postmaster is also a person; without one of these words their mail is not a bounce.
_FAILURE = re.compile(
    r"undeliver|not (?:be )?deliver|did not reach|not receive|delivery|fail|unknown|unable|reject"
    r"|returned|quota|no such|\b[45]\d\d[ -]",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.])[45]\d\d[ :-]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
#: A line of prose: not a rule, a boundary or a header.
_SENTENCE_LINE = re.compile(r"(?![\w-]{1,40}: )\w.*\s")
#: Received headers whose "for" clause is read.
_HOPS = 10
_FOR = re.compile(r"\sfor <([^<>\s]{3,320})>")
#: What our return paths look like, and how many bytes of a mail are searched for them.
_PATH = re.compile(rb"bounce\+[A-Za-z2-7]{40}@[A-Za-z0-9.-]{1,255}")
_QUOTED = 200_000
#: Where the returned mail begins.
_END = re.compile(r"original message|message (?:text )?follows|copy of (?:the|your) message", re.I)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
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
    def permanent(self) -> tuple[str, ...]:
        """Addresses that a report calls permanently failed."""
        return tuple(recipient.address for recipient in self._failed if recipient.permanent)

    @property
    def temporary(self) -> tuple[str, ...]:
        """Addresses that a report calls delayed."""
        return tuple(recipient.address for recipient in self._failed if not recipient.permanent)

    @property
    def worst(self) -> Recipient | None:
        """The recipient that decides for a mail sent to one: a dead address before a full one."""
        kinds = list(BounceKind)
        return min(self.recipients, key=lambda recipient: kinds.index(recipient.kind), default=None)

    @property
    def _failed(self) -> tuple[Recipient, ...]:
        bounced = self.kind is IncomingKind.BOUNCE
        return tuple(recipient for recipient in self.recipients if bounced and recipient.address)


def classify(raw: bytes) -> Verdict:
    """Classify a mail; any bytes, in bounded time and without raising.

    The order decides what could be two things: a complaint, an out-of-office reply, a delivery
    report, a request to unsubscribe, a notice of an old mail server in plain text, any other
    automatic reply.
    """
    if len(raw) > MAIL_LIMIT:
        return Verdict(IncomingKind.OTHER, reason=f"larger than {MAIL_LIMIT:,} bytes")
    mail = read(raw)
    result = (
        _complaint(mail)
        or _away(mail)
        or _success(mail)
        or _report(mail)
        or _unsubscribe(mail)
        or _notice(mail, raw)
        or _plain_notice(mail)
    )
    kind_of_mail, recipients, summary = result or _rest(mail)
    return Verdict(
        kind_of_mail,
        recipients=recipients,
        to=(*addresses(mail, *_DELIVERED), *_received_for(mail))[:_ADDRESSES],
        senders=(*_senders(mail), *_quoted_paths(raw))[:_ADDRESSES] if recipients else (),
        reason=summary,
        from_system=from_system(mail),
    )


def owner_of(verdict: Verdict, *, read_path: Callable[[str], T | None]) -> T | None:
    """Return which of our mails a mail answers; None when nothing proves that it was ours.

    Anybody can forge a report. Only a signed return path of ours proves that it answers a mail
    that we sent, and to whom.

    Args:
        verdict: of the incoming mail.
        read_path: returns what a validly signed return path stands for, None for any other
            address.
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


_Classification = tuple[IncomingKind, tuple[Recipient, ...], str]


def _complaint(mail: Part) -> _Classification | None:
    report = complaint(mail)
    return (IncomingKind.COMPLAINT, report.recipients, "a complaint (RFC 5965)") if report else None


def _away(mail: Part) -> _Classification | None:
    summary = one_line(f"an automatic reply: {header(mail, 'subject')}")
    return (IncomingKind.AUTOMATIC, (), summary) if is_away(mail) else None


def _success(mail: Part) -> _Classification | None:
    fine = has_failed_nobody(mail)
    return (IncomingKind.OTHER, (), "a report of success (RFC 3464)") if fine else None


def _received_for(mail: Part) -> tuple[str, ...]:
    """Return the addresses for which mail servers on the way received a mail, latest first."""
    lines = (str(value) for value in (mail.get_all("received") or [])[:_HOPS])
    candidates = (match[1] for line in lines for match in _FOR.finditer(line))
    return tuple(dict.fromkeys(filter(None, map(address, candidates))))


def _quoted_paths(raw: bytes) -> tuple[str, ...]:
    """Return what looks like our return paths in a notice that quotes the mail as text."""
    paths = (match[0].decode("ascii") for match in _PATH.finditer(raw[:_QUOTED]))
    return tuple(dict.fromkeys(islice(paths, _ADDRESSES)))


def _report(mail: Part) -> _Classification | None:
    recipients = delivery_report(mail) or ()
    has_address = any(recipient.address for recipient in recipients)
    return (
        (IncomingKind.BOUNCE, recipients, "a delivery report (RFC 3464)") if has_address else None
    )


def _unsubscribe(mail: Part) -> _Classification | None:
    if is_automatic(mail) or _looks_returned(mail, ()):
        return None
    asked = _ASKED.match(header(mail, "subject")) or _ASKED_LINE.match(_first_line(text(mail)))
    return (IncomingKind.UNSUBSCRIBE, (), "asks to be unsubscribed") if asked else None


def _first_line(content: str) -> str:
    lines = (one_line(line) for line in islice(content.splitlines(), 20))
    return next((line for line in lines if line and not line.startswith(">")), "")


def _notice(mail: Part, raw: bytes) -> _Classification | None:
    """Read the notice of a known server that writes no delivery report."""
    lines = _lines(raw)
    if not _looks_returned(mail, lines):
        return None
    temporary, permanent = _failures(mail, lines)
    recipients = tuple(_noticed(failed, lines, permanent=True) for failed in sorted(permanent))
    recipients += tuple(
        _noticed(failed, lines, permanent=False) for failed in sorted(temporary - permanent)
    )
    if len(recipients) == 1:
        recipients = (_by_whole(recipients[0], mail),)
    return (IncomingKind.BOUNCE, recipients, "a notice of failed delivery") if recipients else None


def _plain_notice(mail: Part) -> _Classification | None:
    """Read the notice of any other mail system, in plain text of any language."""
    if is_no_failure(mail) or not (looks_returned(mail) or is_system(header(mail, "from"))):
        return None
    lines = lines_of(mail)
    if not is_system(header(mail, "from")) and not _gives_back(mail, lines):
        return None
    if not (looks_returned(mail) or tells_failure(lines)):
        return None
    permanent = not is_delayed(mail, lines)
    diagnostic = reason(lines)
    status = status_in(diagnostic) or status_in(" ".join(lines)[:4_000])
    whole = diagnostic if status else one_line(" ".join(lines), limit=2_000)
    bounce = judge(status, whole, permanent=permanent)
    failed = named(mail, lines)
    if not failed and not looks_returned(mail):
        return None
    recipients = tuple(
        Recipient(mailbox, permanent, bounce, status, diagnostic) for mailbox in failed or ("",)
    )
    return IncomingKind.BOUNCE, recipients, "a notice of failed delivery in plain text"


def _looks_returned(mail: Part, lines: Sequence[str]) -> bool:
    """Tell whether sender or subject are those of a mail system that returns a mail.

    Replies of people and their autoresponders name addresses too ("write to a@example.org, or
    ..."), so nothing else is searched for failed addresses.
    """
    if _RETURNED.match(header(mail, "subject")):
        return True
    if is_no_failure(mail):
        return False
    sender = header(mail, "from") or "<>"
    if _DAEMON.search(sender):
        return True
    tells = any(_FAILURE.search(line) for line in lines)
    return tells and not is_automatic(mail) and _POSTMASTER.search(sender) is not None


def _failures(mail: Part, lines: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the temporary and the permanent failures that flufl.bounce finds."""
    failed = ", ".join(addresses(mail, "x-failed-recipients")[:_ADDRESSES])
    # One of its detectors raises if the sender has no address.
    sender = next(iter(addresses(mail, "from")), "unknown@invalid")
    heads = [f"{name}: {_flat(mail.get(name))}" for name in _HEADERS if mail.get(name)]
    heads += [f"from: {sender}"]
    heads += [f"x-failed-recipients: {failed}"] if failed else []
    # Others expect ASCII headers. The replacement character occurs in no valid address.
    source = _NOT_ASCII.sub("\x7f", "\n".join([*heads, "", *lines])).encode()
    none: frozenset[bytes] = frozenset()
    temporary, permanent = attempt(lambda: all_failures(message_from_bytes(source)), (none, none))
    return _valid(temporary), _valid(permanent)


def _valid(candidates: frozenset[bytes]) -> set[str]:
    decoded = (candidate.decode("utf-8", "replace") for candidate in candidates)
    return set(filter(None, map(address, decoded)))


def _flat(value: object) -> str:
    return " ".join(str(value).split())


def _lines(raw: bytes) -> list[str]:
    """Return the first lines after the headers, truncated for flufl.bounce."""
    lines = iter(raw[: 1_000 * _LINES].decode("ascii", "surrogateescape").splitlines())
    for line in lines:
        if not line:
            break
    return [line[:_LINE] for line in islice(lines, _LINES) if line.count("<") <= _ANGLES]


def _noticed(failed: str, lines: Sequence[str], *, permanent: bool) -> Recipient:
    diagnostic = _reason(failed, lines)
    status = status_in(diagnostic)
    kind = judge(status, diagnostic, permanent=permanent)
    return Recipient(failed, permanent, kind, status, diagnostic)


def _gives_back(mail: Part, lines: Sequence[str]) -> bool:
    """Tell whether a mail from an unknown system contains what a person would not write."""
    held = {"message/rfc822", "text/rfc822-headers", "message/delivery-status"}
    machine = not is_automatic(mail) or header(mail, "return-path") == "<>"
    coded = any(_CODE.search(line) for line in lines)
    return machine and (coded or any(content_type(part) in held for part in walk(mail)))


def _by_whole(recipient: Recipient, mail: Part) -> Recipient:
    """Judge by the whole notice where the lines next to the only address give no reason."""
    if recipient.status or recipient.kind is BounceKind.HARD:
        return recipient
    whole = " ".join(lines_of(mail))[:2_000]
    status = status_in(whole)
    bounce = judge(status, whole, permanent=recipient.permanent)
    diagnostic = recipient.diagnostic or reason(lines_of(mail))
    return replace(recipient, kind=bounce, status=status, diagnostic=diagnostic)


def _reason(failed: str, lines: Sequence[str]) -> str:
    """Return the reason given after an address: a line with a code, else a line of prose."""
    start = next((index for index, line in enumerate(lines) if failed in line), len(lines))
    texts = map(one_line, lines[start : start + _NEAR])
    near = list(takewhile(lambda line: not _END.search(line), texts))
    candidates = [line for line in near[:1] if len(line.split()) >= _SENTENCE] + near[1:]
    coded = (line for line in near if _CODE.search(line))
    return next(coded, next((line for line in candidates if _SENTENCE_LINE.match(line)), ""))


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
            senders += _return_path(part)
    return tuple(dict.fromkeys(senders))[:_ADDRESSES]


def _return_path(part: Part) -> tuple[str, ...]:
    returned = subparts(part)
    return addresses(returned[0] if returned else read(body(part).encode()), "return-path")


def _rest(mail: Part) -> _Classification:
    """Classify a mail that names no address."""
    recipients = delivery_report(mail)
    if recipients:
        return IncomingKind.BOUNCE, recipients, "a delivery report that names no address"
    if is_automatic(mail):
        return (
            IncomingKind.AUTOMATIC,
            (),
            one_line(f"an automatic reply: {header(mail, 'subject')}"),
        )
    return IncomingKind.OTHER, (), "not recognized"
