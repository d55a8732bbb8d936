"""What rooms ask of parts that are found by name or passed in, how they are answered, and kept."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

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
        """Return a score for every sentence, in the order given; equal input, equal output.

        They come document by document, each document's in its own order, with the headline of each
        document by its id. Copies are gone, but equal sentences of different documents may be left.
        """
        ...


class Classifier(Protocol):
    """Tells how much a text belongs to each section."""

    @property
    def sections(self) -> tuple[str, ...]:
        """The names it can give, "other" among them."""
        ...

    def __call__(self, texts: Sequence[str]) -> Sequence[Mapping[str, float]]:
        """Return for each text a probability by section; each row sums to 1."""
        ...


#: A text to its vector of length 1; those of like meaning are near in any language.
Vector: TypeAlias = npt.NDArray[np.float32]
Embed: TypeAlias = Callable[[str], Vector]
#: Openings of reports to the log-odds that each is worth telling.
WorthOf: TypeAlias = Callable[[Sequence[str]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an operator has decided about one briefing, with the parts already found by name."""

    #: As printed on the nameplate.
    name: str
    #: Sections in printed order.
    sections: tuple[str, ...]
    ranker: Ranker
    #: Tells the sections of sentences, and of stories where none is given for them.
    classifier: Classifier
    #: ISO 639-1; no sentence of a document in another language is printed.
    language: str = "en"
    #: Place and time as printed in the folio line; may be empty.
    dateline: str = ""
    #: Public address of the web pages, without a trailing slash; empty: none.
    web: str = ""
    #: What the house adds to the look of the page.
    letterhead: Letterhead = PLAIN
    #: How far apart reports of one story may be published.
    window: timedelta = timedelta(hours=72)
    #: Whether what belongs to no section is printed under "other".
    other: bool = False
    #: Tells the sections of whole stories: title and opening; the other one then has a say too.
    story_classifier: Classifier | None = None
    #: The key of the signals that these classifiers give of reports; empty: none are kept.
    signals: bytes = b""
    #: Tells which words that define sections stand in a text: words, section, number of matches.
    matches: Callable[[str], Sequence[tuple[str, str, float]]] = lambda _: ()
    #: Tells where a report names what is watched for, in reading order.
    watch: Callable[[Document], Sequence[WatchHit]] = lambda _: ()
    #: Watch-lists that readers may choose: what they are called by their names.
    lists: Mapping[str, str] = field(default_factory=no_entries)
    #: Names, versions and digests that tell how to make the same bytes again.
    manifest: Mapping[str, str] = field(default_factory=no_entries)
    #: By which reports in other languages join stories; None: they are left out.
    embed: Embed | None = None
    #: Tells which reports are worth telling where the language has no words for it; None: nothing.
    worth_of: WorthOf | None = None
    #: Whether stories that only other languages tell are named.
    names_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One brief that may be printed, in every length that it may have."""

    #: Section it belongs to.
    section: str
    #: The brief with 1, 2, … sentences; empty only in :data:`NO_STORY`.
    lengths: tuple[Brief, ...]
    #: Place among all candidates, 0 for the best.
    rank: int
    #: Whether an editor wants it printed, whatever else has to give way.
    pinned: bool = False
    #: How many of its lengths, the last ones, are only for a page that would stay white.
    asides: int = 0

    def most(self, *, asides: bool) -> int:
        """Return the number of its lengths, with those that are only for such a page or without."""
        return len(self.lengths) - (0 if asides else self.asides)


#: Document, start and end, as :attr:`Sentence.key`.
SliceKey = tuple[str, int, int]

#: In place of the story that opens a page without stories.
NO_STORY = Candidate("", (), 0)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a page could carry, before anything is measured."""

    #: All but sections and setting; the panel holds every candidate, the corrections all due ones.
    edition: Edition
    #: The story that opens the page, with 1, 2, … sentences; :data:`NO_STORY` where there is none.
    top: Candidate
    #: The other briefs, section by section in printed order, best first within a section.
    briefs: tuple[Candidate, ...]
    #: Names of the sections in printed order, the top story's among them.
    sections: tuple[str, ...]
    #: Which story each report tells, by id of the document.
    story_of: Mapping[str, str] = field(default_factory=no_entries)
    #: Whether its panel is to stand below two columns of news, which have the whole width then.
    below: bool = False
    #: Whether it is a printed edition, whose panel has its place.
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Heights:
    """What the probe measured at one scale; all heights in lines of body text unless said."""

    #: Height of the text area, of all sheets together, without the top headline, in points.
    room: float
    #: Least and greatest line of body text, in points.
    lead: tuple[float, float]
    #: Size of the top headline, in points.
    headline: float
    #: Height of its lines, in points: they do not grow with the line of body text.
    headline_high: float
    #: Nameplate and folio line with the white below.
    mast: float
    #: The top story with 1, 2, … sentences, without the lines of its headline.
    top: tuple[float, ...]
    #: For each brief of the draft, in its order: with 1, 2, … sentences, white below included.
    briefs: tuple[tuple[float, ...], ...]
    #: For each brief of the draft: what stands above its text.
    heads: tuple[float, ...]
    #: The same where the text flows over both columns, white above it included.
    over: tuple[float, ...]
    #: What a section adds above its briefs.
    band: float
    #: The foot without its list of sources: rules, white, ledger.
    foot: float
    #: A line of the list of sources, and about how many characters it holds.
    note: float
    note_characters: float
    #: The block beside sources and ledger: address and proof.
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
    #: What the corrections add above them; each of them, white below included; the line that says
    #: how many more are due.
    corrections: float = 0.0
    corrected: tuple[float, ...] = ()
    waiting: float = 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How one edition was laid out for real; lengths in points unless said."""

    #: Number of sheets.
    pages: int
    #: Share of the area of all columns, panel included, that is not a hole; 1 is a full page.
    fill: float
    #: White between the news and the foot beyond half a line; negative when they are too near.
    free: float
    #: The same for the panel; 0 without one.
    side_free: float
    #: What is not as it must be: beyond the sheet, overlapping, or missing from the text.
    faults: tuple[str, ...] = ()
    #: Sheets that it may have.
    most: int = 1
    #: Height of the largest hole in one column, in mm.
    hole: float = 0.0


class Measure(Protocol):
    """The press as the fitting sees it: the real layout, asked as seldom as possible."""

    @property
    def scales(self) -> Sequence[Scale]:
        """The scales at which its theme sets its paper, at least one."""
        ...

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        """Measure every block of the draft once at each scale, in one layout."""
        ...

    def lay_out(self, edition: Edition) -> Fit:
        """Lay the edition out as it would be printed."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered."""

    #: Address that answered, after redirects.
    url: str
    #: HTTP status: 200, or 304 for "not changed" with an empty body.
    status: int
    #: After decompression.
    body: bytes = b""
    #: As the server says, such as "text/html; charset=utf-8"; may be empty.
    content_type: str = ""
    #: To ask with the next time.
    validators: Validators = Validators()
    #: Where permanent redirects led, as far as they came first; empty without any.
    moved_to: str = ""
    #: Bytes received for the body.
    wire_bytes: int = 0

    @property
    def unchanged(self) -> bool:
        """Whether the server says that nothing has changed."""
        return self.status == 304


class Fetch(Protocol):
    """Asks addresses, guarded and politely."""

    async def __call__(self, url: str, *, validators: Validators = Validators()) -> Answer:
        """Return what an address answers with status 200 or 304.

        FetchError: it may not be asked, does not answer, or answers anything else.
        """
        ...


class Parse(Protocol):
    """Reads what came from outside, in a child process with limits."""

    def __call__(
        self, task: str, body: bytes, *, about: Mapping[str, str] = MappingProxyType({})
    ) -> Mapping[str, Any]:
        """Return what a task (page, feed, links, pdf, …) finds in some bytes; blocks until it has.

        InputError: it takes too long or too much memory, or cannot be read.
        """
        ...


#: Mails by their sender.
Mails: TypeAlias = Callable[[str], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Gateway:
    """What a source kind may use of the world outside."""

    fetch: Fetch
    parse: Parse
    #: Hosts beside the public ones that the operator allows, as the settings name them.
    allow_hosts: tuple[str, ...] = ()
    #: The mails of the last days that an address, or all of a domain, has sent to the desk, as they
    #: were received; it may block.
    mails: Mails | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """What stands in a folder of this machine."""

    #: Every file, whether or not it could be read.
    paths: frozenset[str]
    #: Folders that cannot be opened: what stands in them is not known.
    unread: tuple[str, ...] = ()
    #: Folders with nothing in them at all, as the place of a disk that is not mounted has.
    bare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceListing:
    """What one visit to a source brought."""

    #: In the order of the source; none when it is unchanged.
    entries: tuple[Entry, ...]
    #: What the source answered; None for a source that is no address.
    answer: Answer | None = None
    #: What the source calls itself; may be empty.
    title: str = ""
    #: What was read but changed or cut, in words.
    notes: tuple[str, ...] = ()
    #: Of a folder, what stands in it; None for any other source.
    files: Files | None = None


class SourceKind(Protocol):
    """Asks a source of one kind for its items."""

    async def __call__(
        self, source: Source, *, gateway: Gateway, validators: Validators = Validators()
    ) -> SourceListing:
        """Return what the source lists now.

        InputError: it does not answer (FetchError), or with something that is not its kind.
        """
        ...


P = ParamSpec("P")
T = TypeVar("T")


class KeptSteps:
    """What pure functions returned last, given again as long as they are asked of equal values.

    An editor's choice changes little of what a draft is made of.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[object, object], tuple[object, Any]] = {}
        self._asked: set[tuple[object, object]] = set()

    def __call__(
        self, step: Callable[P, T], about: object = None, /, *args: P.args, **named: P.kwargs
    ) -> T:
        """Return what a step gives; one result is kept of what it is ``about``."""
        key, given = (step, about), (args, named)
        self._asked.add(key)
        if key not in self._kept or self._kept[key][0] != given:
            self._kept[key] = given, step(*args, **named)
        result: T = self._kept[key][1]
        return result

    def trim(self) -> None:
        """Let go of what was not asked for since this was last done."""
        self._kept = {key: its for key, its in self._kept.items() if key in self._asked}
        self._asked = set()
