"""Asks the DNS for texts, such as the public half of a key."""

from __future__ import annotations

import dns.exception
import dns.resolver

#: Seconds for an answer, all tries together.
_PATIENCE = 3.0


def texts(name: str, *, resolver: dns.resolver.Resolver | None = None) -> tuple[str, ...] | None:
    """Return the TXT records of a name, the strings of each joined; None: nobody could be asked.

    Args:
        name: such as "b2026._domainkey.desk.example".
        resolver: whom to ask; None: whom this machine asks.
    """
    try:
        asked = resolver or dns.resolver.Resolver()
        answer = asked.resolve(f"{name}.", "TXT", lifetime=_PATIENCE, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return tuple(b"".join(row.strings).decode("utf-8", "replace") for row in answer)
