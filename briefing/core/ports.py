"""Interfaces of parts that are passed in or found by name, with the types that they exchange."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from briefing.core.frozen import frozen
from briefing.core.model import (
    PLAIN,
    Brief,
    Document,
    Edition,
    Entry,
    Letterhead,
    Scale,
    Score,
    Sentence,
    Source,
    Validators,
    WatchHit,
    no_entries,
)


class Ranker(Protocol):
    """Scores the sentences of one story."""

    def __call__(
        self, sentences: Sequence[Sentence], *, titles: Mapping[str, str]
    ) -> Sequence[Score]:
        """Return a score for every sentence, in the order given; equal input gives equal output.

        Sentences are grouped by document, in text order; ``titles`` are headlines by document id.
        Copies have been removed, but different documents may contain equal sentences.
        """
        ...


class Classifier(Protocol):
    """Gives the probability that a text belongs to each section."""

    @property
    def sections(self) -> tuple[str, ...]:
        """The section names it can return, including "other"."""
        ...

    def __call__(self, texts: Sequence[str]) -> Sequence[Mapping[str, float]]:
        """Return for each text the probability of each section; each row sums to 1."""
        ...


#: Turns a text into a vector of length 1; texts of similar meaning are close in any language.
Vector: TypeAlias = npt.NDArray[np.float32]
Embed: TypeAlias = Callable[[str], Vector]
#: Turns openings of reports into the log-odds that each is worth printing.
WorthOf: TypeAlias = Callable[[Sequence[str]], Sequence[float]]


@frozen
class Recipe:
    """What an operator has decided for one briefing, with plug-ins resolved."""

    #: As printed on the nameplate.
    name: str
    #: Sections in printed order.
    sections: tuple[str, ...]
    ranker: Ranker
    #: Classifies sentences and stories.
    classifier: Classifier
    #: ISO 639-1; no sentence of a document in another language is printed.
    language: str = "en"
    #: Place and time as printed in the folio line; may be empty.
    dateline: str = ""
    #: Public address of the web pages, without a trailing slash; empty: none.
    web: str = ""
    #: What the organization adds to the look of the page.
    letterhead: Letterhead = PLAIN
    #: Longest time between the publication of reports of one story.
    window: timedelta = timedelta(hours=72)
    #: Whether stories that belong to no section are printed under "other".
    other: bool = False
    #: Classifies stories by title and opening; combined with the result of ``classifier``.
    story_classifier: Classifier | None = None
    #: Identifies the rule of stored signals on sections and importance; empty: none are stored.
    signals: bytes = b""
    #: Finds section-defining words in a text: words, section, number of matches.
    matches: Callable[[str], Sequence[tuple[str, str, float]]] = lambda _: ()
    #: Finds where a report names entries of watch-lists, in reading order.
    watch: Callable[[Document], Sequence[WatchHit]] = lambda _: ()
    #: Labels of the watch-lists that readers may choose, by name.
    lists: Mapping[str, str] = field(default_factory=no_entries)
    #: Names, versions and digests of everything that determines the bytes of a page.
    manifest: Mapping[str, str] = field(default_factory=no_entries)
    #: Embeds texts to match reports in other languages with stories; None: these are left out.
    embed: Embed | None = None
    #: Weighs the words of reports if the language has no model of importance; None: not weighed.
    worth_of: WorthOf | None = None
    #: Whether stories that only reports in other languages cover are named.
    names_foreign: bool = False


@frozen
class Candidate:
    """One brief that may be printed, in each of its possible lengths."""

    #: Section it belongs to.
    section: str
    #: The brief with 1, 2, … sentences; empty only in :data:`NO_STORY`.
    lengths: tuple[Brief, ...]
    #: Rank among all candidates, 0 for the best.
    rank: int
    #: Whether an editor wants it printed, whatever else must be left out.
    pinned: bool = False
    #: How many of the longest lengths are used only on a page that would otherwise stay white.
    asides: int = 0

    def most(self, *, asides: bool) -> int:
        """Return the number of its lengths, with or without those for such a page."""
        return len(self.lengths) - (0 if asides else self.asides)


#: Document, start and end, as in :attr:`Sentence.key`.
SliceKey = tuple[str, int, int]

#: The top of a page without stories.
NO_STORY = Candidate("", (), 0)


@frozen
class Draft:
    """Everything that a page could carry, before measuring."""

    #: It has no sections or setting yet, but all items of the panel and all corrections due.
    edition: Edition
    #: The top story with 1, 2, … sentences; :data:`NO_STORY` if there is none.
    top: Candidate
    #: The other briefs, section by section in printed order; within a section the best first.
    briefs: tuple[Candidate, ...]
    #: Names of the sections in printed order, including that of the top story.
    sections: tuple[str, ...]
    #: Id of the story of each report, by document id.
    story_of: Mapping[str, str] = field(default_factory=no_entries)
    #: Whether the panel goes below two columns of news, which then have the full width.
    below: bool = False
    #: Whether it is an edition already printed, whose panel must keep its place.
    fixed: bool = False


@frozen
class Heights:
    """Heights that the probe measured at one scale, in lines of body text unless stated."""

    #: Height of the text area of all sheets, less the top headline, in points.
    room: float
    #: Smallest and largest line height of body text, in points.
    lead: tuple[float, float]
    #: Type size of the top headline, in points.
    headline: float
    #: Height of the top headline, in points; it does not depend on the line height of body text.
    headline_high: float
    #: Nameplate and folio line, including the white below.
    mast: float
    #: The top story with 1, 2, … sentences, without its headline.
    top: tuple[float, ...]
    #: For each brief of the draft, in order: with 1, 2, … sentences, including the white below.
    briefs: tuple[tuple[float, ...], ...]
    #: For each brief of the draft: what is above its text.
    heads: tuple[float, ...]
    #: The same if the text flows over both columns, including the white above it.
    over: tuple[float, ...]
    #: What a section adds above its briefs.
    band: float
    #: The foot without its list of sources: rules, white, ledger.
    foot: float
    #: A line of the list of sources, and how many characters it holds on average.
    note: float
    note_characters: float
    #: The block beside sources and ledger: QR code, address and digest.
    check: float = 0.0
    #: The panel: name and rule of a block; each figure by the key of its numeral, each quotation
    #: by that of its words, each date by that of its clause; the chart.
    block: float = 0.0
    figures: Mapping[SliceKey, float] = field(default_factory=no_entries)
    quotes: Mapping[SliceKey, float] = field(default_factory=no_entries)
    ahead: Mapping[SliceKey, float] = field(default_factory=no_entries)
    chart: float = 0.0
    #: Each named story, by its id.
    also: Mapping[str, float] = field(default_factory=no_entries)
    #: Corrections: what they add above them; each correction, including the white below; the line
    #: that says how many more are due.
    corrections: float = 0.0
    corrected: tuple[float, ...] = ()
    waiting: float = 0.0


@frozen
class Fit:
    """How an edition was actually laid out; lengths in points unless stated."""

    #: Number of sheets.
    pages: int
    #: Share of the area of all columns, panel included, that is not a hole; 1 is a full page.
    fill: float
    #: White between the news and the foot beyond half a line; negative if they are too close.
    free: float
    #: The same for the panel; 0 without one.
    side_free: float
    #: What is wrong: items outside the sheet, overlapping, or missing from the text.
    faults: tuple[str, ...] = ()
    #: Number of sheets allowed.
    most: int = 1
    #: Height of the largest hole in one column, in mm.
    hole: float = 0.0


class Measure(Protocol):
    """The press as the fitting uses it: real layout, called as rarely as possible."""

    @property
    def scales(self) -> Sequence[Scale]:
        """The scales of its theme, at least one."""
        ...

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        """Measure every block of the draft at each scale, in one layout."""
        ...

    def lay_out(self, edition: Edition) -> Fit:
        """Lay the edition out as it would be printed."""
        ...


@frozen
class Answer:
    """The response of an address."""

    #: Address that responded, after redirects.
    url: str
    #: HTTP status: 200, or 304 for "not changed" with an empty body.
    status: int
    #: After decompression.
    body: bytes = b""
    #: As the server states it, such as "text/html; charset=utf-8"; may be empty.
    content_type: str = ""
    #: For the next, conditional request.
    validators: Validators = Validators()
    #: Target of the permanent redirects before any temporary one; empty if there are none.
    moved_to: str = ""
    #: Bytes received for the body.
    wire_bytes: int = 0

    @property
    def unchanged(self) -> bool:
        """Whether the server says that nothing has changed."""
        return self.status == 304


class Fetch(Protocol):
    """Requests addresses within the limits of guard and crawl policy."""

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        """Return the response of an address with status 200 or 304.

        FetchError: the request is not allowed, fails, or has another status.
        """
        ...


class Parse(Protocol):
    """Parses untrusted input in a child process with limits."""

    def __call__(
        self, task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        """Return what a task (page, feed, links, pdf, …) finds in some bytes; blocks until done.

        InputError: it takes too much time or memory, or the bytes cannot be read.
        """
        ...


#: Returns the mails of a sender.
Mails: TypeAlias = Callable[[str], Sequence[bytes]]


@frozen
class Gateway:
    """What a source kind may use to fetch and to parse."""

    fetch: Fetch
    parse: Parse
    #: Non-public hosts that the operator allows, as in the settings.
    allow_hosts: tuple[str, ...] = ()
    #: Recent mails to the desk from one address, or from a whole domain, as received; it may block.
    mails: Mails | None = None


@frozen
class Files:
    """The contents of a folder of this machine."""

    #: Every file, readable or not.
    paths: frozenset[str]
    #: Folders that cannot be opened, so that their contents are unknown.
    unread: tuple[str, ...] = ()
    #: Folders without any contents, such as the mount point of a disk that is not mounted.
    bare: tuple[str, ...] = ()


@frozen
class SourceListing:
    """What one fetch of a source returned."""

    #: In the order of the source; empty if it is unchanged.
    entries: tuple[Entry, ...]
    #: The response; None for a source without an address.
    answer: Answer | None = None
    #: The source's own title; may be empty.
    title: str = ""
    #: What was changed or cut while reading, in words.
    notes: tuple[str, ...] = ()
    #: Contents of a folder; None for any other source.
    files: Files | None = None


class SourceKind(Protocol):
    """Fetches the entries of a source of one kind."""

    async def __call__(
        self, source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        """Return what the source lists now.

        InputError: it does not respond (FetchError), or its response is not of this kind.
        """
        ...


P = ParamSpec("P")
T = TypeVar("T")


class KeptSteps:
    """The last results of pure functions, returned again while the arguments stay equal.

    This makes drafts fast: an editor's choice changes few of the steps that make one.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, object], tuple[object, Any]] = {}
        self._asked: set[tuple[object, object]] = set()

    def __call__(
        self, step: Callable[P, T], about: object = None, /, *args: P.args, **named: P.kwargs
    ) -> T:
        """Return the result of a step; the last one is kept for each value of ``about``."""
        key, given = (step, about), (args, named)
        self._asked.add(key)
        if key not in self._kept or self._kept[key][0] != given:
            self._kept[key] = given, step(*args, **named)
        result: T = self._kept[key][1]
        return result

    def trim(self) -> None:
        """Drop the results that were not used since the last trim."""
        self._kept = {key: its for key, its in self._kept.items() if key in self._asked}
        self._asked = set()
