"""The stories that the editions of a week told, and the sentences of each that held."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from briefing.core.model import (
    Brief,
    CorrectionBrief,
    CorrectionKind,
    Document,
    Edition,
    Lengths,
    SagaRegister,
    Sentence,
)
from briefing.core.text.summarize import REDUNDANCY, near

#: Words that count from the day of their report, which a week in review does not say.
_THAT_DAY = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|overnight|this (?:morning|afternoon|evening))\b",
    re.IGNORECASE,
)


#: Share of the greatest likeness from which a later sentence is taken for what held. Set by reading
#: the example weeks: what was expected gives way to what came.
_NEARLY = 0.75


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was printed and is no longer so."""

    slices: tuple[Sentence, ...] = ()
    #: Ids of documents with another title by now, and of those that are gone.
    titles: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()

    @classmethod
    def of(cls, corrections: Iterable[CorrectionBrief]) -> Wrong:
        """Sort what corrections say by what it makes wrong."""
        every = tuple(corrections)
        standing = [one for one in every if one.kind is not CorrectionKind.WITHDRAWN]
        return cls(
            tuple(one.old for one in standing if not one.headline),
            frozenset(one.old.document for one in standing if one.headline),
            frozenset(one.old.document for one in every if one not in standing),
        )

    def has(self, words: Sentence) -> bool:
        """Tell whether a slice is among it, or overlaps with what is."""
        return words.document in self.gone or any(
            words.document == other.document and words.start < other.end and other.start < words.end
            for other in self.slices
        )

    def has_title(self, document: str) -> bool:
        """Tell whether the title of a document is among it."""
        return document in self.gone or document in self.titles


@dataclass(frozen=True, slots=True)
class Told:
    """A brief of an edition, as far as it holds."""

    edition: Edition
    section: str
    brief: Brief
    #: Its first sentences, up to one that does not hold: what follows may lean on that.
    sentences: tuple[Sentence, ...]
    #: The document whose title is its headline; None: that does not hold.
    titled: Document | None


@dataclass(frozen=True, slots=True)
class WeekStory:
    """A saga, or a story that one edition told, by what a week printed of it."""

    #: Id of the saga; empty: it is none.
    saga: str
    #: Edition by edition, the first first; of one edition in printed order.
    told: tuple[Told, ...]
    #: What it weighs, all its editions together.
    salience: float = 0.0
    #: The days whose editions told it, the first first.
    days: tuple[date, ...] = ()

    @property
    def titled(self) -> Document | None:
        """The document with the headline of the latest brief whose headline holds."""
        return next((one.titled for one in self.told[::-1] if one.titled is not None), None)


def find_week_stories(
    editions: Sequence[Edition], *, register: SagaRegister, wrong: Wrong
) -> tuple[WeekStory, ...]:
    """Return what the editions told, the most important first; ties: what was told first.

    A story weighs how likely an editor would tell it on each day, one brief an edition: so what was
    told on five days comes before what was told on one, however sure that was.
    """
    groups: defaultdict[tuple[str, ...], list[Told]] = defaultdict(list)
    for edition in editions:
        for told in _told(edition, wrong):
            key = edition.id, told.brief.story
            groups[(register.of[key],) if key in register.of else key].append(told)
    week_stories = [
        _matter(key[0] if len(key) == 1 else "", tuple(told)) for key, told in groups.items()
    ]
    return tuple(sorted(week_stories, key=lambda week_story: -round(week_story.salience, 9)))


def lengths_of(week_story: WeekStory, *, most: int) -> Lengths:
    """Return what may be printed of a story with 1, 2, … sentences; nothing if none holds.

    The first is the one that held: of the sentences that opened its briefs the one most like the
    headline, and all that was printed of it, on average; of those that are nearly as much
    like them the latest. The second opened the
    latest brief; then come the others that opened one, by the same likeness, then those that
    stood second. None repeats another. They are read brief by brief: that of the first sentence,
    then the others by day.
    """
    told = [one for one in week_story.told if one.sentences]
    if not told:
        return ()
    ranked = _ranked(told, headline=week_story.titled.title if week_story.titled else "")
    taken: list[tuple[int, Sentence]] = []
    closed: set[int] = set()
    for place in range(most):
        for number in ranked:
            sentences = told[number].sentences
            if number in closed or place >= len(sentences):
                continue
            if _repeats(sentences[place], number, taken):
                # what stood below it may lean on it
                closed.add(number)
                continue
            taken.append((number, sentences[place]))
    order = [ranked[0], *(number for number in range(len(told)) if number != ranked[0])]
    return tuple(
        tuple(sentence for number in order for other, sentence in taken[:length] if other == number)
        for length in range(1, min(most, len(taken)) + 1)
    )


def _told(edition: Edition, wrong: Wrong) -> Iterator[Told]:
    sections = ((section.name, brief) for section in edition.sections for brief in section.briefs)
    for section, brief in sorted(sections, key=lambda pair: not pair[1].top):
        if not brief.sentences:
            continue
        holding = takewhile(lambda one: _holds(one, wrong), brief.sentences)
        titled = edition.documents.get(brief.sources[0]) if brief.sources else None
        stands = (
            titled is not None
            and titled.headline == brief.headline != ""
            and not wrong.has_title(titled.id)
            and not _THAT_DAY.search(brief.headline)
        )
        yield Told(edition, section, brief, tuple(holding), titled if stands else None)


def _holds(sentence: Sentence, wrong: Wrong) -> bool:
    return not wrong.has(sentence) and not _THAT_DAY.search(sentence.text)


def _matter(saga: str, told: tuple[Told, ...]) -> WeekStory:
    weights: dict[date, float] = {}
    for one in told:
        evidence = one.edition.evidence.get(one.brief.story)
        odds = evidence.salience.value if evidence else 0.0
        weight = odds / (1 + odds)
        weights[one.edition.day] = max(weights.get(one.edition.day, 0.0), weight)
    return WeekStory(saga, told, sum(weights.values()), tuple(weights))


def _ranked(told: Sequence[Told], *, headline: str) -> list[int]:
    """Return the places of briefs: the one that opens with what held, the latest, the others."""
    printed = [sentence for one in told for sentence in one.sentences]
    openings = [one.sentences[0] for one in told]
    central = [_centrality(one, printed) + near(one.text, headline) for one in openings]
    newest = sorted(
        range(len(told)), key=lambda place: (-told[place].edition.day.toordinal(), place)
    )
    order = sorted(newest, key=lambda place: -round(central[place], 9))
    enough = _NEARLY * max(central)
    held = next(place for place in newest if central[place] >= enough)
    return [*dict.fromkeys((held, newest[0], *order))]


def _centrality(sentence: Sentence, printed: Sequence[Sentence]) -> float:
    others = [near(sentence.text, other.text) for other in printed if other.key != sentence.key]
    return sum(others) / len(others) if others else 0.0


def _repeats(sentence: Sentence, number: int, taken: Iterable[tuple[int, Sentence]]) -> bool:
    """Tell whether a sentence is much like one that was taken from another brief."""
    return any(
        other != number and near(sentence.text, before.text) > REDUNDANCY for other, before in taken
    )
