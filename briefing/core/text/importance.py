"""Weighs stories by importance, and says why each is printed or not.

The log-odds of that are a sum (a logistic model); each term is shown as the factor by which it
changes the odds. Weights are fitted to the days that a reader has labeled.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from briefing.core.language import kept, spoken
from briefing.core.model import (
    LEFT_OUT_BY_EDITOR,
    MUTED,
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
    no_entries,
)
from briefing.core.ports import WorthOf
from briefing.core.text.choices import NOTHING, Say
from briefing.core.text.likeness import shared_words
from briefing.core.text.opening import opening, word_model
from briefing.core.text.words import states, stem

#: Odds that an editor would tell a story from which it is told, and named, on a day whose best
#: story has the third or more (docs/decisions/0017-importance.md).
TOLD, NAMED, SURE = 1.0, 0.8, 6.0
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
    #: What the words of each report say of whether it is told, by its id, as log-odds.
    words: Mapping[str, float] = field(default_factory=no_entries)


def weigh(  # noqa: PLR0913  what is known of stories and of their reports
    stories: Sequence[Story],
    topics: Sequence[Mapping[str, float]],
    *,
    sections: Sequence[str],
    kinds: Mapping[str, Kind],
    says: Mapping[str, Say] = MappingProxyType({}),
    known: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    opinions: Mapping[str, float] = MappingProxyType({}),
    worth_of: WorthOf | None = None,
) -> tuple[Weighed, ...]:
    """Return the stories, the most important first.

    The weight, above 0, is the odds that an editor would tell the story (:func:`factors`), times
    the weights that its operator gave to its sources. Ties keep the order given. Editors' choices
    change no weight. Any story may be told, in its likeliest section; one that is likeliest of none
    has no section where ``sections`` lacks "other", unless an editor places it or a watch-list
    pulls it in. What is ``known`` of reports, by id, is not found out again, by their own words or
    by ``worth_of``; ``opinions``: how likely each is an opinion piece.
    """
    shares = [1 - row.get(OTHER, 0.0) for row in topics]
    known = _with_unknown(stories, known, worth_of)
    rows = terms(stories, shares, kinds=kinds, known=known, opinions=opinions)
    weighed = [
        Weighed(
            story,
            _section(row, says.get(story.id, NOTHING), sections),
            row,
            _salience(story, values),
            says.get(story.id, NOTHING),
            words={each.id: known[each.id].get("words", 0.0) for each in story.documents},
        )
        for story, row, values in zip(stories, topics, rows, strict=True)
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
#: The weight of each term where the language has a model of words, and where it has none; made
#: again by ``python -m benchmarks.weights importance``, with figures for days that a model has not
#: seen (docs/decisions/0017-importance.md).
WEIGHTS: Final[Mapping[str, tuple[float, float]]] = {
    "base": (1.32, 0.01),
    "stories": (-0.54, -0.5),
    "section": (0.26, 0.52),
    "words": (1.02, 0.0),
    "publishers": (0.84, 1.15),
    "states": (0.36, 0.9),
    "headline": (0.43, 0.86),
    "powers": (0.47, 0.64),
    "deed": (0.37, 0.58),
    "office": (-0.4, -0.26),
    "casualties": (0.35, 0.51),
    "light": (-0.23, -0.52),
    "question": (-0.34, -0.59),
    "notice": (-2.43, -2.07),
    "analysis": (-0.61, -0.73),
    "feature": (-4.55, -4.31),
    "opinion": (-4.44, -6.08),
}
#: The share of printed sections counts between these: how sure the classifier is beyond them says
#: nothing of importance.
_LEAST_SHARE, _MOST_SHARE = 0.05, 0.9
#: States, those of a headline, and holders of power beyond which more tell nothing further.
_MOST_STATES, _MOST_IN_HEADLINE, _MOST_POWERS = 4, 3, 2

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def terms(
    stories: Sequence[Story],
    shares: Sequence[float],
    *,
    kinds: Mapping[str, Kind],
    known: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    opinions: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Mapping[str, float], ...]:
    """Return what is known of the importance of each story of a day, by the name of the term.

    stories: the logarithm of how many the day has: a page holds no more of them on a day of
    hundreds. section: log-odds of a printed section. words: log-odds that a report is told, by the
    words of its headline and opening. publishers: the logarithm of their number; where the day has
    one only, of its reports, notices left out: a wire comes back to what matters, and to markets by
    the hour. A party that repeats itself is no second report. states, headline: the logarithm of 1
    and the number of states that a report names in its lead, and in its headline; powers: how many
    of those who govern it names; deed: 1 if its headline tells one, or an act of a state; office: 1
    if its headline names somebody whose office its text tells; casualties: 1 if its headline tells
    of dead or hurt; each the most of any report. light, question: the share of headlines
    on private persons, leisure and contests, and of those that ask or guess; and the share of each
    kind. opinion: how likely its reports are opinion pieces, on average: the gate keeps out those
    that surely are. ``shares``: how likely each story belongs to a printed section.
    """
    known = _with_unknown(stories, known)
    alone = len({document.family for story in stories for document in story.documents}) == 1
    sure = (min(_MOST_SHARE, max(_LEAST_SHARE, share)) for share in shares)
    return tuple(
        {
            "stories": math.log(len(stories)),
            "section": math.log(share / (1 - share)),
            "publishers": math.log(
                max(1, sum(kinds[report.id] is not Kind.NOTICE for report in story.documents))
                if alone and kinds[story.documents[0].id] not in PARTIES
                else story.publishers
            ),
            **_of_reports(story.documents, kinds, known),
            "opinion": math.fsum(opinions.get(document.id, 0.0) for document in story.documents)
            / len(story.documents),
        }
        for story, share in zip(stories, sure, strict=True)
    )


def factors(values: Mapping[str, float]) -> dict[str, float]:
    """Return the factor of each term on the odds that an editor would tell a story; 1 is left out.

    Their product is the odds.
    """
    column = int("words" not in values)
    weighed = {"base": 1.0, **values}
    factor = {
        name: math.exp(WEIGHTS[name][column] * value)
        for name, value in weighed.items()
        if name in WEIGHTS
    }
    return {name: round(value, 3) for name, value in factor.items() if round(value, 3) != 1.0}


def _of_reports(
    documents: Sequence[Document],
    kinds: Mapping[str, Kind],
    known: Mapping[str, Mapping[str, float]],
) -> dict[str, float]:
    """Return the most of each term of the reports, and which share of them asks or is of a kind."""
    rows = [known[document.id] for document in documents]
    kind_counts = Counter(str(kinds[document.id]) for document in documents)
    shares = {name: count / len(rows) for name, count in kind_counts.items()}
    for name in ("question", "light"):
        shares[name] = math.fsum(row[name] for row in rows) / len(rows)
    return {name: max(row[name] for row in rows) for name in rows[0]} | shares


@kept(1)
def deeds() -> frozenset[str]:
    """Return the stems of deeds in headlines."""
    return frozenset(map(stem, spoken().importance.deeds))


@kept(1)
def _headline_words() -> Mapping[str, frozenset[str]]:
    """Return the stems of words of headlines by the term for which they stand."""
    words = spoken().importance
    of = {"casualties": words.casualties, "light": words.light}
    acts = deeds().union(map(stem, words.acts))
    return {"deed": acts, **{name: frozenset(map(stem, own)) for name, own in of.items()}}


def _with_unknown(
    stories: Sequence[Story],
    known: Mapping[str, Mapping[str, float]],
    worth_of: WorthOf | None = None,
) -> dict[str, Mapping[str, float]]:
    """Return the terms of each report, by its id; those that are not known are found out."""
    reports = (document for story in stories for document in story.documents)
    unknown = {document.id: document for document in reports if not known.get(document.id)}
    rows = of_reports([*unknown.values()], worth_of=worth_of)
    return {**known, **dict(zip(unknown, rows, strict=True))}


def of_reports(
    documents: Sequence[Document], *, worth_of: WorthOf | None = None
) -> list[dict[str, float]]:
    """Return of each report the terms that it decides alone; many at once take a third.

    Its words are weighed by the model of its language, else by ``worth_of``.
    """
    weighed = word_model() or worth_of if documents else None
    odds = weighed([opening(document) for document in documents]) if weighed else ()
    words = [{"words": value} for value in odds] or [{} for _ in documents]
    return [{**own, **_of_report(each)} for own, each in zip(words, documents, strict=True)]


def _of_report(document: Document) -> dict[str, float]:
    title, text = document.title, document.text
    lead, read = (f"{title}\n{text[:length]}" for length in (_LEAD, _READ))
    powers = {match.group().lower() for match in spoken().importance.powers.finditer(read)}
    words = {stem(word.lower()) for word in _WORD.findall(title)}
    rulers = {
        match["name"].lower() for match in spoken().importance.office.finditer(text, 0, _READ)
    }
    capitalized = {word.lower() for word in _WORD.findall(title) if word[0].isupper()}
    return {
        "states": math.log1p(min(_MOST_STATES, len(states(lead)))),
        "headline": math.log1p(min(_MOST_IN_HEADLINE, len(states(title)))),
        "powers": float(min(_MOST_POWERS, len(powers))),
        "office": float(not capitalized.isdisjoint(rulers)),
        **{name: float(not words.isdisjoint(own)) for name, own in _headline_words().items()},
        "question": float(bool(spoken().importance.question.search(title))),
    }


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
        beside=tuple(
            (document.id, likelihood)
            for other, likelihood in story.beside
            for document in other.documents
        ),
        beaten=tuple(other.story.documents[0].title for other in below),
    )


_BESIDE = "same matter as another story"
_BELOW, _WORDLESS = ("not important enough", "without a new sentence that can stand alone")
#: In the order of the ledger.
_REASONS = (MUTED, NOT_CHOSEN, NO_SECTION, LEFT_OUT_BY_EDITOR, _BESIDE, _BELOW, _WORDLESS)


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
    odds = worth(weighed)
    beside = {story.id for entry in foremost for story, _ in entry.story.beside}
    beside |= {
        entry.story.id
        for entry in weighed
        if odds[entry.story.id] >= TOLD and any(id_ in asked for id_, _ in entry.story.near)
    } - asked

    def reason(entry: Weighed) -> str:
        stages = (
            (entry.story.id in printable, ""),
            (not entry.section, NO_SECTION),
            (entry.say.dropped, LEFT_OUT_BY_EDITOR),
            (entry.story.id in beside, _BESIDE),
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
