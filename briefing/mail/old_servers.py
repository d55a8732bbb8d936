"""Reads the notices of old mail servers, which write no delivery report, by flufl.bounce."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes
from itertools import islice, takewhile

from flufl.bounce import all_failures

from briefing.core.model import BounceKind
from briefing.mail.automatic import is_automatic, is_no_failure
from briefing.mail.incoming import Part, address, addresses, attempt, header, one_line
from briefing.mail.notice import CODE, lines_of, reason
from briefing.mail.report import Recipient, judge, status_in

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
#: A line of prose: not a rule, a boundary or a header.
_SENTENCE_LINE = re.compile(r"(?![\w-]{1,40}: )\w.*\s")
#: Where the returned mail begins.
_END = re.compile(r"original message|message (?:text )?follows|copy of (?:the|your) message", re.I)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def old_notice(mail: Part, raw: bytes) -> tuple[Recipient, ...]:
    """Return who failed by the notice of a known server; empty when it is none."""
    lines = _lines(raw)
    if not returns_mail(mail, lines):
        return ()
    temporary, permanent = _failures(mail, lines)
    recipients = tuple(_noticed(failed, lines, permanent=True) for failed in sorted(permanent))
    recipients += tuple(
        _noticed(failed, lines, permanent=False) for failed in sorted(temporary - permanent)
    )
    return (_by_whole(recipients[0], mail),) if len(recipients) == 1 else recipients


def returns_mail(mail: Part, lines: Sequence[str] = ()) -> bool:
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
    coded = (line for line in near if CODE.search(line))
    return next(coded, next((line for line in candidates if _SENTENCE_LINE.match(line)), ""))
