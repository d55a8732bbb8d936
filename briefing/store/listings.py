"""The last listings of a report: pairs of source and digest in one column."""

from __future__ import annotations

from briefing.core.model import digest

#: Sources of one report that are kept, the latest ones: a report listed by more feeds is fetched
#: again now and then, which costs only a request.
_MOST = 8
#: Hexadecimal digits that identify a source.
_DIGITS = 12


def listed_by(listings: str, source: str) -> str:
    """Return the digest of the last listing by a source; empty without one."""
    return _pairs(listings).get(_short(source), "")


def with_listing(listings: str, source: str, *, listed: str) -> str:
    """Return the listings with a source's current one; an empty digest changes nothing."""
    pairs = _pairs(listings)
    if not listed or pairs.get(_short(source)) == listed:
        return listings
    pairs.pop(_short(source), None)
    pairs[_short(source)] = listed
    return " ".join(f"{key}:{value}" for key, value in list(pairs.items())[-_MOST:])


def _pairs(listings: str) -> dict[str, str]:
    return dict(pair.split(":", 1) for pair in listings.split())


def _short(source: str) -> str:
    return digest(source)[:_DIGITS]
