"""Looks up TXT records in the DNS, such as public DKIM keys."""

import dns.exception
import dns.resolver


def texts(
    name: str, *, resolver: dns.resolver.Resolver | None = None, patience: float = 3.0
) -> tuple[str, ...] | None:
    """Return the TXT records of a name, the strings of each joined; None if the lookup failed.

    The resolver is that of this machine if none is given; ``patience`` counts seconds, retries
    included.
    """
    try:
        queried = resolver or dns.resolver.Resolver()
        answer = queried.resolve(f"{name}.", "TXT", lifetime=patience, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return tuple(b"".join(row.strings).decode("utf-8", "replace") for row in answer)
