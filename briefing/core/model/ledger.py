"""What happened to everything that came in for an edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from briefing.core.model.correction import Correction

#: Reasons in the ledger that its readers compute with.
COPY, NO_SECTION = "copy of another report", "of no section of this briefing"
LEFT_OUT_BY_EDITOR, COMMENTARY = "left out by an editor", "commentary on another story"
#: Of a page of chosen sections.
NOT_CHOSEN = "of sections not chosen"


@dataclass(frozen=True, slots=True)
class FoundStory:
    """One story of the day, printed or not, as the ledger keeps it."""

    #: "s1", "s2" …
    story: str
    #: Title of its most central report; may be empty.
    headline: str
    #: Ids of its reports, the most central one first, then of their copies.
    documents: tuple[str, ...]
    #: The section that it belongs to, or the likeliest of those printed.
    section: str
    #: Probability of that section.
    probability: float = 0.0
    #: Its weight against the other stories of the day, above 0; 0: unknown.
    salience: float = 0.0
    #: Why its sentences were not up for print; empty: they were.
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What happened to everything that came in."""

    #: Documents read; in a store also those that were published too long ago.
    documents: int = 0
    #: Publishers among them.
    publishers: int = 0
    #: Stories found.
    stories: int = 0
    #: Stories printed.
    printed: int = 0
    #: Sentences that passed the gate.
    sentences: int = 0
    #: Sentences printed.
    sentences_printed: int = 0
    #: Number of whole documents dropped, by reason.
    dropped_documents: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: Number of sentences dropped from the others, by reason.
    dropped_sentences: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: Stories that could not be printed, by reason; those without room stand in ``no_room``. Of an
    #: edition as readers see it, without those that are named.
    dropped_stories: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: How many inputs could not be read.
    failures: int = 0
    #: Each of them with the reason.
    failed: tuple[tuple[str, str], ...] = field(default=(), metadata={"private": True})
    #: Stories that were good enough but had no room: id, headline, section.
    no_room: tuple[tuple[str, str, str], ...] = ()
    #: Each dropped document: id and reason.
    drops: tuple[tuple[str, str], ...] = field(default=(), metadata={"private": True})
    #: Sources of earlier editions that changed or vanished since the last one.
    corrections: tuple[Correction, ...] = ()
    #: Corrections that are printed.
    corrected: int = 0
    #: Those that had no room and are due in the next edition.
    corrections_waiting: int = 0
    #: Stories that are named by their headline alone.
    named: int = 0
    #: Reports that were given without a date and say their day in their own words.
    dated_by_words: int = 0
    #: Those that do not.
    undated: int = 0
    #: Stories that editors placed.
    chosen: int = 0
    #: Headlines that editors chose.
    headlines_chosen: int = 0
    #: Every story found, the most important first; empty in what was written without.
    found: tuple[FoundStory, ...] = field(default=(), metadata={"private": True})
    #: Number of documents by their kind of text, dropped ones too.
    kinds: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
