"""What the pure rooms ask of rankers, classifiers and the press, and how they are answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Protocol

from briefing.model import Brief, Edition, Scale, Score, Sentence


class Ranker(Protocol):
    """Scores the sentences of one story."""

    def __call__(
        self, sentences: Sequence[Sentence], *, titles: Mapping[str, str]
    ) -> Sequence[Score]:
        """Score every sentence, in the order given.

        Args:
            sentences: document by document, each document's in its own order. Copies are gone,
                but equal sentences of different documents may stand among them.
            titles: the headline of each document by its id.

        Returns:
            One score a sentence; larger is better; equal input, equal output.
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


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an operator has decided about one briefing, with the parts already found by name."""

    #: As printed on the nameplate.
    name: str
    #: Sections in printed order.
    sections: tuple[str, ...]
    ranker: Ranker
    classifier: Classifier
    #: ISO 639-1; documents told to be in another language are not printed.
    language: str = "en"
    #: Place and time as printed in the folio line; may be empty.
    dateline: str = ""
    #: How far apart reports of one story may be published.
    window: timedelta = timedelta(hours=72)
    #: Whether what belongs to no section is printed under "other".
    other: bool = False
    #: Names, versions and digests that tell how to make the same bytes again.
    manifest: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One brief that may be printed, in every length that it may have."""

    #: Section it belongs to.
    section: str
    #: The brief with 1, 2, … sentences; never empty.
    lengths: tuple[Brief, ...]
    #: Place among all candidates, 0 for the best.
    rank: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a page could carry, before anything is measured."""

    #: All of the edition but its sections and setting; the panel holds every candidate.
    edition: Edition
    #: The story that opens the page, with 1, 2, … sentences.
    top: Candidate
    #: The other briefs, section by section in printed order, best first within a section.
    briefs: tuple[Candidate, ...]
    #: Names of the sections in printed order, the top story's among them.
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heights:
    """What the probe measured at one scale; all heights in lines of body text unless said."""

    #: Height of the text area, in points.
    room: float
    #: Least and greatest line of body text, in points.
    lead: tuple[float, float]
    #: Size of the top headline, in points.
    headline: float
    #: Nameplate and folio line with the white below.
    mast: float
    #: The top story with 1, 2, … sentences.
    top: tuple[float, ...]
    #: For each brief of the draft, in its order: with 1, 2, … sentences, white below included.
    briefs: tuple[tuple[float, ...], ...]
    #: What a section adds above its briefs.
    band: float
    #: The ledger and the rules and white of the foot.
    foot: float
    #: For each document cited anywhere in the draft: its entry in the list of sources, as a
    #: share of all lines of one of the three columns.
    sources: Mapping[str, float]
    #: The panel: name and rule of a block; each figure; each quotation; each date; the chart.
    block: float = 0.0
    figures: tuple[float, ...] = ()
    quotes: tuple[float, ...] = ()
    ahead: tuple[float, ...] = ()
    chart: float = 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How one edition was laid out for real; lengths in points."""

    #: Number of sheets.
    pages: int
    #: Height of the news over the height it could have, 1 when the page is full.
    fill: float
    #: White between the news and the foot beyond half a line; negative when they are too near.
    free: float
    #: The same for the panel; 0 without one.
    side_free: float
    #: What is not as it must be: beyond the sheet, overlapping, or missing from the text.
    faults: tuple[str, ...] = ()


class Measure(Protocol):
    """The press as the fitting sees it: the real layout, asked as seldom as possible."""

    def probe(self, draft: Draft, scales: Sequence[Scale]) -> Mapping[Scale, Heights]:
        """Measure every block of the draft once at each scale, in one layout."""
        ...

    def lay_out(self, edition: Edition) -> Fit:
        """Lay the edition out as it would be printed."""
        ...
