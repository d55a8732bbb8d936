"""Reads a section page for the reports it links to, each of which is read from its own page."""

from collections.abc import Sequence

from briefing.core.errors import InputError
from briefing.core.model import Entry
from briefing.core.ports import Answer, Parse, SourceListing
from briefing.sources.articles import is_page
from briefing.sources.entries import name_of, notes_of, to_entries
from briefing.sources.keys import canonical, is_front_page
from briefing.sources.kinds import asking


def read(
    answer: Answer, *, parse: Parse, hosts: Sequence[str] = (), links: str = ""
) -> SourceListing:
    """Return the reports that a page links to; blocks until it is parsed.

    Links to the page's own site and to ``hosts`` (names) count. With ``links``, a CSS selector,
    exactly the links that it matches count, whatever their form.

    InputError: it is not a web page, or links to no reports.
    """
    if not is_page(answer):
        raise InputError("not a web page; if it is a feed, set its kind to feed")
    about = {"url": answer.url, "content_type": answer.content_type, "hosts": " ".join(hosts)}
    about["links"] = links
    result = parse("links", answer.body, about=about)
    entries = reports(result.get("links"), page=answer.url)
    if not entries and links:
        raise InputError(
            f"no link in the page matches the selector {links!r}; look at the page in a browser, "
            "or empty the selector"
        )
    if not entries:
        raise InputError(
            "no links to reports in the page (links added by JavaScript are not found); "
            "use its feed or another page"
        )
    return SourceListing(entries, answer, title=name_of(result), notes=notes_of(result))


ask = asking(
    lambda answer, gateway, source: read(
        answer, parse=gateway.parse, hosts=gateway.allow_hosts, links=source.links
    )
)


def reports(links: object, *, page: str) -> tuple[Entry, ...]:
    """Return the links that may be reports, each address once, without the page itself."""
    entries: dict[str, Entry] = {}
    for entry in to_entries(links):
        address = canonical(entry.url)
        if address and address != canonical(page) and not is_front_page(entry.url):
            earlier = entries.get(address, entry)
            entries[address] = Entry(url=earlier.url, title=earlier.title or entry.title)
    return tuple(entries.values())
