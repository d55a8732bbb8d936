"""Sources of news, their fetches, and what they list."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from briefing.core.frozen import frozen
from briefing.core.messages import Translatable
from briefing.core.model.document import Document, Mark, declared


class TextFrom(StrEnum):
    """Which text of a report is used: the one in the feed or the one on its page."""

    #: The feed's when it is a whole report, else the page's; the longer when both were read.
    AUTO = "auto"
    #: Always the feed's; no page is fetched.
    FEED = "feed"
    #: Always the page's.
    PAGE = "page"


@frozen
class Source:
    """A place that is regularly fetched for news."""

    #: Its address, or a folder; what identifies it.
    url: str
    #: The registered name of what reads it: feed, pages, page, folder or a plug-in's.
    kind: str = "feed"
    #: Publisher as printed; empty: as the source calls itself.
    name: str = declared("", "Publisher as printed", "; empty: as the source calls itself")
    #: Who owns the publisher; empty: the publisher itself.
    owner: str = declared("", "Owner of the publisher", "; empty: the publisher itself")
    #: ISO 639-1; empty: as each report says.
    language: str = declared(
        *("", "Language (ISO 639-1)", "; empty: as each report says"),
        new=" of reports that do not state it",
    )
    text: TextFrom = declared(TextFrom.AUTO, "Which text is kept: auto, feed or page")
    #: Factor of its reports in the choice of stories; one of :data:`WEIGHTS`.
    weight: float = declared(1.0, "Factor of its reports in the choice: 0.5, 0.75, 1, 1.5 or 2")
    #: How far its operator trusts it, one of :data:`GRADES`; empty: not graded.
    grade: str = declared(
        "", "How far you trust it: A to F (Admiralty code); empty: none", new=None
    )
    #: What kind of text its reports are, one of :data:`GENRES`; empty: detected for each.
    genre: str = declared(
        "", "What its reports are, such as statement; empty: detected", key="kind", new=None
    )
    #: CSS selector of the links to reports on a page that lists them; empty: found by their form.
    links: str = declared(
        *("", "CSS selector of the links to reports, such as '.news h3 a'", "; empty: detected"),
    )


#: Weights that a source can have.
WEIGHTS = (0.5, 0.75, 1.0, 1.5, 2.0)
#: Grades of a source by the Admiralty code (NATO STANAG 2022), with what each means.
GRADES: Mapping[str, str] = MappingProxyType(
    {
        "A": Translatable("completely reliable"),
        "B": Translatable("usually reliable"),
        "C": Translatable("fairly reliable"),
        "D": Translatable("not usually reliable"),
        "E": Translatable("unreliable"),
        "F": Translatable("reliability cannot be judged"),
    }
)


@frozen
class Validators:
    """ETag and Last-Modified of a response, for conditional requests (RFC 9110, 8.8)."""

    etag: str = ""
    modified: str = ""


class Outcome(StrEnum):
    """How one fetch of a source ended."""

    #: It answered with content, whether or not something in it was new.
    READ = "read"
    #: It said that nothing has changed.
    UNCHANGED = "unchanged"
    #: It did not answer, or with something that cannot be read.
    FAILED = "failed"
    #: It was not asked, because it had said when to come back.
    WAITING = "waiting"


@frozen
class FetchRecord:
    """One fetch of a source, as it is recorded."""

    #: Address of the source.
    source: str
    #: Begin, aware UTC.
    at: datetime
    outcome: Outcome
    #: Why it failed or was not asked; of what was read, what had to be cut or left out.
    reason: str = ""
    #: HTTP status of the last answer; 0 when there was none.
    status: int = 0
    #: From the first request to the end of the last.
    seconds: float = 0.0
    #: Bytes received, and bytes after decompression.
    wire_bytes: int = 0
    decoded_bytes: int = 0
    #: Items it listed; how many became new documents, and how many new versions of known ones.
    items: int = 0
    fresh: int = 0
    edited: int = 0
    #: To be sent with the next visit; both empty when something of this visit is still missing.
    validators: Validators = Validators()
    #: Where a permanent redirect led; empty when there was none.
    moved_to: str = ""
    #: Not to be asked before; aware UTC.
    retry_at: datetime | None = None
    #: Publication of its newest item, as far as it says.
    newest: datetime | None = None


#: Printed reports of one site that can be taken down at the same time: of more, it has failed.
MOST_GONE = 2
#: For so long a source is unstable after a printed report of it had yet another text.
UNSTABLE = timedelta(days=1)


@frozen
class SourceStatus:
    """A source and how its fetches have gone so far."""

    source: Source
    #: When it was added, aware UTC.
    added: datetime
    validators: Validators = Validators()
    #: Where it said it has moved for good; it is fetched there.
    moved_to: str = ""
    #: Last visit, and last visit that it answered; aware UTC.
    visited: datetime | None = None
    answered: datetime | None = None
    #: First of the failures in a row, how many, and the last one's reason.
    failing_since: datetime | None = None
    failures: int = 0
    reason: str = ""
    #: Last visit that brought a new document.
    fresh_at: datetime | None = None
    #: Publication of its newest item.
    newest: datetime | None = None
    #: Not to be asked before.
    retry_at: datetime | None = None
    #: Since when it is paused, aware UTC, and when that ends; a paused source is not asked.
    paused: datetime | None = None
    paused_until: datetime | None = None
    #: When one of its printed reports last had yet another text, of many; aware UTC.
    unstable: datetime | None = None

    def is_unstable(self, *, at: datetime) -> bool:
        """Return whether the text of a printed report of it has kept changing for the last day."""
        return self.unstable is not None and at - self.unstable < UNSTABLE

    def rests(self, *, at: datetime) -> bool:
        """Return whether it must not be fetched yet."""
        return self.retry_at is not None and self.retry_at > at


@frozen
class Entry:
    """One report as a source lists it: full text, a blurb, or only an address."""

    #: Address of the report; may be empty.
    url: str
    #: The source's own id of it; may be empty.
    guid: str = ""
    title: str = ""
    #: Plain text, paragraphs end in a newline; a whole report or a blurb; may be empty.
    text: str = ""
    author: str = ""
    #: Publisher as the source names it for this item or for itself; may be empty.
    publisher: str = ""
    published: datetime | None = None
    timed: bool = True
    language: str = ""
    marks: tuple[Mark, ...] = ()
    #: Path of the file of a folder in which it stands; empty for what stands in none.
    file: str = ""


@frozen
class Item:
    """A document on its way into the store, with all that identifies it there."""

    document: Document
    #: "id …", "url …" and "text …": two items that share one are the same report.
    keys: tuple[str, ...]
    #: Digest of what the source listed, to see an edit without reading the page again.
    listed: str = ""
    #: Whether the text is the page's own; else it is what the source listed.
    from_page: bool = False
    #: The page could not be read now: visit it again then. None when nothing is missing.
    retry_page: datetime | None = None
    #: "id …" keys of the items that were listed with it, its own among them: each of the others
    #: names another report, whatever else the two share.
    beside: frozenset[str] = frozenset()
    #: As its entry has it.
    file: str = ""


@frozen
class Host:
    """What is remembered about a host between runs, to avoid needless requests."""

    #: Lower case, with the port where it is not the scheme's own.
    name: str
    #: Its robots.txt as it came, cut to the size that is read; empty: everything is allowed.
    robots: str = ""
    #: When robots.txt was read, aware UTC; None: not yet.
    robots_at: datetime | None = None
    #: Not to be asked before, as it said (Retry-After); aware UTC.
    retry_at: datetime | None = None
