"""Reads the machine-readable part of a report (RFC 3464, RFC 5965), and phrases of bounces."""

from __future__ import annotations

import base64
import quopri
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import islice
from typing import cast

from briefing.core.frozen import frozen
from briefing.core.model import BounceKind
from briefing.mail.incoming import (
    Part,
    address,
    attempt,
    content_type,
    header,
    one_line,
    raw_text,
    subparts,
)

#: Most recipients read of a report; our mails have one each, which may be an alias for several.
_RECIPIENTS = 100
#: Most fields read of a block; RFC 3464 defines about twelve.
_FIELDS = 50

_STATUS_TYPES = {"message/delivery-status", "message/global-delivery-status"}
#: What a complaint may be about (RFC 5965, 7.3, and the older "opt-out"). "not-spam" (RFC 6430) is
#: the opposite, "auth-failure" (RFC 6591) is automatic.
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"})

#: Actions that are not failures (RFC 3464, 2.3.3).
_WELL = ("delivered", "relayed", "expanded")

_FIELD = re.compile(r"([!-9;-~]{1,60}):\s*(.*)")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_TYPE = re.compile(r"\s{0,9}([\w.-]{1,30})\s{0,9};")
#: A non-ASCII character of an address, as RFC 6533 encodes it.
_CODED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
#: Codes (RFC 3463 and its registry at IANA) of an address that does not work: other and bad
#: mailbox, bad system, bad syntax, moved, null MX, mailbox disabled, cannot be routed, user account
#: disabled. 5.4.310 is Exchange Online's "domain does not exist". Not among them, though they are
#: permanent: 5.1.7 and 5.1.8 (our own address), 5.2.2 (full), 5.2.3 and 5.3.4 (too large),
#: 5.3.x (their system), 5.4.6 (loop), 5.4.7 (expired), 5.5.x (protocol), 5.6.x (content), and
#: 5.7.x (policy, spam).
DEAD = frozenset("5.1.0 5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1 5.4.4 5.4.310 5.7.13".split())
#: Codes that servers use both for a dead address and for other causes; the text decides. Exchange
#: Online refuses unknown recipients with 5.4.1, other servers with 5.5.0 or 5.7.1.
_OPEN = frozenset({"5.2.0", "5.3.0", "5.4.0", "5.4.1", "5.5.0", "5.7.1"})
#: Phrases of mail systems and autoresponders by meaning, in the languages in which these ship.
_PHRASES: dict[str, list[str]] = tomllib.loads(
    files("briefing.mail").joinpath("phrases.toml").read_text("utf-8")
)


def phrases(meaning: str, *, before: str = "") -> re.Pattern[str]:
    """Return the pattern of all phrases with a meaning, ignoring case."""
    return re.compile(f"(?i){before}(?:{'|'.join(_PHRASES[meaning])})")


_GONE, _PASSING = phrases("gone"), phrases("passing")


@frozen
class Recipient:
    """One recipient in a report."""

    #: As the report states it; empty if that is not a valid address.
    address: str
    #: As the report states it; False if the mail may still arrive.
    permanent: bool
    #: What it means for later mails, by our own judgment.
    kind: BounceKind
    #: Enhanced status (RFC 3463) such as "5.1.1"; empty if not given.
    status: str = ""
    #: The server's reply (Diagnostic-Code) in one line; may be empty.
    diagnostic: str = ""


@frozen
class Complaint:
    """An abuse report (RFC 5965)."""

    recipients: tuple[Recipient, ...]
    #: Envelope senders of the reported mail.
    senders: tuple[str, ...]


def delivery_report(mail: Part) -> tuple[Recipient, ...] | None:
    """Return the failed recipients in a delivery report; None if the mail is not one.

    Only a report that is the mail itself counts, not one that is quoted or attached.
    """
    part = _machine_part(mail, _STATUS_TYPES)
    if part is None:
        return None
    recipients: dict[str, Recipient] = {}
    for recipient in filter(None, map(_recipient, islice(_blocks(part), _RECIPIENTS))):
        known = recipients.get(recipient.address)
        if known is None or (recipient.permanent and not known.permanent):
            recipients[recipient.address] = recipient
    return tuple(recipients.values())


def has_failed_nobody(mail: Part) -> bool:
    """Tell whether a mail reports only success: delivered, relayed or expanded."""
    part = _machine_part(mail, _STATUS_TYPES)
    if part is None:
        return False
    blocks = islice(_blocks(part), _RECIPIENTS)
    actions = {block["action"].strip().lower() for block in blocks if "action" in block}
    return bool(actions) and all(action.startswith(_WELL) for action in actions)


def complaint(mail: Part) -> Complaint | None:
    """Read a reader's complaint; None if the mail is not one."""
    part = _machine_part(mail, {"message/feedback-report"})
    if part is None:
        return None
    blocks = list(islice(_blocks(part), _RECIPIENTS))
    feedback = next((block["feedback-type"] for block in blocks if "feedback-type" in block), "")
    if feedback.lower() not in _COMPLAINTS:
        return None
    diagnostic = one_line(f"complaint: {feedback}")
    recipients = (address(block.get("original-rcpt-to", "")) for block in blocks)
    senders = (address(block.get("original-mail-from", "")) for block in blocks)
    return Complaint(
        tuple(
            Recipient(recipient, permanent=False, kind=BounceKind.COMPLAINT, diagnostic=diagnostic)
            for recipient in dict.fromkeys(filter(None, recipients)) or [""]
        ),
        tuple(dict.fromkeys(filter(None, senders))),
    )


def status_in(text: str) -> str:
    """Return the first enhanced status code (RFC 3463) in a text; empty if there is none."""
    match = _STATUS.search(text[:1_000])
    return match[1] if match else ""


def _machine_part(mail: Part, types: set[str]) -> Part | None:
    """Return the machine-readable part of a report; None if there is none.

    A mailing list may have wrapped the whole report in a ``multipart/mixed`` with its own footer.
    """
    for report in (
        mail,
        *(child for child in subparts(mail)[:1] if content_type(child) == "multipart/report"),
    ):
        if content_type(report).startswith("multipart/"):
            part = next((child for child in subparts(report) if content_type(child) in types), None)
            if part is not None:
                return part
    return None


def _blocks(part: Part) -> Iterator[Mapping[str, str]]:
    """Yield each group of fields, names in lower case; the first field of a name counts.

    Python parses what looks like fields and leaves the rest as text. Both are joined again, since
    some servers encode the part, although they must not, or break its lines.
    """
    fields: dict[str, str] = {}
    name = ""
    for line in _source(part).splitlines():
        match = _FIELD.match(line)
        if not line.strip():
            if fields:
                yield fields
            fields, name = {}, ""
        elif line[0] in " \t" and name:
            fields[name] = f"{fields[name]} {line.strip()}"[:1_000]
        elif match and len(fields) < _FIELDS:
            name = match[1].lower()
            fields.setdefault(name, match[2])
    if fields:
        yield fields


def _source(part: Part) -> str:
    source = "\n\n".join(_piece(block) for block in subparts(part) or [part])
    encoding = header(part, "content-transfer-encoding").lower()
    if encoding == "base64":
        return attempt(lambda: base64.b64decode(source).decode("utf-8", "replace"), "")
    if encoding == "quoted-printable":
        return quopri.decodestring(source.encode()).decode("utf-8", "replace")
    return source


def _piece(block: Part) -> str:
    fields = [f"{name}: {raw_text(value)}" for name, value in block.items()]
    text = attempt(lambda: cast("bytes | None", block.get_payload(decode=True)), None) or b""
    return "\n".join([*fields, "", text.decode("utf-8", "replace")])


def _recipient(fields: Mapping[str, str]) -> Recipient | None:
    """Return the recipient in a block; None if the block is not about a failure."""
    text = one_line(fields.get("diagnostic-code", ""))
    match = _TYPE.match(text)
    status = status_in(fields.get("status", ""))
    diagnostic = text[match.end() :].strip() if match else text
    permanent = _is_permanent(fields, status)
    if permanent is None:
        return None
    values = (fields[name] for name in ("original-recipient", "final-recipient") if name in fields)
    mailbox = next(filter(None, map(_mailbox, values)), "")
    # "5.0.0" is unspecific; the server's own reply often has a better code.
    if status.endswith(".0.0") or not status:
        status = status_in(diagnostic) or status
    kind = judge(status, diagnostic, permanent=permanent)
    return Recipient(mailbox, permanent, kind, status, diagnostic)


def _is_permanent(fields: Mapping[str, str], status: str) -> bool | None:
    """Tell whether a mail failed permanently; None if it did not fail.

    The action decides: a mail given up after days of "4.4.7" will not arrive either.
    """
    action = fields.get("action", "").strip().lower()
    if action.startswith(("fail", "error")):
        return True
    if action.startswith("delay"):
        return False
    has_recipient = "final-recipient" in fields or "original-recipient" in fields
    if action or not has_recipient or status[:1] not in {"4", "5"}:
        return None
    return status[0] == "5"


def _mailbox(value: str) -> str:
    match = _TYPE.match(value)
    if match and match[1].lower() not in {"rfc822", "utf-8"}:
        return ""
    rest = value[match.end() :] if match else value
    return address(_CODED.sub(lambda code: attempt(lambda: chr(int(code[1], 16)), "\ufffd"), rest))


def judge(status: str, diagnostic: str, *, permanent: bool) -> BounceKind:
    """Tell whether an address is dead (hard) or only this mail failed (soft).

    Hard means that the address or its domain does not exist or is closed. A full mailbox, too large
    a mail, a refusal as spam and anything unclear are soft: a few mails to a dead address do less
    harm than a reader lost unnoticed. The diagnostic counts if the code is unspecific.
    ``permanent``: delivery has been given up.
    """
    if not permanent:
        return BounceKind.SOFT
    if status in DEAD:
        return BounceKind.HARD
    open_code = not status or status.endswith(".0.0") or status in _OPEN
    gone = open_code and _GONE.search(diagnostic) and not _PASSING.search(diagnostic)
    return BounceKind.HARD if gone else BounceKind.SOFT
