"""Reads notices of failed delivery that are written for people, in many languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from briefing.mail import phrases
from briefing.mail.automatic import is_automatic, is_away
from briefing.mail.incoming import (
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
    walk,
)
from briefing.mail.report import has_failed_nobody

#: Lines of a notice that are looked at; the longest of known ones say it in their first hundred.
_LINES = 300
#: Characters of a line that are looked at.
_LINE = 1_000
#: Lines around an address in which something must tell of a failure.
_NEAR = 4
#: Addresses that are taken from one notice.
_MOST = 20

#: Headers with addresses that are not of readers: who writes, and whom the notice is to.
_OWN = (
    "from", "to", "delivered-to", "reply-to", "sender", "errors-to", "return-path", "list-post",
)  # fmt: skip
_CODE = re.compile(r"\b[45]\d\d[ :-]|\b[45]\.\d{1,3}\.\d")


def from_system(mail: Part) -> bool:
    """Tell whether a mail system sent a mail to tell of a delivery.

    By its sender or by an empty return path. Answering machines have that too (RFC 3834), but name
    the person they answer for; a report of success or a receipt tells of no failure.
    """
    if _is_receipt(mail) or has_failed_nobody(mail):
        return False
    if is_system(said(mail, "from")):
        return True
    empty = said(mail, "return-path") == "<>"
    return empty and not is_away(mail) and not is_automatic_answer(mail)


def is_automatic_answer(mail: Part) -> bool:
    """Tell whether a person's machine has answered, as far as its headers say."""
    return is_automatic(mail) and not looks_returned(mail)


def is_system(sender: str) -> bool:
    """Tell whether a sender is a mail system; an empty one is."""
    return phrases.SYSTEM.search(sender) is not None


def looks_returned(mail: Part) -> bool:
    """Tell whether a subject says that mail did not arrive, in one of many languages."""
    return phrases.RETURNED.match(said(mail, "subject")) is not None


def lines_of(mail: Part) -> tuple[str, ...]:
    """Return the lines of a notice before the mail that came back, decoded."""
    lines: list[str] = []
    for line in islice(text(mail).splitlines(), _LINES):
        if lines and phrases.COPY.match(line.strip()):
            break
        lines.append(line[:_LINE])
    return tuple(lines)


def tells_failure(lines: Iterable[str]) -> bool:
    """Tell whether any line is about a failure or a delay."""
    return any(phrases.FAILURE.search(line) or phrases.DELAYED.search(line) for line in lines)


def is_delayed(mail: Part, lines: Sequence[str]) -> bool:
    """Tell whether a notice says that delivery is still tried."""
    whole = " ".join((said(mail, "subject"), *lines[:60]))
    return phrases.DELAYED.search(whole) is not None and phrases.FINAL.search(whole) is None


def named(mail: Part, lines: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses that a notice says were not reached; else whom the mail was to."""
    own = {one.casefold() for one in addresses(mail, *_OWN)}
    found = [
        one
        for at, line in enumerate(lines)
        if "@" in line and not phrases.OTHERS.search(line) and _tells(lines, at)
        for one in _in_line(line)
        if one.casefold() not in own
    ]
    if not found:
        found = [one for one in _written_to(mail) if one.casefold() not in own]
    return tuple(dict.fromkeys(found))[:_MOST]


def _tells(lines: Sequence[str], at: int) -> bool:
    return tells_failure(lines[max(0, at - _NEAR) : at + _NEAR + 1])


def _in_line(line: str) -> Iterator[str]:
    for word in phrases.BETWEEN.split(line.replace("mailto:", " ")):
        one = next(iter(_valid(word.strip(".!?*|#=-"))), "")
        if one and not phrases.NOT_READERS.match(one):
            yield one


def _valid(word: str) -> tuple[str, ...]:
    found = address(word) if "@" in word and "." in word.rpartition("@")[2] else ""
    return (found,) if found else ()


def _written_to(mail: Part) -> tuple[str, ...]:
    """Return to whom the mail that came back was sent, when that was one."""
    for part in walk(mail):
        if kind(part) in {"message/rfc822", "message/partial"}:
            held = inside(part)
        elif kind(part) in {"text/rfc822-headers", "message/rfc822-headers", "text/rfc822"}:
            held = inside(part) or [read(body(part).encode())]
        else:
            continue
        found = addresses(held[0], "x-failed-recipients", "to") if held else ()
        if len(found) == 1:
            return found
    below = islice(text(mail).splitlines(), _LINES)
    to = [one for line in below if phrases.TO.match(line) for one in _in_line(line[:_LINE])]
    return tuple(to) if len(set(to)) == 1 else ()


def reason(lines: Sequence[str]) -> str:
    """Return the line that says why, as far as one does."""
    coded = (line for line in lines if _CODE.search(line))
    telling = (line for line in lines if phrases.FAILURE.search(line))
    return one_line(next(coded, next(telling, "")))


def _is_receipt(mail: Part) -> bool:
    types = {kind(part) for part in islice(walk(mail), 10)}
    return "message/disposition-notification" in types
