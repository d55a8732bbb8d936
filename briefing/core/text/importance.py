"""Weighs stories by importance, and says why each is printed or not.

The log-odds of that are a sum (a logistic model); each term is shown as the factor by which it
changes the odds. Weights are fitted to the days that a reader has labeled.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from briefing.core.language import Language
from briefing.core.model import (
    LEFT_OUT_BY_EDITOR,
    NO_SECTION,
    NOT_CHOSEN,
    OTHER,
    PARTIES,
    Document,
    Edition,
    Evidence,
    Excerpt,
    FoundStory,
    Kind,
    Score,
    Status,
    Story,
)
from briefing.core.text.choices import NOTHING, Say
from briefing.core.text.likeness import Bag, rarity_in_general, shared_words
from briefing.core.text.words import states, stem

_EN = Language.of("en").importance

#: Odds that an editor would tell a story from which it is told, and named, on a day whose best
#: story has the third or more (docs/decisions/0017-importance.md).
TOLD, NAMED, SURE = 0.8, 0.45, 6.0
#: A story that only repeats printed news ranks below one that develops.
NOVELTY = {Status.NEW: 1.0, Status.UNDATED: 1.0, Status.DEVELOPING: 1.1, Status.CONTINUING: 0.6}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A story with its section and its weight, before its sentences are ranked."""

    story: Story
    #: Where it stands on the page; empty for a story of no printed section.
    section: str
    #: Probability of each section.
    topics: Mapping[str, float]
    salience: Score
    #: The editors' choices for it.
    say: Say = NOTHING


def weigh(  # noqa: PLR0913  what a weight depends on
    stories: Sequence[Story],
    topics: Sequence[Mapping[str, float]],
    *,
    sections: Sequence[str],
    bags: Mapping[str, Bag],
    kinds: Mapping[str, Kind],
    says: Mapping[str, Say] = MappingProxyType({}),
    known: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> tuple[Weighed, ...]:
    """Return the stories, the most important first.

    The weight, above 0, is the odds that an editor would tell the story (:func:`factors`), times
    the weights that its operator gave to its sources. Ties keep the order given. Editors' choices
    change no weight. Any story may be told, in its likeliest section; one that is likeliest of none
    has no section where ``sections`` lacks "other", unless an editor places it or a watch-list
    pulls it in. What is ``known`` of reports, by id, is not found out again.
    """
    shares = [1 - row.get(OTHER, 0.0) for row in topics]
    weighed = [
        Weighed(
            story,
            _section(row, says.get(story.id, NOTHING), sections),
            row,
            _salience(story, values),
            says.get(story.id, NOTHING),
        )
        for story, row, values in zip(
            stories,
            topics,
            terms(stories, shares, bags=bags, kinds=kinds, known=known),
            strict=True,
        )
    ]
    return tuple(sorted(weighed, key=lambda entry: -entry.salience.value))


def worth(weighed: Sequence[Weighed]) -> dict[str, float]:
    """Return the odds of each story beside those of its day, by its id.

    Where nothing stands out, as in the news of a town, the best counts as sure, and all others
    more by the same factor.
    """
    best = max((entry.salience.value for entry in weighed if not entry.say.dropped), default=SURE)
    lift = max(1.0, SURE / best)
    return {entry.story.id: entry.salience.value * lift for entry in weighed}


def _section(topics: Mapping[str, float], say: Say, sections: Sequence[str]) -> str:
    """Return where an editor moved the story, or its likeliest section; empty if it has none."""
    if say.section:
        return say.section
    own = likeliest(topics, (*(name for name in sections if name != OTHER), OTHER))
    return own if own in sections else likeliest(topics, sections) * (say.placed or say.pulled)


def likeliest(topics: Mapping[str, float], sections: Sequence[str]) -> str:
    """Return the likeliest of some sections; ties: the first."""
    return max(sections, key=lambda name: topics.get(name, 0.0))


def _salience(story: Story, values: Mapping[str, float]) -> Score:
    weights: dict[str, float] = {}
    for document in story.documents:
        family = document.family
        weights[family] = max(weights.get(family, 0.0), document.weight)
    mean = round(math.fsum(weights.values()) / len(weights), 3)
    parts = {**factors(values), **({} if mean == 1.0 else {"sources": mean})}
    return Score(math.prod(parts.values()), parts)


#: Characters of the most central report that are read, below its headline, and those of its lead:
#: the states that background and lists name have no part in the event.
_READ, _LEAD = 1_500, 500
#: The weight of each term; made again by ``briefing train importance``, with figures for days that
#: a model has not seen (docs/decisions/0017-importance.md).
WEIGHTS: Final[Mapping[str, float]] = {
    "base": -2.67,
    "section": 0.69,
    "publishers": 0.62,
    "states": 1.53,
    "headline": 0.55,
    "powers": 0.86,
    "deed": 1.31,
    "question": -1.36,
    "attention": 0.12,
    "latest": 0.37,
    "notice": -3.22,
    "analysis": -0.68,
    "feature": -3.47,
}
#: The share of printed sections counts between these: how sure the classifier is beyond them says
#: nothing of importance.
_LEAST_SHARE, _MOST_SHARE = 0.05, 0.9
#: States, those of a headline, and holders of power beyond which more tell nothing further.
_MOST_STATES, _MOST_IN_HEADLINE, _MOST_POWERS = 4, 3, 2
#: Rarest words of a headline in which the attention of a day is counted.
_RAREST = 3

#: Verbs and nouns of deeds, as stems.
DEEDS = frozenset(map(stem, _EN.deeds))
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def terms(
    stories: Sequence[Story],
    shares: Sequence[float],
    *,
    bags: Mapping[str, Bag],
    kinds: Mapping[str, Kind],
    known: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> tuple[Mapping[str, float], ...]:
    """Return what is known of the importance of each story of a day, by the name of the term.

    section: log-odds of a printed section. publishers: the logarithm of their number; where the day
    has one only, of its reports: a wire comes back to what matters. A party that repeats itself is
    no second report. states, headline: the logarithm of 1 and the number of states that a report
    names in its lead, and in its headline; powers: how many of those who govern it names; deed: 1
    if its headline tells one; each the most of any report of the story. question: the share of
    headlines that ask or guess; and the share of each kind. attention: how much the other reports
    of the day speak of what the headline of the most central report names; latest: how late in the
    day that was published; both in standard deviations of the day's stories. ``shares``: how likely
    each story belongs to a printed section.
    """
    alone = len({document.family for story in stories for document in story.documents}) == 1
    attention = _standard(_attention(stories, bags))
    moments = (story.documents[0].published for story in stories)
    latest = _standard([moment.timestamp() if moment else math.nan for moment in moments])
    sure = (min(_MOST_SHARE, max(_LEAST_SHARE, share)) for share in shares)
    return tuple(
        {
            "section": math.log(share / (1 - share)),
            "publishers": math.log(
                story.reports
                if alone and kinds[story.documents[0].id] not in PARTIES
                else story.publishers
            ),
            **_of_reports(story.documents, kinds, known),
            "attention": attention[place],
            "latest": latest[place],
        }
        for place, (story, share) in enumerate(zip(stories, sure, strict=True))
    )


def factors(values: Mapping[str, float]) -> dict[str, float]:
    """Return the factor of each term on the odds that an editor would tell a story; 1 is left out.

    Their product is the odds.
    """
    weighed = {"base": 1.0, **values}
    factor = {name: math.exp(WEIGHTS.get(name, 0.0) * value) for name, value in weighed.items()}
    return {name: round(value, 3) for name, value in factor.items() if round(value, 3) != 1.0}


def _of_reports(
    documents: Sequence[Document],
    kinds: Mapping[str, Kind],
    known: Mapping[str, Mapping[str, float]],
) -> dict[str, float]:
    """Return the most of each term of the reports, and which share of them asks or is of a kind."""
    rows = [known.get(document.id) or of_report(document) for document in documents]
    kind_counts = Counter(str(kinds[document.id]) for document in documents)
    shares = {name: count / len(rows) for name, count in kind_counts.items()}
    shares["question"] = math.fsum(row["question"] for row in rows) / len(rows)
    return {name: max(row[name] for row in rows) for name in rows[0]} | shares


def of_report(document: Document) -> dict[str, float]:
    """Return the terms that a report decides alone."""
    title, text = document.title, document.text
    lead, opening = (f"{title}\n{text[:length]}" for length in (_LEAD, _READ))
    powers = {match.group().lower() for match in _EN.powers.finditer(opening)}
    return {
        "states": math.log1p(min(_MOST_STATES, len(states(lead)))),
        "headline": math.log1p(min(_MOST_IN_HEADLINE, len(states(title)))),
        "powers": float(min(_MOST_POWERS, len(powers))),
        "deed": float(not DEEDS.isdisjoint(map(stem, _WORD.findall(title.lower())))),
        "question": float(bool(_EN.question.search(title))),
    }


def _standard(values: Sequence[float]) -> list[float]:
    """Return values in standard deviations from their mean; 0 for one that is unknown."""
    known = np.array(values, dtype=np.float64)
    if np.isnan(known).all():
        return [0.0] * len(values)
    spread = np.nanstd(known)
    away = (known - np.nanmean(known)) / (spread or 1.0)
    standard: list[float] = np.nan_to_num(away).round(6).tolist()
    return standard


def _attention(stories: Sequence[Story], bags: Mapping[str, Bag]) -> list[float]:
    """Return how much the other reports of a day speak of the rarest words of each headline."""
    openings = {
        document.id: frozenset(_stems(bags[document.id], rows=(0, 2)))
        for story in stories
        for document in story.documents
    }
    holders = Counter(stem for opening in openings.values() for stem in opening)
    rarity = dict(zip(holders, rarity_in_general([*holders]).tolist(), strict=True))
    attention = []
    for story in stories:
        own = Counter(stem for document in story.documents for stem in openings[document.id])
        heard = sorted(
            math.log1p(holders[stem] - own[stem]) * rarity[stem]
            for stem in _stems(bags[story.documents[0].id], rows=(0,))
        )
        attention.append(math.fsum(heard[-_RAREST:]) / _RAREST)
    return attention


def _stems(bag: Bag, *, rows: Sequence[int]) -> list[str]:
    """Return the stems of a report that stand in its headline (0), its text (1) or its lead (2)."""
    counts = bag.counts[list(rows)].sum(axis=0).tolist()
    return [stem for stem, count in zip(bag.stems.split(), counts, strict=True) if count]


def explain(
    edition: Edition,
    excerpts: Sequence[Excerpt],
    matches: Callable[[str], Sequence[tuple[str, str, float]]],
) -> Edition:
    """Add to an edition why each of its stories is on the page; matches are those of a story."""
    printed = {sentence.key for sentence in edition.sentences()}
    stories = {brief.story for brief in edition.briefs()}
    evidence = {
        excerpt.story.id: replace(
            _evidence(excerpt, printed, excerpts[place + 1 : place + 4]),
            matches=tuple(matches(excerpt.story.id)),
        )
        for place, excerpt in enumerate(excerpts)
        if excerpt.story.id in stories
    }
    return replace(edition, evidence=evidence)


def _evidence(
    excerpt: Excerpt, printed: set[tuple[str, int, int]], below: Sequence[Excerpt]
) -> Evidence:
    story = excerpt.story
    return Evidence(
        links=tuple(
            (document.id, link) for document, link in zip(story.documents, story.links, strict=True)
        ),
        shared={
            document.id: shared_words(story.documents[0], document)
            for document in story.documents[1:]
        },
        sections=excerpt.topics,
        salience=excerpt.salience,
        sentences=tuple(
            (row.sentence.text, row.section, row.score, row.sentence.key in printed)
            for row in excerpt.best
        ),
        beaten=tuple(other.story.documents[0].title for other in below),
    )


_BELOW, _WORDLESS = ("not important enough", "without a new sentence that can stand alone")
#: In the order of the ledger.
_REASONS = (NOT_CHOSEN, NO_SECTION, LEFT_OUT_BY_EDITOR, _BELOW, _WORDLESS)


def found_stories(
    weighed: Sequence[Weighed],
    *,
    foremost: Sequence[Weighed],
    excerpts: Sequence[Excerpt],
    sections: Sequence[str],
) -> tuple[FoundStory, ...]:
    """Return all stories in the order given, each with the reason for which it was left out.

    The sentences of ``foremost`` were ranked; ``excerpts`` can be printed.
    """
    asked = {entry.story.id for entry in foremost}
    printable = {excerpt.story.id for excerpt in excerpts}

    def reason(entry: Weighed) -> str:
        stages = (
            (entry.story.id in printable, ""),
            (not entry.section, NO_SECTION),
            (entry.say.dropped, LEFT_OUT_BY_EDITOR),
            (entry.story.id not in asked, _BELOW),
        )
        return next((why for holds, why in stages if holds), _WORDLESS)

    return tuple(_found(entry, why=reason(entry), sections=sections) for entry in weighed)


def count_reasons(stories: Sequence[FoundStory]) -> dict[str, int]:
    """Count the stories left out, by reason."""
    counts = Counter(story.why for story in stories)
    return {why: counts[why] for why in _REASONS if counts[why]}


def _found(entry: Weighed, *, why: str, sections: Sequence[str]) -> FoundStory:
    story = entry.story
    section = entry.section or likeliest(entry.topics, sections)
    return FoundStory(
        story.id,
        story.documents[0].title,
        tuple(document.id for document in (*story.documents, *story.copies)),
        section,
        entry.topics.get(section, 0.0),
        entry.salience.value,
        why,
    )
