"""Keys that identify an item, alone and within its listing, from ids, addresses and words."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from urllib.parse import SplitResult, urlsplit

from courlan import extract_domain, normalize_url

from briefing.core.frozen import frozen
from briefing.core.model import Entry, Source, digest
from briefing.sources.entries import words

#: Parameters that only say where a click came from. This is narrower than courlan's own list, which
#: has "uid", "cid", "eid" and "source" too, by which some sites identify their reports. If two
#: reports were taken for one, one would be lost; copies taken for two are found later by words.
_TRACKERS = re.compile(
    r"(?i)(?:utm|at|mtm|pk|hsa|oly|vero|itm|mc|ns|wt)_.*"
    r"|fbclid|gclid|dclid|yclid|twclid|msclkid|gbraid|wbraid|igshid|igsh|_g[al]|_hs(?:enc|mi)"
    r"|mkt_tok|xtor|ocid|ftag|ito|cmp(?:id)?|smid|smtyp|emc|spm|ncid|taid|guccounter|trk|rss"
)
#: Parameters that do so only with one of these values.
_ORIGINS = re.compile(r"(?i)(?:ref|ref_src|source|src|from|via|partner|feature|medium)")
_ORIGIN = re.compile(r"(?i)(?:rss|feed|atom|newsletter|twitter|facebook|social|amp)")
#: End of a path that means the index page of a folder.
_INDEX = re.compile(r"(?i)/(?:index|default|home)\.[a-z]{3,5}$")
#: The path of a whole site, or of one of its languages.
_FRONT = re.compile(r"(?i)(?:/[a-z]{2}(?:[-_][a-z]{2})?)?/?")
#: Prefixes of hosts that serve the same site in another form.
_PREFIX = re.compile(r"^(?:www\d{0,2}|m|mobile|amp)\.")
#: Number of addresses whose canonical form is cached, since each one of a feed is requested several
#: times.
_RECENT = 4_096


@lru_cache(_RECENT)
def canonical(url: str) -> str:
    """Return the canonical form of an address, the same for all that lead to one page, or else "".

    Tracking parameters, fragment, default port and trailing slash are removed; the scheme is always
    "https", the host in lower case, and parameters are sorted. A fragment that identifies a page
    ("#!…", "#/…") stays. For comparison only: the result may not be fetchable.
    """
    try:
        parts = urlsplit(url.strip().replace("&amp;", "&"))
        bare = normalize_url(parts._replace(query="", fragment=""))
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return ""
    queries = sorted(part for part in parts.query.split("&") if part and not _is_tracker(part))
    query = "?" + "&".join(queries) if queries else ""
    route = "#" + parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    return "https" + bare[len(parts.scheme) :].rstrip("/") + query + route


def _is_tracker(part: str) -> bool:
    name, _, value = part.partition("=")
    return bool(_TRACKERS.fullmatch(name) or (_ORIGINS.fullmatch(name) and _ORIGIN.match(value)))


def is_front_page(url: str) -> bool:
    """Tell whether an address is a front page, which identifies no report."""
    return is_front(canonical(url))


def is_front(same: str) -> bool:
    """Tell whether an address that is already :func:`canonical` is a front page."""
    parts = split(same)
    path = _INDEX.sub("/", parts.path)
    bare = bool(parts.netloc) and not parts.query and not parts.fragment
    return bare and _FRONT.fullmatch(path) is not None


def host_name(url: str) -> str:
    """Return the host of an address without port and prefixes such as "www."."""
    return _PREFIX.sub("", (split(url).hostname or ""))


def is_same_site(url: str, other: str) -> bool:
    """Tell whether two addresses have the same registered domain or host."""
    if host_name(url) == host_name(other):
        return True
    domain = extract_domain(url)
    return domain is not None and domain == extract_domain(other)


def split(url: str) -> SplitResult:
    """Return the parts of an address; all are empty if it is not valid."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


#: Fewest words of a text that identify an item; two shorter notices may be identical.
_FEWEST_SAME = 20
#: Longest key in characters; longer ones are replaced by a digest, since the store indexes them.
_KEY_LIMIT = 300
#: Stands for an unknown time of publication.
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
#: Prefixes of ids that are addresses and, like those of RFC 4151, the same in every feed.
_WEB = ("http://", "https://")


@frozen
class Listed:
    """A report in a listing."""

    entry: Entry
    #: Keys that identify it.
    keys: tuple[str, ...]
    #: The ids of all reports in the listing, including its own.
    beside: frozenset[str]
    #: Digest of its title and text, from :func:`listed`.
    digest: str


@frozen
class _Words:
    """The words of an entry, ignoring white space and case."""

    title: str
    text: str
    #: From :func:`listed`; this one depends on case.
    digest: str


def keys(entry: Entry, *, source: Source) -> tuple[str, ...]:
    """Return the keys that identify an item, each of at most 300 characters.

    "id …" is the id given by the source, "url …" the canonical address, and "text …" the words with
    the publisher's name. A front page identifies no report, so it gives no key.
    """
    return (*_id_key(entry, source), *url_key(entry.url), *text_key(entry, source))


def listed(entry: Entry) -> str:
    """Return a digest of an entry's title and text, ignoring white space."""
    return _words(entry).digest


def distinct_reports(entries: Sequence[Entry], *, source: Source) -> tuple[Listed, ...]:
    """Return the reports of a listing, each once, in order.

    Of several entries for one report, the newest is used, or the longest of the newest ones.
    """
    texts = [_words(entry) for entry in entries]
    named = _keys_in_listing(entries, texts, source)
    earlier: set[str] = set()
    chosen = []
    ages = [(entry.published or _LONG_AGO, len(entry.text)) for entry in entries]
    for at in sorted(range(len(entries)), key=ages.__getitem__, reverse=True):
        if earlier.isdisjoint(named[at]):
            chosen.append(at)
        earlier.update(named[at])
    beside = frozenset(key for own in named for key in own if key.startswith("id "))
    return tuple(Listed(entries[at], named[at], beside, texts[at].digest) for at in sorted(chosen))


def _keys_in_listing(
    entries: Sequence[Entry], texts: Sequence[_Words], source: Source
) -> tuple[tuple[str, ...], ...]:
    """Return the keys of each entry of a listing, without those shared by two reports.

    Entries with different ids are different reports, whatever else they share. Without ids they are
    the same report if they share their title or text. An id or address that two reports share
    identifies neither; an entry left without a key is identified by its words.
    """

    def differ(first: int, second: int) -> bool:
        this, that = texts[first], texts[second]
        if this == that or this.title == that.title != "":
            return False
        return this.text != that.text or not this.text

    def apart(first: int, second: int) -> bool:
        named = ids[first] and ids[second]
        return ids[first] != ids[second] if named else differ(first, second)

    ids = _distinct([_id_key(entry, source) for entry in entries], apart=differ)
    urls = _distinct([url_key(entry.url) for entry in entries], apart=apart)
    text_keys = _distinct(list(map(partial(_text_key, source), entries, texts)), apart=apart)
    return tuple(
        (*own, *url, *text) or (_bounded(f"id {source.url} words {words.digest}"),)
        for own, url, text, words in zip(ids, urls, text_keys, texts, strict=True)
    )


def url_key(url: str) -> tuple[str, ...]:
    """Return the key of an address; none for a front page or an invalid address."""
    same = canonical(url)
    return (_bounded(f"url {same}"),) if same and not is_front(same) else ()


def text_key(entry: Entry, source: Source) -> tuple[str, ...]:
    """Return the key of title and words; none for fewer than twenty words."""
    return _text_key(source, entry, _words(entry))


def _text_key(source: Source, entry: Entry, own: _Words) -> tuple[str, ...]:
    # Chinese and Japanese have no spaces, so that their words need a slower count.
    if own.text.count(" ") < _FEWEST_SAME - 1 and len(words(entry.text)) < _FEWEST_SAME:
        return ()
    family = (owner_of(source, url=entry.url) or source.name or source.url).casefold()
    return (_bounded(f"text {family} {digest(f'{own.title} | {own.text}'.lstrip())}"),)


def owner_of(source: Source, *, url: str) -> str:
    """Return the owner under which a report is counted; empty for the publisher itself.

    Feeds of one newspaper have different titles ("World", "Business"). Unless the operator has
    named them, they are counted by host, so that a newspaper does not count as many publishers.
    """
    return source.owner or ("" if source.name else host_name(url))


def _id_key(entry: Entry, source: Source) -> tuple[str, ...]:
    start = entry.guid.lower()
    if not start or (start.startswith(_WEB) and is_front_page(entry.guid)):
        return ()
    is_global = start.startswith((*_WEB, "tag:"))
    return (_bounded(f"id {entry.guid}" if is_global else f"id {source.url} {entry.guid}"),)


def _distinct(
    candidates: Sequence[tuple[str, ...]], *, apart: Callable[[int, int], bool]
) -> list[tuple[str, ...]]:
    """Return the key of each entry; none if another report of the listing has the same key.

    ``apart`` tells whether two entries, given by position, are different reports.
    """
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at, key in enumerate(candidates):
        groups[key].append(at)
    shared = {key for key, (first, *rest) in groups.items() if any(apart(first, at) for at in rest)}
    return [() if key in shared else key for key in candidates]


def _words(entry: Entry) -> _Words:
    title, text = " ".join(entry.title.split()), " ".join(entry.text.split())
    return _Words(title.casefold(), text.casefold(), digest(f"{title}\n{text}"))


def _bounded(key: str) -> str:
    if len(key) <= _KEY_LIMIT:
        return key
    return f"{key.partition(' ')[0]} sha256:{digest(key)}"
