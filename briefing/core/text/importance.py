"""Ranks stories by importance, and gives the reason why each is printed or not.

Importance is the odds of a logistic model; each of its terms is shown as a factor of the odds. The
weights are fitted to labeled days.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from types import MappingProxyType
from typing import Final

from briefing.core.frozen import frozen
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
from briefing.core.text.opening import opening, passage, word_model
from briefing.core.text.words import states, stem

#: Odds from which a story gets a brief, and from which it is named, on a day whose best story has
#: at least the third (docs/decisions/0017-importance.md).
TOLD, NAMED, SURE = 1.25, 0.8, 6.0
#: Factor by status: a story that only repeats printed news ranks below one that develops.
NOVELTY = {Status.NEW: 1.0, Status.UNDATED: 1.0, Status.DEVELOPING: 1.1, Status.CONTINUING: 0.6}


@frozen
class Weighed:
    """A story with its section and its importance, before its sentences are ranked."""

    story: Story
    #: Section in which it is printed; empty if it belongs to no printed section.
    section: str
    #: Probability of each section.
    topics: Mapping[str, float]
    salience: Score
    #: The editors' choices for it.
    say: Say = NOTHING
    #: Log-odds, by report id, that a report is worth printing, judged by its words.
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
    """Return the stories, the most important first; ties keep the order given.

    Importance, above 0, is the odds that an editor would print the story (:func:`factors`), times
    the mean weight of its sources. Editors' choices do not change it. The section is the likeliest
    one; a story likeliest of "other" has none if ``sections`` lacks that, unless an editor places
    it or a watch-list pulls it in. ``topics`` are the probabilities of sections for each story,
    ``known`` the terms of reports (:func:`of_reports`) and ``opinions`` their probabilities of
    opinion, all by id; terms that are missing are computed.
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
    """Return the odds of each story, by id, relative to its day.

    If no story reaches ``SURE``, as in the news of a small town, all odds are scaled so that the
    best one does.
    """
    best = max((entry.salience.value for entry in weighed if not entry.say.dropped), default=SURE)
    lift = max(1.0, SURE / best)
    return {entry.story.id: entry.salience.value * lift for entry in weighed}


def _section(topics: Mapping[str, float], say: Say, sections: Sequence[str]) -> str:
    """Return the section of a story as described in :func:`weigh`; empty if it has none."""
    if say.section:
        return say.section
    own = likeliest(topics, (*(name for name in sections if name != OTHER), OTHER))
    return own if own in sections else likeliest(topics, sections) * (say.placed or say.pulled)


def likeliest(topics: Mapping[str, float], sections: Sequence[str]) -> str:
    """Return the likeliest of the sections; ties: the first."""
    return max(sections, key=lambda name: topics.get(name, 0.0))


def _salience(story: Story, values: Mapping[str, float]) -> Score:
    weights: dict[str, float] = {}
    for document in story.documents:
        family = document.family
        weights[family] = max(weights.get(family, 0.0), document.weight)
    mean = round(math.fsum(weights.values()) / len(weights), 3)
    parts = {**factors(values), **({} if mean == 1.0 else {"sources": mean})}
    return Score(math.prod(parts.values()), parts)


#: Characters of a report that are read below its headline, and those of its lead: states named in
#: background and lists are no part of the event.
_READ, _LEAD = 1_500, 500
#: Weight of each term with a model of words, and without one; fitted by
#: ``python -m benchmarks.weights importance``, which also measures them on days not fitted to
#: (docs/decisions/0017-importance.md).
WEIGHTS: Final[Mapping[str, tuple[float, float]]] = {
    "base": (2.28, 1.25),
    "stories": (-0.69, -0.91),
    "section": (0.16, 0.47),
    "words": (1.79, 0.0),
    "publishers": (1.18, 1.18),
    "states": (0.0, 0.67),
    "headline": (0.16, 0.81),
    "powers": (0.13, 0.41),
    "deed": (0.35, 0.71),
    "office": (0.01, 0.1),
    "casualties": (0.2, 0.58),
    "light": (-0.11, -0.38),
    "question": (-0.55, -0.64),
    "notice": (-2.08, -2.41),
    "analysis": (-0.48, -0.69),
    "feature": (-6.26, -6.23),
    "opinion": (-3.28, -5.83),
}
#: The share of printed sections is clipped to this range; certainty beyond it is no evidence of
#: importance.
_LEAST_SHARE, _MOST_SHARE = 0.05, 0.9
#: Most states, states in a headline, holders of power, and stories of a day that count.
_MOST_STATES, _MOST_IN_HEADLINE, _MOST_POWERS, _MOST_STORIES = 4, 3, 2, 60

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def terms(
    stories: Sequence[Story],
    shares: Sequence[float],
    *,
    kinds: Mapping[str, Kind],
    known: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    opinions: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Mapping[str, float], ...]:
    """Return the terms of importance of each story of a day, by name.

    - stories: log of the number of stories of the day, since a page has no more room on a busy day;
      beyond 60 a wire tells more of less.
    - section: log-odds of a printed section; ``shares`` are the probabilities.
    - publishers: log of their number. If the day has a single one, log of the number of reports,
      notices excepted, since a wire returns to what matters, but to markets by the hour; a party
      that repeats itself counts once.
    - The largest of any report: words, log-odds that it is worth printing, by the words of its
      headline and opening; states and headline, log of 1 and the number of states named in its
      lead and in its headline; powers, the number of holders of power that it names; deed, 1 if
      its headline reports a deed or an act of a state; office, 1 if its headline names somebody
      whose office the text gives; casualties, 1 if its headline reports dead or injured people.
    - Shares of the reports: light, with headlines on private persons, leisure and contests;
      question, with headlines that ask or guess; and each kind of text.
    - opinion: mean probability that a report is an opinion piece; the gate drops the sure ones.
    """
    known = _with_unknown(stories, known)
    alone = len({document.family for story in stories for document in story.documents}) == 1
    sure = (min(_MOST_SHARE, max(_LEAST_SHARE, share)) for share in shares)
    return tuple(
        {
            "stories": math.log(min(_MOST_STORIES, len(stories))),
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
    """Return the factor of each term; their product is the odds. Factors of 1 are left out."""
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
    """Return the largest value of each term, and the shares of questions, light news and kinds."""
    rows = [known[document.id] for document in documents]
    kind_counts = Counter(str(kinds[document.id]) for document in documents)
    shares = {name: count / len(rows) for name, count in kind_counts.items()}
    for name in ("question", "light"):
        shares[name] = math.fsum(row[name] for row in rows) / len(rows)
    return {name: max(row[name] for row in rows) for name in rows[0]} | shares


@kept(1)
def deeds() -> frozenset[str]:
    """Return the stems of words for deeds."""
    return frozenset(map(stem, spoken().importance.deeds))


@kept(1)
def _headline_words() -> Mapping[str, frozenset[str]]:
    """Return the stems of words that count in headlines, by term."""
    words = spoken().importance
    of = {"casualties": words.casualties, "light": words.light}
    acts = deeds().union(map(stem, words.acts))
    return {"deed": acts, **{name: frozenset(map(stem, own)) for name, own in of.items()}}


def _with_unknown(
    stories: Sequence[Story],
    known: Mapping[str, Mapping[str, float]],
    worth_of: WorthOf | None = None,
) -> dict[str, Mapping[str, float]]:
    """Return the terms of each report, by id; those missing from ``known`` are computed."""
    reports = (document for story in stories for document in story.documents)
    unknown = {document.id: document for document in reports if not known.get(document.id)}
    rows = of_reports([*unknown.values()], worth_of=worth_of)
    return {**known, **dict(zip(unknown, rows, strict=True))}


def of_reports(
    documents: Sequence[Document], *, worth_of: WorthOf | None = None
) -> list[dict[str, float]]:
    """Return the terms that depend on each report alone; a batch takes a third of the time.

    The words are judged by the model of the current language, else by ``worth_of``.
    """
    model = word_model() if documents else None
    weighed, read = (model, passage) if model else (worth_of, opening)
    odds = weighed([read(document) for document in documents]) if weighed and documents else ()
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
    """Add to an edition the evidence of each story; ``matches`` are called with the story's id."""
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
#: Reasons in the order of the ledger.
_REASONS = (MUTED, NOT_CHOSEN, NO_SECTION, LEFT_OUT_BY_EDITOR, _BESIDE, _BELOW, _WORDLESS)


def found_stories(
    weighed: Sequence[Weighed],
    *,
    foremost: Sequence[Weighed],
    excerpts: Sequence[Excerpt],
    sections: Sequence[str],
) -> tuple[FoundStory, ...]:
    """Return all stories in the order given, each with the reason why it was left out.

    ``foremost``: those whose sentences were ranked; ``excerpts``: those that can be printed.
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
    """Count the stories left out, by reason, in the order of the ledger."""
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
