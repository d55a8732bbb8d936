"""Reads a feed (RSS, Atom, RDF or JSON Feed)."""

from dataclasses import replace

from briefing.core.errors import InputError
from briefing.core.ports import Answer, Parse, SourceListing
from briefing.sources.articles import is_html
from briefing.sources.entries import name_of, notes_of, to_entries
from briefing.sources.kinds import asking


def read(answer: Answer, *, parse: Parse) -> SourceListing:
    """Return the entries of a feed; blocks until it is parsed. InputError: it is not a feed."""
    if not answer.body.strip():
        raise InputError("empty response instead of a feed; open the address in a browser")
    if is_html(answer.body):
        raise InputError(
            "not a feed but a web page; `briefing sources add` finds the feed of a site"
        )
    about = {"url": answer.url, "content_type": answer.content_type}
    result = parse("feed", answer.body, about=about)
    title = name_of(result)
    entries = to_entries(result.get("entries"))
    return SourceListing(
        tuple(replace(entry, publisher=entry.publisher or title) for entry in entries),
        answer,
        title=title,
        notes=notes_of(result),
    )


ask = asking(lambda answer, gateway, _: read(answer, parse=gateway.parse))
