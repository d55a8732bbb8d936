"""Reads bounces written in plain text, in many languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from briefing.mail import phrases
from briefing.mail.automatic import is_automatic, is_away, is_no_failure
from briefing.mail.incoming import (
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
    walk,
)
from briefing.mail.report import Recipient, has_failed_nobody, judge, status_in

#: Lines of a notice that are read; all known ones give the reason in their first hundred.
_LINES = 300
#: Characters of a line that are read.
_LINE = 1_000
#: Lines before and after an address, one of which must mention a failure.
_NEAR = 4
#: Addresses taken from one notice.
_ADDRESSES = 20

#: Headers whose addresses are not failed recipients: the sender and the recipient of the notice.
_OWN = (
    "from", "to", "delivered-to", "reply-to", "sender", "errors-to", "return-path", "list-post",
)  # fmt: skip
#: A reply or status code that is no part of a longer number.
CODE = re.compile(r"(?<![\d.])[45]\d\d[ :-]|(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
#: One that may be, as after a dash or a dot.
_CODE_WORD = re.compile(r"\b[45]\d\d[ :-]|\b[45]\.\d{1,3}\.\d")


def plain_notice(mail: Part) -> tuple[Recipient, ...]:
    """Return who failed by the notice of any mail system in any language; empty when it is none."""
    if is_no_failure(mail) or not (looks_returned(mail) or is_system(header(mail, "from"))):
        return ()
    lines = lines_of(mail)
    if not is_system(header(mail, "from")) and not _gives_back(mail, lines):
        return ()
    if not (looks_returned(mail) or _tells_failure(lines)):
        return ()
    permanent = not _is_delayed(mail, lines)
    diagnostic = reason(lines)
    status = status_in(diagnostic) or status_in(" ".join(lines)[:4_000])
    whole = diagnostic if status else one_line(" ".join(lines), limit=2_000)
    bounce = judge(status, whole, permanent=permanent)
    failed = _named(mail, lines)
    if not failed and not looks_returned(mail):
        return ()
    return tuple(
        Recipient(mailbox, permanent, bounce, status, diagnostic) for mailbox in failed or ("",)
    )


def from_system(mail: Part) -> bool:
    """Tell whether a mail system sent a mail about a failed delivery.

    By its sender or an empty return path. Autoresponders have that too (RFC 3834), but name the
    person they answer for; a report of success or a receipt is not about a failure.
    """
    if _is_receipt(mail) or has_failed_nobody(mail):
        return False
    if is_system(header(mail, "from")):
        return True
    empty = header(mail, "return-path") == "<>"
    return empty and not is_away(mail) and not is_automatic_answer(mail)


def is_automatic_answer(mail: Part) -> bool:
    """Tell whether the headers mark a mail as the reply of a person's autoresponder."""
    return is_automatic(mail) and not looks_returned(mail)


def is_system(sender: str) -> bool:
    """Tell whether a sender is a mail system; an empty sender is."""
    return phrases.SYSTEM.search(sender) is not None


def looks_returned(mail: Part) -> bool:
    """Tell whether a subject is that of a bounce, in one of many languages."""
    return phrases.RETURNED.match(header(mail, "subject")) is not None


def _gives_back(mail: Part, lines: Sequence[str]) -> bool:
    """Tell whether a mail from an unknown system contains what a person would not write."""
    held = {"message/rfc822", "text/rfc822-headers", "message/delivery-status"}
    machine = not is_automatic(mail) or header(mail, "return-path") == "<>"
    coded = any(CODE.search(line) for line in lines)
    return machine and (coded or any(content_type(part) in held for part in walk(mail)))


def lines_of(mail: Part) -> tuple[str, ...]:
    """Return the decoded lines of a notice before the returned mail."""
    lines: list[str] = []
    for line in islice(text(mail).splitlines(), _LINES):
        if lines and phrases.COPY.match(line.strip()):
            break
        lines.append(line[:_LINE])
    return tuple(lines)


def _tells_failure(lines: Iterable[str]) -> bool:
    """Tell whether any line mentions a failure or a delay."""
    return any(phrases.FAILURE.search(line) or phrases.DELAYED.search(line) for line in lines)


def _is_delayed(mail: Part, lines: Sequence[str]) -> bool:
    """Tell whether a notice says that delivery is still being tried."""
    whole = " ".join((header(mail, "subject"), *lines[:60]))
    return phrases.DELAYED.search(whole) is not None and phrases.FINAL.search(whole) is None


def _named(mail: Part, lines: Sequence[str]) -> tuple[str, ...]:
    """Return the failed addresses that a notice names; else the recipient of the returned mail."""
    own = {known.casefold() for known in addresses(mail, *_OWN)}
    candidates = [
        candidate
        for index, line in enumerate(lines)
        if "@" in line and not phrases.OTHERS.search(line) and _is_near_failure(lines, index)
        for candidate in _in_line(line)
        if candidate.casefold() not in own
    ]
    if not candidates:
        candidates = [
            candidate for candidate in _written_to(mail) if candidate.casefold() not in own
        ]
    return tuple(dict.fromkeys(candidates))[:_ADDRESSES]


def _is_near_failure(lines: Sequence[str], index: int) -> bool:
    return _tells_failure(lines[max(0, index - _NEAR) : index + _NEAR + 1])


def _in_line(line: str) -> Iterator[str]:
    for word in phrases.BETWEEN.split(line.replace("mailto:", " ")):
        candidate = next(iter(_valid(word.strip(".!?*|#=-"))), "")
        if candidate and not phrases.NOT_READERS.match(candidate):
            yield candidate


def _valid(word: str) -> tuple[str, ...]:
    valid = address(word) if "@" in word and "." in word.rpartition("@")[2] else ""
    return (valid,) if valid else ()


def _written_to(mail: Part) -> tuple[str, ...]:
    """Return the recipient of the returned mail, if there was exactly one."""
    for part in walk(mail):
        if content_type(part) in {"message/rfc822", "message/partial"}:
            returned = subparts(part)
        elif content_type(part) in {"text/rfc822-headers", "message/rfc822-headers", "text/rfc822"}:
            returned = subparts(part) or [read(body(part).encode())]
        else:
            continue
        recipients = addresses(returned[0], "x-failed-recipients", "to") if returned else ()
        if len(recipients) == 1:
            return recipients
    below = islice(text(mail).splitlines(), _LINES)
    candidates = [
        candidate
        for line in below
        if phrases.TO.match(line)
        for candidate in _in_line(line[:_LINE])
    ]
    return tuple(candidates) if len(set(candidates)) == 1 else ()


def reason(lines: Sequence[str]) -> str:
    """Return the line that gives the reason; empty without one."""
    coded = (line for line in lines if _CODE_WORD.search(line))
    failures = (line for line in lines if phrases.FAILURE.search(line))
    return one_line(next(coded, next(failures, "")))


def _is_receipt(mail: Part) -> bool:
    types = {content_type(part) for part in islice(walk(mail), 10)}
    return "message/disposition-notification" in types
