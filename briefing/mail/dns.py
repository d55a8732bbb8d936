"""Asks the DNS for texts, such as the public half of a key."""

from __future__ import annotations

import dns.exception
import dns.resolver


def texts(
    name: str, *, resolver: dns.resolver.Resolver | None = None, patience: float = 3.0
) -> tuple[str, ...] | None:
    """Return the TXT records of a name, the strings of each joined; None: nobody could be asked.

    Args:
        name: such as "b2026._domainkey.desk.example".
        resolver: whom to ask; None: whom this machine asks.
        patience: seconds for an answer, all tries together.
    """
    try:
        asked = resolver or dns.resolver.Resolver()
        answer = asked.resolve(f"{name}.", "TXT", lifetime=patience, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return tuple(b"".join(row.strings).decode("utf-8", "replace") for row in answer)
