"""A mail address as it is kept, and what is wrong with one that cannot be."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from briefing.core.errors import InputError
from briefing.mail.headers import checked_address

#: Longest address that a relay must take (RFC 5321, section 4.5.3.1.3, without the brackets).
LONGEST = 254


def normalize(written: str) -> str:
    """Return an address as it is kept: local part as written, domain in lower-case ASCII.

    White around it is taken off; a domain in other letters becomes IDNA.

    Raises:
        InputError: no mail can be sent there; the message gives the reason without the address.
    """
    address = written.strip()
    if not address:
        raise InputError("it is missing")
    if len(address) > LONGEST:
        raise InputError(f"it has more than {LONGEST} characters")
    before, at, after = address.rpartition("@")
    if not (before and at and after):
        raise InputError(_gap(before, at))
    try:
        validated = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise InputError("it is written in a way that mail cannot be sent to") from error
    normalized = f"{validated.local_part}@{validated.ascii_domain}"
    try:
        return checked_address(normalized)
    except InputError as error:
        raise InputError("it holds characters that not every relay takes") from error


def address_of(text: str) -> str:
    """Return an address as it is kept.

    Raises:
        InputError: no mail can be sent there; the message repeats it.
    """
    try:
        return normalize(text)
    except InputError as error:
        raise InputError(f"address {text[:80]!a}: {error}; write it as name@domain") from error


def _gap(before: str, at: str) -> str:
    if not at:
        return "it lacks the @"
    return "it lacks the part after @" if before else "it lacks the part before @"
