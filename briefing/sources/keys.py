"""By what an item is known again, by itself and beside the others of its listing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from briefing.core.model import Entry, Source, digest
from briefing.sources.addresses import canonical, host_name, is_front, is_front_page
from briefing.sources.entries import words

#: Words of a text that is known again by its words; below, two notices may read the same.
_FEWEST_SAME = 20
#: Characters of a key; longer ones end in a digest. They stand in an index of the store.
_KEY_LIMIT = 300
#: Stands for the time of what does not say when it was published.
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Digest of no words.
_NONE = digest("")

#: Tells whether two entries of a listing, by their places, are two reports.
_Apart: TypeAlias = Callable[[int, int], bool]


@dataclass(frozen=True, slots=True)
class Listed:
    """One report of a listing."""

    entry: Entry
    #: All by which it is known again.
    keys: tuple[str, ...]
    #: The ids of every report of the listing, its own among them.
    beside: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of an entry, however they are spaced and in whatever case."""

    title: str
    #: Digest of the text, which may be long.
    text: str


def keys(entry: Entry, *, source: Source) -> tuple[str, ...]:
    """Return all by which an item is known again, each of at most 300 characters.

    "id …" is the source's own name of it, "url …" its canonical address, and "text …" its words
    under the name of its publisher. A front page names no report, so it gives no key.
    """
    return (*_id_key(entry, source), *url_key(entry.url), *text_key(entry, source))


def distinct_reports(entries: Sequence[Entry], *, source: Source) -> tuple[Listed, ...]:
    """Return the reports of one listing, each once, in its order.

    Of entries that are one report the newest stands, and of these the longest.
    """
    named = keys_in_listing(entries, source=source)
    seen: set[str] = set()
    kept = []
    for at in sorted(range(len(entries)), key=lambda at: _newest_first(entries[at]), reverse=True):
        if seen.isdisjoint(named[at]):
            kept.append(at)
        seen.update(named[at])
    beside = frozenset(key for own in named for key in own if key.startswith("id "))
    return tuple(Listed(entries[at], named[at], beside) for at in sorted(kept))


def _newest_first(entry: Entry) -> tuple[datetime, int]:
    return entry.published or _LONG_AGO, len(entry.text)


def keys_in_listing(entries: Sequence[Entry], *, source: Source) -> tuple[tuple[str, ...], ...]:
    """Return the keys of each entry of one listing, without those that name two of its reports.

    Entries with different ids are different reports, whatever else they share. Without ids they
    are the same when they share their title or their text. An id or an address that two reports
    share names neither; what is left without any key is named by its words.
    """
    said = [_Said(_words(one.title), digest(_words(one.text))) for one in entries]
    ids = _distinct([_id_key(one, source) for one in entries], apart=_by_words(said))
    apart = _by_ids(ids, otherwise=_by_words(said))
    urls = _distinct([url_key(one.url) for one in entries], apart=apart)
    texts = _distinct([text_key(one, source) for one in entries], apart=apart)
    return tuple(
        (*own, *url, *text) or (_words_key(entry, source),)
        for entry, own, url, text in zip(entries, ids, urls, texts, strict=True)
    )


def url_key(url: str) -> tuple[str, ...]:
    """Return the key of an address, none for one that names no report."""
    same = canonical(url)
    return (_bounded(f"url {same}"),) if same and not is_front(same) else ()


def text_key(entry: Entry, source: Source) -> tuple[str, ...]:
    """Return the key of title and words, none for fewer than twenty words."""
    parts = entry.text.casefold().split()
    # Chinese and Japanese have no spaces: there words are counted the slow way.
    if len(parts) < _FEWEST_SAME and len(words(entry.text)) < _FEWEST_SAME:
        return ()
    family = (owner_of(source, url=entry.url) or source.name or source.url).casefold()
    said = digest(" ".join((*entry.title.casefold().split(), "|", *parts)))
    return (_bounded(f"text {family} {said}"),)


def owner_of(source: Source, *, url: str) -> str:
    """Return under whose name a report is counted; empty: the publisher's own.

    Feeds of one paper have titles of their own ("World", "Business"). As long as nobody has named
    them, they count by their host, so that one paper does not count as many publishers.
    """
    return source.owner or ("" if source.name else host_name(url))


def listed(entry: Entry) -> str:
    """Return a digest of the title and the text that a source shows; white space is no matter."""
    return digest(f"{' '.join(entry.title.split())}\n{' '.join(entry.text.split())}")


def _id_key(entry: Entry, source: Source) -> tuple[str, ...]:
    if not entry.guid:
        return ()
    if entry.guid.lower().startswith(("http://", "https://")):
        return () if is_front_page(entry.guid) else (_bounded(f"id {entry.guid}"),)
    if entry.guid.lower().startswith("tag:"):
        return (_bounded(f"id {entry.guid}"),)
    return (_bounded(f"id {source.url} {entry.guid}"),)


def _words_key(entry: Entry, source: Source) -> str:
    return _bounded(f"id {source.url} words {listed(entry)}")


def _distinct(found: Sequence[tuple[str, ...]], *, apart: _Apart) -> list[tuple[str, ...]]:
    """Return the key of each entry, none where another report of the listing has it too."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, key in enumerate(found):
        groups[key].append(at)
    shared = {key for key, (first, *rest) in groups.items() if any(apart(first, at) for at in rest)}
    return [() if key in shared else key for key in found]


def _by_ids(ids: Sequence[tuple[str, ...]], *, otherwise: _Apart) -> _Apart:
    """Tell two entries apart by their ids, or else where one of them has none."""

    def apart(one: int, other: int) -> bool:
        named = ids[one] and ids[other]
        return ids[one] != ids[other] if named else otherwise(one, other)

    return apart


def _by_words(said: Sequence[_Said]) -> _Apart:
    """Tell two entries apart when neither title nor text is the same."""

    def apart(one: int, other: int) -> bool:
        if said[one] == said[other]:
            return False
        same_title = said[one].title == said[other].title != ""
        return not same_title and (said[one].text != said[other].text or said[one].text == _NONE)

    return apart


def _words(text: str) -> str:
    return " ".join(text.casefold().split())


def _bounded(key: str) -> str:
    if len(key) <= _KEY_LIMIT:
        return key
    return f"{key.partition(' ')[0]} sha256:{digest(key)}"
