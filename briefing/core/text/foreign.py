"""Joins reports in other languages to stories in the page's language, and clusters the rest."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from heapq import nlargest
from itertools import chain
from types import MappingProxyType

from briefing.core.language import primary
from briefing.core.model import Document, Edition, Excerpt, FoundStory, NamedStory, Status, Story
from briefing.core.ports import Embed, Vector
from briefing.core.text.analysis import Analysis
from briefing.core.text.cluster import cluster
from briefing.core.text.copies import find_copies
from briefing.core.text.facts import fold
from briefing.core.text.furniture import Reason
from briefing.core.text.likeness import BACKGROUND

#: Cosine of two openings from which they report one event, and its least lead over the next story
#: (docs/decisions/0034-foreign-reports.md).
_ALIKE, _AHEAD = 0.5, 0.1
#: Least sum of the rarities, ln((n + 40) / (d + .5)), of the names and numbers that both openings
#: have: about one opening in 30 reaches it by chance.
_RARE = 3.45
#: Most time between two reports of one event; two days later a report is on the sequel.
_APART = timedelta(days=1)
#: Most stories compared with a report: those that share the rarest names with it.
_COMPARED = 10
#: Letters by which names are equal across languages: "Afghanistan", "afghanische".
_LETTERS = 5
#: Fewest publishers of a story in another language that is named.
_PUBLISHERS = 2

_NAME, _NUMBER = re.compile(r"[^\W\d_]\w{3,}"), re.compile(r"\d[\d.,]*\d")


def named_in(text: str) -> frozenset[str]:
    """Return the names and numbers of a text in a form that is equal across languages."""
    names = (fold(word)[:_LETTERS] for word in _NAME.findall(text) if word[0].isupper())
    numbers = (re.sub("[.,]", "", number) for number in _NUMBER.findall(text))
    return frozenset(chain(names, numbers))


def join(
    stories: Sequence[Story],
    reports: Sequence[Document],
    *,
    openings: Mapping[str, str],
    embed: Embed,
    known: Mapping[str, Vector] = MappingProxyType({}),
) -> tuple[Story, ...]:
    """Return stories with the reports in other languages that surely belong to them.

    A report joins the story whose most central report has by far the most similar opening, shares
    rare names or numbers with it there, and is published at most a day apart. The most similar come
    first. ``openings`` are those of all reports by id, ``known`` the vectors of some of them.
    """
    leads = [story.documents[0] for story in stories]
    named = [named_in(openings[lead.id]) for lead in leads]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, names in enumerate(named):
        for name in names:
            places[name].append(place)
    vector = cache(lambda name: known[name] if name in known else embed(openings[name]))
    joined: defaultdict[int, list[tuple[Document, float]]] = defaultdict(list)
    for report in reports:
        shared: Counter[int] = Counter()
        for name in sorted(named_in(openings[report.id]) & places.keys()):
            rarity = math.log((len(leads) + BACKGROUND) / (len(places[name]) + 0.5))
            shared.update({place: rarity for place in places[name] if _near(report, leads[place])})
        if max(shared.values(), default=0.0) < _RARE:
            continue
        some = nlargest(_COMPARED, shared, key=lambda place: (shared[place], -place))
        cosine = {
            place: round(float(vector(report.id) @ vector(leads[place].id)), 4) for place in some
        }
        best, *others = sorted(some, key=lambda place: (-cosine[place], place))
        behind = cosine[others[0]] if others else 0.0
        if cosine[best] >= _ALIKE and cosine[best] - behind >= _AHEAD and shared[best] >= _RARE:
            joined[best].append((report, cosine[best]))
    return tuple(
        replace(story, foreign=tuple(sorted(joined[place], key=lambda pair: -pair[1])))
        for place, story in enumerate(stories)
    )


def _near(report: Document, other: Document) -> bool:
    """Tell whether two reports are at most a day apart; an undated one is near all."""
    first, second = (each.published and each.published.date() for each in (report, other))
    return not first or not second or abs(first - second) <= _APART


def foreign_stories(
    reports: Sequence[tuple[Document, Analysis]],
    stories: Sequence[Story],
    *,
    openings: Mapping[str, str],
    embed: Embed,
    window: timedelta,
) -> tuple[Story, ...]:
    """Return stories reported by several publishers in one language, most publishers first.

    Those with an opening similar to one of ``stories`` are left out. Ids are "f1", "f2" …
    """
    by_language: defaultdict[str, list[tuple[Document, Analysis]]] = defaultdict(list)
    for report, analysis in reports:
        by_language[primary(report.language)].append((report, analysis))
    every: list[Story] = []
    for _, own in sorted(by_language.items()):
        documents = [document for document, _ in own]
        copies = find_copies(documents, [analysis.fingerprint for _, analysis in own])
        bags = {document.id: analysis.bag for document, analysis in own}
        every += cluster(documents, copies=copies, window=window, bags=bags)
    shared = [story for story in every if story.publishers >= _PUBLISHERS]
    leads = [embed(openings[story.documents[0].id]) for story in stories if shared]
    shared = [
        story
        for story in shared
        for vector in [embed(openings[story.documents[0].id])]
        if all(round(float(vector @ lead), 4) < _ALIKE for lead in leads)
    ]
    shared.sort(key=lambda story: (-story.publishers, -story.reports))
    return tuple(replace(story, id=f"f{number}") for number, story in enumerate(shared, start=1))


def named_stories(elsewhere: Sequence[Story]) -> tuple[NamedStory, ...]:
    """Return stories in other languages named by their first title that can be set."""
    titled = [
        (story.id, [report for report in story.documents if report.headline]) for story in elsewhere
    ]
    return tuple(
        NamedStory(id_, reports[0].title_slice, Status.NEW) for id_, reports in titled if reports
    )


def with_foreign_reports(
    own: Sequence[FoundStory], stories: Sequence[Story], elsewhere: Sequence[Story]
) -> tuple[FoundStory, ...]:
    """Add reports in other languages to their stories, and stories only in other languages."""
    foreign = {story.id: [report.id for report, _ in story.foreign] for story in stories}
    reasons = {True: Reason.LANGUAGE, False: Reason.CHARACTERS}
    return (
        *(replace(each, documents=(*each.documents, *foreign[each.story])) for each in own),
        *(
            FoundStory(
                story.id,
                story.documents[0].title,
                tuple(report.id for report in (*story.documents, *story.copies)),
                "",
                why=str(reasons[any(report.headline for report in story.documents)]),
            )
            for story in elsewhere
        ),
    )


def with_likeness(edition: Edition, excerpts: Sequence[Excerpt]) -> Edition:
    """Add to the evidence of stories the similarity of reports in other languages."""
    likeness = {
        drawn.story.id: tuple((report.id, cosine) for report, cosine in drawn.story.foreign)
        for drawn in excerpts
    }
    evidence = {id_: replace(its, foreign=likeness[id_]) for id_, its in edition.evidence.items()}
    return replace(edition, evidence=evidence)
