"""Classifies incoming mail: bounces, complaints, automatic replies, requests to unsubscribe.

Bounces in plain text and automatic replies are read here; reports in :mod:`briefing.mail.report`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from enum import StrEnum
from itertools import dropwhile, islice, takewhile
from typing import TypeVar

from flufl.bounce import all_failures

from briefing.core.frozen import frozen
from briefing.core.model import BounceKind
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
from briefing.mail.report import (
    Recipient,
    complaint,
    delivery_report,
    has_failed_nobody,
    judge,
    phrases,
    status_in,
)

#: Most lines of a notice that are read; all known ones give the reason in the first hundred.
_LINES = 300
#: Most characters of a line that are read.
_LINE = 1_000
#: Lines before and after an address, one of which must mention a failure.
_NEAR = 4
#: Most addresses taken from one notice.
_NAMED = 20

#: Headers whose addresses are not failed recipients: the sender and the recipient of the notice.
_OWN = ("from", "to", "delivered-to", "reply-to", "sender", "errors-to", "return-path", "list-post")
#: A reply code or status code that is not part of a longer number.
_CODE = re.compile(r"(?<![\d.])[45]\d\d[ :-]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
#: One that may be part of a longer number, as after a dash or a dot.
_CODE_WORD = re.compile(r"\b[45]\d\d[ :-]|\b[45]\.\d{1,3}\.\d")

_SYSTEM, _FAILURE, _DELAYED, _FINAL, _COPY, _OTHERS, _TO, _NOT_READERS, _BETWEEN = map(
    phrases, "system failure delayed final copy others to not_readers between".split()
)
#: A mailing list's tag or stars may precede the subject of a bounce.
_RETURNED = phrases("returned", before=r"(?:\[[^\]]{1,40}\]\s?|\*{2,5}[^*]{1,30}\*{2,5}\s?){0,2}")


def plain_notice(mail: Part) -> tuple[Recipient, ...]:
    """Return the failed recipients in any mail system's notice, in any language; empty if none."""
    if is_no_failure(mail) or not (looks_returned(mail) or is_system(header(mail, "from"))):
        return ()
    lines = lines_of(mail)
    if not is_system(header(mail, "from")):
        # from an unknown system it must contain something that a person would not write
        held = {"message/rfc822", "text/rfc822-headers", "message/delivery-status"}
        machine = not is_automatic(mail) or header(mail, "return-path") == "<>"
        coded = any(_CODE.search(line) for line in lines)
        if not machine or not (coded or any(content_type(part) in held for part in walk(mail))):
            return ()
    if not (looks_returned(mail) or _tells_failure(lines)):
        return ()
    # whether delivery is still being tried
    beginning = " ".join((header(mail, "subject"), *lines[:60]))
    permanent = not _DELAYED.search(beginning) or bool(_FINAL.search(beginning))
    diagnostic = reason(lines)
    status = status_in(diagnostic) or status_in(" ".join(lines)[:4_000])
    whole = diagnostic if status else one_line(" ".join(lines), limit=2_000)
    bounce = judge(status, whole, permanent=permanent)
    own = {known.casefold() for known in addresses(mail, *_OWN)}
    candidates = [
        candidate
        for index, line in enumerate(lines)
        if "@" in line
        and not _OTHERS.search(line)
        and _tells_failure(lines[max(0, index - _NEAR) : index + _NEAR + 1])
        for candidate in _in_line(line)
        if candidate.casefold() not in own
    ]
    candidates = candidates or [
        candidate for candidate in _written_to(mail) if candidate.casefold() not in own
    ]
    failed = tuple(dict.fromkeys(candidates))[:_NAMED]
    if not failed and not looks_returned(mail):
        return ()
    return tuple(
        Recipient(mailbox, permanent, bounce, status, diagnostic) for mailbox in failed or ("",)
    )


def from_system(mail: Part) -> bool:
    """Tell whether a mail system sent a mail about a failed delivery.

    Its sender or an empty return path shows this. Autoresponders use the latter too (RFC 3834), but
    name the person they answer for; a report of success or a receipt is not about a failure.
    """
    parts = {content_type(part) for part in islice(walk(mail), 10)}
    if "message/disposition-notification" in parts or has_failed_nobody(mail):
        return False
    if is_system(header(mail, "from")):
        return True
    empty = header(mail, "return-path") == "<>"
    return empty and not is_away(mail) and not (is_automatic(mail) and not looks_returned(mail))


def is_system(sender: str) -> bool:
    """Tell whether a sender is a mail system, as an empty one is."""
    return _SYSTEM.search(sender) is not None


def looks_returned(mail: Part) -> bool:
    """Tell whether the subject is that of a bounce, in any of many languages."""
    return _RETURNED.match(header(mail, "subject")) is not None


def lines_of(mail: Part) -> tuple[str, ...]:
    """Return the decoded lines of a notice before the returned mail."""
    lines: list[str] = []
    for line in islice(text(mail).splitlines(), _LINES):
        if lines and _COPY.match(line.strip()):
            break
        lines.append(line[:_LINE])
    return tuple(lines)


def _tells_failure(lines: Iterable[str]) -> bool:
    """Tell whether any line mentions a failure or a delay."""
    return any(_FAILURE.search(line) or _DELAYED.search(line) for line in lines)


def _in_line(line: str) -> Iterator[str]:
    words = _BETWEEN.split(line.replace("mailto:", " "))
    for word in (part.strip(".!?*|#=-") for part in words):
        candidate = address(word) if "@" in word and "." in word.rpartition("@")[2] else ""
        if candidate and not _NOT_READERS.match(candidate):
            yield candidate


def _returned(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield the mails that some parts return, whole or only their headers."""
    for part in parts:
        if content_type(part) in {"message/rfc822", "message/partial"}:
            yield from subparts(part)
        elif content_type(part) in {"text/rfc822-headers", "message/rfc822-headers", "text/rfc822"}:
            yield from subparts(part) or [read(body(part).encode())]


def _written_to(mail: Part) -> tuple[str, ...]:
    """Return the recipient of the returned mail if there was exactly one, else nothing."""
    for returned in _returned(walk(mail)):
        recipients = addresses(returned, "x-failed-recipients", "to")
        if len(recipients) == 1:
            return recipients
    below = islice(text(mail).splitlines(), _LINES)
    candidates = [
        candidate for line in below if _TO.match(line) for candidate in _in_line(line[:_LINE])
    ]
    return tuple(candidates) if len(set(candidates)) == 1 else ()


def reason(lines: Sequence[str]) -> str:
    """Return the line that gives the reason; empty if there is none."""
    coded = (line for line in lines if _CODE_WORD.search(line))
    failures = (line for line in lines if _FAILURE.search(line))
    return one_line(next(coded, next(failures, "")))


_LINE_OF_BODY = 240
_ANGLES = 6
#: Headers that flufl.bounce reads.
_HEADERS = ("content-type", "content-transfer-encoding", "x-mailer")
#: Number of lines after an address within which the server gives the reason.
_REASON_WITHIN = 8
#: A line with at least this many words contains more than an address.
_SENTENCE = 3
_OLD_RETURNED, _OLD_FAILURE = phrases("old_returned"), phrases("old_failure")
_DAEMON = re.compile(r"(?i)mailer-daemon|mail[. _-]?delivery|<>|mdaemon|smtp_mail_service")
_POSTMASTER = re.compile(r"(?i)postmaster|system administrator|mail administrator|<?imss@")
#: A line of prose: not a ruler, a boundary or a header.
_SENTENCE_LINE = re.compile(r"(?![\w-]{1,40}: )\w.*\s")
#: Where the returned mail begins.
_END = re.compile(r"(?i)original message|message (?:text )?follows|copy of (?:the|your) message")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def old_notice(mail: Part, raw: bytes) -> tuple[Recipient, ...]:
    """Return the failed recipients in the notice of a known server; empty if it is not one."""
    decoded = raw[: 1_000 * _LINES].decode("ascii", "surrogateescape").splitlines()
    # The first lines after the headers, truncated for flufl.bounce.
    after = islice(dropwhile(bool, decoded), 1, _LINES + 1)
    lines = [line[:_LINE_OF_BODY] for line in after if line.count("<") <= _ANGLES]
    if not returns_mail(mail, lines):
        return ()
    failed = ", ".join(addresses(mail, "x-failed-recipients")[:50])
    # One of flufl.bounce's detectors raises an error if the sender has no address.
    sender = next(iter(addresses(mail, "from")), "unknown@invalid")
    heads = [
        f"{name}: {' '.join(str(mail.get(name)).split())}" for name in _HEADERS if mail.get(name)
    ]
    heads += [f"from: {sender}", *([f"x-failed-recipients: {failed}"] if failed else [])]
    # Other detectors expect ASCII headers. The replacement occurs in no valid address.
    source = _NOT_ASCII.sub("\x7f", "\n".join([*heads, "", *lines])).encode()
    none: frozenset[bytes] = frozenset()
    both = attempt(lambda: all_failures(message_from_bytes(source)), (none, none))
    temporary, permanent = (
        {valid for item in candidates if (valid := address(item.decode("utf-8", "replace")))}
        for candidates in both
    )
    recipients = []
    for mailbox in (*sorted(permanent), *sorted(temporary - permanent)):
        start = next((index for index, line in enumerate(lines) if mailbox in line), len(lines))
        texts = map(one_line, lines[start : start + _REASON_WITHIN])
        near = list(takewhile(lambda line: not _END.search(line), texts))
        candidates = [line for line in near[:1] if len(line.split()) >= _SENTENCE] + near[1:]
        coded = (line for line in near if _CODE.search(line))
        diagnostic = next(
            coded, next((line for line in candidates if _SENTENCE_LINE.match(line)), "")
        )
        status, final = status_in(diagnostic), mailbox in permanent
        kind = judge(status, diagnostic, permanent=final)
        recipients.append(Recipient(mailbox, final, kind, status, diagnostic))
    return (_by_whole(recipients[0], mail),) if len(recipients) == 1 else tuple(recipients)


def returns_mail(mail: Part, lines: Sequence[str] = ()) -> bool:
    """Tell whether the sender or subject is that of a mail system that returns a mail.

    Replies from people and their autoresponders contain addresses too ("write to a@example.org, or
    ..."), so failed addresses are looked for only in mail from such a system.
    """
    if _OLD_RETURNED.match(header(mail, "subject")):
        return True
    if is_no_failure(mail):
        return False
    sender = header(mail, "from") or "<>"
    if _DAEMON.search(sender):
        return True
    tells = any(_OLD_FAILURE.search(line) for line in lines)
    return tells and not is_automatic(mail) and _POSTMASTER.search(sender) is not None


def _by_whole(recipient: Recipient, mail: Part) -> Recipient:
    """Judge by the whole notice if the lines next to the only address give no reason."""
    if recipient.status or recipient.kind is BounceKind.HARD:
        return recipient
    whole = " ".join(lines_of(mail))[:2_000]
    status = status_in(whole)
    bounce = judge(status, whole, permanent=recipient.permanent)
    diagnostic = recipient.diagnostic or reason(lines_of(mail))
    return replace(recipient, kind=bounce, status=status, diagnostic=diagnostic)


#: Headers that only autoresponders set; any value except "no" counts.
_MARKS = tuple(
    (
        "x-autoreply x-auto-reply x-autoreply-from x-mail-autoreply x-autorespond "
        "x-autoresponder x-autoresponse x-auto-response x-vacation x-autorespond-from"
    ).split()
)
#: Reply prefixes that may precede a phrase for an absence.
_AGAIN = r"(?:(?:re|aw|sv|antw|rv|rif|odp|vs)\s?[:\uff1a]\s?){0,2}[\[(]?"
_AUTOREPLY, _AWAY = phrases("autoreply", before=_AGAIN), phrases("away", before=_AGAIN)
_ASKS = phrases("asks")
_ANSWER = re.compile(r"(?i)(?:re|aw|sv|antw|rv|rif|odp|vs|回复|答复)\s?[:\uff1a]")


def is_away(mail: Part) -> bool:
    """Tell whether a mail is an out-of-office reply by its own headers.

    Such a mail is never a bounce. ``Auto-Submitted: auto-replied`` alone does not suffice: Postfix
    and others mark their delivery reports with it.
    """
    precedence = {header(mail, name).lower() for name in ("precedence", "x-precedence")}
    return (
        any(header(mail, name).lower() not in {"", "no"} for name in _MARKS)
        or not precedence.isdisjoint({"auto_reply", "auto-reply", "autoreply"})
        or header(mail, "x-autogenerated").lower().startswith("reply")
        or "vacation" in header(mail, "auto-submitted").lower()
        or "autorespond" in header(mail, "x-post-messageclass").lower()
        or _AUTOREPLY.match(_subject(mail)) is not None
    )


def is_automatic(mail: Part) -> bool:
    """Tell whether the headers mark a mail as an automatic reply (RFC 3834)."""
    submitted = header(mail, "auto-submitted").lower()
    subject = _subject(mail)
    by_machine = (
        submitted not in {"", "no"}
        or header(mail, "precedence").lower() in {"bulk", "junk"}
        or bool(header(mail, "x-auto-response-suppress"))
        or header(mail, "return-path") == "<>"
    )
    answers = (
        bool(header(mail, "in-reply-to")) or _ANSWER.match(subject) or _AWAY.match(subject)
    ) and not header(mail, "list-id")
    report = attempt(lambda: str(mail.get_param("report-type")), "").lower()
    receipt = report == "disposition-notification"
    return submitted.startswith("auto-replied") or receipt or bool(by_machine and answers)


def is_no_failure(mail: Part) -> bool:
    """Tell whether the subject is that of an absence, a challenge or a ticket."""
    subject = _subject(mail)
    return _AWAY.match(subject) is not None or _ASKS.search(subject) is not None


def _subject(mail: Part) -> str:
    """Return the subject with accents composed (NFC)."""
    return unicodedata.normalize("NFC", header(mail, "subject"))


#: Headers in which mail servers record the delivery address, most reliable first.
_DELIVERED = tuple(
    (
        "delivered-to x-original-to envelope-to x-envelope-to x-delivered-to x-rcpt-to "
        "x-real-to original-recipient x-forwarded-to to apparently-to cc resent-to"
    ).split()
)
#: Most addresses taken from one mail.
_ADDRESSES = 50
#: Number of Received headers whose "for" clause is read.
_HOPS = 10
_FOR = re.compile(r"\sfor <([^<>\s]{3,320})>")
#: Pattern of our return paths, and how many bytes of a mail are searched for them.
_PATH = re.compile(rb"bounce\+[A-Za-z2-7]{40}@[A-Za-z0-9.-]{1,255}")
_QUOTED = 200_000
_ASKED = re.compile(r"(?i)(?:re\s?:\s?)?[\W_]{0,5}unsubscribe\b")
#: A first line that asks for nothing else, such as "Please unsubscribe me. Thanks".
_ASKED_LINE = re.compile(r"(?i)\W{0,5}(?:please )?unsubscribe\b.{0,30}$")


T = TypeVar("T")


class IncomingKind(StrEnum):
    """Kinds of incoming mail."""

    #: One of our mails was not delivered, or is delayed.
    BOUNCE = "bounce"
    #: A reader reported one of our mails as spam (RFC 5965).
    COMPLAINT = "complaint"
    #: An automatic reply: an absence, a ticket, a receipt.
    AUTOMATIC = "automatic"
    #: A request to unsubscribe; the address it was sent to identifies the subscriber.
    UNSUBSCRIBE = "unsubscribe"
    #: Anything else, for a person to read.
    OTHER = "other"


@frozen
class Verdict:
    """The classification of one mail."""

    kind: IncomingKind
    #: The failed recipients of a bounce, or whoever complains; otherwise empty.
    recipients: tuple[Recipient, ...] = ()
    #: Addresses that it was delivered to, most reliable first.
    to: tuple[str, ...] = ()
    #: Envelope senders of the returned mail, as the report states them, without proof.
    senders: tuple[str, ...] = ()
    #: Why it was classified this way, in one line.
    reason: str = ""
    #: Whether a mail system sent it, not a person or a person's autoresponder.
    from_system: bool = False

    @property
    def worst(self) -> Recipient | None:
        """The recipient that decides if the mail had only one: a dead address before a full one."""
        kinds = list(BounceKind)
        return min(self.recipients, key=lambda recipient: kinds.index(recipient.kind), default=None)


def classify(raw: bytes) -> Verdict:
    """Classify a mail given as any bytes, in bounded time and without raising.

    A mail that could be several things is the first of: a complaint, an out-of-office reply, a
    delivery report, a request to unsubscribe, a notice in plain text, any other automatic reply.
    """
    if len(raw) > MAIL_LIMIT:
        return Verdict(IncomingKind.OTHER, reason=f"larger than {MAIL_LIMIT:,} bytes")
    mail = read(raw)
    kind, recipients, summary = next(_classified(mail, raw))
    # possible return paths of ours in a notice that quotes the mail as text
    paths = (match[0].decode("ascii") for match in _PATH.finditer(raw[:_QUOTED]))
    quoted = dict.fromkeys(islice(paths, _ADDRESSES))
    # the addresses for which mail servers on the way received it, latest first
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
    """Yield what a mail may be, likeliest first: kind, failed or complaining recipients, reason."""
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
    """Return which of our mails a mail answers; None if nothing proves that it answers one.

    Anyone can forge a report. Only a signed return path of ours proves that it answers a mail that
    we sent, and to whom. ``read_path`` returns what a return path stands for, or None for any other
    address.
    """
    owners = (read_path(path) for path in (*verdict.to, *verdict.senders))
    return next((owner for owner in owners if owner is not None), None)


def on_return_path(verdict: Verdict) -> Verdict:
    """Return the verdict on a mail that provably answers one of ours.

    Whatever a mail system sends to the return path of a mail is a bounce, however it is worded.
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
    for returned in _returned(subparts(mail)):
        senders += addresses(returned, "return-path")
    return tuple(dict.fromkeys(senders))[:_ADDRESSES]
